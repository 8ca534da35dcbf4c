"""Commands to answer, review, approve, return, publish, forward."""

from __future__ import annotations

import attrs

from wenzheng_core.domain.commands.base import Command
from wenzheng_core.domain.limits import Limit


@attrs.frozen(kw_only=True)
class AnswerDirectly(Command):
    """Put forward a reply without assigning the case to a unit (直接答复)."""

    reply: str = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class Review(Command):
    """Pass the gate of review (审核); ``checked`` are the items of its lists that were confirmed."""

    note: str = attrs.field(default="", repr=False)
    checked: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Approve(Command):
    """Pass the gate of approval (审定); ``checked`` as above."""

    note: str = attrs.field(default="", repr=False)
    checked: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class ReturnForRework(Command):
    """Return the report for rework (退回重办).

    The original limits run on (a choice); ``within`` sets a limit of its own for the rework.
    """

    reason: str
    within: Limit | None = None


@attrs.frozen(kw_only=True)
class Publish(Command):
    """Publish the reply; the proposed one if ``reply`` is empty.

    Not ``public``: it goes to the citizen alone, for what must not be made public (不公开答复).
    """

    reply: str = attrs.field(default="", repr=False)
    public: bool = True


@attrs.frozen(kw_only=True)
class Forward(Command):
    """Send the answer up to the office that handed the case down (报送); as proposed if empty."""

    reply: str = attrs.field(default="", repr=False)
