"""Following the feed: in order, without a gap, and one effect a record for what is written with it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from wenzheng_core import Fed, Transaction
from wenzheng_core.domain.errors import ArgumentError
from wenzheng_core.memory import MemoryStorage
from wenzheng_core.ports import BusyError, CursorMovedError, Entry
from wenzheng_core.testing.builders import START
from wenzheng_core.testing.offices import assigned, sample_office


class Reader:
    """A handler that writes a line for each record, and fails when it is told to."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.batches: list[list[int]] = []

    def __call__(self, fed: Sequence[Fed], transaction: Transaction) -> None:
        """Write a line for each record."""
        self.batches.append([each.position for each in fed])
        transaction.enter([Entry(f"seen/{each.position:04}", START) for each in fed])
        if self.errors:
            raise self.errors.pop(0)


def test_following_works_off_the_feed_in_batches() -> None:
    """Every record comes once, in order; then there is nothing until something happens."""
    office, read = sample_office(), Reader()
    assigned(office, "1", "2")
    last = office.storage.head().position
    assert office.follow("bi", read, batch=3) == last
    assert [n for batch in read.batches for n in batch] == list(range(1, last + 1))
    assert {len(batch) for batch in read.batches[:-1]} == {3}
    assert office.follow("bi", read) == 0
    assigned(office, "3")
    assert office.follow("bi", read) == office.cursor("bi") - last > 0


def test_a_handler_that_fails_gets_the_batch_again() -> None:
    """Neither what it wrote nor its place is kept; the batches before it are."""
    office, broken = sample_office(), Reader()
    assigned(office, "1", "2")

    def handle(fed: Sequence[Fed], transaction: Transaction) -> None:
        broken(fed, transaction)
        if len(broken.batches) == 2:
            raise ValueError("kaputt")

    with pytest.raises(ValueError, match="kaputt"):
        office.follow("bi", handle, batch=2)
    assert office.cursor("bi") == len(office.storage.entries("seen/")) == 2
    office.follow("bi", Reader(), batch=2)
    assert len(office.storage.entries("seen/")) == office.storage.head().position


def test_a_batch_that_conflicts_is_handed_over_again() -> None:
    """The database gives way once: the handler sees the batch again, and its lines stand once."""
    office, read = sample_office(), Reader(BusyError())
    assigned(office, "1")
    last = office.storage.head().position
    assert office.follow("bi", read) == last
    assert read.batches == [list(range(1, last + 1))] * 2
    assert len(office.storage.entries("seen/")) == last


def test_two_under_one_name_are_noticed() -> None:
    """The one that comes second is refused before its handler has seen anything."""
    office, late = sample_office(), Reader()
    assigned(office, "1")
    feed = office.storage.feed

    def overtaken(after: int = 0, limit: int = 500) -> tuple[Fed, ...]:
        found = feed(after, limit)
        office.storage.feed = feed  # type: ignore[method-assign]
        office.follow("bi", Reader())
        return found

    office.storage.feed = overtaken  # type: ignore[method-assign]
    with pytest.raises(CursorMovedError):
        office.follow("bi", late)
    assert late.batches == []


def test_a_handler_that_makes_records_does_not_follow_its_own_tail() -> None:
    """One call works off the feed as it stood when it began."""
    office = sample_office()
    assigned(office, "1")
    last, made = office.storage.head().position, []

    def handle(fed: Sequence[Fed], transaction: Transaction) -> None:
        made.append(len(fed))

    def more(after: int = 0, limit: int = 500) -> tuple[Fed, ...]:
        assigned(office, f"more-{len(made)}-{after}")
        return MemoryStorage.feed(office.storage, after, limit)  # type: ignore[arg-type]

    office.storage.feed = more  # type: ignore[method-assign]
    assert office.follow("bi", handle, batch=2) >= last
    assert len(made) <= last


def test_a_cursor_is_moved_by_hand() -> None:
    """Forward and no further than the feed reaches; from where it is said to stand, if that is said."""
    office = sample_office()
    assigned(office, "1")
    last = office.storage.head().position
    office.advance("bi", 2)
    office.advance("bi", 3, expected=2)
    assert (office.cursor("bi"), office.cursor("other")) == (3, 0)
    with pytest.raises(CursorMovedError):
        office.advance("bi", 4, expected=2)
    for position in (2, last + 1):
        with pytest.raises(ArgumentError):
            office.advance("bi", position)
    assert [each.position for each in office.feed(office.cursor("bi"))] == list(range(4, last + 1))
