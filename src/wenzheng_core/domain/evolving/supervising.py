"""What events of supervision do to a case."""

from __future__ import annotations

import attrs

from wenzheng_core.domain import events as e
from wenzheng_core.domain.cases import (
    Case,
    Clock,
    Fired,
)
from wenzheng_core.domain.events import Record
from wenzheng_core.domain.evolving.folding import (
    Changes,
    on,
    on_clocks,
)


@on(e.RungFired)
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
    return dict(on_clocks(case, mark), ladder=(*case.ladder, fired))


@on(e.CardWithdrawn)
def _card_withdrawn(case: Case, event: e.CardWithdrawn, record: Record) -> Changes:
    card = (event.rung, event.clock, event.unit, event.epoch)

    def withdraw(f: Fired) -> Fired:
        if (f.rung, f.clock, f.unit, f.epoch) == card:
            return attrs.evolve(f, withdrawn=event.reason, withdrawn_at=record.at)
        return f

    return dict(ladder=tuple(withdraw(f) for f in case.ladder))


@on(e.Chased)
def _chased(case: Case, event: e.Chased, record: Record) -> Changes:
    return {}


@on(e.SupervisionOrderIssued)
def _supervision_order(case: Case, event: e.SupervisionOrderIssued, record: Record) -> Changes:
    return {}


@on(e.Escalated)
def _escalated(case: Case, event: e.Escalated, record: Record) -> Changes:
    return {}
