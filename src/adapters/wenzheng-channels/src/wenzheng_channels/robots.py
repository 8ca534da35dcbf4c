"""Robots in a group chat: what 企业微信, 钉钉 and 飞书 have in common.

A robot has no addressee: whoever is in the group reads it. So a text begins with whom it is for, and
goes nowhere if a citizen's number stands in it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

import attrs

from wenzheng_channels.addresses import AddressBook, FixedBook
from wenzheng_channels.answers import require_taken
from wenzheng_channels.limits import Limit, Meter
from wenzheng_channels.outgoing import Egress
from wenzheng_channels.parts import divide
from wenzheng_channels.privacy import require_impersonal
from wenzheng_core.clock import SystemClock
from wenzheng_core.ports import DeliveryError, TimeSource

NETWORK = timedelta(seconds=5)
"""What a minute of ours is longer than theirs, since requests do not all take the same time."""

JSON_HEADERS = {"Content-Type": "application/json; charset=utf-8"}


class Dialect(Protocol):
    """How one provider's robots are spoken to."""

    @property
    def whom(self) -> str:
        """The provider, in what an error says."""

    @property
    def room(self) -> int:
        """What fits into one message, in the provider's measure."""

    @property
    def most(self) -> int:
        """How many messages one text takes at most; below every one of the limits."""

    @property
    def limits(self) -> tuple[Limit, ...]:
        """How often one robot may speak."""

    def size(self, text: str) -> int:
        """What a text takes of the room."""

    def request(self, text: str, now: datetime) -> tuple[str, Mapping[str, Any]]:
        """The URL, signed for this instant, and the body."""

    def refusal(self, body: Mapping[str, Any]) -> DeliveryError | None:
        """The error in an answer; None only if it plainly says that the message was accepted."""


def to_bytes(body: Mapping[str, Any]) -> bytes:
    """A body as JSON in UTF-8, nothing escaped that need not be."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def _meter(robot: Robot) -> Meter:
    return Meter(whom=robot.dialect.whom, limits=robot.dialect.limits)


@attrs.define(kw_only=True)
class Robot:
    """A :class:`~wenzheng_core.ports.Channel` into one group.

    The providers give no number to a message, so the receipt says when they accepted it, and in how
    many messages. They take no keys either: what is sent twice is read twice.
    """

    name: str
    dialect: Dialect
    egress: Egress = attrs.field(factory=Egress)
    clock: TimeSource = SystemClock()
    book: AddressBook = FixedBook()
    _meter: Meter = attrs.field(default=attrs.Factory(_meter, takes_self=True), init=False)

    def send(self, to: str, text: str, keys: Sequence[str]) -> str:
        """Put the text into the group, under the name of whom it is for. Raises DeliveryError."""
        require_impersonal(self.dialect.whom, text)
        messages = self._messages(to, text)
        self._meter.take(len(messages), self.clock.now())
        for message in messages:
            self._post(message)
        return f"{self.name}@{self.clock.now().isoformat(timespec='seconds')}×{len(messages)}"

    def _messages(self, to: str, text: str) -> list[str]:
        title = self.book.title(to)
        most = self.dialect.most
        room = self.dialect.room - self.dialect.size(_heading(title, most, max(most, 2)))
        pieces = divide(text, room, most, self.dialect.size)
        return [_heading(title, n, len(pieces)) + piece for n, piece in enumerate(pieces, start=1)]

    def _post(self, message: str) -> None:
        now = self.clock.now()
        url, body = self.dialect.request(message, now)
        answer = self.egress.post(self.dialect.whom, url, to_bytes(body), JSON_HEADERS)
        try:
            require_taken(self.dialect.whom, answer, now, self.dialect.refusal)
        except DeliveryError as error:
            if error.retry_after:
                self._meter.hold(error.retry_after, now)
            raise


def _heading(title: str, n: int, of: int) -> str:
    return f"致{title}:\n" if of == 1 else f"致{title}({n}/{of}):\n"
