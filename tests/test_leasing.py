"""Turns: one at a time under leases, everybody without; given back at the end of the block."""

from __future__ import annotations

from datetime import timedelta

import pytest

from wenzheng_core.clock import FixedClock
from wenzheng_core.domain.errors import ArgumentError
from wenzheng_core.leasing import Leasing, turn_at
from wenzheng_core.memory import MemoryStorage
from wenzheng_core.ports import LeaseLostError
from wenzheng_core.testing.builders import START

TTL = timedelta(seconds=30)
CLOCK = FixedClock(START)
ONE, OTHER = Leasing("one", TTL, CLOCK.now), Leasing("other", TTL, CLOCK.now)


def test_one_turn_at_a_time() -> None:
    """While one has the turn another gets none; after the block it is free."""
    store = MemoryStorage()
    with turn_at(store, "x", ONE) as turn, turn_at(store, "x", OTHER) as second:
        assert (turn is None, second is None) == (False, True)
    with turn_at(store, "x", OTHER) as turn:
        assert turn is not None


def test_the_turn_is_free_when_the_work_failed() -> None:
    """Whatever the block raises, nobody waits for the lease to run out."""
    store = MemoryStorage()
    with pytest.raises(ValueError, match="boom"), turn_at(store, "x", ONE):
        raise ValueError("boom")
    with turn_at(store, "x", OTHER) as turn:
        assert turn is not None


def test_without_leases_it_is_everybodys_turn() -> None:
    """Two have it at once, and holding it costs nothing."""
    store = MemoryStorage()
    with turn_at(store, "x", None) as one, turn_at(store, "x", None) as other:
        assert one is not None
        assert other is not None
        with store.transaction() as transaction:
            one.hold(transaction)
            other.hold(transaction)


def test_holding_prolongs() -> None:
    """Each transaction under it gives the lease its whole length again."""
    store, clock = MemoryStorage(), FixedClock(START)
    mine, theirs = Leasing("one", TTL, clock.now), Leasing("other", TTL, clock.now)
    with turn_at(store, "x", mine) as turn:
        assert turn is not None
        clock.move_to(START + TTL - timedelta(seconds=1))
        with store.transaction() as transaction:
            turn.hold(transaction)
        clock.move_to(START + TTL + timedelta(seconds=1))
        with turn_at(store, "x", theirs) as other:
            assert other is None


def test_whoever_slept_through_the_lease_has_lost_it() -> None:
    """Another took the turn meanwhile: to hold it is refused, and giving it back takes nothing away."""
    store, clock = MemoryStorage(), FixedClock(START)
    mine, theirs = Leasing("one", TTL, clock.now), Leasing("other", TTL, clock.now)
    with turn_at(store, "x", mine) as turn:
        assert turn is not None
        clock.move_to(START + TTL)
        taken = store.acquire("x", "other", clock.now(), theirs.until)
        assert taken is not None
        with pytest.raises(LeaseLostError), store.transaction() as transaction:
            turn.hold(transaction)
    assert store.acquire("x", "one", clock.now(), mine.until) is None


@pytest.mark.parametrize(("holder", "ttl"), [("", TTL), (" ", TTL), ("one", timedelta(0))])
def test_a_lease_needs_a_name_and_a_length(holder: str, ttl: timedelta) -> None:
    """Nobody's lease, and one that ends when it begins, are refused where they are made."""
    with pytest.raises(ArgumentError):
        Leasing(holder, ttl, CLOCK.now)
