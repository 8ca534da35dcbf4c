"""What a store in memory keeps for one tenant, and how a transaction lies over it."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, MutableMapping
from datetime import datetime
from typing import Any

import attrs

from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.events import Record
from wenzheng_core.domain.messages import Message, plain_phone
from wenzheng_core.storing import Answer, Entry, Lease, Outgoing, shard_of


@attrs.frozen
class Kept:
    """A case with what it is looked up by, worked out once."""

    case: Case
    shard: int
    next_wake: datetime | None
    awaits: int | None

    @classmethod
    def of(cls, case: Case) -> Kept:
        """The case with what it is looked up by."""
        return cls(case, shard_of(case.id), case.next_wake, case.awaits)


@attrs.frozen
class Item:
    """An outgoing item and what became of it; ``ended_at`` is when it went out, or died."""

    outgoing: Outgoing
    holder: str = ""
    leased_until: datetime | None = None
    ended_at: datetime | None = None
    dead: bool = False
    receipt: str = ""
    error: str = ""

    def leased(self, at: datetime) -> bool:
        """Whether somebody holds it at an instant."""
        return self.leased_until is not None and self.leased_until > at

    def ready(self, now: datetime) -> bool:
        """Whether it may go out now, and nobody is about it."""
        return self.ended_at is None and self.outgoing.ready_at <= now and not self.leased(now)


@attrs.frozen(eq=False)
class Rows:
    """All that one tenant has; a transaction writes into maps laid over these.

    ``journal`` names the records and ``lines`` the lines of the diary in the order of commits.
    """

    cases: MutableMapping[str, Kept] = attrs.field(factory=dict)
    records: MutableMapping[str, tuple[Record, ...]] = attrs.field(factory=dict)
    answers: MutableMapping[str, Answer] = attrs.field(factory=dict)
    outbox: MutableMapping[str, Item] = attrs.field(factory=dict)
    diary: MutableMapping[str, Entry] = attrs.field(factory=dict)
    phones: MutableMapping[str, frozenset[str]] = attrs.field(factory=dict)
    cursors: MutableMapping[str, int] = attrs.field(factory=dict)
    leases: MutableMapping[str, Lease] = attrs.field(factory=dict)
    journal: list[tuple[str, int]] = attrs.field(factory=list)
    lines: list[str] = attrs.field(factory=list)

    def overlaid(self) -> Rows:
        """Rows that read through to these and keep what is written to themselves.

        Their journal and lines begin empty: places in the order are taken when all is committed.
        """
        maps: dict[str, Any] = {name: ChainMap({}, getattr(self, name)) for name in _MAPS}
        return Rows(**maps)

    def take(self, written: Rows) -> None:
        """Take over what was written to rows laid over these."""
        for name in _MAPS:
            getattr(self, name).update(getattr(written, name).maps[0])
        self.journal.extend(written.journal)
        self.lines.extend(written.lines)

    def last_entry(self, prefix: str) -> Entry | None:
        """The entry with the greatest key that begins with ``prefix``."""
        key = max((key for key in self.diary if key.startswith(prefix)), default=None)
        return None if key is None else self.diary[key]

    def find_by_phones(self, case_id: str, records: Iterable[Record]) -> None:
        """Let a case be found by the telephone numbers in its records."""
        for phone in phones_in(records):
            self.phones[phone] = self.phones.get(phone, frozenset()) | {case_id}

    def forget_phones(self, case_id: str, records: Iterable[Record]) -> None:
        """Let a case be found by none of the telephone numbers in its records."""
        for phone in phones_in(records):
            self.phones[phone] = self.phones.get(phone, frozenset()) - {case_id}


_MAPS = tuple(field.name for field in attrs.fields(Rows) if field.name not in {"journal", "lines"})


def phones_in(records: Iterable[Record]) -> set[str]:
    """The telephone numbers that citizens left, as plain digits."""
    messages = (getattr(record.event, "message", None) for record in records)
    left = (message.contact.phone for message in messages if isinstance(message, Message))
    return {phone for text in left if (phone := plain_phone(text))}
