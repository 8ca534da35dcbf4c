"""The reads and writes of one transaction in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import attrs

from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.errors import ArgumentError, ConflictError
from wenzheng_core.domain.events import Record
from wenzheng_core.domain.events.keeping import PersonalDataErased, without_personal
from wenzheng_core.domain.instants import utc
from wenzheng_core.memory import outbox
from wenzheng_core.memory.rows import Kept, Rows
from wenzheng_core.storing import (
    Answer,
    Change,
    CursorMovedError,
    Entry,
    Lease,
    LeaseLostError,
    Outgoing,
    TakenError,
)


@attrs.frozen(eq=False)
class MemoryTransaction:
    """A :class:`~wenzheng_core.ports.Transaction` on rows laid over those of the tenant.

    ``_last`` is the last position that was committed before it began.
    """

    _rows: Rows
    _last: int

    def case(self, case_id: str) -> Case | None:
        """The case as it stands."""
        kept = self._rows.cases.get(case_id)
        return kept.case if kept else None

    def cases(self, case_ids: Sequence[str]) -> Mapping[str, Case]:
        """Those of the cases that exist, by id."""
        return {i: k.case for i in case_ids if (k := self._rows.cases.get(i))}

    def records(self, case_id: str) -> tuple[Record, ...]:
        """The whole history of a case in order."""
        return self._rows.records.get(case_id, ())

    def answer(self, key: str) -> Answer | None:
        """What this idempotency key brought about before."""
        return self._rows.answers.get(key)

    def write(self, changes: Sequence[Change]) -> None:
        """Write changes to different cases. Raises ConflictError, and then nothing is written."""
        # All is checked before anything is written, so that a conflict leaves nothing behind.
        self._check(changes)
        for change in changes:
            self._write(change)

    def _write(self, change: Change) -> None:
        rows, case_id = self._rows, change.case.id
        history = (*rows.records.get(case_id, ()), *change.records)
        erased = {part for r in change.records for part in _erased_by(r)}
        if erased:
            rows.forget_phones(case_id, history)
            history = tuple(_without(record, erased) for record in history)
            outbox.empty_ended(rows, case_id)
        else:
            rows.find_by_phones(case_id, change.records)
        rows.cases[case_id] = Kept.of(change.case)
        rows.records[case_id] = history
        rows.journal.extend((case_id, record.version) for record in change.records)
        outbox.put_down(rows, change.outgoing)
        if change.answer:
            rows.answers[change.answer.key] = change.answer

    def _check(self, changes: Sequence[Change]) -> None:
        if len({change.case.id for change in changes}) < len(changes):
            raise ValueError("one write holds at most one change of a case")
        rows, asked = self._rows, set[tuple[bool, str]]()
        for change in changes:
            keys = [(True, item.key) for item in change.outgoing]
            keys += [(False, change.answer.key)] if change.answer else []
            taken = any(key in (rows.outbox if told else rows.answers) for told, key in keys)
            known = len(asked)
            asked.update(keys)
            fits = self._version(change.case.id) == change.expected_version
            if not fits or taken or len(asked) < known + len(keys):
                raise ConflictError(change.case.id, change.expected_version)

    def _version(self, case_id: str) -> int:
        kept = self._rows.cases.get(case_id)
        return kept.case.version if kept else 0

    def restore(self, case: Case) -> bool:
        """Put right what is kept beside the records of a case. Raises ConflictError."""
        if len(self.records(case.id)) != case.version:
            raise ConflictError(case.id, case.version)
        before, right = self._rows.cases.get(case.id), Kept.of(case)
        self._rows.cases[case.id] = right
        self._rows.find_by_phones(case.id, self.records(case.id))
        return before != right

    def enter(self, entries: Sequence[Entry], outgoing: Sequence[Outgoing] = ()) -> None:
        """Enter lines in the diary. Raises TakenError, and then nothing is entered."""
        rows = self._rows
        for kept, keys in (
            (rows.diary, [entry.key for entry in entries]),
            (rows.outbox, [item.key for item in outgoing]),
        ):
            taken = [key for n, key in enumerate(keys) if key in kept or key in keys[:n]]
            if taken:
                raise TakenError(taken[0])
        rows.diary.update((entry.key, entry) for entry in entries)
        rows.lines.extend(entry.key for entry in entries)
        outbox.put_down(rows, outgoing)

    def last_entry(self, prefix: str) -> Entry | None:
        """The entry with the greatest key that begins with ``prefix``."""
        return self._rows.last_entry(prefix)

    def outbox(self, now: datetime, limit: int) -> tuple[Outgoing, ...]:
        """What is ready to go out at ``now``, has not gone and is leased to nobody."""
        return outbox.ready(self._rows, now, limit)

    def take(self, now: datetime, until: datetime, holder: str, limit: int) -> tuple[Outgoing, ...]:
        """The same, leased to ``holder`` until ``until``."""
        return outbox.take(self._rows, now, until, holder, limit)

    def sent(self, key: str, at: datetime, receipt: str) -> bool:
        """Note that it went out; whether this is the first receipt. Raises UnknownError."""
        return outbox.sent(self._rows, key, at, receipt)

    def failed(
        self, key: str, at: datetime, error: str, *, retry_at: datetime | None, holder: str = ""
    ) -> bool:
        """Note that it could not go out; whether that counted. Raises UnknownError."""
        return outbox.failed(self._rows, key, at, error, retry_at=retry_at, holder=holder)

    def revive(self, key: str, ready_at: datetime) -> bool:
        """Put a dead letter down again; False if it is none. Raises UnknownError."""
        return outbox.revive(self._rows, key, ready_at)

    def hold(self, lease: Lease, until: datetime) -> Lease:
        """Make sure of a lease and prolong it. Raises LeaseLostError."""
        kept = self._rows.leases.get(lease.name)
        if kept is None or (kept.holder, kept.epoch) != (lease.holder, lease.epoch):
            raise LeaseLostError(lease.name)
        held = attrs.evolve(kept, until=utc(until))
        self._rows.leases[lease.name] = held
        return held

    def move_cursor(self, consumer: str, expected: int, position: int) -> None:
        """Note how far a consumer has worked off the feed. Raises CursorMovedError, ArgumentError."""
        found = self._rows.cursors.get(consumer, 0)
        if found != expected:
            raise CursorMovedError(consumer, expected, found)
        if not expected <= position <= self._last:
            reason = f"位置应在 {expected} 与 {self._last} 之间;得到的是 {position}"
            raise ArgumentError("position", reason)
        self._rows.cursors[consumer] = position


def _erased_by(record: Record) -> tuple[str, ...]:
    return record.event.parts if isinstance(record.event, PersonalDataErased) else ()


def _without(record: Record, parts: set[str]) -> Record:
    event = without_personal(record.event, parts)
    return record if event is record.event else attrs.evolve(record, event=event)
