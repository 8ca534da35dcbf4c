"""Law 8: extensions only lengthen, in the unit of the limit, from the old due date."""

from __future__ import annotations

from datetime import datetime, time, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wenzheng_core.domain.calendars import Calendar
from wenzheng_core.domain.errors import LimitUseError
from wenzheng_core.domain.limits import (
    CalendarDays,
    ClockHours,
    CommittedDate,
    Limit,
    SameDay,
    WorkingDays,
    WorkingHours,
)
from wenzheng_core.domain.timelimits import Interval, TimeRules, deadline

ZONE = timezone(timedelta(hours=8))
MINUTE = timedelta(minutes=1)
LUNCH = ((time(9), time(12)), (time(14), time(17, 30)))
RULES = TimeRules(office_hours=LUNCH)

EARLIEST, LATEST = datetime(2006, 1, 1), datetime(2025, 12, 31)  # noqa: DTZ001 - as Hypothesis asks
starts = st.datetimes(EARLIEST, LATEST, timezones=st.just(ZONE)).map(
    lambda at: at.replace(second=0, microsecond=0)
)
amounts = st.integers(1, 30)
in_days = amounts.map(WorkingDays) | st.builds(CalendarDays, amounts, st.booleans())
in_minutes = st.integers(1, 1500).map(ClockHours) | st.integers(1, 900).map(WorkingHours)
limits = in_days | in_minutes | st.just(SameDay())


@st.composite
def histories(draw: st.DrawFn) -> tuple[datetime, list[Interval]]:
    """A start, and pauses around it: apart, touching, overlapping, empty, some on midnights."""
    start = draw(starts)
    midnight = start.replace(hour=0, minute=0)
    pauses = []
    for _ in range(draw(st.integers(0, 4))):
        anchor = midnight if draw(st.booleans()) else start
        whole = timedelta(days=1) if draw(st.booleans()) else timedelta(minutes=37)
        first = anchor + draw(st.integers(-3, 25)) * whole
        pauses.append(Interval(first, first + draw(st.integers(0, 12)) * whole))
    return start, pauses


@given(histories(), limits, st.data())
def test_extension_only_lengthens(
    calendar: Calendar,
    history: tuple[datetime, list[Interval]],
    limit: Limit,
    data: st.DataObject,
) -> None:
    """Each extension moves the due instant back, strictly."""
    if isinstance(limit, SameDay | CommittedDate):
        return
    start, pauses = history
    more = [type(limit)(n) for n in data.draw(st.lists(amounts, max_size=3))]
    dues = [
        deadline(limit, start, calendar, RULES, pauses, more[:k]).due for k in range(len(more) + 1)
    ]

    assert sorted(set(dues)) == dues


@given(histories(), amounts, amounts, amounts)
def test_extensions_of_working_days_add_up(
    calendar: Calendar, history: tuple[datetime, list[Interval]], n: int, one: int, two: int
) -> None:
    """N working days extended by two amounts end where their sum ends."""
    start, pauses = history
    extended = deadline(
        WorkingDays(n), start, calendar, RULES, pauses, [WorkingDays(one), WorkingDays(two)]
    )

    assert deadline(WorkingDays(n + one + two), start, calendar, RULES, pauses).due == extended.due


@given(histories(), st.sampled_from([ClockHours, WorkingHours]), amounts, amounts)
def test_extensions_of_hours_add_up(
    calendar: Calendar,
    history: tuple[datetime, list[Interval]],
    make: type[ClockHours | WorkingHours],
    n: int,
    more: int,
) -> None:
    """Minutes extended by minutes end where their sum ends."""
    start, pauses = history
    extended = deadline(make(n), start, calendar, RULES, pauses, [make(more)])

    assert deadline(make(n + more), start, calendar, RULES, pauses).due == extended.due


@given(starts, in_days, amounts)
def test_extension_counts_from_the_old_due_date(
    calendar: Calendar, oracle: Any, start: datetime, limit: Limit, more: int
) -> None:
    """The old due day is the extension's day of receipt, whenever it was asked."""
    old = deadline(limit, start, calendar)
    if isinstance(limit, WorkingDays):
        extended = deadline(limit, start, calendar, extensions=[WorkingDays(more)])
        assert oracle.add_working(old.due_day, more) == extended.due_day
    else:
        extended = deadline(limit, start, calendar, extensions=[CalendarDays(more)])
        assert old.due_day + timedelta(days=more) == extended.due_day


@given(starts, st.integers(0, 30), st.integers(1, 30))
def test_extension_of_a_committed_date(
    calendar: Calendar, start: datetime, days: int, more: int
) -> None:
    """A committed date is extended to a later one, never to the same or an earlier one."""
    old = start.date() + timedelta(days=days)
    new = old + timedelta(days=more)
    extended = deadline(CommittedDate(old), start, calendar, extensions=[CommittedDate(new)])

    assert new == extended.due_day
    with pytest.raises(LimitUseError, match="晚于原日期"):
        deadline(CommittedDate(new), start, calendar, extensions=[CommittedDate(old)])


@given(starts, limits, limits)
def test_extension_in_the_unit_only(
    calendar: Calendar, start: datetime, limit: Limit, more: Limit
) -> None:
    """Another unit is refused as an extension, and 当日 has none at all."""
    if type(limit) is type(more) and not isinstance(limit, SameDay):
        assert deadline(limit, start, calendar, RULES, extensions=[more]).due > start
        return
    with pytest.raises(LimitUseError, match="延期"):
        deadline(limit, start, calendar, RULES, extensions=[more])


@given(
    histories(),
    amounts,
    st.dictionaries(st.integers(0, 40), st.integers(1, 10), max_size=3),
    st.sampled_from([WorkingDays, CalendarDays]),
)
def test_incremental_is_batch(
    calendar: Calendar,
    oracle: Any,
    history: tuple[datetime, list[Interval]],
    n: int,
    asked: dict[int, int],
    make: type[WorkingDays | CalendarDays],
) -> None:
    """A clock that ticks day by day, told of each event as it happens, stops where one call says.

    ``asked``: after how many days how much is added; what is asked after the end comes too late.
    """
    start, pauses = history
    left, day, granted = n, start.date(), []
    while left:
        if more := asked.get((day - start.date()).days, 0):
            left += more
            granted.append(make(more))
        day += timedelta(days=1)
        known = [pause for pause in pauses if pause.first < oracle.midnight_after(day)]
        counts = make is CalendarDays or oracle.worked(day)
        left -= counts and not oracle.still(day, known)

    assert day == deadline(make(n), start, calendar, RULES, pauses, granted).due_day
