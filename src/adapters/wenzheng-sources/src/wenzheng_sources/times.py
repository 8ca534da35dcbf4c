"""Times as exports write them: a few known forms, read strictly, and nothing guessed.

Why not python-dateutil: its parser takes 4/5/2019 as month first or day first by a setting, fills
what is missing from today's date, and finds a time in almost any text. A wrong time here moves a
statutory deadline, so a form that is not listed is refused, with the row and the value.

The forms, after NFKC and with stray spaces allowed:

    2019/4/25 9:32:09    2019-04-25 09:32    2019.4.25 9:32    2019年4月25日 9时32分
    2019/4/25 下午3:32    2019-04-25T01:32:09Z    2019-04-25T09:32:09.5+08:00    2019/4/25

A cell may also hold a date, or the serial number behind one.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone

from wenzheng_core.domain.errors import WenzhengError
from wenzheng_core.domain.instants import BEIJING

EXCEL_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - a clock in no zone, as in the cells
YEARS = range(2000, 2100)

_BEYOND = f"不在 {YEARS.start} 年至 {YEARS.stop - 1} 年之间"
_SERIAL_LIMIT = 100_000
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff"))
_DATE = re.compile(
    r"(?P<year>\d{4}) \s* (?: (?P<mark>[-/.]) \s* (?P<month>\d{1,2}) \s* (?P=mark) \s*"
    r" (?P<day>\d{1,2}) | 年 \s* (?P<cmonth>\d{1,2}) \s* 月 \s* (?P<cday>\d{1,2}) \s* [日号] )",
    re.VERBOSE | re.ASCII,
)
# 2019/4/259:32 has two readings, so a day without 日 needs something after it.
_GAP = re.compile(r"\s*T\s*|\s+|(?=[上下]午)", re.ASCII)
_GAP_AFTER_DAY_SIGN = re.compile(r"\s*", re.ASCII)
_CLOCK = re.compile(
    r"""
    (?P<half>上午|下午)? \s* (?P<hour>\d{1,2}) \s*
    (?: : \s* (?P<minute>\d{1,2}) \s* (?: : \s* (?P<second>\d{1,2}) (?:\.(?P<fraction>\d{1,9}))? )?
      | [时点] \s* (?: (?P<cminute>\d{1,2}) \s* 分 \s* (?: (?P<csecond>\d{1,2}) \s* 秒 )? )? )
    \s* (?P<zone> Z | [+-]\d{2}(?::?\d{2})? )?
    """,
    re.VERBOSE | re.ASCII,
)


class UnreadableTimeError(WenzhengError, ValueError):
    """A value is not a time, or names one that does not exist; ``reason`` says which."""

    def __init__(self, value: object, reason: str) -> None:
        self.value = value
        self.reason = reason
        super().__init__(f"「{value}」{reason}")


@dataclass(frozen=True, slots=True)
class ReadTime:
    """A time that was read: aware, and whether only its day was given.

    With ``day_only`` the instant is 00:00 of the day in Beijing.
    """

    instant: datetime
    day_only: bool = False

    def as_posting(self) -> datetime:
        """The instant of a posting: a day alone counts from its beginning."""
        return self.instant.astimezone(UTC)

    def as_publication(self) -> datetime:
        """The instant of a publication: a day alone is taken at 23:59:59.

        A choice: a reply known by its day alone is never earlier than its message, and is on time
        to the end of the due day.
        """
        last = timedelta(hours=23, minutes=59, seconds=59) if self.day_only else timedelta(0)
        return (self.instant + last).astimezone(UTC)


def read_time(value: object, epoch: datetime = EXCEL_EPOCH) -> ReadTime:
    """Read a cell's value as a time; ``epoch`` is the workbook's day 0, for serial numbers.

    A cell at exactly midnight is a day alone: Excel writes both with the same number.

    Raises:
        UnreadableTimeError: the value is no time, or an impossible one.
    """
    if isinstance(value, str):
        return _from_text(value)
    if isinstance(value, datetime):
        return _from_cell(value)
    if isinstance(value, date):
        return _from_cell(datetime.combine(value, time(0)))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _from_serial(value, epoch)
    raise UnreadableTimeError(value, "不是时间")


def _from_text(text: str) -> ReadTime:
    plain = unicodedata.normalize("NFKC", text).translate(_INVISIBLE).strip()
    found = _DATE.match(plain)
    if found is None:
        raise UnreadableTimeError(text, "不是可识别的时间格式")
    day = _day(text, found)
    if found.end() == len(plain):
        return ReadTime(datetime.combine(day, time(0), BEIJING), day_only=True)
    gap = (_GAP if found["mark"] else _GAP_AFTER_DAY_SIGN).match(plain, found.end())
    clock = _CLOCK.fullmatch(plain, gap.end()) if gap else None
    if clock is None:
        raise UnreadableTimeError(text, "不是可识别的时间格式")
    zone = _zone(text, clock["zone"])
    return ReadTime(datetime.combine(day, _clock_time(text, clock), zone))


def _from_cell(value: datetime) -> ReadTime:
    if value.year not in YEARS:
        raise UnreadableTimeError(value, _BEYOND)
    if value.tzinfo is not None:
        return ReadTime(value)
    return ReadTime(value.replace(tzinfo=BEIJING), day_only=value.time() == time(0))


def _from_serial(value: float, epoch: datetime) -> ReadTime:
    if not 0 <= value < _SERIAL_LIMIT:
        raise UnreadableTimeError(value, "不是时间,也不是 Excel 日期序号")
    # To the millisecond, as Excel itself does: the number holds no more.
    moment = epoch + timedelta(milliseconds=round(value * 86_400_000))
    if moment.year not in YEARS:
        raise UnreadableTimeError(value, "不是时间,也不是 Excel 日期序号")
    return _from_cell(moment)


def _day(text: str, found: re.Match[str]) -> date:
    year = int(found["year"])
    if year not in YEARS:
        raise UnreadableTimeError(text, _BEYOND)
    try:
        return date(
            year, int(found["month"] or found["cmonth"]), int(found["day"] or found["cday"])
        )
    except ValueError:
        raise UnreadableTimeError(text, "不是存在的日期") from None


def _clock_time(text: str, clock: re.Match[str]) -> time:
    hour, half = int(clock["hour"]), clock["half"]
    # Excel's 上午12:30 is half past midnight, its 下午12:30 half past noon; 下午15:30 is often
    # written and plain. 上午15:30 and 下午0:30 contradict themselves.
    if half and not (0 <= hour <= 12 if half == "上午" else 1 <= hour <= 23):
        raise UnreadableTimeError(text, "中的上午或下午与钟点矛盾")
    if half == "上午" and hour == 12:
        hour = 0
    elif half == "下午" and hour < 12:
        hour += 12
    minute = int(clock["minute"] or clock["cminute"] or 0)
    second = int(clock["second"] or clock["csecond"] or 0)
    fraction = int((clock["fraction"] or "").ljust(6, "0")[:6])
    try:
        return time(hour, minute, second, fraction)
    except ValueError:
        raise UnreadableTimeError(text, "不是存在的时刻") from None


def _zone(text: str, zone: str | None) -> timezone:
    if zone is None:
        return BEIJING
    if zone == "Z":
        return UTC
    digits = zone[1:].replace(":", "").ljust(4, "0")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 14 or minutes > 59:
        raise UnreadableTimeError(text, "的时区不存在")
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if zone.startswith("-") else offset)
