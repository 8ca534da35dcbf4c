"""When a case, or a unit that holds it, passed a milestone, as far as that still stands.

``Case.passed`` tells when each milestone was first reached in this opening. A report may have been
returned since, and what a unit has reached it has reached in its own holding.
"""

from __future__ import annotations

from datetime import datetime

from wenzheng_core.domain.cases import Case, Holding
from wenzheng_core.domain.gates import GateAct, Point
from wenzheng_core.domain.milestones import OF_UNIT, Milestone


def passed(case: Case, milestone: Milestone, unit: str) -> datetime | None:
    """When the case, or a unit in its present holding, passed a milestone; None if it has not.

    A report that was returned, and what was reviewed or approved of it, has not been passed.
    """
    if unit and milestone is Milestone.RESOLVED:
        holding = holding_of(case, unit)
        own = holding.resolved if holding and not holding.lead else None
        return own or case.passed.get(milestone)
    if unit and milestone in OF_UNIT:
        return _passed_by(case, milestone, unit)
    if milestone is Milestone.REPORTED:
        return case.answer_ready
    if act := _ACTS.get(milestone):
        gates = (g for g in case.gates if g.act is act and g.before is Point.PUBLISH)
        return min((g.at for g in gates), default=None)
    return case.passed.get(milestone)


_ACTS = {Milestone.REVIEWED: GateAct.REVIEW, Milestone.APPROVED: GateAct.APPROVE}


def _passed_by(case: Case, milestone: Milestone, unit: str) -> datetime | None:
    holding = holding_of(case, unit)
    if holding is None:
        return None
    match milestone:
        case Milestone.ASSIGNED:
            return holding.since
        case Milestone.CLAIMED:
            return holding.claimed
        case Milestone.CONTACTED:
            tries = (c.at for c in case.contacts if c.unit == unit and c.at >= holding.since)
            return min(tries, default=None)
        case Milestone.FIRST_ACTION:
            return _begun(case, holding)
        case _:
            return holding.reported  # which implies whatever a unit may have begun before


def _begun(case: Case, holding: Holding) -> datetime | None:
    """When a unit took the case up; for the lead the office may have done so, too."""
    first = case.passed.get(Milestone.FIRST_ACTION) if holding.lead else None
    if first is not None and first >= holding.since:
        return first
    return holding.begun or holding.reported


def holding_of(case: Case, unit: str) -> Holding | None:
    """The present holding of a unit, or its last; None if it never held the case."""
    return next((h for h in reversed(case.holdings) if h.unit == unit), None)


def held_since(case: Case, unit: str) -> datetime:
    """When that holding began; for no unit, when the case was opened."""
    holding = holding_of(case, unit)
    return holding.since if holding else case.opened
