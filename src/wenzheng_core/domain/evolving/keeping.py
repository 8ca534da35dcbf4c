"""What events about the keeping of a case do to it."""

from __future__ import annotations

import attrs

from wenzheng_core.domain import events as e
from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.events import Record
from wenzheng_core.domain.evolving.folding import Changes, on
from wenzheng_core.domain.messages import PARTS, Revision


@on(e.MessageRevised)
def _revised(case: Case, event: e.MessageRevised, record: Record) -> Changes:
    return dict(revisions=(*case.revisions, Revision(record.at, event.message)))


@on(e.Delivered)
def _delivered(case: Case, event: e.Delivered, record: Record) -> Changes:
    return {}


@on(e.DeliveryAbandoned)
def _abandoned(case: Case, event: e.DeliveryAbandoned, record: Record) -> Changes:
    return {}


@on(e.ProcessingRestricted)
def _restricted(case: Case, event: e.ProcessingRestricted, record: Record) -> Changes:
    return dict(restricted=True)


@on(e.RestrictionLifted)
def _lifted(case: Case, event: e.RestrictionLifted, record: Record) -> Changes:
    return dict(restricted=False)


@on(e.PersonalDataErased)
def _erased(case: Case, event: e.PersonalDataErased, record: Record) -> Changes:
    # Whatever rests on what is erased goes here, so that a history from which a store has already
    # taken it folds to the same case.
    gone = tuple(part for part in PARTS if part in case.erased or part in event.parts)
    kept = tuple(attrs.evolve(r, message=r.message.without(gone)) for r in case.revisions)
    return dict(message=case.message.without(gone), revisions=kept, erased=gone)
