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
from wenzheng_core.domain.gates import GateAct, Point
from wenzheng_core.domain.limits import Limit
from wenzheng_core.domain.messages import Message, Relation
from wenzheng_core.domain.milestones import Milestone


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


@attrs.frozen(kw_only=True)
class Linked(Event):
    """The case has to do with another one."""

    to: str
    relation: Relation
    note: str = attrs.field(default="", repr=False)


# Routing


@attrs.frozen(kw_only=True)
class Instructed(Event):
    """A leader gave an instruction; ``lead`` is the unit that it names, "" if none."""

    by: str
    text: str = attrs.field(repr=False)
    gate: str = ""
    lead: str = ""


@attrs.frozen(kw_only=True)
class LeadDesignated(Event):
    """The lead of a cross-duty matter was named."""

    lead: str
    by: str
    reason: str


@attrs.frozen(kw_only=True)
class Assigned(Event):
    """Units were charged with the case by a letter; ``round`` counts the assignments of a case.

    ``principle``: the routing principle applied, "" if none was stated; ``decided``: no unit may
    return the case.
    """

    round: int
    lead: str
    assisting: tuple[str, ...] = ()
    letter: str = ""
    principle: str = ""
    decided: bool = False


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
        stops: the event at which it stops.
        limit: None where the text gives no limit, or until somebody promises a day.
        due: exclusive instant (UTC), None without a limit.
        cut_by, cut_from: the clock inside which this one was cut to fit, and its own due instant.
        not_before, awaits: see :class:`~wenzheng_core.domain.timelimits.Deadline`.
        rungs: the ladder with its instants.
        policy, calendar: digests of what decided.
    """

    clock: str
    unit: str = ""
    epoch: int
    row: str
    stops: Milestone = Milestone.REPORTED
    limit: Limit | None
    soft: bool
    basis: str
    started: datetime
    due: datetime | None
    cut_by: str = ""
    cut_from: datetime | None = None
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
    stops: Milestone = Milestone.REPORTED
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
    calendar: str = ""


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


# Handling and replying


@attrs.frozen(kw_only=True)
class ContactLogged(Event):
    """Somebody tried to reach the citizen."""

    unit: str
    reached: bool
    channel: str
    note: str = attrs.field(default="", repr=False)


@attrs.frozen(kw_only=True)
class FirstActionTaken(Event):
    """Handling began; ``unit`` is "" where the office itself took it up."""

    unit: str = ""
    note: str = attrs.field(default="", repr=False)


@attrs.frozen(kw_only=True)
class InterimMeasureTaken(Event):
    """A measure was taken until the matter is settled."""

    unit: str
    measure: str = attrs.field(repr=False)
    disputed: bool = False
    commitment: str = ""


@attrs.frozen(kw_only=True)
class PlanSubmitted(Event):
    """A unit promised steps, each of which follows as a :class:`Committed`."""

    unit: str
    clock: str
    explanation: str = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class ProgressReported(Event):
    """A unit told how it goes."""

    unit: str
    note: str = attrs.field(repr=False)


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
    """Somebody entitled passed the case at a gate; ``checked`` are the items that were confirmed."""

    gate: str
    act: GateAct
    by: str
    note: str = attrs.field(default="", repr=False)
    before: Point = Point.PUBLISH
    checked: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class ReplyProposed(Event):
    """The office put forward a reply without any unit."""

    reply: str = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class ReturnedForRework(Event):
    """The report went back to the unit; gates passed so far are void."""

    reason: str


@attrs.frozen(kw_only=True)
class Published(Event):
    """The reply is public, or went to the citizen alone."""

    reply: str = attrs.field(repr=False)
    public: bool = True


@attrs.frozen(kw_only=True)
class Forwarded(Event):
    """The answer went up to the office that had handed the case down."""

    to: str
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


@attrs.frozen(kw_only=True)
class Escalated(Event):
    """A device of the ladder was taken by hand."""

    act: Act
    unit: str
    cause: str = ""
    note: str = attrs.field(default="", repr=False)


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
    """A promise was made, kept if fulfilled before the end of ``due``.

    ``clock``: the clock whose due day it sets, or whose plan it is a step of; "" for neither.
    """

    commitment: str
    text: str = attrs.field(repr=False)
    due: date
    by: str
    clock: str = ""


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
