"""What the core asks of the world: storage, channels, sources, the time. Protocols with their laws.

An adapter implements one of them and runs the suite of :mod:`wenzheng_core.testing` on itself; it
need not inherit anything from here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol, runtime_checkable

from wenzheng_core.checkpoints import Checkpoint
from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.errors import WenzhengError
from wenzheng_core.domain.events import Record
from wenzheng_core.domain.messages import RecordedMessage, RejectedRow
from wenzheng_core.storing import (
    JSON,
    SHARDS,
    Answer,
    Awaiting,
    BusyError,
    Change,
    CursorMovedError,
    DeadLetter,
    Due,
    Entry,
    Evidence,
    Fed,
    Head,
    Lease,
    LeaseLostError,
    LineEvidence,
    Outgoing,
    Protection,
    SchemaStatus,
    TakenError,
    shard_of,
)

__all__ = [
    "JSON",
    "SHARDS",
    "Anchor",
    "AnchorProvider",
    "Answer",
    "Awaiting",
    "Broken",
    "BusyError",
    "Change",
    "Channel",
    "CursorMovedError",
    "DeadLetter",
    "DeliveryError",
    "Due",
    "Entry",
    "Evidence",
    "Fed",
    "Head",
    "KeyProvider",
    "Lease",
    "LeaseLostError",
    "LineEvidence",
    "Outgoing",
    "Protection",
    "SchemaKeeper",
    "SchemaStatus",
    "Signer",
    "Source",
    "Storage",
    "StorageProvider",
    "TakenError",
    "TimeSource",
    "Transaction",
    "Verifier",
    "shard_of",
]

Broken = Callable[[str, WenzhengError], None]
"""What is told of a case that cannot be read: its id, and why."""


class Transaction(Protocol):
    """Reads and writes that happen together or not at all.

    Laws. Everything written becomes visible at once when the block ends well, and nothing of it if
    it raises. A case that was read in the block is nobody else's to change until the block ends. A
    caught ConflictError leaves the rest of the block as it was, but for BusyError, which ends it.
    Blocks do not nest within a thread (RuntimeError).
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

        A record of ``PersonalDataErased`` takes what it names out of all that the store keeps of
        the case, for good; what still waits to go out loses its text when it has gone or is dead.
        Raises ConflictError if a case is not at the version that a change
        expects, or if the key of an answer or of an outgoing item is already there; nothing of any
        change is then written.
        """

    def restore(self, case: Case) -> bool:
        """Put right what is kept beside the records of a case; whether anything was not as it should be.

        The snapshot and whatever the case is looked up by are made to be as ``case`` says, which is
        the fold of its records. Writes no record. Raises ConflictError if the records do not end at
        that version.
        """

    def enter(self, entries: Sequence[Entry], outgoing: Sequence[Outgoing] = ()) -> None:
        """Enter lines in the diary, with what is to be told because of them.

        Raises ConflictError if the key of an entry or of an outgoing item is already there, or
        stands twice in the call; nothing of the call is then written.
        """

    def last_entry(self, prefix: str) -> Entry | None:
        """The entry with the greatest key that begins with ``prefix``; None if there is none."""

    def outbox(self, now: datetime, limit: int) -> tuple[Outgoing, ...]:
        """What is ready to go out at ``now``, has not gone and is leased to nobody.

        By ``ready_at``, then by key.
        """

    def take(self, now: datetime, until: datetime, holder: str, limit: int) -> tuple[Outgoing, ...]:
        """The same, leased to ``holder`` until ``until``: nobody else is given it before.

        Two that take at once are given different items.
        """

    def sent(self, key: str, at: datetime, receipt: str) -> bool:
        """Note that it went out, with the channel's receipt; whether this is the first receipt.

        The first receipt stays; one for a dead letter is taken, too: it did arrive. Raises
        UnknownError for a key that nobody put down.
        """

    def failed(
        self, key: str, at: datetime, error: str, *, retry_at: datetime | None, holder: str = ""
    ) -> bool:
        """Note that it could not go out at ``at``; whether that counted.

        It is tried again from ``retry_at`` on; without one it is a dead letter. Nothing changes, and
        False comes back, if it has gone since, is dead already, or is leased to another than
        ``holder`` by now. Raises UnknownError for a key that nobody put down.
        """

    def revive(self, key: str, ready_at: datetime) -> bool:
        """Put a dead letter down again, its attempts at 0; False if it is none.

        Raises UnknownError, and RefusedError ``outbox.emptied`` for one whose text an erasure took.
        """

    def hold(self, lease: Lease, until: datetime) -> Lease:
        """Make sure of a lease and prolong it: what this block writes counts only while it is held.

        Raises LeaseLostError if another holder has had it since.
        """

    def move_cursor(self, consumer: str, expected: int, position: int) -> None:
        """Note that a consumer has worked off the feed up to ``position``.

        Raises CursorMovedError if its cursor is not at ``expected``, and ArgumentError for a
        position before that or beyond the last.
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

    def case_ids(self, after: str = "", limit: int = 500) -> tuple[str, ...]:
        """Ids of all cases above the id ``after``, by id."""

    def cases_of(self, phone: str) -> tuple[str, ...]:
        """Ids of the cases whose citizen left this telephone number, by id; erased ones are not found.

        Spaces, dashes and +86 do not count. Costs what is found, not what the store holds.
        """

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

    def due(self, now: datetime, shard: int, after: Due | None, limit: int) -> tuple[Due, ...]:
        """Cases of a shard whose next wake-up is at or before ``now``, beyond ``after``, in order.

        Costs what is returned, neither what is due nor what is open.
        """

    def awaiting(self, year: int, after: Awaiting | None, limit: int) -> tuple[Awaiting, ...]:
        """Cases with a deadline that awaits the arrangement of ``year`` or an earlier one, in order.

        Costs what is returned.
        """

    def count_awaiting(self, year: int) -> int:
        """How many cases have a deadline that awaits the arrangement of ``year`` or an earlier one."""

    def entries(self, prefix: str, after: str = "", limit: int = 500) -> tuple[Entry, ...]:
        """Entries whose key begins with ``prefix`` and lies above ``after``, by key.

        Costs what is returned, not what the diary holds.
        """

    def last_entry(self, prefix: str) -> Entry | None:
        """The entry with the greatest key that begins with ``prefix``; None if there is none."""

    def dead_letters(self, after: str = "", limit: int = 500) -> tuple[DeadLetter, ...]:
        """What is tried no more, by key above ``after``."""

    # The feed

    def feed(self, after: int = 0, limit: int = 500) -> tuple[Fed, ...]:
        """Records beyond a position, in the one order of the tenant.

        Positions follow one another without a gap, and none appears below one that was seen: who
        reads on from the last position misses nothing, however slowly others commit.
        """

    def cursor(self, consumer: str) -> int:
        """Up to which position a consumer has worked off the feed; 0 for one that never did."""

    # Leases

    def acquire(self, name: str, holder: str, now: datetime, until: datetime) -> Lease | None:
        """The lease, if it is free at ``now`` or the holder's own already; else None.

        Of two that ask at once, one gets it. Every change of hands raises the epoch.
        """

    def release(self, lease: Lease) -> None:
        """Give a lease back before its time; nothing happens if another holds it by now."""

    # Evidence

    def head(self) -> Head:
        """Where the chains end."""

    def evidence(self, after: int = 0, limit: int = 500) -> tuple[Evidence, ...]:
        """Records as they are stored, beyond a position, by position."""

    def line_evidence(self, after: int = 0, limit: int = 500) -> tuple[LineEvidence, ...]:
        """Lines of the diary as they are stored, beyond a number, by number."""

    def close(self) -> None:
        """Give back what the store holds; it is not used afterwards."""


class KeyProvider(Protocol):
    """Who holds the tenants' keys: a key service, a hardware module, a file.

    Each citizen's data is sealed under a key of its own, which is stored wrapped by the tenant's.
    What this object returns and takes shows in no log and in no repr.
    """

    def wrap(self, tenant: str, key: bytes) -> bytes:
        """The key, wrapped by the tenant's present key. Raises WenzhengError."""

    def unwrap(self, tenant: str, wrapped: bytes) -> bytes:
        """The key back, by whichever of the tenant's keys it was wrapped. Raises WenzhengError."""

    def index_key(self, tenant: str) -> bytes:
        """32 bytes that never change, for the keyed digests by which a telephone number is found."""


class StorageProvider(Protocol):
    """What a storage plugin offers: a way to open stores by URL."""

    schemes: tuple[str, ...]
    """The URL schemes it opens, such as ``sqlite``; two providers may not share one."""

    def open(
        self, url: str, tenant: str, *, create: bool = True, keys: KeyProvider | None = None
    ) -> Storage:
        """Open a store bound to a tenant.

        Without ``create`` a store that does not exist yet is an error and is not made, so that a
        mistyped name never reads as an empty office. Without ``keys`` personal data is sealed under
        keys that lie beside it unwrapped: it can be erased for good, but whoever reads the database
        reads it. Raises WenzhengError with a mend.
        """


@runtime_checkable
class SchemaKeeper(Protocol):
    """What a storage provider may offer besides, if its stores keep their rows in tables.

    All raise WenzhengError with a mend; none shows a password that stands in the URL.
    """

    def init(self, url: str) -> bool:
        """Make the tables in an empty database; False if they are there already."""

    def upgrade(self, url: str, told: Callable[[str], None]) -> Sequence[str]:
        """Bring the tables up to date, tell in Chinese of each step, and return the revisions run."""

    def status(self, url: str) -> SchemaStatus:
        """How the tables stand to this program."""

    def check(self, url: str) -> Sequence[str]:
        """How the tables differ from what this program needs, in Chinese; nothing if they do not."""

    def protect(self, url: str, *, role: str = "") -> None:
        """Let the database itself keep the history and the tenants apart, as far as it can.

        ``role`` is the program's account, whose rights are cut down to what it needs. Stores that
        are open are opened anew afterwards.
        """

    def unprotect(self, url: str) -> None:
        """Take that back, as an upgrade needs it."""

    def protection(self, url: str) -> Protection:
        """What the database refuses by itself by now."""


class DeliveryError(WenzhengError):
    """A channel could not deliver; the outgoing item stays and is tried again.

    Attributes:
        permanent: no further try will do (no such number, a text that is refused): the item is a
            dead letter at once.
        retry_after: how long the provider asks to be left alone.
    """

    def __init__(
        self, reason: str, *, permanent: bool = False, retry_after: timedelta | None = None
    ) -> None:
        self.permanent = permanent
        self.retry_after = retry_after
        super().__init__(reason)


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


class Signer(Protocol):
    """Who signs checkpoints: a key in a file, in a hardware module."""

    key_id: str
    """Names the key for ever; whoever verifies finds the public key by it."""

    def sign(self, content: bytes) -> bytes:
        """The signature of these bytes. Raises WenzhengError."""


class Verifier(Protocol):
    """Who knows the public keys."""

    def verify(self, key_id: str, content: bytes, signature: bytes) -> bool:
        """Whether the signature holds. Raises UnknownError for a key that it does not know."""


class Anchor(Protocol):
    """Where checkpoints are kept, out of reach of whoever can write the database.

    Laws. What ``put`` took stands for ever and in order: ``all`` gives it back equal, however often
    the anchor was opened since. A tenant's checkpoints never go back: one with fewer records or
    lines than the last is refused.
    """

    def put(self, checkpoint: Checkpoint) -> None:
        """Keep a checkpoint; when this returns it is on the medium. Raises RefusedError."""

    def all(self, tenant: str) -> Iterator[Checkpoint]:
        """The checkpoints of a tenant in the order in which they were put. Raises WenzhengError."""


class AnchorProvider(Protocol):
    """What an anchoring plugin offers: anchors and keys by URL, as ``file:///mnt/worm/anchor.jsonl``."""

    schemes: tuple[str, ...]
    """The URL schemes it knows, such as ``file``; two providers may not share one."""

    def anchor(self, url: str) -> Anchor:
        """The anchor at a URL; it is made with its first checkpoint. Raises WenzhengError."""

    def signer(self, url: str) -> Signer:
        """Who signs with the key at a URL. Raises WenzhengError with a mend."""

    def verifier(self, url: str) -> Verifier:
        """Who knows the public keys at a URL. Raises WenzhengError with a mend."""

    def make_key(self, url: str) -> str:
        """Make a new key at a URL where there is none; its id. Raises WenzhengError."""
