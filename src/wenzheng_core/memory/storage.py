"""A store in memory, the database that several of them share, and the way to open them by URL."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import attrs

from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.errors import UnknownError
from wenzheng_core.domain.events import Record
from wenzheng_core.domain.instants import utc
from wenzheng_core.domain.messages import plain_phone
from wenzheng_core.memory import outbox
from wenzheng_core.memory.evidence import Chains
from wenzheng_core.memory.rows import Rows
from wenzheng_core.memory.transactions import MemoryTransaction
from wenzheng_core.ports import Broken, KeyProvider, Transaction
from wenzheng_core.storing import (
    Awaiting,
    DeadLetter,
    Due,
    Entry,
    Evidence,
    Fed,
    Head,
    Lease,
    LineEvidence,
)


@attrs.define(eq=False)
class MemoryDatabase:
    """What several :class:`MemoryStorage` may share: the rows of all tenants under one lock."""

    lock: threading.RLock = attrs.field(factory=threading.RLock, repr=False)
    writing: bool = False
    _tenants: dict[str, tuple[Rows, Chains]] = attrs.field(factory=dict, repr=False)

    def rows(self, tenant: str) -> tuple[Rows, Chains]:
        """The rows of a tenant, and the chains over them."""
        with self.lock:
            if tenant not in self._tenants:
                rows = Rows()
                self._tenants[tenant] = rows, Chains(tenant, rows)
            return self._tenants[tenant]

    def open(self, tenant: str) -> MemoryStorage:
        """A store of one tenant of this database."""
        return MemoryStorage(tenant, self)


class MemoryStorage:
    """A :class:`~wenzheng_core.ports.Storage` in memory; transactions follow one another.

    Personal data lies in it unsealed; its evidence holds none, so that an erasure changes no link.
    """

    def __init__(self, tenant: str = "default", database: MemoryDatabase | None = None) -> None:
        self.tenant = tenant
        self._database = database or MemoryDatabase()
        self._rows, self._chains = self._database.rows(tenant)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Read and write; all of it counts when the block ends well, and nothing if it raises."""
        with self._written() as written:
            yield MemoryTransaction(written, len(self._rows.journal))

    @contextmanager
    def _written(self) -> Iterator[Rows]:
        """Rows to write to, which are taken over when the block ends well."""
        with self._database.lock:
            if self._database.writing:
                raise RuntimeError("a transaction is open in this thread; they do not nest")
            self._database.writing = True
            try:
                written = self._rows.overlaid()
                yield written
                self._rows.take(written)
            finally:
                self._database.writing = False

    def case(self, case_id: str) -> Case | None:
        """The case as last committed."""
        with self._database.lock:
            kept = self._rows.cases.get(case_id)
        return kept.case if kept else None

    def records(self, case_id: str) -> tuple[Record, ...]:
        """The history of a case as last committed, in order."""
        with self._database.lock:
            return self._rows.records.get(case_id, ())

    def case_ids(self, after: str = "", limit: int = 500) -> tuple[str, ...]:
        """Ids of all cases above the id ``after``, by id."""
        with self._database.lock:
            found = [case_id for case_id in self._rows.cases if case_id > after]
        return tuple(sorted(found)[:limit])

    def cases_of(self, phone: str) -> tuple[str, ...]:
        """Ids of the cases whose citizen left this telephone number, by id."""
        with self._database.lock:
            return tuple(sorted(self._rows.phones.get(plain_phone(phone), ())))

    def scan(
        self,
        *,
        received_from: datetime | None = None,
        received_until: datetime | None = None,
        state: str | None = None,
        unit: str | None = None,
        batch: int = 500,
        broken: Broken | None = None,
    ) -> Iterator[Case]:
        """Cases in the order in which they were received, then of their ids."""
        since = utc(received_from) if received_from else None
        until = utc(received_until) if received_until else None
        with self._database.lock:
            cases = [kept.case for kept in self._rows.cases.values()]
        for case in sorted(cases, key=lambda c: (c.opened, c.id)):
            if (since and case.opened < since) or (until and case.opened >= until):
                continue
            if state in (None, case.state.value) and unit in (None, case.lead):
                yield case

    def due(self, now: datetime, shard: int, after: Due | None, limit: int) -> tuple[Due, ...]:
        """Cases of a shard whose next wake-up is at or before ``now``, beyond ``after``."""
        now = utc(now)
        with self._database.lock:
            found = [
                Due(kept.next_wake, case_id)
                for case_id, kept in self._rows.cases.items()
                if kept.shard == shard and kept.next_wake is not None and kept.next_wake <= now
            ]
        return tuple(sorted(due for due in found if after is None or due > after)[:limit])

    def awaiting(self, year: int, after: Awaiting | None, limit: int) -> tuple[Awaiting, ...]:
        """Cases with a deadline that awaits the arrangement of ``year`` or an earlier one."""
        found = self._awaiting(year)
        return tuple(sorted(case for case in found if after is None or case > after)[:limit])

    def count_awaiting(self, year: int) -> int:
        """How many cases have a deadline that awaits the arrangement of ``year`` or earlier."""
        return len(self._awaiting(year))

    def _awaiting(self, year: int) -> list[Awaiting]:
        with self._database.lock:
            kept = self._rows.cases.items()
            return [
                Awaiting(k.awaits, i) for i, k in kept if k.awaits is not None and k.awaits <= year
            ]

    def entries(self, prefix: str, after: str = "", limit: int = 500) -> tuple[Entry, ...]:
        """Entries whose key begins with ``prefix`` and lies above ``after``, by key."""
        with self._database.lock:
            diary = self._rows.diary
            keys = sorted(key for key in diary if key.startswith(prefix) and key > after)
            return tuple(diary[key] for key in keys[:limit])

    def last_entry(self, prefix: str) -> Entry | None:
        """The entry with the greatest key that begins with ``prefix``; None if there is none."""
        with self._database.lock:
            return self._rows.last_entry(prefix)

    def dead_letters(self, after: str = "", limit: int = 500) -> tuple[DeadLetter, ...]:
        """What is tried no more, by key above ``after``."""
        with self._database.lock:
            return outbox.dead_letters(self._rows, after, limit)

    def feed(self, after: int = 0, limit: int = 500) -> tuple[Fed, ...]:
        """Records beyond a position, in the order of commits."""
        with self._database.lock:
            named = enumerate(self._rows.journal[after : after + limit], after + 1)
            return tuple(Fed(n, self._rows.records[i][version - 1]) for n, (i, version) in named)

    def cursor(self, consumer: str) -> int:
        """Up to which position a consumer has worked off the feed."""
        with self._database.lock:
            return self._rows.cursors.get(consumer, 0)

    def acquire(self, name: str, holder: str, now: datetime, until: datetime) -> Lease | None:
        """The lease, if it is free at ``now`` or the holder's own already; else None."""
        now, until = utc(now), utc(until)
        with self._written() as written:
            kept = written.leases.get(name)
            if kept and kept.holder != holder and kept.until > now:
                return None
            epoch = (kept.epoch if kept else 0) + (not kept or kept.holder != holder)
            lease = Lease(name=name, holder=holder, epoch=epoch, until=until)
            written.leases[name] = lease
        return lease

    def release(self, lease: Lease) -> None:
        """Give a lease back before its time; nothing happens if another holds it by now."""
        with self._written() as written:
            kept = written.leases.get(lease.name)
            if kept and (kept.holder, kept.epoch) == (lease.holder, lease.epoch):
                free = attrs.evolve(kept, holder="", until=datetime.min.replace(tzinfo=UTC))
                written.leases[lease.name] = free

    def head(self) -> Head:
        """Where the chains end."""
        with self._database.lock:
            self._chains.count_on()
            return self._chains.head()

    def evidence(self, after: int = 0, limit: int = 500) -> tuple[Evidence, ...]:
        """Records as they would be stored, beyond a position, without the citizen's data."""
        with self._database.lock:
            self._chains.count_on()
            return tuple(self._chains.records[after : after + limit])

    def line_evidence(self, after: int = 0, limit: int = 500) -> tuple[LineEvidence, ...]:
        """Lines of the diary as they would be stored, beyond a number."""
        with self._database.lock:
            self._chains.count_on()
            return tuple(self._chains.lines[after : after + limit])

    def close(self) -> None:
        """Nothing is held that would have to be given back."""


@attrs.frozen
class MemoryStorageProvider:
    """Opens ``memory://NAME``; stores of one name share one database for this provider's life."""

    schemes: tuple[str, ...] = ("memory",)
    _databases: dict[str, MemoryDatabase] = attrs.field(factory=dict, eq=False, repr=False)

    def open(
        self, url: str, tenant: str, *, create: bool = True, keys: KeyProvider | None = None
    ) -> MemoryStorage:
        """Open a store bound to a tenant. Raises UnknownError for one that must exist and does not.

        Nothing is sealed, since nothing is written anywhere: ``keys`` are not asked.
        """
        if not create and url not in self._databases:
            raise UnknownError("内存存储", url)
        return self._databases.setdefault(url, MemoryDatabase()).open(tenant)
