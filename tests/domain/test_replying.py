"""Review, approve, return for rework, publish."""

from __future__ import annotations

import pytest

from wenzheng_core.domain import commands as c
from wenzheng_core.domain import events as e
from wenzheng_core.domain.actors import Actor, Role
from wenzheng_core.domain.cases import Clock
from wenzheng_core.domain.clockrules import REWORK
from wenzheng_core.domain.commands import Command
from wenzheng_core.domain.gates import Gate, GateAct
from wenzheng_core.domain.limits import CalendarDays, WorkingDays
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.domain.workflow import State
from wenzheng_core.testing.builders import (
    CLERK,
    HOUSING,
    MAYOR,
    Walk,
    beijing,
    sample_clock,
    sample_rules_with,
)

DEPUTY = Actor("deputy-1", Role.LEADER, offices=("副市长",))
REPORT = c.Report(findings="已修好", proposed_reply="您好,已修复。")


def reported(**policy: object) -> Walk:
    """The lead has reported, with a proposed reply."""
    return Walk(sample_rules_with(**policy)).steps(6)


def handle(walk: Walk) -> Clock:
    """The lead's clock."""
    clock = walk.case.clock("handle", "housing")
    assert clock is not None
    return clock


def test_the_gates_are_passed_in_order_and_the_reply_goes_out() -> None:
    """Review, approval, publication: the reply proposed is what is published."""
    walk = reported()
    assert walk.do(c.Review(note="可"), CLERK) == (
        e.GatePassed(gate="review", act=GateAct.REVIEW, by="办公室", note="可"),
    )
    assert walk.case.state is State.REVIEWED
    assert walk.do(c.Approve(), MAYOR) == (
        e.GatePassed(gate="approve", act=GateAct.APPROVE, by="市长"),
    )
    assert walk.case.state is State.APPROVED
    published, stopped, released = walk.do(c.Publish(), CLERK)
    assert published == e.Published(reply="您好,路灯已修复。")
    assert stopped == e.ClockStopped(clock="reply", epoch=1, met=True, cause="published")
    assert released == e.Released(units=("housing", "police"), cause="published")
    assert walk.case.next_wake is None


def test_the_office_may_word_the_reply_itself() -> None:
    """What is given with the command goes before what was proposed."""
    (published, *_) = Walk().steps(8).do(c.Publish(reply=" 您好!"), CLERK)
    assert published == e.Published(reply="您好!")


def test_nothing_is_published_past_an_open_gate() -> None:
    """The refusal names whose act is missing, and the article that asks for it."""
    gates = (
        Gate(id="review", act=GateAct.REVIEW, by="办公室", basis="第七条"),
        Gate(id="approve", act=GateAct.APPROVE, by="市长", basis="第八条"),
    )
    walk = reported(gates=gates)
    refused = walk.refused(c.Publish(), CLERK)
    assert (refused.rule, refused.basis) == ("gate.open", "第七条")
    assert "办公室审核" in refused.reason
    walk.do(c.Review(), CLERK)
    refused = walk.refused(c.Publish(), CLERK)
    assert (refused.rule, refused.basis) == ("gate.open", "第八条")
    assert "市长审定" in str(refused)
    assert "第八条" in str(refused)


def test_a_gate_stands_only_for_the_cases_that_it_names() -> None:
    """Its condition looks at the facts as they are now, classified meanwhile or not."""
    complaint = {"category": frozenset({"投诉"})}
    gate = Gate(id="approve", act=GateAct.APPROVE, by="市长", basis="样例", conditions=(complaint,))
    walk = reported(gates=(gate,))
    assert walk.refused(c.Publish(), CLERK).rule == "gate.open"
    walk.do(c.Classify(facts={"category": "咨询"}, reason="误判"), CLERK)
    assert walk.refusal(c.Publish(), CLERK) is None
    refused = walk.refused(c.Approve(), MAYOR)
    assert (refused.rule, "审定" in refused.reason) == ("gate.none", True)


def test_only_the_holder_of_the_office_named_approves() -> None:
    """Another leader is refused, with the office that must act."""
    walk = reported()
    walk.do(c.Review(), CLERK)
    for actor in (DEPUTY, Actor("x", Role.LEADER)):
        refused = walk.refused(c.Approve(), actor)
        assert (refused.rule, refused.basis) == ("gate.approver", "样例")
        assert "市长" in refused.reason


@pytest.mark.parametrize(
    ("command", "actor", "rule", "named"),
    [
        (c.Approve(), MAYOR, "gate.order", "须先经办公室审核"),
        (c.ReturnForRework(reason=" "), CLERK, "rework.reason", "理由"),
    ],
)
def test_a_bad_step_is_refused(command: Command, actor: Actor, rule: str, named: str) -> None:
    """No approval before the review, no return without a reason."""
    refused = reported().refused(command, actor)
    assert refused.rule == rule
    assert named in refused.reason


def test_a_reviewed_reply_is_not_reviewed_again() -> None:
    """Every gate is passed once."""
    walk = reported()
    walk.do(c.Review(), CLERK)
    assert walk.refused(c.Review(), CLERK).rule == "gate.none"


def test_an_approval_may_take_two_leaders_and_a_review_may_follow() -> None:
    """Any sequence of gates can be walked to its end: none leaves a reply stuck."""
    gates = (
        Gate(id="first", act=GateAct.APPROVE, by="副市长", basis="样例"),
        Gate(id="second", act=GateAct.APPROVE, by="市长", basis="样例"),
        Gate(id="words", act=GateAct.REVIEW, by="办公室", basis="样例"),
        Gate(id="form", act=GateAct.REVIEW, by="办公室", basis="样例"),
    )
    walk = reported(gates=gates)
    assert walk.refused(c.Approve(), MAYOR).rule == "gate.approver"
    for command, actor in (
        (c.Approve(), DEPUTY),
        (c.Approve(), MAYOR),
        (c.Review(), CLERK),
        (c.Review(), CLERK),
    ):
        walk.do(command, actor)
    assert [passed.gate for passed in walk.case.gates] == ["first", "second", "words", "form"]
    assert walk.refusal(c.Publish(), CLERK) is None


def test_nothing_is_not_a_reply() -> None:
    """Neither proposed nor given: refused."""
    walk = Walk(sample_rules_with(gates=())).steps(5)
    walk.do(c.Report(findings="已修好"), HOUSING)
    refused = walk.refused(c.Publish(reply="  "), CLERK)
    assert (refused.rule, "回复" in refused.reason) == ("publish.empty", True)


def test_a_return_voids_the_gates_and_the_original_limit_runs_on() -> None:
    """The lead's clock runs again to its old due instant; what was passed must be passed anew."""
    walk = reported()
    walk.do(c.Review(), CLERK)
    due = handle(walk).due
    returned, reopened = walk.do(c.ReturnForRework(reason="答非所问"), MAYOR, beijing(3, 4))
    assert returned == e.ReturnedForRework(reason="答非所问")
    assert isinstance(reopened, e.ClockReopened)
    assert (reopened.clock, reopened.unit, reopened.epoch) == ("handle", "housing", 1)
    assert [rung.rung for rung in reopened.rungs] == ["warn", "late"]
    assert (walk.case.state, walk.case.gates) == (State.HANDLING, ())
    assert (handle(walk).running, handle(walk).due) == (True, due)
    walk.do(REPORT, HOUSING)
    assert handle(walk).met
    assert walk.refused(c.Publish(), CLERK).rule == "gate.open"


def test_nobody_is_carded_for_the_days_of_the_review() -> None:
    """A rung whose instant passed while the office had the report stays silent, whatever moves."""
    walk = reported()
    walk.do(c.ReturnForRework(reason="不详"), CLERK, beijing(3, 7, 9))
    walk.do(c.Pause(reason="check"), CLERK, beijing(3, 7, 10))
    walk.do(c.Resume(), CLERK, beijing(3, 7, 11))
    assert [rung.rung for rung in handle(walk).rungs] == ["late"]
    fired = [x.rung for x in walk.tick(beijing(4, 1)) if isinstance(x, e.RungFired)]
    assert fired == ["late"]


def test_a_rework_may_have_a_limit_of_its_own() -> None:
    """It starts with the return, has no ladder, and is met by the next report."""
    walk = reported()
    events = walk.do(
        c.ReturnForRework(reason="不详", within=WorkingDays(2)), CLERK, beijing(3, 4, 9)
    )
    started = events[-1]
    assert isinstance(started, e.ClockStarted)
    assert (started.clock, started.unit, started.due) == (REWORK, "housing", beijing(3, 7))
    assert started.rungs == ()
    stopped = [x for x in walk.do(REPORT, HOUSING) if isinstance(x, e.ClockStopped)]
    assert {(x.clock, x.met) for x in stopped} == {(REWORK, True), ("handle", True)}


def test_the_clock_of_a_gate_runs_from_the_report_to_the_approval() -> None:
    """The office and the leader have a limit too; it starts once in each opening."""
    gate_clock = sample_clock("gate", Milestone.REPORTED, Milestone.APPROVED, CalendarDays(2))
    walk = reported(clocks=(gate_clock,), rungs=())
    assert walk.case.clocks[0].due == beijing(3, 6)
    walk.do(c.Review(), CLERK)
    assert walk.case.clocks[0].running
    walk.do(c.Approve(), MAYOR)
    assert walk.case.clocks[0].met


def test_publishing_ends_whatever_waits_for_an_earlier_step() -> None:
    """A clock to a gate that this case need not pass has nothing to wait for any more."""
    gate_clock = sample_clock("gate", Milestone.REPORTED, Milestone.APPROVED, CalendarDays(2))
    walk = reported(clocks=(gate_clock,), rungs=(), gates=())
    events = walk.do(c.Publish(), CLERK)
    assert events[1] == e.ClockStopped(clock="gate", epoch=1, met=False, cause="published")
