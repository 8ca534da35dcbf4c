"""Deadlines counted by hand: the worked examples of the notices, through the public names."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from wenzheng_calendar_cn import load
from wenzheng_core.domain.calendars import Calendar, CalendarData, build_calendar
from wenzheng_core.domain.explanations import explain
from wenzheng_core.domain.instants import local, show_due
from wenzheng_core.domain.limits import ClockHours, parse_limit
from wenzheng_core.domain.timelimits import Deadline, deadline, is_overdue

ZONE = timezone(timedelta(hours=8))
SHARED = Path(__file__).parents[2] / "shared" / "data" / "worked_deadlines.json"
UNITS = {
    "WD": "{}个工作日",
    "ND": "{}日",
    "ND+roll": "{}日(顺延)",
    "h": "{}小时",
    "same_day": "当日",
}

# Id, start (Beijing), limit, due: the due day, or for hours the due instant.
WORKED = [
    ("CS1", "2021-02-19T10:00", "1个工作日", "2021-02-20"),
    ("CS2", "2021-02-19T10:00", "2个工作日", "2021-02-22"),
    ("CS3", "2021-02-19T10:00", "5个工作日", "2021-02-25"),
    ("CS6", "2021-02-19T23:50", "当日", "2021-02-19"),
    ("GS1", "2019-09-30T09:00", "5个工作日", "2019-10-12"),
    ("GS3", "2019-04-30T09:00", "5个工作日", "2019-05-09"),
    ("WK1", "2017-05-12T16:30", "24小时", "2017-05-13T16:30"),
    ("WK2", "2017-05-12T16:30", "3个工作日", "2017-05-17"),
    ("WK4", "2017-05-26T09:00", "3个工作日", "2017-06-01"),
    ("JY1", "2017-05-03T09:30", "5日", "2017-05-08"),
    ("JY2", "2017-05-09T11:05", "5日", "2017-05-14"),
    ("LL1", "2022-09-28T08:00", "3日", "2022-10-01"),
    ("LL2", "2022-09-28T08:00", "3日(顺延)", "2022-10-08"),
    ("LL3", "2022-09-28T08:00", "7日", "2022-10-05"),
    ("LL5", "2022-03-28T10:00", "7日", "2022-04-04"),
    ("ST1", "2020-09-28T16:00", "5个工作日", "2020-10-12"),
    ("ST2", "2020-09-28T16:00", "10个工作日", "2020-10-19"),
    ("ST4", "2020-09-27T10:00", "5个工作日", "2020-10-10"),
    ("ST7", "2020-01-22T10:00", "5个工作日", "2020-02-06"),
    ("ZK1", "2009-09-30T09:00", "5个工作日", "2009-10-14"),
    ("WH18", "2018-09-28T09:00", "10个工作日", "2018-10-17"),
    ("XF1", "2022-05-01T09:00", "15日", "2022-05-16"),
    ("XF2", "2022-05-16T09:00", "60日", "2022-07-15"),
    ("XF4", "2022-04-29T09:00", "5个工作日", "2022-05-10"),
    ("GK1", "2020-09-28T09:00", "20个工作日", "2020-11-02"),
    ("GK3", "2020-09-28T09:00", "7个工作日", "2020-10-14"),
    ("GZ1", "2014-09-26T09:00", "10个工作日", "2014-10-15"),
    ("QS1", "2024-07-19T18:00", "3个工作日", "2024-07-24"),
    ("QS2", "2024-07-19T18:00", "2小时", "2024-07-19T20:00"),
]


@pytest.fixture(name="data", scope="module")
def _data() -> CalendarData:
    return load()


@pytest.fixture(name="calendar", scope="module")
def _calendar(data: CalendarData) -> Calendar:
    return build_calendar(data)


def _deadline(start: str, limit: str, calendar: Calendar) -> Deadline:
    return deadline(
        parse_limit(limit), datetime.fromisoformat(start).replace(tzinfo=ZONE), calendar
    )


def _shown(found: Deadline) -> str:
    if isinstance(found.limit, ClockHours):
        return local(found.due).strftime("%Y-%m-%dT%H:%M")
    return found.due_day.isoformat()


@pytest.mark.parametrize(("id_", "start", "limit", "due"), WORKED, ids=[row[0] for row in WORKED])
def test_worked_by_hand(calendar: Calendar, id_: str, start: str, limit: str, due: str) -> None:
    """Each example ends when it was counted to end, and that is certain."""
    found = _deadline(start, limit, calendar)

    assert due == _shown(found), id_
    assert not found.provisional
    assert f"到期:{show_due(found.due)}" in explain(found, calendar).lines


@pytest.mark.skipif(not SHARED.exists(), reason=f"no {SHARED.name} beside the checkout")
def test_worked_deadlines_of_the_file(calendar: Calendar) -> None:
    """The file of worked deadlines says the same as the table above, and all of it holds."""
    rows: list[dict[str, Any]] = json.loads(SHARED.read_text("utf-8"))
    told = [
        (row["id"], row["start"], UNITS[row["clock"]].format(row["amount"]), row["due"])
        for row in rows
    ]

    assert told == WORKED
    for id_, start, limit, due in told:
        assert due == _shown(_deadline(start, limit, calendar)), id_


@pytest.mark.skipif(not SHARED.exists(), reason=f"no {SHARED.name} beside the checkout")
def test_the_week_alone_is_wrong(calendar: Calendar) -> None:
    """Counting Monday to Friday gives another day wherever the file says it would."""
    for row in json.loads(SHARED.read_text("utf-8")):
        if "naive_weekend_only" not in row:
            continue
        day = date.fromisoformat(row["start"][:10])
        left = row["amount"]
        while left:
            day += timedelta(days=1)
            left -= day.weekday() < 5
        assert row["naive_weekend_only"] == day.isoformat(), row["id"]


@pytest.mark.parametrize(
    ("known_on", "due"), [(date(2020, 1, 25), "2020-02-04"), (date(2020, 1, 26), "2020-02-06")]
)
def test_spring_festival_2020(data: CalendarData, known_on: date, due: str) -> None:
    """ST7: two days earlier by the calendar as it was known before the holiday was made longer."""
    calendar = build_calendar(data.known_on(known_on))

    assert due == _deadline("2020-01-22T10:00", "5个工作日", calendar).due_day.isoformat()


def test_wangcheng(calendar: Calendar) -> None:
    """望城, CS1: one working day from Friday is a Saturday, because that Saturday is worked."""
    found = _deadline("2021-02-19T10:00", "1个工作日", calendar)

    assert show_due(found.due) == "2021年2月20日(周六)24时前"
    assert not is_overdue(found.due, datetime(2021, 2, 20, 23, 59, 59, tzinfo=ZONE))
    assert is_overdue(found.due, datetime(2021, 2, 21, tzinfo=ZONE))
    (run,) = explain(found, calendar).runs
    assert (run.kind, run.counted, run.notice) == ("makeup", 1, "国办发明电〔2020〕27号")


def test_shantou(calendar: Calendar) -> None:
    """汕头, ST1 and ST2: received 2020-09-28; a week off, then a Saturday that is worked."""
    five = explain(_deadline("2020-09-28T16:00", "5个工作日", calendar), calendar)
    ten = explain(_deadline("2020-09-28T16:00", "10个工作日", calendar), calendar)

    assert five.lines == (
        "时限:5个工作日;起算:2020-09-28 16:00",
        "2020年9月28日(周一)为起算日,不计入(民法典第201条),自次日起算",
        "2020年9月29日至30日 工作日:计2日",
        "2020年10月1日至8日 放假(国庆节、中秋节):不计;依据:国办发明电〔2019〕16号",
        "2020年10月9日(周五) 工作日:计1日",
        "2020年10月10日(周六) 调休上班:计1日;依据:国办发明电〔2019〕16号",
        "2020年10月11日(周日) 周末:不计",
        "2020年10月12日(周一) 工作日:计1日",
        "到期:2020年10月12日(周一)24时前",
    )
    assert ten.lines[-1] == "到期:2020年10月19日(周一)24时前"
