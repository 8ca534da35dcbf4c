"""The evidence of a store in memory: what it would have written, with its links.

Only a real store seals. Here the personal parts of a message are left out of the bodies from the
start, so that the bytes stay as they are when those parts are erased.
"""

from __future__ import annotations

import attrs

from wenzheng_core import chains, wire
from wenzheng_core.domain.events import Record
from wenzheng_core.domain.events.keeping import without_personal
from wenzheng_core.domain.messages import PARTS
from wenzheng_core.memory.rows import Rows
from wenzheng_core.storing import Entry, Evidence, Head, LineEvidence


@attrs.define(eq=False)
class Chains:
    """The chains of one tenant, counted as far as they were asked for."""

    _tenant: str
    _rows: Rows
    records: list[Evidence] = attrs.field(factory=list, init=False)
    lines: list[LineEvidence] = attrs.field(factory=list, init=False)
    _case_links: dict[str, bytes] = attrs.field(factory=dict, init=False)

    def head(self) -> Head:
        """Where they end."""
        return Head(
            position=len(self.records),
            link=self.records[-1].link if self.records else b"",
            lines=len(self.lines),
            line_link=self.lines[-1].link if self.lines else b"",
        )

    def count_on(self) -> None:
        """Link what was committed since."""
        for case_id, version in self._rows.journal[len(self.records) :]:
            self._add(self._rows.records[case_id][version - 1])
        for key in self._rows.lines[len(self.lines) :]:
            self._add_line(self._rows.diary[key])

    def _add(self, record: Record) -> None:
        event = without_personal(record.event, PARTS)
        bare = Evidence(
            position=len(self.records) + 1,
            case_id=record.case_id,
            version=record.version,
            kind=type(event).__name__,
            form=wire.CURRENT,
            at=record.at,
            actor=record.actor,
            body=wire.to_json(wire.event_to_dict(event)).encode(),
            digest=chains.DEFAULT,
            case_link=b"",
            link=b"",
        )
        previous = self._case_links.get(record.case_id, b"")
        case_link = chains.case_link(previous, self._tenant, bare)
        chained = attrs.evolve(bare, case_link=case_link)
        self._case_links[record.case_id] = case_link
        self.records.append(attrs.evolve(chained, link=chains.link(self.head().link, chained)))

    def _add_line(self, entry: Entry) -> None:
        bare = LineEvidence(
            number=len(self.lines) + 1,
            key=entry.key,
            at=entry.at,
            body=wire.to_json(entry.body).encode(),
            digest=chains.DEFAULT,
            link=b"",
        )
        link = chains.line_link(self.head().line_link, self._tenant, bare)
        self.lines.append(attrs.evolve(bare, link=link))
