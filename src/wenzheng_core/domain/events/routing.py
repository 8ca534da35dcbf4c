"""Events of routing: who holds the case."""

from __future__ import annotations

import attrs

from wenzheng_core.domain.events.base import Event


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
