"""The reference adapters: a store and a channel in memory; a default, and the oracle of the tests.

Nothing here outlives the process. What a real adapter does must agree with this, call by call.
"""

from __future__ import annotations

import threading
from collections import ChainMap
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from datetime import datetime

import attrs

from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.errors import ConflictError, UnknownError
from wenzheng_core.domain.events import Record
from wenzheng_core.domain.instants import utc
from wenzheng_core.ports import (
    Answer,
    Broken,
    Change,
    DeliveryError,
    Entry,
    Outgoing,
    TakenError,
    Transaction,
)

# --- Storage --------------------------------------------------------------------------------------


@attrs.frozen
class _Kept:
    """A case with what it is looked up by, worked out once."""

    case: Case
    next_wake: datetime | None
    awaits: int | None


@attrs.frozen
class _Item:
    """An outgoing item and what became of it."""

    outgoing: Outgoing
    sent_at: datetime | None = None
    receipt: str = ""
    error: str = ""


@attrs.frozen(eq=False)
class _Rows:
    """All that one tenant has; a transaction writes into maps laid over these."""

    cases: MutableMapping[str, _Kept] = attrs.field(factory=dict)
    records: MutableMapping[str, tuple[Record, ...]] = attrs.field(factory=dict)
    answers: MutableMapping[str, Answer] = attrs.field(factory=dict)
    outbox: MutableMapping[str, _Item] = attrs.field(factory=dict)
    diary: MutableMapping[str, Entry] = attrs.field(factory=dict)

    def overlaid(self) -> _Rows:
        """Rows that read through to these and keep what is written to themselves."""
        maps = (self.cases, self.records, self.answers, self.outbox, self.diary)
        return _Rows(*(ChainMap({}, rows) for rows in maps))

    def take(self, written: _Rows) -> None:
        """Take over what was written to rows laid over these."""
        for name in ("cases", "records", "answers", "outbox", "diary"):
            getattr(self, name).update(getattr(written, name).maps[0])

    def last_entry(self, prefix: str) -> Entry | None:
        """The entry with the greatest key that begins with ``prefix``."""
        key = max((key for key in self.diary if key.startswith(prefix)), default=None)
        return None if key is None else self.diary[key]


@attrs.define(eq=False)
class MemoryDatabase:
    """What several :class:`MemoryStorage` may share: the rows of all tenants under one lock."""

    lock: threading.RLock = attrs.field(factory=threading.RLock, repr=False)
    writing: bool = False
    _tenants: dict[str, _Rows] = attrs.field(factory=dict, repr=False)

    def rows(self, tenant: str) -> _Rows:
        """The rows of a tenant."""
        with self.lock:
            return self._tenants.setdefault(tenant, _Rows())

    def open(self, tenant: str) -> MemoryStorage:
        """A store of one tenant of this database."""
        return MemoryStorage(tenant, self)


class MemoryStorage:
    """A :class:`~wenzheng_core.ports.Storage` in memory; transactions follow one another."""

    def __init__(self, tenant: str = "default", database: MemoryDatabase | None = None) -> None:
        self.tenant = tenant
        self._database = database or MemoryDatabase()
        self._rows = self._database.rows(tenant)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Read and write; all of it counts when the block ends well, and nothing if it raises."""
        with self._database.lock:
            if self._database.writing:
                raise RuntimeError("a transaction is open in this thread; they do not nest")
            self._database.writing = True
            try:
                written = self._rows.overlaid()
                yield _MemoryTransaction(written)
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

    def due(self, now: datetime, after: str, limit: int) -> tuple[str, ...]:
        """Ids of cases whose next wake-up is at or before ``now``, above the id ``after``, by id."""
        now = utc(now)
        with self._database.lock:
            kept = self._rows.cases.items()
            found = [i for i, k in kept if k.next_wake and k.next_wake <= now and i > after]
        return tuple(sorted(found)[:limit])

    def awaiting(self, year: int, after: str, limit: int) -> tuple[str, ...]:
        """Ids of cases with a deadline that awaits the arrangement of ``year`` or an earlier one."""
        with self._database.lock:
            kept = self._rows.cases.items()
            found = [i for i, k in kept if k.awaits is not None and k.awaits <= year and i > after]
        return tuple(sorted(found)[:limit])

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

    def close(self) -> None:
        """Nothing is held that would have to be given back."""


@attrs.frozen(eq=False)
class _MemoryTransaction:
    _rows: _Rows

    def case(self, case_id: str) -> Case | None:
        kept = self._rows.cases.get(case_id)
        return kept.case if kept else None

    def cases(self, case_ids: Sequence[str]) -> Mapping[str, Case]:
        return {i: k.case for i in case_ids if (k := self._rows.cases.get(i))}

    def records(self, case_id: str) -> tuple[Record, ...]:
        return self._rows.records.get(case_id, ())

    def answer(self, key: str) -> Answer | None:
        return self._rows.answers.get(key)

    def write(self, changes: Sequence[Change]) -> None:
        # All is checked before anything is written, so that a conflict leaves nothing behind.
        self._check(changes)
        rows = self._rows
        for change in changes:
            case = change.case
            rows.cases[case.id] = _Kept(case, case.next_wake, case.awaits)
            rows.records[case.id] = (*rows.records.get(case.id, ()), *change.records)
            for item in change.outgoing:
                rows.outbox[item.key] = _Item(item)
            if change.answer:
                rows.answers[change.answer.key] = change.answer

    def _check(self, changes: Sequence[Change]) -> None:
        if len({change.case.id for change in changes}) < len(changes):
            raise ValueError("one write holds at most one change of a case")
        rows, asked = self._rows, set[tuple[bool, str]]()
        for change in changes:
            kept = rows.cases.get(change.case.id)
            fits = (kept.case.version if kept else 0) == change.expected_version
            keys = [(True, item.key) for item in change.outgoing]
            keys += [(False, change.answer.key)] if change.answer else []
            taken = any(key in (rows.outbox if told else rows.answers) for told, key in keys)
            known = len(asked)
            asked.update(keys)
            if not fits or taken or len(asked) < known + len(keys):
                raise ConflictError(change.case.id, change.expected_version)

    def enter(self, entries: Sequence[Entry], outgoing: Sequence[Outgoing] = ()) -> None:
        rows = self._rows
        for kept, keys in (
            (rows.diary, [entry.key for entry in entries]),
            (rows.outbox, [item.key for item in outgoing]),
        ):
            taken = [key for n, key in enumerate(keys) if key in kept or key in keys[:n]]
            if taken:
                raise TakenError(taken[0])
        rows.diary.update((entry.key, entry) for entry in entries)
        rows.outbox.update((item.key, _Item(item)) for item in outgoing)

    def last_entry(self, prefix: str) -> Entry | None:
        return self._rows.last_entry(prefix)

    def outbox(self, now: datetime, limit: int) -> tuple[Outgoing, ...]:
        now = utc(now)
        waiting = (i.outgoing for i in self._rows.outbox.values() if i.sent_at is None)
        ready = [item for item in waiting if item.ready_at <= now]
        return tuple(sorted(ready, key=lambda item: (item.ready_at, item.key))[:limit])

    def sent(self, key: str, at: datetime, receipt: str) -> None:
        item = self._item(key)
        if item.sent_at is None:
            self._rows.outbox[key] = attrs.evolve(item, sent_at=utc(at), receipt=receipt)

    def failed(self, key: str, retry_at: datetime, error: str) -> None:
        item = self._item(key)
        if item.sent_at is None:
            again = item.outgoing.attempts + 1
            outgoing = attrs.evolve(item.outgoing, ready_at=utc(retry_at), attempts=again)
            self._rows.outbox[key] = attrs.evolve(item, outgoing=outgoing, error=error)

    def _item(self, key: str) -> _Item:
        item = self._rows.outbox.get(key)
        if item is None:
            raise UnknownError("待发通知", key)
        return item


@attrs.frozen
class MemoryStorageProvider:
    """Opens ``memory://NAME``; stores of one name share one database for this provider's life."""

    schemes: tuple[str, ...] = ("memory",)
    _databases: dict[str, MemoryDatabase] = attrs.field(factory=dict, eq=False, repr=False)

    def open(self, url: str, tenant: str, *, create: bool = True) -> MemoryStorage:
        """Open a store bound to a tenant. Raises UnknownError for one that must exist and does not."""
        if not create and url not in self._databases:
            raise UnknownError("内存存储", url)
        return self._databases.setdefault(url, MemoryDatabase()).open(tenant)


# --- Channel --------------------------------------------------------------------------------------


@attrs.frozen
class Delivery:
    """What a channel was given and accepted."""

    to: str
    text: str
    keys: tuple[str, ...]
    receipt: str


class MemoryChannel:
    """A :class:`~wenzheng_core.ports.Channel` that keeps what it sent, and fails when told to."""

    def __init__(self, name: str = "sms") -> None:
        self.name = name
        self.sent: list[Delivery] = []
        self._failures = 0
        self._lock = threading.Lock()

    def fail_next(self, n: int = 1) -> None:
        """Let the next ``n`` sends fail."""
        with self._lock:
            self._failures = n

    def send(self, to: str, text: str, keys: Sequence[str]) -> str:
        """Keep the text and return a receipt. Raises DeliveryError if told to fail."""
        with self._lock:
            if self._failures:
                self._failures -= 1
                raise DeliveryError(f"通道「{self.name}」未能送达 {to},稍后重试")
            receipt = f"{self.name}-{len(self.sent) + 1}"
            self.sent.append(Delivery(to, text, tuple(keys), receipt))
            return receipt
