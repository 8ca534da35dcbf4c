"""X1, X2, X3: more time only lengthens, is bounded, asked for in time and granted by another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from wenzheng_core.domain import commands as c
from wenzheng_core.domain.actors import Actor, Role
from wenzheng_core.domain.calendars import Calendar
from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.clockrules import TimeLimit
from wenzheng_core.domain.deciding import decide
from wenzheng_core.domain.errors import OutsideCalendarError
from wenzheng_core.domain.escalation import OFFICE
from wenzheng_core.domain.instants import at_local, show_due, show_instant
from wenzheng_core.domain.limits import Limit, WorkingDays, write_limit
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.provisions import ExtensionRule
from wenzheng_core.domain.tables import Row
from wenzheng_core.domain.timelimits import TimeRules, deadline
from wenzheng_core.domain.units import LIAISON
from wenzheng_core.domain.workflow import WITH_UNIT
from wenzheng_core.proofs.moves import some_of
from wenzheng_core.proofs.pause_caps import is_length
from wenzheng_core.proofs.reports import Counterexample, Outcome
from wenzheng_core.proofs.staging import (
    CLERK,
    MINUTE,
    WORDS,
    Decide,
    Stage,
    approver_of,
    leader,
    rows_under,
    rules_of,
    unit_actor,
    usual_start,
)
from wenzheng_core.proofs.subjects import Subject

NO_EXTENSION = "本办法没有规定延期"
_TICK = timedelta(microseconds=1)


class Lengthen(Protocol):
    """The function of counting that is examined: when a limit ends, extensions counted on."""

    def __call__(
        self,
        limit: Limit,
        start: datetime,
        calendar: Calendar,
        rules: TimeRules,
        extensions: Sequence[Limit] = (),
    ) -> datetime:
        """The exclusive due instant."""


def lengthened(
    limit: Limit,
    start: datetime,
    calendar: Calendar,
    rules: TimeRules,
    extensions: Sequence[Limit] = (),
) -> datetime:
    """As the engine counts."""
    return deadline(limit, start, calendar, rules, (), extensions).due


def extensible(policy: Policy, rule: ExtensionRule) -> list[tuple[Row[TimeLimit], dict[str, str]]]:
    """The rows that a rule can extend: those of its clock in its unit, each with such facts."""
    clocks = [clock for clock in policy.clocks if clock.id == rule.clock]
    rows = [pair for clock in clocks for pair in rows_under(policy, clock, rule.conditions)]
    return [(row, facts) for row, facts in rows if type(row.value.within) is type(rule.at_most)]


def day_starts(subject: Subject, limit: Limit | None) -> Iterator[datetime]:
    """A start on every known day, at each time of day that matters to the limit."""
    rules = subject.policy.time
    one = isinstance(limit, WorkingDays) or rules.day_end is None
    moments = subject.moments[len(subject.moments) // 2 :][:1]
    if rules.cutoff is not None or not one:
        moments = subject.moments
    for day in subject.days:
        for moment in moments:
            yield at_local(day, moment)


# X1


def check_x1(subject: Subject, count: Lengthen = lengthened) -> Outcome:
    """Every rule of extension, on every row in its unit, by one and by the most, over every day."""
    policy, calendar = subject.policy, subject.rules.calendar
    if not policy.extensions:
        return Outcome(absent=NO_EXTENSION)
    failures: list[Counterexample] = []
    checked, limits = 0, set[Limit]()
    for index, rule in enumerate(policy.extensions):
        where = f"$.extension[{index}].at_most"
        if not is_length(rule.at_most) or not extensible(policy, rule):
            named = policy.title_of(rule.clock)
            text = f"「{named}」的延期上限是{write_limit(rule.at_most)},没有一档时限是这个单位"
            failures.append(Counterexample(text=text, where=where, mend="用原时限的单位"))
            continue
        steps = tuple(dict.fromkeys((some_of(rule.at_most, 1), rule.at_most)))
        for limit in {row.value.within for row, _ in extensible(policy, rule)}:
            if limit is None:
                continue
            limits.add(limit)
            found: list[str] = []
            for start in day_starts(subject, limit):
                try:
                    dues = [count(limit, start, calendar, policy.time)]
                    dues += [count(limit, start, calendar, policy.time, (by,)) for by in steps]
                except OutsideCalendarError:
                    break  # nothing is known of what comes later
                checked += len(steps)
                if dues != sorted(set(dues)):
                    shown = "、".join(map(show_due, dues))
                    found.append(
                        f"{write_limit(limit)},{show_instant(start)}起算,不延期、延期"
                        f"{'、'.join(map(write_limit, steps))}分别{shown}到期;应当越延越晚"
                    )
            if found:
                failures.append(Counterexample(text=found[0], where=where, count=len(found)))
    domain = f"{len(limits)}种时限 × {len(subject.days):,}日 × 延期最少与最多"
    return Outcome(checked=checked, domain=domain, failures=tuple(failures))


# X3


def asked_stages(
    subject: Subject, rule: ExtensionRule, engine: Decide = decide
) -> Iterator[tuple[Stage, Actor]]:
    """For each row that a rule can extend: a case that may ask, and who asks."""
    rules = rules_of(subject)
    asker = unit_actor(next(iter(rules.units)).id)
    for _, facts in extensible(subject.policy, rule):
        stage = Stage.of(rules, facts, usual_start(rules.calendar), engine)
        if stage.go_until(lambda case: case.state in WITH_UNIT and _due(case, rule) is not None):
            yield stage, asker


def _due(case: Case, rule: ExtensionRule) -> datetime | None:
    at = case.updated + 3 * MINUTE
    running = (x for x in case.running if x.id == rule.clock and not x.breached(at))
    return next((x.due for x in running if x.due), None)


def request_of(rule: ExtensionRule, n: int = 1) -> c.RequestExtension:
    """A request for so many of the rule's unit."""
    return c.RequestExtension(clock=rule.clock, by=some_of(rule.at_most, n), reason=WORDS)


def check_x3(subject: Subject, engine: Decide = decide) -> Outcome:
    """On the engine: every rule, every row; everybody who may not grant, and both sides of due."""
    policy = subject.policy
    if not policy.extensions:
        return Outcome(absent=NO_EXTENSION)
    failures: list[Counterexample] = []
    checked = 0
    for index, rule in enumerate(policy.extensions):
        where = f"$.extension[{index}].approver"
        named = policy.title_of(rule.clock)
        checked += 1
        if not rule.approver.strip() or rule.approver == LIAISON:
            text = f"「{named}」的延期由「{rule.approver}」批准,那正是提出申请的人"
            failures.append(Counterexample(text=text, where=where, mend="写另一位负责人的职务"))
            continue
        staged = False
        for stage, asker in asked_stages(subject, rule, engine):
            staged = True
            wrong, tried = _wrongs(stage, rule, asker)
            checked += tried
            if wrong:
                failures.append(Counterexample(text=f"「{named}」的延期:{wrong}", where=where))
                break
        if not staged and any(extensible(policy, rule)):
            text = f"「{named}」的延期无从申请:走不到承办单位手里、时限又在计时的一步"
            failures.append(Counterexample(text=text, where=where, mend="改时限的起算,或删去"))
    domain = f"{len(policy.extensions)}项延期 × 各档时限 × 各类批准人与到期前后"
    return Outcome(checked=checked, domain=domain, failures=tuple(failures))


def _wrongs(stage: Stage, rule: ExtensionRule, asker: Actor) -> tuple[str, int]:
    """What the engine lets happen that must not, and how much was tried."""
    due = _due(stage.case, rule)
    if due is None:
        return "", 0
    ask, grant = request_of(rule), c.GrantExtension(clock=rule.clock)
    tried = 0
    for at in (due, due + MINUTE):
        tried += 1
        if stage.copy().do(ask, asker, at) is not None:
            return f"{show_instant(at)}已到期,仍可申请", tried
    stage.do(ask, asker)
    if not stage.case.requests:
        return "", tried
    for who, actor in _others(rule, asker):
        tried += 1
        if stage.copy().do(grant, actor) is not None:
            return f"{who}批准得成", tried
    lawful = approver_of(rule.approver)
    for at, may in ((due - _TICK, True), (due, False), (due + MINUTE, False)):
        tried += 1
        if (stage.copy().do(grant, lawful, at) is not None) is not may:
            said = "按规定应可批准,却批不了" if may else "已到期,仍批准得成"
            return f"{show_instant(at)}{said}", tried
    return "", tried


def _others(rule: ExtensionRule, asker: Actor) -> Iterator[tuple[str, Actor]]:
    """Everybody who may not grant, each as an officer would say it."""
    office = rule.approver
    yield "申请人本人(兼任批准职务)", Actor(asker.id, Role.LEADER, offices=(office,))
    yield "申请人本人(以办公室身份)", Actor(asker.id, Role.OFFICE, offices=(office,))
    yield "申请人本人(以承办单位身份)", Actor(asker.id, Role.UNIT, asker.unit, (office,))
    yield "任别的职务的领导", leader("别的职务")
    yield "没有职务的领导", Actor("某领导", Role.LEADER)
    for role in (Role.SUPERVISOR, Role.CITIZEN, Role.SOURCE, Role.SYSTEM):
        yield role.label, Actor("某人", role, offices=(office,))
    if office != OFFICE:
        yield "办公室经办人", CLERK
