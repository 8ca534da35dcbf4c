"""Where something of an erased citizen might stay: the log, the outbox, memory, a repr."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import event, select
from tests.adapters.sqlalchemy.citizens import CITIZENS, TENANT, erase, live, office_of

from wenzheng_core import Erase
from wenzheng_core.domain.commands import Request
from wenzheng_core.domain.deciding import decide
from wenzheng_core.memory import MemoryChannel
from wenzheng_core.ports import Change, Outgoing
from wenzheng_core.testing.builders import CLERK, HOUR, START, sample_rules
from wenzheng_sqlalchemy import SqlStorage, make_engine
from wenzheng_sqlalchemy.databases import Database
from wenzheng_sqlalchemy.tables import OUTBOX
from wenzheng_sqlalchemy.writing import Standing, planned


def test_an_erasure_counts_though_the_log_cannot_be_emptied(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It is committed: what the disk refuses afterwards is logged, and the connection is as before."""
    store = SqlStorage(f"sqlite:///{tmp_path / 'wz.db'}", TENANT)
    office = office_of(store, MemoryChannel())
    ids = live(office, CITIZENS[:1])
    asked: list[str] = []

    def refuse(_: object, __: object, statement: str, *___: object) -> None:
        asked.append(statement)
        if "wal_checkpoint" in statement:
            raise sqlite3.OperationalError("disk I/O error")

    assert isinstance(store._blocks, Database)
    event.listen(store._blocks.engine, "before_cursor_execute", refuse)
    office.execute(ids[0], Erase(reason="本人要求"), actor=CLERK, key="e")
    assert office.case(ids[0]).erased == ("contact",)
    assert "write-ahead log" in caplog.text
    assert [x for x in asked if "busy_timeout =" in x][-1] == "PRAGMA busy_timeout = 30000"
    store.close()


def test_who_read_on_until_the_commit_leaves_nothing_in_memory(tmp_path: Path) -> None:
    """Another thread of the process that erased reads the old state until then, and keeps it."""
    store = SqlStorage(f"sqlite:///{tmp_path / 'wz.db'}", TENANT)
    (case_id,) = live(office_of(store, MemoryChannel()), CITIZENS[:1])
    case = store.case(case_id)
    assert case is not None
    decision = decide(
        case, Request(Erase(reason="本人要求"), CLERK, START + 300 * HOUR), sample_rules()
    )
    with store.transaction() as transaction:
        transaction.write([Change(decision.case, decision.records)])
        reader = threading.Thread(target=store.case, args=(case_id,))
        reader.start()
        reader.join()
        assert case_id in store._tools.snapshots._kept
    assert case_id not in store._tools.snapshots._kept
    assert case_id not in store._tools.sealer._open
    store.close()


@pytest.mark.parametrize("end", ["sent", "dead"])
def test_what_goes_out_after_the_erasure_leaves_no_text(empty_url: str, end: str) -> None:
    """It was told, or cannot be told: nobody needs it any more, nor what the provider said of it."""
    store = SqlStorage(empty_url, TENANT)
    office = office_of(store, MemoryChannel())
    ids = live(office, CITIZENS[:2])
    for case_id in ids:
        waiting = Outgoing(
            key=case_id, case_id=case_id, channel="reply", to="s", text="您好", ready_at=START
        )
        with store.transaction() as transaction:
            transaction.enter([], [waiting])
            transaction.failed(case_id, START, "停机", retry_at=START)
    erase(office, ids[:1])
    with store.transaction() as transaction:
        for case_id in ids:
            if end == "sent":
                transaction.sent(case_id, START, "r")
            else:
                transaction.failed(case_id, START, "停机", retry_at=None)
    engine = make_engine(empty_url)
    with engine.connect() as connection:
        query = select(OUTBOX.c.content, OUTBOX.c.last_error).where(OUTBOX.c.channel == "reply")
        found = {
            case_id: tuple(connection.execute(query.where(OUTBOX.c.item_key == case_id)).one())
            for case_id in ids
        }
    engine.dispose()
    store.close()
    assert found == {ids[0]: (None, None), ids[1]: ("您好", "停机")}


def test_no_key_shows_in_a_repr_of_what_holds_it() -> None:
    """Neither open nor wrapped: without a key file the wrapped one is the key."""
    store = SqlStorage("sqlite://", TENANT)
    (case_id,) = live(office_of(store, MemoryChannel()), CITIZENS[:1])
    case = store.case(case_id)
    assert case is not None
    with store.transaction() as transaction:
        assert transaction.case(case_id) is not None
        standing = transaction._standing[case_id]
    plan = planned(Change(case, ()), Standing(case.version), TENANT, store._tools)
    seen = repr([standing, plan.after, plan.before, plan.new_keys and plan])
    seen += repr([store._tools.snapshots._kept, store._tools.sealer._open])
    keys = [*standing.wrapped.values(), *plan.new_keys.values()]
    assert len(keys) == 4
    assert not any(repr(key)[2:-1] in seen for key in keys)
    store.close()
