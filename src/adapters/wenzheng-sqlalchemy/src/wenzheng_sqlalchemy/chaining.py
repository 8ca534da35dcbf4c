"""Places in the tenant's two orders, and the links of the chains over them.

The tenant's row is locked when the first place is needed, which for records is the last step of a
block, and stays so until the commit: whoever commits later has the later place.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from wenzheng_core import chains, wire
from wenzheng_core.domain.events import Record
from wenzheng_core.storing import Entry, Evidence, Head, LineEvidence
from wenzheng_sqlalchemy import statements as sql
from wenzheng_sqlalchemy.errors import StoreError
from wenzheng_sqlalchemy.rows import evidence_values
from wenzheng_sqlalchemy.running import Runner, Values
from wenzheng_sqlalchemy.tables import to_ticks

BEHIND = "数据库中的记录多于租户登记的数目,登记已损坏或被改动;请停止写入,由备份恢复"
"""What is wrong where a place is taken that the tenant's row says is free."""


@attrs.frozen
class Pending:
    """A record that waits for its place, and how it is to be stored: all but that is known."""

    record: Record
    stored: Evidence
    case_link: bytes


def pending(record: Record, body: bytes, previous: bytes, tenant: str, digest: str) -> Pending:
    """A record with its link in the chain of its case; ``previous`` is the link before it."""
    stored = Evidence(
        position=0,
        case_id=record.case_id,
        version=record.version,
        kind=type(record.event).__name__,
        form=wire.CURRENT,
        at=record.at,
        actor=record.actor,
        body=body,
        digest=digest,
        case_link=b"",
        link=b"",
    )
    return Pending(record, stored, chains.case_link(previous, tenant, stored))


def head_of(run: Runner, *, locked: bool = False) -> Head:
    """Where the chains of the tenant end. Raises StoreError if it has no row."""
    row = run.row(sql.HEAD_LOCKED if locked else sql.HEAD)
    if row is None:
        raise StoreError(f"数据库中没有租户「{run.tenant}」的登记;请重新打开存储")
    return Head(
        position=row.last_position,
        link=row.chain_link,
        lines=row.last_line,
        line_link=row.line_link,
    )


class Places:
    """The places of one block: read once, counted here, written once."""

    def __init__(self, run: Runner, digest: str) -> None:
        self._run = run
        self._digest = digest
        self._before: Head | None = None
        self._head = Head()

    def records(self, waiting: Sequence[Pending]) -> list[Values]:
        """The rows of records at the next positions."""
        head = self._locked()
        position, link, rows = head.position, head.link, []
        for item in waiting:
            position += 1
            link = chains.link_at(link, position, item.case_link, item.stored.digest)
            values = evidence_values(self._run.tenant, item.stored)
            values |= {"position": position, "case_link": item.case_link, "chain_link": link}
            rows.append(values)
        self._head = attrs.evolve(head, position=position, link=link)
        return rows

    def lines(self, entries: Sequence[Entry]) -> list[Values]:
        """The rows of lines of the diary at the next numbers."""
        head, tenant = self._locked(), self._run.tenant
        number, link, rows = head.lines, head.line_link, []
        for entry in entries:
            number += 1
            body = wire.to_json(entry.body).encode()
            item = LineEvidence(
                number=number,
                key=entry.key,
                at=entry.at,
                body=body,
                digest=self._digest,
                link=b"",
            )
            link = chains.line_link(link, tenant, item)
            rows.append(
                {
                    "tenant": tenant,
                    "entry_key": entry.key,
                    "line_no": number,
                    "entered_at": to_ticks(entry.at),
                    "body": body,
                    "digest_name": self._digest,
                    "chain_link": link,
                }
            )
        self._head = attrs.evolve(head, lines=number, line_link=link)
        return rows

    def forget(self) -> None:
        """Begin anew: nothing that was placed was written, and the lock is gone."""
        self._before = None

    def back_to(self, head: Head) -> None:
        """Give back the places since ``head``: what was to stand there was not written."""
        self._head = head

    def lock(self) -> Head:
        """Lock the tenant's row, if it is not locked yet; where the chains end by now."""
        return self._locked()

    def finish(self) -> None:
        """Write where the chains end by now, if that changed."""
        if self._before is None or self._head == self._before:
            return
        head = self._head
        self._run.change(
            sql.COUNT_ON,
            last_position=head.position,
            chain_link=head.link,
            last_line=head.lines,
            line_link=head.line_link,
        )

    def _locked(self) -> Head:
        if self._before is None:
            self._before = self._head = head_of(self._run, locked=True)
        return self._head
