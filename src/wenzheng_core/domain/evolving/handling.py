"""What events of handling and replying do to a case."""

from __future__ import annotations

import attrs

from wenzheng_core.domain import events as e
from wenzheng_core.domain.cases import (
    Case,
    Contacted,
    Holding,
    InterimMeasure,
    PassedGate,
)
from wenzheng_core.domain.events import Record
from wenzheng_core.domain.evolving.folding import (
    Changes,
    on,
    on_holdings,
    reach,
)
from wenzheng_core.domain.gates import GateAct, Point
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.domain.workflow import State


@on(e.ContactLogged)
def _contact_logged(case: Case, event: e.ContactLogged, record: Record) -> Changes:
    contact = Contacted(at=record.at, unit=event.unit, reached=event.reached, channel=event.channel)
    return reach(case, Milestone.CONTACTED, record, contacts=(*case.contacts, contact))


@on(e.FirstActionTaken)
def _first_action(case: Case, event: e.FirstActionTaken, record: Record) -> Changes:
    def begin(h: Holding) -> Holding:
        return attrs.evolve(h, begun=h.begun or record.at) if h.unit == event.unit else h

    holdings = on_holdings(case, begin)
    if event.unit not in ("", case.lead):
        return dict(holdings=holdings)
    return reach(case, Milestone.FIRST_ACTION, record, holdings=holdings)


@on(e.InterimMeasureTaken)
def _interim(case: Case, event: e.InterimMeasureTaken, record: Record) -> Changes:
    taken = InterimMeasure(
        at=record.at,
        unit=event.unit,
        measure=event.measure,
        disputed=event.disputed,
        commitment=event.commitment,
    )
    return dict(interim=(*case.interim, taken))


@on(e.PlanSubmitted)
def _plan(case: Case, event: e.PlanSubmitted, record: Record) -> Changes:
    return {}


@on(e.ProgressReported)
def _progress(case: Case, event: e.ProgressReported, record: Record) -> Changes:
    return {}


@on(e.Reported)
def _reported(case: Case, event: e.Reported, record: Record) -> Changes:
    def note(h: Holding) -> Holding:
        return attrs.evolve(h, reported=record.at) if h.unit == event.unit else h

    holdings = on_holdings(case, note)
    if not event.lead:
        return dict(holdings=holdings)
    return reach(
        case,
        Milestone.REPORTED,
        record,
        holdings=holdings,
        state=State.REPORTED,
        proposed_reply=event.proposed_reply,
        answer_ready=record.at,
    )


@on(e.Resolved)
def _resolved(case: Case, event: e.Resolved, record: Record) -> Changes:
    def done(h: Holding) -> Holding:
        return attrs.evolve(h, resolved=record.at) if h.unit == event.unit else h

    holdings = on_holdings(case, done)
    if event.unit not in ("", case.lead):
        return dict(holdings=holdings)
    return reach(case, Milestone.RESOLVED, record, holdings=holdings)


@on(e.ReplyProposed)
def _reply_proposed(case: Case, event: e.ReplyProposed, record: Record) -> Changes:
    changes = dict(state=State.REPORTED, proposed_reply=event.reply, answer_ready=record.at)
    return reach(case, Milestone.REPORTED, record, **changes)


@on(e.GatePassed)
def _gate_passed(case: Case, event: e.GatePassed, record: Record) -> Changes:
    passed = PassedGate(gate=event.gate, act=event.act, before=event.before, at=record.at)
    gates = (*case.gates, passed)
    if event.before is not Point.PUBLISH or event.act not in _REPLY_ACTS:
        return dict(gates=gates)
    milestone, state = _REPLY_ACTS[event.act]
    return reach(case, milestone, record, state=state, gates=gates)


_REPLY_ACTS = {
    GateAct.REVIEW: (Milestone.REVIEWED, State.REVIEWED),
    GateAct.APPROVE: (Milestone.APPROVED, State.APPROVED),
}


@on(e.ReturnedForRework)
def _returned(case: Case, event: e.ReturnedForRework, record: Record) -> Changes:
    def again(h: Holding) -> Holding:
        return attrs.evolve(h, reported=None, resolved=None) if h.lead else h

    kept = tuple(g for g in case.gates if g.before is not Point.PUBLISH)
    back = State.HANDLING if case.holders else State.ACCEPTED  # a direct answer: to the office
    return dict(
        state=back,
        gates=kept,
        holdings=on_holdings(case, again),
        returns=(*case.returns, record.at),
        answer_ready=None,
        **_unsettled(case),
    )


def _unsettled(case: Case) -> Changes:
    """What was settled in this opening is not, once it is handled again."""
    now = case.passed.get(Milestone.RESOLVED)
    kept = {
        name: {m: at for m, at in reached.items() if (m, at) != (Milestone.RESOLVED, now)}
        for name, reached in (("reached", case.reached), ("reached_again", case.reached_again))
    }
    return dict(kept)


@on(e.Published)
def _published(case: Case, event: e.Published, record: Record) -> Changes:
    changes = dict(state=State.PUBLISHED, reply=event.reply, public=event.public)
    return reach(case, Milestone.PUBLISHED, record, **changes)


@on(e.Forwarded)
def _forwarded(case: Case, event: e.Forwarded, record: Record) -> Changes:
    changes = dict(state=State.FORWARDED, reply=event.reply, forwarded_to=event.to)
    return reach(case, Milestone.FORWARDED, record, **changes)
