"""``decide(case, request, rules)``: what a command brings about, or why it is refused.

The function only dispatches; what each stage decides is in ``stages/``. Before the command itself,
everything that was due by its instant happens first, so that a history does not depend on how often
anybody swept: a report that comes after the due instant finds its red card already there.
"""

from __future__ import annotations

from collections.abc import Callable

import attrs

from wenzheng_core.domain import commands as c
from wenzheng_core.domain.actors import Role
from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.commands import Command, Request
from wenzheng_core.domain.drafts import Draft, Rules
from wenzheng_core.domain.errors import RefusedError
from wenzheng_core.domain.events import Record
from wenzheng_core.domain.instants import show_instant
from wenzheng_core.domain.stages import (
    aftercare,
    extending,
    gating,
    handling,
    instructing,
    intake,
    keeping,
    pausing,
    promising,
    replying,
    routing,
    supervising,
)
from wenzheng_core.domain.stages.holding import require_holder
from wenzheng_core.domain.workflow import RECEIVERS, allow

_DECIDE: dict[type[Command], Callable[[Draft, c.Command], None]] = {
    **intake.DECIDE,
    **instructing.DECIDE,
    **gating.DECIDE,
    **routing.DECIDE,
    **handling.DECIDE,
    **promising.DECIDE,
    **pausing.DECIDE,
    **extending.DECIDE,
    **replying.DECIDE,
    **supervising.DECIDE,
    **aftercare.DECIDE,
    **keeping.DECIDE,
}


@attrs.frozen
class Decision:
    """What a request brought about: its records in order, and the case after them."""

    records: tuple[Record, ...]
    case: Case


def open_case(case_id: str, request: Request, rules: Rules) -> Decision:
    """Open a case for a message; the rules in force are pinned in it. Raises RefusedError."""
    if not isinstance(request.command, c.Receive):
        raise TypeError("open_case takes a Receive command")
    if request.actor.role not in RECEIVERS:
        raise RefusedError("workflow.role", f"{request.actor.role.label}不能登记留言")
    draft = Draft(case_id, None, request, rules)
    intake.receive(draft, request.command)
    return Decision(tuple(draft.records), draft.case)


def decide(case: Case, request: Request, rules: Rules) -> Decision:
    """What the request brings about. Pure; raises RefusedError, and then nothing has happened."""
    if request.at < case.updated:
        raise RefusedError(
            "time.backwards",
            f"指令的时间({show_instant(request.at)})早于办件最近一次记录({show_instant(case.updated)})",
        )
    draft = Draft(case.id, case, request, rules)
    supervising.catch_up(draft)
    kind = type(request.command)
    keeping.require_unrestricted(draft, kind)
    allow(kind, draft.case.state, request.actor.role)
    if request.actor.role is Role.UNIT:
        require_holder(draft)
    _DECIDE[kind](draft, request.command)
    return Decision(tuple(draft.records), draft.case)
