"""Why this day: the days counted and passed over, each with the notice behind it.

The explanation is data; the Chinese text is written from the data. Nothing is stored: a deadline
keeps its inputs and the digest of its calendar, and this module goes over the same days again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

import attrs

from wenzheng_core.domain.calendars import Calendar, DayKind
from wenzheng_core.domain.instants import (
    end_of_hour,
    local_day,
    show_day,
    show_due,
    show_instant,
)
from wenzheng_core.domain.limits import (
    CalendarDays,
    ClockHours,
    Limit,
    WorkingDays,
    WorkingHours,
    amount,
    write_limit,
)
from wenzheng_core.domain.timelimits import (
    Counting,
    Deadline,
    Interval,
    TimeRules,
    paused_days,
    start_day,
    union,
)
from wenzheng_core.domain.timelimits import deadline as count

_DAY = timedelta(days=1)


@attrs.frozen
class Run:
    """A stretch of days alike; both ends included.

    Attributes:
        counted: how many days of it count towards the limit: all or none.
        kind: what the days are; ``paused`` for days on which the clock stood still.
        name: the holiday's name, where it has one.
        notice: the notice that says so, "" where only the week does.
        settled: whether a published arrangement settles the days.
        hours: the limit counts office hours within these days, not the days themselves.
    """

    first: date
    last: date
    counted: int
    kind: str
    name: str = ""
    notice: str = ""
    settled: bool = True
    hours: bool = False

    @property
    def text(self) -> str:
        """「10月1日至8日 放假(国庆节、中秋节):不计;依据…」."""
        span = _span(self.first, self.last)
        label = "中止" if self.kind == "paused" else DayKind(self.kind).label
        name = f"({self.name})" if self.name else ""
        counted = "计办公时间" if self.hours else f"计{self.counted}日"
        counts = counted if self.counted else "不计"
        basis = f";依据:{self.notice}" if self.notice else ""
        guess = "" if self.settled else ";放假安排尚未公布,按法定节日推定"
        return f"{span} {label}{name}:{counts}{basis}{guess}"


@attrs.frozen
class Explanation:
    """All that led to a deadline, in the order in which it is counted."""

    deadline: Deadline
    counted_from: date
    runs: tuple[Run, ...]
    pauses: tuple[Interval, ...]
    extensions: tuple[Limit, ...]
    rules: TimeRules = TimeRules()

    @property
    def lines(self) -> tuple[str, ...]:
        """The explanation in Chinese, a line a step."""
        return tuple(_lines(self))

    @property
    def text(self) -> str:
        """The explanation in Chinese."""
        return "\n".join(self.lines)


def explain(
    deadline: Deadline,
    calendar: Calendar,
    rules: TimeRules = TimeRules(),
    pauses: Sequence[Interval] = (),
    extensions: Sequence[Limit] = (),
) -> Explanation:
    """Explain a deadline from the inputs that made it. Raises OutsideCalendarError."""
    stops = union(pauses)
    runs: tuple[Run, ...] = ()
    counted_from = local_day(deadline.start)
    if not isinstance(deadline.limit, WorkingHours):
        counted_from = start_day(deadline.limit, deadline.start, calendar, rules)
    if isinstance(deadline.limit, WorkingDays | CalendarDays | WorkingHours):
        stretches = _stretches(deadline, counted_from, calendar, rules, stops, extensions)
        working = not isinstance(deadline.limit, CalendarDays)
        standing = [paused_days(stop, rules) for stop in stops]
        runs = tuple(_runs(stretches, calendar, working, standing))
        if isinstance(deadline.limit, WorkingHours):
            runs = tuple(attrs.evolve(run, hours=True) for run in runs)
    return Explanation(deadline, counted_from, runs, stops, tuple(extensions), rules)


def _stretches(
    of: Deadline,
    counted_from: date,
    calendar: Calendar,
    rules: TimeRules,
    stops: tuple[Interval, ...],
    extensions: Sequence[Limit],
) -> Iterator[tuple[date, date, int]]:
    """First and last day of the limit and of each extension, and how many days it counts."""
    if isinstance(of.limit, WorkingHours):
        yield counted_from, of.due_day, (of.due_day - counted_from).days + 1
        return
    first = counted_from + _DAY
    for number, leg in enumerate((of.limit, *extensions)):
        until = count(of.limit, of.start, calendar, rules, stops, extensions[:number])
        yield first, until.due_day, amount(leg)
        first = until.due_day + _DAY


def _runs(
    stretches: Iterator[tuple[date, date, int]],
    calendar: Calendar,
    working: bool,
    standing: list[tuple[date, date]],
) -> list[Run]:
    runs: list[Run] = []
    for first, last, most in stretches:
        left = most
        for offset in range((last - first).days + 1):
            run = _run(first + offset * _DAY, calendar, working, standing)
            if not left:  # counted out: from here on a last day that is not worked only rolls
                run = attrs.evolve(run, counted=0)
            left -= run.counted
            if runs and _alike(runs[-1], run):
                counted = runs[-1].counted + run.counted
                runs[-1] = attrs.evolve(runs[-1], last=run.last, counted=counted)
            else:
                runs.append(run)
    return runs


def _run(day: date, calendar: Calendar, working: bool, standing: list[tuple[date, date]]) -> Run:
    if any(first <= day <= last for first, last in standing):
        return Run(day, day, 0, "paused")
    if not working and not calendar.first <= day <= calendar.last:
        return Run(day, day, 1, DayKind.WORKDAY.value)
    known = calendar.day(day)
    counted = 1 if known.worked or not working else 0
    notice = known.notice.cite if known.notice else ""
    return Run(day, day, counted, known.kind.value, known.name, notice, known.settled)


def _alike(run: Run, other: Run) -> bool:
    return (bool(run.counted), run.kind, run.name, run.notice, run.settled) == (
        bool(other.counted),
        other.kind,
        other.name,
        other.notice,
        other.settled,
    )


def _lines(e: Explanation) -> list[str]:
    d = e.deadline
    lines = [f"时限:{write_limit(d.limit)};起算:{show_instant(d.start)}"]
    if e.runs and not isinstance(d.limit, WorkingHours):
        began = show_day(e.counted_from)
        if e.counted_from != local_day(d.start):
            lines.append(f"收到时已过截止时点或逢非工作日,视为{began}收到")
        ground = "民事诉讼法第85条第二款" if e.rules.from_full_hour else "民法典第201条"
        lines.append(f"{began}为起算日,不计入({ground}),自次日起算")
    if isinstance(d.limit, ClockHours) and e.rules.from_full_hour:
        begun = show_instant(end_of_hour(d.start))
        lines.append(f"开始的时不计入(民事诉讼法第85条第二款),自{begun}起算")
    lines.extend(run.text for run in e.runs)
    lines.extend(
        f"中止:{show_instant(p.first)} 至 {show_instant(p.until)},期间不计" for p in e.pauses
    )
    lines.extend(f"延期:{write_limit(x)},自原到期日起续算" for x in e.extensions)
    if isinstance(d.limit, CalendarDays) and (d.limit.roll or e.rules.rolls):
        procedure = e.rules.counting is Counting.PROCEDURE
        ground = "民事诉讼法第85条第三款" if procedure else "民法典第203条第一款"
        lines.append(f"最后一日逢休息日的,顺延至其后第一个工作日({ground})")
    lines.append(f"到期:{show_due(d.due)}")
    if d.not_before is not None:
        lines.append(
            f"此为暂定:{d.awaits}年放假安排尚未公布,公布后重新确定;最早不早于{show_due(d.not_before)}"
        )
    return lines


def _span(first: date, last: date) -> str:
    if first == last:
        return show_day(first)
    if first.year == last.year and first.month == last.month:
        return f"{first.year}年{first.month}月{first.day}日至{last.day}日"
    return f"{first.year}年{first.month}月{first.day}日至{last.year}年{last.month}月{last.day}日"
