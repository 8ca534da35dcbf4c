"""How often something is made or done, as it is written: 每日12:00、20:00, 每周一9:00, 每月1日(顺延).

A cadence is a type of its own for each way of counting. It knows neither instant nor calendar: the
runs that follow from it are found by :mod:`wenzheng_core.domain.schedules`.
"""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from collections.abc import Callable
from datetime import time
from typing import Any

import attrs

from wenzheng_core.domain.errors import LimitSyntaxError, LimitUseError
from wenzheng_core.domain.instants import WEEKDAYS

MIDNIGHT = time(0)
LAST_DAY = 31
"""As the day of a month: its last, however long it is."""

_LEAP_YEAR = 2000
_MOST_POLLS = 24  # once an hour: beyond it a number is a slip of the pen, not a duty


class CadenceSyntaxError(LimitSyntaxError):
    """A text is not a cadence."""

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(text, reason)
        self.args = (f"日程「{text}」无法识别:{reason}",)


def whole_minute(_: object, __: attrs.Attribute[Any], value: time | None) -> None:
    """A clock time must be a Beijing one to the minute. Raises LimitUseError."""
    if value is not None and (value.tzinfo or value.second or value.microsecond):
        raise LimitUseError(f"钟点须是北京时间的整分,不能是 {value.isoformat()}")


def _in_order(_: object, __: attrs.Attribute[Any], times: tuple[time, ...]) -> None:
    if not times:
        raise LimitUseError("请写明钟点,如「每日11:00」")
    for clock in times:
        whole_minute(_, __, clock)
    if list(times) != sorted(set(times)):
        raise LimitUseError("各钟点须由早到晚,不得重复")


def _between(first: int, last: int, word: str) -> Callable[[object, Any, int], None]:
    def check(_: object, __: attrs.Attribute[int], value: int) -> None:
        if not first <= value <= last:
            raise LimitUseError(f"{word}须在 {first} 至 {last} 之间,不能是{value}")

    return check


@attrs.frozen
class Daily:
    """At the same times of every day, or of every working day only (工作日)."""

    times: tuple[time, ...] = attrs.field(validator=_in_order)
    working_days_only: bool = False


@attrs.frozen
class Weekly:
    """Once a week; ``weekday`` as in :meth:`datetime.date.weekday`: Monday is 0."""

    weekday: int = attrs.field(validator=_between(0, 6, "星期"))
    at: time = attrs.field(default=MIDNIGHT, validator=whole_minute)


@attrs.frozen
class Monthly:
    """Once a month; a day that the month does not have is its last day.

    ``roll``: a day that is not worked gives way to the next working day (顺延).
    """

    day: int = attrs.field(validator=_between(1, LAST_DAY, "日期"))
    at: time = attrs.field(default=MIDNIGHT, validator=whole_minute)
    roll: bool = False


@attrs.frozen
class Yearly:
    """Once a year; 29 February is the last day of February in a year that lacks it."""

    month: int = attrs.field(validator=_between(1, 12, "月份"))
    day: int = attrs.field(validator=_between(1, LAST_DAY, "日期"))
    at: time = attrs.field(default=MIDNIGHT, validator=whole_minute)

    def __attrs_post_init__(self) -> None:
        if self.day != LAST_DAY:
            _require_day(self.month, self.day)


def _require_day(month: int, day: int) -> None:
    """Raise LimitUseError for a day that the month has in no year."""
    if day > monthrange(_LEAP_YEAR, month)[1]:
        raise LimitUseError(f"{month}月没有{day}日;可写「每年{month}月最后一日」")


@attrs.frozen
class Duty:
    """So many times a day, at whatever hours (濮阳: "每天四次登录人民网查看网民留言情况")."""

    times_per_day: int = attrs.field(validator=_between(1, _MOST_POLLS, "每日次数"))


@attrs.frozen
class AtOnce:
    """Whenever there is cause, and then at once (甘肃: "随时发现立即专题呈报")."""


Cadence = Daily | Weekly | Monthly | Yearly | Duty | AtOnce

_DIGITS = "一二三四五六七八九"
_CHINESE = {word: n for n, word in enumerate(_DIGITS, 1)} | {"两": 2} | {
    f"{_DIGITS[tens - 1] if tens > 1 else ''}十{ones}": tens * 10 + n
    for tens in (1, 2, 3, 4, 5)
    for n, ones in enumerate(["", *_DIGITS])
}  # fmt: skip
_NUMBER = "[0-9]{1,4}|[一二两三四五六七八九十]{1,3}"
_TIME = re.compile(
    rf"(?P<part>凌晨|早上|上午|中午|下午|傍晚|晚上|晚)?(?P<hour>{_NUMBER})"
    rf"(?::(?P<digits>[0-9]{{2}})|[时点](?:(?P<minute>{_NUMBER})分)?)"
)
# The hours, of 24, of which each part of the day is said.
_PARTS = {
    "": (0, 23), "凌晨": (0, 11), "早上": (0, 11), "上午": (0, 11), "中午": (11, 13),
    "下午": (12, 19), "傍晚": (17, 19), "晚上": (17, 23), "晚": (17, 23),
}  # fmt: skip
_ROLL = re.compile(r"[(,]?(?:遇节假日)?顺延\)?$")
_BLANK = re.compile(r"[×xXN*]")
_EXAMPLES = (
    "可写作「每日11:00」「每日12:00、20:00」「工作日11:00」「每周一9:00」「每月1日(顺延)」"
    "「每日4次」或「随时」"
)


def parse_cadence(text: str) -> Cadence:
    """Read a cadence as a notice writes it: 「每天中午12时、晚上8时」, 「每月1日(顺延)」, 「每日4次」.

    A week or a month without a time means 0:00 of the day (a choice). Raises CadenceSyntaxError.
    """
    plain = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))
    if _BLANK.search(plain):
        raise CadenceSyntaxError(text, "这里要填数字:原文留空之处须由本地确定")
    short = _ROLL.sub("", plain)
    try:
        cadence = _read(short)
    except LimitUseError as error:
        raise CadenceSyntaxError(text, str(error)) from None
    if short == plain:
        return cadence
    if not isinstance(cadence, Monthly):
        raise CadenceSyntaxError(text, "只有每月的日程才谈得上顺延")
    return attrs.evolve(cadence, roll=True)


def _read(short: str) -> Cadence:
    for pattern, make in _FORMS:
        if found := re.fullmatch(pattern, short):
            return make(found)
    raise LimitUseError(_EXAMPLES)


def _monthly(found: re.Match[str]) -> Monthly:
    return Monthly(_number(found["day"]) if found["day"] else LAST_DAY, _one_time(found["times"]))


def _yearly(found: re.Match[str]) -> Yearly:
    day = _number(found["day"]) if found["day"] else LAST_DAY
    yearly = Yearly(_number(found["month"]), day, _one_time(found["times"]))
    if found["day"]:
        _require_day(yearly.month, day)
    return yearly


# Each form as it is written, and what it makes; the first that fits decides.
_FORMS: tuple[tuple[str, Callable[[re.Match[str]], Cadence]], ...] = (
    (r"随时|立即|即时", lambda _: AtOnce()),
    (rf"每[日天](?P<n>{_NUMBER})次", lambda found: Duty(_number(found["n"]))),
    (r"每[日天](?P<times>.*)", lambda found: Daily(_times(found["times"]))),
    (r"(?:每个?)?工作日(?P<times>.*)", lambda found: Daily(_times(found["times"]), True)),
    (
        r"每(?:周|星期)(?P<weekday>[一二三四五六日天])(?P<times>.*)",
        lambda found: Weekly(
            WEEKDAYS.index(found["weekday"].replace("天", "日")), _one_time(found["times"])
        ),
    ),
    (
        rf"每年(?P<month>{_NUMBER})月(?:(?P<day>{_NUMBER})[日号]|末|底|最后一[日天])(?P<times>.*)",
        _yearly,
    ),
    (rf"每月(?:(?P<day>{_NUMBER})[日号]|末日|底|最后一[日天])(?P<times>.*)", _monthly),
)


def _one_time(text: str) -> time:
    times = _times(text)
    if len(times) > 1:
        raise LimitUseError("每周、每月的日程只能有一个钟点")
    return times[0] if times else MIDNIGHT


def _times(text: str) -> tuple[time, ...]:
    return tuple(sorted(map(_time, re.split("[、,和]", text)))) if text else ()


def _time(text: str) -> time:
    found = _TIME.fullmatch(text)
    if not found:
        raise LimitUseError(_EXAMPLES)
    first, last = _PARTS[found["part"] or ""]
    hour, minute = _number(found["hour"]), _number(found["digits"] or found["minute"] or "0")
    if found["part"] and hour < first:
        hour += 12
    if not first <= hour <= last or not 0 <= minute <= 59:
        raise LimitUseError(f"没有「{text}」这个钟点;请按 0:00 至 23:59 书写")
    return time(hour, minute)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else _CHINESE.get(text, -1)


def write_cadence(cadence: Cadence) -> str:
    """The cadence as an officer writes it; :func:`parse_cadence` reads it back."""
    match cadence:
        case Daily(times, working_days_only):
            return ("工作日" if working_days_only else "每日") + "、".join(map(_clock, times))
        case Weekly(weekday, at):
            return f"每周{WEEKDAYS[weekday]}{_unless_midnight(at)}"
        case Monthly(day, at, roll):
            name = "最后一日" if day == LAST_DAY else f"{day}日"
            return f"每月{name}{_unless_midnight(at)}{'(顺延)' if roll else ''}"
        case Yearly(month, day, at):
            name = "最后一日" if day == LAST_DAY else f"{day}日"
            return f"每年{month}月{name}{_unless_midnight(at)}"
        case Duty(times_per_day):
            return f"每日{times_per_day}次"
        case AtOnce():
            return "随时"


def _clock(clock: time) -> str:
    return f"{clock.hour}:{clock.minute:02}"


def _unless_midnight(clock: time) -> str:
    return "" if clock == MIDNIGHT else _clock(clock)
