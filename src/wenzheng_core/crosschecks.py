"""What the parts of a policy mean together: whatever could never come to pass as it is written.

Each part is sound by itself when this is asked; only what is sure on every day is a fault.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

from wenzheng_core import policyfile as f
from wenzheng_core.domain.clockrules import ClockRule
from wenzheng_core.domain.escalation import Act, Moment, Rung, Side, write_moment
from wenzheng_core.domain.gates import GateAct, Point
from wenzheng_core.domain.limits import (
    CalendarDays,
    ClockHours,
    Limit,
    WorkingDays,
    amount,
    write_limit,
)
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.domain.tables import Condition
from wenzheng_core.domain.texts import normalise
from wenzheng_core.domain.timelimits import Counting
from wenzheng_core.policywords import WILDCARD, Words

T = TypeVar("T")


def check_together(file: f.PolicyFile, clocks: Sequence[ClockRule], words: Words) -> None:
    """Everything of a file that its parts cannot be asked alone."""
    _check_milestones(file, words)
    _check_room(file, clocks, words)
    _check_lists(file, words)
    _check_later(file, words)


def never_begun(moment: Moment, limit: Limit, time_: f.TimeTable) -> bool:
    """Whether the moment lies at or before the start on every day; False where it depends.

    Only within one unit can it be told. What comes after a cut-off counts from the day after, so
    that one more day lies between the start and the due day; by the codes a last day may roll, and
    an hour that has begun may not count.
    """
    if moment.side is not Side.BEFORE:
        return False
    late = time_.cutoff is not None
    match moment.offset, limit:
        case WorkingDays(n), WorkingDays(m):
            return n >= m + late
        case CalendarDays(n), CalendarDays(m, False):
            return time_.counting is Counting.INTERNAL and n >= m + late
        case ClockHours(n), ClockHours(m):
            return n >= m + (60 if time_.counting is Counting.PROCEDURE else 0)
        case _:
            return False


# Clocks


_GATES = {
    Milestone.INSTRUCTED: (GateAct.INSTRUCT, Point.ASSIGN),
    Milestone.REVIEWED: (GateAct.REVIEW, Point.PUBLISH),
    Milestone.APPROVED: (GateAct.APPROVE, Point.PUBLISH),
}
"""What is reached at a gate alone: by which act, before which point."""


def _check_milestones(file: f.PolicyFile, words: Words) -> None:
    """A clock that starts or stops with what nobody ever does would never run, or never stop."""
    if words.has_lost("$.gate") or words.has_lost("$.last_step"):
        return
    gates = {(gate.act, gate.before) for gate in file.gate}
    missing = {
        milestone: f'加 [[gate]] act = "{act}"、before = "{point}",或改起止事件'
        for milestone, (act, point) in _GATES.items()
        if (act, point) not in gates
    }
    if not file.last_step:
        missing[Milestone.FORWARDED] = "加 [[last_step]],或改起止事件"
    for index, clock in enumerate(file.clock):
        tables: list[tuple[str, f.ClockTable | f.LimitTable]] = [(f"$.clock[{index}]", clock)]
        tables += [(f"$.clock[{index}].limit[{i}]", row) for i, row in enumerate(clock.limit)]
        for path, table in tables:
            for key in ("starts", "stops"):
                if (milestone := getattr(table, key)) in missing:
                    reason = f"本办法没有「{milestone.label}」这一步,永远等不到"
                    words.fault(reason, f"{path}.{key}", missing[milestone])


def _check_room(file: f.PolicyFile, clocks: Sequence[ClockRule], words: Words) -> None:
    """What is left of the case's clock must be less than the whole of it, or it cuts nothing."""
    for index, clock in enumerate(clocks):
        outer = next((c for c in clocks if c.id == clock.inside and not c.per_unit), None)
        if outer is None or clock.leaving is None:
            continue
        left = Moment(Side.BEFORE, clock.leaving)
        limits = [row.value.within for row in outer.limits.rows if not row.value.no_limit]
        if limits and all(limit and never_begun(left, limit, file.time) for limit in limits):
            whole = "、".join(write_limit(limit) for limit in limits if limit)
            reason = (
                f"留出{write_limit(clock.leaving)},而「{outer.id}」只有{whole},单位没有时间可办"
            )
            words.fault(reason, f"$.clock[{index}].leaving", "写短一些,或删去 inside 与 leaving")


# Cards


def check_cards(rungs: Sequence[Rung | None], words: Words) -> None:
    """A red card never comes before the yellow one of the same clock."""
    for index, red in enumerate(rungs):
        if red is None or red.act is not Act.RED_CARD or words.has_lost(f"$.rung[{index}]"):
            continue
        for yellow in rungs:
            warns = yellow is not None and yellow.act is Act.YELLOW_CARD
            if not warns or yellow is None or yellow.clock != red.clock:
                continue
            if _meet(yellow.conditions, red.conditions) and _before(red.at, yellow.at):
                earlier, later = write_moment(red.at), write_moment(yellow.at)
                reason = f"红牌(「{earlier}」)早于黄牌「{yellow.id}」(「{later}」)"
                words.fault(reason, f"$.rung[{index}].at", "先黄牌,后红牌;检查 at 与 do")
                break


_ORDER = (Side.BEFORE, Side.DUE_DAY, Side.DUE, Side.AFTER)


def _before(one: Moment, other: Moment) -> bool:
    """Whether a moment comes before another of the same clock, whatever the day."""
    if one.side is not other.side:
        hours = isinstance(one.offset, ClockHours) and other.side is Side.DUE_DAY
        return not hours and _ORDER.index(one.side) < _ORDER.index(other.side)
    if one.offset is None or other.offset is None or type(one.offset) is not type(other.offset):
        return False
    here, there = amount(one.offset), amount(other.offset)
    return here > there if one.side is Side.BEFORE else here < there


def _meet(some: Sequence[Condition], others: Sequence[Condition]) -> bool:
    """Whether there may be a case for which a condition of each holds."""
    return any(
        all(one[name] & other[name] for name in one.keys() & other.keys())
        for one in some
        for other in others
    )


# What is never used


def _check_lists(file: f.PolicyFile, words: Words) -> None:
    """A list is gone through at some gate; a misspelt name is told where it stands, and that alone."""
    if words.has_lost("$.gate") or not words.all_named("$.checklist", len(file.checklist)):
        return
    used = {name for gate in file.gate for name in gate.checklists}
    if used - {table.id for table in file.checklist}:
        return
    for index, table in enumerate(file.checklist):
        if table.id not in used:
            mend = f'在 [[gate]] 写 checklists = ["{table.id}"],或删去这一清单'
            words.fault(f"没有哪一关用到清单「{table.id}」", f"$.checklist[{index}]", mend)


def _check_later(file: f.PolicyFile, words: Words) -> None:
    """Where the first that applies decides, a later one must apply to something more."""
    _check_each("extension", file.extension, _extension_covers, words)
    _check_each("last_step", file.last_step, _covers, words)
    _check_each("campaign", file.campaign, _campaign_covers, words)


def _check_each(
    name: str, tables: Sequence[T], covers: Callable[[T, T], bool], words: Words
) -> None:
    told = tuple(fault.path for fault in words.faults)
    for index, later in enumerate(tables):
        if any(path.startswith(f"$.{name}[{index}]") for path in told):
            continue
        for place, earlier in enumerate(tables[:index]):
            lost = words.has_lost(f"$.{name}[{place}]") or words.has_lost(f"$.{name}[{index}]")
            if not lost and covers(earlier, later):
                reason = f"第{place + 1}个 [[{name}]] 已包括这一个的全部情形,永远用不到它"
                mend = "删去其一,或用条件分开;条件更窄的写在前面"
                words.fault(reason, f"$.{name}[{index}]", mend)
                break


def _extension_covers(earlier: f.ExtensionTable, later: f.ExtensionTable) -> bool:
    return earlier.clock == later.clock and _covers(earlier, later)


def _campaign_covers(earlier: f.CampaignTable, later: f.CampaignTable) -> bool:
    """Whether every message of the later one belongs to the earlier, which fills the same column."""
    if earlier.column != later.column or normalise(earlier.tag) not in normalise(later.tag):
        return False
    if earlier.first and not (later.first and earlier.first <= later.first):
        return False
    return not (earlier.through and not (later.through and later.through <= earlier.through))


def _covers(
    earlier: f.ExtensionTable | f.LastStepTable, later: f.ExtensionTable | f.LastStepTable
) -> bool:
    """Whether each condition of the later one is as narrow as some condition of the earlier."""
    wide = list(_conditions(earlier.when, earlier.also))
    return all(
        any(_implies(one, cond) for cond in wide) for one in _conditions(later.when, later.also)
    )


def _implies(narrow: Mapping[str, frozenset[str]], wide: Mapping[str, frozenset[str]]) -> bool:
    return all(name in narrow and narrow[name] <= values for name, values in wide.items())


def _conditions(when: f.When, also: Sequence[f.When]) -> Iterator[dict[str, frozenset[str]]]:
    """The conditions as they are written; their words are checked where they are read."""
    for cells in (when, *also):
        listed = {k: cell if isinstance(cell, list) else [cell] for k, cell in cells.items()}
        yield {k: frozenset(map(str, v)) for k, v in listed.items() if v != [WILDCARD]}
