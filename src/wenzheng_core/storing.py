"""What passes through the storage port: values, without a word on how they are kept."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

import attrs

from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.errors import ConflictError, RefusedError, require_text
from wenzheng_core.domain.events import Record
from wenzheng_core.domain.frozen import FrozenDict
from wenzheng_core.domain.instants import utc

JSON: TypeAlias = "str | int | bool | Sequence[JSON] | Mapping[str, JSON] | None"
"""What a line of the diary may hold; no fractions, which would not come back as they were."""

SHARDS = 16
"""Into how many parts the cases of a tenant are dealt, so that several workers may share them. A
number for ever: the part of a case is stored with it."""


def shard_of(case_id: str) -> int:
    """The part to which a case belongs, from 0: a function of its id alone."""
    return zlib.crc32(case_id.encode()) % SHARDS


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


# --- What a decision writes -----------------------------------------------------------------------


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
class DeadLetter:
    """An item that is tried no more: it stays to be seen, and may be put down again.

    ``item.attempts`` counts every try in vain; ``died_at`` is the instant (UTC) of the last one.
    """

    item: Outgoing
    died_at: datetime
    error: str


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


# --- Refusals of a store --------------------------------------------------------------------------


class TakenError(ConflictError):
    """Somebody else entered this line of the diary, or what was to be told with it, first."""

    def __init__(self, key: str) -> None:
        super().__init__("", 0)
        self.key = key
        self.args = (f"值班日志中已有「{key}」,未重复登记",)


class LeaseLostError(ConflictError):
    """Somebody else holds the lease by now: what was to be written under it is not written."""

    def __init__(self, name: str) -> None:
        super().__init__("", 0)
        self.name = name
        self.args = (f"租约「{name}」已由其他进程接手,本次写入作废",)


class CursorMovedError(ConflictError):
    """The consumer's cursor is not where it was thought to be: two read under one name."""

    def __init__(self, consumer: str, expected: int, found: int) -> None:
        super().__init__("", expected)
        self.consumer, self.found = consumer, found
        self.args = (f"消费者「{consumer}」的位置是 {found},不是 {expected};请重新读取后再移动",)


class BusyError(ConflictError):
    """The database chose this transaction to give way to another one; nothing of it was kept.

    A deadlock or a serialization failure: carried out again, the same transaction may well pass.
    """

    def __init__(self) -> None:
        super().__init__("", 0)
        self.args = ("数据库中与其他事务相互等待,本次操作已撤销;请重试",)


def require_text_left(item: Outgoing) -> None:
    """Raise RefusedError for an item whose text an erasure took: there is nothing to send."""
    if not item.text:
        reason = "这条内容已随办件个人信息的删除而清空,不能重新发送"
        raise RefusedError("outbox.emptied", reason)


# --- What is read ---------------------------------------------------------------------------------


@attrs.frozen(order=True)
class Due:
    """A case that is to be woken, and when that was due (UTC); sorts as it is to be worked off."""

    at: datetime
    case_id: str


@attrs.frozen(order=True)
class Awaiting:
    """A case with a deadline that awaits the arrangement of ``year``."""

    year: int
    case_id: str


@attrs.frozen
class Fed:
    """A record in the tenant's one order: positions run 1, 2, 3 … without a gap, as commits did."""

    position: int
    record: Record


@attrs.frozen(kw_only=True)
class Lease:
    """The right of one holder to work on something alone until an instant.

    Attributes:
        name: on what: ``sweep/07``, ``rounds`` …
        holder: who holds it: a worker's name, unique to each start of a process.
        epoch: how often it changed hands; the fence: a write under an older epoch is refused.
        until: it ends by itself at this instant (UTC), not included.
    """

    name: str
    holder: str
    epoch: int
    until: datetime


@attrs.frozen(kw_only=True)
class Evidence:
    """A record as it lies in the store, byte for byte, with its links in the two chains.

    Attributes:
        position: its place among all records of the tenant, from 1 without a gap.
        case_id, version: its place in the history of its case.
        kind, form: the event's name, and the version of the form in which it is written.
        at, actor: when and by whom.
        body: the stored bytes of the event; personal data in it is sealed.
        digest: the name of the digest of the links, as ``sha256`` or ``sm3``.
        case_link: the digest over this record and the ``case_link`` of the one before it of its case.
        link: the digest over ``case_link`` and the ``link`` of the position before.
    """

    position: int
    case_id: str
    version: int
    kind: str
    form: int
    at: datetime
    actor: str
    body: bytes = attrs.field(repr=False)
    digest: str
    case_link: bytes
    link: bytes


@attrs.frozen(kw_only=True)
class LineEvidence:
    """A line of the diary as it lies in the store, with its link in the chain of lines.

    ``number`` counts the lines of the tenant from 1 without a gap, as they were committed.
    """

    number: int
    key: str
    at: datetime
    body: bytes = attrs.field(repr=False)
    digest: str
    link: bytes


@attrs.frozen(kw_only=True)
class Head:
    """Where the two chains of a tenant end: the last position and line with their links.

    Of an empty store: position 0, lines 0, empty links.
    """

    position: int = 0
    link: bytes = b""
    lines: int = 0
    line_link: bytes = b""


# --- Of the tables --------------------------------------------------------------------------------


class SchemaState(StrEnum):
    """How the tables of a store stand to the program."""

    EMPTY = "empty"
    OLD = "old"
    CURRENT = "current"
    UNKNOWN = "unknown"

    @property
    def label(self) -> str:
        """The Chinese words."""
        return _SCHEMA_LABELS[self]


_SCHEMA_LABELS = {
    SchemaState.EMPTY: "还没有表",
    SchemaState.OLD: "是旧版,须升级",
    SchemaState.CURRENT: "是最新版",
    SchemaState.UNKNOWN: "是本程序不认识的版本",
}


@attrs.frozen(kw_only=True)
class SchemaStatus:
    """The revision of a store's tables, "" for none, beside the one that the program works with."""

    current: str
    head: str
    state: SchemaState


@attrs.frozen(kw_only=True)
class Protection:
    """What a database refuses by itself, behind whatever the program takes care of.

    Attributes:
        history: it refuses to change or delete a record or a line of the diary.
        tenants: it shows the rows of another tenant to nobody; None where it has no such means.
        gaps: in Chinese, what the account that asked could do in spite of that.
    """

    history: bool
    tenants: bool | None
    gaps: tuple[str, ...] = ()
