"""The named rules of counting: internal limits, 民法典, 民事诉讼法."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from wenzheng_core.domain.explanations import explain
from wenzheng_core.domain.instants import end_of_hour
from wenzheng_core.domain.limits import (
    CalendarDays,
    ClockHours,
    CommittedDate,
    Limit,
    SameDay,
    WorkingDays,
)
from wenzheng_core.domain.timelimits import Counting, Deadline, TimeRules, deadline
from wenzheng_core.testing.builders import HOUR, beijing, sample_calendar

CIVIL, PROCEDURE = TimeRules(counting=Counting.CIVIL), TimeRules(counting=Counting.PROCEDURE)
BOTH = pytest.mark.parametrize("rules", [CIVIL, PROCEDURE])


def ends(
    limit: Limit, start: datetime, rules: TimeRules, extensions: tuple[Limit, ...] = ()
) -> Deadline:
    """The deadline by the sample calendar of 2025, off from 1 to 5 May."""
    return deadline(limit, start, sample_calendar(), rules, extensions=extensions)


def told(limit: Limit, start: datetime, rules: TimeRules) -> tuple[str, ...]:
    """The lines of its explanation."""
    return explain(ends(limit, start, rules), sample_calendar(), rules).lines


@BOTH
def test_a_last_day_off_gives_way_to_the_next_working_day(rules: TimeRules) -> None:
    """Day 3 is 1 May: internally it stands, by the statutes it gives way to the 6th."""
    start = beijing(4, 28, 10)
    assert ends(CalendarDays(3), start, TimeRules()).due_day == date(2025, 5, 1)
    assert ends(CalendarDays(3), start, rules).due_day == date(2025, 5, 6)
    assert ends(CalendarDays(2), start, rules).due_day == date(2025, 4, 30)


@BOTH
def test_an_extension_ends_on_a_working_day_too(rules: TimeRules) -> None:
    """It counts from the day on which the limit ended, and rolls in its turn."""
    start, more = beijing(4, 28, 10), (CalendarDays(4),)
    assert ends(CalendarDays(3), start, rules, more).due_day == date(2025, 5, 12)


@BOTH
@pytest.mark.parametrize("limit", [CommittedDate(date(2025, 5, 1)), SameDay(), WorkingDays(1)])
def test_what_is_not_counted_in_days_never_rolls(rules: TimeRules, limit: Limit) -> None:
    """A day that somebody promised stands, whatever day it is; so does 当日."""
    for start in (beijing(4, 28, 10), beijing(4, 26, 10)):
        assert ends(limit, start, rules) == ends(limit, start, TimeRules())


@BOTH
def test_what_may_roll_over_an_open_year_is_provisional(rules: TimeRules) -> None:
    """Whether the last day is worked is not known before the arrangement of the year is."""
    start = beijing(12, 29, 10)
    assert not ends(CalendarDays(10), start, TimeRules()).provisional
    assert ends(CalendarDays(10), start, rules).awaits == 2026


@pytest.mark.parametrize(
    ("start", "full"),
    [
        (beijing(3, 3, 9, 20), beijing(3, 3, 10)),
        (beijing(3, 3, 9), beijing(3, 3, 10)),
        (beijing(3, 3, 23, 59), beijing(3, 4)),
    ],
)
def test_the_hour_of_the_start_is_not_counted(start: datetime, full: datetime) -> None:
    """开始的时不计算在期间内: an hour from 9:20 ends at 11:00, from 9:00 too."""
    assert end_of_hour(start) == full
    assert ends(ClockHours(60), start, PROCEDURE).due == full + HOUR
    assert ends(ClockHours(60), start, CIVIL).due == ends(ClockHours(60), start, TimeRules()).due


def test_an_extension_in_hours_counts_from_the_old_instant() -> None:
    """Only the hour in which the period began is left out, once."""
    found = ends(ClockHours(60), beijing(3, 3, 9, 20), PROCEDURE, (ClockHours(30),))
    assert found.due == beijing(3, 3, 11, 30)


def test_the_explanation_names_the_ground() -> None:
    """The roll, the day and the hour that are not counted each name their article."""
    start = beijing(4, 28, 10)
    assert not any("顺延" in line for line in told(CalendarDays(3), start, TimeRules()))
    assert "最后一日逢休息日的,顺延至其后第一个工作日(民法典第203条第一款)" in told(
        CalendarDays(3), start, CIVIL
    )
    lines = told(CalendarDays(3), start, PROCEDURE)
    assert "最后一日逢休息日的,顺延至其后第一个工作日(民事诉讼法第85条第三款)" in lines
    assert "2025年4月28日(周一)为起算日,不计入(民事诉讼法第85条第二款),自次日起算" in lines
    hours = told(ClockHours(60), beijing(3, 3, 9, 20), PROCEDURE)
    assert "开始的时不计入(民事诉讼法第85条第二款),自2025-03-03 10:00起算" in hours
    assert hours[-1] == "到期:2025年3月3日(周一)11时前"


def test_every_rule_has_a_name() -> None:
    """The three rules by the names under which officers know them."""
    assert [rule.label for rule in Counting] == ["内部办理时限", "民法典", "民事诉讼法"]
