"""Where the rungs of a ladder stand, as written and as instants; law 11 on soft limits."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wenzheng_core.domain.calendars import Calendar
from wenzheng_core.domain.errors import LimitSyntaxError
from wenzheng_core.domain.escalation import (
    Act,
    Moment,
    Rung,
    Side,
    parse_moment,
    schedule,
    write_moment,
)
from wenzheng_core.domain.instants import at_local, end_of
from wenzheng_core.domain.limits import CalendarDays, ClockHours, WorkingDays
from wenzheng_core.domain.timelimits import deadline

ZONE = timezone(timedelta(hours=8))
DAY = timedelta(days=1)

EARLIEST, LATEST = datetime(2006, 6, 1), datetime(2026, 8, 31)  # noqa: DTZ001 - as Hypothesis asks
starts = st.datetimes(EARLIEST, LATEST, timezones=st.just(ZONE))
amounts = st.integers(1, 30)
offsets = (
    amounts.map(WorkingDays) | amounts.map(CalendarDays) | st.integers(1, 3000).map(ClockHours)
)
moments = st.sampled_from([Moment(Side.DUE), Moment(Side.DUE_DAY)]) | st.builds(
    Moment, st.sampled_from([Side.BEFORE, Side.AFTER]), offsets
)


def _rung(name: str, at: Moment, act: Act) -> Rung:
    return Rung(id=name, clock="handle", at=at, act=act, to=("liaison",), basis="选择")


LADDER = (
    _rung("red", Moment(Side.DUE), Act.RED_CARD),
    _rung("yellow", Moment(Side.DUE_DAY), Act.YELLOW_CARD),
    _rung("remind", Moment(Side.BEFORE, WorkingDays(1)), Act.REMIND),
    _rung("order", Moment(Side.AFTER, CalendarDays(5)), Act.SUPERVISION_ORDER),
)


@given(moments)
def test_moment_round_trip(moment: Moment) -> None:
    """Every moment is read back as it was written."""
    assert moment == parse_moment(write_moment(moment))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("到期前1个工作日", Moment(Side.BEFORE, WorkingDays(1))),
        ("1 working day before due", Moment(Side.BEFORE, WorkingDays(1))),
        ("到期前4小时", Moment(Side.BEFORE, ClockHours(240))),
        ("到期日零时", Moment(Side.DUE_DAY)),
        ("Due day", Moment(Side.DUE_DAY)),
        ("到期", Moment(Side.DUE)),
        ("due", Moment(Side.DUE)),
        ("逾期5日", Moment(Side.AFTER, CalendarDays(5))),
        ("超期五日", Moment(Side.AFTER, CalendarDays(5))),
        ("15 days after due", Moment(Side.AFTER, CalendarDays(15))),
    ],
)
def test_moment_as_written(text: str, moment: Moment) -> None:
    """Chinese and English forms of a moment are understood."""
    assert moment == parse_moment(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "到期前",
        "逾期×日",
        "到期前当日",
        "逾期2小时后",
        "逾期5日(顺延)",
        "到期前8个工作小时",
        "50%",
    ],
)
def test_moment_refused(text: str) -> None:
    """A moment without a number, in another unit, or one that would roll, is refused."""
    with pytest.raises(LimitSyntaxError):
        parse_moment(text)


def test_yellow_and_red_card(calendar: Calendar) -> None:
    """CS7: due on 2021-02-25, yellow that day at 0:00, red at its 24:00, Beijing time."""
    found = deadline(WorkingDays(5), datetime(2021, 2, 19, 10, tzinfo=ZONE), calendar)
    planned = schedule(LADDER, "handle", found, False, {}, calendar)

    assert [
        ("remind", datetime(2021, 2, 24, tzinfo=ZONE)),
        ("yellow", datetime(2021, 2, 25, tzinfo=ZONE)),
        ("red", datetime(2021, 2, 26, tzinfo=ZONE)),
        ("order", datetime(2021, 3, 3, tzinfo=ZONE)),
    ] == [(rung.rung, rung.at) for rung in planned]


@given(starts, amounts, amounts)
def test_moments_exactly(
    calendar: Calendar, oracle: Any, start: datetime, n: int, offset: int
) -> None:
    """Before is 0:00 of a day, after is 24:00 of one; hours count from the due instant."""
    found = deadline(WorkingDays(n), start, calendar)
    day = found.due_day
    before, left = day, offset
    while left:
        before -= DAY
        left -= oracle.worked(before)

    def at(side: Side, by: WorkingDays | CalendarDays | ClockHours) -> datetime:
        return Moment(side, by).of(found, calendar)

    assert at_local(before) == at(Side.BEFORE, WorkingDays(offset))
    assert at_local(day - offset * DAY) == at(Side.BEFORE, CalendarDays(offset))
    assert end_of(oracle.add_working(day, offset)) == at(Side.AFTER, WorkingDays(offset))
    assert end_of(day + offset * DAY) == at(Side.AFTER, CalendarDays(offset))
    for side, sign in ((Side.BEFORE, -1), (Side.AFTER, 1)):
        expected = found.due + sign * timedelta(minutes=offset)
        assert expected == at(side, ClockHours(offset))


@given(starts, amounts, moments)
def test_moments_lie_on_their_side(
    calendar: Calendar, start: datetime, n: int, moment: Moment
) -> None:
    """What stands before the due instant lies before it, what stands after lies after."""
    found = deadline(WorkingDays(n), start, calendar)
    at = moment.of(found, calendar)

    assert (moment.side in (Side.BEFORE, Side.DUE_DAY)) == (at < found.due)
    assert (moment.side is Side.AFTER) == (at > found.due)


@given(starts, amounts | st.just(1))
def test_no_rung_at_or_before_the_start(calendar: Calendar, start: datetime, n: int) -> None:
    """The plan is in order, and warns of nothing from before the clock began."""
    found = deadline(CalendarDays(n), start, calendar)
    planned = schedule(LADDER, "handle", found, False, {}, calendar)

    assert all(found.start < rung.at for rung in planned)
    assert sorted(planned, key=lambda rung: rung.at) == list(planned)
    assert {"red", "order"} <= {rung.rung for rung in planned}


def test_a_limit_of_one_day_keeps_its_rungs(calendar: Calendar) -> None:
    """One working day: the reminder would stand on the day of receipt at 0:00 and is left out."""
    found = deadline(WorkingDays(1), datetime(2021, 2, 19, 10, tzinfo=ZONE), calendar)
    planned = schedule(LADDER, "handle", found, False, {}, calendar)

    assert date(2021, 2, 20) == found.due_day
    assert [rung.rung for rung in planned] == ["yellow", "red", "order"]


@given(starts, amounts)
def test_soft_limits_get_no_red_card(calendar: Calendar, start: datetime, n: int) -> None:
    """A limit worded as an aim is warned of and measured, no more."""
    found = deadline(WorkingDays(n), start, calendar)
    planned = schedule(LADDER, "handle", found, True, {}, calendar)

    assert {"remind", "yellow"} >= {rung.rung for rung in planned}


@given(st.integers(0, 60), amounts)
def test_no_card_on_a_guess(calendar: Calendar, later: int, n: int) -> None:
    """A provisional deadline gets reminders alone until its year is arranged."""
    start = datetime(2026, 12, 20, 10, tzinfo=ZONE) + later * DAY
    found = deadline(WorkingDays(n), start, calendar)
    planned = schedule(LADDER, "handle", found, False, {}, calendar)

    if found.provisional:
        assert {"remind"} >= {rung.rung for rung in planned}
    else:
        assert "red" in {rung.rung for rung in planned}


def test_only_the_rungs_of_the_clock(calendar: Calendar) -> None:
    """Rungs of another clock, or of another kind of case, do not stand here."""
    found = deadline(WorkingDays(5), datetime(2021, 2, 19, 10, tzinfo=ZONE), calendar)
    some = Rung(
        id="grave",
        clock="handle",
        at=Moment(Side.DUE),
        act=Act.MEETING,
        to=("head",),
        basis="选择",
        conditions=({"grade": frozenset({"重大"})},),
    )

    assert schedule(LADDER, "publish", found, False, {}, calendar) == ()
    assert schedule((some,), "handle", found, False, {"grade": "一般"}, calendar) == ()
    assert len(schedule((some,), "handle", found, False, {"grade": "重大"}, calendar)) == 1
