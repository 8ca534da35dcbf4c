"""What events of the clocks do to a case: pauses and extensions too."""

from __future__ import annotations

from datetime import datetime

import attrs

from wenzheng_core.domain import events as e
from wenzheng_core.domain.cases import (
    ActivePause,
    Case,
    Clock,
    ExtensionRequest,
    PastPause,
)
from wenzheng_core.domain.events import Record
from wenzheng_core.domain.evolving.folding import (
    MIGRATED,
    REGRADED,
    Changes,
    on,
    on_clock,
    on_clocks,
)
from wenzheng_core.domain.timelimits import Interval


def run_before(case: Case, key: tuple[str, str, int], started: datetime) -> Clock | None:
    """What a clock was that starts anew under its old key, counted from before it was stopped.

    A new grade whose row counts from another event stops a clock and starts it anew. Its extensions
    stay with it; not so where its new start came later than the stop.
    """
    before = _of_key(case, key)
    if before is None or before.stopped is None or started >= before.stopped:
        return None
    return before


def _of_key(case: Case, key: tuple[str, str, int]) -> Clock | None:
    return next((c for c in case.clocks if c.key == key), None)


def _decision(event: e.ClockDecision) -> Changes:
    """What a clock takes over of the decision as it stands."""
    return {name: getattr(event, name) for name in _TAKEN}


_TAKEN = (
    "row", "stops", "limit", "soft", "basis", "due", "cut_by", "cut_from", "not_before", "awaits",
    "rungs", "facts", "candidates", "calendar", "floor", "ceiling",
)  # fmt: skip


@on(e.ClockStarted)
def _clock_started(case: Case, event: e.ClockStarted, record: Record) -> Changes:
    key = (event.clock, event.unit, event.epoch)
    paused = case.pause is not None and event.clock in case.pause.clocks
    since = record.at if paused else None
    carried: Changes = {}
    if (earlier := _of_key(case, key)) is not None:
        # Pauses from before the start count for nothing, until another grade has an earlier start;
        # a rung that has fired under this key never fires again under it.
        since = earlier.paused_since or since
        carried = dict(pauses=earlier.pauses, fired=earlier.fired)
    if (before := run_before(case, key, event.started)) is not None:
        carried |= dict(extensions=before.extensions, reopened=before.reopened)
        carried |= dict(migrated=before.migrated)
    clock = Clock(
        id=event.clock,
        unit=event.unit,
        epoch=event.epoch,
        started=event.started,
        policy=event.ruled or event.policy,
        paused_since=since,
        opening=case.epoch,
        returns=len(case.returns),
        **_decision(event),
        **carried,
    )
    return dict(clocks=(*(c for c in case.clocks if c.key != key), clock))


@on(e.ClockMoved)
def _clock_moved(case: Case, event: e.ClockMoved, record: Record) -> Changes:
    more: Changes = dict(migrated=record.at) if event.cause == MIGRATED else {}
    if ruled := event.ruled or event.policy:
        more |= dict(policy=ruled)
    return on_clock(case, (event.clock, event.unit, event.epoch), **_decision(event), **more)


@on(e.PolicyMigrated)
def _policy_migrated(case: Case, event: e.PolicyMigrated, record: Record) -> Changes:
    return dict(
        policy_version=event.to_version,
        policy_digest=event.to_digest,
        spared=event.spared,
    )


@on(e.ClockStopped)
def _clock_stopped(case: Case, event: e.ClockStopped, record: Record) -> Changes:
    key = (event.clock, event.unit, event.epoch)
    return on_clock(case, key, stopped=event.at or record.at, met=event.met, cause=event.cause)


@on(e.ClockReopened)
def _clock_reopened(case: Case, event: e.ClockReopened, record: Record) -> Changes:
    key = (event.clock, event.unit, event.epoch)
    again: Changes = dict(stopped=None, met=False, cause="", rungs=event.rungs, reopened=record.at)
    clock = _of_key(case, key)
    if clock is None or clock.paused_since is None:
        return on_clock(case, key, **again)
    # It stood still when it stopped; the pause has ended since, or goes on.
    pause, ended = case.pause, clock.stopped
    if ended is not None and ended > clock.paused_since:
        again |= dict(pauses=(*clock.pauses, Interval(clock.paused_since, ended)))
    held = pause is not None and event.clock in pause.clocks
    return on_clock(case, key, **again, paused_since=record.at if held else None)


@on(e.Paused)
def _paused(case: Case, event: e.Paused, record: Record) -> Changes:
    def hold(c: Clock) -> Clock:
        if c.running and c.id in event.clocks and not c.breached(record.at):
            return attrs.evolve(c, paused_since=record.at)
        return c

    pause = ActivePause(
        reason=event.reason, clocks=event.clocks, since=record.at, until=event.until
    )
    return dict(on_clocks(case, hold), pause=pause)


@on(e.Resumed)
def _resumed(case: Case, event: e.Resumed, record: Record) -> Changes:
    def go_on(c: Clock) -> Clock:
        ended = not c.running and c.cause != REGRADED
        if ended or c.paused_since is None:
            return c
        pauses = (*c.pauses, Interval(c.paused_since, event.at))
        return attrs.evolve(c, pauses=pauses, paused_since=None)

    changes = dict(on_clocks(case, go_on), pause=None)
    if case.pause is None:
        return changes
    ended = PastPause(reason=case.pause.reason, first=case.pause.since, until=event.at)
    return changes | dict(past_pauses=(*case.past_pauses, ended))


@on(e.ExtensionRequested)
def _extension_requested(case: Case, event: e.ExtensionRequested, record: Record) -> Changes:
    request = ExtensionRequest(
        clock=event.clock,
        unit=event.unit,
        by=event.by,
        reason=event.reason,
        asked=record.at,
        asked_by=record.actor,
    )
    return dict(requests=(*case.requests, request))


@on(e.ExtensionGranted)
def _extension_granted(case: Case, event: e.ExtensionGranted, record: Record) -> Changes:
    def lengthen(c: Clock) -> Clock:
        if c.running and (c.id, c.unit) == (event.clock, event.unit):
            return attrs.evolve(c, extensions=(*c.extensions, event.by))
        return c

    return on_clocks(case, lengthen) | _answered(case, event.clock, event.unit)


@on(e.ExtensionRefused)
def _extension_refused(case: Case, event: e.ExtensionRefused, record: Record) -> Changes:
    return _answered(case, event.clock, event.unit)


def _answered(case: Case, clock: str, unit: str) -> Changes:
    kept = tuple(r for r in case.requests if (r.clock, r.unit) != (clock, unit))
    return dict(requests=kept)
