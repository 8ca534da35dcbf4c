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
from wenzheng_core.domain.limits import write_limit
from wenzheng_core.domain.provisions import PauseReason
from wenzheng_core.domain.timelimits import deadline


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


DECIDE: dict[type[c.Command], Any] = {c.Pause: pause, c.Resume: resume}
