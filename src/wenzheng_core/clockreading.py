"""The clocks of a policy file: from which event to which, and a limit for every case there can be.

For every clock that is read there is exactly one winning row in every cell of the columns that its
rows look at; gaps, overlaps and rows that never win are faults like a misspelt word.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import attrs

from wenzheng_core import policyfile as f
from wenzheng_core.domain.clockrules import REWORK, ClockRule, TimeLimit
from wenzheng_core.domain.limits import CalendarDays, ClockHours, Limit, WorkingDays
from wenzheng_core.domain.milestones import COURSE, OF_UNIT, Milestone
from wenzheng_core.domain.tables import MOST_CELLS, CellFault, Facts, Row, Table
from wenzheng_core.policywords import Words

SHOWN = 3  # how many cells a fault about a table names


def read_clocks(file: f.PolicyFile, words: Words) -> tuple[ClockRule, ...]:
    """All clocks; what is wrong with them goes into the words' faults."""
    words.clocks = tuple(clock.id for clock in file.clock)
    words.unique(words.clocks, "$.clock")
    words.known_clock(file.main_clock, "$.main_clock")
    reading = _Reading(words, file.clock)
    return tuple(reading.clock(c, f"$.clock[{i}]") for i, c in enumerate(file.clock))


@attrs.frozen
class _Reading:
    words: Words
    all: tuple[f.ClockTable, ...]

    def clock(self, table: f.ClockTable, path: str) -> ClockRule:
        words = self.words
        if table.id == REWORK:
            words.fault(f"编号 {REWORK} 已留作退回重办的时限", f"{path}.id", "换一个编号")
        if table.per not in ("case", "unit"):
            mend = '写 "case"(办件)或 "unit"(单位)'
            words.fault(f"per 不能是「{table.per}」", f"{path}.per", mend)
        ends = f"{path}.starts", f"{path}.stops"
        if not words.is_lost(ends[0]):
            self._check_course(table.per, (table.starts, ends[0]), (table.stops, ends[1]))
        words.unique([row.id for row in table.limit], f"{path}.limit")
        rows = tuple(
            self._row(row, table, path, f"{path}.limit[{i}]") for i, row in enumerate(table.limit)
        )
        limits = Table(words.columns, rows)
        self._check_table(limits, table, f"{path}.limit")
        return ClockRule(
            id=table.id,
            title=table.title,
            starts=table.starts,
            stops=table.stops,
            per_unit=table.per == "unit",
            limits=limits,
            inside=table.inside,
            leaving=self._leaving(table, path),
            basis=table.basis,
            choice=table.choice,
        )

    def _check_course(
        self, per: str, start: tuple[Milestone, str], stop: tuple[Milestone, str]
    ) -> None:
        """A clock can run from the one event to the other; each comes with where it is told."""
        words, (starts, at_start), (stops, at_stop) = self.words, start, stop
        if per == "unit" and starts not in OF_UNIT:
            mend = "如 assigned 或 claimed"
            words.fault("按单位计的时限须从单位的事件起算", at_start, mend)
        course = starts in COURSE and stops in COURSE
        if starts is stops:
            words.fault("起算与停止是同一事件", at_stop, "停止须在起算之后")
        elif course and COURSE.index(stops) < COURSE.index(starts):
            mend = f"依次为:{'、'.join(COURSE)}"
            words.fault(f"{stops.label}先于{starts.label},不能作停止", at_stop, mend)

    def _check_course_of_row(
        self, row: f.LimitTable, clock: f.ClockTable, above: str, path: str
    ) -> None:
        """Likewise where a row departs from its clock; what that lacks is told there alone."""
        own = {key for key in ("starts", "stops") if getattr(row, key) is not None}
        lent = [f"{above}.{key}" for key in {"starts", "stops"} - own]
        told = {fault.path for fault in self.words.faults}
        if not own or any(self.words.is_lost(at) or at in told for at in lent):
            return
        start = (row.starts or clock.starts, f"{path}.starts")
        at_stop = "stops" if row.stops else "starts"
        per = clock.per if row.starts else "case"  # what the clock starts with is told of the clock
        self._check_course(per, start, (row.stops or clock.stops, f"{path}.{at_stop}"))

    def _leaving(self, table: f.ClockTable, path: str) -> Limit | None:
        """How much of the case's clock a unit's must leave, which goes with that clock's name."""
        words, at_inside, at_leaving = self.words, f"{path}.inside", f"{path}.leaving"
        if not table.inside and table.leaving is None:
            return None
        if table.per == "case" and not words.is_lost(f"{path}.per"):
            mend = '写 per = "unit",或删去 inside 与 leaving'
            words.fault(
                "只有按单位计的时限才能写 inside、leaving",
                at_inside if table.inside else at_leaving,
                mend,
            )
            return None
        if table.inside:
            self._check_inside(table.inside, at_inside)
        else:
            words.fault("写了 leaving 而没有 inside", at_inside, "写明不得超出哪一项办件时限")
        if table.leaving is None:
            words.fault("写了 inside 而没有 leaving", at_leaving, '如 leaving = "1日"')
            return None
        leaving = words.limit(table.leaving, at_leaving)
        length = isinstance(leaving, WorkingDays | CalendarDays | ClockHours)
        rolls = isinstance(leaving, CalendarDays) and leaving.roll
        if leaving is not None and (not length or rolls):
            reason = f"留出的须是日、工作日或小时,不能是「{table.leaving}」"
            words.fault(reason, at_leaving, "如「1日」「1个工作日」「24小时」")
        return leaving

    def _check_inside(self, clock: str, path: str) -> None:
        """A unit's clock ends within one of the case."""
        self.words.known_clock(clock, path)
        if any(other.id == clock and other.per == "unit" for other in self.all):
            of_case = "、".join(other.id for other in self.all if other.per == "case") or "无"
            self.words.fault(f"{clock} 不是按办件计的时限", path, f"可用:{of_case}")

    def _row(self, row: f.LimitTable, clock: f.ClockTable, above: str, path: str) -> Row[TimeLimit]:
        words = self.words
        words.require_basis(row, path)
        self._check_one_limit(row, path)
        self._check_course_of_row(row, clock, above, path)
        value = TimeLimit(
            within=None if row.within is None else words.limit(row.within, f"{path}.within"),
            basis=row.basis,
            no_limit=row.no_limit,
            soft=row.soft,
            choice=row.choice,
            office_may_shorten=row.office_may_shorten,
            promise=row.promise,
            starts=row.starts,
            stops=row.stops,
        )
        return Row(row.id, value, words.conditions(row.when, row.also, path), row.overrides)

    def _check_one_limit(self, row: f.LimitTable, path: str) -> None:
        """A number, what must be promised instead, or that there is none: one of them."""
        said = (row.within is not None, bool(row.no_limit.strip()), row.promise is not None)
        lost = any(self.words.is_lost(f"{path}.{key}") for key in ("within", "no_limit", "promise"))
        if sum(said) != 1 and not lost:
            mend = (
                '写 within = "5个工作日";须由单位承诺的,写 promise = "date" 或 "plan";'
                '原文没有时限的,写 no_limit = "说明"'
            )
            self.words.fault("within、no_limit、promise 须写且只写一个", path, mend)

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
            or fault.path == part
            or fault.path.startswith((f"{part}.", f"{part}["))
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
