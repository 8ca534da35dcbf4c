"""What events of intake do to a case."""

from __future__ import annotations

from wenzheng_core.domain import events as e
from wenzheng_core.domain.cases import (
    Case,
    CaseLink,
)
from wenzheng_core.domain.events import Record
from wenzheng_core.domain.evolving.folding import (
    Changes,
    on,
    reach,
)
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.domain.workflow import State


def opened(event: e.CaseOpened, record: Record) -> Case:
    """The case with which a history begins."""
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


@on(e.Accepted)
def _accepted(case: Case, event: e.Accepted, record: Record) -> Changes:
    return reach(case, Milestone.ACCEPTED, record, state=State.ACCEPTED)


@on(e.Declined)
def _declined(case: Case, event: e.Declined, record: Record) -> Changes:
    changes = dict(
        state=State.DECLINED,
        reply=event.answer,
        decline_reason=event.reason,
        declined=record.at,
    )
    if not event.counts_as_replied:
        return changes
    return reach(case, Milestone.PUBLISHED, record, **changes)


@on(e.Classified)
def _classified(case: Case, event: e.Classified, record: Record) -> Changes:
    return dict(facts={**case.facts, **event.facts}, labels={**case.labels, **event.labels})


@on(e.Merged)
def _merged(case: Case, event: e.Merged, record: Record) -> Changes:
    return dict(state=State.MERGED, merged_into=event.into, merged=record.at)


@on(e.Linked)
def _linked(case: Case, event: e.Linked, record: Record) -> Changes:
    return dict(links=(*case.links, CaseLink(to=event.to, relation=event.relation)))
