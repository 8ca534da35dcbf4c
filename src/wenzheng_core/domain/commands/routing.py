"""Commands to instruct, designate, assign, send back, claim."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from wenzheng_core.domain.commands.base import Command
from wenzheng_core.domain.frozen import FrozenDict, frozen_words
from wenzheng_core.domain.limits import Limit


@attrs.frozen(kw_only=True)
class Instruct(Command):
    """Give a leader's instruction (批示).

    ``lead`` names the unit that shall handle the case; where the policy lets the instruction
    override the routing, another assignment is cancelled for it by a new ``letter``. ``gate`` says
    at which gate, if the leader's office stands at several.
    """

    text: str = attrs.field(repr=False)
    lead: str = ""
    assisting: tuple[str, ...] = ()
    letter: str = ""
    gate: str = ""
    checked: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class DesignateLead(Command):
    """Name the lead of a cross-duty matter before it is assigned (指定牵头单位)."""

    lead: str
    reason: str
    checked: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class FileNote(Command):
    """Put a written note on file at a gate that waits for it (拟办意见, 书面材料)."""

    gate: str
    text: str = attrs.field(repr=False)
    checked: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Assign(Command):
    """Assign to a lead and assisting units by a letter (交办函).

    ``within`` sets a shorter limit for this case where the policy lets the office do so.
    ``grounds``: for each routing principle that was tried and named a unit, that unit. ``decided``:
    the unit was settled after study, and may not return the case.
    """

    lead: str
    assisting: tuple[str, ...] = ()
    letter: str = ""
    within: Limit | None = None
    grounds: Mapping[str, str] = attrs.field(default=FrozenDict(), converter=frozen_words)
    decided: bool = False


@attrs.frozen(kw_only=True)
class Reassign(Command):
    """Give the case to other units (改派), with a reason; ``grounds``, ``decided`` as above."""

    lead: str
    reason: str
    assisting: tuple[str, ...] = ()
    letter: str = ""
    grounds: Mapping[str, str] = attrs.field(default=FrozenDict(), converter=frozen_words)
    decided: bool = False


@attrs.frozen(kw_only=True)
class SendBack(Command):
    """Return the case to the office as not one's own (退件), with a reason."""

    reason: str


@attrs.frozen(kw_only=True)
class Claim(Command):
    """Sign for the case (认领, 签收)."""
