"""An office within the embedder's transactions: a command and a row of theirs count together."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import attrs
import pytest
from sqlalchemy import Column, Engine, Integer, MetaData, String, Table, insert, select
from tests.adapters.sqlalchemy.servers import KINDS, database

from wenzheng_core.domain.commands import Accept
from wenzheng_core.domain.errors import RefusedError
from wenzheng_core.storing import Fed
from wenzheng_core.testing.builders import CLERK, HOUSING, START, sample_message
from wenzheng_core.testing.offices import sample_office
from wenzheng_core.testing.storage_calls import assert_chained
from wenzheng_sqlalchemy import SqlStorage, UndoneError, make_engine

FORM = Table(
    "own_form",
    MetaData(),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("case_id", String(64)),
)
WRITERS, EACH = 4, 15


@pytest.fixture(name="engine", params=["sqlite", *KINDS])
def _engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An engine of the embedder, with a table of theirs beside ours."""
    if request.param != "sqlite":
        with database(request.param) as engine:
            FORM.create(engine)
            yield engine
            FORM.drop(engine)
        return
    engine = make_engine(f"sqlite:///{tmp_path / 'wz.db'}")
    FORM.create(engine)
    yield engine
    engine.dispose()


def forms(engine: Engine) -> list[tuple[int, str]]:
    """What is committed in the embedder's table."""
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(select(FORM).order_by(FORM.c.number))]


def test_a_command_and_a_form_are_committed_together(engine: Engine) -> None:
    """Neither shows before the embedder's commit; afterwards both do, with the answer to the key."""
    store = SqlStorage(engine, "t")
    office = sample_office(store)
    with engine.connect() as connection:
        within = attrs.evolve(office, storage=store.joined(connection))
        case_id = within.receive(sample_message("1"), at=START).case.id
        within.execute(case_id, Accept(), actor=CLERK, key="form-1", at=START)
        connection.execute(insert(FORM), {"number": 1, "case_id": case_id})
        assert store.case(case_id) is None
        connection.commit()
    assert forms(engine) == [(1, case_id)]
    assert office.execute(case_id, Accept(), actor=CLERK, key="form-1").repeated
    assert_chained(store)


def test_a_form_that_fails_takes_the_command_with_it(engine: Engine) -> None:
    """The embedder's rollback leaves no case, no answer, nothing to be told and no gap."""
    store = SqlStorage(engine, "t")
    office = sample_office(store)
    case_id = office.receive(sample_message("1"), at=START).case.id
    head = store.head()
    with engine.connect() as connection:
        within = attrs.evolve(office, storage=store.joined(connection))
        within.execute(case_id, Accept(), actor=CLERK, key="form-1", at=START)
        connection.rollback()
    assert store.head() == head
    assert not office.execute(case_id, Accept(), actor=CLERK, key="form-1", at=START).repeated
    assert [fed.position for fed in store.feed()] == list(range(1, store.head().position + 1))


def test_a_refused_command_leaves_the_form(engine: Engine) -> None:
    """What the rules refuse takes back nothing of the embedder's, who decides what becomes of it."""
    store = SqlStorage(engine, "t")
    office = sample_office(store)
    case_id = office.receive(sample_message("1"), at=START).case.id
    with engine.connect() as connection:
        connection.execute(insert(FORM), {"number": 1, "case_id": case_id})
        within = attrs.evolve(office, storage=store.joined(connection))
        with pytest.raises(RefusedError):
            within.execute(case_id, Accept(), actor=HOUSING, key="form-1", at=START)
        connection.commit()
    assert forms(engine) == [(1, case_id)]
    assert store.case(case_id) == office.case(case_id)
    assert len(store.records(case_id)) == store.head().position


@pytest.mark.parametrize("engine", KINDS, indirect=True)
def test_who_has_to_give_way_begins_the_whole_anew(engine: Engine) -> None:
    """Of two embedders that wait on each other one is undone, form and all; done again, it passes."""
    store = SqlStorage(engine, "t")
    office = sample_office(store)
    ids = [office.receive(sample_message(n), at=START).case.id for n in "12"]
    both_hold = threading.Barrier(2, timeout=30)
    undone: list[int] = []

    def work(number: int, *, meet: bool = True) -> None:
        mine, other = ids[number], ids[1 - number]
        with engine.begin() as connection:
            connection.execute(insert(FORM), {"number": number, "case_id": mine})
            joined = store.joined(connection)
            with joined.transaction() as transaction:
                transaction.case(mine)
            if meet:
                both_hold.wait()
            within = attrs.evolve(office, storage=joined)
            within.execute(other, Accept(), actor=CLERK, key=f"form-{number}", at=START)

    def try_to(number: int) -> None:
        try:
            work(number)
        except UndoneError:
            undone.append(number)

    with ThreadPoolExecutor(2) as pool:
        for tried in [pool.submit(try_to, number) for number in range(2)]:
            tried.result()
    assert len(undone) == 1
    assert forms(engine) == [(1 - undone[0], ids[1 - undone[0]])]
    work(undone[0], meet=False)
    assert forms(engine) == list(enumerate(ids))
    assert_chained(store)


@pytest.mark.slow
def test_a_reader_misses_nothing_of_concurrent_joined_writers(engine: Engine) -> None:
    """Who reads the feed on meanwhile sees positions without a gap, and each form with its case."""
    store = SqlStorage(engine, "t")
    office = sample_office(store)
    done = threading.Event()

    def write(writer: int) -> None:
        for turn in range(EACH):
            number = writer * EACH + turn
            with engine.connect() as connection:
                within = attrs.evolve(office, storage=store.joined(connection))
                case_id = within.receive(sample_message(str(number)), at=START).case.id
                connection.execute(insert(FORM), {"number": number, "case_id": case_id})
                if turn % 3 == 2:
                    connection.rollback()
                else:
                    connection.commit()

    def read() -> list[Fed]:
        seen: list[Fed] = []
        while True:
            last = done.is_set()
            found = store.feed(after=seen[-1].position if seen else 0)
            seen += found
            if last and not found:
                return seen

    with ThreadPoolExecutor(WRITERS + 1) as pool:
        reader = pool.submit(read)
        try:
            for writer in [pool.submit(write, number) for number in range(WRITERS)]:
                writer.result()
        finally:
            done.set()
        seen = reader.result()
    assert [fed.position for fed in seen] == list(range(1, store.head().position + 1))
    kept = {case_id for _, case_id in forms(engine)}
    assert len(kept) == WRITERS * EACH * 2 // 3
    assert {fed.record.case_id for fed in seen} == kept == set(store.case_ids())
    assert_chained(store)
