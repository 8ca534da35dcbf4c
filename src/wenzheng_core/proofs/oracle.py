"""A second count, naive on purpose: day after day on a wall calendar, written from the statutes.

It asks the calendar one thing only, what a single day is, and shares no arithmetic with the engine.
Where a statute is silent, it follows what docs/laws-of-time.md marks as a choice.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache

import attrs

from wenzheng_core.domain.calendars import Calendar
from wenzheng_core.domain.instants import BEIJING
from wenzheng_core.domain.limits import (
    CalendarDays,
    ClockHours,
    CommittedDate,
    Limit,
    SameDay,
    WorkingDays,
    WorkingHours,
)
from wenzheng_core.domain.timelimits import Counting, TimeRules
from wenzheng_core.proofs.sweep import starts_of

DAY = timedelta(days=1)


@attrs.frozen
class Expected:
    """What ought to come out.

    Attributes:
        due: the exclusive instant.
        guessed: whether a day that no notice settles had to be looked at.
    """

    due: datetime
    guessed: bool


@attrs.frozen(eq=False)
class Wall:
    """The wall calendar: of each day whether it is worked, and whether a notice settles it."""

    worked: dict[date, bool]
    unsettled: frozenset[date]

    def is_worked(self, day: date) -> bool:
        """Whether the day is worked. Raises KeyError off the calendar."""
        return self.worked[day]


@lru_cache(maxsize=4)
def wall_of(calendar: Calendar, *, bold: bool = False) -> Wall:
    """The wall calendar; ``bold``: with every day worked that no notice settles."""
    span = (calendar.last - calendar.first).days + 1
    days = [calendar.day(calendar.first + n * DAY) for n in range(span)]
    unsettled = frozenset(d.date for d in days if d.date >= calendar.settled_until)
    worked = {d.date: d.worked or (bold and d.date in unsettled) for d in days}
    return Wall(worked, unsettled)


@lru_cache(maxsize=12)
def all_expected(
    limit: Limit, rules: TimeRules, calendar: Calendar, moments: tuple[time, ...]
) -> Sequence[Expected | None]:
    """What ought to come of every start of the sweep, in its order."""
    oracle = Oracle(limit, rules, wall_of(calendar))
    return [oracle.expected(start.day, start.at) for start in starts_of(calendar, moments)]


@attrs.define
class Oracle:
    """The naive count of one limit; a day that was counted from before is looked up."""

    limit: Limit
    rules: TimeRules
    wall: Wall
    _days: dict[date, Expected | None] = attrs.field(factory=dict)

    def expected(self, day: date, at: datetime) -> Expected | None:
        """What ought to come of a start at an instant on a Beijing day; None where nothing can."""
        try:
            return self._expected(day, at)
        except KeyError:
            return None

    def _expected(self, day: date, at: datetime) -> Expected | None:
        match self.limit:
            case ClockHours(minutes):
                # 民法典第201条第二款: from the instant; 民事诉讼法第85条第二款: 开始的时不计入.
                begun = at
                if self.rules.counting is Counting.PROCEDURE:
                    here = at.astimezone(BEIJING)
                    begun = here - timedelta(
                        minutes=here.minute, seconds=here.second, microseconds=here.microsecond
                    )
                    begun += timedelta(hours=1)
                return Expected(begun + timedelta(minutes=minutes), False)
            case WorkingHours(minutes):
                return self._office(day, at, timedelta(minutes=minutes))
            case CommittedDate(promised):
                ends = self._close(promised)
                return Expected(ends, False) if ends > at else None
            case _:
                return self._in_days(day, at)

    def _in_days(self, day: date, at: datetime) -> Expected | None:
        anchor, looked = self._received(day, at)
        while (found := self._last_day(anchor)) is not None:
            if found.due > at:
                return attrs.evolve(found, guessed=True) if looked else found
            anchor += DAY  # a choice: 当日 after the close of business is the next day's
        return None

    def _received(self, day: date, at: datetime) -> tuple[date, bool]:
        """The day that counts as the day of receipt, and whether an unsettled day was looked at."""
        cutoff, looked = self.rules.cutoff, False
        if cutoff is None:
            return day, False
        late = at.astimezone(BEIJING).time() >= cutoff
        if not isinstance(self.limit, WorkingDays):
            return (day + DAY if late else day), False
        if late or not self.wall.is_worked(day):
            day += DAY
            while not self.wall.is_worked(day):
                looked = looked or day in self.wall.unsettled
                day += DAY
        return day, looked or day in self.wall.unsettled

    def _close(self, day: date) -> datetime:
        """民法典第203条第二款: the last day ends at 24:00, or with the business hours."""
        if self.rules.day_end is None:
            return datetime.combine(day + DAY, time(0), BEIJING)
        return datetime.combine(day, self.rules.day_end, BEIJING)

    def _last_day(self, anchor: date) -> Expected | None:
        if anchor not in self._days:
            try:
                last, guessed = self._walk(anchor)
                self._days[anchor] = Expected(self._close(last), guessed)
            except KeyError:
                self._days[anchor] = None
        return self._days[anchor]

    def _walk(self, anchor: date) -> tuple[date, bool]:
        """From the day after the anchor on (民法典第201条第一款), one day after another."""
        wall, day = self.wall, anchor
        match self.limit:
            case WorkingDays(n):
                left = n
                while left:
                    day += DAY
                    left -= wall.worked[day]
                return day, day in wall.unsettled
            case CalendarDays(n, roll):
                for _ in range(n):
                    day += DAY
                if not roll and self.rules.counting is Counting.INTERNAL:
                    return day, False
                while not wall.worked[day]:  # 民法典第203条第一款: 次日, worked by the arrangement
                    day += DAY
                return day, day in wall.unsettled
            case SameDay():
                return day, False
            case _:
                raise KeyError(anchor)

    def _office(self, day: date, at: datetime, left: timedelta) -> Expected | None:
        if not self.rules.office_hours:
            return None
        while True:
            if self.wall.is_worked(day):
                for opens, closes in self.rules.office_hours:
                    begins = max(at, datetime.combine(day, opens, BEIJING))
                    open_for = datetime.combine(day, closes, BEIJING) - begins
                    if open_for >= left:
                        return Expected(begins + left, day in self.wall.unsettled)
                    left -= max(open_for, timedelta(0))
            day += DAY
