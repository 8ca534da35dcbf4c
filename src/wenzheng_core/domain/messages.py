"""What a citizen wrote, where and when: immutable, as it came."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
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


class SourceKind(StrEnum):
    """By what way a message came.

    ``PROACTIVE_MONITORING``: found by watching forums and news (嘉峪关: 论坛发帖, 重要舆情); nobody
    addressed it to the government.
    """

    BOARD = "board"
    MAILBOX = "mailbox"
    HOTLINE = "hotline"
    WEBSITE = "website"
    WEIBO = "weibo"
    WECHAT = "wechat"
    APP = "app"
    EMAIL = "email"
    VISIT = "visit"
    MEDIA = "media"
    UPPER_OFFICE = "upper_office"
    PROACTIVE_MONITORING = "proactive_monitoring"

    @property
    def label(self) -> str:
        """The Chinese word."""
        return _KIND_LABELS[self]


_KIND_LABELS = {
    SourceKind.BOARD: "留言板",
    SourceKind.MAILBOX: "领导信箱",
    SourceKind.HOTLINE: "热线电话",
    SourceKind.WEBSITE: "政府网站",
    SourceKind.WEIBO: "微博",
    SourceKind.WECHAT: "微信",
    SourceKind.APP: "手机应用",
    SourceKind.EMAIL: "电子邮件",
    SourceKind.VISIT: "信访接待",
    SourceKind.MEDIA: "媒体摘录",
    SourceKind.UPPER_OFFICE: "上级交办",
    SourceKind.PROACTIVE_MONITORING: "舆情监测",
}


@attrs.frozen
class Contact:
    """How to reach the citizen; personal data, so it shows in no repr."""

    name: str = attrs.field(default="", repr=False, validator=_text)
    phone: str = attrs.field(default="", repr=False, validator=_text)
    address: str = attrs.field(default="", repr=False, validator=_text)


PERSONAL: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"contact": ("author", "contact"), "words": ("title", "body")}
)
"""The parts of a message in which the citizen's data is erased, each with the fields it holds.

``contact``: who wrote it and how to reach them; ``words``: what they wrote, which may name anybody.
"""

PARTS = tuple(PERSONAL)
"""The names of those parts, in the order in which they are erased."""


_MOBILE_FROM_ABROAD = len("8613800000000")


def plain_phone(text: str) -> str:
    """The digits by which one telephone number is one, however it is written; "" for no digit.

    Spaces, dashes, brackets, the country's code (+86, 0086) and the 0 before an area code do not
    count: ``+86 (731) 8888-0000`` and ``073188880000`` are one.
    """
    shown = unicodedata.normalize("NFKC", text).strip()
    digits = "".join(sign for sign in shown if sign in "0123456789")
    abroad = "+" in shown or digits.startswith("00")
    digits = digits.lstrip("0")
    if digits.startswith("86") and (abroad or len(digits) == _MOBILE_FROM_ABROAD):
        digits = digits.removeprefix("86")
    return digits.lstrip("0")


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
        kind: by what way it came.
    """

    source: str = attrs.field(validator=_name)
    external_id: str = attrs.field(validator=_name)
    title: str = attrs.field(repr=False, validator=_text)
    body: str = attrs.field(repr=False, validator=_text)
    posted_at: datetime = attrs.field(converter=utc)
    author: str = attrs.field(default="", repr=False, validator=_text)
    addressed_to: str = attrs.field(default="", validator=_text)
    contact: Contact = attrs.field(default=Contact(), validator=_contact)
    kind: SourceKind = SourceKind.BOARD

    @property
    def addressed(self) -> bool:
        """Whether somebody wrote it to the government; nobody is asked to rate what nobody sent."""
        return self.kind is not SourceKind.PROACTIVE_MONITORING

    @property
    def reachable(self) -> bool:
        """Whether its writer left a way to be reached."""
        return self.addressed and bool(self.contact.phone or self.contact.address)

    @property
    def text(self) -> tuple[str, str, Contact]:
        """What the citizen may change on the platform, and what makes one copy another than the next."""
        return self.title, self.body, self.contact

    def without(self, parts: Collection[str]) -> Message:
        """The message with those of its :data:`PARTS` empty. Raises KeyError for an unknown part."""
        fields = {field for part in parts for field in PERSONAL[part]}
        return attrs.evolve(self, **{field: _EMPTY[field] for field in fields})


_EMPTY: Mapping[str, Any] = {"author": "", "contact": Contact(), "title": "", "body": ""}


@attrs.frozen
class Revision:
    """A later text of a message, and when it was seen (UTC)."""

    at: datetime
    message: Message


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


class Relation(StrEnum):
    """What one case has to do with another."""

    THANKS = "thanks"
    REPEAT = "repeat"
    FOLLOW_UP = "follow_up"
    RELATED = "related"

    @property
    def label(self) -> str:
        """The Chinese word."""
        return _RELATION_LABELS[self]


_RELATION_LABELS = {
    Relation.THANKS: "致谢",
    Relation.REPEAT: "重复反映",
    Relation.FOLLOW_UP: "追问",
    Relation.RELATED: "相关",
}
