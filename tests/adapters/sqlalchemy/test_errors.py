"""What goes wrong in a database is told in Chinese, and ends the block in which it went wrong."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, IntegrityError, TimeoutError
from tests.adapters.sqlalchemy.servers import KINDS, database, url_of

from wenzheng_core.domain.errors import WenzhengError
from wenzheng_core.storing import BusyError
from wenzheng_core.testing.builders import sample_change, sample_next, sample_opening
from wenzheng_core.testing.storage_calls import put
from wenzheng_sqlalchemy import SqlStorage, StoreError, make_engine
from wenzheng_sqlalchemy.errors import is_taken, store_errors


class PostgresError(Exception):
    """An error as psycopg raises it."""

    def __init__(self, sqlstate: str | None, message: str = "") -> None:
        super().__init__(message)
        self.sqlstate = sqlstate


def raised(own: BaseException, kind: type[DBAPIError] = DBAPIError) -> WenzhengError:
    """What a driver's error becomes."""
    with pytest.raises(WenzhengError) as caught, store_errors():
        raise kind("SELECT secret", {"name": "hunter2"}, own)
    assert "hunter2" not in str(caught.value)
    assert "SELECT" not in str(caught.value)
    assert caught.value.__cause__ is own
    return caught.value


@pytest.mark.parametrize(
    "own",
    [
        PostgresError("40P01"),
        PostgresError("40001"),
        PostgresError("55P03"),
        Exception(1213, "Deadlock found"),
        Exception(1205, "Lock wait timeout exceeded"),
        Exception(1020, "Record has changed since last read"),
    ],
)
def test_who_gives_way_is_told_to_try_again(own: Exception) -> None:
    """A deadlock and its like are BusyError, a conflict: the same may pass the next time."""
    assert isinstance(raised(own), BusyError)


@pytest.mark.parametrize(
    ("own", "words"),
    [
        (PostgresError("53300"), "连接数已满"),
        (Exception(1040, "Too many connections"), "连接数已满"),
        (PostgresError(None, "FATAL: sorry, too many clients already"), "连接数已满"),
        (PostgresError("25006"), "数据库只读"),
        (Exception(1290, "running with the --read-only option"), "数据库只读"),
        (PostgresError("53100"), "磁盘空间已满"),
        (Exception(1114, "The table is full"), "磁盘空间已满"),
        (Exception("database or disk is full"), "磁盘空间已满"),
        (PostgresError("42501"), "权限不足"),
        (PostgresError(None, 'password authentication failed for user "u"'), "用户名或密码"),
        (Exception(1045, "Access denied for user"), "用户名或密码"),
        (PostgresError(None, 'database "x" does not exist'), "没有这个数据库"),
        (Exception(1049, "Unknown database"), "没有这个数据库"),
        (PostgresError(None, "connection failed: Connection refused"), "无法连接"),
        (Exception(2003, "Can't connect to MySQL server"), "无法连接"),
        (PostgresError(None, 'connection failed: FATAL: role "x" does not exist'), "用户名或密码"),
        (PostgresError(None, 'FATAL: permission denied for database "x"'), "无权连接"),
        (PostgresError(None, "connection failed: server closed the connection"), "无法连接"),
        (PostgresError(None, "server closed the connection"), "连接已中断"),
        (PostgresError("57P01", "terminating connection"), "连接已中断"),
        (Exception(2013, "Lost connection to MySQL server"), "连接已中断"),
        (PostgresError("22001"), "字段的长度"),
        (Exception(1406, "Data too long for column"), "字段的长度"),
        (PostgresError("42P01"), "wenzheng db check"),
        (Exception("no such table: wz_case"), "wenzheng db check"),
        (PostgresError("57014"), "超时"),
        (Exception("database is locked"), "被其他程序占用"),
        (PostgresError("XX000", "who knows"), r"数据库操作失败\(DBAPIError\)"),
    ],
)
def test_an_error_says_what_to_look_at(own: Exception, words: str) -> None:
    """By the code of the server where there is one, by the driver's words otherwise."""
    assert isinstance(raised(own), StoreError)
    with pytest.raises(StoreError, match=words):
        raise raised(own)


def test_a_pool_without_a_free_connection_says_so() -> None:
    """What SQLAlchemy itself raises is told, too."""
    with pytest.raises(StoreError, match="连接已全部占用"), store_errors():
        raise TimeoutError("QueuePool limit of size 5 overflow 10 reached")


@pytest.mark.parametrize(
    ("own", "taken"),
    [
        (PostgresError("23505"), True),
        (Exception(1062, "Duplicate entry"), True),
        (Exception("UNIQUE constraint failed: wz_case.case_id"), True),
        (PostgresError("23502"), False),
        (Exception(1048, "Column cannot be null"), False),
        (Exception("NOT NULL constraint failed: wz_case.state"), False),
    ],
)
def test_only_a_key_that_is_there_is_a_conflict(own: Exception, taken: bool) -> None:
    """Whatever else a constraint refuses is an error of the store."""
    assert is_taken(IntegrityError("INSERT", {}, own)) is taken


# --- A block after an error -----------------------------------------------------------------------


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


def test_after_an_error_nothing_of_the_block_counts(engine: Engine) -> None:
    """Caught or not, it ends the block: no later call runs, and nothing is half committed."""
    store = SqlStorage(engine, "t")
    with pytest.raises(StoreError, match="代理字符"):
        _go_on(store)
    assert store.case("c1") is None
    put(store, sample_change(sample_opening("c2")))
    assert [fed.position for fed in store.feed()] == [1, 2]


def _go_on(store: SqlStorage) -> None:
    with store.transaction() as transaction:
        transaction.write([sample_change(sample_opening("c1"))])
        for _ in range(2):
            with pytest.raises(StoreError, match="代理字符"):
                transaction.answer("\ud800")
        with pytest.raises(StoreError, match="代理字符"):
            transaction.case("c1")


@pytest.mark.parametrize("kind", KINDS)
def test_two_that_wait_on_each_other_are_parted(kind: str) -> None:
    """Of two blocks that take two cases crosswise one is told to give way, and the other ends well."""
    with database(kind) as engine:
        store = SqlStorage(engine, "t")
        put(store, *(sample_change(sample_opening(i)) for i in ("c1", "c2")))
        both, outcomes = threading.Barrier(2), list[str]()

        def cross(first: str, second: str) -> None:
            try:
                with store.transaction() as transaction:
                    one = transaction.case(first)
                    both.wait()
                    other = transaction.case(second)
                    assert one is not None
                    assert other is not None
                    transaction.write([sample_change(sample_next(c)) for c in (one, other)])
            except BusyError:
                outcomes.append("busy")
            else:
                outcomes.append("done")

        threads = [threading.Thread(target=cross, args=x) for x in (("c1", "c2"), ("c2", "c1"))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == ["busy", "done"]
        assert [fed.position for fed in store.feed()] == [1, 2, 3, 4, 5, 6]


KILL = {
    "postgresql": ("SELECT pg_backend_pid()", "SELECT pg_terminate_backend(%s)"),
    "mariadb": ("SELECT CONNECTION_ID()", "KILL %s"),
}


def write_and_be_killed(store: SqlStorage, engine: Engine, kind: str) -> None:
    """Write in a block whose connection somebody else then ends."""
    number, kill = KILL[kind]
    other = make_engine(url_of(engine))
    try:
        with store.transaction() as transaction:
            transaction.write([sample_change(sample_opening("c1"))])
            connection: Any = transaction._run.connection
            with other.connect() as killer:
                killer.exec_driver_sql(kill, (connection.exec_driver_sql(number).scalar(),))
    finally:
        other.dispose()


@pytest.mark.parametrize("kind", KINDS)
def test_a_block_whose_connection_is_killed_is_told_so(kind: str) -> None:
    """Nothing of it is kept, and the store goes on with a new connection."""
    with database(kind) as engine:
        store = SqlStorage(engine, "t")
        with pytest.raises(StoreError, match="连接已中断"):
            write_and_be_killed(store, engine, kind)
        assert store.case("c1") is None
        put(store, sample_change(sample_opening("c2")))
        assert [case.id for case in store.scan()] == ["c2"]
