"""Counting: folds over cases that give the figures of a period and rank the units.

The period says which messages count, ``as_of`` up to when their handling is looked at: the bulletin
of a month is counted some days after its end. Nothing here changes what happened; a case that was
reopened was still answered, a card that was withdrawn was still shown and is counted apart.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import attrs

from wenzheng_core.domain.cases import Case, Clock, Holding
from wenzheng_core.domain.escalation import Act
from wenzheng_core.domain.instants import Period, utc
from wenzheng_core.domain.measures import Figures, Ratio, UnitFigures, rate_by_ground
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.provisions import COUNTS, RankingRule

SATISFIED = 4
"""Ratings from here on count as satisfied (a choice: 4 and 5 of 5)."""

_CARDS = {Act.YELLOW_CARD: "yellow_cards", Act.RED_CARD: "red_cards"}


@attrs.define
class _Sums:
    """The running totals of one fold: of the messages, by ground of declining, and by unit."""

    counts: Counter[str] = attrs.field(factory=Counter)
    grounds: defaultdict[str, Counter[str]] = attrs.field(factory=lambda: defaultdict(Counter))
    units: defaultdict[str, Counter[str]] = attrs.field(factory=lambda: defaultdict(Counter))


def figures(cases: Iterable[Case], period: Period, as_of: datetime, policy: Policy) -> Figures:
    """The figures of a period by a policy's measures, in one pass.

    ``cases`` may hold cases of other periods too, and of other versions of the policy.
    A unit's figures count the assignments that began in the period, whenever the message came.
    """
    sums, at = _Sums(), utc(as_of)
    for case in cases:
        if case.opened in period:
            _count_case(sums, case, at, policy.main_clock)
        for holding in case.holdings:
            if holding.since in period:
                sums.units[holding.unit].update(_of_holding(case, holding, at))
    fields: dict[str, Any] = {
        "within" if name == "on_time" else name: n for name, n in sums.counts.items()
    }
    units = [UnitFigures(unit=unit, **counts) for unit, counts in sums.units.items()]
    found = Figures(period=period, as_of=at, **fields)
    rates = {rule.id: rate_by_ground(rule, found.counts, sums.grounds) for rule in policy.measures}
    ordered = ranked(units, policy.ranking)
    return attrs.evolve(found, grounds=sums.grounds, rates=rates, units=ordered)


# Messages


def _count_case(sums: _Sums, case: Case, at: datetime, main_clock: str) -> None:
    found = Counter(name for name, wanted in _of_case(case, at, main_clock) if wanted)
    sums.counts.update(found)
    if _by(case.declined, at):
        sums.grounds[case.decline_reason].update(n for n in found if n in COUNTS)
    for act, name in _CARDS.items():
        sums.counts[name] += sum(card.scheduled <= at for card in case.cards(act))


def _of_case(case: Case, at: datetime, main_clock: str) -> Iterator[tuple[str, bool]]:
    """The counts that a message may be in, and whether it is in them."""
    merged, declined = _by(case.merged, at), _by(case.declined, at)
    yield "received", True
    yield "merged", merged
    if merged:
        return
    replied = _by(case.answered, at)
    yield "declined", declined
    yield "valid", not declined
    yield "accepted", _reached(case, Milestone.ACCEPTED, at)
    yield "responded", replied or _reached(case, Milestone.CONTACTED, at)
    yield "replied", replied
    public = _by(case.reached.get(Milestone.PUBLISHED), at) and case.public
    yield "published", public and not declined
    yield "resolved", _reached(case, Milestone.RESOLVED, at)
    yield "returned", any(instant <= at for instant in case.returns)
    rated = case.rating is not None and _by(case.rated, at)
    yield "rated", rated
    yield "satisfied", rated and (case.rating or 0) >= SATISFIED
    yield from _punctual(_answering(case, main_clock), at)


def _by(instant: datetime | None, at: datetime) -> bool:
    return instant is not None and instant <= at


def _reached(case: Case, milestone: Milestone, at: datetime) -> bool:
    """Whether it was reached, in the first opening of the case or in a later one."""
    return any(_by(reached.get(milestone), at) for reached in (case.reached, case.reached_again))


def _punctual(clocks: list[Clock], at: datetime) -> Iterator[tuple[str, bool]]:
    """Late if any of the clocks is, else in time if any was met; soft if no hard one says so."""
    outcomes = [(clock.soft, *_outcome(clock, at)) for clock in clocks]
    late = [soft for soft, late, _ in outcomes if late]
    met = [soft for soft, _, met in outcomes if met]
    yield "late", bool(late)
    yield "late_soft", bool(late) and all(late)
    yield "on_time", bool(met) and not late
    yield "within_soft", bool(met) and not late and all(met)


def _answering(case: Case, main_clock: str) -> list[Clock]:
    """The starts of the main clock up to the first answer: the case's own, or its leads'."""
    answered = case.answered
    leads = [h for h in case.holdings if h.lead]
    return [
        clock
        for clock in case.clocks
        if clock.id == main_clock
        and (answered is None or clock.started <= answered)
        and (
            not clock.unit or any(h.unit == clock.unit and _within(clock.started, h) for h in leads)
        )
    ]


def _outcome(clock: Clock, at: datetime) -> tuple[bool, bool]:
    """Whether a clock was due and not ended before, and whether its stop event ended it."""
    if clock.due is None or clock.started > at:
        return False, False
    met = clock.met and clock.stopped is not None and clock.stopped <= at
    return clock.breached(at), met


# Units


def _of_holding(case: Case, holding: Holding, at: datetime) -> Counter[str]:
    """What an assignment adds to the figures of the unit that held it."""
    clocks = [c for c in case.clocks if c.unit == holding.unit and _within(c.started, holding)]
    keys = {clock.key for clock in clocks}
    shown = [
        card
        for card in case.ladder
        if (card.clock, card.unit, card.epoch) in keys and card.act in _CARDS
        if card.scheduled <= at
    ]
    found = Counter(_CARDS[card.act] for card in shown)
    found["withdrawn"] = sum(_by(card.withdrawn_at, at) for card in shown)
    if holding.cause != "merged":  # the matter went on elsewhere: nothing was left to complete
        found["handled"] = 1
        found["completed"] = int(_by(holding.reported, at))
    if holding.lead:
        found["returned"] = sum(x <= at for x in case.returns if _within(x, holding))
    outcomes = [_outcome(clock, at) for clock in clocks]
    late = any(late for late, _ in outcomes)
    found["late"] = int(late)
    found["on_time"] = int(not late and any(met for _, met in outcomes))
    return found


def _within(instant: datetime, holding: Holding) -> bool:
    return holding.since <= instant and (holding.until is None or instant < holding.until)


# Ranking


def ranked(units: Iterable[UnitFigures], rule: RankingRule) -> tuple[UnitFigures, ...]:
    """The units in the order of their ranks; those that nothing tells apart share a place."""

    def key(unit: UnitFigures) -> tuple[Decimal, ...]:
        return tuple(_better_first(unit, name) for name in rule.by)

    ordered = sorted(units, key=lambda unit: (key(unit), unit.unit))
    places: list[UnitFigures] = []
    for place, unit in enumerate(ordered, start=1):
        tied = places and key(places[-1]) == key(unit)
        places.append(attrs.evolve(unit, rank=places[-1].rank if tied else place))
    return tuple(places)


def _better_first(unit: UnitFigures, name: str) -> Decimal:
    value = getattr(unit, name)
    if isinstance(value, Ratio):
        return -(value.value if value.value is not None else Decimal(-1))
    return Decimal(value) if name.endswith("_cards") else Decimal(-value)
