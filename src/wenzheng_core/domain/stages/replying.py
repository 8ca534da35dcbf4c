"""Review, approve, return for rework, publish: no reply goes out past an open gate."""

from __future__ import annotations

from typing import Any

from wenzheng_core.domain import clocks
from wenzheng_core.domain import commands as c
from wenzheng_core.domain import events as e
from wenzheng_core.domain.drafts import Draft
from wenzheng_core.domain.errors import RefusedError
from wenzheng_core.domain.policies import Gate, GateAct, Milestone
from wenzheng_core.domain.stages.routing import release_all

PUBLISHING_ENDS = frozenset(Milestone) - {Milestone.RESOLVED}
"""A clock that waits for any of these has nothing to wait for once the reply is public."""


def open_gates(draft: Draft) -> list[Gate]:
    """The gates still before this reply, in the policy's order."""
    facts, passed = draft.case.facts, draft.case.gates
    return [g for g in draft.policy.gates if g.applies(facts) and g.id not in passed]


def review(draft: Draft, command: c.Review) -> None:
    """Pass the review; the office's act."""
    gate = _next(draft, GateAct.REVIEW)
    draft.emit(e.GatePassed(gate=gate.id, act=gate.act, by=gate.by, note=command.note))
    clocks.reach(draft, Milestone.REVIEWED)


def approve(draft: Draft, command: c.Approve) -> None:
    """Pass the approval; only the holder of the office that the policy names."""
    gate = _next(draft, GateAct.APPROVE)
    if gate.by not in draft.actor.offices:
        raise RefusedError("gate.approver", f"须由{gate.by}审定", gate.basis)
    draft.emit(e.GatePassed(gate=gate.id, act=gate.act, by=gate.by, note=command.note))
    clocks.reach(draft, Milestone.APPROVED)


def _next(draft: Draft, act: GateAct) -> Gate:
    ahead = open_gates(draft)
    if not any(gate.act is act for gate in ahead):
        raise RefusedError("gate.none", f"本件没有待过的「{act.label}」一关")
    if ahead[0].act is not act:
        first = ahead[0]
        raise RefusedError("gate.order", f"须先经{first.by}{first.act.label}", first.basis)
    return ahead[0]


def return_for_rework(draft: Draft, command: c.ReturnForRework) -> None:
    """Send the report back to the lead; what it stopped runs on by the original due instant."""
    if not command.reason.strip():
        raise RefusedError("rework.reason", "退回重办须说明理由")
    lead = draft.case.lead
    draft.emit(e.ReturnedForRework(reason=command.reason))
    held = max(h.since for h in draft.case.holdings if h.unit == lead)
    stopped = {rule.id for rule in draft.policy.clocks if rule.stops is Milestone.REPORTED}
    for clock in list(draft.case.clocks):
        of_lead = clock.unit == lead and clock.started >= held
        of_case = not clock.unit and clock.epoch == draft.case.epoch
        if clock.id in stopped and clock.met and (of_lead or of_case):
            clocks.reopen(draft, clock)
    if command.within is not None:
        clocks.start_rework(draft, lead, command.within)


def publish(draft: Draft, command: c.Publish) -> None:
    """Publish, once every gate is passed."""
    if ahead := open_gates(draft):
        gate = ahead[0]
        raise RefusedError("gate.open", f"公开回复前须经{gate.by}{gate.act.label}", gate.basis)
    reply = command.reply.strip() or draft.case.proposed_reply.strip()
    if not reply:
        raise RefusedError("publish.empty", "没有可公开的回复内容")
    clocks.end_pause(draft, draft.at)
    draft.emit(e.Published(reply=reply))
    clocks.reach(draft, Milestone.PUBLISHED)
    rules = {rule.id: rule.stops for rule in draft.policy.clocks}
    ended = [
        clock
        for clock in draft.case.running
        if rules.get(clock.id, Milestone.REPORTED) in PUBLISHING_ENDS
    ]
    clocks.stop(draft, ended, "published")
    release_all(draft, "published")


DECIDE: dict[type[c.Command], Any] = {
    c.Review: review,
    c.Approve: approve,
    c.ReturnForRework: return_for_rework,
    c.Publish: publish,
}
