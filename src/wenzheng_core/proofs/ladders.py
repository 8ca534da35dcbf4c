"""The ladders of a policy: which rungs stand on which row of a clock, and the dues to try them on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Protocol

import attrs

from wenzheng_core.domain.calendars import Calendar
from wenzheng_core.domain.clockrules import ClockRule, TimeLimit
from wenzheng_core.domain.errors import LimitUseError, RefusedError
from wenzheng_core.domain.escalation import Rung, Scheduled, schedule
from wenzheng_core.domain.instants import local_day
from wenzheng_core.domain.limits import CommittedDate, Limit, write_limit
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.tables import Facts, Row
from wenzheng_core.domain.timelimits import Deadline, deadline, latest_before
from wenzheng_core.proofs.staging import cells

PROMISED = (0, 3)
"""After how many days a promise is taken to fall due, where the limit is what somebody promises."""


class Plan(Protocol):
    """The function that is examined: the rungs of one clock with their instants."""

    def __call__(
        self,
        rungs: tuple[Rung, ...],
        clock: str,
        deadline: Deadline,
        soft: bool,
        facts: Facts,
        calendar: Calendar,
    ) -> tuple[Scheduled, ...]:
        """In the order of their instants."""


@attrs.frozen(eq=False)
class Ladder:
    """The rungs that stand on one row of a clock for some facts, in the order of the file."""

    policy: Policy
    clock: ClockRule
    row: Row[TimeLimit]
    facts: dict[str, str]
    rungs: tuple[Rung, ...]
    where: str

    def __str__(self) -> str:
        limit = self.row.value.within
        return f"「{self.clock.title}」{write_limit(limit) if limit else '承诺的期限'}"

    @property
    def heard(self) -> tuple[Rung, ...]:
        """The rungs that a limit worded as an aim does not silence."""
        soft = self.row.value.soft
        return tuple(rung for rung in self.rungs if not (soft and rung.act.spares_soft_limits))

    def dues(self, start: datetime, calendar: Calendar) -> Iterator[Deadline]:
        """How the row can be due: its limit, cut by its outer clock, or a promise kept for it."""
        rules = self.policy.time
        for limit in self._limits(local_day(start)):
            try:
                own = deadline(limit, start, calendar, rules)
            except LimitUseError:
                continue  # a promise for a day that has ended
            yield own
            latest = self._outer(start, calendar)
            if latest is not None and start < latest < own.due:
                yield own.cut(latest)

    def _limits(self, day: date) -> Iterator[Limit]:
        within = self.row.value.within
        if within is not None:
            yield within
        elif self.row.value.promise is not None:
            for days in PROMISED:
                yield CommittedDate(day + timedelta(days=days))

    def _outer(self, start: datetime, calendar: Calendar) -> datetime | None:
        """The latest end that the outer clock leaves, had it begun at the same instant."""
        if not self.clock.inside:
            return None
        try:
            within = self.policy.limit(self.clock.inside, self.facts).value.within
        except RefusedError:
            return None
        if within is None:
            return None
        rules = self.policy.time
        outer = deadline(within, start, calendar, rules)
        if outer.provisional:
            return None
        return latest_before(outer.due, self.clock.leaving, calendar, rules)

    def plan(self, found: Deadline, calendar: Calendar, plan: Plan = schedule) -> list[Scheduled]:
        """The rungs with their instants, for one deadline."""
        soft, rungs = self.row.value.soft, self.policy.rungs
        return list(plan(rungs, self.clock.id, found, soft, self.facts, calendar))


def ladders(policy: Policy) -> Iterator[Ladder]:
    """Every ladder, once: by clock, row, and which rungs stand."""
    for index, rule in enumerate(policy.clocks):
        own = tuple(rung for rung in policy.rungs if rung.clock == rule.id)
        seen: set[tuple[str, tuple[str, ...]]] = set()
        for facts in cells(policy, rule, *(rung.conditions for rung in own)) if own else ():
            try:
                row_id = policy.limit(rule.id, facts).row
            except RefusedError:
                continue  # a gap or an overlap is another property's business
            standing = tuple(rung for rung in own if rung.applies(facts))
            key = row_id, tuple(rung.id for rung in standing)
            place = next(n for n, row in enumerate(rule.limits.rows) if row.id == row_id)
            row = rule.limits.rows[place]
            endless = row.value.within is None and row.value.promise is None
            if key in seen or not standing or endless:
                continue
            seen.add(key)
            where = f"$.clock[{index}].limit[{place}]"
            yield Ladder(policy, rule, row, facts, standing, where)
