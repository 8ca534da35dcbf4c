"""Let the clocks of a case stand still, and run on."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from wenzheng_core.domain import clocks
from wenzheng_core.domain import commands as c
from wenzheng_core.domain import events as e
from wenzheng_core.domain.clockrules import REWORK
from wenzheng_core.domain.drafts import Draft
from wenzheng_core.domain.errors import RefusedError
from wenzheng_core.domain.escalation import OFFICE
from wenzheng_core.domain.instants import end_of
from wenzheng_core.domain.limits import CalendarDays, WorkingDays, write_limit
from wenzheng_core.domain.provisions import PauseReason
from wenzheng_core.domain.timelimits import Interval, deadline, paused_days

_DAY = timedelta(days=1)


def pause(draft: Draft, command: c.Pause) -> None:
    """Let clocks stand still, never beyond the cap and never one that is already due."""
    reason = draft.policy.pause_reason(command.reason, draft.case.facts)
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

    The cap is counted in what a pause gives: in days, those at whose end the clocks stood still, so
    that neither one long pause nor many short ones over midnight give more than it says; in hours,
    the time itself. Working days are those of the calendar at hand. Raises OutsideCalendarError.
    """
    match reason.at_most:
        case WorkingDays(n):
            return _days_ahead(draft, n - _taken(draft, reason, worked=True), worked=True)
        case CalendarDays(n, _):
            return _days_ahead(draft, n - _taken(draft, reason, worked=False), worked=False)
        case _:
            return _time_ahead(draft, reason)


def _time_ahead(draft: Draft, reason: PauseReason) -> datetime:
    """The end of the time that is left, measured where the first pause began."""
    earlier = _earlier(draft, reason)
    began = earlier[0].first if earlier else draft.at
    whole = deadline(reason.at_most, began, draft.rules.calendar, draft.policy.time).due - began
    return draft.at + whole - sum((p.until - p.first for p in earlier), start=timedelta(0))


def _earlier(draft: Draft, reason: PauseReason) -> list[Interval]:
    return [Interval(p.first, p.until) for p in draft.case.past_pauses if p.reason == reason.code]


def _taken(draft: Draft, reason: PauseReason, *, worked: bool) -> int:
    """How many days the earlier pauses on this ground took out."""
    calendar = draft.rules.calendar
    spans = (paused_days(stop, draft.policy.time) for stop in _earlier(draft, reason))
    return sum(
        calendar.count_working_days(first - _DAY, last) if worked else (last - first).days + 1
        for first, last in spans
        if last >= first
    )


def _days_ahead(draft: Draft, left: int, *, worked: bool) -> datetime:
    """The end of the last of so many days, of which the first is the next that ends."""
    if left < 1:
        return draft.at
    rules = draft.policy.time
    first, _ = paused_days(Interval(draft.at, draft.at), rules)
    if worked:
        last = draft.rules.calendar.add_working_days(first - _DAY, left)
    else:
        last = first + timedelta(days=left - 1)
    return end_of(last, rules.day_end)


def resume(draft: Draft, command: c.Resume) -> None:
    """Let the clocks run on from now."""
    if draft.case.pause is None:
        raise RefusedError("resume.not_paused", "本件没有中止")
    clocks.end_pause(draft, draft.at)


DECIDE: dict[type[c.Command], Any] = {c.Pause: pause, c.Resume: resume}
