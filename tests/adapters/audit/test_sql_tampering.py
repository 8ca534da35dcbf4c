"""Falsifications by raw SQL of a real SQLite file, each of which an audit must find (F14)."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from wenzheng_core.auditing import verify
from wenzheng_core.checkpoints import Checkpoint
from wenzheng_core.domain.cases import Case
from wenzheng_core.rebuilding import rebuild, verify_cases
from wenzheng_core.storing import Entry
from wenzheng_core.testing.builders import START, sample_change, sample_history, sample_next
from wenzheng_sqlalchemy import SqlStorage, StoreError

TENANT = "tenant-a"
TABLES = ("wz_event", "wz_diary", "wz_tenant", "wz_case")
RANDOM = random.Random(20250303)


def opened(path: Path) -> SqlStorage:
    """The store in a file."""
    return SqlStorage(f"sqlite:///{path}", TENANT)


@pytest.fixture(name="genuine", scope="module")
def _genuine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with four cases whose records lie between one another's, and a diary."""
    path = tmp_path_factory.mktemp("genuine") / "store.db"
    known: dict[str, Case] = {}
    with closing(opened(path)) as storage:
        for step in range(3):
            for number in range(4):
                name = f"c{number}"
                first = step == 0
                decision = sample_history(name, steps=number) if first else sample_next(known[name])
                known[name] = decision.case
                with storage.transaction() as transaction:
                    transaction.write([sample_change(decision)])
        for number in range(4):
            with storage.transaction() as transaction:
                at = START + timedelta(hours=number)
                transaction.enter([Entry(f"run/{number}", at, {"n": number})])
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@pytest.fixture(name="path")
def _path(genuine: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(genuine, tmp_path / "store.db"))


def falsify(path: Path, change: Callable[[sqlite3.Connection], object]) -> bool:
    """Change a file behind the store's back; whether that changed anything."""
    with closing(sqlite3.connect(path)) as connection, connection:
        before = _content(connection)
        change(connection)
        return _content(connection) != before


def _content(connection: sqlite3.Connection) -> list[Any]:
    return [connection.execute(f"SELECT * FROM {t} ORDER BY 1, 2, 3").fetchall() for t in TABLES]


def found(path: Path) -> list[str]:
    """What an audit of a file finds; a store that is not opened says why."""
    try:
        storage = opened(path)
    except StoreError as refused:
        return [str(refused)]
    with closing(storage):
        flaws = (*verify(storage).flaws, *verify_cases(storage).flaws)
    return [str(flaw) for flaw in flaws]


def columns(path: Path) -> Iterator[tuple[str, str]]:
    """Every column of the four tables."""
    with closing(sqlite3.connect(path)) as connection:
        for table in TABLES:
            for row in connection.execute(f"PRAGMA table_info({table})").fetchall():
                yield table, row[1]


def other(value: Any) -> Any:
    """Another value of the same kind."""
    if value is None:
        return 7
    if isinstance(value, bytes):
        place = RANDOM.randrange(len(value))
        return value[:place] + bytes([value[place] ^ 1]) + value[place + 1 :]
    if isinstance(value, int):
        return value + RANDOM.choice([1, 1000])
    if value.startswith("{"):
        return value.replace("路灯", "街灯") if "路灯" in value else value.replace("1", "2", 1)
    return value + "x"


def test_the_genuine_file_is_sound(genuine: Path) -> None:
    """Of a file that nobody touched an audit finds nothing."""
    assert found(genuine) == []


def test_every_column_is_watched(genuine: Path, tmp_path: Path) -> None:
    """A change of any column of any record, line, tenant or case is found."""
    tried, passed = 0, list[str]()
    for table, column in columns(genuine):
        for turn in range(3):
            path = Path(shutil.copy(genuine, tmp_path / f"{table}-{column}-{turn}.db"))

            def change(
                connection: sqlite3.Connection, table: str = table, column: str = column
            ) -> None:
                rows = connection.execute(f"SELECT rowid, {column} FROM {table}").fetchall()
                row, value = RANDOM.choice(rows)
                update = f"UPDATE OR IGNORE {table} SET {column} = ? WHERE rowid = ?"
                connection.execute(update, (other(value), row))

            if falsify(path, change):
                tried += 1
                if not found(path):
                    passed.append(f"{table}.{column}")
    assert passed == []
    assert tried > 100


STATEMENTS = {
    "delete a record": "DELETE FROM wz_event WHERE position = 5",
    "delete a whole history": "DELETE FROM wz_event WHERE case_id = 'c2'",
    "delete a case": "DELETE FROM wz_case WHERE case_id = 'c1'",
    "delete a line": "DELETE FROM wz_diary WHERE line_no = 2",
    "delete the tenant's row": "DELETE FROM wz_tenant",
    "delete everything but the tenant": (
        "DELETE FROM wz_event; DELETE FROM wz_case; DELETE FROM wz_diary"
    ),
    "cut the tail": "DELETE FROM wz_event WHERE position > 12",
    "cut the diary's tail": "DELETE FROM wz_diary WHERE line_no > 2",
    "insert a record": (
        "INSERT INTO wz_event SELECT tenant, case_id, version + 50, position + 500, kind, form,"
        " happened_at, actor, body, digest_name, case_link, chain_link FROM wz_event"
        " WHERE position = 4"
    ),
    "insert a line": (
        "INSERT INTO wz_diary SELECT tenant, 'run/forged', 5, entered_at, body, digest_name,"
        " chain_link FROM wz_diary WHERE line_no = 4"
    ),
    "insert a case": (
        "CREATE TEMP TABLE x AS SELECT * FROM wz_case WHERE case_id = 'c1';"
        " UPDATE x SET case_id = 'c9'; INSERT INTO wz_case SELECT * FROM x"
    ),
    "swap two bodies": (
        "CREATE TEMP TABLE x AS SELECT position, body FROM wz_event;"
        " UPDATE wz_event SET body = (SELECT body FROM x WHERE x.position = 9 - wz_event.position)"
        " WHERE position IN (4, 5)"
    ),
    "swap two positions": (
        "UPDATE wz_event SET position = -4 WHERE position = 4;"
        " UPDATE wz_event SET position = 4 WHERE position = 5;"
        " UPDATE wz_event SET position = 5 WHERE position = -4"
    ),
    "swap two lines": (
        "UPDATE wz_diary SET line_no = -2 WHERE line_no = 2;"
        " UPDATE wz_diary SET line_no = 2 WHERE line_no = 3;"
        " UPDATE wz_diary SET line_no = 3 WHERE line_no = -2"
    ),
    "give a case another's snapshot": (
        "UPDATE wz_case SET snapshot = (SELECT snapshot FROM wz_case WHERE case_id = 'c3')"
        " WHERE case_id = 'c2'"
    ),
    "put off every timer": "UPDATE wz_case SET next_wake = NULL",
    "move a history to another tenant": "UPDATE wz_event SET tenant = 'b' WHERE case_id = 'c2'",
    "a text where bytes belong": "UPDATE wz_event SET body = '{}' WHERE position = 6",
    "an impossible instant": (
        "UPDATE wz_event SET happened_at = 9000000000000000000 WHERE position = 6"
    ),
    "a snapshot that is none": "UPDATE wz_case SET snapshot = 'x' WHERE case_id = 'c2'",
}


@pytest.mark.parametrize("statements", STATEMENTS.values(), ids=STATEMENTS)
def test_what_somebody_may_do_with_sql(path: Path, statements: str) -> None:
    """Whatever is deleted, inserted, swapped or replaced by SQL is found."""

    def change(connection: sqlite3.Connection) -> None:
        for statement in statements.split(";"):
            connection.execute(statement)

    assert falsify(path, change)
    assert found(path)


def test_a_tail_cut_by_sql_with_all_that_counts_it(path: Path) -> None:
    """Cut with the tenant's row and the case rebuilt, a tail is missed; an anchor shows it."""
    with closing(opened(path)) as storage:
        head = storage.head()
    mark = Checkpoint(
        tenant=TENANT,
        position=head.position,
        link=head.link,
        lines=head.lines,
        line_link=head.line_link,
        at=START,
        key_id="k",
    )

    def change(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM wz_event WHERE position = ?", (head.position,))
        connection.execute(
            "UPDATE wz_tenant SET last_position = last_position - 1, chain_link ="
            " (SELECT chain_link FROM wz_event ORDER BY position DESC LIMIT 1)"
        )

    assert falsify(path, change)
    with closing(opened(path)) as storage:
        rebuild(storage, write=True)
    assert found(path) == []
    with closing(opened(path)) as storage:
        report = verify(storage, checkpoints=[mark])
    assert (report.sound, report.checkpoints) == (False, 0)


def test_a_falsified_case_is_rebuilt(path: Path) -> None:
    """What was changed beside the records is put right by them, in every column."""

    def change(connection: sqlite3.Connection) -> None:
        connection.execute(
            "UPDATE wz_case SET version = 99, chain_link = x'00', shard = 77, state = 'archived',"
            " lead_unit = 'police', source = 'x', external_id = 'x', policy = 'x',"
            " policy_version = 'x', received_at = 1, next_wake = 1, awaits_year = 1, snapshot = '{}'"
        )

    with closing(sqlite3.connect(path)) as connection:
        before = connection.execute("SELECT * FROM wz_case ORDER BY case_id").fetchall()
    assert falsify(path, change)
    with closing(opened(path)) as storage:
        report = rebuild(storage, write=True)
    assert (report.sound, report.restored) == (True, 4)
    assert found(path) == []
    with closing(sqlite3.connect(path)) as connection:
        after = connection.execute("SELECT * FROM wz_case ORDER BY case_id").fetchall()
    # The snapshots are sealed anew, so their texts differ.
    assert [row[:-1] for row in after] == [row[:-1] for row in before]
