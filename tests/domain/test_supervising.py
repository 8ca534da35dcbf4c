"""The ladder, and what becomes of it when a year is arranged."""

from __future__ import annotations

from datetime import date, datetime

import attrs
import pytest

from wenzheng_core.domain import commands as c
from wenzheng_core.domain import events as e
from wenzheng_core.domain.actors import SYSTEM
from wenzheng_core.domain.calendars import CalendarData, Edition, Holiday, Notice, build_calendar
from wenzheng_core.domain.drafts import Rules
from wenzheng_core.domain.escalation import OFFICE, Act
from wenzheng_core.domain.limits import CalendarDays, WorkingDays
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.domain.units import LIAISON, UNIT_HEAD, Unit, Units
from wenzheng_core.testing.builders import (
    CLERK,
    HOUSING,
    SUPERVISOR,
    Walk,
    beijing,
    sample_clock,
    sample_row,
    sample_rules,
    sample_rules_with,
    sample_rung,
)

WARN, DUE = beijing(3, 7), beijing(3, 11)


def assigned(rules: Rules | None = None) -> Walk:
    """The housing office alone has the case since 2025-03-03."""
    walk = Walk(rules or sample_rules()).steps(2)
    walk.do(c.Assign(lead="housing"), CLERK)
    return walk


def fired(events: tuple[e.Event, ...]) -> list[tuple[str, datetime]]:
    """Which rungs fired, with the instants at which they were due."""
    return [(x.rung, x.scheduled) for x in events if isinstance(x, e.RungFired)]


def test_rungs_fire_at_their_instants_and_once() -> None:
    """Not a moment before, at the instant itself, and never again."""
    walk = assigned()
    assert walk.case.next_wake == WARN
    assert walk.tick(beijing(3, 6, 23, 59)) == ()
    (card,) = walk.tick(WARN)
    assert card == e.RungFired(
        rung="warn",
        clock="handle",
        unit="housing",
        epoch=1,
        act=Act.YELLOW_CARD,
        scheduled=WARN,
        due=DUE,
        whom="housing",
        to=("housing/liaison",),
        policy="sample-digest",
        calendar=walk.rules.calendar.digest,
    )
    assert walk.tick(WARN) == ()
    assert fired(walk.tick(DUE)) == [("late", DUE)]
    assert walk.tick(beijing(12, 31)) == ()


def test_a_late_sweep_fires_with_the_scheduled_instants_once() -> None:
    """After an outage the cards fall in order, dated as they were due, noticed now."""
    walk = assigned()
    assert fired(walk.tick(beijing(4, 1))) == [("warn", WARN), ("late", DUE)]
    assert {record.at for record in walk.records[-2:]} == {beijing(4, 1)}
    assert {record.actor for record in walk.records[-2:]} == {SYSTEM.id}
    assert fired(walk.tick(beijing(4, 2))) == []


def test_every_unit_has_its_own_ladder() -> None:
    """Lead and helper are each told of their own clock."""
    walk = Walk().steps(3)
    told = [x.to for x in walk.tick(WARN) if isinstance(x, e.RungFired)]
    assert told == [("housing/liaison",), ("police/liaison",)]


def test_a_soft_limit_gets_no_red_card() -> None:
    """Worded as an aim: warned and measured, nothing stronger."""
    row = sample_row("norm", WorkingDays(5), soft=True)
    clock = sample_clock("handle", Milestone.ASSIGNED, Milestone.REPORTED, row, unit=True)
    walk = assigned(sample_rules_with(clocks=(clock,)))
    assert fired(walk.tick(beijing(4, 1))) == [("warn", WARN)]
    assert walk.case.clocks[0].breached(walk.at)


def test_a_row_without_a_limit_is_never_due() -> None:
    """Silence of the text is no deadline, no rung, no breach."""
    row = sample_row("free", None, no_limit="未规定")
    clock = sample_clock("handle", Milestone.ASSIGNED, Milestone.REPORTED, row, unit=True)
    walk = assigned(sample_rules_with(clocks=(clock,)))
    assert (walk.case.next_wake, walk.case.clocks[0].breached(beijing(12, 31))) == (None, False)


def test_a_rung_falls_back_when_nobody_holds_the_office() -> None:
    """First the office named, then its fallbacks in turn; at last the assigning office."""
    rung = sample_rung(
        "warn", "到期前1个工作日", Act.REMIND, LIAISON, "纪检", fallback=(UNIT_HEAD, OFFICE)
    )
    for offices, told in (
        ((LIAISON, UNIT_HEAD), ("housing/liaison", "housing/unit_head")),
        ((UNIT_HEAD,), ("housing/unit_head",)),
        ((), ("office",)),
    ):
        units = Units((Unit("housing", "市住房局", offices=offices),))
        walk = assigned(attrs.evolve(sample_rules_with(rungs=(rung,)), units=units))
        (event,) = walk.tick(WARN)
        assert isinstance(event, e.RungFired)
        assert event.to == told


def test_a_rung_that_finds_nobody_still_fires() -> None:
    """With nobody to tell, which the sweep reports loudly."""
    rung = sample_rung("warn", "到期前1个工作日", Act.REMIND, "纪检", fallback=())
    (event,) = assigned(sample_rules_with(rungs=(rung,))).tick(WARN)
    assert isinstance(event, e.RungFired)
    assert event.to == ()


def test_a_unit_that_sent_the_case_back_is_not_told_of_the_citizens_clock() -> None:
    """While nobody holds the case its reminders go to the office."""
    rung = sample_rung("soon", "到期前1日", Act.REMIND, UNIT_HEAD, clock="reply")
    walk = assigned(sample_rules_with(rungs=(rung,)))
    held, waiting = Walk(walk.rules).steps(3), walk
    waiting.do(c.SendBack(reason="不归我管"), HOUSING)
    told = [x.tick(beijing(3, 17))[0] for x in (held, waiting)]
    assert [x.to for x in told if isinstance(x, e.RungFired)] == [
        ("housing/unit_head",),
        ("office",),
    ]


def test_the_offices_own_answer_is_no_units_fault() -> None:
    """A unit that once returned the case is not blamed for the days in which the office answers."""
    rung = sample_rung("late", "到期", Act.RED_CARD, UNIT_HEAD, clock="reply")
    walk = assigned(sample_rules_with(rungs=(rung,)))
    walk.do(c.SendBack(reason="不归我管"), HOUSING)
    walk.do(c.AnswerDirectly(reply="您好"), CLERK)
    (card,) = walk.tick(beijing(3, 19))
    assert isinstance(card, e.RungFired)
    assert (card.whom, card.to) == ("", ("office",))


def arranged_2026() -> CalendarData:
    """The sample calendar once 2026 is arranged, with three days off at its beginning."""
    notice = Notice("关于2026年放假安排的通知(样例)", date(2025, 11, 4), "样例〔2025〕7号")
    off = Holiday("元旦", date(2026, 1, 1), date(2026, 1, 2))
    return sample_rules().calendar.data.with_editions([Edition(notice, 2026, (off,))])


def awaiting() -> Walk:
    """Assigned on 2025-12-29: the fifth working day lies in a year without an arrangement."""
    rungs = (
        sample_rung("ahead", "到期前1个工作日", Act.REMIND, LIAISON),
        *sample_rules().policy.rungs,
    )
    walk = Walk(sample_rules_with(rungs=rungs), beijing(12, 29, 9)).steps(2)
    walk.do(c.Assign(lead="housing"), CLERK)
    return walk


def test_a_provisional_deadline_gets_reminders_only() -> None:
    """Nobody is reproached on a guess."""
    clock = awaiting().case.clock("handle")
    assert clock is not None
    assert clock.awaits == 2026
    assert [rung.rung for rung in clock.rungs] == ["ahead"]


def test_an_arrangement_that_arrives_settles_the_deadline() -> None:
    """Counted again from the start, with the full ladder; what changes nothing makes no event."""
    walk = awaiting()
    assert walk.do(c.Settle(), SYSTEM) == ()
    walk.rules = attrs.evolve(walk.rules, calendar=build_calendar(arranged_2026()))
    (moved,) = [x for x in walk.do(c.Settle(), SYSTEM) if isinstance(x, e.ClockMoved)]
    assert (moved.cause, moved.awaits, moved.not_before) == ("settled", None, None)
    # 30 and 31 December, then 5, 6 and 7 January.
    assert moved.due == beijing(1, 8, year=2026)
    assert [rung.rung for rung in moved.rungs] == ["ahead", "warn", "late"]
    assert walk.case.awaits is None
    assert walk.do(c.Settle(), SYSTEM) == ()


def test_settling_never_unbreaches() -> None:
    """A clock already due stays due when days are taken out of the count afterwards."""
    walk = assigned()
    walk.tick(DUE)
    notice = Notice("临时停工(样例)", date(2025, 3, 11))
    off = Holiday("停工", date(2025, 3, 5), date(2025, 3, 6))
    data = walk.rules.calendar.data.with_editions([Edition(notice, None, (off,))])
    late = walk
    late.rules = attrs.evolve(walk.rules, calendar=build_calendar(data))
    assert late.do(c.Settle(), SYSTEM) == ()
    assert late.case.clocks[1].breached(late.at)


def test_a_limit_in_calendar_days_is_warned_by_calendar_days() -> None:
    """Rungs before and after the due day stand on whole days."""
    rungs = (
        sample_rung("ahead", "到期前3日", Act.REMIND, LIAISON, clock="reply"),
        sample_rung("order", "逾期5日", Act.SUPERVISION_ORDER, LIAISON, clock="reply"),
    )
    clock = sample_clock("reply", Milestone.RECEIVED, Milestone.PUBLISHED, CalendarDays(15))
    walk = Walk(sample_rules_with(clocks=(clock,), rungs=rungs))
    assert fired(walk.tick(beijing(4, 1))) == [("ahead", beijing(3, 15)), ("order", beijing(3, 24))]


@pytest.mark.parametrize("act", [Act.RED_CARD, Act.SUPERVISION_ORDER, Act.CHASE])
def test_what_has_rules_of_its_own_is_not_taken_by_hand(act: Act) -> None:
    """A card follows from a clock, an order needs its signers: neither is walked round."""
    refused = Walk().steps(3).refused(c.Escalate(act=act, unit="housing"), SUPERVISOR)
    assert (refused.rule, act.label in refused.reason) == ("escalate.act", True)
