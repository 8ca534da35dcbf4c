"""The cells of two versions of a policy, and what each version says in them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence

import attrs

from wenzheng_core.domain.clockrules import ClockRule, TimeLimit
from wenzheng_core.domain.errors import LimitUseError, RefusedError
from wenzheng_core.domain.limits import Limit, write_limit
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.tables import Column, Condition, Facts
from wenzheng_core.domain.timelimits import require_same_unit
from wenzheng_core.proofs.meanings import Term

Pair = tuple[Policy, Policy]
"""An old and a new version."""


def clock_of(policy: Policy, clock_id: str) -> ClockRule | None:
    """The clock of that id, if the policy has it."""
    return next((clock for clock in policy.clocks if clock.id == clock_id), None)


def titles(policies: Iterable[Policy]) -> dict[str, str]:
    """The columns of the policies with their labels; the newest has the last word."""
    return {c.name: c.title or c.name for policy in policies for c in policy.columns}


def conditions_of(clock: ClockRule | None) -> Iterator[Condition]:
    """All conditions of a clock's rows."""
    if clock is not None:
        yield from (condition for row in clock.limits.rows for condition in row.conditions)


def asked_by(policy: Policy, clock_id: str) -> Iterator[Condition]:
    """The conditions on which it rests what a clock is due.

    Those of its rows, of the clock inside which it must end, and of the rules for its extension.
    """
    clock = clock_of(policy, clock_id)
    yield from conditions_of(clock)
    if clock is not None and clock.inside:
        yield from conditions_of(clock_of(policy, clock.inside))
    yield from (c for x in policy.extensions if x.clock == clock_id for c in x.conditions)


def values_of(policies: Sequence[Policy], asked: Iterable[Condition]) -> dict[str, tuple[str, ...]]:
    """The columns that are looked at, each with the values that any of the policies has."""
    names = {name for condition in asked for name in condition}
    found: dict[str, dict[str, None]] = {}
    for policy in policies:
        for column in policy.columns:
            if column.name in names:
                found.setdefault(column.name, {}).update(dict.fromkeys(column.values))
    return {name: tuple(values) for name, values in found.items()}


def cells(values: Mapping[str, tuple[str, ...]]) -> Iterator[dict[str, str]]:
    """Every combination of the values."""
    for found in itertools.product(*values.values()):
        yield dict(zip(values, found, strict=True))


def facts_in(policy: Policy, cell: Facts) -> dict[str, str] | None:
    """The cell in the policy's own words, without columns that it lacks; None for an unknown value."""
    columns: dict[str, Column] = {column.name: column for column in policy.columns}
    try:
        return {n: columns[n].canonical(v) for n, v in cell.items() if n in columns}
    except RefusedError:
        return None


@attrs.frozen(kw_only=True)
class Side:
    """What one version says of one clock in one cell.

    Attributes:
        row: None where the policy has no such clock.
        term: None where there is no limit, or it is promised.
        longest: the same, extended as far as can be; None where it cannot be extended.
        text: what it says, in Chinese.
    """

    clock: ClockRule | None
    row: TimeLimit | None
    term: Term | None
    longest: Term | None
    text: str

    @property
    def span(self) -> tuple[object, ...] | None:
        """From which event to which it runs, and for whom."""
        if self.clock is None or self.row is None:
            return None
        return self.clock.starts_in(self.row), self.clock.stops_in(self.row), self.clock.per_unit


def side(policy: Policy, clock_id: str, cell: Facts) -> Side | None:
    """What the policy says there; None where it does not know the cell."""
    clock = clock_of(policy, clock_id)
    if clock is None:
        return Side(clock=None, row=None, term=None, longest=None, text="没有这一时限")
    facts = facts_in(policy, cell)
    if facts is None:
        return None
    row = policy.limit(clock_id, facts).value
    text = f"{_limit_text(row)},{_span_text(clock, row)}"
    if row.within is None:
        return Side(clock=clock, row=row, term=None, longest=None, text=text)
    outer = _outer(policy, clock, facts)
    term = Term(row.within, policy.time, outer=outer, leaving=clock.leaving if outer else None)
    more = _extension(policy, clock_id, row.within, facts)
    longest = attrs.evolve(term, more=more) if more else None
    return Side(clock=clock, row=row, term=term, longest=longest, text=text)


def _limit_text(row: TimeLimit) -> str:
    if row.promise is not None:
        return row.promise.label
    if row.within is None:
        return "无时限"
    return write_limit(row.within) + ("(一般要求)" if row.soft else "")


def _span_text(clock: ClockRule, row: TimeLimit) -> str:
    each = ",各单位分计" if clock.per_unit else ""
    return f"{clock.starts_in(row).label}至{clock.stops_in(row).label}{each}"


def _outer(policy: Policy, clock: ClockRule, facts: Facts) -> Limit | None:
    if not clock.inside or clock_of(policy, clock.inside) is None:
        return None
    return policy.limit(clock.inside, facts).value.within


def _extension(policy: Policy, clock_id: str, limit: Limit, facts: Facts) -> Limit | None:
    try:
        rule = policy.extension(clock_id, facts)
        require_same_unit(limit, rule.at_most)
    except (RefusedError, LimitUseError):
        return None
    return rule.at_most
