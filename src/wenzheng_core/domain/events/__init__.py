"""What happened: the truth from which everything else is folded.

Events carry decisions. A :class:`ClockStarted` holds the limit that won, the due instant and the
instants of its rungs, so folding a history never computes a deadline, and the history reads the
same under any later policy or calendar. The instant, the actor and the number of an event are in
the :class:`Record` around it.
"""

from __future__ import annotations

from wenzheng_core.domain.events.aftercare import (
    Archived,
    CalledBack,
    CommitmentFulfilled,
    CommitmentLapsed,
    Committed,
    Rated,
    Reopened,
)
from wenzheng_core.domain.events.base import Event, Record
from wenzheng_core.domain.events.handling import (
    ContactLogged,
    FirstActionTaken,
    Forwarded,
    GatePassed,
    InterimMeasureTaken,
    PlanSubmitted,
    ProgressReported,
    Published,
    ReplyProposed,
    Reported,
    Resolved,
    ReturnedForRework,
)
from wenzheng_core.domain.events.intake import (
    Accepted,
    CaseOpened,
    Classified,
    Declined,
    Linked,
    Merged,
)
from wenzheng_core.domain.events.keeping import (
    Delivered,
    DeliveryAbandoned,
    MessageRevised,
    PersonalDataErased,
    ProcessingRestricted,
    RestrictionLifted,
    without_personal,
)
from wenzheng_core.domain.events.routing import (
    Assigned,
    Claimed,
    Instructed,
    LeadDesignated,
    Released,
    SentBack,
)
from wenzheng_core.domain.events.supervising import (
    CardWithdrawn,
    Chased,
    Escalated,
    RungFired,
    SupervisionOrderIssued,
)
from wenzheng_core.domain.events.timing import (
    ClockDecision,
    ClockMoved,
    ClockReopened,
    ClockStarted,
    ClockStopped,
    ExtensionGranted,
    ExtensionRefused,
    ExtensionRequested,
    Paused,
    PolicyMigrated,
    Resumed,
)

__all__ = [
    "AUTOMATIC",
    "EVENTS",
    "Accepted",
    "Archived",
    "Assigned",
    "CalledBack",
    "CardWithdrawn",
    "CaseOpened",
    "Chased",
    "Claimed",
    "Classified",
    "ClockDecision",
    "ClockMoved",
    "ClockReopened",
    "ClockStarted",
    "ClockStopped",
    "CommitmentFulfilled",
    "CommitmentLapsed",
    "Committed",
    "ContactLogged",
    "Declined",
    "Delivered",
    "DeliveryAbandoned",
    "Escalated",
    "Event",
    "ExtensionGranted",
    "ExtensionRefused",
    "ExtensionRequested",
    "FirstActionTaken",
    "Forwarded",
    "GatePassed",
    "Instructed",
    "InterimMeasureTaken",
    "LeadDesignated",
    "Linked",
    "Merged",
    "MessageRevised",
    "Paused",
    "PersonalDataErased",
    "PlanSubmitted",
    "PolicyMigrated",
    "ProcessingRestricted",
    "ProgressReported",
    "Published",
    "Rated",
    "Record",
    "Released",
    "Reopened",
    "ReplyProposed",
    "Reported",
    "Resolved",
    "RestrictionLifted",
    "Resumed",
    "ReturnedForRework",
    "RungFired",
    "SentBack",
    "SupervisionOrderIssued",
    "without_personal",
]

EVENTS: tuple[type[Event], ...] = tuple(
    kind
    for kind in (*Event.__subclasses__(), *ClockDecision.__subclasses__())
    if "__attrs_attrs__" in vars(kind) and kind is not ClockDecision
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
