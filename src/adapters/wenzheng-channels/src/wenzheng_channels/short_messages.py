"""Short messages to telephones: what 阿里云, 腾讯云 and a gateway of one's own have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import attrs

from wenzheng_channels.addresses import AddressBook, Way
from wenzheng_channels.answers import require_taken
from wenzheng_channels.outgoing import Egress
from wenzheng_channels.parts import NUMBER_ROOM, divide, numbered
from wenzheng_core.clock import SystemClock
from wenzheng_core.ports import DeliveryError, TimeSource

FIELDS = ("text", "to", "title", "phones", "key", "keys")
"""What a configured template may ask for; ``phones`` and ``keys`` are joined by commas."""


@attrs.frozen(kw_only=True)
class Order:
    """One message to one or more telephones.

    Attributes:
        phones: mobile numbers of the mainland, 11 digits each.
        to: the addressee as the core names it, and ``title`` as an officer reads it.
        keys: the keys of the items that the text stands for.
    """

    phones: tuple[str, ...] = attrs.field(repr=False)
    text: str
    to: str
    title: str
    keys: tuple[str, ...]
    now: datetime

    def values(self) -> dict[str, str]:
        """The fields for a template, all of ``FIELDS``."""
        return {
            "text": self.text,
            "to": self.to,
            "title": self.title,
            "phones": ",".join(self.phones),
            "key": self.keys[0] if self.keys else "",
            "keys": ",".join(self.keys),
        }


@attrs.frozen(kw_only=True)
class Request:
    """What is sent to a provider; nothing of it is shown."""

    method: str = "POST"
    url: str = attrs.field(repr=False)
    headers: Mapping[str, str] = attrs.field(repr=False)
    body: bytes = attrs.field(default=b"", repr=False)


class Provider(Protocol):
    """One provider of short messages."""

    @property
    def whom(self) -> str:
        """The provider, in what an error says."""

    def request(self, order: Order) -> Request:
        """The request, signed for the order's instant."""

    def refusal(self, body: Mapping[str, Any], order: Order) -> DeliveryError | None:
        """The error in an answer; None only if it plainly says that all of it was accepted."""

    def receipt(self, body: Mapping[str, Any]) -> str:
        """The provider's own number for what it accepted."""


@attrs.define(kw_only=True)
class ShortMessages:
    """A :class:`~wenzheng_core.ports.Channel` to the telephones that the book names.

    One request goes to all of them, so that it is accepted or refused as one.

    Attributes:
        room: characters of one message, the number in front of a piece included.
        most: messages that a text takes at most; the last one says so where that cuts it.
    """

    name: str
    provider: Provider
    book: AddressBook
    egress: Egress = attrs.field(factory=Egress)
    clock: TimeSource = SystemClock()
    room: int = 400
    most: int = 1

    def send(self, to: str, text: str, keys: Sequence[str]) -> str:
        """Send to all telephones of the addressee, and return the provider's receipts."""
        found = self.book.resolve(to, Way.PHONE, self.clock.now())
        room = self.room if self.most == 1 else self.room - NUMBER_ROOM
        return ",".join(
            self._post(
                Order(
                    phones=tuple(each.value for each in found),
                    text=piece,
                    to=to,
                    title=self.book.title(to),
                    keys=tuple(keys),
                    now=self.clock.now(),
                )
            )
            for piece in numbered(divide(text, room, self.most))
        )

    def _post(self, order: Order) -> str:
        whom = self.provider.whom
        sent = self.provider.request(order)
        answer = self.egress.request(whom, sent.method, sent.url, sent.body, sent.headers)

        def refusal(body: Mapping[str, Any]) -> DeliveryError | None:
            return self.provider.refusal(body, order)

        body = require_taken(whom, answer, order.now, refusal)
        return self.provider.receipt(body)
