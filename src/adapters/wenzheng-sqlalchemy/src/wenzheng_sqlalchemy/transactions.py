"""The reads and writes of one block."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import attrs
from sqlalchemy import Row
from sqlalchemy.exc import IntegrityError

from wenzheng_core import wire
from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.errors import ConflictError
from wenzheng_core.domain.events import Record
from wenzheng_core.domain.messages import PARTS
from wenzheng_core.storing import (
    Answer,
    BusyError,
    Change,
    CursorMovedError,
    Entry,
    Lease,
    Outgoing,
    TakenError,
)
from wenzheng_sqlalchemy import diary, leases, outbox, reading, writing
from wenzheng_sqlalchemy import statements as sql
from wenzheng_sqlalchemy.chaining import BEHIND, Pending, Places
from wenzheng_sqlalchemy.databases import Blocks
from wenzheng_sqlalchemy.errors import StoreError, is_taken
from wenzheng_sqlalchemy.reading import Tools
from wenzheng_sqlalchemy.rows import (
    answer_of,
    case_values,
    history_of,
    wrapped_of,
)
from wenzheng_sqlalchemy.running import Runner
from wenzheng_sqlalchemy.writing import Plan, Standing

_NOWHERE = Standing()


class SqlTransaction:
    """A :class:`~wenzheng_core.ports.Transaction` on one connection.

    What it read of a case it knows to be so until it ends, so that a conflict is seen before a
    statement fails. Records wait until the block ends: their positions are the last thing that is
    taken, so that the order of positions is the order of commits.
    """

    def __init__(self, run: Runner, tools: Tools, blocks: Blocks) -> None:
        self._run = run
        self._tools = tools
        self._blocks = blocks
        self._places = Places(run, tools.digest)
        self._standing: dict[str, Standing] = {}
        self._pending: list[Pending] = []
        self._noted: list[str] = []
        self._wrote = False
        self.erased: set[str] = set()

    # Reading

    def case(self, case_id: str) -> Case | None:
        """The case as it stands, locked until the block ends; None if there is none."""
        row = self._run.row(sql.ONE_CASE_LOCKED, of_case=case_id)
        if row is None:
            self._standing[case_id] = _NOWHERE
            return None
        self._stands(row)
        return self._read(row)

    def cases(self, case_ids: Sequence[str]) -> Mapping[str, Case]:
        """Those of the cases that exist, by id, locked until the block ends."""
        found = self._look(case_ids)
        cases = {i: self._read(row) for i, row in found.items()}
        return {i: cases[i] for i in case_ids if i in cases}

    def records(self, case_id: str) -> tuple[Record, ...]:
        """The whole history of a case in order; empty if there is none."""
        rows = self._run.rows(sql.RECORDS, of_case=case_id)
        waiting = (item.record for item in self._pending if item.record.case_id == case_id)
        return history_of(rows, self._tools.sealer, waiting)

    def answer(self, key: str) -> Answer | None:
        """What this idempotency key brought about before; None if it is new."""
        row = self._run.row(sql.ONE_ANSWER, of_key=key)
        return None if row is None else answer_of(row)

    def last_entry(self, prefix: str) -> Entry | None:
        """The entry with the greatest key that begins with ``prefix``; None if there is none."""
        return reading.last_entry(self._run, prefix)

    # Writing

    def write(self, changes: Sequence[Change]) -> None:
        """Write changes to different cases. Raises ConflictError, and then nothing is written."""
        ids = [change.case.id for change in changes]
        if len(set(ids)) < len(ids):
            raise ValueError("one write holds at most one change of a case")
        if not changes:
            return
        if unknown := [case_id for case_id in ids if case_id not in self._standing]:
            self._look(unknown)
        self._require_fitting(changes)
        tenant = self._run.tenant
        plans = [
            writing.planned(change, self._standing[change.case.id], tenant, self._tools)
            for change in sorted(changes, key=lambda change: change.case.id)
        ]
        if not self._written(lambda: writing.write(self._run, self._tools, plans)):
            raise self._conflict(changes)
        self._note(changes, plans)

    def _require_fitting(self, changes: Sequence[Change]) -> None:
        """Raise ConflictError for a version or a key that is seen not to fit, before anything fails."""
        asked: set[tuple[bool, str]] = set()
        for change in changes:
            keys = [(True, item.key) for item in change.outgoing]
            keys += [(False, change.answer.key)] if change.answer else []
            before = len(asked)
            asked.update(keys)
            fits = self._standing[change.case.id].version == change.expected_version
            if not fits or len(asked) < before + len(keys):
                raise ConflictError(change.case.id, change.expected_version)

    def _note(self, changes: Sequence[Change], plans: Sequence[Plan]) -> None:
        by_case = {plan.case_id: plan for plan in plans}
        for change in changes:
            plan = by_case[change.case.id]
            self._standing[plan.case_id] = plan.after
            self._pending += plan.records
            if plan.erased:
                self.erased.add(plan.case_id)

    def restore(self, case: Case) -> bool:
        """Put right what is kept beside the records of a case; whether anything was not as it should be.

        Raises ConflictError.
        """
        self._look([case.id])
        last = self._run.row(sql.LAST_RECORD, of_case=case.id)
        waiting = [item for item in self._pending if item.record.case_id == case.id]
        version, link = (last.version, last.case_link) if last else (0, b"")
        if waiting:
            version, link = waiting[-1].record.version, waiting[-1].case_link
        if version != case.version or not version:
            raise ConflictError(case.id, case.version)
        # Its keys are asked for beside its records: the row of the case may be what is lost.
        standing = Standing(version, link, wrapped_of(last) if last else {})
        new_keys = writing.lacking(case, standing, self._tools)
        wrapped = {**standing.wrapped, **new_keys}
        snapshot = self._tools.snapshots.written(case, wrapped)
        values = case_values(self._run.tenant, case, link, snapshot)
        before = self._run.row(sql.WHOLE_ROW, of_case=case.id)
        right = before is not None and reading.is_row_of(before, case, values, self._tools, wrapped)
        place = {"of_tenant": self._run.tenant, "of_case": case.id}
        with self._run.errors:
            if not self._run.put(sql.WHOLE_CASE, [{**values, **place}]):
                self._run.put(sql.NEW_CASE, [values])
            keys = writing.key_values(self._run.tenant, case.id, new_keys)
            self._run.put(sql.NEW_CASE_KEY, keys)
            right &= self._restore_phones(case.id)
        self._wrote = True
        self._standing[case.id] = Standing(version, link, wrapped)
        return not right

    def _restore_phones(self, case_id: str) -> bool:
        """Let the case be found by the numbers of its records alone; whether it was so already."""
        sealer = self._tools.sealer
        documents = (wire.event_to_dict(record.event) for record in self.records(case_id))
        phones = {digest for document in documents for digest in sealer.lookups(document)}
        if {row[0] for row in self._run.rows(sql.CONTACTS, of_case=case_id)} == phones:
            return True
        self._run.change(sql.DROP_CONTACTS, of_case=case_id)
        self._run.put(sql.NEW_CONTACT, writing.contact_values(self._run.tenant, case_id, phones))
        return False

    def enter(self, entries: Sequence[Entry], outgoing: Sequence[Outgoing] = ()) -> None:
        """Enter lines in the diary. Raises TakenError, and then nothing is entered.

        The tenant's row is locked from here on: a line has its number at once.
        """
        lines, told = [entry.key for entry in entries], [item.key for item in outgoing]
        before = self._places.lock() if lines else None
        if taken := self._taken(lines, told):
            raise TakenError(taken)

        def put() -> None:
            self._run.put(diary.NEW, self._places.lines(entries) if lines else [])
            self._run.put(outbox.NEW, [outbox.values_of(self._run.tenant, i) for i in outgoing])

        if not self._written(put):
            if before is not None:
                self._places.back_to(before)
            if taken := self._taken(lines, told):
                raise TakenError(taken)
            raise StoreError(BEHIND)

    def _taken(self, lines: Sequence[str], told: Sequence[str]) -> str:
        """The first key that is there already or stands twice; "" if none does."""
        for statement, keys in ((diary.TAKEN_KEYS, lines), (outbox.TAKEN_KEYS, told)):
            there = {row[0] for row in self._run.any_of(statement, keys)} if keys else set()
            for place, key in enumerate(keys):
                if key in there or key in keys[:place]:
                    return key
        return ""

    # The outbox

    def outbox(self, now: datetime, limit: int) -> tuple[Outgoing, ...]:
        """What is ready to go out at ``now``, has not gone and is leased to nobody."""
        return outbox.ready(self._run, now, limit)

    def take(self, now: datetime, until: datetime, holder: str, limit: int) -> tuple[Outgoing, ...]:
        """The same, leased to ``holder`` until ``until``."""
        return outbox.take(self._writing(), now, until, holder, limit)

    def sent(self, key: str, at: datetime, receipt: str) -> bool:
        """Note that it went out; whether this is the first receipt. Raises UnknownError."""
        self._noted.append(key)
        return outbox.sent(self._writing(), key, at, receipt)

    def failed(
        self, key: str, at: datetime, error: str, *, retry_at: datetime | None, holder: str = ""
    ) -> bool:
        """Note that it could not go out; whether that counted. Raises UnknownError."""
        self._noted += [] if retry_at else [key]
        return outbox.failed(self._writing(), key, at, error, retry_at=retry_at, holder=holder)

    def revive(self, key: str, ready_at: datetime) -> bool:
        """Put a dead letter down again; False if it is none. Raises UnknownError, RefusedError."""
        return outbox.revive(self._writing(), key, ready_at)

    # Leases and cursors

    def hold(self, lease: Lease, until: datetime) -> Lease:
        """Make sure of a lease and prolong it. Raises LeaseLostError."""
        return leases.hold(self._writing(), lease, until)

    def acquire(self, name: str, holder: str, now: datetime, until: datetime) -> Lease | None:
        """The lease, if it is free or the holder's own; else None."""
        got: list[Lease | None] = []
        ask = (self._run, name, holder, now, until)
        if self._written(lambda: got.append(leases.acquire(*ask))):
            return got[0]
        return None  # somebody else made its row at the same moment

    def release(self, lease: Lease) -> None:
        """Give a lease back; nothing happens if another holds it by now."""
        leases.release(self._writing(), lease)

    def move_cursor(self, consumer: str, expected: int, position: int) -> None:
        """Note how far a consumer has worked off the feed. Raises CursorMovedError, ArgumentError."""
        leases.require_movable(self._run, consumer, expected, position)
        moved = self._run.change(leases.MOVE, of_key=consumer, old=expected, position=position)
        if not moved:
            new = {"tenant": self._run.tenant, "consumer": consumer, "position": position}
            if expected or not self._written(lambda: self._run.put(leases.NEW_CURSOR, [new])):
                raise CursorMovedError(consumer, expected, leases.cursor(self._run, consumer))
        self._wrote = True

    # The end, and what is undone on the way

    def finish(self) -> None:
        """Give the records their places and write them; the last step before the commit."""
        if self._run.errors.failure is not None:
            raise self._run.errors.failure
        with self._run.errors:
            if self._pending:
                self._put_records()
            outbox.empty(self._run, self._noted)
            self._places.finish()

    def _put_records(self) -> None:
        try:
            self._run.put(sql.NEW_EVENT, self._places.records(self._pending))
        except IntegrityError as error:
            if not is_taken(error):
                raise
            raise StoreError(BEHIND) from error.orig

    def _look(self, case_ids: Sequence[str]) -> dict[str, Any]:
        """Lock the rows of cases and note how they stand; those that there are, by id."""
        rows = self._run.any_of(sql.MANY_CASES_LOCKED, case_ids)
        self._standing.update(dict.fromkeys(case_ids, _NOWHERE))
        for row in rows:
            self._stands(row)
        return {row.case_id: row for row in rows}

    def _stands(self, row: Row[Any]) -> None:
        """Note how a locked row of a case stands."""
        wrapped = wrapped_of(row)
        if len(wrapped) < len(PARTS):
            # A server that waited for the row shows what stands beside it as it was before.
            keys = self._run.rows(sql.KEYS_OF_CASE, of_case=row.case_id)
            wrapped = {key.part_name: key.wrapped for key in keys}
        self._standing[row.case_id] = Standing(row.version, row.chain_link, wrapped)

    def _read(self, row: Row[Any]) -> Case:
        """The case of a row that was locked; keys that were taken while it was waited for are gone."""
        standing = self._standing[row.case_id]
        case = reading.case_of(row, standing.wrapped, self._tools, self.records)
        if not standing.wrapped.keys().isdisjoint(case.erased):
            left = {p: key for p, key in standing.wrapped.items() if p not in case.erased}
            self._standing[case.id] = attrs.evolve(standing, wrapped=left)
        return case

    def _writing(self) -> Runner:
        """What runs statements that write: something may have to be saved from here on."""
        self._wrote = True
        return self._run

    def _written(self, write: Callable[[], object]) -> bool:
        """Write rows; False, with nothing written, if a key is taken or ``write`` says False.

        A savepoint is made only where there is something before it to be saved.
        """
        with self._run.errors:
            part = self._run.connection.begin_nested() if self._wrote else None
            try:
                fits = write() is not False
            except IntegrityError as error:
                if not is_taken(error):
                    raise
                fits = False
            if fits:
                self._wrote = True
                if part is not None:
                    part.commit()
            elif part is not None:
                part.rollback()
            else:
                self._begin_anew()
        return fits

    def _begin_anew(self) -> None:
        """Undo a block that had written nothing before, and make sure of what it had read.

        Raises BusyError, which ends the block, if that is no more so.
        """
        known = {i: s.version for i, s in self._standing.items() if s.version}
        self._blocks.restart(self._run.connection)
        self._places.forget()
        self._standing.clear()
        self._look(tuple(known))
        if any(self._standing[i].version != version for i, version in known.items()):
            raise BusyError

    def _conflict(self, changes: Sequence[Change]) -> ConflictError:
        """Which change it was that did not fit."""
        self._look([change.case.id for change in changes])
        for change in changes:
            case_id, expected = change.case.id, change.expected_version
            told = [item.key for item in change.outgoing]
            answered = change.answer is not None and self.answer(change.answer.key)
            if answered or self._standing[case_id].version != expected or self._taken((), told):
                return ConflictError(case_id, expected)
        return ConflictError(changes[0].case.id, changes[0].expected_version)
