"""One run of a schedule: what it counts, what it says of that to whom, and its line in the diary."""

from __future__ import annotations

from datetime import datetime

import attrs

from wenzheng_core.diary import run_key, stamp
from wenzheng_core.domain.announcements import bulletin_text, duty_text, listing_text
from wenzheng_core.domain.cadences import Duty
from wenzheng_core.domain.escalation import OFFICE
from wenzheng_core.domain.figuring import FiguresCount
from wenzheng_core.domain.instants import Period, last_day_before
from wenzheng_core.domain.listings import COUNTED, ListingCount
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.schedules import ReportKind, Schedule, handed_over_at
from wenzheng_core.domain.units import Units
from wenzheng_core.ports import JSON, Entry

OF_FIGURES = frozenset(
    {
        ReportKind.MONTHLY_REPORT,
        ReportKind.BULLETIN,
        ReportKind.ASSESSMENT,
        ReportKind.STATISTICS,
        ReportKind.ANNUAL_SUMMARY,
    }
)
"""Kinds that tell of rates; all others list what is open."""

Count = ListingCount | FiguresCount


@attrs.frozen
class Said:
    """What a run says: its counts, its text and to whom it goes, and what it counted by unit."""

    counts: dict[str, int]
    text: str
    to: tuple[str, ...]
    units: tuple[dict[str, JSON], ...] = ()


@attrs.frozen
class Run:
    """A run of a schedule, by the policy in force then; it tells of the receipts of its window."""

    policy: Policy
    schedule: Schedule
    at: datetime
    window: Period

    @property
    def key(self) -> str:
        """The key of its line in the diary."""
        return run_key(self.schedule.id, self.at)

    @property
    def handed_over(self) -> datetime:
        """When it goes to those whom it is for."""
        return handed_over_at(self.schedule, self.at)

    def count(self) -> Count:
        """What counts the cases for it."""
        if self.schedule.kind in OF_FIGURES:
            return FiguresCount(self.window, self.at, self.policy)
        return ListingCount(self.window, self.at, self.policy.main_clock)

    def said(self, count: Count, units: Units, *, unread: int = 0) -> Said:
        """What it says when all the cases are counted, and how many could not be read."""
        said = self._counted(count, units)
        if not unread:
            return said
        text = f"{said.text}另有{unread}件无法读取,未计入。"
        return attrs.evolve(said, text=text, counts={**said.counts, "unread": unread})

    def _counted(self, count: Count, units: Units) -> Said:
        kind, to = self.schedule.kind, self.schedule.to
        if isinstance(count, FiguresCount):
            found = count.figures()
            titles = [rule.title for rule in self.policy.measures]
            text = bulletin_text(kind.label, found, units, titles)
            return Said(dict(found.counts), text, to, tuple(map(attrs.asdict, found.units)))
        listed = count.listing(unit.id for unit in units)
        text = listing_text(kind.label, listed, units, ranking=kind is ReportKind.RANKING)
        counts = {name: getattr(listed, name) for name in COUNTED}
        busy = (attrs.asdict(line) for line in listed.units if line.late or line.unanswered)
        return Said(counts, text, to, tuple(busy))

    def polled(self, missing: int) -> Said:
        """What it says of a polling duty; of one that was done nobody is told."""
        cadence, day = self.schedule.cadence, last_day_before(self.at)
        due = cadence.times_per_day if isinstance(cadence, Duty) else 0
        text = duty_text(self.schedule.kind.label, day, due, missing)
        counts = {"due": due, "missing": missing}
        return Said(counts, text, (self.schedule.to or (OFFICE,)) if missing else ())

    def entry(self, said: Said) -> Entry:
        """Its line in the diary, of the instant at which it was due."""
        body: dict[str, JSON] = {
            "schedule": self.schedule.id,
            "kind": self.schedule.kind.value,
            "policy": self.policy.version,
            "first": stamp(self.window.first),
            "until": stamp(self.window.until),
            "handed_over": stamp(self.handed_over),
            "to": said.to,
            "counts": said.counts,
            "units": said.units,
        }
        return Entry(self.key, self.at, body)
