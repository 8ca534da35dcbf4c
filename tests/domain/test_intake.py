"""Receive, screen, classify, merge, link."""

from __future__ import annotations

import attrs
import pytest

from wenzheng_core.domain import commands as c
from wenzheng_core.domain import events as e
from wenzheng_core.domain.actors import Actor, Role
from wenzheng_core.domain.cases import Clock
from wenzheng_core.domain.commands import Request
from wenzheng_core.domain.deciding import open_case
from wenzheng_core.domain.drafts import Rules
from wenzheng_core.domain.errors import RefusedError
from wenzheng_core.domain.limits import CalendarDays
from wenzheng_core.domain.messages import Relation
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.domain.provisions import Campaign, DeclineReason
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


def test_a_clock_from_the_posting_counts_from_the_posting() -> None:
    """What the citizen wrote on Monday and the office had on Wednesday is answered from Monday on."""
    clock = sample_clock("open", Milestone.POSTED, Milestone.PUBLISHED, CalendarDays(3))
    rules = sample_rules_with(clocks=(clock,), rungs=())
    walk = Walk(rules, at=beijing(3, 5, 9), message=sample_message(posted=beijing(3, 3, 8)))
    (started,) = walk.case.clocks
    assert (started.started, started.due) == (beijing(3, 3, 8), beijing(3, 7))


COOL = Campaign(
    id="cool",
    title="清爽度夏",
    column="category",
    value="投诉",
    basis="样例",
    first=beijing(3, 1),
    until=beijing(4, 1),
    tag="【清爽度夏】",
)


def campaigned(*campaigns: Campaign, tag: str = "[清爽度夏]", **facts: str) -> Walk:
    """A message of the third of March whose text holds a tag, as people type it."""
    message = attrs.evolve(sample_message(), body=f"{tag}空调太热")
    return Walk(sample_rules_with(campaigns=campaigns), message=message, facts=facts)


def test_a_message_of_a_campaign_is_marked_on_receipt() -> None:
    """By its days and its tag, however the brackets are typed; no word of the citizen's is made up."""
    walk = campaigned(COOL)
    assert (walk.case.facts, walk.case.labels) == ({"category": "投诉"}, {})
    message = attrs.evolve(sample_message(), title="【清爽 度夏】停电")
    titled = Walk(sample_rules_with(campaigns=(COOL,)), message=message)
    assert titled.case.facts == {"category": "投诉"}


@pytest.mark.parametrize(
    "campaign",
    [
        attrs.evolve(COOL, first=START + HOUR),
        attrs.evolve(COOL, until=START),
        attrs.evolve(COOL, tag="【温暖过冬】"),
    ],
)
def test_a_message_outside_a_campaign_is_not_marked(campaign: Campaign) -> None:
    """Posted before or after its days, or without its tag."""
    assert campaigned(campaign).case.facts == {"category": "咨询"}


@pytest.mark.parametrize(
    "campaign",
    [attrs.evolve(COOL, tag=""), attrs.evolve(COOL, first=None, until=None)],
)
def test_a_campaign_may_have_days_alone_or_a_tag_alone(campaign: Campaign) -> None:
    """What it does not ask for is not looked at."""
    assert campaigned(campaign).case.facts == {"category": "投诉"}


def test_what_somebody_states_goes_before_a_campaign() -> None:
    """And of two campaigns the one that the policy names first decides."""
    assert campaigned(COOL, category="咨询").case.facts == {"category": "咨询"}
    other = attrs.evolve(COOL, id="other", value="咨询")
    assert campaigned(other, COOL).case.facts == {"category": "咨询"}
    assert campaigned(COOL, other).case.facts == {"category": "投诉"}


def test_a_case_is_linked_to_another_and_goes_on() -> None:
    """A thanks for an earlier case, a repetition of it; its state and clocks are untouched."""
    walk = Walk()
    before = walk.case
    linked = e.Linked(to="c2", relation=Relation.THANKS, note="来信致谢")
    assert walk.do(c.Link(to="c2", relation=Relation.THANKS, note="来信致谢"), CLERK) == (linked,)
    assert [(x.to, x.relation) for x in walk.case.links] == [("c2", Relation.THANKS)]
    assert (walk.case.state, walk.case.clocks) == (before.state, before.clocks)


def test_a_case_is_not_linked_to_itself() -> None:
    """The refusal says so."""
    refused = Walk().refused(c.Link(to="c1", relation=Relation.REPEAT), CLERK)
    assert (refused.rule, "自身" in refused.reason) == ("link.self", True)
