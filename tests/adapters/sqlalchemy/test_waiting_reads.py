"""What a block reads of a case that it waited for, while another one wrote, erased or answered."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Engine, delete, select, update
from tests.adapters.sqlalchemy.servers import KINDS, database

from wenzheng_core import Accept, FixedClock, Office, Outcome, wire
from wenzheng_core.domain.cases import Case
from wenzheng_core.ports import Storage, Transaction
from wenzheng_core.testing.builders import (
    CLERK,
    HOUR,
    START,
    sample_change,
    sample_erasure,
    sample_message,
    sample_next,
    sample_opening,
    sample_outgoing,
)
from wenzheng_core.testing.offices import sample_office
from wenzheng_core.testing.storage_calls import put, run
from wenzheng_sqlalchemy import SqlStorage
from wenzheng_sqlalchemy.tables import CASE, CASE_KEY, EVENT, OUTBOX

BLOCKED = {
    "postgresql": "SELECT count(*) FROM pg_stat_activity"
    " WHERE wait_event_type = 'Lock' AND datname = current_database()",
    "mysql": "SELECT count(*) FROM information_schema.innodb_trx AS t"
    " JOIN information_schema.processlist AS p ON p.id = t.trx_mysql_thread_id"
    " WHERE t.trx_state = 'LOCK WAIT' AND p.db = database()",
}
"""How many wait for a lock in this database, by the dialect."""

READ: dict[str, Callable[[Transaction], Case | None]] = {
    "one": lambda block: block.case("c1"),
    "many": lambda block: block.cases(["c1"])["c1"],
}


@pytest.fixture(params=KINDS)
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """An empty database of each kind on which two write at once."""
    with database(request.param) as found:
        yield found


def waiting(engine: Engine, work: Callable[[], Any]) -> Callable[[], Any]:
    """Begin a work that has to wait; what it came to is had by the call that is returned."""
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(work()))
    thread.start()
    query = BLOCKED[engine.dialect.name.replace("mariadb", "mysql")]
    ends = time.monotonic() + 30
    with engine.connect() as connection:
        while not connection.exec_driver_sql(query).scalar():
            connection.rollback()
            # InnoDB looks anew only if nobody asked for a tenth of a second.
            thread.join(0.15)
            assert thread.is_alive(), "it waited for nobody"
            assert time.monotonic() < ends

    def had() -> Any:
        thread.join()
        return found[0]

    return had


def in_block(store: Storage, work: Callable[[Transaction], Any]) -> Any:
    """Do something in a block of its own."""
    with store.transaction() as transaction:
        return work(transaction)


def without_keys(engine: Engine) -> None:
    """Leave the case as an upgrade from before the keys leaves it: unsealed, without any."""
    decision = sample_opening("c1")
    snapshot = wire.to_json(wire.case_to_dict(decision.case))
    with engine.begin() as connection:
        connection.execute(delete(CASE_KEY))
        connection.execute(update(CASE).values(snapshot=snapshot))
        for record in decision.records:
            body = wire.to_json(wire.event_to_dict(record.event)).encode()
            same = EVENT.c.version == record.version
            connection.execute(update(EVENT).where(same).values(body=body))


@pytest.mark.parametrize("how", READ)
def test_keys_that_came_while_it_waited_are_seen(engine: Engine, how: str) -> None:
    """A case of before the keys gets them with the first writing: who waited for that reads it."""
    store, other = SqlStorage(engine, "t"), SqlStorage(engine, "t")
    put(store, sample_change(sample_opening("c1")))
    without_keys(engine)
    with store.transaction() as transaction:
        case = transaction.case("c1")
        assert case is not None
        decision = sample_next(case)
        transaction.write([sample_change(decision)])
        read = waiting(engine, lambda: in_block(other, READ[how]))
    assert read() == decision.case


@pytest.mark.parametrize("how", READ)
def test_keys_that_went_while_it_waited_are_gone(engine: Engine, how: str) -> None:
    """Who waited for an erasure knows of no key of it, under which it might write on."""
    store, other = SqlStorage(engine, "t"), SqlStorage(engine, "t")
    opening = sample_opening("c1")
    put(store, sample_change(opening))
    erased = sample_erasure(opening.case)

    def look(block: Any) -> tuple[Case | None, set[str]]:
        return READ[how](block), set(block._standing["c1"].wrapped)

    with store.transaction() as transaction:
        transaction.write([sample_change(erased)])
        read = waiting(engine, lambda: in_block(other, look))
    assert read() == (erased.case, {"words"})


@pytest.mark.parametrize("end", ["sent", "dead"])
def test_what_ends_while_its_case_is_erased_loses_its_text(engine: Engine, end: str) -> None:
    """Whichever of the two is first: neither leaves a text that the other did not see."""

    def note(block: Transaction, key: str) -> None:
        if end == "sent":
            block.sent(key, START, "r")
        else:
            block.failed(key, START, "13800000000 is nobody's", retry_at=None)

    store, other = SqlStorage(engine, "t"), SqlStorage(engine, "t")
    for case_id, erasing_first in (("c1", True), ("c2", False)):
        opening, key = sample_opening(case_id), f"k-{case_id}"
        put(store, sample_change(opening, outgoing=[sample_outgoing(key, case_id)]))
        erasure = sample_change(sample_erasure(opening.case))
        steps = [
            lambda block, erasure=erasure: block.write([erasure]),
            lambda block, key=key: note(block, key),
        ]
        first, second = steps if erasing_first else reversed(steps)
        with store.transaction() as transaction:
            first(transaction)
            had = waiting(engine, lambda second=second: in_block(other, second))
        had()
    with engine.connect() as connection:
        found = connection.execute(select(OUTBOX.c.content, OUTBOX.c.last_error)).all()
    assert [tuple(row) for row in found] == [(None, None)] * 2


def test_of_two_under_one_key_both_are_given_the_answer(engine: Engine) -> None:
    """The later one waits for the case, and comes back with what the first one brought about."""
    stores = [SqlStorage(engine, "sample") for _ in range(2)]
    first, second = (sample_office(store, clock=FixedClock(START + HOUR)) for store in stores)
    case_id = first.receive(sample_message("1")).case.id

    def accept(office: Any) -> Any:
        return office.execute(case_id, Accept(), actor=CLERK, key="k")

    transaction, later = stores[0].transaction, list[Callable[[], Any]]()

    def slowly() -> Any:
        block = transaction()

        class Slow:
            def __enter__(self) -> Transaction:
                return block.__enter__()

            def __exit__(self, *error: object) -> None:
                later.append(waiting(engine, lambda: accept(second)))
                block.__exit__(*error)

        return Slow()

    stores[0].transaction = slowly  # type: ignore[method-assign]
    one = accept(first)
    two = later[0]()
    assert (one.repeated, two.repeated) == (False, True)
    assert (one.case, one.records) == (two.case, two.records)


@pytest.mark.slow
def test_thirty_pairs_under_one_key_each(engine: Engine) -> None:
    """However the two meet: one effect, and the same answer for both."""
    offices = [
        sample_office(SqlStorage(engine, "sample"), clock=FixedClock(START + HOUR))
        for _ in range(2)
    ]
    for number in range(30):
        case_id = offices[0].receive(sample_message(f"{number}")).case.id
        found = at_once(offices, case_id, f"k{number}")
        assert sorted(outcome.repeated for outcome in found) == [False, True]
        assert found[0].records == found[1].records
        assert len(offices[0].history(case_id)) == found[0].case.version


def at_once(offices: Sequence[Office], case_id: str, key: str) -> list[Outcome]:
    """What each office is answered to the same command under the same key."""
    start, found = threading.Barrier(len(offices)), list[Outcome]()

    def accept(office: Office) -> None:
        start.wait()
        found.append(office.execute(case_id, Accept(), actor=CLERK, key=key))

    run(*(partial(accept, office) for office in offices))
    return found
