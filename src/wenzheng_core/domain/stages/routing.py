"""Assign, claim, send back, reassign: who holds the case, and from when."""

from __future__ import annotations

from typing import Any

from wenzheng_core.domain import clocks
from wenzheng_core.domain import commands as c
from wenzheng_core.domain import events as e
from wenzheng_core.domain.cases import Clock, Holding
from wenzheng_core.domain.drafts import Draft
from wenzheng_core.domain.errors import RefusedError, UnknownError
from wenzheng_core.domain.limits import Limit
from wenzheng_core.domain.policies import Milestone
from wenzheng_core.domain.workflow import FINAL


def require_holder(draft: Draft) -> Holding:
    """The holding of the acting unit. Raises RefusedError for any other unit.

    Who held the case when it was published still speaks for it until somebody handles it again.
    """
    case = draft.case
    for holding in reversed(case.holdings):
        last = holding.round == case.round and holding.cause == "published" and case.state in FINAL
        current = holding.until is None or last
        if holding.unit == draft.actor.unit and current:
            return holding
    name = draft.rules.units.name(draft.actor.unit) or "未注明单位"
    raise RefusedError("unit.not_holder", f"{name}不是本件的承办单位")


def assign(draft: Draft, command: c.Assign) -> None:
    """Charge a lead and assisting units; each unit's clock starts."""
    _charge(draft, command.lead, command.assisting, command.letter, command.within)


def reassign(draft: Draft, command: c.Reassign) -> None:
    """Give the case to others; the units so far answer for the time they held it."""
    if not command.reason.strip():
        raise RefusedError("reassign.reason", "改派须说明理由")
    if command.lead == draft.case.lead:
        raise RefusedError("reassign.same", "改派的主办单位与现主办单位相同")
    _release(draft, "reassigned", command.reason)
    _charge(draft, command.lead, command.assisting, command.letter, None)


def send_back(draft: Draft, command: c.SendBack) -> None:
    """Only the lead sends the case back; its clock stops there, breached or not."""
    if draft.actor.unit != draft.case.lead:
        raise RefusedError("send_back.lead", "退件须由主办单位提出")
    if not command.reason.strip():
        raise RefusedError("send_back.reason", "退件须说明理由")
    draft.emit(e.SentBack(unit=draft.actor.unit, reason=command.reason))
    _release(draft, "sent_back", command.reason)


def claim(draft: Draft, command: c.Claim) -> None:
    """Sign for the case, once."""
    if require_holder(draft).claimed is not None:
        raise RefusedError("claim.twice", "本单位已经签收")
    sign(draft, draft.actor.unit)


def sign(draft: Draft, unit: str) -> None:
    """A unit signs; the case is signed for when its lead signs."""
    draft.emit(e.Claimed(unit=unit))
    clocks.reach(draft, Milestone.CLAIMED, (unit,), whole=unit == draft.case.lead)


def _charge(
    draft: Draft, lead: str, assisting: tuple[str, ...], letter: str, within: Limit | None
) -> None:
    units = (lead, *assisting)
    if len(set(units)) != len(units):
        raise RefusedError("assign.twice", "同一单位不能既主办又协办,也不能重复列出")
    try:
        for unit in units:
            draft.rules.units.get(unit)
    except UnknownError as error:
        raise RefusedError("assign.unknown_unit", str(error)) from error
    clocks.require_classified(draft)
    draft.emit(
        e.Assigned(round=draft.case.round + 1, lead=lead, assisting=assisting, letter=letter)
    )
    clocks.reach(draft, Milestone.ASSIGNED, units, within=within)
    if within is not None and not any(c.limit == within for c in draft.case.running if c.unit):
        raise RefusedError("limit.fixed", "本档时限不由办公室另定")


def _release(draft: Draft, cause: str, reason: str = "") -> None:
    clocks.stop(draft, _unit_clocks(draft), cause)
    release_all(draft, cause, reason)


def release_all(draft: Draft, cause: str, reason: str = "") -> None:
    """Let every unit that holds the case go."""
    if units := tuple(h.unit for h in draft.case.holders):
        draft.emit(e.Released(units=units, cause=cause, reason=reason))


def _unit_clocks(draft: Draft) -> list[Clock]:
    return [clock for clock in draft.case.running if clock.unit]


DECIDE: dict[type[c.Command], Any] = {
    c.Assign: assign,
    c.Reassign: reassign,
    c.SendBack: send_back,
    c.Claim: claim,
}
