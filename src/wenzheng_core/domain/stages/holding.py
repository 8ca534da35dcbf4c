"""Who holds a case: charging units with it, letting them go, and who may act for it."""

from __future__ import annotations

from wenzheng_core.domain import clocks
from wenzheng_core.domain import events as e
from wenzheng_core.domain.actors import Role
from wenzheng_core.domain.cases import Case, Clock, Holding
from wenzheng_core.domain.drafts import Draft
from wenzheng_core.domain.errors import RefusedError, UnknownError
from wenzheng_core.domain.limits import Limit
from wenzheng_core.domain.milestones import OF_OFFICE, Milestone
from wenzheng_core.domain.workflow import FINAL

PUBLISHED, FORWARDED = "published", "forwarded"
"""Why units let a case go that was answered; they still speak for it."""


def acting_unit(draft: Draft) -> str:
    """The unit for which somebody acts; "" for whoever acts for none."""
    return draft.actor.unit if draft.actor.role is Role.UNIT else ""


def require_holder(draft: Draft) -> Holding:
    """The holding of the acting unit. Raises RefusedError for any other unit."""
    case = draft.case
    for holding in reversed(case.holdings):
        if holding.unit == draft.actor.unit and _speaks(case, holding):
            return holding
    name = draft.rules.units.name(draft.actor.unit) or "未注明单位"
    raise RefusedError("unit.not_holder", f"{name}不是本件的承办单位")


def _speaks(case: Case, holding: Holding) -> bool:
    """Whether its unit speaks for the case.

    Who held the case when it was answered still does until somebody handles it again, be it the
    office itself.
    """
    if holding.until is None:
        return True
    last = holding.round == case.round and holding.since >= case.passed[Milestone.RECEIVED]
    return last and holding.cause in (PUBLISHED, FORWARDED) and case.state in FINAL


def lead_of(case: Case) -> str:
    """The lead that holds the case now; "" while nobody does."""
    return next((holding.unit for holding in case.holders if holding.lead), "")


def answerable(draft: Draft, clock: Clock) -> str:
    """The unit that answers for a clock; nobody for what is the office's own.

    That is the case before any unit has it, and whatever counts from the answer of a unit on.
    """
    case = draft.case
    if clock.unit or clocks.starts_of(draft, clock) in OF_OFFICE:
        return clock.unit
    speaking = (h.unit for h in reversed(case.holdings) if h.lead and _speaks(case, h))
    return next(speaking, "")


def require_units(draft: Draft, units: tuple[str, ...]) -> None:
    """Raise RefusedError unless they are all units of the city."""
    try:
        for unit in units:
            draft.rules.units.get(unit)
    except UnknownError as error:
        raise RefusedError("assign.unknown_unit", str(error)) from error


def charge(
    draft: Draft,
    lead: str,
    assisting: tuple[str, ...],
    letter: str,
    within: Limit | None = None,
    principle: str = "",
    decided: bool = False,
) -> None:
    """Charge units with the case by a letter; the clock of each starts anew."""
    units = (lead, *assisting)
    if len(set(units)) != len(units):
        raise RefusedError("assign.twice", "同一单位不能既主办又协办,也不能重复列出")
    require_units(draft, units)
    clocks.require_classified(draft)
    draft.emit(
        e.Assigned(
            round=draft.case.round + 1,
            lead=lead,
            assisting=assisting,
            letter=letter,
            principle=principle,
            decided=decided,
        )
    )
    clocks.reach(draft, Milestone.ASSIGNED, units, within=within)
    if within is not None and not any(c.limit == within for c in draft.case.running if c.unit):
        raise RefusedError("limit.fixed", "本档时限不由办公室另定")


def sign(draft: Draft, unit: str) -> None:
    """A unit signs; the case is signed for when its lead signs."""
    draft.emit(e.Claimed(unit=unit))
    clocks.reach(draft, Milestone.CLAIMED, (unit,), whole=unit == draft.case.lead)


def release(draft: Draft, cause: str, reason: str = "") -> None:
    """Take the case from its units; each answers for the time it held it."""
    clocks.stop(draft, [clock for clock in draft.case.running if clock.unit], cause)
    clocks.end_idle_pause(draft)
    release_all(draft, cause, reason)


def release_all(draft: Draft, cause: str, reason: str = "") -> None:
    """Let every unit that holds the case go."""
    if units := tuple(h.unit for h in draft.case.holders):
        draft.emit(e.Released(units=units, cause=cause, reason=reason))
