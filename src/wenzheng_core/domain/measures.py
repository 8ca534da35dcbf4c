"""Rates and rankings: folds over cases, each rate with its denominator.

The period says which messages count, ``as_of`` up to when their handling is looked at: the bulletin
of a month is counted some days after its end. Nothing here changes what happened; a case that was
reopened was still answered, a card that was withdrawn was still shown and is counted apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

import attrs

from wenzheng_core.domain.cases import Case, Clock, Holding
from wenzheng_core.domain.escalation import Act
from wenzheng_core.domain.instants import Period, utc
from wenzheng_core.domain.policies import Milestone, RankingRule

SATISFIED = 4
"""Ratings from here on count as satisfied (a choice: 4 and 5 of 5)."""


@attrs.frozen
class Ratio:
    """A part of a whole; the numbers are kept, the percentage is only written."""

    part: int
    whole: int

    @property
    def value(self) -> Decimal | None:
        """Exact quotient in per cent; None where the whole is empty."""
        return Decimal(self.part * 100) / Decimal(self.whole) if self.whole else None

    def percent(self, digits: int = 2) -> str:
        """Per cent to so many decimals, half up: ``99.73%``; 「—」 where the whole is empty."""
        if self.value is None:
            return "—"
        return f"{self.value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)}%"

    def __str__(self) -> str:
        return f"{self.percent()}({self.part}/{self.whole})"


@attrs.frozen(kw_only=True)
class UnitFigures:
    """What one unit answers for: its own clocks that began in the period, or its holdings.

    Attributes:
        rank: place in the bulletin; units that no measure tells apart share a place.
        handled: assignments that began in the period (办理量).
        completed: of these, reported by ``as_of``.
        on_time, late: of these, ended before due; due and not ended before.
        yellow_cards, red_cards: cards shown on them by ``as_of``; withdrawn: of these, withdrawn.
    """

    unit: str
    handled: int = 0
    completed: int = 0
    on_time: int = 0
    late: int = 0
    yellow_cards: int = 0
    red_cards: int = 0
    withdrawn: int = 0
    rank: int = 0

    @property
    def completion_rate(self) -> Ratio:
        """办结率: completed of handled."""
        return Ratio(self.completed, self.handled)

    @property
    def on_time_rate(self) -> Ratio:
        """按时办结率: ended before due, of those that were ended or due by ``as_of``."""
        return Ratio(self.on_time, self.on_time + self.late)


@attrs.frozen(kw_only=True)
class Figures:
    """A period's figures.

    Attributes:
        received: messages received in the period.
        merged: of these, merged into others; they are in no rate.
        declined: of these, not accepted (each with its answer).
        replied: of these, answered by ``as_of``, with declined ones where their reason counts.
        within, late: by the main clock: answered before due; due and not answered before.
        rated, satisfied: ratings given; ratings of 4 and 5.
        yellow_cards, red_cards: cards shown on these messages by ``as_of``.
        units: in the order of their ranks.
    """

    period: Period
    as_of: datetime
    received: int
    merged: int
    declined: int
    replied: int
    within: int
    late: int
    rated: int
    satisfied: int
    yellow_cards: int
    red_cards: int
    units: tuple[UnitFigures, ...]

    @property
    def reply_rate(self) -> Ratio:
        """回复率: replied of received, merged ones left out of both."""
        return Ratio(self.replied, self.received - self.merged)

    @property
    def on_time_rate(self) -> Ratio:
        """按时回复率: within the main clock's limit, of those answered or due by ``as_of``."""
        return Ratio(self.within, self.within + self.late)

    @property
    def satisfaction(self) -> Ratio:
        """满意率: satisfied of rated."""
        return Ratio(self.satisfied, self.rated)


RANKED_BY = {
    "completion_rate": "办结率",
    "on_time_rate": "按时办结率",
    "handled": "办理量",
    "red_cards": "红牌",
    "yellow_cards": "黄牌",
}
"""Measures by which a policy may rank; cards count the fewer the better."""


@attrs.define
class _Sums:
    """The running totals of one fold."""

    counts: dict[str, int] = attrs.field(factory=dict)
    units: dict[str, dict[str, int]] = attrs.field(factory=dict)

    def add(self, name: str, wanted: bool = True) -> None:
        self.counts[name] = self.counts.get(name, 0) + wanted

    def add_unit(self, unit: str, name: str, n: int = 1) -> None:
        sums = self.units.setdefault(unit, {})
        sums[name] = sums.get(name, 0) + n


def figures(
    cases: Iterable[Case], period: Period, as_of: datetime, main_clock: str, ranking: RankingRule
) -> Figures:
    """The figures of a period, in one pass. ``cases`` may hold cases of other periods too.

    A unit's figures count the assignments that began in the period, whenever the message came.
    """
    sums, at = _Sums(), utc(as_of)
    for case in cases:
        if case.opened in period:
            _count_case(sums, case, at, main_clock)
        _count_units(sums, case, period, at)
    units = [UnitFigures(unit=unit, **counts) for unit, counts in sums.units.items()]
    names = ("received", "merged", "declined", "replied", "within", "late", "rated", "satisfied")
    totals = {name: sums.counts.get(name, 0) for name in (*names, "yellow_cards", "red_cards")}
    return Figures(period=period, as_of=at, units=_ranked(units, ranking), **totals)


def _count_case(sums: _Sums, case: Case, at: datetime, main_clock: str) -> None:
    merged = _by(case.merged, at)
    sums.add("received")
    sums.add("merged", merged)
    sums.add("declined", _by(case.declined, at))
    for act, name in ((Act.YELLOW_CARD, "yellow_cards"), (Act.RED_CARD, "red_cards")):
        for card in case.cards(act):
            sums.add(name, card.scheduled <= at)
    if merged:
        return
    sums.add("replied", _by(case.reached.get(Milestone.PUBLISHED), at))
    if case.rating is not None and _by(case.rated, at):
        sums.add("rated")
        sums.add("satisfied", case.rating >= SATISFIED)
    outcomes = [_outcome(clock, at) for clock in _answering(case, main_clock)]
    late = any(late for late, _ in outcomes)
    sums.add("late", late)
    sums.add("within", not late and any(met for _, met in outcomes))


def _by(instant: datetime | None, at: datetime) -> bool:
    return instant is not None and instant <= at


def _answering(case: Case, main_clock: str) -> list[Clock]:
    """The starts of the main clock up to the first answer: the case's own, or its leads'."""
    answered = case.reached.get(Milestone.PUBLISHED)
    leads = [h for h in case.holdings if h.lead]
    return [
        clock
        for clock in case.clocks
        if clock.id == main_clock
        and (answered is None or clock.started < answered)
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


def _count_units(sums: _Sums, case: Case, period: Period, at: datetime) -> None:
    for holding in case.holdings:
        if holding.since in period:
            _count_holding(sums, case, holding, at)


def _count_holding(sums: _Sums, case: Case, holding: Holding, at: datetime) -> None:
    unit = holding.unit
    if holding.cause != "merged":  # the matter went on elsewhere: nothing was left to complete
        sums.add_unit(unit, "handled")
        sums.add_unit(unit, "completed", holding.reported is not None and holding.reported <= at)
    clocks = [c for c in case.clocks if c.unit == unit and _within(c.started, holding)]
    outcomes = [_outcome(clock, at) for clock in clocks]
    if any(late for late, _ in outcomes):
        sums.add_unit(unit, "late")
    elif any(met for _, met in outcomes):
        sums.add_unit(unit, "on_time")
    keys = {clock.key for clock in clocks}
    for card in case.ladder:
        if (card.clock, card.unit, card.epoch) not in keys or card.scheduled > at:
            continue
        name = {Act.YELLOW_CARD: "yellow_cards", Act.RED_CARD: "red_cards"}.get(card.act)
        if name:
            sums.add_unit(unit, name)
            sums.add_unit(unit, "withdrawn", _by(card.withdrawn_at, at))


def _within(started: datetime, holding: Holding) -> bool:
    return holding.since <= started and (holding.until is None or started < holding.until)


def _ranked(units: list[UnitFigures], rule: RankingRule) -> tuple[UnitFigures, ...]:
    def key(unit: UnitFigures) -> tuple[Decimal, ...]:
        return tuple(_better_first(unit, name) for name in rule.by)

    ordered = sorted(units, key=lambda unit: (key(unit), unit.unit))
    ranked: list[UnitFigures] = []
    for place, unit in enumerate(ordered, start=1):
        tied = ranked and key(ranked[-1]) == key(unit)
        ranked.append(attrs.evolve(unit, rank=ranked[-1].rank if tied else place))
    return tuple(ranked)


def _better_first(unit: UnitFigures, name: str) -> Decimal:
    value = getattr(unit, name)
    if isinstance(value, Ratio):
        return -(value.value if value.value is not None else Decimal(-1))
    return Decimal(value) if name.endswith("_cards") else Decimal(-value)
