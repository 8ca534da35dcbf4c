"""The calendar ``cn``, day by day against two libraries, and what may be dropped in beside it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from importlib import resources
from pathlib import Path

import chinese_calendar
import holidays
import pytest

from wenzheng_calendar_cn import dropped_in, load, wenzheng_calendars
from wenzheng_core.domain.calendars import Calendar, CalendarData, DayKind, build_calendar
from wenzheng_core.domain.errors import InputFaultsError

FIRST, LAST = date(2004, 1, 1), date(2026, 12, 31)
SWAPPED = date(2005, 12, 31)
MADE_UP = "补假"

# 中秋节 on a statutory day of 国庆节 is made up, too, as in 2009 and 2020; holidays has no such rule.
COINCIDING = {date(2009, 10, 6), date(2020, 10, 6), date(2028, 10, 5), date(2031, 10, 6)}

YEAR_2027 = """
schema = "wenzheng.calendar-year/1"
calendar = "cn"
year = 2027
[[edition]]
issued = 2026-11-10
title = "国务院办公厅关于2027年部分节假日安排的通知"
off = [{ name = "元旦", first = 2026-12-31, last = 2027-01-02 }]
work = [2027-01-03]
"""
REVISED_2026 = """
schema = "wenzheng.calendar-year/1"
calendar = "cn"
year = 2026
[[edition]]
issued = 2026-03-01
title = "关于调整2026年劳动节假期安排的通知"
off = [{ name = "劳动节", first = 2026-05-06 }]
"""


@pytest.fixture(name="data", scope="module")
def _data() -> CalendarData:
    return load()


@pytest.fixture(name="calendar", scope="module")
def _calendar(data: CalendarData) -> Calendar:
    return build_calendar(data)


def _days(first: date = FIRST, last: date = LAST) -> Iterator[date]:
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)


def _file(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def _shipped(year: int) -> str:
    data = resources.files("wenzheng_calendar_cn") / "data"
    return (data / f"{year}.toml").read_text("utf-8")


def test_agrees_with_chinesecalendar(calendar: Calendar) -> None:
    """Every day 2004-2026 but one is worked or not as chinesecalendar says."""
    different = [
        day for day in _days() if calendar.is_working(day) is not chinese_calendar.is_workday(day)
    ]

    assert different == [SWAPPED]


def test_agrees_with_holidays(calendar: Calendar) -> None:
    """Every day 2004-2026 is worked or not as holidays says."""
    oracle = holidays.country_holidays("CN", years=range(FIRST.year, LAST.year + 1))

    assert [
        day for day in _days() if calendar.is_working(day) is not oracle.is_working_day(day)
    ] == []


def test_the_swapped_new_years_eve(calendar: Calendar) -> None:
    """The notice for 2006 says 「12月31日(星期六)上班」, whatever a library says."""
    day = calendar.day(SWAPPED)

    assert DayKind.MAKEUP is day.kind
    assert day.notice is not None
    assert day.notice.cite == "国办发明电〔2005〕35号"


def test_each_year_is_published_once(data: CalendarData) -> None:
    """Every year has one notice, issued before it began."""
    years = [edition.year for edition in data.editions if edition.year is not None]

    assert list(range(2004, 2027)) == sorted(years)
    for edition in data.editions:
        if edition.year is not None:
            assert edition.notice.issued < date(edition.year, 1, 1)


def test_working_days_spoken_of_are_weekends(data: CalendarData) -> None:
    """Whatever a notice orders to be worked is a Saturday or a Sunday: a misprint would show."""
    assert all(day.weekday() >= 5 for edition in data.editions for day in edition.work)


def test_reach_back(data: CalendarData) -> None:
    """No notice touched a day of the year before that ``reach_back`` does not hold open."""
    reached = [
        (date(edition.year, 1, 1) - day).days
        for edition in data.editions
        if edition.year is not None
        for day in (*edition.work, *(holiday.first for holiday in edition.off))
    ]

    assert data.reach_back == max(reached)


def test_horizon(calendar: Calendar) -> None:
    """2026 is settled but for its last three days; the law alone carries on to 2040."""
    assert calendar.first == FIRST
    assert date(2026, 12, 29) == calendar.settled_until
    assert date(2040, 12, 31) == calendar.last
    assert calendar.awaited_year == 2027


def test_spring_festival_made_longer(data: CalendarData) -> None:
    """2020: before the notice of 26 January, Saturday 1 February was to be worked."""
    before = build_calendar(data.known_on(date(2020, 1, 25)))
    after = build_calendar(data.known_on(date(2020, 1, 26)))

    assert (
        before.is_working(date(2020, 1, 30)),
        before.is_working(date(2020, 1, 31)),
    ) == (False, True)
    assert DayKind.MAKEUP is before.day(date(2020, 2, 1)).kind
    assert date(2020, 2, 4) == before.add_working_days(date(2020, 1, 22), 5)
    assert date(2020, 2, 6) == after.add_working_days(date(2020, 1, 22), 5)
    assert before.digest != after.digest


def test_labour_day_moved(data: CalendarData) -> None:
    """2019: one day off became four, for two Sundays worked."""
    changed = [date(2019, 4, 28), date(2019, 5, 2), date(2019, 5, 3), date(2019, 5, 5)]
    before = build_calendar(data.known_on(date(2019, 3, 21)))
    after = build_calendar(data.known_on(date(2019, 3, 22)))

    assert [before.is_working(day) for day in changed] == [False, True, True, False]
    assert [after.is_working(day) for day in changed] == [True, False, False, True]


def test_victory_day(data: CalendarData) -> None:
    """2015: two days off and a Sunday worked, ordered in May by the State Council itself."""
    changed = [date(2015, 9, 3), date(2015, 9, 4), date(2015, 9, 6)]
    before = build_calendar(data.known_on(date(2015, 5, 12)))
    after = build_calendar(data.known_on(date(2015, 5, 13)))
    notice = after.day(changed[0]).notice

    assert [before.is_working(day) for day in changed] == [True, True, False]
    assert [after.is_working(day) for day in changed] == [False, False, True]
    assert notice is not None
    assert notice.cite == "国发明电〔2015〕1号"


@pytest.mark.parametrize("year", range(2025, 2041))
def test_law_alone_agrees_with_holidays(data: CalendarData, year: int) -> None:
    """What the law of 2024 gives each year, lunar dates included, is what holidays computes."""
    (expected,) = [e for e in data.expectations if e.year == year]
    off = {day for holiday in expected.off for day in holiday.days()}
    # Beyond the arrangements the library has the law alone; before, it has both.
    oracle = set(holidays.country_holidays("CN", years=year))

    if year > LAST.year:
        assert oracle == off - COINCIDING
    else:
        assert {day for h in expected.off if MADE_UP not in h.name for day in h.days()} <= oracle


@pytest.mark.parametrize("year", range(2005, 2027))
def test_law_was_kept_by_the_arrangements(
    data: CalendarData, calendar: Calendar, year: int
) -> None:
    """Every statutory day of the past was off in that year's arrangement."""
    (expected,) = [e for e in data.expectations if e.year == year]
    law = [day for h in expected.off if MADE_UP not in h.name for day in h.days()]

    assert [day for day in law if calendar.is_working(day)] == []


def test_made_up_days_are_working_days_of_the_week(data: CalendarData) -> None:
    """A day in lieu is from Monday to Friday; otherwise it would be none."""
    made_up = [
        day for e in data.expectations for h in e.off if MADE_UP in h.name for day in h.days()
    ]

    assert all(day.weekday() < 5 for day in made_up)


def test_year_dropped_in(tmp_path: Path) -> None:
    """A new year's file moves the horizon and may change the last days of the year before."""
    calendar = build_calendar(load([_file(tmp_path, "2027.toml", YEAR_2027)]))

    assert date(2027, 12, 29) == calendar.settled_until
    assert not calendar.is_working(date(2026, 12, 31))
    assert calendar.is_working(date(2027, 1, 3))


def test_same_notice_again(tmp_path: Path, data: CalendarData) -> None:
    """A year that is already there changes nothing."""
    assert data == load([_file(tmp_path, "2020.toml", _shipped(2020))])


def test_later_notice_is_a_revision(tmp_path: Path, data: CalendarData) -> None:
    """A later notice for a published year overrides it day by day."""
    revised = load([_file(tmp_path, "2026.toml", REVISED_2026)])
    calendar = build_calendar(revised)

    assert data.editions == revised.editions[:-1]
    assert revised.editions[-1].year is None
    assert not calendar.is_working(date(2026, 5, 6))
    assert not calendar.is_working(date(2026, 5, 5))


def test_one_notice_cannot_say_two_things(tmp_path: Path) -> None:
    """The same notice with other days is refused, as is an earlier one for a published year."""
    other = _shipped(2020).replace("last = 2020-01-30", "last = 2020-01-29")
    earlier = REVISED_2026.replace("2026-03-01", "2025-03-01")
    paths = []
    for path in (_file(tmp_path, "a.toml", other), _file(tmp_path, "b.toml", earlier)):
        with pytest.raises(InputFaultsError) as caught:
            load([path])
        assert str(path) == caught.value.subject
        paths += [fault.path for fault in caught.value.faults]

    assert paths == ["$.edition[0]", "$.edition[0].issued"]


def test_bad_file_tells_everything(tmp_path: Path) -> None:
    """All faults of a file dropped in come at once, under the name of the file."""
    text = YEAR_2027.replace("2026-12-31, last = 2027-01-02", "2027-01-02, last = 2027-01-01")
    path = _file(tmp_path, "2027.toml", text.replace("2027-01-03", "2027-02-07, 2028-01-02"))
    with pytest.raises(InputFaultsError, match="共 2 处错误") as caught:
        load([path])

    assert str(path) == caught.value.subject
    assert [fault.path for fault in caught.value.faults] == [
        "$.edition[0].off[0].last",
        "$.edition[0].work[1]",
    ]


def test_other_encodings(tmp_path: Path) -> None:
    """A byte order mark is borne with; another encoding is refused with its line."""
    marked, gbk = tmp_path / "marked.toml", tmp_path / "gbk.toml"
    marked.write_text(YEAR_2027, encoding="utf-8-sig")
    gbk.write_text(YEAR_2027, encoding="gbk")

    assert load([marked]).editions[-1].year == 2027
    with pytest.raises(InputFaultsError, match="UTF-8") as caught:
        load([gbk])
    assert caught.value.faults[0].path == "第7行"


def test_folder_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hook reads the folder that the environment names, and needs it to exist."""
    path = _file(tmp_path, "2027.toml", YEAR_2027)
    _file(tmp_path, "notes.txt", "no calendar")
    monkeypatch.setenv("WENZHENG_CALENDARS", str(tmp_path))
    (data,) = wenzheng_calendars()

    assert (path,) == dropped_in()
    assert data.editions[-1].year == 2027
    shutil.rmtree(tmp_path)
    with pytest.raises(InputFaultsError, match="没有这个文件夹"):
        dropped_in()


def test_folder_of_the_home(tmp_path: Path) -> None:
    """Without the variable the home folder is looked into, if there is anything."""
    assert dropped_in({}, tmp_path) == ()

    folder = tmp_path / ".config" / "wenzheng" / "calendars"
    folder.mkdir(parents=True)
    path = _file(folder, "2027.toml", YEAR_2027)
    assert (path,) == dropped_in({}, tmp_path)
