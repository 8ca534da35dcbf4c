"""What the core asks of the world: storage, channels, sources, the time. Protocols with their laws.

An adapter implements one of them and runs the suite of :mod:`wenzheng_core.testing` on itself; it
need not inherit anything from here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeAlias

import attrs

from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.errors import ConflictError, WenzhengError, require_text
from wenzheng_core.domain.events import Record
from wenzheng_core.domain.frozen import FrozenDict
from wenzheng_core.domain.instants import utc
from wenzheng_core.domain.messages import RecordedMessage, RejectedRow

JSON: TypeAlias = "str | int | bool | Sequence[JSON] | Mapping[str, JSON] | None"
"""What a line of the diary may hold; no fractions, which would not come back as they were."""


def _kept(value: JSON) -> JSON:
    """The value with every list and dict in it frozen, so that it reads back equal."""
    if isinstance(value, Mapping):
        return FrozenDict({name: _kept(part) for name, part in value.items()})
    if isinstance(value, Sequence) and not isinstance(value, str):
        return tuple(map(_kept, value))
    return value


def _kept_body(body: Mapping[str, JSON]) -> Mapping[str, JSON]:
    return FrozenDict({name: _kept(part) for name, part in body.items()})


def _named(_: object, __: object, key: str) -> None:
    require_text(key, "key")


@attrs.frozen(kw_only=True)
class Outgoing:
    """One thing to tell somebody, put down in the same transaction as the event that causes it.

    Attributes:
        key: stable idempotency key (case, version, place): a receiver that has seen it drops it.
        case_id: the case it is about; "" for what belongs to none.
        channel: by which channel: ``sms``, ``publish`` …
        to: the addressee, as ``unit/office``, ``office``, or a source for ``publish``.
        text: what to say, in Chinese.
        ready_at: not before this instant (UTC).
        attempts: how often it was tried in vain.
    """

    key: str
    case_id: str
    channel: str
    to: str
    text: str = attrs.field(repr=False)
    ready_at: datetime
    attempts: int = 0


@attrs.frozen
class Entry:
    """One line of the office's diary (值班日志): what was made or done that belongs to no case.

    Attributes:
        key: what it is and of when, as ``run/<schedule>/<instant>``; it stands once, for ever, and
            is never empty (ArgumentError).
        at: when it was done; of what was due at an instant, that instant (UTC).
        body: what there is to say of it. Never a citizen's words or name.
    """

    key: str = attrs.field(validator=_named)
    at: datetime = attrs.field(converter=utc)
    body: Mapping[str, JSON] = attrs.field(default=FrozenDict(), converter=_kept_body)


class TakenError(ConflictError):
    """Somebody else entered this line of the diary, or what was to be told with it, first."""

    def __init__(self, key: str) -> None:
        super().__init__("", 0)
        self.key = key
        self.args = (f"值班日志中已有「{key}」,未重复登记",)


@attrs.frozen(kw_only=True)
class Answer:
    """What an idempotency key stood for: which records of which case it brought about.

    ``fingerprint`` names the command, so that a key reused for another one is noticed.
    """

    key: str
    fingerprint: str
    case_id: str
    first_version: int
    last_version: int


@attrs.frozen
class Change:
    """All that one decision writes: its records, the case after them, and what is to be told.

    The case's version is that of its last record; the version expected in the store is the one
    before the first record, and 0 means that the case must not exist yet.
    """

    case: Case
    records: tuple[Record, ...]
    outgoing: tuple[Outgoing, ...] = ()
    answer: Answer | None = None

    @property
    def expected_version(self) -> int:
        """The version that the store must hold before this change."""
        return self.case.version - len(self.records)


Broken = Callable[[str, WenzhengError], None]
"""What is told of a case that cannot be read: its id, and why."""


class Transaction(Protocol):
    """Reads and writes that happen together or not at all.

    Laws. What is read stays true until the end of the block. Everything written becomes visible at
    once when the block ends well, and nothing of it if it raises. Writers of one store do not wait
    on each other in a circle. A caught ConflictError leaves the rest of the block as it was. Blocks
    do not nest within a thread (RuntimeError).
    """

    def case(self, case_id: str) -> Case | None:
        """The case as it stands; None if there is none."""

    def cases(self, case_ids: Sequence[str]) -> Mapping[str, Case]:
        """Those of the cases that exist, by id."""

    def records(self, case_id: str) -> tuple[Record, ...]:
        """The whole history of a case in order; empty if there is none."""

    def answer(self, key: str) -> Answer | None:
        """What this idempotency key brought about before; None if it is new."""

    def write(self, changes: Sequence[Change]) -> None:
        """Write changes to different cases; two to one case are a ValueError.

        Raises ConflictError if a case is not at the version that a change expects, or if the key of
        an answer or of an outgoing item is already there; nothing of any change is then written.
        """

    def enter(self, entries: Sequence[Entry], outgoing: Sequence[Outgoing] = ()) -> None:
        """Enter lines in the diary, with what is to be told because of them.

        Raises ConflictError if the key of an entry or of an outgoing item is already there, or
        stands twice in the call; nothing of the call is then written.
        """

    def last_entry(self, prefix: str) -> Entry | None:
        """The entry with the greatest key that begins with ``prefix``; None if there is none."""

    def outbox(self, now: datetime, limit: int) -> tuple[Outgoing, ...]:
        """What is ready to go out at ``now`` and has not gone: by ``ready_at``, then by key."""

    def sent(self, key: str, at: datetime, receipt: str) -> None:
        """Note that it went out, with the channel's receipt; the first receipt stays.

        Raises UnknownError for a key that nobody put down.
        """

    def failed(self, key: str, retry_at: datetime, error: str) -> None:
        """Note that it could not go out, and when to try again; no matter if it has gone since.

        Raises UnknownError for a key that nobody put down.
        """


class Storage(Protocol):
    """Where cases and their histories are kept, for one tenant.

    Laws. A store object is bound to one tenant and never shows another's rows. Every record is kept
    for ever, in the order of its version, and in one order over all cases of the tenant that equals
    the order of commits. A case that is read equals the fold of its records. Instants come back in
    UTC with full precision. An object may be used from several threads. A line of the diary is kept
    for ever and never changed; keys are compared character by character, by code point, so that in
    a prefix no character stands for another.
    """

    tenant: str

    def transaction(self) -> AbstractContextManager[Transaction]:
        """A transaction for reading and writing; it commits at the end of the block."""

    def case(self, case_id: str) -> Case | None:
        """The case as last committed."""

    def records(self, case_id: str) -> tuple[Record, ...]:
        """The history of a case as last committed, in order."""

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
        """Cases in the order in which they were opened, then of their ids, in bounded memory.

        ``received_from`` (included) and ``received_until`` (not included) bound that instant;
        ``state`` is a state's value; ``unit`` is the lead unit, now or last. Cases written meanwhile
        may or may not appear. One that cannot be read is told to ``broken`` and left out; without
        that it is an error, where it stands.
        """

    def due(self, now: datetime, after: str, limit: int) -> tuple[str, ...]:
        """Ids of cases whose next wake-up is at or before ``now``, above the id ``after``, by id.

        Costs what is due, not what is open.
        """

    def awaiting(self, year: int, after: str, limit: int) -> tuple[str, ...]:
        """Ids of cases with a deadline that awaits the arrangement of ``year`` or an earlier one."""

    def entries(self, prefix: str, after: str = "", limit: int = 500) -> tuple[Entry, ...]:
        """Entries whose key begins with ``prefix`` and lies above ``after``, by key.

        Costs what is returned, not what the diary holds.
        """

    def last_entry(self, prefix: str) -> Entry | None:
        """The entry with the greatest key that begins with ``prefix``; None if there is none."""

    def close(self) -> None:
        """Give back what the store holds; it is not used afterwards."""


class StorageProvider(Protocol):
    """What a storage plugin offers: a way to open stores by URL."""

    schemes: tuple[str, ...]
    """The URL schemes it opens, such as ``sqlite``; two providers may not share one."""

    def open(self, url: str, tenant: str, *, create: bool = True) -> Storage:
        """Open a store bound to a tenant.

        Without ``create`` a store that does not exist yet is an error and is not made, so that a
        mistyped name never reads as an empty office. Raises WenzhengError with a mend.
        """


class DeliveryError(WenzhengError):
    """A channel could not deliver; the outgoing item stays and is tried again."""


class Channel(Protocol):
    """A way to tell somebody something.

    Laws. ``send`` returns the provider's receipt only if the provider accepted; anything else is a
    DeliveryError. It is called at least once for an item, always under that item's key; which items
    share a text may differ from one time to the next.
    """

    name: str

    def send(self, to: str, text: str, keys: Sequence[str]) -> str:
        """Send one text, which may stand for several items, and return the receipt."""


class Source(Protocol):
    """A reader of what a platform exports."""

    id: str
    suffixes: tuple[str, ...]

    def count(self, path: Path) -> int | None:
        """About how many rows there are, if that can be had without reading them; else None."""

    def read(self, path: Path, source: str) -> Iterator[RecordedMessage | RejectedRow]:
        """The messages in the file's order, row by row. Raises InputFaultsError for the file."""


class TimeSource(Protocol):
    """Where "now" comes from; the domain never asks."""

    def now(self) -> datetime:
        """The present instant, aware."""
