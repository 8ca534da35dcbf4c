"""The events of a case at which clocks start and stop, each with its Chinese word."""

from __future__ import annotations

from enum import StrEnum


class Milestone(StrEnum):
    """The events at which clocks start and stop.

    ``POSTED`` is when the citizen wrote, ``RECEIVED`` when the office had it or came upon it;
    ``FIRST_ACTION`` (核办) is the beginning of handling, not its end. ``FORWARDED`` ends what a
    relay does: the answer goes up to the office that handed the case down.
    """

    POSTED = "posted"
    RECEIVED = "received"
    ACCEPTED = "accepted"
    INSTRUCTED = "instructed"
    ASSIGNED = "assigned"
    CLAIMED = "claimed"
    CONTACTED = "contacted"
    FIRST_ACTION = "first_action"
    REPORTED = "reported"
    REVIEWED = "reviewed"
    APPROVED = "approved"
    CALLED_BACK = "called_back"
    PUBLISHED = "published"
    FORWARDED = "forwarded"
    RESOLVED = "resolved"

    @property
    def label(self) -> str:
        """The Chinese word."""
        return _MILESTONE_LABELS[self]


_MILESTONE_LABELS = {
    Milestone.POSTED: "网民留言",
    Milestone.RECEIVED: "收到留言",
    Milestone.ACCEPTED: "受理",
    Milestone.INSTRUCTED: "领导批示",
    Milestone.ASSIGNED: "交办",
    Milestone.CLAIMED: "签收",
    Milestone.CONTACTED: "联系留言人",
    Milestone.FIRST_ACTION: "着手核办",
    Milestone.REPORTED: "反馈",
    Milestone.REVIEWED: "审核",
    Milestone.APPROVED: "审定",
    Milestone.CALLED_BACK: "回访",
    Milestone.PUBLISHED: "公开回复",
    Milestone.FORWARDED: "报送上级",
    Milestone.RESOLVED: "办结",
}

COURSE = (
    Milestone.POSTED,
    Milestone.RECEIVED,
    Milestone.ACCEPTED,
    Milestone.ASSIGNED,
    Milestone.CLAIMED,
    Milestone.REPORTED,
    Milestone.REVIEWED,
    Milestone.APPROVED,
    Milestone.PUBLISHED,
    Milestone.FORWARDED,
)
"""The order that every case keeps; the others may come at any time."""

OF_UNIT = frozenset(
    {
        Milestone.ASSIGNED,
        Milestone.CLAIMED,
        Milestone.CONTACTED,
        Milestone.FIRST_ACTION,
        Milestone.REPORTED,
    }
)
"""Milestones that a unit reaches for itself, so that a clock per unit can start or stop there."""

BEFORE_CLASSIFYING = frozenset({Milestone.POSTED, Milestone.RECEIVED, Milestone.ACCEPTED})
"""Milestones that come before anybody has classified: what starts there may wait for facts."""

RETURNABLE = frozenset({Milestone.REPORTED, Milestone.REVIEWED, Milestone.APPROVED})
"""Milestones that are void once the answer is returned for rework."""

OF_OFFICE = RETURNABLE | {Milestone.CALLED_BACK, Milestone.PUBLISHED, Milestone.FORWARDED}
"""Milestones from which on the matter is in the office's hands, and so what is late is its own."""

ANSWERED = frozenset({Milestone.PUBLISHED, Milestone.FORWARDED})
"""Milestones either of which means that the office has given its answer."""
