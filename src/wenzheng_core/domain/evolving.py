"""``evolve(case, record) -> case``: what each event does to the case, one small function each.

Nothing is decided here and no deadline is counted: events carry all that is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypeVar

import attrs

from wenzheng_core.domain import events as e
from wenzheng_core.domain.cases import (
    ActivePause,
    Called,
    Case,
    CaseLink,
    Clock,
    Commitment,
    Contacted,
    ExtensionRequest,
    Fired,
    Holding,
    InterimMeasure,
    PassedGate,
    PastPause,
)
from wenzheng_core.domain.events import Event, Record
from wenzheng_core.domain.gates import GateAct, Point
from wenzheng_core.domain.milestones import BEFORE_CLASSIFYING, Milestone
from wenzheng_core.domain.timelimits import Interval
from wenzheng_core.domain.workflow import State

E = TypeVar("E", bound=Event)
Changes = dict[str, Any]
_Apply = Callable[[Case, E, Record], Changes]

REGRADED = "classified"
"""Why a clock was moved or stopped that a new grade concerns."""

_APPLY: dict[type[Event], Callable[[Case, Any, Record], Changes]] = {}


def evolve(case: Case | None, record: Record) -> Case:
    """The case after one more event. Raises ValueError if the record is not the next one."""
    if case is None:
        if not isinstance(record.event, e.CaseOpened) or record.version != 1:
            raise ValueError(f"办件 {record.case_id} 的历史须以 CaseOpened 开始")
        return _open(record.event, record)
    if record.version != case.version + 1:
        raise ValueError(f"办件 {case.id} 版本 {case.version} 之后来了版本 {record.version}")
    changes = _APPLY[type(record.event)](case, record.event, record)
    return attrs.evolve(case, version=record.version, updated=record.at, **changes)


def fold(records: Iterable[Record], case: Case | None = None) -> Case | None:
    """The case after a history; None for no history."""
    for record in records:
        case = evolve(case, record)
    return case


def _on(kind: type[E]) -> Callable[[_Apply[E]], _Apply[E]]:
    def register(apply: _Apply[E]) -> _Apply[E]:
        _APPLY[kind] = apply
        return apply

    return register


def _open(event: e.CaseOpened, record: Record) -> Case:
    return Case(
        id=record.case_id,
        version=record.version,
        state=State.RECEIVED,
        message=event.message,
        policy=event.policy,
        policy_version=event.policy_version,
        policy_digest=event.policy_digest,
        opened=record.at,
        updated=record.at,
        facts=event.facts,
        labels=event.labels,
        reached={Milestone.POSTED: event.message.posted_at, Milestone.RECEIVED: record.at},
    )


def _reach(case: Case, milestone: Milestone, record: Record, **changes: Any) -> Changes:
    # The first time counts: a reopened case was still answered when it was first answered.
    if milestone not in case.reached:
        changes["reached"] = {**case.reached, milestone: record.at}
    if milestone not in case.passed and case.epoch > 1:
        changes["reached_again"] = {**case.reached_again, milestone: record.at}
    return changes


def _clocks(case: Case, change: Callable[[Clock], Clock]) -> Changes:
    return {"clocks": tuple(change(clock) for clock in case.clocks)}


def _clock(case: Case, key: tuple[str, str, int], **changes: Any) -> Changes:
    return _clocks(case, lambda c: attrs.evolve(c, **changes) if c.key == key else c)


def _holdings(case: Case, change: Callable[[Holding], Holding]) -> tuple[Holding, ...]:
    return tuple(change(h) if h.until is None else h for h in case.holdings)


# Intake


@_on(e.Accepted)
def _accepted(case: Case, event: e.Accepted, record: Record) -> Changes:
    return _reach(case, Milestone.ACCEPTED, record, state=State.ACCEPTED)


@_on(e.Declined)
def _declined(case: Case, event: e.Declined, record: Record) -> Changes:
    changes = dict(
        state=State.DECLINED,
        reply=event.answer,
        decline_reason=event.reason,
        declined=record.at,
    )
    if not event.counts_as_replied:
        return changes
    return _reach(case, Milestone.PUBLISHED, record, **changes)


@_on(e.Classified)
def _classified(case: Case, event: e.Classified, record: Record) -> Changes:
    return dict(facts={**case.facts, **event.facts}, labels={**case.labels, **event.labels})


@_on(e.Merged)
def _merged(case: Case, event: e.Merged, record: Record) -> Changes:
    return dict(state=State.MERGED, merged_into=event.into, merged=record.at)


@_on(e.Linked)
def _linked(case: Case, event: e.Linked, record: Record) -> Changes:
    return dict(links=(*case.links, CaseLink(to=event.to, relation=event.relation)))


# Routing


@_on(e.Instructed)
def _instructed(case: Case, event: e.Instructed, record: Record) -> Changes:
    lead = event.lead or case.instructed_lead
    return _reach(case, Milestone.INSTRUCTED, record, instructed_lead=lead)


@_on(e.LeadDesignated)
def _lead_designated(case: Case, event: e.LeadDesignated, record: Record) -> Changes:
    return dict(designated_lead=event.lead)


@_on(e.Assigned)
def _assigned(case: Case, event: e.Assigned, record: Record) -> Changes:
    fresh = tuple(
        Holding(unit=unit, lead=unit == event.lead, round=event.round, since=record.at)
        for unit in (event.lead, *event.assisting)
    )
    return _reach(
        case,
        Milestone.ASSIGNED,
        record,
        state=State.ASSIGNED,
        round=event.round,
        letter=event.letter,
        holdings=case.holdings + fresh,
        decided=event.decided,
        gates=tuple(g for g in case.gates if g.before is Point.ASSIGN),
    )


@_on(e.Released)
def _released(case: Case, event: e.Released, record: Record) -> Changes:
    def close(h: Holding) -> Holding:
        if h.unit not in event.units:
            return h
        return attrs.evolve(h, until=record.at, cause=event.cause)

    kept = tuple(r for r in case.requests if r.unit not in event.units)
    return dict(holdings=_holdings(case, close), requests=kept)


@_on(e.SentBack)
def _sent_back(case: Case, event: e.SentBack, record: Record) -> Changes:
    # What was decided of the routing is decided anew; what a leader said of the matter stands, and
    # the office's own note, but no paper of the unit that returned the case.
    stands = (GateAct.INSTRUCT, GateAct.NOTE)
    kept = tuple(g for g in case.gates if g.before is Point.ASSIGN and g.act in stands)
    return dict(
        state=State.ACCEPTED, send_backs=case.send_backs + 1, gates=kept, designated_lead=""
    )


@_on(e.Claimed)
def _claimed(case: Case, event: e.Claimed, record: Record) -> Changes:
    def sign(h: Holding) -> Holding:
        return attrs.evolve(h, claimed=record.at) if h.unit == event.unit else h

    holdings = _holdings(case, sign)
    if event.unit != case.lead:
        return dict(holdings=holdings)
    return _reach(case, Milestone.CLAIMED, record, state=State.HANDLING, holdings=holdings)


# Clocks


def run_before(case: Case, key: tuple[str, str, int], started: datetime) -> Clock | None:
    """What a clock was that starts anew under its old key, counted from before it was stopped.

    A new grade whose row counts from another event stops a clock and starts it anew. Its extensions
    and fired rungs stay with it; not so where its new start came later than the stop.
    """
    before = _of_key(case, key)
    if before is None or before.stopped is None or started >= before.stopped:
        return None
    return before


def _of_key(case: Case, key: tuple[str, str, int]) -> Clock | None:
    return next((c for c in case.clocks if c.key == key), None)


@_on(e.ClockStarted)
def _clock_started(case: Case, event: e.ClockStarted, record: Record) -> Changes:
    key = (event.clock, event.unit, event.epoch)
    paused = case.pause is not None and event.clock in case.pause.clocks
    since = record.at if paused else None
    carried: Changes = {}
    if (earlier := _of_key(case, key)) is not None:
        # Pauses from before the start count for nothing, until another grade has an earlier start.
        since = earlier.paused_since or since
        carried = dict(pauses=earlier.pauses)
    if (before := run_before(case, key, event.started)) is not None:
        carried |= dict(extensions=before.extensions, fired=before.fired, reopened=before.reopened)
    clock = Clock(
        id=event.clock,
        unit=event.unit,
        epoch=event.epoch,
        row=event.row,
        limit=event.limit,
        soft=event.soft,
        basis=event.basis,
        started=event.started,
        due=event.due,
        stops=event.stops,
        cut_by=event.cut_by,
        cut_from=event.cut_from,
        not_before=event.not_before,
        awaits=event.awaits,
        rungs=event.rungs,
        facts=event.facts,
        calendar=event.calendar,
        paused_since=since,
        **carried,
    )
    return dict(clocks=(*(c for c in case.clocks if c.key != key), clock))


@_on(e.ClockMoved)
def _clock_moved(case: Case, event: e.ClockMoved, record: Record) -> Changes:
    return _clock(
        case,
        (event.clock, event.unit, event.epoch),
        row=event.row,
        limit=event.limit,
        soft=event.soft,
        basis=event.basis,
        due=event.due,
        stops=event.stops,
        cut_by=event.cut_by,
        cut_from=event.cut_from,
        not_before=event.not_before,
        awaits=event.awaits,
        rungs=event.rungs,
        facts=event.facts,
        calendar=event.calendar,
    )


@_on(e.ClockStopped)
def _clock_stopped(case: Case, event: e.ClockStopped, record: Record) -> Changes:
    key = (event.clock, event.unit, event.epoch)
    return _clock(case, key, stopped=event.at or record.at, met=event.met, cause=event.cause)


@_on(e.ClockReopened)
def _clock_reopened(case: Case, event: e.ClockReopened, record: Record) -> Changes:
    key = (event.clock, event.unit, event.epoch)
    again = dict(stopped=None, met=False, cause="", rungs=event.rungs, reopened=record.at)
    return _clock(case, key, **again)


@_on(e.Paused)
def _paused(case: Case, event: e.Paused, record: Record) -> Changes:
    def hold(c: Clock) -> Clock:
        if c.running and c.id in event.clocks and not c.breached(record.at):
            return attrs.evolve(c, paused_since=record.at)
        return c

    pause = ActivePause(
        reason=event.reason, clocks=event.clocks, since=record.at, until=event.until
    )
    return dict(_clocks(case, hold), pause=pause)


@_on(e.Resumed)
def _resumed(case: Case, event: e.Resumed, record: Record) -> Changes:
    def go_on(c: Clock) -> Clock:
        ended = not c.running and c.cause != REGRADED
        if ended or c.paused_since is None:
            return c
        pauses = (*c.pauses, Interval(c.paused_since, event.at))
        return attrs.evolve(c, pauses=pauses, paused_since=None)

    changes = dict(_clocks(case, go_on), pause=None)
    if case.pause is None:
        return changes
    ended = PastPause(reason=case.pause.reason, first=case.pause.since, until=event.at)
    return changes | dict(past_pauses=(*case.past_pauses, ended))


@_on(e.ExtensionRequested)
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


@_on(e.ExtensionGranted)
def _extension_granted(case: Case, event: e.ExtensionGranted, record: Record) -> Changes:
    def lengthen(c: Clock) -> Clock:
        if c.running and (c.id, c.unit) == (event.clock, event.unit):
            return attrs.evolve(c, extensions=(*c.extensions, event.by))
        return c

    return _clocks(case, lengthen) | _answered(case, event.clock, event.unit)


@_on(e.ExtensionRefused)
def _extension_refused(case: Case, event: e.ExtensionRefused, record: Record) -> Changes:
    return _answered(case, event.clock, event.unit)


def _answered(case: Case, clock: str, unit: str) -> Changes:
    kept = tuple(r for r in case.requests if (r.clock, r.unit) != (clock, unit))
    return dict(requests=kept)


# Handling and replying


@_on(e.ContactLogged)
def _contact_logged(case: Case, event: e.ContactLogged, record: Record) -> Changes:
    contact = Contacted(at=record.at, unit=event.unit, reached=event.reached, channel=event.channel)
    return _reach(case, Milestone.CONTACTED, record, contacts=(*case.contacts, contact))


@_on(e.FirstActionTaken)
def _first_action(case: Case, event: e.FirstActionTaken, record: Record) -> Changes:
    return _reach(case, Milestone.FIRST_ACTION, record)


@_on(e.InterimMeasureTaken)
def _interim(case: Case, event: e.InterimMeasureTaken, record: Record) -> Changes:
    taken = InterimMeasure(
        at=record.at,
        unit=event.unit,
        measure=event.measure,
        disputed=event.disputed,
        commitment=event.commitment,
    )
    return dict(interim=(*case.interim, taken))


@_on(e.PlanSubmitted)
def _plan(case: Case, event: e.PlanSubmitted, record: Record) -> Changes:
    return {}


@_on(e.ProgressReported)
def _progress(case: Case, event: e.ProgressReported, record: Record) -> Changes:
    return {}


@_on(e.Reported)
def _reported(case: Case, event: e.Reported, record: Record) -> Changes:
    def note(h: Holding) -> Holding:
        return attrs.evolve(h, reported=record.at) if h.unit == event.unit else h

    holdings = _holdings(case, note)
    if not event.lead:
        return dict(holdings=holdings)
    return _reach(
        case,
        Milestone.REPORTED,
        record,
        holdings=holdings,
        state=State.REPORTED,
        proposed_reply=event.proposed_reply,
    )


@_on(e.Resolved)
def _resolved(case: Case, event: e.Resolved, record: Record) -> Changes:
    return _reach(case, Milestone.RESOLVED, record)


@_on(e.ReplyProposed)
def _reply_proposed(case: Case, event: e.ReplyProposed, record: Record) -> Changes:
    changes = dict(state=State.REPORTED, proposed_reply=event.reply)
    return _reach(case, Milestone.REPORTED, record, **changes)


@_on(e.GatePassed)
def _gate_passed(case: Case, event: e.GatePassed, record: Record) -> Changes:
    passed = PassedGate(gate=event.gate, act=event.act, before=event.before, at=record.at)
    gates = (*case.gates, passed)
    if event.before is not Point.PUBLISH or event.act not in _REPLY_ACTS:
        return dict(gates=gates)
    milestone, state = _REPLY_ACTS[event.act]
    return _reach(case, milestone, record, state=state, gates=gates)


_REPLY_ACTS = {
    GateAct.REVIEW: (Milestone.REVIEWED, State.REVIEWED),
    GateAct.APPROVE: (Milestone.APPROVED, State.APPROVED),
}


@_on(e.ReturnedForRework)
def _returned(case: Case, event: e.ReturnedForRework, record: Record) -> Changes:
    def again(h: Holding) -> Holding:
        return attrs.evolve(h, reported=None) if h.lead else h

    kept = tuple(g for g in case.gates if g.before is not Point.PUBLISH)
    back = State.HANDLING if case.holders else State.ACCEPTED  # a direct answer: to the office
    return dict(
        state=back,
        gates=kept,
        holdings=_holdings(case, again),
        returns=(*case.returns, record.at),
    )


@_on(e.Published)
def _published(case: Case, event: e.Published, record: Record) -> Changes:
    changes = dict(state=State.PUBLISHED, reply=event.reply, public=event.public)
    return _reach(case, Milestone.PUBLISHED, record, **changes)


@_on(e.Forwarded)
def _forwarded(case: Case, event: e.Forwarded, record: Record) -> Changes:
    changes = dict(state=State.FORWARDED, reply=event.reply, forwarded_to=event.to)
    return _reach(case, Milestone.FORWARDED, record, **changes)


# Supervising


@_on(e.RungFired)
def _rung_fired(case: Case, event: e.RungFired, record: Record) -> Changes:
    key = (event.clock, event.unit, event.epoch)

    def mark(c: Clock) -> Clock:
        return attrs.evolve(c, fired=(*c.fired, event.rung)) if c.key == key else c

    fired = Fired(
        rung=event.rung,
        clock=event.clock,
        unit=event.unit,
        epoch=event.epoch,
        act=event.act,
        scheduled=event.scheduled,
        whom=event.whom,
    )
    return dict(_clocks(case, mark), ladder=(*case.ladder, fired))


@_on(e.CardWithdrawn)
def _card_withdrawn(case: Case, event: e.CardWithdrawn, record: Record) -> Changes:
    card = (event.rung, event.clock, event.unit, event.epoch)

    def withdraw(f: Fired) -> Fired:
        if (f.rung, f.clock, f.unit, f.epoch) == card:
            return attrs.evolve(f, withdrawn=event.reason, withdrawn_at=record.at)
        return f

    return dict(ladder=tuple(withdraw(f) for f in case.ladder))


@_on(e.Chased)
def _chased(case: Case, event: e.Chased, record: Record) -> Changes:
    return {}


@_on(e.SupervisionOrderIssued)
def _supervision_order(case: Case, event: e.SupervisionOrderIssued, record: Record) -> Changes:
    return {}


@_on(e.Escalated)
def _escalated(case: Case, event: e.Escalated, record: Record) -> Changes:
    return {}


# Aftercare


@_on(e.CalledBack)
def _called_back(case: Case, event: e.CalledBack, record: Record) -> Changes:
    calls = (*case.calls, Called(at=record.at, reached=event.reached))
    return _reach(case, Milestone.CALLED_BACK, record, calls=calls)


@_on(e.Rated)
def _rated(case: Case, event: e.Rated, record: Record) -> Changes:
    return dict(rating=event.score, rated=record.at)


@_on(e.Committed)
def _committed(case: Case, event: e.Committed, record: Record) -> Changes:
    made = Commitment(
        id=event.commitment, text=event.text, due=event.due, by=event.by, clock=event.clock
    )
    return dict(commitments=(*case.commitments, made))


@_on(e.CommitmentFulfilled)
def _fulfilled(case: Case, event: e.CommitmentFulfilled, record: Record) -> Changes:
    return _commitment(case, event.commitment, fulfilled=record.at)


@_on(e.CommitmentLapsed)
def _lapsed(case: Case, event: e.CommitmentLapsed, record: Record) -> Changes:
    return _commitment(case, event.commitment, lapsed=True)


def _commitment(case: Case, commitment: str, **changes: Any) -> Changes:
    return dict(
        commitments=tuple(
            attrs.evolve(c, **changes) if c.id == commitment else c for c in case.commitments
        ),
    )


@_on(e.Reopened)
def _reopened(case: Case, event: e.Reopened, record: Record) -> Changes:
    return dict(
        state=State.ACCEPTED,
        epoch=case.epoch + 1,
        reached_again=dict.fromkeys(BEFORE_CLASSIFYING, record.at),
        gates=(),
        instructed_lead="",
        designated_lead="",
        decided=False,
        send_backs=0,
        requests=(),
        decline_reason="",
        declined=None,
        merged_into="",
        merged=None,
    )


@_on(e.Archived)
def _archived(case: Case, event: e.Archived, record: Record) -> Changes:
    return dict(state=State.ARCHIVED)
