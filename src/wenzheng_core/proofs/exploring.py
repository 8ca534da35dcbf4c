"""Every place that a case can come to under one policy: explored from the opening, breadth first.

The graph of a class of cases is finite: counters stop at the bound of the policy, or at twice where
it sets none, and are not told apart where no condition reads them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

import attrs

from wenzheng_core.domain.calendars import Calendar
from wenzheng_core.domain.commands import Command
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.units import Units
from wenzheng_core.domain.workflow import STEPS, State, Step
from wenzheng_core.proofs.course_cells import Cell, cells_of
from wenzheng_core.proofs.course_moves import Move, moves_of
from wenzheng_core.proofs.course_routing import start
from wenzheng_core.proofs.course_rules import Config, CourseRules
from wenzheng_core.proofs.subjects import Subject

MOST_PLACES = 4_000
"""Where one class of cases has more, no more are explored, and nothing is claimed to be proved."""


@attrs.frozen(kw_only=True)
class Tamper:
    """A fault put into the model, to see that it is found.

    Attributes:
        allows: a further condition of the command; reads: the counters at which it looks.
        makes: what the command is made to come to, from where it came from and where it would lead.
    """

    command: type[Command]
    allows: Callable[[Config], bool] = lambda _: True
    makes: Callable[[Config, Config], Config] = lambda _, after: after
    reads: frozenset[str] = frozenset()


@attrs.frozen
class Edge:
    """A move that leads from one place to another, or leaves the case where it is."""

    source: int
    move: Move
    target: int


@attrs.frozen(kw_only=True, eq=False)
class Graph:
    """All places of one class of cases; the first is the opening.

    ``edges``: by their source; ``first``: the edge by which each place was first come to;
    ``unknown``: the places from which steps lead beyond what was explored.
    """

    rules: CourseRules
    moves: tuple[Move, ...]
    configs: tuple[Config, ...]
    edges: tuple[tuple[Edge, ...], ...]
    first: tuple[Edge | None, ...]
    unknown: frozenset[int] = frozenset()

    @property
    def cell(self) -> Cell:
        """The class of cases."""
        return self.rules.cell

    def path(self, place: int) -> tuple[Move, ...]:
        """A shortest way from the opening."""
        moves = []
        while (edge := self.first[place]) is not None:
            moves.append(edge.move)
            place = edge.source
        return tuple(reversed(moves))

    def reached(
        self, starts: Iterable[int], allowed: Callable[[Edge], bool]
    ) -> dict[int, Edge | None]:
        """What can be come to from some places by the edges that are allowed, and the last edge."""
        found: dict[int, Edge | None] = dict.fromkeys(starts)
        queue = deque(found)
        while queue:
            for edge in self.edges[queue.popleft()]:
                if edge.target not in found and allowed(edge):
                    found[edge.target] = edge
                    queue.append(edge.target)
        return found

    def leading_to(self, goals: Collection[int], allowed: Callable[[Edge], bool]) -> set[int]:
        """The places from which one of the goals can be come to."""
        back: list[list[int]] = [[] for _ in self.configs]
        for edges in self.edges:
            for edge in edges:
                if allowed(edge):
                    back[edge.target].append(edge.source)
        found, queue = set(goals), deque(goals)
        while queue:
            for source in back[queue.popleft()]:
                if source not in found:
                    found.add(source)
                    queue.append(source)
        return found

    def circle(self, allowed: Callable[[Edge], bool]) -> tuple[Edge, ...]:
        """A way that comes back to where it began, by the edges allowed; empty if there is none."""
        state = bytearray(len(self.configs))
        for root in range(len(self.configs)):
            if not state[root] and (found := self._circle_from(root, state, allowed)):
                return found
        return ()

    def _circle_from(
        self, root: int, state: bytearray, allowed: Callable[[Edge], bool]
    ) -> tuple[Edge, ...]:
        state[root] = 1
        way: list[Edge] = []
        stack = [iter(self.edges[root])]
        here = root
        while stack:
            edge = next(stack[-1], None)
            if edge is None:
                state[here] = 2
                stack.pop()
                here = way.pop().source if way else root
            elif edge.target != edge.source and allowed(edge):
                if state[edge.target] == 1:
                    back = next((n for n, e in enumerate(way) if e.source == edge.target), len(way))
                    return (*way[back:], edge)
                if not state[edge.target]:
                    state[edge.target] = 1
                    way.append(edge)
                    here = edge.target
                    stack.append(iter(self.edges[here]))
        return ()


def graph_of(cell: Cell, steps: tuple[Step, ...] = STEPS, tampers: Sequence[Tamper] = ()) -> Graph:
    """The graph of a class of cases."""
    rules = CourseRules(cell, frozenset().union(*(t.reads for t in tampers)))
    moves = tuple(_tampered(move, tampers) for move in moves_of(rules, steps))
    by_state = {s: [(m, m.effect) for m in moves if s in m.step.sources] for s in State}
    opening = start(rules, State.RECEIVED)
    places = {opening: 0}
    first: list[Edge | None] = [None]
    configs, edges, unknown = [opening], [], set()
    for source, config in enumerate(configs):
        going = []
        for move, effect in by_state[config.state]:
            after = effect(config)
            if after is None:
                continue
            target = places.get(after)
            if target is None and len(configs) >= MOST_PLACES:
                unknown.add(source)
                continue
            if target is None:
                target = places[after] = len(configs)
                configs.append(after)
                edge = Edge(source, move, target)
                first.append(edge)
            else:
                edge = Edge(source, move, target)
            going.append(edge)
        edges.append(tuple(going))
    return Graph(
        rules=rules,
        moves=moves,
        configs=tuple(configs),
        edges=tuple(edges),
        first=tuple(first),
        unknown=frozenset(unknown),
    )


def _tampered(move: Move, tampers: Sequence[Tamper]) -> Move:
    for tamper in tampers:
        if tamper.command is move.command:
            move = attrs.evolve(move, effect=_with(tamper, move.effect))
    return move


def _with(tamper: Tamper, effect: Any) -> Callable[[Config], Config | None]:
    def tampered(config: Config) -> Config | None:
        after = effect(config) if tamper.allows(config) else None
        return None if after is None else tamper.makes(config, after)

    return tampered


@attrs.frozen(kw_only=True, eq=False)
class Course:
    """How cases go under one policy: the graph of each class, and the steps it was made from.

    ``calendar``: by which the engine can go the same ways; None for a model that was tampered with.
    """

    policy: Policy
    units: Units
    steps: tuple[Step, ...]
    graphs: tuple[Graph, ...]
    calendar: Calendar | None = None

    @property
    def size(self) -> int:
        """How many places there are in all."""
        return sum(len(graph.configs) for graph in self.graphs)

    @property
    def cut(self) -> bool:
        """Whether some class was not explored to the end."""
        return any(graph.unknown for graph in self.graphs)

    @property
    def domain(self) -> str:
        """What was explored, in Chinese."""
        cells = sum(graph.cell.alike for graph in self.graphs)
        edges = sum(len(edges) for graph in self.graphs for edges in graph.edges)
        short = f"(每类只查到前{MOST_PLACES}处,未查尽)" if self.cut else ""
        merged = f"(由{cells}格事实按关口、末步、时限起止、中止、延期归并)"
        return f"{len(self.graphs)}类办件{merged},{self.size}处位置,{edges}步{short}"


def explore(
    policy: Policy,
    units: Units,
    steps: tuple[Step, ...] = STEPS,
    tampers: Sequence[Tamper] = (),
) -> Course:
    """The course of cases under a policy; ``steps`` and ``tampers`` break it for a test."""
    graphs = tuple(graph_of(cell, steps, tampers) for cell in cells_of(policy, units))
    return Course(policy=policy, units=units, steps=steps, graphs=graphs)


_KEPT = "_course"


def course_of(subject: Subject) -> Course:
    """The course under the policy of a subject, explored once for it."""
    kept = vars(subject)
    if _KEPT not in kept:
        found = explore(subject.policy, subject.units)
        kept[_KEPT] = attrs.evolve(found, calendar=subject.calendar)
    course: Course = kept[_KEPT]
    return course
