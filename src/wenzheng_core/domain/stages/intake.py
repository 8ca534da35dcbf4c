"""Receive, screen, classify, merge, link."""

from __future__ import annotations

from typing import Any

from wenzheng_core.domain import clocks
from wenzheng_core.domain import commands as c
from wenzheng_core.domain import events as e
from wenzheng_core.domain.drafts import Draft
from wenzheng_core.domain.errors import RefusedError
from wenzheng_core.domain.messages import Message
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.domain.provisions import belongs
from wenzheng_core.domain.stages.holding import release_all
from wenzheng_core.domain.tables import complete


def receive(draft: Draft, command: c.Receive) -> None:
    """Open the case; a message is never refused for what nobody has said of it yet."""
    policy = draft.policy
    if command.message.posted_at > draft.at:
        raise RefusedError("receive.future", "留言时间晚于登记时间,请核对平台时间")
    stated = {**_by_campaigns(draft, command.message), **command.facts}
    facts = complete(policy.columns, stated)
    draft.emit(
        e.CaseOpened(
            message=command.message,
            policy=policy.id,
            policy_version=policy.version,
            policy_digest=policy.digest,
            facts=facts,
            labels=dict(command.facts),
        )
    )
    clocks.reach(draft, Milestone.POSTED)
    clocks.reach(draft, Milestone.RECEIVED)


def _by_campaigns(draft: Draft, message: Message) -> dict[str, str]:
    """What the campaigns to which a message belongs say of it; the first in the policy decides."""
    found: dict[str, str] = {}
    for campaign in draft.policy.campaigns:
        if belongs(campaign, message):
            found.setdefault(campaign.column, campaign.value)
    return found


def accept(draft: Draft, command: c.Accept) -> None:
    """Accept for handling."""
    draft.emit(e.Accepted())
    clocks.reach(draft, Milestone.ACCEPTED)


def decline(draft: Draft, command: c.Decline) -> None:
    """Decline; in every source each of these still gets a courteous answer."""
    reason = draft.policy.decline_reason(command.reason)
    answer = command.answer.strip() or reason.answer
    draft.emit(
        e.Declined(reason=reason.code, answer=answer, counts_as_replied=reason.counts_as_replied)
    )
    if reason.counts_as_replied:
        clocks.reach(draft, Milestone.PUBLISHED)
    clocks.stop_all(draft, "declined")


def classify(draft: Draft, command: c.Classify) -> None:
    """State facts. Clocks already running are counted again from their original start."""
    if not command.facts:
        raise RefusedError("classify.nothing", "没有写明任何分类")
    policy, before = draft.policy, draft.case.facts
    stated = {
        k: v for k, v in complete(policy.columns, command.facts).items() if k in command.facts
    }
    defaults = {column.name: column.default for column in policy.columns}
    changed = {k for k, v in stated.items() if before.get(k, v) != v}
    restated = {k for k in changed if k in draft.case.labels or before[k] != defaults[k]}
    if restated and not command.reason.strip():
        raise RefusedError("classify.reason", "更改已定的分类须说明理由")
    draft.emit(e.Classified(facts=stated, labels=dict(command.facts), reason=command.reason))
    for clock in list(draft.case.running):
        clocks.regrade(draft, clock)
    clocks.revive(draft)
    clocks.start_pending(draft)


def merge(draft: Draft, command: c.Merge) -> None:
    """Follow another case from now on; silent ever after."""
    if command.into == draft.case_id:
        raise RefusedError("merge.self", "办件不能并入自身")
    clocks.stop_all(draft, "merged")
    release_all(draft, "merged")
    draft.emit(e.Merged(into=command.into, reason=command.reason))


def link(draft: Draft, command: c.Link) -> None:
    """Say what the case has to do with another one; both go on as they are."""
    if command.to == draft.case_id:
        raise RefusedError("link.self", "办件不能与自身关联")
    draft.emit(e.Linked(to=command.to, relation=command.relation, note=command.note))


DECIDE: dict[type[c.Command], Any] = {
    c.Accept: accept,
    c.Decline: decline,
    c.Classify: classify,
    c.Merge: merge,
    c.Link: link,
}
