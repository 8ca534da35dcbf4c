"""From the shape of a ``policy.toml`` to a :class:`Policy`: what its words mean, and every fault.

Part by part: time, ladder, reasons, extensions, ranking. The clocks and their tables are read by
:mod:`wenzheng_core.clockreading`, all else by :mod:`wenzheng_core.provisionreading`.
"""

from __future__ import annotations

import re
from datetime import time
from typing import Any

import attrs

from wenzheng_core import policyfile as f
from wenzheng_core import provisionreading as p
from wenzheng_core.clockreading import read_clocks
from wenzheng_core.domain.clockrules import ClockRule
from wenzheng_core.domain.errors import Fault
from wenzheng_core.domain.escalation import Moment, Rung, Side, parse_moment, write_moment
from wenzheng_core.domain.limits import (
    CalendarDays,
    ClockHours,
    CommittedDate,
    Limit,
    SameDay,
    WorkingDays,
    write_limit,
)
from wenzheng_core.domain.measures import RANKED_BY
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.provisions import DeclineReason, ExtensionRule, PauseReason, RankingRule
from wenzheng_core.domain.timelimits import Counting, TimeRules
from wenzheng_core.policywords import Words

MIDNIGHT = time(0)
_SYSTEM = re.compile(r"S\d\d", re.ASCII)


def read_parts(
    file: f.PolicyFile, digest: str, lost: frozenset[str] = frozenset()
) -> tuple[Policy, tuple[Fault, ...]]:
    """The policy and the faults of its words; only without any fault may the policy be used.

    ``lost`` are the paths at which the shape is at fault already.
    """
    words = Words(lost)
    if file.schema != f.POLICY_SCHEMA:
        mend = f'应为 schema = "{f.POLICY_SCHEMA}"'
        words.fault(f"不认识的格式 {file.schema}", "$.schema", mend)
    words.require_basis(file, "$")
    words.office_hours = bool(file.time.office_hours) or words.has_lost("$.time")
    words.read_columns(file.columns)
    _check_systems(file, words)
    clocks = read_clocks(file, words)
    parts = _Parts(file, words)
    policy = Policy(
        id=file.id,
        title=file.title,
        version=file.version,
        valid_from=file.valid_from,
        basis=file.basis,
        calendar=file.calendar,
        main_clock=file.main_clock,
        truncated=file.truncated,
        valid_from_choice=file.valid_from_choice,
        systems=file.systems,
        silent=file.silent,
        columns=words.columns,
        time=parts.time(),
        time_basis=file.time.basis,
        time_choice=file.time.choice,
        clocks=clocks,
        gates=p.read_gates(file, words),
        checklists=p.read_checklists(file, words),
        routing=p.read_routing(file.routing, words),
        last_steps=p.read_last_steps(file, words),
        rungs=parts.rungs(clocks),
        decline_reasons=parts.declines(),
        pause_reasons=parts.pauses(),
        extensions=parts.extensions(clocks),
        ranking=parts.ranking(),
        measures=p.read_measures(file, words),
        supervision=p.read_supervision(file.supervision, words),
        accountability=p.read_accountability(file, words),
        campaigns=p.read_campaigns(file, words),
        schedules=p.read_schedules(file, words),
        reply=p.read_reply(file.reply, words),
        digest=digest,
    )
    return policy, tuple(words.faults)


def _check_systems(file: f.PolicyFile, words: Words) -> None:
    """The systems are known by their numbers; what the text is silent about is said in words."""
    words.distinct(file.silent, "$.silent")
    words.distinct(file.systems, "$.systems")
    for index, system in enumerate(file.systems):
        if system.strip() and not _SYSTEM.fullmatch(system):
            words.fault(f"「{system}」不是制度编号", f"$.systems[{index}]", "如 S11")


def _never_begun(moment: Moment, limit: Limit, time_: f.TimeTable) -> bool:
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


@attrs.frozen
class _Parts:
    file: f.PolicyFile
    words: Words

    def time(self) -> TimeRules:
        table, words = self.file.time, self.words
        hours: list[tuple[time, time]] = []
        for index, pair in enumerate(table.office_hours):
            path = f"$.time.office_hours[{index}]"
            if words.has_lost(path):
                continue
            if len(pair) != 2 or pair[0] >= pair[1]:
                words.fault("办公时间须为先开后关的一对时刻", path, "如 [09:00:00, 12:00:00]")
            elif hours and hours[-1][1] > pair[0]:
                words.fault("办公时间须按先后排列且不重叠", path, "上午在前,下午在后")
            else:
                hours.append((pair[0], pair[1]))
        if table.day_end == MIDNIGHT:
            words.fault("day_end 不能是零时", "$.time.day_end", "到24时截止的,删去这一项")
        departs = table.counting is not Counting.INTERNAL
        if departs or table.day_end or table.cutoff or table.office_hours:
            words.require_basis(table, "$.time")
        return TimeRules(table.day_end, table.cutoff, tuple(hours), table.counting)

    def rungs(self, clocks: tuple[ClockRule, ...]) -> tuple[Rung, ...]:
        self.words.unique([rung.id for rung in self.file.rung], "$.rung")
        found = []
        for index, table in enumerate(self.file.rung):
            path = f"$.rung[{index}]"
            self._check_fires(table, clocks, path)
            rung = self._rung(table, path)
            if rung is not None and self._surely_read(path):
                self._check_begun(rung, clocks, path)
            found.append(rung)
        return tuple(rung for rung in found if rung is not None)

    def _check_fires(self, table: f.RungTable, clocks: tuple[ClockRule, ...], path: str) -> None:
        """A rung that no limit of its clock can ever reach would be silent for ever."""
        rows = [row.value for c in clocks if c.id == table.clock for row in c.limits.rows]
        limits = [row for row in rows if not row.no_limit]
        if rows and not limits:
            self.words.fault("该时限没有期限,不会走到这一级", f"{path}.clock", "改 clock 或删去")
        elif limits and table.do.spares_soft_limits and all(row.soft for row in limits):
            reason = f"该时限的规则都是 soft,不会走到「{table.do.label}」"
            self.words.fault(reason, f"{path}.do", "改用 remind 或 yellow_card,或去掉 soft")

    def _surely_read(self, path: str) -> bool:
        """Whether the clocks and the condition of the rung at ``path`` are without fault."""
        whens = (f"{path}.when", f"{path}.also")
        words, parts = self.words, ("$.clock", "$.columns", "$.time", *whens)
        return not any(map(words.has_lost, parts)) and not any(
            fault.path.startswith(parts) for fault in words.faults
        )

    def _check_begun(self, rung: Rung, clocks: tuple[ClockRule, ...], path: str) -> None:
        """A rung that would always stand before its clock begins is silent in that row."""
        rows = [
            row
            for clock in clocks
            if clock.id == rung.clock
            for row in clock.limits.winners_with(rung.conditions)
            if row.value.within and _never_begun(rung.at, row.value.within, self.file.time)
        ]
        if rows:
            named = "、".join(
                f"「{r.id}」({write_limit(r.value.within)})" for r in rows if r.value.within
            )
            reason = f"「{write_moment(rung.at)}」对规则{named}总在起算之前,永远不会走到"
            mend = "改 at,或用 when 写明这一级只用于时限更长的情形"
            self.words.fault(reason, f"{path}.at", mend)

    def _rung(self, table: f.RungTable, path: str) -> Rung | None:
        words = self.words
        words.require_basis(table, path)
        words.known_clock(table.clock, f"{path}.clock")
        if not table.to:
            words.fault("没有写明告知谁", f"{path}.to", '如 to = ["liaison"]')
        conditions = words.conditions(table.when, table.also, path)
        moment: Moment | None = words.parse(table.at, f"{path}.at", parse_moment)
        if moment is None:
            return None
        return Rung(
            id=table.id,
            clock=table.clock,
            at=moment,
            act=table.do,
            to=table.to,
            basis=table.basis,
            fallback=table.fallback,
            channel=table.channel,
            choice=table.choice,
            conditions=conditions,
        )

    def declines(self) -> tuple[DeclineReason, ...]:
        words = self.words
        words.unique([reason.code for reason in self.file.decline], "$.decline", "code")
        for index, table in enumerate(self.file.decline):
            path = f"$.decline[{index}]"
            words.require_basis(table, path)
            words.require(table.answer, f"{path}.answer", "不受理也要答复", "写一段有礼貌的答复")
        return tuple(DeclineReason(**attrs.asdict(table)) for table in self.file.decline)

    def pauses(self) -> tuple[PauseReason, ...]:
        words, reasons = self.words, []
        words.unique([reason.code for reason in self.file.pause], "$.pause", "code")
        for index, table in enumerate(self.file.pause):
            path = f"$.pause[{index}]"
            words.require_basis(table, path)
            for place, clock in enumerate(table.clocks):
                words.known_clock(clock, f"{path}.clocks[{place}]")
            at_most = self._at_most(table.at_most, path)
            if at_most is not None:
                reasons.append(PauseReason(**self._provided(table, at_most, path)))
        return tuple(reasons)

    def extensions(self, clocks: tuple[ClockRule, ...]) -> tuple[ExtensionRule, ...]:
        words, rules = self.words, []
        for index, table in enumerate(self.file.extension):
            path = f"$.extension[{index}]"
            words.require_basis(table, path)
            words.known_clock(table.clock, f"{path}.clock")
            if table.times < 1:
                words.fault("延期次数至少为 1", f"{path}.times", "不许延期的,删去这一项")
            mend = "写批准延期的职务或部门,如 office"
            words.require(table.approver, f"{path}.approver", "没有写明由谁批准", mend)
            at_most = self._at_most(table.at_most, path)
            if at_most is not None:
                self._same_unit(table.clock, clocks, at_most, f"{path}.at_most")
                rules.append(ExtensionRule(**self._provided(table, at_most, path)))
        return tuple(rules)

    def _provided(
        self, table: f.PauseTable | f.ExtensionTable, at_most: Limit, path: str
    ) -> dict[str, Any]:
        """The fields of a provision: those of its table, with what its words mean."""
        own = {k: v for k, v in attrs.asdict(table).items() if k not in ("when", "also")}
        conditions = self.words.conditions(table.when, table.also, path)
        return own | {"at_most": at_most, "conditions": conditions}

    def _at_most(self, text: str, path: str) -> Limit | None:
        at_most = self.words.limit(text, f"{path}.at_most")
        if isinstance(at_most, SameDay | CommittedDate):
            mend = "如「30日」「5个工作日」「24小时」"
            self.words.fault(f"上限须是一段时间,不能是「{text}」", f"{path}.at_most", mend)
            return None
        return at_most

    def _same_unit(
        self, clock: str, clocks: tuple[ClockRule, ...], at_most: Limit, path: str
    ) -> None:
        rows = [row.value.within for c in clocks if c.id == clock for row in c.limits.rows]
        limits = [limit for limit in rows if limit is not None]
        if limits and not any(type(limit) is type(at_most) for limit in limits):
            self.words.fault("延期的单位与该时限的单位不同", path, "延期须用原时限的单位")

    def ranking(self) -> RankingRule:
        table, words = self.file.ranking, self.words
        if table is None:
            return RankingRule()
        words.require_basis(table, "$.ranking")
        mend = f"可用:{'、'.join(RANKED_BY)}"
        if not table.by:
            words.fault("没有写明按什么排名", "$.ranking.by", mend)
        for index, name in enumerate(table.by):
            if name not in RANKED_BY:
                words.fault(f"不能按「{name}」排名", f"$.ranking.by[{index}]", mend)
        return RankingRule(by=table.by, basis=table.basis, choice=table.choice)
