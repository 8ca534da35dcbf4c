"""Law 10, a limit inside another: never later for the cut, never past the citizen's, never a guess."""

from __future__ import annotations

from datetime import datetime, time, timedelta, timezone

import attrs
from hypothesis import given
from hypothesis import strategies as st

from wenzheng_core.domain import commands as c
from wenzheng_core.domain.calendars import Calendar
from wenzheng_core.domain.drafts import Rules
from wenzheng_core.domain.instants import last_day_before
from wenzheng_core.domain.limits import CalendarDays, ClockHours, Limit, WorkingDays
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.domain.reasons import reason
from wenzheng_core.domain.tables import Column
from wenzheng_core.domain.timelimits import TimeRules, deadline, latest_before
from wenzheng_core.testing.builders import (
    CLERK,
    START,
    Walk,
    sample_clock,
    sample_row,
    sample_rules_with,
)

ZONE = timezone(timedelta(hours=8))
M = Milestone

EARLIEST, LATEST = datetime(2006, 1, 1), datetime(2027, 6, 30)  # noqa: DTZ001 - as Hypothesis asks
starts = st.datetimes(EARLIEST, LATEST, timezones=st.just(ZONE))
in_days = st.integers(1, 20).map(WorkingDays) | st.builds(
    CalendarDays, st.integers(1, 20), st.booleans()
)
limits = in_days | st.integers(1, 9999).map(ClockHours)
left = st.integers(1, 5).map(WorkingDays) | st.integers(1, 5).map(CalendarDays)
leaving = left | st.integers(1, 999).map(ClockHours)
rules = st.builds(TimeRules, day_end=st.none() | st.just(time(17, 30)))
GRADES = ("甲", "乙", "丙")


@given(starts, limits, limits, leaving, rules)
def test_a_cut_only_shortens_and_leaves_what_it_must(
    calendar: Calendar, start: datetime, own: Limit, outer: Limit, spare: Limit, rule: TimeRules
) -> None:
    """Cut, a limit ends no later than by itself, and before the other by what is to be left."""
    due = deadline(outer, start, calendar, rule).due
    latest = latest_before(due, spare, calendar, rule)
    found = deadline(own, start, calendar, rule)
    if latest is None:
        assert isinstance(spare, WorkingDays)
        return
    cut = found.cut(latest)

    assert latest < due
    assert cut.due == min(found.due, latest)
    assert not cut.provisional or found.provisional
    if cut.not_before is not None:
        assert cut.not_before <= cut.due
    if isinstance(spare, WorkingDays):
        through, last = (last_day_before(instant) for instant in (latest, due))
        assert calendar.is_working(through)
        assert calendar.count_working_days(through, last) == spare.n


def _rules(days: tuple[Limit, Limit, Limit], own: Limit, spare: Limit) -> Rules:
    rows = [
        sample_row(grade, within, {"grade": frozenset({grade})})
        for grade, within in zip(GRADES, days, strict=True)
    ]
    reply = sample_clock("reply", M.RECEIVED, M.PUBLISHED, *rows)
    handle = sample_clock("handle", M.ASSIGNED, M.REPORTED, own, unit=True)
    handle = attrs.evolve(handle, inside="reply", leaving=spare)
    column = Column("grade", GRADES, "等级", default=GRADES[0])
    return sample_rules_with(clocks=(reply, handle), columns=(column,), rungs=(), extensions=())


@given(
    st.tuples(in_days, in_days, in_days),
    in_days,
    left,
    st.integers(0, 10**6).map(lambda n: timedelta(seconds=n)),
    st.lists(st.sampled_from(GRADES), max_size=4),
)
def test_however_a_case_is_graded(
    days: tuple[Limit, Limit, Limit],
    own: Limit,
    spare: Limit,
    wait: timedelta,
    grades: list[str],
) -> None:
    """The unit's day is the earlier one, never past the citizen's when cut, and agrees when told.

    Graded there and back before anything is due, the case has the days that it had.
    """
    walk = Walk(_rules(days, own, spare))
    walk.do(c.Accept(), CLERK)
    walk.do(c.Assign(lead="housing"), CLERK, START + timedelta(hours=2) + wait)
    before = walk.case.clocks
    for grade in [*grades, GRADES[0]]:
        walk.do(c.Classify(facts={"grade": grade}, reason="复核"), CLERK, walk.at)
        reply, handle = walk.case.clocks
        assert handle.due is not None
        assert reply.due is not None
        assert handle.due <= (handle.cut_from or handle.due)
        assert bool(handle.cut_by) == (handle.cut_from is not None)
        if handle.cut_by and not reply.breached(walk.at):
            assert walk.at < handle.due < reply.due
        assert reason(handle, walk.rules).agrees
    if not any(clock.breached(walk.at) for clock in walk.case.clocks):
        now = walk.case.clocks
        assert [(x.due, x.cut_from, x.row) for x in now] == [
            (x.due, x.cut_from, x.row) for x in before
        ]
