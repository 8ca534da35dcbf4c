"""Events of the clocks: started, moved, stopped; pauses and extensions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

import attrs

from wenzheng_core.domain.escalation import Scheduled
from wenzheng_core.domain.events.base import Event
from wenzheng_core.domain.frozen import FrozenDict, frozen_words
from wenzheng_core.domain.limits import Limit
from wenzheng_core.domain.milestones import Milestone


@attrs.frozen(kw_only=True)
class ClockDecision(Event):
    """What is decided of a clock whenever it is counted; never an event by itself.

    Attributes:
        clock: which rule; unit: whose clock, "" for the case's; epoch: which start of it, from 1.
        row: the row of the table that won.
        stops: the event at which it stops.
        limit: None where the text gives no limit, or until somebody promises a day.
        due: exclusive instant (UTC), None without a limit.
        cut_by, cut_from: the clock inside which this one was cut to fit, and its own due instant.
        not_before, awaits: see :class:`~wenzheng_core.domain.timelimits.Deadline`.
        rungs: the ladder with its instants.
        facts, candidates: what the table was asked, and how each row fared when the row was chosen,
            as ``won:R1``; no candidates for a limit that somebody set by hand.
        policy, calendar: digests of the rules and the days by which it was counted; ruled: of the
            rules whose table chose the row, where those are others.
        floor, ceiling: bounds of the due instant that a migration set.
    """

    clock: str
    unit: str = ""
    epoch: int
    row: str
    stops: Milestone
    limit: Limit | None
    soft: bool
    basis: str
    due: datetime | None
    cut_by: str = ""
    cut_from: datetime | None = None
    not_before: datetime | None = None
    awaits: int | None = None
    rungs: tuple[Scheduled, ...] = ()
    facts: Mapping[str, str] = attrs.field(default=FrozenDict(), converter=frozen_words)
    candidates: tuple[str, ...] = ()
    policy: str = ""
    ruled: str = ""
    calendar: str = ""
    floor: datetime | None = None
    ceiling: datetime | None = None


@attrs.frozen(kw_only=True)
class ClockStarted(ClockDecision):
    """A clock began to run, counted from ``started`` (UTC)."""

    started: datetime


@attrs.frozen(kw_only=True)
class ClockMoved(ClockDecision):
    """A running clock got another due instant: after a pause, an extension, a new grade, a notice.

    ``counted`` is the instant at which things stood as they were counted, where that is not the
    record's own: a pause ends when its cap is reached, whenever that is noticed.
    """

    cause: str
    counted: datetime | None = None


@attrs.frozen(kw_only=True)
class ClockStopped(Event):
    """A clock ended: ``met`` if its stop event came, else the cause that released it.

    ``at``: when its stop event had come, where a new grade made it an earlier one; else None.
    """

    clock: str
    unit: str = ""
    epoch: int
    met: bool
    cause: str
    at: datetime | None = None


@attrs.frozen(kw_only=True)
class ClockReopened(Event):
    """A unit's clock runs on as if it had not stopped, after a return for rework.

    ``rungs`` are those that are still to come: nobody is shown a card for the days of the review.
    """

    clock: str
    unit: str
    epoch: int
    rungs: tuple[Scheduled, ...]


@attrs.frozen(kw_only=True)
class Paused(Event):
    """Clocks stand still from this instant, at the latest until ``until`` (exclusive)."""

    reason: str
    clocks: tuple[str, ...]
    until: datetime
    note: str = attrs.field(default="", repr=False)


@attrs.frozen(kw_only=True)
class Resumed(Event):
    """The clocks run on; ``at`` is the end of the pause (its cap where it ended by itself)."""

    at: datetime
    lapsed: bool = False


@attrs.frozen(kw_only=True)
class ExtensionRequested(Event):
    """A unit asked for more time."""

    clock: str
    unit: str
    by: Limit
    reason: str


@attrs.frozen(kw_only=True)
class ExtensionGranted(Event):
    """More time was given, counted from the old due date."""

    clock: str
    unit: str
    by: Limit
    approver: str
    old_due: datetime
    new_due: datetime


@attrs.frozen(kw_only=True)
class ExtensionRefused(Event):
    """No more time was given."""

    clock: str
    unit: str
    reason: str


@attrs.frozen(kw_only=True)
class PolicyMigrated(Event):
    """From here on the case is judged by another version of its policy.

    Attributes:
        mode: what became of the running clocks (:class:`~wenzheng_core.domain.migration.Mode`).
        cap: for the mode ``cap``, the last day on which a running clock may end.
        spared: clocks of the new version whose start had passed in this round: they stay unstarted.
    """

    from_version: str
    to_version: str
    from_digest: str
    to_digest: str
    mode: str
    reason: str
    cap: date | None = None
    spared: tuple[str, ...] = ()
