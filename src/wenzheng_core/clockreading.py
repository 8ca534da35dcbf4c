"""The clocks of a policy file: from which event to which, and a limit for every case there can be.

For every clock that is read there is exactly one winning row in every cell of the columns that its
rows look at; gaps, overlaps and rows that never win are faults like a misspelt word.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import attrs

from wenzheng_core import policyfile as f
from wenzheng_core.domain.limits import Limit, WorkingHours, parse_limit
from wenzheng_core.domain.policies import OF_UNIT, REWORK, ClockRule, Milestone, TimeLimit
from wenzheng_core.domain.tables import MOST_CELLS, CellFault, Facts, Row, Table
from wenzheng_core.policywords import Words

SHOWN = 3  # how many cells a fault about a table names

# The order that every case keeps; contact and resolution may come at any time.
_COURSE = tuple(m for m in Milestone if m not in (Milestone.CONTACTED, Milestone.RESOLVED))


def read_clocks(file: f.PolicyFile, words: Words) -> tuple[ClockRule, ...]:
    """All clocks; what is wrong with them goes into the words' faults."""
    words.clocks = tuple(clock.id for clock in file.clock)
    words.unique(words.clocks, "$.clock")
    words.known_clock(file.main_clock, "$.main_clock")
    hours = bool(file.time.office_hours) or words.has_lost("$.time")
    reading = _Reading(words, hours)
    return tuple(reading.clock(c, f"$.clock[{i}]") for i, c in enumerate(file.clock))


def require_hours(words: Words, limit: Limit | None, office_hours: bool, path: str) -> None:
    """Working hours can be counted only within office hours."""
    if isinstance(limit, WorkingHours) and not office_hours:
        mend = "加 [time] office_hours = [[09:00:00, 12:00:00], [14:00:00, 18:00:00]]"
        words.fault("按工作小时计算须先规定办公时间", path, mend)


@attrs.frozen
class _Reading:
    words: Words
    office_hours: bool

    def clock(self, table: f.ClockTable, path: str) -> ClockRule:
        words = self.words
        if table.id == REWORK:
            words.fault(f"编号 {REWORK} 已留作退回重办的时限", f"{path}.id", "换一个编号")
        if table.per not in ("case", "unit"):
            mend = '写 "case"(办件)或 "unit"(单位)'
            words.fault(f"per 不能是「{table.per}」", f"{path}.per", mend)
        if not words.is_lost(f"{path}.starts"):
            self._check_course(table, path)
        words.unique([row.id for row in table.limit], f"{path}.limit")
        rows = tuple(self._row(row, f"{path}.limit[{i}]") for i, row in enumerate(table.limit))
        limits = Table(words.columns, rows)
        self._check_table(limits, table, f"{path}.limit")
        return ClockRule(
            id=table.id,
            title=table.title,
            starts=table.starts,
            stops=table.stops,
            per_unit=table.per == "unit",
            limits=limits,
            basis=table.basis,
            choice=table.choice,
        )

    def _check_course(self, table: f.ClockTable, path: str) -> None:
        words, starts, stops = self.words, table.starts, table.stops
        if table.per == "unit" and starts not in OF_UNIT:
            mend = "如 assigned 或 claimed"
            words.fault("按单位计的时限须从单位的事件起算", f"{path}.starts", mend)
        course = starts in _COURSE and stops in _COURSE
        if starts is stops:
            words.fault("起算与停止是同一事件", f"{path}.stops", "停止须在起算之后")
        elif course and _COURSE.index(stops) < _COURSE.index(starts):
            mend = f"依次为:{'、'.join(_COURSE)}"
            words.fault(f"{stops.label}先于{starts.label},不能作停止", f"{path}.stops", mend)

    def _row(self, row: f.LimitTable, path: str) -> Row[TimeLimit]:
        words = self.words
        words.require_basis(row, path)
        spoilt = words.is_lost(f"{path}.within") or words.is_lost(f"{path}.no_limit")
        if (row.within is None) == (not row.no_limit.strip()) and not spoilt:
            mend = '写 within = "5个工作日";原文没有时限的,写 no_limit = "说明"'
            words.fault("within 与 no_limit 须写且只写一个", path, mend)
        within: Limit | None = None
        if row.within is not None:
            within = words.parse(row.within, f"{path}.within", parse_limit)
            require_hours(words, within, self.office_hours, f"{path}.within")
        whens = [(row.when, f"{path}.when")]
        whens += [(when, f"{path}.also[{i}]") for i, when in enumerate(row.also)]
        value = TimeLimit(
            within=within,
            basis=row.basis,
            no_limit=row.no_limit,
            soft=row.soft,
            choice=row.choice,
            office_may_shorten=row.office_may_shorten,
        )
        return Row(row.id, value, words.conditions(whens), row.overrides)

    def _check_table(self, table: Table[TimeLimit], clock: f.ClockTable, path: str) -> None:
        words = self.words
        astray = self._astray_overrides(table.rows, path)
        if self._words_unsure(clock.limit, path):
            return  # the cells are only meaningful once every word of this table is known
        if table.size > MOST_CELLS:
            mend = "减少栏目或取值"
            words.fault(f"组合多达 {table.size} 种,超过 {MOST_CELLS}", path, mend)
            return
        gaps, overlaps, dead = table.faults()
        ids = [row.id for row in table.rows]
        circling = self._tell_circles(table.rows, path)
        gaps = [gap for gap in gaps if not any(circling[row.id] for row in _met(table, gap.cell))]
        dead = [name for name in dead if not circling[name]]
        if gaps:
            reason = f"时限「{clock.id}」有 {len(gaps)} 种情形没有规则:{_cells(gaps)}"
            words.fault(reason, path, "为其补一条规则,或写 no_limit 说明原文未规定")
        if not astray:
            self._tell_overlaps(clock.id, overlaps, ids, path)
        for name in dead:
            reason = f"规则「{name}」在任何情形下都不适用"
            words.fault(reason, f"{path}[{ids.index(name)}]", "删去或改 when")

    def _astray_overrides(self, rows: Sequence[Row[TimeLimit]], path: str) -> bool:
        ids = [row.id for row in rows]
        nameless = any(self.words.is_lost(f"{path}[{i}].id") for i in range(len(rows)))
        before = len(self.words.faults)
        for index, row in enumerate(rows):
            others = [name for name in ids if name != row.id]
            for place, name in enumerate(row.overrides):
                if name not in others and not nameless:
                    mend = f"可用:{'、'.join(others) or '无'}"
                    where = f"{path}[{index}].overrides[{place}]"
                    self.words.fault(f"没有可取代的规则「{name}」", where, mend)
        return nameless or len(self.words.faults) > before

    def _tell_circles(self, rows: Sequence[Row[TimeLimit]], path: str) -> dict[str, frozenset[str]]:
        """The rows that override each other in a circle, by row; one fault for each circle."""
        above = {row.id: set(row.overrides) - {row.id} for row in rows}
        circles: dict[str, frozenset[str]] = {}
        for name in above:
            mutual = {other for other in _reached(name, above) if name in _reached(other, above)}
            circles[name] = frozenset(mutual)
        for circle in dict.fromkeys(c for c in circles.values() if c):
            index = max(i for i, row in enumerate(rows) if row.id in circle)
            place = next(p for p, name in enumerate(rows[index].overrides) if name in circle)
            named = "、".join(f"「{row.id}」" for row in rows if row.id in circle)
            where = f"{path}[{index}].overrides[{place}]"
            self.words.fault(f"规则{named}相互取代", where, "只由一方写 overrides")
        return circles

    def _words_unsure(self, rows: Sequence[f.LimitTable], path: str) -> bool:
        """Whether a column or a condition of the table is at fault."""
        words = self.words
        parts = [f"{path}[{i}].{key}" for i in range(len(rows)) for key in ("when", "also")]
        if words.is_lost(path) or any(map(words.has_lost, ["$.columns", *parts])):
            return True
        return any(
            fault.path.startswith("$.columns")
            or fault.path.startswith(f"{part}.")
            or fault.path.startswith(f"{part}[")
            for fault in words.faults
            for part in parts
        )

    def _tell_overlaps(
        self, clock: str, overlaps: Sequence[CellFault], ids: Sequence[str], path: str
    ) -> None:
        """One fault for each set of rows that meet, at the last of them."""
        groups: dict[tuple[str, ...], list[CellFault]] = {}
        for overlap in overlaps:
            groups.setdefault(overlap.rows, []).append(overlap)
        for rows, cells in groups.items():
            named = "、".join(f"「{row}」" for row in rows)
            reason = f"时限「{clock}」的规则{named}在 {len(cells)} 种情形下同时适用:{_cells(cells)}"
            last = max(i for i, name in enumerate(ids) if name in rows)
            self.words.fault(reason, f"{path}[{last}]", "改 when,或以 overrides 写明哪一条优先")


def _reached(name: str, above: Mapping[str, set[str]]) -> set[str]:
    """Every row that a row overrides, directly or through others."""
    found: set[str] = set()
    ahead = [name]
    while ahead:
        new = above.get(ahead.pop(), set()) - found
        found |= new
        ahead += new
    return found


def _met(table: Table[TimeLimit], cell: Facts) -> Iterator[Row[TimeLimit]]:
    return (row for row in table.rows if row.matches(cell))


def _cells(faults: Sequence[CellFault]) -> str:
    shown = ";".join(_cell(fault.cell) for fault in faults[:SHOWN])
    return shown + ("……" if len(faults) > SHOWN else "")


def _cell(facts: Facts) -> str:
    return "、".join(f"{name}={value}" for name, value in facts.items()) or "任何情形"
