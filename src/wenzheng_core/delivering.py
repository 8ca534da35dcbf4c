"""Sending what was put down to be told: grouped by addressee, at least once, nothing dropped.

An item is taken under a lease, sent outside any transaction, and then noted: the receipt, and what
that means to the case or the diary, in one transaction. Whoever dies between sending and noting
leaves an item that is sent again under the same key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import groupby

import attrs

from wenzheng_core.diary import REPORT, stamp
from wenzheng_core.domain.commands import Command, NoteDelivered, NoteUndelivered
from wenzheng_core.domain.errors import ConflictError, WenzhengError
from wenzheng_core.domain.instants import utc
from wenzheng_core.domain.units import Units
from wenzheng_core.judging import Judge
from wenzheng_core.leasing import never
from wenzheng_core.notices import PUBLISH, undelivered
from wenzheng_core.ports import (
    JSON,
    Channel,
    DeadLetter,
    DeliveryError,
    Entry,
    Outgoing,
    Storage,
    TakenError,
    Transaction,
)
from wenzheng_core.redelivery import RetrySchedule
from wenzheng_core.retrying import in_transaction

LEASE = timedelta(minutes=2)
"""How long an item is nobody else's to send, once it is taken."""

LOT = 200
"""How many items are taken at a time."""

MOST_SAID = 500
"""Characters of a receipt or an error that are kept."""


@attrs.frozen(kw_only=True)
class DeliveryReport:
    """What one delivery run did.

    Attributes:
        sent: items sent.
        messages: texts in which they were sent.
        failed: what could not be sent, as ``channel→addressee:reason``.
        dead: keys of items that are tried no more: somebody must see this.
        unnoted: cases that cannot be read or decided, so that what was told of them stands in the
            outbox alone, as ``case:reason``.
    """

    sent: int = 0
    messages: int = 0
    failed: tuple[str, ...] = ()
    dead: tuple[str, ...] = ()
    unnoted: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Post:
    """The post room of one office: who sends, by which channels, and by which clock."""

    storage: Storage
    channels: Mapping[str, Channel]
    judge: Judge
    units: Units
    holder: str
    now: Callable[[], datetime]
    lease: timedelta = LEASE
    retries: RetrySchedule = RetrySchedule()
    stopped: Callable[[], bool] = never

    def deliver(self, at: datetime, limit: int) -> DeliveryReport:
        """Send what is ready at ``at``, up to ``limit`` items; see ``Office.deliver``."""
        run = _Run(self, utc(at), self.now())
        while limit > 0 and not self.stopped():
            taken = run.take(min(limit, LOT))
            if not taken:
                break
            limit -= len(taken)
            run.send_all(taken)
        return DeliveryReport(
            sent=run.sent,
            messages=run.messages,
            failed=tuple(run.failed),
            dead=tuple(run.dead),
            unnoted=tuple(run.unnoted),
        )


@attrs.define
class _Run:
    """One delivery run, and what is counted in it."""

    post: Post
    at: datetime
    begun: datetime
    ends: datetime = attrs.field(init=False)
    sent: int = 0
    messages: int = 0
    failed: list[str] = attrs.field(factory=list)
    dead: list[str] = attrs.field(factory=list)
    unnoted: list[str] = attrs.field(factory=list)

    def now(self) -> datetime:
        """The instant of the run, and what has passed since it began."""
        return self.at + max(self.post.now() - self.begun, timedelta(0))

    def take(self, limit: int) -> tuple[Outgoing, ...]:
        """Items for nobody else to send for a while."""
        now, post = self.now(), self.post
        self.ends = now + post.lease
        return in_transaction(
            post.storage, lambda transaction: transaction.take(now, self.ends, post.holder, limit)
        )

    def send_all(self, taken: Sequence[Outgoing]) -> None:
        """Send what was taken; what a slow channel leaves beyond the lease is for the next one."""
        for items in _digests(taken):
            if self.post.stopped() or self.now() >= self.ends:
                return
            self._send(items)

    def _send(self, items: Sequence[Outgoing]) -> None:
        try:
            receipt = _through(self.post.channels, items)
        except Exception as error:  # whatever a channel raises, the others are still served
            reason = (str(error) or type(error).__name__)[:MOST_SAID]
            self.failed.append(f"{items[0].channel}→{items[0].to}:{reason}")
            self._note_failure(items, error, reason)
        else:
            self._note_receipt(items, receipt)
            self.sent, self.messages = self.sent + len(items), self.messages + 1

    # What became of it

    def _note_receipt(self, items: Sequence[Outgoing], receipt: str) -> None:
        now, first = self.now(), items[0]

        def said(keys: tuple[str, ...]) -> Command:
            return NoteDelivered(keys=keys, channel=first.channel, to=first.to, receipt=receipt)

        def note(transaction: Transaction) -> tuple[str, ...]:
            _hold_cases(transaction, items)
            fresh = [item for item in items if transaction.sent(item.key, now, receipt)]
            unnoted = self._tell_cases(transaction, fresh, said, now)
            # The diary last: whoever writes of a case holds the case and waits for it.
            body = {"channel": first.channel, "to": first.to, "receipt": receipt}
            for item in fresh:
                if not _of_case(item):
                    _enter(transaction, Entry(f"sent/{item.key}", now, body))
            return unnoted

        self.unnoted += in_transaction(self.post.storage, note)

    def _note_failure(self, items: Sequence[Outgoing], error: Exception, reason: str) -> None:
        now, first = self.now(), items[0]
        asked = error.retry_after if isinstance(error, DeliveryError) else None
        hopeless = isinstance(error, DeliveryError) and error.permanent

        def said(keys: tuple[str, ...]) -> Command:
            return NoteUndelivered(keys=keys, channel=first.channel, to=first.to, error=reason)

        def note(transaction: Transaction) -> tuple[list[str], tuple[str, ...]]:
            _hold_cases(transaction, items)
            dead = []
            for item in items:
                wait = None if hopeless else self.post.retries.wait(item, asked)
                again = None if wait is None else now + wait
                counted = transaction.failed(
                    item.key, now, reason, retry_at=again, holder=self.post.holder
                )
                dead += [item] if counted and again is None else []
            unnoted = self._tell_cases(transaction, dead, said, now)
            if dead:
                self._tell_office(transaction, dead, now)
            return [item.key for item in dead], unnoted

        dead, unnoted = in_transaction(self.post.storage, note)
        self.dead += dead
        self.unnoted += unnoted

    def _tell_cases(
        self,
        transaction: Transaction,
        items: Iterable[Outgoing],
        said: Callable[[tuple[str, ...]], Command],
        now: datetime,
    ) -> tuple[str, ...]:
        """Record in each case what became of its items; of which cases that could not be done."""
        keys: dict[str, tuple[str, ...]] = {}
        for item in items:
            if _of_case(item):
                keys[item.case_id] = (*keys.get(item.case_id, ()), item.key)
        if not keys:
            return ()
        asked = {case_id: said(of_case) for case_id, of_case in keys.items()}
        judged = self.post.judge.judge(transaction, asked, now)
        if judged.changes:
            transaction.write(judged.changes)
        return judged.failed

    def _tell_office(
        self, transaction: Transaction, items: Sequence[Outgoing], now: datetime
    ) -> None:
        """Enter in the diary that these are dead, and tell the office unless it is they who told it."""
        key = f"dead/{items[0].key}/{stamp(now)}"
        first = items[0]
        body: dict[str, JSON] = {
            "channel": first.channel,
            "to": first.to,
            "keys": tuple(item.key for item in items),
            "attempts": first.attempts + 1,
        }
        _enter(transaction, Entry(key, now, body), undelivered(items, key, now, self.post.units))


def dead_letter(storage: Storage, key: str) -> DeadLetter | None:
    """The dead letter of a key; None if it is none."""
    # Few other keys begin like this one and come before it.
    after = key[:-1]
    while page := storage.dead_letters(after):
        for letter in page:
            if letter.item.key >= key:
                return letter if letter.item.key == key else None
        after = page[-1].item.key
    return None


def _hold_cases(transaction: Transaction, items: Iterable[Outgoing]) -> None:
    """Let nobody else write of the items' cases from here on; who erases holds them before items, too.

    One that cannot be read is told of later, where it is to be written.
    """
    ids = {item.case_id for item in items if _of_case(item)}
    try:
        transaction.cases(sorted(ids))
    except ConflictError:
        raise
    except WenzhengError:
        pass


def _of_case(item: Outgoing) -> bool:
    """Whether what becomes of it is a matter of its case.

    A report is not, even on a single case: it changes no case that it tells of.
    """
    return bool(item.case_id) and item.channel != REPORT


def _enter(transaction: Transaction, entry: Entry, outgoing: Sequence[Outgoing] = ()) -> None:
    """Enter a line; one that stands already says the same."""
    with suppress(TakenError):
        transaction.enter([entry], outgoing)


def _through(channels: Mapping[str, Channel], items: Sequence[Outgoing]) -> str:
    first = items[0]
    channel = channels.get(first.channel)
    if channel is None:
        raise DeliveryError(f"没有名为「{first.channel}」的渠道")
    text = first.text
    if len(items) > 1:
        text = "\n".join(f"{n}. {item.text}" for n, item in enumerate(items, start=1))
    return str(channel.send(first.to, text, [item.key for item in items]))[:MOST_SAID]


def _digests(waiting: Iterable[Outgoing]) -> Iterator[list[Outgoing]]:
    """What goes to one addressee by one channel, together; replies to platforms go one by one."""

    def by_addressee(item: Outgoing) -> tuple[str, str, str]:
        single = item.key if item.channel == PUBLISH else ""
        return item.channel, item.to, single

    ordered = sorted(waiting, key=by_addressee)
    return (list(items) for _, items in groupby(ordered, by_addressee))
