"""Living the recorded past of messages again, in time order, under a city's rules.

Each message is received when it was posted, accepted and assigned at the same instant, swept at
every instant at which something was due, and reported and answered at the recorded time; a later
export lives on what an earlier one left open. What the policy asks for beside and no export holds
(gates, the ground of the routing, a promised day) is put in where it is asked for, so marked. Nobody
is told anything: what happened in 2019 sends no text message today.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

import attrs

from wenzheng_core.batches import take_in
from wenzheng_core.domain import commands as c
from wenzheng_core.domain.actors import SYSTEM, Actor, Role
from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.commands import Command, Request
from wenzheng_core.domain.deciding import decide
from wenzheng_core.domain.errors import RefusedError
from wenzheng_core.domain.events import Record
from wenzheng_core.domain.gates import Gate, GateAct, Point
from wenzheng_core.domain.instants import end_of, local_day, show_instant, utc
from wenzheng_core.domain.messages import Message, RecordedMessage, RecordedReply, RejectedRow
from wenzheng_core.domain.milestones import BEFORE_CLASSIFYING, Milestone
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.stages.gating import open_gates
from wenzheng_core.domain.workflow import WITH_UNIT
from wenzheng_core.office import Office
from wenzheng_core.outcomes import as_exported
from wenzheng_core.ports import Change, Transaction
from wenzheng_core.questions import case_id_of

CLERK = Actor("replay", Role.OFFICE)
FINDINGS = "(补录:平台已公开的回复)"
UNTOLD = "(补录)"
"""What stands for words that no export holds: an instruction, a note, the ground of a promise."""


def replay(
    office: Office,
    rows: Iterable[RecordedMessage | RejectedRow],
    *,
    until: datetime,
    facts: Mapping[str, str] | None = None,
    unit: str | None = None,
    batch: int = 200,
) -> Iterator[Case | RejectedRow]:
    """Live the messages' histories up to ``until``; yields the case of each row, or its rejection.

    The lead is the unit whose area the title, the text or the reply names first; ``unit`` (the
    city's first if none is given) takes what names none. A case that an earlier replay left with
    its unit is lived on: swept, and answered if its reply came no earlier than what happened last.
    Any other that is in the store already is yielded as it stands there and not touched. Where the
    row has another title or body than the store knows, that is recorded as a revision, at the
    instant of the case's last record, for no export says when it was written. A message posted
    after ``until`` is rejected. Memory holds one batch at a time. Raises UnknownError for a ``unit``
    that the city does not have.
    """
    fallback = office.city.units.get(unit).id if unit else _first_unit(office)
    life = _Life(office, utc(until), dict(facts or {}), fallback)
    yield from take_in(office.storage, rows, life.case_id, life.decide, batch)


def require_facts(policy: Policy, facts: Mapping[str, str]) -> None:
    """Raise RefusedError where facts are missing without which no message can be lived under it."""
    begun = BEFORE_CLASSIFYING
    for rule in policy.clocks:
        if rule.all_starts <= begun and rule.all_stops <= begun:
            continue  # over before anything waits for it
        if rule.all_starts & (begun | {Milestone.ASSIGNED, Milestone.CLAIMED}):
            policy.limit(rule.id, facts)


def _first_unit(office: Office) -> str:
    for unit in office.city.units:
        return unit.id
    raise RefusedError("replay.no_unit", f"「{office.city.id}」没有承办单位,无法交办")


def _revises(message: Message, case: Case) -> bool:
    return not case.knows(as_exported(message, case))


@attrs.frozen
class _Life:
    """How one message's past is lived."""

    office: Office
    until: datetime
    facts: dict[str, str]
    fallback: str

    def case_id(self, row: RecordedMessage) -> str:
        message = row.message
        return case_id_of(self.office.storage.tenant, message.source, message.external_id)

    def decide(
        self, row: RecordedMessage, there: Case | None, transaction: Transaction
    ) -> Change | None:
        if row.message.posted_at > self.until:
            at = show_instant(self.until)
            raise RefusedError("replay.later", f"留言晚于补录的截止时间({at}),未收")
        goes_on = there is None or self._may_go_on(row, there, transaction)
        if there is not None and not goes_on and not _revises(row.message, there):
            return None
        past = self._begun(row) if there is None else _Past(self.office, there)
        if goes_on:
            self._live(past, row.reply)
        past.revise(row.message)
        return Change(past.case, tuple(past.records)) if past.records else None

    def _live(self, past: _Past, reply: RecordedReply | None) -> None:
        past.sweep(min(reply.published_at, self.until) if reply else self.until)
        if reply and reply.published_at <= self.until:
            past.answer(reply)
            past.sweep(self.until)

    def _begun(self, row: RecordedMessage) -> _Past:
        message, answer = row.message, row.reply.body if row.reply else ""
        source = Actor(message.source, Role.SOURCE)
        receive = c.Receive(message=message, facts=self.facts)
        opened = self.office.open(self.case_id(row), Request(receive, source, message.posted_at))
        past = _Past(self.office, opened.case, opened.records)
        named = self.office.city.units.named_in(message.title, message.body, answer)
        past.do(c.Accept(), CLERK, message.posted_at)
        past.assign(named or self.fallback, message.posted_at)
        return past

    def _may_go_on(self, row: RecordedMessage, case: Case, transaction: Transaction) -> bool:
        """Whether nothing but a replay and sweeps has touched it, nor anything later than the reply."""
        reply = row.reply
        past_already = reply is not None and reply.published_at < case.updated
        if case.state not in WITH_UNIT or past_already or self.until < case.updated:
            return False
        actors = {record.actor for record in transaction.records(case.id)}
        return CLERK.id in actors and actors <= {CLERK.id, SYSTEM.id, case.message.source}


class _Past:
    """A case as its past is lived, and all that happened in it."""

    def __init__(self, office: Office, case: Case, records: Iterable[Record] = ()) -> None:
        self.case = case
        self.records: list[Record] = list(records)
        self.rules = office.rules_of(case)
        self.policy = self.rules.policy

    @property
    def lead(self) -> Actor:
        return Actor("replay", Role.UNIT, unit=self.case.lead)

    def do(self, command: Command, actor: Actor, at: datetime) -> None:
        decision = decide(self.case, Request(command, actor, at), self.rules)
        self.case = decision.case
        self.records += decision.records

    def sweep(self, until: datetime) -> None:
        while (wake := self.case.next_wake) is not None and wake <= until:
            self.do(c.Tick(), SYSTEM, max(wake, self.case.updated))

    def assign(self, lead: str, at: datetime) -> None:
        self._pass_gates(Point.ASSIGN, at, lead)
        self.do(c.Assign(lead=lead, grounds=self._grounds(lead)), CLERK, at)
        if any(Milestone.CLAIMED in rule.all_starts for rule in self.policy.clocks):
            self.do(c.Claim(), self.lead, at)

    def _grounds(self, lead: str) -> dict[str, str]:
        # Which principle was applied is not known; where one must be stated it is the first.
        routing = self.policy.routing
        return dict.fromkeys(routing.principles[:1], lead) if routing.principle_required else {}

    def revise(self, message: Message) -> None:
        """Record a text that the case does not know; at its last instant nothing falls due by it."""
        revise = c.Revise(message=as_exported(message, self.case))
        self.do(revise, Actor(message.source, Role.SOURCE), self.case.updated)

    def answer(self, reply: RecordedReply) -> None:
        at = reply.published_at
        self._pass_gates(Point.REPORT, at)
        self._promise(at)
        self.do(c.Report(findings=FINDINGS, proposed_reply=reply.body), self.lead, at)
        self._pass_gates(Point.PUBLISH, at)
        goes_up = self.policy.last_step(self.case.facts) is not None
        self.do(c.Forward() if goes_up else c.Publish(), CLERK, at)

    def _pass_gates(self, point: Point, at: datetime, lead: str = "") -> None:
        for gate in open_gates(self.policy, self.case, point):
            for _ in range(max(1, gate.attempts)):
                self.do(*self._act(gate, lead), at)

    def _act(self, gate: Gate, lead: str) -> tuple[Command, Actor]:
        """What passes a gate, and by whom it is done."""
        leader = Actor("replay", Role.LEADER, offices=(gate.by,))
        lists = [x for x in self.policy.checklists if x.id in gate.checklists]
        checked = tuple(item for each in lists for item in each.items)
        match gate.act:
            case GateAct.INSTRUCT:
                return c.Instruct(text=UNTOLD, gate=gate.id, checked=checked), leader
            case GateAct.DESIGNATE:
                return c.DesignateLead(lead=lead, reason=UNTOLD, checked=checked), CLERK
            case GateAct.CONTACT:
                by = self.lead if gate.before is Point.REPORT else CLERK
                return c.LogContact(reached=False, note=UNTOLD), by
            case GateAct.NOTE:
                return c.FileNote(gate=gate.id, text=UNTOLD, checked=checked), CLERK
            case GateAct.REVIEW:
                return c.Review(checked=checked), CLERK
            case GateAct.APPROVE:
                return c.Approve(checked=checked), leader
            case GateAct.CALL_BACK:
                # Where no number of failures is enough, the platform's answer came after a success.
                return c.CallBack(reached=not gate.attempts, note=UNTOLD), CLERK

    def _promise(self, at: datetime) -> None:
        """Make and keep the promise that a clock asks for before a report: the day of the answer."""
        day = local_day(at)
        if end_of(day, self.policy.time.day_end) <= at:
            day += timedelta(days=1)
        for clock in [x for x in self.case.running if x.unit in ("", self.case.lead)]:
            row = self.policy.limit(clock.id, self.case.facts).value
            if clock.limit is None and row.promise is not None:
                made = f"{clock.id}-replay"
                promise = c.Commit(commitment=made, text=UNTOLD, due=day, clock=clock.id)
                self.do(promise, self.lead, at)
                self.do(c.FulfilCommitment(commitment=made), self.lead, at)
