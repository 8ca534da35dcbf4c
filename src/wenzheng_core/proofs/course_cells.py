"""For which cases the course is explored: one representative of all that the policy treats alike.

The facts of a case decide which gates it passes, where its answer goes, from which event to which
its clocks run, whether a promise is asked, what may be paused or extended. Cells of facts alike in
all of this are one class; how the message came tells further ones apart, where a gate asks whether
the citizen can be reached.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import attrs

from wenzheng_core.domain.clockrules import ClockRule, Promise, TimeLimit
from wenzheng_core.domain.gates import Gate, GateAct, Point
from wenzheng_core.domain.limits import Limit, amount
from wenzheng_core.domain.messages import Contact, SourceKind
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.provisions import ExtensionRule, LastStep, PauseReason
from wenzheng_core.domain.tables import Condition, Facts, Table, holds
from wenzheng_core.domain.units import Units


@attrs.frozen
class Origin:
    """How a message came, as far as a gate asks: whether anybody wrote, and can be reached."""

    title: str
    kind: SourceKind
    contact: Contact

    @property
    def addressed(self) -> bool:
        """Whether somebody wrote it to the government."""
        return self.kind is not SourceKind.PROACTIVE_MONITORING

    @property
    def reachable(self) -> bool:
        """Whether its writer left a way to be reached."""
        return self.addressed and bool(self.contact.phone)


REACHABLE = Origin("留有电话的留言", SourceKind.BOARD, Contact("张三", "13800000000"))
ANONYMOUS = Origin("未留联系方式的留言", SourceKind.BOARD, Contact())
MONITORED = Origin("舆情监测所得", SourceKind.PROACTIVE_MONITORING, Contact())


@attrs.frozen(kw_only=True)
class Line:
    """One clock as it runs in a class: from which event to which.

    Attributes:
        promise: whether its limit is what the unit promises; planned: whether by a plan of steps.
        limited: whether it has a limit, given or promised.
        extensions: how often it may be extended; 0 if it may not.
    """

    clock: str
    title: str
    per_unit: bool
    starts: Milestone | None
    stops: Milestone
    promise: bool = False
    planned: bool = False
    limited: bool = False
    extensions: int = 0
    approver: str = ""


@attrs.frozen(kw_only=True)
class Cell:
    """One class of cases, by its first cell of facts.

    Attributes:
        gates: those that apply, each with its place in the policy.
        units: how many units the model tells apart: 0, 1 or 2.
        alike: how many cells of facts are treated so.
    """

    policy: Policy
    facts: Facts
    origin: Origin
    gates: tuple[tuple[int, Gate], ...]
    lines: tuple[Line, ...]
    last_step: LastStep | None
    pauses: tuple[PauseReason, ...]
    units: int
    alike: int = 1

    @property
    def title(self) -> str:
        """Which cases these are, in Chinese."""
        titles = {column.name: column.title or column.name for column in self.policy.columns}
        said = [f"{titles[name]}={value}" for name, value in self.facts.items()]
        return "、".join((*said, *([self.origin.title] if self.origin is not REACHABLE else ())))


def cells_of(policy: Policy, units: Units) -> tuple[Cell, ...]:
    """Every class of the policy, in the order in which its columns list their values."""
    classes: dict[object, list[Cell]] = {}
    for facts in _all_facts(policy):
        for origin in _origins(policy):
            cell = _cell(policy, facts, origin, min(2, len(units.all)))
            gates = tuple(place for place, _ in cell.gates)
            pauses = tuple(reason.code for reason in cell.pauses)
            key = (gates, cell.lines, id(cell.last_step), pauses, origin.title)
            classes.setdefault(key, []).append(cell)
    return tuple(attrs.evolve(cells[0], alike=len(cells)) for cells in classes.values())


def _all_facts(policy: Policy) -> Iterator[Facts]:
    """Every combination of values of the columns that some condition looks at; else the first."""
    used = {name for condition in _conditions(policy) for name in condition}
    spans = [
        column.values if column.name in used else (column.default or column.values[0],)
        for column in policy.columns
    ]
    names = [column.name for column in policy.columns]
    for values in itertools.product(*spans):
        yield dict(zip(names, values, strict=True))


def _conditions(policy: Policy) -> Iterator[Condition]:
    for gate in policy.gates:
        yield from gate.conditions
    for step in policy.last_steps:
        yield from step.conditions
    for reason in policy.pause_reasons:
        yield from reason.conditions
    for rule in policy.extensions:
        yield from rule.conditions
    for clock in policy.clocks:
        for row in clock.limits.rows:
            yield from row.conditions


def _origins(policy: Policy) -> tuple[Origin, ...]:
    acts = {gate.act for gate in policy.gates}
    if GateAct.CALL_BACK in acts:
        return (REACHABLE, ANONYMOUS, MONITORED)
    return (REACHABLE, MONITORED) if GateAct.CONTACT in acts else (REACHABLE,)


def _cell(policy: Policy, facts: Facts, origin: Origin, units: int) -> Cell:
    gates = tuple(
        (place, gate)
        for place, gate in enumerate(policy.gates)
        if gate.applies(facts) and _asked(gate, origin)
    )
    return Cell(
        policy=policy,
        facts=facts,
        origin=origin,
        gates=gates,
        lines=tuple(_line(policy, clock, facts) for clock in policy.clocks),
        last_step=next((s for s in policy.last_steps if holds(s.conditions, facts)), None),
        pauses=tuple(r for r in policy.pause_reasons if holds(r.conditions, facts)),
        units=units,
    )


def _asked(gate: Gate, origin: Origin) -> bool:
    if gate.act is GateAct.CALL_BACK:
        return origin.reachable
    return gate.act is not GateAct.CONTACT or origin.addressed


def _line(policy: Policy, clock: ClockRule, facts: Facts) -> Line:
    row = winner(clock.limits, facts)
    if row is None:
        return Line(
            clock=clock.id,
            title=clock.title,
            per_unit=clock.per_unit,
            starts=None,
            stops=clock.stops,
        )
    rules = [r for r in policy.extensions if r.clock == clock.id and holds(r.conditions, facts)]
    rule = rules[0] if rules else None
    return Line(
        clock=clock.id,
        title=clock.title,
        per_unit=clock.per_unit,
        starts=clock.starts_in(row),
        stops=clock.stops_in(row),
        promise=row.promise is not None,
        planned=row.promise is Promise.PLAN,
        limited=row.within is not None or row.promise is not None,
        extensions=_times(rule, row.within),
        approver=rule.approver if rule else "",
    )


def _times(rule: ExtensionRule | None, within: Limit | None) -> int:
    """How often an extension of one unit of time each can be granted."""
    if rule is None or type(rule.at_most) is not type(within):
        return 0
    return min(rule.times, amount(rule.at_most))


def winner(table: Table[TimeLimit], facts: Facts) -> TimeLimit | None:
    """What the one row says that wins for the facts; None where none or several do."""
    rows = [row for row in table.rows if row.matches(facts)]
    beaten = {name for row in rows for name in row.overrides}
    won = [row for row in rows if row.id not in beaten]
    return won[0].value if len(won) == 1 else None


def at_point(cell: Cell, point: Point) -> tuple[tuple[int, Gate], ...]:
    """The gates of a class that stand before a point."""
    return tuple((place, gate) for place, gate in cell.gates if gate.before is point)
