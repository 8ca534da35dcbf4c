"""What may come next in the life of a case: mostly what usually does, sometimes what may not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import attrs

from wenzheng_core.domain import commands as c
from wenzheng_core.domain.actors import Actor, Role
from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.errors import RefusedError
from wenzheng_core.domain.gates import GateAct, Point
from wenzheng_core.domain.instants import local_day
from wenzheng_core.domain.limits import CalendarDays, ClockHours, Limit, WorkingDays, WorkingHours
from wenzheng_core.domain.limits import amount as amount_of
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.provisions import ExtensionRule
from wenzheng_core.domain.workflow import WITH_UNIT, State
from wenzheng_core.proofs.staging import (
    CLERK,
    WORDS,
    Deed,
    approver_of,
    assignment,
    gate_deed,
    leader,
    unit_actor,
)
from wenzheng_core.proofs.subjects import Draw

OTHERS = (
    Actor("网民", Role.CITIZEN),
    Actor("督查员", Role.SUPERVISOR),
    Actor("办公室乙", Role.OFFICE),
    leader("别的职务"),
)
REPORT = c.Report(findings=WORDS, proposed_reply=WORDS)
IDLE: Deed = (c.ReportProgress(note=WORDS), CLERK)


@attrs.frozen
class Scene:
    """A case, and whom it may be given to: at most two units of the city."""

    case: Case
    policy: Policy
    units: tuple[str, ...]

    @property
    def lead(self) -> Actor:
        """Somebody of the lead unit, or of the unit that will be it."""
        return unit_actor(self.case.lead or self.units[0])


Move = Callable[[Scene, Draw], Deed]


def _gate_or(point: Point, deed: Move) -> Move:
    """The gate that stands before a point; if none does, what it stands before."""

    def move(scene: Scene, draw: Draw) -> Deed:
        lead = scene.case.lead or scene.units[0]
        return gate_deed(scene.policy, scene.case, point, lead) or deed(scene, draw)

    return move


def _assign(scene: Scene, draw: Draw) -> Deed:
    named = scene.case.instructed_lead or scene.case.designated_lead
    lead = named or draw.choice(scene.units)
    others = tuple(unit for unit in scene.units if unit != lead)
    return assignment(scene.policy, lead, draw.choice(((), others))), CLERK


def _reassign(scene: Scene, draw: Draw) -> Deed:
    other = next((unit for unit in scene.units if unit != scene.case.lead), scene.units[0])
    grounds = assignment(scene.policy, other).grounds
    return c.Reassign(lead=other, reason=WORDS, grounds=grounds), CLERK


def _decline(scene: Scene, draw: Draw) -> Deed:
    codes = [reason.code for reason in scene.policy.decline_reasons] or ["无"]
    return c.Decline(reason=draw.choice(codes)), CLERK


def _classify(scene: Scene, draw: Draw) -> Deed:
    if not scene.policy.columns:
        return IDLE
    column = draw.choice(scene.policy.columns)
    return c.Classify(facts={column.name: draw.choice(column.values)}, reason=WORDS), CLERK


def _instruct(scene: Scene, draw: Draw) -> Deed:
    gates = [gate for gate in scene.policy.gates if gate.act is GateAct.INSTRUCT]
    if not gates:
        return IDLE
    lead = draw.choice(("", *scene.units))
    return c.Instruct(text=WORDS, lead=lead), leader(draw.choice(gates).by)


def _pause(scene: Scene, draw: Draw) -> Deed:
    if not scene.policy.pause_reasons:
        return IDLE
    reason = draw.choice(scene.policy.pause_reasons)
    return c.Pause(reason=reason.code), approver_of(reason.approver)


def some_of(limit: Limit, n: int) -> Limit:
    """``n`` of the unit of a limit that is a length of time."""
    match limit:
        case WorkingDays():
            return WorkingDays(n)
        case CalendarDays(_, roll):
            return CalendarDays(n, roll)
        case ClockHours():
            return ClockHours(n)
        case WorkingHours():
            return WorkingHours(n)
        case _:
            return limit


def _ask(scene: Scene, draw: Draw) -> Deed:
    rules = _extensible(scene) or scene.policy.extensions
    if not rules:
        return IDLE
    rule = draw.choice(rules)
    most = amount_of(rule.at_most)
    by = some_of(rule.at_most, draw.choice((1, max(1, most // 2), max(1, most), most + 1)))
    return c.RequestExtension(clock=rule.clock, by=by, reason=WORDS), scene.lead


def _answer(scene: Scene, draw: Draw) -> Deed:
    """Somebody decides about more time: mostly who may, at times who asked."""
    if not scene.case.requests:
        return _ask(scene, draw)
    request = scene.case.requests[0]
    if draw.integer(0, 4) == 0:
        return c.RefuseExtension(clock=request.clock, reason=WORDS), CLERK
    approver = next((r.approver for r in scene.policy.extensions if r.clock == request.clock), "")
    asker = Actor(request.asked_by, Role.LEADER, offices=(approver,))
    lawful = draw.integer(0, 3) > 0
    by = approver_of(approver) if lawful else draw.choice((asker, *OTHERS))
    return c.GrantExtension(clock=request.clock, unit=request.unit), by


def _promise(scene: Scene, draw: Draw) -> Deed:
    """A day, or a plan, for a clock that waits for one; else for none."""
    case, day = scene.case, local_day(scene.case.updated) + timedelta(days=draw.integer(0, 20))
    name, by = f"承诺{len(case.commitments) + 1}", draw.choice((scene.lead, CLERK))
    waiting = [
        clock.id for clock in case.running if clock.limit is None and _asked(scene, clock.id)
    ]
    if not waiting:
        return c.Commit(commitment=name, text=WORDS, due=day), by
    if draw.integer(0, 1):
        steps = (c.PlanStep(day, WORDS),)
        return c.SubmitPlan(clock=waiting[0], explanation=WORDS, steps=steps), scene.lead
    return c.Commit(commitment=name, text=WORDS, due=day, clock=waiting[0]), by


def _asked(scene: Scene, clock_id: str) -> bool:
    try:
        return scene.policy.limit(clock_id, scene.case.facts).value.promise is not None
    except RefusedError:
        return False


def _report(scene: Scene, draw: Draw) -> Deed:
    units = [h.unit for h in scene.case.holders] or list(scene.units)
    return REPORT, unit_actor(draw.choice((scene.case.lead or units[0], *units)))


def _rework(scene: Scene, draw: Draw) -> Deed:
    within = draw.choice((None, WorkingDays(3)))
    return c.ReturnForRework(reason=WORDS, within=within), CLERK


def _answer_goes(scene: Scene, draw: Draw) -> Deed:
    up = scene.policy.last_step(scene.case.facts) is not None
    return (c.Forward() if up else c.Publish()), CLERK


def _withdraw(scene: Scene, draw: Draw) -> Deed:
    if not scene.case.ladder:
        return IDLE
    card = draw.choice(scene.case.ladder)
    return c.WithdrawCard(rung=card.rung, clock=card.clock, unit=card.unit, reason=WORDS), CLERK


def _by_clerk(command: c.Command) -> Move:
    return lambda scene, draw: (command, CLERK)


def _by_lead(command: c.Command) -> Move:
    return lambda scene, draw: (command, scene.lead)


_RESOLVE, _CONTACT = c.Resolve(), c.LogContact(reached=False)
_CALL, _REOPEN, _ARCHIVE = c.CallBack(reached=True), c.Reopen(reason=WORDS), c.Archive()
_GO = _gate_or(Point.PUBLISH, _answer_goes)
_HELD: tuple[Move, ...] = (
    _by_lead(c.Claim()),
    _by_lead(_CONTACT),
    _by_lead(c.TakeFirstAction()),
    _promise,
    _promise,
    _pause,
    _pause,
    _by_clerk(c.Resume()),
    _by_clerk(c.Resume()),
    _ask,
    _answer,
    _answer,
    _gate_or(Point.REPORT, _report),
    _gate_or(Point.REPORT, _report),
    _by_lead(_RESOLVE),
    _by_lead(c.SendBack(reason=WORDS)),
    _reassign,
    _classify,
    _instruct,
    _withdraw,
)
_READY: tuple[Move, ...] = (_GO, _GO, _GO, _GO, _rework, _pause, _by_clerk(c.Resume()), _classify)
_OVER: tuple[Move, ...] = (
    _by_clerk(_REOPEN),
    _by_clerk(_REOPEN),
    _by_clerk(_ARCHIVE),
    _by_clerk(_CALL),
    _by_lead(_RESOLVE),
    _promise,
    _withdraw,
)


def _extensible(scene: Scene) -> tuple[ExtensionRule, ...]:
    running = {clock.id for clock in scene.case.running}
    return tuple(rule for rule in scene.policy.extensions if rule.clock in running)


def _special(scene: Scene) -> list[Move]:
    """What concerns the time of a running clock, where the policy has it."""
    running = {clock.id for clock in scene.case.running}
    moves: list[Move] = []
    if scene.case.state in WITH_UNIT and _extensible(scene):
        moves += [_answer, _answer, _answer] if scene.case.requests else [_ask, _ask]
    if scene.case.pause is not None:
        moves.append(_by_clerk(c.Resume()))
    elif any(not x.clocks or running & set(x.clocks) for x in scene.policy.pause_reasons):
        moves.append(_pause)
    return moves


MOVES: dict[State, tuple[Move, ...]] = {
    State.RECEIVED: (*[_by_clerk(c.Accept())] * 6, _decline, _classify),
    State.ACCEPTED: (
        *[_gate_or(Point.ASSIGN, _assign)] * 9,
        _classify,
        _pause,
        _by_clerk(c.Resume()),
        _by_clerk(c.AnswerDirectly(reply=WORDS)),
        _decline,
    ),
    State.ASSIGNED: (_by_lead(c.Claim()), _by_lead(c.Claim()), *_HELD),
    State.HANDLING: _HELD,
    State.REPORTED: _READY,
    State.REVIEWED: _READY,
    State.APPROVED: _READY,
    State.PUBLISHED: _OVER,
    State.FORWARDED: _OVER,
    State.DECLINED: _OVER,
    State.MERGED: _OVER,
    State.ARCHIVED: _OVER,
}
"""What usually comes next in each state, and some of what makes a case interesting."""


def next_deed(scene: Scene, draw: Draw) -> Deed:
    """What somebody asks for next; more time and standing still oftener than in life."""
    special = _special(scene)
    if special and draw.integer(0, 1) == 0:
        return draw.choice(special)(scene, draw)
    if draw.integer(0, 19) == 0:  # out of turn
        return draw.choice(MOVES[draw.choice(tuple(State))])(scene, draw)
    return draw.choice(MOVES[scene.case.state])(scene, draw)
