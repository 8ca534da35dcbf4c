"""A calendar year's file: sound ones become editions, faulty ones tell everything at once."""

from __future__ import annotations

from datetime import date

import pytest

from wenzheng_core.calendarfile import read_calendar_year, read_expectations
from wenzheng_core.domain.calendars import Edition, Expectation, Holiday, Notice
from wenzheng_core.domain.errors import Fault, InputFaultsError

HEAD = 'schema = "wenzheng.calendar-year/1"\ncalendar = "cn"\nyear = 2019\n'
FIRST = """
[[edition]]
issued = 2018-12-06
number = "甲〔2018〕1号"
title = "甲的通知"
off = [
    { name = "元旦", first = 2018-12-30, last = 2019-01-01 },
    { name = "劳动节", first = 2019-05-01 },
]
work = [2018-12-29]
"""
LATER = """
[[edition]]
issued = 2019-03-22
title = "乙的通知"
work = [2019-05-05]
"""
LAW = """
schema = "wenzheng.calendar-expectation/1"
calendar = "cn"
basis = "放假办法"
"""


def _faults(text: str) -> dict[str, str]:
    with pytest.raises(InputFaultsError) as caught:
        read_calendar_year(text, "2019.toml")
    assert caught.value.subject == "2019.toml"
    return {fault.path: fault.reason for fault in caught.value.faults}


def test_editions() -> None:
    """The first notice publishes the year, a later one revises it; one day needs no last."""
    first, later = read_calendar_year(HEAD + FIRST + LATER, "2019.toml")

    assert (
        Edition(
            notice=Notice("甲的通知", date(2018, 12, 6), "甲〔2018〕1号"),
            year=2019,
            off=(
                Holiday("元旦", date(2018, 12, 30), date(2019, 1, 1)),
                Holiday("劳动节", date(2019, 5, 1), date(2019, 5, 1)),
            ),
            work=(date(2018, 12, 29),),
        )
        == first
    )
    assert Edition(Notice("乙的通知", date(2019, 3, 22)), None, (), (date(2019, 5, 5),)) == later


def test_every_semantic_fault_at_once() -> None:
    """Reversed, overlapping, foreign, doubled and contradicting days are told together."""
    text = """
[[edition]]
issued = 2019-03-22
title = " "
off = [
    { name = "元旦", first = 2019-01-03, last = 2019-01-01 },
    { name = "春节", first = 2019-02-04, last = 2019-02-10 },
    { name = "", first = 2019-02-10 },
    { name = "早", first = 2018-12-24 },
    { name = "晚", first = 2019-12-31, last = 2020-01-01 },
]
work = [2019-02-04, 2018-12-25, 2018-12-24, 2018-12-25]
[[edition]]
issued = 2019-03-21
title = "乙"
"""

    assert _faults(HEAD + text) == {
        "$.edition[0].title": "通知没有标题",
        "$.edition[0].off[0].last": "起止颠倒:2019-01-03 至 2019-01-01",
        "$.edition[0].off[2].name": "放假时段没有名称",
        "$.edition[0].off[2]": "与「春节」(2019-02-04 至 2019-02-10)重叠",
        "$.edition[0].off[3].first": "2018-12-24 不属于 2019 年",
        "$.edition[0].off[4].last": "2020-01-01 不属于 2019 年",
        "$.edition[0].work[0]": "2019-02-04 既上班又放假(「春节」)",
        "$.edition[0].work[2]": "2018-12-24 既上班又放假(「早」)",
        "$.edition[0].work[3]": "2018-12-25 写了两次",
        "$.edition[1].issued": "通知没有按印发日期排列:2019-03-21 早于上一个通知的 2019-03-22",
        "$.edition[1]": "通知没有安排任何一天",
    }


def test_structural_faults_at_once() -> None:
    """Misspelt, missing and mistyped entries are told together."""
    text = HEAD + FIRST.replace("title", "titel").replace("2018-12-06", '"2018-12-06"')

    assert _faults(text) == {
        "$.edition[0].titel": "不认识的键 titel",
        "$.edition[0]": "缺少必填项 title",
        "$.edition[0].issued": '应为日期,得到的是文字 "2018-12-06"',
    }


def test_another_schema() -> None:
    """A file of another kind has one fault, not one for each of its keys."""
    assert _faults('schema = "wenzheng.policy/1"\nid = "x"') == {
        "$.schema": 'schema 不能是 "wenzheng.policy/1"'
    }


def test_another_calendar() -> None:
    """A reader that wants one calendar refuses the file of another."""
    with pytest.raises(InputFaultsError) as caught:
        read_calendar_year(HEAD + FIRST, "2019.toml", "凉山")

    assert (
        Fault('calendar 不能是 "cn"', "$.calendar", '应为 calendar = "凉山"'),
    ) == caught.value.faults


@pytest.mark.parametrize("year", ["19", "20190"])
def test_impossible_year(year: str) -> None:
    """A year without four digits is refused where it stands."""
    assert {"$.year": f"年份 {year} 不对"} == _faults(HEAD.replace("2019", year) + FIRST)


def test_no_edition() -> None:
    """A file without a notice says nothing, and is told so."""
    assert _faults(HEAD + "edition = []") == {"$.edition": "没有任何通知"}


def test_expectations() -> None:
    """The law's file gives one expectation a year."""
    text = LAW + '[[year]]\nyear = 2027\noff = [{ name = "元旦", first = 2027-01-01 }]'

    assert (
        Expectation(2027, (Holiday("元旦", date(2027, 1, 1), date(2027, 1, 1)),)),
    ) == read_expectations(text, "law.toml")


def test_expectation_faults() -> None:
    """A year told twice and a day of another year are told together."""
    text = LAW + "[[year]]\nyear = 2027\noff = []\n[[year]]\nyear = 2027\n"
    with pytest.raises(InputFaultsError) as caught:
        read_expectations(text + 'off = [{ name = "元旦", first = 2028-01-01 }]', "law.toml")

    assert [f.path for f in caught.value.faults] == ["$.year[1].year", "$.year[1].off[0].first"]
