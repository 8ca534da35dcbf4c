"""Statements that go straight to the driver: as if they had passed SQLAlchemy."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError, IntegrityError
from tests.adapters.sqlalchemy.servers import KINDS, database

from wenzheng_core.testing.builders import sample_change, sample_history
from wenzheng_sqlalchemy import SqlStorage, make_engine
from wenzheng_sqlalchemy.driving import Direct, direct
from wenzheng_sqlalchemy.errors import is_taken


@pytest.fixture(params=["sqlite", *KINDS])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty database of each kind."""
    if request.param == "sqlite":
        made = make_engine(f"sqlite:///{tmp_path / 'wz.db'}")
        yield made
        made.dispose()
        return
    with database(request.param) as found:
        yield found


@contextmanager
def heard(engine: Engine) -> Iterator[list[str]]:
    """The statements of an engine, as a listener hears them."""
    seen: list[str] = []

    def note(_c: object, _u: object, sql: str, *_: object) -> None:
        seen.append(sql)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def straight(connection: Connection) -> Direct:
    """The driver's cursor, which must be to be had."""
    found = direct(connection)
    assert found is not None
    return found


def test_whoever_listens_hears_every_statement(engine: Engine) -> None:
    """With a listener nothing goes past it; without, statements go straight to the driver."""
    with engine.connect() as connection:
        straight(connection)
    with heard(engine), engine.connect() as connection:
        assert direct(connection) is None


def test_a_log_of_statements_holds_all_of_them(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    """With SQLAlchemy's own log on, nothing goes past it."""
    store = SqlStorage(engine, "t")
    with caplog.at_level(logging.INFO, "sqlalchemy.engine.Engine"):
        store.head()
    assert any("wz_tenant" in record.getMessage() for record in caplog.records)


def test_both_ways_read_and_write_the_same(engine: Engine) -> None:
    """What is written either way is read back the same either way."""
    store = SqlStorage(engine, "t")
    one, two = (sample_change(sample_history(name)) for name in ("c1", "c2"))
    with store.transaction() as transaction:
        transaction.write([one])
    with heard(engine), store.transaction() as transaction:
        transaction.write([two])
    direct_way = (store.records("c1"), store.records("c2"), store.evidence(), store.head())
    with heard(engine) as seen:
        assert (
            store.records("c1"),
            store.records("c2"),
            store.evidence(),
            store.head(),
        ) == direct_way
    assert len(seen) == 4
    assert direct_way[:2] == (one.records, two.records)


def test_a_taken_key_is_the_error_that_sqlalchemy_raises(engine: Engine) -> None:
    """Of the same class, and seen to be a key that is there already."""
    SqlStorage(engine, "t").close()
    again = "INSERT INTO wz_cursor (tenant, consumer, position) VALUES ('t', 'c', 0)"
    with engine.begin() as connection:
        connection.exec_driver_sql(again)
    with engine.connect() as connection:
        with pytest.raises(IntegrityError) as found:
            straight(connection).change(again, ())
        assert is_taken(found.value)
        assert not found.value.connection_invalidated
        assert not connection.invalidated


class _Failing:
    """A cursor on which nothing can be run."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def execute(self, *_: Any) -> None:
        """Fail."""
        raise self.error


@pytest.mark.parametrize("kind", KINDS)
def test_a_lost_connection_is_let_go_of(kind: str) -> None:
    """The error says so, and the connection is not used again."""
    with database(kind) as engine, engine.connect() as connection:
        broken = engine.dialect.loaded_dbapi.OperationalError
        lost = (2013, "Lost connection to MySQL server during query")
        error = broken("server closed the connection") if kind == "postgresql" else broken(*lost)
        if kind == "postgresql":
            connection.connection.driver_connection.close()  # type: ignore[union-attr]
        cursor: Any = _Failing(error)
        with pytest.raises(DBAPIError) as found:
            Direct(connection, cursor).change("SELECT 1", ())
        assert found.value.connection_invalidated
        assert connection.invalidated


def test_whoever_is_stopped_in_the_middle_leaves_no_half_read_connection(engine: Engine) -> None:
    """Nobody goes on with a connection whose answer was not read to its end."""
    with engine.connect() as connection:
        cursor: Any = _Failing(KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            Direct(connection, cursor).rows("SELECT 1", ())
        assert connection.invalidated
