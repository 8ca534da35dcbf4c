"""Assign, claim, send back, reassign: on what ground a unit gets the case, and when it may return it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from wenzheng_core.domain import clocks
from wenzheng_core.domain import commands as c
from wenzheng_core.domain import events as e
from wenzheng_core.domain.drafts import Draft
from wenzheng_core.domain.errors import RefusedError
from wenzheng_core.domain.gates import Point
from wenzheng_core.domain.limits import write_limit
from wenzheng_core.domain.stages.gating import require_passed
from wenzheng_core.domain.stages.holding import charge, release, require_holder, sign
from wenzheng_core.domain.stages.instructing import require_designated, require_instructed
from wenzheng_core.domain.timelimits import is_overdue


def assign(draft: Draft, command: c.Assign) -> None:
    """Charge a lead and assisting units; each unit's clock starts."""
    require_passed(draft, Point.ASSIGN)
    require_instructed(draft, command.lead)
    require_designated(draft, command.lead)
    charge(
        draft,
        command.lead,
        command.assisting,
        command.letter,
        command.within,
        _principle(draft, command.lead, command.grounds),
        command.decided,
    )


def reassign(draft: Draft, command: c.Reassign) -> None:
    """Give the case to others; the units so far answer for the time they held it."""
    if not command.reason.strip():
        raise RefusedError("reassign.reason", "改派须说明理由")
    if command.lead == draft.case.lead:
        raise RefusedError("reassign.same", "改派的主办单位与现主办单位相同")
    require_passed(draft, Point.ASSIGN)
    require_instructed(draft, command.lead)
    require_designated(draft, command.lead)
    release(draft, "reassigned", command.reason)
    charge(
        draft,
        command.lead,
        command.assisting,
        command.letter,
        None,
        _principle(draft, command.lead, command.grounds),
        command.decided,
    )


def _principle(draft: Draft, lead: str, grounds: Mapping[str, str]) -> str:
    """The routing principle applied: the first in the policy's order that names a unit."""
    routing = draft.policy.routing
    for principle in grounds:
        if principle not in routing.principles:
            known = "、".join(routing.principles) or "无"
            reason = f"本办法没有「{principle}」这一转办原则;现有:{known}"
            raise RefusedError("routing.unknown_principle", reason, routing.basis)
    applied = next((x for x in routing.principles if x in grounds), "")
    if not applied:
        # A leader who named the lead has settled what the principles would have to find out.
        if routing.principle_required and not draft.case.instructed_lead:
            reason = f"交办须写明所依据的转办原则:{'、'.join(routing.principles)}"
            raise RefusedError("routing.principle", reason, routing.basis)
        return ""
    if grounds[applied] != lead:
        name = draft.rules.units.name(grounds[applied])
        reason = f"按「{applied}」应由{name}主办,在后的原则不再适用"
        raise RefusedError("routing.order", reason, routing.basis)
    return applied


def send_back(draft: Draft, command: c.SendBack) -> None:
    """Only the lead sends the case back; its clock stops there, breached or not."""
    if draft.actor.unit != draft.case.lead:
        raise RefusedError("send_back.lead", "退件须由主办单位提出")
    if not command.reason.strip():
        raise RefusedError("send_back.reason", "退件须说明理由")
    _require_returnable(draft, require_holder(draft).since)
    draft.emit(e.SentBack(unit=draft.actor.unit, reason=command.reason))
    release(draft, "sent_back", command.reason)


def _require_returnable(draft: Draft, assigned: datetime) -> None:
    case, routing = draft.case, draft.policy.routing
    if case.decided:
        why = "领导批示" if case.instructed_lead == case.lead else "研究"
        reason = f"本件经{why}确定主办单位,不得退件"
        raise RefusedError("send_back.decided", reason, routing.basis)
    if routing.send_back_times is not None and case.send_backs >= routing.send_back_times:
        reason = f"本件最多退件{routing.send_back_times}次,不得再退"
        raise RefusedError("send_back.times", reason, routing.basis)
    ends = clocks.due_of(draft, routing.send_back_within, assigned, None)
    if ends is not None and is_overdue(ends.due, draft.at):
        reason = f"退件须在交办后{write_limit(ends.limit)}内提出,现已逾期,请继续办理"
        raise RefusedError("send_back.late", reason, routing.basis)


def claim(draft: Draft, command: c.Claim) -> None:
    """Sign for the case, once."""
    if require_holder(draft).claimed is not None:
        raise RefusedError("claim.twice", "本单位已经签收")
    sign(draft, draft.actor.unit)


DECIDE: dict[type[c.Command], Any] = {
    c.Assign: assign,
    c.Reassign: reassign,
    c.SendBack: send_back,
    c.Claim: claim,
}
