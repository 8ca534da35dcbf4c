"""``migrate(case, asked, old, new)``: an open case comes under another version of its policy.

Never by itself: a case stays under the version it was opened under until somebody asks for this,
with a reason (docs/decisions.md, 新旧衔接). What was done under the old version stands: rungs that
fired, gates that were passed, clocks that ended, a breach. What a case has that the new version
cannot carry is refused, and the case stays where it is.

The modes mirror 最高法 2012-12-28 《关于修改后的民事诉讼法施行时未结案件适用法律若干问题的规定》: the new
rules for what has not begun, the old period for what runs (第6条), and a last day for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from enum import StrEnum

import attrs

from wenzheng_core.domain import clocks, events
from wenzheng_core.domain.actors import Actor, Role
from wenzheng_core.domain.cases import Case, Clock
from wenzheng_core.domain.clockrules import REWORK, TimeLimit
from wenzheng_core.domain.commands import Request, Tick
from wenzheng_core.domain.deciding import Decision
from wenzheng_core.domain.drafts import Draft, Rules
from wenzheng_core.domain.dues import bounded, due_of
from wenzheng_core.domain.errors import RefusedError
from wenzheng_core.domain.instants import end_of, local_day, show_instant, utc
from wenzheng_core.domain.limits import CommittedDate
from wenzheng_core.domain.passing import passed
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.stages.supervising import catch_up
from wenzheng_core.domain.tables import Choice, complete
from wenzheng_core.domain.workflow import FINAL

MIGRATORS = frozenset({Role.OFFICE, Role.LEADER})
"""Who may bring a case under another version."""


class Mode(StrEnum):
    """What becomes of the clocks that run.

    ``PIN``: nothing; the case stays under its version to the end. ``ADOPT_UNSTARTED``: they keep
    their limits and due instants, and what starts later is the new version's. ``FAVOUR``: the due
    instant that is better for the citizen, the earlier one. ``CAP``: their own due instants, but
    none after a last day. Nothing is due before the end of the day of the migration by any of them.
    """

    PIN = "pin"
    ADOPT_UNSTARTED = "adopt_unstarted"
    FAVOUR = "favour"
    CAP = "cap"

    @property
    def label(self) -> str:
        """The Chinese word."""
        return {
            Mode.PIN: "沿用旧版",
            Mode.ADOPT_UNSTARTED: "未开始的时限按新版",
            Mode.FAVOUR: "按对网民有利的一版",
            Mode.CAP: "沿用旧版但不迟于某日",
        }[self]


@attrs.frozen(kw_only=True)
class Migration:
    """What is asked for: the mode, why, by whom, when; ``cap`` is the last day of the mode ``CAP``."""

    mode: Mode
    reason: str
    actor: Actor
    at: datetime = attrs.field(converter=utc)
    cap: date | None = None


def migrate(case: Case, asked: Migration, old: Rules, new: Rules) -> Decision:
    """What the migration brings about; no records for one that stays as it is.

    That is a case that is done with, one that is under the new version already, and any in the mode
    ``PIN``. Pure; raises RefusedError, and then nothing has happened.
    """
    require_asked(asked)
    if asked.mode is Mode.PIN or case.policy_digest == new.policy.digest or case.state in FINAL:
        return Decision((), case)
    if asked.at < case.updated:
        last = show_instant(case.updated)
        reason = f"迁移的时间({show_instant(asked.at)})早于办件最近一次记录({last})"
        raise RefusedError("time.backwards", reason)
    draft = Draft(case.id, case, Request(Tick(), asked.actor, asked.at), old)
    catch_up(draft)
    require_image(draft.case, old.policy, new.policy)
    draft.rules = new
    draft.emit(_event(draft, asked, old.policy, new.policy))
    for clock in sorted(draft.case.running, key=lambda c: bool(c.unit)):
        _migrate_clock(draft, clock.key, asked, old.policy)
    return Decision(tuple(draft.records), draft.case)


def require_asked(asked: Migration) -> None:
    """Raise RefusedError unless the migration may be asked for as it is, whatever the case."""
    if asked.actor.role not in MIGRATORS:
        allowed = "、".join(sorted(role.label for role in MIGRATORS))
        raise RefusedError("migration.role", f"迁移须由{allowed}作出,{asked.actor.role.label}无权")
    if not asked.reason.strip():
        raise RefusedError("migration.reason", "迁移须说明理由")
    if (asked.cap is None) is (asked.mode is Mode.CAP):
        raise RefusedError("migration.cap", "「不迟于某日」须写明该日;其他方式不写")


# What a case must have an image of


def require_image(case: Case, old: Policy, new: Policy) -> None:
    """Raise RefusedError unless the new version can carry the case as it stands."""
    if refused := next(_missing(case, old, new), None):
        raise refused
    for name, value in case.facts.items():
        complete(new.columns, {name: value})


def _missing(case: Case, old: Policy, new: Policy) -> Iterator[RefusedError]:
    """What the new version lacks for the case, each as the refusal."""
    if case.policy != new.id:
        yield RefusedError(
            "migration.other_policy", f"办件依「{case.policy}」办理,不能改按「{new.id}」"
        )
    if case.pause is not None:
        yield RefusedError("migration.paused", "办件正在中止,请先恢复办理再迁移")
    if case.requests:
        yield RefusedError("migration.extension", "办件有待批的延期申请,请先批复再迁移")
    if old.time != new.time and any(clock.limit is not None for clock in case.running):
        yield RefusedError("migration.time", "两版的计时方法不同,在走的时限不能改按新版计算")
    rules = {rule.id: rule for rule in new.clocks}
    for clock in case.running:
        if clock.id == REWORK:
            continue
        rule = rules.get(clock.id)
        if rule is None or rule.per_unit is not bool(clock.unit):
            title = old.title_of(clock.id)
            yield RefusedError("migration.clock", f"「{title}」正在计时,新版没有与之对应的时限")


def _event(draft: Draft, asked: Migration, old: Policy, new: Policy) -> events.PolicyMigrated:
    return events.PolicyMigrated(
        from_version=old.version,
        to_version=new.version,
        from_digest=old.digest,
        to_digest=new.digest,
        mode=asked.mode.value,
        reason=asked.reason,
        cap=asked.cap,
        spared=_spared(draft.case, old, new),
    )


def _spared(case: Case, old: Policy, new: Policy) -> tuple[str, ...]:
    """Clocks that the old version had not, whose start is past: nobody is late by a rule to come."""
    known = {rule.id for rule in old.clocks} - set(case.spared)
    units = ["", *(holding.unit for holding in case.holders)]
    return tuple(
        rule.id
        for rule in new.clocks
        if rule.id not in known
        and any(passed(case, start, unit) for start in rule.all_starts for unit in units)
    )


# What becomes of a clock


def _migrate_clock(draft: Draft, key: tuple[str, str, int], asked: Migration, old: Policy) -> None:
    clock = next(clock for clock in draft.case.running if clock.key == key)
    floor = end_of(local_day(asked.at))
    if clock.breached(draft.at):  # a breach stands
        return _keep(draft, clock, old)
    if asked.mode is Mode.FAVOUR and (better := _better(draft, clock, floor)):
        limit = better.value.within
        return clocks.migrate(draft, attrs.evolve(clock, floor=floor), better.row, limit)
    if asked.mode is Mode.CAP and asked.cap is not None:
        latest = max(end_of(asked.cap), floor)
        if clock.due is not None and clock.due > latest and clock.id != REWORK:
            return clocks.migrate(draft, attrs.evolve(clock, ceiling=latest))
    return _keep(draft, clock, old)


def _keep(draft: Draft, clock: Clock, old: Policy) -> None:
    """Leave a clock its due instant; its ladder is counted again where the new version's differs."""
    if clock.breached(draft.at):
        return
    before, after = (
        [rung for rung in policy.rungs if rung.clock == clock.id] for policy in (old, draft.policy)
    )
    if before != after:
        day = end_of(local_day(draft.at))
        floor = min(clock.due, day) if clock.due else clock.floor
        clocks.migrate(draft, attrs.evolve(clock, floor=floor))


def _better(draft: Draft, clock: Clock, floor: datetime) -> Choice[TimeLimit] | None:
    """The row of the new version, if by it the clock is due earlier; None to leave it as it is.

    Left as they are: what is due by the end of the day anyway, a promised day, and a clock whose new
    row runs from or to another event or, after an extension, counts in another unit.
    """
    if clock.id == REWORK or isinstance(clock.limit, CommittedDate):
        return None
    rule = draft.policy.clock(clock.id)
    choice = draft.policy.limit(clock.id, draft.case.facts)
    within = choice.value.within
    begun = passed(draft.case, rule.starts_in(choice.value), clock.unit)
    if within is None or begun != clock.started or rule.stops_in(choice.value) is not clock.stops:
        return None
    if clock.extensions and type(within) is not type(clock.limit):
        return None
    found = due_of(draft, within, clock.started, attrs.evolve(clock, floor=None, ceiling=None))
    if found is None:
        return None
    due = bounded(found, floor, clock.ceiling).due
    return choice if clock.due is None or due < clock.due else None
