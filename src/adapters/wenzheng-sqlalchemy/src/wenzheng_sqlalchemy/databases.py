"""Blocks of reading and writing, as each kind of database needs them.

SQLite: a block that will write begins with BEGIN IMMEDIATE, since one that reads first and writes
later under a plain BEGIN fails as soon as somebody else wrote in between; threads of one process
wait for their turn, which is fair, as SQLite's own waiting is not. PostgreSQL and the MySQL family:
READ COMMITTED, and what must stay true is locked row by row. A read is one statement, or several
that need not agree, so it runs in no transaction where there is a choice.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from functools import partial
from typing import Protocol
from weakref import WeakKeyDictionary

import attrs
from sqlalchemy import Connection, Dialect, Engine, NestedTransaction, Pool, StaticPool, event, text
from sqlalchemy.exc import SQLAlchemyError

from wenzheng_core.domain.errors import WenzhengError
from wenzheng_core.storing import BusyError
from wenzheng_sqlalchemy.driving import direct
from wenzheng_sqlalchemy.engines import DRIVERS
from wenzheng_sqlalchemy.errors import StoreError, UndoneError, store_errors

_LOG = logging.getLogger("wenzheng")

TENANT_SETTING = "wz.tenant"
"""The setting of a transaction of PostgreSQL that says whose rows it is about."""

_SHOW_ONLY = text(f"SELECT set_config('{TENANT_SETTING}', :tenant, true)")
_CHECKPOINT = ("PRAGMA busy_timeout = 1000", "PRAGMA wal_checkpoint(TRUNCATE)")


class Blocks(Protocol):
    """What a store asks of the place where its rows are."""

    only: str | None

    def write(self) -> AbstractContextManager[Connection]:
        """A block that reads and writes; RuntimeError within another one of the same thread."""

    def read(self) -> AbstractContextManager[Connection]:
        """A block that reads what is committed."""

    def restart(self, connection: Connection) -> None:
        """Undo all of a writing block, its locks too, and begin it again."""

    def scrub(self) -> None:
        """Let no old copy of what was erased stay beside the database, as far as that is ours."""


@attrs.frozen(eq=False)
class _Turn:
    """Whose turn it is among the threads that share a pool; and whether it is this thread's."""

    lock: threading.Lock = attrs.field(factory=threading.Lock)
    mine: threading.local = attrs.field(factory=threading.local)

    @contextmanager
    def take(self, *, alone: bool) -> Iterator[None]:
        if getattr(self.mine, "taken", False):
            raise RuntimeError("a transaction is open in this thread; they do not nest")
        with self.lock if alone else nullcontext():
            self.mine.taken = True
            try:
                yield
            finally:
                self.mine.taken = False


_TURNS: WeakKeyDictionary[Pool, _Turn] = WeakKeyDictionary()
_GUARD = threading.Lock()


class Database:
    """An engine with the two kinds of block. Raises StoreError for a database of another kind.

    ``only`` is the tenant that every block says it is about, for the row-level security of
    PostgreSQL; None where nobody asks for that.
    """

    def __init__(self, engine: Engine, *, only: str | None = None) -> None:
        self.engine = engine
        self.only = only
        self._kind = engine.dialect.name
        _require_known(engine.dialect)
        with _GUARD:
            self._turn = _TURNS.setdefault(engine.pool, _Turn())
        # A database in memory is one connection, on which nothing may overlap.
        self._shared = isinstance(engine.pool, StaticPool)
        self._alone = self._kind == "sqlite"
        self._reading, self._writing = self._engines()

    def _engines(self) -> tuple[Engine, Engine | None]:
        """What reads, and what writes: None as long as the server has yet to be asked."""
        if self._kind == "sqlite":
            # The listener hangs on an engine of our own, which shares the pool of the one given.
            writing = self.engine.execution_options()
            event.listen(writing, "begin", _begin_immediate)
            return self.engine, writing
        if self._kind == "postgresql":
            # Both are said to the driver alone, and cost no word to the server.
            writing = self.engine.execution_options(isolation_level="READ COMMITTED")
            if self.only is not None:
                # The setting lasts as long as its transaction, so reading needs one, too.
                event.listen(writing, "begin", partial(show_only, tenant=self.only))
                return writing, writing
            return self.engine.execution_options(isolation_level="AUTOCOMMIT"), writing
        return self.engine, None

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A writing block; on SQLite one at a time, and no other writer until it ends."""
        with self._turn.take(alone=self._alone), _block(self._writer()) as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A reading block."""
        turn = self._turn.take(alone=True) if self._shared else nullcontext()
        with turn:
            with store_errors():
                connection = self._reading.connect()
            try:
                if self.only is not None:
                    # At once: a statement that goes straight to the driver begins nothing.
                    with store_errors():
                        connection.begin()
                yield connection
            finally:
                connection.close()

    def restart(self, connection: Connection) -> None:
        """Undo all of a writing block, its locks too, and begin it again."""
        connection.rollback()
        connection.begin()

    def scrub(self) -> None:
        """Empty SQLite's write-ahead log into its file, which keeps no old pages.

        Waits a second for readers of an older state; what they hold up, the next erasure or the
        closing of the last connection does. The erasure is committed by now: what goes wrong here
        is logged, and nothing is raised.
        """
        if self._kind != "sqlite" or self._shared:
            return
        try:
            self._empty_log()
        except WenzhengError as error:
            _LOG.warning(
                "the write-ahead log keeps copies of erased data until it is emptied: %s", error
            )

    def _empty_log(self) -> None:
        with self.read() as connection, store_errors():
            before = connection.exec_driver_sql("PRAGMA busy_timeout").scalar()
            try:
                for pragma in _CHECKPOINT:
                    connection.exec_driver_sql(pragma).all()
            finally:
                connection.exec_driver_sql(f"PRAGMA busy_timeout = {before}").all()

    def _writer(self) -> Engine:
        """The engine at READ COMMITTED: for the MySQL family only said where it is not so already."""
        if self._writing is None:
            with store_errors(), self.engine.connect() as connection:
                level = connection.get_isolation_level()
            wanted = "READ COMMITTED"
            same = level == wanted
            self._writing = (
                self.engine if same else self.engine.execution_options(isolation_level=wanted)
            )
        return self._writing


class Joined:
    """Blocks on a connection of the embedder's own, within a transaction of the embedder's own.

    Each writing block is a savepoint; nothing is committed here. On SQLite the transaction begins
    with BEGIN IMMEDIATE, if the embedder has not written yet. ``only`` is as for a Database; what a
    block said stays said until the embedder's transaction ends.
    """

    def __init__(self, connection: Connection, *, only: str | None = None) -> None:
        self._connection = connection
        self.only = only
        self._part: NestedTransaction | None = None
        _require_known(connection.dialect)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A savepoint, kept when the block ends well and rolled back if it raises.

        Raises UndoneError where the block had to give way to another transaction.
        """
        if self._part is not None:
            raise RuntimeError("a transaction is open on this connection; they do not nest")
        with store_errors():
            self._part = self._begun()
        try:
            yield self._connection
            with store_errors():
                self._part.commit()
        except BusyError as error:
            # Not to be tried again from here: the embedder's own part may be undone as well.
            with suppress(SQLAlchemyError):
                self._part.rollback()
            raise UndoneError from error
        except BaseException:
            # A lost connection may have taken the savepoint with it.
            if self._part.is_active:
                with store_errors():
                    self._part.rollback()
            raise
        finally:
            self._part = None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """The connection as it is: what the embedder's transaction wrote shows."""
        self._say()
        yield self._connection

    def restart(self, connection: Connection) -> None:
        """Undo all of a writing block and begin it again."""
        if self._part is not None:
            self._part.rollback()
            self._part = self._begun()

    def scrub(self) -> None:
        """Nothing can be cleaned before the embedder has committed."""

    def _begun(self) -> NestedTransaction:
        connection = self._connection
        if connection.dialect.name == "sqlite":
            driver = connection.connection.driver_connection
            # Else the outermost savepoint would be a transaction, and its release a commit.
            if driver is not None and not driver.in_transaction:
                if not connection.in_transaction():
                    connection.begin()
                if not driver.in_transaction:
                    connection.exec_driver_sql("BEGIN IMMEDIATE")
        part = connection.begin_nested()
        self._say()
        return part

    def _say(self) -> None:
        if self.only is not None:
            with store_errors():
                show_only(self._connection, self.only)


def show_only(connection: Connection, tenant: str) -> None:
    """Say to PostgreSQL whose rows a transaction is about, until it ends."""
    connection.execute(_SHOW_ONLY, {"tenant": tenant})


def _require_known(dialect: Dialect) -> None:
    """Raise StoreError for a database or a driver that is not ours: others give other values back."""
    wanted = DRIVERS.get(dialect.name)
    if wanted is None:
        raise StoreError(f"尚不支持「{dialect.name}」数据库;可用 {'、'.join(DRIVERS)}")
    if dialect.driver != wanted:
        known = "、".join(f"{name}+{driver}" for name, driver in DRIVERS.items())
        raise StoreError(f"尚不支持驱动「{dialect.driver}」;可用 {known}")


def _begin_immediate(connection: Connection) -> None:
    straight = direct(connection)
    if straight is None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        straight.change("BEGIN IMMEDIATE", ())


@contextmanager
def _block(engine: Engine) -> Iterator[Connection]:
    # Only what happens here is ours to translate: the block's own errors pass as they are.
    with store_errors():
        connection = engine.connect()
    try:
        with store_errors():
            connection.begin()
        yield connection
        with store_errors():
            _commit(connection)
    finally:
        # Whatever was not committed is rolled back here.
        connection.close()


def _commit(connection: Connection) -> None:
    try:
        connection.commit()
    except BaseException:
        # To SQLAlchemy a commit that failed has ended the transaction, which need not be so: the
        # next block on this connection would go on in it.
        if not connection.invalidated:
            try:
                connection.connection.rollback()
            except Exception:
                connection.invalidate()
        raise
