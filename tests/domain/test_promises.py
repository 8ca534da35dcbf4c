"""Promises that set a limit: a day where the text says 限期, a plan where it asks for one."""

from __future__ import annotations

from datetime import date, time

import pytest

from wenzheng_core.domain import commands as c
from wenzheng_core.domain import events as e
from wenzheng_core.domain.cases import Clock
from wenzheng_core.domain.clockrules import Promise
from wenzheng_core.domain.commands import Command
from wenzheng_core.domain.drafts import Rules
from wenzheng_core.domain.escalation import Act
from wenzheng_core.domain.limits import CommittedDate, WorkingDays
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.domain.timelimits import TimeRules
from wenzheng_core.testing.builders import (
    CLERK,
    HOUSING,
    POLICE,
    Walk,
    beijing,
    sample_clock,
    sample_policy,
    sample_row,
    sample_rules_with,
)

PROMISE = c.Commit(commitment="p1", text="须招标", due=date(2025, 3, 20), clock="handle")
PLAN = c.SubmitPlan(
    clock="handle",
    explanation="须分期施工",
    steps=(c.PlanStep(date(2025, 3, 14), "勘察"), c.PlanStep(date(2025, 4, 30), "完工")),
)
REPORT = c.Report(findings="已修好", proposed_reply="您好")


def rules_with(
    promise: Promise | None = Promise.DATE, *, unit: bool = True, **more: object
) -> Rules:
    """One clock whose complaints wait for a promise; questions take five working days."""
    complain = sample_row(
        "hard", None, {"category": frozenset({"投诉"})}, promise=promise, no_limit="限期解决"
    )
    ask = sample_row("easy", WorkingDays(5), {"category": frozenset({"咨询"})})
    clock = sample_clock("handle", Milestone.ASSIGNED, Milestone.REPORTED, complain, ask, unit=unit)
    return sample_rules_with(clocks=(sample_policy().clocks[0], clock), **more)


def assigned(rules: Rules | None = None, *, assisting: tuple[str, ...] = ()) -> Walk:
    """A complaint that the housing office has had since 2025-03-03."""
    walk = Walk(rules or rules_with()).steps(2)
    walk.do(c.Assign(lead="housing", assisting=assisting), CLERK)
    return walk


def handle(walk: Walk, unit: str = "housing") -> Clock:
    """A unit's clock."""
    clock = walk.case.clock("handle", unit)
    assert clock is not None
    return clock


def moved(events: tuple[e.Event, ...]) -> e.ClockMoved:
    """The one clock that moved."""
    (event,) = [x for x in events if isinstance(x, e.ClockMoved)]
    return event


def test_a_promised_day_is_the_due_day() -> None:
    """The clock has none before; then it has the day, with its ladder, and is met or late by it."""
    walk = assigned()
    assert (handle(walk).due, walk.case.next_wake) == (None, None)
    events = walk.do(PROMISE, HOUSING)
    assert events[0] == e.Committed(
        commitment="p1", text="须招标", due=date(2025, 3, 20), by="housing", clock="handle"
    )
    move = moved(events)
    assert (move.cause, move.limit, move.due) == (
        "promised",
        CommittedDate(date(2025, 3, 20)),
        beijing(3, 21),
    )
    fired = [x for x in walk.tick(beijing(3, 21)) if isinstance(x, e.RungFired)]
    assert [x.act for x in fired] == [Act.YELLOW_CARD, Act.RED_CARD]
    assert handle(walk).breached(walk.at)


def test_nobody_reports_before_the_promise() -> None:
    """The refusal names what is to be promised; a settlement needs none."""
    walk = assigned()
    refused = walk.refused(REPORT, HOUSING)
    assert (refused.rule, refused.basis) == ("promise.missing", "样例第hard条")
    assert "限期(说明情况并承诺日期)" in refused.reason
    assert walk.refusal(c.Resolve(), HOUSING) is None
    walk.do(PROMISE, HOUSING)
    walk.do(REPORT, HOUSING)
    assert handle(walk).met


def test_a_promise_is_asked_of_whose_clock_it_is() -> None:
    """A helper's missing promise holds up its own report and not the lead's."""
    walk = assigned(assisting=("police",))
    assert walk.refused(c.Report(findings="已配合"), POLICE).rule == "promise.missing"
    walk.do(PROMISE, HOUSING)
    assert (handle(walk).limit, handle(walk, "police").limit) == (
        CommittedDate(PROMISE.due),
        None,
    )
    assert walk.refusal(REPORT, HOUSING) is None


def test_the_cases_own_clock_asks_the_lead() -> None:
    """Where the limit is of the case, a helper reports its part without a promise."""
    walk = assigned(rules_with(unit=False), assisting=("police",))
    assert walk.refused(REPORT, HOUSING).rule == "promise.missing"
    walk.do(c.Report(findings="已配合"), POLICE)
    walk.do(PROMISE, HOUSING)
    walk.do(REPORT, HOUSING)
    assert walk.case.clocks[-1].met


def test_a_unit_promises_once_and_the_office_may_set_the_day_anew() -> None:
    """Until the day has come; the first promise stays on record."""
    walk = assigned()
    walk.do(PROMISE, HOUSING)
    again = c.Commit(commitment="p2", text="再延", due=date(2025, 3, 28), clock="handle")
    refused = walk.refused(again, HOUSING)
    assert (refused.rule, "办公室" in refused.reason) == ("promise.twice", True)
    assert walk.refused(again, CLERK, beijing(3, 21)).rule == "promise.twice"
    assert moved(walk.do(again, CLERK, beijing(3, 20, 20))).due == beijing(3, 29)
    assert [made.id for made in walk.case.commitments] == ["p1", "p2"]


def test_the_office_promises_for_the_unit_that_it_names() -> None:
    """For a helper if it names one, else for the lead."""
    walk = assigned(assisting=("police",))
    walk.do(c.Commit(commitment="a", text="须招标", due=PROMISE.due, clock="handle"), CLERK)
    assert (handle(walk).due, handle(walk, "police").due) == (beijing(3, 21), None)
    named = c.Commit(commitment="b", text="同上", due=PROMISE.due, clock="handle", by="police")
    walk.do(named, CLERK)
    assert handle(walk, "police").due == beijing(3, 21)


def test_a_unit_that_gets_the_case_later_promises_for_itself() -> None:
    """What the first unit promised binds it alone; the steps of a second plan are named on."""
    walk = assigned(rules_with(Promise.PLAN))
    walk.do(PLAN, HOUSING)
    walk.do(c.Reassign(lead="police", reason="职责调整"), CLERK)
    assert walk.refused(REPORT, POLICE).rule == "promise.missing"
    walk.do(PLAN, POLICE)
    assert [(made.id, made.by) for made in walk.case.commitments] == [
        ("handle-1", "housing"),
        ("handle-2", "housing"),
        ("handle-3", "police"),
        ("handle-4", "police"),
    ]


def test_a_plan_is_a_row_of_promises() -> None:
    """Each step is tracked by its day, the last one is the due day of the clock."""
    walk = assigned(rules_with(Promise.PLAN))
    assert "工作方案和时间表" in walk.refused(REPORT, HOUSING).reason
    events = walk.do(PLAN, HOUSING)
    assert events[:3] == (
        e.PlanSubmitted(unit="housing", clock="handle", explanation="须分期施工"),
        e.Committed(
            commitment="handle-1", text="勘察", due=date(2025, 3, 14), by="housing", clock="handle"
        ),
        e.Committed(
            commitment="handle-2", text="完工", due=date(2025, 4, 30), by="housing", clock="handle"
        ),
    )
    assert moved(events).due == beijing(5, 1)
    walk.do(c.FulfilCommitment(commitment="handle-1"), HOUSING)
    lapsed = [x for x in walk.tick(beijing(5, 1)) if isinstance(x, e.CommitmentLapsed)]
    assert lapsed == [e.CommitmentLapsed(commitment="handle-2", scheduled=beijing(5, 1))]
    assert walk.refused(PLAN, HOUSING).rule == "promise.twice"


STEP = c.PlanStep(date(2025, 3, 14), "勘察")


@pytest.mark.parametrize(
    "steps",
    [
        (),
        (c.PlanStep(date(2025, 3, 2), "昨天"), STEP),
        (c.PlanStep(date(2025, 3, 20), "先"), STEP),
        (c.PlanStep(date(2025, 3, 14), " "),),
    ],
)
def test_a_plan_has_steps_in_order_and_ahead(steps: tuple[c.PlanStep, ...]) -> None:
    """None, one in the past, one before another, one without words: each is refused."""
    refused = assigned().refused(
        c.SubmitPlan(clock="handle", explanation="须分期", steps=steps), HOUSING
    )
    assert (refused.rule, "日期先后排列" in refused.reason) == ("plan.steps", True)


@pytest.mark.parametrize(
    ("command", "rule"),
    [
        (c.SubmitPlan(clock="handle", explanation=" ", steps=(STEP,)), "promise.explanation"),
        (
            c.Commit(commitment="p", text=" ", due=PROMISE.due, clock="handle"),
            "promise.explanation",
        ),
        (c.Commit(commitment="p", text="x", due=PROMISE.due, clock="none"), "policy.unknown_clock"),
        (c.Commit(commitment="p", text="x", due=PROMISE.due, clock="reply"), "promise.not_asked"),
        (
            c.Commit(commitment="p", text="x", due=date(2025, 3, 2), clock="handle"),
            "commitment.past",
        ),
    ],
)
def test_a_bad_promise_is_refused(command: Command, rule: str) -> None:
    """Unexplained, for a clock that does not ask for one or that is not there, or for yesterday."""
    assert assigned().refused(command, HOUSING).rule == rule


def test_a_row_with_a_number_asks_for_no_promise() -> None:
    """Nor does a clock that has not begun or has ended."""
    walk = assigned()
    walk.do(c.Classify(facts={"category": "咨询"}, reason="更正"), CLERK)
    assert walk.refused(PROMISE, HOUSING).rule == "promise.not_asked"
    assert walk.refusal(REPORT, HOUSING) is None
    waiting = Walk(rules_with()).steps(2)
    assert waiting.refused(PROMISE, CLERK).rule == "promise.not_asked"


def test_a_new_grade_takes_a_promise_back() -> None:
    """Graded as a question and back, the case asks for a promise again."""
    walk = assigned()
    walk.do(PROMISE, HOUSING)
    for category in ("咨询", "投诉"):
        walk.do(c.Classify(facts={"category": category}, reason="更正"), CLERK)
    assert walk.refused(REPORT, HOUSING).rule == "promise.missing"
    again = c.Commit(commitment="p2", text="须招标", due=PROMISE.due, clock="handle")
    walk.do(again, HOUSING)
    assert walk.refusal(REPORT, HOUSING) is None


def test_a_promise_ends_with_the_business_of_its_day() -> None:
    """Where due days end at five o'clock, nobody promises today at six; a mere promise may stand."""
    walk = assigned(rules_with(time=TimeRules(day_end=time(17))))
    today = c.Commit(commitment="p", text="今天办", due=date(2025, 3, 3), clock="handle")
    assert walk.refused(today, HOUSING, beijing(3, 3, 18)).rule == "commitment.past"
    loose = c.Commit(commitment="p", text="今天办", due=date(2025, 3, 3))
    assert walk.refusal(loose, HOUSING, beijing(3, 3, 18)) is None
    assert moved(walk.do(today, HOUSING, beijing(3, 3, 16))).due == beijing(3, 3, 17)


def test_a_promise_may_be_made_while_the_clock_stands_still() -> None:
    """It is a day that somebody names; the pause takes nothing out of it."""
    walk = assigned()
    walk.do(c.Pause(reason="check"), CLERK)
    walk.do(PROMISE, HOUSING)
    walk.do(c.Resume(), CLERK, beijing(3, 10, 9))
    assert handle(walk).due == beijing(3, 21)
