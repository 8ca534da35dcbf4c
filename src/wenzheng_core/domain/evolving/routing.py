"""What events of routing do to a case."""

from __future__ import annotations

import attrs

from wenzheng_core.domain import events as e
from wenzheng_core.domain.cases import (
    Case,
    Commitment,
    Holding,
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


@on(e.Instructed)
def _instructed(case: Case, event: e.Instructed, record: Record) -> Changes:
    lead = event.lead or case.instructed_lead
    return reach(case, Milestone.INSTRUCTED, record, instructed_lead=lead)


@on(e.LeadDesignated)
def _lead_designated(case: Case, event: e.LeadDesignated, record: Record) -> Changes:
    return dict(designated_lead=event.lead)


@on(e.Assigned)
def _assigned(case: Case, event: e.Assigned, record: Record) -> Changes:
    fresh = tuple(
        Holding(unit=unit, lead=unit == event.lead, round=event.round, since=record.at)
        for unit in (event.lead, *event.assisting)
    )
    return reach(
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


@on(e.Released)
def _released(case: Case, event: e.Released, record: Record) -> Changes:
    def close(h: Holding) -> Holding:
        if h.unit not in event.units:
            return h
        return attrs.evolve(h, until=record.at, cause=event.cause)

    kept = tuple(r for r in case.requests if r.unit not in event.units)
    over = event.cause in ("published", "forwarded", "archived")  # then promises are tracked on

    def let_go(made: Commitment) -> Commitment:
        gone = made.open and made.clock and made.by in event.units and not over
        return attrs.evolve(made, replaced=True) if gone else made

    promises = tuple(let_go(made) for made in case.commitments)
    return dict(holdings=on_holdings(case, close), requests=kept, commitments=promises)


@on(e.SentBack)
def _sent_back(case: Case, event: e.SentBack, record: Record) -> Changes:
    # What was decided of the routing is decided anew; what a leader said of the matter stands, and
    # the office's own note, but no paper of the unit that returned the case.
    stands = (GateAct.INSTRUCT, GateAct.NOTE)
    kept = tuple(g for g in case.gates if g.before is Point.ASSIGN and g.act in stands)
    return dict(
        state=State.ACCEPTED, send_backs=case.send_backs + 1, gates=kept, designated_lead=""
    )


@on(e.Claimed)
def _claimed(case: Case, event: e.Claimed, record: Record) -> Changes:
    def sign(h: Holding) -> Holding:
        return attrs.evolve(h, claimed=record.at) if h.unit == event.unit else h

    holdings = on_holdings(case, sign)
    if event.unit != case.lead:
        return dict(holdings=holdings)
    return reach(case, Milestone.CLAIMED, record, state=State.HANDLING, holdings=holdings)
