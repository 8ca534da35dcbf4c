"""Engines and transactions as SQLite needs them.

A transaction that will write begins with BEGIN IMMEDIATE: one that reads first and writes later
under a plain BEGIN fails as soon as somebody else wrote in between. Reads use a plain BEGIN and see
one state of the database, without waiting for anybody.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import attrs
from sqlalchemy import URL, Connection, Engine, Pool, StaticPool, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from wenzheng_sqlalchemy.errors import StoreError, store_errors
from wenzheng_sqlalchemy.tables import SCHEMA_TABLE

BUSY_SECONDS = 30
_IN_MEMORY = ("", ":memory:")


def make_engine(url: str) -> Engine:
    """An engine for a SQLite URL: ``sqlite:///folder/file.db``, or ``sqlite://`` for memory.

    Raises StoreError, with what to do, for any other URL and for a folder that does not exist.
    """
    parsed = _parse(url)
    database = parsed.database or ""
    options: dict[str, Any] = {"hide_parameters": True}
    if database in _IN_MEMORY:
        options["poolclass"] = StaticPool
    elif not database.startswith("file:"):
        _require_folder(Path(database))
    connect = {"timeout": BUSY_SECONDS, "check_same_thread": False}
    engine = create_engine(parsed, connect_args=connect, **options)
    event.listen(engine, "connect", _prepare)
    return engine


def require_existing(url: str) -> None:
    """Raise StoreError unless the database of a SQLite URL is there and holds a store of ours.

    It is opened for reading only: a file of somebody else's stays as it is.
    """
    database = _parse(url).database or ""
    if database in _IN_MEMORY or database.startswith("file:"):
        return
    if not Path(database).is_file():
        raise StoreError(f"没有这个数据库:{database};请核对文件名,或先用 wenzheng import 建立")
    place = Path(database).resolve().as_uri()
    with closing(sqlite3.connect(f"{place}?mode=ro", uri=True)) as connection:
        try:
            found = connection.execute(
                "SELECT 1 FROM sqlite_master WHERE name = ?", (SCHEMA_TABLE.name,)
            ).fetchone()
        except sqlite3.DatabaseError:
            found = None
    if found is None:
        raise StoreError(f"{database} 不是本系统建立的数据库;请核对文件名")


def _parse(url: str) -> URL:
    # The URL itself is not repeated: it may hold a password.
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise StoreError("存储地址无法识别;可写作 sqlite:///文件夹/文件名.db") from None
    if parsed.get_backend_name() != "sqlite" or parsed.drivername not in {
        "sqlite",
        "sqlite+pysqlite",
    }:
        raise StoreError(
            f"尚不支持「{parsed.drivername}」数据库;请用 SQLite,例如 sqlite:///文件夹/文件名.db"
        )
    return parsed


def _require_folder(file: Path) -> None:
    folder = file.parent
    if not folder.is_dir():
        raise StoreError(f"存放数据库的文件夹不存在:{folder};请先建立该文件夹,或改用其他位置")
    if file.is_dir():
        raise StoreError(f"{file} 是文件夹;请在其后写上数据库的文件名,例如 wenzheng.db")


def _prepare(connection: sqlite3.Connection, _: object) -> None:
    # BEGIN is ours alone: sqlite3 must not slip one in before a statement.
    connection.isolation_level = None
    try:
        with closing(connection.cursor()) as cursor:
            _write_ahead(cursor)
            cursor.execute("PRAGMA synchronous = FULL")
            cursor.execute("PRAGMA foreign_keys = ON")
    except BaseException:
        connection.close()  # nobody else will: the pool has not taken it yet
        raise


def _write_ahead(cursor: sqlite3.Cursor) -> None:
    # The busy timeout does not cover the change to WAL, which several processes may try at once.
    for _ in range(100):
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            time.sleep(0.05)
        else:
            return
    raise StoreError("数据库被其他程序占用,无法改为 WAL 方式;请稍后再试")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


@attrs.frozen(eq=False)
class _Turn:
    """Whose turn it is among the threads that share a pool; and whether it is this thread's."""

    lock: threading.Lock = attrs.field(factory=threading.Lock)
    mine: threading.local = attrs.field(factory=threading.local)

    @contextmanager
    def take(self) -> Iterator[None]:
        if getattr(self.mine, "taken", False):
            raise RuntimeError("a transaction is open in this thread; they do not nest")
        with self.lock:
            self.mine.taken = True
            try:
                yield
            finally:
                self.mine.taken = False


_TURNS: WeakKeyDictionary[Pool, _Turn] = WeakKeyDictionary()
_GUARD = threading.Lock()


class Database:
    """An engine with the two kinds of transaction that a store needs."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        with _GUARD:
            self._turn = _TURNS.setdefault(engine.pool, _Turn())
        # A database in memory is one connection, on which nothing may overlap.
        self._shared = isinstance(engine.pool, StaticPool)
        # The listeners hang on engines of our own, which share the pool of the one handed in.
        self._reading = engine.execution_options()
        self._writing = engine.execution_options()
        event.listen(self._reading, "begin", _begin)
        event.listen(self._writing, "begin", _begin_immediate)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A writing transaction: one at a time, and no other writer until it ends."""
        # Threads of one process wait for their turn, which is fair; SQLite's own waiting is not.
        with self._turn.take(), _transaction(self._writing) as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A reading transaction: one state of the database."""
        turn: AbstractContextManager[None] = self._turn.take() if self._shared else nullcontext()
        with turn, _transaction(self._reading) as connection:
            yield connection


@contextmanager
def _transaction(engine: Engine) -> Iterator[Connection]:
    # Only what happens here is ours to translate: the block's own errors pass as they are.
    with store_errors():
        connection = engine.connect()
    try:
        with store_errors():
            transaction = connection.begin()
        yield connection
        with store_errors():
            transaction.commit()
    finally:
        # Whatever was not committed is rolled back here.
        connection.close()
