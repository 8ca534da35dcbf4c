"""The system's clock, and a clock that is set by hand; the only place that reads the time."""

from __future__ import annotations

from datetime import UTC, datetime

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
