"""Bringing the tables of a database to the revision that this program works with."""

from __future__ import annotations

from collections.abc import Callable

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection, Engine, insert, select, update

from wenzheng_core.storing import SchemaState
from wenzheng_sqlalchemy.databases import Database
from wenzheng_sqlalchemy.errors import StoreError, store_errors
from wenzheng_sqlalchemy.migrations import REVISIONS, r0001_first_tables, r0002_chains
from wenzheng_sqlalchemy.protecting import require_unprotected
from wenzheng_sqlalchemy.schema import VERSION, insist, refusal, status
from wenzheng_sqlalchemy.tables import HEAD

_STEPS: dict[str, Callable[[Operations], None]] = {
    "0001": r0001_first_tables.upgrade,
    "0002": r0002_chains.upgrade,
}


def _silent(_: str) -> None:
    pass


def upgrade(
    where: Engine | Connection, *, to: str = HEAD, log: Callable[[str], None] = _silent
) -> tuple[str, ...]:
    """Run the revisions that a database lacks, up to ``to``, and return them.

    On an engine each revision has a transaction of its own, with the note that it was run: one that
    fails leaves the tables as the one before left them. (MariaDB and MySQL keep what was done of it;
    run again, it goes on.) On a connection all happens in the caller's transaction, which the caller
    commits: so a host runs it from a migration of its own. Take a backup before, and stop what
    writes. ``log`` is told in Chinese what is done.

    Raises StoreError for tables of a newer program.
    """
    if isinstance(where, Connection):
        with store_errors():
            return _all(lambda: _one(where, to, log))
    database = Database(where)
    return _all(lambda: insist(database, lambda connection: _one(connection, to, log)))


def _all(one: Callable[[], str]) -> tuple[str, ...]:
    done = []
    while found := one():
        done.append(found)
    return tuple(done)


def _one(connection: Connection, to: str, log: Callable[[str], None]) -> str:
    """Run the next revision and note it; "" if the tables are at ``to`` or beyond."""
    VERSION.create(connection, checkfirst=True)
    # Whoever else upgrades waits here until this transaction ends, where its lock lasts so long.
    noted = connection.scalar(select(VERSION.c.version_num).with_for_update()) or ""
    found = status(connection)
    if found.state is SchemaState.UNKNOWN:
        raise refusal(found, connection.engine.url)
    operations = Operations(MigrationContext.configure(connection))
    if found.current and not noted:
        # From before the revisions: the first one completes it, if it is even older.
        _STEPS[found.current](operations)
        noted = _note(connection, noted, found.current)
    following = REVISIONS[REVISIONS.index(noted) + 1 :] if noted else REVISIONS
    if not following or following[0] > to:
        return ""
    require_unprotected(connection)
    log(f"{noted or '(空)'} → {following[0]}")
    _STEPS[following[0]](operations)
    return _note(connection, noted, following[0])


def _note(connection: Connection, before: str, after: str) -> str:
    if not before:
        connection.execute(insert(VERSION), {"version_num": after})
        return after
    moved = update(VERSION).where(VERSION.c.version_num == before).values(version_num=after)
    if connection.execute(moved).rowcount != 1:
        raise StoreError("另一个程序同时在升级这个数据库;请待其完成后查看:wenzheng db status")
    return after
