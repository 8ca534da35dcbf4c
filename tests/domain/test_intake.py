"""Receive, screen, classify, merge."""

from __future__ import annotations

import pytest

from wenzheng_core.domain import commands as c
from wenzheng_core.domain import events as e
from wenzheng_core.domain.cases import Clock
from wenzheng_core.domain.commands import Actor, Request, Role
from wenzheng_core.domain.deciding import open_case
from wenzheng_core.domain.drafts import Rules
from wenzheng_core.domain.errors import RefusedError
from wenzheng_core.domain.limits import CalendarDays
from wenzheng_core.domain.policies import DeclineReason, Milestone
from wenzheng_core.domain.tables import Column
from wenzheng_core.domain.workflow import State
from wenzheng_core.testing.builders import (
    CLERK,
    HOUR,
    HOUSING,
    MAYOR,
    POLICE,
    START,
    Walk,
    beijing,
    sample_clock,
    sample_message,
    sample_policy,
    sample_row,
    sample_rules,
    sample_rules_with,
)

CATEGORY = Column("category", ("咨询", "投诉"), "类别", aliases={"询问": "咨询"})
ASK = {"category": frozenset({"咨询"})}
COMPLAIN = {"category": frozenset({"投诉"})}


def by_category(*, default: str | None = None) -> Rules:
    """3 days to answer a question, 15 a complaint; the same 5 working days for the unit."""
    reply = sample_clock(
        "reply",
        Milestone.RECEIVED,
        Milestone.PUBLISHED,
        sample_row("ask", CalendarDays(3), ASK),
        sample_row("complain", CalendarDays(15), COMPLAIN),
    )
    handle = sample_policy().clocks[1]
    column = Column("category", CATEGORY.values, "类别", default, CATEGORY.aliases)
    return sample_rules_with(clocks=(reply, handle), columns=(column,))


def clock_of(walk: Walk, name: str = "reply") -> Clock:
    """The latest start of a clock."""
    found = walk.case.clock(name)
    assert found is not None
    return found


def kinds(events: tuple[e.Event, ...]) -> list[str]:
    """The names of the events."""
    return [type(event).__name__ for event in events]


def test_receiving_pins_the_rules_and_starts_the_citizens_clock() -> None:
    """The opening names policy, version and digest; the reply clock carries limit and due."""
    opened, started = (record.event for record in Walk().records)
    assert isinstance(opened, e.CaseOpened)
    assert (opened.policy, opened.policy_version, opened.policy_digest) == (
        "sample",
        "2025-1",
        "sample-digest",
    )
    assert isinstance(started, e.ClockStarted)
    assert (started.clock, started.unit, started.epoch) == ("reply", "", 1)
    assert (started.limit, started.started) == (CalendarDays(15), START)
    assert started.due == beijing(3, 19)


def test_the_citys_own_word_is_kept_beside_the_canonical_value() -> None:
    """A label stated on receipt is kept as well as one stated later."""
    assert Walk(by_category(), facts={"category": "询问"}).case.labels == {"category": "询问"}
    walk = Walk(by_category())
    walk.do(c.Classify(facts={"category": "询问"}), CLERK)
    assert (walk.case.facts, walk.case.labels) == ({"category": "咨询"}, {"category": "询问"})


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.SOURCE, Role.OFFICE, Role.SYSTEM}))
def test_only_receivers_open_a_case(role: Role) -> None:
    """A citizen, a unit or a leader does not register messages."""
    request = Request(c.Receive(message=sample_message()), Actor("x", role), START)
    with pytest.raises(RefusedError, match=role.label) as refused:
        open_case("c1", request, sample_rules())
    assert refused.value.rule == "workflow.role"


@pytest.mark.parametrize(
    ("receive", "rule", "named"),
    [
        (c.Receive(message=sample_message(posted=START + HOUR)), "receive.future", "留言时间"),
        (c.Receive(message=sample_message(), facts={"色": "红"}), "facts.unknown_column", "色"),
        (
            c.Receive(message=sample_message(), facts={"category": "赞"}),
            "facts.unknown_value",
            "赞",
        ),
    ],
)
def test_a_bad_receipt_is_refused(receive: c.Receive, rule: str, named: str) -> None:
    """A message from the future and facts that the policy does not know are refused."""
    with pytest.raises(RefusedError, match=named) as refused:
        open_case("c1", Request(receive, CLERK, START), sample_rules())
    assert refused.value.rule == rule


def test_accepting_moves_the_case_on() -> None:
    """Acceptance is one event and changes the state only."""
    walk = Walk()
    assert walk.do(c.Accept(), CLERK) == (e.Accepted(),)
    assert walk.case.state is State.ACCEPTED


def test_declining_answers_stops_the_clocks_and_counts() -> None:
    """The policy's answer goes out, the clock is met, and the case counts as replied."""
    walk = Walk()
    events = walk.do(c.Decline(reason="court"), CLERK)
    assert kinds(events) == ["Declined", "ClockStopped"]
    assert events[0] == e.Declined(reason="court", answer="请依法院程序。", counts_as_replied=True)
    assert (clock_of(walk).met, Milestone.PUBLISHED in walk.case.reached) == (True, True)
    assert walk.case.next_wake is None


def test_a_decline_that_does_not_count_is_answered_all_the_same() -> None:
    """Where the reason does not count the clock is released, not met; the own answer goes out."""
    reason = DeclineReason(
        code="ad", title="广告", answer="非受理范围。", basis="样例", counts_as_replied=False
    )
    walk = Walk(sample_rules_with(decline_reasons=(reason,)))
    declined, stopped = walk.do(c.Decline(reason="ad", answer=" 谢谢您的来信。 "), CLERK)
    assert isinstance(declined, e.Declined)
    assert declined.answer == walk.case.reply == "谢谢您的来信。"
    assert stopped == e.ClockStopped(clock="reply", epoch=1, met=False, cause="declined")
    assert Milestone.PUBLISHED not in walk.case.reached


def test_an_unknown_ground_for_declining_is_refused() -> None:
    """The refusal names the grounds that there are."""
    refused = Walk().refusal(c.Decline(reason="tired"), CLERK)
    assert refused is not None
    assert refused.rule == "decline.unknown_reason"
    assert "court(已入诉讼)" in refused.reason


def test_merging_silences_the_case() -> None:
    """Clocks end, units are released, and nothing will happen by itself."""
    walk = Walk().steps(4)
    events = walk.do(c.Merge(into="c2", reason="同一事项"), CLERK)
    stopped = [x for x in events if isinstance(x, e.ClockStopped)]
    assert {(x.met, x.cause) for x in stopped} == {(False, "merged")}
    assert events[-1] == e.Merged(into="c2", reason="同一事项")
    assert (walk.case.state, walk.case.next_wake, walk.case.holders) == (State.MERGED, None, ())
    assert walk.tick(beijing(6, 1)) == ()


def test_a_case_is_not_merged_into_itself() -> None:
    """The refusal says so."""
    refused = Walk().refusal(c.Merge(into="c1"), CLERK)
    assert refused is not None
    assert (refused.rule, "自身" in refused.reason) == ("merge.self", True)


def test_nothing_happens_before_what_has_happened() -> None:
    """An instant before the last record is refused, with both times."""
    refused = Walk().steps(1).refusal(c.Classify(facts={}), CLERK, START)
    assert refused is not None
    assert refused.rule == "time.backwards"
    assert "2025-03-03 09:30" in refused.reason


def test_screening_is_the_offices() -> None:
    """Neither a unit nor a leader accepts."""
    for actor in (HOUSING, POLICE, MAYOR):
        refused = Walk().refusal(c.Accept(), actor)
        assert refused is not None
        assert refused.rule == "workflow.role"
