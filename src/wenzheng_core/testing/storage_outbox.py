"""Laws of the outbox: in order, not before its time, out once, again after a failure."""

from __future__ import annotations

from datetime import timedelta

import attrs
import pytest

from wenzheng_core.domain.errors import UnknownError
from wenzheng_core.ports import Outgoing, Storage
from wenzheng_core.testing.builders import HOUR, START, sample_change, sample_opening
from wenzheng_core.testing.builders import sample_outgoing as item


def tell(store: Storage, *items: Outgoing) -> None:
    """Put items down with a new case."""
    with store.transaction() as transaction:
        transaction.write([sample_change(sample_opening("c1"), outgoing=items)])


class OutboxLaws:
    """What goes out, when and how often."""

    def test_items_come_oldest_first_then_by_key(self, store: Storage) -> None:
        """The order is that of ``ready_at``, then of the keys, whatever the order of writing."""
        items = [item("b"), item("z", ready_at=START - HOUR), item("a"), item("c")]
        tell(store, *items)
        with store.transaction() as transaction:
            assert [i.key for i in transaction.outbox(START, 10)] == ["z", "a", "b", "c"]
            assert [i.key for i in transaction.outbox(START, 2)] == ["z", "a"]
            assert transaction.outbox(START, 10)[1] == items[2]

    def test_nothing_goes_out_before_its_time(self, store: Storage) -> None:
        """An item is ready at its very instant and not a microsecond before."""
        tell(store, item("a"))
        with store.transaction() as transaction:
            assert transaction.outbox(START - timedelta(microseconds=1), 10) == ()
            assert [i.key for i in transaction.outbox(START, 10)] == ["a"]

    def test_what_is_sent_is_gone(self, store: Storage) -> None:
        """A sent item never comes again, and to note it twice does no harm."""
        tell(store, item("a"), item("b"))
        for _ in range(2):
            with store.transaction() as transaction:
                transaction.sent("a", START, "receipt-1")
        with store.transaction() as transaction:
            assert [i.key for i in transaction.outbox(START + HOUR, 10)] == ["b"]

    def test_what_failed_comes_again_later(self, store: Storage) -> None:
        """A failure counts and puts the item off; the rest of the queue goes on."""
        tell(store, item("a"), item("b"))
        with store.transaction() as transaction:
            transaction.failed("a", START + HOUR, "no signal")
        with store.transaction() as transaction:
            assert [i.key for i in transaction.outbox(START, 10)] == ["b"]
            found = transaction.outbox(START + HOUR, 10)
            again = attrs.evolve(item("a"), ready_at=START + HOUR, attempts=1)
            assert found == (item("b"), again)
            transaction.failed("a", START + 2 * HOUR, "no signal")
            assert [i.attempts for i in transaction.outbox(START + 2 * HOUR, 10)] == [0, 2]

    def test_a_failure_after_success_changes_nothing(self, store: Storage) -> None:
        """Of two that deliver one item at once, the one that succeeded has the last word."""
        tell(store, item("a"))
        with store.transaction() as transaction:
            transaction.sent("a", START, "receipt-1")
            transaction.failed("a", START + HOUR, "timeout")
        with store.transaction() as transaction:
            assert transaction.outbox(START + 2 * HOUR, 10) == ()

    def test_an_unknown_key_is_an_error(self, store: Storage) -> None:
        """Noting what became of an item that nobody put down is refused."""
        with store.transaction() as transaction:
            with pytest.raises(UnknownError):
                transaction.sent("nobody", START, "receipt")
            with pytest.raises(UnknownError):
                transaction.failed("nobody", START, "error")
