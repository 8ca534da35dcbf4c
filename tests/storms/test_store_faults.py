"""A disk that is full, a file that is read-only or locked, a server that is away: told, and gone on."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, make_url
from tests.storms.checks import examine
from tests.storms.crew import all_done, started, until
from tests.storms.errands import fill, hold_the_lock, outgrow_the_limit, write_cases
from tests.storms.places import SERVERS, place, store_at

from wenzheng_core.testing.builders import sample_change, sample_opening
from wenzheng_sqlalchemy import SqlStorage, StoreError, make_engine

TENANT = "storm"


@contextmanager
def _file(folder: Path, *pragmas: str) -> Iterator[tuple[Engine, SqlStorage]]:
    """A store in a file, over connections on which more was said."""
    with store_at(f"sqlite:///{folder / 'store.db'}"):
        pass  # the tables are there before
    engine = make_engine(f"sqlite:///{folder / 'store.db'}")
    for pragma in pragmas:
        event.listen(engine, "connect", lambda c, _, said=pragma: c.execute(said).close())
    try:
        yield engine, SqlStorage(engine, TENANT)
    finally:
        engine.dispose()


def _say(engine: Engine, pragma: str) -> None:
    with engine.connect() as connection:
        connection.exec_driver_sql(pragma).close()


def _refused_whole(storage: SqlStorage, words: str) -> None:
    """A write is refused in Chinese, and nothing of it is there."""
    before = storage.head(), storage.case_ids()
    with pytest.raises(StoreError, match=words) as refused:
        write_cases(storage, "refused", 1)
    assert re.search(r"[a-z]{4,}", str(refused.value)) is None
    assert (storage.head(), storage.case_ids()) == before


def _goes_on(storage: SqlStorage) -> None:
    """The same object writes and reads again, and all that is there is sound."""
    written = write_cases(storage, "refused", 1)
    assert set(written) <= set(storage.case_ids())
    examine(storage)


def test_a_database_that_may_not_grow(tmp_path: Path) -> None:
    """With no page left the write is refused whole; with more of them the store goes on."""
    with _file(tmp_path, "PRAGMA max_page_count = 60") as (engine, storage):
        there = fill(storage)
        assert storage.case_ids() == tuple(there)
        _refused_whole(storage, "磁盘空间已满")
        _say(engine, "PRAGMA max_page_count = 100000")
        _goes_on(storage)


@pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX")
def test_a_file_that_may_not_grow(tmp_path: Path) -> None:
    """The same where the system refuses to let a file grow."""
    with place("sqlite", tmp_path) as url:
        assert all_done(outgrow_the_limit, [(url,)]) == [0]
        with store_at(url) as storage:
            assert len(storage.case_ids()) > 5
            examine(storage)


def test_a_database_that_is_read_only(tmp_path: Path) -> None:
    """It is said that it is; what is there can be read, and later written again."""
    with _file(tmp_path) as (engine, storage):
        write_cases(storage, "before", 3)
        _say(engine, "PRAGMA query_only = ON")
        _refused_whole(storage, "只读")
        _say(engine, "PRAGMA query_only = OFF")
        _goes_on(storage)


def test_a_database_that_another_process_keeps_locked(tmp_path: Path) -> None:
    """Beyond the time that a writer waits it is told who is in the way; then it goes on."""
    ready = tmp_path / "ready"
    with _file(tmp_path, "PRAGMA busy_timeout = 50") as (engine, storage):
        holder = started(hold_the_lock, str(engine.url.database), str(ready))
        try:
            until(ready.exists)
            _refused_whole(storage, "被其他程序占用")
        finally:
            holder.kill()
            holder.join()
        _goes_on(storage)


@pytest.mark.parametrize(
    "url", ["postgresql://postgres@127.0.0.1:9/x", "mysql://root@127.0.0.1:9/x"]
)
def test_a_server_that_is_not_there(url: str) -> None:
    """Nobody listens: it is said in Chinese, without the address' password."""
    with pytest.raises(StoreError, match="无法连接数据库服务器") as refused:
        SqlStorage(url.replace("@", ":secret@"), TENANT)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("after_writing", [False, True])
@pytest.mark.parametrize("kind", SERVERS)
def test_a_connection_that_is_cut_off_in_a_transaction(
    kind: str, after_writing: bool, tmp_path: Path
) -> None:
    """The server ends it before a write or before the commit: nothing is kept, and the store goes on."""
    with place(kind, tmp_path) as url, store_at(url) as storage:
        write_cases(storage, "before", 3)
        before = storage.head(), storage.case_ids()
        change = sample_change(sample_opening("cut"))

        def cut_off() -> None:
            with storage.transaction() as transaction:
                assert transaction.case("cut") is None
                if after_writing:
                    transaction.write([change])
                _cut_all(url)
                if not after_writing:
                    transaction.write([change])

        with pytest.raises(StoreError, match="连接已中断"):
            cut_off()
        assert (storage.head(), storage.case_ids()) == before
        _goes_on(storage)


def _cut_all(url: str) -> None:
    """End all connections to the database but the one that does it."""
    engine, name = make_engine(url), make_url(url).database
    try:
        with engine.connect() as connection:
            if engine.dialect.name == "postgresql":
                connection.exec_driver_sql(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                ).all()
                return
            own = connection.exec_driver_sql("SELECT connection_id()").scalar()
            rows = connection.exec_driver_sql("SHOW PROCESSLIST").all()
            for row in rows:
                if row[3] == name and row[0] != own:
                    connection.exec_driver_sql(f"KILL {row[0]}")
    finally:
        engine.dispose()
