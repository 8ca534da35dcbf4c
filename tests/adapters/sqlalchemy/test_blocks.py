"""How a block goes about its statements: few, and none that is bound to fail."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, event
from tests.adapters.sqlalchemy.servers import KINDS, database

from wenzheng_core.domain.errors import ConflictError
from wenzheng_core.storing import BusyError, Change, Entry, TakenError
from wenzheng_core.testing.builders import (
    HOUR,
    START,
    sample_answer,
    sample_change,
    sample_next,
    sample_opening,
    sample_outgoing,
)
from wenzheng_core.testing.storage_calls import assert_chained, put
from wenzheng_sqlalchemy import SqlStorage, make_engine
from wenzheng_sqlalchemy.writing import Standing


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


def verbs(engine: Engine, do: Callable[[], object]) -> list[str]:
    """What is sent while something is done: the verb and the table of each statement."""
    seen: list[str] = []

    def note(_c: object, _u: object, sql: str, *_: object) -> None:
        table = next((word for word in sql.split() if word.startswith("wz_")), "")
        locked = " locked" if sql.endswith("FOR UPDATE") or "FOR UPDATE OF" in sql else ""
        seen.append(f"{sql.split(maxsplit=1)[0]} {table.split('.')[0]}{locked}".rstrip())

    event.listen(engine, "before_cursor_execute", note)
    event.listen(engine, "savepoint", lambda *_: seen.append("SAVEPOINT"))
    do()
    event.remove(engine, "before_cursor_execute", note)
    return seen


def test_a_command_takes_few_statements(engine: Engine) -> None:
    """Each table is written once, no savepoint is made, and the tenant's row comes last of all."""
    store = SqlStorage(engine, "t")
    put(store, sample_change(sample_opening("c1")))

    def command() -> None:
        with store.transaction() as transaction:
            assert transaction.answer("key") is None
            case = transaction.case("c1")
            assert case is not None
            decision = sample_next(case)
            told, answer = [sample_outgoing("c1/3")], sample_answer("key", decision.case)
            transaction.write([sample_change(decision, outgoing=told, answer=answer)])

    sent = verbs(engine, command)
    if engine.dialect.name == "sqlite":
        assert sent[0] == "BEGIN IMMEDIATE"[:5]
        sent = sent[1:]
    assert [verb.removesuffix(" locked") for verb in sent] == [
        "SELECT wz_answer",
        "SELECT wz_case",
        "UPDATE wz_case",
        "INSERT wz_outbox",
        "INSERT wz_answer",
        "SELECT wz_tenant",
        "INSERT wz_event",
        "UPDATE wz_tenant",
    ]
    locked = ["SELECT wz_case locked", "SELECT wz_tenant locked"]
    here = [] if engine.dialect.name == "sqlite" else locked
    assert [verb for verb in sent if verb.endswith("locked")] == here


def test_a_read_is_one_statement(engine: Engine) -> None:
    """No transaction is begun for it."""
    store = SqlStorage(engine, "t")
    put(store, sample_change(sample_opening("c1")))
    for read in (lambda: store.case("c1"), lambda: store.records("c1"), store.feed, store.head):
        assert len(verbs(engine, read)) == 1


def taken(store: SqlStorage) -> None:
    """A case with an item and an answer, committed by somebody else."""
    decision = sample_opening("other")
    told, answer = [sample_outgoing("told")], sample_answer("answered", decision.case)
    put(store, sample_change(decision, outgoing=told, answer=answer))


@pytest.mark.parametrize("before", [False, True], ids=["first write", "later write"])
@pytest.mark.parametrize("what", ["told", "answered", "case"])
def test_a_conflict_that_shows_in_writing_leaves_the_block(
    engine: Engine, before: bool, what: str
) -> None:
    """A key taken while nobody looked takes back one write; what was read stays known and locked."""
    store, rival = SqlStorage(engine, "t"), SqlStorage(engine, "t")
    put(store, sample_change(sample_opening("c1")))
    taken(rival)
    with store.transaction() as transaction:
        case = transaction.case("c1")
        assert case is not None
        if before:
            transaction.write([sample_change(sample_opening("c2"))])
        decision = sample_opening("other" if what == "case" else "c3")
        change = sample_change(
            decision,
            outgoing=[sample_outgoing("told")] if what == "told" else [],
            answer=sample_answer("answered", decision.case) if what == "answered" else None,
        )
        # As if this block had looked for it before somebody else opened it.
        transaction._standing[decision.case.id] = Standing()
        with pytest.raises(ConflictError) as caught:
            transaction.write([change])
        assert (caught.value.case_id, caught.value.expected) == (decision.case.id, 0)
        transaction.write([sample_change(sample_next(case))])
    assert len(store.records("c1")) == 3
    assert (store.case("c2") is not None) == before
    assert_chained(store)


def read_and_write(store: SqlStorage, case_id: str, change: Change, *, go_on: bool) -> None:
    """Read a case and write a change of another one; and a line, whatever became of that."""
    with store.transaction() as transaction:
        assert transaction.case(case_id) is not None
        with suppress(BusyError) if go_on else nullcontext():
            transaction.write([change])
        transaction.enter([Entry("line/1", START)])


@pytest.mark.parametrize("go_on", [False, True])
def test_what_was_read_and_changed_while_the_block_began_anew_ends_it(
    engine: Engine, go_on: bool
) -> None:
    """The first write of a block fails, it begins anew, and somebody was quicker with what it read."""
    store, rival = SqlStorage(engine, "t"), SqlStorage(engine, "t")
    put(store, sample_change(sample_opening("c1")))
    taken(rival)
    restart = store._blocks.restart

    def slowly(connection: Connection) -> None:
        connection.rollback()
        case = rival.case("c1")
        assert case is not None
        quick = threading.Thread(target=put, args=(rival, sample_change(sample_next(case))))
        if engine.dialect.name != "sqlite":  # whose other threads wait for this block's turn
            quick.start()
            quick.join()
        restart(connection)

    store._blocks.restart = slowly  # type: ignore[method-assign]
    with_sqlite = engine.dialect.name == "sqlite"
    change = sample_change(sample_opening("c2"), outgoing=[sample_outgoing("told")])
    with pytest.raises(ConflictError if with_sqlite else BusyError):
        read_and_write(store, "c1", change, go_on=go_on)
    assert len(store.records("c1")) == (2 if with_sqlite else 3)
    assert store.case("c2") is None
    assert store.entries("") == ()


def test_a_line_that_is_taken_gives_its_number_back(engine: Engine) -> None:
    """A refused entry leaves no gap among the lines, before and after others of the block."""
    store = SqlStorage(engine, "t")
    taken(store)
    with store.transaction() as transaction:
        with pytest.raises(TakenError):
            transaction.enter([Entry("run/0", START)], [sample_outgoing("told")])
        transaction.enter([Entry("run/1", START)])
        with pytest.raises(TakenError):
            transaction.enter([Entry("run/2", START), Entry("run/1", START)])
        transaction.enter([Entry("run/2", START)])
    assert [(line.number, line.key) for line in store.line_evidence()] == [
        (1, "run/1"),
        (2, "run/2"),
    ]
    assert_chained(store)


def test_what_two_take_in_turn_is_apart(engine: Engine) -> None:
    """A second taker passes over what the first one holds, and finds the rest."""
    store = SqlStorage(engine, "t")
    told = [sample_outgoing(f"i{n}") for n in range(5)]
    put(store, sample_change(sample_opening("c1"), outgoing=told))
    found = []
    for holder in ("w1", "w2", "w3"):
        with store.transaction() as transaction:
            items = transaction.take(START, START + HOUR, holder, 2)
            found.append([item.key for item in items])
    assert found == [["i0", "i1"], ["i2", "i3"], ["i4"]]
