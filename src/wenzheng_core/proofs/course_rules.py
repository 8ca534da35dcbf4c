"""The model of a case's course under one policy: where a case stands, and what holds it there.

It is written apart from the engine and never calls ``decide``: :mod:`course_driving` compares both.
Time is left out, so whatever only a due instant forbids is allowed here. The case is one lead unit's,
assisting units act for their own part only; its facts are stated once and stay.
"""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import attrs

from wenzheng_core.domain.gates import Gate, GateAct, Point
from wenzheng_core.domain.milestones import OF_UNIT, Milestone
from wenzheng_core.domain.workflow import State
from wenzheng_core.proofs.course_cells import Cell, at_point

IDLE, RUNNING, ENDED, AWAITING, UNPROMISED = 0, 1, 2, 3, 4
"""A clock that has not begun, runs, has ended, runs and waits for a promise."""

TICKING = frozenset({RUNNING, AWAITING})

MANY = 2
"""Where the policy sets no bound, a counter stops here: it means twice or more often."""

UNIT_A, UNIT_B = 1, 2
OFFICE_CALLED = 4
"""Bits of ``contacts``: which unit, or the office, tried to reach the citizen."""


def over(clock: int) -> int:
    """The phase after a clock's end; whether anything had been promised counts if it runs again."""
    return UNPROMISED if clock in (AWAITING, UNPROMISED) else ENDED


class Config(NamedTuple):
    """Where a case stands (a configuration of the model).

    ``gates``, ``paused`` and ``asked`` are sets of places in the policy, as bits. ``lead`` is 0
    while nobody holds the case; units are told apart (1, 2) only where a gate asks which of them
    did something. ``calls`` are tries to call back since the answer stands; more than the gate asks
    for means reached. Counters that no condition reads stay 0.
    """

    state: State
    gates: int = 0
    lead: int = 0
    claimed: bool = False
    decided: bool = False
    instructed: int = 0
    designated: int = 0
    contacts: int = 0
    calls: int = 0
    paused: int = 0
    begun: bool = False
    resolved: bool = False
    clocks: tuple[int, ...] = ()
    extended: tuple[int, ...] = ()
    asked: int = 0
    send_backs: int = 0
    returns: int = 0
    reopenings: int = 0


@attrs.frozen(slots=False, eq=False)
class CourseRules:
    """What the policy makes of one class of cases.

    ``reads``: names of counters that some condition reads, so that they are counted at all.
    """

    cell: Cell
    reads: frozenset[str] = frozenset()

    # Gates

    @cached_property
    def before(self) -> dict[Point, tuple[tuple[int, Gate], ...]]:
        """The gates of each point, with their bits."""
        return {p: tuple((1 << n, g) for n, g in at_point(self.cell, p)) for p in Point}

    @cached_property
    def acts(self) -> frozenset[tuple[GateAct, Point]]:
        """Which acts the policy asks for, and before what."""
        return frozenset((gate.act, gate.before) for _, gate in self.cell.gates)

    def bits(self, point: Point, *acts: GateAct) -> int:
        """The gates of a point as bits, those of some acts alone if any are named."""
        return sum(bit for bit, gate in self.before[point] if not acts or gate.act in acts)

    @cached_property
    def kept_by_assignment(self) -> int:
        """The gates that stand after an assignment."""
        return self.bits(Point.ASSIGN)

    @cached_property
    def kept_by_send_back(self) -> int:
        """The gates that stand after a unit returned the case."""
        return self.bits(Point.ASSIGN, GateAct.INSTRUCT, GateAct.NOTE)

    @cached_property
    def kept_by_return(self) -> int:
        """The gates that stand after a report was returned."""
        return self.bits(Point.ASSIGN) | self.bits(Point.REPORT)

    @cached_property
    def tells_units(self) -> bool:
        """Whether it matters which of two units did something."""
        contact = (GateAct.CONTACT, Point.REPORT) in self.acts
        return contact or bool(self.gates_of(GateAct.DESIGNATE))

    @cached_property
    def attempts(self) -> int | None:
        """The most failed calls that let a case pass; None if no call back is asked for."""
        asked = [gate.attempts for _, gate in self.cell.gates if gate.act is GateAct.CALL_BACK]
        return max(asked, default=None)

    @cached_property
    def counts_contacts(self) -> bool:
        """Whether a gate asks for a contact."""
        return any(gate.act is GateAct.CONTACT for _, gate in self.cell.gates)

    def met(self, config: Config, bit: int, gate: Gate) -> bool:
        """Whether a gate is passed."""
        match gate.act:
            case GateAct.CONTACT if gate.before is Point.REPORT:
                return bool(config.contacts & (OFFICE_CALLED | config.lead))
            case GateAct.CONTACT:
                return bool(config.contacts)
            case GateAct.CALL_BACK:
                return config.calls > (self.attempts or 0) or 0 < gate.attempts <= config.calls
            case _:
                return bool(config.gates & bit)

    def closed(self, config: Config, point: Point) -> bool:
        """Whether a gate still holds the case before a point."""
        return any(g.blocks and not self.met(config, bit, g) for bit, g in self.before[point])

    def turn(self, config: Config, bit: int, gate: Gate) -> bool:
        """Whether no other act must come first."""
        if not gate.blocks:
            return True
        for other, earlier in self.before[gate.before]:
            if other == bit:
                return True
            if earlier.blocks and not earlier.act.by_record and not config.gates & other:
                return False
        return True

    def gates_of(self, act: GateAct) -> tuple[tuple[int, Gate], ...]:
        """The gates of an act, with their bits."""
        return tuple((1 << n, gate) for n, gate in self.cell.gates if gate.act is act)

    @cached_property
    def all_gates(self) -> tuple[tuple[int, Gate], ...]:
        """The gates that are passed by an act of their own, with their bits."""
        return tuple((1 << n, gate) for n, gate in self.cell.gates if not gate.act.by_record)

    @cached_property
    def gates_of_designation(self) -> tuple[tuple[int, Gate], ...]:
        """The gates at which the lead is named."""
        return self.gates_of(GateAct.DESIGNATE)

    # Units and counters

    @property
    def leads(self) -> range:
        """The leads that a move can name: each unit where they are told apart, else any one."""
        return range(1, 1 + (self.cell.units if self.tells_units else min(1, self.cell.units)))

    def count(self, config: Config, counter: str, bound: int | None) -> Config:
        """One more: to the bound of the policy; without one, only if some condition reads it."""
        if bound is None and counter not in self.reads:
            return config
        value = getattr(config, counter) + 1
        return config._replace(**{counter: min(value, MANY) if bound is None else value})

    # Clocks

    @cached_property
    def touched(self) -> frozenset[Milestone]:
        """The events at which some clock starts or stops."""
        lines = self.cell.lines
        return frozenset(m for line in lines for m in (line.starts, line.stops) if m)

    def asks(self, milestone: Milestone) -> bool:
        """Whether any row of any clock of the policy waits for an event."""
        clocks = self.cell.policy.clocks
        return any(milestone in clock.all_starts | clock.all_stops for clock in clocks)

    @cached_property
    def signs(self) -> bool:
        """Whether a report signs for the case first."""
        return self.asks(Milestone.CLAIMED)

    @cached_property
    def begins(self) -> bool:
        """Whether a report counts as the first action."""
        return self.asks(Milestone.FIRST_ACTION)

    @cached_property
    def resolves(self) -> bool:
        """Whether any clock of the class waits for the matter to be settled."""
        return Milestone.RESOLVED in self.touched

    def reach(self, config: Config, milestone: Milestone, *, unit: bool = False) -> Config:
        """The configuration after an event; ``unit``: the lead reached it for itself."""
        if milestone not in self.touched:
            return config
        clocks, extended = list(config.clocks), list(config.extended)
        lines = self.cell.lines
        for place, line in enumerate(lines):
            mine = unit or not (line.per_unit and milestone in OF_UNIT)
            if line.stops is milestone and clocks[place] in TICKING and mine:
                clocks[place] = over(clocks[place]) if config.lead or not line.per_unit else IDLE
        for place, line in enumerate(lines):
            begun = clocks[place] in TICKING if line.per_unit else clocks[place] != IDLE
            if line.starts is milestone and not begun and (unit or not line.per_unit):
                clocks[place] = AWAITING if line.promise else RUNNING
                extended[place] = 0
        return config._replace(clocks=tuple(clocks), extended=tuple(extended))

    def unpaused(self, config: Config) -> Config:
        """The configuration without a pause that holds no running clock any more."""
        held = any(
            clock in TICKING and config.paused & 1 << place
            for place, clock in enumerate(config.clocks)
        )
        return config if held else config._replace(paused=0)

    def first_action(self, config: Config, *, unit: bool) -> Config:
        """The configuration after the first action."""
        begun = config._replace(begun=True)
        return self.reach(begun, Milestone.FIRST_ACTION, unit=unit)

    def waits(self, config: Config, *, unit: bool) -> bool:
        """Whether a first action is still to be recorded."""
        if not config.begun:
            return True
        first, rules = Milestone.FIRST_ACTION, self.cell.policy.clocks
        return unit and any(
            (clocked in TICKING and line.stops is first)
            or (clocked == IDLE and first in rule.all_starts)
            for clocked, line, rule in zip(config.clocks, self.cell.lines, rules, strict=True)
            if line.per_unit
        )

    def begin(self, config: Config, *, unit: bool) -> Config:
        """The configuration after an act that implies the first action."""
        if self.begins and self.waits(config, unit=unit):
            return self.first_action(config, unit=unit)
        return config
