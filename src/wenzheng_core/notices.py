"""What is said to whom when something has happened: the outgoing items of a decision, in Chinese.

A text names the message by its number on its platform, never the citizen and never what the citizen
wrote: notices travel through networks of others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from wenzheng_core.diary import REPORT
from wenzheng_core.domain.actors import Role
from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.escalation import OFFICE
from wenzheng_core.domain.events import Declined, Forwarded, Published, Record, RungFired
from wenzheng_core.domain.instants import show_due
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.units import Units, office_title
from wenzheng_core.ports import Outgoing

PUBLISH = "publish"
"""The channel by which a reply goes back to the platform that the message came from."""

REPLY = "reply"
"""The channel by which a reply goes to the citizen alone, through the platform (不公开答复)."""

FORWARD = "forward"
"""The channel by which an answer goes up to the office that handed the case down."""


def outgoing(
    case: Case, records: Iterable[Record], policy: Policy, units: Units
) -> tuple[Outgoing, ...]:
    """All that must be told because of these records; keys are stable for ever.

    The version in a key has leading zeros, so that keys sort as things happened.
    """
    items = [item for record in records for item in _of(case, record, policy, units)]
    return tuple(items)


def _of(case: Case, record: Record, policy: Policy, units: Units) -> Iterator[Outgoing]:
    event = record.event
    if isinstance(event, RungFired):
        text = rung_text(case, event, policy, units)
        for place, to in enumerate(event.to):
            yield _item(record, place, event.channel, to, text)
    elif isinstance(event, Published):
        channel = PUBLISH if event.public else REPLY
        yield _item(record, 0, channel, case.message.source, event.reply)
    elif isinstance(event, Forwarded):
        yield _item(record, 0, FORWARD, event.to, event.reply)
    elif isinstance(event, Declined):
        yield _item(record, 0, PUBLISH, case.message.source, event.answer)


def _item(record: Record, place: int, channel: str, to: str, text: str) -> Outgoing:
    return Outgoing(
        key=f"{record.case_id}/{record.version:06d}/{place}",
        case_id=record.case_id,
        channel=channel,
        to=to,
        text=text,
        ready_at=record.at,
    )


def rung_text(case: Case, event: RungFired, policy: Policy, units: Units) -> str:
    """「【黄牌】望城区委办公室:留言 hongwang/123「承办单位办理」于2021年2月25日(周四)24时前到期…」."""
    title = policy.title_of(event.clock)
    whom = units.name(event.whom) if event.whom else policy.title
    number = f"{case.message.source}/{case.message.external_id}"
    due = show_due(event.due) if event.due else ""
    overdue = event.due is not None and event.scheduled >= event.due
    tail = "已超期,请立即办理并反馈" if overdue else "请抓紧办理"
    return f"【{event.act.label}】{whom}:留言 {number} 的「{title}」时限为{due},{tail}。"


def undelivered(
    items: Sequence[Outgoing], key: str, at: datetime, units: Units
) -> tuple[Outgoing, ...]:
    """What the office is told of items that are tried no more; nothing where they told the office.

    ``key`` is that of the line in the diary which says the same.
    """
    first = items[0]
    if first.channel == REPORT:
        return ()
    text = (
        f"【未送达】经「{first.channel}」发给{addressee(first.to, units)}的 {len(items)} 项,"
        f"试了 {first.attempts + 1} 次未能送达,已停止重试。请查明原因后重新发送。"
    )
    told = Outgoing(key=f"{key}/0", case_id="", channel=REPORT, to=OFFICE, text=text, ready_at=at)
    return (told,)


def addressee(to: str, units: Units) -> str:
    """``wangcheng/liaison`` as an officer reads it: 「望城区委办公室联络员」; ``office`` is the office."""
    if to == OFFICE:
        return Role.OFFICE.label
    unit, _, office = to.partition("/")
    if not office:
        return units.name(unit) if unit in units else office_title(unit)
    return f"{units.name(unit)}{office_title(office)}"
