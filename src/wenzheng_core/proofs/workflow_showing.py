"""A place of the model shown to an officer: whose case it is, how it came there, where it stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs

from wenzheng_core.domain import commands as c
from wenzheng_core.domain.commands import Command
from wenzheng_core.domain.drafts import Rules
from wenzheng_core.domain.gates import Point
from wenzheng_core.domain.workflow import REPLY_READY, WITH_UNIT, State
from wenzheng_core.proofs.course_driving import Drive, opened_at
from wenzheng_core.proofs.exploring import Course, Graph
from wenzheng_core.proofs.reports import Counterexample


@attrs.frozen
class Where:
    """A place of a graph, with what is to be said of it."""

    graph: Graph
    place: int
    note: str = ""

    @property
    def text(self) -> str:
        """The way to it, and where the case then stands."""
        return way(self.graph, self.place)


def way(graph: Graph, place: int) -> str:
    """「类别=投诉:收到→受理→交办后,处于「待签收」」."""
    moves = "→".join(("收到", *(move.title for move in graph.path(place))))
    case = f"{graph.cell.title}:" if graph.cell.title else ""
    return f"{case}{moves}后,处于「{graph.configs[place].state.label}」"


def stuck(lost: Sequence[Where], text: str, course: Course) -> Iterator[Counterexample]:
    """One counterexample for all such places: the earliest, with what stands in its way."""
    if not lost:
        return
    first = min(lost, key=lambda where: (len(where.graph.path(where.place)), where.place))
    note = f"({first.note})" if first.note else ""
    barred, gate = _barrier(first)
    told = "".join(f";{x}" for x in (barred, replayed(first, course)) if x)
    yield Counterexample(
        text=f"{first.text}{note},{text}{told}",
        where=gate,
        mend="核对这一步之前的关口和条件",
        inputs=inputs(first),
        count=len(lost),
    )


def replayed(where: Where, course: Course) -> str:
    """What the engine says of the same way: that it goes there too, or where it parts."""
    if course.calendar is None:
        return ""
    rules = Rules(course.policy, course.calendar, course.units)
    drive = Drive(where.graph.rules, rules, opened_at(rules, 0))
    for move in where.graph.path(where.place):
        if refused := drive.do(move):
            return f"引擎在「{move.title}」处已经拒绝({refused}),请报告核心维护者"
    if drive.config != where.graph.configs[where.place]:
        return "引擎走到的不是这一处,请报告核心维护者"
    return "已在引擎上走到这一处"


def inputs(where: Where) -> dict[str, str]:
    """What is needed to do it again on the engine."""
    path = where.graph.path(where.place)
    return {**where.graph.cell.facts, "经过": " ".join(move.key for move in path)}


_NEXT: dict[State, tuple[tuple[type[Command], Point], ...]] = {
    State.ACCEPTED: ((c.Assign, Point.ASSIGN),),
    **dict.fromkeys(WITH_UNIT, ((c.Report, Point.REPORT),)),
    **dict.fromkeys(REPLY_READY, ((c.Publish, Point.PUBLISH),)),
}
"""What comes next, and which gates stand before it."""


def _barrier(where: Where) -> tuple[str, str]:
    """The first gate that holds the case there, and its place in the policy."""
    rules, config = where.graph.rules, where.graph.configs[where.place]
    for _, point in _NEXT.get(config.state, ()):
        for bit, gate in rules.before[point]:
            if gate.blocks and not rules.met(config, bit, gate):
                who = gate.by.strip() or "(未写明由谁)"
                place = bit.bit_length() - 1
                return f"{point.label}前还须经{who}{gate.label}", f"$.gate[{place}]"
    return "", ""
