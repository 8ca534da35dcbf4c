"""Laws of the outbox: in order, not before its time, out once, again after a failure."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import attrs
import pytest

from wenzheng_core.domain.errors import NaiveTimeError, UnknownError
from wenzheng_core.ports import DeadLetter, Outgoing, Storage
from wenzheng_core.testing.builders import HOUR, START
from wenzheng_core.testing.builders import sample_outgoing as item
from wenzheng_core.testing.storage_calls import Stop, run, tell

TICK = timedelta(microseconds=1)


def take(
    store: Storage, holder: str, now: datetime = START, limit: int = 10
) -> tuple[Outgoing, ...]:
    """Take items for an hour, in a block of its own."""
    with store.transaction() as transaction:
        return transaction.take(now, now + HOUR, holder, limit)


def kill(store: Storage, *keys: str, at: datetime = START) -> None:
    """Make dead letters of items."""
    with store.transaction() as transaction:
        for key in keys:
            assert transaction.failed(key, at, f"no such number: {key}", retry_at=None)


def keys(items: tuple[Outgoing, ...]) -> list[str]:
    """The keys in order."""
    return [item.key for item in items]


def ready(store: Storage, now: datetime) -> list[str]:
    """The keys of what is ready and leased to nobody."""
    with store.transaction() as transaction:
        return keys(transaction.outbox(now, 100))


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
            transaction.failed("a", START, "no signal", retry_at=START + HOUR)
        with store.transaction() as transaction:
            assert [i.key for i in transaction.outbox(START, 10)] == ["b"]
            found = transaction.outbox(START + HOUR, 10)
            again = attrs.evolve(item("a"), ready_at=START + HOUR, attempts=1)
            assert found == (item("b"), again)
            transaction.failed("a", START + HOUR, "no signal", retry_at=START + 2 * HOUR)
            assert [i.attempts for i in transaction.outbox(START + 2 * HOUR, 10)] == [0, 2]

    def test_a_failure_after_success_changes_nothing(self, store: Storage) -> None:
        """Of two that deliver one item at once, the one that succeeded has the last word."""
        tell(store, item("a"))
        with store.transaction() as transaction:
            transaction.sent("a", START, "receipt-1")
            transaction.failed("a", START, "timeout", retry_at=START + HOUR)
        with store.transaction() as transaction:
            assert transaction.outbox(START + 2 * HOUR, 10) == ()

    def test_an_unknown_key_is_an_error(self, store: Storage) -> None:
        """Noting what became of an item that nobody put down is refused."""
        with store.transaction() as transaction:
            with pytest.raises(UnknownError):
                transaction.sent("nobody", START, "receipt")
            with pytest.raises(UnknownError):
                transaction.failed("nobody", START, "error", retry_at=None)
            with pytest.raises(UnknownError):
                transaction.revive("nobody", START)

    def test_the_first_receipt_is_told_from_later_ones(self, store: Storage) -> None:
        """Noting says whether it was the first; a failure says whether it counted."""
        tell(store, item("a"))
        with store.transaction() as transaction:
            assert transaction.failed("a", START, "error", retry_at=START) is True
            assert transaction.sent("a", START, "receipt-1") is True
            assert transaction.sent("a", START + HOUR, "receipt-2") is False
            assert transaction.failed("a", START, "error", retry_at=START) is False
            assert transaction.failed("a", START, "error", retry_at=None) is False
        assert ready(store, START + HOUR) == []
        assert store.dead_letters() == ()

    # --- Taking -----------------------------------------------------------------------------------

    def test_what_is_taken_is_nobody_elses(self, store: Storage) -> None:
        """The oldest first, as it was put down; neither another nor the holder is given it again."""
        items = (item("b", ready_at=START - HOUR), item("a"), item("c"))
        tell(store, *items)
        assert take(store, "w1", limit=2) == items[:2]
        assert take(store, "w2", limit=2) == items[2:]
        assert take(store, "w1") == take(store, "w3") == ()
        assert ready(store, START + HOUR - TICK) == []

    def test_a_lease_that_ends_gives_its_items_back(self, store: Storage) -> None:
        """At its very end another one is given them, and not a microsecond before."""
        tell(store, item("a"))
        assert keys(take(store, "w1")) == ["a"]
        assert take(store, "w2", START + HOUR - TICK) == ()
        assert ready(store, START + HOUR) == ["a"]
        assert keys(take(store, "w2", START + HOUR)) == ["a"]
        assert take(store, "w1", START + HOUR) == ()

    def test_nothing_is_taken_before_its_time(self, store: Storage) -> None:
        """Nor what went out, nor what is dead."""
        tell(store, item("a"), item("later", ready_at=START + TICK), item("sent"), item("dead"))
        with store.transaction() as transaction:
            transaction.sent("sent", START, "receipt")
        kill(store, "dead")
        assert keys(take(store, "w1")) == ["a"]
        assert keys(take(store, "w1", START + TICK)) == ["later"]

    def test_a_block_that_raises_takes_nothing(self, store: Storage) -> None:
        """The items are there for the next one."""
        tell(store, item("a"))

        def take_and_stop() -> None:
            with store.transaction() as transaction:
                assert keys(transaction.take(START, START + HOUR, "w1", 10)) == ["a"]
                assert transaction.outbox(START, 10) == ()
                raise Stop

        with pytest.raises(Stop):
            take_and_stop()
        assert keys(take(store, "w2")) == ["a"]

    def test_two_that_take_at_once_are_given_different_items(
        self, open_store: Callable[[str], Storage]
    ) -> None:
        """All items go to somebody, and none to two."""
        stores = [open_store("tenant-a") for _ in range(3)]
        names = [f"i{n:02}" for n in range(30)]
        tell(stores[0], *map(item, names))
        start, taken = threading.Barrier(len(stores)), list[str]()

        def work(number: int) -> None:
            start.wait()
            for _ in names:
                taken.extend(keys(take(stores[number], f"w{number}", limit=4)))

        run(*(lambda n=n: work(n) for n in range(len(stores))))
        assert sorted(taken) == names

    def test_who_took_notes_what_became_of_it(self, store: Storage) -> None:
        """A failure by the holder ends its lease: the item is free from its next time on."""
        tell(store, item("a"), item("b"))
        take(store, "w1")
        with store.transaction() as transaction:
            assert transaction.failed("a", START, "busy", retry_at=START + 60 * TICK, holder="w1")
            assert transaction.sent("b", START, "receipt")
        again = attrs.evolve(item("a"), ready_at=START + 60 * TICK, attempts=1)
        assert take(store, "w2", START + 59 * TICK) == ()
        assert take(store, "w2", START + 60 * TICK) == (again,)

    def test_a_stale_failure_does_not_count(self, store: Storage) -> None:
        """Who wakes after its lease changes nothing of what another one has taken since."""
        tell(store, item("a"))
        take(store, "w1")
        late = START + HOUR
        take(store, "w2", late)
        with store.transaction() as transaction:
            for retry_at in (late, None):
                for holder in ("w1", ""):
                    assert not transaction.failed(
                        "a", late, "timeout", retry_at=retry_at, holder=holder
                    )
        assert ready(store, late) == []
        assert store.dead_letters() == ()
        with store.transaction() as transaction:
            assert transaction.failed("a", late, "timeout", retry_at=late, holder="w2")
            assert [i.attempts for i in transaction.outbox(late, 10)] == [1]

    def test_a_receipt_counts_whoever_brings_it(self, store: Storage) -> None:
        """It did arrive: that is so, whose item it is by now or not."""
        tell(store, item("a"))
        take(store, "w1")
        take(store, "w2", START + HOUR)
        with store.transaction() as transaction:
            assert transaction.sent("a", START + HOUR, "receipt of w1")
        assert ready(store, START + 9 * HOUR) == []
        with store.transaction() as transaction:
            assert not transaction.failed("a", START + HOUR, "error", retry_at=None, holder="w2")

    # --- Dead letters -----------------------------------------------------------------------------

    def test_what_is_tried_no_more_is_a_dead_letter(self, store: Storage) -> None:
        """It goes out no more, and shows what it was, how often it was tried, when it died and why."""
        tell(store, item("a"))
        with store.transaction() as transaction:
            transaction.failed("a", START, "busy", retry_at=START + HOUR)
            assert transaction.failed("a", START + HOUR, "空号", retry_at=None)
            assert not transaction.failed("a", START + HOUR, "again", retry_at=START)
            assert not transaction.failed("a", START + HOUR, "again", retry_at=None)
        (letter,) = store.dead_letters()
        assert letter == DeadLetter(
            attrs.evolve(item("a"), attempts=2, ready_at=letter.item.ready_at),
            START + HOUR,
            "空号",
        )
        assert letter.died_at.tzinfo is START.tzinfo
        assert ready(store, START + 99 * HOUR) == []
        assert take(store, "w1", START + 99 * HOUR) == ()

    def test_dead_letters_come_page_by_page(self, store: Storage) -> None:
        """By key, above a key, no more than asked."""
        names = ["d", "b", "a", "c", "B", "e"]
        tell(store, *map(item, names))
        kill(store, *names[:-1])

        def found(after: str = "", limit: int = 500) -> list[str]:
            return [letter.item.key for letter in store.dead_letters(after, limit)]

        assert found() == ["B", "a", "b", "c", "d"]
        assert found("a") == found("aa") == ["b", "c", "d"]
        assert found("a", 2) == ["b", "c"]
        assert found("d") == []

    def test_a_dead_letter_is_put_down_again(self, store: Storage) -> None:
        """As if it had never been tried; nothing else can be, and not twice."""
        tell(store, item("a"), item("sent"), item("waits"))
        kill(store, "a")
        with store.transaction() as transaction:
            transaction.sent("sent", START, "receipt")
            assert transaction.revive("a", START + HOUR) is True
            assert transaction.revive("a", START + HOUR) is False
            assert transaction.revive("sent", START) is False
            assert transaction.revive("waits", START - HOUR) is False
            assert transaction.outbox(START, 10) == (item("waits"),)
            fresh = attrs.evolve(item("a"), ready_at=START + HOUR)
            assert transaction.outbox(START + HOUR, 10) == (item("waits"), fresh)
        assert store.dead_letters() == ()
        assert keys(take(store, "w1", START + HOUR)) == ["waits", "a"]

    def test_a_dead_letter_that_arrived_after_all_has_arrived(self, store: Storage) -> None:
        """A late receipt is the first one, and the letter is dead no more."""
        tell(store, item("a"))
        kill(store, "a")
        with store.transaction() as transaction:
            assert transaction.sent("a", START + HOUR, "receipt") is True
            assert transaction.sent("a", START + HOUR, "receipt") is False
            assert transaction.revive("a", START) is False
        assert store.dead_letters() == ()
        assert ready(store, START + 99 * HOUR) == []

    def test_instants_of_the_outbox_are_never_naive(self, store: Storage) -> None:
        """An instant without a zone is an error, never a guess."""
        tell(store, item("a"))
        naive = START.replace(tzinfo=None)
        with store.transaction() as transaction:
            for call in (
                lambda: transaction.outbox(naive, 1),
                lambda: transaction.take(naive, START, "w1", 1),
                lambda: transaction.take(START, naive, "w1", 1),
                lambda: transaction.sent("a", naive, "receipt"),
                lambda: transaction.failed("a", naive, "error", retry_at=START),
                lambda: transaction.failed("a", START, "error", retry_at=naive),
                lambda: transaction.revive("a", naive),
            ):
                with pytest.raises(NaiveTimeError):
                    call()
            assert transaction.outbox(START, 10) == (item("a"),)
