"""After the reply: call back, rate, reopen, archive."""

from __future__ import annotations

from typing import Any

from wenzheng_core.domain import clocks
from wenzheng_core.domain import commands as c
from wenzheng_core.domain import events as e
from wenzheng_core.domain.drafts import Draft
from wenzheng_core.domain.errors import RefusedError
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.domain.stages.holding import acting_unit, release_all

BEST = 5


def call_back(draft: Draft, command: c.CallBack) -> None:
    """Record the call; one that reached nobody is recorded too, and ends what waits for it."""
    _require_addressed(draft)
    unit = acting_unit(draft)
    draft.emit(e.CalledBack(reached=command.reached, note=command.note, unit=unit))
    clocks.reach(draft, Milestone.CALLED_BACK)


def rate(draft: Draft, command: c.Rate) -> None:
    """Record the citizen's rating; a later one replaces an earlier one."""
    _require_addressed(draft)
    if not 1 <= command.score <= BEST:
        raise RefusedError("rate.range", f"评分须为 1 至 {BEST}")
    draft.emit(e.Rated(score=command.score, note=command.note))


def _require_addressed(draft: Draft) -> None:
    kind = draft.case.message.kind
    if not draft.case.message.addressed:
        reason = f"本件来自{kind.label},没有人向政府留言,不作回访和评价"
        raise RefusedError("message.unaddressed", reason)


def reopen(draft: Draft, command: c.Reopen) -> None:
    """Handle again: the case's clocks start afresh from now, earlier breaches stand (a choice)."""
    if not command.reason.strip():
        raise RefusedError("reopen.reason", "重新办理须说明理由")
    clocks.stop_all(draft, "reopened")
    draft.emit(e.Reopened(reason=command.reason))
    for milestone in (Milestone.POSTED, Milestone.RECEIVED, Milestone.ACCEPTED):
        clocks.reach(draft, milestone)


def archive(draft: Draft, command: c.Archive) -> None:
    """Close the file; promises are still tracked."""
    clocks.stop_all(draft, "archived")
    release_all(draft, "archived")
    draft.emit(e.Archived())


DECIDE: dict[type[c.Command], Any] = {
    c.CallBack: call_back,
    c.Rate: rate,
    c.Reopen: reopen,
    c.Archive: archive,
}
