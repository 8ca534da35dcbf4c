"""The office: what an embedding program calls. Receive, execute, sweep, deliver, report.

An :class:`Office` binds one city's rules to one store, a calendar, a clock and channels. It decides
nothing itself: it loads, lets the domain decide, and writes everything that follows in one
transaction: records, the case, its next wake-up, what is to be told, and the answer to the key.
"""

from __future__ import annotations

import hashlib
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby, takewhile

import attrs

from wenzheng_core import wire
from wenzheng_core.cities import City
from wenzheng_core.clock import SystemClock
from wenzheng_core.domain.calendars import Calendar
from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.commands import (
    SYSTEM,
    Actor,
    Command,
    Merge,
    Receive,
    Request,
    Role,
    Settle,
    Tick,
)
from wenzheng_core.domain.deciding import Decision, decide, open_case
from wenzheng_core.domain.drafts import Rules
from wenzheng_core.domain.errors import (
    KeyReusedError,
    RefusedError,
    UnknownError,
    WenzhengError,
)
from wenzheng_core.domain.events import ClockMoved, ClockStarted, Record, RungFired
from wenzheng_core.domain.evolving import fold
from wenzheng_core.domain.instants import utc
from wenzheng_core.domain.measures import Figures, Period, figures
from wenzheng_core.domain.messages import Message
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.reasons import Reason, reason
from wenzheng_core.notices import PUBLISH, outgoing
from wenzheng_core.plugins import Plugins, load_plugins
from wenzheng_core.ports import (
    Answer,
    Change,
    Channel,
    Clock,
    DeliveryError,
    Outgoing,
    Storage,
    Transaction,
)

_NAMESPACE = uuid.UUID("6f6f2f5c-8f1e-5c55-9a0e-2d6a7a5b9c11")

BATCH = 200
FIRST_RETRY = timedelta(minutes=1)
LONGEST_RETRY = timedelta(hours=6)


def case_id_of(tenant: str, source: str, external_id: str) -> str:
    """The id of the case of a message: a function of where it stands, so it can be had but once."""
    return uuid.uuid5(_NAMESPACE, f"{tenant}\n{source}\n{external_id}").hex


@attrs.frozen
class Outcome:
    """What a request brought about.

    Attributes:
        case: the case after it.
        records: what happened, in order; the automatic consequences included.
        repeated: the same request had been carried out before, and this is its first answer.
    """

    case: Case
    records: tuple[Record, ...]
    repeated: bool = False


@attrs.frozen(kw_only=True)
class SweepReport:
    """What one sweep did.

    Attributes:
        cases: how many cases were due.
        fired: rungs fired, by act.
        settled: cases whose provisional deadlines were counted again.
        awaiting: cases with deadlines that still await a year's arrangement.
        unheard: rungs that found nobody to go to, as ``case/rung``: somebody must see this.
        failed: cases that could not be decided, with the reason; the others went on.
    """

    cases: int = 0
    fired: Mapping[str, int] = attrs.field(factory=dict)
    settled: int = 0
    awaiting: int = 0
    unheard: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class DeliveryReport:
    """What one delivery run did: items sent, messages they were sent in, and what failed."""

    sent: int = 0
    messages: int = 0
    failed: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Office:
    """One city's office over one store. Safe to share between threads as far as its store is."""

    city: City
    storage: Storage
    calendar: Calendar
    clock: Clock = SystemClock()
    channels: Mapping[str, Channel] = attrs.field(factory=dict)

    # Questions

    def case(self, case_id: str) -> Case:
        """The case. Raises UnknownError."""
        case = self.storage.case(case_id)
        if case is None:
            raise UnknownError("办件", case_id)
        return case

    def case_of(self, source: str, external_id: str) -> Case:
        """The case of a message by its number on its platform. Raises UnknownError."""
        case = self.storage.case(case_id_of(self.storage.tenant, source, external_id))
        if case is None:
            raise UnknownError("办件", f"{source}/{external_id}")
        return case

    def history(self, case_id: str) -> tuple[Record, ...]:
        """All records of a case in order. Raises UnknownError."""
        records = self.storage.records(case_id)
        if not records:
            raise UnknownError("办件", case_id)
        return records

    def explain(self, case_id: str) -> tuple[Reason, ...]:
        """Why each clock of the case is due when it is, in the order of their starts.

        Raises UnknownError, RefusedError.
        """
        case = self.case(case_id)
        rules = self.rules_of(case)
        return tuple(reason(clock, rules) for clock in case.clocks)

    def report(self, period: Period, as_of: datetime | None = None) -> Figures:
        """The figures of a period, looked at as of an instant (now if none is given)."""
        at = utc(as_of or self.clock.now())
        last = period.until - datetime.resolution  # ``until`` itself is the next period's
        policy = self.city.versions.in_force(min(at, last))
        cases = self.storage.scan(received_until=period.until)
        return figures(cases, period, at, policy.main_clock, policy.ranking)

    def policy_of(self, case: Case) -> Policy:
        """The very version of the policy that the case is judged by. Raises RefusedError."""
        return self.city.versions.version(case.policy_version, case.policy_digest)

    def rules_of(self, case: Case) -> Rules:
        """All that decisions about the case rest on. Raises RefusedError."""
        return Rules(self.policy_of(case), self.calendar, self.city.units)

    # Commands

    def receive(
        self,
        message: Message,
        *,
        actor: Actor | None = None,
        facts: Mapping[str, str] | None = None,
        at: datetime | None = None,
    ) -> Outcome:
        """Open a case for a message; the same message again gives the same case and no second one.

        Raises RefusedError, NaiveTimeError.
        """
        case_id = case_id_of(self.storage.tenant, message.source, message.external_id)
        by = actor or Actor(message.source, Role.SOURCE)
        with self.storage.transaction() as transaction:
            known = transaction.case(case_id)
            if known is not None:
                opening = _opening(transaction.records(case_id))
                return Outcome(known, opening, repeated=True)
            instant = at or self.clock.now()
            request = Request(Receive(message=message, facts=dict(facts or {})), by, instant)
            decision = self.open(case_id, request)
            transaction.write([self.change(decision)])
        return Outcome(decision.case, decision.records)

    def execute(
        self,
        case_id: str,
        command: Command,
        *,
        actor: Actor,
        key: str,
        at: datetime | None = None,
    ) -> Outcome:
        """Carry out a command on a case.

        ``key`` is the idempotency key: the same key gives the same answer and one effect. ``at`` is
        when it happened; now if none is given. A refused command changes nothing and its key may be
        used again. Raises UnknownError, RefusedError, KeyReusedError, ConflictError.
        """
        fingerprint = _fingerprint(case_id, command, actor)
        with self.storage.transaction() as transaction:
            answer = transaction.answer(key)
            if answer is not None:
                return _answered(transaction, answer, fingerprint)
            case = transaction.case(case_id)
            if case is None:
                raise UnknownError("办件", case_id)
            if isinstance(command, Merge):
                _require_mergeable(transaction, command)
            # A clock that lags behind the case's last record never rewrites the past; an instant
            # that the caller states is taken at its word, and refused if it lies before.
            instant = at or max(utc(self.clock.now()), case.updated)
            decision = decide(case, Request(command, actor, instant), self.rules_of(case))
            if decision.records:
                answer = Answer(
                    key=key,
                    fingerprint=fingerprint,
                    case_id=case_id,
                    first_version=case.version + 1,
                    last_version=decision.case.version,
                )
                transaction.write([self.change(decision, answer)])
        return Outcome(decision.case, decision.records)

    def open(self, case_id: str, request: Request) -> Decision:
        """Decide the opening of a case under the policy in force; nothing is written."""
        policy = self.city.versions.in_force(request.at)
        return open_case(case_id, request, Rules(policy, self.calendar, self.city.units))

    def change(self, decision: Decision, answer: Answer | None = None) -> Change:
        """All that a decision writes."""
        case = decision.case
        told = outgoing(case, decision.records, self.policy_of(case), self.city.units)
        return Change(case, decision.records, told, answer)

    # Rounds

    def sweep(self, now: datetime | None = None, *, batch: int = BATCH) -> SweepReport:
        """Let everything that is due by ``now`` happen: rungs, ends of pauses, lapsed promises.

        Rungs fire once each, however often and by whomever this is called. Provisional deadlines
        are counted again once their year is published.
        """
        at = utc(now or self.clock.now())
        fired: Counter[str] = Counter()
        unheard: list[str] = []
        failed: list[str] = []
        cases = settled = 0
        known = self.calendar.awaited_year - 1

        def tally(decision: Decision) -> None:
            for record in decision.records:
                if isinstance(record.event, RungFired):
                    fired[record.event.act.value] += 1
                    if not record.event.to:
                        unheard.append(f"{record.case_id}/{record.event.rung}")

        for decision in self._round(Settle(), at, self._awaiting(known, batch), failed):
            tally(decision)
            settled += any(
                isinstance(r.event, ClockMoved) and r.event.cause == "settled"
                for r in decision.records
            )
        for decision in self._round(Tick(), at, self._due(at, batch), failed):
            tally(decision)
            cases += 1
        return SweepReport(
            cases=cases,
            fired=dict(fired),
            settled=settled,
            awaiting=sum(len(ids) for ids in self._awaiting(known + 1, batch)),
            unheard=tuple(unheard),
            failed=tuple(failed),
        )

    def deliver(self, now: datetime | None = None, *, limit: int = 1000) -> DeliveryReport:
        """Send what is ready to go out; several items to one addressee go as one text.

        Delivery is at least once: a receiver drops a key that it has seen. Whatever a channel could
        not take stays and is tried again, ever less often; it stops nobody else's.
        """
        at = utc(now or self.clock.now())
        with self.storage.transaction() as transaction:
            waiting = transaction.outbox(at, limit)
        sent, messages, failed = 0, 0, []
        for items in _digests(waiting):
            try:
                receipt = self._send(items)
            except Exception as error:  # whatever a channel raises, the others are still served
                reason = str(error) or type(error).__name__
                failed.append(f"{items[0].channel}→{items[0].to}:{reason}")
                self._note_failure(items, at, reason)
            else:
                with self.storage.transaction() as transaction:
                    for item in items:
                        transaction.sent(item.key, at, receipt)
                sent, messages = sent + len(items), messages + 1
        return DeliveryReport(sent=sent, messages=messages, failed=tuple(failed))

    def _send(self, items: Sequence[Outgoing]) -> str:
        first = items[0]
        channel = self.channels.get(first.channel)
        if channel is None:
            raise DeliveryError(f"没有名为「{first.channel}」的渠道")
        text = first.text
        if len(items) > 1:
            text = "\n".join(f"{n}. {item.text}" for n, item in enumerate(items, start=1))
        return channel.send(first.to, text, [item.key for item in items])

    def _note_failure(self, items: Sequence[Outgoing], at: datetime, error: str) -> None:
        with self.storage.transaction() as transaction:
            for item in items:
                wait = min(FIRST_RETRY * 2 ** min(item.attempts, 16), LONGEST_RETRY)
                transaction.failed(item.key, at + wait, error)

    def _due(self, at: datetime, batch: int) -> Iterator[tuple[str, ...]]:
        after = ""
        while ids := self.storage.due(at, after, batch):
            yield ids
            after = ids[-1]

    def _awaiting(self, year: int, batch: int) -> Iterator[tuple[str, ...]]:
        after = ""
        while ids := self.storage.awaiting(year, after, batch):
            yield ids
            after = ids[-1]

    def _round(
        self,
        command: Command,
        at: datetime,
        batches: Iterable[tuple[str, ...]],
        failed: list[str],
    ) -> Iterator[Decision]:
        """Decide the same for many cases, a transaction a batch; one bad case stops no other."""
        for ids in batches:
            with self.storage.transaction() as transaction:
                decisions = []
                for case_id in ids:
                    try:
                        decided = self._decide(transaction, case_id, command, at)
                    except WenzhengError as error:
                        failed.append(f"{case_id}:{error}")
                    else:
                        decisions.append(decided)
                transaction.write([self.change(d) for d in decisions if d.records])
            yield from decisions

    def _decide(
        self, transaction: Transaction, case_id: str, command: Command, at: datetime
    ) -> Decision:
        case = transaction.case(case_id)
        if case is None:
            raise UnknownError("办件", case_id)
        request = Request(command, SYSTEM, max(at, case.updated))
        return decide(case, request, self.rules_of(case))


def open_office(
    url: str,
    *,
    city: str,
    tenant: str | None = None,
    clock: Clock | None = None,
    channels: Iterable[Channel] = (),
    plugins: Plugins | None = None,
    create: bool = True,
) -> Office:
    """An office of an installed city over the store at a URL, such as ``sqlite:///wenzheng.db``.

    ``tenant`` defaults to the city's id; ``channels`` come on top of those of plugins; without
    ``create`` a store that does not exist yet is an error. Raises
    UnknownError for a city, calendar or store that no plugin brings, and says how to get it.
    """
    found = plugins or load_plugins()
    chosen = found.city(city)
    return Office(
        city=chosen,
        storage=found.open_storage(url, tenant or chosen.id, create=create),
        calendar=found.calendar(chosen.versions.latest.calendar),
        clock=clock or SystemClock(),
        channels={**found.channels, **{channel.name: channel for channel in channels}},
    )


def _opening(records: Sequence[Record]) -> tuple[Record, ...]:
    """The records of the reception itself: the opening and the clocks that it started."""
    started = takewhile(lambda record: isinstance(record.event, ClockStarted), records[1:])
    return (records[0], *started)


def _fingerprint(case_id: str, command: Command, actor: Actor) -> str:
    who = [actor.id, actor.role.value, actor.unit, sorted(actor.offices)]
    text = wire.to_json([case_id, who, wire.command_to_dict(command)])
    return hashlib.sha256(text.encode()).hexdigest()


def _answered(transaction: Transaction, answer: Answer, fingerprint: str) -> Outcome:
    if answer.fingerprint != fingerprint:
        raise KeyReusedError(answer.key)
    history = transaction.records(answer.case_id)[: answer.last_version]
    case = fold(history)
    if case is None:
        raise UnknownError("办件", answer.case_id)
    return Outcome(case, history[answer.first_version - 1 :], repeated=True)


def _require_mergeable(transaction: Transaction, command: Merge) -> None:
    target = transaction.case(command.into)
    if target is None or target.merged_into:
        raise RefusedError("merge.target", "并入的办件不存在,或它自己已并入他件")


def _digests(waiting: Iterable[Outgoing]) -> Iterator[list[Outgoing]]:
    """What goes to one addressee by one channel, together; replies to platforms go one by one."""

    def by_addressee(item: Outgoing) -> tuple[str, str, str]:
        single = item.key if item.channel == PUBLISH else ""
        return item.channel, item.to, single

    ordered = sorted(waiting, key=by_addressee)
    return (list(items) for _, items in groupby(ordered, by_addressee))
