"""What the functions of every stage share: their register, and the usual changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import attrs

from wenzheng_core.domain.cases import (
    Case,
    Clock,
    Holding,
)
from wenzheng_core.domain.events import Event, Record
from wenzheng_core.domain.milestones import Milestone

E = TypeVar("E", bound=Event)
Changes = dict[str, Any]
Apply = Callable[[Case, E, Record], Changes]

REGRADED = "classified"
"""Why a clock was moved or stopped that a new grade concerns."""

MIGRATED = "migrated"
"""Why a clock was moved that came under another version of the policy."""

APPLY: dict[type[Event], Callable[[Case, Any, Record], Changes]] = {}


def on(kind: type[E]) -> Callable[[Apply[E]], Apply[E]]:
    """Enter a function as that which an event of this kind does to a case."""

    def register(apply: Apply[E]) -> Apply[E]:
        APPLY[kind] = apply
        return apply

    return register


def reach(case: Case, milestone: Milestone, record: Record, **changes: Any) -> Changes:
    """The changes, and the milestone reached at the instant of the record."""
    # The first time counts: a reopened case was still answered when it was first answered.
    if milestone not in case.reached:
        changes["reached"] = {**case.reached, milestone: record.at}
    if milestone not in case.passed and case.epoch > 1:
        changes["reached_again"] = {**case.reached_again, milestone: record.at}
    return changes


def on_clocks(case: Case, change: Callable[[Clock], Clock]) -> Changes:
    """Every clock changed."""
    return {"clocks": tuple(change(clock) for clock in case.clocks)}


def on_clock(case: Case, key: tuple[str, str, int], **changes: Any) -> Changes:
    """The clock of that key changed."""
    return on_clocks(case, lambda c: attrs.evolve(c, **changes) if c.key == key else c)


def on_holdings(case: Case, change: Callable[[Holding], Holding]) -> tuple[Holding, ...]:
    """The holdings, those that last changed."""
    return tuple(change(h) if h.until is None else h for h in case.holdings)
