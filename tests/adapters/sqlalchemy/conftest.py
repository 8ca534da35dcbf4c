"""Databases that are empty: a file, and one of its own on each server that answers."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Engine, MetaData, create_engine, make_url
from sqlalchemy.exc import OperationalError
from tests.adapters.sqlalchemy.servers import SERVERS

from wenzheng_sqlalchemy.engines import make_engine
from wenzheng_sqlalchemy.migrations import REVISIONS
from wenzheng_sqlalchemy.schema import VERSION
from wenzheng_sqlalchemy.upgrading import upgrade

DUMP = Path(__file__).parents[2] / "golden" / "store-0001.sql"

KINDS = [
    "sqlite",
    pytest.param("postgresql", marks=pytest.mark.server),
    pytest.param("mariadb", marks=pytest.mark.server),
]

_numbers = count(1)


@pytest.fixture(name="empty_url", params=KINDS)
def _empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'wz.db'}"
        return
    with _on_server(*SERVERS[request.param]) as url:
        yield url


@pytest.fixture(name="empty")
def _empty(empty_url: str) -> Iterator[Engine]:
    """An engine on a database without any table."""
    engine = make_engine(empty_url)
    yield engine
    engine.dispose()


@pytest.fixture(name="engine_on")
def _engine_on() -> Iterator[Callable[[str], Engine]]:
    """A way to make engines that are disposed of when the test ends."""
    made: list[Engine] = []

    def make(url: str) -> Engine:
        made.append(make_engine(url))
        return made[-1]

    yield make
    for engine in made:
        engine.dispose()


@pytest.fixture(name="old_store")
def _old_store() -> Callable[[Engine], None]:
    """A way to fill an empty database as the first program left it: no revision is noted."""

    def fill(engine: Engine) -> None:
        if engine.dialect.name == "sqlite":
            with closing(sqlite3.connect(str(engine.url.database))) as connection:
                connection.executescript(DUMP.read_text("utf-8"))
        else:
            _copy_old_store(engine)

    return fill


def _copy_old_store(engine: Engine) -> None:
    upgrade(engine, to=REVISIONS[0])
    metadata = MetaData()
    metadata.reflect(engine, only=lambda name, _: name.startswith("wz_"))
    with closing(sqlite3.connect(":memory:")) as kept, engine.begin() as connection:
        kept.executescript(DUMP.read_text("utf-8"))
        kept.row_factory = sqlite3.Row
        for table in metadata.sorted_tables:
            connection.execute(table.delete())
            rows = [dict(row) for row in kept.execute(f"SELECT * FROM {table.name}")]
            connection.execute(table.insert(), rows)
        VERSION.drop(connection)


@pytest.fixture(name="old")
def _old(empty: Engine, old_store: Callable[[Engine], None]) -> Engine:
    """A database as the first program left it, with two tenants."""
    old_store(empty)
    return empty


@contextmanager
def _on_server(variable: str, usual: str) -> Iterator[str]:
    where = make_url(os.environ.get(variable, usual))
    name = f"wz_migrations_{os.getpid()}_{next(_numbers)}"
    admin = create_engine(where, isolation_level="AUTOCOMMIT")
    forced = " WITH (FORCE)" if where.get_backend_name() == "postgresql" else ""
    try:
        try:
            with closing(admin.connect()) as connection:
                connection.exec_driver_sql(f"CREATE DATABASE {name}")
        except OperationalError as error:
            pytest.skip(f"needs server: {where.get_backend_name()} ({type(error.orig).__name__})")
        try:
            yield where.set(database=name).render_as_string(hide_password=False)
        finally:
            with closing(admin.connect()) as connection:
                connection.exec_driver_sql(f"DROP DATABASE {name}{forced}")
    finally:
        admin.dispose()
