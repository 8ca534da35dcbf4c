"""What an import did: the rows as they pass by, and the account of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import attrs
from rich.table import Table

from wenzheng_cli.terminal import ranking, terminal
from wenzheng_cli.writing import instant, line, unit_documents
from wenzheng_core import Case, Figures, Office, Period, Policy, Units
from wenzheng_core.domain.instants import show_instant
from wenzheng_core.domain.messages import RecordedMessage, RejectedRow
from wenzheng_core.office import case_id_of

ALWAYS = Period(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
BATCH = 200
MOST_SHOWN = 20

Row = RecordedMessage | RejectedRow


def case_id(office: Office, row: Row) -> str:
    """The id of the case of a row's message; "" for a row that is none."""
    if isinstance(row, RejectedRow):
        return ""
    return case_id_of(office.storage.tenant, row.message.source, row.message.external_id)


@attrs.define
class Rows:
    """The rows as they pass by: what was there, what is rejected, what no unit's area names."""

    office: Office
    until: datetime
    opened: int = 0
    unchanged: int = 0
    unrouted: int = 0
    later: int = 0
    rejected: list[RejectedRow] = attrs.field(factory=list)

    def watched(self, rows: Iterable[Row]) -> Iterator[Row]:
        """The rows that had been posted by ``until``, looked up a batch at a time."""
        rest = iter(rows)
        while chunk := list(islice(rest, BATCH)):
            with self.office.storage.transaction() as transaction:
                there = transaction.cases([case_id(self.office, row) for row in chunk])
            for row in chunk:
                if isinstance(row, RecordedMessage):
                    if row.message.posted_at > self.until:
                        self.later += 1
                        continue
                    self.unchanged += case_id(self.office, row) in there
                    self.unrouted += self._names_no_unit(row)
                yield row

    def cases(self, lived: Iterable[Case | RejectedRow]) -> Iterator[Case]:
        """The cases alone; the rejected rows are put aside."""
        seen = 0
        for item in lived:
            if isinstance(item, RejectedRow):
                self.rejected.append(item)
            else:
                seen += 1
                yield item
        self.opened = seen - self.unchanged

    def _names_no_unit(self, row: RecordedMessage) -> bool:
        answer = row.reply.body if row.reply else ""
        named = self.office.city.units.named_in(row.message.title, row.message.body, answer)
        return named is None


@attrs.frozen
class Imported:
    """The account of an import."""

    figures: Figures
    policy: Policy
    units: Units
    rows: Rows
    seconds: float
    replayed: bool

    @property
    def rows_per_second(self) -> int:
        """Rows that were read, by the seconds that it took."""
        read = self.figures.received + len(self.rows.rejected) + self.rows.later
        return round(read / self.seconds) if self.seconds else 0

    def document(self) -> dict[str, Any]:
        """The account as JSON."""
        found, rows = self.figures, self.rows
        return {
            "messages": found.received,
            "published": found.replied,
            "within_limit": found.within,
            "late": found.late,
            "yellow_cards": found.yellow_cards,
            "red_cards": found.red_cards,
            "declined": found.declined,
            "rejected_rows": [{"row": r.row, "reason": r.reason} for r in rows.rejected],
            "opened": rows.opened,
            "unchanged": rows.unchanged,
            "unrouted": rows.unrouted if self.replayed else 0,
            "after_until": rows.later,
            "until": instant(rows.until),
            "policy": self.policy.id,
            "units": unit_documents(found, self.units),
            "seconds": round(self.seconds, 3),
            "rows_per_second": self.rows_per_second,
        }


def print_imported(result: Imported) -> None:
    """The account as text: a summary, the ranking, the rejected rows."""
    console = terminal()
    found, rows = result.figures, result.rows
    console.print(f"{result.policy.title}:截至 {show_instant(rows.until)}")
    table = Table(box=None, show_header=False, pad_edge=False)
    for label, value in (
        ("留言", f"{found.received}(新收 {rows.opened},原已在库 {rows.unchanged})"),
        ("已回复", str(found.reply_rate)),
        ("时限内回复", str(found.on_time_rate)),
        ("不予受理", str(found.declined)),
        ("黄牌", str(found.yellow_cards)),
        ("红牌", str(found.red_cards)),
        ("未收的行", str(len(rows.rejected))),
    ):
        table.add_row(label, value)
    console.print(table)
    if found.units:
        console.print(ranking(found, result.units, result.policy.ranking.by, 2))
    if rows.unrouted and result.replayed:
        console.print(f"{rows.unrouted} 件未点名任何单位的辖区,交由默认单位承办(可用 --unit 另定)")
    if rows.later:
        console.print(f"{rows.later} 件晚于截止时间,未收")
    for row in rows.rejected[:MOST_SHOWN]:
        console.print(f"第 {row.row} 行未收:{line(row.reason)}")
    if len(rows.rejected) > MOST_SHOWN:
        console.print(f"……另有 {len(rows.rejected) - MOST_SHOWN} 行未收,--json 可见全部")
    console.print(f"用时 {result.seconds:.1f} 秒,每秒 {result.rows_per_second} 行")
