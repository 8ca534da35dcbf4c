"""Schedules: what is made when, for whom, and of which receipts each run speaks.

Pure as the rest of the domain: the next run follows from an instant, and sweeping makes what became
due since the last sweep. The windows of consecutive runs tile time: each receipt belongs to exactly
one run, whoever sweeps and however late.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from enum import StrEnum

import attrs

from wenzheng_core.domain.cadences import (
    MIDNIGHT,
    AtOnce,
    Cadence,
    Daily,
    Duty,
    Monthly,
    Weekly,
    Yearly,
    whole_minute,
)
from wenzheng_core.domain.calendars import Calendar
from wenzheng_core.domain.errors import LimitUseError
from wenzheng_core.domain.instants import Period, at_local, local_day, show_instant, utc
from wenzheng_core.domain.tables import Condition, Facts, holds

_TICK = timedelta.resolution
_LONGEST_MONTH = timedelta(days=31)


class ReportKind(StrEnum):
    """What is made or done on a schedule, most frequent first."""

    POLL_DUTY = "poll_duty"
    COLLECTION = "collection"
    DAILY_LIST = "daily_list"
    NOTICE = "notice"
    EXPRESS = "express"
    RANKING = "ranking"
    WEEKLY_DIGEST = "weekly_digest"
    CONSULTATION = "consultation"
    SITE_VISIT = "site_visit"
    MONTHLY_REPORT = "monthly_report"
    BULLETIN = "bulletin"
    ASSESSMENT = "assessment"
    STATISTICS = "statistics"
    SELF_REVIEW = "self_review"
    ANNUAL_SUMMARY = "annual_summary"
    DIALOGUE = "dialogue"
    SPECIAL = "special"

    @property
    def label(self) -> str:
        """The Chinese word."""
        return _KIND_LABELS[self]


_KIND_LABELS = {
    ReportKind.POLL_DUTY: "登录查看",
    ReportKind.COLLECTION: "盯网收集",
    ReportKind.DAILY_LIST: "每日清单",
    ReportKind.NOTICE: "群内通报",
    ReportKind.EXPRESS: "每日快报",
    ReportKind.RANKING: "通报排名",
    ReportKind.WEEKLY_DIGEST: "周报",
    ReportKind.CONSULTATION: "会商",
    ReportKind.SITE_VISIT: "现场查看",
    ReportKind.MONTHLY_REPORT: "月度反馈报告",
    ReportKind.BULLETIN: "业务通报",
    ReportKind.ASSESSMENT: "定期考评",
    ReportKind.STATISTICS: "公开统计",
    ReportKind.SELF_REVIEW: "自查报告",
    ReportKind.ANNUAL_SUMMARY: "年度总结",
    ReportKind.DIALOGUE: "领导在线对话",
    ReportKind.SPECIAL: "专题呈报",
}


@attrs.frozen(kw_only=True)
class Schedule:
    """One thing that is made or done again and again.

    Attributes:
        closes: the time of day at which receipts are cut, the last one up to the run; None if the
            run itself is the cut.
        closes_inclusive: whether a receipt at the very instant of the cut is still in; off, because
            "11时前" is before 11:00.
        handed_over: the time of day, the first from the run on, at which the result goes to those
            who work on it; None if at once.
        to: the offices it goes to, all of them.
        conditions: of which cases it speaks; of all unless said.
    """

    id: str
    kind: ReportKind
    cadence: Cadence
    closes: time | None = attrs.field(default=None, validator=whole_minute)
    closes_inclusive: bool = False
    handed_over: time | None = attrs.field(default=None, validator=whole_minute)
    to: tuple[str, ...] = ()
    basis: str
    choice: str = ""
    conditions: tuple[Condition, ...] = ({},)

    def speaks_of(self, facts: Facts) -> bool:
        """Whether it speaks of a case with these facts."""
        return holds(self.conditions, facts)

    def __attrs_post_init__(self) -> None:
        says = self.closes is not None or self.handed_over is not None
        if says and len(_clocks(self.cadence)) > 1:
            raise LimitUseError("一日数次的日程以各次钟点为准,不另设截止或交办钟点")
        if isinstance(self.cadence, Duty | AtOnce) and (says or self.closes_inclusive):
            raise LimitUseError("按次数或随时进行的日程没有截止、交办钟点")


@attrs.frozen
class _Run:
    """``named`` by its cadence, and ``at``, when it comes; they differ where the day rolls."""

    named: datetime
    at: datetime


def next_run(schedule: Schedule, after: datetime, calendar: Calendar) -> datetime:
    """The first run strictly after an instant (UTC).

    A polling duty runs at 24:00 of each day, when what is missing of it is known. Raises
    OutsideCalendarError, and LimitUseError for what has no times of its own (随时).
    """
    first, moment = _first_day(schedule.cadence, after), utc(after)
    return next(run.at for run in _walk(schedule.cadence, first, calendar) if run.at > moment)


def runs_between(
    schedule: Schedule, after: datetime, until: datetime, calendar: Calendar
) -> tuple[datetime, ...]:
    """The runs in (``after``, ``until``], as a sweep at ``until`` finds them due; () for 随时.

    Asks of no day beyond ``until`` unless a run rolls there. Raises OutsideCalendarError.
    """
    if isinstance(schedule.cadence, AtOnce):
        return ()
    low, high = utc(after), utc(until)
    first, last = _first_day(schedule.cadence, after), local_day(until)
    runs = _walk(schedule.cadence, first, calendar, last=last)
    return tuple(run.at for run in runs if low < run.at <= high)


def window(schedule: Schedule, run: datetime, calendar: Calendar) -> Period:
    """The receipts that a run covers: from the cut of the run before it up to its own.

    A run that rolled keeps the cut of the day that its cadence names: the bulletin of a month speaks
    of that month, however late a holiday lets it be made (a choice). Raises OutsideCalendarError, and
    LimitUseError if the schedule has no run at that instant.
    """
    moment = utc(run)
    back = _walk(schedule.cadence, local_day(moment), calendar, step=-1)
    this = next(earlier for earlier in back if earlier.at <= moment)
    if this.at != moment:
        raise LimitUseError(f"「{schedule.id}」在 {show_instant(run)} 没有日程")
    return Period(_cut(schedule, next(back)), _cut(schedule, this))


def run_covering(schedule: Schedule, received: datetime, calendar: Calendar) -> datetime:
    """The one run in whose window a receipt lies; for 随时 that instant itself.

    Raises OutsideCalendarError.
    """
    moment = utc(received)
    if isinstance(schedule.cadence, AtOnce):
        return moment
    runs = _walk(schedule.cadence, local_day(moment), calendar)
    return next(run.at for run in runs if _cut(schedule, run) > moment)


def handed_over_at(schedule: Schedule, run: datetime) -> datetime:
    """The instant at which the result of a run goes to those who work on it (UTC)."""
    if schedule.handed_over is None:
        return utc(run)
    at = at_local(local_day(run), schedule.handed_over)
    return at if at >= run else at + timedelta(days=1)


def missing_polls(duty: Duty, logins: Iterable[datetime], day: date) -> int:
    """How many log-ins a day in Beijing lacks of its duty; more than enough make up for no other."""
    made = sum(local_day(login) == day for login in logins)
    return max(0, duty.times_per_day - made)


def _walk(
    cadence: Cadence, day: date, calendar: Calendar, step: int = 1, last: date = date.max
) -> Iterator[_Run]:
    """The runs by the day that names them, from ``day`` on or (step -1) back."""
    if isinstance(cadence, AtOnce):
        raise LimitUseError("随时进行的事项没有固定的日程")
    while day <= last:
        if _names(cadence, day, calendar):
            rolls = isinstance(cadence, Monthly) and cadence.roll
            held = calendar.next_working(day) if rolls else day
            for clock in _clocks(cadence)[::step]:
                yield _Run(at_local(day, clock), at_local(held, clock))
        day += timedelta(days=step)


def _first_day(cadence: Cadence, after: datetime) -> date:
    """From where to look for runs after an instant: a run before it may have rolled beyond it."""
    rolls = isinstance(cadence, Monthly) and cadence.roll
    return local_day(after) - (_LONGEST_MONTH if rolls else timedelta(0))


def _names(cadence: Cadence, day: date, calendar: Calendar) -> bool:
    match cadence:
        case Daily(_, working_days_only):
            return not working_days_only or calendar.is_working(day)
        case Weekly(weekday):
            return day.weekday() == weekday
        case Yearly(month, number):
            return day.month == month and _is_named(day, number)
        case Monthly(number):
            return _is_named(day, number)
        case Duty():
            return True
        case AtOnce():
            return False


def _is_named(day: date, number: int) -> bool:
    return day.day == min(number, monthrange(day.year, day.month)[1])


def _clocks(cadence: Cadence) -> tuple[time, ...]:
    match cadence:
        case Daily(times):
            return times
        case Weekly(_, at) | Monthly(_, at) | Yearly(_, _, at):
            return (at,)
        case Duty():
            return (MIDNIGHT,)
        case AtOnce():
            return ()


def _cut(schedule: Schedule, run: _Run) -> datetime:
    """The exclusive instant up to which a run covers receipts."""
    cut = run.named
    if schedule.closes is not None:
        cut = at_local(local_day(cut), schedule.closes)
        if cut > run.named:
            cut -= timedelta(days=1)
    return cut + _TICK if schedule.closes_inclusive else cut
