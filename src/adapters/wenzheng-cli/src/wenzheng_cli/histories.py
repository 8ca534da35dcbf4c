"""What happened, in an officer's words: a title and a detail for each event."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from wenzheng_core import Event, Policy, Units, show_due, write_limit
from wenzheng_core.domain import events as e
from wenzheng_core.domain.actors import SYSTEM, Role
from wenzheng_core.domain.cases import Clock, Commitment
from wenzheng_core.domain.clockrules import Promise
from wenzheng_core.domain.instants import show_instant
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.notices import addressee
from wenzheng_core.replay import CLERK

_TITLES: dict[type[Event], str] = {
    e.CaseOpened: "收到留言",
    e.Accepted: "受理",
    e.Declined: "不予受理",
    e.Classified: "分类",
    e.Merged: "合并",
    e.Linked: "关联",
    e.Instructed: "领导批示",
    e.LeadDesignated: "指定牵头单位",
    e.Assigned: "交办",
    e.Released: "不再承办",
    e.SentBack: "退件",
    e.Claimed: "签收",
    e.ClockStarted: "时限开始",
    e.ClockMoved: "时限改定",
    e.ClockStopped: "时限结束",
    e.ClockReopened: "时限续走",
    e.Paused: "中止",
    e.Resumed: "恢复办理",
    e.PolicyMigrated: "改按新版办法",
    e.ExtensionRequested: "申请延期",
    e.ExtensionGranted: "同意延期",
    e.ExtensionRefused: "不同意延期",
    e.ContactLogged: "联系留言人",
    e.FirstActionTaken: "着手核办",
    e.InterimMeasureTaken: "临时措施",
    e.PlanSubmitted: "工作方案",
    e.ProgressReported: "进展情况",
    e.ReplyProposed: "直接答复",
    e.Reported: "反馈",
    e.Resolved: "办结",
    e.GatePassed: "审核审定",
    e.ReturnedForRework: "退回重办",
    e.Published: "公开回复",
    e.Forwarded: "报送上级",
    e.Escalated: "升级督办",
    e.RungFired: "到点提醒",
    e.CardWithdrawn: "撤销警告",
    e.Chased: "催办",
    e.SupervisionOrderIssued: "督办",
    e.CalledBack: "回访",
    e.Rated: "评价",
    e.Committed: "承诺",
    e.CommitmentFulfilled: "兑现承诺",
    e.CommitmentLapsed: "承诺逾期",
    e.Reopened: "重新办理",
    e.Archived: "归档",
    e.MessageRevised: "留言已更新",
    e.Delivered: "已送达",
    e.DeliveryAbandoned: "未能送达",
    e.ProcessingRestricted: "限制处理",
    e.RestrictionLifted: "解除限制",
    e.PersonalDataErased: "删除个人信息",
}

CAUSES = {
    **{milestone.value: milestone.label for milestone in Milestone},
    "lead_reported": "主办单位已反馈",
    "sent_back": "退件",
    "promised": "承诺日期",
    "inside": "随外层时限提前",
    "reassigned": "改派",
    "returned": "退回重办",
    "declined": "不予受理",
    "merged": "已合并",
    "reopened": "重新办理",
    "archived": "已归档",
    "classified": "分类",
    "settled": "放假安排公布",
    "resumed": "恢复办理",
    "pause_lapsed": "中止期满",
    "extended": "延期",
    "migrated": "改按新版办法",
}
"""What stopped, moved or released something, in an officer's words."""

_DONE = frozenset({"published", "forwarded", "archived"})

WHO = {SYSTEM.id: "系统", CLERK.id: "补录"}
"""Who acts where no person does."""


def event_text(
    event: Event, policy: Policy, units: Units, promises: Iterable[Commitment] = ()
) -> tuple[str, str]:
    """The title of an event and what it says; ``promises`` are those of its case."""
    if isinstance(event, e.RungFired):
        told = "、".join(addressee(to, units) for to in event.to) or "无人可通知"
        return event.act.label, f"{show_instant(event.scheduled)};告知{told}"
    if isinstance(event, e.GatePassed):
        titles = {gate.id: gate.label for gate in policy.gates}
        return titles.get(event.gate, event.act.label), event.by
    if isinstance(event, e.Escalated):
        causes = {cause.code: cause.title for cause in policy.accountability}
        why = causes.get(event.cause, event.note)
        return event.act.label, f"{units.name(event.unit)}:{why}" if why else units.name(event.unit)
    if isinstance(event, e.Released) and event.cause in _DONE:
        return "承办完毕", _of_units(event, units)
    title = _TITLES.get(type(event), type(event).__name__)
    if isinstance(event, e.CommitmentFulfilled | e.CommitmentLapsed):
        return title, _promised(event.commitment, promises)
    found = _on_clock(event, policy, units) or _of_units(event, units)
    return title, found or _of_reasons(event, policy) or _in_words(event)


def awaited(clock: Clock | e.ClockStarted | e.ClockMoved, policy: Policy) -> Promise | None:
    """The promise that a clock without a limit waits for; None if it waits for none."""
    if clock.limit is not None:
        return None
    name = clock.id if isinstance(clock, Clock) else clock.clock
    rows = [row for rule in policy.clocks if rule.id == name for row in rule.limits.rows]
    return next((row.value.promise for row in rows if row.id == clock.row), None)


def boundless(clock: Clock | e.ClockStarted | e.ClockMoved, policy: Policy) -> str:
    """Why a clock has no limit: 「待承诺限期」, 「待工作方案」, or 「未规定」."""
    words = {Promise.DATE: "待承诺限期", Promise.PLAN: "待工作方案", None: "未规定"}
    return words[awaited(clock, policy)]


def _promised(commitment: str, promises: Iterable[Commitment]) -> str:
    """「整改完毕(2021-03-05前)」; the id alone of a promise that is not at hand."""
    found = next((promise for promise in promises if promise.id == commitment), None)
    return f"{found.text}({found.due.isoformat()}前)" if found else commitment


def _of_reasons(event: Event, policy: Policy) -> str:
    match event:
        case e.Paused():
            grounds = {reason.code: reason.title for reason in policy.pause_reasons}
            return f"{grounds.get(event.reason, event.reason)},至迟{show_due(event.until)}"
        case e.Classified():
            titles = {column.name: column.title or column.name for column in policy.columns}
            return "、".join(f"{titles.get(k, k)}:{v}" for k, v in event.labels.items())
        case _:
            return ""


def _cause(cause: str) -> str:
    return CAUSES.get(cause, cause)


def _on_clock(event: Event, policy: Policy, units: Units) -> str:
    match event:
        case e.ClockStarted() | e.ClockMoved():
            whom = f"({units.name(event.unit)})" if event.unit else ""
            within = write_limit(event.limit) if event.limit else boundless(event, policy)
            due = f",{show_due(event.due)}" if event.due else ""
            why = f"({_cause(event.cause)})" if isinstance(event, e.ClockMoved) else ""
            return f"{policy.title_of(event.clock)}{whom}:{within}{due}{why}"
        case e.ClockStopped():
            return f"{policy.title_of(event.clock)}:{'完成' if event.met else _cause(event.cause)}"
        case e.ClockReopened():
            return policy.title_of(event.clock)
        case e.ExtensionRequested() | e.ExtensionRefused():
            return f"{policy.title_of(event.clock)}:{event.reason}"
        case e.ExtensionGranted():
            return f"{policy.title_of(event.clock)}延至{show_due(event.new_due)}"
        case _:
            return ""


def _of_units(event: Event, units: Units) -> str:
    match event:
        case e.Assigned():
            helpers = "、".join(units.name(unit) for unit in event.assisting)
            letter = f";{event.letter}" if event.letter else ""
            return units.name(event.lead) + (f",协办:{helpers}" if helpers else "") + letter
        case e.Released():
            who = "、".join(units.name(unit) for unit in event.units)
            return who if event.cause in _DONE else f"{who}:{_cause(event.cause)}"
        case e.SentBack(unit=unit, reason=reason) | e.LeadDesignated(lead=unit, reason=reason):
            return f"{units.name(unit)}:{reason}"
        case e.Claimed() | e.Chased() | e.FirstActionTaken():
            return units.name(event.unit) or Role.OFFICE.label
        case e.Reported():
            return f"{units.name(event.unit)}:{event.findings}"
        case e.SupervisionOrderIssued():
            return f"{units.name(event.unit)}:{event.number} {event.demand}"
        case _:
            return ""


_WORDS: dict[type[Event], Callable[[Any], str]] = {
    e.CaseOpened: lambda event: event.message.title,
    e.Declined: lambda event: event.answer,
    e.Published: lambda event: event.reply,
    e.Rated: lambda event: f"{event.score}分 {event.note}".strip(),
    e.Committed: lambda event: f"{event.text}({event.due.isoformat()}前)",
    e.Linked: lambda event: f"{event.relation.label} {event.to}",
    e.Instructed: lambda event: f"{event.by}:{event.text}",
    e.InterimMeasureTaken: lambda event: event.measure,
    e.PlanSubmitted: lambda event: event.explanation,
    e.ProgressReported: lambda event: event.note,
    e.ReplyProposed: lambda event: event.reply,
    e.Forwarded: lambda event: f"{event.to}:{event.reply}",
    e.Merged: lambda event: f"并入 {event.into}",
    e.CalledBack: lambda event: "已联系上" if event.reached else "未联系上",
    e.ContactLogged: lambda event: "已联系上" if event.reached else "未联系上",
    e.ReturnedForRework: lambda event: event.reason,
    e.Reopened: lambda event: event.reason,
    e.PolicyMigrated: lambda event: f"{event.from_version} → {event.to_version}:{event.reason}",
    e.CardWithdrawn: lambda event: event.reason,
    e.MessageRevised: lambda event: event.message.title,
    e.Delivered: lambda event: f"{event.channel}:{event.to}",
    e.DeliveryAbandoned: lambda event: f"{event.channel}:{event.to}:{event.error}",
    e.ProcessingRestricted: lambda event: event.reason,
    e.RestrictionLifted: lambda event: event.reason,
    e.PersonalDataErased: lambda event: event.reason,
}


def _in_words(event: Event) -> str:
    words = _WORDS.get(type(event))
    return words(event) if words else ""
