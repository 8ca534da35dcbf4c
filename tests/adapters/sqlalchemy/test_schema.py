"""Making tables on first use, by however many at once; and refusing all but the newest."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Callable
from threading import Barrier, Thread

import pytest
from sqlalchemy import Engine, event, inspect, make_url, select, text

from wenzheng_core.storing import SchemaState, SchemaStatus
from wenzheng_sqlalchemy.comparing import differences
from wenzheng_sqlalchemy.databases import Database
from wenzheng_sqlalchemy.errors import StoreError
from wenzheng_sqlalchemy.migrations import REVISIONS
from wenzheng_sqlalchemy.schema import VERSION, prepare, refusal, shown, status
from wenzheng_sqlalchemy.tables import HEAD, METADATA, TENANT
from wenzheng_sqlalchemy.upgrading import upgrade

AT_ONCE = 6

EngineOn = Callable[[str], Engine]


def test_an_empty_database_gets_tables_version_and_tenant(empty: Engine) -> None:
    """What one of them looks like is what a whole store needs; a second tenant only gets its row."""
    prepare(Database(empty), "li")
    prepare(Database(empty), "wang")
    prepare(Database(empty), "li")
    with empty.connect() as connection:
        assert status(connection).state is SchemaState.CURRENT
        assert connection.scalars(select(VERSION.c.version_num)).all() == [HEAD]
        assert differences(connection) == ()
        found = connection.execute(select(TENANT).order_by(TENANT.c.tenant)).all()
    assert [tuple(row) for row in found] == [("li", 0, b"", 0, b""), ("wang", 0, b"", 0, b"")]


def test_any_number_may_be_the_first(empty_url: str, engine_on: EngineOn) -> None:
    """Who opens a new database at the same moment as others finds its tables, and so do they."""
    barrier = Barrier(AT_ONCE)
    failed: list[BaseException] = []
    databases = [Database(engine_on(empty_url)) for _ in range(AT_ONCE)]

    def open_one(database: Database, tenant: str) -> None:
        barrier.wait()
        try:
            prepare(database, tenant)
        except BaseException as error:
            failed.append(error)

    tenants = [f"t{n % 3}" for n in range(AT_ONCE)]
    threads = [Thread(target=open_one, args=pair) for pair in zip(databases, tenants, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with databases[0].engine.connect() as connection:
        assert differences(connection) == ()
        assert connection.scalars(select(VERSION.c.version_num)).all() == [HEAD]
        assert sorted(connection.scalars(select(TENANT.c.tenant))) == ["t0", "t1", "t2"]


def test_any_number_may_upgrade_at_once(empty_url: str, engine_on: EngineOn) -> None:
    """Each revision is run by one of them, and all end well; MariaDB needs them one by one."""
    engines = [engine_on(empty_url) for _ in range(3)]
    upgrade(engines[0], to=REVISIONS[0])
    if engines[0].dialect.name == "mysql":
        assert [upgrade(engine) for engine in engines] == [REVISIONS[1:], (), ()]
        return
    barrier = Barrier(len(engines))
    run: list[str] = []

    def upgrade_one(engine: Engine) -> None:
        barrier.wait()
        run.extend(upgrade(engine))
        run.append("ended")

    threads = [Thread(target=upgrade_one, args=(engine,)) for engine in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(run) == sorted([*REVISIONS[1:], *["ended"] * len(engines)])


def test_making_that_was_broken_off_is_completed(empty: Engine) -> None:
    """Tables and indexes that are missing are made, where some were made before a crash."""
    tables = METADATA.sorted_tables
    METADATA.create_all(empty, tables=tables[: len(tables) // 2])
    with empty.begin() as connection:
        for table in tables[: len(tables) // 2]:
            for index in table.indexes:
                index.drop(connection)
    prepare(Database(empty), "li")
    with empty.connect() as connection:
        assert differences(connection) == ()


def test_other_peoples_tables_are_left_alone(empty: Engine) -> None:
    """A host's database is empty of ours as long as ours are not there, and its tables stay."""
    with empty.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('0002')"))
        assert status(connection).state is SchemaState.EMPTY
    prepare(Database(empty), "li")
    with empty.connect() as connection:
        assert connection.execute(text("SELECT * FROM alembic_version")).all() == [("0002",)]


def test_without_leave_to_make_nothing_is_made(empty: Engine) -> None:
    """A database without our tables is refused with the command that makes them."""
    with pytest.raises(StoreError, match="wenzheng db init --db ") as caught:
        prepare(Database(empty), "li", create=False)
    assert inspect(empty).get_table_names() == []
    assert "没有本系统的表" in str(caught.value)


def test_old_tables_are_refused_with_the_command_that_mends(empty: Engine) -> None:
    """They are not touched; the very command of the message names this database."""
    upgrade(empty, to=REVISIONS[0])
    with pytest.raises(StoreError, match="请先备份") as caught:
        prepare(Database(empty), "li")
    command = shlex.split(str(caught.value).partition("执行:")[2])
    assert command[:4] == ["wenzheng", "db", "upgrade", "--db"]
    assert make_url(command[4]) == make_url(shown(empty.url))
    with empty.connect() as connection:
        assert status(connection).current == REVISIONS[0]


def test_newer_tables_are_refused(empty: Engine) -> None:
    """The message says to use the newer program, and nothing changes."""
    prepare(Database(empty), "li")
    with empty.begin() as connection:
        connection.execute(VERSION.update().values(version_num="0099"))
    with pytest.raises(StoreError, match=f"0099 版,本程序只认到 {HEAD} 版;请改用较新的程序"):
        prepare(Database(empty), "li")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://wz:hunter2@db.example:5432/wz",
        "mysql+pymysql://wz:hunter2@db.example/wz?password=hunter2",
        "postgresql+psycopg://db.example/wz?user=wz&sslpassword=hunter2",
    ],
)
@pytest.mark.parametrize("state", [SchemaState.EMPTY, SchemaState.OLD, SchemaState.UNKNOWN])
def test_no_password_is_shown(url: str, state: SchemaState) -> None:
    """The command is for this database, but the password is left for the reader to write."""
    found = SchemaStatus(current="0001", head=HEAD, state=state)
    told = str(refusal(found, make_url(url)))
    assert "hunter2" not in told
    assert ("db.example" in told) == (state is not SchemaState.UNKNOWN)


def test_an_up_to_date_database_is_asked_three_things(empty: Engine) -> None:
    """Opening is quick: whether there is a version, which one, and whether the tenant is there."""
    prepare(Database(empty), "li")
    seen: list[str] = []
    database = Database(empty)
    event.listen(empty, "before_cursor_execute", lambda *call: seen.append(call[2]))
    prepare(database, "li")
    asked = [sql for sql in seen if sql.lstrip().upper().startswith(("SELECT", "PRAGMA", "DESC"))]
    assert len(asked) <= 4


def test_a_tenant_that_must_be_there(empty: Engine) -> None:
    """Without making, a tenant that is not registered is refused, and no row is written for it."""
    prepare(Database(empty), "li")
    prepare(Database(empty), "li", create=False)
    with pytest.raises(StoreError, match="数据库中没有租户「typo」;请核对 --tenant"):
        prepare(Database(empty), "typo", create=False)
    with empty.connect() as connection:
        assert connection.scalars(select(TENANT.c.tenant)).all() == ["li"]


def test_opening_needs_no_alembic() -> None:
    """Alembic is loaded by those commands alone that change or compare tables."""
    program = (
        "import sys; from wenzheng_sqlalchemy import schema, keeping; "
        "sys.exit('alembic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


# --- Differences ----------------------------------------------------------------------------------

CHANGES = {
    "DROP TABLE wz_lease": "缺少表 wz_lease",
    "ALTER TABLE wz_lease DROP COLUMN holder": "表 wz_lease 缺少列 holder",
    "ALTER TABLE wz_lease ADD COLUMN note VARCHAR(10)": "表 wz_lease 多出列 note",
    "DROP INDEX wz_contact_case": "表 wz_contact 缺少索引 wz_contact_case",
    "CREATE INDEX wz_more ON wz_lease (tenant, epoch)": "表 wz_lease 多出索引 wz_more",
    "CREATE TABLE theirs (x INTEGER)": None,
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_changed_by_hand_is_told(empty: Engine, change: str) -> None:
    """Each difference is one sentence that names the table and what is amiss in it."""
    prepare(Database(empty), "li")
    on = " ON wz_contact" if empty.dialect.name == "mysql" and change[:10] == "DROP INDEX" else ""
    with empty.begin() as connection:
        connection.execute(text(change + on))
    with empty.connect() as connection:
        assert differences(connection) == ((CHANGES[change],) if CHANGES[change] else ())


def test_another_key_type_or_emptiness_is_told(empty: Engine) -> None:
    """A primary key, a type and a column that must not be empty are compared as well."""
    prepare(Database(empty), "li")
    with empty.begin() as connection:
        connection.execute(text("DROP TABLE wz_cursor"))
        connection.execute(
            text(
                "CREATE TABLE wz_cursor (tenant VARCHAR(9) PRIMARY KEY, consumer VARCHAR(128),"
                 " position VARCHAR(9) NOT NULL)")
        )  # fmt: skip
    with empty.connect() as connection:
        told = "\n".join(differences(connection))
    assert "表 wz_cursor 的主键是(tenant),应为(tenant、consumer)" in told
    assert "表 wz_cursor 的列 consumer 应为不可空" in told
    assert "表 wz_cursor 的列 position 的类型是" in told
