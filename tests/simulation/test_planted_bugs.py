"""The judges can tell: each bug that is planted is found, within few of the thousand seeds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import attrs
import pytest
from tests.simulation.judging import judge
from tests.simulation.stepped import SteppedStorage
from tests.simulation.town import Town
from tests.simulation.world import World

from wenzheng_core import ClockGuard, Fed, Office, Outgoing
from wenzheng_core.delivering import _Run
from wenzheng_core.diary import stamp
from wenzheng_core.memory import MemoryStorage
from wenzheng_core.memory.transactions import MemoryTransaction
from wenzheng_core.ports import Change, Entry, Lease, Storage, Transaction
from wenzheng_core.worker import _Steady

Patch = pytest.MonkeyPatch
SEEDS = 1000
TURNS = 160


def no_fence(patch: Patch) -> None:
    """A store that lets whoever once had a lease write under it."""

    def hold(self: MemoryTransaction, lease: Lease, until: datetime) -> Lease:
        return attrs.evolve(lease, until=until)

    patch.setattr(MemoryTransaction, "hold", hold)


def the_cursor_first(patch: Patch) -> None:
    """The cursor moves in a transaction of its own, before the records are handled."""

    def hand_over(
        self: Office, consumer: str, position: int, fed: Sequence[Fed], handle: Callable[..., None]
    ) -> None:
        with self.storage.transaction() as transaction:
            transaction.move_cursor(consumer, position, fed[-1].position)
        with self.storage.transaction() as transaction:
            handle(fed, transaction)

    patch.setattr(Office, "_hand_over", hand_over)


def the_cursor_last(patch: Patch) -> None:
    """The records are handled in a transaction of their own, before the cursor moves."""

    def hand_over(
        self: Office, consumer: str, position: int, fed: Sequence[Fed], handle: Callable[..., None]
    ) -> None:
        with self.storage.transaction() as transaction:
            handle(fed, transaction)
        with self.storage.transaction() as transaction:
            transaction.move_cursor(consumer, position, fed[-1].position)

    patch.setattr(Office, "_hand_over", hand_over)


def noted_before_sent(patch: Patch) -> None:
    """An item is marked as sent before it is."""
    send = _Run._send

    def noted_first(self: _Run, items: Sequence[Outgoing]) -> None:
        self._note_receipt(items, "r")
        send(self, items)

    patch.setattr(_Run, "_send", noted_first)


def every_receipt_counts(patch: Patch) -> None:
    """A second receipt of an item is taken for the first."""
    sent = MemoryTransaction.sent

    def always(self: MemoryTransaction, key: str, at: datetime, receipt: str) -> bool:
        sent(self, key, at, receipt)
        return True

    patch.setattr(MemoryTransaction, "sent", always)


def keys_are_forgotten(patch: Patch) -> None:
    """The answer to a key is not kept with what it brought about."""
    change = Office.change

    def without(self: Office, decision: Any, answer: object = None) -> Change:
        return change(self, decision)

    patch.setattr(Office, "change", without)


def no_guard(patch: Patch) -> None:
    """A worker believes whatever its clock says."""
    patch.setattr(ClockGuard, "jump", lambda self, now: None)


def the_wall_clock_within_a_step(patch: Patch) -> None:
    """Leases and receipts are dated by a clock that may be set in the middle of a step."""

    def jumping(self: _Steady) -> datetime:
        process = self.elapsed.__self__  # type: ignore[attr-defined]
        return process.now()  # type: ignore[no-any-return]

    patch.setattr(_Steady, "now", jumping)


def told_apart(patch: Patch) -> None:
    """What is to be told is put down in a transaction of its own, after the records."""
    plain = SteppedStorage.transaction

    @contextmanager
    def apart(self: SteppedStorage) -> Iterator[Transaction]:
        told: list[Outgoing] = []
        with plain(self) as transaction:
            write = transaction.write

            def bare(changes: Sequence[Change]) -> None:
                told.extend(item for change in changes for item in change.outgoing)
                write([attrs.evolve(change, outgoing=()) for change in changes])

            transaction.write = bare  # type: ignore[method-assign]
            yield transaction
        if told:
            with plain(self) as transaction:
                line = Entry(f"told/{stamp(self.world.now())}/{told[0].key}", self.world.now())
                transaction.enter([line], told)

    patch.setattr(SteppedStorage, "transaction", apart)


def leases_without_an_end(patch: Patch) -> None:
    """An item that was taken is never given to another: whoever dies with it takes it along."""
    take = MemoryTransaction.take

    def for_ever(
        self: MemoryTransaction, now: datetime, until: datetime, holder: str, limit: int
    ) -> object:
        return take(self, now, until + timedelta(days=3650), holder, limit)

    patch.setattr(MemoryTransaction, "take", for_ever)


BUGS = [
    no_fence,
    the_cursor_first,
    the_cursor_last,
    noted_before_sent,
    every_receipt_counts,
    keys_are_forgotten,
    no_guard,
    the_wall_clock_within_a_step,
    told_apart,
    leases_without_an_end,
]


def _found(seed: int) -> bool:
    world = World(seed)
    town = Town(world, _store())
    try:
        town.live(TURNS)
        town.settle()
        judge(town)
    except Exception:  # whatever it is that the bug brings about
        return True
    return False


def _store() -> Storage:
    return MemoryStorage("sample")


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.__name__)
def test_a_planted_bug_is_found(bug: Callable[[Patch], None], monkeypatch: Patch) -> None:
    """Without the bug the same seeds pass, as the thousand do; with it one of them fails."""
    bug(monkeypatch)
    assert any(map(_found, range(SEEDS)))
