"""Facts stated and changed: what they do to the clocks."""

from __future__ import annotations

from wenzheng_core.domain import commands as c
from wenzheng_core.domain import events as e
from wenzheng_core.domain.cases import Clock
from wenzheng_core.domain.drafts import Rules
from wenzheng_core.domain.limits import CalendarDays, WorkingDays
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.domain.tables import Column
from wenzheng_core.testing.builders import (
    CLERK,
    HOUSING,
    START,
    Walk,
    beijing,
    sample_clock,
    sample_policy,
    sample_row,
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


def test_missing_facts_hold_back_the_receipt_clock() -> None:
    """No clock until the case is classified; then it counts from the receipt, not from today."""
    walk = Walk(by_category())
    assert not walk.case.clocks
    walk.do(c.Accept(), CLERK)
    events = walk.do(c.Classify(facts={"category": "咨询"}), CLERK, beijing(3, 5))
    assert kinds(events) == ["Classified", "ClockStarted"]
    assert (clock_of(walk).started, clock_of(walk).due) == (START, beijing(3, 7))


def test_an_overdue_held_back_clock_is_breached_at_once() -> None:
    """Whoever classifies too late finds the limit passed."""
    walk = Walk(by_category())
    walk.do(c.Classify(facts={"category": "咨询"}), CLERK, beijing(3, 8))
    assert clock_of(walk).breached(walk.at)


def test_assigning_without_the_facts_that_a_limit_needs_is_refused() -> None:
    """After receipt nothing waits: the refusal names the column and its values."""
    rows = (
        sample_row("ask", WorkingDays(3), ASK),
        sample_row("complain", WorkingDays(9), COMPLAIN),
    )
    handle = sample_clock("handle", Milestone.ASSIGNED, Milestone.REPORTED, *rows, unit=True)
    walk = Walk(sample_rules_with(clocks=(handle,), columns=(CATEGORY,)))
    walk.do(c.Accept(), CLERK)
    refused = walk.refusal(c.Assign(lead="housing"), CLERK)
    assert refused is not None
    assert refused.rule == "facts.missing"
    assert "类别(咨询、投诉)" in refused.reason


def test_regrading_counts_from_the_original_start() -> None:
    """A changed fact moves the due instant as if it had been known from the beginning."""
    walk = Walk(by_category(default="咨询"))
    assert clock_of(walk).due == beijing(3, 7)
    _, moved = walk.do(c.Classify(facts={"category": "投诉"}), CLERK, beijing(3, 6))
    assert isinstance(moved, e.ClockMoved)
    assert (moved.cause, moved.row, moved.due) == ("classified", "complain", beijing(3, 19))
    assert clock_of(walk).started == START


def test_regrading_never_unbreaches() -> None:
    """A clock already due keeps its due instant whatever the case is called afterwards."""
    walk = Walk(by_category(default="咨询"))
    events = walk.do(c.Classify(facts={"category": "投诉"}), CLERK, beijing(3, 7))
    assert kinds(events) == ["Classified"]
    assert clock_of(walk).due == beijing(3, 7)
    assert clock_of(walk).breached(walk.at)


def test_changing_a_stated_fact_needs_a_reason() -> None:
    """The first statement needs none, the second does; the event keeps it."""
    walk = Walk(by_category(default="咨询"))
    walk.do(c.Classify(facts={"category": "投诉"}), CLERK)
    change = c.Classify(facts={"category": "咨询"})
    refused = walk.refusal(change, CLERK)
    assert refused is not None
    assert (refused.rule, "理由" in refused.reason) == ("classify.reason", True)
    event = walk.do(c.Classify(facts=change.facts, reason="误判"), CLERK)[0]
    assert isinstance(event, e.Classified)
    assert event.reason == "误判"


def test_a_fact_stated_on_receipt_is_not_changed_without_a_reason() -> None:
    """Even where it equals the default, somebody has said it."""
    walk = Walk(by_category(default="咨询"), facts={"category": "咨询"})
    refused = walk.refusal(c.Classify(facts={"category": "投诉"}), CLERK)
    assert refused is not None
    assert refused.rule == "classify.reason"


def test_an_extended_clock_is_not_regraded_into_another_unit() -> None:
    """An extension in working days cannot lengthen a limit in calendar days."""
    rows = (
        sample_row("ask", WorkingDays(5), ASK),
        sample_row("complain", CalendarDays(30), COMPLAIN),
    )
    handle = sample_clock("handle", Milestone.ASSIGNED, Milestone.REPORTED, *rows, unit=True)
    column = Column("category", CATEGORY.values, "类别", "咨询")
    walk = Walk(sample_rules_with(clocks=(handle,), columns=(column,)))
    walk.do(c.Accept(), CLERK)
    walk.do(c.Assign(lead="housing"), CLERK)
    walk.do(c.RequestExtension(clock="handle", by=WorkingDays(2), reason="取证"), HOUSING)
    walk.do(c.GrantExtension(clock="handle"), CLERK)
    refused = walk.refusal(c.Classify(facts={"category": "投诉"}), CLERK)
    assert refused is not None
    assert refused.rule == "clock.regrade_extended"
    assert "延期" in refused.reason


def test_classifying_says_something() -> None:
    """A classification without any fact is refused."""
    assert Walk(by_category()).refused(c.Classify(facts={}), CLERK).rule == "classify.nothing"
