"""Events of intake."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from wenzheng_core.domain.events.base import Event
from wenzheng_core.domain.frozen import FrozenDict, frozen_words
from wenzheng_core.domain.messages import Message, Relation


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
