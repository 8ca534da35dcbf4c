"""The shapes of ``policy.toml`` and ``units.toml``.

These classes only say which keys there are and of what kind; what they mean is read by
:mod:`wenzheng_core.policyreading`. Every key that a policy author may write stands here, with its
sense. A ``basis`` is required wherever its table is; it has a default here only so that a missing
one is told together with what its words mean, and with its own mend.
"""

from __future__ import annotations

from datetime import date, time
from typing import Any

import attrs

from wenzheng_core.domain.clockrules import Promise
from wenzheng_core.domain.escalation import Act
from wenzheng_core.domain.gates import GateAct, Point
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.domain.schedules import ReportKind
from wenzheng_core.domain.timelimits import Counting

POLICY_SCHEMA = "wenzheng.policy/1"
UNITS_SCHEMA = "wenzheng.units/1"

When = dict[str, Any]
"""Column to value, list of values, or ``"*"``; checked against the columns afterwards."""


@attrs.frozen(kw_only=True)
class ColumnTable:
    """``[columns.NAME]``: a fact that the policy distinguishes, with all its values."""

    values: tuple[str, ...]
    title: str = ""
    default: str | None = None
    aliases: dict[str, str] = attrs.field(factory=dict)
    choice: str = ""
    severity: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class LimitTable:
    """``[[clock.limit]]``: one row; ``within``, ``no_limit`` or ``promise``, and always a basis.

    ``starts`` and ``stops`` are written where the row departs from its clock.
    """

    id: str
    basis: str = ""
    within: str | None = None
    no_limit: str = ""
    promise: Promise | None = None
    starts: Milestone | None = None
    stops: Milestone | None = None
    when: When = attrs.field(factory=dict)
    also: tuple[When, ...] = ()
    overrides: tuple[str, ...] = ()
    soft: bool = False
    office_may_shorten: bool = False
    choice: str = ""


@attrs.frozen(kw_only=True)
class ClockTable:
    """``[[clock]]``: from which event to which; ``per`` is ``case`` or ``unit``.

    A unit's clock may have to end within one of the case, ``leaving`` the office some of it.
    """

    id: str
    title: str
    starts: Milestone
    stops: Milestone
    limit: tuple[LimitTable, ...]
    per: str = "case"
    inside: str = ""
    leaving: str | None = None
    basis: str = ""
    choice: str = ""


@attrs.frozen(kw_only=True)
class GateTable:
    """``[[gate]]``: an act without which a case is not assigned, reported or published."""

    id: str
    act: GateAct
    by: str
    basis: str = ""
    before: Point = Point.PUBLISH
    title: str = ""
    parallel: bool = False
    overrides_routing: bool = False
    attempts: int = 0
    checklists: tuple[str, ...] = ()
    when: When = attrs.field(factory=dict)
    also: tuple[When, ...] = ()
    choice: str = ""


@attrs.frozen(kw_only=True)
class ChecklistTable:
    """``[[checklist]]``: what is gone through at a gate; without items only its name is known."""

    id: str
    title: str
    items: tuple[str, ...] = ()
    basis: str = ""
    choice: str = ""


@attrs.frozen(kw_only=True)
class RoutingTable:
    """``[routing]``: how the unit is found, and how it may return a case."""

    principles: tuple[str, ...] = ()
    principle_required: bool = False
    send_back_within: str | None = None
    send_back_times: int | None = None
    basis: str = ""
    choice: str = ""


@attrs.frozen(kw_only=True)
class LastStepTable:
    """``[[last_step]]``: for which cases the answer goes up instead of to the public."""

    to: str
    basis: str = ""
    when: When = attrs.field(factory=dict)
    also: tuple[When, ...] = ()
    choice: str = ""


@attrs.frozen(kw_only=True)
class RungTable:
    """``[[rung]]``: when on a clock, what is done, who is told."""

    id: str
    clock: str
    at: str
    do: Act
    to: tuple[str, ...]
    basis: str = ""
    fallback: tuple[str, ...] = ("office",)
    channel: str = "sms"
    when: When = attrs.field(factory=dict)
    also: tuple[When, ...] = ()
    choice: str = ""


@attrs.frozen(kw_only=True)
class DeclineTable:
    """``[[decline]]``: a ground for not handling, with its courteous answer."""

    code: str
    title: str
    answer: str
    basis: str = ""
    counts_as_replied: bool = True
    diverts_to: str = ""
    choice: str = ""


@attrs.frozen(kw_only=True)
class PauseTable:
    """``[[pause]]``: a ground on which clocks stand still, and its cap."""

    code: str
    title: str
    at_most: str
    basis: str = ""
    clocks: tuple[str, ...] = ()
    approver: str = "office"
    when: When = attrs.field(factory=dict)
    also: tuple[When, ...] = ()
    choice: str = ""


@attrs.frozen(kw_only=True)
class ExtensionTable:
    """``[[extension]]``: how far a clock may be extended, and who grants it."""

    clock: str
    times: int
    at_most: str
    approver: str
    basis: str = ""
    when: When = attrs.field(factory=dict)
    also: tuple[When, ...] = ()
    choice: str = ""


@attrs.frozen(kw_only=True)
class RankingTable:
    """``[ranking]``: the measures by which the bulletin ranks units, most important first."""

    by: tuple[str, ...]
    basis: str = ""
    choice: str = ""


@attrs.frozen(kw_only=True)
class MeasureTable:
    """``[[measure]]``: a rate as the text defines it, a part of a whole."""

    id: str
    title: str
    part: str
    whole: str
    basis: str = ""
    excluding: tuple[str, ...] = ()
    digits: int = 2
    target: str = ""
    choice: str = ""


@attrs.frozen(kw_only=True)
class SupervisionTable:
    """``[supervision]``: who signs a supervision order, all of them together."""

    issuers: tuple[str, ...]
    basis: str = ""
    choice: str = ""


@attrs.frozen(kw_only=True)
class AccountabilityTable:
    """``[[accountability]]``: a cause for which somebody is held to account."""

    code: str
    title: str
    basis: str = ""
    choice: str = ""


@attrs.frozen(kw_only=True)
class CampaignTable:
    """``[[campaign]]``: messages that belong together by their days or by a tag."""

    id: str
    title: str
    column: str
    value: str
    basis: str = ""
    first: date | None = attrs.field(default=None, metadata={"key": "from"})
    through: date | None = None
    tag: str = ""
    choice: str = ""


@attrs.frozen(kw_only=True)
class ScheduleTable:
    """``[[schedule]]``: what is made or done again and again, and who gets it."""

    id: str
    kind: ReportKind
    every: str
    basis: str = ""
    closes: time | None = None
    closes_inclusive: bool = False
    handed_over: time | None = None
    to: tuple[str, ...] = ()
    when: When = attrs.field(factory=dict)
    also: tuple[When, ...] = ()
    choice: str = ""


@attrs.frozen(kw_only=True)
class WordingTable:
    """``[[reply.avoid]]``, ``[[reply.part]]``, ``[[reply.courtesy]]``: words looked for."""

    code: str
    title: str
    words: tuple[str, ...] = ()
    telephone: bool = False
    basis: str = ""
    choice: str = ""


@attrs.frozen(kw_only=True)
class ReplyTable:
    """``[reply]``: what a proposed reply is looked through for."""

    avoid: tuple[WordingTable, ...] = ()
    part: tuple[WordingTable, ...] = ()
    courtesy: tuple[WordingTable, ...] = ()


@attrs.frozen(kw_only=True)
class RetentionTable:
    """``[retention]``: for how many years a finished case is kept before anything is erased."""

    keep: str
    basis: str = ""
    choice: str = ""


@attrs.frozen(kw_only=True)
class TimeTable:
    """``[time]``: where the policy departs from 24:00, the date of receipt, the inner count."""

    counting: Counting = Counting.INTERNAL
    day_end: time | None = None
    cutoff: time | None = None
    office_hours: tuple[tuple[time, ...], ...] = ()
    basis: str = ""
    choice: str = ""


@attrs.frozen(kw_only=True)
class PolicyFile:
    """The whole of ``policy.toml``."""

    schema: str
    id: str
    title: str
    version: str
    valid_from: date
    basis: str = ""
    calendar: str
    main_clock: str
    clock: tuple[ClockTable, ...]
    valid_from_choice: str = ""
    truncated: str = ""
    baseline: str = ""
    systems: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    columns: dict[str, ColumnTable] = attrs.field(factory=dict)
    time: TimeTable = TimeTable()
    gate: tuple[GateTable, ...] = ()
    checklist: tuple[ChecklistTable, ...] = ()
    routing: RoutingTable = RoutingTable()
    last_step: tuple[LastStepTable, ...] = ()
    rung: tuple[RungTable, ...] = ()
    supervision: SupervisionTable | None = None
    accountability: tuple[AccountabilityTable, ...] = ()
    decline: tuple[DeclineTable, ...] = ()
    pause: tuple[PauseTable, ...] = ()
    extension: tuple[ExtensionTable, ...] = ()
    ranking: RankingTable | None = None
    measure: tuple[MeasureTable, ...] = ()
    campaign: tuple[CampaignTable, ...] = ()
    schedule: tuple[ScheduleTable, ...] = ()
    reply: ReplyTable = ReplyTable()
    retention: RetentionTable | None = None


@attrs.frozen(kw_only=True)
class UnitTable:
    """``[[unit]]``: a unit, the one above it, and the offices somebody holds in it."""

    id: str
    name: str
    parent: str = ""
    offices: tuple[str, ...] = ("unit_head", "liaison")
    areas: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class UnitsFile:
    """The whole of ``units.toml``."""

    schema: str
    unit: tuple[UnitTable, ...]
    basis: str = ""
