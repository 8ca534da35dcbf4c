"""Rates and rankings over cases that were really lived."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import attrs

from wenzheng_core.domain import commands as c
from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.drafts import Rules
from wenzheng_core.domain.instants import Period
from wenzheng_core.domain.limits import CalendarDays, WorkingDays
from wenzheng_core.domain.measures import Figures, Ratio, UnitFigures
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.domain.provisions import DeclineReason
from wenzheng_core.domain.tallies import figures
from wenzheng_core.testing.builders import (
    CITIZEN,
    CLERK,
    HOUSING,
    MAYOR,
    POLICE,
    START,
    Walk,
    beijing,
    sample_clock,
    sample_policy,
    sample_row,
    sample_rules_with,
)

MARCH = Period(beijing(3, 1), beijing(4, 1))
LATER = beijing(12, 1)
AD = DeclineReason(code="ad", title="广告", answer="x", basis="x", counts_as_replied=False)


def measured(
    *walks: Walk, as_of: datetime = LATER, period: Period = MARCH, main: str = "reply"
) -> Figures:
    """The figures of some cases."""
    cases: Iterator[Case] = (walk.case for walk in walks)
    return figures(cases, period, as_of, attrs.evolve(sample_policy(), main_clock=main))


def answered(at: datetime, rules: Rules | None = None) -> Walk:
    """A case of the housing office that was answered at an instant."""
    walk = Walk(rules or sample_rules_with()).steps(2)
    walk.do(c.Assign(lead="housing"), CLERK)
    walk.do(c.Report(findings="好了", proposed_reply="您好"), HOUSING, at)
    for command, actor in ((c.Review(), CLERK), (c.Approve(), MAYOR), (c.Publish(), CLERK)):
        walk.do(command, actor, at)
    return walk


def unit(found: Figures, name: str) -> UnitFigures:
    """One unit's figures."""
    return next(x for x in found.units if x.unit == name)


def test_the_period_is_half_open() -> None:
    """What came at its end is the next period's."""
    assert beijing(3, 1) in MARCH
    assert beijing(4, 1) not in MARCH
    assert measured(Walk(at=beijing(4, 1)), Walk(at=beijing(3, 31, 23, 59))).received == 1


def test_as_of_is_not_the_period() -> None:
    """The same month looked at earlier had fewer answers and nothing late yet."""
    walks = [answered(beijing(3, 4)), answered(beijing(3, 25)), Walk()]
    for as_of, replied, within, late in (
        (beijing(3, 3, 12), 0, 0, 0),
        (beijing(3, 10), 1, 1, 0),
        (beijing(3, 19), 1, 1, 2),
        (LATER, 2, 1, 2),
    ):
        found = measured(*walks, as_of=as_of)
        assert (found.received, found.replied) == (3, replied)
        assert (found.within, found.late) == (within, late)
    assert found.reply_rate == Ratio(2, 3)
    assert found.on_time_rate == Ratio(1, 3)


def test_merged_cases_are_in_no_rate() -> None:
    """Out of both sides of the reply rate, archived or not, and out of the unit's rate too."""
    merged, archived = Walk().steps(3), Walk()
    for walk in (merged, archived):
        walk.do(c.Merge(into="c9"), CLERK)
    archived.do(c.Archive(), CLERK)
    found = measured(merged, archived, answered(beijing(3, 4)))
    assert (found.received, found.merged) == (3, 2)
    assert found.reply_rate == Ratio(1, 1)
    assert unit(found, "housing").completion_rate == Ratio(1, 1)


def test_declined_cases_count_as_their_reason_says() -> None:
    """One ground counts as a reply, the other does not; both count as received."""
    rules = sample_rules_with(
        decline_reasons=(AD, attrs.evolve(AD, code="x", counts_as_replied=True))
    )
    walks = [Walk(rules), Walk(rules)]
    walks[0].do(c.Decline(reason="ad"), CLERK)
    walks[1].do(c.Decline(reason="x"), CLERK)
    found = measured(*walks)
    assert (found.received, found.declined, found.replied) == (2, 2, 1)
    assert (found.within, found.late) == (1, 0)


def test_each_unit_answers_for_its_own_time() -> None:
    """The breach stays with the unit that held the case, and the next is not late for it."""
    walk = Walk().steps(2)
    walk.do(c.Assign(lead="housing"), CLERK)
    walk.do(c.SendBack(reason="不归我管"), HOUSING, beijing(3, 12))
    walk.do(c.Assign(lead="police"), CLERK)
    walk.do(c.Report(findings="好了"), POLICE)
    found = measured(walk)
    first, last = unit(found, "housing"), unit(found, "police")
    assert (first.handled, first.completed, first.on_time, first.late) == (1, 0, 0, 1)
    assert (first.yellow_cards, first.red_cards) == (1, 1)
    assert (last.handled, last.completed, last.on_time, last.late) == (1, 1, 1, 0)
    assert (last.yellow_cards, last.red_cards, last.rank, first.rank) == (0, 0, 1, 2)
    assert (found.yellow_cards, found.red_cards) == (1, 1)


def test_a_units_assignment_counts_in_the_period_in_which_it_began() -> None:
    """Whenever the message came."""
    walk = Walk().steps(2)
    walk.do(c.Assign(lead="housing"), CLERK, beijing(4, 2))
    april = Period(beijing(4, 1), beijing(5, 1))
    assert measured(walk).units == ()
    found = measured(walk, period=april)
    assert (found.received, unit(found, "housing").handled) == (0, 1)


def test_a_main_clock_of_the_units_follows_the_lead() -> None:
    """Sent back in time and done in time by the next: within; a helper's lateness is its own."""
    walk = Walk().steps(2)
    walk.do(c.Assign(lead="housing"), CLERK)
    walk.do(c.SendBack(reason="不归我管"), HOUSING)
    walk.do(c.Assign(lead="police"), CLERK)
    walk.do(c.Report(findings="好了"), POLICE)
    found = measured(walk, main="handle")
    assert (found.within, found.late) == (1, 0)


def test_a_soft_limit_is_measured() -> None:
    """No red card, but late is late."""
    row = sample_row("norm", CalendarDays(5), soft=True)
    soft = sample_clock("reply", Milestone.RECEIVED, Milestone.PUBLISHED, row)
    rules = sample_rules_with(clocks=(soft,), rungs=())
    walks = [answered(beijing(3, 4), rules), answered(beijing(3, 20), rules)]
    found = measured(*walks)
    assert (found.within, found.late, found.red_cards) == (1, 1, 0)


def test_a_reopened_case_was_answered_when_it_was_first_answered() -> None:
    """Neither the reply nor its being in time is taken back."""
    walk = answered(beijing(3, 4))
    walk.do(c.Reopen(reason="又坏了"), CLERK)
    found = measured(walk)
    assert (found.replied, found.within, found.late) == (1, 1, 0)


def test_withdrawn_cards_are_counted_apart() -> None:
    """Shown, and withdrawn: both numbers are there."""
    walk = Walk().steps(2)
    walk.do(c.Assign(lead="housing"), CLERK)
    walk.tick(beijing(3, 20))
    walk.do(c.WithdrawCard(rung="late", clock="handle", unit="housing", reason="申诉"), CLERK)
    figures_of_unit = unit(measured(walk), "housing")
    assert (figures_of_unit.yellow_cards, figures_of_unit.red_cards) == (1, 1)
    assert figures_of_unit.withdrawn == 1


def test_cards_count_by_the_instants_at_which_they_were_due() -> None:
    """Whenever the sweep came, a bulletin as of a day shows that day's cards."""
    walk = Walk().steps(2)
    walk.do(c.Assign(lead="housing"), CLERK)
    walk.tick(beijing(6, 1))
    found = measured(walk, as_of=beijing(3, 8))
    assert (found.yellow_cards, found.red_cards) == (1, 0)


def test_satisfaction_is_of_those_who_rated() -> None:
    """Four and five satisfy; who said nothing is in neither number."""
    walks = [answered(beijing(3, 4)) for _ in range(4)]
    for walk, score in zip(walks, (5, 4, 3), strict=False):
        walk.do(c.Rate(score=score), CITIZEN)
    assert measured(*walks).satisfaction == Ratio(2, 3)
    assert measured(Walk()).satisfaction.percent() == "—"


def test_one_pass_is_enough() -> None:
    """A generator that can be read but once gives the figures of a list."""
    walks = [Walk(), answered(beijing(3, 4)), Walk(at=START).steps(4)]
    once = measured(*walks)
    listed = figures([w.case for w in walks], MARCH, LATER, sample_policy())
    assert once == listed


def test_a_rework_limit_that_passed_makes_the_unit_late() -> None:
    """It is the unit's own time, and set for it alone."""
    rules = sample_rules_with(rungs=())
    walk = Walk(rules).steps(2)
    walk.do(c.Assign(lead="housing"), CLERK)
    walk.do(c.Report(findings="好了"), HOUSING)
    walk.do(c.ReturnForRework(reason="不详", within=WorkingDays(1)), CLERK)
    walk.do(c.Report(findings="真好了"), HOUSING, beijing(3, 6))
    assert unit(measured(walk), "housing").late == 1
