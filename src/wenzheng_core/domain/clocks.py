"""Starting, moving and stopping the clocks of a case, as the policy says.

A clock of the case starts once in each opening of the case and no assignment restarts it; a clock
of a unit starts anew with every assignment of that unit. Facts that a limit needs and that nobody
has stated yet hold back a clock that starts on receipt until the case is classified; it is then
counted from the receipt all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import attrs

from wenzheng_core.domain import events as e
from wenzheng_core.domain.cases import Clock
from wenzheng_core.domain.drafts import Draft
from wenzheng_core.domain.errors import LimitUseError, RefusedError
from wenzheng_core.domain.escalation import Scheduled, schedule
from wenzheng_core.domain.limits import Limit, amount, write_limit
from wenzheng_core.domain.policies import OF_UNIT, REWORK, ClockRule, Milestone, TimeLimit
from wenzheng_core.domain.timelimits import Deadline, deadline

BEFORE_CLASSIFYING = frozenset({Milestone.RECEIVED, Milestone.ACCEPTED})
"""Milestones that come before anybody has classified: what starts there may wait for facts."""


def reach(
    draft: Draft,
    milestone: Milestone,
    units: Sequence[str] = (),
    *,
    within: Limit | None = None,
    whole: bool = True,
) -> None:
    """Start and stop what the milestone starts and stops.

    ``units`` are those that reached it; ``whole`` says whether the case reached it with them, which
    it does not where an assisting unit signs or reports for its own part.
    """
    _stop_at(draft, milestone, units, whole)
    for rule in draft.policy.clocks:
        if rule.starts is not milestone or not (whole or rule.per_unit):
            continue
        for unit in units if rule.per_unit else ("",):
            start(draft, rule, unit, draft.at, within)


def start(
    draft: Draft, rule: ClockRule, unit: str, started: datetime, within: Limit | None = None
) -> None:
    """Start one clock unless the case's own runs already."""
    if not unit and any(c.id == rule.id and c.epoch == draft.case.epoch for c in draft.case.clocks):
        return
    try:
        choice = draft.policy.limit(rule.id, draft.case.facts)
    except RefusedError as refused:
        if refused.rule == "facts.missing" and rule.starts in BEFORE_CLASSIFYING:
            return
        raise
    limit = _shortened(choice.value, within)
    _start(draft, rule.id, unit, started, choice.row, attrs.evolve(choice.value, within=limit))


def start_rework(draft: Draft, unit: str, within: Limit) -> None:
    """Start the clock of a rework limit that the office sets."""
    row = TimeLimit(within=within, basis="退回重办时由退回者确定")
    _start(draft, REWORK, unit, draft.at, "returner", row)


def _start(
    draft: Draft, clock: str, unit: str, started: datetime, row: str, limit: TimeLimit
) -> None:
    epoch = draft.case.epoch
    if unit:
        epoch = 1 + sum(1 for c in draft.case.clocks if (c.id, c.unit) == (clock, unit))
    decided = _decided(draft, clock, row, limit, started)
    draft.emit(
        e.ClockStarted(
            clock=clock,
            unit=unit,
            epoch=epoch,
            started=started,
            policy=draft.policy.digest,
            **decided,
        )
    )


def start_pending(draft: Draft) -> None:
    """Start the case's clocks that waited for facts, from the instants they count from."""
    for rule, begun in _pending(draft):
        start(draft, rule, "", begun)


def require_classified(draft: Draft) -> None:
    """Raise RefusedError while a clock of the case still waits for facts: no case goes on without."""
    for rule, _ in _pending(draft):
        draft.policy.limit(rule.id, draft.case.facts)


def _pending(draft: Draft) -> list[tuple[ClockRule, datetime]]:
    passed, epoch = draft.case.passed, draft.case.epoch
    begun = {clock.id for clock in draft.case.clocks if clock.epoch == epoch}
    return [
        (rule, passed[rule.starts])
        for rule in draft.policy.clocks
        if rule.starts in BEFORE_CLASSIFYING
        and rule.starts in passed
        and rule.stops not in passed
        and not rule.per_unit
        and rule.id not in begun
    ]


def move(draft: Draft, clock: Clock, cause: str) -> None:
    """Count a running clock again from its whole history and record what comes of it."""
    row = TimeLimit(within=clock.limit, basis=clock.basis, soft=clock.soft)
    _move(draft, clock, cause, clock.row, row)


def regrade(draft: Draft, clock: Clock) -> None:
    """Apply new facts to a running clock: the row that now wins, from the original start.

    A breach stands: a clock already due keeps its due instant. A request for more time that waits,
    like one that was granted, must still be in the unit of the limit. While a clock is paused the new row
    holds at once, and the due instant is counted when it runs on.
    """
    if clock.id == REWORK or clock.breached(draft.at):
        return
    choice = draft.policy.limit(clock.id, draft.case.facts)
    if choice.row == clock.row:
        return
    asked = any((r.clock, r.unit) == (clock.id, clock.unit) for r in draft.case.requests)
    if (clock.extensions or asked) and type(choice.value.within) is not type(clock.limit):
        raise RefusedError(
            "clock.regrade_extended",
            "该时限已经延期或正在申请延期,新的分类所定时限单位不同,不能改定",
        )
    _move(draft, clock, "classified", choice.row, choice.value)


def settle(draft: Draft, clock: Clock) -> None:
    """Count a running clock by the calendar as it now is; no event where nothing changes."""
    ends = due_of(draft, clock.limit, clock.started, clock)
    if ends and (ends.due, ends.not_before, ends.awaits) != (
        clock.due,
        clock.not_before,
        clock.awaits,
    ):
        move(draft, clock, "settled")


def end_pause(draft: Draft, at: datetime, *, lapsed: bool = False) -> None:
    """End the pause that is on, if any, and count the clocks it held again."""
    if draft.case.pause is None:
        return
    held = [clock.key for clock in draft.case.running if clock.paused_since is not None]
    draft.emit(e.Resumed(at=at, lapsed=lapsed), automatic=lapsed)
    for clock in [x for x in draft.case.running if x.key in held]:
        move(draft, clock, "pause_lapsed" if lapsed else "resumed")


def _move(draft: Draft, clock: Clock, cause: str, row: str, limit: TimeLimit) -> None:
    decided = _decided(draft, clock.id, row, limit, clock.started, clock)
    draft.emit(
        e.ClockMoved(clock=clock.id, unit=clock.unit, epoch=clock.epoch, cause=cause, **decided)
    )


def _decided(
    draft: Draft,
    clock_id: str,
    row: str,
    limit: TimeLimit,
    started: datetime,
    clock: Clock | None = None,
) -> dict[str, Any]:
    """The fields that a started and a moved clock share: the decision and all that it rests on."""
    ends = due_of(draft, limit.within, started, clock)
    rungs: tuple[Scheduled, ...] = ()
    if ends is not None:
        facts, calendar = draft.case.facts, draft.rules.calendar
        rungs = schedule(draft.policy.rungs, clock_id, ends, limit.soft, facts, calendar)
    if clock is not None and (again := clock.reopened) is not None:
        rungs = tuple(r for r in rungs if r.at > again or r.rung in clock.fired)
    return {
        "row": row,
        "limit": limit.within,
        "soft": limit.soft,
        "basis": limit.basis,
        "due": ends.due if ends else None,
        "not_before": ends.not_before if ends else None,
        "awaits": ends.awaits if ends else None,
        "rungs": rungs,
        "facts": dict(draft.case.facts),
        "calendar": draft.rules.calendar.digest,
    }


def stop(draft: Draft, clocks: Iterable[Clock], cause: str, *, met: bool = False) -> None:
    """Stop clocks for a cause."""
    for clock in list(clocks):
        draft.emit(
            e.ClockStopped(clock=clock.id, unit=clock.unit, epoch=clock.epoch, met=met, cause=cause)
        )


def stop_all(draft: Draft, cause: str) -> None:
    """Stop whatever runs: nothing runs after the end."""
    end_pause(draft, draft.at)
    stop(draft, draft.case.running, cause)


def reopen(draft: Draft, clock: Clock) -> None:
    """Let a stopped clock of a unit run on by its original due instant (退回重办)."""
    ahead = tuple(r for r in clock.rungs if r.at > draft.at and r.rung not in clock.fired)
    draft.emit(e.ClockReopened(clock=clock.id, unit=clock.unit, epoch=clock.epoch, rungs=ahead))


def _stop_at(draft: Draft, milestone: Milestone, units: Sequence[str], whole: bool) -> None:
    stops = {rule.id for rule in draft.policy.clocks if rule.stops is milestone}
    if milestone is Milestone.REPORTED:
        stops.add(REWORK)
    ended = [
        clock
        for clock in draft.case.running
        if clock.id in stops
        and (clock.unit in units if clock.unit and milestone in OF_UNIT else whole)
    ]
    stop(draft, ended, milestone.value, met=True)


def _shortened(row: TimeLimit, within: Limit | None) -> Limit | None:
    if within is None or row.within is None or not row.office_may_shorten:
        return row.within
    ceiling = write_limit(row.within)
    if type(within) is not type(row.within) or amount(within) > amount(row.within):
        raise RefusedError("limit.ceiling", f"另定的时限须按同一单位且不超过{ceiling}", row.basis)
    return within


def due_of(
    draft: Draft,
    limit: Limit | None,
    started: datetime,
    clock: Clock | None,
    more: tuple[Limit, ...] = (),
) -> Deadline | None:
    """The deadline of a clock from its whole history, ``more`` being a further extension of it.

    None for no limit. Raises RefusedError where the limit cannot be used as the policy counts.
    """
    if limit is None:
        return None
    pauses = clock.pauses if clock else ()
    extensions = (*(clock.extensions if clock else ()), *more)
    calendar, rules = draft.rules.calendar, draft.policy.time
    try:
        return deadline(limit, started, calendar, rules, pauses, extensions)
    except LimitUseError as error:
        raise RefusedError("limit.unusable", str(error)) from error
