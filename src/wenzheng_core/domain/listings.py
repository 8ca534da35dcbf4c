"""Listings (清单, 通报): what is new, due, overdue and unanswered at an instant, and with whom.

Counted over cases as they stood at that instant, however late the count is made. A listing names
units and numbers, never a citizen and nothing that a citizen wrote: it is read in groups of many.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

import attrs

from wenzheng_core.domain.cases import Case, Clock, Holding
from wenzheng_core.domain.instants import Period, at_local, last_day_before, utc
from wenzheng_core.domain.milestones import ANSWERED, Milestone
from wenzheng_core.domain.units import Units


@attrs.frozen(kw_only=True)
class UnitLine:
    """What one unit had open.

    Attributes:
        unanswered: cases that it held and had reported nothing of, none of them past due (未回应).
        late: cases that it held past due, or ended late since the listing before (未及时办理).
        place: the fewest late first, then the fewest unanswered; those who tie share a place.
    """

    unit: str
    unanswered: int = 0
    late: int = 0
    place: int = 0


@attrs.frozen(kw_only=True)
class Listing:
    """How things stood at ``as_of``.

    Attributes:
        window: the receipts of which it speaks.
        new: messages received in the window.
        unanswered: messages without an answer, whenever they came.
        due_today: of these, due by the main clock before the day ends, and not yet overdue.
        overdue: of these, due by the main clock and not met.
        units: all units of the city in the order of their places.
    """

    window: Period
    as_of: datetime
    new: int = 0
    unanswered: int = 0
    due_today: int = 0
    overdue: int = 0
    units: tuple[UnitLine, ...] = ()


@attrs.define
class ListingCount:
    """A listing in the making: cases go in one by one, nothing of them is kept."""

    window: Period
    as_of: datetime = attrs.field(converter=utc)
    main_clock: str
    _counts: Counter[str] = attrs.field(factory=Counter, init=False)
    _unanswered: Counter[str] = attrs.field(factory=Counter, init=False)
    _late: Counter[str] = attrs.field(factory=Counter, init=False)
    _since: datetime = attrs.field(init=False)
    """From when on a late end is told of: since the listing before, and all of the day."""

    def __attrs_post_init__(self) -> None:
        self._since = min(at_local(last_day_before(self.as_of)), self.window.first)

    def add(self, case: Case) -> None:
        """Count a case as it stood; one that came after ``as_of`` counts for nothing."""
        if case.opened > self.as_of:
            return
        waits = _waits(case, self.as_of)
        self._counts["new"] += case.opened in self.window
        self._counts["unanswered"] += waits
        if waits:
            self._count_due([c for c in case.clocks if c.id == self.main_clock])
        elif case.updated <= self._since and not any(case.running):
            return  # over before: by far the most cases of a store
        held = [h for h in case.holdings if h.since <= self.as_of]
        late = {h.unit for h in held if self._is_late(case, h)}
        silent = {h.unit for h in held if waits and self._is_silent(h)} - late
        self._late.update(late)
        self._unanswered.update(silent)

    def listing(self, units: Iterable[str]) -> Listing:
        """What all the cases come to; a unit of ``units`` that has nothing open is in it, too."""
        names = dict.fromkeys((*units, *sorted(self._late | self._unanswered)))
        lines = [
            UnitLine(unit=u, unanswered=self._unanswered[u], late=self._late[u]) for u in names
        ]
        counts = {name: self._counts[name] for name in COUNTED}
        return Listing(window=self.window, as_of=self.as_of, units=_placed(lines), **counts)

    def _count_due(self, clocks: list[Clock]) -> None:
        at, today = self.as_of, last_day_before(self.as_of)
        running = [c for c in clocks if c.started <= at and _open(c.stopped, at)]
        dues = [due for clock in running if (due := _due(clock, at))]
        if any(clock.breached(at) for clock in running):
            self._counts["overdue"] += 1
        elif any(last_day_before(due) == today for due in dues):
            self._counts["due_today"] += 1

    def _is_late(self, case: Case, held: Holding) -> bool:
        """By the unit's own clocks; by the case's main one where it has none and leads.

        So a unit to which the policy gives no limit of its own answers for the citizen's while the
        case is with it (a choice). What was overdue before the unit had it is not its doing.
        """
        own = [c for c in case.clocks if c.unit == held.unit and _begun_with(held, c.started)]
        if any(clock.due for clock in own):
            return any(self._counts_late(clock, clock.stopped) for clock in own)
        ends = [end for end in (held.reported, held.until) if end is not None]
        return held.lead and any(
            self._counts_late(clock, min(ends, default=clock.stopped))
            for clock in case.clocks
            if clock.id == self.main_clock and not clock.unit
            if clock.due is not None and clock.due > held.since
        )

    def _counts_late(self, clock: Clock, ended: datetime | None) -> bool:
        """Whether it was breached and still open, or breached and ended since the listing before."""
        at = self.as_of
        if clock.started > at:
            return False
        if _open(ended, at):
            return clock.breached(at)
        return ended is not None and ended > self._since and clock.breached(ended)

    def _is_silent(self, held: Holding) -> bool:
        return _open(held.until, self.as_of) and _open(held.reported, self.as_of)


COUNTED = ("new", "unanswered", "due_today", "overdue")
"""The counts of a listing."""


def listing(
    cases: Iterable[Case], window: Period, as_of: datetime, main_clock: str, units: Units
) -> Listing:
    """The listing of a window as of an instant. ``cases`` may hold ended ones and later ones too."""
    count = ListingCount(window, as_of, main_clock)
    for case in cases:
        count.add(case)
    return count.listing(unit.id for unit in units)


def _open(ended: datetime | None, at: datetime) -> bool:
    return ended is None or ended > at


def _due(clock: Clock, at: datetime) -> datetime | None:
    """When it is due; None while it stands still, or is due on a guess only."""
    paused = clock.paused_since is not None and clock.paused_since <= at
    return None if paused or clock.awaits is not None else clock.due


def _begun_with(held: Holding, instant: datetime) -> bool:
    return held.since <= instant and (held.until is None or instant < held.until)


def _waits(case: Case, at: datetime) -> bool:
    """Whether the message had no answer: none in this opening of the case, if that had begun.

    Of an opening between the first and the last, nothing is kept: it counts as the first.
    """
    again = case.reached_again.get(Milestone.RECEIVED)
    reached = case.reached_again if again and again <= at else case.reached
    ends = (case.merged, case.declined, *(reached.get(milestone) for milestone in ANSWERED))
    return all(_open(end, at) for end in ends)


def _placed(lines: Iterable[UnitLine]) -> tuple[UnitLine, ...]:
    """Late weighs more than any number unanswered (a choice: no text says what weighs more)."""
    placed: list[UnitLine] = []
    for place, line in enumerate(sorted(lines, key=_burden), start=1):
        tied = placed and _burden(placed[-1]) == _burden(line)
        placed.append(attrs.evolve(line, place=placed[-1].place if tied else place))
    return tuple(placed)


def _burden(line: UnitLine) -> tuple[int, int]:
    return line.late, line.unanswered
