"""Contact, first action, interim measures, progress, report, resolve."""

from __future__ import annotations

from datetime import date

import pytest

from wenzheng_core.domain import commands as c
from wenzheng_core.domain import events as e
from wenzheng_core.domain.actors import Actor, Role
from wenzheng_core.domain.limits import ClockHours, WorkingDays
from wenzheng_core.domain.milestones import Milestone
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
    assert events[0] == e.Resolved(note="路灯已亮", unit="housing")
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


FIRST = sample_clock("first", Milestone.ASSIGNED, Milestone.FIRST_ACTION, WorkingDays(1), unit=True)
"""The time in which a unit must take the matter up."""


def beginning() -> Walk:
    """Assigned to housing with the police assisting, each with a clock to its first action."""
    return Walk(sample_rules_with(clocks=(FIRST,), rungs=())).steps(3)


def test_handling_begins_with_the_first_action() -> None:
    """It ends the clock to it, is not the end of the handling, and comes once."""
    walk = beginning()
    events = walk.do(c.TakeFirstAction(note="已到现场"), HOUSING)
    assert events[0] == e.FirstActionTaken(unit="housing", note="已到现场")
    assert stops(events) == [("housing", True, "first_action")]
    assert (walk.case.state, walk.case.reached[Milestone.FIRST_ACTION]) == (
        State.ASSIGNED,
        walk.at,
    )
    refused = walk.refused(c.TakeFirstAction(), HOUSING)
    assert (refused.rule, "已经着手" in refused.reason) == ("first_action.twice", True)
    assert walk.refused(c.TakeFirstAction(), CLERK).rule == "first_action.twice"


def test_each_unit_that_is_waited_for_begins() -> None:
    """An assisting unit and one that gets the case later have clocks of their own to end."""
    walk = beginning()
    walk.do(c.TakeFirstAction(), CLERK)
    assert stops(walk.do(c.TakeFirstAction(), POLICE)) == [("police", True, "first_action")]
    walk.do(c.Reassign(lead="police", reason="职责调整"), CLERK)
    assert stops(walk.do(c.TakeFirstAction(), POLICE)) == [("police", True, "first_action")]
    assert walk.refused(c.TakeFirstAction(), POLICE).rule == "first_action.twice"


def test_a_clock_from_the_first_action_starts_for_whoever_begins() -> None:
    """A unit that gets the case after another had begun starts its own."""
    clock = sample_clock(
        "onward", Milestone.FIRST_ACTION, Milestone.REPORTED, WorkingDays(5), unit=True
    )
    walk = Walk(sample_rules_with(clocks=(clock,), rungs=())).steps(3)
    for lead, actor in (("housing", HOUSING), ("police", POLICE)):
        if walk.case.lead != lead:
            walk.do(c.Reassign(lead=lead, reason="职责调整"), CLERK)
        walk.do(c.TakeFirstAction(), actor)
        assert walk.refused(c.TakeFirstAction(), actor).rule == "first_action.twice"
    assert [(x.unit, x.running) for x in walk.case.clocks] == [("housing", False), ("police", True)]


@pytest.mark.parametrize("command", [c.Report(findings="已修好"), c.Resolve()])
def test_who_reports_or_settles_has_begun(command: c.Report | c.Resolve) -> None:
    """The first action that nobody recorded is implied, before the report itself."""
    walk = beginning()
    events = walk.do(command, HOUSING)
    assert events[0] == e.FirstActionTaken(unit="housing")
    assert ("housing", True, "first_action") in stops(events)


def test_nothing_is_implied_where_no_clock_asks() -> None:
    """What nobody recorded and no rule looks at is not put into the history."""
    walk = Walk().steps(6)
    assert Milestone.FIRST_ACTION not in walk.case.reached


def test_an_interim_measure_is_on_record() -> None:
    """With whether it is open who is responsible, and for which promise it is taken."""
    walk = Walk().steps(4)
    promise = c.Commit(commitment="p1", text="三月底前修好", due=date(2025, 3, 31))
    walk.do(promise, HOUSING)
    taken = c.TakeInterimMeasure(measure="先装临时灯", disputed=True, commitment="p1")
    assert walk.do(taken, HOUSING) == (
        e.InterimMeasureTaken(unit="housing", measure="先装临时灯", disputed=True, commitment="p1"),
    )
    walk.do(c.TakeInterimMeasure(measure="围挡"), CLERK)
    assert [(x.unit, x.measure, x.commitment) for x in walk.case.interim] == [
        ("housing", "先装临时灯", "p1"),
        ("", "围挡", ""),
    ]


def test_progress_is_told_and_stops_no_clock() -> None:
    """Who is still at work says how it goes."""
    walk = Walk().steps(4)
    note = c.ReportProgress(note="已完成一半")
    assert walk.do(note, HOUSING) == (e.ProgressReported(unit="housing", note="已完成一半"),)


@pytest.mark.parametrize(
    ("command", "rule", "named"),
    [
        (c.TakeInterimMeasure(measure=" "), "interim.empty", "内容"),
        (c.TakeInterimMeasure(measure="x", commitment="p9"), "commitment.unknown", "p9"),
        (c.ReportProgress(note=" "), "progress.empty", "内容"),
    ],
)
def test_what_says_nothing_is_refused(command: c.Command, rule: str, named: str) -> None:
    """No measure without words or for a promise that nobody made, no progress without words."""
    refused = Walk().steps(4).refused(command, HOUSING)
    assert refused.rule == rule
    assert named in refused.reason


def test_an_officer_who_belongs_to_a_unit_acts_for_the_office() -> None:
    """What a clerk logs is the office's, whatever unit the embedder names beside."""
    walk = Walk().steps(3)
    clerk = Actor("office-1", Role.OFFICE, unit="housing")
    (logged,) = walk.do(c.LogContact(reached=True), clerk)
    assert isinstance(logged, e.ContactLogged)
    assert logged.unit == ""
