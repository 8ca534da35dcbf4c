"""Instants and local days: Beijing time outside, UTC inside, naive nowhere.

China has kept one zone, UTC+8 without summer time, since 1991-09-15; no arrangement of working days
that the core knows is older than 2004. A fixed offset is therefore exact, and keeps the domain free
of the zone files that ``zoneinfo`` would read.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone

import attrs

from wenzheng_core.domain.errors import ArgumentError, NaiveTimeError

BEIJING = timezone(timedelta(hours=8), "Asia/Shanghai")
WEEKDAYS = "一二三四五六日"

_TICK = timedelta(microseconds=1)
_SHOWN = 30


def utc(value: datetime) -> datetime:
    """The same instant in UTC. Raises NaiveTimeError, and ArgumentError for what is no instant."""
    if not isinstance(value, datetime):
        raise _no_instant(value)
    if value.tzinfo is None or value.utcoffset() is None:
        raise NaiveTimeError(value)
    return value.astimezone(UTC)


def _no_instant(value: object) -> ArgumentError:
    came = f"{type(value).__name__} {str(value)[:_SHOWN]}"
    mend = "如 datetime(2020, 10, 12, 9, tzinfo=BEIJING)"
    return ArgumentError("datetime", f"时间应为带时区的 datetime,{mend};得到的是 {came}")


def local(value: datetime) -> datetime:
    """The same instant on a clock in Beijing. Raises NaiveTimeError."""
    return utc(value).astimezone(BEIJING)


def local_day(value: datetime) -> date:
    """The calendar date in Beijing on which the instant lies."""
    return local(value).date()


def last_day_before(instant: datetime) -> date:
    """The last day of which some part lies before the exclusive ``instant``."""
    return local_day(instant - _TICK)


def at_local(day: date, clock: time = time(0)) -> datetime:
    """The instant at which a clock in Beijing shows ``clock`` on ``day``; in UTC."""
    return datetime.combine(day, clock, tzinfo=BEIJING).astimezone(UTC)


def end_of(day: date, day_end: time | None = None) -> datetime:
    """The exclusive end of a day: 24:00, or the close of business where the policy says so.

    民法典第203条第二款: the last day ends at 24:00, or with the business hours where there are any.
    """
    if day_end is None:
        return at_local(day + timedelta(days=1))
    return at_local(day, day_end)


def end_of_hour(instant: datetime) -> datetime:
    """The end of the hour in which the instant lies; a full hour begins the hour after it."""
    here = local(instant)
    return utc(here.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1))


def show_day(day: date) -> str:
    """「2020年10月12日(周一)」."""
    return f"{day.year}年{day.month}月{day.day}日(周{WEEKDAYS[day.weekday()]})"


def show_due(instant: datetime) -> str:
    """An exclusive due instant as an officer reads it: 「2020年10月12日(周一)24时前」.

    Midnight is the 24:00 of the day that ends there, never 0:00 of the next.
    """
    here = local(instant)
    day = show_day(last_day_before(instant))
    if here.time() == time(0):
        return f"{day}24时前"
    minutes = f"{here.minute}分" if here.minute else ""
    return f"{day}{here.hour}时{minutes}前"


def show_instant(instant: datetime) -> str:
    """An instant to the minute, Beijing time: ``2020-09-28 16:00``."""
    return local(instant).strftime("%Y-%m-%d %H:%M")


@attrs.frozen
class Period:
    """A stretch [``first``, ``until``) of time: what falls on ``until`` belongs to the next (UTC)."""

    first: datetime = attrs.field(converter=utc)
    until: datetime = attrs.field(converter=utc)

    def __contains__(self, instant: datetime) -> bool:
        return self.first <= instant < self.until
