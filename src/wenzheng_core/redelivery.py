"""When what could not be delivered is tried again, and when no more."""

from __future__ import annotations

import zlib
from datetime import timedelta

import attrs

from wenzheng_core.domain.errors import ArgumentError
from wenzheng_core.ports import Outgoing


@attrs.frozen
class RetrySchedule:
    """How often an item is tried, and how long in between: twice as long each time, up to a cap.

    With these numbers the last of twenty tries comes after some 65 hours: a gateway that is down
    from Friday evening to Monday morning loses nothing.

    Attributes:
        first: the wait after the first try in vain.
        cap: the longest wait.
        tries: how many tries there are; after the last one the item is a dead letter.
    """

    first: timedelta = timedelta(minutes=1)
    cap: timedelta = timedelta(hours=6)
    tries: int = 20

    def __attrs_post_init__(self) -> None:
        if not timedelta(0) < self.first <= self.cap:
            raise ArgumentError("first", "间隔须大于 0,且不超过最长间隔")
        if self.tries < 1:
            raise ArgumentError("tries", "至少尝试 1 次")

    def wait(self, item: Outgoing, asked: timedelta | None = None) -> timedelta | None:
        """How long to wait after one more try in vain; None if that was the last one.

        ``asked`` is what the provider asks for: it may lengthen the wait, up to the cap. The wait
        is up to a tenth shorter, by the item's key: what failed together does not come back at one
        instant, and yet the same item always waits the same.
        """
        failures = item.attempts + 1
        if failures >= self.tries:
            return None
        doubled: timedelta = self.first * 2 ** min(failures - 1, 30)
        plain = min(doubled, self.cap)
        spread = zlib.crc32(f"{item.key}/{failures}".encode()) % 1000 / 10_000
        return max(plain * (1 - spread), min(asked or timedelta(0), self.cap))
