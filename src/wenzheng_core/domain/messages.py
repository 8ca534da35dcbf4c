"""What a citizen wrote, where and when: immutable, as it came."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import attrs

from wenzheng_core.domain.errors import require_kind, require_text
from wenzheng_core.domain.instants import utc


def _text(_: object, field: attrs.Attribute[Any], value: object) -> None:
    require_kind(value, str, field.name, '"文字"')


def _name(_: object, field: attrs.Attribute[Any], value: object) -> None:
    require_text(value, field.name)


def _contact(_: object, field: attrs.Attribute[Any], value: object) -> None:
    require_kind(value, Contact, field.name, 'Contact(name="张三")')


@attrs.frozen
class Contact:
    """How to reach the citizen; personal data, so it shows in no repr."""

    name: str = attrs.field(default="", repr=False, validator=_text)
    phone: str = attrs.field(default="", repr=False, validator=_text)
    address: str = attrs.field(default="", repr=False, validator=_text)


@attrs.frozen(kw_only=True)
class Message:
    """One message (留言). Raises ArgumentError, NaiveTimeError.

    Attributes:
        source: the platform's stable name, such as ``hongwang`` or ``people``.
        external_id: the platform's own number; with ``source`` it names the message for ever.
        title: as the citizen wrote it.
        body: as the citizen wrote it, white space at the ends removed.
        posted_at: when it was posted; an aware instant, kept in UTC.
        author: the nickname shown; never an identity (红网 gives everyone a number by default).
        addressed_to: the leader or office it is written to, as the board names it.
        contact: what the citizen left privately.
    """

    source: str = attrs.field(validator=_name)
    external_id: str = attrs.field(validator=_name)
    title: str = attrs.field(repr=False, validator=_text)
    body: str = attrs.field(repr=False, validator=_text)
    posted_at: datetime = attrs.field(converter=utc)
    author: str = attrs.field(default="", repr=False, validator=_text)
    addressed_to: str = attrs.field(default="", validator=_text)
    contact: Contact = attrs.field(default=Contact(), validator=_contact)


@attrs.frozen(kw_only=True)
class RecordedReply:
    """An answer that a platform already shows, with the instant at which it was published (UTC)."""

    body: str = attrs.field(repr=False, validator=_text)
    published_at: datetime = attrs.field(converter=utc)


@attrs.frozen(kw_only=True)
class RecordedMessage:
    """A message with its recorded past, as an export of a board holds it.

    ``row`` is where it stood in its file, counted as the spreadsheet counts (the header is 1).
    """

    row: int
    message: Message
    reply: RecordedReply | None = None


@attrs.frozen(kw_only=True)
class RejectedRow:
    """A row that is no message, and why; the rest of the file goes on without it."""

    row: int
    reason: str
