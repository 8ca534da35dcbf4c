"""Databases of a moment: SQLite files in a folder of their own, databases on a server."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, make_url

from measuring import TENANT, new_name
from wenzheng_sqlalchemy import SqlStorage

POSTGRESQL = "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"


@contextmanager
def sqlite() -> Iterator[Callable[[], str]]:
    """Addresses of new SQLite files."""
    with tempfile.TemporaryDirectory() as folder:
        yield lambda: f"sqlite:///{Path(folder) / new_name()}.db"


@contextmanager
def postgresql() -> Iterator[Callable[[], str]]:
    """Addresses of new PostgreSQL databases, which go in the end."""
    where = make_url(os.environ.get("WENZHENG_TEST_POSTGRESQL", POSTGRESQL))
    admin = create_engine(where, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 5})
    made: list[str] = []

    def fresh() -> str:
        made.append(f"wz_bench_{new_name()[:12]}")
        with admin.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {made[-1]}")
        return where.set(database=made[-1]).render_as_string(hide_password=False)

    try:
        with admin.connect():
            pass
        yield fresh
    finally:
        for name in made:
            with admin.connect() as connection:
                connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        admin.dispose()


@contextmanager
def store_at(url: str) -> Iterator[SqlStorage]:
    """A store that is closed in the end."""
    storage = SqlStorage(url, TENANT)
    try:
        yield storage
    finally:
        storage.close()
