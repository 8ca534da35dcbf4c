"""The ladder and the supervising hand: what is due by itself, chases, orders, withdrawn cards."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from wenzheng_core.domain import clocks
from wenzheng_core.domain import commands as c
from wenzheng_core.domain import events as e
from wenzheng_core.domain.cases import Clock
from wenzheng_core.domain.drafts import Draft
from wenzheng_core.domain.errors import RefusedError
from wenzheng_core.domain.escalation import BY_HAND, OFFICE, Act, Rung, Scheduled
from wenzheng_core.domain.stages.holding import answerable


def catch_up(draft: Draft) -> None:
    """Let everything that was due by now happen, in the order of its instants."""
    while (wake := draft.case.next_wake) is not None and wake <= draft.at:
        pause = draft.case.pause
        if pause is not None and pause.until == wake:
            clocks.end_pause(draft, wake, lapsed=True)
        elif not _lapse_commitment(draft, wake):
            _fire_at(draft, wake)


def _lapse_commitment(draft: Draft, wake: datetime) -> bool:
    for commitment in draft.case.commitments:
        if commitment.open and commitment.ends == wake:
            draft.emit(e.CommitmentLapsed(commitment=commitment.id, scheduled=wake))
            return True
    return False


def _fire_at(draft: Draft, wake: datetime) -> None:
    for clock in draft.case.running:
        due = clock.next_rung()
        if due is not None and due.at == wake:
            _fire(draft, clock, due)
            return


def _fire(draft: Draft, clock: Clock, due: Scheduled) -> None:
    rung = next((r for r in draft.policy.rungs if r.id == due.rung), None)
    if rung is None:
        raise RefusedError("policy.unknown_rung", f"办法中没有阶梯「{due.rung}」")
    whom = answerable(draft, clock)
    draft.emit(
        e.RungFired(
            rung=rung.id,
            clock=clock.id,
            unit=clock.unit,
            epoch=clock.epoch,
            act=rung.act,
            scheduled=due.at,
            due=clock.due,
            whom=whom,
            to=_recipients(draft, rung, whom),
            channel=rung.channel,
            policy=draft.policy.digest,
            calendar=clock.calendar,
        )
    )


def _recipients(draft: Draft, rung: Rung, unit: str) -> tuple[str, ...]:
    """Whom to tell, as ``unit/office``: each office named, or the first fallback that is held."""
    told: list[str] = []
    for office in rung.to:
        chain = (office, *rung.fallback)
        found = next((x for x in chain if x == OFFICE or _held(draft, unit, x)), None)
        if found is not None:
            told.append(OFFICE if found == OFFICE else f"{unit}/{found}")
    return tuple(dict.fromkeys(told))


def _held(draft: Draft, unit: str, office: str) -> bool:
    return draft.rules.units.holder(unit, (office,)) is not None


def tick(draft: Draft, command: c.Tick) -> None:
    """Nothing of its own: catching up has already happened."""


def settle(draft: Draft, command: c.Settle) -> None:
    """Count clocks by the calendar as it now is; what is breached stays so.

    A clock that ended on a provisional due instant is counted too, so that its being in time or late
    is known; it stays ended.
    """
    for clock in list(draft.case.clocks):
        settled = clock.breached(draft.at) or not (clock.running or clock.awaits)
        if clock.limit is None or settled or clock.paused_since is not None:
            continue
        if clock.calendar != draft.rules.calendar.digest:
            clocks.settle(draft, clock)


def chase(draft: Draft, command: c.Chase) -> None:
    """Chase a unit that holds the case."""
    _require_held(draft, command.unit)
    draft.emit(e.Chased(unit=command.unit, note=command.note))


def supervision_order(draft: Draft, command: c.IssueSupervisionOrder) -> None:
    """Issue an order; at least one issuer, each once, and all who sign together."""
    _require_held(draft, command.unit)
    if not command.issuers or len(set(command.issuers)) != len(command.issuers):
        raise RefusedError("order.issuers", "督办单须列明签发单位,且不得重复")
    rule = draft.policy.supervision
    if missing := [x for x in rule.issuers if x not in command.issuers]:
        reason = f"督办单须联合签发,还缺:{'、'.join(missing)}"
        raise RefusedError("order.co_signers", reason, rule.basis)
    draft.emit(
        e.SupervisionOrderIssued(
            unit=command.unit,
            number=command.number,
            issuers=command.issuers,
            demand=command.demand,
        )
    )


def _require_held(draft: Draft, unit: str) -> None:
    if unit not in {h.unit for h in draft.case.holders}:
        raise RefusedError("unit.not_holder", f"{draft.rules.units.name(unit)}不是本件的承办单位")


def escalate(draft: Draft, command: c.Escalate) -> None:
    """Take a further device by hand; nobody is held to account without a ground of the policy."""
    if command.act not in BY_HAND:
        known = "、".join(act.label for act in Act if act in BY_HAND)
        reason = f"「{Act(command.act).label}」不能由人升级采取;可以采取:{known}"
        raise RefusedError("escalate.act", reason)
    if command.unit not in draft.rules.units:
        reason = f"没有承办单位「{command.unit}」,请写明本地的单位"
        raise RefusedError("escalate.unit", reason)
    causes = {cause.code: cause.title for cause in draft.policy.accountability}
    if command.act == Act.ACCOUNTABILITY and causes and command.cause not in causes:
        known = "、".join(f"{code}({title})" for code, title in causes.items())
        raise RefusedError("escalate.cause", f"提请问责须写明情形;现有:{known}")
    draft.emit(
        e.Escalated(act=command.act, unit=command.unit, cause=command.cause, note=command.note)
    )


def withdraw_card(draft: Draft, command: c.WithdrawCard) -> None:
    """Withdraw a card with a reason; that it was shown stays on record."""
    if not command.reason.strip():
        raise RefusedError("card.reason", "撤销警告须说明理由")
    asked = (command.rung, command.clock, command.unit)
    cards = [
        card
        for card in draft.case.ladder
        if card.act in (Act.YELLOW_CARD, Act.RED_CARD)
        and (card.rung, card.clock, card.unit) == asked
        and command.epoch in (None, card.epoch)
    ]
    if not cards:
        raise RefusedError("card.unknown", "没有这张黄牌或红牌")
    standing = [card for card in cards if not card.withdrawn]
    if not standing:
        raise RefusedError("card.withdrawn", "该警告已经撤销")
    card = standing[-1]
    draft.emit(
        e.CardWithdrawn(
            rung=card.rung,
            clock=card.clock,
            unit=card.unit,
            epoch=card.epoch,
            reason=command.reason,
        )
    )


DECIDE: dict[type[c.Command], Any] = {
    c.Tick: tick,
    c.Settle: settle,
    c.Chase: chase,
    c.IssueSupervisionOrder: supervision_order,
    c.Escalate: escalate,
    c.WithdrawCard: withdraw_card,
}
