"""Events after the answer."""

from __future__ import annotations

from datetime import date, datetime

import attrs

from wenzheng_core.domain.events.base import Event


@attrs.frozen(kw_only=True)
class CalledBack(Event):
    """The citizen was called back; ``unit`` is "" where the office called."""

    reached: bool
    note: str = attrs.field(default="", repr=False)
    unit: str = ""


@attrs.frozen(kw_only=True)
class Rated(Event):
    """The citizen rated the handling, 1 to 5."""

    score: int
    note: str = attrs.field(default="", repr=False)


@attrs.frozen(kw_only=True)
class Committed(Event):
    """A promise was made, kept if fulfilled before the end of ``due``.

    ``clock``: the clock whose due day it sets, or whose plan it is a step of; "" for neither.
    ``replaces``: the earlier promises for that clock whose place it takes.
    """

    commitment: str
    text: str = attrs.field(repr=False)
    due: date
    by: str
    clock: str = ""
    replaces: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class CommitmentFulfilled(Event):
    """A promise was kept."""

    commitment: str
    note: str = attrs.field(default="", repr=False)


@attrs.frozen(kw_only=True)
class CommitmentLapsed(Event):
    """The day of a promise ended without its being kept; ``scheduled`` is that instant."""

    commitment: str
    scheduled: datetime | None = None


@attrs.frozen(kw_only=True)
class Reopened(Event):
    """A finished case is handled again."""

    reason: str


@attrs.frozen(kw_only=True)
class Archived(Event):
    """The file is closed."""
