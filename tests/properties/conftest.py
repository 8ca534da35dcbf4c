"""The oracle of the laws of time: it walks, day by day and minute by minute, and knows no index."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta, timezone
from functools import cache
from typing import Any

import chinese_calendar
import pytest

from wenzheng_calendar_cn import load
from wenzheng_core.domain.calendars import Calendar, CalendarData, build_calendar
from wenzheng_core.domain.timelimits import Interval

ZONE = timezone(timedelta(hours=8))
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


def _print_short(self: object, printer: Any, _: bool) -> None:
    printer.text(f"<{type(self).__name__}>")


# Hypothesis prints every field of an attrs class: of a calendar that is a megabyte a failure.
for _class in (Calendar, CalendarData):
    setattr(_class, "_repr_pretty_", _print_short)  # noqa: B010 - mypy knows no such attribute

_worked = cache(chinese_calendar.is_workday)


class Oracle:
    """What a careful clerk would count on a wall calendar, with chinesecalendar on the wall."""

    def worked(self, day: date) -> bool:
        """Whether chinesecalendar has the day worked."""
        return bool(_worked(day))

    def midnight_after(self, day: date) -> datetime:
        """24:00 of the day."""
        return datetime.combine(day, time(0), ZONE) + DAY

    def still(self, day: date, pauses: Sequence[Interval]) -> bool:
        """Whether the clock stands still in the last microsecond of the day."""
        last = self.midnight_after(day) - timedelta(microseconds=1)
        return any(pause.first <= last < pause.until for pause in pauses)

    def add_working(self, day: date, n: int, pauses: Sequence[Interval] = ()) -> date:
        """The n-th worked day after the day on which the clock does not stand still."""
        while n:
            day += DAY
            n -= self.worked(day) and not self.still(day, pauses)
        return day

    def add_days(self, day: date, n: int, pauses: Sequence[Interval] = ()) -> date:
        """The n-th day after the day on which the clock does not stand still."""
        while n:
            day += DAY
            n -= not self.still(day, pauses)
        return day

    def roll(self, day: date, pauses: Sequence[Interval] = ()) -> date:
        """The day itself or the next one that is worked and on which the clock runs."""
        while not self.worked(day) or self.still(day, pauses):
            day += DAY
        return day

    def received(self, at: datetime, cutoff: time) -> date:
        """The working day on which something counts as received that may come after a cut-off."""
        here = at.astimezone(ZONE)
        day, late = here.date(), here.time() >= cutoff
        if self.worked(day) and not late:
            return day
        return self.add_working(day, 1)

    def add_minutes(self, at: datetime, n: int, pauses: Sequence[Interval] = ()) -> datetime:
        """The instant by which n minutes have run; all instants lie on whole minutes."""
        while n:
            n -= not any(pause.first <= at < pause.until for pause in pauses)
            at += MINUTE
        return at

    def add_office_minutes(
        self,
        at: datetime,
        n: int,
        hours: Sequence[tuple[time, time]],
        pauses: Sequence[Interval] = (),
    ) -> datetime:
        """The instant by which n minutes of office hours have run."""
        while n:
            here = at.astimezone(ZONE)
            open_ = any(first <= here.time() < last for first, last in hours)
            paused = any(pause.first <= at < pause.until for pause in pauses)
            n -= open_ and not paused and self.worked(here.date())
            at += MINUTE
        return at


@pytest.fixture(name="oracle", scope="session")
def _oracle() -> Oracle:
    return Oracle()


@pytest.fixture(name="data", scope="session")
def _data() -> CalendarData:
    return load()


@pytest.fixture(name="calendar", scope="session")
def _calendar(data: CalendarData) -> Calendar:
    return build_calendar(data)
