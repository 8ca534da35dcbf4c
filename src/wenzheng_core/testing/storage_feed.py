"""Laws of the feed: one order without a gap, that of commits; and of the cursors of its readers."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from wenzheng_core.domain.errors import ArgumentError, ConflictError
from wenzheng_core.domain.events import Record
from wenzheng_core.ports import CursorMovedError, Fed, Storage
from wenzheng_core.testing.builders import (
    sample_change,
    sample_history,
    sample_next,
    sample_opening,
)
from wenzheng_core.testing.storage_calls import (
    Stop,
    assert_chained,
    put,
    run,
    tail,
    whole_feed,
    write_and_stop,
)

WRITERS, EACH, SLOW_EVERY = 4, 25, 8
SLOW = 0.005
"""Seconds for which a slow writer keeps its block open, if nobody looks at the feed before."""

BREATH = 0.002
"""Seconds between two looks of a reader at the feed."""


def move(store: Storage, consumer: str, expected: int, position: int) -> None:
    """Move a cursor in a block of its own."""
    with store.transaction() as transaction:
        transaction.move_cursor(consumer, expected, position)


class FeedLaws:
    """In which order records are read by those who follow them."""

    def test_an_empty_feed_has_nothing(self, store: Storage) -> None:
        """Before the first record, and beyond the last one."""
        assert store.feed() == ()
        put(store, sample_change(sample_opening("c1")))
        assert store.feed(2) == ()
        assert store.feed(1000) == ()

    def test_the_feed_is_the_order_of_commits(self, store: Storage) -> None:
        """Records of all cases stand in the order in which they were committed, from 1 without a gap."""
        written: list[Record] = []
        cases = {name: sample_opening(name) for name in ("c2", "c1", "c3")}
        for name in ("c2", "c1", "c2", "c3", "c1", "c2"):
            decision = cases[name]
            put(store, sample_change(decision))
            written += decision.records
            cases[name] = sample_next(decision.case)
        assert list(store.feed()) == [Fed(n, record) for n, record in enumerate(written, 1)]

    def test_the_feed_is_read_on_from_a_position(self, store: Storage) -> None:
        """Pages of any size give the same as one reading, and no page is longer than asked."""
        put(store, *(sample_change(sample_opening(f"c{n}")) for n in range(4)))
        put(store, sample_change(sample_history("c9", steps=2)))
        everything = list(store.feed())
        for limit in (1, 2, 3, 500):
            assert whole_feed(store, limit) == everything
        assert store.feed(3, 2) == tuple(everything[3:5])

    def test_what_is_committed_together_stands_together(self, store: Storage) -> None:
        """One block's records follow one another, each case's by version, after all of before."""
        put(store, sample_change(sample_opening("c5")))
        decisions = {name: sample_history(name, steps=2) for name in ("c2", "c1", "c3")}
        with store.transaction() as transaction:
            transaction.write([sample_change(decisions["c2"])])
            transaction.write([sample_change(decisions["c1"]), sample_change(decisions["c3"])])
        put(store, sample_change(sample_opening("c4")))
        fed = [x.record for x in store.feed()]
        together = fed[2:-2]
        assert {record.case_id for record in together} == {"c1", "c2", "c3"}
        for name, decision in decisions.items():
            assert tuple(r for r in together if r.case_id == name) == decision.records
        assert [x.position for x in store.feed()] == list(range(1, len(fed) + 1))

    def test_what_was_rolled_back_leaves_no_gap(self, store: Storage) -> None:
        """Neither a block that raised nor a caught conflict takes a position."""
        first, second = sample_opening("c1"), sample_opening("c2")
        put(store, sample_change(first))
        with pytest.raises(Stop):
            write_and_stop(store, sample_change(second))
        with store.transaction() as transaction:
            with pytest.raises(ConflictError):
                transaction.write([sample_change(second), sample_change(first)])
            transaction.write([sample_change(sample_opening("c3"))])
        fed = store.feed()
        assert [x.position for x in fed] == [1, 2, 3, 4]
        assert [x.record.case_id for x in fed] == ["c1", "c1", "c3", "c3"]

    def test_every_tenant_has_its_own_order(self, open_store: Callable[[str], Storage]) -> None:
        """Positions of one tenant are not moved on by what another one writes."""
        ours, theirs = open_store("tenant-a"), open_store("tenant-b")
        for number in range(3):
            put(ours, sample_change(sample_opening(f"a{number}")))
            put(theirs, sample_change(sample_opening(f"b{number}")))
        for store, letter in ((ours, "a"), (theirs, "b")):
            assert [x.position for x in store.feed()] == [1, 2, 3, 4, 5, 6]
            assert {x.record.case_id[0] for x in store.feed()} == {letter}

    def test_who_reads_on_misses_nothing(self, open_store: Callable[[str], Storage]) -> None:
        """However slowly others commit, no position appears below one that was seen."""
        stores = [open_store("tenant-a") for _ in range(2)]
        reader = open_store("tenant-a")
        looked, done = threading.Event(), threading.Event()
        changes = [
            [sample_change(sample_opening(f"w{w}-{n}")) for n in range(EACH)]
            for w in range(WRITERS)
        ]

        def write(number: int) -> None:
            for n, change in enumerate(changes[number]):
                with stores[number % 2].transaction() as transaction:
                    transaction.write([change])
                    if (n + number) % SLOW_EVERY == 0:
                        looked.clear()
                        looked.wait(SLOW)

        def write_all() -> None:
            try:
                run(*(lambda w=w: write(w) for w in range(WRITERS)))
            finally:
                done.set()

        seen: list[Fed] = []

        def read() -> None:
            while not done.wait(BREATH):
                seen.extend(tail(reader, seen))
                looked.set()

        run(write_all, read)
        seen.extend(tail(reader, seen))
        assert [x.position for x in seen] == list(range(1, 2 * WRITERS * EACH + 1))
        assert seen == whole_feed(reader)
        assert_chained(reader)

    # --- Cursors ----------------------------------------------------------------------------------

    def test_a_cursor_begins_at_nothing_and_moves_on(self, store: Storage) -> None:
        """It stands where its consumer put it, and those of others stay."""
        put(store, sample_change(sample_opening("c1")))
        assert store.cursor("report") == 0
        move(store, "report", 0, 1)
        assert (store.cursor("report"), store.cursor("search")) == (1, 0)
        move(store, "report", 1, 1)
        move(store, "report", 1, 2)
        assert store.cursor("report") == 2

    def test_a_cursor_moves_from_where_it_is(self, store: Storage) -> None:
        """Who thinks that it is elsewhere has read what another one worked off."""
        put(store, sample_change(sample_opening("c1")))
        move(store, "report", 0, 1)
        for expected in (0, 2):
            with pytest.raises(CursorMovedError) as caught:
                move(store, "report", expected, 2)
            assert (caught.value.consumer, caught.value.found) == ("report", 1)
        assert store.cursor("report") == 1

    def test_a_cursor_goes_neither_back_nor_beyond(self, store: Storage) -> None:
        """A position before its own, and one that no record has, are errors."""
        put(store, sample_change(sample_opening("c1")))
        move(store, "report", 0, 1)
        for position in (0, -1, 3):
            with pytest.raises(ArgumentError):
                move(store, "report", 1, position)
        with pytest.raises(ArgumentError):
            move(store, "new", 0, 3)
        assert (store.cursor("report"), store.cursor("new")) == (1, 0)

    def test_a_cursor_moves_with_its_block(self, store: Storage) -> None:
        """What a consumer wrote and how far it came stand together, or neither does."""
        put(store, sample_change(sample_opening("c1")))

        def move_and_stop() -> None:
            with store.transaction() as transaction:
                transaction.move_cursor("report", 0, 2)
                transaction.write([sample_change(sample_opening("c2"))])
                raise Stop

        with pytest.raises(Stop):
            move_and_stop()
        assert store.cursor("report") == 0
        with store.transaction() as transaction:
            transaction.write([sample_change(sample_opening("c2"))])
            with pytest.raises(CursorMovedError):
                transaction.move_cursor("report", 1, 2)
            transaction.move_cursor("report", 0, 2)
        assert store.cursor("report") == 2
        assert store.case("c2") is not None

    def test_of_two_under_one_name_one_moves(self, open_store: Callable[[str], Storage]) -> None:
        """Consumers that read the same at once do not both work it off."""
        stores = [open_store("tenant-a") for _ in range(3)]
        put(stores[0], sample_change(sample_opening("c1")))
        start, moved = threading.Barrier(len(stores)), list[int]()

        def try_to(number: int) -> None:
            start.wait()
            for expected in (0, 1):
                try:
                    move(stores[number], "report", expected, expected + 1)
                except ConflictError:
                    continue
                moved.append(expected)

        run(*(lambda n=n: try_to(n) for n in range(len(stores))))
        assert sorted(set(moved)) == sorted(moved)
        assert stores[0].cursor("report") == len(moved) > 0
