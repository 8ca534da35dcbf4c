"""Events about what is kept of a case: another text, what was told, restriction, erasure."""

from __future__ import annotations

from collections.abc import Collection

import attrs

from wenzheng_core.domain.events.base import Event
from wenzheng_core.domain.events.intake import CaseOpened
from wenzheng_core.domain.messages import PARTS, Message


@attrs.frozen(kw_only=True)
class MessageRevised(Event):
    """The platform showed another text; the one that came first stays as it is."""

    message: Message


@attrs.frozen(kw_only=True)
class Delivered(Event):
    """A channel delivered what these keys name; ``receipt`` is the provider's."""

    keys: tuple[str, ...]
    channel: str
    to: str
    receipt: str


@attrs.frozen(kw_only=True)
class DeliveryAbandoned(Event):
    """What these keys name is tried no more; ``error`` is the last one."""

    keys: tuple[str, ...]
    channel: str
    to: str
    error: str


@attrs.frozen(kw_only=True)
class ProcessingRestricted(Event):
    """The case is stored and protected from here on, and nothing else."""

    reason: str


@attrs.frozen(kw_only=True)
class RestrictionLifted(Event):
    """The case is no longer restricted."""

    reason: str


@attrs.frozen(kw_only=True)
class PersonalDataErased(Event):
    """Personal data was erased, from the events before this one too.

    ``words``: and with it what the citizen wrote.
    """

    reason: str
    words: bool = False

    @property
    def parts(self) -> tuple[str, ...]:
        """What was erased, by its names in :data:`~wenzheng_core.domain.messages.PARTS`."""
        return PARTS if self.words else PARTS[:1]


def without_personal(event: Event, parts: Collection[str]) -> Event:
    """The event as it reads once these parts of the citizen's data are erased.

    A store that erases applies this to the history that it gives back. Folding it then comes to the
    same case as folding the history of before, once the erasure itself is folded. Raises KeyError
    for an unknown part.
    """
    if isinstance(event, CaseOpened | MessageRevised):
        return attrs.evolve(event, message=event.message.without(parts))
    return event
