"""Starting, moving and stopping the clocks of a case, as the policy says.

A clock of the case starts once in each opening of the case and no assignment restarts it; a clock
of a unit starts anew with every assignment of that unit. From which event to which it runs, and how
long, is said by the row that wins for the facts of the case. Facts that a limit needs and that
nobody has stated yet hold back a clock that starts before the case is classified; it is then counted
from that event all the same.

A clock whose new grade counts from another event is stopped with the cause ``classified`` and starts
anew under its old key: at once where the event has passed, else when it comes. So a key names one
clock however often the case was graded.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

import attrs

from wenzheng_core.domain import events as e
from wenzheng_core.domain.cases import Case, Clock
from wenzheng_core.domain.clockrules import REWORK, ClockRule, TimeLimit
from wenzheng_core.domain.drafts import Draft
from wenzheng_core.domain.dues import decided, due_of, outer_of, rule_of, ruling
from wenzheng_core.domain.errors import RefusedError
from wenzheng_core.domain.evolving.folding import MIGRATED, REGRADED
from wenzheng_core.domain.evolving.timing import run_before
from wenzheng_core.domain.limits import CommittedDate, Limit, amount, write_limit
from wenzheng_core.domain.milestones import BEFORE_CLASSIFYING, OF_UNIT, RETURNABLE, Milestone
from wenzheng_core.domain.passing import held_since, passed
from wenzheng_core.domain.tables import Choice

__all__ = [
    "due_of",
    "end_idle_pause",
    "end_pause",
    "migrate",
    "move",
    "promise",
    "reach",
    "regrade",
    "reopen",
    "require_classified",
    "row_of",
    "settle",
    "start_pending",
    "start_rework",
    "starts_of",
    "stop",
    "stop_all",
    "void",
]


# Starting


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
    # The case's clocks first: a unit's may have to end inside one of them.
    for rule in sorted(draft.policy.clocks, key=lambda rule: rule.per_unit):
        if milestone in rule.all_starts and (whole or rule.per_unit):
            for unit in units if rule.per_unit else ("",):
                _start_at(draft, rule, unit, milestone, within)


def _start_at(
    draft: Draft, rule: ClockRule, unit: str, milestone: Milestone, within: Limit | None
) -> None:
    """Start one clock if its row starts there, unless it runs or the case's own has run already."""
    begun = _begun(draft, rule, unit)
    if any(clock.running for clock in begun) or (begun and not unit):
        return
    try:
        choice = draft.policy.limit(rule.id, draft.case.facts)
    except RefusedError as refused:
        if refused.rule == "facts.missing" and milestone in BEFORE_CLASSIFYING:
            return
        raise
    if rule.starts_in(choice.value) is not milestone:
        return
    limit = attrs.evolve(choice.value, within=_shortened(choice.value, within))
    # Who wrote before the office came upon it counts from then; all else happens as it is recorded.
    posted = milestone is Milestone.POSTED
    started = draft.case.passed[milestone] if posted else draft.at
    _start(draft, rule.id, unit, started, choice.row, _with_stop(rule, limit))


def start_rework(draft: Draft, unit: str, within: Limit) -> None:
    """Start the clock of a rework limit that the office sets."""
    row = TimeLimit(within=within, basis="退回重办时由退回者确定", stops=Milestone.REPORTED)
    _start(draft, REWORK, unit, draft.at, "returner", row)


def _start(
    draft: Draft, clock: str, unit: str, started: datetime, row: str, limit: TimeLimit
) -> None:
    again = _waiting(draft, clock, unit)
    limit = _carried(draft, again, limit) if again else limit
    epoch = again.epoch if again else _next_epoch(draft.case, clock, unit)
    before = run_before(draft.case, (clock, unit, epoch), started)
    fields = decided(draft, clock, row, limit, started, before, draft.at) | ruling(draft, clock)
    draft.emit(e.ClockStarted(clock=clock, unit=unit, epoch=epoch, started=started, **fields))
    _fit_inside(draft, clock, draft.at)


def _waiting(draft: Draft, clock: str, unit: str) -> Clock | None:
    """The start of a clock that a new grade stopped in this opening or holding, and goes on."""
    case, since = draft.case, held_since(draft.case, unit)
    return next(
        (
            x
            for x in reversed(case.clocks)
            if (x.id, x.unit) == (clock, unit)
            and _superseded(x)
            and (x.stopped is not None and x.stopped >= since if unit else x.opening == case.epoch)
        ),
        None,
    )


def _next_epoch(case: Case, clock: str, unit: str) -> int:
    """The number of a start: a unit's count on, the case's begin with that of its opening."""
    earlier = [x.epoch for x in case.clocks if (x.id, x.unit) == (clock, unit)]
    return max(1 if unit else case.epoch, 1 + max(earlier, default=0))


def start_pending(draft: Draft) -> None:
    """Start the clocks whose row is known only now, from the instants they count from.

    They waited for facts, or the row of an earlier grade started elsewhere. One whose stop event
    has come as well ends at once, at that event's instant.
    """
    units = [holding.unit for holding in draft.case.holders]
    for rule in sorted(draft.policy.clocks, key=lambda rule: rule.per_unit):
        for unit in units if rule.per_unit else [""]:
            spared = rule.id in draft.case.spared
            if spared or _begun(draft, rule, unit) or not (choice := _known(draft, rule)):
                continue
            begun = passed(draft.case, rule.starts_in(choice.value), unit)
            if begun is not None:
                limit = _with_stop(rule, choice.value)
                _start(draft, rule.id, unit, begun, choice.row, limit)
                _stop_if_passed(draft, rule.id, unit)


def require_classified(draft: Draft) -> None:
    """Raise RefusedError while a clock of the case still waits for facts: no case goes on without."""
    reached = draft.case.passed.keys()
    for rule in draft.policy.clocks:
        begun = rule.all_starts & BEFORE_CLASSIFYING & reached
        if begun and not (rule.per_unit or rule.all_stops <= reached or _begun(draft, rule, "")):
            draft.policy.limit(rule.id, draft.case.facts)


def _known(draft: Draft, rule: ClockRule) -> Choice[TimeLimit] | None:
    """The row that wins; None as long as facts are missing."""
    try:
        return draft.policy.limit(rule.id, draft.case.facts)
    except RefusedError as refused:
        if refused.rule == "facts.missing":
            return None
        raise


def _begun(draft: Draft, rule: ClockRule, unit: str) -> list[Clock]:
    """The starts of a clock in this opening, or in this holding of the unit.

    One that a new grade stopped, or whose answer went back, is as if it had not begun.
    """
    case, since = draft.case, held_since(draft.case, unit)
    return [
        clock
        for clock in case.clocks
        if (clock.id, clock.unit) == (rule.id, unit)
        and (clock.started >= since if unit else clock.opening == case.epoch)
        and not _superseded(clock)
        and not void(draft, clock)
    ]


def _superseded(clock: Clock) -> bool:
    return clock.cause == REGRADED


def starts_of(draft: Draft, clock: Clock) -> Milestone | None:
    """The event from which a clock counts; None for a limit that somebody set by hand."""
    rule = rule_of(draft, clock.id)
    return rule.starts_in(row_of(draft, clock)) if rule else None


def void(draft: Draft, clock: Clock) -> bool:
    """Whether it counts from an answer of the lead, or of the office, that has gone back since."""
    case = draft.case
    of_case = clock.unit in ("", case.lead)
    gone = clock.opening == case.epoch and clock.returns < len(case.returns)
    return of_case and gone and starts_of(draft, clock) in RETURNABLE


def _with_stop(rule: ClockRule, row: TimeLimit) -> TimeLimit:
    return attrs.evolve(row, stops=rule.stops_in(row))


def _shortened(row: TimeLimit, within: Limit | None) -> Limit | None:
    if within is None or row.within is None or not row.office_may_shorten:
        return row.within
    ceiling = write_limit(row.within)
    if type(within) is not type(row.within) or amount(within) > amount(row.within):
        raise RefusedError("limit.ceiling", f"另定的时限须按同一单位且不超过{ceiling}", row.basis)
    return within


# Moving


def move(draft: Draft, clock: Clock, cause: str) -> None:
    """Count a running clock again from its whole history and record what comes of it."""
    _move(draft, clock, cause, clock.row, _as_it_is(clock), draft.at)
    _fit_inside(draft, clock.id, draft.at)


def row_of(draft: Draft, clock: Clock) -> TimeLimit:
    """The row that holds for a clock now; a limit that somebody set by hand is a row of its own."""
    rule = rule_of(draft, clock.id)
    rows = rule.limits.rows if rule else ()
    return next((row.value for row in rows if row.id == clock.row), _as_it_is(clock))


def promise(draft: Draft, clock: Clock, day: date) -> None:
    """Let a running clock end with a day that its unit promised. Raises RefusedError."""
    promised = attrs.evolve(_as_it_is(clock), within=CommittedDate(day))
    _move(draft, clock, "promised", clock.row, promised, draft.at)
    _fit_inside(draft, clock.id, draft.at)


def regrade(draft: Draft, clock: Clock) -> None:
    """Apply new facts to a running clock: the row that now wins, as if it had always been known.

    It counts from the start of the new row and ends with its stop; where that has come already, at
    the instant when it came. A breach stands: a clock already due keeps its due instant. A request
    for more time that waits, like one that was granted, must still be in the unit of the limit.
    While a clock is paused the new row holds at once, and the due instant is counted when it runs on.
    """
    clock = _now(draft, clock)
    rule = rule_of(draft, clock.id)
    if rule is None or not clock.running or clock.breached(draft.at):
        return
    choice = draft.policy.limit(clock.id, draft.case.facts)
    if choice.row == clock.row:
        _plan_again(draft, clock)
        return
    row = _carried(draft, clock, _with_stop(rule, choice.value))
    _require_same_unit(draft, clock, row)
    starts = rule.starts_in(row)
    elsewhere = starts is not rule.starts_in(row_of(draft, clock))
    if elsewhere:
        stop(draft, [clock], REGRADED)
        begun = passed(draft.case, starts, clock.unit)
        if begun is not None:
            _start(draft, clock.id, clock.unit, begun, choice.row, row)
    else:
        _move(draft, clock, REGRADED, choice.row, row, draft.at, judged=True)
    if elsewhere or row.stops is not clock.stops:
        _stop_if_passed(draft, clock.id, clock.unit)
    _fit_inside(draft, clock.id, draft.at)


def revive(draft: Draft) -> None:
    """Start again the clocks that an easier row ended, where the row that now wins waits for more.

    A consultation is over when it is answered; graded a complaint, it is not. One that ended late
    stays so, and one whose new row has ended as well, too.
    """
    for clock in [x for x in draft.case.clocks if x.met and not x.breached(draft.at)]:
        rule = rule_of(draft, clock.id)
        if rule is None or clock not in _begun(draft, rule, clock.unit)[-1:]:
            continue
        choice = _known(draft, rule)
        if choice is None or choice.row == clock.row:
            continue
        row = _carried(draft, clock, _with_stop(rule, choice.value))
        if passed(draft.case, rule.stops_in(choice.value), clock.unit) is not None:
            continue
        if clock.unit and clock.unit not in {h.unit for h in draft.case.holders}:
            continue
        stop(draft, [clock], REGRADED)
        begun = passed(draft.case, rule.starts_in(choice.value), clock.unit)
        if begun is not None:
            _start(draft, clock.id, clock.unit, begun, choice.row, row)


def _plan_again(draft: Draft, clock: Clock) -> None:
    """Plan the rungs of a clock whose row stays: which of them stand may hang on other facts."""
    row = _as_it_is(clock)
    found = decided(draft, clock.id, clock.row, row, clock.started, clock, draft.at)
    planned, ahead = (
        {rung.rung for rung in rungs if rung.rung not in clock.fired}
        for rungs in (clock.rungs, found["rungs"])
    )
    if planned != ahead:
        _move(draft, clock, REGRADED, clock.row, row, draft.at, judged=True)
        _fit_inside(draft, clock.id, draft.at)


def _carried(draft: Draft, clock: Clock, row: TimeLimit) -> TimeLimit:
    """A new row, with what was set for this very case: a promised day, a limit of the office's.

    The first while the new row asks for a promise too, the other while it fits under its number.
    """
    old, own = row_of(draft, clock), clock.limit
    if own is None or own == old.within:
        return row
    if old.promise and row.promise and isinstance(own, CommittedDate):
        return attrs.evolve(row, within=own)
    fits = old.office_may_shorten and row.office_may_shorten and type(own) is type(row.within)
    if fits and row.within is not None and amount(own) <= amount(row.within):
        return attrs.evolve(row, within=own)
    return row


def _require_same_unit(draft: Draft, clock: Clock, row: TimeLimit) -> None:
    asked = any((r.clock, r.unit) == (clock.id, clock.unit) for r in draft.case.requests)
    if (clock.extensions or asked) and type(row.within) is not type(clock.limit):
        raise RefusedError(
            "clock.regrade_extended",
            "该时限已经延期或正在申请延期,新的分类所定时限单位不同,不能改定",
        )


def migrate(draft: Draft, clock: Clock, row: str | None = None, limit: Limit | None = None) -> None:
    """Count a running clock by the version that now holds, from its whole history.

    With a row of that version, and the limit that it sets, if the row is to be its own from now on.
    Bounds that ``clock`` bears hold from here on. Rungs of before stay silent.
    """
    clock = attrs.evolve(clock, migrated=draft.at)
    if row is None:
        _move(draft, clock, MIGRATED, clock.row, _as_it_is(clock), draft.at)
    else:
        rule = draft.policy.clock(clock.id)
        chosen = next(each.value for each in rule.limits.rows if each.id == row)
        shown = attrs.evolve(_with_stop(rule, chosen), within=limit)
        _move(draft, clock, MIGRATED, row, shown, draft.at, judged=True)
    _fit_inside(draft, clock.id, draft.at)


def settle(draft: Draft, clock: Clock) -> None:
    """Count a clock by the calendar as it now is; no event where nothing changes."""
    _count_again(draft, _now(draft, clock), "settled", draft.at)
    _fit_inside(draft, clock.id, draft.at)


def end_pause(draft: Draft, at: datetime, *, lapsed: bool = False) -> None:
    """End the pause that is on, if any, and count the clocks it held again."""
    if draft.case.pause is None:
        return
    keys = {clock.key for clock in draft.case.running if clock.paused_since is not None}
    draft.emit(e.Resumed(at=at, lapsed=lapsed), automatic=lapsed)
    held = [clock for clock in draft.case.running if clock.key in keys]
    for clock in sorted(held, key=lambda c: bool(c.unit)):  # a unit's may end inside the case's
        cause = "pause_lapsed" if lapsed else "resumed"
        _move(draft, clock, cause, clock.row, _as_it_is(clock), at)
    for clock in held:
        _fit_inside(draft, clock.id, at)


def end_idle_pause(draft: Draft) -> None:
    """End the pause where no clock that it holds runs any more."""
    if all(clock.paused_since is None for clock in draft.case.running):
        end_pause(draft, draft.at)


def _fit_inside(draft: Draft, clock_id: str, as_of: datetime) -> None:
    """Count again what must end inside a clock of the case that has changed.

    Nothing is counted while that clock stands still: it is counted when it runs on.
    """
    outer = outer_of(draft, clock_id)
    if outer is not None and outer.paused_since is not None:
        return
    inner = {rule.id for rule in draft.policy.clocks if rule.inside == clock_id}
    for clock in [c for c in draft.case.running if c.id in inner]:
        if clock.paused_since is None and not clock.breached(as_of):
            _count_again(draft, clock, "inside", as_of)


_RESULT = ("due", "cut_by", "cut_from", "not_before", "awaits")


def _count_again(draft: Draft, clock: Clock, cause: str, as_of: datetime) -> None:
    row = _as_it_is(clock)
    found = decided(draft, clock.id, clock.row, row, clock.started, clock, as_of)
    if any(found[name] != getattr(clock, name) for name in _RESULT):
        _move(draft, clock, cause, clock.row, row, as_of)


def _move(
    draft: Draft,
    clock: Clock,
    cause: str,
    row: str,
    limit: TimeLimit,
    as_of: datetime,
    *,
    judged: bool = False,
) -> None:
    fields = decided(draft, clock.id, row, limit, clock.started, clock, as_of)
    if judged:
        fields |= ruling(draft, clock.id)
    if as_of != draft.at:
        fields["counted"] = as_of
    draft.emit(
        e.ClockMoved(clock=clock.id, unit=clock.unit, epoch=clock.epoch, cause=cause, **fields)
    )


def _as_it_is(clock: Clock) -> TimeLimit:
    return TimeLimit(within=clock.limit, basis=clock.basis, soft=clock.soft, stops=clock.stops)


def _now(draft: Draft, clock: Clock) -> Clock:
    return next(c for c in draft.case.clocks if c.key == clock.key)


# Stopping


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
    """Let a stopped clock run on by its original due instant (退回重办)."""
    ahead = tuple(r for r in clock.rungs if r.at > draft.at and r.rung not in clock.fired)
    draft.emit(e.ClockReopened(clock=clock.id, unit=clock.unit, epoch=clock.epoch, rungs=ahead))
    if clock.paused_since is not None:  # it stopped while it stood still, and was never counted
        _move(draft, _now(draft, clock), "resumed", clock.row, _as_it_is(clock), draft.at)


def _stop_at(draft: Draft, milestone: Milestone, units: Sequence[str], whole: bool) -> None:
    ended = [
        clock
        for clock in draft.case.running
        if clock.stops is milestone
        and (clock.unit in units if clock.unit and (milestone in OF_UNIT or not whole) else whole)
    ]
    stop(draft, ended, milestone.value, met=True)


def _stop_if_passed(draft: Draft, clock_id: str, unit: str) -> None:
    """Stop a clock whose stop event came before anybody knew that it would be the one."""
    for clock in [c for c in draft.case.running if (c.id, c.unit) == (clock_id, unit)]:
        at = passed(draft.case, clock.stops, unit)
        if at is not None:
            draft.emit(
                e.ClockStopped(
                    clock=clock.id,
                    unit=unit,
                    epoch=clock.epoch,
                    met=True,
                    cause=clock.stops.value,
                    at=at,
                )
            )
