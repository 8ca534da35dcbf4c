"""The steps of a case, and what may follow what: one table, read by the engine and by the docs.

Each row says from which states a command may be given, to which state it leads (None: it stays, or
what it leads to depends on the policy's gates), and who may give it. Whatever no row allows is
refused. Guards that look at more than the state (gates passed, a clock already due) stand with the
command in ``stages/``.
"""

from __future__ import annotations

from enum import StrEnum

import attrs

from wenzheng_core.domain import commands as c
from wenzheng_core.domain.actors import Role
from wenzheng_core.domain.commands import Command
from wenzheng_core.domain.errors import RefusedError


class State(StrEnum):
    """Where a case stands."""

    RECEIVED = "received"
    ACCEPTED = "accepted"
    ASSIGNED = "assigned"
    HANDLING = "handling"
    REPORTED = "reported"
    REVIEWED = "reviewed"
    APPROVED = "approved"
    PUBLISHED = "published"
    FORWARDED = "forwarded"
    DECLINED = "declined"
    MERGED = "merged"
    ARCHIVED = "archived"

    @property
    def label(self) -> str:
        """The Chinese word."""
        return _STATE_LABELS[self]


S = State

WAITING, IN_HAND, DONE = "待回复", "办理中", "已办理"
"""What a message board shows the public of a message, in this order."""

PUBLIC_STATUSES = (WAITING, IN_HAND, DONE)


def public_status(state: State) -> str:
    """What the public is shown of a case in that state: 待回复, 办理中 or 已办理.

    An answer that went up to another office is not public yet, so the case is still in hand.
    """
    if state is S.RECEIVED:
        return WAITING
    return DONE if state in FINAL - {S.FORWARDED} else IN_HAND


_STATE_LABELS = {
    S.RECEIVED: "待初审",
    S.ACCEPTED: "待交办",
    S.ASSIGNED: "待签收",
    S.HANDLING: "办理中",
    S.REPORTED: "待审核",
    S.REVIEWED: "已审核",
    S.APPROVED: "已审定",
    S.PUBLISHED: "已回复",
    S.FORWARDED: "已报送",
    S.DECLINED: "不予受理(已答复)",
    S.MERGED: "已合并",
    S.ARCHIVED: "已归档",
}

FINAL = frozenset({S.PUBLISHED, S.FORWARDED, S.DECLINED, S.MERGED, S.ARCHIVED})
OPEN = frozenset(S) - FINAL
WITH_UNIT = frozenset({S.ASSIGNED, S.HANDLING})
REPLY_READY = frozenset({S.REPORTED, S.REVIEWED, S.APPROVED})
ANSWERED = frozenset({S.PUBLISHED, S.FORWARDED})
ANY = frozenset(S)


@attrs.frozen
class Step:
    """One row: from where, to where, by whom."""

    command: type[Command]
    title: str
    sources: frozenset[State]
    target: State | None
    roles: frozenset[Role]


def _step(
    command: type[Command],
    title: str,
    sources: frozenset[State],
    target: State | None,
    *roles: Role,
) -> Step:
    return Step(command, title, sources, target, frozenset(roles))


_OFFICE, _UNIT, _SYSTEM = Role.OFFICE, Role.UNIT, Role.SYSTEM

RECEIVERS = frozenset({Role.SOURCE, Role.OFFICE, Role.SYSTEM})
"""Who may open a case, and say that its message now reads otherwise."""

STEPS: tuple[Step, ...] = (
    _step(c.Accept, "受理", frozenset({S.RECEIVED}), S.ACCEPTED, _OFFICE, _SYSTEM),
    _step(c.Decline, "不予受理", frozenset({S.RECEIVED, S.ACCEPTED}), S.DECLINED, _OFFICE),
    _step(c.Classify, "分类", OPEN, None, _OFFICE),
    _step(
        c.Merge,
        "合并",
        frozenset({S.RECEIVED, S.ACCEPTED, S.ASSIGNED, S.HANDLING}),
        S.MERGED,
        _OFFICE,
    ),
    _step(c.Link, "关联", ANY, None, _OFFICE),
    _step(c.Instruct, "批示", OPEN, None, Role.LEADER),
    _step(
        c.DesignateLead,
        "指定牵头单位",
        frozenset({S.RECEIVED, S.ACCEPTED}) | WITH_UNIT,
        None,
        _OFFICE,
    ),
    _step(c.FileNote, "提交书面材料", OPEN, None, _OFFICE, _UNIT, Role.LEADER),
    _step(c.Assign, "交办", frozenset({S.ACCEPTED}), S.ASSIGNED, _OFFICE),
    _step(c.Reassign, "改派", WITH_UNIT, S.ASSIGNED, _OFFICE),
    _step(c.SendBack, "退件", WITH_UNIT, S.ACCEPTED, _UNIT),
    _step(c.Claim, "签收", WITH_UNIT, S.HANDLING, _UNIT),
    _step(c.LogContact, "联系留言人", OPEN, None, _UNIT, _OFFICE),
    _step(c.TakeFirstAction, "着手核办", OPEN, None, _UNIT, _OFFICE),
    _step(c.TakeInterimMeasure, "临时措施", OPEN - {S.RECEIVED} | ANSWERED, None, _UNIT, _OFFICE),
    _step(c.SubmitPlan, "工作方案", WITH_UNIT, None, _UNIT),
    _step(c.ReportProgress, "进展情况", OPEN - {S.RECEIVED} | ANSWERED, None, _UNIT),
    _step(c.Report, "反馈", WITH_UNIT, S.REPORTED, _UNIT),
    _step(c.Resolve, "办结", OPEN - {S.RECEIVED} | ANSWERED, None, _UNIT, _OFFICE),
    _step(c.Pause, "中止", OPEN - {S.RECEIVED}, None, _OFFICE, Role.LEADER),
    _step(c.Resume, "恢复办理", OPEN, None, _OFFICE),
    _step(c.RequestExtension, "申请延期", WITH_UNIT, None, _UNIT),
    _step(c.GrantExtension, "同意延期", WITH_UNIT, None, _OFFICE, Role.LEADER),
    _step(c.RefuseExtension, "不同意延期", WITH_UNIT, None, _OFFICE, Role.LEADER),
    _step(c.AnswerDirectly, "直接答复", frozenset({S.ACCEPTED}), S.REPORTED, _OFFICE),
    _step(c.Review, "审核", REPLY_READY | WITH_UNIT | {S.ACCEPTED}, None, _OFFICE),
    _step(c.Approve, "审定", REPLY_READY | WITH_UNIT | {S.ACCEPTED}, None, Role.LEADER),
    _step(c.ReturnForRework, "退回重办", REPLY_READY, None, _OFFICE, Role.LEADER),
    _step(c.Publish, "公开回复", REPLY_READY, S.PUBLISHED, _OFFICE),
    _step(c.Forward, "报送", REPLY_READY, S.FORWARDED, _OFFICE),
    _step(c.Chase, "催办", OPEN, None, _OFFICE, Role.SUPERVISOR),
    _step(c.IssueSupervisionOrder, "督办", OPEN, None, _OFFICE, Role.SUPERVISOR),
    _step(c.Escalate, "升级督办", ANY, None, _OFFICE, Role.SUPERVISOR, Role.LEADER),
    _step(c.WithdrawCard, "撤销警告", ANY, None, _OFFICE),
    _step(c.CallBack, "回访", REPLY_READY | ANSWERED, None, _OFFICE, _UNIT),
    _step(c.Rate, "评价", FINAL - {S.MERGED}, None, Role.CITIZEN, Role.SOURCE),
    _step(c.Commit, "承诺", OPEN - {S.RECEIVED} | ANSWERED | {S.ARCHIVED}, None, _OFFICE, _UNIT),
    _step(c.FulfilCommitment, "兑现承诺", ANY, None, _OFFICE, _UNIT),
    _step(
        c.Reopen,
        "重新办理",
        ANSWERED | {S.DECLINED, S.ARCHIVED},
        S.ACCEPTED,
        _OFFICE,
    ),
    _step(
        c.Archive,
        "归档",
        ANSWERED | {S.DECLINED, S.MERGED},
        S.ARCHIVED,
        _OFFICE,
        _SYSTEM,
    ),
    _step(c.Tick, "到点处理", ANY, None, _SYSTEM),
    _step(c.Settle, "按新日历重算", ANY, None, _SYSTEM, _OFFICE),
    _step(c.Revise, "更新留言", ANY, None, *RECEIVERS),
    _step(c.NoteDelivered, "登记送达", ANY, None, _SYSTEM),
    _step(c.NoteUndelivered, "登记未送达", ANY, None, _SYSTEM),
    _step(c.Restrict, "限制处理", ANY, None, _OFFICE, Role.SUPERVISOR),
    _step(c.LiftRestriction, "解除限制", ANY, None, _OFFICE),
    _step(c.Erase, "删除个人信息", ANY, None, _OFFICE),
)

STEP_OF: dict[type[Command], Step] = {step.command: step for step in STEPS}


def allow(command: type[Command], state: State, role: Role) -> Step:
    """The step, if somebody in that role may take it from that state. Raises RefusedError."""
    step = STEP_OF.get(command)
    if step is None:
        raise RefusedError("workflow.unknown_command", f"没有「{command.__name__}」这一指令")
    if role not in step.roles:
        allowed = "、".join(sorted(r.label for r in step.roles))
        raise RefusedError("workflow.role", f"「{step.title}」须由{allowed}作出,{role.label}无权")
    if state not in step.sources:
        raise RefusedError("workflow.state", f"办件处于「{state.label}」,不能「{step.title}」")
    return step
