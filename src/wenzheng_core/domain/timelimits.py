"""From a limit and a start to a deadline: the laws of time (docs/laws-of-time.md).

Law by law, in the order of the document:

1. units are types (:mod:`wenzheng_core.domain.limits`);
2. the start day is not counted, hours run from the instant (民法典第201条);
3. working days are those of the calendar;
4. a deadline is an exclusive instant, overdue means ``now >= due``;
5. calendar days roll only if the limit or the rule of counting says so;
6. what the published arrangements do not settle is provisional, with the earliest day it can be;
7. pauses are intervals of which only the union counts;
8. extensions count from the old due date, in the unit of the limit;
10. a limit that must end inside another one is cut to fit.

The date arithmetic of a clock is one function, :func:`deadline`, of the whole history of that clock,
so adding a pause or an extension and computing afresh give the same answer by construction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum

import attrs

from wenzheng_core.domain.calendars import Calendar
from wenzheng_core.domain.errors import ArgumentError, LimitUseError, OutsideCalendarError
from wenzheng_core.domain.instants import (
    at_local,
    end_of,
    end_of_hour,
    last_day_before,
    local,
    local_day,
    utc,
)
from wenzheng_core.domain.limits import (
    CalendarDays,
    ClockHours,
    CommittedDate,
    Limit,
    SameDay,
    WorkingDays,
    WorkingHours,
    write_limit,
)

_DAY = timedelta(days=1)


class Counting(StrEnum):
    """A named rule of counting.

    ``INTERNAL``: as offices count among themselves; a last day rolls only where the limit says so.
    ``CIVIL`` (民法典第201条至第203条): a last day that is not worked gives way to the next working
    day; hours run from the instant. ``PROCEDURE`` (民事诉讼法第85条): likewise, but the hour in which
    a period in hours begins is not counted.
    """

    INTERNAL = "internal"
    CIVIL = "civil"
    PROCEDURE = "procedure"

    @property
    def label(self) -> str:
        """The Chinese name."""
        return {
            Counting.INTERNAL: "内部办理时限",
            Counting.CIVIL: "民法典",
            Counting.PROCEDURE: "民事诉讼法",
        }[self]


@attrs.frozen
class TimeRules:
    """How a policy counts, where it departs from the default.

    Attributes:
        counting: the named rule of counting.
        day_end: close of business at which a due day ends; None means 24:00 (民法典第203条第二款).
        cutoff: what comes later in the day counts as the next day's (working day's, for working
            days); None means that the date of receipt decides.
        office_hours: pairs of opening and closing time, for limits in working hours.
    """

    day_end: time | None = None
    cutoff: time | None = None
    office_hours: tuple[tuple[time, time], ...] = attrs.field(default=())
    counting: Counting = Counting.INTERNAL

    @property
    def rolls(self) -> bool:
        """Whether every limit in calendar days rolls (民法典第203条第一款, 民事诉讼法第85条第三款)."""
        return self.counting is not Counting.INTERNAL

    @property
    def from_full_hour(self) -> bool:
        """Whether the hour in which a limit begins is not counted (民事诉讼法第85条第二款)."""
        return self.counting is Counting.PROCEDURE

    @office_hours.validator
    def _ordered(self, _: object, pairs: tuple[tuple[time, time], ...]) -> None:
        moments = [moment for pair in pairs for moment in pair]
        if any(a >= b for a, b in pairs) or moments != sorted(moments):
            raise LimitUseError("办公时间须为先开后关、先后排列且不重叠的时刻")


@attrs.frozen
class Interval:
    """A stretch [``first``, ``until``) in which a clock does not run."""

    first: datetime = attrs.field(converter=utc)
    until: datetime = attrs.field(converter=utc)


@attrs.frozen
class Deadline:
    """When a limit ends, and how sure that is.

    Attributes:
        limit: the limit.
        start: the instant from which it was counted (UTC).
        due: the exclusive instant at which it ends (UTC): from then on it is overdue.
        calendar: digest of the calendar by which it was counted.
        not_before: for a provisional deadline, the earliest instant at which it can end; else None.
        awaits: for a provisional deadline, the year whose arrangement is awaited; else None.
    """

    limit: Limit
    start: datetime
    due: datetime
    calendar: str
    not_before: datetime | None = None
    awaits: int | None = None

    @property
    def provisional(self) -> bool:
        """Whether it rests on days that no published arrangement settles."""
        return self.awaits is not None

    @property
    def due_day(self) -> date:
        """The last day that belongs to the limit (Beijing date)."""
        return last_day_before(self.due)

    def cut(self, latest: datetime) -> Deadline:
        """The same limit, ending no later than ``latest``.

        A provisional one that cannot end before ``latest`` becomes certain.
        """
        if latest >= self.due:
            return self
        if self.not_before is not None and latest <= self.not_before:
            return attrs.evolve(self, due=latest, not_before=None, awaits=None)
        return attrs.evolve(self, due=latest)


def deadline(
    limit: Limit,
    start: datetime,
    calendar: Calendar,
    rules: TimeRules = TimeRules(),
    pauses: Iterable[Interval] = (),
    extensions: Sequence[Limit] = (),
) -> Deadline:
    """The deadline of a limit that began at ``start``, given all its pauses and extensions.

    Raises NaiveTimeError, OutsideCalendarError, and LimitUseError where an extension is not in the
    unit of the limit or the policy lacks the office hours that a limit in working hours needs.
    """
    for extension in extensions:
        require_same_unit(limit, extension)
    begun, stops = utc(start), union(pauses)
    ends = _Ends(calendar, rules, stops)
    try:
        due = ends.all_legs(limit, extensions, begun)
        return _with_horizon(limit, begun, due, calendar, ends, extensions)
    except OverflowError:  # at the ends of the years that Python knows
        first, last = calendar.first, calendar.last
        raise OutsideCalendarError(calendar.data.name, None, first, last) from None


def require_same_unit(limit: Limit, extension: Limit) -> None:
    """Raise LimitUseError unless the extension is in the unit of the limit, which can be extended."""
    if isinstance(limit, SameDay):
        raise LimitUseError("「当日」办结的时限不能延期")
    if type(limit) is not type(extension):
        raise LimitUseError(
            f"延期须与原时限同一单位:原时限为{write_limit(limit)},延期为{write_limit(extension)}"
        )


def union(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    """The same paused time as ordered, disjoint intervals."""
    merged: list[Interval] = []
    for interval in sorted(intervals, key=lambda i: i.first):
        if interval.until <= interval.first:
            continue
        if merged and interval.first <= merged[-1].until:
            until = max(merged[-1].until, interval.until)
            merged[-1] = Interval(merged[-1].first, until)
        else:
            merged.append(interval)
    return tuple(merged)


def paused_days(stop: Interval, rules: TimeRules) -> tuple[date, date]:
    """First and last day at whose end (24:00, or close of business) the clock stood still.

    The last lies before the first where the stretch crosses no end of a day.
    """
    return _last_ended(stop.first, rules) + _DAY, _last_ended(stop.until, rules)


def _last_ended(instant: datetime, rules: TimeRules) -> date:
    day = local_day(instant)
    return day if end_of(day, rules.day_end) <= instant else day - _DAY


def start_day(limit: Limit, start: datetime, calendar: Calendar, rules: TimeRules) -> date:
    """The day that counts as the day of receipt, after the policy's cut-off.

    With a cut-off, for working days, anything that comes outside working time counts as the next
    working day's, so that Friday evening is never due later than Saturday.
    """
    here = local(start)
    day = here.date()
    if rules.cutoff is None:
        return day
    late = here.time() >= rules.cutoff
    if not isinstance(limit, WorkingDays):
        return day + _DAY if late else day
    if not calendar.is_working(day):
        return calendar.next_working(day)
    return calendar.add_working_days(day, 1) if late else day


@attrs.frozen
class _Ends:
    """Where one leg (the limit, or one extension of it) ends, pauses taken out."""

    calendar: Calendar
    rules: TimeRules
    stops: tuple[Interval, ...]

    def all_legs(self, limit: Limit, extensions: Sequence[Limit], begun: datetime) -> datetime:
        due = self.after(limit, begun, first=True)
        for extension in extensions:
            due = self.after(extension, due, first=False)
        return due

    def after(self, leg: Limit, begun: datetime, *, first: bool) -> datetime:
        match leg:
            case ClockHours(minutes):
                counted = end_of_hour(begun) if first and self.rules.from_full_hour else begun
                return self._clock(counted, timedelta(minutes=minutes))
            case WorkingHours(minutes):
                return self._office(begun, timedelta(minutes=minutes))
            case CommittedDate(day):
                return self._committed(day, begun, first)
            case _:
                return self._days(leg, begun, first)

    def _days(self, leg: Limit, begun: datetime, first: bool) -> datetime:
        anchor = last_day_before(begun)
        if first:
            anchor = start_day(leg, begun, self.calendar, self.rules)
        due = end_of(self._last_day(leg, anchor), self.rules.day_end)
        if due <= begun:
            # 当日 after the close of business: a limit cannot end before it began (a choice).
            due = end_of(self._last_day(leg, anchor + _DAY), self.rules.day_end)
        return due

    def _committed(self, day: date, begun: datetime, first: bool) -> datetime:
        due = end_of(day, self.rules.day_end)
        if due <= begun:
            raise LimitUseError("承诺的日期早于起算时间" if first else "延期后的日期须晚于原日期")
        return due

    def _last_day(self, leg: Limit, anchor: date) -> date:
        match leg:
            case WorkingDays(n):
                return self._working(anchor, n)
            case CalendarDays(n, roll):
                day = self._plain(anchor, n)
                rolls = roll or self.rules.rolls
                return self._running(day, worked=True) if rolls else day
            case SameDay():
                return self._running(anchor, worked=False)
            case _:
                raise ArgumentError("limit", f"应为时限,如 WorkingDays(5),得到的是 {leg!r}")

    def _working(self, anchor: date, n: int) -> date:
        # The least day with n counted working days behind it: raising the total by the paused days
        # met so far can only grow, and stops at the first day that satisfies it.
        paused = 0
        while True:
            day = self.calendar.add_working_days(anchor, n + paused)
            met = sum(
                self.calendar.count_working_days(low, high) for low, high in self._met(anchor, day)
            )
            if met == paused:
                return day
            paused = met

    def _plain(self, anchor: date, n: int) -> date:
        paused = 0
        while True:
            day = anchor + timedelta(days=n + paused)
            met = sum((high - low).days for low, high in self._met(anchor, day))
            if met == paused:
                return day
            paused = met

    def _met(self, after: date, through: date) -> Iterable[tuple[date, date]]:
        """The paused days in (after, through], as stretches open at the left.

        A day is paused if the clock stands still when the day ends (a choice: so a pause takes out
        as many days as it crosses ends of days, however it is cut up).
        """
        for stop in self.stops:
            first, last = paused_days(stop, self.rules)
            low, high = max(after, first - _DAY), min(through, last)
            if low < high:
                yield low, high

    def _running(self, day: date, *, worked: bool) -> date:
        while True:
            if worked and not self.calendar.is_working(day):
                day = self.calendar.next_working(day)
            elif any(self._met(day - _DAY, day)):
                day += _DAY
            else:
                return day

    def _clock(self, begun: datetime, length: timedelta) -> datetime:
        due = begun + length
        for stop in self.stops:
            if stop.until <= begun:
                continue
            if stop.first >= due:
                break
            due += stop.until - max(stop.first, begun)
        return due

    def _office(self, begun: datetime, length: timedelta) -> datetime:
        if not self.rules.office_hours:
            raise LimitUseError("按工作小时计算须先规定办公时间(office_hours)")
        left = length
        day = local_day(begun)
        while True:
            for opens, closes in self._open_windows(day, begun):
                if closes - opens >= left:
                    return opens + left
                left -= closes - opens
            day = self.calendar.add_working_days(day, 1)

    def open_time(self, first: datetime, until: datetime) -> timedelta:
        """How much office time lies in [``first``, ``until``)."""
        total, day = timedelta(0), local_day(first)
        while at_local(day) < until:
            for opens, closes in self._open_windows(day, first):
                total += max(min(closes, until) - opens, timedelta(0))
            day += _DAY
        return total

    def _open_windows(self, day: date, begun: datetime) -> Iterable[tuple[datetime, datetime]]:
        if not self.calendar.is_working(day):
            return
        for opens, closes in self.rules.office_hours:
            low, high = max(at_local(day, opens), begun), at_local(day, closes)
            for stop in self.stops:
                if low < stop.first < high:
                    yield low, stop.first
                if stop.first < high and stop.until > low:
                    low = stop.until
            if low < high:
                yield low, high


def _with_horizon(
    limit: Limit,
    start: datetime,
    due: datetime,
    calendar: Calendar,
    ends: _Ends,
    extensions: Sequence[Limit],
) -> Deadline:
    """The deadline, marked provisional if the count met a day that is not settled."""
    plain = Deadline(limit, start, due, calendar.digest)
    asks = any(_asks_calendar(leg, ends.rules) for leg in (limit, *extensions))
    if not asks or last_day_before(due) < calendar.settled_until:
        return plain
    # More worked days can only bring a due day forward, so counting every open day as worked gives
    # the earliest day that any arrangement to come can lead to.
    bold = attrs.evolve(ends, calendar=calendar.earliest)
    lower = bold.all_legs(limit, extensions, start)
    return attrs.evolve(plain, not_before=lower, awaits=calendar.awaited_year)


def _asks_calendar(limit: Limit, rules: TimeRules) -> bool:
    match limit:
        case WorkingDays() | WorkingHours():
            return True
        case CalendarDays(_, roll):
            return roll or rules.rolls
        case _:
            return False


def latest_before(
    due: datetime, leaving: Limit | None, calendar: Calendar, rules: TimeRules = TimeRules()
) -> datetime | None:
    """The last instant at which so much of a limit that ends at ``due`` is left.

    In days: the end of the day after which so many days come, the due day being the last of them; in
    working days it is a working day itself. In hours: so long before ``due``. None where the calendar
    does not settle the working days that must be left. Raises LimitUseError for what is no length of
    time, OutsideCalendarError.
    """
    day = last_day_before(due)
    match leaving:
        case None:
            return due
        case ClockHours(minutes):
            return due - timedelta(minutes=minutes)
        case CalendarDays(n, _):
            return end_of(day - timedelta(days=n), rules.day_end)
        case WorkingDays(n):
            if day >= calendar.settled_until:
                return None
            return end_of(calendar.working_day_before(day + _DAY, n + 1), rules.day_end)
        case _:
            raise LimitUseError(f"留出的须是日、工作日或小时,不能是「{write_limit(leaving)}」")


def is_overdue(due: datetime, now: datetime) -> bool:
    """Whether the exclusive instant ``due`` has been reached: overdue means ``now >= due``."""
    return utc(now) >= utc(due)


@attrs.frozen
class Remaining:
    """What is left of a limit at an instant, in the limit's own unit.

    ``amount`` counts whole days still to come after today for limits in days (0 on the due day) and
    started minutes for limits in hours; it is negative by what has passed since the due day.
    """

    amount: int
    unit: str
    overdue: bool

    def __str__(self) -> str:
        if self.overdue:
            return f"已超期{-self.amount}{self.unit}" if self.amount else "已超期"
        return f"还有{self.amount}{self.unit}" if self.amount else "今日到期"


def remaining(
    deadline_: Deadline, now: datetime, calendar: Calendar, rules: TimeRules = TimeRules()
) -> Remaining:
    """What is left of a deadline. Raises NaiveTimeError, OutsideCalendarError."""
    over, at = is_overdue(deadline_.due, now), utc(now)
    match deadline_.limit:
        case ClockHours():
            return Remaining(_started_minutes(deadline_.due - at), "分钟", over)
        case WorkingHours():
            first, until = sorted((at, deadline_.due))
            minutes = _started_minutes(_Ends(calendar, rules, ()).open_time(first, until))
            return Remaining(-minutes if over else minutes, "工作分钟", over)
        case WorkingDays():
            days = calendar.count_working_days(local_day(now), deadline_.due_day)
            return Remaining(days, "个工作日", over)
        case _:
            return Remaining((deadline_.due_day - local_day(now)).days, "日", over)


def _started_minutes(left: timedelta) -> int:
    return -(-left // timedelta(minutes=1))


def count_days(after: date, through: date, calendar: Calendar) -> tuple[int, int]:
    """Working days and calendar days in (``after``, ``through``]: the first day is not counted."""
    return calendar.count_working_days(after, through), (through - after).days
