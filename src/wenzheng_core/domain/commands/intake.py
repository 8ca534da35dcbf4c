"""Commands to receive, screen, classify, merge, link."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from wenzheng_core.domain.commands.base import Command
from wenzheng_core.domain.frozen import FrozenDict, frozen_words
from wenzheng_core.domain.messages import Message, Relation


@attrs.frozen(kw_only=True)
class Receive(Command):
    """Open a case for a message."""

    message: Message
    facts: Mapping[str, str] = attrs.field(default=FrozenDict(), converter=frozen_words)


@attrs.frozen(kw_only=True)
class Accept(Command):
    """Accept the message for handling (受理)."""


@attrs.frozen(kw_only=True)
class Decline(Command):
    """Decline with a reason of the policy and a courteous answer (the policy's own if empty)."""

    reason: str
    answer: str = attrs.field(default="", repr=False)


@attrs.frozen(kw_only=True)
class Classify(Command):
    """State facts: category, field, grade … A change of a stated fact needs a reason."""

    facts: Mapping[str, str] = attrs.field(converter=frozen_words)
    reason: str = ""


@attrs.frozen(kw_only=True)
class Merge(Command):
    """Let this case follow another one of the same matter."""

    into: str
    reason: str = ""


@attrs.frozen(kw_only=True)
class Link(Command):
    """Say what this case has to do with another one: a thanks for it, a repetition of it."""

    to: str
    relation: Relation
    note: str = attrs.field(default="", repr=False)
