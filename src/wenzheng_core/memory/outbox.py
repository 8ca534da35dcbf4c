"""What goes out, in memory: ready, taken, sent, failed, dead, put down again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import attrs

from wenzheng_core.domain.errors import UnknownError
from wenzheng_core.domain.instants import utc
from wenzheng_core.memory.rows import Item, Rows
from wenzheng_core.storing import DeadLetter, Outgoing, require_text_left


def put_down(rows: Rows, items: Iterable[Outgoing]) -> None:
    """Keep new items."""
    rows.outbox.update((item.key, Item(item)) for item in items)


def ready(rows: Rows, now: datetime, limit: int) -> tuple[Outgoing, ...]:
    """What may go out at ``now`` and is leased to nobody, by ``ready_at``, then by key."""
    now = utc(now)
    found = [item.outgoing for item in rows.outbox.values() if item.ready(now)]
    return tuple(sorted(found, key=lambda item: (item.ready_at, item.key))[:limit])


def take(
    rows: Rows, now: datetime, until: datetime, holder: str, limit: int
) -> tuple[Outgoing, ...]:
    """The same, leased to a holder."""
    found, until = ready(rows, now, limit), utc(until)
    for item in found:
        _change(rows, item.key, holder=holder, leased_until=until)
    return found


def sent(rows: Rows, key: str, at: datetime, receipt: str) -> bool:
    """Note a receipt, a dead letter's too; whether it is the first."""
    item, at = _item(rows, key), utc(at)
    first = item.ended_at is None or item.dead
    if first:
        _change(rows, key, ended_at=at, dead=False, receipt=receipt, leased_until=None)
        _empty_if_erased(rows, key)
    return first


def failed(
    rows: Rows, key: str, at: datetime, error: str, *, retry_at: datetime | None, holder: str
) -> bool:
    """Note a failure, unless it went, is dead, or is another's by now; whether it counted."""
    item, at = _item(rows, key), utc(at)
    if item.ended_at is not None or (item.leased(at) and item.holder != holder):
        return False
    again = utc(retry_at) if retry_at is not None else item.outgoing.ready_at
    tried = attrs.evolve(item.outgoing, attempts=item.outgoing.attempts + 1, ready_at=again)
    dead = retry_at is None
    ended = at if dead else None
    _change(rows, key, outgoing=tried, leased_until=None, ended_at=ended, dead=dead, error=error)
    if dead:
        _empty_if_erased(rows, key)
    return True


def revive(rows: Rows, key: str, ready_at: datetime) -> bool:
    """Put a dead letter down again; False if it is none. Raises RefusedError for an emptied one."""
    item, ready_at = _item(rows, key), utc(ready_at)
    if item.dead:
        require_text_left(item.outgoing)
        fresh = attrs.evolve(item.outgoing, attempts=0, ready_at=ready_at)
        _change(rows, key, outgoing=fresh, ended_at=None, dead=False)
    return item.dead


def dead_letters(rows: Rows, after: str, limit: int) -> tuple[DeadLetter, ...]:
    """What is tried no more, by key above ``after``."""
    keys = sorted(key for key, item in rows.outbox.items() if item.dead and key > after)
    dead = (rows.outbox[key] for key in keys[:limit])
    return tuple(DeadLetter(i.outgoing, i.ended_at, i.error) for i in dead if i.ended_at)


def empty_ended(rows: Rows, case_id: str) -> None:
    """Take the texts out of a case's items that went out or died; a reply may name the citizen."""
    for key, item in list(rows.outbox.items()):
        if item.outgoing.case_id == case_id and item.ended_at is not None:
            _empty(rows, key)


def _empty_if_erased(rows: Rows, key: str) -> None:
    kept = rows.cases.get(rows.outbox[key].outgoing.case_id)
    if kept is not None and kept.case.erased:
        _empty(rows, key)


def _empty(rows: Rows, key: str) -> None:
    _change(rows, key, outgoing=attrs.evolve(rows.outbox[key].outgoing, text=""), error="")


def _item(rows: Rows, key: str) -> Item:
    item = rows.outbox.get(key)
    if item is None:
        raise UnknownError("待发通知", key)
    return item


def _change(rows: Rows, key: str, **fields: object) -> None:
    rows.outbox[key] = attrs.evolve(rows.outbox[key], **fields)  # type: ignore[arg-type]
