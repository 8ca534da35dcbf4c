"""Listings: what is new, due, overdue and unanswered at an instant, and with whom."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import attrs
from hypothesis import given
from hypothesis import strategies as st

from wenzheng_core.domain import commands as c
from wenzheng_core.domain.actors import Actor, Role
from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.drafts import Rules
from wenzheng_core.domain.instants import Period
from wenzheng_core.domain.limits import CalendarDays
from wenzheng_core.domain.listings import Listing, ListingCount, listing
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.domain.units import Unit, Units
from wenzheng_core.testing.builders import (
    CLERK,
    HOUR,
    START,
    STEPS,
    Walk,
    beijing,
    sample_clock,
    sample_rules,
    sample_rules_with,
)

UNITS = Units((Unit("a", "甲局"), Unit("b", "乙局"), Unit("c", "丙局")))
RULES = attrs.evolve(sample_rules(), units=UNITS)
ONE_CLOCK = attrs.evolve(
    sample_rules_with(
        clocks=(sample_clock("reply", Milestone.RECEIVED, Milestone.PUBLISHED, CalendarDays(5)),),
        rungs=(),
        extensions=(),
    ),
    units=UNITS,
)
DAY = timedelta(days=1)
EVENING = beijing(3, 11, 18)
TICK = timedelta(microseconds=1)


def given_to(unit: str, at: datetime = START, rules: Rules = RULES) -> Walk:
    """A case that a unit has held from an instant on."""
    walk = Walk(rules=rules, at=at)
    walk.do(c.Accept(), CLERK, at)
    walk.do(c.Classify(facts={"category": "投诉"}), CLERK, at)
    walk.do(c.Assign(lead=unit), CLERK, at)
    return walk


def report(walk: Walk, unit: str, at: datetime) -> Walk:
    """The unit reports."""
    said = c.Report(findings="已修", proposed_reply="您好,已修。")
    walk.do(said, Actor(f"{unit}-1", Role.UNIT, unit=unit), at)
    return walk


def listed(
    *walks: Walk, at: datetime = EVENING, first: datetime = EVENING - DAY, units: Units = UNITS
) -> Listing:
    """The listing of the cases as of an instant."""
    return listing([w.case for w in walks], Period(first, at), at, "reply", units)


def places(found: Listing) -> list[tuple[int, str, int, int]]:
    """Place, unit, unanswered, late."""
    return [(line.place, line.unit, line.unanswered, line.late) for line in found.units]


def test_unanswered_and_late_are_told_apart_and_late_weighs_more() -> None:
    """DH2: A has two unanswered, B none, C one late: B is first, then A, then C."""
    monday = beijing(3, 10, 9)
    found = listed(given_to("a", monday), given_to("a", monday), given_to("c"))
    assert places(found) == [(1, "b", 0, 0), (2, "a", 2, 0), (3, "c", 0, 1)]


def test_units_that_nothing_tells_apart_share_a_place() -> None:
    """And the next one stands as far back as there are units before it."""
    found = listed(given_to("b", beijing(3, 11, 9)))
    assert places(found) == [(1, "a", 0, 0), (1, "c", 0, 0), (3, "b", 1, 0)]


def test_a_unit_that_is_gone_from_the_list_is_still_counted() -> None:
    """Its case is still with it."""
    found = listed(given_to("c"), units=Units(UNITS.all[:2]))
    assert places(found)[-1] == (3, "c", 0, 1)


def test_a_unit_is_late_from_its_due_instant_on() -> None:
    """At 24:00 of the last day and not a microsecond before, and never both late and unanswered."""
    walk, due = given_to("a"), beijing(3, 11)
    before, after = listed(walk, at=due - TICK), listed(walk, at=due)
    assert [(u.unanswered, u.late) for u in before.units if u.unit == "a"] == [(1, 0)]
    assert [(u.unanswered, u.late) for u in after.units if u.unit == "a"] == [(0, 1)]


def test_what_is_reported_is_no_longer_unanswered_by_the_unit() -> None:
    """Though the message is, until the office has answered."""
    walk = report(given_to("a"), "a", beijing(3, 5, 9))
    found = listed(walk)
    assert all((u.unanswered, u.late) == (0, 0) for u in found.units)
    assert found.unanswered == 1


def test_a_late_end_is_told_of_once() -> None:
    """In the listing of that day, and in the next one if it came after that day's listing."""
    walk = report(given_to("a"), "a", beijing(3, 11, 19))
    late = [
        listed(walk, at=at, first=at - 8 * HOUR).units[-1].late
        for at in (beijing(3, 11, 20), beijing(3, 12, 12), beijing(3, 12, 20))
    ]
    assert late == [1, 0, 0]
    late = [
        listed(walk, at=at, first=at - DAY).units[-1].late
        for at in (beijing(3, 12, 12), beijing(3, 13, 12))
    ]
    assert late == [1, 0]


def test_a_late_end_of_the_morning_is_told_of_all_day() -> None:
    """Also in the evening's listing, whose window begins at noon."""
    walk = report(given_to("a"), "a", beijing(3, 11, 9))
    assert listed(walk, at=beijing(3, 11, 20), first=beijing(3, 11, 12)).units[-1].late == 1


def test_a_unit_without_a_limit_of_its_own_answers_for_the_citizens() -> None:
    """While it leads and has not reported; the assisting unit does not."""
    walk = Walk(rules=ONE_CLOCK)
    walk.do(c.Accept(), CLERK, START)
    walk.do(c.Assign(lead="a", assisting=("b",)), CLERK, START)
    found = {u.unit: (u.unanswered, u.late) for u in listed(walk).units}
    assert found == {"a": (0, 1), "b": (1, 0), "c": (0, 0)}
    report(walk, "a", beijing(3, 11, 9))
    assert {u.unit: u.late for u in listed(walk).units} == {"a": 1, "b": 0, "c": 0}
    in_time = report(given_to("a", rules=ONE_CLOCK), "a", beijing(3, 8, 9))
    assert in_time.case.clocks[0].breached(EVENING)
    assert {u.late for u in listed(in_time).units} == {0}


def test_what_was_overdue_before_a_unit_had_it_is_not_its_doing() -> None:
    """It is unanswered with it, as any other."""
    walk = Walk(rules=ONE_CLOCK)
    walk.do(c.Accept(), CLERK, START)
    walk.do(c.Assign(lead="a"), CLERK, beijing(3, 10, 9))
    found = listed(walk)
    assert found.overdue == 1
    assert [(u.unanswered, u.late) for u in found.units if u.unit == "a"] == [(1, 0)]


def test_the_messages_are_counted_by_the_main_clock() -> None:
    """New in the window, due before the day ends, overdue, unanswered; each for what it is."""
    at = beijing(3, 18, 12)
    overdue, today, later = (Walk(at=at - n * DAY) for n in (16, 15, 1))
    answered = Walk(at=at - 16 * DAY).steps(len(STEPS))
    found = listed(overdue, today, later, answered, at=at, first=at - DAY)
    assert (found.new, found.unanswered, found.due_today, found.overdue) == (1, 3, 1, 1)


def test_a_receipt_belongs_to_the_window_that_ends_after_it() -> None:
    """WK6: at 12:00:00 it is in the window that begins there; an inclusive cut takes it in."""
    noon = beijing(3, 3, 12)
    walk = Walk(at=noon)
    assert listed(walk, at=noon, first=noon - DAY).new == 0
    inclusive = ListingCount(Period(noon - DAY, noon + TICK), noon, "reply")
    inclusive.add(walk.case)
    assert inclusive.listing(()).new == 1
    assert listed(walk, at=noon + 8 * HOUR, first=noon).new == 1


def test_midnight_is_the_end_of_the_day_before() -> None:
    """A listing at 24:00 calls overdue what was due that day, and finds nothing due on the next."""
    walk = Walk()
    (clock,) = walk.case.clocks
    assert clock.due is not None
    found = listed(walk, at=clock.due)
    assert (found.due_today, found.overdue) == (0, 1)
    before = listed(walk, at=clock.due - HOUR)
    assert (before.due_today, before.overdue) == (1, 0)


def test_what_stands_still_is_not_due() -> None:
    """A paused clock is neither due today nor overdue, and its unit is not late."""
    walk = given_to("a")
    walk.do(c.Pause(reason="check"), CLERK, beijing(3, 5, 9))
    due = Walk().case.clocks[0].due
    assert due is not None
    found = listed(walk, at=due - HOUR, first=due - DAY)
    assert (found.due_today, found.overdue, found.unanswered) == (0, 0, 1)
    assert {u.late for u in found.units} == {0}


def test_what_is_over_is_not_unanswered() -> None:
    """Declined and merged messages have their answer; a reopened one waits for another."""
    declined, merged, published = Walk(), Walk(), Walk().steps(len(STEPS))
    declined.do(c.Decline(reason="court"), CLERK, beijing(3, 4))
    merged.do(c.Merge(into="other"), CLERK, beijing(3, 4))
    found = listed(declined, merged, published)
    assert (found.unanswered, found.overdue) == (0, 0)
    published.do(c.Reopen(reason="再次反映"), CLERK, beijing(3, 11, 9))
    assert listed(published).unanswered == 1
    assert listed(published, at=beijing(3, 10)).unanswered == 0


ENDS = st.integers(0, 24 * 12).map(lambda n: START + n * HOUR)
HISTORIES = [
    given_to("a").case,
    report(given_to("b"), "b", START + 50 * HOUR).case,
    report(given_to("c"), "c", START + 250 * HOUR).case,
    Walk().steps(6).case,
    Walk(at=START + 30 * HOUR).case,
]


@given(ENDS, st.lists(st.sampled_from(HISTORIES), max_size=6))
def test_no_count_exceeds_what_it_is_part_of(at: datetime, cases: list[Case]) -> None:
    """Overdue and due are part of unanswered; a case is with a unit once; none came later."""
    found = listing(cases, Period(START, at + TICK), at, "reply", UNITS)
    assert found.due_today + found.overdue <= found.unanswered <= len(cases)
    assert found.new == sum(case.opened <= at for case in cases)
    assert sum(u.unanswered + u.late for u in found.units) <= 2 * len(cases)
    assert [u.place for u in found.units] == sorted(u.place for u in found.units)
    burdens = [(u.late, u.unanswered) for u in found.units]
    assert burdens == sorted(burdens)


@given(ENDS, st.lists(ENDS, min_size=1, max_size=4))
def test_windows_that_tile_time_hold_each_receipt_once(
    first: datetime, cuts: list[datetime]
) -> None:
    """However a stretch is cut, each case is new in exactly one of its windows."""
    bounds = sorted({START - HOUR, first, *cuts, START + 400 * HOUR})
    windows = list(pairwise(bounds))
    for case in HISTORIES:
        new = [listing([case], Period(a, b), b, "reply", UNITS).new for a, b in windows]
        assert sum(new) == 1
