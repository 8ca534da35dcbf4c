"""Row-level security of PostgreSQL: who does not say whose rows, or lies in a filter, sees none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, Engine, create_engine, insert, select, text
from sqlalchemy.exc import DBAPIError, ProgrammingError
from tests.adapters.sqlalchemy.servers import database, url_of
from tests.adapters.sqlalchemy.walled import Walled, walled

from wenzheng_core.domain.messages import PARTS
from wenzheng_core.ports import Storage
from wenzheng_core.storing import Entry
from wenzheng_core.testing import storage_suite
from wenzheng_core.testing.builders import (
    START,
    sample_answer,
    sample_change,
    sample_opening,
    sample_outgoing,
)
from wenzheng_core.testing.storage_calls import assert_chained
from wenzheng_sqlalchemy import KeyFile, OpenKeys, SqlStorage, StoreError, rewrap_keys
from wenzheng_sqlalchemy.protecting import RIGHTS, protect, protection, unprotect
from wenzheng_sqlalchemy.row_security import enable_row_security, has_row_security
from wenzheng_sqlalchemy.tables import CASE_KEY, CONTACT, METADATA, TENANT
from wenzheng_sqlalchemy.upgrading import upgrade

pytestmark = pytest.mark.server

TABLES = sorted(METADATA.tables)


@contextmanager
def fresh() -> Iterator[Callable[[str], Storage]]:
    """Stores of an account that owns nothing, on a database behind all walls."""
    with walled() as walls:
        yield lambda tenant: SqlStorage(walls.app, tenant)


TestSuite = pytest.mark.server(storage_suite(fresh, examples=10))


@pytest.fixture(name="walls")
def _walls() -> Iterator[Walled]:
    """A database behind its walls, in which two tenants have something in every table."""
    with walled() as walls:
        for tenant in ("a", "b"):
            fill(SqlStorage(walls.app, tenant), tenant)
        yield walls


def fill(store: SqlStorage, name: str) -> None:
    """Put something into every table."""
    with store.transaction() as transaction:
        opening = sample_opening(f"{name}-1")
        items = [sample_outgoing(f"{name}-1/1", opening.case.id)]
        answer = sample_answer(f"{name}-key", opening.case)
        transaction.write([sample_change(opening, outgoing=items, answer=answer)])
        transaction.enter([Entry(f"run/{name}", START)])
    with store.transaction() as transaction:
        transaction.move_cursor("reader", 0, 1)
    store.acquire("sweep", name, START, START + START.resolution)


def count(connection: Connection, table: str, where: str = "true") -> int:
    """How many rows of a table show."""
    return connection.execute(text(f"SELECT count(*) FROM {table} WHERE {where}")).scalar_one()


def say(connection: Connection, tenant: str) -> None:
    """Say whose rows the transaction is about."""
    connection.execute(text("SELECT set_config('wz.tenant', :t, true)"), {"t": tenant})


class TestWall:
    """What statements meet that were not written here."""

    @pytest.mark.parametrize("table", TABLES)
    def test_nobody_sees_rows_who_does_not_say_whose(self, walls: Walled, table: str) -> None:
        """Without the setting a query without any filter finds nothing in any table."""
        with walls.owner.connect() as connection:
            assert count(connection, table) >= 2
        with walls.app.connect() as connection:
            assert count(connection, table) == 0

    @pytest.mark.parametrize("table", TABLES)
    def test_a_forged_filter_finds_nothing(self, walls: Walled, table: str) -> None:
        """Who says that it is about one tenant sees that one's rows, whatever the filter asks for."""
        with walls.app.connect() as connection:
            say(connection, "a")
            assert count(connection, table) == count(connection, table, "tenant = 'a'") >= 1
            assert count(connection, table, "tenant = 'b'") == 0
            assert count(connection, table, "tenant = 'a' OR true") == count(connection, table)

    def test_a_row_of_another_tenant_is_not_written(self, walls: Walled) -> None:
        """The check refuses an insert, and an update that would hand a row over."""
        row = {"tenant": "b", "case_id": "x", "part_name": "contact", "wrapped": b"k"}
        with walls.app.connect() as connection:
            say(connection, "a")
            with pytest.raises(ProgrammingError, match="row-level security"):
                connection.execute(insert(CASE_KEY), row)
            connection.rollback()
            say(connection, "a")
            with pytest.raises(ProgrammingError, match="row-level security"):
                connection.execute(CASE_KEY.update().values(tenant="b"))
            connection.rollback()
            say(connection, "a")
            assert connection.execute(CASE_KEY.update().values(wrapped=b"k")).rowcount >= 1
            assert connection.execute(CONTACT.delete()).rowcount >= 1
            connection.commit()
        with walls.owner.connect() as connection:
            assert count(connection, "wz_contact", "tenant = 'b'") == 1
            assert count(connection, "wz_case_key", "tenant = 'b' AND wrapped <> 'k'") >= 1

    def test_a_pooled_connection_forgets_whose_rows_it_showed(self, walls: Walled) -> None:
        """The same connection of the server, used by the next one, shows nothing again."""
        server = text("SELECT pg_backend_pid()")
        with walls.app.begin() as connection:
            say(connection, "a")
            first = connection.scalar(server)
            assert count(connection, "wz_case") == 1
        store = SqlStorage(walls.app, "b")
        assert store.case("b-1") is not None
        with walls.app.connect() as connection:
            assert connection.scalar(server) == first
            assert count(connection, "wz_case") == 0

    def test_an_empty_name_is_nobody(self, walls: Walled) -> None:
        """A setting that ended is '' on its connection, and shows no row even of a tenant ''."""
        with walls.owner.begin() as connection:
            empty = {"last_position": 0, "chain_link": b"", "last_line": 0, "line_link": b""}
            connection.execute(insert(TENANT), {"tenant": "", **empty})
        with walls.app.connect() as connection:
            say(connection, "")
            assert count(connection, "wz_tenant") == 0

    def test_the_account_cannot_empty_a_table(self, walls: Walled) -> None:
        """TRUNCATE asks no policy; the account has no right to it, on any table."""
        for table in TABLES:
            with walls.app.connect() as connection, pytest.raises(DBAPIError, match="denied"):
                connection.execute(text(f"TRUNCATE {table}"))

    def test_the_account_has_no_right_beyond_its_work(self, walls: Walled) -> None:
        """What is granted on each table is what the program's own statements do, no more."""
        granted: dict[str, set[str]] = {}
        query = text(
            "SELECT table_name, privilege_type FROM information_schema.role_table_grants"
            " WHERE grantee = :role"
        )
        with walls.owner.connect() as connection:
            for table, right in connection.execute(query, {"role": walls.role}):
                granted.setdefault(table, set()).add(right)
        assert granted == {table: set(rights.split(", ")) for table, rights in RIGHTS.items()}
        assert not {"UPDATE", "DELETE"} & (granted["wz_event"] | granted["wz_diary"])


@pytest.mark.parametrize(
    ("asked", "condition"),
    [
        ("next_wake", "tenant = 'a' AND shard = 0 AND next_wake <= 900"),
        ("case_id", "tenant = 'a' AND case_id > 'c4' ORDER BY case_id"),
        ("snapshot", "tenant = 'a' AND case_id = 'c77'"),
    ],
)
def test_the_wall_hinders_no_index(walls: Walled, asked: str, condition: str) -> None:
    """Behind it a query is answered from its index by all its terms, and the wall is asked once."""
    with walls.owner.begin() as connection:
        columns = (
            "tenant, case_id, version, chain_link, shard, state, received_at, next_wake, snapshot"
        )
        values = "'a', 'c' || i, 1, '', 0, 'received', i, i, '{}'"
        rows = f"SELECT {values} FROM generate_series(1, 20000) i"
        connection.execute(text(f"INSERT INTO wz_case ({columns}) {rows}"))
        connection.execute(text("ANALYZE wz_case"))
    with walls.app.connect() as connection:
        say(connection, "a")
        query = f"EXPLAIN SELECT {asked} FROM wz_case WHERE {condition} LIMIT 5"
        plan = "\n".join(connection.scalars(text(query)))
    (cond,) = [line for line in plan.splitlines() if "Index Cond" in line]
    assert cond.count(" AND ") == condition.partition(" ORDER")[0].count(" AND ")
    assert "One-Time Filter" in plan
    assert "Seq Scan" not in plan


class TestStore:
    """The store says whose rows each of its transactions is about."""

    def test_a_store_is_told_by_the_database(self, walls: Walled) -> None:
        """Opened without a word on row-level security, it finds it, and works."""
        store = SqlStorage(walls.app, "a")
        assert [case.id for case in store.scan()] == ["a-1"]
        assert store.head().position == 2
        assert_chained(store)

    def test_a_store_may_begin_before_the_wall_stands(self) -> None:
        """With ``row_security=True`` nothing is to be opened anew when the wall is put up."""
        with database("postgresql") as engine:
            early = SqlStorage(engine, "t", row_security=True)
            fill(early, "t")
            with engine.begin() as connection:
                enable_row_security(connection)
                assert has_row_security(connection)
            try:
                assert early.case("t-1") is not None
            finally:
                with engine.begin() as connection:
                    unprotect(connection)
                    assert not has_row_security(connection)

    def test_a_late_store_is_refused_not_empty(self, walls: Walled) -> None:
        """Without the word a store does not even open: no office is taken for an empty one."""
        with pytest.raises(StoreError, match="权限不足"):
            SqlStorage(walls.app, "a", row_security=False)

    def test_joined_blocks_say_it_too(self, walls: Walled) -> None:
        """In the embedder's transaction each block is about its own tenant, in any order."""
        stores = [SqlStorage(walls.app, tenant) for tenant in ("a", "b")]
        with walls.app.connect() as connection:
            first, second = (store.joined(connection) for store in stores)
            put(first, "a-2")
            put(second, "b-2")
            assert first.case("a-2") is not None
            assert first.case("b-2") is None
            put(first, "a-3")
            connection.commit()
        assert [list(s.case_ids()) for s in stores] == [["a-1", "a-2", "a-3"], ["b-1", "b-2"]]

    def test_keys_are_wrapped_anew(self, walls: Walled, tmp_path) -> None:
        """The work on a tenant's keys sees that tenant's, and no other's."""
        keys = KeyFile.create(tmp_path / "keys.json")
        keys.add("a")
        assert rewrap_keys(walls.app, "a", keys, was=OpenKeys()) == len(PARTS)
        with walls.owner.connect() as connection:
            kept = connection.scalars(select(CASE_KEY.c.wrapped).where(CASE_KEY.c.tenant == "b"))
            assert all(OpenKeys().unwrap("b", key) for key in kept)

    def test_what_the_wall_refuses_is_told_in_chinese(self, walls: Walled) -> None:
        """A block that would write another tenant's row ends in a StoreError without the statement."""
        store = SqlStorage(walls.app, "a")
        with pytest.raises(StoreError, match="权限不足") as caught:
            enter_as(store, "b")
        assert "INSERT" not in str(caught.value)


def enter_as(store: SqlStorage, tenant: str) -> None:
    """Enter a line while the transaction is said to be about another tenant."""
    with store.transaction() as transaction:
        transaction.last_entry("")
        say(transaction._run.connection, tenant)
        transaction.enter([], [sample_outgoing("x", "x")])


def put(store: SqlStorage, case_id: str) -> None:
    """Open a case in a block."""
    with store.transaction() as transaction:
        transaction.write([sample_change(sample_opening(case_id))])


class TestPuttingUp:
    """The walls are put up by whoever owns the tables, for an account that has to obey them."""

    def test_it_may_be_done_again(self, walls: Walled) -> None:
        """Putting up what stands changes nothing, and nobody is shut out."""
        with walls.owner.begin() as connection:
            protect(connection, role=walls.role)
        assert SqlStorage(walls.app, "a").case("a-1") is not None

    def test_what_stands_is_told(self, walls: Walled) -> None:
        """The account of the program has no gaps; a superuser is told that it walks round."""
        with walls.app.connect() as connection:
            found = protection(connection)
        assert (found.history, found.tenants, found.gaps) == (True, True, ())
        with walls.owner.connect() as connection:
            gaps = protection(connection).gaps
        assert any("超级用户" in gap for gap in gaps)

    def test_rights_that_came_by_another_way_are_told(self, walls: Walled) -> None:
        """A right that the account inherits from everybody shows as a gap."""
        with walls.owner.begin() as connection:
            connection.execute(text("GRANT DELETE ON wz_diary TO PUBLIC"))
        try:
            with walls.app.connect() as connection:
                assert [gap for gap in protection(connection).gaps if "wz_diary" in gap]
        finally:
            with walls.owner.begin() as connection:
                connection.execute(text("REVOKE DELETE ON wz_diary FROM PUBLIC"))

    @pytest.mark.parametrize(
        ("role", "why"), [("postgres", "超级用户"), ("wz_nobody", "没有数据库用户")]
    )
    def test_an_unfit_account_is_refused(self, walls: Walled, role: str, why: str) -> None:
        """A superuser would walk round, a name without an account is a slip."""
        with walls.owner.connect() as connection, pytest.raises(StoreError, match=why):
            protect(connection, role=role)

    def test_an_owner_without_privileges_obeys_too(self, walls: Walled) -> None:
        """FORCE: the account that owns the tables sees nothing either without saying whose."""
        with owned(walls) as engine:
            for tenant in ("a", "b"):
                put(SqlStorage(engine, tenant), f"{tenant}-1")
            with engine.begin() as connection:
                with pytest.raises(StoreError, match="所有者"):
                    protect(connection, role=walls.role)
                protect(connection)
            with engine.connect() as connection:
                assert count(connection, "wz_case") == 0
                assert any("所有者" in gap for gap in protection(connection).gaps)
            assert SqlStorage(engine, "a").case("a-1") is not None
            assert upgrade(engine) == ()

    def test_an_upgrade_is_refused_behind_the_walls(self, walls: Walled) -> None:
        """It would not see the rows that it is to change, so it says what to do first."""
        with owned(walls) as engine:
            upgrade(engine, to="0001")
            with engine.begin() as connection:
                connection.execute(text("ALTER TABLE wz_case ENABLE ROW LEVEL SECURITY"))
            with pytest.raises(StoreError, match="protect --off"):
                upgrade(engine)
            with engine.begin() as connection:
                unprotect(connection)
            assert upgrade(engine) == ("0002",)


@contextmanager
def owned(walls: Walled) -> Iterator[Engine]:
    """An engine of the program's account in a schema of its own, so that it owns its tables."""
    with walls.owner.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA own AUTHORIZATION {walls.role}"))
    options = {"options": "-csearch_path=own"}
    engine = create_engine(url_of(walls.app), connect_args=options)
    try:
        yield engine
    finally:
        engine.dispose()
        with walls.owner.begin() as connection:
            connection.execute(text("DROP SCHEMA own CASCADE"))


def test_only_postgresql_has_it(tmp_path) -> None:
    """Wanted elsewhere, it is an error, not a wall that does not stand."""
    with pytest.raises(StoreError, match="PostgreSQL"):
        SqlStorage(f"sqlite:///{tmp_path / 'wz.db'}", "t", row_security=True)
