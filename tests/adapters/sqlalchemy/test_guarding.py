"""A guarded history: the program goes on as ever, and nobody changes what it wrote."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError
from tests.adapters.sqlalchemy.citizens import CITIZENS, TENANT, erase, live, office_of

from wenzheng_core.auditing import verify
from wenzheng_core.memory import MemoryChannel
from wenzheng_core.rebuilding import rebuild, verify_cases
from wenzheng_core.storing import Entry, TakenError
from wenzheng_core.testing.builders import START, sample_change, sample_opening
from wenzheng_sqlalchemy import SqlStorage, StoreError
from wenzheng_sqlalchemy.errors import APPEND_ONLY, store_errors
from wenzheng_sqlalchemy.guarding import (
    guard_history,
    is_guarding_begun,
    is_history_guarded,
    unguard_history,
)
from wenzheng_sqlalchemy.protecting import protect, protection, unprotect

ROWS = {
    "wz_event": "tenant, case_id, version, position, kind, form, happened_at, actor, body,"
    " digest_name, case_link, chain_link",
    "wz_diary": "tenant, entry_key, line_no, entered_at, body, digest_name, chain_link",
}
"""The columns of the tables that are only added to."""

CHANGES = {
    "wz_event": ("actor = 'wang'", "body = body", "tenant = 'b'", "version = version + 9"),
    "wz_diary": ("entered_at = 0", "body = body", "tenant = 'b'", "line_no = line_no + 9"),
}


@pytest.fixture(name="guarded")
def _guarded(empty: Engine) -> Engine:
    """A database with records and lines, whose history is guarded."""
    store = SqlStorage(empty, "t")
    with store.transaction() as transaction:
        transaction.write([sample_change(sample_opening("c1"))])
        transaction.enter([Entry("run/1", START), Entry("run/2", START)])
    with empty.begin() as connection:
        protect(connection)
    return empty


def dump(connection: Connection) -> dict[str, list[Any]]:
    """All that is in the history."""
    return {
        table: [tuple(row) for row in connection.execute(text(f"SELECT {columns} FROM {table}"))]
        for table, columns in ROWS.items()
    }


def attacks(kind: str) -> Iterator[str]:
    """What somebody may try in a database of a kind, with rights to the tables."""
    for table, columns in ROWS.items():
        for change in CHANGES[table]:
            yield f"UPDATE {table} SET {change}"
        yield f"DELETE FROM {table}"
        same = f"INTO {table} ({columns}) SELECT {columns} FROM {table}"
        where = " WHERE true" if kind != "mysql" else ""
        keys = "tenant, case_id, version" if table == "wz_event" else "tenant, entry_key"
        if kind == "sqlite":
            yield f"INSERT OR REPLACE {same}"
            yield f"REPLACE {same}"
            yield f"UPDATE OR REPLACE {table} SET body = x'00'"
            yield f"INSERT OR REPLACE INTO {table} (rowid, {columns}) SELECT rowid, {columns} FROM {table}"
        if kind == "mysql":
            yield f"REPLACE {same}"
            yield f"INSERT {same} ON DUPLICATE KEY UPDATE body = 'x'"
        else:
            yield f"INSERT {same}{where} ON CONFLICT ({keys}) DO UPDATE SET body = excluded.body"
        if kind == "postgresql":
            yield f"TRUNCATE {table}"
            yield f"TRUNCATE {table} CASCADE"


def test_nothing_in_the_history_is_changed(guarded: Engine) -> None:
    """Every UPDATE, DELETE, REPLACE, upsert and TRUNCATE is refused, by superusers too."""
    with guarded.connect() as connection:
        before = dump(connection)
    assert all(len(rows) == 2 for rows in before.values())
    for attack in attacks(guarded.dialect.name):
        with guarded.connect() as connection:
            with pytest.raises(DBAPIError, match=APPEND_ONLY):
                connection.execute(text(attack))
            connection.rollback()
    with guarded.connect() as connection:
        assert dump(connection) == before


def test_without_the_guard_each_attack_succeeds(guarded: Engine) -> None:
    """The attacks are real: once the guard is taken away, the database carries each of them out."""
    with guarded.begin() as connection:
        unprotect(connection)
    for attack in attacks(guarded.dialect.name):
        with guarded.connect() as connection, connection.begin() as attempt:
            connection.execute(text(attack))
            attempt.rollback()


def test_the_refusal_is_told_in_chinese(guarded: Engine) -> None:
    """What the triggers raise becomes a StoreError that says what the matter is."""
    with guarded.connect() as connection:
        with pytest.raises(StoreError, match="只增不改"), store_errors():
            connection.execute(text("DELETE FROM wz_event"))
        connection.rollback()


@pytest.mark.parametrize("empty_url", ["sqlite"], indirect=True)
def test_a_stranger_who_replaces_is_refused_too(guarded: Engine) -> None:
    """SQLite: a tool without recursive_triggers does not walk round the trigger on deletion."""
    attempts = [attack for attack in attacks("sqlite") if "REPLACE" in attack]
    assert len(attempts) == 8
    with closing(sqlite3.connect(str(guarded.url.database))) as connection:
        assert connection.execute("PRAGMA recursive_triggers").fetchone() == (0,)
        for attack in attempts:
            with pytest.raises(sqlite3.IntegrityError, match=APPEND_ONLY):
                connection.execute(attack)
            connection.rollback()


@pytest.mark.server
@pytest.mark.parametrize("empty_url", ["postgresql"], indirect=True)
def test_a_superuser_who_plays_a_replica_is_refused_too(guarded: Engine) -> None:
    """PostgreSQL: the triggers are on always, whatever ``session_replication_role`` says."""
    with guarded.connect() as connection:
        connection.execute(text("SET session_replication_role = replica"))
        for table in ROWS:
            with pytest.raises(DBAPIError, match=APPEND_ONLY), connection.begin_nested():
                connection.execute(text(f"DELETE FROM {table}"))


def test_a_trigger_that_is_switched_off_is_noticed(guarded: Engine) -> None:
    """A guard with a hole in it is told as none."""
    with guarded.begin() as connection:
        assert protection(connection).history
        name = "wz_diary_keep_delete"
        if guarded.dialect.name == "postgresql":
            connection.execute(text("ALTER TABLE wz_diary DISABLE TRIGGER wz_diary_keep_rows"))
        else:
            connection.execute(text(f"DROP TRIGGER {name}"))
        assert not protection(connection).history
        assert is_guarding_begun(connection)
        guard_history(connection)
        assert is_history_guarded(connection)
        unguard_history(connection)
        assert not is_guarding_begun(connection)


def test_a_key_that_is_taken_is_a_conflict_as_ever(guarded: Engine) -> None:
    """The guard does not stand between the program and the conflicts that it settles itself."""
    store = SqlStorage(guarded, "t")
    with store.transaction() as transaction:
        transaction.enter([Entry("run/3", START)])
        with pytest.raises(TakenError):
            transaction.enter([Entry("run/1", START)])
    assert [entry.key for entry in store.entries("")] == ["run/1", "run/2", "run/3"]


@pytest.mark.slow
def test_a_whole_life_passes_behind_the_guard(empty: Engine) -> None:
    """Receiving, handling, sweeping, delivering, erasing and rebuilding never touch the history."""
    SqlStorage(empty, "other")
    with empty.begin() as connection:
        protect(connection)
    store = SqlStorage(empty, TENANT)
    office = office_of(store, MemoryChannel())
    ids = live(office, CITIZENS[:3])
    with empty.connect() as connection:
        before = dump(connection)
    erase(office, ids)
    with empty.connect() as connection:
        after = dump(connection)
    for table, rows in before.items():
        assert set(rows) <= set(after[table])
    with empty.begin() as connection:
        if empty.dialect.name == "postgresql":
            connection.execute(text(f"SELECT set_config('wz.tenant', '{TENANT}', true)"))
        connection.execute(text("UPDATE wz_case SET state = 'archived', next_wake = NULL"))
    assert rebuild(store, write=True).restored == len(ids)
    assert verify(store).sound
    assert verify_cases(store).sound
    assert not any(store.cases_of(citizen.phone) for citizen in CITIZENS)
