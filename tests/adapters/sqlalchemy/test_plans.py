"""What is asked costs what it finds: every query walks the index that was made for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest
from sqlalchemy import Engine, event, insert
from tests.adapters.sqlalchemy.servers import KINDS, database

from wenzheng_core.storing import Awaiting, Due, shard_of
from wenzheng_core.testing.builders import HOUR, START, sample_opening
from wenzheng_sqlalchemy import SqlStorage, StoreError, make_engine
from wenzheng_sqlalchemy.rows import case_values
from wenzheng_sqlalchemy.tables import CASE, DIARY, EVENT, OUTBOX

MANY = 3000
SHARD = shard_of("c1")


def read_on(store: SqlStorage) -> None:
    """Ask for the feed; the records that fill the table are none."""
    with pytest.raises(StoreError):
        store.feed(7, 5)


ASKED: dict[str, tuple[Callable[[SqlStorage], object], str]] = {
    "due": (lambda s: s.due(START, SHARD, None, 5), "wz_case_wake"),
    "due on": (lambda s: s.due(START, SHARD, Due(START - HOUR, "c2"), 5), "wz_case_wake"),
    "awaiting": (lambda s: s.awaiting(2026, None, 5), "wz_case_awaits"),
    "awaiting on": (lambda s: s.awaiting(2026, Awaiting(2019, "c2"), 5), "wz_case_awaits"),
    "awaited": (lambda s: s.count_awaiting(2026), "wz_case_awaits"),
    "scan": (
        lambda s: list(s.scan(received_from=START + HOUR, received_until=START + 2 * HOUR)),
        "wz_case_received",
    ),
    "dead letters": (lambda s: s.dead_letters(), "wz_outbox_ready"),
    "feed": (read_on, "wz_event_position|position>"),
    "evidence": (lambda s: s.evidence(7, 5), "wz_event_position|position>"),
    "lines": (lambda s: s.line_evidence(7, 5), "wz_diary_line|line_no>"),
}
SORTED = {"due", "due on", "awaiting", "awaiting on", "outbox", "feed", "evidence", "lines"}
"""What the index itself puts in order."""


def fill(engine: Engine) -> None:
    """Many cases of which few are due, and many items of which few are ready."""
    SqlStorage(engine, "t").close()
    values = case_values("t", sample_opening("c").case, b"", "{}")
    later = values["received_at"] + 10**12
    cases = [
        {**values, "case_id": f"c{n}", "received_at": later + n, "shard": shard_of(f"c{n}")}
        | {"next_wake": later + n if n % 100 else 0, "awaits_year": None if n % 100 else 2020}
        for n in range(MANY)
    ]
    row = {"tenant": "t", "case_id": "c", "attempts": 0}
    items = [
        {**row, "item_key": f"i{n}", "ready_at": n, "state": "sent" if n % 100 else "waiting"}
        for n in range(MANY)
    ]
    record = {"tenant": "t", "case_id": "c", "kind": "x", "form": 1, "happened_at": 0}
    links = {"body": b"", "digest_name": "sha256", "chain_link": b""}
    records = [
        {**record, **links, "version": n, "position": n, "case_link": b""} for n in range(MANY)
    ]
    line = {"tenant": "t", "entered_at": 0, **links}
    lines = [{**line, "entry_key": f"k{n}", "line_no": n} for n in range(MANY)]
    with engine.begin() as connection:
        for table, rows in ((CASE, cases), (OUTBOX, items), (EVENT, records), (DIARY, lines)):
            connection.execute(insert(table), rows)
    _count(engine)


def _count(engine: Engine) -> None:
    """Let the planner of a server know what is in the tables, as it would after a while."""
    analyze = {
        "postgresql": "ANALYZE",
        "mysql": "ANALYZE TABLE wz_case, wz_outbox, wz_event, wz_diary",
    }
    if statement := analyze.get(engine.dialect.name):
        with engine.begin() as connection:
            connection.exec_driver_sql(statement)


@pytest.fixture(scope="module", params=["sqlite", *KINDS])
def filled(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    """A database with many cases in it."""
    if request.param == "sqlite":
        engine = make_engine(f"sqlite:///{Path(tmp_path_factory.mktemp('plans')) / 'wz.db'}")
        fill(engine)
        yield engine
        engine.dispose()
        return
    with database(request.param) as engine:
        fill(engine)
        yield engine


@attrs.define
class Plan:
    """How a database would answer a query."""

    text: str
    sorts: bool


def plan(engine: Engine, sql: str, parameters: Any) -> Plan:
    """The plan of a query."""
    kind = engine.dialect.name
    verb = "EXPLAIN QUERY PLAN" if kind == "sqlite" else "EXPLAIN"
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(f"{verb} {sql}", parameters).all()
    text = "\n".join(" ".join(map(str, row)) for row in rows)
    words = {"sqlite": "TEMP B-TREE", "postgresql": "Sort", "mysql": "filesort"}
    return Plan(text, words[kind] in text)


def asked(engine: Engine, ask: Callable[[SqlStorage], object]) -> list[tuple[str, Any]]:
    """The queries on our tables that a call sends."""
    store = SqlStorage(engine, "t")
    seen: list[tuple[str, Any]] = []

    def note(_c: object, _u: object, sql: str, parameters: object, *_: object) -> None:
        if sql.startswith("SELECT") and "FROM wz_" in sql:
            seen.append((sql, parameters))

    event.listen(engine, "before_cursor_execute", note)
    ask(store)
    event.remove(engine, "before_cursor_execute", note)
    return seen


@pytest.mark.parametrize("what", ASKED)
def test_a_query_walks_its_index(filled: Engine, what: str) -> None:
    """No query goes through the table, and none sorts what the index has in order."""
    ask, index = ASKED[what]
    (*_, last) = found = asked(filled, ask)
    assert len(found) == (2 if what.endswith(" on") else 1)
    for sql, parameters in found if what.endswith(" on") else [last]:
        how = plan(filled, sql, parameters)
        assert re.search(index, how.text), how.text
        assert not (what in SORTED and how.sorts), how.text


def test_the_outbox_is_read_in_the_order_of_its_index(filled: Engine) -> None:
    """What is ready comes from the index in order; nothing is sorted."""

    def ask(store: SqlStorage) -> None:
        with store.transaction() as transaction:
            transaction.outbox(START, 5)

    (query,) = asked(filled, ask)
    how = plan(filled, *query)
    assert "wz_outbox_ready" in how.text
    assert not how.sorts
