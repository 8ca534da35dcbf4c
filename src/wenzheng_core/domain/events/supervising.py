"""Events of supervision."""

from __future__ import annotations

from datetime import datetime

import attrs

from wenzheng_core.domain.escalation import Act
from wenzheng_core.domain.events.base import Event


@attrs.frozen(kw_only=True)
class RungFired(Event):
    """A rung of the ladder fired: a reminder, a yellow or red card, a chase, an order.

    Attributes:
        scheduled: the instant at which it was due; the record's own instant is when it was noticed.
        due: the due instant to which it stands, as it was when the rung fired.
        whom: the unit that it reproaches or reminds; "" for the office.
        to: pairs ``unit/office`` that are told; empty means that nobody could be found, which the
            sweep reports loudly.
        policy, calendar: digests of the rules that the rung stands in, and of the days by which its
            clock was counted; "" in events older than the fields.
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
    policy: str = ""
    calendar: str = ""


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
