"""Blocks within a transaction of the embedder's own: they count when it commits, and not before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, create_engine, text
from tests.adapters.sqlalchemy.servers import KINDS, database

from wenzheng_core import chains
from wenzheng_core.domain.errors import ConflictError
from wenzheng_core.storing import Entry
from wenzheng_core.testing.builders import (
    HOUR,
    START,
    sample_change,
    sample_next,
    sample_opening,
    sample_outgoing,
)
from wenzheng_core.testing.storage_calls import Stop, assert_chained, write_and_stop
from wenzheng_sqlalchemy import SqlStorage, make_engine

OWN = "own_theirs"


@pytest.fixture(params=["sqlite", "plain sqlite", *KINDS])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An engine of the embedder, with a table of theirs; one of SQLite as SQLAlchemy makes it, too."""
    if request.param in KINDS_OF_SQLITE:
        made = KINDS_OF_SQLITE[request.param](f"sqlite:///{tmp_path / 'wz.db'}")
        yield from _with_own_table(made)
        made.dispose()
        return
    with database(request.param) as found:
        yield from _with_own_table(found)


KINDS_OF_SQLITE = {"sqlite": make_engine, "plain sqlite": create_engine}


def _with_own_table(engine: Engine) -> Iterator[Engine]:
    with engine.begin() as connection:
        connection.execute(text(f"CREATE TABLE {OWN} (x INTEGER)"))
    yield engine
    with engine.begin() as connection:
        connection.execute(text(f"DROP TABLE {OWN}"))


def theirs(engine: Engine) -> list[int]:
    """What is committed in the embedder's table."""
    with engine.connect() as connection:
        return [row[0] for row in connection.execute(text(f"SELECT x FROM {OWN} ORDER BY x"))]


def put_theirs(connection: Connection, number: int) -> None:
    """Write something of the embedder's own."""
    connection.execute(text(f"INSERT INTO {OWN} VALUES ({number})"))


def put(store: SqlStorage, case_id: str) -> None:
    """Open a case in a block."""
    with store.transaction() as transaction:
        items = [sample_outgoing(f"{case_id}/1", case_id)]
        transaction.write([sample_change(sample_opening(case_id), outgoing=items)])


@pytest.mark.parametrize("first", ["theirs", "ours"])
def test_both_are_committed_together(engine: Engine, first: str) -> None:
    """Nothing shows to others before the embedder commits; then all of it does."""
    store = SqlStorage(engine, "t")
    with engine.connect() as connection:
        joined = store.joined(connection)
        if first == "theirs":
            put_theirs(connection, 1)
        put(joined, "c1")
        put_theirs(connection, 2)
        put(joined, "c2")
        assert joined.case("c1") is not None
        assert store.case("c1") is None
        connection.commit()
    assert theirs(engine) == ([1, 2] if first == "theirs" else [2])
    assert [case.id for case in store.scan()] == ["c1", "c2"]
    assert [fed.position for fed in store.feed()] == [1, 2, 3, 4]
    assert_chained(store)


def test_both_are_rolled_back_together(engine: Engine) -> None:
    """What the embedder takes back was never there, and leaves no gap."""
    store = SqlStorage(engine, "t")
    with engine.connect() as connection:
        joined = store.joined(connection)
        put(joined, "c1")
        put_theirs(connection, 1)
        with joined.transaction() as transaction:
            transaction.enter([Entry("run/1", START)])
        connection.rollback()
    assert theirs(engine) == []
    assert (list(store.scan()), store.entries("")) == ([], ())
    put(store, "c2")
    assert [fed.position for fed in store.feed()] == [1, 2]
    assert store.head().position == 2
    assert_chained(store)


def test_a_block_that_raises_takes_back_only_itself(engine: Engine) -> None:
    """What the embedder and earlier blocks wrote stays to be committed."""
    store = SqlStorage(engine, "t")
    with engine.connect() as connection:
        joined = store.joined(connection)
        put_theirs(connection, 1)
        put(joined, "c1")
        with pytest.raises(Stop):
            write_and_stop(joined, sample_change(sample_opening("c2")))
        with joined.transaction() as transaction:
            with pytest.raises(ConflictError):
                transaction.write([sample_change(sample_opening("c1"))])
            transaction.write([sample_change(sample_opening("c3"))])
        put_theirs(connection, 2)
        connection.commit()
    assert theirs(engine) == [1, 2]
    assert [case.id for case in store.scan()] == ["c1", "c3"]
    assert [fed.position for fed in store.feed()] == [1, 2, 3, 4]
    assert_chained(store)


def test_a_key_that_is_taken_takes_back_only_its_own_write(engine: Engine) -> None:
    """A conflict that the database finds leaves the block, and the embedder's rows, as they were."""
    store = SqlStorage(engine, "t")
    put(store, "c1")
    with engine.connect() as connection:
        joined = store.joined(connection)
        put_theirs(connection, 1)
        with joined.transaction() as transaction:
            case = transaction.case("c1")
            assert case is not None
            change = sample_change(sample_opening("c2"), outgoing=[sample_outgoing("c1/1")])
            with pytest.raises(ConflictError) as caught:
                transaction.write([change])
            assert caught.value.case_id == "c2"
            transaction.write([sample_change(sample_next(case))])
        connection.commit()
    assert theirs(engine) == [1]
    assert store.case("c2") is None
    assert len(store.records("c1")) == 3
    assert_chained(store)


def test_joined_blocks_do_not_nest(engine: Engine) -> None:
    """A block within another one on the same connection is an error at once."""
    store = SqlStorage(engine, "t")
    with engine.connect() as connection:
        joined = store.joined(connection)
        with pytest.raises(RuntimeError), joined.transaction(), joined.transaction():
            pass
        put(joined, "c1")
        connection.commit()
    assert store.case("c1") is not None


def test_leases_join_in(engine: Engine) -> None:
    """A lease taken in the embedder's transaction is nobody's once that is rolled back."""
    store = SqlStorage(engine, "t")
    with engine.connect() as connection:
        joined = store.joined(connection)
        lease = joined.acquire("sweep", "w1", START, START + HOUR)
        assert lease is not None
        joined.release(lease)
        assert joined.acquire("sweep", "w2", START, START + HOUR) is not None
        connection.rollback()
    again = store.acquire("sweep", "w3", START, START + HOUR)
    assert again is not None
    assert again.epoch == 1


def test_closing_a_joined_store_closes_nothing(engine: Engine) -> None:
    """The connection goes on, and so does the store that was joined to it."""
    store = SqlStorage(engine, "t", digest="sm3")
    with engine.connect() as connection:
        joined = store.joined(connection)
        joined.close()
        put(joined, "c1")
        connection.commit()
    assert store.case("c1") is not None
    assert {item.digest for item in store.evidence()} == {"sm3"}
    assert chains.DEFAULT == "sha256"
