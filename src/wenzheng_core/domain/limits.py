"""Time limits as they are written: 5个工作日, 7日, 24小时, 当日, 16个工作小时, a committed date.

Each unit is a type of its own. None is ever converted into another, and two of different units have
no order until a calendar and a start are given: 5个工作日 is earlier than 7日 on some days and later
on others.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date

import attrs

from wenzheng_core.domain.errors import LimitSyntaxError, LimitUseError, require_kind

MOST = 3650  # ten years: beyond it a number is a slip of the pen, not a limit


def _at_least_one(_: object, __: attrs.Attribute[int], value: int) -> None:
    if value < 1:
        raise LimitUseError(f"时限的数字须不小于1,不能是{value}")


@attrs.frozen
class WorkingDays:
    """``n`` working days (工作日) after the start day, which is not counted."""

    n: int = attrs.field(validator=_at_least_one)


@attrs.frozen
class CalendarDays:
    """``n`` calendar days (日, 自然日) after the start day.

    ``roll``: a last day that is not worked gives way to the next working day (民法典第203条第一款).
    Internal rules usually do not roll (武汉市教育局: "周六、周日不顺延"), so it is off unless said.
    """

    n: int = attrs.field(validator=_at_least_one)
    roll: bool = False


@attrs.frozen
class ClockHours:
    """Hours by the clock from the very instant, through nights and holidays (民法典第201条第二款)."""

    minutes: int = attrs.field(validator=_at_least_one)


@attrs.frozen
class SameDay:
    """The end of the day on which it began (当日, 事不过夜)."""


@attrs.frozen
class WorkingHours:
    """Hours counted within office hours on working days only (工作小时)."""

    minutes: int = attrs.field(validator=_at_least_one)


@attrs.frozen
class CommittedDate:
    """The end of a day that somebody committed to."""

    day: date


Limit = WorkingDays | CalendarDays | ClockHours | SameDay | WorkingHours | CommittedDate

# Each unit as it is written, what it makes, and the most of it that is taken for a limit.
_UNITS: tuple[tuple[str, Callable[[int], Limit], int], ...] = (
    (r"(?:个)?工作日|个?工作天|(?:working|business|work)[ -]?days?", WorkingDays, MOST),
    (r"个?工作小时|(?:working|business|office)[ -]?hours?", lambda n: WorkingHours(n * 60), MOST),
    (r"个?工作分钟|(?:working|business|office)[ -]?minutes?", WorkingHours, MOST * 60),
    (r"个?小时|hours?|h", lambda n: ClockHours(n * 60), MOST),
    (r"分钟|minutes?|min", ClockHours, MOST * 60),
    (r"个?自然日|日|天|(?:calendar|natural)[ -]?days?|days?", CalendarDays, MOST),
    (r"周|个?星期|weeks?", lambda n: CalendarDays(n * 7), MOST // 7),
)
_SAME_DAY = re.compile(r"当日|当天|事不过夜|(?:the )?same[ -]day", re.IGNORECASE)
_ROLL = re.compile(r"[(,]?\s*(?:遇节假日)?(顺延|rolling|rolled|roll)\s*\)?$", re.IGNORECASE)
_WITHIN = re.compile(r"^(?:不超过|within\s+)|(?:以内|之内|内)$", re.IGNORECASE)
_DATE = re.compile(r"(?:by\s+)?(\d{4})[-年/.](\d{1,2})[-月/.](\d{1,2})日?(?:前|24时前)?")
_NUMBER = r"(\d+|[零一二两三四五六七八九十]+)"
LENGTHS = "可写作「5个工作日」「7日」「24小时」「当日」「16个工作小时」"
"""What may be written where a day of the calendar is no answer."""

_EXAMPLES = f"{LENGTHS}或「2020-10-12」"


def parse_limit(text: str) -> Limit:
    """Read a limit as a notice writes it, in Chinese or English.

    以内, 内 and 不超过 include the number itself (民法典第1259条). 一周 is seven calendar days (a
    choice: no source says). A number is required: ``×个工作日`` is a place to be filled, never zero.
    Raises LimitSyntaxError, and ArgumentError for what is no text.
    """
    require_kind(text, str, "text", '"5个工作日"')
    plain = unicodedata.normalize("NFKC", text).strip()
    short = _WITHIN.sub("", _WITHIN.sub("", plain)).strip()
    if _SAME_DAY.fullmatch(short):
        return SameDay()
    if found := _DATE.fullmatch(short):
        return _committed(text, found)
    roll = _ROLL.search(short)
    limit = _amount(text, _WITHIN.sub("", short[: roll.start()].strip()) if roll else short)
    if not roll:
        return limit
    if not isinstance(limit, CalendarDays):
        raise LimitSyntaxError(text, "只有按自然日计算的时限才谈得上顺延")
    return CalendarDays(limit.n, roll=True)


def _amount(text: str, short: str) -> Limit:
    for pattern, make, most in _UNITS:
        if found := re.fullmatch(rf"{_NUMBER}\s*(?:{pattern})", short, re.IGNORECASE):
            n = _number(found[1])
            if not 1 <= n <= most:
                raise LimitSyntaxError(text, f"数字须在 1 至 {most} 之间;当天办结请写「当日」")
            return make(n)
        if re.fullmatch(rf"[×xXN*]+\s*(?:{pattern})", short):
            raise LimitSyntaxError(text, "这里要填数字:原文留空之处须由本地确定")
    raise LimitSyntaxError(text, _EXAMPLES)


def _committed(text: str, found: re.Match[str]) -> CommittedDate:
    try:
        return CommittedDate(date(int(found[1]), int(found[2]), int(found[3])))
    except ValueError:
        raise LimitSyntaxError(text, "没有这一天") from None


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else _CHINESE.get(text, 0)


def _chinese() -> dict[str, int]:
    digits = "零一二三四五六七八九"
    words = {word: n for n, word in enumerate(digits)} | {"两": 2}
    for n in range(10, 100):
        tens, ones = divmod(n, 10)
        words[f"{digits[tens] if tens > 1 else ''}十{digits[ones] if ones else ''}"] = n
    return words


# As a table, so that 「二三十五」 is refused instead of read as whatever its characters add up to.
_CHINESE = _chinese()


def amount(limit: Limit) -> int:
    """The number of a limit, to be compared within one unit only: days, minutes, or a day's number."""
    match limit:
        case WorkingDays(n) | CalendarDays(n, _):
            return n
        case ClockHours(minutes) | WorkingHours(minutes):
            return minutes
        case CommittedDate(day):
            return day.toordinal()
        case SameDay():
            return 0


def write_limit(limit: Limit) -> str:
    """The limit as an officer writes it; :func:`parse_limit` reads it back."""
    match limit:
        case WorkingDays(n):
            return f"{n}个工作日"
        case CalendarDays(n, roll):
            return f"{n}日(顺延)" if roll else f"{n}日"
        case ClockHours(minutes):
            return _hours(minutes, "小时", "分钟")
        case WorkingHours(minutes):
            return _hours(minutes, "个工作小时", "个工作分钟")
        case SameDay():
            return "当日"
        case CommittedDate(day):
            return f"{day.year}年{day.month}月{day.day}日前"


def _hours(minutes: int, of_hours: str, of_minutes: str) -> str:
    hours, rest = divmod(minutes, 60)
    return f"{minutes}{of_minutes}" if rest else f"{hours}{of_hours}"
