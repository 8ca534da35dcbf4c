"""Times as exports write them."""
# ruff: noqa: DTZ001 - the cells of a workbook know no zone

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wenzheng_core.domain.instants import BEIJING
from wenzheng_sources.times import ReadTime, UnreadableTimeError, read_time

EXPECTED = datetime(2019, 4, 25, 9, 32, tzinfo=BEIJING)
MAC_EPOCH = datetime(1904, 1, 1)
WIDE = str.maketrans("0123456789/: ", "０１２３４５６７８９／：　")

moments = st.datetimes(datetime(2000, 1, 2), datetime(2099, 12, 31, 23, 59, 59)).map(
    lambda moment: moment.replace(microsecond=0)
)


def _half(moment: datetime) -> str:
    half = "上午" if moment.hour < 12 else "下午"
    return f"{half}{moment.hour % 12 or 12}时{moment.minute}分{moment.second}秒"


FORMS: dict[str, Callable[[datetime], str]] = {
    "slashes": lambda m: f"{m.year}/{m.month}/{m.day} {m.hour}:{m:%M:%S}",
    "dashes": lambda m: f"{m:%Y-%m-%d %H:%M:%S}",
    "dots": lambda m: f"{m.year}.{m.month}.{m.day} {m.hour}:{m.minute}:{m.second}",
    "chinese": lambda m: f"{m.year}年{m.month}月{m.day}日 {m.hour}时{m.minute}分{m.second}秒",
    "half days": lambda m: f"{m.year}年{m.month}月{m.day}日 {_half(m)}",
    "half days after slashes": lambda m: f"{m.year}/{m.month}/{m.day} {_half(m)}",
    "iso": lambda m: m.isoformat(),
    "iso with zone": lambda m: m.replace(tzinfo=BEIJING).isoformat(),
    "iso in utc": lambda m: f"{m - timedelta(hours=8):%Y-%m-%dT%H:%M:%S}Z",
    "full width": lambda m: f"{m:%Y/%m/%d %H:%M:%S}".translate(WIDE),
    "stray spaces": lambda m: f"\t{m.year} / {m.month} / {m.day} \t\u00a0{m.hour} : {m:%M : %S}\n",
}


@pytest.mark.parametrize("form", FORMS)
@given(moment=moments)
def test_every_form_reads_back(form: str, moment: datetime) -> None:
    """Any moment written in any of the forms is read as that moment in Beijing."""
    read = read_time(FORMS[form](moment))
    assert read == ReadTime(moment.replace(tzinfo=BEIJING))


@given(moments)
def test_cells_and_serial_numbers_agree(moment: datetime) -> None:
    """A date cell and the serial number behind it are one moment, in both date systems."""
    serial = (moment - datetime(1899, 12, 30)) / timedelta(days=1)
    mac_serial = (moment - MAC_EPOCH) / timedelta(days=1)
    assert read_time(serial) == read_time(moment)
    assert read_time(mac_serial, MAC_EPOCH) == read_time(moment)


@given(st.text() | st.floats() | st.integers() | st.booleans() | st.times() | st.none())
def test_anything_else_is_refused_in_one_way(value: object) -> None:
    """Whatever a cell holds gives an aware instant or UnreadableTimeError."""
    with suppress(UnreadableTimeError):
        assert read_time(value).as_posting().tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "2019/4/25 9:32",
        "2019-04-25 09:32",
        "2019.4.25 9:32",
        "2019年4月25日 9时32分",
        "2019年4月25日9点32分",
        "2019年4月25号 上午9:32",
        "2019-04-25T01:32Z",
        "2019-04-25T09:32+08:00",
        "2019-04-25 09:32:00.000 +0800",
        "2019-04-24T23:32-02",
        "２０１９－０４－２５　０９：３２",
        "\ufeff2019/4/25 9:32\u200b",
    ],
)
def test_one_moment_in_many_forms(text: str) -> None:
    """The forms found in exports, without seconds, all mean 9:32 in Beijing."""
    assert read_time(text) == ReadTime(EXPECTED.astimezone(read_time(text).instant.tzinfo))


@pytest.mark.parametrize(
    ("text", "hour"),
    [("上午12:30", 0), ("上午0:30", 0), ("下午12:30", 12), ("下午1:30", 13), ("下午13:30", 13)],
)
def test_noon_and_midnight(text: str, hour: int) -> None:
    """上午12 is midnight and 下午12 noon, as Excel writes them."""
    assert read_time(f"2019/4/25 {text}").instant.hour == hour


@pytest.mark.parametrize(
    "value",
    ["2019/4/25", "2019年4月25日", "2019-04-25 ", date(2019, 4, 25), datetime(2019, 4, 25), 43580],
)
def test_a_day_alone(value: object) -> None:
    """A day alone is posted at its beginning and published at its last second."""
    read = read_time(value)
    assert read.day_only
    assert read.as_posting() == datetime(2019, 4, 25, tzinfo=BEIJING)
    assert read.as_publication() == datetime(2019, 4, 25, 23, 59, 59, tzinfo=BEIJING)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("2019/2/30", "不是存在的日期"),
        ("2019/13/1 9:00", "不是存在的日期"),
        ("2019/4/25 25:00", "不是存在的时刻"),
        ("2019/4/25 9:60", "不是存在的时刻"),
        ("2019/4/25 24:00", "不是存在的时刻"),
        ("2019/4/25 上午15:00", "矛盾"),
        ("2019/4/25 下午0:30", "矛盾"),
        ("2019-04-25T09:32+15:00", "时区"),
        ("1999/4/25", "不在 2000 年至 2099 年之间"),
        (datetime(1900, 1, 1), "不在 2000 年至 2099 年之间"),
        ("4/25/2019", "格式"),
        ("25.4.2019 9:32", "格式"),
        ("19/4/25", "格式"),
        ("2019/4-25", "格式"),
        ("2019/4/259:32", "格式"),
        ("2019/4/25 9", "格式"),
        ("2019/4/25 9:32 左右", "格式"),
        ("昨天", "格式"),
        ("43580.397", "格式"),
        (20190425, "序号"),
        (3.5, "序号"),
        (float("nan"), "序号"),
        (True, "不是时间"),
        (time(9, 32), "不是时间"),
    ],
)
def test_what_is_refused(value: object, reason: str) -> None:
    """Impossible times, and forms with two readings, are refused with a reason."""
    with pytest.raises(UnreadableTimeError) as caught:
        read_time(value)
    assert reason in caught.value.reason
