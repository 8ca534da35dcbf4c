"""What a policy provides for the course of a case, and whether any case comes to use it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import attrs

from wenzheng_core.domain import commands as c
from wenzheng_core.domain.commands import Command
from wenzheng_core.domain.gates import GateAct, Point
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.tables import Condition
from wenzheng_core.domain.workflow import State
from wenzheng_core.proofs.course_moves import MODELLED, Move
from wenzheng_core.proofs.exploring import Course
from wenzheng_core.proofs.reports import Counterexample

_BY_GATE = {GateAct.REVIEW: State.REVIEWED, GateAct.APPROVE: State.APPROVED}


def states(course: Course) -> Iterator[tuple[State, str, str]]:
    """The states that a case must be able to come to, with why and by which part of the policy."""
    policy = course.policy
    yield from ((s, "每个办法都有这一步", "") for s in (State.RECEIVED, State.ACCEPTED))
    if course.units.all:
        held = (State.ASSIGNED, State.HANDLING)
        yield from ((s, "本地有承办单位,办件却到不了它们手里", "$.gate") for s in held)
    yield State.REPORTED, "没有一件能提出答复", "$.gate"
    for n, gate in enumerate(policy.gates):
        if gate.before is Point.PUBLISH and gate.act in _BY_GATE:
            yield _BY_GATE[gate.act], f"设了关口「{gate.id}」,却到不了", f"$.gate[{n}]"
    if any(graph.cell.last_step is None for graph in course.graphs):
        yield State.PUBLISHED, "没有一件能公开回复", "$.gate"
    for n, step in enumerate(policy.last_steps):
        yield State.FORWARDED, f"规定报送{step.to},却没有一件能报送", f"$.last_step[{n}]"
    if policy.decline_reasons:
        yield State.DECLINED, "规定了不予受理,却用不上", "$.decline"
    yield from ((s, "每个办法都有这一步", "") for s in (State.MERGED, State.ARCHIVED))


@attrs.frozen
class Provision:
    """One part of a policy, or one step that it makes possible, and whether any case uses it."""

    title: str
    where: str
    used: bool


def provisions(course: Course) -> Iterator[Provision]:
    """Every part of the policy that is about the course of a case, and every step it needs."""
    keys = {move.key for move in _made(course)}
    policy, graphs = course.policy, course.graphs
    for n, gate in enumerate(policy.gates):
        there = [g for g in graphs if any(place == n for place, _ in g.cell.gates)]
        met = any(g.rules.met(x, 1 << n, gate) for g in there for x in g.configs)
        yield Provision(f"关口「{gate.id}」({gate.label})", f"$.gate[{n}]", met)
    for n, step in enumerate(policy.last_steps):
        used = any(graph.cell.last_step is step for graph in graphs)
        title = f"末步「报送{step.to}」"
        yield Provision(title, f"$.last_step[{n}]", used and "Forward" in keys)
    for n, reason in enumerate(policy.pause_reasons):
        used = f"Pause/{reason.code}" in keys
        yield Provision(f"中止理由「{reason.title}」", f"$.pause[{n}]", used)
    for n, rule in enumerate(policy.extensions):
        used = f"GrantExtension/{rule.clock}" in keys
        yield Provision(f"时限「{rule.clock}」的延期", f"$.extension[{n}]", used)
    made = {move.command for move in _made(course)}
    for command in _possible(course):
        title = _title(course, command)
        yield Provision(f"步骤「{title}」", "", command in made)


def absent(course: Course) -> tuple[str, ...]:
    """The steps that the policy does not provide, by their Chinese words."""
    possible = set(_possible(course))
    return tuple(step.title for step in course.steps if step.command in MODELLED - possible)


def _made(course: Course) -> Iterator[Move]:
    seen: dict[str, Move] = {}
    for graph in course.graphs:
        for edges in graph.edges:
            for edge in edges:
                seen[edge.move.key] = edge.move
    return iter(seen.values())


def _title(course: Course, command: type[Command]) -> str:
    return next(step.title for step in course.steps if step.command is command)


def _possible(course: Course) -> tuple[type[Command], ...]:
    """The commands for which the policy, its units and its clocks give an occasion."""
    policy, graphs = course.policy, course.graphs
    acts = {gate.act for gate in policy.gates}
    lines = [line for graph in graphs for line in graph.cell.lines]
    units = len(course.units.all)
    given: dict[type[Command], bool] = {
        c.Decline: bool(policy.decline_reasons),
        c.Instruct: GateAct.INSTRUCT in acts,
        c.DesignateLead: GateAct.DESIGNATE in acts,
        c.FileNote: GateAct.NOTE in acts,
        c.Review: GateAct.REVIEW in acts,
        c.Approve: GateAct.APPROVE in acts,
        c.Publish: any(graph.cell.last_step is None for graph in graphs),
        c.Forward: bool(policy.last_steps),
        c.Pause: bool(policy.pause_reasons),
        c.Resume: bool(policy.pause_reasons),
        c.Commit: any(line.promise for line in lines),
        c.SubmitPlan: any(line.promise for line in lines) and units > 0,
        c.TakeFirstAction: any(graph.rules.begins for graph in graphs),
        c.Resolve: any(graph.rules.resolves for graph in graphs),
        c.CallBack: any(graph.cell.origin.addressed for graph in graphs),
        c.Reassign: units > 1,
    }
    given |= dict.fromkeys((c.Assign, c.SendBack, c.Claim, c.Report), units > 0)
    asked = (c.RequestExtension, c.GrantExtension, c.RefuseExtension)
    given |= dict.fromkeys(asked, bool(policy.extensions))
    rows = [step.command for step in course.steps if step.command in MODELLED]
    return tuple(command for command in rows if given.get(command, True))


def ambiguous(policy: Policy) -> Iterator[Counterexample]:
    """Parts of a policy of which two hold for one case, so that only their order decides."""
    for (n, one), (m, other) in itertools.combinations(enumerate(policy.last_steps), 2):
        if one.to != other.to and _meet(one.conditions, other.conditions):
            text = f"同一件既要报送{one.to},又要报送{other.to},只看先后"
            yield Counterexample(text=text, where=f"$.last_step[{m}]", mend=f"与第{n + 1}项分清")
    for (n, ask), (m, more) in itertools.combinations(enumerate(policy.extensions), 2):
        if ask.clock == more.clock and _meet(ask.conditions, more.conditions):
            text = f"时限「{ask.clock}」对同一件有两种延期规定,只看先后"
            yield Counterexample(text=text, where=f"$.extension[{m}]", mend=f"与第{n + 1}项分清")
    for (n, why), (m, again) in itertools.combinations(enumerate(policy.pause_reasons), 2):
        if why.code == again.code and _meet(why.conditions, again.conditions):
            text = f"中止理由「{why.code}」对同一件有两项规定,只看先后"
            yield Counterexample(text=text, where=f"$.pause[{m}]", mend=f"与第{n + 1}项分清")


def _meet(one: tuple[Condition, ...], other: tuple[Condition, ...]) -> bool:
    """Whether some case fulfils a condition of each."""
    return any(all(a[name] & b[name] for name in a.keys() & b.keys()) for a in one for b in other)
