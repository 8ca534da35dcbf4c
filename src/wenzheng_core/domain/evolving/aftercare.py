"""What events after the answer do to a case."""

from __future__ import annotations

from typing import Any

import attrs

from wenzheng_core.domain import events as e
from wenzheng_core.domain.cases import (
    Called,
    Case,
    Commitment,
)
from wenzheng_core.domain.events import Record
from wenzheng_core.domain.evolving.folding import (
    Changes,
    on,
    reach,
)
from wenzheng_core.domain.milestones import BEFORE_CLASSIFYING, Milestone
from wenzheng_core.domain.workflow import State


@on(e.CalledBack)
def _called_back(case: Case, event: e.CalledBack, record: Record) -> Changes:
    calls = (*case.calls, Called(at=record.at, reached=event.reached, unit=event.unit))
    return reach(case, Milestone.CALLED_BACK, record, calls=calls)


@on(e.Rated)
def _rated(case: Case, event: e.Rated, record: Record) -> Changes:
    return dict(rating=event.score, rated=record.at)


@on(e.Committed)
def _committed(case: Case, event: e.Committed, record: Record) -> Changes:
    made = Commitment(
        id=event.commitment, text=event.text, due=event.due, by=event.by, clock=event.clock
    )
    kept = _commitments(case, event.replaces, replaced=True)
    return dict(commitments=(*kept, made))


@on(e.CommitmentFulfilled)
def _fulfilled(case: Case, event: e.CommitmentFulfilled, record: Record) -> Changes:
    return dict(commitments=_commitments(case, (event.commitment,), fulfilled=record.at))


@on(e.CommitmentLapsed)
def _lapsed(case: Case, event: e.CommitmentLapsed, record: Record) -> Changes:
    return dict(commitments=_commitments(case, (event.commitment,), lapsed=True))


def _commitments(case: Case, names: tuple[str, ...], **changes: Any) -> tuple[Commitment, ...]:
    """The promises, those of these names changed."""
    return tuple(attrs.evolve(c, **changes) if c.id in names else c for c in case.commitments)


@on(e.Reopened)
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
        answer_ready=None,
        public=True,
        forwarded_to="",
        decline_reason="",
        declined=None,
        merged_into="",
        merged=None,
    )


@on(e.Archived)
def _archived(case: Case, event: e.Archived, record: Record) -> Changes:
    return dict(state=State.ARCHIVED)
