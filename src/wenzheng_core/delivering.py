"""Sending what was put down to be told: grouped by addressee, at least once, nothing dropped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby

import attrs

from wenzheng_core.notices import PUBLISH
from wenzheng_core.ports import Channel, DeliveryError, Outgoing, Storage

FIRST_RETRY = timedelta(minutes=1)
LONGEST_RETRY = timedelta(hours=6)


@attrs.frozen(kw_only=True)
class DeliveryReport:
    """What one delivery run did: items sent, messages they were sent in, and what failed."""

    sent: int = 0
    messages: int = 0
    failed: tuple[str, ...] = ()


def deliver(
    storage: Storage, channels: Mapping[str, Channel], at: datetime, limit: int
) -> DeliveryReport:
    """Send what is ready at ``at``; see :meth:`wenzheng_core.office.Office.deliver`.

    Nothing is sent inside a transaction: a slow channel holds up no writer.
    """
    with storage.transaction() as transaction:
        waiting = transaction.outbox(at, limit)
    sent, messages, failed = 0, 0, []
    for items in _digests(waiting):
        try:
            receipt = _send(channels, items)
        except Exception as error:  # whatever a channel raises, the others are still served
            reason = str(error) or type(error).__name__
            failed.append(f"{items[0].channel}→{items[0].to}:{reason}")
            _note_failure(storage, items, at, reason)
        else:
            with storage.transaction() as transaction:
                for item in items:
                    transaction.sent(item.key, at, receipt)
            sent, messages = sent + len(items), messages + 1
    return DeliveryReport(sent=sent, messages=messages, failed=tuple(failed))


def _send(channels: Mapping[str, Channel], items: Sequence[Outgoing]) -> str:
    first = items[0]
    channel = channels.get(first.channel)
    if channel is None:
        raise DeliveryError(f"没有名为「{first.channel}」的渠道")
    text = first.text
    if len(items) > 1:
        text = "\n".join(f"{n}. {item.text}" for n, item in enumerate(items, start=1))
    return channel.send(first.to, text, [item.key for item in items])


def _note_failure(storage: Storage, items: Sequence[Outgoing], at: datetime, error: str) -> None:
    with storage.transaction() as transaction:
        for item in items:
            wait = min(FIRST_RETRY * 2 ** min(item.attempts, 16), LONGEST_RETRY)
            transaction.failed(item.key, at + wait, error)


def _digests(waiting: Iterable[Outgoing]) -> Iterator[list[Outgoing]]:
    """What goes to one addressee by one channel, together; replies to platforms go one by one."""

    def by_addressee(item: Outgoing) -> tuple[str, str, str]:
        single = item.key if item.channel == PUBLISH else ""
        return item.channel, item.to, single

    ordered = sorted(waiting, key=by_addressee)
    return (list(items) for _, items in groupby(ordered, by_addressee))
