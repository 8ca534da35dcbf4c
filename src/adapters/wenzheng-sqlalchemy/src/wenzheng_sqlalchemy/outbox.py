"""The outbox's table: what is ready, who is about it, what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    Row,
    bindparam,
    case,
    exists,
    func,
    insert,
    null,
    or_,
    select,
    update,
)

from wenzheng_core.domain.errors import UnknownError
from wenzheng_core.domain.events import PersonalDataErased
from wenzheng_core.domain.instants import utc
from wenzheng_core.storing import DeadLetter, Outgoing, require_text_left
from wenzheng_sqlalchemy.running import CHUNK, COLUMNS, Runner, Values
from wenzheng_sqlalchemy.statements import AFTER, KEYS, MOST, OF_CASE, OF_KEY, OF_TENANT
from wenzheng_sqlalchemy.tables import (
    DEAD,
    EVENT,
    OUTBOX,
    SENT,
    WAITING,
    from_ticks,
    to_ticks,
)

_AT: BindParameter[int] = bindparam("at")
_FREE = or_(OUTBOX.c.leased_until.is_(None), OUTBOX.c.leased_until <= _AT)
_ITEM = (
    OUTBOX.c.item_key,
    OUTBOX.c.case_id,
    OUTBOX.c.channel,
    OUTBOX.c.addressee,
    OUTBOX.c.content,
    OUTBOX.c.ready_at,
    OUTBOX.c.attempts,
)
_WAITING = (OUTBOX.c.tenant == OF_TENANT, OUTBOX.c.state == WAITING)
_HERE = (OUTBOX.c.tenant == OF_TENANT, OUTBOX.c.item_key == OF_KEY)
_NOBODYS = {"holder": None, "leased_until": None}

_NEW = ("tenant", *(column.name for column in _ITEM), "state")
NEW = insert(OUTBOX).execution_options(**{COLUMNS: _NEW})
READY = (
    select(*_ITEM)
    .where(*_WAITING, OUTBOX.c.ready_at <= _AT, _FREE)
    .order_by(OUTBOX.c.ready_at, OUTBOX.c.item_key)
    .limit(MOST)
)
READY_LOCKED = READY.with_for_update()
TAKE = (
    update(OUTBOX)
    .where(*_WAITING, OUTBOX.c.item_key.in_(KEYS), _FREE)
    .values(holder=bindparam("taker"), leased_until=bindparam("until"))
)
TAKEN = select(*_ITEM).where(
    *_WAITING,
    OUTBOX.c.item_key.in_(KEYS),
    OUTBOX.c.holder == bindparam("taker"),
    OUTBOX.c.leased_until == bindparam("until"),
)
NOW = select(*_ITEM, OUTBOX.c.state).where(*_HERE)
TAKEN_KEYS = select(OUTBOX.c.item_key).where(
    OUTBOX.c.tenant == OF_TENANT, OUTBOX.c.item_key.in_(KEYS)
)

MARK_SENT = (
    update(OUTBOX)
    .where(*_HERE, OUTBOX.c.state != SENT)
    .values(state=bindparam("new_state"), ended_at=_AT, receipt=bindparam("note"), **_NOBODYS)
)
_MINE = (*_HERE, OUTBOX.c.state == WAITING, or_(_FREE, OUTBOX.c.holder == bindparam("by")))
_FAILED = {"attempts": OUTBOX.c.attempts + 1, "last_error": bindparam("note"), **_NOBODYS}
MARK_FAILED = update(OUTBOX).where(*_MINE).values(ready_at=bindparam("again"), **_FAILED)
MARK_DEAD = (
    update(OUTBOX).where(*_MINE).values(state=bindparam("new_state"), ended_at=_AT, **_FAILED)
)
REVIVE = (
    update(OUTBOX)
    .where(*_HERE, OUTBOX.c.state == DEAD, OUTBOX.c.content != "")
    .values(state=bindparam("new_state"), attempts=0, ready_at=bindparam("again"), ended_at=None)
)
# A reply may name the citizen: of what went out or died nobody needs the text any more. What waits is
# touched, too: whoever notes its end at this moment is then behind or ahead, and sees the other.
_ENDED = or_(OUTBOX.c.state == SENT, OUTBOX.c.state == DEAD)
EMPTY_ENDED = (
    update(OUTBOX)
    .where(OUTBOX.c.tenant == OF_TENANT, OUTBOX.c.case_id == OF_CASE)
    .values(content=case((_ENDED, null()), else_=OUTBOX.c.content), last_error=None)
)
_ERASED = exists().where(
    EVENT.c.tenant == OUTBOX.c.tenant,
    EVENT.c.case_id == OUTBOX.c.case_id,
    EVENT.c.kind == PersonalDataErased.__name__,
)
EMPTY_NOTED = (
    update(OUTBOX)
    .where(OUTBOX.c.tenant == OF_TENANT, OUTBOX.c.item_key.in_(KEYS), _ENDED, _ERASED)
    .values(content=None, last_error=None)
)
# The key in a form that no index has: a planner that sees ORDER BY and LIMIT would else walk all
# that ever went out in the order of the keys, when the few dead ones stand together.
_BY_KEY = func.coalesce(OUTBOX.c.item_key, "")
DEAD_LETTERS = (
    select(*_ITEM, OUTBOX.c.ended_at, OUTBOX.c.last_error)
    .where(OUTBOX.c.tenant == OF_TENANT, OUTBOX.c.state == DEAD, _BY_KEY > AFTER)
    .order_by(_BY_KEY)
    .limit(MOST)
)


def values_of(tenant: str, item: Outgoing) -> Values:
    """The row of an item that has yet to go out."""
    return {
        "tenant": tenant,
        "item_key": item.key,
        "case_id": item.case_id,
        "channel": item.channel,
        "addressee": item.to,
        "content": item.text,
        "ready_at": to_ticks(item.ready_at),
        "attempts": item.attempts,
        "state": WAITING,
    }


def item_of(row: Row[Any]) -> Outgoing:
    """The item of a row."""
    return Outgoing(
        key=row.item_key,
        case_id=row.case_id or "",
        channel=row.channel or "",
        to=row.addressee or "",
        text=row.content or "",
        ready_at=from_ticks(row.ready_at),
        attempts=row.attempts,
    )


def ready(run: Runner, now: datetime, limit: int) -> tuple[Outgoing, ...]:
    """What may go out and is leased to nobody."""
    return tuple(map(item_of, run.rows(READY, at=to_ticks(utc(now)), most=limit)))


def take(
    run: Runner, now: datetime, until: datetime, holder: str, limit: int
) -> tuple[Outgoing, ...]:
    """The same, leased to a holder; what others took meanwhile is theirs."""
    lease = {"at": to_ticks(utc(now)), "until": to_ticks(utc(until)), "taker": holder}
    while found := run.rows(READY_LOCKED, at=lease["at"], most=limit):
        taken = _taken(run, found, lease)
        if taken:
            return tuple(map(item_of, taken))
    return ()


def _taken(run: Runner, found: Sequence[Row[Any]], lease: Values) -> Sequence[Row[Any]]:
    values = {"of_tenant": run.tenant, "keys": [row.item_key for row in found], **lease}
    with run.errors:
        if run.connection.execute(TAKE, values).rowcount == len(found):
            return found
        # Where a lock is a word without a meaning, somebody was quicker with some of them.
        mine = {row.item_key for row in run.connection.execute(TAKEN, values)}
    return [row for row in found if row.item_key in mine]


def sent(run: Runner, key: str, at: datetime, receipt: str) -> bool:
    """Note a receipt; whether it is the first. Raises UnknownError."""
    return _noted(run, MARK_SENT, key, at=to_ticks(utc(at)), note=receipt, new_state=SENT)


def failed(
    run: Runner, key: str, at: datetime, error: str, *, retry_at: datetime | None, holder: str
) -> bool:
    """Note a failure; whether it counted. Raises UnknownError."""
    values: Values = {"at": to_ticks(utc(at)), "note": error, "by": holder}
    if retry_at is None:
        return _noted(run, MARK_DEAD, key, new_state=DEAD, **values)
    return _noted(run, MARK_FAILED, key, again=to_ticks(utc(retry_at)), **values)


def revive(run: Runner, key: str, ready_at: datetime) -> bool:
    """Put a dead letter down again; False if it is none. Raises UnknownError, RefusedError."""
    if _noted(run, REVIVE, key, new_state=WAITING, again=to_ticks(utc(ready_at))):
        return True
    row = run.row(NOW, of_key=key)
    if row is not None and row.state == DEAD:
        require_text_left(item_of(row))
    return False


def empty(run: Runner, keys: Sequence[str]) -> None:
    """Take out the texts of those items that ended and whose cases have been erased."""
    for start in range(0, len(keys), CHUNK):
        values = {"of_tenant": run.tenant, "keys": keys[start : start + CHUNK]}
        with run.errors:
            run.connection.execute(EMPTY_NOTED, values)


def dead_letters(run: Runner, after: str, limit: int) -> tuple[DeadLetter, ...]:
    """What is tried no more, by key above ``after``."""
    rows = run.rows(DEAD_LETTERS, after=after, most=limit)
    return tuple(
        DeadLetter(item_of(row), from_ticks(row.ended_at), row.last_error or "") for row in rows
    )


def _noted(run: Runner, statement: Any, key: str, **values: Any) -> bool:
    if run.change(statement, of_key=key, **values):
        return True
    if run.row(NOW, of_key=key) is None:
        raise UnknownError("待发通知", key)
    return False
