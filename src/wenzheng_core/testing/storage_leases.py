"""Laws of leases: one holder at a time, and nothing written by one whose time is over."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from wenzheng_core.domain.errors import NaiveTimeError
from wenzheng_core.domain.instants import BEIJING
from wenzheng_core.ports import Change, Lease, LeaseLostError, Storage
from wenzheng_core.testing.builders import HOUR, START, sample_change, sample_opening
from wenzheng_core.testing.storage_calls import Stop, run

TICK = timedelta(microseconds=1)
END = START + HOUR


def gained(store: Storage, holder: str = "w1", now: datetime = START, name: str = "sweep") -> Lease:
    """A lease of an hour that must be free."""
    lease = store.acquire(name, holder, now, now + HOUR)
    assert lease is not None
    return lease


def write_under(store: Storage, lease: Lease, *changes: Change, hold_last: bool = False) -> Lease:
    """Write in a block that makes sure of its lease."""
    with store.transaction() as transaction:
        if hold_last:
            transaction.write(changes)
        held = transaction.hold(lease, lease.until + HOUR)
        if not hold_last:
            transaction.write(changes)
    return held


class LeaseLaws:
    """Who may work on what."""

    def test_a_free_lease_is_had_for_the_asking(self, store: Storage) -> None:
        """It names what it is on, whose it is and till when, in UTC."""
        lease = store.acquire("sweep/07", "w1", START.astimezone(BEIJING), END.astimezone(BEIJING))
        assert lease is not None
        assert (lease.name, lease.holder, lease.until) == ("sweep/07", "w1", END)
        assert lease.until.tzinfo is UTC
        assert lease.epoch >= 1

    def test_a_lease_has_one_holder_until_its_end(self, store: Storage) -> None:
        """Another one gets it at its very end and not a microsecond before."""
        first = gained(store)
        assert store.acquire("sweep", "w2", START, END) is None
        assert store.acquire("sweep", "w2", END - TICK, END + HOUR) is None
        second = store.acquire("sweep", "w2", END, END + HOUR)
        assert second is not None
        assert (second.holder, second.until) == ("w2", END + HOUR)
        assert second.epoch > first.epoch
        assert store.acquire("sweep", "w1", END, END + HOUR) is None

    def test_a_holder_prolongs_what_it_has(self, store: Storage) -> None:
        """To ask again is to prolong: it did not change hands."""
        first = gained(store)
        again = store.acquire("sweep", "w1", START + HOUR / 2, END + HOUR)
        assert again == Lease(name="sweep", holder="w1", epoch=first.epoch, until=END + HOUR)
        assert store.acquire("sweep", "w2", END, END + HOUR) is None

    def test_leases_of_different_names_are_apart(self, store: Storage) -> None:
        """What one holds of one thing keeps nobody from another; a name is what it is, to the letter."""
        gained(store, "w1", name="sweep/1")
        for name in ("sweep/2", "sweep", "SWEEP/1", "sweep/1 ", "sweep/_"):
            assert gained(store, "w2", name=name).name == name

    def test_what_is_given_back_is_free_at_once(self, store: Storage) -> None:
        """The next one has it before its time was over."""
        first = gained(store)
        store.release(first)
        second = gained(store, "w2")
        assert second.epoch > first.epoch
        assert store.acquire("sweep", "w1", START, END) is None

    def test_a_lost_lease_cannot_be_given_back(self, store: Storage) -> None:
        """What another one holds by now is not freed; nor does anything happen the second time."""
        first = gained(store)
        second = gained(store, "w2", END)
        store.release(first)
        assert store.acquire("sweep", "w3", END, END + HOUR) is None
        store.release(second)
        store.release(second)
        third = gained(store, "w3", END)
        assert first.epoch < second.epoch < third.epoch

    def test_a_block_under_its_lease_prolongs_it(self, store: Storage) -> None:
        """What it wrote is there, and nobody else gets the lease before the new end."""
        lease = gained(store)
        held = write_under(store, lease, sample_change(sample_opening("c1")))
        assert held == Lease(name="sweep", holder="w1", epoch=lease.epoch, until=END + HOUR)
        assert store.case("c1") is not None
        assert store.acquire("sweep", "w2", END, END + HOUR) is None
        assert store.acquire("sweep", "w2", END + HOUR, END + 2 * HOUR) is not None

    @pytest.mark.parametrize("hold_last", [False, True])
    def test_who_wakes_after_its_lease_writes_nothing(
        self, store: Storage, hold_last: bool
    ) -> None:
        """However late it comes: another one has had the lease since, so the whole block is void."""
        lease = gained(store)
        other = gained(store, "w2", END)
        change = sample_change(sample_opening("c1"))
        with pytest.raises(LeaseLostError) as caught:
            write_under(store, lease, change, hold_last=hold_last)
        assert caught.value.name == "sweep"
        assert (store.case("c1"), store.feed()) == (None, ())
        store.release(other)
        with pytest.raises(LeaseLostError):
            write_under(store, lease, change, hold_last=hold_last)
        assert gained(store, "w1", END).epoch > other.epoch
        with pytest.raises(LeaseLostError):
            write_under(store, lease, change, hold_last=hold_last)
        assert store.case("c1") is None

    def test_an_expired_lease_that_nobody_took_still_counts(self, store: Storage) -> None:
        """Nobody else can have begun in the meantime, so late work is no wrong work."""
        lease = gained(store)
        assert write_under(store, lease, sample_change(sample_opening("c1"))).until > END
        assert store.case("c1") is not None

    def test_a_lease_that_nobody_had_is_lost(self, store: Storage) -> None:
        """An invented one, and one of an epoch to come."""
        with pytest.raises(LeaseLostError):
            write_under(store, Lease(name="sweep", holder="w1", epoch=1, until=END))
        lease = gained(store)
        later = Lease(name="sweep", holder="w1", epoch=lease.epoch + 1, until=END)
        with pytest.raises(LeaseLostError):
            write_under(store, later)

    def test_a_lease_is_prolonged_with_its_block(self, store: Storage) -> None:
        """If the block raises, it ends when it would have ended."""
        lease = gained(store)

        def hold_and_stop() -> None:
            with store.transaction() as transaction:
                transaction.hold(lease, END + HOUR)
                raise Stop

        with pytest.raises(Stop):
            hold_and_stop()
        assert store.acquire("sweep", "w2", END, END + HOUR) is not None

    def test_a_caught_loss_keeps_the_rest_of_the_block(self, store: Storage) -> None:
        """Who looks after one lease that is lost may write under another one that is not."""
        lost, kept = gained(store), gained(store, name="rounds")
        gained(store, "w2", END)
        with store.transaction() as transaction:
            transaction.write([sample_change(sample_opening("c1"))])
            with pytest.raises(LeaseLostError):
                transaction.hold(lost, END + HOUR)
            transaction.hold(kept, END + HOUR)
        assert store.case("c1") is not None

    def test_of_many_that_ask_at_once_one_gets_it(
        self, open_store: Callable[[str], Storage]
    ) -> None:
        """A new lease as an expired one: one holder, and the others are told so, not stopped."""
        stores = [open_store("tenant-a") for _ in range(4)]
        start, epoch = threading.Barrier(len(stores)), 0
        for now in (START, END, END + HOUR):
            got: list[Lease | None] = []

            def ask(number: int, now: datetime = now, got: list[Lease | None] = got) -> None:
                start.wait()
                holder = f"w{number} at {now}"
                got.append(stores[number].acquire("sweep", holder, now, now + HOUR))

            run(*(lambda n=n: ask(n) for n in range(len(stores))))
            (winner,) = (lease for lease in got if lease is not None)
            assert len(got) == len(stores)
            assert winner.epoch > epoch
            epoch = winner.epoch

    def test_nobody_takes_a_lease_while_a_block_holds_it(
        self, open_store: Callable[[str], Storage]
    ) -> None:
        """Who asks at its end, while a block that prolonged it is not over yet, does not get it."""
        store, rival = open_store("tenant-a"), open_store("tenant-a")
        lease, asked = gained(store), list[Lease | None]()
        about_to = threading.Event()

        def ask() -> None:
            about_to.set()
            asked.append(rival.acquire("sweep", "w2", END, END + HOUR))

        thread = threading.Thread(target=ask)
        with store.transaction() as transaction:
            transaction.hold(lease, END + HOUR)
            thread.start()
            about_to.wait()
            transaction.write([sample_change(sample_opening("c1"))])
        thread.join()
        assert asked == [None]

    def test_instants_of_leases_are_never_naive(self, store: Storage) -> None:
        """An instant without a zone is an error, never a guess."""
        naive = START.replace(tzinfo=None)
        with pytest.raises(NaiveTimeError):
            store.acquire("sweep", "w1", naive, END)
        with pytest.raises(NaiveTimeError):
            store.acquire("sweep", "w1", START, naive)
        lease = gained(store)
        with store.transaction() as transaction, pytest.raises(NaiveTimeError):
            transaction.hold(lease, naive)
