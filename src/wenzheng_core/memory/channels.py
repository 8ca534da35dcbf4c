"""A channel that keeps what it sent."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import attrs

from wenzheng_core.ports import DeliveryError


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
