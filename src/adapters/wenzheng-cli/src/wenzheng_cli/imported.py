"""What an import did: the rows as they pass by, and the account of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import attrs

from wenzheng_cli.terminal import print_ranking, terminal
from wenzheng_cli.writing import instant, line, unit_documents
from wenzheng_core import Case, Figures, Office, Period, Policy, Units
from wenzheng_core.domain.instants import show_instant
from wenzheng_core.domain.messages import RecordedMessage, RejectedRow
from wenzheng_core.domain.workflow import OPEN
from wenzheng_core.questions import case_id_of

ALWAYS = Period(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
BATCH = 200
MOST_SHOWN = 20

Row = RecordedMessage | RejectedRow


@attrs.define
class Rows:
    """The rows as they pass by: what was there, what is rejected, what no unit's area names."""

    office: Office
    until: datetime
    replayed: bool
    opened: int = 0
    unchanged: int = 0
    unrouted: int = 0
    unanswered: int = 0
    later: int = 0
    rejected: list[RejectedRow] = attrs.field(factory=list)
    _passing: deque[tuple[Row, Case | None]] = attrs.field(factory=deque)
    _seen: set[bytes] = attrs.field(factory=set)

    def watched(self, rows: Iterable[Row]) -> Iterator[Row]:
        """The rows, each remembered with its case of before until it comes back lived."""
        rest = iter(rows)
        while chunk := list(islice(rest, BATCH)):
            with self.office.storage.transaction() as transaction:
                there = transaction.cases([self._case_id(row) for row in chunk])
            for row in chunk:
                self._passing.append((row, there.get(self._case_id(row))))
                yield row

    def cases(self, lived: Iterable[Case | RejectedRow]) -> Iterator[Case]:
        """The cases alone, each once; the rejected rows are put aside."""
        for item in lived:
            row, before = self._passing.popleft()  # one comes back for each row, in their order
            if isinstance(item, RejectedRow):
                self.rejected.append(item)
                self.later += isinstance(row, RecordedMessage) and self._is_later(row)
                continue
            self.unanswered += self.replayed and self._lacks_reply(row, item)
            key = bytes.fromhex(item.id)
            if key in self._seen:
                continue
            self._seen.add(key)
            self.unchanged += before is not None
            self.opened += before is None
            self.unrouted += self.replayed and before is None and self._names_no_unit(row)
            yield item

    def _case_id(self, row: Row) -> str:
        if isinstance(row, RejectedRow):
            return ""
        return case_id_of(self.office.storage.tenant, row.message.source, row.message.external_id)

    def _is_later(self, row: RecordedMessage) -> bool:
        return row.message.posted_at > self.until

    def _lacks_reply(self, row: Row, case: Case) -> bool:
        """Whether the file has a reply that the store's case could not take any more."""
        reply = None if isinstance(row, RejectedRow) else row.reply
        return reply is not None and reply.published_at <= self.until and case.state in OPEN

    def _names_no_unit(self, row: Row) -> bool:
        if isinstance(row, RejectedRow):
            return False
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

    @property
    def rows_per_second(self) -> int:
        """Rows that were read, by the seconds that it took."""
        read = self.figures.received + len(self.rows.rejected)
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
            "unrouted": rows.unrouted,
            "unanswered_in_store": rows.unanswered,
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

    def say(text: str) -> None:
        console.print(text, soft_wrap=True)

    found, rows = result.figures, result.rows
    say(f"{result.policy.title}:截至 {show_instant(rows.until)}")
    for label, value in (
        ("留言", f"{found.received}(新收 {rows.opened},原已在库 {rows.unchanged})"),
        ("已回复", str(found.reply_rate)),
        ("时限内回复", str(found.on_time_rate)),
        ("不予受理", str(found.declined)),
        ("黄牌", str(found.yellow_cards)),
        ("红牌", str(found.red_cards)),
        ("未收的行", str(len(rows.rejected))),
    ):
        say(f"{label}:{value}")
    if found.units:
        print_ranking(console, found, result.units, result.policy.ranking.by, 2)
    if rows.unanswered:
        say(
            f"{rows.unanswered} 件已在库,其公开回复未能补录:库中另有经办人的记录,"
            "或有晚于该回复的记录(如已亮的牌),未作改动;可用新库从头重演"
        )
    if rows.unrouted:
        say(f"{rows.unrouted} 件未点名任何单位的辖区,交由默认单位承办(可用 --unit 另定)")
    if rows.later:
        say(f"未收的行中 {rows.later} 件晚于截止时间")
    for row in rows.rejected[:MOST_SHOWN]:
        say(f"第 {row.row} 行未收:{line(row.reason)}")
    if len(rows.rejected) > MOST_SHOWN:
        say(f"……另有 {len(rows.rejected) - MOST_SHOWN} 行未收,--json 可见全部")
    say(f"用时 {result.seconds:.1f} 秒,每秒 {result.rows_per_second} 行")
