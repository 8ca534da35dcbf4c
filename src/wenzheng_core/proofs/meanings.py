"""What a row means on every known day: its due instants, and two rows compared day by day.

A pair of rows with the same limits, counted by the same rules, is swept once, however many cells
have it. Nothing here counts by itself: every instant comes from
:func:`~wenzheng_core.domain.timelimits.deadline`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache

import attrs

from wenzheng_core.domain.calendars import Calendar
from wenzheng_core.domain.errors import LimitUseError, OutsideCalendarError
from wenzheng_core.domain.escalation import Moment
from wenzheng_core.domain.limits import ClockHours, Limit, WorkingHours
from wenzheng_core.domain.timelimits import Deadline, TimeRules, deadline, latest_before
from wenzheng_core.proofs.sweep import starts_of

NEVER = datetime.max.replace(tzinfo=UTC)
"""The instant of a rung that does not fire: later than any."""

_MORNING = time(9, 30)
_EDGES = (time(0), _MORNING, time(23, 59))
_DAY = 24 * 60


class Verdict(StrEnum):
    """How the new version stands to the old one, in a cell.

    The first four compare instants on every known day; ``later`` and ``earlier`` are said of the new
    version. The others say why instants are not, or not all, what is compared: there is a limit (or
    a rung) in one version only; it runs between other events, or for other holders; it is promised,
    not set; one version does not know the cell; the calendar reaches no day of it.
    """

    EQUAL = "EQUAL"
    NEVER_LATER = "NEVER_LATER"
    NEVER_EARLIER = "NEVER_EARLIER"
    INCOMPARABLE = "INCOMPARABLE"
    GAINED = "GAINED"
    LOST = "LOST"
    OTHER_EVENTS = "OTHER_EVENTS"
    OTHER_KIND = "OTHER_KIND"
    ONLY_OLD = "ONLY_OLD"
    ONLY_NEW = "ONLY_NEW"
    BEYOND_HORIZON = "BEYOND_HORIZON"

    @property
    def label(self) -> str:
        """The Chinese words."""
        return _LABELS[self]


_LABELS = {
    Verdict.EQUAL: "相同",
    Verdict.NEVER_LATER: "从不更晚",
    Verdict.NEVER_EARLIER: "从不更早",
    Verdict.INCOMPARABLE: "有早有晚",
    Verdict.GAINED: "新增",
    Verdict.LOST: "取消",
    Verdict.OTHER_EVENTS: "起止或计法不同,不能只比到期",
    Verdict.OTHER_KIND: "承诺与规定之别,不能比较",
    Verdict.ONLY_OLD: "只有旧版有这一类",
    Verdict.ONLY_NEW: "只有新版有这一类",
    Verdict.BEYOND_HORIZON: "算不出到期(无已公布的日历,或算法不可用),无从比较",
}


@attrs.frozen
class Term:
    """All of a row on which its due instant rests, and of a rung's if there is one.

    Attributes:
        more: the longest that it may be extended by; None for the limit as it is.
        outer: the limit of the clock inside which it must end, taken to begin at the same instant.
        leaving: how much of that one must be left.
        rung: the moment of a rung; None for the due instant itself.
    """

    limit: Limit
    rules: TimeRules
    more: Limit | None = None
    outer: Limit | None = None
    leaving: Limit | None = None
    rung: Moment | None = None


@attrs.frozen(kw_only=True)
class Example:
    """One receipt under both versions; None where there is no such instant (a rung left out)."""

    start: datetime
    old: datetime | None
    new: datetime | None

    @property
    def shift(self) -> timedelta | None:
        """How much later the new version is; negative for earlier."""
        return None if self.old is None or self.new is None else self.new - self.old


@attrs.frozen(kw_only=True)
class Comparison:
    """Two terms on every known day.

    Attributes:
        earlier, later: receipt days on which the new version is earlier, or later; a day on which
            the hour of receipt decides counts in both.
        same: days on which it is neither.
        beyond: days that are not compared: some instant rests on days that nobody has settled.
        moments: how many times of day were looked at on each day.
        first_earlier, first_later: the earliest example on each side.
        largest: where it moves most.
    """

    verdict: Verdict
    earlier: int = 0
    later: int = 0
    same: int = 0
    beyond: int = 0
    moments: int = 1
    first_earlier: Example | None = None
    first_later: Example | None = None
    largest: Example | None = None


def ends(term: Term, start: datetime, calendar: Calendar) -> Deadline:
    """The deadline of a term. Raises LimitUseError, OutsideCalendarError."""
    more = (term.more,) if term.more else ()
    own = deadline(term.limit, start, calendar, term.rules, (), more)
    if term.outer is None:
        return own
    outer = deadline(term.outer, start, calendar, term.rules)
    if outer.provisional:  # nothing is cut by what is not certain
        return own
    latest = latest_before(outer.due, term.leaving, calendar, term.rules)
    return own if latest is None or latest <= own.start else own.cut(latest)


def instant(term: Term, start: datetime, calendar: Calendar) -> datetime | None:
    """The due instant, or the rung's; NEVER for a rung left out, None for what is not settled."""
    try:
        found = ends(term, start, calendar)
        if found.provisional:
            return None
        if term.rung is None:
            return found.due
        at = term.rung.of(found, calendar)
    except (LimitUseError, OutsideCalendarError):
        return None
    return at if at > found.start else NEVER


@lru_cache(maxsize=512)
def compare(old: Term, new: Term, calendar: Calendar) -> Comparison:
    """Two terms, on every day that published arrangements settle."""
    days = known_days(calendar)
    if old == new:
        return Comparison(verdict=Verdict.EQUAL, same=len(days))
    times = moments(old, new)
    befores, afters = _instants(old, calendar, times), _instants(new, calendar, times)
    starts = starts_of(calendar, times)
    known = []
    for n in range(0, len(starts), len(times)):
        part = slice(n, n + len(times))
        each = zip(starts[part], befores[part], afters[part], strict=True)
        found = [(start.at, before, after) for start, before, after in each if before and after]
        if len(found) == len(times):
            known.append(found)
    return _Tally(known).comparison(len(times), len(days) - len(known))


@lru_cache(maxsize=8)
def known_days(calendar: Calendar) -> tuple[date, ...]:
    """Every day that published arrangements settle."""
    span = (calendar.settled_until - calendar.first).days
    return tuple(calendar.first + timedelta(days=n) for n in range(span))


def moments(*terms: Term) -> tuple[time, ...]:
    """A time of day for each stretch of the day on which the terms may differ.

    In days, only the cut-off and the close of business part the day; in hours, also where the hours
    cross an end of a day.
    """
    edges = {edge for term in terms for edge in _edges(term.rules)}
    hours = [minutes for term in terms for minutes in _minutes(term)]
    if hours:
        closes = {0, *(_minute(term.rules.day_end) for term in terms if term.rules.day_end)}
        for crossing in ((end - length) % _DAY for end in closes for length in hours):
            edges |= {_time(crossing), _time(crossing - crossing % 60)}
    if not edges:
        return (_MORNING,)
    around = {_time((_minute(edge) - 1) % _DAY) for edge in edges}
    return tuple(sorted({*_EDGES, *edges, *around}))


def _edges(rules: TimeRules) -> Iterable[time]:
    yield from filter(None, (rules.cutoff, rules.day_end))
    yield from (edge for pair in rules.office_hours for edge in pair)


def _minutes(term: Term) -> Iterable[int]:
    """The lengths of hours after which something ends."""
    for limits in ((term.limit,), (term.limit, term.more), (term.outer,)):
        hours = [x.minutes for x in limits if isinstance(x, ClockHours | WorkingHours)]
        if len(hours) == len(limits):
            yield sum(hours)


def _minute(clock: time) -> int:
    return clock.hour * 60 + clock.minute


def _time(minute: int) -> time:
    return time(minute // 60, minute % 60)


@lru_cache(maxsize=16)
def _instants(
    term: Term, calendar: Calendar, times: tuple[time, ...]
) -> tuple[datetime | None, ...]:
    return tuple(instant(term, start.at, calendar) for start in starts_of(calendar, times))


_Found = tuple[datetime, datetime, datetime]
_Differs = Callable[[datetime, datetime], bool]


def _later(old: datetime, new: datetime) -> bool:
    return new > old


def _earlier(old: datetime, new: datetime) -> bool:
    return new < old


@attrs.frozen
class _Tally:
    """What was found on the days that are wholly known, one list a day, in the order of time."""

    days: Sequence[Sequence[_Found]]

    def comparison(self, width: int, beyond: int) -> Comparison:
        earlier = sum(any(_earlier(old, new) for _, old, new in day) for day in self.days)
        later = sum(any(_later(old, new) for _, old, new in day) for day in self.days)
        return Comparison(
            verdict=_verdict(bool(earlier), bool(later), bool(self.days)),
            earlier=earlier,
            later=later,
            same=sum(all(old == new for _, old, new in day) for day in self.days),
            beyond=beyond,
            moments=width,
            first_earlier=self._first(_earlier),
            first_later=self._first(_later),
            largest=self._largest(),
        )

    def _first(self, differs: _Differs) -> Example | None:
        found = (x for day in self.days for x in day if differs(x[1], x[2]))
        return next((_example(*x) for x in found), None)

    def _largest(self) -> Example | None:
        most, largest = timedelta(0), None
        for start, old, new in (x for day in self.days for x in day):
            if NEVER not in (old, new) and abs(new - old) > most:
                most, largest = abs(new - old), _example(start, old, new)
        return largest


def _example(start: datetime, old: datetime, new: datetime) -> Example:
    return Example(
        start=start, old=None if old == NEVER else old, new=None if new == NEVER else new
    )


def _verdict(earlier: bool, later: bool, known: bool) -> Verdict:
    if not known:
        return Verdict.BEYOND_HORIZON
    if earlier and later:
        return Verdict.INCOMPARABLE
    if earlier:
        return Verdict.NEVER_LATER
    return Verdict.NEVER_EARLIER if later else Verdict.EQUAL
