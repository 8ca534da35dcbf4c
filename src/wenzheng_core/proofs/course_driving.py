"""The model against the engine: moves as commands of real people, and a real case seen as a place.

Only here the engine is called. What only time forbids (a limit that is due, a pause used up) the
engine may refuse where the model allows it; nothing else.
"""

from __future__ import annotations

import inspect
from datetime import datetime, time, timedelta
from typing import Any

import attrs

from wenzheng_core.domain import commands as c
from wenzheng_core.domain.actors import SYSTEM, Actor, Role
from wenzheng_core.domain.cases import Case, Clock
from wenzheng_core.domain.commands import Command, Request
from wenzheng_core.domain.deciding import decide, open_case
from wenzheng_core.domain.drafts import Rules
from wenzheng_core.domain.errors import RefusedError
from wenzheng_core.domain.instants import at_local, local_day
from wenzheng_core.domain.limits import CalendarDays, ClockHours, Limit, WorkingDays, WorkingHours
from wenzheng_core.domain.messages import Message
from wenzheng_core.domain.milestones import RETURNABLE, Milestone
from wenzheng_core.domain.workflow import ANSWERED, FINAL, REPLY_READY, WITH_UNIT
from wenzheng_core.proofs.course_cells import Line
from wenzheng_core.proofs.course_moves import Move
from wenzheng_core.proofs.course_rules import (
    AWAITING,
    ENDED,
    IDLE,
    MANY,
    OFFICE_CALLED,
    RUNNING,
    UNPROMISED,
    Config,
    CourseRules,
)

OF_TIME = frozenset(
    {"pause.nothing", "pause.exhausted", "extension.late", "send_back.late", "promise.twice"}
)
"""Refusals that rest on the instant alone, which the model does not know."""

MINUTE = timedelta(minutes=1)
"""Between two moves."""

AHEAD = timedelta(days=30)
"""How far ahead promises are made."""


@attrs.define
class Drive:
    """One case on the engine, followed on the model."""

    graph_rules: CourseRules
    rules: Rules
    at: datetime
    case: Case = attrs.field(init=False)
    done: list[str] = attrs.field(factory=list, init=False)

    def __attrs_post_init__(self) -> None:
        cell = self.graph_rules.cell
        message = Message(
            source="proof",
            external_id="1",
            title="路灯不亮",
            body="小区门口的路灯坏了半个月。",
            posted_at=self.at,
            contact=cell.origin.contact,
            kind=cell.origin.kind,
        )
        receive = c.Receive(message=message, facts=cell.facts)
        request = Request(receive, Actor("office-1", Role.OFFICE), self.at)
        self.case = open_case("proof", request, self.rules).case

    @property
    def config(self) -> Config:
        """Where the case stands."""
        return seen(self.graph_rules, self.case, self.leads)

    @property
    def leads(self) -> tuple[str, ...]:
        """The two units that the model knows."""
        return tuple(unit.id for unit in self.rules.units.all[:2])

    @property
    def late(self) -> bool:
        """Whether a running clock is due by the next move."""
        return any(clock.breached(self.at + MINUTE) for clock in self.case.running)

    def wait(self, time: timedelta) -> None:
        """Let time pass, and whatever comes due in it happen."""
        self.at += time
        self.case = decide(self.case, Request(c.Tick(), SYSTEM, self.at), self.rules).case

    def do(self, move: Move) -> str:
        """Make a move a minute later; the rule by which it is refused, or "". Raises nothing else."""
        self.at += MINUTE
        command, actor = self.command(move), self.actor(move)
        return self.give(command, actor, move.title)

    def give(self, command: Command, actor: Actor, title: str) -> str:
        """Give a command; the rule by which it is refused, or ""."""
        before = self.case
        try:
            self.case = decide(before, Request(command, actor, self.at), self.rules).case
        except RefusedError as refused:
            return refused.rule
        self.done.append(title)
        return ""

    def why_not(self, move: Move) -> str:
        """Why the engine refuses a move, in its own words; "" if it does not."""
        at = self.at + MINUTE
        try:
            decide(self.case, Request(self.command(move), self.actor(move), at), self.rules)
        except RefusedError as refused:
            return refused.reason
        return ""

    def actor(self, move: Move) -> Actor:
        """Who makes a move: a person of the role, with the office; for a unit, of the lead."""
        unit = self.case.lead or (self.leads or ("",))[0]
        offices = (move.office,) if move.office else ()
        return Actor(f"{move.role}-1", move.role, unit if move.role is Role.UNIT else "", offices)

    def command(self, move: Move) -> Command:
        """The move as a command that only the guards of the model can refuse."""
        given: dict[str, Any] = dict(move.given)
        if "lead" in given:
            given["lead"] = self._lead(move.command, given["lead"])
        fields = set(inspect.signature(move.command).parameters)
        given |= {
            name: value for name, value in self._plain().items() if name in fields - set(given)
        }
        if move.command is c.Reassign:
            given["lead"] = self._other()
        if move.command in (c.Assign, c.Reassign):
            given["grounds"] = self._grounds(given["lead"])
        if move.command is c.RequestExtension:
            given["by"] = self._least(given["clock"])
        if move.command is c.ReturnForRework:
            given.pop("within", None)
        return move.command(**given)

    def _plain(self) -> dict[str, Any]:
        """What is said where it does not matter what is said."""
        policy = self.rules.policy
        day = local_day(self.at + AHEAD)
        reasons = policy.decline_reasons
        return {
            "reason": reasons[0].code if reasons else "其他",
            "text": "情况说明",
            "note": "说明",
            "into": "another",
            "findings": "已核实",
            "proposed_reply": "您好,已办理。",
            "reply": "您好,已办理。",
            "explanation": "须分期办理",
            "steps": (c.PlanStep(day, "完工"),),
            "commitment": f"c{len(self.case.commitments)}",
            "due": day,
            "checked": tuple(item for each in policy.checklists for item in each.items),
        }

    def _lead(self, command: type[Command], number: int) -> str:
        """The unit of a number of the model: 1 the lead that is due, 2 another."""
        case, leads = self.case, self.leads
        if self.graph_rules.tells_units:
            return leads[number - 1] if number else ""
        if not number:
            return ""
        if command is c.Instruct and case.state in WITH_UNIT | REPLY_READY and case.holders:
            return case.lead if number == 1 else self._other()
        return case.instructed_lead or leads[0]

    def _other(self) -> str:
        return next((unit for unit in self.leads if unit != self.case.lead), self.case.lead)

    def _grounds(self, lead: str) -> dict[str, str]:
        principles = self.rules.policy.routing.principles
        return {principles[0]: lead} if principles else {}

    def _least(self, clock_id: str) -> Limit:
        """The least extension that there is, in the unit in which the policy extends."""
        rules = self.rules.policy.extensions
        most = next((rule.at_most for rule in rules if rule.clock == clock_id), None)
        kind = type(most) if most is not None else CalendarDays
        return (
            kind(1)
            if kind in (WorkingDays, CalendarDays, ClockHours, WorkingHours)
            else CalendarDays(1)
        )


def seen(rules: CourseRules, case: Case, leads: tuple[str, ...]) -> Config:
    """A real case as a place of the model."""
    final = case.state in FINAL
    holding = next((h for h in case.holders if h.lead), None)
    lead = _number(rules, holding.unit if holding else "", leads)
    clocks = _clocks(rules, case)
    common = Config(
        case.state,
        clocks=tuple(_phase(rules, place, clock, case) for place, clock in enumerate(clocks)),
        extended=(0,) * len(clocks),
        send_backs=0 if final else _send_backs(rules, case),
        returns=min(len(case.returns), MANY) if "returns" in rules.reads else 0,
        reopenings=min(case.epoch - 1, MANY) if "reopenings" in rules.reads else 0,
        begun=rules.begins and Milestone.FIRST_ACTION in case.passed,
        resolved=rules.resolves and Milestone.RESOLVED in case.passed,
        lead=lead,
    )
    if final:
        return common if case.state in ANSWERED else common._replace(begun=False, resolved=False)
    places = {line.clock: place for place, line in enumerate(rules.cell.lines)}
    stood = {bit for bit, gate in rules.all_gates if case.stands(gate.id)}
    mine = [r for r in case.requests if r.unit in ("", case.lead if holding else "")]
    held = case.pause.clocks if case.pause else ()
    return common._replace(
        gates=sum(stood),
        claimed=bool(holding and holding.claimed),
        decided=bool(holding and case.decided),
        instructed=_number(rules, case.instructed_lead, leads),
        designated=_number(rules, case.designated_lead, leads) if rules.tells_units else 0,
        contacts=_contacts(rules, case, leads),
        calls=_calls(rules, case),
        paused=sum(1 << places[name] for name in held if name in places),
        extended=tuple(
            len(k.extensions) if k and rules.cell.lines[n].extensions else 0
            for n, k in enumerate(clocks)
        ),
        asked=sum(1 << places[name] for name in {r.clock for r in mine} if name in places),
    )


def _number(rules: CourseRules, unit: str, leads: tuple[str, ...]) -> int:
    if not unit:
        return 0
    return 1 + leads.index(unit) if rules.tells_units and unit in leads else 1


def _clocks(rules: CourseRules, case: Case) -> list[Clock | None]:
    """The present start of each clock: of this opening, or of the lead's holding.

    One that counts from an answer which went back is as if it had not begun.
    """
    found = []
    for line in rules.cell.lines:
        own = [k for k in case.clocks if k.id == line.clock and _present(line, k, case)]
        void = own and own[-1].returns < len(case.returns) and line.starts in RETURNABLE
        found.append(own[-1] if own and not void else None)
    return found


def _present(line: Line, clock: Clock, case: Case) -> bool:
    if not line.per_unit:
        return clock.opening == case.epoch
    if case.state in ANSWERED:
        return clock.running
    held = (h for h in case.holders if h.lead)
    return any(clock.unit == h.unit and clock.started >= h.since for h in held)


def _phase(rules: CourseRules, place: int, clock: Clock | None, case: Case) -> int:
    if clock is None or (case.state in FINAL - ANSWERED and not clock.running):
        return IDLE
    awaits = rules.cell.lines[place].promise and clock.limit is None
    if not clock.running:
        return UNPROMISED if awaits else ENDED
    return AWAITING if awaits else RUNNING


def _send_backs(rules: CourseRules, case: Case) -> int:
    if rules.cell.policy.routing.send_back_times is not None:
        return case.send_backs
    return min(case.send_backs, MANY) if "send_backs" in rules.reads else 0


def _contacts(rules: CourseRules, case: Case, leads: tuple[str, ...]) -> int:
    if not rules.counts_contacts:
        return 0
    since = case.passed[Milestone.RECEIVED]
    units = {x.unit for x in case.contacts if x.at >= since}
    if not rules.tells_units:
        return int(bool(units))
    return sum(_number(rules, unit, leads) if unit else OFFICE_CALLED for unit in units)


def _calls(rules: CourseRules, case: Case) -> int:
    most, since, own = rules.attempts, case.answer_ready, ("", case.lead)
    if most is None or since is None or case.state not in REPLY_READY:
        return 0
    calls = [call for call in case.calls if call.at >= since and call.unit in own]
    if any(call.reached for call in calls):
        return most + 1
    missed = [x for x in case.contacts if x.at >= since and not x.unit and not x.reached]
    return min(most, sum(not call.unit for call in calls) + len(missed))


def opened_at(rules: Rules, day_number: int) -> datetime:
    """Half past nine (Beijing) of a day of the calendar, counted from its first, in its first half."""
    first, until = rules.calendar.first, rules.calendar.settled_until
    span = max(1, (until - first).days // 2)
    return at_local(first + timedelta(days=day_number % span), time(9, 30))
