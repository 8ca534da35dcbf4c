"""The way of a case through two versions: the gates it must pass, and how many acts it takes."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from wenzheng_core.domain.gates import Gate, Point
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.tables import Facts
from wenzheng_core.proofs.cells import Pair, cells, facts_in, titles, values_of
from wenzheng_core.proofs.meanings import Verdict
from wenzheng_core.proofs.rectangles import Rectangle, merged, write_rectangle

PLAIN = 5
"""Acts on the straight way of a case that a unit answers: accept, assign, report, publish or forward,
archive. Every gate that holds it up adds one."""


@attrs.frozen(kw_only=True)
class Way:
    """The straight way of a case in one version: nothing comes back, nothing is paused or extended.

    Attributes:
        gates: ids of what must be passed, in order; beside: acts that hold nothing up.
        length: how many acts it takes from acceptance to the archive, the report of a unit included.
        end: 「公开回复」, or whither the answer goes up.
    """

    gates: tuple[str, ...]
    beside: tuple[str, ...]
    length: int
    end: str


@attrs.frozen(kw_only=True)
class Pathway:
    """Cells whose cases go the same way in each version; None where a version knows no such case."""

    rectangles: tuple[Rectangle, ...]
    cells: int
    scope: str
    old: Way | None
    new: Way | None
    gained: tuple[str, ...]
    lost: tuple[str, ...]

    @property
    def verdict(self) -> Verdict:
        """EQUAL, GAINED or LOST for gates alone, else INCOMPARABLE; or in which version it is known."""
        if self.old is None or self.new is None:
            return Verdict.ONLY_NEW if self.old is None else Verdict.ONLY_OLD
        if self.old == self.new:
            return Verdict.EQUAL
        alike = self.old.end == self.new.end
        if alike and self.gained and not self.lost:
            return Verdict.GAINED
        return Verdict.LOST if alike and self.lost and not self.gained else Verdict.INCOMPARABLE


def workflow(pair: Pair) -> Iterator[Pathway]:
    """Every way, cell by cell over what the gates and the last steps look at."""
    of_gates = [c for policy in pair for gate in policy.gates for c in gate.conditions]
    of_ends = [c for policy in pair for step in policy.last_steps for c in step.conditions]
    values = values_of(pair, (*of_gates, *of_ends))
    lots: dict[tuple[Way | None, Way | None], list[dict[str, str]]] = {}
    for cell in cells(values):
        old, new = (_way(policy, cell) for policy in pair)
        lots.setdefault((old, new), []).append(cell)
    for (old, new), found in lots.items():
        rectangles = merged(found, values)
        before, after = (_all(way) for way in (old, new))
        yield Pathway(
            rectangles=rectangles,
            cells=len(found),
            scope=";或".join(write_rectangle(x, titles(pair)) for x in rectangles),
            old=old,
            new=new,
            gained=tuple(gate for gate in after if gate not in before),
            lost=tuple(gate for gate in before if gate not in after),
        )


def _all(way: Way | None) -> tuple[str, ...]:
    return (*way.gates, *way.beside) if way else ()


def _way(policy: Policy, cell: Facts) -> Way | None:
    facts = facts_in(policy, cell)
    if facts is None:
        return None
    asked = [gate for point in Point for gate in policy.gates if _stands(gate, point, facts)]
    blocking = tuple(gate.id for gate in asked if gate.blocks)
    step = policy.last_step(facts)
    return Way(
        gates=blocking,
        beside=tuple(gate.id for gate in asked if not gate.blocks),
        length=PLAIN + len(blocking),
        end=f"报送{step.to}" if step else "公开回复",
    )


def _stands(gate: Gate, point: Point, facts: Facts) -> bool:
    return gate.before is point and gate.applies(facts)
