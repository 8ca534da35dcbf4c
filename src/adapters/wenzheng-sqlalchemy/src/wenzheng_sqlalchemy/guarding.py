"""Triggers that keep the history as it was written: records and lines of the diary are only added.

The program itself never changes or deletes one, not even to erase personal data. The triggers hold
against everybody else's statements, and against a mistake of ours. Whoever may drop a trigger or a
table can still do so; and on the MySQL family TRUNCATE asks no trigger, only for the right to drop.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from sqlalchemy import Connection, Table, UniqueConstraint, text

from wenzheng_sqlalchemy.errors import APPEND_ONLY, APPEND_ONLY_STATE, store_errors
from wenzheng_sqlalchemy.tables import DIARY, EVENT

HISTORY: Final = (EVENT, DIARY)
"""The tables that are only added to."""

_FUNCTION = "wz_keep_history"
_MAKE_FUNCTION = (
    f"CREATE OR REPLACE FUNCTION {_FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS"
    f" $$ BEGIN RAISE EXCEPTION '{APPEND_ONLY}' USING ERRCODE = '{APPEND_ONLY_STATE}'; END $$"
)
_NAMES = {
    "sqlite": text("SELECT name FROM sqlite_master WHERE type = 'trigger'"),
    "postgresql": text(
        "SELECT tgname FROM pg_catalog.pg_trigger WHERE tgenabled = 'A'"
        " AND tgrelid IN (to_regclass('wz_event'), to_regclass('wz_diary'))"
    ),
}
_NAMES_OF_MYSQL = text(
    "SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = database()"
)


def guard_history(connection: Connection) -> None:
    """Let the database refuse to change, delete or replace what is in the history.

    It counts with the caller's commit (at once on the MySQL family); doing it again does no harm.
    Raises StoreError.
    """
    unguard_history(connection)
    with store_errors():
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(_MAKE_FUNCTION)
        for table in HISTORY:
            for statement in _triggers(connection.dialect.name, table).values():
                connection.exec_driver_sql(statement)
            for statement in _afterwards(connection.dialect.name, table):
                connection.exec_driver_sql(statement)


def unguard_history(connection: Connection) -> None:
    """Take the triggers away. Raises StoreError."""
    kind = connection.dialect.name
    with store_errors():
        for table in HISTORY:
            of_table = f" ON {table.name}" if kind == "postgresql" else ""
            for name in _triggers(kind, table):
                connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}{of_table}")
        if kind == "postgresql":
            connection.exec_driver_sql(f"DROP FUNCTION IF EXISTS {_FUNCTION}()")


def is_history_guarded(connection: Connection) -> bool:
    """Whether every trigger is there, and on."""
    return _wanted(connection) <= _found(connection)


def is_guarding_begun(connection: Connection) -> bool:
    """Whether any trigger is there: it may refuse what an upgrade does."""
    return not _wanted(connection).isdisjoint(_found(connection))


def _wanted(connection: Connection) -> set[str]:
    kind = connection.dialect.name
    return {name for table in HISTORY for name in _triggers(kind, table)}


def _found(connection: Connection) -> set[str]:
    with store_errors():
        return set(connection.scalars(_NAMES.get(connection.dialect.name, _NAMES_OF_MYSQL)))


def _triggers(kind: str, table: Table) -> Mapping[str, str]:
    """The statements that make the triggers of a table, by the names of these."""
    makers = {"sqlite": _of_sqlite, "postgresql": _of_postgresql}
    return {
        name: f"CREATE TRIGGER {name} {rest}"
        for name, rest in makers.get(kind, _of_mysql)(table.name, table)
    }


def _of_sqlite(name: str, table: Table) -> Iterator[tuple[str, str]]:
    for act in ("UPDATE", "DELETE"):
        refused = f"BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END"
        yield f"{name}_keep_{act.lower()}", f"BEFORE {act} ON {name} {refused}"
    # A REPLACE deletes without a word to the trigger on deletion, unless the connection has
    # recursive_triggers on, as ours have and a stranger's tool has not. The words are SQLite's own,
    # so that a key that is taken reads as it always did.
    again = " OR ".join(f"EXISTS (SELECT 1 FROM {name} WHERE {same})" for same in _same(table))
    refused = f"BEGIN SELECT RAISE(ABORT, 'UNIQUE constraint failed: {name}, {APPEND_ONLY}'); END"
    yield f"{name}_keep_insert", f"BEFORE INSERT ON {name} WHEN {again} {refused}"


def _same(table: Table) -> Iterator[str]:
    yield "rowid = NEW.rowid"
    uniques = [c for c in table.constraints if isinstance(c, UniqueConstraint)]
    for key in (table.primary_key, *uniques):
        yield " AND ".join(f"{column.name} = NEW.{column.name}" for column in key.columns)


def _of_postgresql(name: str, _: Table) -> Iterator[tuple[str, str]]:
    for what, act, each in (
        ("rows", "UPDATE OR DELETE", "ROW"),
        ("whole", "TRUNCATE", "STATEMENT"),
    ):
        run = f"FOR EACH {each} EXECUTE FUNCTION {_FUNCTION}()"
        yield f"{name}_keep_{what}", f"BEFORE {act} ON {name} {run}"


def _of_mysql(name: str, _: Table) -> Iterator[tuple[str, str]]:
    for act in ("UPDATE", "DELETE"):
        refused = f"SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{APPEND_ONLY}'"
        yield f"{name}_keep_{act.lower()}", f"BEFORE {act} ON {name} FOR EACH ROW {refused}"


def _afterwards(kind: str, table: Table) -> Iterator[str]:
    if kind == "postgresql":
        # Else whoever may set session_replication_role = replica walks round them.
        for name in _triggers(kind, table):
            yield f"ALTER TABLE {table.name} ENABLE ALWAYS TRIGGER {name}"
