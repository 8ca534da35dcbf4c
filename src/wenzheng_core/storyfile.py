"""The shape of ``stories.toml``: cases told from receipt to archive, step by step.

These classes only say which keys there are and of what kind; :mod:`wenzheng_core.storyreading`
reads them. Times are Beijing time and are written without a zone.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import attrs

from wenzheng_core.domain.messages import SourceKind
from wenzheng_core.domain.workflow import State

STORIES_SCHEMA = "wenzheng.stories/1"


class Promised(StrEnum):
    """What became of a promise."""

    OPEN = "open"
    FULFILLED = "fulfilled"
    LAPSED = "lapsed"
    REPLACED = "replaced"

    @property
    def label(self) -> str:
        """The Chinese word."""
        return {
            "open": "未到期",
            "fulfilled": "已兑现",
            "lapsed": "已逾期",
            "replaced": "已另行承诺",
        }[self.value]


@attrs.frozen(kw_only=True)
class ThenTable:
    """``then``: what holds of the case after the step; what is not asked for is not looked at.

    Clocks are named by their id: the latest start of it, the lead's of a clock that each unit has;
    another unit's as ``"handle@jianshe"``.

    Attributes:
        state: where the case stands.
        lead: the lead unit; "" for none yet.
        due: clock to its due day (a date) or its exclusive due instant (a time).
        no_limit: clocks that began and have no due instant.
        running, stopped, met: clocks that run, that have ended, that ended by their stop event.
        breached: clocks whose due instant came before they ended.
        fired, unfired: rungs of the ladder that fired by now, and that did not.
        label, fact: columns to the word that was used, and to the policy's own word.
        principle: the routing principle of the last assignment.
        commitments: promises to ``open``, ``fulfilled``, ``lapsed`` or ``replaced``.
        gates: gates that stand passed by an act of their own.
        forwarded_to: whither the answer went up.
        reply: the answer that went out, or a part of it.
    """

    state: State | None = None
    lead: str | None = None
    due: dict[str, Any] = attrs.field(factory=dict)
    no_limit: tuple[str, ...] = ()
    running: tuple[str, ...] = ()
    stopped: tuple[str, ...] = ()
    met: tuple[str, ...] = ()
    breached: tuple[str, ...] = ()
    fired: tuple[str, ...] = ()
    unfired: tuple[str, ...] = ()
    label: dict[str, str] = attrs.field(factory=dict)
    fact: dict[str, str] = attrs.field(factory=dict)
    principle: str | None = None
    commitments: dict[str, Promised] = attrs.field(factory=dict)
    gates: tuple[str, ...] = ()
    forwarded_to: str | None = None
    reply: str | None = None


@attrs.frozen(kw_only=True)
class ReceiptTable:
    """``with`` of ``do = "receive"``: the message; what is left out is filled in from the story."""

    number: str = ""
    title: str = ""
    body: str = ""
    source: str = "people"
    kind: SourceKind = SourceKind.BOARD
    facts: dict[str, str] = attrs.field(factory=dict)
    posted: datetime | None = None
    author: str = ""
    addressed_to: str = ""
    name: str = ""
    phone: str = ""
    address: str = ""


@attrs.frozen(kw_only=True)
class HandingTable:
    """``with`` of ``hand_down`` and ``hand_up``: between which offices, for which unit.

    ``unit``: the unit of the upper office for which the lower one stands; that of ``who`` if left
    out. ``parent``: the city of the upper office; "" is the story's own.
    """

    unit: str = ""
    parent: str = ""
    facts: dict[str, str] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class NothingTable:
    """``with`` of ``do = "sweep"``: empty."""


@attrs.frozen(kw_only=True)
class StepTable:
    """``[[story.step]]``: who does what when, and what must come of it."""

    at: datetime
    who: str
    do: str
    with_: dict[str, Any] = attrs.field(factory=dict, metadata={"key": "with"})
    case: str = ""
    office: str = ""
    says: str = ""
    refused: str = ""
    then: ThenTable = ThenTable()


@attrs.frozen(kw_only=True)
class StoryTable:
    """``[[story]]``: one case, or several that belong together."""

    id: str
    title: str
    basis: str = ""
    choice: str = ""
    step: tuple[StepTable, ...]


@attrs.frozen(kw_only=True)
class StoriesFile:
    """The whole of ``stories.toml``."""

    schema: str
    story: tuple[StoryTable, ...]
