"""Figures in the making: cases go in one by one beside other counts of the same pass.

:func:`~wenzheng_core.domain.tallies.figures` takes all the cases of one period at once. Where several
reports are due together, each sees every case as it passes; every count is a number of cases, so the
figures of two lots of cases add up to those of both.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

import attrs

from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.instants import Period
from wenzheng_core.domain.measures import Figures, UnitFigures, rate_by_ground
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.tallies import figures, ranked

LOT = 200
"""How many cases are kept until they are counted."""


@attrs.define
class FiguresCount:
    """The figures of a period as of an instant; holds a lot of cases at most."""

    window: Period
    as_of: datetime
    policy: Policy
    _lot: list[Case] = attrs.field(factory=list, init=False)
    _sum: Figures | None = attrs.field(default=None, init=False)

    def add(self, case: Case) -> None:
        """Count a case."""
        self._lot.append(case)
        if len(self._lot) == LOT:
            self._count()

    def figures(self) -> Figures:
        """What all the cases come to."""
        return self._count()

    def _count(self) -> Figures:
        found = figures(self._lot, self.window, self.as_of, self.policy)
        self._lot = []
        self._sum = added(self._sum, found, self.policy) if self._sum else found
        return self._sum


def added(first: Figures, second: Figures, policy: Policy) -> Figures:
    """The figures of two lots of different cases together, of one period as of one instant."""
    grounds = {
        code: Counter(first.grounds.get(code, {})) + Counter(second.grounds.get(code, {}))
        for code in {**first.grounds, **second.grounds}
    }
    found = attrs.evolve(first, grounds=grounds, **_sums(first, second))
    rates = {rule.id: rate_by_ground(rule, found.counts, grounds) for rule in policy.measures}
    units = {unit.unit: unit for unit in first.units}
    for unit in second.units:
        known = units.get(unit.unit, UnitFigures(unit=unit.unit))
        units[unit.unit] = attrs.evolve(known, **_sums(known, unit))
    return attrs.evolve(found, rates=rates, units=ranked(units.values(), policy.ranking))


def _sums(first: Any, second: Any) -> dict[str, Any]:
    """Every number of two values of one class, added."""
    names = (field.name for field in attrs.fields(type(first)))
    return {
        name: number + getattr(second, name)
        for name in names
        if isinstance(number := getattr(first, name), int)
    }
