"""Databases on the servers that answer: one a process and kind, emptied before each use.

Where a server is, WENZHENG_TEST_POSTGRESQL and WENZHENG_TEST_MARIADB say; otherwise the usual port of
this machine is tried. The user must be allowed to make databases.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache

import pytest
from sqlalchemy import URL, Connection, Engine, create_engine, make_url
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from wenzheng_core.ports import Storage
from wenzheng_sqlalchemy import SqlStorage, make_engine
from wenzheng_sqlalchemy.tables import METADATA

SERVERS: Mapping[str, tuple[str, str]] = {
    "postgresql": (
        "WENZHENG_TEST_POSTGRESQL",
        "postgresql+psycopg://postgres@127.0.0.1:5432/postgres",
    ),
    "mariadb": ("WENZHENG_TEST_MARIADB", "mysql+pymysql://root@127.0.0.1:3306/test"),
}
"""The kinds of server: the variable that names one, and the usual one."""

KINDS = tuple(pytest.param(kind, marks=pytest.mark.server) for kind in SERVERS)
"""The kinds, for tests that run once on each."""


@cache
def made(kind: str, purpose: str = "sql") -> Engine | str:
    """An engine on this process' own database of a kind for a purpose; or why there is none."""
    variable, usual = SERVERS[kind]
    where = make_url(os.environ.get(variable, usual))
    name = f"wz_{purpose}_{os.getpid()}"
    admin = create_engine(where, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 5})
    try:
        with admin.connect() as connection:
            for left in _left_over(connection.exec_driver_sql, kind, f"wz_{purpose}_"):
                _drop(connection.exec_driver_sql, kind, left)
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
    except OperationalError as error:
        admin.dispose()
        return f"needs server: {kind} ({type(error.orig).__name__})"
    engine = make_engine(where.set(database=name).render_as_string(hide_password=False))

    def give_back() -> None:
        engine.dispose()
        with suppress(SQLAlchemyError), admin.connect() as connection:
            _drop(connection.exec_driver_sql, kind, name)
        admin.dispose()

    atexit.register(give_back)
    return engine


def _left_over(ask: Callable[[str], object], kind: str, prefix: str) -> list[str]:
    """Databases of processes that were stopped before they could clean up."""
    query = "SELECT datname FROM pg_database" if kind == "postgresql" else "SHOW DATABASES"
    names = [row[0] for row in ask(query) if row[0].startswith(prefix)]  # type: ignore[attr-defined]
    return [name for name in names if not os.path.isdir(f"/proc/{name.rpartition('_')[2]}")]


def _drop(ask: Callable[[str], object], kind: str, name: str) -> None:
    ask(f"DROP DATABASE IF EXISTS {name}{' WITH (FORCE)' if kind == 'postgresql' else ''}")


@contextmanager
def database(kind: str) -> Iterator[Engine]:
    """An engine on a database of a kind with our tables in it, all of them empty; or skip."""
    engine = made(kind)
    if isinstance(engine, str):
        pytest.skip(engine)
    SqlStorage(engine, "first").close()
    with engine.begin() as connection:
        empty(connection)
    yield engine


def empty(connection: Connection) -> None:
    """Delete all rows of ours."""
    for table in reversed(METADATA.sorted_tables):
        connection.execute(table.delete())


def url_of(engine: Engine) -> str:
    """The whole URL of an engine, for whoever opens one of their own."""
    url: URL = engine.url
    return url.render_as_string(hide_password=False)


def on(kind: str) -> Callable[[], object]:
    """What a storage suite is given: stores on an empty database of a kind."""

    @contextmanager
    def fresh() -> Iterator[Callable[[str], Storage]]:
        with database(kind) as engine:
            yield lambda tenant: SqlStorage(engine, tenant)

    return fresh
