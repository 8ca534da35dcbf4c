"""Commands to chase, order, escalate, withdraw; let time pass."""

from __future__ import annotations

import attrs

from wenzheng_core.domain.commands.base import Command
from wenzheng_core.domain.escalation import Act


@attrs.frozen(kw_only=True)
class Chase(Command):
    """Chase a unit by hand (催办)."""

    unit: str
    note: str = attrs.field(default="", repr=False)


@attrs.frozen(kw_only=True)
class IssueSupervisionOrder(Command):
    """Issue a supervision order (督办单) with its issuers."""

    unit: str
    number: str
    issuers: tuple[str, ...]
    demand: str = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class Escalate(Command):
    """Take a further device by hand: on-site supervision, a meeting, a bulletin, accountability.

    ``cause`` is the code of the ground where somebody is held to account.
    """

    act: Act
    unit: str
    cause: str = ""
    note: str = attrs.field(default="", repr=False)


@attrs.frozen(kw_only=True)
class WithdrawCard(Command):
    """Withdraw a card after an appeal: a further event, the card itself stays on record.

    ``epoch`` says on which start of the clock it fell; the last card that stands if none is given.
    """

    rung: str
    clock: str
    reason: str
    unit: str = ""
    epoch: int | None = None


@attrs.frozen(kw_only=True)
class Tick(Command):
    """Let what is due by now happen: rungs, ends of pauses, lapsed commitments."""


@attrs.frozen(kw_only=True)
class Settle(Command):
    """Count the running clocks again by the calendar as it is now published."""
