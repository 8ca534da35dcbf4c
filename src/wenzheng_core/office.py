"""The office: what an embedding program calls. Receive, execute, sweep, deliver, report.

An :class:`Office` binds one city's rules to one store, a calendar, a clock and channels. It decides
nothing itself: it loads, lets the domain decide, and writes everything that follows in one
transaction: records, the case, its next wake-up, what is to be told, and the answer to the key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import attrs

from wenzheng_core.batches import take_in
from wenzheng_core.clock import unique_name
from wenzheng_core.delivering import LEASE, DeliveryReport, Post, dead_letter
from wenzheng_core.diary import enter_once, log_poll, special_line, special_schedule, stamp
from wenzheng_core.domain.actors import SYSTEM, Actor, Role
from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.commands import Command, Link, Merge, Receive, Request, Revise
from wenzheng_core.domain.deciding import Decision, decide, open_case
from wenzheng_core.domain.drafts import Rules
from wenzheng_core.domain.errors import UnknownError, require_kind, require_text
from wenzheng_core.domain.instants import utc
from wenzheng_core.domain.messages import Message, RecordedMessage, RejectedRow
from wenzheng_core.domain.stages.keeping import require_processable
from wenzheng_core.judging import Judge
from wenzheng_core.leasing import Leasing, never
from wenzheng_core.notices import outgoing
from wenzheng_core.outcomes import (
    Outcome,
    answered,
    as_exported,
    fingerprint_of,
    opening_of,
    require_mergeable,
    require_storable,
    require_there,
)
from wenzheng_core.plugins import channels_by_name
from wenzheng_core.ports import Answer, Change, Channel, Entry, Fed, Transaction
from wenzheng_core.questions import Questions, case_id_of, require_searcher
from wenzheng_core.redelivery import RetrySchedule
from wenzheng_core.retrying import in_transaction
from wenzheng_core.rounds import make_due
from wenzheng_core.sweeping import SweepReport, sweep

BATCH = 200


@attrs.frozen
class _Asked:
    """A command as it was asked for."""

    case_id: str
    command: Command
    actor: Actor
    key: str
    at: datetime | None


@attrs.frozen(kw_only=True)
class Office(Questions):
    """One city's office over one store. Safe to share between threads as far as its store is."""

    channels: Mapping[str, Channel] = attrs.field(factory=dict, converter=channels_by_name)

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

        A message is known by ``source`` and ``external_id`` alone. Received again as it was once
        before, it changes nothing: what comes back is ``repeated``, with the case as it stands now.
        Received with another title, body or contact, it is recorded as a revision, at ``at`` or at
        the case's last record if that is later; the first text stands. Once the case is restricted
        or its words are erased, it changes nothing either. Raises RefusedError, NaiveTimeError,
        ArgumentError.
        """
        require_kind(message, Message, "message", "Message(...)")
        require_kind(facts or {}, Mapping, "facts", '{"category": "咨询"}')
        by = actor or Actor(message.source, Role.SOURCE)
        require_kind(by, Actor, "actor", 'Actor("li.ming", Role.OFFICE)')
        receive = Receive(message=message, facts=dict(facts or {}))
        instant = at or self.clock.now()
        return in_transaction(
            self.storage, lambda transaction: self._received(transaction, receive, by, instant)
        )

    def _received(
        self, transaction: Transaction, receive: Receive, actor: Actor, at: datetime
    ) -> Outcome:
        """Take a message in within a transaction; what it says anew is written, if anything."""
        case_id = self._case_id(receive.message)
        known = transaction.case(case_id)
        if known is not None and known.knows(receive.message):
            return Outcome(known, opening_of(transaction.records(case_id)), repeated=True)
        decision = self._taken_in(known, receive, actor, at)
        transaction.write([self.change(decision)])
        return Outcome(decision.case, decision.records)

    def _case_id(self, message: Message) -> str:
        return case_id_of(self.storage.tenant, message.source, message.external_id)

    def _taken_in(
        self, there: Case | None, receive: Receive, actor: Actor, at: datetime
    ) -> Decision:
        """What a message brings about: its case is opened, or the one that is there is revised."""
        if there is None:
            return self.open(self._case_id(receive.message), Request(receive, actor, at))
        # A copy that comes in late is recorded all the same, after what is on record.
        revise = Request(Revise(message=receive.message), actor, max(utc(at), there.updated))
        return decide(there, revise, self.rules_of(there))

    def receive_many(
        self,
        rows: Iterable[RecordedMessage | RejectedRow],
        *,
        facts: Mapping[str, str] | None = None,
        batch: int = BATCH,
    ) -> Iterator[Case | RejectedRow]:
        """Open a case for each message now, a transaction a batch; what they say of replies is left.

        Yields the case of each row, or its rejection. The first row of a message opens its case; one
        that reads otherwise than all before it is recorded as a revision, as by :meth:`receive`. A row
        without a contact takes none away.
        """
        words = dict(facts or {})

        def case_id(row: RecordedMessage) -> str:
            return self._case_id(row.message)

        def taken_in(row: RecordedMessage, there: Case | None, _: Transaction) -> Change | None:
            message = row.message
            if there is not None:
                message = as_exported(message, there)
                if there.knows(message):
                    return None
            receive = Receive(message=message, facts=words)
            source = Actor(row.message.source, Role.SOURCE)
            return self.change(self._taken_in(there, receive, source, self.clock.now()))

        return take_in(self.storage, rows, case_id, taken_in, batch)

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
        require_storable(command)
        require_kind(actor, Actor, "actor", 'Actor("li.ming", Role.OFFICE)')
        asked = _Asked(case_id, command, actor, key, at)
        return in_transaction(self.storage, lambda transaction: self._executed(transaction, asked))

    def _executed(self, transaction: Transaction, asked: _Asked) -> Outcome:
        """Carry out a command within a transaction, or give the answer of the time before."""
        command, key = asked.command, asked.key
        fingerprint = fingerprint_of(asked.case_id, command, asked.actor)
        # The case first: of two that ask at once under one key, the later one waits here for the
        # answer of the other.
        case = transaction.case(asked.case_id)
        answer = transaction.answer(key)
        if answer is not None:
            return answered(transaction, answer, fingerprint, command)
        if case is None:
            raise UnknownError("办件", asked.case_id)
        if isinstance(command, Merge):
            require_mergeable(transaction, command)
        if isinstance(command, Link):
            require_there(transaction, command)
        # A clock that lags behind the case's last record never rewrites the past; an instant
        # that the caller states is taken at its word, and refused if it lies before.
        instant = asked.at or max(utc(self.clock.now()), case.updated)
        decision = decide(case, Request(command, asked.actor, instant), self.rules_of(case))
        if decision.records:
            answer = Answer(
                key=key,
                fingerprint=fingerprint,
                case_id=case.id,
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

    def sweep(
        self,
        now: datetime | None = None,
        *,
        batch: int = BATCH,
        leasing: Leasing | None = None,
    ) -> SweepReport:
        """Let everything that is due by ``now`` happen: rungs, ends of pauses, lapsed promises.

        Rungs fire once each, however often and by whomever this is called. Provisional deadlines
        are counted again once their year is published. Then whatever the policy's schedules made
        due is made, also once each: all the runs since the last sweep, each with its own window.

        With ``leasing`` each part of the work is done in one's turn, so that several workers share
        it; without, or should two do the same at once, each thing still happens once.
        """
        at = utc(now or self.clock.now())
        settled_year = self.calendar.awaited_year - 1
        report = sweep(self.storage, self._judge, at, settled_year, batch, leasing)
        rounds = make_due(self.storage, self.city, self.calendar, at, leasing)
        return attrs.evolve(
            report,
            made=rounds.made,
            failed=(*report.failed, *rounds.failed),
            skipped=report.skipped + rounds.skipped,
            lost=report.lost + rounds.lost,
        )

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

    # Telling

    def deliver(
        self,
        now: datetime | None = None,
        *,
        limit: int = 1000,
        holder: str = "",
        lease: timedelta = LEASE,
        retries: RetrySchedule = RetrySchedule(),
        stopped: Callable[[], bool] = never,
    ) -> DeliveryReport:
        """Send what is ready to go out; several items to one addressee go as one text.

        Delivery is at least once: a receiver drops a key that it has seen. What was delivered is
        recorded in its case, or in the diary where it belongs to none. Whatever a channel could not
        take stays and is tried again by ``retries``; after the last try it is a dead letter, which
        the case records and the office is told of. It stops nobody else's.

        ``holder`` names who sends, as nobody else; a fresh name if none is given. Nobody else is
        given what it took for the length of ``lease``. Once ``stopped`` says so, nothing more is
        sent.
        """
        post = Post(
            storage=self.storage,
            channels=self.channels,
            judge=self._judge,
            units=self.city.units,
            holder=holder or unique_name(),
            now=self.clock.now,
            lease=lease,
            retries=retries,
            stopped=stopped,
        )
        return post.deliver(utc(now or self.clock.now()), limit)

    def revive(self, key: str, *, actor: Actor, at: datetime | None = None) -> bool:
        """Put a dead letter down again, to be sent at once; False if it is none.

        Who did it is entered in the diary. Raises UnknownError for a key that nobody put down, and
        RefusedError for whoever is neither of the office nor a supervisor, for what a restricted
        case had to tell, and for a text that an erasure took.
        """
        require_searcher(actor, "重新发送")
        instant = utc(at or self.clock.now())
        line = Entry(f"revived/{key}/{stamp(instant)}", instant, {"by": actor.id})
        letter = dead_letter(self.storage, key)

        def revived(transaction: Transaction) -> bool:
            if letter is not None and (case := transaction.case(letter.item.case_id)):
                require_processable(case)
            if not transaction.revive(key, instant):
                return False
            transaction.enter([line])
            return True

        return in_transaction(self.storage, revived)

    def advance(self, consumer: str, position: int, *, expected: int | None = None) -> None:
        """Note that a consumer has worked off the feed up to ``position``.

        ``expected`` is where its cursor must stand; where it stands now if none is given. Raises
        CursorMovedError, ArgumentError.
        """
        before = self.cursor(consumer) if expected is None else expected
        in_transaction(
            self.storage,
            lambda transaction: transaction.move_cursor(consumer, before, position),
        )

    def follow(
        self,
        consumer: str,
        handle: Callable[[Sequence[Fed], Transaction], None],
        *,
        batch: int = 500,
    ) -> int:
        """Work off the feed as it now stands; how many records that were.

        What ``handle`` writes in the transaction that it is given and the move of the cursor count
        together or not at all: there each record has one effect. What it does elsewhere may happen
        again. Raises CursorMovedError if two follow under one name, and whatever ``handle`` raises:
        its batch is then worked off by the next call.
        """
        handled, last = 0, self.storage.head().position
        position = self.cursor(consumer)
        while position < last and (fed := self.feed(position, batch)):
            self._hand_over(consumer, position, fed, handle)
            handled, position = handled + len(fed), fed[-1].position
        return handled

    def _hand_over(
        self,
        consumer: str,
        position: int,
        fed: Sequence[Fed],
        handle: Callable[[Sequence[Fed], Transaction], None],
    ) -> None:
        def handed(transaction: Transaction) -> None:
            transaction.move_cursor(consumer, position, fed[-1].position)
            handle(fed, transaction)

        in_transaction(self.storage, handed)

    # Deciding

    @property
    def _judge(self) -> Judge:
        return Judge(self._decide, self.change)

    def _decide(self, case: Case, command: Command, at: datetime) -> Decision:
        return decide(case, Request(command, SYSTEM, max(at, case.updated)), self.rules_of(case))
