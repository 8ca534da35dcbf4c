"""A leader's instruction and the naming of a lead: what binds the office in its routing."""

from __future__ import annotations

from typing import Any

from wenzheng_core.domain import clocks
from wenzheng_core.domain import commands as c
from wenzheng_core.domain import events as e
from wenzheng_core.domain.drafts import Draft
from wenzheng_core.domain.errors import RefusedError
from wenzheng_core.domain.gates import Gate, GateAct
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.domain.stages.gating import UNASSIGNED, pass_gate, require_turn
from wenzheng_core.domain.stages.holding import charge, lead_of, release, require_units
from wenzheng_core.domain.workflow import WITH_UNIT


def instruct(draft: Draft, command: c.Instruct) -> None:
    """Record the instruction, which passes its gate; where it may, it takes the case elsewhere.

    The citizen's clock runs on; the units so far answer for the time they held the case.
    """
    if not command.text.strip():
        raise RefusedError("instruct.empty", "批示须写明内容")
    gate = _gate_of(draft, command.gate)
    elsewhere = _leads_elsewhere(draft, gate, command)
    draft.emit(
        e.Instructed(by=gate.by, text=command.text, gate=gate.id, lead=command.lead),
    )
    if not draft.case.stands(gate.id):
        require_turn(draft, gate)
        pass_gate(draft, gate, command.checked)
    clocks.reach(draft, Milestone.INSTRUCTED)
    if elsewhere:
        release(draft, "instructed", "领导批示")
        charge(draft, command.lead, command.assisting, command.letter, decided=True)


def _gate_of(draft: Draft, gate_id: str) -> Gate:
    """The gate at which the leader instructs: the one named, else the first not passed."""
    if gate_id:
        draft.policy.gate(gate_id)
    facts = draft.case.facts
    asked = [g for g in draft.policy.gates if g.act is GateAct.INSTRUCT and g.applies(facts)]
    own = [g for g in asked if g.by in draft.actor.offices and gate_id in ("", g.id)]
    if not own:
        offices = "、".join(dict.fromkeys(g.by for g in asked))
        reason = f"本件须由{offices}批示" if offices else "本件没有领导批示这一环节"
        raise RefusedError("instruct.office", reason)
    return next((gate for gate in own if not draft.case.stands(gate.id)), own[0])


def _leads_elsewhere(draft: Draft, gate: Gate, command: c.Instruct) -> bool:
    """Whether the instruction names another lead than the one that has the case."""
    lead, assisting, letter = command.lead, command.assisting, command.letter
    if not lead:
        return False
    require_units(draft, (lead,))
    case = draft.case
    if case.state in UNASSIGNED:
        return False
    if lead == lead_of(case):
        if assisting or letter:
            reason = "批示的主办单位就是现主办单位,协办单位和交办函不会更改;请由办公室改派"
            raise RefusedError("instruct.same", reason, gate.basis)
        return False
    if not gate.overrides_routing:
        reason = "本件已经交办,批示不能直接改定主办单位;请由办公室改派"
        raise RefusedError("instruct.routing", reason, gate.basis)
    if case.state not in WITH_UNIT:
        reason = "本件已有办理结果,不能再以批示改派;请先退回重办"
        raise RefusedError("instruct.too_late", reason, gate.basis)
    return True


def require_instructed(draft: Draft, lead: str) -> None:
    """Raise RefusedError if a leader has named another lead."""
    if (named := draft.case.instructed_lead) and lead != named:
        name = draft.rules.units.name(named)
        raise RefusedError("instruction.lead", f"领导批示由{name}主办;改由他人须另有批示")


def require_designated(draft: Draft, lead: str) -> None:
    """Raise RefusedError if another lead was named; a leader's later word goes before it."""
    named = draft.case.designated_lead
    if named and not draft.case.instructed_lead and lead != named:
        name = draft.rules.units.name(named)
        raise RefusedError("designate.lead", f"已指定{name}牵头;改由他人须重新指定")


def designate(draft: Draft, command: c.DesignateLead) -> None:
    """Name the lead; until the case is assigned another may be named."""
    if not command.reason.strip():
        raise RefusedError("designate.reason", "指定牵头单位须说明理由")
    facts = draft.case.facts
    asked = [g for g in draft.policy.gates if g.act is GateAct.DESIGNATE and g.applies(facts)]
    if not asked:
        raise RefusedError("gate.none", "本件不须指定牵头单位,可直接交办")
    require_units(draft, (command.lead,))
    require_instructed(draft, command.lead)
    gate = next((gate for gate in asked if not draft.case.stands(gate.id)), asked[0])
    draft.emit(e.LeadDesignated(lead=command.lead, by=gate.by, reason=command.reason))
    if not draft.case.stands(gate.id):
        require_turn(draft, gate)
        pass_gate(draft, gate, command.checked)


DECIDE: dict[type[c.Command], Any] = {c.Instruct: instruct, c.DesignateLead: designate}
