"""Clocks that are wrong: set back, far ahead after an outage, minutes apart, a calendar that changes.

Whatever they do, no rung is lost, none fires twice, and none before its instant by the clock of
whoever fired it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import attrs
from hypothesis import given
from hypothesis import strategies as st

from wenzheng_core import FixedClock, Office
from wenzheng_core.domain.calendars import (
    Calendar,
    CalendarData,
    Edition,
    Expectation,
    Holiday,
    Notice,
    build_calendar,
)
from wenzheng_core.domain.events import RungFired
from wenzheng_core.leasing import Leasing
from wenzheng_core.testing.builders import START
from wenzheng_core.testing.offices import assigned, sample_office

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TTL = timedelta(seconds=30)

hours = st.integers(0, 72).map(lambda n: n * HOUR)
skews = st.integers(-300, 300).map(lambda n: timedelta(seconds=n))
numbers = [str(n) for n in range(3)]


def fired(office: Office) -> list[tuple[str, RungFired, datetime]]:
    """Every rung that fired, with its case and when it is said to have fired."""
    return [
        (fed.record.case_id, fed.record.event, fed.record.at)
        for fed in office.feed(limit=10_000)
        if isinstance(fed.record.event, RungFired)
    ]


def nothing_lost_or_twice(office: Office, ids: list[str]) -> None:
    """Both rungs of each case fired, once each, with the instants at which they were due."""
    found = fired(office)
    assert sorted((case, rung.rung) for case, rung, _ in found) == sorted(
        (case, rung) for case in ids for rung in ("late", "warn")
    )
    assert all(rung.scheduled <= at for _, rung, at in found)


@given(steps=st.lists(st.tuples(hours, st.booleans()), max_size=12))
def test_a_clock_that_goes_back_an_hour_again_and_again(
    steps: list[tuple[timedelta, bool]],
) -> None:
    """Set back at any time, it fires nothing again, and nothing that was due stays away."""
    office, now = sample_office(), START
    ids = assigned(office, *numbers)
    for step, back in steps:
        now += step
        office.sweep(now)
        before = fired(office)
        if back:
            now -= HOUR
            office.sweep(now)
            assert fired(office) == before
        assert all(rung.scheduled <= now + HOUR for _, rung, _ in before)
    office.sweep(START + 60 * DAY)
    nothing_lost_or_twice(office, ids)


@given(outage=st.integers(8, 60), before=hours)
def test_after_an_outage_everything_happens_once_with_its_own_instant(
    outage: int, before: timedelta
) -> None:
    """Thirty days without anybody: each rung fires once, and says when it was due."""
    office, steady = sample_office(), sample_office()
    for each in (office, steady):
        ids = assigned(each, *numbers)
    office.sweep(START + before)
    for _ in range(2):
        office.sweep(START + outage * DAY)
    for n in range(outage * 2 + 1):
        steady.sweep(START + n * 12 * HOUR)
    nothing_lost_or_twice(office, ids)
    scheduled = sorted((case, rung.rung, rung.scheduled) for case, rung, _ in fired(office))
    assert scheduled == sorted((c, r.rung, r.scheduled) for c, r, _ in fired(steady))


@given(
    turns=st.lists(st.tuples(st.booleans(), st.integers(0, 1), skews), min_size=1, max_size=12),
    one=skews,
    other=skews,
)
def test_two_workers_whose_clocks_are_minutes_apart(
    turns: list[tuple[bool, int, timedelta]], one: timedelta, other: timedelta
) -> None:
    """With leases of half a minute and clocks five minutes off either way, each rung fires once.

    None fires before its instant by the clock of the worker that fired it. They look whenever it
    matters most: within minutes of the two instants.
    """
    office = sample_office()
    ids = assigned(office, *numbers)
    clock = office.case(ids[0]).clock("handle")
    assert clock is not None
    looks = sorted((clock.rungs[rung].at + near, first) for first, rung, near in turns)
    seen = 0
    for now, first in looks:
        own = FixedClock(now + (one if first else other))
        office.sweep(own.now(), leasing=Leasing(f"w{first}", TTL, own.now))
        assert all(rung.scheduled <= own.now() for _, rung, _ in fired(office)[seen:])
        seen = len(fired(office))
    for skew in (one, other):
        office.sweep(START + 60 * DAY + skew)
    nothing_lost_or_twice(office, ids)


def with_a_day_off(day: date) -> Calendar:
    """The sample calendar after a later notice that took a day out of it."""
    labour = Holiday("劳动节", date(2025, 5, 1), date(2025, 5, 5))
    extra = Holiday("临时放假", day, day)
    notice = Notice("关于2025年放假安排的通知(样例)", date(2024, 11, 12), "样例〔2024〕2号")
    edition = Edition(notice, 2025, (labour, extra), (date(2025, 4, 27),))
    expected = Expectation(2026, (Holiday("元旦", date(2026, 1, 1), date(2026, 1, 1)),))
    return build_calendar(CalendarData("sample", (edition,), (expected,)))


@given(day=st.dates(date(2025, 3, 4), date(2025, 3, 14)), when=hours)
def test_a_holiday_table_that_changes_in_the_middle_of_a_case(day: date, when: timedelta) -> None:
    """What was decided keeps its instants, and cards that fell neither fall again nor go away.

    A deadline was decided with the calendar of its day, and its rungs keep it: nothing is early by
    it, and nothing is waited for twice.
    """
    plain, changed = sample_office(), sample_office()
    for each in (plain, changed):
        ids = assigned(each, *numbers)
    for office in (plain, changed):
        office.sweep(START + when)
    changed = attrs.evolve(changed, calendar=with_a_day_off(day))
    for n in range(60):
        for office in (plain, changed):
            office.sweep(START + when + n * DAY / 2)
    nothing_lost_or_twice(changed, ids)
    assert [(c, r.rung, r.scheduled) for c, r, _ in fired(changed)] == [
        (c, r.rung, r.scheduled) for c, r, _ in fired(plain)
    ]


def test_the_changed_calendar_does_change_something() -> None:
    """The table of the property above is another one: a case that begins under it is due later."""
    changed, plain = sample_office(calendar=with_a_day_off(date(2025, 3, 5))), sample_office()
    due = []
    for office in (plain, changed):
        clock = office.case(assigned(office, "1")[0]).clock("handle")
        assert clock is not None
        due.append(clock.due)
    assert due == [datetime(2025, 3, day, 16, tzinfo=UTC) for day in (10, 11)]
