"""What a clock is due, from its whole history: its own limit, what it must end inside of, its rungs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import attrs

from wenzheng_core.domain.cases import Clock
from wenzheng_core.domain.clockrules import ClockRule, TimeLimit
from wenzheng_core.domain.drafts import Draft
from wenzheng_core.domain.errors import LimitUseError, RefusedError
from wenzheng_core.domain.escalation import Scheduled, schedule
from wenzheng_core.domain.evolving.folding import REGRADED
from wenzheng_core.domain.limits import Limit
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.tables import Facts
from wenzheng_core.domain.timelimits import Deadline, deadline, latest_before


def rule_of(draft: Draft, clock_id: str) -> ClockRule | None:
    """The rule of a clock; None for a limit that somebody set by hand."""
    return next((rule for rule in draft.policy.clocks if rule.id == clock_id), None)


def decided(
    draft: Draft,
    clock_id: str,
    row: str,
    limit: TimeLimit,
    started: datetime,
    clock: Clock | None,
    as_of: datetime,
) -> dict[str, Any]:
    """The fields that a started and a moved clock share: the decision and all that it rests on."""
    own = _own(draft, limit.within, started, clock)
    ends = _cut(draft, clock_id, own, clock, as_of) if own else None
    cut = own is not None and ends is not None and ends.due < own.due
    floor, ceiling = (clock.floor, clock.ceiling) if clock else (None, None)
    ends = bounded(ends, floor, ceiling) if ends else None
    rungs: tuple[Scheduled, ...] = ()
    if ends is not None:
        facts, calendar = draft.case.facts, draft.rules.calendar
        rungs = schedule(draft.policy.rungs, clock_id, ends, limit.soft, facts, calendar)
    silent = [at for at in (clock.reopened, clock.migrated) if at] if clock else []
    if clock is not None and silent:
        rungs = tuple(r for r in rungs if r.at > max(silent) or r.rung in clock.fired)
    rule = rule_of(draft, clock_id)
    return {
        "row": row,
        "stops": limit.stops,
        "limit": limit.within,
        "soft": limit.soft,
        "basis": limit.basis,
        "due": ends.due if ends else None,
        "cut_by": rule.inside if rule and cut else "",
        "cut_from": own.due if own and cut else None,
        "not_before": ends.not_before if ends else None,
        "awaits": ends.awaits if ends else None,
        "rungs": rungs,
        "facts": dict(draft.case.facts),
        **(_ruled_before(draft, clock) if clock else ruling(draft, clock_id)),
        "policy": draft.policy.digest,
        "calendar": draft.rules.calendar.digest,
        "floor": floor,
        "ceiling": ceiling,
    }


def ruling(draft: Draft, clock_id: str) -> dict[str, Any]:
    """The fields that say how the table chose the row now."""
    return {"candidates": fared(draft.policy, clock_id, draft.case.facts), "ruled": ""}


def _ruled_before(draft: Draft, clock: Clock) -> dict[str, Any]:
    """The same of a clock whose row was chosen before."""
    ruled = "" if clock.policy == draft.policy.digest else clock.policy
    return {"candidates": clock.candidates, "ruled": ruled}


def fared(policy: Policy, clock_id: str, facts: Facts) -> tuple[str, ...]:
    """How each row fares for the facts, as ``won:R1``; none where no table decides."""
    if all(rule.id != clock_id for rule in policy.clocks):
        return ()
    try:
        candidates = policy.limit(clock_id, facts).candidates
    except RefusedError:
        return ()
    return tuple(f"{candidate.verdict.value}:{candidate.row}" for candidate in candidates)


def bounded(ends: Deadline, floor: datetime | None, ceiling: datetime | None) -> Deadline:
    """The deadline within the bounds that a migration set; what is certain of it stays so."""
    if ceiling is not None:
        ends = ends.cut(ceiling)
    if floor is None or ends.due >= floor:
        return ends
    return attrs.evolve(ends, due=floor, not_before=floor if ends.provisional else None)


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
    own = _own(draft, limit, started, clock, more)
    if own is None or clock is None:
        return own
    return bounded(_cut(draft, clock.id, own, clock, draft.at), clock.floor, clock.ceiling)


def _own(
    draft: Draft,
    limit: Limit | None,
    started: datetime,
    clock: Clock | None,
    more: tuple[Limit, ...] = (),
) -> Deadline | None:
    """The deadline by the clock's own limit, whatever it must end inside of."""
    if limit is None:
        return None
    pauses = clock.pauses if clock else ()
    extensions = (*(clock.extensions if clock else ()), *more)
    calendar, rules = draft.rules.calendar, draft.policy.time
    try:
        return deadline(limit, started, calendar, rules, pauses, extensions)
    except LimitUseError as error:
        raise RefusedError("limit.unusable", str(error)) from error


def _cut(
    draft: Draft, clock_id: str, own: Deadline, clock: Clock | None, as_of: datetime
) -> Deadline:
    """The deadline cut to end inside the clock of the case that the rule names.

    It is not cut by what is not certain or has come already, nor so that nothing would be left of
    it: nobody is late by the cut alone. The cut of a clock that has ended stands as it was.
    """
    if clock is not None and clock.stopped is not None and clock.cause != REGRADED:
        return own.cut(clock.due) if clock.cut_by and clock.due else own
    rule = rule_of(draft, clock_id)
    outer = outer_of(draft, rule.inside) if rule and rule.inside else None
    if rule is None or outer is None or outer.due is None or outer.awaits is not None:
        return own
    if outer.paused_since is not None or outer.breached(as_of):
        return own
    try:
        rules = draft.policy.time
        latest = latest_before(outer.due, rule.leaving, draft.rules.calendar, rules)
    except LimitUseError as error:
        raise RefusedError("limit.unusable", str(error)) from error
    if latest is None or latest <= max(own.start, as_of):
        return own
    return own.cut(latest)


def outer_of(draft: Draft, clock_id: str) -> Clock | None:
    """The running clock of the case inside which others may have to end."""
    return next((c for c in draft.case.running if c.id == clock_id and not c.unit), None)
