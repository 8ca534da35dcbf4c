"""What a citizen wrote, where and when: immutable, as it came."""

from __future__ import annotations

from datetime import datetime

import attrs

from wenzheng_core.domain.instants import utc


@attrs.frozen
class Contact:
    """How to reach the citizen; personal data, so it shows in no repr."""

    name: str = attrs.field(default="", repr=False)
    phone: str = attrs.field(default="", repr=False)
    address: str = attrs.field(default="", repr=False)


@attrs.frozen(kw_only=True)
class Message:
    """One message (留言).

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

    source: str
    external_id: str
    title: str = attrs.field(repr=False)
    body: str = attrs.field(repr=False)
    posted_at: datetime = attrs.field(converter=utc)
    author: str = attrs.field(default="", repr=False)
    addressed_to: str = ""
    contact: Contact = Contact()


@attrs.frozen(kw_only=True)
class RecordedReply:
    """An answer that a platform already shows, with the instant at which it was published (UTC)."""

    body: str = attrs.field(repr=False)
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
