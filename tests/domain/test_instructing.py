"""Leaders' instructions and the naming of a lead: what binds the office in its routing."""

from __future__ import annotations

import attrs
import pytest

from wenzheng_core.domain import commands as c
from wenzheng_core.domain import events as e
from wenzheng_core.domain.actors import Actor, Role
from wenzheng_core.domain.gates import Checklist, Gate, GateAct, Point
from wenzheng_core.domain.limits import CalendarDays
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.domain.workflow import State
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
    sample_rules_with,
)

DEPUTY = Actor("deputy-1", Role.LEADER, offices=("分管领导",))
MARKED = sample_gate("marked", GateAct.INSTRUCT, "市长", before=Point.ASSIGN)
BESIDE = sample_gate(
    "beside",
    GateAct.INSTRUCT,
    "分管领导",
    before=Point.ASSIGN,
    title="阅批",
    blocks=False,
    overrides_routing=True,
)
NAMED = sample_gate("named", GateAct.DESIGNATE, "市政府办公厅", before=Point.ASSIGN)
TO_POLICE = c.Instruct(text="请公安局办理", lead="police", letter="通知单2号")
REPORT = c.Report(findings="已修好", proposed_reply="您好,已修复。")


def walk_with(*gates: Gate, steps: int = 2, **more: object) -> Walk:
    """A case under these gates alone, so many steps on."""
    return Walk(sample_rules_with(gates=gates, **more)).steps(steps)


def assigned(*gates: Gate) -> Walk:
    """With the housing office alone since nine o'clock on the fourth of March."""
    walk = walk_with(*gates)
    walk.do(c.Assign(lead="housing", letter="通知单1号"), CLERK, beijing(3, 4, 9))
    return walk


def test_an_instruction_passes_its_gate_and_ends_what_waits_for_it() -> None:
    """The words stand in the instruction, the gate is passed, the clock to it is met."""
    clock = sample_clock("mark", Milestone.RECEIVED, Milestone.INSTRUCTED, CalendarDays(1))
    walk = walk_with(MARKED, clocks=(clock,), rungs=())
    assert walk.refused(c.Assign(lead="housing"), CLERK).rule == "gate.open"
    events = walk.do(c.Instruct(text="请速办"), MAYOR)
    assert events == (
        e.Instructed(by="市长", text="请速办", gate="marked"),
        e.GatePassed(gate="marked", act=GateAct.INSTRUCT, by="市长", before=Point.ASSIGN),
        e.ClockStopped(clock="mark", epoch=1, met=True, cause="instructed"),
    )
    assert walk.case.state is State.ACCEPTED
    assert walk.refusal(c.Assign(lead="housing"), CLERK) is None


def test_a_leader_may_instruct_again_at_any_time() -> None:
    """The gate is passed once; the further words are on record, before and after the report."""
    walk = walk_with(MARKED)
    walk.do(c.Instruct(text="请速办"), MAYOR)
    walk.do(c.Assign(lead="housing"), CLERK)
    again = c.Instruct(text="注意安全")
    assert walk.do(again, MAYOR) == (e.Instructed(by="市长", text="注意安全", gate="marked"),)
    walk.do(REPORT, HOUSING)
    assert [type(x) for x in walk.do(again, MAYOR)] == [e.Instructed]


@pytest.mark.parametrize(
    ("gates", "command", "rule", "named"),
    [
        ((MARKED,), c.Instruct(text=" "), "instruct.empty", "内容"),
        ((), c.Instruct(text="办"), "instruct.office", "没有领导批示"),
        ((MARKED, BESIDE), c.Instruct(text="办"), "instruct.office", "市长、分管领导"),
        ((MARKED,), c.Instruct(text="办", gate="nothing"), "gate.unknown", "nothing"),
    ],
)
def test_a_bad_instruction_is_refused(
    gates: tuple[Gate, ...], command: c.Instruct, rule: str, named: str
) -> None:
    """Without words, or by somebody whose instruction the policy does not know."""
    refused = walk_with(*gates).refused(command, Actor("x", Role.LEADER, offices=("局长",)))
    assert refused.rule == rule
    assert named in refused.reason


def test_an_instruction_asked_of_other_cases_is_none_of_this_one() -> None:
    """The gate's condition decides whether the leader has a say."""
    complaint = attrs.evolve(MARKED, conditions=({"category": frozenset({"投诉"})},))
    walk = walk_with(complaint, steps=1)
    assert walk.refused(c.Instruct(text="办"), MAYOR).rule == "instruct.office"
    walk.do(c.Classify(facts={"category": "投诉"}), CLERK)
    assert walk.refusal(c.Instruct(text="办"), MAYOR) is None


def test_an_instruction_waits_for_the_note_before_it_unless_it_runs_beside() -> None:
    """The office proposes, then the leader instructs; an instruction beside waits for nothing."""
    note = sample_gate("note", GateAct.NOTE, before=Point.ASSIGN)
    refused = walk_with(note, MARKED).refused(c.Instruct(text="办"), MAYOR)
    assert (refused.rule, refused.reason) == ("gate.order", "须先经办公室书面材料")
    assert walk_with(note, BESIDE).refusal(c.Instruct(text="办"), DEPUTY) is None


def test_a_leader_who_stands_at_two_gates_passes_them_one_by_one() -> None:
    """First the first; the second may be named, but not before its turn."""
    second = attrs.evolve(MARKED, id="second")
    walk = walk_with(MARKED, second)
    assert walk.refused(c.Instruct(text="办", gate="second"), MAYOR).rule == "gate.order"
    for _ in range(2):
        walk.do(c.Instruct(text="办"), MAYOR)
    assert [passed.gate for passed in walk.case.gates] == ["marked", "second"]


def test_an_instruction_has_its_list_confirmed() -> None:
    """As at any gate; a further instruction needs no list."""
    lists = (Checklist(id="four", title="四把关", items=("属实",), basis="样例"),)
    walk = walk_with(attrs.evolve(MARKED, checklists=("four",)), checklists=lists)
    refused = walk.refused(c.Instruct(text="办"), MAYOR)
    assert (refused.rule, "属实" in refused.reason) == ("gate.checklist", True)
    walk.do(c.Instruct(text="办", checked=("属实",)), MAYOR)
    assert walk.refusal(c.Instruct(text="再办"), MAYOR) is None


def test_the_office_assigns_to_whom_a_leader_named() -> None:
    """Before the assignment the name binds it, after it a reassignment too, until another word."""
    walk = walk_with(MARKED)
    walk.do(c.Instruct(text="请公安局办理", lead="police"), MAYOR)
    refused = walk.refused(c.Assign(lead="housing"), CLERK)
    assert (refused.rule, "市公安局" in refused.reason) == ("instruction.lead", True)
    walk.do(c.Assign(lead="police"), CLERK)
    away = c.Reassign(lead="housing", reason="职责调整")
    assert walk.refused(away, CLERK).rule == "instruction.lead"
    walk.do(c.SendBack(reason="不归我管"), POLICE)
    assert walk.refused(c.Assign(lead="housing"), CLERK).rule == "instruction.lead"
    walk.do(c.Instruct(text="改由住房局", lead="housing"), MAYOR)
    assert walk.refusal(c.Assign(lead="housing"), CLERK) is None


def test_a_leader_names_a_unit_that_there_is() -> None:
    """A slip of the pen is refused like the office's."""
    refused = walk_with(MARKED).refused(c.Instruct(text="办", lead="nobody"), MAYOR)
    assert (refused.rule, "nobody" in refused.reason) == ("assign.unknown_unit", True)


def test_an_instruction_takes_the_case_elsewhere() -> None:
    """The first assignment is cancelled, the new unit counts from now, the citizen from the receipt."""
    walk = assigned(BESIDE)
    reply = walk.case.clock("reply")
    instructed, passed, stopped, released, given, started = walk.do(
        TO_POLICE, DEPUTY, beijing(3, 4, 15)
    )
    assert instructed == e.Instructed(
        by="分管领导", text="请公安局办理", gate="beside", lead="police"
    )
    assert isinstance(passed, e.GatePassed)
    assert stopped == e.ClockStopped(
        clock="handle", unit="housing", epoch=1, met=False, cause="instructed"
    )
    assert released == e.Released(units=("housing",), cause="instructed", reason="领导批示")
    assert given == e.Assigned(round=2, lead="police", letter="通知单2号", decided=True)
    assert isinstance(started, e.ClockStarted)
    assert (started.unit, started.started) == ("police", beijing(3, 4, 15))
    assert (walk.case.clock("reply"), walk.case.lead) == (reply, "police")
    assert walk.refused(c.SendBack(reason="不归我管"), POLICE).rule == "send_back.decided"
    assert walk.refused(REPORT, HOUSING).rule == "unit.not_holder"


def test_an_instruction_that_names_the_lead_changes_no_assignment() -> None:
    """The unit that has the case keeps it with its clock."""
    walk = assigned(BESIDE)
    events = walk.do(c.Instruct(text="请住房局办好", lead="housing"), DEPUTY)
    assert [type(x) for x in events] == [e.Instructed, e.GatePassed]
    assert walk.case.round == 1


def test_without_the_policys_word_an_instruction_takes_no_case_away() -> None:
    """The refusal sends the leader to the office, which may reassign."""
    walk = assigned(attrs.evolve(BESIDE, overrides_routing=False))
    refused = walk.refused(TO_POLICE, DEPUTY)
    assert (refused.rule, "改派" in refused.reason) == ("instruct.routing", True)
    assert walk.refusal(c.Reassign(lead="police", reason="领导要求"), CLERK) is None


def test_a_reported_case_is_taken_nowhere() -> None:
    """First it goes back for rework; an instruction in words alone is fine."""
    walk = assigned(BESIDE)
    walk.do(REPORT, HOUSING)
    refused = walk.refused(TO_POLICE, DEPUTY)
    assert (refused.rule, "退回重办" in refused.reason) == ("instruct.too_late", True)
    assert walk.refusal(c.Instruct(text="知悉"), DEPUTY) is None
    walk.do(c.ReturnForRework(reason="领导批示改派"), CLERK)
    walk.do(TO_POLICE, DEPUTY)
    assert (walk.case.lead, walk.case.state) == ("police", State.ASSIGNED)


def test_an_answer_without_a_unit_is_taken_nowhere_either() -> None:
    """The unit that once returned the case is not the one that has it."""
    walk = assigned(BESIDE)
    walk.do(c.SendBack(reason="不归我管"), HOUSING)
    walk.do(c.AnswerDirectly(reply="您好"), CLERK)
    again = c.Instruct(text="请住房局办理", lead="housing")
    assert walk.refused(again, DEPUTY).rule == "instruct.too_late"


def test_an_instruction_during_a_pause_does_not_end_it() -> None:
    """The new unit gets the case while its clock stands still, and counts when it runs on."""
    walk = assigned(BESIDE)
    walk.do(c.Pause(reason="check"), CLERK, beijing(3, 4, 10))
    walk.do(TO_POLICE, DEPUTY, beijing(3, 4, 15))
    clock = walk.case.clock("handle", "police")
    assert clock is not None
    assert clock.paused_since == beijing(3, 4, 15)
    walk.do(c.Resume(), CLERK, beijing(3, 6, 9))
    clock = walk.case.clock("handle", "police")
    assert clock is not None
    # Five working days from the fourth are the eleventh; the fifth ended while it stood still.
    assert clock.due == beijing(3, 13)


def test_a_rework_after_such_an_instruction_is_the_new_units() -> None:
    """Its clock runs on; that of the unit from which the case was taken does not."""
    walk = assigned(BESIDE)
    walk.do(TO_POLICE, DEPUTY, beijing(3, 4, 15))
    walk.do(REPORT, POLICE)
    events = walk.do(c.ReturnForRework(reason="不实"), CLERK)
    assert [x.unit for x in events if isinstance(x, e.ClockReopened)] == ["police"]
    assert walk.refusal(REPORT, POLICE) is None


def test_the_office_names_a_lead_before_it_assigns() -> None:
    """A cross-duty matter has a lead named with a reason; the assignment follows it."""
    walk = walk_with(NAMED)
    assert walk.refused(c.Assign(lead="housing"), CLERK).rule == "gate.open"
    events = walk.do(c.DesignateLead(lead="police", reason="职责交叉"), CLERK)
    assert events == (
        e.LeadDesignated(lead="police", by="市政府办公厅", reason="职责交叉"),
        e.GatePassed(gate="named", act=GateAct.DESIGNATE, by="市政府办公厅", before=Point.ASSIGN),
    )
    refused = walk.refused(c.Assign(lead="housing"), CLERK)
    assert (refused.rule, "市公安局" in refused.reason) == ("designate.lead", True)
    walk.do(c.DesignateLead(lead="housing", reason="更正"), CLERK)
    assert walk.refusal(c.Assign(lead="housing"), CLERK) is None


@pytest.mark.parametrize(
    ("gates", "command", "rule"),
    [
        ((NAMED,), c.DesignateLead(lead="police", reason=" "), "designate.reason"),
        ((NAMED,), c.DesignateLead(lead="nobody", reason="x"), "assign.unknown_unit"),
        ((), c.DesignateLead(lead="police", reason="x"), "gate.none"),
    ],
)
def test_a_bad_designation_is_refused(
    gates: tuple[Gate, ...], command: c.DesignateLead, rule: str
) -> None:
    """Without a reason, of no unit, or where the policy asks for none."""
    assert walk_with(*gates).refused(command, CLERK).rule == rule


def test_a_leaders_word_goes_before_the_offices() -> None:
    """Named first, the leader's unit binds the designation; named later, it replaces it."""
    later = walk_with(NAMED, MARKED)
    later.do(c.DesignateLead(lead="housing", reason="职责交叉"), CLERK)
    later.do(TO_POLICE, MAYOR)
    assert later.refusal(c.Assign(lead="police"), CLERK) is None
    first = walk_with(MARKED, NAMED)
    first.do(TO_POLICE, MAYOR)
    refused = first.refused(c.DesignateLead(lead="housing", reason="职责交叉"), CLERK)
    assert refused.rule == "instruction.lead"
    first.do(c.DesignateLead(lead="police", reason="按批示"), CLERK)
    assert first.refusal(c.Assign(lead="police"), CLERK) is None


def test_a_reopened_case_is_free_of_old_instructions() -> None:
    """Neither the lead named nor the gate passed in the first handling binds the second."""
    gates = (MARKED, *sample_policy().gates)
    walk = Walk(sample_rules_with(gates=gates)).steps(2)
    walk.do(TO_POLICE, MAYOR)
    walk.do(c.Assign(lead="police"), CLERK)
    walk.do(REPORT, POLICE)
    for command, actor in ((c.Review(), CLERK), (c.Approve(), MAYOR), (c.Publish(), CLERK)):
        walk.do(command, actor)
    walk.do(c.Reopen(reason="又坏了"), CLERK)
    assert walk.refused(c.Assign(lead="housing"), CLERK).rule == "gate.open"
    walk.do(c.Instruct(text="再办"), MAYOR)
    assert walk.refusal(c.Assign(lead="housing"), CLERK) is None
