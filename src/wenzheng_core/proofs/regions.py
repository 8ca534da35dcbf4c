"""The meaning of two versions side by side: what each clock and each rung comes to, cell by cell.

"Later" and "earlier" are said of the new version. Every clock is counted as if its start event came
at one instant under both; one that must end inside another is counted as if both began at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum

import attrs

from wenzheng_core.domain.calendars import Calendar
from wenzheng_core.domain.escalation import Rung, write_moment
from wenzheng_core.domain.limits import write_limit
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.tables import Facts
from wenzheng_core.proofs.cells import (
    Pair,
    Side,
    asked_by,
    cells,
    clock_of,
    facts_in,
    side,
    titles,
    values_of,
)
from wenzheng_core.proofs.meanings import Comparison, Example, Term, Verdict, compare
from wenzheng_core.proofs.rectangles import Rectangle, merged, write_rectangle
from wenzheng_core.proofs.replaying import due_again, require_reproduced, rung_again


class Aspect(StrEnum):
    """What of a clock is compared: when it is due, when at the longest extension, when a rung fires."""

    DUE = "due"
    LONGEST = "longest"
    RUNG = "rung"

    @property
    def label(self) -> str:
        """The Chinese word."""
        return {Aspect.DUE: "到期", Aspect.LONGEST: "延期到顶", Aspect.RUNG: "阶梯"}[self]


@attrs.frozen(kw_only=True)
class Region:
    """Cells of one clock, or of one rung, in which both versions say the same and compare alike.

    Attributes:
        id: of the clock or of the rung; title: what an officer calls it.
        rectangles: the cells, disjoint; cells: how many they are; scope: the same in Chinese.
        old, new: what each version says there, in Chinese.
        start: the Chinese word of the event from which it counts; "" where the versions differ.
        facts: the first of the cells, of which the examples are.
    """

    aspect: Aspect
    id: str
    title: str
    rectangles: tuple[Rectangle, ...]
    cells: int
    scope: str
    old: str
    new: str
    start: str
    facts: Mapping[str, str]
    comparison: Comparison

    @property
    def verdict(self) -> Verdict:
        """How the new version stands to the old one."""
        return self.comparison.verdict


def _alone(verdict: Verdict) -> Comparison:
    return Comparison(verdict=verdict)


def compare_sides(
    old: Side | None, new: Side | None, terms: tuple[Term | None, Term | None], calendar: Calendar
) -> Comparison:
    """What comes of a cell, of which each version gives a term or none."""
    if old is None or new is None:
        return _alone(Verdict.ONLY_NEW if old is None else Verdict.ONLY_OLD)
    promises = [s.row.promise if s.row else None for s in (old, new)]
    if promises[0] is not promises[1]:
        return _alone(Verdict.OTHER_KIND)
    before, after = terms
    if before is None or after is None:
        both = before is None and after is None
        return _alone(Verdict.EQUAL if both else Verdict.GAINED if before is None else Verdict.LOST)
    return (
        compare(before, after, calendar) if old.span == new.span else _alone(Verdict.OTHER_EVENTS)
    )


# Clocks


def meaning(pair: Pair, calendar: Calendar) -> Iterator[Region]:
    """Every clock of either version, in the old one's order: when due, then when at the longest."""
    for clock_id in dict.fromkeys(clock.id for policy in pair for clock in policy.clocks):
        having = [policy for policy in pair if clock_of(policy, clock_id)]
        values = values_of(having, [c for policy in having for c in asked_by(policy, clock_id)])
        title = (clock_of(pair[1], clock_id) or pair[0].clock(clock_id)).title
        due, longest = _Lots(pair, values, calendar), _Lots(pair, values, calendar)
        for cell in cells(values):
            old, new = (side(policy, clock_id, cell) for policy in pair)
            start = _start(old, new)
            terms = (old.term if old else None, new.term if new else None)
            due.put(cell, _said(old), _said(new), start, compare_sides(old, new, terms, calendar))
            if (old and old.longest) or (new and new.longest):
                found = compare_sides(old, new, (_latest(old), _latest(new)), calendar)
                longest.put(cell, _most(old), _most(new), start, found)
        yield from due.regions(Aspect.DUE, clock_id, title)
        yield from longest.regions(Aspect.LONGEST, clock_id, title)


def _said(found: Side | None) -> str:
    return found.text if found else "没有这一类"


def _latest(found: Side | None) -> Term | None:
    return (found.longest or found.term) if found else None


def _most(found: Side | None) -> str:
    if found is None or found.longest is None or found.longest.more is None:
        return f"{_said(found)};不能延期"
    return f"{found.text};可延{write_limit(found.longest.more)}"


def _start(old: Side | None, new: Side | None) -> str:
    found = {s.clock.starts_in(s.row).label for s in (old, new) if s and s.clock and s.row}
    return next(iter(found)) if len(found) == 1 else ""


# Rungs


def ladder(pair: Pair, calendar: Calendar) -> Iterator[Region]:
    """Every rung of either version, in the old one's order; without cells that have it in neither."""
    for rung_id in dict.fromkeys(rung.id for policy in pair for rung in policy.rungs):
        rungs = [next((r for r in policy.rungs if r.id == rung_id), None) for policy in pair]
        having = [(policy, rung) for policy, rung in zip(pair, rungs, strict=True) if rung]
        asked = [c for p, r in having for c in (*r.conditions, *asked_by(p, r.clock))]
        values = values_of([policy for policy, _ in having], asked)
        lots = _Lots(pair, values, calendar)
        for cell in cells(values):
            old, new = (_step(p, r, cell) for p, r in zip(pair, rungs, strict=True))
            if old.term or new.term:
                start = _start(old.side, new.side)
                lots.put(cell, old.text, new.text, start, _stepped(old, new, calendar))
        named = rungs[1] or rungs[0]
        yield from lots.regions(Aspect.RUNG, rung_id, named.act.label if named else "")


@attrs.frozen
class _Step:
    """A rung in a cell; ``term`` is None where it does not stand."""

    side: Side | None
    term: Term | None
    text: str
    known: bool = True
    clock: str = ""


def _step(policy: Policy, rung: Rung | None, cell: Facts) -> _Step:
    if rung is None:
        return _Step(None, None, "没有这一级")
    facts = facts_in(policy, cell)
    if facts is None:
        return _Step(None, None, "没有这一类", known=False)
    found = side(policy, rung.clock, cell)
    if found is None or found.row is None or found.term is None or not rung.applies(facts):
        return _Step(found, None, "这一类不适用")
    if found.row.soft and rung.act.spares_soft_limits:
        return _Step(found, None, "时限为一般要求,不适用")
    term = attrs.evolve(found.term, rung=rung.at)
    what = f"「{policy.title_of(rung.clock)}」{write_moment(rung.at)}{rung.act.label}"
    return _Step(found, term, f"{what}({found.text})", clock=rung.clock)


def _stepped(old: _Step, new: _Step, calendar: Calendar) -> Comparison:
    if not (old.known and new.known):
        return _alone(Verdict.ONLY_OLD if old.known else Verdict.ONLY_NEW)
    if old.term is None or new.term is None:
        return _alone(Verdict.GAINED if old.term is None else Verdict.LOST)
    if old.clock != new.clock:
        return _alone(Verdict.OTHER_EVENTS)
    return compare_sides(old.side, new.side, (old.term, new.term), calendar)


# Putting cells together

_Key = tuple[str, str, str, Comparison]


@attrs.frozen
class _Lots:
    """Cells of one clock or rung, by what is said of them."""

    pair: Pair
    values: Mapping[str, tuple[str, ...]]
    calendar: Calendar
    lots: dict[_Key, list[dict[str, str]]] = attrs.field(factory=dict)

    def put(
        self, cell: dict[str, str], old: str, new: str, start: str, comparison: Comparison
    ) -> None:
        self.lots.setdefault((old, new, start, comparison), []).append(cell)

    def regions(self, aspect: Aspect, of: str, title: str) -> Iterator[Region]:
        for (old, new, start, comparison), cells_ in self.lots.items():
            rectangles = merged(cells_, self.values)
            again = self._again(aspect, of, cells_[0])
            yield Region(
                aspect=aspect,
                id=of,
                title=title,
                rectangles=rectangles,
                cells=len(cells_),
                scope=";或".join(write_rectangle(x, titles(self.pair)) for x in rectangles),
                old=old,
                new=new,
                start=start,
                facts=cells_[0],
                comparison=_reproduced(comparison, again),
            )

    def _again(self, aspect: Aspect, of: str, cell: Facts) -> Callable[[Example], Example]:
        def by_engine(policy: Policy, start: datetime) -> datetime | None:
            if aspect is Aspect.RUNG:
                return rung_again(policy, of, cell, start, self.calendar)
            longest = aspect is Aspect.LONGEST
            found = due_again(policy, of, cell, start, self.calendar, longest=longest)
            return found.due if found else None

        def again(example: Example) -> Example:
            old, new = (by_engine(policy, example.start) for policy in self.pair)
            return require_reproduced(example, old, new)

        return again


def _reproduced(comparison: Comparison, again: Callable[[Example], Example]) -> Comparison:
    for example in (comparison.first_earlier, comparison.first_later, comparison.largest):
        if example is not None:
            again(example)
    return comparison
