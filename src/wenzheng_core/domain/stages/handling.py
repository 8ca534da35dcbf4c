"""Contact, report, resolve; pauses and extensions of the clocks meanwhile."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from wenzheng_core.domain import clocks
from wenzheng_core.domain import commands as c
from wenzheng_core.domain import events as e
from wenzheng_core.domain.cases import Clock, ExtensionRequest
from wenzheng_core.domain.commands import Role
from wenzheng_core.domain.drafts import Draft
from wenzheng_core.domain.errors import LimitUseError, RefusedError
from wenzheng_core.domain.escalation import OFFICE
from wenzheng_core.domain.limits import Limit, amount, write_limit
from wenzheng_core.domain.policies import REWORK, Milestone, PauseReason
from wenzheng_core.domain.stages.routing import require_holder, sign
from wenzheng_core.domain.timelimits import deadline, require_same_unit


def contact(draft: Draft, command: c.LogContact) -> None:
    """Log the attempt; whether it succeeded never holds up the case."""
    unit = draft.actor.unit
    draft.emit(
        e.ContactLogged(
            unit=unit, reached=command.reached, channel=command.channel, note=command.note
        )
    )
    clocks.reach(draft, Milestone.CONTACTED, (unit,) if unit else ())


def report(draft: Draft, command: c.Report) -> None:
    """The lead's report brings the case to the office; an assisting unit's only ends its part."""
    unit = draft.actor.unit
    if not command.findings.strip():
        raise RefusedError("report.empty", "反馈须写明办理情况")
    lead = unit == draft.case.lead
    if any(h.unit == unit and h.reported for h in draft.case.holders):
        raise RefusedError("report.twice", "本单位已经反馈")
    if lead:
        clocks.end_pause(draft, draft.at)
    _sign_first(draft, unit)
    draft.emit(
        e.Reported(
            unit=unit,
            lead=lead,
            findings=command.findings,
            proposed_reply=command.proposed_reply,
        )
    )
    clocks.reach(draft, Milestone.REPORTED, (unit,), whole=lead)
    if not lead:
        return
    helpers = [h.unit for h in draft.case.holders if not h.lead and not h.reported]
    if helpers:
        late = [clock for clock in draft.case.running if clock.unit in helpers]
        clocks.stop(draft, late, "lead_reported")


def _sign_first(draft: Draft, unit: str) -> None:
    # Who reports has the case in hand; else a clock that waits for the signature would run on.
    asked = any(Milestone.CLAIMED in (rule.starts, rule.stops) for rule in draft.policy.clocks)
    if asked and require_holder(draft).claimed is None:
        sign(draft, unit)


def resolve(draft: Draft, command: c.Resolve) -> None:
    """The matter itself is settled; once."""
    if Milestone.RESOLVED in draft.case.passed:
        raise RefusedError("resolve.twice", "本件已经办结")
    draft.emit(e.Resolved(note=command.note))
    clocks.reach(draft, Milestone.RESOLVED)


def pause(draft: Draft, command: c.Pause) -> None:
    """Let clocks stand still, never beyond the cap and never one that is already due."""
    reason = draft.policy.pause_reason(command.reason)
    if draft.case.pause is not None:
        raise RefusedError("pause.already", "本件已处于中止状态", reason.basis)
    held = reason.clocks or (*(clock.id for clock in draft.policy.clocks), REWORK)
    if not any(c.id in held and not c.breached(draft.at) for c in draft.case.running):
        raise RefusedError(
            "pause.nothing", "没有可以中止的时限(未开始、已结束或已超期)", reason.basis
        )
    if reason.approver != OFFICE and reason.approver not in draft.actor.offices:
        raise RefusedError("pause.approver", f"中止须由{reason.approver}批准", reason.basis)
    cap = _pause_ends(draft, reason)
    if cap <= draft.at:
        raise RefusedError(
            "pause.exhausted", f"以此为由中止累计已达{write_limit(reason.at_most)}", reason.basis
        )
    running = {c.id for c in draft.case.running if not c.breached(draft.at)}
    draft.emit(
        e.Paused(
            reason=reason.code,
            clocks=tuple(x for x in held if x in running),
            until=cap,
            note=command.note,
        )
    )


def _pause_ends(draft: Draft, reason: PauseReason) -> datetime:
    """When a pause that begins now reaches the cap of all pauses on its ground together.

    The cap is measured once, where the first of them began (a choice), so that cutting a pause up
    never gains anything.
    """
    earlier = [p for p in draft.case.past_pauses if p.reason == reason.code]
    began = earlier[0].first if earlier else draft.at
    whole = deadline(reason.at_most, began, draft.rules.calendar, draft.policy.time).due - began
    return draft.at + whole - sum((p.until - p.first for p in earlier), start=timedelta(0))


def resume(draft: Draft, command: c.Resume) -> None:
    """Let the clocks run on from now."""
    if draft.case.pause is None:
        raise RefusedError("resume.not_paused", "本件没有中止")
    clocks.end_pause(draft, draft.at)


def request_extension(draft: Draft, command: c.RequestExtension) -> None:
    """Ask, before the due instant, within what the rule allows (信访工作条例第34条 has the model)."""
    rule = draft.policy.extension(command.clock)
    clock = _running(draft, command.clock, draft.actor.unit)
    _require_unpaused(clock, rule.basis)
    if not command.reason.strip():
        raise RefusedError("extension.reason", "申请延期须说明理由", rule.basis)
    if any((r.clock, r.unit) == (clock.id, clock.unit) for r in draft.case.requests):
        raise RefusedError("extension.pending", "已有一份延期申请待批", rule.basis)
    if clock.breached(draft.at):
        raise RefusedError("extension.late", "时限已到,不能再申请延期", rule.basis)
    if len(clock.extensions) >= rule.times:
        raise RefusedError("extension.times", f"最多延期{rule.times}次", rule.basis)
    _check_amount(clock, command, rule.at_most, rule.basis)
    draft.emit(
        e.ExtensionRequested(clock=clock.id, unit=clock.unit, by=command.by, reason=command.reason)
    )


def _check_amount(clock: Clock, command: c.RequestExtension, at_most: Limit, basis: str) -> None:
    if clock.limit is None:
        raise RefusedError("extension.no_limit", "该时限没有期限,无须延期", basis)
    try:
        require_same_unit(clock.limit, command.by)
        require_same_unit(clock.limit, at_most)
    except LimitUseError as error:
        raise RefusedError("extension.unit", str(error), basis) from error
    if sum(map(amount, (*clock.extensions, command.by))) > amount(at_most):
        raise RefusedError("extension.most", f"延期累计不得超过{write_limit(at_most)}", basis)


def grant_extension(draft: Draft, command: c.GrantExtension) -> None:
    """Another office grants, before the due instant: a breach is never undone."""
    rule = draft.policy.extension(command.clock)
    request = _request(draft, command.clock, command.unit)
    clock = _running(draft, request.clock, request.unit)
    _require_approver(draft, request, rule.approver, rule.basis)
    _require_unpaused(clock, rule.basis)
    if clock.breached(draft.at) or clock.due is None:
        raise RefusedError("extension.late", "时限已到,不能再批准延期", rule.basis)
    new = clocks.due_of(draft, clock.limit, clock.started, clock, (request.by,))
    if new is None:
        raise RefusedError("extension.no_limit", "该时限没有期限,无须延期", rule.basis)
    draft.emit(
        e.ExtensionGranted(
            clock=clock.id,
            unit=clock.unit,
            by=request.by,
            approver=draft.actor.id,
            old_due=clock.due,
            new_due=new.due,
        )
    )
    clocks.move(draft, _running(draft, clock.id, clock.unit), "extended")


def refuse_extension(draft: Draft, command: c.RefuseExtension) -> None:
    """Refuse, with a reason; the clock runs on as it did."""
    rule = draft.policy.extension(command.clock)
    request = _request(draft, command.clock, command.unit)
    _require_approver(draft, request, rule.approver, rule.basis)
    if not command.reason.strip():
        raise RefusedError("extension.reason", "不同意延期须说明理由", rule.basis)
    draft.emit(e.ExtensionRefused(clock=request.clock, unit=request.unit, reason=command.reason))


def _require_approver(draft: Draft, request: ExtensionRequest, approver: str, basis: str) -> None:
    if draft.actor.id == request.asked_by:
        raise RefusedError("extension.own", "申请人不得批准自己的延期申请", basis)
    by_office = approver == OFFICE and draft.actor.role is Role.OFFICE
    if not by_office and approver not in draft.actor.offices:
        raise RefusedError("extension.approver", f"延期须由{approver}批准", basis)


def _request(draft: Draft, clock: str, unit: str) -> ExtensionRequest:
    for request in draft.case.requests:
        if request.clock == clock and (not unit or request.unit == unit):
            return request
    raise RefusedError("extension.no_request", "没有待批的延期申请")


def _require_unpaused(clock: Clock, basis: str) -> None:
    # While it stands still its due instant is not known, so nothing can be counted from it.
    if clock.paused_since is not None:
        raise RefusedError("extension.paused", "时限中止期间不办理延期,请先恢复计时", basis)


def _running(draft: Draft, clock_id: str, unit: str) -> Clock:
    for clock in draft.case.running:
        if clock.id == clock_id and clock.unit in ("", unit):
            return clock
    raise RefusedError("clock.not_running", f"时限「{clock_id}」没有在计时")


DECIDE: dict[type[c.Command], Any] = {
    c.LogContact: contact,
    c.Report: report,
    c.Resolve: resolve,
    c.Pause: pause,
    c.Resume: resume,
    c.RequestExtension: request_extension,
    c.GrantExtension: grant_extension,
    c.RefuseExtension: refuse_extension,
}
