"""W14: random histories on the real engine, followed on the model step by step."""

from __future__ import annotations

from datetime import timedelta

import attrs

from wenzheng_core.domain import commands as c
from wenzheng_core.domain.actors import SYSTEM, Actor, Role
from wenzheng_core.domain.commands import Command
from wenzheng_core.domain.drafts import Rules
from wenzheng_core.domain.escalation import Act
from wenzheng_core.domain.messages import Relation
from wenzheng_core.proofs.course_driving import OF_TIME, Drive, opened_at
from wenzheng_core.proofs.course_moves import Move
from wenzheng_core.proofs.course_rules import Config
from wenzheng_core.proofs.exploring import Course, Graph
from wenzheng_core.proofs.reports import Counterexample
from wenzheng_core.proofs.subjects import Draw

STEPS_MOST = 14
"""How many steps a history has beyond the way to the place where it begins."""


def follow(course: Course, rules: Rules, draw: Draw) -> Counterexample | None:
    """One history: straight to a drawn place, then on at random; where both part, if they do."""
    graph = draw.choice(course.graphs)
    drive = Drive(graph.rules, rules, opened_at(rules, draw.integer(0, 9_999)))
    places = {config: place for place, config in enumerate(graph.configs)}
    if drive.config not in places:
        return _parted(graph, drive, "刚收到时", drive.config, graph.configs[0])
    for move in graph.path(draw.integer(0, len(graph.configs) - 1)):
        if found := _step(graph, drive, places, move):
            return found
    for _ in range(draw.integer(1, STEPS_MOST)):
        if graph.unknown and places.get(drive.config) in (None, *graph.unknown):
            return None  # beyond what was explored
        if found := _drawn(graph, drive, places, draw):
            return found
    return None


def _drawn(
    graph: Graph, drive: Drive, places: dict[Config, int], draw: Draw
) -> Counterexample | None:
    """One step: a move that may be made, any move at all, a record, or some days."""
    match draw.integer(0, 9):
        case 0:
            return _wait(graph, drive, places, timedelta(hours=draw.integer(1, 24 * 40)))
        case 1:
            return _record(graph, drive, draw)
        case 2 | 3 | 4:
            return _step(graph, drive, places, draw.choice(graph.moves))
        case _:
            edges = graph.edges[places[drive.config]]
            move = draw.choice(edges).move if edges else draw.choice(graph.moves)
            return _step(graph, drive, places, move)


def _step(
    graph: Graph, drive: Drive, places: dict[Config, int], move: Move
) -> Counterexample | None:
    """Make a move on both. What time alone forbids the engine may refuse.

    Nothing is paused once a clock is late: which clocks then stand still is a matter of time.
    """
    if move.command is c.Pause and drive.late:
        return None
    place, case = places[drive.config], drive.case
    wanted = next((e.target for e in graph.edges[place] if e.move.key == move.key), None)
    refused = drive.do(move)
    if refused:
        if drive.case is not case:
            return _parted(graph, drive, f"「{move.title}」被拒,办件却变了")
        if wanted is not None and refused not in OF_TIME:
            return _parted(graph, drive, f"「{move.title}」引擎拒绝({refused}),模型准许")
        return None
    if wanted is None:
        return _parted(graph, drive, f"「{move.title}」引擎准许,模型拒绝")
    if drive.config != graph.configs[wanted]:
        words = f"「{move.title}」之后两者所处不同"
        return _parted(graph, drive, words, drive.config, graph.configs[wanted])
    return None


def _wait(
    graph: Graph, drive: Drive, places: dict[Config, int], time: timedelta
) -> Counterexample | None:
    """Let time pass: nothing moves but a pause that ends by itself."""
    before = drive.config
    drive.wait(time)
    after = drive.config
    if after not in (before, before._replace(paused=0)) or after not in places:
        return _parted(graph, drive, "只过了些日子,办件所处却变了", after, before)
    return None


def _record(graph: Graph, drive: Drive, draw: Draw) -> Counterexample | None:
    """Something is put on record that moves nothing, whether it is allowed or not."""
    command, actor = draw.choice(_records(drive))
    before = drive.config
    drive.at += timedelta(minutes=1)
    drive.give(command, actor, type(command).__name__)
    if drive.config != before:
        words = f"{type(command).__name__} 只是记录,却使办件动了"
        return _parted(graph, drive, words, drive.config, before)
    return None


def _records(drive: Drive) -> tuple[tuple[Command, Actor], ...]:
    office = Actor("office-1", Role.OFFICE)
    unit = drive.case.lead
    speaks = Actor("unit-1", Role.UNIT, unit)
    return (
        (c.Link(to="another", relation=Relation.REPEAT), office),
        (c.Chase(unit=unit), office),
        (c.ReportProgress(note="正在办理"), speaks),
        (c.TakeInterimMeasure(measure="临时围挡"), speaks),
        (c.Escalate(act=Act.MEETING, unit=unit), office),
        (c.Rate(score=5), Actor("citizen-1", Role.CITIZEN)),
        (c.Tick(), SYSTEM),
        (c.Settle(), SYSTEM),
        (c.Revise(message=attrs.evolve(drive.case.message, body="更新")), SYSTEM),
        (c.NoteDelivered(keys=("1",), channel="sms", to=unit, receipt="1"), SYSTEM),
    )


def _parted(
    graph: Graph,
    drive: Drive,
    words: str,
    came: Config | None = None,
    wanted: Config | None = None,
) -> Counterexample:
    """Where both part: what was done, what the engine made of it, what the model says."""
    case = f"{graph.cell.title}:" if graph.cell.title else ""
    text = f"{case}{'→'.join(('收到', *drive.done))}:{words}"
    if came is not None and wanted is not None:
        apart = [name for name in Config._fields if getattr(came, name) != getattr(wanted, name)]
        shown = (f"{n} 引擎为 {getattr(came, n)},模型为 {getattr(wanted, n)}" for n in apart)
        text += f"({';'.join(shown)})"
    inputs = {**graph.cell.facts, "经过": " ".join(drive.done)}
    return Counterexample(text=text, where="模型与引擎", mend="请报告核心维护者", inputs=inputs)
