"""Living the recorded past of messages again, in time order, under a city's rules.

Each message is received when it was posted, accepted and assigned at the same instant, swept at
every instant at which something was due, and reported, passed through the gates and published at
the recorded time. Nobody is told anything: what happened in 2019 sends no text message today.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice

import attrs

from wenzheng_core.domain import commands as c
from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.commands import SYSTEM, Actor, Command, Request, Role
from wenzheng_core.domain.deciding import Decision, decide
from wenzheng_core.domain.errors import RefusedError, WenzhengError
from wenzheng_core.domain.events import Record
from wenzheng_core.domain.instants import show_instant, utc
from wenzheng_core.domain.messages import RecordedMessage, RecordedReply, RejectedRow
from wenzheng_core.domain.policies import GateAct, Milestone
from wenzheng_core.office import Office, case_id_of
from wenzheng_core.ports import Change

CLERK = Actor("replay", Role.OFFICE)
FINDINGS = "(补录:平台已公开的回复)"


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
    city's first if none is given) takes what names none. A message that is in the store already is
    yielded as it stands there and not touched; one posted after ``until`` is rejected. Memory holds
    one batch at a time. Raises UnknownError for a ``unit`` that the city does not have.
    """
    fallback = office.city.units.get(unit).id if unit else _first_unit(office)
    life = _Life(office, utc(until), dict(facts or {}), fallback)
    rest = iter(rows)
    while chunk := list(islice(rest, batch)):
        yield from _live_batch(life, chunk)


def _first_unit(office: Office) -> str:
    for unit in office.city.units:
        return unit.id
    raise RefusedError("replay.no_unit", f"「{office.city.id}」没有承办单位,无法交办")


def _live_batch(
    life: _Life, chunk: list[RecordedMessage | RejectedRow]
) -> Iterator[Case | RejectedRow]:
    office = life.office
    ids = [life.case_id(row) for row in chunk if isinstance(row, RecordedMessage)]
    lived: dict[str, Case] = {}
    rejected: dict[int, RejectedRow] = {}  # by place: rows of two files may bear one number
    changes: list[Change] = []
    with office.storage.transaction() as transaction:
        lived.update(transaction.cases(ids))
        for place, row in enumerate(chunk):
            if isinstance(row, RejectedRow) or life.case_id(row) in lived:
                continue
            try:
                change = life.live(row)
            except WenzhengError as error:
                rejected[place] = RejectedRow(row=row.row, reason=str(error))
            else:
                changes.append(change)
                lived[change.case.id] = change.case
        transaction.write(changes)
    for place, row in enumerate(chunk):
        if isinstance(row, RejectedRow):
            yield row
        else:
            yield rejected.get(place) or lived[life.case_id(row)]


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

    def live(self, row: RecordedMessage) -> Change:
        message, reply = row.message, row.reply
        if message.posted_at > self.until:
            at = show_instant(self.until)
            raise RefusedError("replay.later", f"留言晚于补录的截止时间({at}),未收")
        source = Actor(message.source, Role.SOURCE)
        receive = c.Receive(message=message, facts=self.facts)
        opened = self.office.open(self.case_id(row), Request(receive, source, message.posted_at))
        past = _Past(self.office, opened)
        answer = reply.body if reply else ""
        lead = self.office.city.units.named_in(message.title, message.body, answer)
        past.do(c.Accept(), CLERK, message.posted_at)
        past.do(c.Assign(lead=lead or self.fallback), CLERK, message.posted_at)
        if any(rule.starts is Milestone.CLAIMED for rule in past.policy.clocks):
            past.do(c.Claim(), past.lead, message.posted_at)
        past.sweep(min(reply.published_at, self.until) if reply else self.until)
        if reply and reply.published_at <= self.until:
            past.answer(reply)
            past.sweep(self.until)
        return Change(past.case, tuple(past.records))


class _Past:
    """A case as its past is lived, and all that happened in it."""

    def __init__(self, office: Office, opened: Decision) -> None:
        self.case = opened.case
        self.records: list[Record] = list(opened.records)
        self.rules = office.rules_of(opened.case)
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

    def answer(self, reply: RecordedReply) -> None:
        at = reply.published_at
        self.do(c.Report(findings=FINDINGS, proposed_reply=reply.body), self.lead, at)
        for gate in self.policy.gates:
            if not gate.applies(self.case.facts):
                continue
            if gate.act is GateAct.REVIEW:
                self.do(c.Review(), CLERK, at)
            else:
                self.do(c.Approve(), Actor("replay", Role.LEADER, offices=(gate.by,)), at)
        self.do(c.Publish(), CLERK, at)
