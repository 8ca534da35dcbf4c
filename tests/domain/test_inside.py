"""A unit's limit that must end before the citizen's does: cut to fit, and told."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import attrs
import pytest

from wenzheng_core.domain import commands as c
from wenzheng_core.domain import events as e
from wenzheng_core.domain.actors import SYSTEM
from wenzheng_core.domain.calendars import build_calendar
from wenzheng_core.domain.cases import Clock
from wenzheng_core.domain.clockrules import ClockRule, Promise
from wenzheng_core.domain.drafts import Rules
from wenzheng_core.domain.errors import LimitUseError
from wenzheng_core.domain.escalation import Act
from wenzheng_core.domain.limits import (
    CalendarDays,
    ClockHours,
    Limit,
    SameDay,
    WorkingDays,
)
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.domain.provisions import ExtensionRule, PauseReason
from wenzheng_core.domain.reasons import reason
from wenzheng_core.domain.tables import Column
from wenzheng_core.domain.timelimits import TimeRules, latest_before
from wenzheng_core.testing.builders import (
    CLERK,
    HOUSING,
    START,
    Walk,
    beijing,
    sample_calendar,
    sample_clock,
    sample_row,
    sample_rules_with,
    sample_rung,
)

M = Milestone
ONE_DAY = CalendarDays(1)
KINDS = ("咨询", "民生", "复杂")


def when(kind: str) -> dict[str, frozenset[str]]:
    """The condition of one kind."""
    return {"kind": frozenset({kind})}


def unit_clock(
    within: Limit | None = CalendarDays(7), leaving: Limit | None = ONE_DAY
) -> ClockRule:
    """The unit's week, inside the citizen's limit (after 吕梁)."""
    rule = sample_clock("handle", M.ASSIGNED, M.REPORTED, sample_row("all", within), unit=True)
    return attrs.evolve(rule, inside="reply", leaving=leaving)


def lvliang(unit: ClockRule | None = None, **more: Any) -> Rules:
    """咨询3日, 民生7日, 复杂15日 for the citizen; a week for the unit, a day of it for the office."""
    reply = sample_clock(
        "reply",
        M.RECEIVED,
        M.PUBLISHED,
        sample_row("ask", CalendarDays(3), when("咨询")),
        sample_row("life", CalendarDays(7), when("民生")),
        sample_row("complex", CalendarDays(15), when("复杂")),
    )
    fields = {
        # The unit's clock stands first in the file: the case's is nevertheless counted first.
        "clocks": (unit or unit_clock(), attrs.evolve(reply, title="公开回复")),
        "columns": (Column("kind", KINDS, "类别", default="咨询"),),
        "rungs": (),
        "extensions": (
            ExtensionRule(
                clock="reply", times=1, at_most=CalendarDays(5), approver="office", basis="样例"
            ),
            ExtensionRule(
                clock="handle", times=1, at_most=CalendarDays(5), approver="office", basis="样例"
            ),
        ),
    }
    return sample_rules_with(**(fields | more))


def assigned(rules: Rules | None = None, kind: str = "咨询", at: datetime = START) -> Walk:
    """A case of the kind, assigned to the housing office in the hours after its receipt."""
    walk = Walk(rules or lvliang(), at=at, facts={"kind": kind})
    walk.do(c.Accept(), CLERK)
    walk.do(c.Assign(lead="housing"), CLERK)
    return walk


def clock(walk: Walk, name: str = "handle") -> Clock:
    """The latest start of a clock."""
    found = walk.case.clock(name)
    assert found is not None
    return found


def moved(events: tuple[e.Event, ...]) -> list[tuple[str, str, datetime | None]]:
    """Which clocks moved, why and to when."""
    return [(x.clock, x.cause, x.due) for x in events if isinstance(x, e.ClockMoved)]


def grade(walk: Walk, kind: str, at: datetime | None = None) -> tuple[e.Event, ...]:
    """The events of another kind."""
    return walk.do(c.Classify(facts={"kind": kind}, reason="复核"), CLERK, at)


# --- The cut -------------------------------------------------------------------------------------


def test_a_units_week_is_cut_to_fit_a_question() -> None:
    """LL7: 咨询 in 3 days, received on the 3rd: the unit has till the end of the 5th, day 2."""
    walk = assigned()
    assert clock(walk, "reply").due == beijing(3, 7)
    cut = clock(walk)
    assert (cut.due, cut.cut_by, cut.cut_from) == (beijing(3, 6), "reply", beijing(3, 11))
    walk.tick(beijing(3, 6))
    assert clock(walk).breached(walk.at)


def test_what_fits_is_not_cut() -> None:
    """A complex matter leaves the unit its whole week."""
    whole = clock(assigned(kind="复杂"))
    assert (whole.due, whole.cut_by, whole.cut_from) == (beijing(3, 11), "", None)


def test_the_rungs_stand_on_the_cut_limit() -> None:
    """Cards fall by the day that holds, not by the one that was cut."""
    late = sample_rung("late", "到期", Act.RED_CARD, "unit_head")
    walk = assigned(lvliang(rungs=(late,)))
    assert [rung.at for rung in clock(walk).rungs] == [beijing(3, 6)]
    (card,) = walk.tick(beijing(3, 6))
    assert isinstance(card, e.RungFired)
    assert card.due == beijing(3, 6)


def test_the_cut_is_told() -> None:
    """The reason names the limit, what it is cut for and how much is left; counting again agrees."""
    walk = assigned()
    why = reason(clock(walk), walk.rules)
    assert why.agrees
    assert why.explanation is not None
    assert why.explanation.deadline.due == beijing(3, 11)
    assert why.lines[-1] == (
        "本时限7日,应于2025年3月10日(周一)24时前到期;"
        "为给「公开回复」留出1日,提前到2025年3月5日(周三)24时前"
    )
    astray = attrs.evolve(clock(walk), cut_from=beijing(3, 12))
    assert not reason(astray, walk.rules).agrees
    bare = assigned(lvliang(unit_clock(leaving=None)))
    assert clock(bare).due == clock(bare, "reply").due
    assert "为给「公开回复」不超出其期限" in reason(clock(bare), bare.rules).lines[-1]


@pytest.mark.parametrize(
    ("leaving", "due"),
    [
        (CalendarDays(2), beijing(3, 5)),
        (WorkingDays(1), beijing(3, 6)),
        (WorkingDays(2), beijing(3, 5)),
        (ClockHours(90), beijing(3, 6, 22, 30)),
    ],
)
def test_what_is_left_in_each_unit(leaving: Limit, due: datetime) -> None:
    """Days end before the due day, hours before the due instant."""
    assert clock(assigned(lvliang(unit_clock(leaving=leaving)))).due == due


def test_working_days_left_pass_over_the_weekend() -> None:
    """Due on a Saturday, the Friday is left to the office; due on a Monday, the Monday is."""
    rules = lvliang(unit_clock(leaving=WorkingDays(1)))
    assert clock(assigned(rules, at=beijing(3, 5, 9))).due == beijing(3, 7)  # reply: Saturday
    assert clock(assigned(rules, at=beijing(3, 7, 9))).due == beijing(3, 8)  # reply: Monday


def test_close_of_business_holds_for_the_cut_too() -> None:
    """The day on which the cut limit ends closes as every due day does."""
    rules = lvliang(time=TimeRules(day_end=time(17)))
    assert clock(assigned(rules)).due == beijing(3, 5, 17)


def test_only_a_length_of_time_can_be_left() -> None:
    """当日 says nothing of how much there is to be left."""
    rules = lvliang(unit_clock(leaving=SameDay()))
    walk = Walk(rules)
    walk.do(c.Accept(), CLERK)
    assert walk.refused(c.Assign(lead="housing"), CLERK).rule == "limit.unusable"
    with pytest.raises(LimitUseError, match="当日"):
        latest_before(START, SameDay(), sample_calendar())


# --- Where nothing is cut ------------------------------------------------------------------------


def test_no_room_left_no_cut() -> None:
    """Who is assigned the case on the citizen's last day is not late at once."""
    walk = Walk(lvliang())
    walk.do(c.Accept(), CLERK)
    walk.do(c.Assign(lead="housing"), CLERK, beijing(3, 6, 9))
    assert (clock(walk).due, clock(walk).cut_by) == (beijing(3, 14), "")


def test_what_is_late_already_cuts_nothing() -> None:
    """Once the citizen's limit is missed, the unit has its own."""
    walk = Walk(lvliang())
    walk.do(c.Accept(), CLERK)
    walk.do(c.Assign(lead="housing"), CLERK, beijing(3, 7, 9))
    assert clock(walk, "reply").breached(walk.at)
    assert clock(walk).due == beijing(3, 15)


def test_a_guess_cuts_nothing_until_it_is_settled() -> None:
    """A provisional limit of the citizen leaves the unit's alone; settled, it cuts."""
    reply = sample_clock("reply", M.RECEIVED, M.PUBLISHED, WorkingDays(4))
    rules = lvliang(clocks=(unit_clock(CalendarDays(20)), reply), extensions=())
    walk = assigned(rules, at=beijing(12, 26, 9))
    assert clock(walk, "reply").awaits == 2026
    assert clock(walk).cut_by == ""
    data = sample_calendar().data
    edition = attrs.evolve(data.editions[0], year=2026, off=(), work=())
    known = build_calendar(data.with_editions([edition]))
    walk.rules = attrs.evolve(walk.rules, calendar=known)
    events = walk.do(c.Settle(), SYSTEM, beijing(12, 30, 9))
    assert [(name, cause) for name, cause, _ in moved(events)] == [
        ("reply", "settled"),
        ("handle", "inside"),
    ]
    due = clock(walk, "reply").due
    assert due is not None
    assert clock(walk).due == due - timedelta(days=1)


def test_working_days_that_nothing_settles_are_not_left() -> None:
    """A certain day of the citizen's, but which working day lies before it nobody knows yet."""
    due = beijing(1, 10, year=2026)
    assert latest_before(due, WorkingDays(1), sample_calendar()) is None
    assert latest_before(due, CalendarDays(1), sample_calendar()) == due - timedelta(days=1)


# --- When the citizen's clock moves --------------------------------------------------------------


def test_a_new_grade_of_the_case_moves_the_unit() -> None:
    """A question that turns out to be complex gives the unit its week back; and the other way."""
    walk = assigned()
    events = grade(walk, "复杂")
    assert moved(events) == [
        ("reply", "classified", beijing(3, 19)),
        ("handle", "inside", beijing(3, 11)),
    ]
    assert (clock(walk).cut_by, clock(walk).cut_from) == ("", None)
    assert moved(grade(walk, "咨询"))[-1] == ("handle", "inside", beijing(3, 6))


def test_only_a_changed_result_is_recorded() -> None:
    """From 15 days to 7 a week loses its last day, a single day loses nothing."""
    walk = assigned(kind="复杂")
    events = grade(walk, "民生")
    assert moved(events) == [
        ("reply", "classified", beijing(3, 11)),
        ("handle", "inside", beijing(3, 10)),
    ]
    walk = assigned(lvliang(unit_clock(CalendarDays(1))), kind="复杂")
    assert moved(grade(walk, "民生")) == [("reply", "classified", beijing(3, 11))]


def test_a_cut_never_makes_anybody_late_at_once() -> None:
    """The day that would have been left over has begun: the unit keeps its own limit."""
    walk = assigned(kind="民生")
    assert clock(walk).due == beijing(3, 10)
    events = grade(walk, "咨询", beijing(3, 6, 9))
    assert moved(events) == [
        ("reply", "classified", beijing(3, 7)),
        ("handle", "inside", beijing(3, 11)),
    ]


def test_a_late_unit_stays_late() -> None:
    """More time for the citizen's answer undoes no breach of the unit."""
    walk = assigned()
    assert moved(grade(walk, "复杂", beijing(3, 6, 9))) == [("reply", "classified", beijing(3, 19))]
    assert clock(walk).breached(walk.at)


def test_more_time_for_the_case_is_more_time_for_the_unit() -> None:
    """An extension of the citizen's clock gives the unit what it had lost."""
    walk = assigned()
    walk.do(c.RequestExtension(clock="reply", by=CalendarDays(2), reason="复杂"), HOUSING)
    events = walk.do(c.GrantExtension(clock="reply"), CLERK)
    assert moved(events) == [
        ("reply", "extended", beijing(3, 9)),
        ("handle", "inside", beijing(3, 8)),
    ]


def test_more_time_for_the_unit_ends_inside_all_the_same() -> None:
    """An extension of the unit's limit counts from its own due date and is cut as before."""
    walk = assigned()
    walk.do(c.RequestExtension(clock="handle", by=CalendarDays(2), reason="复杂"), HOUSING)
    granted, _ = walk.do(c.GrantExtension(clock="handle"), CLERK)
    assert isinstance(granted, e.ExtensionGranted)
    assert granted.new_due == clock(walk).due == beijing(3, 6)
    assert clock(walk).cut_from == beijing(3, 13)
    assert reason(clock(walk), walk.rules).agrees


def test_a_pause_of_both_moves_both() -> None:
    """When they run on, the case's clock is counted first and the unit's inside it, once each."""
    walk = assigned()
    walk.do(c.Pause(reason="check"), CLERK, beijing(3, 4, 9))
    events = walk.do(c.Resume(), CLERK, beijing(3, 6, 9))
    assert moved(events) == [
        ("reply", "resumed", beijing(3, 9)),
        ("handle", "resumed", beijing(3, 8)),
    ]


@pytest.mark.parametrize("swept", [False, True])
def test_a_pause_of_the_case_alone_moves_the_unit_when_it_ends(swept: bool) -> None:
    """While it stands still the unit's day holds; however late anybody looks, it moves then."""
    ground = PauseReason(
        code="check", title="鉴定", at_most=ClockHours(20 * 60), basis="样例", clocks=("reply",)
    )
    walk = assigned(lvliang(pause_reasons=(ground,)))
    walk.do(c.Pause(reason="check"), CLERK, beijing(3, 4, 9))
    grade(walk, "民生")
    assert clock(walk).due == beijing(3, 6)
    if swept:
        walk.tick(beijing(3, 5, 6))
    walk.tick(beijing(3, 8, 9))
    past = [record.event for record in walk.records]
    assert [(name, cause) for name, cause, _ in moved(tuple(past))][-2:] == [
        ("reply", "pause_lapsed"),
        ("handle", "inside"),
    ]
    assert (clock(walk, "reply").due, clock(walk).due) == (beijing(3, 12), beijing(3, 11))
    assert not clock(walk).breached(walk.at)


def test_a_promised_day_moves_the_unit() -> None:
    """The day that is promised for the case is the one inside which the unit must end."""
    row = sample_row("promise", None, promise=Promise.DATE)
    reply = sample_clock("reply", M.RECEIVED, M.PUBLISHED, row)
    walk = assigned(lvliang(clocks=(unit_clock(), reply), extensions=()))
    assert clock(walk).due == beijing(3, 11)
    promise = c.Commit(commitment="p", text="待查", due=date(2025, 3, 7), clock="reply")
    assert moved(walk.do(promise, HOUSING)) == [
        ("reply", "promised", beijing(3, 8)),
        ("handle", "inside", beijing(3, 7)),
    ]


def test_a_clock_that_waits_for_its_new_start_cuts_nothing() -> None:
    """The citizen's clock counts from the signature now: until then the unit has its week."""
    late = sample_row("late", CalendarDays(3), when("复杂"), starts=M.CLAIMED)
    now = sample_row("now", CalendarDays(3), when("咨询"), when("民生"))
    reply = sample_clock("reply", M.RECEIVED, M.PUBLISHED, late, now)
    walk = assigned(lvliang(clocks=(unit_clock(), reply), extensions=()))
    assert moved(grade(walk, "复杂")) == [("handle", "inside", beijing(3, 11))]
    walk.do(c.Claim(), HOUSING, beijing(3, 4, 9))
    assert clock(walk).due == beijing(3, 7)
