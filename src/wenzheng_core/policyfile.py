"""The shapes of a city's files: ``policy.toml``, ``units.toml`` and ``cases.toml``.

These classes only say which keys there are and of what kind; what they mean is read by
:mod:`wenzheng_core.policyreading`. Every key that a policy author may write stands here, with its
sense. A ``basis`` is required wherever its table is; it has a default here only so that a missing
one is told together with what its words mean, and with its own mend.
"""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

import attrs

from wenzheng_core.domain.escalation import Act
from wenzheng_core.domain.policies import GateAct, Milestone

POLICY_SCHEMA = "wenzheng.policy/1"
UNITS_SCHEMA = "wenzheng.units/1"
CASES_SCHEMA = "wenzheng.cases/1"

When = dict[str, Any]
"""Column to value, list of values, or ``"*"``; checked against the columns afterwards."""


@attrs.frozen(kw_only=True)
class ColumnTable:
    """``[columns.NAME]``: a fact that the policy distinguishes, with all its values."""

    values: tuple[str, ...]
    title: str = ""
    default: str | None = None
    aliases: dict[str, str] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class LimitTable:
    """``[[clock.limit]]``: one row; ``within`` or ``no_limit``, and always a basis."""

    id: str
    basis: str = ""
    within: str | None = None
    no_limit: str = ""
    when: When = attrs.field(factory=dict)
    also: tuple[When, ...] = ()
    overrides: tuple[str, ...] = ()
    soft: bool = False
    office_may_shorten: bool = False
    choice: str = ""


@attrs.frozen(kw_only=True)
class ClockTable:
    """``[[clock]]``: from which event to which; ``per`` is ``case`` or ``unit``."""

    id: str
    title: str
    starts: Milestone
    stops: Milestone
    limit: tuple[LimitTable, ...]
    per: str = "case"
    basis: str = ""
    choice: str = ""


@attrs.frozen(kw_only=True)
class GateTable:
    """``[[gate]]``: an act before publication."""

    id: str
    act: GateAct
    by: str
    basis: str = ""
    when: When = attrs.field(factory=dict)
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
    choice: str = ""


@attrs.frozen(kw_only=True)
class DeclineTable:
    """``[[decline]]``: a ground for not handling, with its courteous answer."""

    code: str
    title: str
    answer: str
    basis: str = ""
    counts_as_replied: bool = True
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
    choice: str = ""


@attrs.frozen(kw_only=True)
class ExtensionTable:
    """``[[extension]]``: how far a clock may be extended, and who grants it."""

    clock: str
    times: int
    at_most: str
    approver: str
    basis: str = ""
    choice: str = ""


@attrs.frozen(kw_only=True)
class RankingTable:
    """``[ranking]``: the measures by which the bulletin ranks units, most important first."""

    by: tuple[str, ...]
    basis: str = ""
    choice: str = ""


@attrs.frozen(kw_only=True)
class TimeTable:
    """``[time]``: where the policy departs from 24:00 and from the date of receipt."""

    day_end: time | None = None
    cutoff: time | None = None
    office_hours: tuple[tuple[time, ...], ...] = ()
    basis: str = ""


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
    columns: dict[str, ColumnTable] = attrs.field(factory=dict)
    time: TimeTable = TimeTable()
    gate: tuple[GateTable, ...] = ()
    rung: tuple[RungTable, ...] = ()
    decline: tuple[DeclineTable, ...] = ()
    pause: tuple[PauseTable, ...] = ()
    extension: tuple[ExtensionTable, ...] = ()
    ranking: RankingTable | None = None


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


@attrs.frozen(kw_only=True)
class CaseTable:
    """``[[case]]``: a golden case from the source; times are Beijing time, written without zone."""

    id: str
    clock: str
    start: datetime
    basis: str = ""
    due_day: date | None = None
    due: datetime | None = None
    row: str = ""
    facts: dict[str, str] = attrs.field(factory=dict)
    rungs: dict[str, datetime] = attrs.field(factory=dict)
    known_on: date | None = None
    note: str = ""


@attrs.frozen(kw_only=True)
class CasesFile:
    """The whole of ``cases.toml``."""

    schema: str
    case: tuple[CaseTable, ...]
