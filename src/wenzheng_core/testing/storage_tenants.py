"""Laws of tenants: with another tenant's ids and keys, every call finds nothing and changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import attrs
import pytest

from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.errors import ArgumentError, ConflictError, UnknownError
from wenzheng_core.ports import (
    SHARDS,
    CursorMovedError,
    Entry,
    Head,
    Lease,
    LeaseLostError,
    Storage,
    Transaction,
)
from wenzheng_core.testing.builders import (
    HOUR,
    START,
    sample_answer,
    sample_change,
    sample_erasure,
    sample_history,
    sample_next,
    sample_opening,
    sample_outgoing,
)
from wenzheng_core.testing.storage_calls import all_due, enter, put

LATER = START + timedelta(days=60)
PHONE = "13900002222"


@attrs.frozen
class _Ours:
    """A store with something of everything, and what names it."""

    store: Storage
    lease: Lease

    def dump(self) -> dict[str, Any]:
        """All that the store shows; a lease by what it keeps others from."""
        store = self.store
        with store.transaction() as transaction:
            waiting = transaction.outbox(START + HOUR, 99)
            answer, last = transaction.answer("key"), transaction.last_entry("run/")
        return {
            "cases": list(store.scan()),
            "ids": store.case_ids(),
            "found": store.cases_of(PHONE),
            "records": [store.records(case_id) for case_id in store.case_ids()],
            "due": all_due(store, LATER),
            "awaiting": (store.awaiting(2030, None, 9), store.count_awaiting(2030)),
            "diary": (store.entries(""), store.last_entry(""), last),
            "outbox": (waiting, store.dead_letters()),
            "answer": answer,
            "feed": (store.feed(), store.cursor("report")),
            "evidence": (store.head(), store.evidence(), store.line_evidence()),
            "lease": store.acquire("sweep", "nobody", START, START + HOUR),
        }


def ours_in(store: Storage) -> _Ours:
    """Fill a store with something of everything."""
    history = sample_history("c1", steps=4)
    told = [sample_outgoing(key) for key in ("waiting", "leased", "sent", "dead")]
    answer = sample_answer("key", history.case)
    put(store, sample_change(history, outgoing=told, answer=answer))
    put(store, sample_change(sample_opening("c2", phone=PHONE)))
    put(store, sample_change(sample_history("c3", START + timedelta(days=300), steps=3)))
    enter(store, "run/1", "run/2")
    with store.transaction() as transaction:
        transaction.sent("sent", START, "receipt")
        transaction.failed("dead", START, "error", retry_at=None)
        assert [x.key for x in transaction.take(START, LATER, "w1", 1)] == ["leased"]
        transaction.move_cursor("report", 0, 2)
    lease = store.acquire("sweep", "w1", START, START + HOUR)
    assert lease is not None
    return _Ours(store, lease)


def refused(call: Callable[[], object], *kinds: type[Exception]) -> bool:
    """Whether a call is refused as it must be."""
    with pytest.raises(kinds):
        call()
    return True


def _reads(store: Storage, ours: _Ours) -> dict[str, Any]:
    """Every way to read, by the name of its method: whether it finds nothing of ours."""
    own = store.acquire(ours.lease.name, "stranger", START, START + HOUR)
    return {
        "transaction": True,  # whose methods have a table of their own
        "case": store.case("c1") is None,
        "records": store.records("c1") == (),
        "case_ids": store.case_ids() == (),
        "cases_of": store.cases_of(PHONE) == (),
        "scan": list(store.scan()) == [],
        "due": all(store.due(LATER, shard, None, 9) == () for shard in range(SHARDS)),
        "awaiting": store.awaiting(2030, None, 9) == (),
        "count_awaiting": store.count_awaiting(2030) == 0,
        "entries": store.entries("") == (),
        "last_entry": store.last_entry("") is None,
        "dead_letters": store.dead_letters() == (),
        "feed": store.feed() == (),
        "cursor": store.cursor("report") == 0,
        "acquire": own is not None and own.holder == "stranger",
        "release": store.release(ours.lease) is None,  # type: ignore[func-returns-value]
        "head": store.head() == Head(),
        "evidence": store.evidence() == (),
        "line_evidence": store.line_evidence() == (),
        "close": True,  # which every law does at its end
    }


def _writes(transaction: Transaction, ours: _Ours, case: Case) -> dict[str, Any]:
    """Every call of a block with what names ours: whether it does nothing, or is refused."""
    step, gone = sample_change(sample_next(case)), sample_change(sample_erasure(case, words=True))
    lease = ours.lease
    return {
        "case": transaction.case("c1") is None,
        "cases": transaction.cases(["c1", "c2"]) == {},
        "records": transaction.records("c1") == (),
        "answer": transaction.answer("key") is None,
        "write": refused(lambda: transaction.write([step]), ConflictError)
        and refused(lambda: transaction.write([gone]), ConflictError),
        "restore": refused(lambda: transaction.restore(case), ConflictError),
        "last_entry": transaction.last_entry("run/") is None,
        "outbox": transaction.outbox(LATER, 99) == (),
        "take": transaction.take(LATER, LATER + HOUR, "w1", 99) == (),
        "sent": refused(lambda: transaction.sent("leased", START, "r"), UnknownError),
        "failed": refused(
            lambda: transaction.failed("leased", START, "e", retry_at=None), UnknownError
        ),
        "revive": refused(lambda: transaction.revive("dead", START), UnknownError),
        "hold": refused(lambda: transaction.hold(lease, LATER), LeaseLostError),
        "move_cursor": refused(lambda: transaction.move_cursor("report", 2, 3), CursorMovedError)
        and refused(lambda: transaction.move_cursor("report", 0, 1), ArgumentError),
        "enter": transaction.enter([Entry("run/1", LATER)]) is None,  # type: ignore[func-returns-value]
    }


def public(protocol: type) -> set[str]:
    """The public methods of a protocol."""
    return {name for name, x in vars(protocol).items() if callable(x) and not name.startswith("_")}


class TenantLaws:
    """What a store shows and does for somebody else's ids: nothing."""

    def test_a_stranger_reads_nothing(self, open_store: Callable[[str], Storage]) -> None:
        """Every method of a store of another tenant finds nothing of ours, and changes nothing."""
        ours = ours_in(open_store("tenant-a"))
        before = ours.dump()
        found = _reads(open_store("tenant-b"), ours)
        assert [name for name, fine in found.items() if not fine] == []
        assert set(found) == public(Storage)
        assert ours.dump() == before

    def test_a_stranger_writes_nothing(self, open_store: Callable[[str], Storage]) -> None:
        """Every call in a block of another tenant with what names ours is refused or does nothing."""
        ours, theirs = ours_in(open_store("tenant-a")), open_store("tenant-b")
        before = ours.dump()
        case = ours.store.case("c1")  # before the block: one connection shows one thing at a time
        assert case is not None
        with theirs.transaction() as transaction:
            done = _writes(transaction, ours, case)
        assert [name for name, fine in done.items() if not fine] == []
        assert set(done) == public(Transaction)
        assert ours.dump() == before

    def test_the_same_names_may_be_everybodys(self, open_store: Callable[[str], Storage]) -> None:
        """Ids, keys, lines, cursors and leases of one tenant are free for another, and stay apart."""
        ours = ours_in(open_store("tenant-a"))
        before = ours.dump()
        theirs = ours_in(open_store("tenant-b"))
        assert ours.dump() == before
        other = theirs.dump()
        with theirs.store.transaction() as transaction:
            transaction.sent("dead", START, "receipt")
            transaction.write([sample_change(sample_next(before["cases"][0]))])
            transaction.hold(theirs.lease, LATER)
        theirs.store.release(theirs.lease)
        assert theirs.dump() != other
        assert ours.dump() == before
