"""Cases and records out of their rows, in a block or outside of one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
from sqlalchemy import Row

from wenzheng_core import chains, wire
from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.errors import WenzhengError
from wenzheng_core.domain.events import Record
from wenzheng_core.domain.evolving import fold
from wenzheng_core.domain.messages import PARTS
from wenzheng_core.ports import KeyProvider
from wenzheng_core.storing import Entry, Fed
from wenzheng_sqlalchemy import diary
from wenzheng_sqlalchemy import statements as sql
from wenzheng_sqlalchemy.rows import Snapshots, history_of, record_of, wrapped_of
from wenzheng_sqlalchemy.running import Runner, Values
from wenzheng_sqlalchemy.sealing import Sealer, Wrapped


@attrs.frozen(eq=False)
class Tools:
    """What a store reads and writes its rows with."""

    sealer: Sealer
    snapshots: Snapshots
    digest: str

    @classmethod
    def of(cls, tenant: str, keys: KeyProvider, digest: str) -> Tools:
        """Those of a tenant. Raises UnknownError for a digest that is not to be had."""
        chains.digest_of(digest)
        sealer = Sealer(tenant, keys)
        return cls(sealer, Snapshots(sealer), digest)

    def forget(self, case_id: str) -> None:
        """Keep nothing of a case any longer."""
        self.sealer.forget(case_id)
        self.snapshots.forget(case_id)


def case_of(
    row: Row[Any], wrapped: Wrapped, tools: Tools, records: Callable[[str], tuple[Record, ...]]
) -> Case:
    """The case of a row with its keys, or of its records where the snapshot is of another form."""
    try:
        return tools.snapshots.read(row.case_id, row.snapshot, wrapped)
    except (ValueError, KeyError, TypeError, AttributeError):
        case = fold(records(row.case_id))
        if case is None:
            raise
        return case


def is_row_of(row: Row[Any], case: Case, values: Values, tools: Tools, wrapped: Wrapped) -> bool:
    """Whether a whole row is what a case says; a snapshot of an earlier form is: it is never read."""
    beside = (getattr(row, name) == value for name, value in values.items() if name != "snapshot")
    try:
        earlier = wire.from_json(row.snapshot)[wire.VERSION] < wire.SNAPSHOT
        same = earlier or tools.snapshots.read(case.id, row.snapshot, wrapped) == case
    except (ValueError, KeyError, TypeError, AttributeError, WenzhengError):
        same = False
    return same and all(beside)


def records_of(run: Runner, tools: Tools, case_id: str) -> tuple[Record, ...]:
    """The stored history of a case in order."""
    return history_of(run.rows(sql.RECORDS, of_case=case_id), tools.sealer)


def fed(run: Runner, tools: Tools, after: int, limit: int) -> tuple[Fed, ...]:
    """Records beyond a position, in the one order of the tenant."""
    return tuple(
        Fed(row.position, _fed_record(run, tools, row))
        for row in run.rows(sql.FEED, after=after, most=limit)
    )


def _fed_record(run: Runner, tools: Tools, row: Row[Any]) -> Record:
    unsealed = b'"message":' in row.body and b'"sealed":' not in row.body
    if unsealed or (len(wrapped_of(row)) < len(PARTS) and b'"sealed":' in row.body):
        # Written before messages were sealed, or a key is gone: its case's history says what of it
        # was erased, and raises where none was.
        version: int = row.version
        return records_of(run, tools, row.case_id)[version - 1]
    return record_of(row, tools.sealer)


def entries(run: Runner, prefix: str, after: str, limit: int) -> tuple[Entry, ...]:
    """Lines of the diary with a prefix, by key."""
    with run.errors:
        found = run.connection.execute(diary.page(run.tenant, prefix, after, limit)).all()
    return tuple(map(diary.entry_of, found))


def last_entry(run: Runner, prefix: str) -> Entry | None:
    """The line with the greatest key of a prefix; None if there is none."""
    with run.errors:
        found = run.connection.execute(diary.last(run.tenant, prefix)).first()
    return None if found is None else diary.entry_of(found)
