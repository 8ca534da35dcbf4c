"""What is said on a schedule: to the minute, by unit, and never in a citizen's words."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from wenzheng_core.domain.announcements import (
    bulletin_text,
    duty_text,
    listing_text,
    show_cut,
    show_stretch,
    special_text,
)
from wenzheng_core.domain.instants import Period
from wenzheng_core.domain.listings import Listing, UnitLine
from wenzheng_core.domain.measures import Figures, Ratio, UnitFigures
from wenzheng_core.domain.units import Unit, Units
from wenzheng_core.testing.builders import TEXT, Walk, beijing, sample_message

UNITS = Units((Unit("a", "甲局"), Unit("b", "乙局"), Unit("c", "丙局")))
NOON = beijing(5, 12, 12, year=2017)
TICK = timedelta(microseconds=1)
DAY = timedelta(days=1)
LINES = (
    UnitLine(unit="b", place=1),
    UnitLine(unit="a", unanswered=2, place=2),
    UnitLine(unit="c", unanswered=3, late=1, place=3),
)


def listed(*lines: UnitLine, until: datetime = NOON) -> Listing:
    """A listing with some numbers."""
    window = Period(NOON - DAY, until)
    return Listing(window=window, as_of=NOON, new=3, due_today=1, units=lines)


def test_a_notice_says_what_is_new_and_who_has_not_answered() -> None:
    """One line for the group, the most first; an inclusive cut reads as the same minute."""
    expected = (
        "【群内通报】2017年5月12日12时截:新收3件,今日到期1件,超期0件。"
        "未回应:丙局3件、甲局2件;未及时办理:丙局1件。"
    )
    assert listing_text("群内通报", listed(*LINES), UNITS) == expected
    assert listing_text("群内通报", listed(*LINES, until=NOON + TICK), UNITS) == expected


def test_a_ranking_names_every_place() -> None:
    """Those with nothing open first, and those who share a place together."""
    tied = (*LINES[:1], UnitLine(unit="a", place=1), LINES[2])
    text = listing_text("通报排名", listed(*tied), UNITS, ranking=True)
    assert text.endswith("。排名:第1名:乙局、甲局;第3名:丙局。")


def test_where_nothing_is_open_it_says_so() -> None:
    """「无」 in each place, never an empty one."""
    text = listing_text("每日清单", listed(), UNITS, ranking=True)
    assert text.endswith("未回应:无;未及时办理:无。排名:无。")


def test_a_bulletin_tells_its_rates_with_their_denominators() -> None:
    """The policy's own rates too, by their titles."""
    unit = UnitFigures(unit="a", handled=2, completed=1, rank=1)
    period = Period(beijing(2, 1), beijing(3, 1))
    found = Figures(
        period=period,
        as_of=beijing(3, 3, 9),
        received=4,
        replied=3,
        yellow_cards=2,
        rates={"x": Ratio(920, 960)},
        units=(unit,),
    )
    assert bulletin_text("业务通报", found, UNITS, ["有效办结率"]) == (
        "【业务通报】2025年2月1日至2025年2月28日(统计至2025年3月3日9时):"
        "收到4件,已回复3件,不予受理0件;"
        "回复率75.00%(3/4),按时回复率—(0/0),满意率—(0/0),有效办结率95.83%(920/960);"
        "黄牌2张,红牌0张。排名:第1名:甲局。"
    )


def test_a_duty_says_what_is_missing() -> None:
    """PY3: four a day, three made."""
    text = duty_text("登录查看", date(2011, 9, 29), 4, 1)
    assert text == "【登录查看】2011年9月29日(周四)应登录查看4次,已登录3次,缺1次。"


def test_a_special_report_names_the_message_by_its_number_alone() -> None:
    """Where it stands and where it is, not a word of it."""
    text = special_text("专题呈报", Walk().case)
    assert text == (
        "【专题呈报】留言 sample/1(2025年3月3日9时30分收到,现「待初审」)情况重大,请即阅处。"
    )
    message = sample_message()
    for private in (TEXT, message.title, message.author, "张三", "13800000000", "幸福路"):
        assert private not in text


@pytest.mark.parametrize(
    ("instant", "shown"),
    [
        (NOON, "2017年5月12日12时"),
        (NOON + timedelta(minutes=5, seconds=59), "2017年5月12日12时5分"),
        (beijing(5, 12, year=2017), "2017年5月11日24时"),
        (beijing(1, 1) + TICK, "2024年12月31日24时"),
    ],
)
def test_a_cut_is_shown_to_the_minute(instant: datetime, shown: str) -> None:
    """Midnight is the 24:00 of the day that ends there."""
    assert show_cut(instant) == shown


def test_a_stretch_is_shown_by_days_where_it_is_of_whole_days() -> None:
    """Else with the hours of both ends."""
    march = beijing(3, 1)
    assert show_stretch(Period(march, march + DAY)) == "2025年3月1日至2025年3月1日"
    hours = Period(march, march + DAY / 2)
    assert show_stretch(hours) == "2025年2月28日24时至2025年3月1日12时"
