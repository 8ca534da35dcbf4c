"""D5 to D9, D17: what is counted, over every known day, against a second count."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone

from wenzheng_core.domain.errors import NaiveTimeError
from wenzheng_core.domain.explanations import explain
from wenzheng_core.domain.instants import (
    BEIJING,
    at_local,
    last_day_before,
    local,
    show_due,
    show_instant,
)
from wenzheng_core.domain.limits import (
    CalendarDays,
    Limit,
    WorkingDays,
    WorkingHours,
    write_limit,
)
from wenzheng_core.proofs.oracle import Expected, all_expected, wall_of
from wenzheng_core.proofs.reports import Counterexample, Outcome
from wenzheng_core.proofs.subjects import Draw, Subject
from wenzheng_core.proofs.sweep import (
    NO_LIMITS,
    Placed,
    again,
    asks_calendar,
    domain,
    drawn,
    earliest,
    inputs,
    placed_limits,
    sweep,
)

OFFSETS = (-720, -300, 0, 60, 330, 540, 765)
"""Zones, in minutes east of Greenwich, in which the same instant is told."""

Bad = Callable[[Placed, int], bool]


def _swept(
    subject: Subject,
    bad: Bad,
    tell: Callable[[Placed, int], str],
    mend: str,
    tables: int | None = None,
) -> Outcome:
    """The earliest start of each limit at which something is bad, told with both counts."""
    placed = sweep(subject)
    if not placed:
        return Outcome(absent=NO_LIMITS)
    failures: list[Counterexample] = []
    for one in placed:
        places = [i for i in range(len(one.counted.starts)) if bad(one, i)]

        def example(index: int, one: Placed = one) -> Counterexample:
            at = one.counted.starts[index].at
            return Counterexample(
                text=tell(one, index), where=one.where, mend=mend, inputs=inputs(one.limit, at)
            )

        failures += earliest(places, example)
    return Outcome(
        checked=sum(len(one.counted.starts) for one in placed),
        domain=domain(subject, len(placed) if tables is None else tables),
        failures=tuple(failures),
    )


def _came(subject: Subject, one: Placed, index: int) -> str:
    at = one.counted.starts[index].at
    return f"「{write_limit(one.limit)}」,{show_instant(at)} 收到:到期为{again(subject, one.limit, at)}"


# --- D5, D17: the same again, and in any zone -----------------------------------------------------


def check_determined(subject: Subject) -> Outcome:
    """D5: counted twice, it is the same twice, and so are its reasons."""
    if not placed_limits(subject.policy):
        return Outcome(absent=NO_LIMITS)
    return drawn(subject, "D5", law_d5, "时限、收到时间、计算两次")


def law_d5(subject: Subject, draw: Draw) -> Counterexample | None:
    """One limit from one instant, counted twice."""
    limit, at = _drawn_start(subject, draw)
    first, second = (_explained(subject, limit, at) for _ in range(2))
    if first == second:
        return None
    text = f"「{write_limit(limit)}」,{show_instant(at)} 收到:两次计算不同,先为{first},后为{second}"
    return Counterexample(
        text=text, where=placed_limits(subject.policy)[limit], inputs=inputs(limit, at)
    )


def _explained(subject: Subject, limit: Limit, at: datetime) -> str:
    rules, calendar = subject.policy.time, subject.rules.calendar
    try:
        found = subject.count(limit, at, calendar, rules)
        return f"{show_due(found.due)};{explain(found, calendar, rules).text}"
    except Exception as error:
        return str(error)


def check_zone_free(subject: Subject) -> Outcome:
    """D17: the same instant, told in another zone, has the same end; no zone, no answer."""
    if not placed_limits(subject.policy):
        return Outcome(absent=NO_LIMITS)
    return drawn(subject, "D17", law_d17, "时限、收到时间、所在时区")


def law_d17(subject: Subject, draw: Draw) -> Counterexample | None:
    """One instant told in Beijing and in another zone, and without any."""
    limit, at = _drawn_start(subject, draw)
    zone = timezone(timedelta(minutes=draw.choice(OFFSETS)))
    here, there = (again(subject, limit, at.astimezone(z)) for z in (BEIJING, zone))
    where = placed_limits(subject.policy)[limit]
    if here != there:
        text = (
            f"「{write_limit(limit)}」,{show_instant(at)} 收到:按北京时间写到期为{here},"
            f"同一时刻写作 {at.astimezone(zone).isoformat()} 则为{there}"
        )
        return Counterexample(text=text, where=where, inputs=inputs(limit, at))
    try:
        subject.count(limit, at.replace(tzinfo=None), subject.rules.calendar, subject.policy.time)
    except NaiveTimeError:
        return None
    except Exception as error:
        text = f"「{write_limit(limit)}」:没有时区的时间不是因此被拒绝,而是「{error}」"
        return Counterexample(text=text, where=where, inputs=inputs(limit, at))
    text = f"「{write_limit(limit)}」:没有时区的时间 {at.replace(tzinfo=None)} 没有被拒绝"
    return Counterexample(text=text, where=where, inputs=inputs(limit, at))


def _drawn_start(subject: Subject, draw: Draw) -> tuple[Limit, datetime]:
    limit = draw.choice(list(placed_limits(subject.policy)))
    minute = timedelta(seconds=draw.integer(0, 86_399))
    if draw.integer(0, 1):
        moment = draw.choice(subject.moments)
        minute = timedelta(hours=moment.hour, minutes=moment.minute)
    return limit, at_local(draw.choice(subject.days)) + minute


# --- D6 to D9: over every known day ---------------------------------------------------------------


def check_later(subject: Subject) -> Outcome:
    """D6: later than the start; and where days are counted, past the day of receipt."""

    def bad(one: Placed, index: int) -> bool:
        end, start = one.counted.ends[index], one.counted.starts[index]
        if end is None:
            return False
        if isinstance(one.limit, WorkingDays | CalendarDays):
            return end.due <= start.until
        return end.due <= start.at

    def tell(one: Placed, index: int) -> str:
        return f"{_came(subject, one, index)};收到的当日不计入,到期应在其后"

    return _swept(subject, bad, tell, "改 within 或 [time];开始的当日不计入(民法典第201条)")


def check_monotone(subject: Subject) -> Outcome:
    """D7: what is received later is never due earlier."""

    def bad(one: Placed, index: int) -> bool:
        ends = one.counted.ends
        before, end = ends[index - 1] if index else None, ends[index]
        return before is not None and end is not None and end.due < before.due

    def tell(one: Placed, index: int) -> str:
        earlier = one.counted.starts[index - 1].at
        first = again(subject, one.limit, earlier)
        return (
            f"「{write_limit(one.limit)}」,{show_instant(earlier)} 收到的到期为{first},"
            f"{show_instant(one.counted.starts[index].at)} 收到的反而到期为"
            f"{again(subject, one.limit, one.counted.starts[index].at)}"
        )

    return _swept(subject, bad, tell, "非工作日收到的与截止时点之后收到的,应视为同一工作日收到")


def check_exact(subject: Subject) -> Outcome:
    """D8: as the naive count has it, to the instant."""

    def bad(one: Placed, index: int) -> bool:
        end, wanted = one.counted.ends[index], expected(subject, one.limit)[index]
        return (end.due if end else None) != (wanted.due if wanted else None)

    def tell(one: Placed, index: int) -> str:
        wanted = expected(subject, one.limit)[index]
        should = show_due(wanted.due) if wanted else "无法计算"
        return f"{_came(subject, one, index)};逐日数来应为{should}"

    return _swept(subject, bad, tell, "改 within 或 [time],或报告核心的计算有误")


def check_working_end(subject: Subject) -> Outcome:
    """D9: what counts working time ends in it; what rolls ends on a worked day."""
    rules, wall = subject.policy.time, wall_of(subject.rules.calendar)
    speaks = [limit for limit in placed_limits(subject.policy) if asks_calendar(limit, rules)]
    if not speaks:
        return Outcome(absent="本办法没有按工作日、工作小时计算或须顺延的时限")
    closed: dict[datetime, bool] = {}

    def ends_closed(due: datetime, hours: bool) -> bool:
        at, day = local(due).time(), last_day_before(due)
        in_hours = any(opens < at <= closes for opens, closes in rules.office_hours)
        return not wall.worked.get(day, True) or (hours and not in_hours)

    def bad(one: Placed, index: int) -> bool:
        end = one.counted.ends[index]
        if end is None or one.limit not in speaks:
            return False
        hours = isinstance(one.limit, WorkingHours)
        if hours:
            return ends_closed(end.due, hours)
        if end.due not in closed:
            closed[end.due] = ends_closed(end.due, hours)
        return closed[end.due]

    def tell(one: Placed, index: int) -> str:
        return f"{_came(subject, one, index)},不在工作时间之内"

    mend = "按工作日计算或须顺延的,到期日应为工作日(民法典第203条第一款)"
    return _swept(subject, bad, tell, mend, len(speaks))


def expected(subject: Subject, limit: Limit) -> Sequence[Expected | None]:
    """What ought to come of a limit for every start, in the order of the sweep."""
    return all_expected(limit, subject.policy.time, subject.rules.calendar, subject.moments)
