"""A city's policy as values: clocks, gates, ladder, reasons, and the versions of it by date.

Read from ``policy.toml`` by :mod:`wenzheng_core.policyfile`; nothing here knows of files. Every
number carries its basis. ``choice`` says why, where the notice is silent and somebody chose.
"""

from __future__ import annotations

import itertools
from datetime import date, datetime
from enum import StrEnum

import attrs

from wenzheng_core.domain.errors import RefusedError
from wenzheng_core.domain.escalation import OFFICE, Rung
from wenzheng_core.domain.instants import local_day
from wenzheng_core.domain.limits import Limit
from wenzheng_core.domain.tables import Choice, Column, Condition, Facts, Table, complete, holds
from wenzheng_core.domain.timelimits import TimeRules


class Milestone(StrEnum):
    """The events at which clocks start and stop."""

    RECEIVED = "received"
    ACCEPTED = "accepted"
    ASSIGNED = "assigned"
    CLAIMED = "claimed"
    CONTACTED = "contacted"
    REPORTED = "reported"
    REVIEWED = "reviewed"
    APPROVED = "approved"
    PUBLISHED = "published"
    RESOLVED = "resolved"

    @property
    def label(self) -> str:
        """The Chinese word."""
        return _MILESTONE_LABELS[self]


_MILESTONE_LABELS = {
    Milestone.RECEIVED: "收到留言",
    Milestone.ACCEPTED: "受理",
    Milestone.ASSIGNED: "交办",
    Milestone.CLAIMED: "签收",
    Milestone.CONTACTED: "联系留言人",
    Milestone.REPORTED: "反馈",
    Milestone.REVIEWED: "审核",
    Milestone.APPROVED: "审定",
    Milestone.PUBLISHED: "公开回复",
    Milestone.RESOLVED: "办结",
}

REWORK = "rework"
"""The clock of a limit that the office sets when it returns a report; it has no ladder."""

# Milestones that a unit reaches for itself, so that a clock per unit can start or stop there.
OF_UNIT = frozenset(
    {Milestone.ASSIGNED, Milestone.CLAIMED, Milestone.CONTACTED, Milestone.REPORTED}
)


@attrs.frozen(kw_only=True)
class TimeLimit:
    """What one row of a clock says.

    Attributes:
        within: the limit; None where the text gives none, with ``no_limit`` saying so.
        soft: worded as an aim (一般, 原则上, 普遍控制在): warned and measured, never a red card.
        office_may_shorten: the number is a ceiling under which the office sets each case's own.
        basis: article or passage.
        choice: why it is read so, where the notice is silent or vague; "" if it is the text itself.
    """

    within: Limit | None
    basis: str
    no_limit: str = ""
    soft: bool = False
    choice: str = ""
    office_may_shorten: bool = False


@attrs.frozen(kw_only=True)
class ClockRule:
    """One clock: from which event to which, for the case or for each unit, and how long.

    ``per_unit``: a clock of each assigned unit, which restarts with every assignment; else of the
    case, which no assignment restarts.
    """

    id: str
    title: str
    starts: Milestone
    stops: Milestone
    per_unit: bool
    limits: Table[TimeLimit]
    basis: str = ""
    choice: str = ""


class GateAct(StrEnum):
    """What is done at a gate."""

    REVIEW = "review"
    APPROVE = "approve"

    @property
    def label(self) -> str:
        """The Chinese word."""
        return {GateAct.REVIEW: "审核", GateAct.APPROVE: "审定"}[self]


@attrs.frozen(kw_only=True)
class Gate:
    """Somebody's act without which a reply is not published."""

    id: str
    act: GateAct
    by: str
    basis: str
    choice: str = ""
    conditions: tuple[Condition, ...] = ({},)

    def applies(self, facts: Facts) -> bool:
        """Whether a case with these facts must pass."""
        return holds(self.conditions, facts)


@attrs.frozen(kw_only=True)
class DeclineReason:
    """A ground for not handling a message; it is answered all the same.

    ``counts_as_replied``: whether the answer counts in the reply rate.
    """

    code: str
    title: str
    answer: str
    basis: str
    counts_as_replied: bool = True
    choice: str = ""


@attrs.frozen(kw_only=True)
class PauseReason:
    """A ground on which clocks may stand still, for how long at most, and who lets them.

    ``at_most`` is for all pauses of a case on this ground together. ``approver`` is the office (职务)
    that pauses; ``office`` means any clerk of the assigning office.
    """

    code: str
    title: str
    at_most: Limit
    basis: str
    clocks: tuple[str, ...] = ()
    approver: str = OFFICE
    choice: str = ""


@attrs.frozen(kw_only=True)
class ExtensionRule:
    """Whether and how far a clock may be extended.

    ``approver`` is the office (职务) that grants; it is never the one who asked.
    """

    clock: str
    times: int
    at_most: Limit
    approver: str
    basis: str
    choice: str = ""


@attrs.frozen(kw_only=True)
class RankingRule:
    """By what a bulletin ranks the units: names of measures, the first that differs decides."""

    by: tuple[str, ...] = ("completion_rate", "on_time_rate", "handled")
    basis: str = ""
    choice: str = ""


@attrs.frozen(kw_only=True)
class Policy:
    """One dated version of a city's rules; immutable, named by its digest.

    Attributes:
        id: the city's or system's identifier.
        version: the name of this version, unique within ``id``.
        valid_from: first day (Beijing) of its force; it ends where the next version begins.
        basis: the document.
        truncated: what the public text lacks, "" if nothing.
        valid_from_choice: why it is in force from that day, where the text does not say.
        calendar: the calendar by which it counts.
        main_clock: the clock that answers "when is it due" where only one answer is wanted.
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
    columns: tuple[Column, ...] = ()
    time: TimeRules = TimeRules()
    clocks: tuple[ClockRule, ...] = ()
    gates: tuple[Gate, ...] = ()
    rungs: tuple[Rung, ...] = ()
    decline_reasons: tuple[DeclineReason, ...] = ()
    pause_reasons: tuple[PauseReason, ...] = ()
    extensions: tuple[ExtensionRule, ...] = ()
    ranking: RankingRule = RankingRule()
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

    def decline_reason(self, code: str) -> DeclineReason:
        """The reason of that code. Raises RefusedError."""
        for reason in self.decline_reasons:
            if reason.code == code:
                return reason
        known = "、".join(f"{r.code}({r.title})" for r in self.decline_reasons) or "无"
        raise RefusedError("decline.unknown_reason", f"没有「{code}」这一不受理情形;现有:{known}")

    def pause_reason(self, code: str) -> PauseReason:
        """The reason of that code. Raises RefusedError."""
        for reason in self.pause_reasons:
            if reason.code == code:
                return reason
        raise RefusedError("pause.not_provided", f"本办法没有规定以「{code}」为由中止办理期限")

    def extension(self, clock_id: str) -> ExtensionRule:
        """How that clock may be extended. Raises RefusedError."""
        for rule in self.extensions:
            if rule.clock == clock_id:
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

    @property
    def latest(self) -> Policy:
        """The newest version."""
        return self.versions[-1]
