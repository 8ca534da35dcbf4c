"""What SQLite asks for besides the laws of the port: pragmas, locks, plans, files, messages."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from wenzheng_core.domain.commands import CallBack
from wenzheng_core.domain.evolving import fold
from wenzheng_core.testing.builders import (
    CLERK,
    sample_change,
    sample_history,
    sample_next,
    sample_opening,
    sample_step,
)
from wenzheng_sqlalchemy import (
    SqlStorage,
    make_engine,
)

APPENDS = 100


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A database that does not exist yet."""
    return f"sqlite:///{tmp_path / 'wz.db'}"


def pragma(engine: Engine, name: str) -> object:
    """The value of a pragma on a connection of the engine."""
    with engine.connect() as connection:
        return connection.exec_driver_sql(f"PRAGMA {name}").scalar()


def statements(engine: Engine) -> list[tuple[str, Any]]:
    """A list that fills with what the engine executes from now on."""
    seen: list[tuple[str, Any]] = []

    def note(_c: object, _u: object, sql: str, parameters: object, *_: object) -> None:
        seen.append((sql, parameters))

    event.listen(engine, "before_cursor_execute", note)
    return seen


def write_and_stop(store: SqlStorage, case_id: str) -> None:
    """Open a case in a block that then raises KeyError."""
    with store.transaction() as transaction:
        transaction.write([sample_change(sample_opening(case_id))])
        raise KeyError


def append_often(url: str) -> int:
    """Read a case and add a record to it, again and again; how many records that made."""
    store = SqlStorage(url, "t")
    made = 0
    for _ in range(APPENDS):
        with store.transaction() as transaction:
            case = transaction.case("c1")
            assert case is not None
            decision = sample_step(case, CallBack(reached=True), CLERK, case.updated)
            transaction.write([sample_change(decision)])
        made += len(decision.records)
    store.close()
    return made


def open_once(url: str) -> int:
    """Open a store, perhaps the first of all, and write one case of one's own."""
    store = SqlStorage(url, "t")
    store.close()
    return 1


def in_processes(task: Any, url: str, n: int = 4) -> list[int]:
    """Run a task in processes at once."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(n, mp_context=context) as pool:
        return [f.result() for f in [pool.submit(task, url) for _ in range(n)]]


class TestDurability:
    """What is committed stays, and writers wait for one another."""

    def test_pragmas_are_set_on_every_connection(self, url: str) -> None:
        """The journal is ahead of the data, and a commit is on the disk."""
        engine = make_engine(url)
        with engine.connect():
            assert pragma(engine, "journal_mode") == "wal"
            assert pragma(engine, "synchronous") == 2
            assert pragma(engine, "foreign_keys") == 1
            assert pragma(engine, "secure_delete") == 1
            assert pragma(engine, "recursive_triggers") == 1
            assert pragma(engine, "busy_timeout") == 30_000
        engine.dispose()

    def test_writers_begin_immediately_and_readers_do_not(self, url: str) -> None:
        """Only a block that may write takes the lock, before it reads; a read needs no transaction."""
        engine = make_engine(url)
        store = SqlStorage(engine, "t")
        seen = statements(engine)
        with store.transaction() as transaction:
            transaction.case("c1")
        store.case("c1")
        begins = [sql for sql, _ in seen if sql.startswith("BEGIN")]
        assert begins == ["BEGIN IMMEDIATE"]
        assert seen[0][0] == "BEGIN IMMEDIATE"
        engine.dispose()

    @pytest.mark.slow
    def test_processes_append_to_one_case_without_an_error(self, url: str) -> None:
        """Four processes that read and then append, a hundred times each, lose nothing."""
        store = SqlStorage(url, "t")
        opening = sample_opening("c1")
        with store.transaction() as transaction:
            transaction.write([sample_change(sample_history("c1"))])
        before = len(store.records("c1"))
        assert sum(in_processes(append_often, url)) == 4 * APPENDS
        records = store.records("c1")
        assert [r.version for r in records] == list(range(1, before + 4 * APPENDS + 1))
        assert store.case("c1") == fold(records)
        assert records[:2] == opening.records
        store.close()

    @pytest.mark.slow
    def test_processes_may_all_be_the_first(self, url: str) -> None:
        """Processes that open a new database at the same moment all find its tables."""
        assert in_processes(open_once, url) == [1] * 4

    def test_a_reader_does_not_wait_for_a_writer(self, url: str) -> None:
        """While a block is open, others read what was committed before it."""
        writer, reader = SqlStorage(url, "t"), SqlStorage(url, "t")
        with writer.transaction() as transaction:
            transaction.write([sample_change(sample_opening("c1"))])
            assert reader.case("c1") is None
            assert writer.case("c1") is None
        assert reader.case("c1") is not None
        writer.close()
        reader.close()

    def test_positions_count_the_commits_of_a_tenant(self, url: str) -> None:
        """Every tenant has a gap-free feed of its own, and a rolled-back block takes no position."""
        engine = make_engine(url)
        stores = [SqlStorage(engine, tenant) for tenant in ("a", "b")]
        for store in stores:
            with store.transaction() as transaction:
                transaction.write([sample_change(sample_opening(x)) for x in ("c2", "c1")])
            with pytest.raises(KeyError):
                write_and_stop(store, "c3")
            case = store.case("c2")
            assert case is not None
            with store.transaction() as transaction:
                transaction.write([sample_change(sample_next(case))])
        query = "SELECT tenant, position, case_id, version FROM wz_event ORDER BY 1, 2"
        with engine.connect() as connection:
            feed = [tuple(row) for row in connection.execute(text(query))]
        once = [("c2", 1), ("c2", 2), ("c1", 1), ("c1", 2), ("c2", 3)]
        assert feed == [(t, n, *what) for t in "ab" for n, what in enumerate(once, start=1)]
        engine.dispose()
