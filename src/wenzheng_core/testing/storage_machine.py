"""A store beside a plain dict: random courses of calls after which both must hold the same."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext, suppress
from datetime import datetime

import attrs
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from wenzheng_core.domain.errors import ArgumentError
from wenzheng_core.ports import CursorMovedError, DeadLetter, Entry, LeaseLostError
from wenzheng_core.testing.builders import HOUR, START
from wenzheng_core.testing.storage_model import Abort, Fresh, Model, instants

STEPS = 20

holders = st.sampled_from(["", "w1", "w2"])


class _Machine(Model):
    """The model with those who deliver, hold leases and follow the feed."""

    # --- What goes out ----------------------------------------------------------------------------

    @rule(now=instants, limit=st.integers(1, 3), holder=holders, hours=st.integers(1, 99))
    def take_items(self, now: datetime, limit: int, holder: str, hours: int) -> None:
        """Take what is ready, or see what it would be."""
        until = now + hours * HOUR
        self.tried.add("outbox")
        expected = self.ready(now, limit)
        with self.store.transaction() as transaction:
            assert list(transaction.outbox(now, limit)) == expected
            if holder:
                assert list(transaction.take(now, until, holder, limit)) == expected
                self.taken.update((item.key, (holder, until)) for item in expected)

    @rule(place=st.integers(0, 99), now=instants, holder=holders, dies=st.booleans())
    def fail(self, place: int, now: datetime, holder: str, dies: bool) -> None:
        """Note that an item could not go out, whosever it is by now."""
        if not self.waiting:
            return
        self.tried.add("outbox")
        key = sorted(self.waiting)[place % len(self.waiting)]
        counts = not self.is_taken(key, now, holder)
        retry_at = None if dies else now + HOUR
        with self.store.transaction() as transaction:
            found = transaction.failed(key, now, "error", retry_at=retry_at, holder=holder)
            assert found is counts
        if counts:
            item = self.waiting.pop(key)
            self.taken.pop(key, None)
            tried = attrs.evolve(item, attempts=item.attempts + 1)
            if retry_at is None:
                self.dead[key] = DeadLetter(tried, now, "error")
            else:
                self.waiting[key] = attrs.evolve(tried, ready_at=retry_at)

    @rule(place=st.integers(0, 99), now=instants)
    def send(self, place: int, now: datetime) -> None:
        """Note that an item went out, a dead one too; once more says that it had gone."""
        if not (here := sorted((*self.waiting, *self.dead))):
            return
        self.tried.add("outbox")
        key = here[place % len(here)]
        with self.store.transaction() as transaction:
            assert transaction.sent(key, now, "receipt")
            assert not transaction.sent(key, now, "again")
            assert not transaction.failed(key, now, "error", retry_at=now)
        for kept in (self.waiting, self.dead, self.taken):
            kept.pop(key, None)

    @rule(place=st.integers(0, 99), now=instants)
    def revive(self, place: int, now: datetime) -> None:
        """Put down again what is dead; nothing else."""
        if not (here := sorted((*self.waiting, *self.dead))):
            return
        self.tried.add("outbox")
        key = here[place % len(here)]
        with self.store.transaction() as transaction:
            assert transaction.revive(key, now) is (key in self.dead)
        if key in self.dead:
            item = self.dead.pop(key).item
            self.waiting[key] = attrs.evolve(item, attempts=0, ready_at=now)

    # --- Leases and cursors -----------------------------------------------------------------------

    @rule(name=st.sampled_from(["a", "b"]), holder=st.sampled_from(["w1", "w2"]), now=instants)
    def acquire(self, name: str, holder: str, now: datetime) -> None:
        """Ask for a lease of 100 hours."""
        until, old = now + 100 * HOUR, self.leases.get(name)
        lease = self.store.acquire(name, holder, now, until)
        held = old is not None and name not in self.given_back and old.until > now
        if old and held and old.holder != holder:
            assert lease is None
            return
        assert lease is not None
        assert (lease.name, lease.holder, lease.until) == (name, holder, until)
        if old is None or old.holder != holder:
            assert lease.epoch > (old.epoch if old else 0)
        else:
            assert lease.epoch == old.epoch or (not held and lease.epoch > old.epoch)
        self.leases[name] = lease
        self.given_back.discard(name)
        self.known.append(lease)

    @rule(place=st.integers(0, 99), abort=st.booleans())
    def hold(self, place: int, abort: bool) -> None:
        """Write a line under a lease, which may be lost by now."""
        if not self.known:
            return
        lease = self.known[place % len(self.known)]
        now = self.leases[lease.name]
        if lease.name in self.given_back:  # and nobody has had it since
            return
        self.tried.add("diary")
        mine = (now.holder, now.epoch) == (lease.holder, lease.epoch)
        key = f"held/{len(self.diary)}"
        refused = nullcontext() if mine else pytest.raises(LeaseLostError)
        with suppress(Abort), refused, self.store.transaction() as transaction:
            transaction.enter([Entry(key, START)])
            held = transaction.hold(lease, now.until + HOUR)
            assert held == attrs.evolve(now, until=now.until + HOUR)
            if abort:
                raise Abort
            self.leases[lease.name] = held
            self.diary[key] = Entry(key, START)

    @rule(place=st.integers(0, 99))
    def release(self, place: int) -> None:
        """Give a lease back, which may be another's by now."""
        if not self.known:
            return
        lease = self.known[place % len(self.known)]
        self.store.release(lease)
        now = self.leases[lease.name]
        if (now.holder, now.epoch) == (lease.holder, lease.epoch):
            self.given_back.add(lease.name)

    @rule(consumer=st.sampled_from(["x", "y"]), off=st.integers(-1, 1), on=st.integers(-2, 9))
    def move_cursor(self, consumer: str, off: int, on: int) -> None:
        """Move a cursor, from where it is or not, and to where it may go or not."""
        found, last = self.cursors.get(consumer, 0), self.compared
        expected, position = found + off, found + on
        self.tried.add("cursors")
        refused: AbstractContextManager[object] = nullcontext()
        if off:
            refused = pytest.raises(CursorMovedError)
        elif not found <= position <= last:
            refused = pytest.raises(ArgumentError)
        else:
            self.cursors[consumer] = position
        # Of what is wrong in two ways, either may be said.
        if off and not expected <= position <= last:
            refused = pytest.raises((CursorMovedError, ArgumentError))
        with self.store.transaction() as transaction, refused:
            transaction.move_cursor(consumer, expected, position)


def check_against_model(fresh: Fresh, examples: int | None = None) -> None:
    """Run the machine; raises AssertionError with the shortest course on which the two differ."""
    bounds = settings(stateful_step_count=STEPS, deadline=None)
    if examples is not None:
        bounds = settings(bounds, max_examples=examples)
    run_state_machine_as_test(  # a factory will do, as its documentation says
        lambda: _Machine(fresh),  # type: ignore[arg-type]
        settings=bounds,
    )
