"""Law 7: of pauses only the union counts, and none ever brings a due instant forward."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wenzheng_core.domain.calendars import Calendar
from wenzheng_core.domain.errors import NaiveTimeError
from wenzheng_core.domain.limits import (
    CalendarDays,
    ClockHours,
    Limit,
    SameDay,
    WorkingDays,
    WorkingHours,
)
from wenzheng_core.domain.timelimits import Interval, TimeRules, deadline, union

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


@given(histories(), amounts)
def test_paused_working_days_exactly(
    calendar: Calendar, oracle: Any, history: tuple[datetime, list[Interval]], n: int
) -> None:
    """A working day counts unless the clock stands still when it ends."""
    start, pauses = history
    expected = oracle.add_working(start.date(), n, pauses)

    assert expected == deadline(WorkingDays(n), start, calendar, pauses=pauses).due_day


@given(histories(), amounts, st.booleans())
def test_paused_calendar_days_exactly(
    calendar: Calendar,
    oracle: Any,
    history: tuple[datetime, list[Interval]],
    n: int,
    roll: bool,
) -> None:
    """A calendar day counts unless the clock stands still when it ends; rolling comes after."""
    start, pauses = history
    expected = oracle.add_days(start.date(), n, pauses)
    if roll:
        expected = oracle.roll(expected, pauses)

    assert expected == deadline(CalendarDays(n, roll), start, calendar, pauses=pauses).due_day


@given(histories())
def test_paused_same_day_exactly(
    calendar: Calendar, oracle: Any, history: tuple[datetime, list[Interval]]
) -> None:
    """当日 ends with the first day at whose end the clock runs."""
    start, pauses = history
    day = start.date()
    while oracle.still(day, pauses):
        day += timedelta(days=1)

    assert day == deadline(SameDay(), start, calendar, pauses=pauses).due_day


@given(histories(), st.integers(1, 1500))
def test_paused_clock_hours_exactly(
    calendar: Calendar, oracle: Any, history: tuple[datetime, list[Interval]], n: int
) -> None:
    """By the clock, just the minutes count in which it runs."""
    start, pauses = history

    assert (
        oracle.add_minutes(start, n, pauses)
        == deadline(ClockHours(n), start, calendar, pauses=pauses).due
    )


@given(histories(), st.integers(1, 600))
def test_paused_working_hours_exactly(
    calendar: Calendar, oracle: Any, history: tuple[datetime, list[Interval]], n: int
) -> None:
    """Office hours count less the paused ones."""
    start, pauses = history
    found = deadline(WorkingHours(n), start, calendar, RULES, pauses)

    assert oracle.add_office_minutes(start, n, LUNCH, pauses) == found.due


@given(histories(), limits, st.data())
def test_only_the_union_counts(
    calendar: Calendar,
    history: tuple[datetime, list[Interval]],
    limit: Limit,
    data: st.DataObject,
) -> None:
    """Order, duplicates and cutting a pause in two change nothing."""
    start, pauses = history
    cut: list[Interval] = []
    for pause in pauses:
        minutes = (pause.until - pause.first) // MINUTE
        middle = pause.first + data.draw(st.integers(0, minutes)) * MINUTE
        cut += [Interval(pause.first, middle), Interval(middle, pause.until)]
    shuffled = data.draw(st.permutations(cut + pauses))

    assert deadline(limit, start, calendar, RULES, pauses) == deadline(
        limit, start, calendar, RULES, shuffled
    )


@given(histories())
def test_union_is_ordered_and_disjoint(history: tuple[datetime, list[Interval]]) -> None:
    """The union covers the same minutes, once, in order, with gaps between."""
    _, pauses = history
    merged = union(pauses)

    assert all(one.until < two.first for one, two in pairwise(merged))
    assert all(pause.first < pause.until for pause in merged)
    edges = {edge for pause in pauses for edge in (pause.first, pause.until)}
    for edge in edges:
        for at in (edge, edge - MINUTE):
            assert any(p.first <= at < p.until for p in pauses) == any(
                p.first <= at < p.until for p in merged
            )


def test_touching_pauses_are_one() -> None:
    """A pause that begins when another ends goes on with it; one within another adds nothing."""
    at = datetime(2020, 9, 7, 9, tzinfo=ZONE)
    one, two, inner = (
        Interval(at + first * MINUTE, at + until * MINUTE)
        for first, until in ((0, 30), (30, 60), (10, 20))
    )

    assert union([two, inner, one]) == (Interval(at, at + 60 * MINUTE),)


@given(histories(), limits, st.integers(-3000, 40_000), st.integers(1, 20_000))
def test_pause_never_shortens(
    calendar: Calendar,
    history: tuple[datetime, list[Interval]],
    limit: Limit,
    after: int,
    minutes: int,
) -> None:
    """One more pause, or a longer one, never brings the due instant forward."""
    start, pauses = history
    first = start + after * MINUTE
    shorter = [*pauses, Interval(first, first + minutes // 2 * MINUTE)]
    longer = [*pauses, Interval(first, first + minutes * MINUTE)]
    dues = [
        deadline(limit, start, calendar, RULES, history_).due
        for history_ in (pauses, shorter, longer)
    ]

    assert sorted(dues) == dues


@given(histories(), limits)
def test_pause_after_the_due_instant(
    calendar: Calendar, history: tuple[datetime, list[Interval]], limit: Limit
) -> None:
    """A breach is never undone: what is paused from the due instant on changes nothing."""
    start, pauses = history
    found = deadline(limit, start, calendar, RULES, pauses)
    late = Interval(found.due, found.due + timedelta(days=30))

    assert found == deadline(limit, start, calendar, RULES, [*pauses, late])


def test_pause_within_a_day(calendar: Calendar) -> None:
    """A pause that crosses no midnight takes out no day; one that crosses two takes out two."""
    start = datetime(2020, 9, 7, 9, tzinfo=ZONE)
    monday, wednesday = start + timedelta(hours=2), start + timedelta(days=2)
    within = [Interval(monday, monday + timedelta(hours=5))]
    across = [Interval(start + timedelta(days=1), wednesday + timedelta(days=1))]

    assert date(2020, 9, 14) == deadline(WorkingDays(5), start, calendar, pauses=within).due_day
    assert date(2020, 9, 16) == deadline(WorkingDays(5), start, calendar, pauses=across).due_day


def test_naive_pause_is_refused() -> None:
    """A pause between times without a zone is refused when it is made."""
    naive = datetime(2020, 1, 1)  # noqa: DTZ001 - this is the point
    with pytest.raises(NaiveTimeError):
        Interval(naive, naive)


def test_with_close_of_business_a_pause_over_it_takes_the_day_out(calendar: Calendar) -> None:
    """Where a day ends at 17:30, standing still at 17:30 takes the day out, and 18:00 is too late."""
    rules = TimeRules(day_end=time(17, 30))
    start = datetime(2025, 3, 3, 9, 0, tzinfo=ZONE)

    def due(first: int, until: int) -> date:
        over = Interval(start.replace(day=4, hour=first), start.replace(day=4, hour=until))
        return deadline(WorkingDays(1), start, calendar, rules, [over]).due_day

    assert due(17, 18) == date(2025, 3, 5)
    assert due(18, 20) == date(2025, 3, 4)
