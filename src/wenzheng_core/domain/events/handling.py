"""Events of handling and replying."""

from __future__ import annotations

import attrs

from wenzheng_core.domain.events.base import Event
from wenzheng_core.domain.gates import GateAct, Point


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
    """The matter itself is settled; by an assisting ``unit``, its own part of it."""

    note: str = attrs.field(default="", repr=False)
    unit: str = ""


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
