"""The clocks of a policy: from which event to which, and how long in each row of their tables.

Every number carries its basis. ``choice`` says why, where the notice is silent and somebody chose.
"""

from __future__ import annotations

from enum import StrEnum

import attrs

from wenzheng_core.domain.limits import Limit
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.domain.tables import Table

REWORK = "rework"
"""The clock of a limit that the office sets when it returns a report; it has no ladder."""


class Promise(StrEnum):
    """What the unit must promise where the text sets no number (周口: 限期解决; 排出时间表)."""

    DATE = "date"
    PLAN = "plan"

    @property
    def label(self) -> str:
        """The Chinese word."""
        return {Promise.DATE: "限期(说明情况并承诺日期)", Promise.PLAN: "工作方案和时间表"}[self]


@attrs.frozen(kw_only=True)
class TimeLimit:
    """What one row of a clock says.

    Attributes:
        within: the limit; None where the text gives none, with ``no_limit`` saying so.
        soft: worded as an aim (一般, 原则上, 普遍控制在): warned and measured, never a red card.
        office_may_shorten: the number is a ceiling under which the office sets each case's own.
        promise: the limit is what the unit promises, which must be on record before it reports.
        starts, stops: from and to which event, where this row departs from its clock.
        basis: article or passage.
        choice: why it is read so, where the notice is silent or vague; "" if it is the text itself.
    """

    within: Limit | None
    basis: str
    no_limit: str = ""
    soft: bool = False
    choice: str = ""
    office_may_shorten: bool = False
    promise: Promise | None = None
    starts: Milestone | None = None
    stops: Milestone | None = None


@attrs.frozen(kw_only=True)
class ClockRule:
    """One clock: from which event to which, for the case or for each unit, and how long.

    Attributes:
        per_unit: a clock of each assigned unit, which restarts with every assignment; else of the
            case, which no assignment restarts.
        inside: the clock of the case within which this one must end; "" if none.
        leaving: how much of that clock must be left for the office when this one ends.
    """

    id: str
    title: str
    starts: Milestone
    stops: Milestone
    per_unit: bool
    limits: Table[TimeLimit]
    basis: str = ""
    choice: str = ""
    inside: str = ""
    leaving: Limit | None = None

    def starts_in(self, row: TimeLimit) -> Milestone:
        """The event at which it starts where the row holds."""
        return row.starts or self.starts

    def stops_in(self, row: TimeLimit) -> Milestone:
        """The event at which it stops where the row holds."""
        return row.stops or self.stops

    @property
    def all_starts(self) -> frozenset[Milestone]:
        """Every event at which it may start."""
        return frozenset(self.starts_in(row.value) for row in self.limits.rows)

    @property
    def all_stops(self) -> frozenset[Milestone]:
        """Every event at which it may stop."""
        return frozenset(self.stops_in(row.value) for row in self.limits.rows)
