"""What is kept of a case: later texts, what was delivered, restriction, erasure.

个人信息保护法 article 47: personal data is erased once its purpose is achieved; while a period of
retention set by law or regulation has not ended, all processing but storage and the necessary
protection stops.
"""

from __future__ import annotations

from typing import Any

from wenzheng_core.domain import commands as c
from wenzheng_core.domain import events as e
from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.drafts import Draft
from wenzheng_core.domain.errors import RefusedError
from wenzheng_core.domain.instants import last_day_before, show_day
from wenzheng_core.domain.messages import PARTS
from wenzheng_core.domain.workflow import FINAL

BASIS = "个人信息保护法第47条"
MOST_ERROR = 500
"""Characters of a provider's error that are kept."""

WHILE_RESTRICTED: frozenset[type[c.Command]] = frozenset(
    {c.LiftRestriction, c.Erase, c.Tick, c.Settle} | {c.NoteDelivered, c.NoteUndelivered, c.Revise}
)
"""What is decided on a restricted case as on any other; all else is refused there."""


def require_unrestricted(draft: Draft, kind: type[c.Command]) -> None:
    """Raise RefusedError for a command that would process a restricted case."""
    if kind not in WHILE_RESTRICTED:
        require_processable(draft.case)


def require_processable(case: Case) -> None:
    """Raise RefusedError for a restricted case, with which nothing is done but to store it."""
    if case.restricted:
        reason = "本件已限制处理,只存储和保护;须先解除限制"
        raise RefusedError("personal.restricted", reason, BASIS)


def revise(draft: Draft, command: c.Revise) -> None:
    """Record another text; a copy that says nothing new leaves no record."""
    message, known = command.message, draft.case.message
    if (message.source, message.external_id) != (known.source, known.external_id):
        reason = f"这不是同一条留言:本件为 {known.source}/{known.external_id}"
        raise RefusedError("revise.other", reason)
    if not draft.case.knows(message):
        draft.emit(e.MessageRevised(message=message.without(draft.case.erased)))


def note_delivered(draft: Draft, command: c.NoteDelivered) -> None:
    """Record a receipt."""
    draft.emit(
        e.Delivered(
            keys=command.keys, channel=command.channel, to=command.to, receipt=command.receipt
        )
    )


def note_undelivered(draft: Draft, command: c.NoteUndelivered) -> None:
    """Record that nobody tries any more; of the error, the beginning."""
    draft.emit(
        e.DeliveryAbandoned(
            keys=command.keys,
            channel=command.channel,
            to=command.to,
            error=command.error[:MOST_ERROR],
        )
    )


def restrict(draft: Draft, command: c.Restrict) -> None:
    """Stop all processing but storage and protection."""
    _require_reason(command.reason)
    _require_finished(draft)
    draft.emit(e.ProcessingRestricted(reason=command.reason))


def lift_restriction(draft: Draft, command: c.LiftRestriction) -> None:
    """Let the case be processed again."""
    _require_reason(command.reason)
    _require_finished(draft)
    if not draft.case.restricted:
        raise RefusedError("personal.not_restricted", "本件没有限制处理,无须解除")
    draft.emit(e.RestrictionLifted(reason=command.reason))


def erase(draft: Draft, command: c.Erase) -> None:
    """Erase personal data, once no period of retention runs any more."""
    _require_reason(command.reason)
    _require_finished(draft)
    event = e.PersonalDataErased(reason=command.reason, words=command.words)
    if set(event.parts) <= set(draft.case.erased):
        left = "" if set(PARTS) <= set(draft.case.erased) else ";要连同正文删除的,须写明"
        raise RefusedError("personal.erased", f"所要删除的个人信息已经删除{left}")
    _require_no_retention(draft)
    draft.emit(event)


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise RefusedError("personal.reason", "限制处理、解除限制、删除个人信息须说明理由")


def _require_finished(draft: Draft) -> None:
    case = draft.case
    if case.state not in FINAL or case.holders or any(case.running):
        reason = f"办件处于「{case.state.label}」,尚未办完或仍有时限在走,不能限制或删除"
        raise RefusedError("personal.open", reason, BASIS)


def _require_no_retention(draft: Draft) -> None:
    rule, finished = draft.policy.retention, draft.case.finished
    if rule is None or finished is None or draft.at >= (ends := rule.ends(finished)):
        return
    last = show_day(last_day_before(ends))
    reason = f"本件须保存{rule.years}年,至{last}止,此前不能删除;请先限制处理,至{last}"
    raise RefusedError("personal.retained", reason, rule.basis)


DECIDE: dict[type[c.Command], Any] = {
    c.Revise: revise,
    c.NoteDelivered: note_delivered,
    c.NoteUndelivered: note_undelivered,
    c.Restrict: restrict,
    c.LiftRestriction: lift_restriction,
    c.Erase: erase,
}
