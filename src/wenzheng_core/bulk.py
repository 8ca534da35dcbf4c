"""Deadlines by the million: the look-ups of one deadline on whole NumPy arrays.

Needs the extra ``numpy``. All answers equal those of the scalar form, element for element: a day
that the calendar does not know raises OutsideCalendarError, and so does NaT. Work goes block by
block, so that what lies between two look-ups stays in the processor's cache.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, time
from typing import Any, TypeAlias

from wenzheng_core.domain.calendars import Calendar
from wenzheng_core.domain.errors import LimitUseError, OutsideCalendarError
from wenzheng_core.domain.limits import (
    CalendarDays,
    ClockHours,
    Limit,
    SameDay,
    WorkingDays,
    write_limit,
)
from wenzheng_core.domain.timelimits import TimeRules

try:
    import numpy as np
    from numpy.typing import NDArray
except ImportError as error:
    raise ImportError(
        '批量计算需要 NumPy;请运行 pip install "wenzheng-core[numpy]" 安装', name="numpy"
    ) from error

Days: TypeAlias = NDArray[np.datetime64]
Instants: TypeAlias = NDArray[np.datetime64]
Counts: TypeAlias = NDArray[np.int64]
Mask: TypeAlias = NDArray[np.bool_]

BLOCK = 1 << 14
_NAT = int(np.iinfo(np.int64).min)  # how datetime64 holds "not a time"; here: outside the calendar
_NO_RANK = -1
_DAY = 86_400_000_000
_BEIJING = 8 * 3_600_000_000
_EPOCH = date(1970, 1, 1).toordinal()


class BulkCalendar:
    """The index of a calendar as arrays; build it once and keep it.

    A table has an entry for each day and one more at either end, for all that lies outside.
    """

    def __init__(self, calendar: Calendar) -> None:
        self.calendar = calendar
        self._base = calendar.first.toordinal() - _EPOCH - 1
        ranks = np.array(calendar.ranks, dtype=np.int64)
        self._ranks = np.concatenate(([_NO_RANK], ranks, [_NO_RANK]))
        workdays = np.array(calendar.working_days, dtype="datetime64[D]")
        self._workdays: Counts = np.append(workdays.view(np.int64), _NAT)
        here = np.arange(self._ranks.size, dtype=np.int64) + self._base
        worked = self._workdays.take(self._ranks - 1) == here
        self._worked = worked.astype(np.int64)
        self._next = np.where(worked, here, self._table(1))

    def add_working_days(self, days: Days, n: int | NDArray[np.integer[Any]]) -> Days:
        """For each day the ``n``-th working day after it; ``n`` may differ from day to day.

        Raises OutsideCalendarError if a count leaves the calendar or an ``n`` is below 1.
        """
        if not isinstance(n, np.ndarray):
            table = self._table(int(n))
            return self._map(lambda day: self._find(table, day), days).view("datetime64[D]")
        many, counts = np.broadcast_arrays(_numbers(days), n.astype(np.int64))
        return self._map(self._added, many, counts).view("datetime64[D]")

    def count_working_days(self, after: Days, through: Days) -> Counts:
        """How many working days lie in each (``after``, ``through``]; negative if reversed.

        Raises OutsideCalendarError if a day lies outside the calendar.
        """
        low, high = np.broadcast_arrays(_numbers(after), _numbers(through))
        return self._map(self._counted, low, high)

    def is_working(self, days: Days) -> Mask:
        """Which of the days are worked. Raises OutsideCalendarError."""
        return self._map(self._is_worked, days).astype(np.bool_)

    def is_provisional(self, due_days: Days) -> Mask:
        """Which counts rest on days that no published arrangement settles, by their due days."""
        return np.asarray(due_days >= np.datetime64(self.calendar.settled_until, "D"))

    def due(self, limit: Limit, starts: Instants, rules: TimeRules = TimeRules()) -> Instants:
        """The due instants (exclusive, UTC) of a limit that began at each of ``starts`` (UTC).

        Raises OutsideCalendarError, and LimitUseError for a limit that has no bulk form: working
        hours and committed dates.
        """
        begun = np.asarray(starts, dtype="datetime64[us]")
        if np.isnat(begun).any():
            raise self._outside()
        if isinstance(limit, ClockHours):
            if rules.from_full_hour:
                begun = begun.astype("datetime64[h]") + np.timedelta64(1, "h")
                begun = begun.astype("datetime64[us]")
            return np.asarray(begun + np.timedelta64(limit.minutes, "m"))
        last_day = self._last_day(limit, rules)
        cutoff = _DAY if rules.cutoff is None else _microseconds(rules.cutoff)
        ends = _DAY if rules.day_end is None else _microseconds(rules.day_end)

        def due(block: Counts) -> Counts:
            here = block + _BEIJING
            day = here // _DAY
            late = here - day * _DAY >= cutoff
            found = last_day(day, late) * _DAY + (ends - _BEIJING)
            if isinstance(limit, SameDay):
                found += _DAY * (found <= block)  # after the close of business
            return found

        return self._map(due, begun.view(np.int64)).view("datetime64[us]")

    def _last_day(self, limit: Limit, rules: TimeRules) -> Callable[[Counts, Mask], Counts]:
        match limit:
            case WorkingDays(n) if rules.cutoff is None:
                table = self._table(n)
                return lambda day, late: self._find(table, day)
            case WorkingDays(n):
                in_time = self._look_up(self._table(n), self._next)
                too_late = self._look_up(self._table(n), self._table(1))
                return lambda day, late: self._known(
                    np.where(late, self._look_up(too_late, day), self._look_up(in_time, day))
                )
            case CalendarDays(n, roll):
                if roll or rules.rolls:
                    return lambda day, late: self._find(self._next, day + late + n)
                return lambda day, late: day + late + n
            case SameDay():
                return lambda day, late: day + late
            case _:
                raise LimitUseError(f"「{write_limit(limit)}」没有批量算法,请逐件计算")

    # --- Tables ----------------------------------------------------------------------------------

    def _table(self, n: int) -> Counts:
        """For each day the ``n``-th working day after it."""
        if n < 1:
            raise self._outside()
        places = np.minimum(self._ranks + (n - 1), self._workdays.size - 1)
        places[self._ranks == _NO_RANK] = self._workdays.size - 1
        found: Counts = self._workdays.take(places)
        return found

    def _look_up(self, table: Counts, days: Counts) -> Counts:
        # Clipped to the entries at either end; NaT wraps to one of them.
        return table.take(days - self._base, mode="clip")

    def _find(self, table: Counts, days: Counts) -> Counts:
        return self._known(self._look_up(table, days))

    def _known(self, days: Counts) -> Counts:
        if days.min() == _NAT:
            raise self._outside()
        return days

    def _rank(self, days: Counts) -> Counts:
        found = self._look_up(self._ranks, days)
        if found.min() == _NO_RANK:
            raise self._outside()
        return found

    def _added(self, days: Counts, n: Counts) -> Counts:
        if n.min() < 1 or n.max() >= self._workdays.size:
            raise self._outside()
        return self._known(self._workdays.take(self._rank(days) + (n - 1), mode="clip"))

    def _is_worked(self, days: Counts) -> Counts:
        self._rank(days)
        return self._look_up(self._worked, days)

    def _counted(self, after: Counts, through: Counts) -> Counts:
        return self._rank(through) - self._rank(after)

    def _map(self, each: Callable[..., Counts], *arrays: NDArray[Any]) -> Counts:
        """A new array of what ``each`` gives, block by block."""
        numbers = [_numbers(array) for array in arrays]
        out = np.empty(numbers[0].shape, dtype=np.int64)
        flat = [array.reshape(-1) for array in numbers]
        for block in _blocks(out.size):
            out.reshape(-1)[block] = each(*(array[block] for array in flat))
        return out

    def _outside(self) -> OutsideCalendarError:
        return OutsideCalendarError(
            self.calendar.name, None, self.calendar.first, self.calendar.last
        )


def _numbers(array: NDArray[Any]) -> Counts:
    """Days as numbers of days from 1970-01-01 on; numbers as they are."""
    if array.dtype.kind == "M":
        array = array.astype("datetime64[D]", copy=False)
    numbers: Counts = array.view(np.int64)
    return numbers


def _blocks(size: int) -> Iterator[slice]:
    for first in range(0, size, BLOCK):
        yield slice(first, first + BLOCK)


def _microseconds(clock: time) -> int:
    seconds = (clock.hour * 60 + clock.minute) * 60 + clock.second
    return seconds * 1_000_000 + clock.microsecond
