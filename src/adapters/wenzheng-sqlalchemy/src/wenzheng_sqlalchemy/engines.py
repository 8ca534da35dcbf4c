"""Engines as a store needs them, by URL: SQLite, PostgreSQL, MariaDB and MySQL."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Dialect, Engine, StaticPool, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from wenzheng_sqlalchemy.errors import StoreError
from wenzheng_sqlalchemy.tables import VERSION_TABLE

BUSY_SECONDS = 30
"""How long a writer of SQLite waits for another process."""

CONNECT_SECONDS = 10
"""How long a server may take to answer a new connection."""

DRIVERS = {
    "sqlite": "pysqlite",
    "postgresql": "psycopg",
    "mysql": "pymysql",
    "mariadb": "pymysql",
}
"""The databases by the scheme of their URLs, and the driver that each is spoken to by."""

_SUPPORTED = (
    "sqlite:///文件夹/文件名.db、postgresql://用户:密码@主机/库名、mysql://用户:密码@主机/库名"
)
_OPTIONS = "存储地址中「?」之后的选项有误;请核对选项的名称和取值,或去掉它们"
# Of others SQLAlchemy says that it leaves them out; nobody should believe that they hold.
_SQLITE_OPTIONS = frozenset(
    ("timeout", "isolation_level", "detect_types", "check_same_thread", "cached_statements")
)
_SQLITE_HEADER = b"SQLite format 3\0"
_IN_MEMORY = ("", ":memory:")
# What does not fit is refused instead of cut off, whatever the server's own setting.
_STRICT = "SET SESSION sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES')"


def make_engine(url: str) -> Engine:
    """An engine for a URL: ``sqlite:///folder/file.db``, ``postgresql://…``, ``mysql://…``.

    ``sqlite://`` is in memory. Raises StoreError, with what to do, for any other URL, for options
    that the driver does not know, for a folder that does not exist and for a driver that is not
    installed. Of some options only the first connection says so.
    """
    parsed = _parse(url)
    return _sqlite(parsed) if parsed.get_backend_name() == "sqlite" else _server(parsed)


def require_existing(url: str) -> None:
    """Raise StoreError unless the database of a SQLite URL is there and holds a store of ours.

    It is opened for reading only: a file of somebody else's stays as it is. Of a database on a
    server nothing is asked here.
    """
    parsed = _parse(url)
    database = parsed.database or ""
    if parsed.get_backend_name() != "sqlite" or _is_no_path(database):
        return
    if not Path(database).is_file():
        raise StoreError(f"没有这个数据库:{database};请核对文件名,或先用 wenzheng import 建立")
    place = Path(database).resolve().as_uri()
    with closing(sqlite3.connect(f"{place}?mode=ro", uri=True)) as connection:
        try:
            found = connection.execute(
                "SELECT 1 FROM sqlite_master WHERE name IN (?, 'wz_schema')", (VERSION_TABLE,)
            ).fetchone()
        except sqlite3.OperationalError:
            found = None
        except sqlite3.DatabaseError:
            if _is_sqlite(database):
                raise StoreError(f"{database}:数据库文件已损坏;请由备份恢复") from None
            found = None
    if found is None:
        raise StoreError(f"{database} 不是本系统建立的数据库;请核对文件名")


def _is_sqlite(database: str) -> bool:
    """Whether a file begins as SQLite's do."""
    with Path(database).open("rb") as file:
        return file.read(len(_SQLITE_HEADER)) == _SQLITE_HEADER


def _parse(url: str) -> URL:
    # The URL itself is not repeated: it may hold a password.
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise StoreError(f"存储地址无法识别;可写作 {_SUPPORTED}") from None
    scheme, _, driver = parsed.drivername.partition("+")
    if driver not in {"", DRIVERS.get(scheme)} or scheme not in DRIVERS:
        raise StoreError(f"尚不支持「{parsed.drivername}」数据库;可用 {_SUPPORTED}")
    return parsed.set(drivername=f"{scheme}+{DRIVERS[scheme]}")


def _is_no_path(database: str) -> bool:
    return database in _IN_MEMORY or database.startswith("file:")


# --- Servers --------------------------------------------------------------------------------------


def _server(url: URL) -> Engine:
    connect: dict[str, Any] = {}
    options: dict[str, Any] = {"hide_parameters": True, "pool_pre_ping": True}
    if "connect_timeout" not in url.query:
        connect["connect_timeout"] = CONNECT_SECONDS
    if url.get_backend_name() != "postgresql":
        # Set once a connection: the level of this family would else be sent with every block.
        options["isolation_level"] = "READ COMMITTED"
        if "init_command" not in url.query:
            connect["init_command"] = _STRICT
    try:
        return _made(url, connect, options)
    except ImportError:
        extra = "postgresql" if url.get_backend_name() == "postgresql" else "mysql"
        mend = f"pip install 'wenzheng-sqlalchemy[{extra}]'"
        raise StoreError(f"缺少数据库驱动 {url.get_driver_name()};请执行 {mend}") from None


def _made(url: URL, connect: dict[str, Any], options: dict[str, Any]) -> Engine:
    """The engine of a URL. Raises StoreError for its options, some of which are seen when it connects."""
    try:
        engine = create_engine(url, connect_args=connect, **options)
    except (ArgumentError, TypeError, ValueError):
        raise StoreError(_OPTIONS) from None
    event.listen(engine, "do_connect", _connected)
    return engine


def _connected(dialect: Dialect, _: object, places: Any, options: Any) -> Any:
    try:
        return dialect.connect(*places, **options)
    except (TypeError, ValueError, AttributeError, LookupError):
        # What a driver makes of an option that it does not know. It may repeat the URL: left out.
        raise StoreError(_OPTIONS) from None
    except dialect.loaded_dbapi.ProgrammingError as error:
        # psycopg's: a server would have given a code.
        if dialect.name != "postgresql" or error.sqlstate is not None:
            raise
        raise StoreError(_OPTIONS) from None


# --- SQLite ---------------------------------------------------------------------------------------


def _sqlite(url: URL) -> Engine:
    database = url.database or ""
    options: dict[str, Any] = {"hide_parameters": True}
    if database in _IN_MEMORY:
        options["poolclass"] = StaticPool
    elif not _is_no_path(database):
        _require_folder(Path(database))
    if "uri" not in url.query and not _SQLITE_OPTIONS.issuperset(url.query):
        raise StoreError(_OPTIONS)
    connect = {"timeout": BUSY_SECONDS, "check_same_thread": False}
    engine = _made(url, connect, options)
    event.listen(engine, "connect", _prepare)
    return engine


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
            # What is deleted is overwritten, and no REPLACE walks round a trigger.
            cursor.execute("PRAGMA secure_delete = ON")
            cursor.execute("PRAGMA recursive_triggers = ON")
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
