"""A store whose every edge is the scheduler's, and what was committed through it, in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import attrs
from tests.simulation.world import DownError, World

from wenzheng_core.domain.events import Record
from wenzheng_core.ports import BusyError, Change, Lease, Storage, Transaction


@attrs.define
class Written:
    """What one transaction wrote, who it was, and under which leases."""

    by: str = ""
    at: datetime | None = None
    records: list[Record] = attrs.field(factory=list)
    holds: list[Lease] = attrs.field(factory=list)


@attrs.define(eq=False)
class SteppedStorage:
    """A store in whose gaps others go on, and whose answers may be lost."""

    inner: Storage
    world: World
    committed: list[Written] = attrs.field(factory=list)

    @property
    def tenant(self) -> str:
        """The tenant of the store within."""
        return self.inner.tenant

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """A transaction: others go on before it and after it, never within."""
        world = self.world
        world.edge()
        written = Written()
        with self.inner.transaction() as transaction:
            yield _Watched(transaction, written)  # type: ignore[misc]
            world.die_if_dead()
            if world.happens(world.faults.lost_commit):
                raise DownError("没有提交")
            if world.happens(world.faults.busy):
                raise BusyError
            if world.happens(world.faults.crash):
                world.die()
            self._keep(written)
        world.edge()
        if world.happens(world.faults.lost_reply):
            raise DownError("提交了,没有回音")

    def _keep(self, written: Written) -> None:
        process = self.world.current
        written.by = process.name if process else "test"
        written.at = self.world.now()
        self.committed.append(written)

    def acquire(self, name: str, holder: str, now: datetime, until: datetime) -> Lease | None:
        """A lease, which is had even where the answer is lost."""
        self.world.edge()
        lease = self.inner.acquire(name, holder, now, until)
        if self.world.happens(self.world.faults.lost_reply):
            raise DownError("租约没有回音")
        self.world.stall()
        return lease

    def release(self, lease: Lease) -> None:
        """Give a lease back, unless the process is dead."""
        self.world.edge()
        self.inner.release(lease)

    def __getattr__(self, name: str) -> Any:
        """A read, before some of which others go on."""
        world, read = self.world, getattr(self.inner, name)

        def stepped(*arguments: Any, **more: Any) -> Any:
            world.die_if_dead()
            if world.happens(0.05):
                world.edge()
            if world.happens(world.faults.lost_commit / 4):
                raise DownError("没有读到")
            return read(*arguments, **more)

        return stepped


class _Watched:
    """A transaction that keeps what it is given to write."""

    def __init__(self, transaction: Transaction, written: Written) -> None:
        self._transaction, self._written = transaction, written

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transaction, name)

    def write(self, changes: Sequence[Change]) -> None:
        self._transaction.write(changes)
        self._written.records += [record for change in changes for record in change.records]

    def hold(self, lease: Lease, until: datetime) -> Lease:
        held = self._transaction.hold(lease, until)
        self._written.holds.append(held)
        return held
