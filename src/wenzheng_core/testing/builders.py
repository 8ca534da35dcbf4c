"""Small values to test with: a message, a policy, a calendar, and histories that the domain decided.

The policy and the calendar are made up and tiny: a reply within 15 days, the unit's report within 5
working days, a review and an approval before publishing. No city's rules are meant.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any

import attrs

from wenzheng_core.domain import commands as c
from wenzheng_core.domain.actors import SYSTEM, Actor, Role
from wenzheng_core.domain.calendars import (
    Calendar,
    CalendarData,
    Edition,
    Expectation,
    Holiday,
    Notice,
    build_calendar,
)
from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.clockrules import ClockRule, TimeLimit
from wenzheng_core.domain.commands import Command, Request
from wenzheng_core.domain.deciding import Decision, decide, open_case
from wenzheng_core.domain.drafts import Rules
from wenzheng_core.domain.errors import RefusedError
from wenzheng_core.domain.escalation import Act, Rung, parse_moment
from wenzheng_core.domain.events import Event, PersonalDataErased, Record
from wenzheng_core.domain.evolving import evolve
from wenzheng_core.domain.gates import Gate, GateAct
from wenzheng_core.domain.instants import at_local
from wenzheng_core.domain.limits import CalendarDays, Limit, WorkingDays
from wenzheng_core.domain.messages import Contact, Message
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.provisions import DeclineReason, ExtensionRule, PauseReason
from wenzheng_core.domain.tables import Column, Condition, Row, Table
from wenzheng_core.domain.units import Unit, Units
from wenzheng_core.ports import Answer, Change, Outgoing

START = datetime(2025, 3, 3, 1, 30, 15, 250_001, tzinfo=UTC)
"""When sample messages arrive: a Monday morning in Beijing, with microseconds."""

HOUR = timedelta(hours=1)
CLERK = Actor("office-1", Role.OFFICE)
MAYOR = Actor("mayor-1", Role.LEADER, offices=("市长",))
HOUSING = Actor("housing-1", Role.UNIT, unit="housing")
POLICE = Actor("police-1", Role.UNIT, unit="police")
SUPERVISOR = Actor("supervisor-1", Role.SUPERVISOR)
CITIZEN = Actor("citizen-1", Role.CITIZEN)
PHONE = "13800000000"
TEXT = "小区门口的路灯坏了半个月,晚上出行不便,希望尽快维修。"

STEPS: tuple[tuple[Command, Actor], ...] = (
    (c.Accept(), CLERK),
    (c.Classify(facts={"category": "投诉"}), CLERK),
    (c.Assign(lead="housing", assisting=("police",), letter="交办〔2025〕1号"), CLERK),
    (c.Claim(), HOUSING),
    (c.LogContact(reached=True), HOUSING),
    (c.Report(findings="已现场查看并更换灯泡。", proposed_reply="您好,路灯已修复。"), HOUSING),
    (c.Review(), CLERK),
    (c.Approve(), MAYOR),
    (c.Publish(), CLERK),
)
"""The straight way of a case from its opening to the public reply."""


@cache
def sample_calendar() -> Calendar:
    """2025 with its Labour Day, arranged; 2026 only expected, so that deadlines can await it."""
    labour = Holiday("劳动节", date(2025, 5, 1), date(2025, 5, 5))
    notice = Notice("关于2025年放假安排的通知(样例)", date(2024, 11, 12), "样例〔2024〕1号")
    edition = Edition(notice, 2025, (labour,), (date(2025, 4, 27),))
    expected = Expectation(2026, (Holiday("元旦", date(2026, 1, 1), date(2026, 1, 1)),))
    return build_calendar(CalendarData("sample", (edition,), (expected,)))


@cache
def sample_policy() -> Policy:
    """A small policy with two clocks, two rungs, two gates, a pause, an extension, a declining."""
    return Policy(
        id="sample",
        title="样例办法",
        version="2025-1",
        valid_from=date(2000, 1, 1),
        basis="样例",
        calendar="sample",
        main_clock="reply",
        columns=(Column("category", ("咨询", "投诉"), "类别", default="咨询"),),
        clocks=(
            sample_clock("reply", Milestone.RECEIVED, Milestone.PUBLISHED, CalendarDays(15)),
            sample_clock(
                "handle", Milestone.ASSIGNED, Milestone.REPORTED, WorkingDays(5), unit=True
            ),
        ),
        gates=(
            Gate(id="review", act=GateAct.REVIEW, by="办公室", basis="样例"),
            Gate(id="approve", act=GateAct.APPROVE, by="市长", basis="样例"),
        ),
        rungs=(
            sample_rung("warn", "到期前1个工作日", Act.YELLOW_CARD, "liaison"),
            sample_rung("late", "到期", Act.RED_CARD, "unit_head"),
        ),
        decline_reasons=(
            DeclineReason(code="court", title="已入诉讼", answer="请依法院程序。", basis="样例"),
        ),
        pause_reasons=(
            PauseReason(code="check", title="鉴定", at_most=CalendarDays(30), basis="样例"),
        ),
        extensions=(
            ExtensionRule(
                clock="handle", times=1, at_most=WorkingDays(5), approver="office", basis="样例"
            ),
        ),
        digest="sample-digest",
    )


def sample_row(name: str, within: Limit | None, *when: Condition, **more: Any) -> Row[TimeLimit]:
    """A row of a clock that holds under any of the conditions."""
    overrides = more.pop("overrides", ())
    value = TimeLimit(within=within, basis=f"样例第{name}条", **more)
    return Row(name, value, when or ({},), overrides)


def sample_clock(
    name: str,
    starts: Milestone,
    stops: Milestone,
    *limits: Limit | Row[TimeLimit],
    unit: bool = False,
) -> ClockRule:
    """A clock of one limit, or of rows."""
    rows = tuple(x if isinstance(x, Row) else sample_row("all", x) for x in limits)
    return ClockRule(
        id=name, title=name, starts=starts, stops=stops, per_unit=unit, limits=Table((), rows)
    )


def sample_rung(name: str, at: str, act: Act, *to: str, clock: str = "handle", **more: Any) -> Rung:
    """A rung at a moment as it is written."""
    return Rung(id=name, clock=clock, at=parse_moment(at), act=act, to=to, basis="样例", **more)


def sample_gate(name: str, act: GateAct, by: str = "办公室", **more: Any) -> Gate:
    """A gate; before publication, for every case, unless more is said."""
    return Gate(id=name, act=act, by=by, basis=f"样例{name}", **more)


@cache
def sample_rules() -> Rules:
    """All that decisions about sample cases rest on."""
    units = Units((Unit("housing", "市住房局"), Unit("police", "市公安局")))
    return Rules(sample_policy(), sample_calendar(), units)


def sample_rules_with(**policy: Any) -> Rules:
    """The sample rules with some fields of the policy changed."""
    return attrs.evolve(sample_rules(), policy=attrs.evolve(sample_policy(), **policy))


def sample_message(
    number: str = "1", *, body: str = TEXT, posted: datetime = START, phone: str = PHONE
) -> Message:
    """A message; its number names it."""
    return Message(
        source="sample",
        external_id=number,
        title="路灯不亮",
        body=body,
        posted_at=posted,
        author="网友",
        addressed_to="市长",
        contact=Contact("张三", phone, "幸福路1号"),
    )


def sample_opening(
    case_id: str, at: datetime = START, *, body: str = TEXT, phone: str = PHONE
) -> Decision:
    """A case just opened."""
    message = sample_message(case_id, body=body, posted=at, phone=phone)
    request = Request(c.Receive(message=message), Actor("sample", Role.SOURCE), at)
    return open_case(case_id, request, sample_rules())


def sample_step(case: Case, command: Command, actor: Actor, at: datetime) -> Decision:
    """A case one command further. Raises RefusedError."""
    return decide(case, Request(command, actor, at), sample_rules())


def sample_event(case: Case, event: Event) -> Decision:
    """A case after an event that nobody decided, an hour later."""
    record = Record(case.id, case.version + 1, case.updated + HOUR, SYSTEM.id, event)
    return Decision((record,), evolve(case, record))


def sample_erasure(case: Case, *, words: bool = False) -> Decision:
    """A case whose citizen's data was erased, whatever its state."""
    return sample_event(case, PersonalDataErased(reason="保存期限已满(样例)", words=words))


def sample_tick(case: Case, at: datetime) -> Decision:
    """A case after all that was due by ``at``."""
    return sample_step(case, c.Tick(), SYSTEM, at)


def sample_history(
    case_id: str, at: datetime = START, *, steps: int = len(STEPS), body: str = TEXT
) -> Decision:
    """A case that went the first ``steps`` of :data:`STEPS`, an hour each; all its records."""
    opening = sample_opening(case_id, at, body=body)
    records, case = list(opening.records), opening.case
    for number, (command, actor) in enumerate(STEPS[:steps], start=1):
        decision = sample_step(case, command, actor, at + number * HOUR)
        records += decision.records
        case = decision.case
    return Decision(tuple(records), case)


def sample_next(case: Case, at: datetime | None = None) -> Decision:
    """A case one step of :data:`STEPS` further; a finished one is called back."""
    instant = at or case.updated + HOUR
    for command, actor in (*STEPS, (c.CallBack(reached=True), CLERK)):
        try:
            decision = sample_step(case, command, actor, instant)
        except RefusedError:
            continue
        if not isinstance(command, c.Classify | c.LogContact):
            return decision
    raise RefusedError("sample.end", "样例办件已走完各步")


def sample_change(
    decision: Decision, *, outgoing: Sequence[Outgoing] = (), answer: Answer | None = None
) -> Change:
    """What a decision writes."""
    return Change(decision.case, decision.records, tuple(outgoing), answer)


def sample_outgoing(key: str, case_id: str = "c1", ready_at: datetime = START) -> Outgoing:
    """Something to tell a liaison."""
    return Outgoing(
        key=key,
        case_id=case_id,
        channel="sms",
        to="housing/liaison",
        text=f"请尽快办理({key})🔔",
        ready_at=ready_at,
    )


def sample_answer(key: str, case: Case, first_version: int = 1) -> Answer:
    """The answer of a command that brought a case where it is."""
    return Answer(
        key=key,
        fingerprint=f"fingerprint of {key}",
        case_id=case.id,
        first_version=first_version,
        last_version=case.version,
    )


def beijing(month: int, day: int, hour: int = 0, minute: int = 0, *, year: int = 2025) -> datetime:
    """An instant by a clock in Beijing."""
    return at_local(date(year, month, day), time(hour, minute))


@attrs.define
class Walk:
    """One case on its way: commands go in, events come out, an hour passes with each command."""

    rules: Rules = attrs.field(factory=sample_rules)
    at: datetime = START
    facts: dict[str, str] = attrs.field(factory=dict)
    message: Message | None = None
    records: list[Record] = attrs.field(factory=list, init=False)
    case: Case = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        message = self.message or sample_message(posted=self.at)
        receive = c.Receive(message=message, facts=self.facts)
        request = Request(receive, Actor("sample", Role.SOURCE), self.at)
        self._keep(open_case("c1", request, self.rules))

    def _keep(self, decision: Decision) -> tuple[Event, ...]:
        self.case = decision.case
        self.records += decision.records
        return tuple(record.event for record in decision.records)

    def do(self, command: Command, actor: Actor, at: datetime | None = None) -> tuple[Event, ...]:
        """The events of one command, those that were due before it included."""
        instant = at or self.at + HOUR
        events = self._keep(decide(self.case, Request(command, actor, instant), self.rules))
        self.at = instant
        return events

    def steps(self, number: int) -> Walk:
        """The same walk after the first ``number`` of :data:`STEPS`."""
        for command, actor in STEPS[:number]:
            self.do(command, actor)
        return self

    def tick(self, at: datetime) -> tuple[Event, ...]:
        """The events that were due by an instant."""
        return self.do(c.Tick(), SYSTEM, at)

    def refusal(
        self, command: Command, actor: Actor, at: datetime | None = None
    ) -> RefusedError | None:
        """Why a command is refused; None if it is not, and then too nothing is kept."""
        try:
            decide(self.case, Request(command, actor, at or self.at + HOUR), self.rules)
        except RefusedError as refused:
            return refused
        return None

    def refused(self, command: Command, actor: Actor, at: datetime | None = None) -> RefusedError:
        """Why a command is refused. Raises AssertionError if it is not."""
        refused = self.refusal(command, actor, at)
        if refused is None:
            raise AssertionError(f"{command} 未被拒绝")
        return refused
