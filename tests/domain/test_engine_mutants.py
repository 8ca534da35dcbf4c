"""The engine's arithmetic, example by example: each kills mutants of it (`make mutants`)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import attrs
import pytest

from wenzheng_core.domain.errors import (
    ArgumentError,
    LimitSyntaxError,
    LimitUseError,
    OutsideCalendarError,
    RefusedError,
)
from wenzheng_core.domain.escalation import (
    BY_HAND,
    Act,
    Moment,
    Rung,
    Side,
    parse_moment,
    schedule,
    write_moment,
)
from wenzheng_core.domain.instants import local_day
from wenzheng_core.domain.limits import (
    CalendarDays,
    ClockHours,
    CommittedDate,
    Limit,
    SameDay,
    WorkingDays,
    WorkingHours,
)
from wenzheng_core.domain.tables import (
    MOST_CELLS,
    Candidate,
    Column,
    Row,
    Table,
    Verdict,
    complete,
)
from wenzheng_core.domain.timelimits import (
    Counting,
    Deadline,
    Interval,
    Remaining,
    TimeRules,
    count_days,
    deadline,
    is_overdue,
    latest_before,
    paused_days,
    remaining,
    require_same_unit,
    start_day,
    union,
)
from wenzheng_core.testing.builders import beijing, sample_calendar

# 2025-03-03 is a Monday; 04-27 (Sunday) is worked, 05-01 to 05-05 are off; 2026 is only expected.
CALENDAR = sample_calendar()
PLAIN = TimeRules()
CLOSING = TimeRules(day_end=time(17, 30))
OFFICE = TimeRules(office_hours=((time(9), time(12)), (time(14), time(18))))
CIVIL, PROCEDURE = TimeRules(counting=Counting.CIVIL), TimeRules(counting=Counting.PROCEDURE)


def due(limit: Limit, start: datetime, rules: TimeRules = PLAIN, *pauses: Interval) -> datetime:
    """The due instant by the sample calendar."""
    return deadline(limit, start, CALENDAR, rules, pauses).due


def extended(limit: Limit, start: datetime, *more: Limit, rules: TimeRules = PLAIN) -> datetime:
    """The due instant with extensions."""
    return deadline(limit, start, CALENDAR, rules, extensions=more).due


# --- timelimits: rules ----------------------------------------------------------------------------


def test_the_named_rules_of_counting() -> None:
    """Each has its Chinese name, says whether days roll and whether the first hour is counted."""
    told = [(TimeRules(counting=x).rolls, TimeRules(counting=x).from_full_hour) for x in Counting]
    assert told == [(False, False), (True, False), (True, True)]
    assert [x.label for x in Counting] == ["内部办理时限", "民法典", "民事诉讼法"]


@pytest.mark.parametrize(
    "hours",
    [((time(9), time(9)),), ((time(12), time(9)),), ((time(9), time(13)), (time(12), time(18)))],
)
def test_office_hours_that_are_refused(hours: Any) -> None:
    """No hours at all, hours backwards, hours that overlap."""
    with pytest.raises(LimitUseError, match="办公时间"):
        TimeRules(office_hours=hours)


def test_office_hours_may_touch() -> None:
    """From nine to twelve and from twelve on is a whole day without lunch."""
    whole = TimeRules(office_hours=((time(9), time(12)), (time(12), time(18))))
    assert due(WorkingHours(240), beijing(3, 3, 9), whole) == beijing(3, 3, 13)


# --- timelimits: a deadline -----------------------------------------------------------------------


def test_a_deadline_says_its_last_day_and_whether_it_is_certain() -> None:
    """The due instant is the exclusive end of the last day; what awaits a year is provisional."""
    sure = deadline(WorkingDays(5), beijing(3, 3, 10), CALENDAR)
    assert (sure.due_day, sure.provisional, sure.not_before) == (date(2025, 3, 10), False, None)
    guess = deadline(WorkingDays(5), beijing(12, 30, 10), CALENDAR)
    assert (guess.due_day, guess.provisional, guess.awaits) == (date(2026, 1, 7), True, 2026)
    assert guess.not_before == beijing(1, 5, year=2026)


def test_the_first_day_that_is_not_settled_is_provisional() -> None:
    """A limit that ends on 2025-12-31 is certain, one that ends on the next day is not."""
    ends = [deadline(CalendarDays(n, roll=True), beijing(12, 30), CALENDAR) for n in (1, 2)]
    assert [x.provisional for x in ends] == [False, True]
    assert not deadline(CalendarDays(2), beijing(12, 30), CALENDAR).provisional
    assert deadline(CalendarDays(2), beijing(12, 30), CALENDAR, CIVIL).provisional
    assert deadline(WorkingHours(900), beijing(12, 31, 9), CALENDAR, OFFICE).provisional
    assert not deadline(ClockHours(9000), beijing(12, 30), CALENDAR, CIVIL).provisional


def test_an_extension_alone_can_ask_the_calendar() -> None:
    """The limit itself does not roll, its extension does."""
    more = (CalendarDays(1, roll=True),)
    assert deadline(CalendarDays(2), beijing(12, 30), CALENDAR, extensions=more).provisional


def test_the_very_first_open_day_is_provisional() -> None:
    """A limit that rolls, extended by a day that does not, ends on New Year's Day itself."""
    limit, more = CalendarDays(1, roll=True), (CalendarDays(1),)
    ends = deadline(limit, beijing(12, 30), CALENDAR, extensions=more)
    assert (ends.due_day, ends.provisional) == (date(2026, 1, 1), True)


def test_a_cut_leaves_alone_what_ends_in_time() -> None:
    """At the due instant or after it nothing is cut: the very same deadline comes back."""
    whole = deadline(WorkingDays(5), beijing(12, 30, 10), CALENDAR)
    assert whole.cut(whole.due) is whole
    assert whole.cut(whole.due + timedelta(hours=1)) is whole
    sure = attrs.evolve(whole, not_before=whole.due)
    assert sure.cut(sure.due) is sure


def test_a_cut_below_the_earliest_end_makes_certain() -> None:
    """Whatever is arranged, the limit ends later: at the bound itself too, not one hour above."""
    whole = deadline(WorkingDays(5), beijing(12, 30, 10), CALENDAR)
    bound = whole.not_before
    assert bound is not None
    for latest in (bound, bound - timedelta(hours=1)):
        assert whole.cut(latest) == attrs.evolve(whole, due=latest, not_before=None, awaits=None)
    above = bound + timedelta(hours=1)
    assert whole.cut(above) == attrs.evolve(whole, due=above)
    sure = deadline(WorkingDays(5), beijing(3, 3, 10), CALENDAR)
    assert sure.cut(beijing(3, 5)) == attrs.evolve(sure, due=beijing(3, 5))


def test_past_the_years_that_python_knows() -> None:
    """The refusal names the calendar, not an overflow."""
    with pytest.raises(OutsideCalendarError, match="sample"):
        due(CommittedDate(date.max), beijing(3, 3))


# --- timelimits: units and pauses -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "more", "said"),
    [
        (SameDay(), SameDay(), "当日"),
        (WorkingDays(5), CalendarDays(5), "5个工作日.*5日"),
        (ClockHours(60), WorkingHours(60), "同一单位"),
    ],
)
def test_an_extension_in_another_unit_is_refused(limit: Limit, more: Limit, said: str) -> None:
    """Alone and as part of a deadline, whichever extension it is."""
    with pytest.raises(LimitUseError, match=said):
        require_same_unit(limit, more)
    with pytest.raises(LimitUseError, match=said):
        extended(limit, beijing(3, 3, 10), limit, more)


def test_pauses_are_joined_where_they_touch() -> None:
    """Empty and reversed ones vanish; each joins the last one before it, whichever that is."""
    day = {n: beijing(3, n) for n in range(1, 31)}
    given = [(20, 25), (9, 9), (1, 3), (21, 22), (24, 26), (26, 27), (5, 6), (10, 12), (8, 4)]
    joined = union(Interval(day[a], day[b]) for a, b in given)
    assert joined == tuple(
        Interval(day[a], day[b]) for a, b in ((1, 3), (5, 6), (10, 12), (20, 27))
    )


@pytest.mark.parametrize(
    ("rules", "first", "until", "days"),
    [
        (PLAIN, beijing(3, 3, 10), beijing(3, 5, 10), (date(2025, 3, 3), date(2025, 3, 4))),
        (PLAIN, beijing(3, 3, 10), beijing(3, 3, 11), (date(2025, 3, 3), date(2025, 3, 2))),
        (PLAIN, beijing(3, 3), beijing(3, 4), (date(2025, 3, 3), date(2025, 3, 3))),
        (CLOSING, beijing(3, 3, 17, 30), beijing(3, 5, 18), (date(2025, 3, 4), date(2025, 3, 5))),
        (CLOSING, beijing(3, 3, 17, 29), beijing(3, 5, 17), (date(2025, 3, 3), date(2025, 3, 4))),
    ],
)
def test_the_days_that_a_pause_takes_out(
    rules: TimeRules, first: datetime, until: datetime, days: tuple[date, date]
) -> None:
    """Those whose end, at 24:00 or at the close of business, it covers."""
    assert paused_days(Interval(first, until), rules) == days


# --- timelimits: where the count begins -----------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "start", "day"),
    [
        (WorkingDays(1), beijing(3, 7, 17, 29), 7),
        (WorkingDays(1), beijing(3, 7, 17, 30), 10),
        (WorkingDays(1), beijing(3, 7, 20), 10),
        (WorkingDays(1), beijing(3, 8, 9), 10),
        (WorkingDays(1), beijing(3, 8, 20), 10),
        (CalendarDays(1), beijing(3, 7, 17, 29), 7),
        (CalendarDays(1), beijing(3, 7, 17, 30), 8),
        (CalendarDays(1), beijing(3, 7, 20), 8),
        (CalendarDays(1), beijing(3, 8, 9), 8),
    ],
)
def test_the_day_of_receipt_after_a_cutoff(limit: Limit, start: datetime, day: int) -> None:
    """From the cut-off on it is the next day, for working days the next working day."""
    rules = TimeRules(cutoff=time(17, 30))
    assert start_day(limit, start, CALENDAR, rules) == date(2025, 3, day)
    assert start_day(limit, start, CALENDAR, PLAIN) == local_day(start)


# --- timelimits: legs in days ---------------------------------------------------------------------


def test_what_comes_after_the_close_of_business_ends_the_next_day() -> None:
    """当日 at the close itself or later: a limit cannot end before it began."""
    ends = [due(SameDay(), beijing(3, 3, *at), CLOSING) for at in ((17, 29), (17, 30), (20, 0))]
    assert ends == [beijing(3, n, 17, 30) for n in (3, 4, 4)]


def test_a_committed_date_lies_after_the_start() -> None:
    """Its end may not be the instant from which it is counted, nor lie before it."""
    promised = CommittedDate(date(2025, 3, 5))
    assert due(promised, beijing(3, 5, 23)) == beijing(3, 6)
    for start in (beijing(3, 6), beijing(3, 7)):
        with pytest.raises(LimitUseError, match="起算"):
            due(promised, start)
    assert extended(promised, beijing(3, 3), CommittedDate(date(2025, 3, 6))) == beijing(3, 7)
    for day in (4, 5):
        with pytest.raises(LimitUseError, match="延期后"):
            extended(promised, beijing(3, 3), CommittedDate(date(2025, 3, day)))


def test_days_and_their_extensions() -> None:
    """An extension counts from the last day of what it extends, cut-off or none."""
    rules = TimeRules(cutoff=time(0, 1))
    assert extended(CalendarDays(3), beijing(3, 3), CalendarDays(2)) == beijing(3, 9)
    assert extended(CalendarDays(3), beijing(3, 3, 9), CalendarDays(2), rules=rules) == beijing(
        3, 10
    )
    assert extended(WorkingDays(3), beijing(3, 3), WorkingDays(2)) == beijing(3, 11)


def test_a_last_day_rolls_by_the_limit_or_by_the_rule() -> None:
    """1 May gives way to the 6th if either says so; else it stands."""
    start = beijing(4, 28, 10)
    assert due(CalendarDays(3), start) == beijing(5, 2)
    assert due(CalendarDays(3, roll=True), start) == beijing(5, 7)
    assert due(CalendarDays(3), start, CIVIL) == beijing(5, 7)
    assert due(SameDay(), beijing(5, 1, 10), CIVIL) == beijing(5, 2)


def test_what_is_no_limit_is_refused() -> None:
    """With an example of what is one."""
    with pytest.raises(ArgumentError, match="WorkingDays"):
        due("5个工作日", beijing(3, 3))  # type: ignore[arg-type]


def test_a_pause_takes_out_the_days_that_it_meets() -> None:
    """Before the start, over the start, within, twice, and just after the last day."""
    start = beijing(3, 3, 10)
    two = (Interval(beijing(3, 4, 12), beijing(3, 6, 12)), Interval(beijing(3, 7), beijing(3, 8)))
    assert due(CalendarDays(3), start, PLAIN, *two) == beijing(3, 10)
    assert due(WorkingDays(3), start, PLAIN, *two) == beijing(3, 12)
    before = Interval(beijing(2, 3), beijing(2, 5))
    across = Interval(beijing(3, 1), beijing(3, 5, 12))
    for limit, plain in ((CalendarDays(3), 7), (WorkingDays(3), 7)):
        assert due(limit, start, PLAIN, before) == beijing(3, plain)
    assert due(CalendarDays(3), start, PLAIN, across) == beijing(3, 8)
    assert due(WorkingDays(3), start, PLAIN, across) == beijing(3, 8)
    after = Interval(beijing(3, 4, 12), beijing(3, 5, 12))
    assert due(CalendarDays(1), start, PLAIN, Interval(beijing(3, 5), beijing(3, 6))) == beijing(
        3, 5
    )
    assert due(WorkingDays(1), start, PLAIN, Interval(beijing(3, 5), beijing(3, 6))) == beijing(
        3, 5
    )
    assert due(CalendarDays(1), start, PLAIN, after) == beijing(3, 6)


def test_a_pause_of_more_than_a_year() -> None:
    """As many days are taken out as it holds, however many."""
    pause = Interval(beijing(1, 3, 12), beijing(6, 1, 12, year=2026))
    assert due(CalendarDays(3), beijing(1, 2), PLAIN, pause) == beijing(6, 4, year=2026)
    worked = CALENDAR.count_working_days(date(2025, 1, 2), date(2026, 5, 31))
    assert worked > 256
    assert due(WorkingDays(3), beijing(1, 2), PLAIN, pause) == beijing(6, 4, year=2026)


def test_a_last_day_neither_off_nor_paused() -> None:
    """Rolling goes on over a pause; 当日 waits for the pause and heeds no weekend."""
    pause = Interval(beijing(5, 6, 9), beijing(5, 8, 9))
    assert due(CalendarDays(3, roll=True), beijing(4, 28, 10), PLAIN, pause) == beijing(5, 9)
    assert due(SameDay(), beijing(5, 6, 8), PLAIN, pause) == beijing(5, 9)
    friday = Interval(beijing(3, 7, 9), beijing(3, 8, 9))
    assert due(SameDay(), beijing(3, 7, 8), PLAIN, friday) == beijing(3, 9)
    # Rolled over Friday's pause to a Saturday, and on to Monday.
    assert due(CalendarDays(3, roll=True), beijing(3, 4), PLAIN, friday) == beijing(3, 11)


# --- timelimits: legs in hours --------------------------------------------------------------------


def test_only_procedure_leaves_out_the_hour_in_which_it_begins() -> None:
    """And of an extension not even that: it goes on from where the limit ended."""
    start = beijing(3, 3, 9, 20)
    assert [due(ClockHours(60), start, rules) for rules in (PLAIN, CIVIL, PROCEDURE)] == [
        beijing(3, 3, 10, 20),
        beijing(3, 3, 10, 20),
        beijing(3, 3, 11),
    ]
    for rules, hour, minute in ((PLAIN, 11, 20), (PROCEDURE, 12, 0)):
        last = extended(ClockHours(60), start, ClockHours(60), rules=rules)
        assert last == beijing(3, 3, hour, minute)


@pytest.mark.parametrize(
    ("pauses", "hour", "minute"),
    [
        ([], 12, 0),
        ([(7, 8)], 12, 0),
        ([(8, 9)], 12, 0),
        ([(8, 10)], 13, 0),
        ([(7, 8), (10, 11)], 13, 0),
        ([(11, 12)], 13, 0),
        ([(12, 14)], 12, 0),
        ([(13, 14)], 12, 0),
        ([(10, 11), (12, 13)], 14, 0),
        ([(10, 11), (13, 14), (15, 16)], 13, 0),
    ],
)
def test_hours_stand_still_in_a_pause(
    pauses: list[tuple[int, int]], hour: int, minute: int
) -> None:
    """Three hours from nine: only what of a pause lies between start and end lengthens them."""
    stops = [Interval(beijing(3, 3, a), beijing(3, 3, b)) for a, b in pauses]
    assert due(ClockHours(180), beijing(3, 3, 9), PLAIN, *stops) == beijing(3, 3, hour, minute)


@pytest.mark.parametrize(
    ("minutes", "start", "pauses", "ends"),
    [
        (180, beijing(3, 3, 9), [], beijing(3, 3, 12)),
        (181, beijing(3, 3, 9), [], beijing(3, 3, 14, 1)),
        (60, beijing(3, 3, 7), [], beijing(3, 3, 10)),
        (60, beijing(3, 3, 13), [], beijing(3, 3, 15)),
        (60, beijing(3, 3, 12), [], beijing(3, 3, 15)),
        (120, beijing(3, 7, 17), [], beijing(3, 10, 10)),
        (60, beijing(3, 8, 10), [], beijing(3, 10, 10)),
        (60, beijing(3, 3, 9), [(8, 9)], beijing(3, 3, 10)),
        (60, beijing(3, 3, 9), [(8, 10)], beijing(3, 3, 11)),
        (120, beijing(3, 3, 9), [(10, 11)], beijing(3, 3, 12)),
        (240, beijing(3, 3, 9), [(12, 13)], beijing(3, 3, 15)),
        (240, beijing(3, 3, 9), [(13, 14)], beijing(3, 3, 15)),
        (240, beijing(3, 3, 9), [(11, 15)], beijing(3, 3, 17)),
        (120, beijing(3, 3, 9), [(9, 10), (11, 12)], beijing(3, 3, 15)),
        (180, beijing(3, 3, 9), [(6, 7), (13, 14), (18, 19)], beijing(3, 3, 12)),
        (30, beijing(3, 3, 9), [(10, 11)], beijing(3, 3, 9, 30)),
    ],
)
def test_office_time_runs_while_the_office_is_open(
    minutes: int, start: datetime, pauses: list[tuple[int, int]], ends: datetime
) -> None:
    """Nine to twelve and two to six on working days, pauses taken out."""
    stops = [Interval(beijing(3, 3, a), beijing(3, 3, b)) for a, b in pauses]
    assert due(WorkingHours(minutes), start, OFFICE, *stops) == ends


def test_office_time_needs_office_hours() -> None:
    """A policy without them cannot count it."""
    with pytest.raises(LimitUseError, match="office_hours"):
        due(WorkingHours(60), beijing(3, 3, 9))


# --- timelimits: what is left ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("leaving", "latest"),
    [
        (None, beijing(3, 11)),
        (ClockHours(90), beijing(3, 10, 22, 30)),
        (CalendarDays(3), beijing(3, 8)),
        (WorkingDays(1), beijing(3, 8)),
        (WorkingDays(3), beijing(3, 6)),
    ],
)
def test_the_latest_instant_that_leaves_so_much(leaving: Limit, latest: datetime) -> None:
    """Of a limit that ends with 10 March; working days are left after a working day."""
    assert latest_before(beijing(3, 11), leaving, CALENDAR) == latest


def test_what_must_be_left_by_the_close_of_business() -> None:
    """The day ends with it."""
    for leaving in (CalendarDays(3), WorkingDays(1)):
        assert latest_before(beijing(3, 11), leaving, CALENDAR, CLOSING) == beijing(3, 7, 17, 30)


def test_working_days_that_no_arrangement_settles_cannot_be_left() -> None:
    """Up to the end of 2025 they can, from the first day of 2026 on they cannot."""
    ends = [beijing(1, n, year=2026) for n in (1, 2, 3)]
    assert [latest_before(x, WorkingDays(1), CALENDAR) for x in ends] == [
        beijing(12, 31),
        None,
        None,
    ]
    with pytest.raises(LimitUseError, match="留出"):
        latest_before(beijing(3, 11), SameDay(), CALENDAR)


def test_the_due_instant_is_overdue() -> None:
    """A second before it is not, a second after it is."""
    second = timedelta(seconds=1)
    at = beijing(3, 11)
    assert [is_overdue(at, now) for now in (at - second, at, at + second)] == [False, True, True]


def test_what_is_left_in_words() -> None:
    """Of a day to come, of this day, of days past, of an hour just past."""
    told = [str(Remaining(n, "日", over)) for n, over in ((3, False), (0, False), (-2, True))]
    assert told == ["还有3日", "今日到期", "已超期2日"]
    assert str(Remaining(0, "分钟", True)) == "已超期"


@pytest.mark.parametrize(
    ("limit", "now", "left"),
    [
        (ClockHours(60), beijing(3, 3, 9, 30), (30, "分钟", False)),
        (ClockHours(60), beijing(3, 3, 9, 30) + timedelta(seconds=1), (30, "分钟", False)),
        (ClockHours(60), beijing(3, 3, 10, 5), (-5, "分钟", True)),
        (WorkingHours(240), beijing(3, 3, 9), (240, "工作分钟", False)),
        (WorkingHours(240), beijing(3, 3, 13), (60, "工作分钟", False)),
        (WorkingHours(240), beijing(3, 3, 15), (0, "工作分钟", True)),
        (WorkingHours(240), beijing(3, 4, 8), (-180, "工作分钟", True)),
        (WorkingHours(240), beijing(3, 8, 10), (-1860, "工作分钟", True)),
        (WorkingDays(5), beijing(3, 6, 9), (2, "个工作日", False)),
        (WorkingDays(5), beijing(3, 12, 9), (-2, "个工作日", True)),
        (CalendarDays(5), beijing(3, 6, 9), (2, "日", False)),
        (CalendarDays(5), beijing(3, 10, 9), (-2, "日", True)),
    ],
)
def test_what_is_left_in_the_unit_of_the_limit(
    limit: Limit, now: datetime, left: tuple[int, str, bool]
) -> None:
    """Counted from Monday nine o'clock; negative once it is over."""
    ends = deadline(limit, beijing(3, 3, 9), CALENDAR, OFFICE)
    assert attrs.astuple(remaining(ends, now, CALENDAR, OFFICE)) == left


def test_office_time_up_to_the_last_midnight_of_the_calendar() -> None:
    """The day that begins there is not asked for."""
    ends = deadline(WorkingHours(60), beijing(12, 31, 9, year=2026), CALENDAR, OFFICE)
    midnight = beijing(1, 1, year=2027)
    assert remaining(ends, midnight, CALENDAR, OFFICE).amount == -360


def test_days_between_two_days() -> None:
    """The first is not counted, the last is."""
    assert count_days(date(2025, 3, 7), date(2025, 3, 11), CALENDAR) == (2, 4)


# --- escalation -----------------------------------------------------------------------------------


def test_what_an_act_is() -> None:
    """Its word, whether it reproaches, and whether a limit that is an aim is spared it."""
    assert (Act.YELLOW_CARD.label, Act.TALK.label) == ("黄牌", "约谈")
    assert {act for act in Act if act.sanction is False} == {Act.GROUP_NOTICE, Act.REMIND}
    assert {act for act in Act if act.spares_soft_limits is False} == {
        Act.GROUP_NOTICE,
        Act.REMIND,
        Act.YELLOW_CARD,
    }


def test_what_is_done_by_hand() -> None:
    """All but reminders and cards, which follow from a clock, and commands of their own."""
    not_by_hand = {"remind", "yellow_card", "red_card", "chase", "supervision_order"}
    assert {str(act) for act in BY_HAND} == {str(act) for act in Act} - not_by_hand


MOMENTS = [
    ("到期前1个工作日", Moment(Side.BEFORE, WorkingDays(1)), beijing(3, 7)),
    ("到期前3日", Moment(Side.BEFORE, CalendarDays(3)), beijing(3, 7)),
    ("到期前2小时", Moment(Side.BEFORE, ClockHours(120)), beijing(3, 10, 22)),
    ("到期日零时", Moment(Side.DUE_DAY), beijing(3, 10)),
    ("到期", Moment(Side.DUE), beijing(3, 11)),
    ("逾期5个工作日", Moment(Side.AFTER, WorkingDays(5)), beijing(3, 18)),
    ("逾期5日", Moment(Side.AFTER, CalendarDays(5)), beijing(3, 16)),
    ("逾期2小时", Moment(Side.AFTER, ClockHours(120)), beijing(3, 11, 2)),
]


@pytest.mark.parametrize(("text", "moment", "at"), MOMENTS)
def test_where_a_rung_stands(text: str, moment: Moment, at: datetime) -> None:
    """As written, as read, and as an instant of a limit that ends with 10 March."""
    assert (write_moment(moment), parse_moment(text)) == (text, moment)
    assert moment.of(deadline(WorkingDays(5), beijing(3, 3, 10), CALENDAR), CALENDAR) == at


def test_moments_in_english_and_without_an_offset() -> None:
    """A moment before the due day that names no length is the due day itself."""
    assert parse_moment("2 working days before due") == Moment(Side.BEFORE, WorkingDays(2))
    assert parse_moment(" 3 days after due") == Moment(Side.AFTER, CalendarDays(3))
    assert parse_moment("Due Day") == Moment(Side.DUE_DAY)
    assert write_moment(Moment(Side.BEFORE)) == "到期日零时"
    assert write_moment(Moment(Side.DUE_DAY, WorkingDays(1))) == "到期日零时"


@pytest.mark.parametrize("text", ["到期前5日(遇节假日顺延)", "逾期当日", "到期前16个工作小时"])
def test_an_offset_that_no_rung_can_have(text: str) -> None:
    """It does not roll, and is in days, working days or hours."""
    with pytest.raises(LimitSyntaxError, match="可写作"):
        parse_moment(text)


def rung(name: str, at: str, act: Act = Act.REMIND, **more: Any) -> Rung:
    """A rung of the clock ``handle``."""
    given = {"clock": "handle", "to": ("liaison",), "basis": "样例", **more}
    return Rung(id=name, at=parse_moment(at), act=act, **given)


def planned(ends: Deadline, *rungs: Rung, soft: bool = False, **facts: str) -> list[str]:
    """The ids of the rungs that are scheduled, in order."""
    return [x.rung for x in schedule(rungs, "handle", ends, soft, facts, CALENDAR)]


def test_a_rung_is_written_by_names() -> None:
    """So that no two of its many words are mistaken for one another."""
    words = ("x", "handle", Moment(Side.DUE), Act.REMIND, ("liaison",), "样例")
    with pytest.raises(TypeError):
        Rung(*words)  # type: ignore[misc]


def test_the_rungs_that_stand_for_a_case() -> None:
    """Those of its clock and its facts, after the start, in the order of their instants."""
    ends = deadline(WorkingDays(1), beijing(3, 7), CALENDAR)
    rungs = (
        rung("other", "到期", clock="reply"),
        rung("another", "到期", clock="answer"),
        rung("elsewhere", "到期", conditions=({"grade": frozenset({"复杂"})},)),
        rung("before", "到期前2个工作日"),
        rung("at the start", "到期前1个工作日"),
        rung("late", "逾期1日"),
        rung("due", "到期", clock="".join(("han", "dle"))),
        rung("here", "到期日零时", conditions=({"grade": frozenset({"一般"})},)),
    )
    assert planned(ends, *rungs, grade="一般") == ["here", "due", "late"]


def test_a_soft_limit_and_a_guess_spare_those_who_are_late() -> None:
    """An aim gets no red card, a provisional deadline nothing that reproaches."""
    rungs = (
        rung("red", "到期", Act.RED_CARD),
        rung("yellow", "到期日零时", Act.YELLOW_CARD),
        rung("remind", "到期前1日"),
    )
    sure = deadline(WorkingDays(5), beijing(3, 3, 10), CALENDAR)
    guess = deadline(WorkingDays(5), beijing(12, 30, 10), CALENDAR)
    assert planned(sure, *rungs) == ["remind", "yellow", "red"]
    assert planned(sure, *rungs, soft=True) == ["remind", "yellow"]
    assert planned(guess, *rungs) == planned(guess, *rungs, soft=True) == ["remind"]


# --- tables ---------------------------------------------------------------------------------------

KIND = Column("kind", ("咨询", "投诉"), "类别", aliases={"问": "咨询"})
GRADE = Column("grade", ("一般", "复杂"), default="一般")
AREA = Column("area", ("东", "西", "南"))


def only(**cells: str) -> dict[str, frozenset[str]]:
    """A condition from words with spaces between the values."""
    return {name: frozenset(values.split()) for name, values in cells.items()}


ASK, HARD, MOAN = (
    Row("ask", 5, (only(kind="咨询"),)),
    Row("hard", 20, (only(grade="复杂", kind="投诉"),), ("moan",)),
    Row("moan", 10, (only(kind="投诉"),)),
)
TABLE = Table((KIND, GRADE, AREA), (ASK, HARD, MOAN))


def test_a_table_is_walked_by_the_columns_that_it_looks_at() -> None:
    """The area makes no difference and is left out of the cells."""
    cells = list(TABLE.cells())
    assert cells == [{"kind": k, "grade": g} for k in KIND.values for g in GRADE.values]
    assert (TABLE.size, MOST_CELLS) == (4, 100_000)


def test_each_row_of_a_decision_says_how_it_fared() -> None:
    """The winner; who gives way and to whom; who does not match, and for which fact."""
    choice = TABLE.decide({"kind": "投诉", "grade": "复杂"})
    assert (choice.row, choice.value) == ("hard", 20)
    assert choice.candidates == (
        Candidate("ask", Verdict.UNMATCHED, "类别为「投诉」,须为「咨询」"),
        Candidate("hard", Verdict.WON),
        Candidate("moan", Verdict.OVERRIDDEN, "被「hard」取代"),
    )
    plain = TABLE.decide({"kind": "投诉"}).candidates[1]
    assert plain == Candidate("hard", Verdict.UNMATCHED, "grade为「未定」,须为「复杂」")
    assert [x.label for x in Verdict] == ["适用", "让位", "不适用"]


def test_it_is_a_matching_row_that_another_gives_way_to() -> None:
    """A row that overrides the loser but does not match, or matches but does not, is not named."""
    rows = (
        Row("absent", 1, (only(kind="咨询", grade="复杂"),), ("loser",)),
        Row("bystander", 2, (only(kind="投诉"),)),
        Row("winner", 3, (only(kind="投诉"),), ("loser", "bystander")),
        Row("loser", 4),
    )
    choice = Table((KIND, GRADE), rows).decide({"kind": "投诉", "grade": "复杂"})
    assert [x.why for x in choice.candidates][1:] == ["被「winner」取代", "", "被「winner」取代"]


def test_a_row_alone_in_its_cell_wins_it_whatever_it_overrides() -> None:
    """Even itself: who stands alone has nobody to give way to."""
    assert Table((KIND,), (Row("r", 1, overrides=("r",)),)).decide({}).row == "r"


def test_without_a_single_winner_nothing_is_decided() -> None:
    """The facts are shown, or that there are none."""
    with pytest.raises(RefusedError, match="事实:无"):
        TABLE.decide({})
    with pytest.raises(RefusedError, match="kind=投诉、grade=复杂"):
        Table(TABLE.columns, (MOAN, attrs.evolve(HARD, overrides=()))).decide(
            {"kind": "投诉", "grade": "复杂"}
        )


def test_faults_of_a_table_cell_by_cell() -> None:
    """A gap, an overlap of two and of three, and a row that never wins."""
    three = tuple(Row(name, 1, (only(grade="复杂"),)) for name in ("a", "b", "c"))
    one, dead = Row("one", 1, (only(grade="一般", kind="咨询"),), ("dead",)), Row("dead", 1)
    gaps, overlaps, never = Table((KIND, GRADE), (*three, one)).faults()
    assert [(x.cell, x.rows) for x in gaps] == [({"kind": "投诉", "grade": "一般"}, ())]
    assert [x.rows for x in overlaps] == [("a", "b", "c")] * 2
    assert never == []
    assert Table((KIND,), (Row("r", 1, overrides=("dead",)), dead)).faults() == ([], [], ["dead"])
    _, (overlap, _), _ = Table((GRADE,), (Row("x", 1), Row("y", 2), three[0])).faults()
    assert overlap.rows == ("x", "y")


def test_the_rows_that_win_where_a_condition_may_hold() -> None:
    """A column that no cell has may hold anything; a cell that nobody wins alone counts not."""
    assert TABLE.winners_with((only(kind="投诉"),)) == (MOAN, HARD)
    assert TABLE.winners_with((only(area="东", kind="咨询"),)) == (ASK,)
    assert TABLE.winners_with((only(kind="咨询"), only(grade="复杂"))) == (ASK, HARD)
    assert TABLE.winners_with(()) == ()
    faulty = Table(TABLE.columns, (ASK, attrs.evolve(HARD, overrides=()), MOAN))
    assert faulty.winners_with(({},)) == (ASK, MOAN)
    assert Table((KIND,), (ASK,)).winners_with(({},)) == (ASK,)


def test_the_reason_is_the_first_condition_that_fails() -> None:
    """Facts that hold are passed over."""
    row = Row("r", 1, (only(kind="投诉", area="东 西"), only(kind="咨询", grade="复杂")))
    choice = Table(TABLE.columns, (row, Row("rest", 2))).decide({"kind": "投诉", "area": "南"})
    assert choice.candidates[0].why == "area为「南」,须为「东、西」"


def test_facts_in_the_policys_own_words() -> None:
    """Aliases and defaults are filled in; what nobody can know is absent."""
    assert complete((KIND, GRADE, AREA), {"kind": "问"}) == {"kind": "咨询", "grade": "一般"}
    assert complete((GRADE, AREA), {"area": "西", "grade": "复杂"}) == {
        "area": "西",
        "grade": "复杂",
    }
    with pytest.raises(RefusedError, match="现有:kind、grade"):
        complete((KIND, GRADE), {"area": "西"})
    with pytest.raises(RefusedError, match="现有:无"):
        complete((), {"area": "西"})
    with pytest.raises(RefusedError, match="「类别」没有「骂」"):
        complete((KIND,), {"kind": "骂"})
    with pytest.raises(RefusedError, match="「area」没有「北」"):
        complete((AREA,), {"area": "北"})
