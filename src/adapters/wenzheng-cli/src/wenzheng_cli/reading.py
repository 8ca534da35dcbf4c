"""Reading what stands on the command line: times, days, months, facts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, timezone
from pathlib import Path

from wenzheng_cli.errors import BadInputError, os_reason
from wenzheng_core import BEIJING, Period

TIME_EXAMPLE = '"2020-09-28 16:00"'
DAY_EXAMPLE = "2020-09-28"
HOURS_EXAMPLE = "09:00-12:00,14:00-18:00"

_TIME = re.compile(
    r"""
    (?P<year>\d{4}) (?: (?P<mark>[-/.]) (?P<month>\d{1,2}) (?P=mark) (?P<day>\d{1,2})
                      | 年 (?P<cmonth>\d{1,2}) 月 (?P<cday>\d{1,2}) 日 )
    (?: (?:\s*T\s*|\s+) (?P<hour>\d{1,2}) : (?P<minute>\d{2}) (?: :(?P<second>\d{2}) (?:\.\d+)? )?
        \s* (?P<zone> Z | [+-]\d{2}:?\d{2} )? )?
    """,
    re.VERBOSE | re.ASCII,
)


def read_time(text: str, option: str) -> datetime:
    """An instant; Beijing time where no zone is given, 00:00 where no hour is. Raises BadInputError."""
    found = _TIME.fullmatch(text.strip())
    if found is None:
        raise BadInputError(option, text, "不是时间", TIME_EXAMPLE)
    day = _day(found, text, option, TIME_EXAMPLE)
    try:
        hour, minute, second = (int(found[name] or 0) for name in ("hour", "minute", "second"))
        clock = time(hour, minute, second)
        return datetime.combine(day, clock, _zone(found["zone"])).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadInputError(option, text, "不是存在的时刻", TIME_EXAMPLE) from None


def read_day(text: str, option: str) -> date:
    """A day; of an instant, the day in Beijing. Raises BadInputError."""
    found = _TIME.fullmatch(text.strip())
    if found is None:
        raise BadInputError(option, text, "不是日期", DAY_EXAMPLE)
    if found["hour"] is not None:
        return read_time(text, option).astimezone(BEIJING).date()
    return _day(found, text, option, DAY_EXAMPLE)


def read_period(text: str, option: str) -> Period:
    """A month (``2019-04``) or a year (``2019``). Raises BadInputError."""
    found = re.fullmatch(r"(\d{4})(?:[-/.年](\d{1,2})月?|年)?", text.strip(), re.ASCII)
    year, month = (int(found[1]), int(found[2] or 0)) if found else (0, 0)
    if not 1 <= year < 9999 or (found and found[2] is not None and not 1 <= month <= 12):
        raise BadInputError(option, text, "不是月份,也不是年份", "2019-04")
    first = datetime(year, month or 1, 1, tzinfo=BEIJING)
    following = (year, month + 1) if 1 <= month < 12 else (year + 1, 1)
    return Period(first, datetime(*following, 1, tzinfo=BEIJING))


def read_number(text: str, option: str, least: int, most: int) -> int:
    """A whole number between two bounds. Raises BadInputError."""
    found = re.fullmatch(r"[+-]?\d{1,9}", text.strip(), re.ASCII)
    if found is None:
        raise BadInputError(option, text, "不是整数", str(least))
    if not least <= int(text) <= most:
        raise BadInputError(option, text, f"须在 {least} 至 {most} 之间")
    return int(text)


def read_facts(pairs: Iterable[str], option: str = "--fact") -> dict[str, str]:
    """Facts written ``name=value``. Raises BadInputError."""
    facts: dict[str, str] = {}
    for pair in pairs:
        name, sign, value = (part.strip() for part in pair.partition("="))
        if not (sign and name and value):
            raise BadInputError(option, pair, "不是「栏目=取值」", "category=咨询")
        if facts.get(name, value) != value:
            raise BadInputError(option, pair, f"与前面的 {name}={facts[name]} 矛盾")
        facts[name] = value
    return facts


def read_hours(text: str, option: str) -> tuple[tuple[time, time], ...]:
    """Office hours written ``09:00-12:00,14:00-18:00``. Raises BadInputError, LimitUseError."""
    hours = []
    for part in text.replace(",", ",").split(","):
        found = re.fullmatch(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})", part.strip(), re.ASCII)
        if found is None:
            raise BadInputError(option, text, "不是办公时间", HOURS_EXAMPLE)
        opens_h, opens_m, closes_h, closes_m = map(int, found.groups())
        try:
            hours.append((time(opens_h, opens_m), time(closes_h, closes_m)))
        except ValueError:
            raise BadInputError(option, text, "不是存在的时刻", HOURS_EXAMPLE) from None
    return tuple(hours)


def read_text(path: Path, option: str) -> str:
    """The text of a file. Raises BadInputError."""
    try:
        return path.read_text("utf-8-sig")
    except OSError as error:
        raise BadInputError(option, str(path), f"无法打开({os_reason(error)})") from None
    except UnicodeDecodeError:
        raise BadInputError(option, str(path), "不是 UTF-8 文本") from None


def _day(found: re.Match[str], text: str, option: str, example: str) -> date:
    month, day = found["month"] or found["cmonth"], found["day"] or found["cday"]
    try:
        return date(int(found["year"]), int(month), int(day))
    except ValueError:
        raise BadInputError(option, text, "不是存在的日期", example) from None


def _zone(text: str | None) -> timezone:
    if text is None:
        return BEIJING
    if text == "Z":
        return UTC
    digits = text[1:].replace(":", "")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    if int(digits[2:]) > 59:
        raise ValueError(text)
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))
