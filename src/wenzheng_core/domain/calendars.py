"""Which days are worked: the State Council's arrangements as an index with two look-ups a question.

A calendar is built once from *editions*: one official notice each, which says of some days that
they are off and of others that they are worked. Days of which no notice speaks follow the week.
A later notice overrides an earlier one day by day, so a revision (2020-01-26: the Spring Festival
made longer) is simply one more edition, and a calendar "as known on" any date can be rebuilt.

Three stretches of time follow one another:

* ``first`` .. ``settled_until`` (exclusive): every day is known from a published arrangement;
* ``settled_until`` .. ``last``: no arrangement yet. The statutory holidays of the law are used as an
  *expectation*, and whatever is counted there is provisional;
* outside: :class:`~wenzheng_core.domain.errors.OutsideCalendarError`, never a guess.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum

import attrs

from wenzheng_core.domain.errors import OutsideCalendarError

SATURDAY = 5


class DayKind(StrEnum):
    """Why a day is worked or not."""

    WORKDAY = "workday"
    MAKEUP = "makeup"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"

    @property
    def worked(self) -> bool:
        """Whether a working-day limit counts such a day."""
        return self in (DayKind.WORKDAY, DayKind.MAKEUP)

    @property
    def label(self) -> str:
        """The word an officer uses for it."""
        return _KIND_LABELS[self]


_KIND_LABELS = {
    DayKind.WORKDAY: "工作日",
    DayKind.MAKEUP: "调休上班",
    DayKind.WEEKEND: "周末",
    DayKind.HOLIDAY: "放假",
}


@attrs.frozen
class Notice:
    """The document behind an edition.

    Attributes:
        title: full title, as issued.
        issued: the date it bears.
        number: document number in 〔〕 form, or "" where the notice is known by its title alone.
    """

    title: str
    issued: date
    number: str = ""

    @property
    def cite(self) -> str:
        """The short form: the number where there is one, else the title."""
        return self.number or f"《{self.title}》"


@attrs.frozen
class Holiday:
    """A stretch of days off with its name; both ends included."""

    name: str
    first: date
    last: date

    def days(self) -> Iterable[date]:
        """Each day of the stretch."""
        for offset in range((self.last - self.first).days + 1):
            yield self.first + timedelta(days=offset)


@attrs.frozen
class Edition:
    """What one notice arranges for one year (its days may reach into the year before).

    ``year`` is the year whose publication it completes; None for a local layer or a revision that
    publishes no year of its own.
    """

    notice: Notice
    year: int | None
    off: tuple[Holiday, ...] = ()
    work: tuple[date, ...] = ()


@attrs.frozen
class Expectation:
    """The statutory holidays of a year that has no arrangement yet."""

    year: int
    off: tuple[Holiday, ...]


@attrs.frozen
class Day:
    """One day, what it is, and who says so."""

    date: date
    kind: DayKind
    name: str = ""
    notice: Notice | None = None
    settled: bool = True

    @property
    def worked(self) -> bool:
        """Whether a working-day limit counts this day."""
        return self.kind.worked


@attrs.frozen
class CalendarData:
    """The ingredients of a calendar, as a provider reads them from its files.

    Attributes:
        name: the name by which a policy asks for it, such as ``cn``.
        editions: in any order; they are applied in the order of their notices' dates.
        expectations: statutory holidays of years to come.
        reach_back: how many of the last days of a year the next year's notice may still change.
    """

    name: str
    editions: tuple[Edition, ...]
    expectations: tuple[Expectation, ...] = ()
    reach_back: int = 0

    def known_on(self, day: date) -> CalendarData:
        """The same data with only the notices issued up to and including ``day``."""
        kept = tuple(e for e in self.editions if e.notice.issued <= day)
        return attrs.evolve(self, editions=kept)

    def with_editions(self, more: Iterable[Edition]) -> CalendarData:
        """The same data with further notices, such as a year dropped in or a local layer."""
        return attrs.evolve(self, editions=(*self.editions, *more))


@attrs.frozen(eq=False)
class Calendar:
    """An index over :class:`CalendarData`; build it with :func:`build_calendar` and keep it.

    Attributes:
        data: what it was built from.
        first: the first day it knows.
        settled_until: the first day that no published arrangement settles (exclusive end).
        last: the last day it can speak of at all.
        digest: names the meaning of every day; equal digests count equally.
    """

    data: CalendarData = attrs.field(repr=False)
    first: date
    settled_until: date
    last: date
    digest: str
    _base: int = attrs.field(repr=False)
    _rank: list[int] = attrs.field(repr=False)
    _workdays: list[date] = attrs.field(repr=False)
    _spoken: dict[date, Day] = attrs.field(repr=False)
    _earliest: Calendar | None = attrs.field(default=None, repr=False)

    @property
    def name(self) -> str:
        """The name by which a policy asks for it."""
        return self.data.name

    @property
    def awaited_year(self) -> int:
        """The year whose arrangement would move ``settled_until``."""
        return (self.settled_until + timedelta(days=self.data.reach_back)).year

    def add_working_days(self, day: date, n: int) -> date:
        """The ``n``-th working day after ``day``, which itself is not counted (民法典第201条).

        Raises OutsideCalendarError where the count leaves the calendar.
        """
        offset = day.toordinal() - self._base
        if offset < 0 or n < 1:
            raise self._outside(day)
        try:
            return self._workdays[self._rank[offset] + n - 1]
        except IndexError:
            raise self._outside(day) from None

    def count_working_days(self, after: date, through: date) -> int:
        """How many working days lie in the half-open stretch (``after``, ``through``].

        Negative where ``through`` comes before ``after``. Raises OutsideCalendarError.
        """
        base, rank = self._base, self._rank
        low, high = after.toordinal() - base, through.toordinal() - base
        if low < 0 or high < 0:
            raise self._outside(min(after, through))
        try:
            return rank[high] - rank[low]
        except IndexError:
            raise self._outside(max(after, through)) from None

    def is_working(self, day: date) -> bool:
        """Whether the day is worked. Raises OutsideCalendarError."""
        if not self.first <= day <= self.last:
            raise self._outside(day)
        # By the index, not by ``day()``: only the index of ``earliest`` has every open day worked.
        offset = day.toordinal() - self._base
        return self._rank[offset] > (self._rank[offset - 1] if offset else 0)

    def next_working(self, day: date) -> date:
        """The day itself if it is worked, else the first working day after it."""
        return day if self.is_working(day) else self.add_working_days(day, 1)

    def day(self, day: date) -> Day:
        """What the day is, and the notice that says so. Raises OutsideCalendarError."""
        if not self.first <= day <= self.last:
            raise self._outside(day)
        spoken = self._spoken.get(day)
        return spoken or Day(day, _kind_by_week(day), settled=day < self.settled_until)

    def is_settled(self, day: date) -> bool:
        """Whether a published arrangement settles the day."""
        return day < self.settled_until

    def working_day_before(self, day: date, n: int) -> date:
        """The ``n``-th working day strictly before ``day``. Raises OutsideCalendarError."""
        offset = day.toordinal() - self._base - 1
        if offset < 0 or n < 1 or offset >= len(self._rank) or self._rank[offset] < n:
            raise self._outside(day)
        return self._workdays[self._rank[offset] - n]

    @property
    def earliest(self) -> Calendar:
        """The same calendar with every day that is not settled worked: for lower bounds only."""
        return self._earliest or self

    @property
    def ranks(self) -> list[int]:
        """For each day from ``first`` on: how many working days lie up to and including it."""
        return self._rank

    @property
    def working_days(self) -> list[date]:
        """All working days in order, for the bulk form."""
        return self._workdays

    def _outside(self, day: date) -> OutsideCalendarError:
        return OutsideCalendarError(self.name, day, self.first, self.last)


def build_calendar(data: CalendarData) -> Calendar:
    """Build the index. Raises ValueError if no edition publishes a year."""
    years = sorted({e.year for e in data.editions if e.year is not None})
    if not years:
        raise ValueError(f"日历「{data.name}」没有任何年度的放假安排")
    first = date(years[0], 1, 1)
    settled_until = _settled_until(years, data.reach_back)
    latest = _last_consecutive(years)
    expected = [e for e in data.expectations if e.year > latest and e.year not in years]
    last = date(max([years[-1], *(e.year for e in expected)]), 12, 31)
    spoken = _speak(data, expected, settled_until)
    settled = Calendar(data, first, settled_until, last, "", first.toordinal(), [], [], spoken)
    earliest = _indexed(settled, all_worked_from=settled_until)
    return attrs.evolve(_indexed(settled), earliest=earliest)


def _last_consecutive(years: list[int]) -> int:
    last = years[0]
    for year in years:
        if year > last + 1:
            break
        last = year
    return last


def _settled_until(years: list[int], reach_back: int) -> date:
    # The next year's notice may still change the last days of this one: that for 2019 gave
    # 2018-12-31 off. Until it is out those days are as open as the year that follows them.
    return date(_last_consecutive(years) + 1, 1, 1) - timedelta(days=reach_back)


def _speak(data: CalendarData, expected: list[Expectation], settled_until: date) -> dict[date, Day]:
    spoken: dict[date, Day] = {}
    for expectation in expected:
        for holiday in expectation.off:
            for day in holiday.days():
                spoken[day] = Day(day, DayKind.HOLIDAY, holiday.name, None, settled=False)
    for edition in sorted(data.editions, key=lambda e: e.notice.issued):
        for holiday in edition.off:
            for day in holiday.days():
                spoken[day] = _spoken_day(day, False, holiday.name, edition.notice, settled_until)
        for day in edition.work:
            spoken[day] = _spoken_day(day, True, "", edition.notice, settled_until)
    return spoken


def _spoken_day(day: date, worked: bool, name: str, notice: Notice, settled_until: date) -> Day:
    kind = DayKind.HOLIDAY
    if worked:
        kind = DayKind.MAKEUP if day.weekday() >= SATURDAY else DayKind.WORKDAY
    return Day(day, kind, name, notice, settled=day < settled_until)


def _kind_by_week(day: date) -> DayKind:
    return DayKind.WEEKEND if day.weekday() >= SATURDAY else DayKind.WORKDAY


def _indexed(calendar: Calendar, all_worked_from: date = date.max) -> Calendar:
    rank: list[int] = []
    workdays: list[date] = []
    for ordinal in range(calendar.first.toordinal(), calendar.last.toordinal() + 1):
        day = date.fromordinal(ordinal)
        if day >= all_worked_from or calendar.day(day).worked:
            workdays.append(day)
        rank.append(len(workdays))
    digest = _digest(calendar, rank)
    return attrs.evolve(calendar, digest=digest, rank=rank, workdays=workdays)


def _digest(calendar: Calendar, rank: list[int]) -> str:
    head = f"{calendar.first}|{calendar.settled_until}|{calendar.last}|"
    body = ",".join(map(str, rank))
    return hashlib.sha256((head + body).encode()).hexdigest()[:16]
