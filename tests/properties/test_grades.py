"""Grades there and back: a clock that nobody is late with is due as if nothing had been tried."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from wenzheng_core.domain import commands as c
from wenzheng_core.domain.actors import Actor
from wenzheng_core.domain.commands import Command
from wenzheng_core.domain.errors import RefusedError
from wenzheng_core.domain.evolving import fold
from wenzheng_core.domain.limits import CalendarDays, WorkingDays
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.domain.tables import Column
from wenzheng_core.testing.builders import (
    CLERK,
    HOUSING,
    START,
    Walk,
    sample_clock,
    sample_row,
    sample_rules_with,
)

M = Milestone
GRADES = ("甲", "乙", "丙", "丁")
EVENTS = [M.POSTED, M.RECEIVED, M.ACCEPTED, M.ASSIGNED, M.CLAIMED, M.CONTACTED, M.FIRST_ACTION]
OF_UNIT = [M.ASSIGNED, M.CLAIMED, M.CONTACTED, M.FIRST_ACTION]

limits = st.integers(20, 60).map(WorkingDays) | st.integers(20, 60).map(CalendarDays)
steps: st.SearchStrategy[list[tuple[Command, Actor]]] = st.lists(
    st.sampled_from(
        [
            (c.Claim(), HOUSING),
            (c.LogContact(reached=True), HOUSING),
            (c.TakeFirstAction(), HOUSING),
            (c.Pause(reason="check"), CLERK),
            (c.Resume(), CLERK),
            *[(c.Classify(facts={"grade": grade}, reason="复核"), CLERK) for grade in GRADES],
        ]
    ),
    max_size=8,
)


@given(
    st.booleans(),
    st.lists(st.tuples(st.integers(0, 6), limits), min_size=4, max_size=4),
    steps,
    st.sampled_from(GRADES),
)
def test_there_and_back(
    unit: bool,
    rows: list[tuple[int, WorkingDays | CalendarDays]],
    commands: list[tuple[Command, Actor]],
    there: str,
) -> None:
    """Another grade and the old one again leave the same start, due instant and number of clocks."""
    events = OF_UNIT if unit else EVENTS
    table = [
        sample_row(grade, limit, {"grade": frozenset({grade})}, starts=events[place % len(events)])
        for grade, (place, limit) in zip(GRADES, rows, strict=True)
    ]
    clock = sample_clock("handle", M.ASSIGNED, M.REPORTED, *table, unit=unit)
    column = Column("grade", GRADES, "等级", default=GRADES[0])
    walk = Walk(sample_rules_with(clocks=(clock,), columns=(column,), rungs=(), extensions=()))
    walk.do(c.Accept(), CLERK)
    walk.do(c.Assign(lead="housing"), CLERK)
    for command, actor in commands:
        try:
            walk.do(command, actor)
        except RefusedError:
            continue
    before = [x for x in walk.case.clocks if x.running]
    for grade in (there, walk.case.facts["grade"]):
        walk.do(c.Classify(facts={"grade": grade}, reason="复核"), CLERK, walk.at)
    after = [x for x in walk.case.clocks if x.running]

    assert walk.at < START + timedelta(days=2)
    assert after == before
    assert len({x.key for x in walk.case.clocks}) == len(walk.case.clocks) <= 1
    assert fold(walk.records) == walk.case
