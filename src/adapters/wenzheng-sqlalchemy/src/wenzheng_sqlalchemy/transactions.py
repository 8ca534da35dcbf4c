"""The reads and writes of one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    Select,
    Update,
)
from sqlalchemy.exc import IntegrityError

from wenzheng_core import wire
from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.errors import ConflictError, UnknownError
from wenzheng_core.domain.events import Record
from wenzheng_core.domain.evolving import fold
from wenzheng_core.domain.instants import utc
from wenzheng_core.ports import Answer, Change, Entry, Outgoing, TakenError
from wenzheng_sqlalchemy import diary, rows
from wenzheng_sqlalchemy import statements as sql
from wenzheng_sqlalchemy.errors import store_errors
from wenzheng_sqlalchemy.tables import to_ticks

CHUNK = 500
"""How many ids one statement asks for: SQLite once took no more than 999 parameters."""


class SqlTransaction:
    """A :class:`~wenzheng_core.ports.Transaction` on one connection."""

    def __init__(self, connection: Connection, tenant: str) -> None:
        self._connection = connection
        self._tenant = tenant
        # Events wait here until the block ends: their positions are the last thing that is taken,
        # so that the order of positions is the order of commits.
        self._pending: list[rows.Values] = []

    def case(self, case_id: str) -> Case | None:
        """The case as it stands; None if there is none."""
        with store_errors():
            snapshot = self._connection.scalar(sql.ONE_CASE, self._of(of_case=case_id))
        return None if snapshot is None else self.restored(case_id, snapshot)

    def cases(self, case_ids: Sequence[str]) -> Mapping[str, Case]:
        """Those of the cases that exist, by id."""
        found = self._by_id(sql.MANY_CASES, case_ids)
        return {i: self.restored(i, found[i]) for i in case_ids if i in found}

    def records(self, case_id: str) -> tuple[Record, ...]:
        """The whole history of a case in order; empty if there is none."""
        with store_errors():
            kept = self._connection.execute(sql.RECORDS, self._of(of_case=case_id)).mappings().all()
        unwritten = [values for values in self._pending if values["case_id"] == case_id]
        return (*map(rows.record_of, kept), *map(rows.record_of, unwritten))

    def answer(self, key: str) -> Answer | None:
        """What this idempotency key brought about before; None if it is new."""
        with store_errors():
            row = self._connection.execute(sql.ONE_ANSWER, self._of(of_key=key)).first()
        return None if row is None else rows.answer_of(row)

    def write(self, changes: Sequence[Change]) -> None:
        """Write changes to different cases. Raises ConflictError, and then nothing is written."""
        if len({change.case.id for change in changes}) < len(changes):
            raise ValueError("one write holds at most one change of a case")
        if not self._written(partial(self._write_rows, changes)):
            raise self._conflict(changes)
        self._pending += (rows.event_values(self._tenant, r) for c in changes for r in c.records)

    def enter(self, entries: Sequence[Entry], outgoing: Sequence[Outgoing] = ()) -> None:
        """Enter lines in the diary. Raises ConflictError, and then nothing is written."""
        lines = (self._connection, self._tenant, entries, outgoing)
        if not self._written(lambda: diary.write_lines(*lines)):
            with store_errors():
                raise TakenError(next(diary.taken_keys(*lines), entries[0].key))

    def entries(self, prefix: str, after: str, limit: int) -> tuple[Entry, ...]:
        """Entries whose key begins with ``prefix`` and lies above ``after``, by key."""
        return tuple(map(diary.entry_of, self.rows(diary.page(self._tenant, prefix, after, limit))))

    def last_entry(self, prefix: str) -> Entry | None:
        """The entry with the greatest key that begins with ``prefix``; None if there is none."""
        return next(map(diary.entry_of, self.rows(diary.last(self._tenant, prefix))), None)

    def outbox(self, now: datetime, limit: int) -> tuple[Outgoing, ...]:
        """What is ready to go out at ``now`` and has not gone: by ``ready_at``, then by key."""
        values = self._of(now=to_ticks(utc(now)), most=limit)
        with store_errors():
            ready = self._connection.execute(sql.READY, values).all()
        return tuple(map(rows.outgoing_of, ready))

    def sent(self, key: str, at: datetime, receipt: str) -> None:
        """Note that it went out, with the channel's receipt; the first receipt stays."""
        self._note(sql.MARK_SENT, key, at, receipt)

    def failed(self, key: str, retry_at: datetime, error: str) -> None:
        """Note that it could not go out, and when to try again."""
        self._note(sql.MARK_FAILED, key, retry_at, error)

    def finish(self) -> None:
        """Take the positions of the events and write them; the last step before the commit."""
        if not self._pending:
            return
        with store_errors():
            self._connection.execute(sql.COUNT_ON, self._of(more=len(self._pending)))
            last = self._connection.scalar(sql.POSITION, self._of()) or 0
            first = last - len(self._pending) + 1
            for position, event in enumerate(self._pending, first):
                event["position"] = position
            self._insert_events()

    def _insert_events(self) -> None:
        # By far the most rows: where the driver counts parameters by place, they are handed to it
        # as they are, for half the time that SQLAlchemy takes to look at each of them.
        statement, places = sql.by_place(self._connection.dialect)
        if places:
            values = list(map(itemgetter(*places), self._pending))
            self._connection.exec_driver_sql(statement, values)
        else:
            self._connection.execute(sql.NEW_EVENT, self._pending)

    def rows(self, statement: Select[Any]) -> list[Row[Any]]:
        """The rows of a query."""
        with store_errors():
            return list(self._connection.execute(statement))

    def _of(self, **values: object) -> dict[str, object]:
        return {"of_tenant": self._tenant, **values}

    def restored(self, case_id: str, snapshot: str) -> Case:
        """The case of a snapshot, or of its records where the snapshot is of another form."""
        try:
            return wire.case_from_dict(wire.from_json(snapshot))
        except (ValueError, KeyError, TypeError):
            case = fold(self.records(case_id))
            if case is None:
                raise
            return case

    def _by_id(self, statement: Any, case_ids: Sequence[str]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for start in range(0, len(case_ids), CHUNK):
            values = self._of(ids=list(case_ids[start : start + CHUNK]))
            with store_errors():
                found.update((i, value) for i, value in self._connection.execute(statement, values))
        return found

    def _written(self, write: Callable[[], bool | None]) -> bool:
        """Write rows; False, with nothing written, if a key is taken or ``write`` says False."""
        with store_errors():
            part = self._connection.begin_nested()
            try:
                fits = write() is not False
            except IntegrityError:
                fits = False
            except BaseException:
                part.rollback()
                raise
            if fits:
                part.commit()
            else:
                part.rollback()
        return fits

    def _write_rows(self, changes: Sequence[Change]) -> bool:
        """Write all but the events; False if a case is not at the version expected."""
        execute, tenant = self._connection.execute, self._tenant
        new, old = [], []
        # In the order of their ids, so that two writers never wait on each other in a circle.
        for change in sorted(changes, key=lambda c: c.case.id):
            values = rows.case_values(tenant, change.case)
            if expected := change.expected_version:
                place = {"of_tenant": tenant, "of_case": change.case.id, "expected": expected}
                old.append(values | place)
            else:
                new.append(values)
        if old and execute(sql.NEXT_CASE, old).rowcount != len(old):
            return False
        told = [rows.outgoing_values(tenant, item) for c in changes for item in c.outgoing]
        answered = [rows.answer_values(tenant, c.answer) for c in changes if c.answer]
        for statement, many in (
            (sql.NEW_CASE, new),
            (sql.NEW_OUTGOING, told),
            (sql.NEW_ANSWER, answered),
        ):
            if many:
                execute(statement, many)
        return True

    def _conflict(self, changes: Sequence[Change]) -> ConflictError:
        kept = self._by_id(sql.VERSIONS, [change.case.id for change in changes])
        for change in changes:
            taken = change.answer is not None and self.answer(change.answer.key)
            if taken or kept.get(change.case.id, 0) != change.expected_version:
                return ConflictError(change.case.id, change.expected_version)
        return ConflictError(changes[0].case.id, changes[0].expected_version)

    def _note(self, statement: Update, key: str, at: datetime, note: str) -> None:
        values = self._of(of_key=key, at=to_ticks(utc(at)), note=note)
        with store_errors():
            if self._connection.execute(statement, values).rowcount:
                return
            if self._connection.scalar(sql.STATE, self._of(of_key=key)) is None:
                raise UnknownError("待发通知", key)
