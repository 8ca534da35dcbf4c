"""A city's policy as values: clocks, gates, ladder, reasons, and the versions of it by date.

Read from ``policy.toml`` by :mod:`wenzheng_core.policyfile`; nothing here knows of files. Every
number carries its basis. ``choice`` says why, where the notice is silent and somebody chose.
"""

from __future__ import annotations

import itertools
from datetime import date, datetime

import attrs

from wenzheng_core.domain.clockrules import REWORK, ClockRule, TimeLimit
from wenzheng_core.domain.errors import RefusedError, UnknownError
from wenzheng_core.domain.escalation import Rung
from wenzheng_core.domain.gates import Checklist, Gate
from wenzheng_core.domain.instants import local_day
from wenzheng_core.domain.provisions import (
    AccountabilityCause,
    Campaign,
    DeclineReason,
    ExtensionRule,
    LastStep,
    MeasureRule,
    PauseReason,
    RankingRule,
    Retention,
    Routing,
    SupervisionRule,
)
from wenzheng_core.domain.replychecks import ReplyChecks
from wenzheng_core.domain.schedules import Schedule
from wenzheng_core.domain.tables import Choice, Column, Facts, complete, holds
from wenzheng_core.domain.timelimits import TimeRules


@attrs.frozen(kw_only=True)
class Policy:
    """One dated version of a city's rules; immutable, named by its digest.

    Attributes:
        id: the city's or system's identifier.
        version: the name of this version, unique within ``id``.
        valid_from: first day (Beijing) of its force; it ends where the next version begins.
        basis: the document.
        truncated: what the public text lacks, "" if nothing.
        baseline: the policy of the level above, than which no limit here may end later; "" if none.
        valid_from_choice: why it is in force from that day, where the text does not say.
        calendar: the calendar by which it counts.
        main_clock: the clock that answers "when is it due" where only one answer is wanted.
        systems: which systems of the source documents it carries, such as ``S11``.
        silent: what the text does not say, each as one sentence.
        retention: how long a finished case is kept; None if no text says.
        digest: hash of the rules' content; equal digests rule equally.
    """

    id: str
    title: str
    version: str
    valid_from: date
    basis: str
    calendar: str
    main_clock: str
    truncated: str = ""
    valid_from_choice: str = ""
    baseline: str = ""
    systems: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()
    time: TimeRules = TimeRules()
    time_basis: str = ""
    time_choice: str = ""
    clocks: tuple[ClockRule, ...] = ()
    gates: tuple[Gate, ...] = ()
    checklists: tuple[Checklist, ...] = ()
    routing: Routing = Routing()
    last_steps: tuple[LastStep, ...] = ()
    rungs: tuple[Rung, ...] = ()
    decline_reasons: tuple[DeclineReason, ...] = ()
    pause_reasons: tuple[PauseReason, ...] = ()
    extensions: tuple[ExtensionRule, ...] = ()
    ranking: RankingRule = RankingRule()
    measures: tuple[MeasureRule, ...] = ()
    supervision: SupervisionRule = SupervisionRule()
    accountability: tuple[AccountabilityCause, ...] = ()
    campaigns: tuple[Campaign, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    reply: ReplyChecks = ReplyChecks()
    retention: Retention | None = None
    digest: str = ""

    def clock(self, clock_id: str) -> ClockRule:
        """The clock of that id. Raises RefusedError."""
        for clock in self.clocks:
            if clock.id == clock_id:
                return clock
        known = "、".join(c.id for c in self.clocks)
        raise RefusedError("policy.unknown_clock", f"没有名为「{clock_id}」的时限;现有:{known}")

    def title_of(self, clock_id: str) -> str:
        """The clock's name; that of a limit which somebody set on a return for rework, too."""
        named = next((clock.title for clock in self.clocks if clock.id == clock_id), "")
        return named or {REWORK: "退回重办"}.get(clock_id, clock_id)

    def limit(self, clock_id: str, facts: Facts) -> Choice[TimeLimit]:
        """The limit that wins for the facts, with all candidates. Raises RefusedError.

        A fact that nobody has stated is never guessed: the limit stands only if every value of it
        would lead to the same one.
        """
        table = self.clock(clock_id).limits
        full = complete(self.columns, facts)
        asked = {name for row in table.rows for c in row.conditions for name in c}
        missing = [c for c in self.columns if c.name in asked and c.name not in full]
        if not missing:
            return table.decide(full)
        names = [column.name for column in missing]
        choices = [
            table.decide(full | dict(zip(names, values, strict=True)))
            for values in itertools.product(*(column.values for column in missing))
        ]
        if len({choice.row for choice in choices}) == 1:
            return choices[0]
        wanted = ";".join(f"{c.title or c.name}({'、'.join(c.values)})" for c in missing)
        raise RefusedError("facts.missing", f"尚未分类,无法确定时限;请先确定:{wanted}")

    def gate(self, gate_id: str) -> Gate:
        """The gate of that id. Raises RefusedError."""
        for gate in self.gates:
            if gate.id == gate_id:
                return gate
        known = "、".join(g.id for g in self.gates) or "无"
        raise RefusedError("gate.unknown", f"没有名为「{gate_id}」的一关;现有:{known}")

    def last_step(self, facts: Facts) -> LastStep | None:
        """Whither the answer goes up; None where it is published."""
        return next((step for step in self.last_steps if holds(step.conditions, facts)), None)

    def schedule(self, schedule_id: str) -> Schedule:
        """The schedule of that id. Raises RefusedError."""
        for schedule in self.schedules:
            if schedule.id == schedule_id:
                return schedule
        known = "、".join(x.id for x in self.schedules) or "无"
        raise RefusedError("schedule.unknown", f"没有名为「{schedule_id}」的日程;现有:{known}")

    def decline_reason(self, code: str) -> DeclineReason:
        """The reason of that code. Raises RefusedError."""
        for reason in self.decline_reasons:
            if reason.code == code:
                return reason
        known = "、".join(f"{r.code}({r.title})" for r in self.decline_reasons) or "无"
        raise RefusedError("decline.unknown_reason", f"没有「{code}」这一不受理情形;现有:{known}")

    def pause_reason(self, code: str, facts: Facts) -> PauseReason:
        """The reason of that code, for a case with these facts. Raises RefusedError."""
        for reason in self.pause_reasons:
            if reason.code == code and holds(reason.conditions, facts):
                return reason
        raise RefusedError("pause.not_provided", f"本办法没有规定以「{code}」为由中止办理期限")

    def extension(self, clock_id: str, facts: Facts) -> ExtensionRule:
        """How that clock may be extended for a case with these facts. Raises RefusedError."""
        for rule in self.extensions:
            if rule.clock == clock_id and holds(rule.conditions, facts):
                return rule
        raise RefusedError("extension.not_provided", f"本办法没有规定「{clock_id}」可以延期")


@attrs.frozen
class PolicyVersions:
    """All versions of one policy, ordered by the day from which they are in force."""

    id: str
    versions: tuple[Policy, ...]

    def in_force(self, at: datetime) -> Policy:
        """The version in force at an instant: the last that has begun. Raises RefusedError."""
        day = local_day(at)
        begun = [policy for policy in self.versions if policy.valid_from <= day]
        if not begun:
            first = self.versions[0].valid_from.isoformat()
            raise RefusedError("policy.not_yet", f"「{self.id}」自 {first} 起施行,此前没有规定")
        return begun[-1]

    def version(self, version: str, digest: str) -> Policy:
        """The very version that a case was opened under. Raises RefusedError if it is gone."""
        for policy in self.versions:
            if policy.version == version and policy.digest == digest:
                return policy
        raise RefusedError(
            "policy.version_gone",
            f"办件所依据的「{self.id}」{version}(摘要 {digest})未安装;版本发布后不得改动,请恢复原文件",
        )

    def named(self, version: str) -> Policy:
        """The version of that name. Raises UnknownError with those that there are."""
        for policy in self.versions:
            if policy.version == version:
                return policy
        raise UnknownError("版本", version, tuple(policy.version for policy in self.versions))

    @property
    def latest(self) -> Policy:
        """The newest version."""
        return self.versions[-1]
