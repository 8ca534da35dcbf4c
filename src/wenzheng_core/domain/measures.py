"""What is measured: counts, rates with their denominators, the figures of a period and of a unit.

A count is a number of messages; a rate is one count as a part of another. Here is what each of them
means; :mod:`wenzheng_core.domain.tallies` counts them over cases.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

import attrs

from wenzheng_core.domain.errors import ArgumentError
from wenzheng_core.domain.frozen import FrozenDict, frozen
from wenzheng_core.domain.instants import Period
from wenzheng_core.domain.provisions import COUNTS, MeasureRule

Grounds = Mapping[str, Mapping[str, int]]
"""By ground of declining: how many of the messages declined on it are in each count."""


def _grounds(found: Grounds) -> FrozenDict[str, Mapping[str, int]]:
    return FrozenDict({code: frozen(counts) for code, counts in found.items()})


def _rates(found: Mapping[str, Ratio]) -> FrozenDict[str, Ratio]:
    return frozen(found)


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

    def reaches(self, target: str) -> bool | None:
        """Whether it is at least so many per cent, unrounded; None where the whole is empty."""
        return None if not self.whole else self.part * 100 >= Decimal(target) * self.whole

    def __str__(self) -> str:
        return f"{self.percent()}({self.part}/{self.whole})"


def rate(rule: MeasureRule, counts: Mapping[str, int], declined: Mapping[str, int]) -> Ratio:
    """A policy's rate where no more than totals are known, as in a published report.

    ``counts`` are totals by the names of :data:`COUNTS`; ``declined`` are totals by ground. Those
    declined are taken to be in ``received`` and ``declined`` and in no other count: 1000 received,
    30 in litigation, 920 resolved says that the 30 are not among the 920. Where a ground counts as
    replied, say the replied ones without it, or count cases (:func:`rate_by_ground`). Raises
    ArgumentError if a count that the rule names is not among the totals.
    """
    grounds = {code: {"received": n, "declined": n} for code, n in declined.items()}
    return rate_by_ground(rule, counts, grounds)


def rate_by_ground(rule: MeasureRule, counts: Mapping[str, int], grounds: Grounds) -> Ratio:
    """A policy's rate: the messages in its part, of those in its whole.

    Left out of both: what was declined on the grounds that the rule excludes, as far as it is in
    them, and what was merged: the message that it went into is answered for both. (Only a rate of
    merging speaks of merged ones.) Raises ArgumentError for a count that is not among the totals.
    """
    part, whole = (_in_rate(name, rule, counts, grounds) for name in (rule.part, rule.whole))
    return Ratio(part, whole)


def _in_rate(name: str, rule: MeasureRule, counts: Mapping[str, int], grounds: Grounds) -> int:
    if name not in counts:
        raise ArgumentError("counts", f"没有「{rule.title}」所用的 {name}({COUNTS.get(name, '?')})")
    of_merging = "merged" in (rule.part, rule.whole)
    merged = counts.get("merged", 0) if name == "received" and not of_merging else 0
    excluded = sum(grounds[code].get(name, 0) for code in rule.excluding if code in grounds)
    return counts[name] - merged - excluded


RANKED_BY = {
    "completion_rate": "办结率",
    "on_time_rate": "按时办结率",
    "handled": "办理量",
    "red_cards": "红牌",
    "yellow_cards": "黄牌",
}
"""Measures by which a policy may rank; cards count the fewer the better."""


@attrs.frozen(kw_only=True)
class UnitFigures:
    """What one unit answers for: its own clocks that began in the period, or its holdings.

    Attributes:
        rank: place in the bulletin; units that no measure tells apart share a place.
        handled: assignments that began in the period (办理量).
        completed: of these, reported by ``as_of``.
        on_time, late: of these, ended before due; due and not ended before.
        returned: how often a report of theirs was returned for rework (退回重办) by ``as_of``.
        yellow_cards, red_cards: cards shown on them by ``as_of``; withdrawn: of these, withdrawn.
    """

    unit: str
    handled: int = 0
    completed: int = 0
    on_time: int = 0
    late: int = 0
    returned: int = 0
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
    """A period's figures; all but ``received`` and ``merged`` count messages that were not merged.

    Attributes:
        received: messages received in the period.
        merged: of these, merged into others by ``as_of``; they are in no rate.
        declined: of these, not accepted (each with its answer).
        valid: neither merged nor declined.
        accepted: accepted for handling, also if declined afterwards.
        responded: the citizen was contacted, or had the answer (a choice: no text defines it).
        replied: answered, to the public or up, with declined ones where their reason counts.
        published: of the valid ones, answered in public.
        resolved: declared resolved (办结).
        returned: the reply was returned for rework at least once.
        within, late: by the main clock: answered before due; due and not answered before.
        within_soft, late_soft: of these, by soft limits alone.
        rated, satisfied: ratings given; ratings of 4 and 5.
        yellow_cards, red_cards: cards shown on these messages by ``as_of``.
        grounds: by ground of declining, how many declined on it are in each count.
        rates: the policy's own rates by the ids of its measures, in their order.
        units: in the order of their ranks.
    """

    period: Period
    as_of: datetime
    received: int = 0
    valid: int = 0
    accepted: int = 0
    merged: int = 0
    declined: int = 0
    responded: int = 0
    replied: int = 0
    published: int = 0
    resolved: int = 0
    returned: int = 0
    within: int = 0
    late: int = 0
    within_soft: int = 0
    late_soft: int = 0
    rated: int = 0
    satisfied: int = 0
    yellow_cards: int = 0
    red_cards: int = 0
    grounds: Grounds = attrs.field(default=FrozenDict(), converter=_grounds)
    rates: Mapping[str, Ratio] = attrs.field(default=FrozenDict(), converter=_rates)
    units: tuple[UnitFigures, ...] = ()

    @property
    def counts(self) -> Mapping[str, int]:
        """Every count of which a policy may make a rate, by its name in :data:`COUNTS`."""
        return {n: self.within if n == "on_time" else getattr(self, n) for n in COUNTS}

    @property
    def reply_rate(self) -> Ratio:
        """回复率: replied of received, merged ones left out of both."""
        return Ratio(self.replied, self.received - self.merged)

    @property
    def valid_reply_rate(self) -> Ratio:
        """有效留言回复率: answered of those neither merged nor declined."""
        return Ratio(self.published, self.valid)

    @property
    def response_rate(self) -> Ratio:
        """响应率: contacted or answered of received, merged ones left out of both."""
        return Ratio(self.responded, self.received - self.merged)

    @property
    def solve_rate(self) -> Ratio:
        """解决率: resolved of received, merged ones left out of both."""
        return Ratio(self.resolved, self.received - self.merged)

    @property
    def on_time_rate(self) -> Ratio:
        """按时回复率: within the main clock's limit, of those answered or due by ``as_of``."""
        return Ratio(self.within, self.within + self.late)

    @property
    def hard_on_time_rate(self) -> Ratio:
        """The same of hard limits alone: a soft one (一般, 普遍控制在) binds nobody."""
        within = self.within - self.within_soft
        return Ratio(within, within + self.late - self.late_soft)

    @property
    def satisfaction(self) -> Ratio:
        """满意率: satisfied of rated."""
        return Ratio(self.satisfied, self.rated)
