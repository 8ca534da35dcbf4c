"""After the reply: call back, rate, promises, reopen, archive."""

from __future__ import annotations

from typing import Any

from wenzheng_core.domain import clocks
from wenzheng_core.domain import commands as c
from wenzheng_core.domain import events as e
from wenzheng_core.domain.cases import Commitment
from wenzheng_core.domain.drafts import Draft
from wenzheng_core.domain.errors import RefusedError
from wenzheng_core.domain.instants import end_of
from wenzheng_core.domain.policies import Milestone
from wenzheng_core.domain.stages.routing import release_all

BEST = 5


def call_back(draft: Draft, command: c.CallBack) -> None:
    """Record the call; one that reached nobody is recorded too."""
    draft.emit(e.CalledBack(reached=command.reached, note=command.note))


def rate(draft: Draft, command: c.Rate) -> None:
    """Record the citizen's rating; a later one replaces an earlier one."""
    if not 1 <= command.score <= BEST:
        raise RefusedError("rate.range", f"评分须为 1 至 {BEST}")
    draft.emit(e.Rated(score=command.score, note=command.note))


def commit(draft: Draft, command: c.Commit) -> None:
    """Record a promise whose day has not passed."""
    if any(x.id == command.commitment for x in draft.case.commitments):
        raise RefusedError("commitment.twice", f"承诺「{command.commitment}」已经登记")
    if end_of(command.due) <= draft.at:
        raise RefusedError("commitment.past", "承诺的日期已经过去")
    draft.emit(
        e.Committed(
            commitment=command.commitment,
            text=command.text,
            due=command.due,
            by=command.by or draft.actor.unit or draft.actor.id,
        )
    )


def fulfil(draft: Draft, command: c.FulfilCommitment) -> None:
    """Record that a promise was kept, late or not."""
    if _commitment(draft, command.commitment).fulfilled is not None:
        raise RefusedError("commitment.fulfilled", "该承诺已经兑现")
    draft.emit(e.CommitmentFulfilled(commitment=command.commitment, note=command.note))


def _commitment(draft: Draft, commitment: str) -> Commitment:
    for made in draft.case.commitments:
        if made.id == commitment:
            return made
    raise RefusedError("commitment.unknown", f"没有承诺「{commitment}」")


def reopen(draft: Draft, command: c.Reopen) -> None:
    """Handle again: the case's clocks start afresh from now, earlier breaches stand (a choice)."""
    if not command.reason.strip():
        raise RefusedError("reopen.reason", "重新办理须说明理由")
    clocks.stop_all(draft, "reopened")
    draft.emit(e.Reopened(reason=command.reason))
    clocks.reach(draft, Milestone.RECEIVED)
    clocks.reach(draft, Milestone.ACCEPTED)


def archive(draft: Draft, command: c.Archive) -> None:
    """Close the file; promises are still tracked."""
    clocks.stop_all(draft, "archived")
    release_all(draft, "archived")
    draft.emit(e.Archived())


DECIDE: dict[type[c.Command], Any] = {
    c.CallBack: call_back,
    c.Rate: rate,
    c.Commit: commit,
    c.FulfilCommitment: fulfil,
    c.Reopen: reopen,
    c.Archive: archive,
}
