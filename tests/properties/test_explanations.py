"""Law 12: an explanation adds up, leaves out no day, and names the notice behind each."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wenzheng_core.domain.calendars import Calendar
from wenzheng_core.domain.explanations import Explanation, explain
from wenzheng_core.domain.instants import local_day, show_due
from wenzheng_core.domain.limits import (
    CalendarDays,
    ClockHours,
    CommittedDate,
    Limit,
    SameDay,
    WorkingDays,
    WorkingHours,
    write_limit,
)
from wenzheng_core.domain.timelimits import Counting, Interval, TimeRules, deadline

ZONE = timezone(timedelta(hours=8))
DAY = timedelta(days=1)
LUNCH = ((time(9), time(12)), (time(14), time(17, 30)))

EARLIEST, LATEST = datetime(2006, 1, 1), datetime(2027, 12, 31)  # noqa: DTZ001 - as Hypothesis asks
starts = st.datetimes(EARLIEST, LATEST, timezones=st.just(ZONE))
amounts = st.integers(1, 40)
in_days = amounts.map(WorkingDays) | st.builds(CalendarDays, amounts, st.booleans())
others = st.sampled_from([ClockHours(90), SameDay(), CommittedDate(date(2028, 1, 1))])
rules = st.builds(
    TimeRules,
    day_end=st.none() | st.just(time(17, 30)),
    cutoff=st.none() | st.just(time(16)),
    office_hours=st.just(LUNCH),
    counting=st.sampled_from(Counting),
)


@st.composite
def histories(draw: st.DrawFn) -> tuple[datetime, list[Interval]]:
    """A start, and pauses in the weeks around it."""
    start = draw(starts)
    pauses = []
    for _ in range(draw(st.integers(0, 2))):
        first = start + draw(st.integers(-2, 20)) * DAY
        pauses.append(Interval(first, first + draw(st.integers(0, 9)) * DAY))
    return start, pauses


def _explained(
    calendar: Calendar,
    limit: Limit,
    start: datetime,
    rule: TimeRules = TimeRules(),
    pauses: tuple[Interval, ...] = (),
    extensions: tuple[Limit, ...] = (),
) -> Explanation:
    found = deadline(limit, start, calendar, rule, pauses, extensions)
    return explain(found, calendar, rule, pauses, extensions)


@given(histories(), in_days, rules, st.lists(amounts, max_size=2), st.booleans())
def test_adds_up(
    calendar: Calendar,
    history: tuple[datetime, list[Interval]],
    limit: WorkingDays | CalendarDays,
    rule: TimeRules,
    more: list[int],
    roll: bool,
) -> None:
    """The days counted in all runs are those of the limit and its extensions, to the day."""
    start, pauses = history
    working = isinstance(limit, WorkingDays)
    extensions = tuple(WorkingDays(n) if working else CalendarDays(n, roll) for n in more)
    found = _explained(calendar, limit, start, rule, tuple(pauses), extensions)

    assert limit.n + sum(more) == sum(run.counted for run in found.runs)


@given(histories(), in_days, rules)
def test_runs_tile_the_time(
    calendar: Calendar,
    history: tuple[datetime, list[Interval]],
    limit: Limit,
    rule: TimeRules,
) -> None:
    """The runs follow one another without gap or overlap, from the day after receipt to the due day."""
    start, pauses = history
    found = _explained(calendar, limit, start, rule, tuple(pauses))
    after = found.counted_from
    for run in found.runs:
        assert after + DAY == run.first <= run.last
        assert run.counted in (0, (run.last - run.first).days + 1)
        after = run.last

    assert found.deadline.due_day == after
    if rule.cutoff is None:
        assert start.date() == found.counted_from


@given(starts, in_days)
def test_every_special_day_has_its_notice(
    calendar: Calendar, start: datetime, limit: Limit
) -> None:
    """A holiday or a weekend worked names the notice that says so, or says that none does yet."""
    for run in _explained(calendar, limit, start).runs:
        if run.kind in ("holiday", "makeup"):
            assert bool(run.notice) == run.settled
            assert (run.notice if run.settled else "推定") in run.text
        else:
            assert run.notice == ""
        for offset in range((run.last - run.first).days + 1):
            day = calendar.day(run.first + offset * DAY)
            assert (run.kind, run.name, run.settled) == (day.kind.value, day.name, day.settled)


@given(starts, in_days | others, rules)
def test_text_names_limit_and_due(
    calendar: Calendar, start: datetime, limit: Limit, rule: TimeRules
) -> None:
    """The text begins with the limit, shows the due instant, and says so where it is provisional."""
    found = _explained(calendar, limit, start, rule)

    assert write_limit(limit) in found.lines[0]
    assert f"到期:{show_due(found.deadline.due)}" in found.lines
    assert found.deadline.provisional == ("此为暂定" in found.text)
    if found.deadline.not_before is not None:
        assert show_due(found.deadline.not_before) in found.lines[-1]


@given(histories(), in_days)
def test_pauses_and_extensions_are_told(
    calendar: Calendar, history: tuple[datetime, list[Interval]], limit: Limit
) -> None:
    """Each pause that is left after the union, and each extension, has a line of its own."""
    start, pauses = history
    found = _explained(calendar, limit, start, pauses=tuple(pauses), extensions=(limit,))

    assert len(found.pauses) == sum(line.startswith("中止:") for line in found.lines)
    assert f"延期:{write_limit(limit)},自原到期日起续算" in found.lines


def test_longer_spring_festival(calendar: Calendar) -> None:
    """ST7 names both notices of 2020, each for the days that it took out."""
    found = _explained(calendar, WorkingDays(5), datetime(2020, 1, 22, 10, tzinfo=ZONE))

    assert found.lines == (
        "时限:5个工作日;起算:2020-01-22 10:00",
        "2020年1月22日(周三)为起算日,不计入(民法典第201条),自次日起算",
        "2020年1月23日(周四) 工作日:计1日",
        "2020年1月24日至30日 放假(春节):不计;依据:国办发明电〔2019〕16号",
        "2020年1月31日至2020年2月2日 放假(春节):不计;依据:国办发明电〔2020〕1号",
        "2020年2月3日至6日 工作日:计4日",
        "到期:2020年2月6日(周四)24时前",
    )


def test_rolled_days_are_not_counted(calendar: Calendar) -> None:
    """LL2: three days are counted; the rest of the holiday is passed over, and the roll is told."""
    found = _explained(calendar, CalendarDays(3, roll=True), datetime(2022, 9, 28, 8, tzinfo=ZONE))

    assert [run.counted for run in found.runs] == [2, 1, 0, 0]
    assert "民法典第203条" in found.text
    assert date(2022, 10, 8) == found.deadline.due_day


def test_receipt_after_the_cutoff(calendar: Calendar) -> None:
    """What comes after the cut-off is explained from the day as whose receipt it counts."""
    start = datetime(2024, 1, 5, 18, tzinfo=ZONE)
    found = _explained(calendar, WorkingDays(1), start, TimeRules(cutoff=time(17, 30)))

    assert date(2024, 1, 8) == found.counted_from
    assert "视为2024年1月8日(周一)收到" in found.text


@pytest.mark.parametrize("minutes", [30, 8 * 60])
def test_working_hours(calendar: Calendar, minutes: int) -> None:
    """Working hours show the days from the very day of receipt, whatever the cut-off for days."""
    rule = TimeRules(cutoff=time(16), office_hours=LUNCH)
    start = datetime(2024, 1, 5, 16, 30, tzinfo=ZONE)
    found = _explained(calendar, WorkingHours(minutes), start, rule)

    assert local_day(start) == found.counted_from == found.runs[0].first
    assert found.deadline.due_day == found.runs[-1].last
