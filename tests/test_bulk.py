"""The bulk form against the scalar one, element for element, errors included."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wenzheng_calendar_cn import load
from wenzheng_core import bulk
from wenzheng_core.bulk import BulkCalendar
from wenzheng_core.domain.calendars import Calendar, build_calendar
from wenzheng_core.domain.errors import LimitUseError, OutsideCalendarError
from wenzheng_core.domain.limits import (
    CalendarDays,
    ClockHours,
    CommittedDate,
    Limit,
    SameDay,
    WorkingDays,
    WorkingHours,
)
from wenzheng_core.domain.timelimits import Counting, TimeRules, deadline

CALENDAR: Calendar = build_calendar(load())
BULK = BulkCalendar(CALENDAR)
FIRST, LAST = CALENDAR.first, CALENDAR.last
BEYOND = timedelta(days=3)

# Mostly inside the calendar, sometimes across its edges.
days = (
    st.dates(FIRST, LAST)
    | st.dates(FIRST - BEYOND, FIRST + BEYOND)
    | st.dates(LAST - 20 * BEYOND, LAST + BEYOND)
)
amounts = st.integers(1, 60)
starts = days.flatmap(
    lambda day: st.times().map(lambda clock: datetime.combine(day, clock, tzinfo=UTC))
)
limits = (
    amounts.map(WorkingDays)
    | st.builds(CalendarDays, amounts, st.booleans())
    | st.integers(1, 9999).map(ClockHours)
    | st.just(SameDay())
)
rules = st.builds(
    TimeRules,
    day_end=st.none() | st.times(),
    cutoff=st.none() | st.times(time(0, 0, 1)),
    counting=st.sampled_from(Counting),
)


def _days(values: list[date]) -> np.ndarray[Any, Any]:
    return np.array(values, dtype="datetime64[D]")


def _instants(values: list[datetime]) -> np.ndarray[Any, Any]:
    return np.array([value.replace(tzinfo=None) for value in values], dtype="datetime64[us]")


def _same(scalar: Callable[[], list[Any]], many: Callable[[], Any]) -> None:
    """Both give the same values, or both raise OutsideCalendarError."""
    try:
        expected = scalar()
    except OutsideCalendarError:
        with pytest.raises(OutsideCalendarError):
            many()
    else:
        assert expected == many().tolist()


@given(st.lists(days, max_size=8), st.integers(-1, 300))
def test_add_working_days(some: list[date], n: int) -> None:
    """Adding one number to all days is adding it to each."""
    if n < 1:
        with pytest.raises(OutsideCalendarError):
            BULK.add_working_days(_days(some), n)
        return
    _same(
        lambda: [CALENDAR.add_working_days(day, n) for day in some],
        lambda: BULK.add_working_days(_days(some), n),
    )


@given(st.lists(st.tuples(days, st.integers(0, 300)), max_size=8))
def test_add_different_numbers(some: list[tuple[date, int]]) -> None:
    """Each day may have a number of its own."""
    numbers = np.array([n for _, n in some], dtype=np.int16)
    _same(
        lambda: [CALENDAR.add_working_days(day, n) for day, n in some],
        lambda: BULK.add_working_days(_days([day for day, _ in some]), numbers),
    )


@given(st.lists(st.tuples(days, days), max_size=8))
def test_count_working_days(some: list[tuple[date, date]]) -> None:
    """Counting between pairs of days is counting between each pair."""
    _same(
        lambda: [CALENDAR.count_working_days(one, two) for one, two in some],
        lambda: BULK.count_working_days(
            _days([one for one, _ in some]), _days([two for _, two in some])
        ),
    )


@given(st.lists(days, max_size=8))
def test_is_working(some: list[date]) -> None:
    """The mask of working days is that of the days, one by one."""
    _same(lambda: [CALENDAR.is_working(day) for day in some], lambda: BULK.is_working(_days(some)))


@given(st.lists(starts, max_size=8), limits, rules)
def test_due(some: list[datetime], limit: Limit, rule: TimeRules) -> None:
    """Due instants in bulk are those of the deadlines one by one, by any rules."""
    _same(
        lambda: [deadline(limit, start, CALENDAR, rule).due.replace(tzinfo=None) for start in some],
        lambda: BULK.due(limit, _instants(some), rule),
    )


@given(st.lists(st.dates(date(2026, 10, 1), date(2027, 3, 1)), max_size=8), amounts)
def test_is_provisional(some: list[date], n: int) -> None:
    """The mask says of each due day whether its deadline is provisional."""
    noon = [datetime.combine(day, time(4), tzinfo=UTC) for day in some]
    found = [deadline(WorkingDays(n), start, CALENDAR) for start in noon]
    mask = BULK.is_provisional(_days([x.due_day for x in found]))

    assert [x.provisional for x in found] == mask.tolist()


@pytest.mark.parametrize("limit", [WorkingDays(1), CalendarDays(1), SameDay()])
def test_due_at_the_very_cutoff(limit: Limit) -> None:
    """What comes at the cut-off is late in bulk as well; a microsecond before, it is not."""
    rule = TimeRules(cutoff=time(16))
    at = datetime(2020, 9, 28, 8, tzinfo=UTC)
    some = [at - timedelta(microseconds=1), at]
    expected = [deadline(limit, start, CALENDAR, rule).due.replace(tzinfo=None) for start in some]

    assert expected[0] < expected[1]
    assert expected == BULK.due(limit, _instants(some), rule).tolist()


def test_more_than_a_block() -> None:
    """Several blocks, two dimensions and a view with gaps come back in their own shape."""
    size = 2 * bulk.BLOCK + 7
    some = np.datetime64("2010-01-01", "D") + np.arange(size) % 4000
    whole = BULK.add_working_days(some, 5)
    apart = BULK.add_working_days(np.repeat(some, 2)[::2], np.full(size, 5))
    square = BULK.add_working_days(some[:100].reshape(10, 10), 5)

    assert np.array_equal(whole, apart)
    assert np.array_equal(whole[:100].reshape(10, 10), square)
    assert whole[-1].item() == CALENDAR.add_working_days(some[-1].item(), 5)
    assert np.array_equal(BULK.count_working_days(some, whole), np.full(size, 5))
    assert BULK.count_working_days(some[0], some[:3]).shape == (3,)


def test_other_units_of_time() -> None:
    """Seconds are taken as well as microseconds, and days that come as instants."""
    start = np.array(["2020-09-28T08:00:00"], dtype="datetime64[s]")

    assert BULK.due(WorkingDays(5), start)[0] == np.datetime64("2020-10-12T16:00")
    assert BULK.add_working_days(start, 5)[0] == np.datetime64("2020-10-12")


@pytest.mark.parametrize("limit", [WorkingDays(1), CalendarDays(1), ClockHours(1), SameDay()])
def test_no_time_at_all(limit: Limit) -> None:
    """NaT is outside every calendar."""
    nat = np.array(["NaT"], dtype="datetime64[us]")
    with pytest.raises(OutsideCalendarError):
        BULK.due(limit, nat)
    with pytest.raises(OutsideCalendarError):
        BULK.count_working_days(nat, nat)


@pytest.mark.parametrize("limit", [WorkingHours(60), CommittedDate(date(2020, 1, 1))])
def test_limits_without_a_bulk_form(limit: Limit) -> None:
    """Working hours and committed dates are refused, with the way out."""
    with pytest.raises(LimitUseError, match="逐件计算"):
        BULK.due(limit, _instants([datetime(2020, 1, 1, tzinfo=UTC)]))


def _python(code: str) -> str:
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, encoding="utf-8"
    )
    return run.stdout.strip()


def test_without_numpy() -> None:
    """Without NumPy the bulk form says what to install; the core never asks for it."""
    said = _python(
        "import sys; sys.stdout.reconfigure(encoding='utf-8'); sys.modules['numpy'] = None\n"
        "import wenzheng_core\n"
        "try:\n    import wenzheng_core.bulk\n"
        "except ImportError as error:\n    print(error.name, error)"
    )

    assert said.startswith("numpy ")
    assert 'pip install "wenzheng-core[numpy]"' in said


def test_the_core_does_not_import_numpy() -> None:
    """Importing the core leaves NumPy alone even where it is installed."""
    assert _python("import sys, wenzheng_core; print('numpy' in sys.modules)") == "False"
