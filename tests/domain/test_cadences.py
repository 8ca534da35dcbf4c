"""Cadences as notices write them: read, written again in one form, or refused with a way out."""

from __future__ import annotations

from datetime import UTC, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wenzheng_core.domain.cadences import (
    AtOnce,
    Cadence,
    CadenceSyntaxError,
    Daily,
    Duty,
    Monthly,
    Weekly,
    Yearly,
    parse_cadence,
    write_cadence,
)
from wenzheng_core.domain.errors import LimitUseError

clocks = st.builds(time, st.integers(0, 23), st.integers(0, 59)) | st.just(time(0))
cadences = st.one_of(
    st.builds(
        Daily,
        st.sets(clocks, min_size=1, max_size=4).map(lambda times: tuple(sorted(times))),
        st.booleans(),
    ),
    st.builds(Weekly, st.integers(0, 6), clocks),
    st.builds(Monthly, st.integers(1, 31), clocks, st.booleans()),
    st.builds(Yearly, st.integers(1, 12), st.integers(1, 29) | st.just(31), clocks),
    st.builds(Duty, st.integers(1, 24)),
    st.just(AtOnce()),
)


@given(cadences)
def test_writing_then_parsing_returns_the_cadence(cadence: Cadence) -> None:
    """What is written is read back as it was."""
    assert parse_cadence(write_cadence(cadence)) == cadence


@given(st.text(max_size=12) | st.text("每日天周月工作一十0129:时点、次号晚底(顺延)× ", max_size=12))
def test_reads_or_refuses(text: str) -> None:
    """Any text is a cadence that can be written again, or is refused; nothing else happens."""
    try:
        cadence = parse_cadence(text)
    except CadenceSyntaxError:
        return
    assert parse_cadence(write_cadence(cadence)) == cadence


@pytest.mark.parametrize(
    ("text", "cadence", "written"),
    [
        ("每日11:00", Daily((time(11),)), "每日11:00"),
        ("每日12:00、20:00", Daily((time(12), time(20))), "每日12:00、20:00"),
        ("每天20:00和12:00", Daily((time(12), time(20))), "每日12:00、20:00"),
        ("每天中午12时、晚上8时", Daily((time(12), time(20))), "每日12:00、20:00"),
        ("每天上午十一时二十分", Daily((time(11, 20),)), "每日11:20"),
        ("每天十二时五十九分", Daily((time(12, 59),)), "每日12:59"),
        ("每天中午11时、中午1时", Daily((time(11), time(13))), "每日11:00、13:00"),
        ("每日 9:05", Daily((time(9, 5),)), "每日9:05"),
        ("每日0:00", Daily((time(0),)), "每日0:00"),
        ("工作日11:00", Daily((time(11),), True), "工作日11:00"),
        ("每个工作日下午5点", Daily((time(17),), True), "工作日17:00"),
        ("每周一9:00", Weekly(0, time(9)), "每周一9:00"),
        ("每星期天", Weekly(6), "每周日"),
        ("每周日晚8点", Weekly(6, time(20)), "每周日20:00"),
        ("每月1日", Monthly(1), "每月1日"),
        ("每月五号9时", Monthly(5, time(9)), "每月5日9:00"),
        ("每月1日(顺延)", Monthly(1, roll=True), "每月1日(顺延)"),
        ("每月1日9:00，遇节假日顺延", Monthly(1, time(9), True), "每月1日9:00(顺延)"),
        ("每月底", Monthly(31), "每月最后一日"),
        ("每年1月10日9时", Yearly(1, 10, time(9)), "每年1月10日9:00"),
        ("每年十二月底", Yearly(12, 31), "每年12月最后一日"),
        ("每年2月末", Yearly(2, 31), "每年2月最后一日"),
        ("每年2月29日", Yearly(2, 29), "每年2月29日"),
        ("每年4月30日", Yearly(4, 30), "每年4月30日"),
        ("每月三十一日", Monthly(31), "每月最后一日"),
        ("每月二十号", Monthly(20), "每月20日"),
        ("每日4次", Duty(4), "每日4次"),
        ("每天四次", Duty(4), "每日4次"),
        ("随时", AtOnce(), "随时"),
        ("立即", AtOnce(), "随时"),
    ],
)
def test_as_notices_write_it(text: str, cadence: Cadence, written: str) -> None:
    """What a notice writes is read, and written again in one form."""
    assert parse_cadence(text) == cadence
    assert write_cadence(cadence) == written


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "可写作「每日11:00」"),
        ("每日上班后", "可写作「每日11:00」"),
        ("每天上午11时前", "可写作「每日11:00」"),
        ("每季度1日", "可写作「每日11:00」"),
        ("每日", "请写明钟点"),
        ("工作日", "请写明钟点"),
        ("每日×时", "这里要填数字"),
        ("每月N日", "这里要填数字"),
        ("每日24:00", "没有「24:00」这个钟点"),
        ("每日11:60", "没有「11:60」这个钟点"),
        ("每日十一时七八分", "没有「十一时七八分」这个钟点"),
        ("每日晚上12时", "没有「晚上12时」这个钟点"),
        ("每日上午15时", "没有「上午15时」这个钟点"),
        ("每日11:00、11时", "各钟点须由早到晚,不得重复"),
        ("每周一9:00、15:00", "每周、每月的日程只能有一个钟点"),
        ("每月32日", "日期须在 1 至 31 之间"),
        ("每月0日", "日期须在 1 至 31 之间"),
        ("每月二三日", "日期须在 1 至 31 之间"),
        ("每年2月30日", "2月没有30日;可写「每年2月最后一日」"),
        ("每年2月31日", "2月没有31日"),
        ("每年四月三十一日9时", "4月没有31日"),
        ("每年13月1日", "月份须在 1 至 12 之间"),
        ("每日0次", "每日次数须在 1 至 24 之间"),
        ("每日25次", "每日次数须在 1 至 24 之间"),
        ("每日11:00(顺延)", "只有每月的日程才谈得上顺延"),
        ("每周一(顺延)", "只有每月的日程才谈得上顺延"),
    ],
)
def test_refused(text: str, reason: str) -> None:
    """What names no cadence is refused with the text, the reason and a way out."""
    with pytest.raises(CadenceSyntaxError) as caught:
        parse_cadence(text)

    assert caught.value.text == text
    assert caught.value.reason.startswith(reason)
    assert str(caught.value) == f"日程「{text}」无法识别:{caught.value.reason}"


@pytest.mark.parametrize("times", [(), (time(20), time(12)), (time(12), time(12))])
def test_times_of_a_day_are_in_order(times: tuple[time, ...]) -> None:
    """A daily cadence has at least one time, and no disorder among them."""
    with pytest.raises(LimitUseError, match="钟点"):
        Daily(times)


def test_a_day_that_no_year_has() -> None:
    """A day of a month is one that the month has in some year."""
    with pytest.raises(LimitUseError, match="2月没有30日"):
        Yearly(2, 30)


def test_a_weekday_is_one_of_seven() -> None:
    """Monday is 0 and Sunday 6."""
    with pytest.raises(LimitUseError, match="星期须在 0 至 6 之间"):
        Weekly(7)


@pytest.mark.parametrize("clock", [time(11, 0, 30), time(11, 0, 0, 1), time(11, tzinfo=UTC)])
def test_times_are_whole_minutes_in_beijing(clock: time) -> None:
    """Seconds and zones have no place in a cadence."""
    for made in (lambda: Daily((clock,)), lambda: Weekly(0, clock), lambda: Monthly(1, clock)):
        with pytest.raises(LimitUseError, match="钟点须是北京时间的整分"):
            made()
