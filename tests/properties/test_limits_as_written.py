"""Law 1: limits as notices write them; what is written is read back, what is unclear is refused."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wenzheng_core.domain.errors import LimitSyntaxError
from wenzheng_core.domain.limits import (
    MOST,
    CalendarDays,
    ClockHours,
    CommittedDate,
    Limit,
    SameDay,
    WorkingDays,
    WorkingHours,
    parse_limit,
    write_limit,
)

DIGITS = "零一二三四五六七八九"

days = st.integers(1, MOST)
minutes = st.integers(1, MOST * 60) | st.integers(1, MOST).map(lambda hours: hours * 60)
limits = (
    days.map(WorkingDays)
    | st.builds(CalendarDays, days, st.booleans())
    | minutes.map(ClockHours)
    | minutes.map(WorkingHours)
    | st.just(SameDay())
    | st.dates(date(1949, 10, 1), date(2999, 12, 31)).map(CommittedDate)
)


@given(limits)
def test_round_trip(limit: Limit) -> None:
    """Every limit is read back as it was written: a stored limit loses no minute."""
    assert limit == parse_limit(write_limit(limit))


@given(limits, st.sampled_from(["{}", " {} ", "{}内", "{}以内", "{}之内", "不超过{}"]))
def test_within_includes_the_number(limit: Limit, form: str) -> None:
    """以内, 内 and 不超过 change nothing: they include the number (民法典第1259条)."""
    if isinstance(limit, CommittedDate | SameDay):
        return
    assert limit == parse_limit(form.format(write_limit(limit)))


@given(st.integers(1, 99))
def test_chinese_numerals(n: int) -> None:
    """Numbers up to 99 may be written in characters."""
    tens, ones = divmod(n, 10)
    text = (DIGITS[tens] if tens > 1 else "") + ("十" if tens else "")
    text += DIGITS[ones] if ones else ""

    assert WorkingDays(n) == parse_limit(f"{text}个工作日")
    assert CalendarDays(n) == parse_limit(f"{text}日内")


@given(days, st.sampled_from(["{} working days", "{} business days", "within {} work days"]))
def test_english_working_days(n: int, form: str) -> None:
    """The English forms mean the same working days."""
    assert WorkingDays(n) == parse_limit(form.format(n))


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("5个工作日", WorkingDays(5)),
        ("5工作日", WorkingDays(5)),
        ("1 working day", WorkingDays(1)),
        ("5 Working-Days", WorkingDays(5)),
        ("两个工作日", WorkingDays(2)),
        ("7日", CalendarDays(7)),
        ("7天", CalendarDays(7)),
        ("7个自然日", CalendarDays(7)),
        ("7 calendar days", CalendarDays(7)),
        ("15日(顺延)", CalendarDays(15, roll=True)),
        ("\uff11\uff15日\uff08顺延\uff09", CalendarDays(15, roll=True)),
        ("15日内,遇节假日顺延", CalendarDays(15, roll=True)),
        ("15 days, rolled", CalendarDays(15, roll=True)),
        ("一周", CalendarDays(7)),
        ("两个星期", CalendarDays(14)),
        ("2 weeks", CalendarDays(14)),
        ("24小时", ClockHours(24 * 60)),
        ("24h", ClockHours(24 * 60)),
        ("90分钟", ClockHours(90)),
        ("16个工作小时", WorkingHours(16 * 60)),
        ("90个工作分钟", WorkingHours(90)),
        ("4 working hours", WorkingHours(4 * 60)),
        ("当日", SameDay()),
        ("当天", SameDay()),
        ("事不过夜", SameDay()),
        ("same day", SameDay()),
        ("2020-10-12", CommittedDate(date(2020, 10, 12))),
        ("2020年10月12日前", CommittedDate(date(2020, 10, 12))),
        ("by 2020-10-12", CommittedDate(date(2020, 10, 12))),
    ],
)
def test_as_written(text: str, limit: Limit) -> None:
    """The forms in use are understood, whatever the width of their characters."""
    assert limit == parse_limit(text)


EXAMPLES = "可写作「5个工作日」"
NUMBER = "数字须在 1 至 3650 之间"
BLANK = "这里要填数字"
ROLL = "只有按自然日计算的时限才谈得上顺延"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", EXAMPLES),
        ("5", EXAMPLES),
        ("工作日", EXAMPLES),
        ("5个工作日或7日", EXAMPLES),
        ("5-7个工作日", EXAMPLES),
        ("-5日", EXAMPLES),
        ("1.5日", EXAMPLES),
        ("不满5日", EXAMPLES),
        ("超过5日", EXAMPLES),
        ("一个月", EXAMPLES),
        ("尽快", EXAMPLES),
        ("×个工作日", BLANK),
        ("xx个工作日", BLANK),
        ("X日内", BLANK),
        ("0个工作日", NUMBER),
        ("零日", NUMBER),
        ("3651日", NUMBER),
        ("99999小时", NUMBER),
        ("二三日", NUMBER),
        ("二三十五个工作日", NUMBER),
        ("十十日", NUMBER),
        ("五十二三日", NUMBER),
        ("522周", "数字须在 1 至 521 之间"),
        ("219001分钟", "数字须在 1 至 219000 之间"),
        ("5个工作日(顺延)", ROLL),
        ("24小时,顺延", ROLL),
        ("2021-02-29", "没有这一天"),
        ("2020年13月1日", "没有这一天"),
    ],
)
def test_refused(text: str, reason: str) -> None:
    """What names no number and no unit is refused with the text, the reason and a way out."""
    with pytest.raises(LimitSyntaxError) as caught:
        parse_limit(text)

    assert (text, f"时限「{text}」无法识别:{caught.value.reason}") == (
        caught.value.text,
        str(caught.value),
    )
    assert caught.value.reason.startswith(reason)


@given(st.text(max_size=12) | st.text("0159一二十个工作日小时天周内顺延×-. (),", max_size=10))
def test_reads_or_refuses(text: str) -> None:
    """Any text is a limit that can be written again, or is refused; nothing else happens."""
    try:
        limit = parse_limit(text)
    except LimitSyntaxError:
        return
    assert limit == parse_limit(write_limit(limit))


def test_units_have_no_order() -> None:
    """Limits cannot be compared or added, least of all across units."""
    pairs: list[tuple[object, object]] = [
        (WorkingDays(5), CalendarDays(7)),
        (WorkingDays(5), WorkingDays(6)),
        (ClockHours(60), WorkingHours(60)),
    ]
    for one, two in pairs:
        assert one != two
        with pytest.raises(TypeError):
            one < two  # type: ignore[operator]  # noqa: B015
        with pytest.raises(TypeError):
            one + two  # type: ignore[operator]
