"""P5 and X4: over whole lives, a breach stands, and what was counted bit by bit is the whole count."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from wenzheng_core.domain import events as e
from wenzheng_core.domain.cases import Case, Clock, Fired
from wenzheng_core.domain.deciding import decide
from wenzheng_core.domain.errors import OutsideCalendarError
from wenzheng_core.domain.events import Record
from wenzheng_core.domain.evolving import fold
from wenzheng_core.domain.instants import show_due, show_instant
from wenzheng_core.domain.limits import Limit, write_limit
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.timelimits import Interval, deadline
from wenzheng_core.proofs.histories import Life, judge_lives, judged, live
from wenzheng_core.proofs.reports import Counterexample, Outcome
from wenzheng_core.proofs.staging import Decide
from wenzheng_core.proofs.subjects import Draw, Subject

NO_LIMIT = "本办法没有写明数额的时限"
Shot = tuple[str, str, str, int, datetime]


def has_limits(policy: Policy) -> bool:
    """Whether any clock has an end."""
    rows = [row.value for clock in policy.clocks for row in clock.limits.rows]
    return any(row.within is not None or row.promise is not None for row in rows)


def shot(fired: Fired) -> Shot:
    """What names a rung that fired, with its instant."""
    return fired.rung, fired.clock, fired.unit, fired.epoch, fired.scheduled


# P5


def judge_p5(life: Life) -> Counterexample | None:
    """Once breached always breached, and no card vanishes."""
    breached: dict[tuple[str, str, int], datetime] = {}
    for step in life.taken:
        clocks = {clock.key: clock for clock in step.after.clocks}
        for key, since in breached.items():
            if key not in clocks or not clocks[key].breached(step.at):
                named = life.rules.policy.title_of(key[0])
                text = f"「{named}」{show_due(since)}到期,已经逾期,此后却又变为未逾期"
                return life.failure(text, step)
        before, after = map(_shots, (step.before, step.after))
        if after[: len(before)] != before:
            return life.failure("已发出的提醒或牌不见了", step)
        for key, clock in clocks.items():
            if clock.due is not None and clock.breached(step.at):
                breached.setdefault(key, clock.due)
    return None


def _shots(case: Case) -> list[Shot]:
    return [shot(fired) for fired in case.ladder]


def law_p5(subject: Subject, draw: Draw, engine: Decide = decide) -> Counterexample | None:
    """On one drawn life."""
    return judged(judge_p5, live(subject, draw, engine))


def check_p5(subject: Subject) -> Outcome:
    """On the drawn lives."""
    if not has_limits(subject.policy):
        return Outcome(absent=NO_LIMIT)
    return judge_lives(subject, judge_p5)


# X4


def judge_x4(life: Life) -> Counterexample | None:
    """Each running clock is due when its whole history, read at once from the events, says."""
    records = list(life.opening.records)
    for step in life.taken:
        records += step.records
        if not any(isinstance(r.event, _TIMED) for r in step.records):
            continue
        for clock in step.after.running:
            if (text := _differs(life, records, clock)) is not None:
                return life.failure(text, step)
    if fold(life.records) != life.case:
        return life.failure("把全部事件从头再算一遍,与逐步得到的办件不同")
    return None


_TIMED = (e.ClockStarted, e.ClockMoved, e.Resumed, e.ExtensionGranted)


def _differs(life: Life, records: list[Record], clock: Clock) -> str | None:
    """What is wrong with a clock's due instant; None if it is as its whole history has it."""
    own = clock.cut_from or clock.due
    if clock.limit is None or own is None or clock.paused_since is not None:
        return None
    rules = life.rules
    pauses, extensions = _history(records, clock)
    try:
        whole = deadline(
            clock.limit, clock.started, rules.calendar, rules.policy.time, pauses, extensions
        ).due
    except OutsideCalendarError:
        return None
    if whole == own:
        return None
    named = rules.policy.title_of(clock.id)
    return (
        f"「{named}」{write_limit(clock.limit)},{show_instant(clock.started)}起算:"
        f"逐步计算{show_due(own)}到期,按全部经过一次计算{show_due(whole)}到期"
    )


def _history(records: list[Record], clock: Clock) -> tuple[tuple[Interval, ...], tuple[Limit, ...]]:
    """The pauses and extensions of a clock, read from the events alone."""
    if len(list(_starts(records, clock))) > 1:
        return clock.pauses, clock.extensions  # graded anew: what it keeps is told in clocks
    begun = next(_starts(records, clock))
    pauses: list[Interval] = []
    extensions: list[Limit] = []
    since: datetime | None = None
    for record in records:
        match record.event:
            case e.Paused(clocks=held) if clock.id in held:
                since = record.at
            case e.Resumed(at=at) if since is not None:
                if at > begun:
                    pauses.append(Interval(max(since, begun), at))
                since = None
            case e.ExtensionGranted(clock=clock.id, unit=clock.unit, by=by) if record.at >= begun:
                extensions.append(by)
            case _:
                pass
    return tuple(pauses), tuple(extensions)


def _starts(records: list[Record], clock: Clock) -> Iterator[datetime]:
    for record in records:
        match record.event:
            case e.ClockStarted(clock=clock.id, unit=clock.unit, epoch=clock.epoch):
                yield record.at
            case _:
                pass


def law_x4(subject: Subject, draw: Draw, engine: Decide = decide) -> Counterexample | None:
    """On one drawn life."""
    return judged(judge_x4, live(subject, draw, engine))


def check_x4(subject: Subject) -> Outcome:
    """On the drawn lives."""
    if not has_limits(subject.policy):
        return Outcome(absent=NO_LIMIT)
    return judge_lives(subject, judge_x4)
