"""Gates before assignment, report and publication: whose act, in which order, on what record."""

from __future__ import annotations

from datetime import timedelta

import attrs
import pytest

from wenzheng_core.domain import commands as c
from wenzheng_core.domain import events as e
from wenzheng_core.domain.actors import Actor, Role
from wenzheng_core.domain.commands import Command
from wenzheng_core.domain.gates import Checklist, Gate, GateAct, Point
from wenzheng_core.domain.messages import Contact, SourceKind
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.domain.stages.gating import open_gates
from wenzheng_core.domain.workflow import State
from wenzheng_core.testing.builders import (
    CLERK,
    HOUSING,
    MAYOR,
    POLICE,
    Walk,
    sample_gate,
    sample_message,
    sample_rules_with,
)

SECRETARY = Actor("secretary-1", Role.LEADER, offices=("秘书长",))
ASSIGN = c.Assign(lead="housing", assisting=("police",))
REPORT = c.Report(findings="已修好", proposed_reply="您好,已修复。")

NOTE = sample_gate("note", GateAct.NOTE, before=Point.ASSIGN, title="拟办意见")
SIGNED = sample_gate("signed", GateAct.APPROVE, "秘书长", before=Point.ASSIGN, title="签批")
LOOKED = sample_gate("looked", GateAct.REVIEW, before=Point.ASSIGN)
TOLD = sample_gate("told", GateAct.CONTACT, "承办单位", before=Point.REPORT)
PAPERS = sample_gate("papers", GateAct.NOTE, "承办单位", before=Point.REPORT)
CALLED = sample_gate("called", GateAct.CALL_BACK, attempts=2)


def walk_with(*gates: Gate, steps: int = 2, **more: object) -> Walk:
    """A case under these gates alone, so many steps on."""
    return Walk(sample_rules_with(gates=gates, **more)).steps(steps)


def open_at(walk: Walk, point: Point) -> list[str]:
    """What still stands before a point."""
    return [gate.id for gate in open_gates(walk.rules.policy, walk.case, point)]


def standing(walk: Walk) -> list[str]:
    """The gates that stand passed."""
    return [passed.gate for passed in walk.case.gates]


def test_no_assignment_past_an_open_gate() -> None:
    """Note and signature come first, each named in the refusal by the city's own word."""
    walk = walk_with(NOTE, SIGNED)
    refused = walk.refused(ASSIGN, CLERK)
    assert (refused.rule, refused.basis) == ("gate.open", "样例note")
    assert "交办前须经办公室拟办意见" in refused.reason
    note = c.FileNote(gate="note", text="拟由住房局办理")
    assert walk.do(note, CLERK) == (
        e.GatePassed(
            gate="note",
            act=GateAct.NOTE,
            by="办公室",
            note="拟由住房局办理",
            before=Point.ASSIGN,
        ),
    )
    assert "交办前须经秘书长签批" in walk.refused(ASSIGN, CLERK).reason
    walk.do(c.Approve(), SECRETARY)
    walk.do(ASSIGN, CLERK)
    assert walk.case.state is State.ASSIGNED


def test_what_is_passed_before_assignment_says_nothing_of_the_reply() -> None:
    """The case waits where it was, the milestones of the reply are not reached, its gates are open."""
    reply = sample_gate("review", GateAct.REVIEW)
    walk = walk_with(LOOKED, SIGNED, reply)
    for command, actor in ((c.Review(), CLERK), (c.Approve(), SECRETARY)):
        walk.do(command, actor)
        assert walk.case.state is State.ACCEPTED
    assert not {Milestone.REVIEWED, Milestone.APPROVED} & set(walk.case.reached)
    walk.do(ASSIGN, CLERK)
    walk.do(REPORT, HOUSING)
    assert open_at(walk, Point.PUBLISH) == ["review"]
    walk.do(c.Review(), CLERK)
    assert (walk.case.state, Milestone.REVIEWED in walk.case.reached) == (State.REVIEWED, True)


@pytest.mark.parametrize(
    ("command", "actor", "named"),
    [
        (c.Approve(), SECRETARY, "须先经办公室拟办意见"),
        (c.Review(), CLERK, "须先经办公室拟办意见"),
    ],
)
def test_acts_at_one_point_keep_the_order_of_the_policy(
    command: Command, actor: Actor, named: str
) -> None:
    """What comes later in the policy waits for what comes earlier."""
    refused = walk_with(NOTE, SIGNED, LOOKED).refused(command, actor)
    assert (refused.rule, refused.reason) == ("gate.order", named)


def test_what_is_met_by_record_holds_up_no_other_act() -> None:
    """A call back may be made before the approval or after it."""
    called = attrs.evolve(CALLED, attempts=1)
    walk = walk_with(called, sample_gate("approve", GateAct.APPROVE, "市长"), steps=6)
    walk.do(c.Approve(), MAYOR)
    assert walk.refused(c.Publish(), CLERK).rule == "gate.open"
    walk.do(c.CallBack(reached=False), CLERK)
    assert walk.refusal(c.Publish(), CLERK) is None


def test_a_gate_that_holds_nothing_up_is_passed_at_any_time_of_its_point() -> None:
    """It waits for nobody and nobody waits for it."""
    beside = sample_gate("beside", GateAct.APPROVE, "市长", blocks=False)
    review = sample_gate("review", GateAct.REVIEW)
    walk = walk_with(review, beside, steps=6)
    assert open_at(walk, Point.PUBLISH) == ["review"]
    walk.do(c.Approve(), MAYOR)
    walk.do(c.Review(), CLERK)
    assert standing(walk) == ["beside", "review"]
    skipped = walk_with(review, beside, steps=6)
    skipped.do(c.Review(), CLERK)
    assert skipped.refusal(c.Publish(), CLERK) is None


def test_the_leads_report_waits_for_a_contact() -> None:
    """An attempt by the lead lets it report, reached or not; one of a helper's does not."""
    walk = walk_with(TOLD, steps=4)
    refused = walk.refused(REPORT, HOUSING)
    assert refused.rule == "gate.open"
    assert refused.reason == "反馈前须经承办单位联系留言人;请先登记"
    walk.do(c.LogContact(reached=True), POLICE)
    assert walk.refused(REPORT, HOUSING).rule == "gate.open"
    walk.do(c.LogContact(reached=False), HOUSING)
    walk.do(REPORT, HOUSING)
    assert walk.case.state is State.REPORTED


def test_the_offices_own_contact_suffices_before_a_report() -> None:
    """Whoever receives the case need not ask again what the office has asked."""
    walk = walk_with(TOLD)
    walk.do(c.LogContact(reached=True), CLERK)
    walk.do(ASSIGN, CLERK)
    assert walk.refusal(REPORT, HOUSING) is None


def test_an_assisting_units_report_waits_for_no_gate() -> None:
    """It brings the case nowhere; the papers are the lead's."""
    walk = walk_with(TOLD, PAPERS, steps=4)
    walk.do(c.Report(findings="已配合"), POLICE)
    assert walk.refused(REPORT, HOUSING).rule == "gate.open"


@pytest.mark.parametrize("point", [Point.ASSIGN, Point.PUBLISH])
def test_a_contact_before_another_point_may_be_anybodys(point: Point) -> None:
    """Before assignment and publication one attempt on record is enough."""
    walk = walk_with(attrs.evolve(TOLD, before=point))
    assert open_at(walk, point) == ["told"]
    walk.do(c.LogContact(reached=False), CLERK)
    assert open_at(walk, point) == []


def test_a_written_note_comes_before_the_report() -> None:
    """The unit files it while it has the case, and once."""
    walk = walk_with(PAPERS, steps=4)
    assert walk.refused(REPORT, HOUSING).reason == "反馈前须经承办单位书面材料"
    walk.do(c.FileNote(gate="papers", text="处置情况"), HOUSING)
    assert walk.refused(c.FileNote(gate="papers", text="又一份"), HOUSING).rule == "gate.none"
    walk.do(REPORT, HOUSING)
    walk.do(c.ReturnForRework(reason="不详"), CLERK)
    assert standing(walk) == ["papers"]


@pytest.mark.parametrize(
    ("note", "rule", "named"),
    [
        (c.FileNote(gate="note", text="  "), "note.empty", "内容"),
        (c.FileNote(gate="papers", text="处置情况"), "gate.too_early", "交办以后、反馈以前"),
        (c.FileNote(gate="signed", text="同意"), "gate.none", "signed"),
        (c.FileNote(gate="nothing", text="同意"), "gate.unknown", "note、papers、signed"),
    ],
)
def test_a_bad_note_is_refused(note: c.FileNote, rule: str, named: str) -> None:
    """Without words, before its time, or at a gate that waits for something else."""
    refused = walk_with(NOTE, PAPERS, SIGNED).refused(note, CLERK)
    assert refused.rule == rule
    assert named in refused.reason


def test_every_item_of_a_gates_lists_is_confirmed() -> None:
    """The refusal names what is missing; what was confirmed stands on record."""
    lists = (
        Checklist(id="gate", title="四把关", items=("事实", "政策"), basis="样例"),
        Checklist(id="empty", title="四确认", basis="样例"),
        Checklist(id="other", title="别的", items=("无关",), basis="样例"),
    )
    review = sample_gate("review", GateAct.REVIEW, checklists=("gate", "empty"))
    walk = walk_with(review, steps=6, checklists=lists)
    refused = walk.refused(c.Review(checked=("政策",)), CLERK)
    assert (refused.rule, refused.reason) == ("gate.checklist", "审核时还须逐项确认:事实")
    (passed,) = walk.do(c.Review(checked=("政策", "事实")), CLERK)
    assert isinstance(passed, e.GatePassed)
    assert passed.checked == ("政策", "事实")


def test_the_citizen_is_called_back_before_the_reply() -> None:
    """Who was reached since the report is told of it; the refusal says what to do."""
    walk = walk_with(attrs.evolve(CALLED, attempts=0), steps=6)
    refused = walk.refused(c.Publish(), CLERK)
    assert (refused.rule, "回访;请先登记" in refused.reason) == ("gate.open", True)
    for _ in range(3):
        walk.do(c.CallBack(reached=False), CLERK)
    assert walk.refused(c.Publish(), CLERK).rule == "gate.open"
    walk.do(c.CallBack(reached=True), CLERK)
    assert walk.refusal(c.Publish(), CLERK) is None


def test_so_many_failures_let_the_case_pass_unreached() -> None:
    """Calls back and attempts to contact count alike, but none of before the report."""
    walk = walk_with(CALLED, steps=5)
    for _ in range(2):
        walk.do(c.LogContact(reached=False), HOUSING)
    walk.do(REPORT, HOUSING)
    assert walk.refused(c.Publish(), CLERK).rule == "gate.open"
    walk.do(c.CallBack(reached=False), CLERK)
    walk.do(c.LogContact(reached=True), CLERK)
    assert walk.refused(c.Publish(), CLERK).rule == "gate.open"
    walk.do(c.LogContact(reached=False), CLERK)
    assert walk.refusal(c.Publish(), CLERK) is None


def test_a_rework_asks_for_another_call_back() -> None:
    """What the citizen was told of was the report that went back."""
    walk = walk_with(CALLED, steps=6)
    walk.do(c.CallBack(reached=True), CLERK)
    walk.do(c.ReturnForRework(reason="不实"), CLERK)
    walk.do(REPORT, HOUSING)
    assert walk.refused(c.Publish(), CLERK).rule == "gate.open"


def test_nobody_is_called_back_who_left_no_way_to_be_reached() -> None:
    """A nickname alone is no address; a contact by the board may still be tried."""
    message = attrs.evolve(sample_message(), contact=Contact(name="张三"))
    rules = sample_rules_with(gates=(CALLED, attrs.evolve(TOLD, before=Point.PUBLISH)))
    walk = Walk(rules, message=message).steps(2)
    assert open_at(walk, Point.PUBLISH) == ["told"]
    reachable = Walk(rules, message=sample_message())
    assert open_at(reachable, Point.PUBLISH) == ["called", "told"]


def test_nobody_is_looked_for_who_wrote_to_nobody() -> None:
    """What the office came upon by watching a forum has no citizen to be contacted."""
    message = attrs.evolve(sample_message(), kind=SourceKind.PROACTIVE_MONITORING)
    walk = Walk(sample_rules_with(gates=(CALLED, TOLD)), message=message).steps(6)
    assert open_at(walk, Point.PUBLISH) == []
    assert walk.refusal(c.Publish(), CLERK) is None


def test_a_return_of_the_case_voids_what_was_decided_of_its_routing() -> None:
    """The office's own note stands, the signature under the routing and the unit's papers do not."""
    publish = attrs.evolve(PAPERS, id="proof", before=Point.PUBLISH)
    walk = walk_with(NOTE, SIGNED, PAPERS, publish)
    walk.do(c.FileNote(gate="note", text="拟由住房局办理"), CLERK)
    walk.do(c.Approve(), SECRETARY)
    walk.do(ASSIGN, CLERK)
    for gate, actor in (("papers", HOUSING), ("proof", CLERK)):
        walk.do(c.FileNote(gate=gate, text="处置情况"), actor)
    assert standing(walk) == ["note", "signed", "papers", "proof"]
    walk.do(c.SendBack(reason="不归我管"), HOUSING)
    assert standing(walk) == ["note"]
    assert walk.refused(ASSIGN, CLERK).rule == "gate.open"


def test_another_assignment_keeps_what_came_before_the_first() -> None:
    """A reassignment needs no second signature, but the new unit has papers of its own to file."""
    walk = walk_with(SIGNED, PAPERS)
    walk.do(c.Approve(), SECRETARY)
    walk.do(c.Assign(lead="housing"), CLERK)
    walk.do(c.FileNote(gate="papers", text="处置情况"), HOUSING)
    walk.do(c.Reassign(lead="police", reason="职责调整"), CLERK)
    assert standing(walk) == ["signed"]
    assert walk.refused(REPORT, POLICE).rule == "gate.open"


def test_a_reopened_case_passes_its_gates_again() -> None:
    """Neither the signature nor the contact of the first handling stands for the second."""
    walk = walk_with(attrs.evolve(TOLD, before=Point.ASSIGN), SIGNED)
    walk.do(c.LogContact(reached=True), CLERK)
    walk.do(c.Approve(), SECRETARY)
    walk.do(ASSIGN, CLERK)
    walk.do(REPORT, HOUSING)
    walk.do(c.Publish(), CLERK)
    walk.do(c.Reopen(reason="又坏了"), CLERK, walk.at + timedelta(days=3))
    assert open_at(walk, Point.ASSIGN) == ["told", "signed"]
    assert walk.refused(ASSIGN, CLERK).rule == "gate.open"
