"""More time for a unit: asked for, granted, refused."""

from __future__ import annotations

from typing import Any

from wenzheng_core.domain import clocks
from wenzheng_core.domain import commands as c
from wenzheng_core.domain import events as e
from wenzheng_core.domain.actors import Role
from wenzheng_core.domain.cases import Clock, ExtensionRequest
from wenzheng_core.domain.drafts import Draft
from wenzheng_core.domain.errors import LimitUseError, RefusedError
from wenzheng_core.domain.escalation import OFFICE
from wenzheng_core.domain.limits import Limit, amount, write_limit
from wenzheng_core.domain.timelimits import require_same_unit


def request_extension(draft: Draft, command: c.RequestExtension) -> None:
    """Ask, before the due instant, within what the rule allows (信访工作条例第34条 has the model)."""
    rule = draft.policy.extension(command.clock, draft.case.facts)
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
    rule = draft.policy.extension(command.clock, draft.case.facts)
    request = _request(draft, command.clock, command.unit)
    clock = _running(draft, request.clock, request.unit)
    _require_approver(draft, request, rule.approver, rule.basis)
    _require_unpaused(clock, rule.basis)
    if clock.breached(draft.at) or clock.due is None:
        raise RefusedError("extension.late", "时限已到,不能再批准延期", rule.basis)
    new = clocks.due_of(draft, clock.limit, clock.started, clock, (request.by,))
    if new is None:
        raise RefusedError("extension.no_limit", "该时限没有期限,无须延期", rule.basis)
    if clock.ceiling is not None and new.due <= clock.due:
        raise RefusedError("extension.capped", "该时限已定最迟期限,不能再延", rule.basis)
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
    rule = draft.policy.extension(command.clock, draft.case.facts)
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
    c.RequestExtension: request_extension,
    c.GrantExtension: grant_extension,
    c.RefuseExtension: refuse_extension,
}
