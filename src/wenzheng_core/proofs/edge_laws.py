"""D12 and D19: at the edges of what is known, and far beyond them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from functools import partial

from wenzheng_core.domain.errors import RefusedError, WenzhengError
from wenzheng_core.domain.instants import at_local, show_due, show_instant
from wenzheng_core.domain.limits import Limit, write_limit
from wenzheng_core.domain.timelimits import Deadline
from wenzheng_core.proofs.count_laws import expected
from wenzheng_core.proofs.oracle import Expected, Oracle, wall_of
from wenzheng_core.proofs.reports import Counterexample, Outcome
from wenzheng_core.proofs.subjects import Subject
from wenzheng_core.proofs.sweep import (
    Placed,
    Start,
    again,
    asks_calendar,
    domain,
    earliest,
    inputs,
    sweep,
)

DAY = timedelta(days=1)
EDGE = 400
"""How many days beyond the settled ones the engine is asked about as well, where there are any."""


def check_honest(subject: Subject) -> Outcome:
    """D12: what rests on a day that no notice settles is provisional, with a lower bound."""
    rules = subject.policy.time
    placed = [one for one in sweep(subject) if asks_calendar(one.limit, rules)]
    if not placed:
        return Outcome(absent="本办法的时限不看哪一日上班,不受放假安排影响")
    failures, guessed, checked = list(_unsourced(subject)), 0, 0
    beyond, calendar = _beyond(subject), subject.rules.calendar
    for one in placed:
        truth, least = (Oracle(one.limit, rules, wall_of(calendar, bold=b)) for b in (False, True))
        starts = [*one.counted.starts, *beyond]
        ends = [*one.counted.ends, *(_counted(subject, one.limit, s.at) for s in beyond)]
        wanted = [*expected(subject, one.limit), *(truth.expected(s.day, s.at) for s in beyond)]
        bad = []
        for index, (start, end, due) in enumerate(zip(starts, ends, wanted, strict=True)):
            guessed += due is not None and due.guessed
            if end is not None and due is not None and not _honest(end, due, least, start):
                bad.append(index)
        checked += len(starts)
        failures += earliest(bad, partial(_dishonest, subject, one, starts))
    return Outcome(
        checked=checked,
        domain=f"{domain(subject, len(placed))}及其后{EDGE}日内各日,其中{guessed:,}次须看未公布的日子",
        failures=tuple(failures),
    )


def _honest(end: Deadline, wanted: Expected, least: Oracle, start: Start) -> bool:
    if not wanted.guessed:
        return not end.provisional
    if not end.provisional or end.not_before is None:
        return False
    soonest = least.expected(start.day, start.at)
    bound = min(soonest.due, end.due) if soonest else end.due
    return end.start < end.not_before <= bound


def _dishonest(
    subject: Subject, one: Placed, starts: Sequence[Start], index: int
) -> Counterexample:
    start = starts[index]
    end = _counted(subject, one.limit, start.at)
    bound = show_due(end.not_before) if end and end.not_before else "无"
    text = (
        f"「{write_limit(one.limit)}」,{show_instant(start.at)} 收到:到期为"
        f"{again(subject, one.limit, start.at)},最早不早于{bound};"
        f"放假安排只公布到{subject.rules.calendar.settled_until.isoformat()}之前,"
        "看到未公布日子的须为暂定并给出不晚于任何安排的下限,没有看到的不须暂定"
    )
    mend = "报告核心的计算有误,或补充放假安排"
    return Counterexample(text=text, where=one.where, mend=mend, inputs=inputs(one.limit, start.at))


def _unsourced(subject: Subject) -> Iterator[Counterexample]:
    """A settled year without a notice would be a guess that passes for certain."""
    calendar = subject.rules.calendar
    told = {e.year for e in calendar.data.editions if e.notice.title.strip()}
    for year in range(calendar.first.year, (calendar.settled_until - DAY).year + 1):
        if year not in told:
            text = f"日历「{calendar.name}」把{year}年当作已公布,却没有写明是哪一份放假通知"
            yield Counterexample(text=text, where="$.calendar", mend="补写通知的标题与日期")


def _beyond(subject: Subject) -> list[Start]:
    calendar = subject.rules.calendar
    days = min(EDGE, (calendar.last - calendar.settled_until).days + 1)
    found = [calendar.settled_until + n * DAY for n in range(days)]
    return [Start(d, at_local(d, m), at_local(d + DAY)) for d in found for m in subject.moments]


def _counted(subject: Subject, limit: Limit, at: datetime) -> Deadline | None:
    try:
        return subject.count(limit, at, subject.rules.calendar, subject.policy.time)
    except Exception:
        return None


def check_never_raises(subject: Subject) -> Outcome:
    """D19: for any cell and any instant an answer, or an error that the core documents."""
    cells, failures = _undecided(subject)
    placed, edges = sweep(subject), far_edges(subject)
    for one in placed:
        raised = sorted(one.counted.raised)
        failures += earliest(
            raised, partial(_raised, subject, one, [s.at for s in one.counted.starts])
        )
        failures += check_instants(subject, one, edges)
    total = cells + sum(len(one.counted.starts) for one in placed) + len(placed) * len(edges)
    return Outcome(
        checked=total,
        domain=f"{domain(subject, len(placed))},日历内外的{len(edges)}个边界时刻,{cells:,}种情形",
        failures=tuple(failures),
    )


def far_edges(subject: Subject) -> list[datetime]:
    """Instants about the ends of what the calendar knows, and far outside."""
    calendar = subject.rules.calendar
    ends = (calendar.first, calendar.settled_until, calendar.last)
    days = [day + n * DAY for day in ends for n in (-1, 0, 1)]
    days += [date(1900, 1, 1), date(2199, 12, 31)]
    return [at_local(day, moment) for day in days for moment in (time(0), time(23, 59))]


def check_instants(
    subject: Subject, one: Placed, instants: Sequence[datetime]
) -> tuple[Counterexample, ...]:
    """The first of the instants at which something else is raised than the core documents."""
    bad = []
    for index, at in enumerate(instants):
        try:
            subject.count(one.limit, at, subject.rules.calendar, subject.policy.time)
        except WenzhengError:
            continue
        except Exception:
            bad.append(index)
    return earliest(bad, partial(_raised, subject, one, instants))


def _raised(
    subject: Subject, one: Placed, instants: Sequence[datetime], index: int
) -> Counterexample:
    said, at = "", instants[index]
    try:
        subject.count(one.limit, at, subject.rules.calendar, subject.policy.time)
    except Exception as error:
        said = f"{type(error).__name__}:{error}"
    return Counterexample(
        text=f"「{write_limit(one.limit)}」,{at.isoformat()} 起算:没有答复,而是程序出错({said})",
        where=one.where,
        mend="报告核心的计算有误:只应给出期限,或说明为何不能计算",
        inputs={"时限": write_limit(one.limit), "收到": at.isoformat()},
    )


def _undecided(subject: Subject) -> tuple[int, list[Counterexample]]:
    """How many cells were asked for, and what was raised there."""
    policy, asked, failures = subject.policy, 0, []
    for index, clock in enumerate(policy.clocks):
        bad: list[tuple[dict[str, str], str]] = []
        for cell in ({}, *clock.limits.cells()):
            asked += 1
            try:
                policy.limit(clock.id, cell)
            except RefusedError:
                continue
            except Exception as error:
                bad.append((cell, f"{type(error).__name__}:{error}"))
        if bad:
            cell, said = bad[0]
            shown = "、".join(f"{k}为{v}" for k, v in cell.items()) or "什么也没有确定"
            text = f"时限「{clock.title}」:{shown}时,程序出错({said})"
            where = f"$.clock[{index}].limit"
            failures.append(
                Counterexample(text=text, where=where, inputs=dict(cell), count=len(bad))
            )
    return asked, failures
