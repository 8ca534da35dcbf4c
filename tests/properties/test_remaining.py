"""What is left of a limit, in the limit's own unit."""

from __future__ import annotations

from datetime import datetime, time, timedelta, timezone

import pytest

from wenzheng_core.domain.calendars import Calendar
from wenzheng_core.domain.errors import LimitUseError
from wenzheng_core.domain.limits import parse_limit
from wenzheng_core.domain.timelimits import TimeRules, deadline, remaining

ZONE = timezone(timedelta(hours=8))
RULES = TimeRules(office_hours=((time(9), time(12)), (time(14), time(18))))


def at(text: str) -> datetime:
    """A time in Beijing."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("limit", "now", "text"),
    [
        ("5个工作日", "2020-09-28T16:00", "还有5个工作日"),
        ("5个工作日", "2020-10-08T10:00", "还有3个工作日"),
        ("5个工作日", "2020-10-12T23:59", "今日到期"),
        ("5个工作日", "2020-10-13T00:00", "已超期1个工作日"),
        ("7日", "2020-10-05T00:00", "今日到期"),
        ("24小时", "2020-09-29T15:59:30", "还有1分钟"),
        ("24小时", "2020-09-29T16:00", "已超期"),
        ("16个工作小时", "2020-09-28T16:00", "还有960工作分钟"),
        ("16个工作小时", "2020-09-30T12:30", "还有240工作分钟"),
        ("16个工作小时", "2020-10-09T09:30", "已超期30工作分钟"),
    ],
)
def test_remaining(calendar: Calendar, limit: str, now: str, text: str) -> None:
    """Whole days to come, or started minutes; lunch, nights and holidays are no office time."""
    ends = deadline(parse_limit(limit), at("2020-09-28T16:00"), calendar, RULES)
    assert str(remaining(ends, at(now), calendar, RULES)) == text


@pytest.mark.parametrize(
    "hours",
    [
        ((time(12), time(9)),),
        ((time(14), time(18)), (time(9), time(12))),
        ((time(9), time(13)), (time(12), time(18))),
    ],
)
def test_office_hours_are_in_order(hours: tuple[tuple[time, time], ...]) -> None:
    """Office hours that close before they open, or overlap, are refused."""
    with pytest.raises(LimitUseError, match="办公时间"):
        TimeRules(office_hours=hours)
