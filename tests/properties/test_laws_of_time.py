"""The laws of time on dates that nobody thought of: counting, due instants, zones, revisions."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wenzheng_core.domain.calendars import Calendar, CalendarData, build_calendar
from wenzheng_core.domain.errors import LimitUseError, NaiveTimeError
from wenzheng_core.domain.instants import at_local, end_of, local, local_day, show_due
from wenzheng_core.domain.limits import (
    CalendarDays,
    ClockHours,
    CommittedDate,
    SameDay,
    WorkingDays,
    WorkingHours,
)
from wenzheng_core.domain.timelimits import TimeRules, deadline, is_overdue, remaining

ZONE = timezone(timedelta(hours=8))
TICK = timedelta(microseconds=1)
LUNCH = ((time(9), time(12)), (time(14), time(17, 30)))

# chinesecalendar has one day of 2005 otherwise than the notice; from 2006 on the two agree.
EARLIEST, LATEST = datetime(2006, 1, 1), datetime(2026, 8, 31)  # noqa: DTZ001 - as Hypothesis asks
starts = st.datetimes(EARLIEST, LATEST, timezones=st.just(ZONE))
minutes = starts.map(lambda at: at.replace(second=0, microsecond=0))
times = st.times().map(lambda t: t.replace(microsecond=0))
amounts = st.integers(1, 60)
limits = (
    amounts.map(WorkingDays)
    | st.builds(CalendarDays, amounts, st.booleans())
    | st.integers(1, 5000).map(ClockHours)
    | st.integers(1, 5000).map(WorkingHours)
    | st.just(SameDay())
)
rules = st.builds(
    TimeRules,
    day_end=st.none() | st.times(time(12), time(23, 59)),
    cutoff=st.none() | times,
    office_hours=st.just(LUNCH),
)


# --- Laws 1-3 and 5: what is counted -------------------------------------------------------------


@given(starts, amounts)
def test_working_days_exactly(calendar: Calendar, oracle: Any, start: datetime, n: int) -> None:
    """Working days end where a clerk ends who walks the wall calendar."""
    expected = oracle.midnight_after(oracle.add_working(start.date(), n))

    assert expected == deadline(WorkingDays(n), start, calendar).due


@given(starts, amounts)
def test_calendar_days_exactly(calendar: Calendar, start: datetime, n: int) -> None:
    """Calendar days that do not roll end n days later, whatever day that is."""
    assert start.date() + timedelta(days=n) == deadline(CalendarDays(n), start, calendar).due_day


@given(starts, amounts)
def test_rolling_days_exactly(calendar: Calendar, oracle: Any, start: datetime, n: int) -> None:
    """Calendar days that roll end on the first worked day from the n-th day on."""
    expected = oracle.roll(start.date() + timedelta(days=n))

    assert expected == deadline(CalendarDays(n, roll=True), start, calendar).due_day


@given(starts, st.integers(1, 10_000))
def test_clock_hours_exactly(calendar: Calendar, start: datetime, n: int) -> None:
    """Hours run by the clock from the very instant, through nights and holidays."""
    assert start + timedelta(minutes=n) == deadline(ClockHours(n), start, calendar).due


@given(starts)
def test_same_day_exactly(calendar: Calendar, oracle: Any, start: datetime) -> None:
    """The same day ends at its own 24:00, worked or not."""
    assert oracle.midnight_after(start.date()) == deadline(SameDay(), start, calendar).due


@given(minutes, st.integers(1, 16 * 60))
def test_working_hours_exactly(calendar: Calendar, oracle: Any, start: datetime, n: int) -> None:
    """Working hours run in office hours alone: not at lunch, at night, or on days off."""
    found = deadline(WorkingHours(n), start, calendar, TimeRules(office_hours=LUNCH))

    assert oracle.add_office_minutes(start, n, LUNCH) == found.due


@given(starts, st.dates(date(2006, 1, 1), date(2026, 12, 31)))
def test_committed_date_exactly(
    calendar: Calendar, oracle: Any, start: datetime, day: date
) -> None:
    """A committed date ends at its own 24:00, and cannot lie before the start."""
    if day < start.date():
        with pytest.raises(LimitUseError):
            deadline(CommittedDate(day), start, calendar)
    else:
        found = deadline(CommittedDate(day), start, calendar)
        assert (oracle.midnight_after(day), False) == (found.due, found.provisional)


def test_working_hours_need_office_hours(calendar: Calendar) -> None:
    """A limit in working hours is refused where the policy has no office hours."""
    with pytest.raises(LimitUseError, match="办公时间"):
        deadline(WorkingHours(60), datetime(2020, 9, 28, tzinfo=ZONE), calendar)


@given(starts, amounts, st.booleans())
def test_start_day_is_not_counted(calendar: Calendar, start: datetime, n: int, roll: bool) -> None:
    """The time of day of receipt plays no part, and the day of receipt is none of the n."""
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    for limit in (WorkingDays(n), CalendarDays(n, roll)):
        found = deadline(limit, start, calendar)
        assert found.due == deadline(limit, midnight, calendar).due
        assert found.due_day >= start.date() + timedelta(days=n)


# --- Receipt and cut-off -------------------------------------------------------------------------


@given(starts, st.timedeltas(timedelta(0), timedelta(days=10)), limits, rules)
def test_monotone_in_receipt(
    calendar: Calendar, start: datetime, later: timedelta, limit: Any, rule: TimeRules
) -> None:
    """What is received later is never due earlier, with any cut-off and close of business."""
    first = deadline(limit, start, calendar, rule)
    second = deadline(limit, start + later, calendar, rule)

    assert first.due <= second.due


@given(starts, limits, rules)
def test_due_after_receipt(
    calendar: Calendar, start: datetime, limit: Any, rule: TimeRules
) -> None:
    """Nothing is overdue when it comes in, not even 当日 after the close of business."""
    assert not is_overdue(deadline(limit, start, calendar, rule).due, start)


@given(starts, amounts, times)
def test_cutoff_exactly(
    calendar: Calendar, oracle: Any, start: datetime, n: int, cutoff: time
) -> None:
    """With a cut-off, what comes outside working time counts as the next working day's."""
    expected = oracle.add_working(oracle.received(start, cutoff), n)

    assert expected == deadline(WorkingDays(n), start, calendar, TimeRules(cutoff=cutoff)).due_day


@given(starts, amounts, times)
def test_cutoff_of_calendar_days(calendar: Calendar, start: datetime, n: int, cutoff: time) -> None:
    """With a cut-off, calendar days count what comes later as the next day's."""
    expected = start.date() + timedelta(days=n + (start.time() >= cutoff))

    assert expected == deadline(CalendarDays(n), start, calendar, TimeRules(cutoff=cutoff)).due_day


def test_friday_evening_is_not_later_than_saturday(calendar: Calendar) -> None:
    """After the cut-off Friday, Saturday and Sunday all count as Monday."""
    rule = TimeRules(cutoff=time(17, 30))
    dues = {
        deadline(WorkingDays(1), at, calendar, rule).due_day
        for at in (
            datetime(2024, 1, 5, 18, tzinfo=ZONE),
            datetime(2024, 1, 6, 10, tzinfo=ZONE),
            datetime(2024, 1, 7, 23, tzinfo=ZONE),
            datetime(2024, 1, 8, 9, tzinfo=ZONE),
        )
    }

    assert {date(2024, 1, 9)} == dues


# --- Law 4: the due instant ----------------------------------------------------------------------


@given(starts, limits, rules)
def test_due_is_half_open(calendar: Calendar, start: datetime, limit: Any, rule: TimeRules) -> None:
    """At the due instant it is overdue, a microsecond before it is not."""
    found = deadline(limit, start, calendar, rule)

    assert is_overdue(found.due, found.due)
    assert not is_overdue(found.due, found.due - TICK)
    assert (
        remaining(found, found.due, calendar).overdue,
        remaining(found, found.due - TICK, calendar).overdue,
    ) == (True, False)


@given(starts, amounts, st.times(time(12), time(23, 59)))
def test_close_of_business(calendar: Calendar, start: datetime, n: int, closes: time) -> None:
    """A policy that ends the day at close of business moves the hour, never the day."""
    whole = deadline(WorkingDays(n), start, calendar)
    found = deadline(WorkingDays(n), start, calendar, TimeRules(day_end=closes))

    assert (whole.due_day, at_local(whole.due_day, closes)) == (found.due_day, found.due)


@given(starts, amounts)
def test_never_on_the_13th(calendar: Calendar, start: datetime, n: int) -> None:
    """Midnight is shown as 24:00 of the day that ends, never as the day that begins."""
    found = deadline(WorkingDays(n), start, calendar)
    day = found.due_day

    assert show_due(found.due).startswith(f"{day.year}年{day.month}月{day.day}日(")
    assert show_due(found.due).endswith(")24时前")
    assert time(0) == local(found.due).time()
    assert day + timedelta(days=1) == local_day(found.due)


def test_shown_to_an_officer() -> None:
    """The 12th at 24:00, the close of business to the minute, and the odd hour."""
    assert show_due(end_of(date(2020, 10, 12))) == "2020年10月12日(周一)24时前"
    assert show_due(end_of(date(2020, 10, 12), time(17, 30))) == "2020年10月12日(周一)17时30分前"
    assert show_due(at_local(date(2020, 10, 12), time(9))) == "2020年10月12日(周一)9时前"


# --- Zones ---------------------------------------------------------------------------------------


@given(starts, limits, rules, st.sampled_from(["UTC", "America/New_York", "Asia/Kathmandu"]))
def test_zone_independence(
    calendar: Calendar, start: datetime, limit: Any, rule: TimeRules, zone: str
) -> None:
    """The same instant told in another zone gives the same deadline, stored in UTC."""
    elsewhere = start.astimezone(ZoneInfo(zone))
    found = deadline(limit, elsewhere, calendar, rule)

    assert deadline(limit, start, calendar, rule) == found
    assert (found.due.tzinfo, found.start.tzinfo) == (UTC, UTC)


@given(starts, limits)
def test_naive_is_refused(calendar: Calendar, start: datetime, limit: Any) -> None:
    """A time without a zone names no instant and is refused."""
    naive = start.replace(tzinfo=None)
    with pytest.raises(NaiveTimeError, match="没有时区"):
        deadline(limit, naive, calendar, TimeRules(office_hours=LUNCH))
    with pytest.raises(NaiveTimeError):
        is_overdue(start, naive)


# --- Laws 3 and 9: editions ----------------------------------------------------------------------


@pytest.fixture(name="rebuilt", scope="module")
def _rebuilt(data: CalendarData) -> Calendar:
    return build_calendar(
        CalendarData(data.name, data.editions[::-1], data.expectations[::-1], data.reach_back)
    )


@pytest.fixture(name="revised", scope="module")
def _revised(data: CalendarData) -> tuple[Calendar, Calendar]:
    before, after = (build_calendar(data.known_on(date(2020, 1, day))) for day in (25, 26))
    return before, after


@given(starts, limits, rules)
def test_same_notices_same_answer(
    calendar: Calendar, rebuilt: Calendar, start: datetime, limit: Any, rule: TimeRules
) -> None:
    """A calendar rebuilt from the same notices in any order has the same digest and answers."""
    assert deadline(limit, start, calendar, rule) == deadline(limit, start, rebuilt, rule)


@given(st.dates(date(2020, 1, 2), date(2020, 3, 1)), amounts)
def test_spring_festival_2020(
    revised: tuple[Calendar, Calendar], oracle: Any, day: date, n: int
) -> None:
    """The longer Spring Festival moves a deadline by what it took out, never to the front."""
    start = datetime.combine(day, time(10), ZONE)
    old, new = (deadline(WorkingDays(n), start, calendar) for calendar in revised)
    taken = [date(2020, 1, 31), date(2020, 2, 1)]
    lost = sum(day < off <= new.due_day for off in taken)

    assert oracle.add_working(day, n) == new.due_day
    assert n + lost == revised[0].count_working_days(day, new.due_day)
    assert old.due <= new.due
    assert old.calendar != new.calendar


def test_spring_festival_2020_both_ways(revised: tuple[Calendar, Calendar]) -> None:
    """ST7: 4 February as known on 25 January, 6 February from the 26th on."""
    start = datetime(2020, 1, 22, 10, tzinfo=ZONE)
    days = [deadline(WorkingDays(5), start, calendar).due_day for calendar in revised]

    assert [date(2020, 2, 4), date(2020, 2, 6)] == days
