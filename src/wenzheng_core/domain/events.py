"""What happened: the truth from which everything else is folded.

Events carry decisions. A :class:`ClockStarted` holds the limit that won, the due instant and the
instants of its rungs, so folding a history never computes a deadline, and the history reads the
same under any later policy or calendar. The instant, the actor and the number of an event are in
the :class:`Record` around it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

import attrs

from wenzheng_core.domain.escalation import Act, Scheduled
from wenzheng_core.domain.frozen import FrozenDict, frozen_words
from wenzheng_core.domain.limits import Limit
from wenzheng_core.domain.messages import Message
from wenzheng_core.domain.policies import GateAct


class Event:
    """The base of all events; nothing but a name for the type checker."""

    __slots__ = ()


# Intake


@attrs.frozen(kw_only=True)
class CaseOpened(Event):
    """A message became a case; the rules it will be judged by are pinned here.

    ``facts`` are those known from the start, ``labels`` the words in which they came.
    """

    message: Message
    policy: str
    policy_version: str
    policy_digest: str
    facts: Mapping[str, str] = attrs.field(converter=frozen_words)
    labels: Mapping[str, str] = attrs.field(default=FrozenDict(), converter=frozen_words)


@attrs.frozen(kw_only=True)
class Accepted(Event):
    """The message is handled (受理)."""


@attrs.frozen(kw_only=True)
class Declined(Event):
    """The message is not handled, and was answered."""

    reason: str
    answer: str = attrs.field(repr=False)
    counts_as_replied: bool


@attrs.frozen(kw_only=True)
class Classified(Event):
    """Facts were stated; ``facts`` are canonical, ``labels`` the words that were used."""

    facts: Mapping[str, str] = attrs.field(converter=frozen_words)
    labels: Mapping[str, str] = attrs.field(converter=frozen_words)
    reason: str = ""


@attrs.frozen(kw_only=True)
class Merged(Event):
    """The case follows another one from now on."""

    into: str
    reason: str = ""


# Routing


@attrs.frozen(kw_only=True)
class Assigned(Event):
    """Units were charged with the case by a letter; ``round`` counts the assignments of a case."""

    round: int
    lead: str
    assisting: tuple[str, ...] = ()
    letter: str = ""


@attrs.frozen(kw_only=True)
class Released(Event):
    """Units no longer hold the case: sent back, reassigned, reported, merged."""

    units: tuple[str, ...]
    cause: str
    reason: str = ""


@attrs.frozen(kw_only=True)
class SentBack(Event):
    """The lead unit returned the case to the office."""

    unit: str
    reason: str


@attrs.frozen(kw_only=True)
class Claimed(Event):
    """A unit signed for the case."""

    unit: str


# Clocks


@attrs.frozen(kw_only=True)
class ClockStarted(Event):
    """A clock began to run.

    Attributes:
        clock: which rule; unit: whose clock, "" for the case's; epoch: which start of it, from 1.
        row: the row of the table that won.
        limit: None where the text gives no limit.
        due: exclusive instant (UTC), None without a limit.
        not_before, awaits: see :class:`~wenzheng_core.domain.timelimits.Deadline`.
        rungs: the ladder with its instants.
        policy, calendar: digests of what decided.
    """

    clock: str
    unit: str = ""
    epoch: int
    row: str
    limit: Limit | None
    soft: bool
    basis: str
    started: datetime
    due: datetime | None
    not_before: datetime | None = None
    awaits: int | None = None
    rungs: tuple[Scheduled, ...] = ()
    facts: Mapping[str, str] = attrs.field(default=FrozenDict(), converter=frozen_words)
    policy: str = ""
    calendar: str = ""


@attrs.frozen(kw_only=True)
class ClockMoved(Event):
    """A running clock got another due instant: after a pause, an extension, a new grade, a notice."""

    clock: str
    unit: str = ""
    epoch: int
    cause: str
    row: str
    limit: Limit | None
    soft: bool
    basis: str
    due: datetime | None
    not_before: datetime | None = None
    awaits: int | None = None
    rungs: tuple[Scheduled, ...] = ()
    facts: Mapping[str, str] = attrs.field(default=FrozenDict(), converter=frozen_words)
    calendar: str = ""


@attrs.frozen(kw_only=True)
class ClockStopped(Event):
    """A clock ended: ``met`` if its stop event came, else the cause that released it."""

    clock: str
    unit: str = ""
    epoch: int
    met: bool
    cause: str


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


# Handling and replying


@attrs.frozen(kw_only=True)
class ContactLogged(Event):
    """Somebody tried to reach the citizen."""

    unit: str
    reached: bool
    channel: str
    note: str = attrs.field(default="", repr=False)


@attrs.frozen(kw_only=True)
class Reported(Event):
    """A unit reported; ``lead`` says whether it is the lead unit's report."""

    unit: str
    lead: bool
    findings: str = attrs.field(repr=False)
    proposed_reply: str = attrs.field(default="", repr=False)


@attrs.frozen(kw_only=True)
class Resolved(Event):
    """The matter itself is settled."""

    note: str = attrs.field(default="", repr=False)


@attrs.frozen(kw_only=True)
class GatePassed(Event):
    """Somebody entitled passed the reply at a gate."""

    gate: str
    act: GateAct
    by: str
    note: str = attrs.field(default="", repr=False)


@attrs.frozen(kw_only=True)
class ReturnedForRework(Event):
    """The report went back to the unit; gates passed so far are void."""

    reason: str


@attrs.frozen(kw_only=True)
class Published(Event):
    """The reply is public."""

    reply: str = attrs.field(repr=False)


# Supervising


@attrs.frozen(kw_only=True)
class RungFired(Event):
    """A rung of the ladder fired: a reminder, a yellow or red card, a chase, an order.

    Attributes:
        scheduled: the instant at which it was due; the record's own instant is when it was noticed.
        due: the due instant to which it stands, as it was when the rung fired.
        whom: the unit that it reproaches or reminds; "" for the office.
        to: pairs ``unit/office`` that are told; empty means that nobody could be found, which the
            sweep reports loudly.
    """

    rung: str
    clock: str
    unit: str = ""
    epoch: int
    act: Act
    scheduled: datetime
    due: datetime | None = None
    whom: str = ""
    to: tuple[str, ...]
    channel: str = "sms"


@attrs.frozen(kw_only=True)
class CardWithdrawn(Event):
    """A card was withdrawn on appeal; that it was shown stays on record."""

    rung: str
    clock: str
    unit: str
    epoch: int
    reason: str


@attrs.frozen(kw_only=True)
class Chased(Event):
    """A unit was chased by hand."""

    unit: str
    note: str = attrs.field(default="", repr=False)


@attrs.frozen(kw_only=True)
class SupervisionOrderIssued(Event):
    """A supervision order went out."""

    unit: str
    number: str
    issuers: tuple[str, ...]
    demand: str = attrs.field(repr=False)


# Aftercare


@attrs.frozen(kw_only=True)
class CalledBack(Event):
    """The citizen was called back."""

    reached: bool
    note: str = attrs.field(default="", repr=False)


@attrs.frozen(kw_only=True)
class Rated(Event):
    """The citizen rated the handling, 1 to 5."""

    score: int
    note: str = attrs.field(default="", repr=False)


@attrs.frozen(kw_only=True)
class Committed(Event):
    """A promise was made, kept if fulfilled before the end of ``due``."""

    commitment: str
    text: str = attrs.field(repr=False)
    due: date
    by: str


@attrs.frozen(kw_only=True)
class CommitmentFulfilled(Event):
    """A promise was kept."""

    commitment: str
    note: str = attrs.field(default="", repr=False)


@attrs.frozen(kw_only=True)
class CommitmentLapsed(Event):
    """The day of a promise ended without its being kept."""

    commitment: str


@attrs.frozen(kw_only=True)
class Reopened(Event):
    """A finished case is handled again."""

    reason: str


@attrs.frozen(kw_only=True)
class Archived(Event):
    """The file is closed."""


EVENTS: tuple[type[Event], ...] = tuple(
    kind for kind in Event.__subclasses__() if hasattr(kind, "__attrs_attrs__")
)

AUTOMATIC: tuple[type[Event], ...] = (
    RungFired,
    CommitmentLapsed,
    ClockStarted,
    ClockMoved,
    ClockStopped,
    ClockReopened,
    Released,
)
"""Events that follow from the rules and not from anybody's will; their actor is the system."""


@attrs.frozen
class Record:
    """An event in its place: ``version`` counts the events of the case from 1; ``at`` is UTC."""

    case_id: str
    version: int
    at: datetime
    actor: str
    event: Event
