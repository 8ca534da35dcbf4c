"""Revisions: from an empty database, and from one of the first program, to the tables of today."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic import op
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Integer,
    MetaData,
    Table,
    create_engine,
    inspect,
    select,
    text,
)

from wenzheng_core.domain.errors import WenzhengError
from wenzheng_core.storing import SchemaState, shard_of
from wenzheng_sqlalchemy import upgrading
from wenzheng_sqlalchemy.comparing import differences
from wenzheng_sqlalchemy.migrations import REVISIONS, r0002_filling
from wenzheng_sqlalchemy.schema import VERSION, make, status
from wenzheng_sqlalchemy.tables import HEAD, METADATA
from wenzheng_sqlalchemy.upgrading import upgrade

DUMP = Path(__file__).parents[2] / "golden" / "store-0001.sql"
OLD_TABLES = ("wz_answer", "wz_case", "wz_diary", "wz_event", "wz_outbox", "wz_tenant")

OldStore = Callable[[Engine], None]


# --- How tables look, and a store of the first program ---------------------------------------------


def shape(engine: Engine) -> dict[str, Any]:
    """All that is to be known of our tables."""
    with engine.connect() as connection:
        found = inspect(connection)
        names = [name for name in found.get_table_names() if name.startswith("wz_")]
        tables: dict[str, Any] = {name: _table(found, name) for name in names}
        if engine.dialect.name != "sqlite":
            tables["collations"] = _collations(connection)
        return tables


def _table(found: Any, name: str) -> dict[str, Any]:
    columns = {
        column["name"]: (repr(column["type"]), column["nullable"], column["default"])
        for column in found.get_columns(name)
    }
    indexes = {i["name"]: (i["column_names"], bool(i["unique"])) for i in found.get_indexes(name)}
    uniques = {u["name"]: u["column_names"] for u in found.get_unique_constraints(name)}
    key = found.get_pk_constraint(name)
    return {
        "columns": columns,
        "indexes": indexes,
        "uniques": uniques,
        "key": (key["name"], key["constrained_columns"]),
    }


def _collations(connection: Connection) -> set[tuple[Any, ...]]:
    rows = connection.execute(
        text(
            "SELECT table_name, column_name, collation_name FROM information_schema.columns"
            " WHERE table_name LIKE 'wz\\_%' AND table_schema IN ('public', :database)"
        ),
        {"database": connection.engine.url.database},
    )
    return {tuple(row) for row in rows}


def rows_of(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """Everything in our tables."""
    metadata = MetaData()
    metadata.reflect(engine, only=lambda name, _: name.startswith("wz_"))
    with engine.connect() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(select(table))), key=repr)
            for table in metadata.sorted_tables
        }


@pytest.fixture(name="in_steps")
def _in_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches so small that a case, a tenant and the diary are spread over several."""
    monkeypatch.setattr(r0002_filling, "_BATCH", 7)


def state(engine: Engine) -> SchemaState:
    """How the tables stand to the program."""
    with engine.connect() as connection:
        return status(connection).state


# --- From an empty database -----------------------------------------------------------------------


def test_every_revision_has_its_step_and_the_last_is_the_head() -> None:
    """What the package names, runs and makes is one and the same line of revisions."""
    assert tuple(upgrading._STEPS) == REVISIONS
    assert REVISIONS[-1] == HEAD
    assert sorted(REVISIONS) == list(REVISIONS)


def test_the_revisions_one_by_one_make_the_tables_of_the_code(empty: Engine) -> None:
    """From nothing to the head, the tables are those that a new database is given at once."""
    assert state(empty) is SchemaState.EMPTY
    for revision in REVISIONS:
        assert upgrade(empty, to=revision) == (revision,)
    assert state(empty) is SchemaState.CURRENT
    with empty.connect() as connection:
        assert differences(connection) == ()
    migrated = shape(empty)
    with empty.begin() as connection:
        METADATA.drop_all(connection)
        VERSION.drop(connection)
    with empty.begin() as connection:
        assert make(connection)
    assert shape(empty) == migrated
    assert set(migrated) - {"collations"} == set(METADATA.tables)


def test_the_first_revision_makes_the_tables_of_the_first_program(empty: Engine) -> None:
    """What was released once stays what it was: by the kept dump, made by that program itself."""
    upgrade(empty, to=REVISIONS[0])
    kept = create_engine("sqlite://")
    with closing(kept.raw_connection()) as connection:
        connection.driver_connection.executescript(DUMP.read_text("utf-8"))
        released = shape(kept)
    kept.dispose()
    made = shape(empty)
    for name, table in released.items():
        assert set(made[name]["columns"]) == set(table["columns"])
        assert made[name]["key"][1] == table["key"][1]
        assert {c: n for c, (_, n, _) in made[name]["columns"].items()} == {
            c: n for c, (_, n, _) in table["columns"].items()
        }
    if empty.dialect.name == "sqlite":
        assert made == released


def test_upgrading_twice_is_nothing(old: Engine) -> None:
    """At the head there is no revision to run, and no row changes."""
    assert upgrade(old) == REVISIONS[1:]
    before = shape(old), rows_of(old)
    assert upgrade(old) == ()
    assert (shape(old), rows_of(old)) == before


# --- What an old store holds ----------------------------------------------------------------------


@pytest.mark.usefixtures("in_steps")
def test_an_old_store_keeps_every_row(old: Engine) -> None:
    """All that stood in a column still stands there, but for what moved under another name."""
    before = {name: _dicts(old, name) for name in OLD_TABLES}
    upgrade(old)
    assert not inspect(old).has_table("wz_schema")
    for name in ("wz_answer", "wz_case", "wz_event", "wz_tenant"):
        found = _dicts(old, name)
        assert [_only(row, before[name][0]) for row in found] == before[name], name
    items = _dicts(old, "wz_outbox")
    assert [row["ended_at"] for row in items] == [r["sent_at"] for r in before["wz_outbox"]]
    assert {row["state"] for row in items if row["ended_at"] is not None} == {"sent"}
    lines = _dicts(old, "wz_diary")
    assert [row["body"].decode() for row in lines] == [row["body"] for row in before["wz_diary"]]
    assert all(row["shard"] == shard_of(row["case_id"]) for row in _dicts(old, "wz_case"))


def _dicts(engine: Engine, name: str) -> list[dict[str, Any]]:
    table = Table(name, MetaData(), autoload_with=engine)
    with engine.connect() as connection:
        found = connection.execute(select(table).order_by(*table.primary_key.columns))
        return [dict(row._mapping) for row in found]


def _only(row: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in wanted}


def test_the_size_of_a_batch_changes_nothing(
    old: Engine, old_store: OldStore, in_steps: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Links and numbers come out the same in many small batches as in one."""
    upgrade(old)
    small = rows_of(old)
    with old.begin() as connection:
        METADATA.drop_all(connection)
        VERSION.drop(connection)
    monkeypatch.setattr(r0002_filling, "_BATCH", 10_000)
    old_store(old)
    upgrade(old)
    assert rows_of(old) == small


def test_a_store_without_a_diary_gets_one(old: Engine) -> None:
    """The very first tables, version 1, lacked it; what they hold stays."""
    with old.begin() as connection:
        connection.execute(text("DROP TABLE wz_diary"))
        connection.execute(text("UPDATE wz_schema SET version = 1"))
    events = len(rows_of(old)["wz_event"])
    assert upgrade(old) == REVISIONS[1:]
    found = rows_of(old)
    assert (len(found["wz_event"]), found["wz_diary"]) == (events, [])
    with old.connect() as connection:
        assert differences(connection) == ()


# --- When something goes wrong --------------------------------------------------------------------

STEPS = ("fill_cases", "fill_events", "fill_lines", "fill_outbox")


def _stopped(*_: object) -> None:
    raise RuntimeError("stopped here")


@pytest.mark.parametrize("step", STEPS)
def test_a_revision_that_fails_leaves_the_tables_as_they_were(
    old: Engine, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Nothing of it is kept where DDL is part of a transaction; it is still to be run everywhere."""
    before = shape(old), rows_of(old)
    _stop_at(step, old, monkeypatch)
    assert state(old) is SchemaState.OLD
    if old.dialect.name in ("sqlite", "postgresql"):
        assert (shape(old), rows_of(old)) == before


def test_a_revision_run_again_comes_out_as_one_run_at_once(
    old: Engine, old_store: OldStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is counted anew after breaks equals what an unbroken run counts."""
    for step in STEPS:
        _stop_at(step, old, monkeypatch)
    assert upgrade(old) == REVISIONS[1:]
    broken_off = shape(old), _by_name(old)
    with old.begin() as connection:
        METADATA.drop_all(connection)
        VERSION.drop(connection)
    old_store(old)
    upgrade(old)
    assert (shape(old), _by_name(old)) == broken_off


def _stop_at(step: str, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(r0002_filling, step, _stopped)
        with pytest.raises(RuntimeError, match="stopped here"):
            upgrade(engine)


def _by_name(engine: Engine) -> dict[str, list[dict[str, Any]]]:
    """Everything in our tables, whatever the order of their columns."""
    return {name: _dicts(engine, name) for name in METADATA.tables}


@pytest.mark.parametrize("revision", ["0003", "wz_schema/3"])
def test_tables_of_a_newer_program_are_left_alone(old: Engine, revision: str) -> None:
    """They are neither upgraded nor touched; the message names both revisions."""
    with old.begin() as connection:
        if revision == "0003":
            upgrade(connection)
            connection.execute(VERSION.update().values(version_num=revision))
        else:
            connection.execute(text("UPDATE wz_schema SET version = 3"))
    before = shape(old), rows_of(old)
    with pytest.raises(WenzhengError, match=f"{revision} 版,本程序只认到 {HEAD} 版"):
        upgrade(old)
    assert (shape(old), rows_of(old)) == before


# --- Beside a host's own tables -------------------------------------------------------------------

HOST = MetaData()
HOST_VERSION = Table("alembic_version", HOST, Column("version_num", Integer))
HOST_TABLE = Table("wanted", HOST, Column("x", Integer))


@pytest.fixture(name="host")
def _host(old: Engine) -> Callable[[], None]:
    """A host's tables beside ours, and a look whether they are as they were."""
    with old.begin() as connection:
        HOST.create_all(connection)
        connection.execute(HOST_VERSION.insert(), {"version_num": 41})
        connection.execute(HOST_TABLE.insert(), {"x": 7})

    def unchanged() -> None:
        with old.connect() as connection:
            assert connection.scalars(select(HOST_VERSION.c.version_num)).all() == [41]
            assert connection.scalars(select(HOST_TABLE.c.x)).all() == [7]

    return unchanged


def test_a_hosts_own_revisions_stay(old: Engine, host: Callable[[], None]) -> None:
    """Its ``alembic_version`` and tables are neither changed nor taken for a difference."""
    upgrade(old)
    host()
    with old.connect() as connection:
        assert differences(connection) == ()


def test_a_host_runs_ours_from_a_migration_of_its_own(
    old: Engine, host: Callable[[], None]
) -> None:
    """It hands in its connection, and its own operations go on before and after."""
    with old.begin() as connection, Operations.context(MigrationContext.configure(connection)):
        op.create_table("before", Column("x", Integer))
        assert upgrade(op.get_bind()) == REVISIONS[1:]
        op.create_table("after", Column("x", Integer))
    host()
    assert state(old) is SchemaState.CURRENT
    assert {"before", "after"} <= set(inspect(old).get_table_names())


def test_what_a_host_rolls_back_is_undone(old: Engine) -> None:
    """Nothing is committed behind the host's back; MariaDB does so itself, and is run again."""
    before = shape(old), rows_of(old)
    with old.connect() as connection:
        if old.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN")
        upgrade(connection)
        connection.rollback()
    if old.dialect.name in ("sqlite", "postgresql"):
        assert (shape(old), rows_of(old)) == before
    assert upgrade(old) == REVISIONS[1:]
