"""After the reply: call back, rate, promises, reopen, archive."""

from __future__ import annotations

from datetime import date

import attrs
import pytest

from wenzheng_core.domain import commands as c
from wenzheng_core.domain import events as e
from wenzheng_core.domain.actors import SYSTEM, Actor, Role
from wenzheng_core.domain.commands import Command
from wenzheng_core.domain.escalation import Act
from wenzheng_core.domain.limits import CalendarDays, WorkingDays
from wenzheng_core.domain.messages import SourceKind
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.domain.tables import Column
from wenzheng_core.domain.workflow import State
from wenzheng_core.testing.builders import (
    CITIZEN,
    CLERK,
    HOUSING,
    MAYOR,
    POLICE,
    Walk,
    beijing,
    sample_clock,
    sample_message,
    sample_policy,
    sample_row,
    sample_rules_with,
)

PROMISE = c.Commit(commitment="p1", text="三月底前修好", due=date(2025, 3, 31))


def published() -> Walk:
    """Answered on the day of its receipt."""
    return Walk().steps(9)


def test_a_call_back_is_recorded_whether_or_not_it_reached_anybody() -> None:
    """Each call stands for itself, with whether it reached the citizen."""
    walk = published()
    assert walk.do(c.CallBack(reached=False, note="关机"), CLERK) == (
        e.CalledBack(reached=False, note="关机"),
    )
    walk.do(c.CallBack(reached=True), HOUSING)
    walk.do(c.CallBack(reached=False), CLERK)
    assert [call.reached for call in walk.case.calls] == [False, True, False]


def test_a_later_rating_replaces_an_earlier_one() -> None:
    """The citizen's last word counts; a platform may bring it."""
    walk = published()
    assert walk.do(c.Rate(score=2, note="慢"), CITIZEN) == (e.Rated(score=2, note="慢"),)
    walk.do(c.Rate(score=5), Actor("sample", Role.SOURCE))
    assert walk.case.rating == 5


@pytest.mark.parametrize("score", [0, 6, -1])
def test_a_rating_is_from_one_to_five(score: int) -> None:
    """Anything else is refused with the range."""
    refused = published().refused(c.Rate(score=score), CITIZEN)
    assert (refused.rule, "1 至 5" in refused.reason) == ("rate.range", True)


def test_a_promise_is_tracked_and_kept() -> None:
    """Who made it, by when, and that it was kept; nothing waits any more."""
    walk = published()
    assert walk.do(PROMISE, HOUSING) == (
        e.Committed(commitment="p1", text="三月底前修好", due=date(2025, 3, 31), by="housing"),
    )
    assert walk.case.next_wake == beijing(4, 1)
    kept = c.FulfilCommitment(commitment="p1", note="已修")
    assert walk.do(kept, CLERK) == (e.CommitmentFulfilled(commitment="p1", note="已修"),)
    assert walk.case.next_wake is None
    refused = walk.refused(kept, CLERK)
    assert (refused.rule, "已经兑现" in refused.reason) == ("commitment.fulfilled", True)


def test_a_promise_lapses_with_its_day_after_archiving_too() -> None:
    """Once, by itself; it may still be kept late."""
    walk = published()
    walk.do(PROMISE, CLERK)
    walk.do(c.Archive(), CLERK)
    assert walk.tick(beijing(3, 31, 23, 59)) == ()
    assert walk.tick(beijing(4, 1)) == (
        e.CommitmentLapsed(commitment="p1", scheduled=beijing(4, 1)),
    )
    assert walk.tick(beijing(4, 2)) == ()
    walk.do(c.FulfilCommitment(commitment="p1"), CLERK)
    (promise,) = walk.case.commitments
    assert (promise.lapsed, promise.fulfilled) == (True, walk.at)


def test_a_promise_belongs_to_who_made_it() -> None:
    """The one named, else the unit, else the person."""
    walk = published()
    walk.do(PROMISE, CLERK)
    walk.do(c.Commit(commitment="p2", text="x", due=PROMISE.due, by="市政公司"), CLERK)
    assert [x.by for x in walk.case.commitments] == ["office-1", "市政公司"]


@pytest.mark.parametrize(
    ("command", "rule", "named"),
    [
        (PROMISE, "commitment.twice", "p1"),
        (
            c.Commit(commitment="p2", text="昨天", due=date(2025, 3, 2)),
            "commitment.past",
            "已经过去",
        ),
        (c.FulfilCommitment(commitment="p9"), "commitment.unknown", "p9"),
        (c.Reopen(reason=" "), "reopen.reason", "理由"),
    ],
)
def test_a_bad_request_is_refused(command: Command, rule: str, named: str) -> None:
    """Twice the same promise, a day that has passed, an unknown one, no reason to reopen."""
    walk = published()
    walk.do(PROMISE, CLERK)
    refused = walk.refused(command, CLERK)
    assert refused.rule == rule
    assert named in refused.reason


def test_a_promise_for_today_stands() -> None:
    """Its day has not ended."""
    walk = published()
    assert walk.refusal(c.Commit(commitment="p", text="x", due=date(2025, 3, 3)), CLERK) is None


def test_reopening_keeps_breaches_and_starts_the_cases_clocks_afresh() -> None:
    """The red card and the late clock stay; the new clock counts from the reopening."""
    walk = Walk().steps(3)
    walk.do(c.Report(findings="晚了", proposed_reply="您好"), HOUSING, beijing(3, 20))
    for command, actor in ((c.Review(), CLERK), (c.Approve(), MAYOR), (c.Publish(), CLERK)):
        walk.do(command, actor)
    events = walk.do(c.Reopen(reason="又坏了"), CLERK, beijing(4, 1, 9))
    assert [type(x).__name__ for x in events] == ["Reopened", "ClockStarted"]
    old, new = (x for x in walk.case.clocks if x.id == "reply")
    assert (old.breached(walk.at), old.epoch, new.epoch) == (True, 1, 2)
    assert (new.started, new.due) == (beijing(4, 1, 9), beijing(4, 17))
    assert len(walk.case.cards(Act.RED_CARD)) == 2
    assert (walk.case.state, walk.case.gates, walk.case.holders) == (State.ACCEPTED, (), ())
    assert walk.case.reached[Milestone.PUBLISHED] < walk.at


def test_reopening_ends_what_ran_on_after_the_reply() -> None:
    """A clock to the settlement is released, and the new one starts with the next assignment."""
    clock = sample_clock("settle", Milestone.ASSIGNED, Milestone.RESOLVED, WorkingDays(5))
    walk = Walk(sample_rules_with(clocks=(clock,), rungs=())).steps(9)
    events = walk.do(c.Reopen(reason="又坏了"), CLERK)
    assert events[0] == e.ClockStopped(clock="settle", epoch=1, met=False, cause="reopened")
    walk.do(c.Assign(lead="police"), CLERK)
    assert [(x.epoch, x.running) for x in walk.case.clocks] == [(1, False), (2, True)]


def test_a_declined_case_that_is_reopened_gets_its_clock_once_classified() -> None:
    """Unclassified when declined, it waits for its facts, and counts from the reopening."""
    table = sample_policy().columns[0]
    column = Column("category", table.values, table.title)
    only = {"category": frozenset({"投诉"})}, {"category": frozenset({"咨询"})}
    rows = (
        sample_row("complain", CalendarDays(15), only[0]),
        sample_row("ask", CalendarDays(3), only[1]),
    )
    reply = sample_clock("reply", Milestone.RECEIVED, Milestone.PUBLISHED, *rows)
    walk = Walk(sample_rules_with(clocks=(reply,), rungs=(), columns=(column,)))
    walk.do(c.Decline(reason="court"), CLERK)
    walk.do(c.Reopen(reason="已撤诉"), CLERK, beijing(4, 1, 9))
    assert walk.case.clocks == ()
    walk.do(c.Classify(facts={"category": "咨询"}), CLERK)
    (clock,) = walk.case.clocks
    assert (clock.started, clock.due) == (beijing(4, 1, 9), beijing(4, 5))


def test_archiving_closes_the_file() -> None:
    """Clocks that still ran are released; the system may do it by itself."""
    clock = sample_clock("settle", Milestone.ASSIGNED, Milestone.RESOLVED, WorkingDays(5))
    walk = Walk(sample_rules_with(clocks=(clock,), rungs=())).steps(9)
    events = walk.do(c.Archive(), SYSTEM)
    assert events == (
        e.ClockStopped(clock="settle", epoch=1, met=False, cause="archived"),
        e.Archived(),
    )
    assert (walk.case.state, walk.case.next_wake) == (State.ARCHIVED, None)


def test_a_merged_case_that_is_reopened_stands_for_itself_again() -> None:
    """Once archived it may be taken up again, and then follows no other case."""
    walk = Walk()
    walk.do(c.Merge(into="c2"), CLERK)
    walk.do(c.Archive(), CLERK)
    assert walk.case.merged_into == "c2"
    walk.do(c.Reopen(reason="另有事项"), CLERK)
    assert walk.case.merged_into == ""
    walk.do(c.Assign(lead="police"), CLERK)
    assert walk.refusal(c.Claim(), POLICE) is None


@pytest.mark.parametrize("command", [c.CallBack(reached=True), c.Rate(score=5)])
def test_nobody_is_asked_who_wrote_to_nobody(command: Command) -> None:
    """What the office came upon by watching forums has no writer to be called back or to rate."""
    message = attrs.evolve(sample_message(), kind=SourceKind.PROACTIVE_MONITORING)
    walk = Walk(message=message).steps(9)
    actor = CITIZEN if isinstance(command, c.Rate) else CLERK
    refused = walk.refused(command, actor)
    assert (refused.rule, "监测" in refused.reason) == ("message.unaddressed", True)
    assert published().refusal(command, actor) is None


def test_a_call_ends_the_clock_to_it_whether_or_not_anybody_answered() -> None:
    """As with any contact: the attempt is what the office owes."""
    clock = sample_clock("call", Milestone.REPORTED, Milestone.CALLED_BACK, CalendarDays(3))
    walk = Walk(sample_rules_with(clocks=(clock,), rungs=())).steps(6)
    events = walk.do(c.CallBack(reached=False), CLERK)
    assert events[-1] == e.ClockStopped(clock="call", epoch=1, met=True, cause="called_back")


def test_reopening_starts_a_clock_from_the_posting_too() -> None:
    """The second handling counts from the reopening, as if the citizen had written again."""
    clock = sample_clock("open", Milestone.POSTED, Milestone.PUBLISHED, CalendarDays(3))
    walk = Walk(sample_rules_with(clocks=(clock,), rungs=())).steps(9)
    walk.do(c.Reopen(reason="又坏了"), CLERK, beijing(4, 1, 9))
    assert [(x.epoch, x.started) for x in walk.case.clocks][1:] == [(2, beijing(4, 1, 9))]
