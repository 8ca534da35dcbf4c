"""What may be done in the model, by whom, and what comes of it.

The moves are the steps of ``workflow.STEPS`` with the guards that the policy sets.
Commands that leave a case where it stands (a chase, a rating, a note of progress) are no moves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import attrs

from wenzheng_core.domain import commands as c
from wenzheng_core.domain.actors import Role
from wenzheng_core.domain.commands import Command
from wenzheng_core.domain.escalation import OFFICE
from wenzheng_core.domain.gates import GateAct
from wenzheng_core.domain.workflow import Step
from wenzheng_core.proofs import course_answers as answers
from wenzheng_core.proofs import course_clocks as clocks
from wenzheng_core.proofs import course_routing as routing
from wenzheng_core.proofs.course_rules import Config, CourseRules

Effect = Callable[[CourseRules, Config], Config | None]


@attrs.frozen(kw_only=True, eq=False)
class Move:
    """One thing that may be done.

    Attributes:
        key: names it; moves of one key are one move, done the same way.
        role, office: who does it, with the office (职务) that the actor holds.
        given: the fields of the command that tell moves of one command apart.
        effect: the configuration after it; None if a guard forbids it.
        loop: why it may be repeated, if the case can come back to where it was; "" if it cannot.
        counter: the bounded counter that it uses up, "" if none.
    """

    key: str
    step: Step
    title: str
    role: Role
    office: str = ""
    given: Mapping[str, Any] = attrs.field(factory=dict)
    effect: Callable[[Config], Config | None]
    loop: str = ""
    counter: str = ""

    @property
    def command(self) -> type[Command]:
        """The command."""
        return self.step.command


@attrs.frozen(kw_only=True)
class Variant:
    """One way of giving a command; ``role`` None: whichever of the step's comes first."""

    effect: Effect
    key: str = ""
    title: str = ""
    role: Role | None = None
    office: str = ""
    given: Mapping[str, Any] = attrs.field(factory=dict)
    loop: str = ""
    counter: str = ""


_FIRST = (Role.OFFICE, Role.UNIT, Role.LEADER, Role.SUPERVISOR, Role.SYSTEM)


def moves_of(rules: CourseRules, steps: tuple[Step, ...]) -> tuple[Move, ...]:
    """Every move of a class of cases; none that only somebody could do who does not exist."""
    return tuple(
        Move(
            key="/".join(filter(None, (step.command.__name__, variant.key))),
            step=step,
            title=step.title + variant.title,
            role=role,
            office=variant.office,
            given=variant.given,
            effect=partial(variant.effect, rules),
            loop=variant.loop,
            counter=variant.counter,
        )
        for step in steps
        if step.command in _VARIANTS
        for variant in _VARIANTS[step.command](rules)
        if (role := _role(variant, step, rules)) is not None
    )


def _role(variant: Variant, step: Step, rules: CourseRules) -> Role | None:
    """Who does it: somebody in a role of the step, who exists."""
    wanted = _FIRST if variant.role is None else (variant.role,)
    there = (role for role in wanted if role in step.roles)
    role = next((r for r in there if r is not Role.UNIT or rules.cell.units), None)
    nobody = variant.role is Role.LEADER and not variant.office.strip()
    return None if nobody else role


def _one(effect: Effect, **more: Any) -> Callable[[CourseRules], Iterator[Variant]]:
    def variants(_: CourseRules) -> Iterator[Variant]:
        yield Variant(effect=effect, **more)

    return variants


def _instruct(rules: CourseRules) -> Iterator[Variant]:
    leads = range(rules.cell.units + 1)
    loop = "领导批示可以再次改定主办单位,原文不限次数"
    for bit, gate in rules.gates_of(GateAct.INSTRUCT):
        for lead in leads:
            word = "(指定主办单位)" if lead else ""
            yield Variant(
                effect=partial(routing.instruct, bit=bit, gate=gate, lead=lead),
                key=f"{gate.id}/{lead}",
                title=word,
                role=Role.LEADER,
                office=gate.by,
                given={"gate": gate.id, "lead": lead},
                loop=loop if lead else "",
            )


def _designate(rules: CourseRules) -> Iterator[Variant]:
    for lead in rules.leads:
        effect = partial(routing.designate, lead=lead)
        yield Variant(effect=effect, key=f"{lead}", given={"lead": lead}, loop="指定可以更改")


def _assign(rules: CourseRules) -> Iterator[Variant]:
    for lead in rules.leads:
        for decided in (False, True):
            yield Variant(
                effect=partial(routing.assign, lead=lead, decided=decided),
                key=f"{lead}{'/decided' if decided else ''}",
                title="(经研究确定)" if decided else "",
                given={"lead": lead, "decided": decided},
            )


def _send_back(rules: CourseRules) -> Iterator[Variant]:
    bound = rules.cell.policy.routing.send_back_times
    loop = "办法没有限定退件次数" if bound is None else ""
    counter = "" if bound is None else "send_backs"
    yield Variant(effect=routing.send_back, loop=loop, counter=counter)


def _file_note(rules: CourseRules) -> Iterator[Variant]:
    for bit, gate in rules.gates_of(GateAct.NOTE):
        for role in (Role.OFFICE, Role.UNIT):
            effect = partial(routing.file_note, bit=bit, gate=gate, unit=role is Role.UNIT)
            yield Variant(
                effect=effect, key=f"{gate.id}/{role}", role=role, given={"gate": gate.id}
            )


def _contact(rules: CourseRules) -> Iterator[Variant]:
    for role in (Role.OFFICE, Role.UNIT):
        for reached in (True, False) if rules.attempts else (True,):
            yield Variant(
                effect=partial(routing.contact, unit=role is Role.UNIT, reached=reached),
                key=f"{role}/{'reached' if reached else 'failed'}",
                title="" if reached else "(未联系上)",
                role=role,
                given={"reached": reached},
            )


def _first_action(rules: CourseRules) -> Iterator[Variant]:
    for role in (Role.OFFICE, Role.UNIT) if rules.begins else ():
        effect = partial(clocks.take_first_action, unit=role is Role.UNIT)
        yield Variant(effect=effect, key=role, role=role)


def _resolve(rules: CourseRules) -> Iterator[Variant]:
    if rules.resolves:
        yield Variant(effect=clocks.resolve)


def _promise(rules: CourseRules, *roles: Role, plan: bool = False) -> Iterator[Variant]:
    for role in roles:
        for place, line in enumerate(rules.cell.lines):
            if line.promise:
                yield Variant(
                    effect=partial(clocks.promise, place=place, unit=role is Role.UNIT, plan=plan),
                    key=f"{role}/{line.clock}",
                    role=role,
                    given={"clock": line.clock},
                )


def _pause(rules: CourseRules) -> Iterator[Variant]:
    for reason in rules.cell.pauses:
        yield Variant(
            effect=partial(clocks.pause, held=reason.clocks),
            key=reason.code,
            title=f"({reason.title})",
            role=Role.OFFICE if reason.approver == OFFICE else Role.LEADER,
            office=reason.approver,
            given={"reason": reason.code},
            loop="中止累计不得超过办法规定的时长",
        )


def _resume(rules: CourseRules) -> Iterator[Variant]:
    if rules.cell.pauses:
        yield Variant(effect=clocks.resume)


def _extension(rules: CourseRules, effect: Any, asks: bool, **more: str) -> Iterator[Variant]:
    for place, line in enumerate(rules.cell.lines):
        if line.extensions:
            by_office = Role.OFFICE if line.approver == OFFICE else Role.LEADER
            yield Variant(
                effect=partial(effect, place=place),
                key=line.clock,
                role=Role.UNIT if asks else by_office,
                office="" if asks else line.approver,
                given={"clock": line.clock},
                **more,
            )


def _approve(rules: CourseRules) -> Iterator[Variant]:
    for office in dict.fromkeys(g.by for _, g in rules.cell.gates if g.act is GateAct.APPROVE):
        effect = partial(answers.pass_next, act=GateAct.APPROVE, by=office)
        yield Variant(effect=effect, key=office, role=Role.LEADER, office=office)


def _call_back(rules: CourseRules) -> Iterator[Variant]:
    for reached in (True, False) if rules.cell.origin.addressed else ():
        yield Variant(
            effect=partial(answers.call_back, reached=reached),
            key="reached" if reached else "failed",
            title="" if reached else "(未接通)",
            given={"reached": reached},
        )


_REASSIGN = "改派须逐次写明理由,原文不限次数"
_REWORK = "每次退回重办须写明理由,原文不限次数"
_REOPEN = "每次重新办理须写明理由,原文不限次数"
_REFUSE = "被拒后可以再次申请延期,以到期为限"

_VARIANTS: Mapping[type[Command], Callable[[CourseRules], Iterator[Variant]]] = {
    c.Accept: _one(routing.accept),
    c.Decline: lambda rules: (
        iter([Variant(effect=routing.decline)]) if rules.cell.policy.decline_reasons else iter(())
    ),
    c.Merge: _one(routing.merge),
    c.Instruct: _instruct,
    c.DesignateLead: _designate,
    c.FileNote: _file_note,
    c.Assign: _assign,
    c.Reassign: _one(routing.reassign, loop=_REASSIGN),
    c.SendBack: _send_back,
    c.Claim: _one(routing.claim),
    c.LogContact: _contact,
    c.TakeFirstAction: _first_action,
    c.Commit: lambda rules: _promise(rules, Role.OFFICE, Role.UNIT),
    c.SubmitPlan: lambda rules: _promise(rules, Role.UNIT, plan=True),
    c.Report: _one(answers.report),
    c.Resolve: _resolve,
    c.Pause: _pause,
    c.Resume: _resume,
    c.RequestExtension: partial(_extension, effect=clocks.request, asks=True),
    c.GrantExtension: partial(_extension, effect=clocks.grant, asks=False, counter="extended"),
    c.RefuseExtension: partial(_extension, effect=clocks.refuse, asks=False, loop=_REFUSE),
    c.AnswerDirectly: _one(answers.answer_directly),
    c.Review: _one(partial(answers.pass_next, act=GateAct.REVIEW)),
    c.Approve: _approve,
    c.ReturnForRework: _one(answers.return_for_rework, loop=_REWORK),
    c.Publish: _one(answers.publish),
    c.Forward: _one(answers.forward),
    c.CallBack: _call_back,
    c.Reopen: _one(answers.reopen, loop=_REOPEN),
    c.Archive: _one(answers.archive),
}

MODELLED = frozenset(_VARIANTS)
"""The commands that move a case."""
