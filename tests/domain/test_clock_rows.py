"""Rows that start and stop a clock at events of their own, and what a new grade makes of that."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import attrs
import pytest

from wenzheng_core.domain import commands as c
from wenzheng_core.domain import events as e
from wenzheng_core.domain.actors import Actor, Role
from wenzheng_core.domain.cases import Clock
from wenzheng_core.domain.clockrules import REWORK, ClockRule, Promise
from wenzheng_core.domain.drafts import Rules
from wenzheng_core.domain.escalation import Act
from wenzheng_core.domain.evolving import fold
from wenzheng_core.domain.limits import CalendarDays, SameDay, WorkingDays
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.domain.reasons import reason
from wenzheng_core.domain.tables import Column
from wenzheng_core.testing.builders import (
    CLERK,
    HOUR,
    HOUSING,
    MAYOR,
    START,
    Walk,
    beijing,
    sample_clock,
    sample_message,
    sample_row,
    sample_rules_with,
    sample_rung,
)

GRADES = ("紧要", "一般", "复杂", "重大")
M = Milestone
REPORT = c.Report(findings="已修好", proposed_reply="您好,已修复。")


def when(grade: str) -> dict[str, frozenset[str]]:
    """The condition of one grade."""
    return {"grade": frozenset({grade})}


def handle(*, unit: bool = False) -> ClockRule:
    """紧要留言当日发现当日核办,一般5个工作日办结,复杂10日反馈,重大2日签收后办结 (after 甘肃)."""
    urgent = SameDay() if not unit else WorkingDays(1)
    return sample_clock(
        "handle",
        M.ASSIGNED,
        M.RESOLVED,
        sample_row(
            "urgent",
            urgent,
            when("紧要"),
            starts=M.ASSIGNED if unit else M.RECEIVED,
            stops=M.FIRST_ACTION,
        ),
        sample_row("normal", WorkingDays(5), when("一般")),
        sample_row("complex", CalendarDays(10), when("复杂"), stops=M.REPORTED),
        sample_row("grave", CalendarDays(2), when("重大"), starts=M.CLAIMED),
        unit=unit,
    )


def rules(*, default: str | None = "一般", unit: bool = False, **more: Any) -> Rules:
    """One clock, with four grades."""
    column = Column("grade", GRADES, "等级", default=default)
    fields = {"clocks": (handle(unit=unit),), "columns": (column,), "rungs": (), "extensions": ()}
    return sample_rules_with(**(fields | more))


def grade(walk: Walk, value: str, at: datetime | None = None) -> tuple[e.Event, ...]:
    """The events of a new grade."""
    return walk.do(c.Classify(facts={"grade": value}, reason="复核"), CLERK, at)


def clock(walk: Walk, name: str = "handle", unit: str = "") -> Clock:
    """The latest start of a clock."""
    found = walk.case.clock(name, unit)
    assert found is not None
    return found


def assigned(**more: Any) -> Walk:
    """A case assigned to the housing office, of the second grade unless told."""
    walk = Walk(rules(**more))
    walk.do(c.Accept(), CLERK)
    walk.do(c.Assign(lead="housing"), CLERK)
    return walk


# --- Starting and stopping -----------------------------------------------------------------------


def test_a_row_starts_and_stops_its_clock_at_its_own_events() -> None:
    """An urgent message counts from the receipt to the first action, another from the assignment."""
    walk = Walk(rules(), facts={"grade": "紧要"})
    assert (clock(walk).started, clock(walk).stops) == (START, M.FIRST_ACTION)
    walk.do(c.TakeFirstAction(), CLERK)
    assert (clock(walk).met, clock(walk).cause) == (True, "first_action")
    walk = Walk(rules())
    walk.do(c.Accept(), CLERK)
    assert not walk.case.clocks
    walk.do(c.Assign(lead="housing"), CLERK)
    assert (clock(walk).started, clock(walk).stops) == (walk.at, M.RESOLVED)
    walk.do(c.TakeFirstAction(), HOUSING)
    assert clock(walk).running
    walk.do(c.Resolve(), HOUSING)
    assert (clock(walk).met, clock(walk).cause) == (True, "resolved")


def test_a_row_that_starts_early_waits_for_the_facts() -> None:
    """As long as some row may start at the receipt, nobody is assigned an unclassified case."""
    walk = Walk(rules(default=None))
    walk.do(c.Accept(), CLERK)
    assert walk.refused(c.Assign(lead="housing"), CLERK).rule == "facts.missing"
    grade(walk, "紧要", beijing(3, 3, 20))
    assert (clock(walk).started, clock(walk).due) == (START, beijing(3, 4))
    walk = Walk(rules(default=None))
    walk.do(c.Accept(), CLERK)
    grade(walk, "一般")
    assert not walk.case.clocks
    walk.do(c.Assign(lead="housing"), CLERK)
    assert clock(walk).started == walk.at


def test_a_clock_that_ended_before_its_row_was_known_ended_then() -> None:
    """First action on an unclassified message: when it is called urgent, it was begun in time."""
    walk = Walk(rules(default=None))
    walk.do(c.TakeFirstAction(), CLERK, beijing(3, 3, 20))
    grade(walk, "紧要", beijing(3, 6))
    assert (clock(walk).met, clock(walk).stopped) == (True, beijing(3, 3, 20))
    assert not clock(walk).breached(walk.at)


@pytest.mark.parametrize("facts", [{"grade": "紧要"}, {}])
def test_what_counts_from_the_posting_starts_before_the_receipt(facts: dict[str, str]) -> None:
    """The citizen wrote two days before the office came upon it: those days count."""
    posted = START - timedelta(days=2)
    row = sample_row("urgent", CalendarDays(3), when("紧要"))
    other = sample_row("other", CalendarDays(9), *map(when, GRADES[1:]), starts=M.ASSIGNED)
    reply = sample_clock("reply", M.POSTED, M.PUBLISHED, row, other)
    waits = rules(default=None, clocks=(reply,))
    walk = Walk(waits, facts=facts, message=sample_message(posted=posted))
    if not facts:
        assert not walk.case.clocks
        grade(walk, "紧要")
    assert (clock(walk, "reply").started, clock(walk, "reply").due) == (posted, beijing(3, 5))


def test_a_reopened_case_counts_from_the_reopening() -> None:
    """Nobody writes anew when a case is reopened: what counts from the posting counts from then."""
    reply = sample_clock("reply", M.POSTED, M.PUBLISHED, CalendarDays(3))
    walk = Walk(rules(clocks=(reply,), gates=()))
    walk.do(c.Accept(), CLERK)
    walk.do(c.Assign(lead="housing"), CLERK)
    walk.do(REPORT, HOUSING)
    walk.do(c.Publish(), CLERK)
    walk.do(c.Reopen(reason="不满意"), CLERK, beijing(3, 20))
    assert (clock(walk, "reply").epoch, clock(walk, "reply").started) == (2, beijing(3, 20))


def test_a_running_clock_of_a_unit_is_not_started_twice() -> None:
    """A second attempt to reach the citizen does not start a second clock beside the first."""
    after = sample_clock("after", M.CONTACTED, M.REPORTED, CalendarDays(3), unit=True)
    walk = assigned(clocks=(after,))
    walk.do(c.LogContact(reached=False), HOUSING)
    walk.do(c.LogContact(reached=True), HOUSING)
    assert [x.epoch for x in walk.case.clocks] == [1]


# --- A new grade ---------------------------------------------------------------------------------


def test_a_new_grade_may_move_the_stop() -> None:
    """The clock ends with the event of the new row."""
    walk = assigned()
    (_, moved) = grade(walk, "复杂")
    assert isinstance(moved, e.ClockMoved)
    assert (moved.cause, moved.stops) == ("classified", M.REPORTED)
    walk.do(REPORT, HOUSING)
    assert (clock(walk).met, clock(walk).cause) == (True, "reported")


@pytest.mark.parametrize(("day", "late"), [(12, False), (14, True)])
def test_a_stop_that_came_before_is_judged_by_its_instant(day: int, late: bool) -> None:
    """Whether the report was in time is judged by when it came, not by when the grade did."""
    long = sample_row("normal", CalendarDays(30), when("一般"))
    rows = tuple(long if row.id == "normal" else row for row in handle().limits.rows)
    table = attrs.evolve(handle().limits, rows=rows)
    walk = assigned(clocks=(attrs.evolve(handle(), limits=table),))
    walk.do(REPORT, HOUSING, beijing(3, day))
    assert clock(walk).running
    _, moved, stopped = grade(walk, "复杂", beijing(3, 20))
    assert isinstance(moved, e.ClockMoved)
    assert isinstance(stopped, e.ClockStopped)
    assert (stopped.met, stopped.cause, stopped.at) == (True, "reported", beijing(3, day))
    assert clock(walk).due == beijing(3, 14)
    assert clock(walk).breached(walk.at) is late


def test_each_unit_has_its_own_report() -> None:
    """Only the unit that has reported is done by a row that ends with the report."""
    walk = Walk(rules(unit=True))
    walk.do(c.Accept(), CLERK)
    walk.do(c.Assign(lead="housing", assisting=("police",)), CLERK)
    walk.do(REPORT, Actor("police-1", Role.UNIT, unit="police"))
    reported = walk.at
    grade(walk, "复杂")
    assert clock(walk, unit="police").stopped == reported
    assert clock(walk, unit="housing").running


def test_an_earlier_holding_passes_nothing() -> None:
    """A unit that signed when it held the case before has not signed for it now."""
    signed = sample_row("signed", CalendarDays(10), when("复杂"), stops=M.CLAIMED)
    normal = sample_row("normal", WorkingDays(5), *(when(x) for x in GRADES if x != "复杂"))
    rule = sample_clock("handle", M.ASSIGNED, M.RESOLVED, signed, normal, unit=True)
    walk = assigned(clocks=(rule,))
    walk.do(c.Claim(), HOUSING)
    walk.do(c.SendBack(reason="职责不符"), HOUSING)
    walk.do(c.Assign(lead="housing"), CLERK)
    grade(walk, "复杂")
    assert clock(walk).running
    walk.do(c.Claim(), HOUSING)
    assert clock(walk).met


def test_a_returned_report_has_not_been_passed() -> None:
    """While the unit works on it again, a row that ends with the report waits for the next."""
    walk = assigned()
    walk.do(REPORT, HOUSING)
    walk.do(c.ReturnForRework(reason="不实"), CLERK)
    grade(walk, "复杂")
    assert clock(walk).running
    walk.do(REPORT, HOUSING)
    assert clock(walk).met


@pytest.mark.parametrize("returned", [False, True])
@pytest.mark.parametrize(
    ("stops", "command", "actor"),
    [(M.REVIEWED, c.Review(), CLERK), (M.APPROVED, c.Approve(), MAYOR)],
)
def test_a_gate_passed_ends_a_row_that_ends_there(
    stops: Milestone, command: c.Command, actor: Actor, returned: bool
) -> None:
    """What was reviewed or approved counts as such, until the report is returned."""
    until = sample_row("until", CalendarDays(10), when("复杂"), stops=stops)
    normal = sample_row("normal", WorkingDays(5), *(when(x) for x in GRADES if x != "复杂"))
    walk = assigned(clocks=(sample_clock("handle", M.ASSIGNED, M.RESOLVED, until, normal),))
    walk.do(REPORT, HOUSING)
    if stops is M.APPROVED:
        walk.do(c.Review(), CLERK)
    walk.do(command, actor)
    at = walk.at
    if returned:
        walk.do(c.ReturnForRework(reason="不实"), CLERK)
    grade(walk, "复杂")
    assert clock(walk).stopped == (None if returned else at)


def test_a_new_start_that_has_passed_counts_from_there() -> None:
    """Normal from the assignment, grave from the signature: the clock counts from that instant."""
    walk = assigned()
    walk.do(c.Claim(), HOUSING, beijing(3, 4, 9))
    key = clock(walk).key
    _, stopped, started = grade(walk, "重大", beijing(3, 5, 9))
    assert isinstance(stopped, e.ClockStopped)
    assert (stopped.met, stopped.cause) == (False, "classified")
    assert isinstance(started, e.ClockStarted)
    assert (started.started, started.due) == (beijing(3, 4, 9), beijing(3, 7))
    assert [x.key for x in walk.case.clocks] == [key]
    assert clock(walk).running


def test_a_clock_that_counts_from_elsewhere_keeps_its_pauses() -> None:
    """Pauses, the one that is on and fired rungs stay with the clock; due when it runs on."""
    rung = sample_rung("warn", "到期前1个工作日", Act.YELLOW_CARD, "liaison")
    walk = assigned(rungs=(rung,))
    walk.do(c.Claim(), HOUSING, beijing(3, 4, 9))
    walk.do(c.Pause(reason="check"), CLERK, beijing(3, 5, 9))
    walk.do(c.Resume(), CLERK, beijing(3, 7, 9))
    walk.do(c.Pause(reason="check"), CLERK, beijing(3, 7, 10))
    before = clock(walk)
    grade(walk, "重大", beijing(3, 7, 11))
    assert clock(walk).pauses == before.pauses != ()
    assert clock(walk).paused_since == before.paused_since == beijing(3, 7, 10)
    walk.do(c.Resume(), CLERK, beijing(3, 8, 9))
    assert clock(walk).due == beijing(3, 10)


def test_a_pause_that_ended_while_the_clock_waited_is_not_lost() -> None:
    """Paused, waiting for the signature, resumed, called normal again: it runs, the pause counts."""
    walk = assigned()
    walk.do(c.Pause(reason="check"), CLERK, beijing(3, 4, 9))
    grade(walk, "重大", beijing(3, 4, 10))
    assert not clock(walk).running
    walk.do(c.LogContact(reached=True), HOUSING, beijing(3, 5, 9))
    walk.do(c.Resume(), CLERK, beijing(3, 6, 9))
    grade(walk, "一般")
    assert (clock(walk).running, clock(walk).paused_since) == (True, None)
    assert clock(walk).due == beijing(3, 13)
    grade(walk, "重大")
    walk.do(c.Claim(), HOUSING, beijing(3, 7, 9))
    assert clock(walk).due == beijing(3, 10)
    grade(walk, "一般")
    assert clock(walk).due == beijing(3, 13)


def test_a_rung_that_fired_does_not_fire_again_for_the_same_time() -> None:
    """The yellow card of the old count is not shown once more by the new one."""
    rung = sample_rung("warn", "到期前1个工作日", Act.YELLOW_CARD, "liaison")
    walk = assigned(rungs=(rung,))
    walk.do(c.Claim(), HOUSING, beijing(3, 4, 9))
    walk.tick(beijing(3, 7, 1))
    assert len(walk.case.ladder) == 1
    long = c.Classify(facts={"grade": "重大"}, reason="复核")
    walk.do(long, CLERK)
    walk.tick(beijing(3, 20))
    assert len(walk.case.ladder) == 1


def test_a_new_start_that_has_not_come_is_waited_for() -> None:
    """Grave counts from the signature: until then the clock is stopped, then it starts anew."""
    walk = assigned()
    _, stopped = grade(walk, "重大")
    assert isinstance(stopped, e.ClockStopped)
    assert (stopped.met, stopped.cause) == (False, "classified")
    assert not list(walk.case.running)
    walk.do(c.Claim(), HOUSING)
    assert (clock(walk).started, clock(walk).running) == (walk.at, True)
    assert len({x.key for x in walk.case.clocks}) == len(walk.case.clocks) == 1
    walk.do(c.Reassign(lead="police", reason="职责"), CLERK)
    walk.do(c.Claim(), Actor("police-1", Role.UNIT, unit="police"))
    assert len(walk.case.clocks) == 1, "a clock of the case starts once in each opening"
    assert fold(walk.records) == walk.case


def test_a_units_clock_that_waits_starts_anew_in_its_holding() -> None:
    """The same for a unit; what waited when the case was taken away is not taken up later."""
    walk = assigned(unit=True)
    grade(walk, "重大")
    walk.do(c.Claim(), HOUSING)
    assert (clock(walk).epoch, clock(walk).started) == (1, walk.at)
    grade(walk, "一般")
    grade(walk, "重大")
    assert (clock(walk).epoch, len(walk.case.clocks)) == (1, 1)
    walk = assigned(unit=True)
    grade(walk, "重大")
    walk.do(c.SendBack(reason="职责不符"), HOUSING)
    walk.do(c.Assign(lead="housing"), CLERK)
    walk.do(c.Claim(), HOUSING)
    assert [(x.epoch, x.running) for x in walk.case.clocks] == [(1, False), (2, True)]


def test_a_clock_that_never_began_starts_with_its_grade() -> None:
    """A message called urgent before its assignment counts from the receipt."""
    walk = Walk(rules())
    walk.do(c.Accept(), CLERK)
    _, started = grade(walk, "紧要", START + 2 * HOUR)
    assert isinstance(started, e.ClockStarted)
    assert (started.started, started.due) == (START, beijing(3, 4))


def test_a_units_clock_that_never_began_starts_with_its_grade() -> None:
    """For a unit too, and only where the unit has passed the start of the new row."""
    late = sample_row("late", CalendarDays(3), when("重大"), starts=M.CONTACTED)
    normal = sample_row("normal", CalendarDays(9), *(when(x) for x in GRADES if x != "重大"))
    rule = sample_clock("handle", M.ASSIGNED, M.REPORTED, late, normal, unit=True)
    walk = Walk(rules(clocks=(rule,)), facts={"grade": "重大"})
    walk.do(c.Accept(), CLERK)
    walk.do(c.Assign(lead="housing", assisting=("police",)), CLERK)
    given = walk.at
    assert not walk.case.clocks
    walk.do(c.LogContact(reached=False), HOUSING)
    spoken = walk.at
    assert [x.unit for x in walk.case.clocks] == ["housing"]
    grade(walk, "一般")
    assert {x.unit: x.started for x in walk.case.clocks} == {"housing": given, "police": given}
    grade(walk, "重大")
    assert [x.unit for x in walk.case.running] == ["housing"]
    assert clock(walk, unit="housing").started == spoken


def test_the_first_action_of_a_unit_is_its_own() -> None:
    """The lead's first action ends the lead's clock; who assists is done with its report."""
    walk = Walk(rules(unit=True))
    walk.do(c.Accept(), CLERK)
    walk.do(c.Assign(lead="housing", assisting=("police",)), CLERK)
    walk.do(c.TakeFirstAction(), HOUSING)
    begun = walk.at
    grade(walk, "紧要")
    assert clock(walk, unit="housing").stopped == begun
    assert clock(walk, unit="police").running


def test_a_breach_stands_wherever_the_new_row_counts_from() -> None:
    """A clock already due is neither stopped nor started anew."""
    walk = assigned()
    due = clock(walk).due
    assert due is not None
    events = grade(walk, "重大", due)
    assert [type(x) for x in events] == [e.Classified]
    assert clock(walk).breached(walk.at)


# --- Promises ------------------------------------------------------------------------------------


def promising() -> Walk:
    """A case of a grade for which the unit promises a day (周口: 应说明情况,限期解决)."""
    row = sample_row("promise", None, when("重大"), promise=Promise.DATE)
    normal = sample_row("normal", WorkingDays(5), *(when(x) for x in GRADES if x != "重大"))
    rule = sample_clock("handle", M.ASSIGNED, M.RESOLVED, row, normal, unit=True)
    walk = Walk(rules(clocks=(rule,)), facts={"grade": "重大"})
    walk.do(c.Accept(), CLERK)
    walk.do(c.Assign(lead="housing"), CLERK)
    return walk


def commit(day: date) -> c.Commit:
    """The unit's promise."""
    return c.Commit(commitment="p", text="等待材料", due=day, clock="handle")


def test_a_promise_sets_the_day() -> None:
    """Without a number the clock runs without a due instant until the unit promises one."""
    walk = promising()
    assert (clock(walk).limit, clock(walk).due) == (None, None)
    assert reason(clock(walk), walk.rules).lines[-1].endswith("尚未承诺")
    moved = walk.do(commit(date(2025, 3, 22)), HOUSING)[-1]
    assert isinstance(moved, e.ClockMoved)
    assert (moved.cause, moved.row, moved.due) == ("promised", "promise", beijing(3, 23))
    told = "原文未定天数,由承办单位承诺限期(说明情况并承诺日期);已承诺2025年3月22日前办结"
    assert told in reason(clock(walk), walk.rules).lines


def test_a_new_grade_takes_the_promise_away_and_asks_for_another() -> None:
    """Back in the grade that asks for a promise, the unit promises anew."""
    walk = promising()
    walk.do(commit(date(2025, 3, 22)), HOUSING)
    grade(walk, "一般")
    assert clock(walk).due == beijing(3, 11)
    grade(walk, "重大")
    assert (clock(walk).limit, clock(walk).due, clock(walk).rungs) == (None, None, ())
    again = attrs.evolve(commit(date(2025, 3, 25)), commitment="q")
    walk.do(again, HOUSING)
    assert clock(walk).due == beijing(3, 26)


def test_a_limit_set_by_hand_has_no_grade() -> None:
    """A rework limit stays as its returner set it, whatever the case is called."""
    walk = assigned()
    walk.do(REPORT, HOUSING)
    walk.do(c.ReturnForRework(reason="不实", within=WorkingDays(2)), CLERK)
    before = clock(walk, REWORK)
    assert before.stops is M.REPORTED
    grade(walk, "复杂")
    assert clock(walk, REWORK) == before
