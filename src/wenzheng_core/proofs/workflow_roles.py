"""Who may do what: nobody passes his own work, and each step is somebody's."""

from __future__ import annotations

from collections.abc import Iterator

from wenzheng_core.domain import commands as c
from wenzheng_core.domain.actors import Role
from wenzheng_core.domain.commands import Command
from wenzheng_core.domain.escalation import OFFICE
from wenzheng_core.domain.gates import GateAct
from wenzheng_core.domain.units import OFFICE_TITLES
from wenzheng_core.domain.workflow import REPLY_READY
from wenzheng_core.proofs.exploring import Course
from wenzheng_core.proofs.reports import Counterexample
from wenzheng_core.proofs.workflow_showing import way

APART: tuple[tuple[type[Command], type[Command], str], ...] = (
    (c.Report, c.Review, "反馈的人不得审核自己的反馈"),
    (c.Report, c.Approve, "反馈的人不得审定自己的反馈"),
    (c.Report, c.ReturnForRework, "反馈的人不得退回自己的反馈"),
    (c.Report, c.Publish, "反馈的人不得自行公开"),
    (c.Report, c.Forward, "反馈的人不得自行报送"),
    (c.Report, c.Archive, "反馈的人不得自行归档"),
    (c.RequestExtension, c.GrantExtension, "申请延期的人不得批准"),
    (c.RequestExtension, c.RefuseExtension, "申请延期的人不得批复"),
    (c.SendBack, c.Assign, "退件的单位不得自行交办"),
    (c.Assign, c.Instruct, "批示须由领导作出"),
)
"""Two steps that nobody may take in one capacity, and why."""

ONLY: tuple[tuple[type[Command], frozenset[Role]], ...] = (
    (c.Archive, frozenset({Role.OFFICE, Role.SYSTEM})),
    (c.Approve, frozenset({Role.LEADER})),
    (c.Instruct, frozenset({Role.LEADER})),
)
"""Steps that are some people's alone."""


def mingled(course: Course) -> Iterator[Counterexample]:
    """Wherever somebody could pass his own work, or what is somebody else's."""
    yield from _by_table(course)
    yield from _by_office(course)
    yield from _on_the_way(course)


def _by_table(course: Course) -> Iterator[Counterexample]:
    roles = {step.command: step.roles for step in course.steps}
    titles = {step.command: step.title for step in course.steps}
    for step in course.steps:
        if not step.roles:
            yield Counterexample(text=f"「{step.title}」谁也不能做", where="STEPS")
    for one, other, why in APART:
        both = roles.get(one, frozenset()) & roles.get(other, frozenset())
        if both:
            who = "、".join(sorted(role.label for role in both))
            text = f"{who}既可「{titles[one]}」又可「{titles[other]}」:{why}"
            yield Counterexample(text=text, where="STEPS", mend="把两步分给不同的人")
    for command, allowed in ONLY:
        for role in sorted(roles.get(command, frozenset()) - allowed):
            text = f"{role.label}不得「{titles[command]}」"
            yield Counterexample(text=text, where="STEPS", mend="收回这一权限")


def _by_office(course: Course) -> Iterator[Counterexample]:
    """An office that exists in the handling units can neither pass their work nor grant them time."""
    policy = course.policy
    held = {office for unit in course.units for office in unit.offices} - {OFFICE}
    held |= set(OFFICE_TITLES) | set(OFFICE_TITLES.values())
    judges = (GateAct.REVIEW, GateAct.APPROVE, GateAct.INSTRUCT)
    named = [
        (gate.by, gate.label, f"$.gate[{n}].by")
        for n, gate in enumerate(policy.gates)
        if gate.act in judges
    ]
    extensions, pauses = policy.extensions, policy.pause_reasons
    named += [
        (x.approver, "批准延期", f"$.extension[{n}].approver") for n, x in enumerate(extensions)
    ]
    named += [(x.approver, "批准中止", f"$.pause[{n}].approver") for n, x in enumerate(pauses)]
    for office, act, where in named:
        if office in held:
            title = OFFICE_TITLES.get(office, office)
            text = f"「{act}」由承办单位自己的{title}作出:自己的事自己批"
            yield Counterexample(text=text, where=where, mend="写办公室或上级领导的职务")


def _on_the_way(course: Course) -> Iterator[Counterexample]:
    """On no way does a unit pass a gate that stands between its report and the public."""
    for graph in course.graphs:
        for edges in graph.edges:
            for edge in edges:
                state = graph.configs[edge.source].state
                judged = edge.move.command in (c.Review, c.Approve) and state in REPLY_READY
                if judged and edge.move.role is Role.UNIT:
                    text = f"{way(graph, edge.source)}:承办单位自己「{edge.move.title}」"
                    yield Counterexample(text=text, where="STEPS", mend="由办公室或领导审核")
                    return
