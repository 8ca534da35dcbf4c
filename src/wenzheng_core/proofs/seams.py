"""Where two versions meet: receipts of which the later is due earlier, because another rule holds.

That is lawful, for each receipt counts by the version in force when it came; but those who stand at
the counter must know it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, time, timedelta

import attrs

from wenzheng_core.domain.calendars import Calendar
from wenzheng_core.domain.instants import at_local
from wenzheng_core.domain.policies import Policy
from wenzheng_core.proofs.cells import Pair, Side, asked_by, cells, side, titles, values_of
from wenzheng_core.proofs.meanings import NEVER, Term, instant
from wenzheng_core.proofs.rectangles import Rectangle, merged, write_rectangle
from wenzheng_core.proofs.replaying import due_again

_LAST = time(23, 59)
_MOST_DAYS = 3650


@attrs.frozen(kw_only=True)
class Seam:
    """One clock, in cells in which a receipt after the seam overtakes one from before it.

    Attributes:
        before, after: the last receipt by the old version, and the first by the new one.
        due_before, due_after: what they are due; the later one is due earlier.
        days: on how many days from the seam on a receipt is due earlier than that last one.
    """

    clock: str
    title: str
    rectangles: tuple[Rectangle, ...]
    scope: str
    facts: Mapping[str, str]
    before: datetime
    after: datetime
    due_before: datetime
    due_after: datetime
    days: int


def seams(old: Policy, new: Policy, calendar: Calendar) -> tuple[Seam, ...]:
    """Every inversion at the day from which ``new`` is in force, clock by clock.

    None where the two do not follow one another: they are of different cities, or ``new`` does not
    begin after ``old``; and none where the calendar does not settle both dues.
    """
    if old.id != new.id or new.valid_from <= old.valid_from:
        return ()
    first = calendar.first <= new.valid_from - timedelta(days=1)
    if not first or new.valid_from >= calendar.settled_until:
        return ()
    return tuple(_seams((old, new), calendar))


def _seams(pair: Pair, calendar: Calendar) -> Iterator[Seam]:
    old, new = pair
    before = at_local(new.valid_from - timedelta(days=1), _LAST)
    for clock in old.clocks:
        values = values_of(pair, [c for policy in pair for c in asked_by(policy, clock.id)])
        lots: dict[tuple[Term, Term], list[dict[str, str]]] = {}
        for cell in cells(values):
            if terms := _comparable(side(old, clock.id, cell), side(new, clock.id, cell)):
                lots.setdefault(terms, []).append(cell)
        for terms, found in lots.items():
            if terms[0] == terms[1]:
                continue  # by one rule no receipt overtakes another: that is property D7
            days = _overtaking(terms, before, new, calendar)
            if not days:
                continue
            after = at_local(new.valid_from)
            dues = _dues(pair, clock.id, found[0], (before, after), calendar)
            rectangles = merged(found, values)
            yield Seam(
                clock=clock.id,
                title=clock.title,
                rectangles=rectangles,
                scope=";或".join(write_rectangle(x, titles(pair)) for x in rectangles),
                facts=found[0],
                before=before,
                after=after,
                due_before=dues[0],
                due_after=dues[1],
                days=days,
            )


def _comparable(old: Side | None, new: Side | None) -> tuple[Term, Term] | None:
    if old is None or new is None or old.term is None or new.term is None:
        return None
    return (old.term, new.term) if old.span == new.span else None


def _overtaking(terms: tuple[Term, Term], before: datetime, new: Policy, calendar: Calendar) -> int:
    """On how many days from the seam on a receipt is due earlier than the last one before it."""
    due = instant(terms[0], before, calendar)
    days = 0
    while due is not None and days < _MOST_DAYS:
        found = instant(terms[1], at_local(new.valid_from + timedelta(days=days)), calendar)
        if found is None or found == NEVER or found >= due:
            break
        days += 1
    return days


def _dues(
    pair: Pair,
    clock_id: str,
    cell: Mapping[str, str],
    starts: tuple[datetime, datetime],
    calendar: Calendar,
) -> tuple[datetime, datetime]:
    """Both dues, decided again by the engine; RuntimeError if the later one does not overtake."""
    found = [
        due_again(policy, clock_id, cell, start, calendar, longest=False)
        for policy, start in zip(pair, starts, strict=True)
    ]
    if found[0] is None or found[1] is None or found[1].due >= found[0].due:
        raise RuntimeError(f"接缝处的例子未能在引擎上重现:{clock_id} {dict(cell)} {found}")
    return found[0].due, found[1].due
