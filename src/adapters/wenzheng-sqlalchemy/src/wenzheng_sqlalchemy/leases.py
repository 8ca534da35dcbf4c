"""Leases, by which one worker of many does a thing, and cursors, by which a consumer reads on."""

from __future__ import annotations

from datetime import datetime

import attrs
from sqlalchemy import bindparam, insert, select, update

from wenzheng_core.domain.errors import ArgumentError
from wenzheng_core.domain.instants import utc
from wenzheng_core.storing import CursorMovedError, Lease, LeaseLostError
from wenzheng_sqlalchemy.chaining import head_of
from wenzheng_sqlalchemy.running import COLUMNS, Runner
from wenzheng_sqlalchemy.statements import OF_KEY, OF_TENANT
from wenzheng_sqlalchemy.tables import CURSOR, LEASE, to_ticks

_LEASE = (LEASE.c.tenant == OF_TENANT, LEASE.c.lease_name == OF_KEY)
_SAME = (*_LEASE, LEASE.c.epoch == bindparam("old"))
_MINE = (*_SAME, LEASE.c.holder == bindparam("by"))

ONE = select(LEASE.c.epoch, LEASE.c.holder, LEASE.c.held_until).where(*_LEASE)
NEW = insert(LEASE)
# As it was read in every respect: a holder may have prolonged it since.
_UNCHANGED = (*_SAME, LEASE.c.held_until == bindparam("seen"))
_PASSED_ON = ("epoch", "holder", "held_until")
PASS_ON = update(LEASE).where(*_UNCHANGED).execution_options(**{COLUMNS: _PASSED_ON})
PROLONG = update(LEASE).where(*_MINE).execution_options(**{COLUMNS: ("held_until",)})
RELEASE = update(LEASE).where(*_MINE).values(holder=None, held_until=0)

_CURSOR = (CURSOR.c.tenant == OF_TENANT, CURSOR.c.consumer == OF_KEY)
CURSOR_AT = select(CURSOR.c.position).where(*_CURSOR)
NEW_CURSOR = insert(CURSOR)
MOVE = (
    update(CURSOR)
    .where(*_CURSOR, CURSOR.c.position == bindparam("old"))
    .execution_options(**{COLUMNS: ("position",)})
)


def taken_by_other(run: Runner, name: str, holder: str, now: datetime) -> bool:
    """Whether somebody else holds the lease: a look that locks nothing and makes nobody wait."""
    row = run.row(ONE, of_key=name)
    return row is not None and row.holder != holder and row.held_until > to_ticks(utc(now))


def acquire(run: Runner, name: str, holder: str, now: datetime, until: datetime) -> Lease | None:
    """The lease, if it is free or the holder's own; None if somebody else has it, or was quicker.

    Raises IntegrityError where somebody else made its row at the same moment.
    """
    row = run.row(ONE, of_key=name)
    until = utc(until)
    values = {"holder": holder, "held_until": to_ticks(until)}
    if row is None:
        first = {"tenant": run.tenant, "lease_name": name, "epoch": 1, **values}
        run.put(NEW, [first])
        return Lease(name=name, holder=holder, epoch=1, until=until)
    mine = row.holder == holder
    if not mine and row.holder is not None and row.held_until > to_ticks(utc(now)):
        return None
    epoch = row.epoch if mine else row.epoch + 1
    place = {"of_key": name, "old": row.epoch, "seen": row.held_until}
    if not run.change(PASS_ON, epoch=epoch, **place, **values):
        return None
    return Lease(name=name, holder=holder, epoch=epoch, until=until)


def hold(run: Runner, lease: Lease, until: datetime) -> Lease:
    """Prolong a lease, and keep its row locked until the commit. Raises LeaseLostError."""
    until = utc(until)
    values = {"of_key": lease.name, "old": lease.epoch, "by": lease.holder}
    if not run.change(PROLONG, held_until=to_ticks(until), **values):
        raise LeaseLostError(lease.name)
    return attrs.evolve(lease, until=until)


def release(run: Runner, lease: Lease) -> None:
    """Give a lease back; nothing happens if another holds it by now."""
    run.change(RELEASE, of_key=lease.name, old=lease.epoch, by=lease.holder)


def cursor(run: Runner, consumer: str) -> int:
    """Where a consumer's cursor is; 0 for one that has none."""
    row = run.row(CURSOR_AT, of_key=consumer)
    return 0 if row is None else row.position


def require_movable(run: Runner, consumer: str, expected: int, position: int) -> None:
    """Raise CursorMovedError or ArgumentError if the cursor may not be moved so."""
    found = cursor(run, consumer)
    if found != expected:
        raise CursorMovedError(consumer, expected, found)
    last = head_of(run).position
    if not expected <= position <= last:
        reason = f"位置应在 {expected} 与 {last} 之间;得到的是 {position}"
        raise ArgumentError("position", reason)
