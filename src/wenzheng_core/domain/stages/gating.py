"""Gates: what stands before assignment, report and publication, and the acts that pass it."""

from __future__ import annotations

from typing import Any

from wenzheng_core.domain import clocks
from wenzheng_core.domain import commands as c
from wenzheng_core.domain import events as e
from wenzheng_core.domain.actors import Role
from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.drafts import Draft
from wenzheng_core.domain.errors import RefusedError
from wenzheng_core.domain.gates import Gate, GateAct, Point
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.workflow import REPLY_READY, State

UNASSIGNED = frozenset({State.RECEIVED, State.ACCEPTED})
"""States in which no unit has been charged with the case."""


def open_gates(policy: Policy, case: Case, point: Point) -> list[Gate]:
    """The gates that still hold the case before a point, in the policy's order."""
    return [gate for gate in pending(policy, case, point) if gate.blocks]


def pending(policy: Policy, case: Case, point: Point) -> list[Gate]:
    """The gates of a point that the case has not passed, those that hold nothing up included."""
    at_point = [gate for gate in policy.gates if gate.before is point]
    return [gate for gate in at_point if _asked(gate, case) and not _met(gate, case)]


def _asked(gate: Gate, case: Case) -> bool:
    # Nobody is looked for who did not write, nor called back who left no way to be reached.
    if gate.act is GateAct.CALL_BACK:
        return case.message.reachable and gate.applies(case.facts)
    if gate.act is GateAct.CONTACT:
        return case.message.addressed and gate.applies(case.facts)
    return gate.applies(case.facts)


def _met(gate: Gate, case: Case) -> bool:
    if gate.act is GateAct.CONTACT:
        return _contacted(gate, case)
    if gate.act is GateAct.CALL_BACK:
        return _called_back(gate, case)
    return case.stands(gate.id)


def _contacted(gate: Gate, case: Case) -> bool:
    """Whether an attempt is on record: before the report, one of the lead's or of the office's."""
    since = case.passed[Milestone.RECEIVED]
    anybody = gate.before is not Point.REPORT
    return any(x.at >= since and (anybody or x.unit in ("", case.lead)) for x in case.contacts)


def _called_back(gate: Gate, case: Case) -> bool:
    """Whether the citizen was told of the answer that stands, or tried for as often as is asked.

    The office or the lead calls; what an assisting unit tells the citizen is not the answer.
    """
    since, own = case.answer_ready, ("", case.lead)
    if since is None:
        return False
    calls = [call for call in case.calls if call.at >= since and call.unit in own]
    if any(call.reached for call in calls):
        return True
    # Against a unit that only says that it called (濮阳: 杜绝承办单位敷衍应付), the office's count.
    missed = [x for x in case.contacts if x.at >= since and not x.unit and not x.reached]
    return 0 < gate.attempts <= sum(not call.unit for call in calls) + len(missed)


def require_passed(draft: Draft, point: Point) -> None:
    """Raise RefusedError while a gate stands before the point, naming whose act is missing."""
    for gate in open_gates(draft.policy, draft.case, point):
        mend = ";请先登记" if gate.act.by_record else ""
        reason = f"{point.label}前须经{gate.by}{gate.label}{mend}"
        raise RefusedError("gate.open", reason, gate.basis)


def require_turn(draft: Draft, gate: Gate) -> None:
    """Raise RefusedError while another act must come first; what holds nothing up waits for none."""
    if not gate.blocks:
        return
    for earlier in open_gates(draft.policy, draft.case, gate.before):
        if earlier.id == gate.id:
            return
        if not earlier.act.by_record:
            raise RefusedError("gate.order", f"须先经{earlier.by}{earlier.label}", earlier.basis)


def pass_gate(draft: Draft, gate: Gate, checked: tuple[str, ...], note: str = "") -> None:
    """Let the case pass, once every item of the gate's lists is confirmed."""
    lists = [x for x in draft.policy.checklists if x.id in gate.checklists]
    missing = [item for each in lists for item in each.items if item not in checked]
    if missing:
        reason = f"{gate.label}时还须逐项确认:{'、'.join(missing)}"
        raise RefusedError("gate.checklist", reason, gate.basis)
    draft.emit(
        e.GatePassed(
            gate=gate.id, act=gate.act, by=gate.by, note=note, before=gate.before, checked=checked
        )
    )


def review(draft: Draft, command: c.Review) -> None:
    """Pass the review; the office's act."""
    gate = _next(draft, GateAct.REVIEW)
    pass_gate(draft, gate, command.checked, command.note)
    if gate.before is Point.PUBLISH:
        clocks.reach(draft, Milestone.REVIEWED)


def approve(draft: Draft, command: c.Approve) -> None:
    """Pass the approval; only the holder of the office that the policy names."""
    gate = _next(draft, GateAct.APPROVE)
    if gate.by not in draft.actor.offices:
        raise RefusedError("gate.approver", f"须由{gate.by}{gate.label}", gate.basis)
    pass_gate(draft, gate, command.checked, command.note)
    if gate.before is Point.PUBLISH:
        clocks.reach(draft, Milestone.APPROVED)


def _next(draft: Draft, act: GateAct) -> Gate:
    """The gate of the act at the point at which the case stands, if it is its turn."""
    point = Point.PUBLISH if draft.case.state in REPLY_READY else Point.ASSIGN
    ahead = pending(draft.policy, draft.case, point)
    gate = next((gate for gate in ahead if gate.act is act), None)
    if gate is None:
        raise RefusedError("gate.none", f"{point.label}前没有待过的「{act.label}」一关")
    require_turn(draft, gate)
    return gate


def file_note(draft: Draft, command: c.FileNote) -> None:
    """Put the written note on file for which a gate waits."""
    if not command.text.strip():
        raise RefusedError("note.empty", "书面材料须写明内容")
    gate = draft.policy.gate(command.gate)
    ahead = pending(draft.policy, draft.case, gate.before)
    if gate.act is not GateAct.NOTE or gate not in ahead:
        raise RefusedError("gate.none", f"「{gate.id}」一关不须再提交书面材料", gate.basis)
    _require_filer(draft, gate)
    if gate.before is not Point.ASSIGN and draft.case.state in UNASSIGNED:
        # An assignment begins the unit's own papers, so this one would be lost with it.
        reason = f"{gate.label}须在交办以后、{gate.before.label}以前提交"
        raise RefusedError("gate.too_early", reason, gate.basis)
    require_turn(draft, gate)
    pass_gate(draft, gate, command.checked, command.text)


def _require_filer(draft: Draft, gate: Gate) -> None:
    """Raise RefusedError unless the note is the actor's: the office's, the lead's on its report."""
    actor = draft.actor
    papers = actor.role is Role.UNIT and gate.before is Point.REPORT
    own = papers and actor.unit == draft.case.lead
    if actor.role is not Role.OFFICE and gate.by not in actor.offices and not own:
        who = "主办单位" if gate.before is Point.REPORT else gate.by
        raise RefusedError("gate.filer", f"{gate.label}须由{who}提交", gate.basis)


DECIDE: dict[type[c.Command], Any] = {
    c.Review: review,
    c.Approve: approve,
    c.FileNote: file_note,
}
