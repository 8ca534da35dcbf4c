"""``evolve(case, record) -> case``: what each event does to the case, one small function each.

Nothing is decided here and no deadline is counted: events carry all that is needed.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from wenzheng_core.domain import events as e
from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.events import Record
from wenzheng_core.domain.evolving import (
    aftercare,
    handling,
    intake,
    keeping,
    routing,
    supervising,
    timing,
)
from wenzheng_core.domain.evolving.folding import APPLY
from wenzheng_core.domain.evolving.intake import opened

STAGES = (intake, routing, timing, handling, supervising, aftercare, keeping)
"""Where the functions are; each enters its own into the register when it is imported."""


def evolve(case: Case | None, record: Record) -> Case:
    """The case after one more event. Raises ValueError if the record is not the next one."""
    if case is None:
        if not isinstance(record.event, e.CaseOpened) or record.version != 1:
            raise ValueError(f"办件 {record.case_id} 的历史须以 CaseOpened 开始")
        return opened(record.event, record)
    if record.version != case.version + 1:
        raise ValueError(f"办件 {case.id} 版本 {case.version} 之后来了版本 {record.version}")
    changes = APPLY[type(record.event)](case, record.event, record)
    return attrs.evolve(case, version=record.version, updated=record.at, **changes)


def fold(records: Iterable[Record], case: Case | None = None) -> Case | None:
    """The case after a history; None for no history."""
    for record in records:
        case = evolve(case, record)
    return case
