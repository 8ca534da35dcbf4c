"""Which revision the tables of a database are, and making them on first use.

Opening a store makes the tables of an empty database and refuses all but the newest ones: changing
tables that hold an office's cases is a deed of its own, after a backup (``wenzheng db upgrade``).
Alembic is not needed here, and is not loaded.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import (
    URL,
    Column,
    Connection,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    insert,
    inspect,
    select,
)
from sqlalchemy.exc import DBAPIError

from wenzheng_core.storing import BusyError, SchemaState, SchemaStatus
from wenzheng_sqlalchemy.databases import Database
from wenzheng_sqlalchemy.errors import StoreError, code_of, store_errors
from wenzheng_sqlalchemy.migrations import REVISIONS
from wenzheng_sqlalchemy.tables import (
    DIARY,
    EVENT,
    HEAD,
    METADATA,
    TENANT,
    VERSION_TABLE,
)

T = TypeVar("T")

VERSION = Table(
    VERSION_TABLE,
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name=f"{VERSION_TABLE}_pkc"),
)
"""One row, the revision: in the form in which Alembic keeps it, so that its own tools can read it."""

LEGACY = Table("wz_schema", MetaData(), Column("name", String(30)), Column("version", Integer))
"""Where the first programs wrote the version of their tables: 1 without a diary, 2 with it."""

_LEGACY_VERSIONS = (1, 2)
_ATTEMPTS = 40
# What PostgreSQL (by SQLSTATE) and the MySQL family (by number) say where another process made the
# same thing a moment before: table, index, row; or where the two waited on each other.
_RACED = frozenset(
    ("23505", "40001", "40P01", "42710", "42P07", 1020, 1050, 1061, 1062, 1205, 1213)
)


def prepare(database: Database, tenant: str, *, create: bool = True) -> None:
    """Make sure of the tables and of the tenant's row in them; any number of processes may at once.

    An empty database gets the tables of this program and a new tenant its row, if ``create``; without
    it both are refused. Raises StoreError, with the command to run, for a database without our tables
    and for one of another revision; and for a tenant whose row is lost: to begin its counters anew
    would be to number its records twice.
    """
    with database.read() as connection, store_errors():
        if revision(connection) == HEAD and _has(connection, tenant):
            return

    def work(connection: Connection) -> None:
        make(connection, create=create)
        # Rows first: whoever wrote some has made sure of the tenant before.
        begun = _wrote(connection, tenant)
        if not _has(connection, tenant):
            if begun:
                raise StoreError(
                    f"租户「{tenant}」的登记缺失,而它的记录还在;请由备份恢复整个数据库"
                )
            if not create:
                mend = "请核对 --tenant;新租户先用 wenzheng import 导入"
                raise StoreError(f"数据库中没有租户「{tenant}」;{mend}")
            _add(connection, tenant)

    insist(database, work)


def insist(database: Database, work: Callable[[Connection], T]) -> T:
    """Do a work in a writing transaction, again where others did the same at the same moment."""
    for left in reversed(range(_ATTEMPTS)):
        try:
            with database.write() as connection:
                return work(connection)
        except DBAPIError as error:
            if not (left and code_of(error) in _RACED):
                with store_errors():
                    raise
        except BusyError:
            if not left:
                raise
    raise AssertionError("the last attempt returns or raises")


def make(connection: Connection, *, create: bool = True) -> bool:
    """Make the tables in an empty database; False if they are there. Raises StoreError as prepare does."""
    found = status(connection)
    if found.state is SchemaState.CURRENT:
        return False
    if found.state is not SchemaState.EMPTY or not create:
        raise refusal(found, connection.engine.url)
    begun = bool({VERSION.name, *METADATA.tables} & set(inspect(connection).get_table_names()))
    METADATA.create_all(connection, checkfirst=begun)
    VERSION.create(connection, checkfirst=begun)
    if begun:
        _complete(connection)
    connection.execute(insert(VERSION), {"version_num": HEAD})
    return True


def _complete(connection: Connection) -> None:
    """Make the indexes of tables that somebody began, where DDL is no part of a transaction."""
    for table in METADATA.sorted_tables:
        for index in table.indexes:
            index.create(connection, checkfirst=True)


def status(connection: Connection) -> SchemaStatus:
    """How the tables of the database stand to this program."""
    found = revision(connection)
    if not found:
        state = SchemaState.EMPTY
    elif found == HEAD:
        state = SchemaState.CURRENT
    else:
        state = SchemaState.OLD if found in REVISIONS else SchemaState.UNKNOWN
    return SchemaStatus(current=found, head=HEAD, state=state)


def revision(connection: Connection) -> str:
    """The revision of the tables; "" if none of ours are there.

    Tables of before the revisions are ``0001``, or a name of their own that no revision has.
    """
    tables = inspect(connection)
    if tables.has_table(VERSION.name):
        found = connection.scalar(select(VERSION.c.version_num))
        if found is not None:
            return str(found)
    if not tables.has_table(LEGACY.name):
        return ""
    version = connection.scalar(select(LEGACY.c.version).where(LEGACY.c.name == "wenzheng"))
    return REVISIONS[0] if version in _LEGACY_VERSIONS else f"{LEGACY.name}/{version}"


def refusal(found: SchemaStatus, url: URL) -> StoreError:
    """Why a database with these tables is not opened, and what to do."""
    if found.state is SchemaState.EMPTY:
        what, mend = "数据库中没有本系统的表", "请核对存储地址,或先执行:wenzheng db init"
    elif found.state is SchemaState.OLD:
        what = f"数据库的表结构是 {found.current} 版,本程序用 {found.head} 版"
        mend = "请先备份,再执行:wenzheng db upgrade"
    else:
        what = f"数据库的表结构是 {found.current} 版,本程序只认到 {found.head} 版"
        return StoreError(f"{what};请改用较新的程序打开")
    return StoreError(f"{what};{mend} --db {shlex.quote(shown(url))}")


def shown(url: URL) -> str:
    """The URL without what is secret in it; in a query a password may stand as well."""
    secret = {name: "***" for name in url.query if "pass" in name.lower()}
    return url.update_query_dict(secret).render_as_string(hide_password=True)


def _has(connection: Connection, tenant: str) -> bool:
    found = select(TENANT.c.tenant).where(TENANT.c.tenant == tenant)
    return connection.scalar(found) is not None


def _wrote(connection: Connection, tenant: str) -> bool:
    """Whether there are records or lines of the diary of a tenant."""
    found = (select(table.c.tenant).where(table.c.tenant == tenant) for table in (EVENT, DIARY))
    return any(connection.scalar(one.limit(1)) is not None for one in found)


def _add(connection: Connection, tenant: str) -> None:
    empty = {"last_position": 0, "chain_link": b"", "last_line": 0, "line_link": b""}
    connection.execute(insert(TENANT), {"tenant": tenant, **empty})
