"""Decision tables: finite columns, exactly one winner in every cell.

A cell is one value for every column. Rows match by sets of values alone (no expressions), so that
the whole table can be walked: gaps, overlaps and rows that never win are found when it is made, not
when a citizen falls into them.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Generic, TypeVar

import attrs

from wenzheng_core.domain.errors import RefusedError

T = TypeVar("T")

Facts = Mapping[str, str]
Condition = Mapping[str, frozenset[str]]

MOST_CELLS = 100_000


@attrs.frozen
class Column:
    """A fact that a policy distinguishes, with all the values it can have.

    Attributes:
        name: identifier, such as ``category``.
        values: the policy's own words (咨询, 投诉 …).
        title: the column's Chinese label.
        default: what holds until somebody says otherwise; None means it must be said.
        aliases: other words that mean one of the values (谏言 means 建议); the word itself is kept
            in the case for display.
        choice: why it is cut so, where the notice does not cut it.
        severity: some of the values, the most severe first, where the one is more pressing than the
            other: of two cases that differ in this alone the more severe is never due later.
    """

    name: str
    values: tuple[str, ...]
    title: str = ""
    default: str | None = None
    aliases: Mapping[str, str] = attrs.field(factory=dict)
    choice: str = ""
    severity: tuple[str, ...] = ()

    def canonical(self, value: str) -> str:
        """The value that a word stands for. Raises RefusedError."""
        meant = self.aliases.get(value, value)
        if meant not in self.values:
            raise RefusedError(
                "facts.unknown_value",
                f"「{self.title or self.name}」没有「{value}」这一项;可用:{'、'.join(self.values)}",
            )
        return meant


def holds(conditions: tuple[Condition, ...], facts: Facts) -> bool:
    """Whether any of the conditions holds; an empty condition always does."""
    return any(
        all(facts.get(name) in allowed for name, allowed in condition.items())
        for condition in conditions
    )


def _may_hold(condition: Condition, cell: Facts) -> bool:
    """Whether a condition holds in a cell for some value of the columns that the cell lacks."""
    return all(name not in cell or cell[name] in allowed for name, allowed in condition.items())


class Verdict(StrEnum):
    """What became of a row in one decision."""

    WON = "won"
    OVERRIDDEN = "overridden"
    UNMATCHED = "unmatched"

    @property
    def label(self) -> str:
        """The Chinese word."""
        return _VERDICT_LABELS[self]


_VERDICT_LABELS = {
    Verdict.WON: "适用",
    Verdict.OVERRIDDEN: "让位",
    Verdict.UNMATCHED: "不适用",
}


@attrs.frozen
class Row(Generic[T]):
    """One row: it matches if any of its conditions does; an empty condition matches every cell.

    ``overrides`` names the rows that give way where both match.
    """

    id: str
    value: T
    conditions: tuple[Condition, ...] = ({},)
    overrides: tuple[str, ...] = ()

    def matches(self, facts: Facts) -> bool:
        """Whether the row holds for the facts."""
        return holds(self.conditions, facts)


@attrs.frozen
class Candidate:
    """One row as it fared: part of the explanation of a decision."""

    row: str
    verdict: Verdict
    why: str = ""


@attrs.frozen
class Choice(Generic[T]):
    """The winner of a decision, with every row as a candidate."""

    row: str
    value: T
    candidates: tuple[Candidate, ...]


@attrs.frozen
class CellFault:
    """A cell that no row, or more than one, decides."""

    cell: Facts
    rows: tuple[str, ...]


@attrs.frozen
class Table(Generic[T]):
    """Rows over columns; ``decide`` finds the one winner."""

    columns: tuple[Column, ...]
    rows: tuple[Row[T], ...]

    def decide(self, facts: Facts) -> Choice[T]:
        """The one winning row. Raises RefusedError if none or several win."""
        winners = self._winners(facts)
        if len(winners) != 1:
            shown = "、".join(f"{k}={v}" for k, v in facts.items()) or "无"
            raise RefusedError("table.no_single_winner", f"没有唯一适用的规则(事实:{shown})")
        winner = winners[0]
        candidates = tuple(self._candidate(row, winner, facts) for row in self.rows)
        return Choice(winner.id, winner.value, candidates)

    def faults(self) -> tuple[list[CellFault], list[CellFault], list[str]]:
        """Cells without a winner, cells with several, and rows that never win."""
        gaps, overlaps = [], []
        alive: set[str] = set()
        for cell in self.cells():
            winners = self._winners(cell)
            alive.update(row.id for row in winners)
            if not winners:
                gaps.append(CellFault(cell, ()))
            elif len(winners) > 1:
                overlaps.append(CellFault(cell, tuple(row.id for row in winners)))
        return gaps, overlaps, [row.id for row in self.rows if row.id not in alive]

    def winners_with(self, conditions: tuple[Condition, ...]) -> tuple[Row[T], ...]:
        """The rows that win in some cell in which one of the conditions may hold."""
        met: dict[str, Row[T]] = {}
        for cell in self.cells():
            winners = self._winners(cell)
            if len(winners) == 1 and any(_may_hold(condition, cell) for condition in conditions):
                met[winners[0].id] = winners[0]
        return tuple(met.values())

    @property
    def size(self) -> int:
        """How many cells there are to walk."""
        used = {name for row in self.rows for c in row.conditions for name in c}
        return math.prod(len(column.values) for column in self.columns if column.name in used)

    def cells(self) -> Iterator[dict[str, str]]:
        """Every combination of values of the columns that some row looks at."""
        used = {name for row in self.rows for c in row.conditions for name in c}
        columns = [column for column in self.columns if column.name in used]
        for values in itertools.product(*(column.values for column in columns)):
            yield dict(zip((c.name for c in columns), values, strict=True))

    def _winners(self, facts: Facts) -> list[Row[T]]:
        matching = [row for row in self.rows if row.matches(facts)]
        if len(matching) < 2:
            return matching
        beaten = {name for row in matching for name in row.overrides}
        return [row for row in matching if row.id not in beaten]

    def _candidate(self, row: Row[T], winner: Row[T], facts: Facts) -> Candidate:
        if row is winner:
            return Candidate(row.id, Verdict.WON)
        if row.matches(facts):
            by = next(r.id for r in self.rows if row.id in r.overrides and r.matches(facts))
            return Candidate(row.id, Verdict.OVERRIDDEN, f"被「{by}」取代")
        return Candidate(row.id, Verdict.UNMATCHED, self._mismatch(row, facts))

    def _mismatch(self, row: Row[T], facts: Facts) -> str:
        titles = {column.name: column.title or column.name for column in self.columns}
        for condition in row.conditions:
            for name, allowed in condition.items():
                if facts.get(name) not in allowed:
                    wanted = "、".join(sorted(allowed))
                    return (
                        f"{titles.get(name, name)}为「{facts.get(name, '未定')}」,须为「{wanted}」"
                    )
        return ""


def complete(columns: tuple[Column, ...], facts: Facts) -> dict[str, str]:
    """The facts in canonical words with the defaults filled in.

    A column without a value and without a default is simply absent: only a rule that asks for it
    refuses. Raises RefusedError on a column or value that the policy does not have.
    """
    by_name = {column.name: column for column in columns}
    for name in facts:
        if name not in by_name:
            known = "、".join(by_name) or "无"
            raise RefusedError("facts.unknown_column", f"本办法没有「{name}」一栏;现有:{known}")
    full: dict[str, str] = {}
    for column in columns:
        value = facts.get(column.name, column.default)
        if value is not None:
            full[column.name] = column.canonical(value)
    return full
