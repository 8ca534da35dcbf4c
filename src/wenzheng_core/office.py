"""The office: what an embedding program calls. Receive, execute, sweep, deliver, report.

An :class:`Office` binds one city's rules to one store, a calendar, a clock and channels. It decides
nothing itself: it loads, lets the domain decide, and writes everything that follows in one
transaction: records, the case, its next wake-up, what is to be told, and the answer to the key.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import takewhile

import attrs

from wenzheng_core import wire
from wenzheng_core.batches import take_in
from wenzheng_core.cities import City
from wenzheng_core.clock import SystemClock
from wenzheng_core.delivering import DeliveryReport, deliver
from wenzheng_core.diary import (
    enter_once,
    log_poll,
    missing_by_duty,
    special_line,
    special_schedule,
)
from wenzheng_core.domain.actors import SYSTEM, Actor, Role
from wenzheng_core.domain.calendars import Calendar
from wenzheng_core.domain.cases import Case, Clock
from wenzheng_core.domain.commands import Command, Link, Merge, Receive, Request
from wenzheng_core.domain.deciding import Decision, decide, open_case
from wenzheng_core.domain.drafts import Rules
from wenzheng_core.domain.duplicates import Suggestion, grouped, most_similar
from wenzheng_core.domain.errors import (
    ArgumentError,
    KeyReusedError,
    RefusedError,
    UnknownError,
    require_kind,
    require_text,
)
from wenzheng_core.domain.events import ClockStarted, Record
from wenzheng_core.domain.evolving import fold
from wenzheng_core.domain.instants import Period, at_local, utc
from wenzheng_core.domain.measures import Figures
from wenzheng_core.domain.messages import Message, RecordedMessage, RejectedRow
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.reasons import Reason, reason
from wenzheng_core.domain.replychecks import ReplyRemark
from wenzheng_core.domain.tallies import figures
from wenzheng_core.notices import outgoing
from wenzheng_core.plugins import Plugins, channels_by_name, load_plugins
from wenzheng_core.ports import (
    Answer,
    Change,
    Channel,
    Entry,
    Storage,
    TimeSource,
    Transaction,
)
from wenzheng_core.rederiving import Difference, rederive
from wenzheng_core.rounds import make_due
from wenzheng_core.sweeping import SweepReport, sweep

_NAMESPACE = uuid.UUID("6f6f2f5c-8f1e-5c55-9a0e-2d6a7a5b9c11")

BATCH = 200


def case_id_of(tenant: str, source: str, external_id: str) -> str:
    """The id of the case of a message: a function of where it stands, so it can be had but once."""
    return uuid.uuid5(_NAMESPACE, f"{tenant}\n{source}\n{external_id}").hex


@attrs.frozen
class Outcome:
    """What a request brought about.

    Attributes:
        case: the case after it.
        records: what happened, in order; the automatic consequences included.
        repeated: the same request had been carried out before. A repeated command gives its first
            answer: the case as it stood then. A repeated message gives the case as it stands now,
            with the records of its opening.
    """

    case: Case
    records: tuple[Record, ...]
    repeated: bool = False


@attrs.frozen(kw_only=True)
class Office:
    """One city's office over one store. Safe to share between threads as far as its store is."""

    city: City
    storage: Storage
    calendar: Calendar
    clock: TimeSource = SystemClock()
    channels: Mapping[str, Channel] = attrs.field(factory=dict, converter=channels_by_name)

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
        return tuple(reason(clock, self.rules_for(case, clock)) for clock in case.clocks)

    def rederive(self, case_id: str) -> tuple[Difference, ...]:
        """What of the case's stored decisions comes out otherwise when it is counted again.

        Each by the version of the policy and the calendar that it names; see
        :mod:`wenzheng_core.rederiving`. Empty if every one re-derives. Raises UnknownError,
        RefusedError.
        """
        return self._rederived(self.case(case_id))

    def rederive_all(self) -> Iterator[tuple[str, Difference]]:
        """The same of every case of the store, with the case's id, in bounded memory."""
        for case in self.storage.scan():
            yield from ((case.id, difference) for difference in self._rederived(case))

    def _rederived(self, case: Case) -> tuple[Difference, ...]:
        rules, versions = self.rules_of(case), self.city.versions.versions
        return rederive(case, self.history(case.id), rules, versions)

    def report(self, period: Period, as_of: datetime | None = None) -> Figures:
        """The figures of a period, looked at as of an instant (now if none is given)."""
        at = utc(as_of or self.clock.now())
        policy = self.policy_for(period, at)
        cases = self.storage.scan(received_until=period.until)
        return figures(cases, period, at, policy)

    def similar(self, case_id: str, *, limit: int = 5) -> tuple[Suggestion, ...]:
        """Cases whose message this one may repeat or be repeated by, the most similar first.

        Suggestions for an officer, by case ids; nothing is merged. Every case of the store is read,
        one at a time. Raises UnknownError.
        """
        case = self.case(case_id)
        items = map(_compared, self.storage.scan())
        return most_similar(case.id, items, _compared(case)[1], limit)

    def duplicate_clusters(self, period: Period) -> tuple[tuple[str, ...], ...]:
        """Ids of the cases of a period that may be one matter (集中办理): groups of two or more.

        In each group in the order in which they were opened, the groups by their first case. Holds
        the texts of the period, and costs what they are, not what pairs of them there are.
        """
        cases = self.storage.scan(received_from=period.first, received_until=period.until)
        return grouped(map(_compared, cases))

    def remarks(self, case_id: str, reply: str | None = None) -> tuple[ReplyRemark, ...]:
        """What to look at in a reply before it is approved, by the case's own policy.

        The reply is the proposed one if none is given; where nothing is proposed there is nothing
        to remark. Suggestions: a reply is never refused for them. Raises UnknownError, RefusedError.
        """
        case = self.case(case_id)
        text = case.proposed_reply if reply is None else reply
        return self.policy_of(case).reply.remarks(text) if text else ()

    def policy_for(self, period: Period, as_of: datetime) -> Policy:
        """The version by which a period is measured: that of its end, or of ``as_of`` if sooner.

        Raises RefusedError.
        """
        last = period.until - datetime.resolution  # ``until`` itself is the next period's
        return self.city.versions.in_force(min(utc(as_of), last))

    def policy_of(self, case: Case) -> Policy:
        """The very version of the policy that the case is judged by. Raises RefusedError."""
        return self.city.versions.version(case.policy_version, case.policy_digest)

    def rules_of(self, case: Case) -> Rules:
        """All that decisions about the case rest on. Raises RefusedError."""
        return Rules(self.policy_of(case), self.calendar, self.city.units)

    def rules_for(self, case: Case, clock: Clock) -> Rules:
        """The rules whose table chose a clock's row: an earlier version's, if the case migrated.

        Raises RefusedError.
        """
        for policy in self.city.versions.versions:
            if policy.digest == clock.policy:
                return Rules(policy, self.calendar, self.city.units)
        return self.rules_of(case)

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

        A message is known by ``source`` and ``external_id`` alone: received again, with whatever
        body, it changes nothing. The first body stands, and what comes back is ``repeated``, with
        the case as it stands now. Raises RefusedError, NaiveTimeError, ArgumentError.
        """
        require_kind(message, Message, "message", "Message(...)")
        require_kind(facts or {}, Mapping, "facts", '{"category": "咨询"}')
        case_id = case_id_of(self.storage.tenant, message.source, message.external_id)
        by = actor or Actor(message.source, Role.SOURCE)
        require_kind(by, Actor, "actor", 'Actor("li.ming", Role.OFFICE)')
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

    def receive_many(
        self,
        rows: Iterable[RecordedMessage | RejectedRow],
        *,
        facts: Mapping[str, str] | None = None,
        batch: int = BATCH,
    ) -> Iterator[Case | RejectedRow]:
        """Open a case for each message now, a transaction a batch; what they say of replies is left.

        Yields the case of each row, or its rejection. The first row of a message opens its case; a
        case that is there stays as it is.
        """
        words = dict(facts or {})

        def case_id(row: RecordedMessage) -> str:
            return case_id_of(self.storage.tenant, row.message.source, row.message.external_id)

        def opened(row: RecordedMessage, there: Case | None, _: Transaction) -> Change | None:
            if there is not None:
                return None
            asked = Receive(message=row.message, facts=words)
            request = Request(asked, Actor(row.message.source, Role.SOURCE), self.clock.now())
            return self.change(self.open(case_id(row), request))

        return take_in(self.storage, rows, case_id, opened, batch)

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
        used again. Raises UnknownError, RefusedError, KeyReusedError, ConflictError, ArgumentError.
        """
        require_text(case_id, "case_id")
        require_text(key, "key")
        require_kind(command, Command, "command", "Accept()")
        _require_storable(command)
        require_kind(actor, Actor, "actor", 'Actor("li.ming", Role.OFFICE)')
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
            if isinstance(command, Link):
                _require_there(transaction, command)
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
        are counted again once their year is published. Then whatever the policy's schedules made
        due is made, also once each: all the runs since the last sweep, each with its own window.
        """
        at = utc(now or self.clock.now())
        settled_year = self.calendar.awaited_year - 1
        report = sweep(self.storage, self._decide, self.change, at, settled_year, batch)
        rounds = make_due(self.storage, self.city, self.calendar, at)
        return attrs.evolve(report, made=rounds.made, failed=(*report.failed, *rounds.failed))

    def special_report(
        self, case_id: str, *, actor: Actor, schedule: str = "", at: datetime | None = None
    ) -> Entry:
        """Lay one case at once before those whom the policy names (随时发现立即专题呈报).

        ``schedule`` is the id of the policy's schedule of such reports, the first if none is given.
        It is told once for a version of a case; the case itself does not change, and every listing
        holds it as before. Raises UnknownError, RefusedError.
        """
        instant = utc(at or self.clock.now())
        policy = self.city.versions.in_force(instant)
        chosen = special_schedule(policy, schedule)
        entry, telling = special_line(self.case(case_id), chosen, policy, actor, instant)
        return enter_once(self.storage, entry, telling.items(entry.key, self.city.units))

    def log_poll(self, source: str, *, actor: Actor, at: datetime | None = None) -> Entry:
        """Enter in the diary that somebody looked at a platform (登录查看), now or then.

        The same person at the same instant is the same line. Raises ArgumentError, RefusedError.
        """
        now = utc(self.clock.now())
        return log_poll(self.storage, source, utc(at or now), now, actor)

    def missing_polls(self, day: date) -> Mapping[str, int]:
        """How many log-ins a day in Beijing lacks so far, by the id of each polling duty.

        Empty where the policy of the day has none. Raises RefusedError.
        """
        return missing_by_duty(self.storage, self.city.versions.in_force(at_local(day)), day)

    def deliver(self, now: datetime | None = None, *, limit: int = 1000) -> DeliveryReport:
        """Send what is ready to go out; several items to one addressee go as one text.

        Delivery is at least once: a receiver drops a key that it has seen. Whatever a channel could
        not take stays and is tried again, ever less often; it stops nobody else's.
        """
        return deliver(self.storage, self.channels, utc(now or self.clock.now()), limit)

    def _decide(self, case: Case, command: Command, at: datetime) -> Decision:
        return decide(case, Request(command, SYSTEM, max(at, case.updated)), self.rules_of(case))


def open_office(
    url: str,
    *,
    city: str,
    tenant: str | None = None,
    clock: TimeSource | None = None,
    channels: Mapping[str, Channel] | Iterable[Channel] = (),
    plugins: Plugins | None = None,
    create: bool = True,
) -> Office:
    """An office of an installed city over the store at a URL, such as ``sqlite:///wenzheng.db``.

    ``tenant`` defaults to the city's id; ``channels`` come on top of those of plugins: a list of
    them, each under its own name, or a mapping from names of your own; without ``create`` a store
    that does not exist yet is an error. Raises ArgumentError, and UnknownError for a city, calendar
    or store that no plugin brings, and says how to get it.
    """
    require_text(url, "url")
    require_text(city, "city")
    found = plugins or load_plugins()
    chosen = found.city(city)
    return Office(
        city=chosen,
        storage=found.open_storage(url, tenant or chosen.id, create=create),
        calendar=found.calendar(chosen.versions.latest.calendar),
        clock=clock or SystemClock(),
        channels={**found.channels, **channels_by_name(channels)},
    )


def _compared(case: Case) -> tuple[str, str]:
    """A case's id and the text by which it is compared."""
    return case.id, f"{case.message.title}\n{case.message.body}"


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


def _require_storable(command: Command) -> None:
    """Raise ArgumentError for a command with a value of the wrong kind in it.

    Annotations alone stop nobody: what would not come back from the store as it went in must not
    become history.
    """
    try:
        same = wire.command_from_dict(wire.command_to_dict(command)) == command
    except (ValueError, TypeError, AttributeError, LookupError):
        same = False
    if not same:
        name = type(command).__name__
        raise ArgumentError("command", f"{name} 中有取值的类型不对,请对照它的字段:{command!r}")


def _require_there(transaction: Transaction, command: Link) -> None:
    if transaction.case(command.to) is None:
        raise RefusedError("link.target", "所关联的办件不存在")


def _require_mergeable(transaction: Transaction, command: Merge) -> None:
    target = transaction.case(command.into)
    if target is None or target.merged_into:
        raise RefusedError("merge.target", "并入的办件不存在,或它自己已并入他件")
