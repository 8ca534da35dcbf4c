"""Contact, report, resolve."""

from __future__ import annotations

import pytest

from wenzheng_core.domain import commands as c
from wenzheng_core.domain import events as e
from wenzheng_core.domain.limits import ClockHours, WorkingDays
from wenzheng_core.domain.policies import Milestone
from wenzheng_core.domain.workflow import State
from wenzheng_core.testing.builders import (
    CLERK,
    HOUSING,
    POLICE,
    Walk,
    beijing,
    sample_clock,
    sample_rules_with,
)


def stops(events: tuple[e.Event, ...]) -> list[tuple[str, bool, str]]:
    """Unit, whether met, and cause, of every clock that stopped."""
    return [(x.unit, x.met, x.cause) for x in events if isinstance(x, e.ClockStopped)]


@pytest.mark.parametrize("reached", [True, False])
def test_an_attempt_to_reach_the_citizen_ends_the_units_contact_clock(reached: bool) -> None:
    """A failed attempt is logged and counts as well: it never holds up the case."""
    clock = sample_clock(
        "contact", Milestone.ASSIGNED, Milestone.CONTACTED, ClockHours(1440), unit=True
    )
    walk = Walk(sample_rules_with(clocks=(clock,), rungs=())).steps(4)
    events = walk.do(c.LogContact(reached=reached, channel="短信", note="无人接听"), HOUSING)
    logged = e.ContactLogged(unit="housing", reached=reached, channel="短信", note="无人接听")
    assert events[0] == logged
    assert stops(events) == [("housing", True, "contacted")]
    assert walk.case.state is State.HANDLING
    assert [(x.unit, x.reached) for x in walk.case.contacts] == [("housing", reached)]


def test_the_offices_own_call_ends_no_units_clock() -> None:
    """The office may log a contact; what the unit owes it still owes."""
    clock = sample_clock(
        "contact", Milestone.ASSIGNED, Milestone.CONTACTED, ClockHours(1440), unit=True
    )
    walk = Walk(sample_rules_with(clocks=(clock,), rungs=())).steps(3)
    events = walk.do(c.LogContact(reached=True), CLERK)
    assert [type(x) for x in events] == [e.ContactLogged]


def test_the_leads_report_brings_the_case_to_the_office() -> None:
    """Its clock is met, those of silent helpers are released, the reply is proposed."""
    walk = Walk().steps(4)
    events = walk.do(c.Report(findings="已修好", proposed_reply="您好"), HOUSING)
    assert events[0] == e.Reported(
        unit="housing", lead=True, findings="已修好", proposed_reply="您好"
    )
    assert stops(events) == [("housing", True, "reported"), ("police", False, "lead_reported")]
    assert (walk.case.state, walk.case.proposed_reply) == (State.REPORTED, "您好")
    reply = walk.case.clock("reply")
    assert reply is not None
    assert reply.running


def test_a_helpers_report_only_ends_its_part() -> None:
    """Its own clock is met; the case stays where it is, and so does the lead's clock."""
    walk = Walk().steps(4)
    events = walk.do(c.Report(findings="已配合", proposed_reply="不是我的"), POLICE)
    assert isinstance(events[0], e.Reported)
    assert not events[0].lead
    assert stops(events) == [("police", True, "reported")]
    assert (walk.case.state, walk.case.proposed_reply) == (State.HANDLING, "")
    assert stops(walk.do(c.Report(findings="已修好"), HOUSING)) == [("housing", True, "reported")]


def test_a_report_says_what_was_done() -> None:
    """An empty one is refused."""
    refused = Walk().steps(4).refused(c.Report(findings=" "), HOUSING)
    assert (refused.rule, "办理情况" in refused.reason) == ("report.empty", True)


def test_a_helper_reports_once() -> None:
    """The second report of the same unit is refused."""
    walk = Walk().steps(4)
    walk.do(c.Report(findings="已配合"), POLICE)
    refused = walk.refused(c.Report(findings="又配合"), POLICE)
    assert (refused.rule, "已经反馈" in refused.reason) == ("report.twice", True)


def test_a_helpers_part_survives_a_rework_of_the_lead() -> None:
    """What an assisting unit reported stays reported when the lead's report is returned."""
    walk = Walk().steps(4)
    walk.do(c.Report(findings="已配合"), POLICE)
    walk.do(c.Report(findings="已修好", proposed_reply="您好"), HOUSING)
    walk.do(c.ReturnForRework(reason="不详"), CLERK)
    assert [(h.unit, h.reported is not None) for h in walk.case.holders] == [
        ("housing", False),
        ("police", True),
    ]


def test_a_report_after_the_due_instant_finds_its_cards_there() -> None:
    """The cards come first, with their scheduled instants, then the report."""
    walk = Walk().steps(2)
    walk.do(c.Assign(lead="housing"), CLERK)
    events = walk.do(c.Report(findings="已修好"), HOUSING, beijing(3, 11))
    assert [type(x).__name__ for x in events] == [
        "RungFired",
        "RungFired",
        "Reported",
        "ClockStopped",
    ]
    clock = walk.case.clock("handle")
    assert clock is not None
    assert (clock.met, clock.breached(walk.at)) == (True, True)


def test_a_report_just_before_the_due_instant_is_in_time() -> None:
    """The due day belongs to the limit up to its last moment."""
    walk = Walk().steps(2)
    walk.do(c.Assign(lead="housing"), CLERK)
    walk.do(c.Report(findings="已修好"), HOUSING, beijing(3, 10, 23, 59))
    clock = walk.case.clock("handle")
    assert clock is not None
    assert not clock.breached(beijing(12, 1))


def test_resolving_is_not_publishing() -> None:
    """A clock to the settlement of the matter runs on after the reply, until it is settled."""
    clock = sample_clock("settle", Milestone.ASSIGNED, Milestone.RESOLVED, WorkingDays(5))
    walk = Walk(sample_rules_with(clocks=(clock,), rungs=())).steps(9)
    assert walk.case.clocks[0].running
    events = walk.do(c.Resolve(note="路灯已亮"), HOUSING)
    assert events[0] == e.Resolved(note="路灯已亮")
    assert stops(events) == [("", True, "resolved")]
    refused = walk.refused(c.Resolve(), CLERK)
    assert (refused.rule, "已经办结" in refused.reason) == ("resolve.twice", True)


def test_a_reopened_matter_is_settled_again() -> None:
    """The settlement of the first handling does not stand for the second."""
    clock = sample_clock("settle", Milestone.ASSIGNED, Milestone.RESOLVED, WorkingDays(5))
    walk = Walk(sample_rules_with(clocks=(clock,), rungs=())).steps(9)
    walk.do(c.Resolve(), HOUSING)
    first = walk.case.reached[Milestone.RESOLVED]
    walk.do(c.Reopen(reason="又坏了"), CLERK)
    walk.do(c.Assign(lead="police"), CLERK)
    assert stops(walk.do(c.Resolve(), POLICE)) == [("", True, "resolved")]
    assert walk.case.reached[Milestone.RESOLVED] == first
