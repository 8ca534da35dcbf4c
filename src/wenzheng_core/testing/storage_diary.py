"""Laws of the diary: a line stands once, with what it tells, and is found by the start of its key."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, timedelta

import pytest

from wenzheng_core.domain.errors import ConflictError
from wenzheng_core.domain.instants import BEIJING
from wenzheng_core.ports import JSON, Entry, Storage
from wenzheng_core.testing.builders import HOUR, START, sample_change, sample_opening
from wenzheng_core.testing.builders import sample_outgoing as item
from wenzheng_core.testing.storage_calls import enter

GREATEST = chr(0x10FFFF)
STRANGE = ("a%b/1", "axb/1", "a_b/1", "a%b", "A%b/1", "a%b/1/x", "a", f"a%b{GREATEST}", "运行/1")


def keys(entries: tuple[Entry, ...]) -> list[str]:
    """The keys in the order given."""
    return [entry.key for entry in entries]


class DiaryLaws:
    """What is entered, and how it is found."""

    def test_a_line_comes_back_as_it_was_entered(self, store: Storage) -> None:
        """Its instant to the microsecond and in UTC, its body with every kind of value."""
        body: dict[str, JSON] = {
            "n": 0,
            "big": 2**60,
            "yes": True,
            "none": None,
            "文": "字",
            "l": [1, {"a": [""]}],
        }
        entry = Entry("run/a/1", START.astimezone(BEIJING), body)
        with store.transaction() as transaction:
            transaction.enter([entry])
            assert transaction.last_entry("run/") == entry
        (found,) = store.entries("run/")
        assert found == entry
        assert (found.at, found.at.tzinfo) == (START, UTC)
        assert found.body["l"] == (1, {"a": ("",)})

    def test_lines_come_by_prefix_and_key(self, store: Storage) -> None:
        """Whatever the order of entering, a page begins above a key and keeps to the prefix."""
        enter(store, "run/b/2", "run/a/2", "run/a/1")
        enter(store, "run/ab/1", "start/a", "run/a/3")
        assert keys(store.entries("run/a/")) == ["run/a/1", "run/a/2", "run/a/3"]
        assert keys(store.entries("run/a/", limit=2)) == ["run/a/1", "run/a/2"]
        assert keys(store.entries("run/a/", "run/a/1")) == ["run/a/2", "run/a/3"]
        assert keys(store.entries("run/a/", "run/a/2", 1)) == ["run/a/3"]
        assert keys(store.entries("run/b", "a")) == ["run/b/2"]
        assert store.entries("run/a/", "run/a/3") == ()
        assert store.entries("run/a/", "s") == ()
        assert store.entries("run/c") == ()
        assert len(store.entries("")) == 6

    def test_no_character_of_a_prefix_stands_for_another(self, store: Storage) -> None:
        """``%``, ``_`` and the case of a letter are what they are, also at the end of a prefix."""
        enter(store, *STRANGE)
        for prefix in (*STRANGE, "a%", "a_", "A", "a%b/", GREATEST, "", "运"):
            expected = sorted(key for key in STRANGE if key.startswith(prefix))
            assert keys(store.entries(prefix)) == expected
            last = store.last_entry(prefix)
            assert ([last.key] if last else []) == expected[-1:]

    def test_the_last_line_is_the_greatest_key(self, store: Storage) -> None:
        """By its key, not by when it was entered; in and out of a block."""
        assert store.last_entry("run/a/") is None
        enter(store, "run/a/2", "run/b/1")
        enter(store, "run/a/1")
        with store.transaction() as transaction:
            transaction.enter([Entry("run/a/3", START)])
            within, outside = transaction.last_entry("run/a/"), Entry("run/a/3", START)
            assert within == outside
        assert store.last_entry("run/a/") == outside
        assert store.last_entry("run/c") is None

    def test_a_line_stands_once(self, store: Storage) -> None:
        """A key that is there takes the whole call with it, and the first line stays."""
        enter(store, "a")
        with store.transaction() as transaction:
            with pytest.raises(ConflictError):
                transaction.enter([Entry("b", START), Entry("a", START + HOUR)], [item("t", "")])
            with pytest.raises(ConflictError):
                transaction.enter([Entry("c", START), Entry("c", START)])
            assert transaction.last_entry("b") is None
            assert transaction.outbox(START, 10) == ()
            transaction.enter([Entry("d", START)])
        assert store.entries("") == (Entry("a", START), Entry("d", START))

    def test_a_line_goes_with_what_it_tells(self, store: Storage) -> None:
        """Both or neither; an item may belong to no case, and its key is one of all outgoing items."""
        with store.transaction() as transaction:
            transaction.enter([Entry("a", START)], [item("t", "")])
            assert transaction.outbox(START, 10) == (item("t", ""),)
            with pytest.raises(ConflictError):
                transaction.enter([Entry("b", START)], [item("t", "")])
            with pytest.raises(ConflictError):
                transaction.enter([Entry("c", START)], [item("twice", ""), item("twice", "")])
            with pytest.raises(ConflictError):
                transaction.write([sample_change(sample_opening("c1"), outgoing=[item("t")])])
        assert keys(store.entries("")) == ["a"]
        with store.transaction() as transaction:
            transaction.sent("t", START, "receipt")
            assert transaction.outbox(START + HOUR, 10) == ()

    def test_a_block_that_raises_enters_nothing(self, store: Storage) -> None:
        """Neither the line nor what it tells is there, and the key is free."""

        def enter_and_fail() -> None:
            with store.transaction() as transaction:
                transaction.enter([Entry("a", START)], [item("t", "")])
                raise KeyError

        with pytest.raises(KeyError):
            enter_and_fail()
        assert store.entries("") == ()
        with store.transaction() as transaction:
            assert transaction.outbox(START, 10) == ()
        enter(store, "a")
        assert keys(store.entries("")) == ["a"]

    def test_a_diary_is_its_tenants_own(self, open_store: Callable[[str], Storage]) -> None:
        """One tenant's lines are not another's, and their keys do not meet."""
        first, second = open_store("tenant-a"), open_store("tenant-b")
        enter(first, "a")
        assert (second.entries(""), second.last_entry("")) == ((), None)
        with second.transaction() as transaction:
            transaction.enter([Entry("a", START + timedelta(days=1))])
        assert first.entries("") == (Entry("a", START),)
        assert open_store("tenant-a").last_entry("a") == Entry("a", START)
