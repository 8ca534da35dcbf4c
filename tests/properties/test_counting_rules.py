"""Laws 2 and 5 under the named rules of counting, on dates that nobody thought of."""

from __future__ import annotations

from datetime import datetime, time, timedelta, timezone

import attrs
from hypothesis import given
from hypothesis import strategies as st

from wenzheng_core.domain.calendars import Calendar
from wenzheng_core.domain.instants import local
from wenzheng_core.domain.limits import CalendarDays, ClockHours, Limit, SameDay, WorkingDays
from wenzheng_core.domain.timelimits import Counting, Interval, TimeRules, deadline

ZONE = timezone(timedelta(hours=8))
DAY, HOUR = timedelta(days=1), timedelta(hours=1)

EARLIEST, LATEST = datetime(2006, 1, 1), datetime(2027, 6, 30)  # noqa: DTZ001 - as Hypothesis asks
starts = st.datetimes(EARLIEST, LATEST, timezones=st.just(ZONE))
amounts = st.integers(1, 40)
statutory = st.sampled_from([Counting.CIVIL, Counting.PROCEDURE])
internal = st.builds(
    TimeRules, day_end=st.none() | st.just(time(17, 30)), cutoff=st.none() | st.just(time(16))
)
pauses = st.lists(
    st.tuples(st.integers(-2, 20), st.integers(0, 9)).map(lambda p: (p[0] * DAY, p[1] * DAY)),
    max_size=2,
)


@given(starts, amounts, st.lists(amounts, max_size=2), internal, statutory, pauses)
def test_statutory_days_are_internal_days_that_roll(
    calendar: Calendar,
    start: datetime,
    n: int,
    more: list[int],
    rules: TimeRules,
    counting: Counting,
    held: list[tuple[timedelta, timedelta]],
) -> None:
    """Counted by statute, days end as internal ones do that are written 顺延: pauses and all."""
    stops = [Interval(start + first, start + first + length) for first, length in held]

    def ends(roll: bool, by: TimeRules) -> object:
        extensions = [CalendarDays(m, roll) for m in more]
        found = deadline(CalendarDays(n, roll), start, calendar, by, stops, extensions)
        return found.due, found.not_before, found.awaits

    assert ends(True, rules) == ends(False, attrs.evolve(rules, counting=counting))


@given(starts, amounts, internal, statutory)
def test_a_statutory_day_is_never_off_and_never_earlier(
    calendar: Calendar, start: datetime, n: int, rules: TimeRules, counting: Counting
) -> None:
    """The last day is worked, and no day that was worked before the internal one is passed over."""
    found = deadline(CalendarDays(n), start, calendar, attrs.evolve(rules, counting=counting))
    plain = deadline(CalendarDays(n), start, calendar, rules)

    assert calendar.is_working(found.due_day)
    assert found.due >= plain.due
    assert calendar.count_working_days(plain.due_day - DAY, found.due_day) == 1


@given(starts, st.integers(1, 5000))
def test_the_starting_hour_is_left_out(calendar: Calendar, start: datetime, n: int) -> None:
    """By procedure hours run from a full hour, later than the start by an hour at the most."""
    procedure = TimeRules(counting=Counting.PROCEDURE)
    plain = deadline(ClockHours(n), start, calendar).due
    found = deadline(ClockHours(n), start, calendar, procedure).due
    begun = local(found - timedelta(minutes=n))

    assert (begun.minute, begun.second, begun.microsecond) == (0, 0, 0)
    assert timedelta(0) < found - plain <= HOUR
    assert plain == deadline(ClockHours(n), start, calendar, TimeRules(counting=Counting.CIVIL)).due


@given(starts, amounts.map(WorkingDays) | st.just(SameDay()), internal, statutory)
def test_other_limits_are_counted_alike(
    calendar: Calendar, start: datetime, limit: Limit, rules: TimeRules, counting: Counting
) -> None:
    """Working days and 当日 know no difference between the rules."""
    other = attrs.evolve(rules, counting=counting)

    assert deadline(limit, start, calendar, other) == deadline(limit, start, calendar, rules)
