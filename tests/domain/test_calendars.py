"""The index against a naive walk over the days, and what it refuses to guess."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wenzheng_core.domain.calendars import (
    Calendar,
    CalendarData,
    DayKind,
    Edition,
    Expectation,
    Holiday,
    Notice,
    build_calendar,
)
from wenzheng_core.domain.errors import OutsideCalendarError

FIRST, LAST = date(2019, 1, 1), date(2022, 12, 31)
FOR_2019 = Notice("2019年的安排", date(2018, 12, 6))
FOR_2020 = Notice("2020年的安排", date(2019, 11, 21), "甲〔2019〕16号")
LONGER = Notice("延长春节假期", date(2020, 1, 26))
LAW_2022 = Expectation(2022, (Holiday("元旦", date(2022, 1, 1), date(2022, 1, 3)),))
DATA = CalendarData(
    name="cn",
    editions=(
        # Not in order of issue: the builder sorts them.
        Edition(LONGER, None, (Holiday("春节", date(2020, 1, 31), date(2020, 2, 2)),)),
        Edition(FOR_2019, 2019),
        Edition(
            FOR_2020,
            2020,
            (Holiday("春节", date(2020, 1, 24), date(2020, 1, 30)),),
            (date(2019, 12, 29), date(2020, 1, 19), date(2020, 2, 1)),
        ),
    ),
    expectations=(
        Expectation(2021, (Holiday("元旦", date(2021, 1, 1), date(2021, 1, 1)),)),
        LAW_2022,
    ),
    reach_back=3,
)
CALENDAR = build_calendar(DATA)

days = st.dates(FIRST, LAST)


def _naive_add(calendar: Calendar, day: date, n: int) -> date:
    while n:
        day += timedelta(days=1)
        n -= calendar.day(day).worked
    return day


@given(days, st.integers(1, 300))
def test_add_is_the_naive_walk(day: date, n: int) -> None:
    """Adding is walking day by day and counting those worked, or leaving the calendar with it."""
    try:
        expected = _naive_add(CALENDAR, day, n)
    except OutsideCalendarError:
        with pytest.raises(OutsideCalendarError):
            CALENDAR.add_working_days(day, n)
    else:
        assert expected == CALENDAR.add_working_days(day, n)


@given(days, days)
def test_count_is_the_naive_walk(after: date, through: date) -> None:
    """Counting is walking the half-open stretch, and changes its sign with the direction."""
    low, high = sorted((after, through))
    worked = sum(
        CALENDAR.is_working(low + timedelta(days=i)) for i in range(1, (high - low).days + 1)
    )

    assert (worked if after <= through else -worked) == CALENDAR.count_working_days(after, through)


@given(days, st.integers(1, 300))
def test_count_undoes_add(day: date, n: int) -> None:
    """Between a day and the n-th working day after it lie n working days."""
    try:
        due = CALENDAR.add_working_days(day, n)
    except OutsideCalendarError:
        return
    assert n == CALENDAR.count_working_days(day, due)
    assert CALENDAR.is_working(due)


@given(days, st.integers(1, 300))
def test_before_is_the_naive_walk_back(day: date, n: int) -> None:
    """The n-th working day before a day is found by walking back, if the calendar goes so far."""
    worked = [
        back
        for i in range(1, (day - FIRST).days + 1)
        if CALENDAR.is_working(back := day - timedelta(days=i))
    ]
    if len(worked) < n:
        with pytest.raises(OutsideCalendarError):
            CALENDAR.working_day_before(day, n)
    else:
        assert CALENDAR.working_day_before(day, n) == worked[n - 1]


@given(days, st.integers(1, 300))
def test_earliest_is_a_lower_bound(day: date, n: int) -> None:
    """With every open day worked a count ends no later, and the same where all is settled."""
    try:
        due = CALENDAR.add_working_days(day, n)
    except OutsideCalendarError:
        return
    bound = CALENDAR.earliest.add_working_days(day, n)

    assert bound <= due
    if due < CALENDAR.settled_until:
        assert bound == due


@given(days)
def test_next_working(day: date) -> None:
    """The next working day is the day itself or the first worked one after it."""
    try:
        found = CALENDAR.next_working(day)
    except OutsideCalendarError:
        assert not any(
            CALENDAR.is_working(day + timedelta(i)) for i in range((LAST - day).days + 1)
        )
    else:
        assert found >= day
        assert CALENDAR.is_working(found)
        assert not any(CALENDAR.is_working(day + timedelta(i)) for i in range((found - day).days))


@pytest.mark.parametrize(
    ("day", "kind", "name", "notice"),
    [
        (date(2020, 1, 17), DayKind.WORKDAY, "", None),
        (date(2020, 1, 18), DayKind.WEEKEND, "", None),
        (date(2020, 1, 19), DayKind.MAKEUP, "", FOR_2020),
        (date(2020, 1, 24), DayKind.HOLIDAY, "春节", FOR_2020),
        (date(2020, 2, 1), DayKind.HOLIDAY, "春节", LONGER),
        (date(2019, 12, 29), DayKind.MAKEUP, "", FOR_2020),
    ],
)
def test_day(day: date, kind: DayKind, name: str, notice: Notice | None) -> None:
    """A day tells its kind, its name and the last notice that spoke of it."""
    found = CALENDAR.day(day)

    assert (kind, name, notice, True) == (found.kind, found.name, found.notice, found.settled)


def test_horizon() -> None:
    """The last days that the next notice may change are as open as the year after them."""
    assert (FIRST, date(2020, 12, 29), LAST, 2021) == (
        CALENDAR.first,
        CALENDAR.settled_until,
        CALENDAR.last,
        CALENDAR.awaited_year,
    )
    assert CALENDAR.is_settled(date(2020, 12, 28))
    assert not CALENDAR.is_settled(date(2020, 12, 29))
    assert not CALENDAR.day(date(2021, 1, 1)).settled


def test_known_on() -> None:
    """As known on a day, only the notices up to that day speak."""
    before = build_calendar(DATA.known_on(date(2020, 1, 25)))
    early = build_calendar(DATA.known_on(date(2019, 11, 20)))

    assert before.is_working(date(2020, 2, 1))
    assert not CALENDAR.is_working(date(2020, 2, 1))
    assert date(2019, 12, 29) == early.settled_until
    assert not early.is_working(date(2019, 12, 29))
    assert build_calendar(DATA.known_on(date(2020, 1, 26))).digest == CALENDAR.digest
    assert before.digest != CALENDAR.digest


def test_notice_replaces_the_expectation() -> None:
    """A year with a notice of its own is not counted by the law any more, even after a gap."""
    notice = Notice("2022年的安排", date(2021, 10, 25))
    calendar = build_calendar(DATA.with_editions([Edition(notice, 2022)]))

    assert not CALENDAR.is_working(date(2022, 1, 3))
    assert calendar.is_working(date(2022, 1, 3))
    assert CALENDAR.settled_until == calendar.settled_until


@pytest.mark.parametrize("day", [FIRST - timedelta(days=1), LAST + timedelta(days=1)])
def test_outside(day: date) -> None:
    """Outside its days the calendar raises, and names itself, the day and its range."""
    asks = (
        lambda: CALENDAR.day(day),
        lambda: CALENDAR.is_working(day),
        lambda: CALENDAR.next_working(day),
        lambda: CALENDAR.add_working_days(day, 1),
        lambda: CALENDAR.count_working_days(day, FIRST),
        lambda: CALENDAR.count_working_days(LAST, day),
    )
    for ask in asks:
        with pytest.raises(OutsideCalendarError) as caught:
            ask()
        assert ("cn", day, FIRST, LAST) == (
            caught.value.calendar,
            caught.value.day,
            caught.value.first,
            caught.value.last,
        )


def test_count_leaves_the_calendar() -> None:
    """A count that runs past the last day raises instead of stopping there."""
    with pytest.raises(OutsideCalendarError):
        CALENDAR.add_working_days(date(2022, 12, 28), 5)


def test_nothing_published() -> None:
    """Without any year there is no calendar."""
    with pytest.raises(ValueError, match="没有任何年度"):
        build_calendar(CalendarData("cn", ()))
