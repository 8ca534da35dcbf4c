"""Bringing a case of any policy to where a law can be tried on it: who acts, and what comes next."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Protocol

import attrs

from wenzheng_core.domain import commands as c
from wenzheng_core.domain.actors import Actor, Role
from wenzheng_core.domain.calendars import (
    Calendar,
    CalendarData,
    Edition,
    Notice,
    build_calendar,
)
from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.clockrules import ClockRule, TimeLimit
from wenzheng_core.domain.commands import Command, Request
from wenzheng_core.domain.deciding import Decision, decide, open_case
from wenzheng_core.domain.drafts import Rules
from wenzheng_core.domain.errors import OutsideCalendarError, RefusedError
from wenzheng_core.domain.escalation import OFFICE
from wenzheng_core.domain.gates import Gate, GateAct, Point
from wenzheng_core.domain.instants import at_local
from wenzheng_core.domain.messages import Contact, Message
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.stages.gating import open_gates
from wenzheng_core.domain.tables import Condition, Row, holds
from wenzheng_core.domain.units import Unit, Units
from wenzheng_core.proofs.subjects import Subject

Deed = tuple[Command, Actor]
MINUTE = timedelta(minutes=1)
CLERK = Actor("办公室甲", Role.OFFICE)
WORDS = "(检验)"
_CONTACT = c.LogContact(reached=True)
_REPORT = c.Report(findings=WORDS, proposed_reply=WORDS)
STAND_INS = Units((Unit("unit-a", "承办单位甲"), Unit("unit-b", "承办单位乙")))


class Decide(Protocol):
    """The engine: what a request brings about. Raises RefusedError."""

    def __call__(self, case: Case, request: Request, rules: Rules) -> Decision:
        """The decision."""


def rules_of(subject: Subject) -> Rules:
    """What decisions about a subject's cases rest on; stand-ins where it has no units or days."""
    units = subject.units if subject.units.all else STAND_INS
    return Rules(subject.policy, subject.calendar or plain_calendar(), units)


@cache
def plain_calendar() -> Calendar:
    """Weeks of five working days without a holiday, for laws in which days play no part."""
    notice = Notice("(检验用)", date(2024, 1, 1))
    editions = tuple(Edition(notice, year) for year in (2024, 2025))
    return build_calendar(CalendarData("plain", editions))


def usual_start(calendar: Calendar) -> datetime:
    """Half past nine (Beijing) on the first working day from the second month of a calendar on."""
    return at_local(calendar.next_working(calendar.first + timedelta(days=40)), time(9, 30))


def message_at(at: datetime, *, reachable: bool = True) -> Message:
    """A made-up message, posted at an instant."""
    contact = Contact("某人", "100") if reachable else Contact()
    return Message(
        source="proof", external_id="1", title=WORDS, body=WORDS, posted_at=at, contact=contact
    )


def unit_actor(unit: str, number: int = 1) -> Actor:
    """Somebody of a unit."""
    return Actor(f"{unit}-{number}", Role.UNIT, unit=unit)


def leader(office: str) -> Actor:
    """Whoever holds an office."""
    return Actor(f"任{office}者", Role.LEADER, offices=(office,))


def approver_of(office: str) -> Actor:
    """Somebody who may grant or pause where the policy names this office."""
    return CLERK if office == OFFICE else leader(office)


def gate_deed(policy: Policy, case: Case, point: Point, lead: str) -> Deed | None:
    """What passes the first gate that holds a case before a point; None if none does."""
    gate = next(iter(open_gates(policy, case, point)), None)
    return _passing(policy, gate, lead) if gate else None


def _passing(policy: Policy, gate: Gate, lead: str) -> Deed:
    lists = [x for x in policy.checklists if x.id in gate.checklists]
    checked = tuple(item for each in lists for item in each.items)
    match gate.act:
        case GateAct.INSTRUCT:
            return c.Instruct(text=WORDS, gate=gate.id, checked=checked), leader(gate.by)
        case GateAct.DESIGNATE:
            return c.DesignateLead(lead=lead, reason=WORDS, checked=checked), CLERK
        case GateAct.CONTACT:
            by = unit_actor(lead) if gate.before is Point.REPORT else CLERK
            return c.LogContact(reached=False), by
        case GateAct.NOTE:
            return c.FileNote(gate=gate.id, text=WORDS, checked=checked), CLERK
        case GateAct.REVIEW:
            return c.Review(checked=checked), CLERK
        case GateAct.APPROVE:
            return c.Approve(checked=checked), leader(gate.by)
        case GateAct.CALL_BACK:
            return c.CallBack(reached=True), CLERK


def assignment(policy: Policy, lead: str, assisting: tuple[str, ...] = ()) -> c.Assign:
    """An assignment on the first ground of routing, where one must be stated."""
    routing = policy.routing
    named = routing.principles[:1] if routing.principle_required else ()
    return c.Assign(lead=lead, assisting=assisting, grounds=dict.fromkeys(named, lead))


# Cells


def full_facts(policy: Policy, facts: Mapping[str, str]) -> dict[str, str]:
    """Facts for every column: those given, else the default, else the first value."""
    return {x.name: facts.get(x.name) or x.default or x.values[0] for x in policy.columns}


def cells(
    policy: Policy, rule: ClockRule, *conditions: tuple[Condition, ...]
) -> Iterator[dict[str, str]]:
    """Facts for every column: one for each cell of what the clock and the conditions look at."""
    said = [x for row in rule.limits.rows for x in row.conditions]
    said += [x for group in conditions for x in group]
    asked = [x for x in policy.columns if any(x.name in condition for condition in said)]
    for values in itertools.product(*(column.values for column in asked)):
        yield full_facts(policy, dict(zip((x.name for x in asked), values, strict=True)))


def rows_under(
    policy: Policy, rule: ClockRule, conditions: tuple[Condition, ...] = ({},)
) -> Iterator[tuple[Row[TimeLimit], dict[str, str]]]:
    """Each row of a clock that wins somewhere under the conditions, with the first such facts."""
    seen: set[str] = set()
    for facts in cells(policy, rule, conditions):
        if not holds(conditions, facts):
            continue
        try:
            won = policy.limit(rule.id, facts).row
        except RefusedError:
            continue  # a gap or an overlap is another property's business
        if won not in seen:
            seen.add(won)
            yield next(row for row in rule.limits.rows if row.id == won), facts


# Staging


@attrs.define
class Stage:
    """A case on its way by the straight path, a minute for each step."""

    rules: Rules
    case: Case
    engine: Decide = decide

    @classmethod
    def of(
        cls, rules: Rules, facts: Mapping[str, str], at: datetime, engine: Decide = decide
    ) -> Stage:
        """A case just received."""
        receive = c.Receive(message=message_at(at), facts=dict(facts))
        request = Request(receive, Actor("proof", Role.SOURCE), at)
        return cls(rules, open_case("检验", request, rules).case, engine)

    def copy(self) -> Stage:
        """The same case, to go another way."""
        return attrs.evolve(self)

    def do(self, command: Command, actor: Actor, at: datetime | None = None) -> Decision | None:
        """What a command brings about, kept; None if it is refused, and then nothing is."""
        request = Request(command, actor, at or self.case.updated + MINUTE)
        try:
            decision = self.engine(self.case, request, self.rules)
        except (RefusedError, OutsideCalendarError):
            return None
        self.case = decision.case
        return decision

    def go_until(self, ready: Callable[[Case], bool]) -> bool:
        """Go the straight path to the first case that is ready; False if none on it is."""
        lead = next(iter(self.rules.units)).id
        for steps in _PATH:
            for _ in range(20):
                if ready(self.case):
                    return True
                deed = steps(self.rules.policy, self.case, lead)
                if deed is None or self.do(*deed) is None:
                    break
        return ready(self.case)


def _gates(point: Point) -> Callable[[Policy, Case, str], Deed | None]:
    return lambda policy, case, lead: gate_deed(policy, case, point, lead)


_PATH: tuple[Callable[[Policy, Case, str], Deed | None], ...] = (
    lambda policy, case, lead: (c.Accept(), CLERK),
    _gates(Point.ASSIGN),
    lambda policy, case, lead: (assignment(policy, lead), CLERK),
    lambda policy, case, lead: (c.Claim(), unit_actor(lead)),
    lambda policy, case, lead: None if case.contacts else (_CONTACT, unit_actor(lead)),
    lambda policy, case, lead: (c.TakeFirstAction(), unit_actor(lead)),
    _gates(Point.REPORT),
    lambda policy, case, lead: (_REPORT, unit_actor(lead)),
    _gates(Point.PUBLISH),
)
