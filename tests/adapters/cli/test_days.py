"""``wenzheng count`` and ``wenzheng calendar``."""

from __future__ import annotations

from datetime import date, timedelta

import chinese_calendar
import pytest


def test_count_gives_working_and_calendar_days(wenzheng):
    """The first day is not counted, the last one is."""
    assert wenzheng("count", "2020-09-28", "2020-10-12").out.startswith("5个工作日,14个自然日")
    found = wenzheng("count", "2020-09-28", "2020-10-12", "--json").json
    assert (found["working_days"], found["calendar_days"], found["provisional"]) == (5, 14, False)


def test_count_that_touches_open_days_is_provisional(wenzheng):
    """2027 has no arrangement yet."""
    assert wenzheng("count", "2026-12-01", "2027-02-01", "--json").json["provisional"]
    assert "暂定" in wenzheng("count", "2026-12-01", "2027-02-01").out


@pytest.mark.parametrize(
    "days", [("2020-10-12", "2020-09-28"), ("2020-02-30", "2020-09-28"), ("x", "2020-09-28")]
)
def test_count_refuses_days_that_are_none_or_out_of_order(wenzheng, days):
    """Exit 2."""
    ran = wenzheng("count", *days)
    assert (ran.code, ran.out) == (2, "")
    assert "错误" in ran.err


@pytest.mark.parametrize("year", [2004, 2015, 2020, 2021, 2026])
def test_a_year_agrees_with_chinesecalendar_day_by_day(wenzheng, year):
    """Days worked, days off on weekdays, weekends worked."""
    found = wenzheng("calendar", year, "--json").json
    days = [date(year, 1, 1) + timedelta(n) for n in range(366)]
    days = [day for day in days if day.year == year]
    assert sum(map(chinese_calendar.is_workday, days)) == found["working_days"]
    off = {day["date"] for day in found["off"]}
    assert {
        day.isoformat() for day in days if day.weekday() < 5 and chinese_calendar.is_holiday(day)
    } <= off
    assert {
        day.isoformat() for day in days if day.weekday() > 4 and chinese_calendar.is_workday(day)
    } == {day["date"] for day in found["makeup"]}
    assert found["settled"]
    assert found["notices"]


def test_a_year_is_shown_as_grids_with_its_notices(wenzheng):
    """Marks stand beside the days, so that they are there without colours too."""
    out = wenzheng("calendar", 2020).out
    assert "19+" in out
    assert "国办发明电〔2020〕1号" in out
    assert max(map(len, out.splitlines())) <= 100


def test_a_year_without_arrangement_is_only_expected(wenzheng):
    """2027 shows the statutory holidays and says that they are a guess."""
    assert "尚未公布" in wenzheng("calendar", 2027).out
    found = wenzheng("calendar", 2027, "--json").json
    assert (found["settled"], found["makeup"], found["notices"]) == (False, [], [])


@pytest.mark.parametrize("year", ["1999", "0", "9999", "二零"])
def test_a_year_that_no_calendar_knows_is_refused(wenzheng, year):
    """Exit 2."""
    ran = wenzheng("calendar", year)
    assert (ran.code, ran.out) == (2, "")
