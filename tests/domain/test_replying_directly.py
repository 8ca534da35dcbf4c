"""Answers without a unit, and answers that go up instead of out."""

from __future__ import annotations

from datetime import timedelta

import pytest

from wenzheng_core.domain import commands as c
from wenzheng_core.domain import events as e
from wenzheng_core.domain.actors import Actor
from wenzheng_core.domain.commands import Command
from wenzheng_core.domain.errors import RefusedError
from wenzheng_core.domain.gates import GateAct, Point
from wenzheng_core.domain.instants import Period
from wenzheng_core.domain.limits import CalendarDays, ClockHours, WorkingDays
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.domain.provisions import LastStep
from wenzheng_core.domain.tables import Column
from wenzheng_core.domain.tallies import figures
from wenzheng_core.domain.workflow import State
from wenzheng_core.testing.builders import (
    CITIZEN,
    CLERK,
    HOUSING,
    MAYOR,
    START,
    Walk,
    beijing,
    sample_clock,
    sample_gate,
    sample_policy,
    sample_row,
    sample_rules_with,
)

ANSWER = c.AnswerDirectly(reply="您好,路灯由物业管理。")
COMPLAIN = {"category": frozenset({"投诉"})}
UPWARD = LastStep(to="市政府综合一科", basis="样例", conditions=(COMPLAIN,))


def stopped(events: tuple[e.Event, ...]) -> list[tuple[str, bool, str]]:
    """Which clocks stopped, whether met, and the cause."""
    return [(x.clock, x.met, x.cause) for x in events if isinstance(x, e.ClockStopped)]


def test_the_office_answers_without_any_unit_from_end_to_end() -> None:
    """Proposed, reviewed, approved, published, rated, archived; nobody ever held the case."""
    walk = Walk().steps(1)
    assert walk.do(ANSWER, CLERK) == (e.ReplyProposed(reply="您好,路灯由物业管理。"),)
    assert walk.case.state is State.REPORTED
    assert walk.refused(c.Publish(), CLERK).rule == "gate.open"
    walk.do(c.Review(), CLERK)
    walk.do(c.Approve(), MAYOR)
    events = walk.do(c.Publish(), CLERK)
    assert events == (
        e.Published(reply="您好,路灯由物业管理。"),
        e.ClockStopped(clock="reply", epoch=1, met=True, cause="published"),
    )
    for command, actor in ((c.CallBack(reached=True), CLERK), (c.Rate(score=5), CITIZEN)):
        walk.do(command, actor)
    walk.do(c.Archive(), CLERK)
    assert (walk.case.state, walk.case.holdings, walk.case.next_wake) == (State.ARCHIVED, (), None)


def test_a_direct_answer_passes_by_the_gates_of_an_assignment() -> None:
    """Those before publication stand all the same."""
    gates = (
        sample_gate("marked", GateAct.INSTRUCT, "市长", before=Point.ASSIGN),
        sample_gate("told", GateAct.CONTACT, before=Point.REPORT),
        sample_gate("review", GateAct.REVIEW),
    )
    walk = Walk(sample_rules_with(gates=gates)).steps(1)
    assert walk.refused(c.Assign(lead="housing"), CLERK).rule == "gate.open"
    walk.do(ANSWER, CLERK)
    assert walk.refused(c.Publish(), CLERK).rule == "gate.open"
    walk.do(c.Review(), CLERK)
    assert walk.refusal(c.Publish(), CLERK) is None


def test_a_direct_answer_goes_back_to_the_office() -> None:
    """Not to a unit that held the case before; the office answers anew or assigns it after all."""
    walk = Walk().steps(3)
    walk.do(c.SendBack(reason="不归我管"), HOUSING)
    walk.do(ANSWER, CLERK)
    timed = c.ReturnForRework(reason="不详", within=CalendarDays(2))
    refused = walk.refused(timed, CLERK)
    assert (refused.rule, "直接答复" in refused.reason) == ("rework.no_unit", True)
    walk.do(c.ReturnForRework(reason="不详"), CLERK)
    assert walk.case.state is State.ACCEPTED
    assert walk.refusal(ANSWER, CLERK) is None
    walk.do(c.Assign(lead="police"), CLERK)
    assert [h.unit for h in walk.case.holders] == ["police"]


def test_a_gate_clock_runs_for_a_direct_answer_too() -> None:
    """The proposal reaches what a report reaches: 24 hours for the review begin with it."""
    review = sample_clock("gate", Milestone.REPORTED, Milestone.REVIEWED, ClockHours(24 * 60))
    walk = Walk(sample_rules_with(clocks=(*sample_policy().clocks, review))).steps(1)
    walk.do(ANSWER, CLERK)
    gate = walk.case.clock("gate")
    assert gate is not None
    assert (gate.started, gate.running) == (walk.at, True)


def test_a_reply_may_go_to_the_citizen_alone() -> None:
    """不公开答复: answered in time all the same, but not among what was published."""
    walk = Walk().steps(8)
    walk.do(c.Publish(public=False), CLERK)
    assert (walk.case.public, walk.case.state) == (False, State.PUBLISHED)
    day = Period(START, START + timedelta(days=1))
    counts = figures([walk.case], day, walk.at, sample_policy()).counts
    assert (counts["replied"], counts["published"]) == (1, 0)


def test_a_direct_answer_says_something() -> None:
    """An empty one is refused."""
    refused = Walk().steps(1).refused(c.AnswerDirectly(reply=" "), CLERK)
    assert (refused.rule, "拟回复" in refused.reason) == ("answer.empty", True)


def test_an_unclassified_message_is_not_answered_directly() -> None:
    """A clock of the case waits for what it is; no case goes on without."""
    rows = (
        sample_row("complain", CalendarDays(15), COMPLAIN),
        sample_row("ask", CalendarDays(3), {"category": frozenset({"咨询"})}),
    )
    clock = sample_clock("reply", Milestone.RECEIVED, Milestone.PUBLISHED, *rows)
    column = Column("category", ("咨询", "投诉"), "类别")
    walk = Walk(sample_rules_with(clocks=(clock,), rungs=(), columns=(column,))).steps(1)
    assert walk.refused(ANSWER, CLERK).rule == "facts.missing"


def test_a_direct_answer_is_the_first_action_and_ends_a_pause() -> None:
    """Who answers has taken the matter up, and nothing stands still any more."""
    clock = sample_clock("first", Milestone.RECEIVED, Milestone.FIRST_ACTION, WorkingDays(1))
    walk = Walk(sample_rules_with(clocks=(clock, *sample_policy().clocks))).steps(1)
    walk.do(c.Pause(reason="check"), CLERK)
    events = walk.do(ANSWER, CLERK)
    assert isinstance(events[0], e.Resumed)
    assert e.FirstActionTaken(unit="") in events
    assert stopped(events) == [("first", True, "first_action")]
    assert walk.case.pause is None


def test_a_reopened_case_may_be_answered_directly() -> None:
    """Who held it at its first publication does not speak for the office's second answer."""
    walk = Walk(sample_rules_with(gates=())).steps(6)
    walk.do(c.Publish(), CLERK)
    assert walk.refusal(c.Resolve(), HOUSING) is None
    walk.do(c.Reopen(reason="又坏了"), CLERK, beijing(3, 10, 9))
    walk.do(ANSWER, CLERK)
    walk.do(c.Publish(), CLERK)
    assert walk.case.reply == ANSWER.reply
    assert walk.refused(c.Resolve(), HOUSING).rule == "unit.not_holder"
    assert walk.refusal(c.Resolve(), CLERK) is None


def upward(**more: object) -> Walk:
    """A complaint that is reported; its answer goes up to the office that handed it down."""
    return Walk(sample_rules_with(last_steps=(UPWARD,), **more)).steps(8)


def test_an_answer_goes_up_where_the_policy_says_so() -> None:
    """Whither is recorded; what waited for the answer is met, the units go, the case is final."""
    walk = upward()
    events = walk.do(c.Forward(), CLERK)
    assert events[0] == e.Forwarded(to="市政府综合一科", reply="您好,路灯已修复。")
    assert stopped(events) == [("reply", True, "forwarded")]
    assert events[-1] == e.Released(units=("housing", "police"), cause="forwarded")
    assert (walk.case.state, walk.case.forwarded_to) == (State.FORWARDED, "市政府综合一科")
    assert (walk.case.reply, walk.case.answered) == ("您好,路灯已修复。", walk.at)
    assert walk.case.next_wake is None


def test_a_clock_to_the_forwarding_is_met_by_it() -> None:
    """What waits for the settlement of the matter runs on, what waits for an approval does not."""
    clocks = (
        sample_clock("up", Milestone.ASSIGNED, Milestone.FORWARDED, CalendarDays(9)),
        sample_clock("settle", Milestone.ASSIGNED, Milestone.RESOLVED, CalendarDays(9)),
        sample_clock("signed", Milestone.REPORTED, Milestone.INSTRUCTED, CalendarDays(9)),
    )
    walk = upward(clocks=clocks, rungs=())
    events = walk.do(c.Forward(reply="已办结"), CLERK)
    assert stopped(events) == [("up", True, "forwarded"), ("signed", False, "forwarded")]
    assert stopped(walk.do(c.Resolve(), HOUSING)) == [("settle", True, "resolved")]


def test_after_a_forwarding_the_case_is_cared_for_as_after_a_reply() -> None:
    """Rated, reopened, archived; the unit still speaks for it until it is handled again."""
    walk = upward()
    walk.do(c.Forward(), CLERK)
    for command, actor in ((c.ReportProgress(note="续办"), HOUSING), (c.Rate(score=4), CITIZEN)):
        walk.do(command, actor)
    walk.do(c.Reopen(reason="上级退回"), CLERK, beijing(3, 10, 9))
    assert walk.case.state is State.ACCEPTED
    assert walk.refused(c.ReportProgress(note="续办"), HOUSING).rule == "unit.not_holder"


@pytest.mark.parametrize(
    ("category", "command", "rule", "named"),
    [
        ("投诉", c.Publish(), "last_step.forward", "市政府综合一科"),
        ("咨询", c.Forward(), "last_step.publish", "公开回复"),
    ],
)
def test_an_answer_goes_where_the_policy_sends_it(
    category: str, command: Command, rule: str, named: str
) -> None:
    """Neither out where it goes up, nor up where it goes out."""
    walk = upward()
    if category != "投诉":
        walk.do(c.Classify(facts={"category": category}, reason="更正"), CLERK)
    refused = walk.refused(command, CLERK)
    assert refused.rule == rule
    assert named in refused.reason


@pytest.mark.parametrize(
    ("steps", "command", "actor", "rule"),
    [(6, c.Forward(), CLERK, "gate.open"), (8, c.Forward(), MAYOR, "workflow.role")],
)
def test_an_answer_goes_up_past_no_open_gate(
    steps: int, command: Command, actor: Actor, rule: str
) -> None:
    """The gates before publication stand before a forwarding too."""
    walk = Walk(sample_rules_with(last_steps=(UPWARD,))).steps(steps)
    refused: RefusedError = walk.refused(command, actor)
    assert refused.rule == rule
