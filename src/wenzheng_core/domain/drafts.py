"""The workbench of a decision: events are put down one after another, each seen by the next."""

from __future__ import annotations

from datetime import datetime

import attrs

from wenzheng_core.domain.actors import SYSTEM, Actor
from wenzheng_core.domain.calendars import Calendar
from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.commands import Request
from wenzheng_core.domain.events import AUTOMATIC, Event, Record
from wenzheng_core.domain.evolving import evolve
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.units import Units


@attrs.frozen
class Rules:
    """All that a decision rests on besides the case itself."""

    policy: Policy
    calendar: Calendar
    units: Units = Units()


@attrs.define
class Draft:
    """A decision in the making; local to one call of ``decide`` and never kept."""

    case_id: str
    _case: Case | None
    request: Request
    rules: Rules
    records: list[Record] = attrs.field(factory=list)

    @property
    def case(self) -> Case:
        """The case after the events so far."""
        if self._case is None:
            raise ValueError("办件尚未登记")
        return self._case

    @property
    def at(self) -> datetime:
        """The instant of the request."""
        return self.request.at

    @property
    def actor(self) -> Actor:
        """Who asks."""
        return self.request.actor

    @property
    def policy(self) -> Policy:
        """The policy that the case is judged by."""
        return self.rules.policy

    def emit(self, event: Event, *, automatic: bool = False) -> None:
        """Put down one more event; what follows from the rules is the system's."""
        by_rule = automatic or isinstance(event, AUTOMATIC)
        actor = SYSTEM.id if by_rule else self.actor.id
        version = self._case.version + 1 if self._case else 1
        record = Record(self.case_id, version, self.at, actor, event)
        self._case = evolve(self._case, record)
        self.records.append(record)
