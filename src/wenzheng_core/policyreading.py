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
from wenzheng_core.crosschecks import check_cards, check_together, never_begun
from wenzheng_core.domain.clockrules import ClockRule, TimeLimit
from wenzheng_core.domain.errors import Fault
from wenzheng_core.domain.escalation import Moment, Rung, parse_moment, write_moment
from wenzheng_core.domain.limits import Limit, SameDay, write_limit
from wenzheng_core.domain.measures import RANKED_BY
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.provisions import DeclineReason, ExtensionRule, PauseReason, RankingRule
from wenzheng_core.domain.tables import Condition
from wenzheng_core.domain.timelimits import Counting, TimeRules
from wenzheng_core.namechecks import check_names
from wenzheng_core.policywords import Words
from wenzheng_core.retentionreading import read_retention

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
    check_names(file, words)
    words.require_basis(file, "$")
    words.office_hours = bool(file.time.office_hours) or words.has_lost("$.time")
    words.read_columns(file.columns)
    _check_systems(file, words)
    if file.baseline and file.baseline == file.id:
        words.fault("不能以自己为上级规定", "$.baseline", "写上级规定的编号,或删去这一项")
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
        baseline=file.baseline,
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
        retention=read_retention(file.retention, words),
        digest=digest,
    )
    check_together(file, clocks, words)
    return policy, tuple(words.faults)


def _check_systems(file: f.PolicyFile, words: Words) -> None:
    """The systems are known by their numbers; what the text is silent about is said in words."""
    words.distinct(file.silent, "$.silent")
    words.distinct(file.systems, "$.systems")
    for index, system in enumerate(file.systems):
        if system.strip() and not _SYSTEM.fullmatch(system):
            words.fault(f"「{system}」不是制度编号", f"$.systems[{index}]", "如 S11")


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
            rung = self._rung(table, path)
            self._check_fires(table, rung, clocks, path)
            if rung is not None and self._surely_read(path):
                self._check_begun(rung, clocks, path)
            found.append(rung)
        check_cards(found, self.words)
        return tuple(rung for rung in found if rung is not None)

    def _check_fires(
        self, table: f.RungTable, rung: Rung | None, clocks: tuple[ClockRule, ...], path: str
    ) -> None:
        """A rung that no limit of its cases can ever reach would be silent for ever."""
        rows = self._rows(table.clock, rung.conditions if rung else ({},), clocks, path)
        limits = [row for row in rows if not row.no_limit]
        of = "所涉情形的规则" if table.when else "该时限的规则"
        if rows and not limits:
            key, mend = ("when", "改 when 或删去") if table.when else ("clock", "改 clock 或删去")
            self.words.fault(f"{of}没有期限,不会走到这一级", f"{path}.{key}", mend)
        elif limits and table.do.spares_soft_limits and all(row.soft for row in limits):
            reason = f"{of}都是 soft,不会走到「{table.do.label}」"
            self.words.fault(reason, f"{path}.do", "改用 remind 或 yellow_card,或去掉 soft")

    def _rows(
        self,
        clock: str,
        conditions: tuple[Condition, ...],
        clocks: tuple[ClockRule, ...],
        path: str,
    ) -> list[TimeLimit]:
        """The rows of a clock that win where one of the conditions holds; all, if one is unsure."""
        rules = [rule for rule in clocks if rule.id == clock]
        if not self._surely_read(path):
            return [row.value for rule in rules for row in rule.limits.rows]
        return [row.value for rule in rules for row in rule.limits.winners_with(conditions)]

    def _surely_read(self, path: str) -> bool:
        """Whether the clocks and the condition of the table at ``path`` are without fault."""
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
            if row.value.within and never_begun(rung.at, row.value.within, self.file.time)
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
                rule = ExtensionRule(**self._provided(table, at_most, path))
                self._check_extended(rule, table, clocks, path)
                rules.append(rule)
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
        if isinstance(at_most, SameDay):
            mend = "如「30日」「5个工作日」「24小时」"
            self.words.fault(f"上限须是一段时间,不能是「{text}」", f"{path}.at_most", mend)
            return None
        return at_most

    def _check_extended(
        self,
        rule: ExtensionRule,
        table: f.ExtensionTable,
        clocks: tuple[ClockRule, ...],
        path: str,
    ) -> None:
        """There is a limit to be extended in its cases, and in the same unit."""
        rows = self._rows(rule.clock, rule.conditions, clocks, path)
        limits = [row.within for row in rows if row.within is not None]
        if rows and all(row.no_limit for row in rows):
            key = "when" if table.when else "clock"
            mend = f"改 {key},或删去这一延期"
            self.words.fault("所涉情形没有期限,无从延期", f"{path}.{key}", mend)
        elif limits and not any(type(limit) is type(rule.at_most) for limit in limits):
            where = f"{path}.at_most"
            self.words.fault("延期的单位与该时限的单位不同", where, "延期须用原时限的单位")

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
