"""The system's clock, and a clock that is set by hand; the only place that reads the time.

Names that nobody else has are made here too: like the time, they are arguments to all the rest.
"""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime, timedelta

import attrs

from wenzheng_core.domain.instants import utc


@attrs.frozen
class SystemClock:
    """The machine's time."""

    def now(self) -> datetime:
        """The present instant, UTC."""
        return datetime.now(UTC)


@attrs.define
class FixedClock:
    """A clock that stands where it was put, for tests, demonstrations and replays."""

    at: datetime = attrs.field(converter=utc)

    def now(self) -> datetime:
        """The instant at which it stands, UTC."""
        return self.at

    def move_to(self, at: datetime) -> None:
        """Put it to another instant."""
        self.at = utc(at)


def elapsed() -> timedelta:
    """For how long the machine has run: it never jumps, whatever the wall clock is set to.

    The time that the machine sleeps counts where the system can tell (Linux).
    """
    which = getattr(time, "CLOCK_BOOTTIME", None)
    seconds = time.monotonic() if which is None else time.clock_gettime(which)
    return timedelta(seconds=seconds)


def unique_name() -> str:
    """A name that no other process has, nor this one at another time."""
    return uuid.uuid4().hex
