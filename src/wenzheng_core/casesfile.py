"""The shape of ``cases.toml``: worked examples from the source, each with what must come of it.

These classes only say which keys there are and of what kind; :mod:`wenzheng_core.goldens` reads
them. Times are Beijing time and are written without a zone.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import attrs

CASES_SCHEMA = "wenzheng.cases/1"


@attrs.frozen(kw_only=True)
class CaseTable:
    """``[[case]]``: a deadline; one of ``due_day``, ``due`` and ``no_limit = true``."""

    id: str
    clock: str
    start: datetime
    basis: str = ""
    due_day: date | None = None
    due: datetime | None = None
    no_limit: bool = False
    row: str = ""
    facts: dict[str, str] = attrs.field(factory=dict)
    rungs: dict[str, datetime] = attrs.field(factory=dict)
    known_on: date | None = None
    note: str = ""


@attrs.frozen(kw_only=True)
class RunTable:
    """``[[run]]``: in which run of a schedule a receipt is spoken of, and when that is handed over."""

    id: str
    schedule: str
    received: datetime
    run: datetime
    basis: str = ""
    handed_over: datetime | None = None
    note: str = ""


@attrs.frozen(kw_only=True)
class DutyTable:
    """``[[duty]]``: the log-ins made on a day, and how many its duty then lacks."""

    id: str
    schedule: str
    day: date
    missing: int
    basis: str = ""
    logins: tuple[datetime, ...] = ()
    note: str = ""


@attrs.frozen(kw_only=True)
class RateTable:
    """``[[rate]]``: counts of a period, those declined by their codes, and the rate as written."""

    id: str
    measure: str
    counts: dict[str, int]
    value: str
    basis: str = ""
    declined: dict[str, int] = attrs.field(factory=dict)
    note: str = ""


@attrs.frozen(kw_only=True)
class BelongsTable:
    """``[[belongs]]``: whether a message of that day and text belongs to a campaign."""

    id: str
    campaign: str
    posted: datetime
    belongs: bool
    basis: str = ""
    text: str = ""
    note: str = ""


Entries = dict[str, dict[str, Any]]
"""By id, what an entry must say, in the keys of ``policy.toml``."""


@attrs.frozen(kw_only=True)
class ExpectTable:
    """``[[expect]]``: what entries of the policy must say, and nothing else; words left out."""

    id: str
    basis: str = ""
    version: str = ""
    columns: Entries = attrs.field(factory=dict)
    clock: Entries = attrs.field(factory=dict)
    limit: Entries = attrs.field(factory=dict)
    gate: Entries = attrs.field(factory=dict)
    checklist: Entries = attrs.field(factory=dict)
    last_step: Entries = attrs.field(factory=dict)
    rung: Entries = attrs.field(factory=dict)
    decline: Entries = attrs.field(factory=dict)
    pause: Entries = attrs.field(factory=dict)
    extension: Entries = attrs.field(factory=dict)
    measure: Entries = attrs.field(factory=dict)
    campaign: Entries = attrs.field(factory=dict)
    schedule: Entries = attrs.field(factory=dict)
    time: dict[str, Any] | None = None
    routing: dict[str, Any] | None = None
    ranking: dict[str, Any] | None = None
    supervision: dict[str, Any] | None = None
    retention: dict[str, Any] | None = None
    note: str = ""


@attrs.frozen(kw_only=True)
class CasesFile:
    """The whole of ``cases.toml``."""

    schema: str
    case: tuple[CaseTable, ...] = ()
    run: tuple[RunTable, ...] = ()
    duty: tuple[DutyTable, ...] = ()
    rate: tuple[RateTable, ...] = ()
    belongs: tuple[BelongsTable, ...] = ()
    expect: tuple[ExpectTable, ...] = ()
