"""Whose act it is: notes, promises and their keeping, the first action, another assignment."""

from __future__ import annotations

from datetime import date

import attrs
import pytest

from wenzheng_core.domain import commands as c
from wenzheng_core.domain import events as e
from wenzheng_core.domain.actors import Actor, Role
from wenzheng_core.domain.clockrules import Promise
from wenzheng_core.domain.gates import Gate, GateAct, Point
from wenzheng_core.domain.limits import CalendarDays, WorkingDays
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.domain.provisions import PauseReason
from wenzheng_core.testing.builders import (
    CLERK,
    HOUSING,
    MAYOR,
    POLICE,
    Walk,
    beijing,
    sample_clock,
    sample_gate,
    sample_policy,
    sample_row,
    sample_rules_with,
)

M = Milestone
SECRETARY = Actor("secretary-1", Role.LEADER, offices=("秘书长",))
COMPLAIN = {"category": frozenset({"投诉"})}
TO_POLICE = c.Reassign(lead="police", reason="职责调整")
REPORT = c.Report(findings="已修好", proposed_reply="您好,已修复。")


def note(gate: str) -> c.FileNote:
    """A note for a gate."""
    return c.FileNote(gate=gate, text="书面意见")


# --- Notes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("point", [Point.ASSIGN, Point.PUBLISH])
def test_a_note_of_the_offices_is_filed_by_no_unit(point: Point) -> None:
    """Before assignment and publication it is the office's, or of whoever holds the gate's office."""
    gate = sample_gate("note", GateAct.NOTE, "秘书长", before=point)
    walk = Walk(sample_rules_with(gates=(gate,))).steps(4 if point is Point.PUBLISH else 2)
    if point is Point.PUBLISH:
        refused = walk.refused(note("note"), HOUSING)
        assert (refused.rule, refused.reason) == ("gate.filer", "书面材料须由秘书长提交")
    assert walk.refused(note("note"), MAYOR).rule == "gate.filer"
    assert walk.refusal(note("note"), CLERK) is None
    assert walk.refusal(note("note"), SECRETARY) is None


def test_a_holder_of_the_gates_office_in_a_unit_files_its_note() -> None:
    """Whatever the role in which somebody acts, the office is what counts."""
    gate = sample_gate("note", GateAct.NOTE, "新闻发言人", before=Point.PUBLISH)
    walk = Walk(sample_rules_with(gates=(gate,))).steps(4)
    assert walk.refusal(note("note"), attrs.evolve(HOUSING, offices=("新闻发言人",))) is None


def test_papers_of_the_report_are_the_leads() -> None:
    """An assisting unit files none; the office may."""
    gate = sample_gate("papers", GateAct.NOTE, "承办单位", before=Point.REPORT)
    walk = Walk(sample_rules_with(gates=(gate,))).steps(4)
    refused = walk.refused(note("papers"), POLICE)
    assert (refused.rule, "主办单位" in refused.reason) == ("gate.filer", True)
    assert walk.refusal(note("papers"), HOUSING) is None
    assert walk.refusal(note("papers"), CLERK) is None


# --- Another assignment --------------------------------------------------------------------------


def assigned(*gates: Gate, **policy: object) -> Walk:
    """A question, assigned to the housing office."""
    walk = Walk(sample_rules_with(gates=gates, **policy)).steps(1)
    for gate in gates:
        if gate.act is GateAct.DESIGNATE and gate.applies(walk.case.facts):
            walk.do(c.DesignateLead(lead="housing", reason="职责"), CLERK)
    walk.do(c.Assign(lead="housing"), CLERK)
    return walk


def test_another_assignment_keeps_to_the_lead_that_was_named() -> None:
    """Until another one is named, which may be done while a unit has the case."""
    walk = assigned(sample_gate("named", GateAct.DESIGNATE, before=Point.ASSIGN))
    assert walk.refused(TO_POLICE, CLERK).rule == "designate.lead"
    walk.do(c.DesignateLead(lead="police", reason="重新指定"), CLERK)
    walk.do(TO_POLICE, CLERK)
    assert walk.case.lead == "police"


@pytest.mark.parametrize(
    ("act", "by", "command", "actor"),
    [
        (GateAct.DESIGNATE, "办公室", c.DesignateLead(lead="police", reason="职责"), CLERK),
        (GateAct.REVIEW, "办公室", c.Review(), CLERK),
        (GateAct.APPROVE, "市长", c.Approve(), MAYOR),
        (GateAct.NOTE, "办公室", note("gate"), CLERK),
    ],
)
def test_a_gate_that_applies_only_now_stands_before_another_assignment(
    act: GateAct, by: str, command: c.Command, actor: Actor
) -> None:
    """Called a complaint since, the case needs what a complaint needs, and can get it."""
    walk = assigned(sample_gate("gate", act, by, before=Point.ASSIGN, conditions=(COMPLAIN,)))
    assert walk.refusal(TO_POLICE, CLERK) is None
    walk.do(c.Classify(facts={"category": "投诉"}), CLERK)
    assert walk.refused(TO_POLICE, CLERK).rule == "gate.open"
    walk.do(command, actor)
    walk.do(TO_POLICE, CLERK)
    assert walk.case.lead == "police"


# --- Promises ------------------------------------------------------------------------------------

DAY = date(2025, 3, 20)


def promising(*, unit: bool = True, starts: M = M.ASSIGNED) -> Walk:
    """Housing leads and the police assist; a day is to be promised."""
    row = sample_row("hard", None, promise=Promise.DATE, no_limit="限期解决")
    clock = sample_clock("handle", starts, M.REPORTED, row, unit=unit)
    return Walk(sample_rules_with(clocks=(clock,), rungs=())).steps(3)


def promise(name: str, day: date = DAY, **more: str) -> c.Commit:
    """A promise for the clock."""
    return c.Commit(commitment=name, text="须招标", due=day, **({"clock": "handle"} | more))


@pytest.mark.parametrize("unit", [True, False])
def test_a_promise_is_missing_though_nobody_signed(unit: bool) -> None:
    """A clock that begins with the signature asks for it; a report that implies it is none."""
    walk = promising(unit=unit, starts=M.CLAIMED)
    assert walk.refused(REPORT, HOUSING).rule == "promise.missing"
    walk.do(c.Claim(), HOUSING)
    walk.do(promise("p"), HOUSING)
    walk.do(REPORT, HOUSING)
    assert [x.met for x in walk.case.clocks if x.unit != "police"] == [True]


def test_a_unit_promises_for_itself() -> None:
    """Whomever it names; the office may name another."""
    walk = promising()
    walk.do(promise("p", clock="", by="housing"), POLICE)
    walk.do(promise("q", clock="", by="市政公司"), CLERK)
    walk.do(promise("r"), CLERK)
    assert [x.by for x in walk.case.commitments] == ["police", "市政公司", "housing"]


def test_a_promise_is_kept_by_who_made_it() -> None:
    """Or by the lead or the office; not by another unit."""
    walk = promising()
    walk.do(promise("mine", clock=""), HOUSING)
    walk.do(promise("theirs", clock=""), POLICE)
    refused = walk.refused(c.FulfilCommitment(commitment="mine"), POLICE)
    assert (refused.rule, "主办单位" in refused.reason) == ("commitment.other", True)
    for name, actor in (("theirs", POLICE), ("theirs", HOUSING), ("mine", CLERK)):
        assert walk.refusal(c.FulfilCommitment(commitment=name), actor) is None


@pytest.mark.parametrize(
    "command",
    [
        promise("p"),
        c.SubmitPlan(clock="handle", explanation="分期", steps=(c.PlanStep(DAY, "完工"),)),
    ],
)
def test_the_day_of_the_case_is_promised_by_the_lead(command: c.Command) -> None:
    """Or by the office; an assisting unit binds nobody but itself."""
    walk = promising(unit=False)
    refused = walk.refused(command, POLICE)
    assert (refused.rule, "主办单位" in refused.reason) == ("promise.lead", True)
    assert walk.refusal(command, HOUSING) is None
    assert walk.refusal(promise("p"), CLERK) is None


def test_a_promise_that_another_replaces_never_lapses() -> None:
    """The office sets the day anew: only the new day is waited for."""
    walk = promising()
    walk.do(promise("p"), HOUSING)
    walk.do(promise("other", date(2025, 3, 25)), POLICE)
    (made, _) = walk.do(promise("q", date(2025, 3, 28)), CLERK)
    assert isinstance(made, e.Committed)
    assert made.replaces == ("p",)
    assert [(x.id, x.replaced) for x in walk.case.commitments] == [
        ("p", True),
        ("other", False),
        ("q", False),
    ]
    assert walk.case.next_wake == beijing(3, 26)
    lapsed = [x for x in walk.tick(beijing(4, 1)) if isinstance(x, e.CommitmentLapsed)]
    assert [x.commitment for x in lapsed] == ["other", "q"]


def test_a_replaced_promise_does_not_lapse_beside_one_of_the_same_day() -> None:
    """What wakes the case at its instant is not it."""
    walk = promising()
    walk.do(promise("p"), HOUSING)
    walk.do(promise("q"), CLERK)
    lapsed = [x for x in walk.tick(beijing(4, 1)) if isinstance(x, e.CommitmentLapsed)]
    assert [x.commitment for x in lapsed] == ["q"]


def test_the_first_step_of_a_plan_replaces_what_was_promised() -> None:
    """What was kept or had lapsed stays as it was, and what another unit promised."""
    row = sample_row("plan", None, COMPLAIN, promise=Promise.PLAN, no_limit="时间表")
    easy = sample_row("easy", WorkingDays(5), {"category": frozenset({"咨询"})})
    clock = sample_clock("handle", M.ASSIGNED, M.REPORTED, row, easy, unit=True)
    walk = Walk(sample_rules_with(clocks=(clock,), rungs=())).steps(3)
    steps = tuple(c.PlanStep(date(2025, 3, day), "一步") for day in (14, 20, 28))
    plan = c.SubmitPlan(clock="handle", explanation="须分期", steps=steps)
    for actor in (HOUSING, POLICE):
        walk.do(plan, actor)
    walk.do(c.FulfilCommitment(commitment="handle-2"), HOUSING)
    for category in ("咨询", "投诉"):
        walk.do(c.Classify(facts={"category": category}, reason="更正"), CLERK)
    events = walk.do(plan, HOUSING)
    made = [x.replaces for x in events if isinstance(x, e.Committed)]
    assert made == [("handle-1", "handle-3"), (), ()]


# --- The first action ----------------------------------------------------------------------------


def beginning() -> Walk:
    """Housing leads, the police assist; the case and each unit wait for the first action."""
    clocks = (
        sample_clock("begin", M.ASSIGNED, M.FIRST_ACTION, WorkingDays(1)),
        sample_clock("first", M.ASSIGNED, M.FIRST_ACTION, WorkingDays(1), unit=True),
    )
    return Walk(sample_rules_with(clocks=clocks, rungs=())).steps(3)


def waiting(walk: Walk) -> set[tuple[str, str]]:
    """The clocks that run."""
    return {(x.id, x.unit) for x in walk.case.running}


def test_an_assisting_unit_begins_its_own_part() -> None:
    """The case has not begun with it, and the lead may still begin; it begins once."""
    walk = beginning()
    walk.do(c.TakeFirstAction(), POLICE)
    assert waiting(walk) == {("begin", ""), ("first", "housing")}
    assert M.FIRST_ACTION not in walk.case.reached
    assert walk.refused(c.TakeFirstAction(), POLICE).rule == "first_action.twice"
    walk.do(c.TakeFirstAction(), HOUSING)
    assert waiting(walk) == set()


def test_an_assisting_units_report_begins_its_own_part() -> None:
    """Once, whether it had said so before or not."""
    walk = beginning()
    walk.do(c.TakeFirstAction(), POLICE)
    events = walk.do(c.Report(findings="已配合"), POLICE)
    assert [type(x) for x in events] == [e.Reported]
    assert ("begin", "") in waiting(walk)


@pytest.mark.parametrize("actor", [CLERK, HOUSING])
def test_what_is_settled_had_been_begun(actor: Actor) -> None:
    """Whoever says that the matter is settled: neither the case nor its lead is waited for."""
    walk = beginning()
    walk.do(c.Resolve(), actor)
    assert waiting(walk) <= {("first", "police")}


def test_an_assisting_unit_settles_its_own_part() -> None:
    """The lead's clock runs on, and the lead still settles the matter; the part ends once."""
    clock = sample_clock(
        "settle", Milestone.ASSIGNED, Milestone.RESOLVED, WorkingDays(5), unit=True
    )
    walk = Walk(sample_rules_with(clocks=(clock,), rungs=())).steps(4)
    walk.do(c.Resolve(), POLICE)
    assert [x.unit for x in walk.case.running] == ["housing"]
    assert Milestone.RESOLVED not in walk.case.reached
    assert walk.refused(c.Resolve(), POLICE).rule == "resolve.twice"
    walk.do(c.Resolve(), HOUSING)
    assert (list(walk.case.running), Milestone.RESOLVED in walk.case.reached) == ([], True)


def test_what_goes_back_is_not_settled() -> None:
    """退回重办: the clock of the settlement runs on by its due instant, and it is settled anew."""
    clock = sample_clock(
        "settle", Milestone.ASSIGNED, Milestone.RESOLVED, WorkingDays(5), unit=True
    )
    walk = Walk(sample_rules_with(clocks=(clock,), rungs=())).steps(4)
    due = walk.case.clocks[0].due
    walk.do(c.Resolve(), HOUSING)
    walk.do(c.Report(findings="已换灯。", proposed_reply="已修。"), HOUSING)
    walk.do(c.ReturnForRework(reason="灯又灭了"), CLERK)
    (again,) = [x for x in walk.case.running if x.unit == "housing"]
    assert (again.id, again.due) == ("settle", due)
    assert walk.refusal(c.Resolve(), HOUSING) is None


def test_a_grade_brings_back_a_clock_that_an_easier_row_had_ended() -> None:
    """甘肃: urgent ends with the first action; graded complex, ten working days run after all."""
    rows = (
        sample_row(
            "ask", CalendarDays(1), {"category": frozenset({"咨询"})}, stops=Milestone.FIRST_ACTION
        ),
        sample_row("hard", WorkingDays(10), {"category": frozenset({"投诉"})}),
    )
    clock = sample_clock("handle", Milestone.ASSIGNED, Milestone.RESOLVED, *rows)
    walk = Walk(sample_rules_with(clocks=(clock,), rungs=(), gates=()), facts={"category": "咨询"})
    walk.do(c.Accept(), CLERK)
    walk.do(c.Assign(lead="housing"), CLERK)
    assigned = walk.at
    walk.do(c.TakeFirstAction(), HOUSING)
    assert list(walk.case.running) == []
    walk.do(c.Classify(facts={"category": "投诉"}, reason="重新分类"), CLERK)
    (running,) = walk.case.running
    assert (running.row, running.started, running.stops) == ("hard", assigned, Milestone.RESOLVED)


def test_promises_for_a_clock_end_with_the_holding() -> None:
    """A unit that no longer has the case has nothing to keep; and nobody promises for a stranger."""
    row = sample_row("dated", None, promise=Promise.DATE)
    clock = sample_clock("handle", Milestone.ASSIGNED, Milestone.REPORTED, row, unit=True)
    walk = Walk(sample_rules_with(clocks=(clock,), rungs=())).steps(3)
    stranger = c.Commit(
        commitment="x", text="工期", due=date(2025, 4, 1), by="park", clock="handle"
    )
    assert walk.refused(stranger, CLERK).rule == "promise.stranger"
    walk.do(c.Commit(commitment="p", text="工期", due=date(2025, 4, 1), clock="handle"), HOUSING)
    walk.do(c.Reassign(lead="police", reason="另定"), CLERK)
    assert walk.case.next_wake is None
    assert not any(x.open for x in walk.case.commitments)


def test_a_plan_is_more_than_a_date() -> None:
    """周口: 应制订工作方案,排出时间表."""
    row = sample_row("planned", None, promise=Promise.PLAN)
    clock = sample_clock("handle", Milestone.ASSIGNED, Milestone.REPORTED, row, unit=True)
    walk = Walk(sample_rules_with(clocks=(clock,), rungs=())).steps(3)
    dated = c.Commit(commitment="p", text="工期", due=date(2025, 4, 1), clock="handle")
    assert walk.refused(dated, HOUSING).rule == "promise.plan"
    steps = (c.PlanStep(date(2025, 4, 1), "设计"), c.PlanStep(date(2025, 5, 1), "施工"))
    walk.do(c.SubmitPlan(clock="handle", explanation="须分期", steps=steps), HOUSING)
    assert [x.due for x in walk.case.commitments] == [date(2025, 4, 1), date(2025, 5, 1)]


def test_an_instruction_to_the_present_lead_changes_no_letter() -> None:
    """Assisting units and a letter are not dropped in silence."""
    gate = sample_gate("marked", GateAct.INSTRUCT, "市长", before=Point.ASSIGN)
    gate = attrs.evolve(gate, blocks=False, overrides_routing=True)
    walk = Walk(sample_rules_with(gates=(gate,))).steps(3)
    same = c.Instruct(text="请抓紧", lead="housing", letter="2号")
    assert walk.refused(same, MAYOR).rule == "instruct.same"
    assert walk.refusal(c.Instruct(text="请抓紧", lead="housing"), MAYOR) is None


def test_a_first_action_of_an_assisting_unit_counts_for_a_later_grade() -> None:
    """Its own clock, asked for by a new grade, ended when it began."""
    rows = (
        sample_row("first", WorkingDays(5), COMPLAIN, stops=M.FIRST_ACTION),
        sample_row("whole", WorkingDays(5), {"category": frozenset({"咨询"})}),
    )
    clock = sample_clock("handle", M.ASSIGNED, M.REPORTED, *rows, unit=True)
    walk = Walk(sample_rules_with(clocks=(clock,), rungs=())).steps(1)
    walk.do(c.Assign(lead="housing", assisting=("police",)), CLERK)
    walk.do(c.TakeFirstAction(), POLICE)
    begun = walk.at
    walk.do(c.Classify(facts={"category": "投诉"}), CLERK)
    assert {x.unit: x.stopped for x in walk.case.clocks} == {"housing": None, "police": begun}


# --- Pauses --------------------------------------------------------------------------------------


def paused(*clocks: str) -> Walk:
    """Housing has the case; clocks stand still."""
    reason = PauseReason(
        code="test", title="送检", at_most=CalendarDays(30), basis="样例", clocks=clocks
    )
    walk = assigned(clocks=sample_policy().clocks, pause_reasons=(reason,))
    walk.do(c.Pause(reason="test"), CLERK)
    return walk


def test_a_pause_of_a_units_clock_ends_with_the_unit() -> None:
    """Whoever gets the case next has a clock that runs."""
    walk = paused("handle")
    events = walk.do(TO_POLICE, CLERK, beijing(3, 5, 9))
    assert e.Resumed(at=beijing(3, 5, 9)) in events
    assert walk.case.pause is None
    clock = walk.case.clock("handle", "police")
    assert clock is not None
    assert (clock.paused_since, clock.due) == (None, beijing(3, 13))


def test_a_pause_that_holds_the_citizens_clock_too_stays() -> None:
    """It is the case's, whoever has it."""
    walk = paused()
    walk.do(c.SendBack(reason="职责不符"), HOUSING)
    assert walk.case.pause is not None
