"""What all events share, and the record around each."""

from __future__ import annotations

from datetime import datetime

import attrs


class Event:
    """The base of all events; nothing but a name for the type checker."""

    __slots__ = ()


@attrs.frozen
class Record:
    """An event in its place: ``version`` counts the events of the case from 1; ``at`` is UTC."""

    case_id: str
    version: int
    at: datetime
    actor: str
    event: Event
