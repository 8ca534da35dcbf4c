"""Taking turns: a part of the work under a lease, so that several workers may share one store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import attrs

from wenzheng_core.domain.errors import ArgumentError, require_text
from wenzheng_core.ports import Lease, Storage, Transaction


def never() -> bool:
    """No: nobody asks for a stop."""
    return False


def _positive(_: object, field: attrs.Attribute[timedelta], value: timedelta) -> None:
    if value <= timedelta(0):
        raise ArgumentError(field.name, "时长须大于 0")


def _named(_: object, __: object, value: str) -> None:
    require_text(value, "holder")


@attrs.frozen
class Leasing:
    """In whose name leases are taken, for how long, and by which clock.

    Attributes:
        holder: a name that no other process has, nor this one after a restart. ArgumentError if
            empty.
        ttl: how long a lease lasts unless it is prolonged, as every transaction under it does.
            ArgumentError unless it is positive.
        now: the clock by which leases begin and end.
        stopped: whether to stop before the next batch.
    """

    holder: str = attrs.field(validator=_named)
    ttl: timedelta = attrs.field(validator=_positive)
    now: Callable[[], datetime]
    stopped: Callable[[], bool] = never

    @property
    def until(self) -> datetime:
        """When a lease ends that is taken or prolonged now."""
        return self.now() + self.ttl


@attrs.define
class Turn:
    """One's turn at a part of the work; without a lease everybody's turn is always."""

    _leasing: Leasing | None = None
    _lease: Lease | None = None

    def hold(self, transaction: Transaction) -> None:
        """Make sure in this transaction that it still is one's turn. Raises LeaseLostError."""
        if self._lease is not None and self._leasing is not None:
            self._lease = transaction.hold(self._lease, self._leasing.until)

    @property
    def stopped(self) -> bool:
        """Whether to stop before the next batch."""
        return self._leasing is not None and self._leasing.stopped()

    def end(self, storage: Storage) -> None:
        """Let the next one have it."""
        if self._lease is not None:
            storage.release(self._lease)


@contextmanager
def turn_at(storage: Storage, name: str, leasing: Leasing | None) -> Iterator[Turn | None]:
    """One's turn at what ``name`` says, for the length of the block; None while another has it."""
    if leasing is None:
        yield Turn()
        return
    lease = storage.acquire(name, leasing.holder, leasing.now(), leasing.until)
    if lease is None:
        yield None
        return
    turn = Turn(leasing, lease)
    try:
        yield turn
    finally:
        turn.end(storage)
