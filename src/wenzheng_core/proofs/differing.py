"""Two versions of a policy compared: text, meaning, ladder, workflow, open cases, and the seam.

``diff`` says of the new version how it stands to the old one. What it enumerates it enumerates to
the end: every cell, every day that published arrangements settle. Every example is decided again by
the engine, under both versions, before it is given.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum

import attrs

from wenzheng_core.domain.calendars import Calendar
from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.units import Units
from wenzheng_core.proofs.deadends import dead_ends
from wenzheng_core.proofs.impacts import Impact, impact
from wenzheng_core.proofs.meanings import Verdict
from wenzheng_core.proofs.pathways import Pathway, workflow
from wenzheng_core.proofs.regions import Region, ladder, meaning
from wenzheng_core.proofs.seams import Seam, seams
from wenzheng_core.proofs.structuring import Change, structure

FORM = "wenzheng.diff/1"
"""The version of the form in which a diff is written as JSON."""

NAMING = frozenset({"version", "valid_from", "valid_from_choice"})
"""Fields of the head that only name a version: by them alone two versions do not differ."""


class Allow(StrEnum):
    """Which changes may pass: of time, that nothing comes later, or earlier; or any change at all."""

    NOTHING = "nothing"
    NEVER_LATER = "never-later"
    NEVER_EARLIER = "never-earlier"
    ANY = "any"


_FINE = {
    Allow.NOTHING: frozenset({Verdict.EQUAL}),
    Allow.NEVER_LATER: frozenset({Verdict.EQUAL, Verdict.NEVER_LATER, Verdict.GAINED}),
    Allow.NEVER_EARLIER: frozenset({Verdict.EQUAL, Verdict.NEVER_EARLIER, Verdict.LOST}),
}


@attrs.frozen(kw_only=True)
class Named:
    """One of the two versions."""

    id: str
    version: str
    title: str
    digest: str
    valid_from: date


@attrs.frozen(kw_only=True)
class PolicyDiff:
    """All that was found; every part is in a fixed order, and the same for the same two versions.

    Attributes:
        calendar, calendar_digest: by which days; first, until: the settled ones, ``until`` not
            included; days: how many they are.
        structure: entries that the texts have differently.
        meaning: every clock and cell, EQUAL ones included; ladder: every rung likewise.
        workflow: the way of a case, cell by cell; dead_ends: where a case gets stuck that did not.
        seams: receipts of which the later is due earlier, where ``new`` follows on ``old``.
        impact: what would become of the open cases; None if no population was given.
    """

    old: Named
    new: Named
    calendar: str
    calendar_digest: str
    first: date
    until: date
    days: int
    structure: tuple[Change, ...]
    meaning: tuple[Region, ...]
    ladder: tuple[Region, ...]
    workflow: tuple[Pathway, ...]
    dead_ends: tuple[str, ...]
    seams: tuple[Seam, ...]
    impact: Impact | None

    @property
    def equal(self) -> bool:
        """Whether nothing differs but the names of the versions."""
        return not any(map(_counts, self.structure)) and self.same_rules

    @property
    def same_rules(self) -> bool:
        """Whether every case goes the same way at the same times."""
        return self._within(_FINE[Allow.NOTHING])

    def allowed(self, allow: Allow) -> bool:
        """Whether the change is within what may pass.

        Never later, never earlier: of every due instant (at its longest extension too) and of every
        rung; a limit or a rung gained is never later, one lost never earlier. They excuse no change
        of gates, nor of the grounds on which a clock may stand still. A change of words alone (a
        basis, an answer, a measure) is always within.
        """
        return allow is Allow.ANY or self._within(_FINE[allow])

    def exit_code(self, allow: Allow = Allow.NOTHING) -> int:
        """0: equal; 1: changed, within what is allowed; 2: changed otherwise."""
        if self.equal:
            return 0
        return 1 if self.allowed(allow) else 2

    def _within(self, fine: frozenset[Verdict]) -> bool:
        timed = (region.verdict in fine for region in (*self.meaning, *self.ladder))
        ways = (way.verdict is Verdict.EQUAL for way in self.workflow)
        stuck = bool(self.dead_ends)
        return all(timed) and all(ways) and not stuck and not any(map(_pauses, self.structure))


def _counts(change: Change) -> bool:
    return change.kind != "policy" or any(field.name not in NAMING for field in change.fields)


_WORDS = frozenset({"title", "basis", "choice"})


def _pauses(change: Change) -> bool:
    words_alone = bool(change.fields) and all(field.name in _WORDS for field in change.fields)
    return change.kind == "pause" and not words_alone


def diff(
    v1: Policy,
    v2: Policy,
    calendar: Calendar,
    *,
    population: Iterable[Case] | None = None,
    as_of: datetime | None = None,
    units: Units = Units(),
) -> PolicyDiff:
    """How ``v2`` differs from ``v1``, counted by one calendar.

    ``population``: cases as a store holds them; the open ones under ``v1`` are counted again by
    ``v2``, and ``as_of`` is the instant by which it is told which of them would be overdue at once.
    ``units`` are those of the city, among whom the workflow is explored.
    """
    pair = v1, v2
    return PolicyDiff(
        old=_named(v1),
        new=_named(v2),
        calendar=calendar.name,
        calendar_digest=calendar.digest,
        first=calendar.first,
        until=calendar.settled_until,
        days=(calendar.settled_until - calendar.first).days,
        structure=structure(v1, v2),
        meaning=tuple(meaning(pair, calendar)),
        ladder=tuple(ladder(pair, calendar)),
        workflow=tuple(workflow(pair)),
        dead_ends=dead_ends(pair, units),
        seams=seams(v1, v2, calendar),
        impact=None if population is None else impact(pair, calendar, population, as_of),
    )


def _named(policy: Policy) -> Named:
    return Named(
        id=policy.id,
        version=policy.version,
        title=policy.title,
        digest=policy.digest,
        valid_from=policy.valid_from,
    )
