"""Schedules as data: the next run, and the receipts that each run covers."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, time, timedelta, timezone

import chinese_calendar
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from wenzheng_calendar_cn import load
from wenzheng_core.domain.cadences import (
    AtOnce,
    Cadence,
    Daily,
    Duty,
    Monthly,
    Weekly,
    Yearly,
    parse_cadence,
)
from wenzheng_core.domain.calendars import build_calendar
from wenzheng_core.domain.errors import LimitUseError, OutsideCalendarError
from wenzheng_core.domain.instants import Period
from wenzheng_core.domain.schedules import (
    ReportKind,
    Schedule,
    handed_over_at,
    missing_polls,
    next_run,
    run_covering,
    runs_between,
    window,
)

ZONE = timezone(timedelta(hours=8))
DAY = timedelta(days=1)
CALENDAR = build_calendar(load())


def beijing(month: int, day: int, hour: int = 0, minute: int = 0, year: int = 2017) -> datetime:
    """An instant of 2017, the year of the Wuhan texts, by a clock in Beijing."""
    return datetime(year, month, day, hour, minute, tzinfo=ZONE)


def schedule(
    cadence: Cadence | str,
    *,
    kind: ReportKind = ReportKind.NOTICE,
    closes: time | None = None,
    closes_inclusive: bool = False,
    handed_over: time | None = None,
) -> Schedule:
    """A schedule of which only the times matter."""
    return Schedule(
        id="s",
        kind=kind,
        cadence=parse_cadence(cadence) if isinstance(cadence, str) else cadence,
        closes=closes,
        closes_inclusive=closes_inclusive,
        handed_over=handed_over,
        basis="样例",
    )


# S05: "每天中午12时、晚上8时会在群中通报" (002:L41).
WUHAN = "每天中午12时、晚上8时"
# S06: "每天上午11时前…11时20分" (002:L61).
LIST = schedule("每日11:20", kind=ReportKind.DAILY_LIST, closes=time(11), handed_over=time(11, 20))

# --- Laws -----------------------------------------------------------------------------------------

minutes = st.builds(time, st.integers(0, 23), st.integers(0, 59))
minutes |= st.sampled_from([time(0), time(11), time(12)])
timed = st.one_of(
    st.builds(
        Daily,
        st.sets(minutes, min_size=1, max_size=4).map(lambda ts: tuple(sorted(ts))),
        st.booleans(),
    ),
    st.builds(Weekly, st.integers(0, 6), minutes),
    st.builds(Monthly, st.integers(1, 31), minutes, st.booleans()),
    st.builds(Duty, st.integers(1, 24)),
)
# Within them lie the golden weeks of six years, the lengthened one of 2020 among them.
instants = st.builds(
    lambda day, clock: datetime.combine(day, clock, ZONE),
    st.dates(date(2017, 2, 1), date(2022, 11, 1)),
    minutes | st.times(),
)


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    """Any schedule with times of its own, cut anywhere in the day where it may be."""
    cadence = draw(timed)
    if isinstance(cadence, Duty):
        return schedule(cadence)
    once = not isinstance(cadence, Daily) or len(cadence.times) == 1
    closes = draw(st.none() | minutes) if once else None
    return schedule(cadence, closes=closes, closes_inclusive=draw(st.booleans()))


def _worked(day: date) -> bool:
    return bool(chinese_calendar.is_workday(day))


def _rolled(day: date) -> date:
    while not _worked(day):
        day += DAY
    return day


def _oracle(cadence: Cadence, first: date, last: date) -> list[datetime]:
    """All runs that the days from ``first`` to ``last`` name, each by its definition, in order."""
    every = [first + n * DAY for n in range((last - first).days + 1)]
    held: list[tuple[date, time]] = []
    match cadence:
        case Daily(times, only):
            held = [(day, at) for day in every for at in times if not only or _worked(day)]
        case Weekly(weekday, at):
            held = [(day, at) for day in every if day.isoweekday() == weekday + 1]
        case Monthly(number, at, roll):
            # The last day up to the number: the next one is beyond it, or in another month.
            nexts = [(day, (day + DAY).day) for day in every if day.day <= number]
            named = [day for day, then in nexts if then > number or then == 1]
            held = [(_rolled(day) if roll else day, at) for day in named]
        case Duty():
            held = [(day, time(0)) for day in every]
        case AtOnce():
            pass
    return sorted(datetime.combine(day, at, ZONE) for day, at in held)


@given(timed, instants)
@example(Monthly(31, time(9), True), beijing(2, 1, 8, year=2020))
def test_next_run_is_the_oracles_first_strictly_later(cadence: Cadence, after: datetime) -> None:
    """The next run is the first later one of all runs listed from two months before."""
    run = next_run(schedule(cadence), after, CALENDAR)
    listed = _oracle(cadence, after.date() - 62 * DAY, after.date() + 62 * DAY)

    assert run > after
    assert run == min(at for at in listed if at > after)
    assert run.tzinfo is UTC


@given(timed, instants, st.timedeltas(timedelta(0), timedelta(days=60)))
def test_runs_between_are_the_oracles(cadence: Cadence, after: datetime, span: timedelta) -> None:
    """The runs that a sweep finds are all later than the last sweep and none later than it."""
    until = after + span
    listed = _oracle(cadence, after.date() - 62 * DAY, until.date())

    found = runs_between(schedule(cadence), after, until, CALENDAR)

    assert list(found) == [at for at in listed if after < at <= until]


@given(schedules(), instants, st.lists(st.timedeltas(timedelta(0), timedelta(days=20)), max_size=4))
def test_sweeping_often_finds_what_one_sweep_finds(
    plan: Schedule, start: datetime, spans: list[timedelta]
) -> None:
    """However often somebody sweeps, each run is found once and in order."""
    sweeps = [start + sum(spans[:n], timedelta(0)) for n in range(len(spans) + 1)]

    often = [runs_between(plan, a, b, CALENDAR) for a, b in itertools.pairwise(sweeps)]

    assert tuple(itertools.chain(*often)) == runs_between(plan, start, sweeps[-1], CALENDAR)


@given(schedules(), instants)
def test_windows_tile_time(plan: Schedule, after: datetime) -> None:
    """Where one run's window ends the next one's begins, and none is empty."""
    run = next_run(plan, after, CALENDAR)
    windows = []
    for _ in range(4):
        windows.append(window(plan, run, CALENDAR))
        run = next_run(plan, run, CALENDAR)

    assert all(earlier.until == later.first for earlier, later in itertools.pairwise(windows))
    assert all(w.first < w.until for w in windows)


@given(schedules(), instants)
def test_each_receipt_is_covered_by_one_run(plan: Schedule, received: datetime) -> None:
    """A receipt lies in the window of its run and in none of the runs around it."""
    run = run_covering(plan, received, CALENDAR)
    around = runs_between(plan, run - 70 * DAY, run + 40 * DAY, CALENDAR)

    assert [at for at in around if received in window(plan, at, CALENDAR)] == [run]
    assert run >= received


@given(schedules(), instants)
def test_only_runs_have_windows(plan: Schedule, at: datetime) -> None:
    """An instant at which nothing runs covers no receipts."""
    assume(next_run(plan, at - timedelta.resolution, CALENDAR) != at)

    with pytest.raises(LimitUseError, match=r"「s」在 .* 没有日程"):
        window(plan, at, CALENDAR)


# --- Worked examples ------------------------------------------------------------------------------


@pytest.mark.parametrize(("inclusive", "hour"), [(True, 12), (False, 20)])
def test_wk6_a_message_at_noon(inclusive: bool, hour: int) -> None:
    """WK6: received 12:00:00 exactly, it is in the noon notice if the cut is inclusive, else at 20:00."""
    notice = schedule(WUHAN, closes_inclusive=inclusive)
    noon = beijing(5, 12, 12)

    assert run_covering(notice, noon, CALENDAR) == beijing(5, 12, hour)
    assert (noon in window(notice, noon, CALENDAR)) is inclusive
    second = timedelta(seconds=1)
    assert run_covering(notice, noon - second, CALENDAR) == noon
    assert run_covering(notice, noon + second, CALENDAR) == beijing(5, 12, 20)


def test_s05_notices_at_noon_and_at_eight() -> None:
    """S05: a notice at 12:00 and one at 20:00, at weekends too; the noon one takes up last evening."""
    notice = schedule(WUHAN)

    assert runs_between(notice, beijing(5, 13), beijing(5, 14, 12), CALENDAR) == (
        beijing(5, 13, 12),
        beijing(5, 13, 20),
        beijing(5, 14, 12),
    )
    assert window(notice, beijing(5, 14, 12), CALENDAR) == Period(
        beijing(5, 13, 20), beijing(5, 14, 12)
    )


@pytest.mark.parametrize(("minute", "day"), [((10, 59), 9), ((11, 0), 10), ((11, 5), 10)])
def test_jy4_the_list_closes_before_eleven(minute: tuple[int, int], day: int) -> None:
    """JY4: received 10:59 → today's list, 11:00 → the next day's; so is JY2, received 11:05."""
    run = run_covering(LIST, beijing(5, 9, *minute), CALENDAR)

    assert run == beijing(5, day, 11, 20)
    assert handed_over_at(LIST, run) == beijing(5, day, 11, 20)
    assert window(LIST, run, CALENDAR) == Period(beijing(5, day - 1, 11), beijing(5, day, 11))


@pytest.mark.parametrize("closes", [None, time(11)])
def test_s06_the_list_may_be_its_own_cut(closes: time | None) -> None:
    """S06: made at 11:00 and handed over at 11:20, the same receipts are on the list."""
    made = schedule("每日11时", closes=closes, handed_over=time(11, 20))
    run = next_run(made, beijing(5, 9, 11), CALENDAR)

    assert run == beijing(5, 10, 11)
    assert window(made, run, CALENDAR) == window(LIST, beijing(5, 10, 11, 20), CALENDAR)
    assert handed_over_at(made, run) == beijing(5, 10, 11, 20)


def test_handing_over_may_wait_for_the_next_day() -> None:
    """What is made at 20:00 and handed over at 8:30 goes out the next morning; else at once."""
    evening = beijing(5, 9, 20)

    assert handed_over_at(schedule("每日20:00", handed_over=time(8, 30)), evening) == beijing(
        5, 10, 8, 30
    )
    assert handed_over_at(schedule("每日20:00"), evening) == evening


def test_a_list_of_working_days_takes_up_the_holidays() -> None:
    """The list of Saturday 2020-02-01, once a make-up day, fell to the longer holiday (2020-01-26)."""
    made = schedule("工作日11:00")
    run = next_run(made, beijing(1, 23, 11, year=2020), CALENDAR)

    assert run == beijing(2, 3, 11, year=2020)
    assert window(made, run, CALENDAR) == Period(beijing(1, 23, 11, year=2020), run)


def test_dh2_the_ranking_of_a_day_speaks_of_that_day() -> None:
    """DH2 (S04): the ranking at the end of the day covers the receipts of that whole day."""
    ranking = schedule("每日0:00", kind=ReportKind.RANKING)

    assert run_covering(ranking, beijing(5, 12, 23, 59), CALENDAR) == beijing(5, 13)
    assert window(ranking, beijing(5, 13), CALENDAR) == Period(beijing(5, 12), beijing(5, 13))


def test_s04_the_day_before_up_to_18() -> None:
    """S04: a morning notice counts up to 18:00 of the day before, as its figures are (截至昨日18时)."""
    morning = schedule("每日9:00", closes=time(18))

    assert window(morning, beijing(5, 12, 9), CALENDAR) == Period(
        beijing(5, 10, 18), beijing(5, 11, 18)
    )


def test_gs6_a_special_report_goes_at_once() -> None:
    """GS6: a sensitive message on Saturday night is reported then, not on Monday with the digest."""
    special = schedule("随时", kind=ReportKind.SPECIAL)
    digest = schedule("每周一9:00", kind=ReportKind.WEEKLY_DIGEST)
    night = beijing(9, 21, 23, 40, year=2019)

    assert run_covering(special, night, CALENDAR) == night
    assert run_covering(digest, night, CALENDAR) == beijing(9, 23, 9, year=2019)
    assert runs_between(special, night, night + 30 * DAY, CALENDAR) == ()
    with pytest.raises(LimitUseError, match="随时进行的事项没有固定的日程"):
        next_run(special, night, CALENDAR)


def test_s02_a_digest_of_the_week_and_a_report_of_the_month() -> None:
    """S02: made on Monday morning it covers Monday to Sunday; on the 1st, the month before."""
    digest = schedule("每周一9:00", closes=time(0))
    report = schedule("每月1日9:00", closes=time(0))

    assert window(digest, beijing(9, 23, 9, year=2019), CALENDAR) == Period(
        beijing(9, 16, year=2019), beijing(9, 23, year=2019)
    )
    assert window(report, beijing(3, 1, 9, year=2020), CALENDAR) == Period(
        beijing(2, 1, year=2020), beijing(3, 1, year=2020)
    )


def test_a_bulletin_that_rolls_speaks_of_its_month() -> None:
    """That of September 2020 waits for 9 October, past the golden week, and counts no day of it."""
    bulletin = schedule("每月1日9:00(顺延)", kind=ReportKind.BULLETIN, closes=time(0))
    run = next_run(bulletin, beijing(10, 5, year=2020), CALENDAR)

    assert run == beijing(10, 9, 9, year=2020)
    assert window(bulletin, run, CALENDAR) == Period(
        beijing(9, 1, year=2020), beijing(10, 1, year=2020)
    )
    assert run_covering(bulletin, beijing(10, 1, year=2020), CALENDAR) == beijing(
        11, 2, 9, year=2020
    )


@pytest.mark.parametrize(("year", "last"), [(2020, 29), (2021, 28)])
def test_a_day_beyond_the_months_end_is_its_last(year: int, last: int) -> None:
    """The 30th of February is the 28th or 29th, and the 30th of March is the 30th."""
    bulletin = schedule("每月30日")
    run = next_run(bulletin, beijing(2, 1, year=year), CALENDAR)

    assert run == beijing(2, last, year=year)
    assert next_run(bulletin, run, CALENDAR) == beijing(3, 30, year=year)


@pytest.mark.parametrize(("made", "missing"), [(0, 4), (3, 1), (4, 0), (6, 0)])
def test_py3_missing_polls(made: int, missing: int) -> None:
    """PY3 (S30): three log-ins on a day of four required leave one missing; more lack nothing."""
    duty = Duty(4)
    logins = [beijing(6, 1, 8 + 3 * n, year=2011) for n in range(made)]
    others = [beijing(5, 31, 23, 59, year=2011), beijing(6, 2, year=2011)]

    assert missing_polls(duty, [*others, *logins], date(2011, 6, 1)) == missing


def test_s30_a_duty_is_looked_at_when_the_day_is_over() -> None:
    """S30: what is missing of a day is known at its 24:00, and the window of that run is the day."""
    duty = schedule("每天四次", kind=ReportKind.POLL_DUTY)
    run = next_run(duty, beijing(6, 1, 8, year=2011), CALENDAR)

    assert run == beijing(6, 2, year=2011)
    assert window(duty, run, CALENDAR) == Period(beijing(6, 1, year=2011), run)


# --- What is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cadence", "closes", "handed_over", "inclusive", "reason"),
    [
        ("每日12:00、20:00", time(11), None, False, "一日数次"),
        ("每日12:00、20:00", None, time(20, 30), False, "一日数次"),
        ("每日4次", time(11), None, False, "按次数或随时"),
        ("每日4次", None, None, True, "按次数或随时"),
        ("随时", None, time(11), False, "按次数或随时"),
        ("每日11:00", time(11, 0, 30), None, False, "钟点须是北京时间的整分"),
        ("每日11:00", None, time(11, tzinfo=UTC), False, "钟点须是北京时间的整分"),
    ],
)
def test_a_cut_is_a_minute_of_what_runs_once_a_day(
    cadence: str, closes: time | None, handed_over: time | None, inclusive: bool, reason: str
) -> None:
    """A cut or a hand-over of its own belongs to a schedule with one time a day, to the minute."""
    with pytest.raises(LimitUseError, match=reason):
        schedule(cadence, closes=closes, handed_over=handed_over, closes_inclusive=inclusive)


def test_beyond_the_calendar_working_days_are_never_guessed() -> None:
    """A list of working days ends with the calendar, one of every day does not; a sweep reaches it."""
    end = datetime.combine(CALENDAR.last, time(23), ZONE)

    with pytest.raises(OutsideCalendarError):
        next_run(schedule("工作日11:00"), end, CALENDAR)
    assert next_run(schedule("每日11:00"), end, CALENDAR) == end + timedelta(hours=12)
    assert len(runs_between(schedule("工作日11:00"), end - 14 * DAY, end, CALENDAR)) >= 8


@pytest.mark.parametrize("kind", ReportKind)
def test_every_kind_has_its_word(kind: ReportKind) -> None:
    """What an officer reads is Chinese."""
    assert kind.label.isalpha()
    assert not kind.label.isascii()


def test_a_year_has_one_run_and_its_window_is_the_year() -> None:
    """自查报告: once a year, of the receipts since the one before; 29 February is the last one."""
    review = schedule("每年12月20日9时", kind=ReportKind.SELF_REVIEW)
    leap = Schedule(id="x", kind=ReportKind.STATISTICS, cadence=Yearly(2, 29), basis="x")

    run = next_run(review, beijing(1, 5, year=2019), CALENDAR)

    assert run == beijing(12, 20, 9, year=2019)
    covered = window(review, run, CALENDAR)
    assert covered == Period(beijing(12, 20, 9, year=2018), run)
    assert next_run(leap, beijing(1, 1, year=2019), CALENDAR) == beijing(2, 28, year=2019)
    assert next_run(leap, beijing(1, 1, year=2020), CALENDAR) == beijing(2, 29, year=2020)
