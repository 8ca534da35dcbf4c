"""Commands to call back, rate, promise, reopen, archive."""

from __future__ import annotations

from datetime import date

import attrs

from wenzheng_core.domain.commands.base import Command, plain_day


@attrs.frozen(kw_only=True)
class CallBack(Command):
    """Record a call back to the citizen (回访)."""

    reached: bool
    note: str = attrs.field(default="", repr=False)


@attrs.frozen(kw_only=True)
class Rate(Command):
    """Record the citizen's rating, 1 (worst) to 5 (best)."""

    score: int
    note: str = attrs.field(default="", repr=False)


@attrs.frozen(kw_only=True)
class Commit(Command):
    """Record a promise with its day (承诺), tracked after the case is closed too.

    ``clock``: the promise sets the due day of that clock (限期解决); ``text`` then explains why.
    """

    commitment: str
    text: str = attrs.field(repr=False)
    due: date = attrs.field(validator=plain_day)
    by: str = ""
    clock: str = ""


@attrs.frozen(kw_only=True)
class FulfilCommitment(Command):
    """Record that a promise was kept."""

    commitment: str
    note: str = attrs.field(default="", repr=False)


@attrs.frozen(kw_only=True)
class Reopen(Command):
    """Open a finished case again; earlier breaches stay on record."""

    reason: str


@attrs.frozen(kw_only=True)
class Archive(Command):
    """Close the file (归档)."""
