"""Law 6: what no published arrangement settles is provisional, and its bound holds."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wenzheng_core.domain.calendars import (
    Calendar,
    CalendarData,
    Edition,
    Holiday,
    Notice,
    build_calendar,
)
from wenzheng_core.domain.errors import OutsideCalendarError
from wenzheng_core.domain.limits import (
    CalendarDays,
    ClockHours,
    Limit,
    SameDay,
    WorkingDays,
    WorkingHours,
)
from wenzheng_core.domain.timelimits import Deadline, Interval, TimeRules, deadline

ZONE = timezone(timedelta(hours=8))
LUNCH = ((time(9), time(12)), (time(14), time(17, 30)))
SETTLED_UNTIL = date(2026, 12, 29)
FOR_2027 = Notice("2027年的安排", date(2026, 11, 10))

EARLIEST, LATEST = datetime(2026, 10, 1), datetime(2027, 2, 28)  # noqa: DTZ001 - as Hypothesis asks
starts = st.datetimes(EARLIEST, LATEST, timezones=st.just(ZONE))
amounts = st.integers(1, 40)
asking = (
    amounts.map(WorkingDays)
    | amounts.map(lambda n: CalendarDays(n, roll=True))
    | st.integers(1, 3000).map(WorkingHours)
)
not_asking = amounts.map(CalendarDays) | amounts.map(ClockHours) | st.just(SameDay())
rules = st.builds(
    TimeRules,
    day_end=st.none() | st.just(time(17, 30)),
    cutoff=st.none() | st.just(time(16)),
    office_hours=st.just(LUNCH),
)
pauses = st.lists(
    st.builds(
        lambda first, days: Interval(first, first + timedelta(days=days)),
        starts,
        st.integers(0, 20),
    ),
    max_size=2,
)


@st.composite
def arrangements(draw: st.DrawFn) -> Edition:
    """Any notice for 2027: days off and weekends worked, from the last days of 2026 on."""
    offsets = st.sets(st.integers(0, 180), max_size=25)
    off = [SETTLED_UNTIL + timedelta(days=n) for n in draw(offsets)]
    work = [SETTLED_UNTIL + timedelta(days=n) for n in draw(offsets)]
    return Edition(
        FOR_2027,
        2027,
        tuple(Holiday("假日", day, day) for day in off),
        tuple(day for day in work if day.weekday() >= 5),
    )


@pytest.fixture(name="recent", scope="module")
def _recent(data: CalendarData) -> CalendarData:
    """The arrangements of 2025 and 2026 alone: built afresh for every example."""
    return attrs.evolve(
        data,
        editions=tuple(e for e in data.editions if e.year in (2025, 2026)),
        expectations=tuple(x for x in data.expectations if x.year in (2027, 2028)),
    )


@pytest.fixture(name="known", scope="module")
def _known(recent: CalendarData) -> Calendar:
    return build_calendar(recent)


@given(starts, asking, rules)
def test_provisional_from_the_horizon_on(
    known: Calendar, start: datetime, limit: Limit, rule: TimeRules
) -> None:
    """A deadline is provisional just when the count meets a day that no arrangement settles."""
    found = deadline(limit, start, known, rule)
    beyond = found.due_day >= SETTLED_UNTIL

    assert beyond == found.provisional
    assert (2027 if beyond else None) == found.awaits
    assert (found.not_before is not None) == beyond
    assert found.not_before is None or found.not_before <= found.due


def test_the_first_open_day(known: Calendar) -> None:
    """28 December is the last certain day of 2026; the 29th waits for the notice for 2027."""
    start = datetime(2026, 12, 25, 10, tzinfo=ZONE)
    last, first = (deadline(WorkingDays(n), start, known) for n in (1, 2))

    assert (date(2026, 12, 28), False) == (last.due_day, last.provisional)
    assert (date(2026, 12, 29), True) == (first.due_day, first.provisional)


@given(starts, not_asking)
def test_certain_where_no_calendar_is_asked(known: Calendar, start: datetime, limit: Limit) -> None:
    """Hours, 当日 and days that do not roll are certain in any year."""
    assert not deadline(limit, start, known).provisional


@given(starts, asking, rules, arrangements(), pauses, st.lists(amounts, max_size=2))
def test_no_arrangement_beats_the_bound(
    recent: CalendarData,
    known: Calendar,
    start: datetime,
    limit: Limit,
    rule: TimeRules,
    arrangement: Edition,
    paused: list[Interval],
    more: list[int],
) -> None:
    """Whatever is arranged, the settled deadline is not before the bound, nor does a certain move.

    This includes the last days of the year before, which the arrangement may change.
    """
    extensions = [_extension(limit, n) for n in more]
    settled = build_calendar(recent.with_editions([arrangement]))
    before = deadline(limit, start, known, rule, paused, extensions)
    after = deadline(limit, start, settled, rule, paused, extensions)

    if before.provisional:
        assert before.not_before is not None
        assert before.not_before <= after.due
        assert after.provisional == (after.due_day >= date(2027, 12, 29))
    else:
        assert attrs.evolve(before, calendar=after.calendar) == after


def _extension(limit: Limit, n: int) -> Limit:
    if isinstance(limit, WorkingHours):
        return WorkingHours(n * 20)
    assert isinstance(limit, WorkingDays | CalendarDays)
    return attrs.evolve(limit, n=n)


def test_an_extension_can_be_what_rolls(known: Calendar) -> None:
    """A limit that does not roll becomes provisional by an extension that does."""
    start = datetime(2026, 12, 28, 10, tzinfo=ZONE)
    rolled = deadline(CalendarDays(1), start, known, extensions=[CalendarDays(4, roll=True)])

    assert not deadline(CalendarDays(5), start, known).provisional
    assert rolled.provisional


def test_a_weekend_may_come_to_be_worked(recent: CalendarData, known: Calendar) -> None:
    """The bound holds for a Saturday that the arrangement has worked: for rolling and receipt."""
    saturday = date(2027, 1, 9)
    settled = build_calendar(recent.with_editions([Edition(FOR_2027, 2027, (), (saturday,))]))
    cases: list[tuple[Limit, datetime]] = [
        (CalendarDays(2, roll=True), datetime(2027, 1, 7, 10, tzinfo=ZONE)),
        (WorkingDays(1), datetime(2027, 1, 9, 10, tzinfo=ZONE)),
    ]
    for limit, start in cases:
        before, after = (
            deadline(limit, start, calendar, TimeRules(cutoff=time(17)))
            for calendar in (known, settled)
        )
        assert before.not_before is not None
        assert before.not_before <= after.due < before.due


def test_a_later_year_settles_nothing(recent: CalendarData) -> None:
    """With 2028 published and 2027 not, what lies in 2027 stays provisional."""
    calendar = build_calendar(
        recent.with_editions([Edition(Notice("2028", date(2027, 11, 1)), 2028)])
    )
    found = deadline(WorkingDays(20), datetime(2026, 12, 20, tzinfo=ZONE), calendar)

    assert (calendar.settled_until, found.awaits) == (SETTLED_UNTIL, 2027)


def test_past_the_last_expectation(known: Calendar) -> None:
    """Where even the law lists no holidays there is an error that names the range, no guess."""
    with pytest.raises(OutsideCalendarError, match="2028-12-31"):
        deadline(WorkingDays(20), datetime(2028, 12, 20, tzinfo=ZONE), known)


@pytest.mark.parametrize("year", range(2005, 2026))
def test_every_december_since_2005(data: CalendarData, calendar: Calendar, year: int) -> None:
    """As known each September, no autumn count crashed or lied: certain stayed, bounds held."""
    then = build_calendar(data.known_on(date(year, 9, 30)))
    for offset in range(92):
        start = datetime(year, 10, 1, 10, tzinfo=ZONE) + timedelta(days=offset)
        for limit in (WorkingDays(5), WorkingDays(20), CalendarDays(15, roll=True)):
            before, after = deadline(limit, start, then), deadline(limit, start, calendar)
            assert _honest(before, after), (before, after)


def _honest(before: Deadline, after: Deadline) -> bool:
    if before.not_before is None:
        # Certain in autumn means due before the year ends; no revision was ever that late in it.
        return before.due == after.due
    return before.not_before <= after.due
