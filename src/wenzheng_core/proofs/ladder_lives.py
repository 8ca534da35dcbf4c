"""L3 to L6: over whole lives, each rung fires once, in its time, whoever looks and however often."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from wenzheng_core.domain import commands as c
from wenzheng_core.domain import events as e
from wenzheng_core.domain.actors import SYSTEM
from wenzheng_core.domain.cases import Case, Clock
from wenzheng_core.domain.commands import Request
from wenzheng_core.domain.deciding import decide
from wenzheng_core.domain.errors import OutsideCalendarError, RefusedError
from wenzheng_core.domain.evolving import evolve
from wenzheng_core.domain.instants import show_instant
from wenzheng_core.domain.workflow import State
from wenzheng_core.proofs.histories import Judge, Life, Step, judge_lives, judged, live
from wenzheng_core.proofs.life_laws import Shot, shot
from wenzheng_core.proofs.reports import Counterexample, Outcome
from wenzheng_core.proofs.staging import Decide
from wenzheng_core.proofs.subjects import Draw, Subject

NO_LADDER = "本办法没有规定督办阶梯"
ENDED = frozenset({State.DECLINED, State.MERGED, State.ARCHIVED})
"""States after which nothing runs; an answered case may still wait to be settled."""

SOON, LATE = timedelta(days=2), timedelta(days=40)


def _tick(life: Life, case: Case, at: datetime) -> Case:
    return life.engine(case, Request(c.Tick(), SYSTEM, at), life.rules).case


def _fired(case: Case) -> list[Shot]:
    return [shot(fired) for fired in case.ladder]


def _named(life: Life, one: Shot) -> str:
    rung, clock, unit, _, at = one
    named = f"「{life.rules.policy.title_of(clock)}」的一级「{rung}」"
    return f"{named}({unit or '全件'},应发于{show_instant(at)})"


# L3


def judge_l3(life: Life) -> Counterexample | None:
    """A second tick at the same instant does nothing; no rung fires twice for one start."""
    for step in life.taken:
        twice = [one for one, n in Counter(x[:4] for x in _fired(step.after)).items() if n > 1]
        if twice:
            rung, clock = twice[0][:2]
            named = life.rules.policy.title_of(clock)
            return life.failure(f"「{named}」的一级「{rung}」对同一次起算发出不止一次", step)
        if isinstance(step.request.command, c.Tick):
            request = Request(c.Tick(), SYSTEM, step.at)
            again = life.engine(step.after, request, life.rules)
            if again.records:
                return life.failure(f"{show_instant(step.at)}再查看一次,又发生了事情", step)
    return None


# L4


def judge_l4(life: Life) -> Counterexample | None:
    """From the same case, looking later gives all that looking earlier gives."""
    case = life.case
    try:
        soon = _fired(_tick(life, case, case.updated + SOON))
        late = _fired(_tick(life, case, case.updated + LATE))
    except OutsideCalendarError:
        return None
    if missing := [one for one in soon if one not in late]:
        text = f"过{SOON.days}日查看已发出{_named(life, missing[0])},过{LATE.days}日查看却没有"
        return life.failure(text)
    return None


# L5


def judge_l5(life: Life) -> Counterexample | None:
    """The same requests without a tick between, and with one at every instant that matters."""
    end = life.ended + LATE
    try:
        lazy = _relived(life, end, busy=False)
        busy = _relived(life, end, busy=True)
        lived = _tick(life, life.case, end)
    except OutsideCalendarError:
        return None
    except _OtherwiseError as other:
        return life.failure(f"{other.step}:查看的次数不同,结果也不同", other.step)
    ways = ((lived, "随意查看"), (busy, "逐刻查看"))
    for case, way in ways:
        odd = set(_fired(case)) ^ set(_fired(lazy))
        if odd:
            first = min(odd, key=lambda one: one[-1])
            mine = "发出了" if first in set(_fired(case)) else "没有发出"
            return life.failure(f"{way}时{mine}{_named(life, first)},只在有人办理时查看则相反")
    return None


class _OtherwiseError(Exception):
    """A request came out otherwise than it did in life."""

    def __init__(self, step: Step) -> None:
        self.step = step
        super().__init__(str(step))


def _relived(life: Life, end: datetime, *, busy: bool) -> Case:
    case = life.opening.case
    for step in life.steps:
        if isinstance(step.request.command, c.Tick):
            continue
        if busy:
            case = _sweep(life, case, step.at)
        try:
            case = life.engine(case, step.request, life.rules).case
            refused = ""
        except RefusedError as error:
            refused = error.rule
        if refused != step.refused:
            raise _OtherwiseError(step)
    return _sweep(life, case, end) if busy else _tick(life, case, end)


def _sweep(life: Life, case: Case, until: datetime) -> Case:
    for _ in range(100):
        wake = case.next_wake
        if wake is None or wake > until:
            break
        case = _tick(life, case, max(wake, case.updated))
    return case


# L6


def judge_l6(life: Life) -> Counterexample | None:
    """Nothing fires for a clock that stands still or has ended, and nothing fired is taken back."""
    for step in life.taken:
        before, after = _fired(step.before), _fired(step.after)
        if after[: len(before)] != before:
            return life.failure("已发出的一级被撤回或改了时刻", step)
        kept = {clock.key: clock.fired for clock in step.after.clocks}
        for clock in step.before.clocks:
            if kept.get(clock.key, ())[: len(clock.fired)] != clock.fired:
                return life.failure("时限改动以后,已发出的一级又成了未发出", step)
        if len(after) > len(before) and (text := _out_of_place(life, step)):
            return life.failure(text, step)
    return None


def _out_of_place(life: Life, step: Step) -> str:
    case = step.before
    for record in step.records:
        event = record.event
        if isinstance(event, e.RungFired):
            key = (event.clock, event.unit, event.epoch)
            clock = next((x for x in case.clocks if x.key == key), None)
            one: Shot = (event.rung, *key, event.scheduled)
            if case.state in ENDED or clock is None or not clock.running:
                return f"办结以后仍发出{_named(life, one)}"
            if _still(case, clock):
                return f"中止期间发出{_named(life, one)}"
            if event.scheduled > record.at:
                return f"{_named(life, one)}提前发出"
        case = evolve(case, record)
    return ""


def _still(case: Case, clock: Clock) -> bool:
    """Whether a clock stands still, by its own account or by the pause that is on."""
    if clock.paused_since is not None:
        return True
    pause = case.pause
    if pause is None or clock.id not in pause.clocks:
        return False
    return clock.due is not None and clock.due > pause.since


# All of them


def check_l3(subject: Subject) -> Outcome:
    """On the drawn lives."""
    return _check(subject, judge_l3)


def check_l4(subject: Subject) -> Outcome:
    """On the drawn lives."""
    return _check(subject, judge_l4)


def check_l5(subject: Subject) -> Outcome:
    """On the drawn lives."""
    return _check(subject, judge_l5)


def check_l6(subject: Subject) -> Outcome:
    """On the drawn lives."""
    return _check(subject, judge_l6)


def _check(subject: Subject, judge: Judge) -> Outcome:
    if not subject.policy.rungs:
        return Outcome(absent=NO_LADDER)
    return judge_lives(subject, judge)


def law_l3(subject: Subject, draw: Draw, engine: Decide = decide) -> Counterexample | None:
    """On one drawn life."""
    return judged(judge_l3, live(subject, draw, engine))


def law_l4(subject: Subject, draw: Draw, engine: Decide = decide) -> Counterexample | None:
    """On one drawn life."""
    return judged(judge_l4, live(subject, draw, engine))


def law_l5(subject: Subject, draw: Draw, engine: Decide = decide) -> Counterexample | None:
    """On one drawn life."""
    return judged(judge_l5, live(subject, draw, engine))


def law_l6(subject: Subject, draw: Draw, engine: Decide = decide) -> Counterexample | None:
    """On one drawn life."""
    return judged(judge_l6, live(subject, draw, engine))
