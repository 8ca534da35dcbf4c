"""P4: a pause ends. Every ground has a cap; at the cap the clocks run on by themselves.

Tried on the engine for every ground and every row that it can hold: pause, wait, pause again.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from wenzheng_core.domain import commands as c
from wenzheng_core.domain.actors import SYSTEM
from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.deciding import decide
from wenzheng_core.domain.errors import OutsideCalendarError
from wenzheng_core.domain.instants import show_instant
from wenzheng_core.domain.limits import CommittedDate, Limit, SameDay, write_limit
from wenzheng_core.domain.provisions import PauseReason
from wenzheng_core.domain.timelimits import deadline
from wenzheng_core.domain.workflow import OPEN, State
from wenzheng_core.proofs.histories import Life, judged, live
from wenzheng_core.proofs.pause_counting import NO_PAUSE
from wenzheng_core.proofs.reports import Counterexample, Outcome
from wenzheng_core.proofs.staging import (
    MINUTE,
    Decide,
    Stage,
    approver_of,
    rows_under,
    rules_of,
    usual_start,
)
from wenzheng_core.proofs.subjects import Draw, Subject

_TICK = timedelta(microseconds=1)


def is_length(limit: Limit | None) -> bool:
    """Whether it is a length of time, so that it bounds something."""
    return limit is not None and not isinstance(limit, SameDay | CommittedDate)


def pause_stages(
    subject: Subject, reason: PauseReason, engine: Decide = decide
) -> Iterator[tuple[str, Stage]]:
    """For each row that the ground can hold: the clock, and a case in which it runs."""
    policy, rules = subject.policy, rules_of(subject)
    for rule in policy.clocks:
        if reason.clocks and rule.id not in reason.clocks:
            continue
        for row, facts in rows_under(policy, rule, reason.conditions):
            if row.value.within is None:
                continue
            stage = Stage.of(rules, facts, usual_start(rules.calendar), engine)
            if stage.go_until(lambda case, clock=rule.id: _pausable(case, clock)):  # type: ignore[misc]
                yield rule.id, stage


def _pausable(case: Case, clock_id: str) -> bool:
    here = case.state in OPEN - {State.RECEIVED}
    at = case.updated + MINUTE
    return here and any(x.id == clock_id and x.due and not x.breached(at) for x in case.running)


def check_p4(subject: Subject, engine: Decide = decide) -> Outcome:
    """Every ground, on every row that it can hold."""
    policy = subject.policy
    if not policy.pause_reasons:
        return Outcome(absent=NO_PAUSE)
    failures: list[Counterexample] = []
    checked = 0
    for index, reason in enumerate(policy.pause_reasons):
        where = f"$.pause[{index}].at_most"
        checked += 1
        if not is_length(reason.at_most):
            text = f"中止事由「{reason.title}」没有写明最长多久,中止可以一直不恢复"
            failures.append(Counterexample(text=text, where=where, mend="写一段时间,如「30日」"))
            continue
        for clock, stage in pause_stages(subject, reason, engine):
            checked += 1
            if text := _unending(stage, clock, reason):
                failures.append(Counterexample(text=text, where=where))
                break
    domain = f"{len(policy.pause_reasons)}项中止事由 × 各自所及的各档时限"
    return Outcome(checked=checked, domain=domain, failures=tuple(failures))


def _unending(stage: Stage, clock: str, reason: PauseReason) -> str:
    """What is wrong with a pause on this ground; "" if nothing is."""
    rules, at = stage.rules, stage.case.updated + MINUTE
    named = f"以「{reason.title}」为由{show_instant(at)}中止「{rules.policy.title_of(clock)}」"
    pause, by = c.Pause(reason=reason.code), approver_of(reason.approver)
    if stage.do(pause, by, at) is None:
        return ""  # not granted: then nothing stands still
    try:
        cap = deadline(reason.at_most, at, rules.calendar, rules.policy.time).due
    except OutsideCalendarError:
        return ""
    wake = stage.case.next_wake
    if wake is None or wake > cap:
        shown = "没有" if wake is None else f"为{show_instant(wake)}"
        return f"{named},下一次自动查看的时刻{shown};至迟应为{show_instant(cap)}"
    stage.do(c.Tick(), SYSTEM, cap - _TICK)
    stage.do(c.Tick(), SYSTEM, cap)
    if stage.case.pause is not None or any(x.paused_since for x in stage.case.running):
        return f"{named},到上限{show_instant(cap)}仍未自动恢复"
    if stage.do(pause, by, cap + MINUTE) is not None:
        return f"{named}满{write_limit(reason.at_most)}后,又以同一事由中止得成"
    return ""


def judge_p4(life: Life) -> Counterexample | None:
    """A case that stands still has its next wake-up; from the cap on it stands still no more."""
    for step in life.taken:
        pause = step.after.pause
        if pause is None:
            continue
        wake = step.after.next_wake
        if wake is None or wake > pause.until:
            return life.failure("中止中的办件没有按时自动查看的时刻", step)
        if step.at >= pause.until:
            return life.failure("中止已到上限,仍未自动恢复", step)
    return None


def law_p4(subject: Subject, draw: Draw, engine: Decide = decide) -> Counterexample | None:
    """The same on one drawn life."""
    return judged(judge_p4, live(subject, draw, engine))
