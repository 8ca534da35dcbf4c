"""Rates as a policy defines them, over totals and over cases; laws of counting."""

from __future__ import annotations

import itertools
from collections import Counter
from datetime import timedelta
from functools import cache
from random import Random

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wenzheng_core.domain import commands as c
from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.errors import ArgumentError
from wenzheng_core.domain.instants import Period
from wenzheng_core.domain.limits import CalendarDays
from wenzheng_core.domain.measures import Figures, Ratio, rate
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.domain.provisions import COUNTS, DeclineReason, MeasureRule
from wenzheng_core.domain.tallies import figures
from wenzheng_core.testing.builders import (
    CITIZEN,
    CLERK,
    HOUSING,
    MAYOR,
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
LITIGATION = DeclineReason(code="litigation", title="涉法涉诉", answer="x", basis="x")
FINAL = attrs.evolve(LITIGATION, code="final", title="三级终结", counts_as_replied=False)
SOFT = sample_row("complaint", CalendarDays(15), {"category": frozenset({"投诉"})}, soft=True)
HARD = sample_row("question", CalendarDays(10), {"category": frozenset({"咨询"})})
RULES = sample_rules_with(
    decline_reasons=(LITIGATION, FINAL),
    clocks=(
        sample_clock("reply", Milestone.RECEIVED, Milestone.PUBLISHED, SOFT, HARD),
        *sample_policy().clocks[1:],
    ),
)


def measure(part: str = "resolved", whole: str = "received", *excluding: str) -> MeasureRule:
    """A rate that a policy might define."""
    name = f"{part}/{whole}/{','.join(excluding)}"
    return MeasureRule(
        id=name, title="比率", part=part, whole=whole, basis="样例", excluding=excluding
    )


EFFECTIVE = measure("resolved", "received", "litigation", "final")


def lived(day: int, *, grade: str = "咨询", late: bool = False) -> Walk:
    """A case of March that was answered, in time or not, after one return for rework if late."""
    walk = Walk(RULES, at=START + timedelta(days=day), facts={"category": grade})
    walk.do(c.Accept(), CLERK)
    walk.do(c.Assign(lead="housing"), CLERK)
    walk.do(c.LogContact(reached=True), HOUSING)
    reported = c.Report(findings="好了", proposed_reply="您好")
    walk.do(reported, HOUSING, walk.at + timedelta(days=20) if late else None)
    if late:
        walk.do(c.ReturnForRework(reason="不详"), CLERK)
        walk.do(reported, HOUSING)
    for command, actor in ((c.Review(), CLERK), (c.Approve(), MAYOR), (c.Publish(), CLERK)):
        walk.do(command, actor)
    return walk


@cache
def pool() -> tuple[Case, ...]:
    """Cases of every fate, from the third of March to the last days of it."""
    walks = []
    for day, grade in itertools.product((0, 9, 20), ("咨询", "投诉")):
        on_time, late = lived(day, grade=grade), lived(day, grade=grade, late=True)
        on_time.do(c.Resolve(), CLERK)
        on_time.do(c.Rate(score=5), CITIZEN)
        late.do(c.Rate(score=2), CITIZEN)
        again = lived(day, grade=grade)
        again.do(c.Reopen(reason="又坏了"), CLERK)
        fresh, merged, handled = (
            Walk(RULES, START + timedelta(days=day), {"category": grade}) for _ in range(3)
        )
        for walk in (merged, handled):
            walk.do(c.Accept(), CLERK)
        merged.do(c.Merge(into="c9"), CLERK)
        handled.do(c.Assign(lead="housing"), CLERK)
        walks += [on_time, late, again, fresh, merged, handled]
        for reason, accepted in itertools.product(("litigation", "final"), (False, True)):
            declined = Walk(RULES, START + timedelta(days=day), {"category": grade})
            if accepted:
                declined.do(c.Accept(), CLERK)
            declined.do(c.Decline(reason=reason), CLERK)
            declined.do(c.Rate(score=4), CITIZEN)
            walks.append(declined)
    return tuple(walk.case for walk in walks)


def measured(cases: list[Case], period: Period = MARCH, *rules: MeasureRule) -> Figures:
    """The figures of some cases by some rates."""
    return figures(cases, period, LATER, attrs.evolve(RULES.policy, measures=rules))


some_cases = st.deferred(lambda: st.lists(st.sampled_from(pool()), max_size=20))
totals = st.fixed_dictionaries(
    {name: st.integers(0, 5000) for name in COUNTS if name != "merged"}
    | {"received": st.integers(5000, 9000)}
)
declinings = st.dictionaries(st.sampled_from(("litigation", "final", "other")), st.integers(0, 900))
names = st.sampled_from([name for name in COUNTS if name != "merged"])


# Over totals


@pytest.mark.parametrize(
    ("rule", "counts", "declined", "shown"),
    [
        (EFFECTIVE, {"received": 1000, "resolved": 920}, {"litigation": 30, "final": 10}, "95.83"),
        (EFFECTIVE, {"received": 1000, "resolved": 920}, {"litigation": 30}, "94.85"),
        (EFFECTIVE, {"received": 1000, "resolved": 920}, {"court": 40}, "92.00"),
        (measure("replied"), {"received": 3772, "replied": 3762}, {}, "99.73"),
        (measure("replied"), {"received": 367, "replied": 365}, {}, "99.46"),
        (measure(), {"received": 1000, "resolved": 800}, {"final": 10}, "80.00"),
        (measure(), {"received": 48, "merged": 10, "resolved": 33}, {}, "86.84"),
        (measure("merged"), {"received": 48, "merged": 12}, {}, "25.00"),
        (
            measure("declined", "received", "final"),
            {"received": 20, "declined": 15},
            {"final": 10},
            "50.00",
        ),
    ],
)
def test_a_rate_of_published_totals(
    rule: MeasureRule, counts: dict[str, int], declined: dict[str, int], shown: str
) -> None:
    """The numbers of the sources come out, and only excluded grounds leave the whole."""
    assert rate(rule, counts, declined).percent() == f"{shown}%"


def test_the_effective_rate_of_puyang() -> None:
    """920 of 1000 received without 30 in litigation and 10 finally closed: at least 95 per cent."""
    counts, declined = {"received": 1000, "resolved": 920}, {"litigation": 30, "final": 10}
    found = rate(EFFECTIVE, counts, declined)
    assert found == Ratio(920, 960)
    assert (found.reaches("95"), found.reaches("95.84")) == (True, False)
    assert (Ratio(19, 20).reaches("95"), Ratio(0, 0).reaches("95")) == (True, None)


def test_a_target_is_reached_by_the_quotient_and_not_by_its_rounding() -> None:
    """94.996 is written 95.00% and is less than 95."""
    found = Ratio(94_996, 100_000)
    assert (found.percent(), found.reaches("95")) == ("95.00%", False)


def test_a_count_that_is_not_among_the_totals_is_named() -> None:
    """A rate of unknown numbers is no nought."""
    with pytest.raises(ArgumentError, match=r"resolved\(办结\)"):
        rate(EFFECTIVE, {"received": 10}, {})


@given(totals, declinings, names, names, st.sets(st.sampled_from(("litigation", "final"))))
def test_excluding_never_raises_part_or_whole(
    counts: dict[str, int], declined: dict[str, int], part: str, whole: str, out: set[str]
) -> None:
    """Nor does excluding nothing change anything: the rate is then the plain quotient."""
    plain = rate(measure(part, whole), counts, declined)
    less = rate(measure(part, whole, *out), counts, declined)
    assert plain == Ratio(counts[part], counts[whole])
    assert (less.part <= plain.part, less.whole <= plain.whole) == (True, True)
    assert less.part == plain.part or part in ("received", "declined")


# Over cases


def test_the_pool_has_every_count() -> None:
    """The laws below are about something: no count of it is nought, nor any ground."""
    found = measured(list(pool()))
    assert all(found.counts.values()), found.counts
    assert 0 < found.within_soft < found.within
    assert 0 < found.late_soft < found.late
    assert set(found.grounds) == {"litigation", "final"}
    assert list(found.counts) == list(COUNTS)


def test_every_number_is_a_number() -> None:
    """A bulletin shows 1 and 0, never True and False."""
    found = measured(list(pool()))
    numbers = [*_numbers(found).values()]
    assert len(numbers) > 30
    assert {type(number) for number in numbers} == {int}


@given(some_cases, st.sampled_from(sorted(COUNTS)), st.sampled_from(sorted(COUNTS)))
def test_excluding_a_ground_is_leaving_its_messages_out(
    cases: list[Case], part: str, whole: str
) -> None:
    """The rate is what it would be had the messages declined on that ground never come."""
    without = [case for case in cases if case.decline_reason != "litigation"]
    excluding, plain = measure(part, whole, "litigation"), measure(part, whole)
    expected = measured(without, MARCH, plain).rates[plain.id]
    assert measured(cases, MARCH, excluding).rates[excluding.id] == expected


@given(some_cases)
def test_a_rate_without_exclusion_is_the_one_that_every_bulletin_has(cases: list[Case]) -> None:
    """The policy's definition and the built-in one are one and the same."""
    rules = (measure("replied"), measure("resolved"), measure("published", "valid"))
    found = measured(cases, MARCH, *rules, measure("satisfied", "rated"))
    assert list(found.rates.values()) == [
        found.reply_rate,
        found.solve_rate,
        found.valid_reply_rate,
        found.satisfaction,
    ]


@given(some_cases, st.randoms())
def test_figures_do_not_depend_on_the_order_of_cases(cases: list[Case], random: Random) -> None:
    """Whatever order the store hands them out in."""
    shuffled = random.sample(cases, len(cases))
    assert measured(shuffled, MARCH, EFFECTIVE) == measured(cases, MARCH, EFFECTIVE)


@given(some_cases, st.integers(0, 30 * 24))
def test_two_halves_of_a_period_make_the_whole(cases: list[Case], hours: int) -> None:
    """Every message and every assignment is in one of them, and in no other."""
    middle = MARCH.first + timedelta(hours=hours)
    whole = measured(cases)
    halves = [
        measured(cases, Period(MARCH.first, middle)),
        measured(cases, Period(middle, MARCH.until)),
    ]
    assert sum((_numbers(half) for half in halves), Counter()) == _numbers(whole)


def _numbers(found: Figures) -> Counter[str]:
    """Every number of some figures, by its name."""
    plain = attrs.asdict(found, filter=lambda field, value: isinstance(value, int))
    grounds = {
        f"{g}.{name}": n for g, counts in found.grounds.items() for name, n in counts.items()
    }
    units = {
        f"{unit.unit}.{name}": n
        for unit in found.units
        for name, n in attrs.asdict(unit).items()
        if name not in ("unit", "rank")
    }
    return Counter({**plain, **grounds, **units})


@given(some_cases)
def test_each_count_is_within_those_it_is_of(cases: list[Case]) -> None:
    """No rate of the bulletin exceeds a hundred per cent."""
    f = measured(cases)
    assert f.valid + f.declined + f.merged == f.received
    assert f.published <= min(f.valid, f.replied)
    assert f.replied <= f.responded <= f.received - f.merged
    assert max(f.accepted, f.resolved, f.returned, f.rated) <= f.received - f.merged
    assert f.satisfied <= f.rated
    assert f.within + f.late <= f.received - f.merged
    assert (f.within_soft <= f.within, f.late_soft <= f.late) == (True, True)


def test_soft_limits_are_told_apart() -> None:
    """On time counts both; the hard rate speaks of those alone whom a limit bound."""
    found = measured([lived(0).case, lived(0, grade="投诉", late=True).case])
    assert (found.within, found.late, found.within_soft, found.late_soft) == (1, 1, 0, 1)
    assert (found.on_time_rate, found.hard_on_time_rate) == (Ratio(1, 2), Ratio(1, 1))


def test_a_message_is_late_by_soft_limits_only_if_no_hard_one_says_so() -> None:
    """Where the main clock was started twice, under a hard row and a soft one, the hard one tells."""
    for late, counted in ((True, (0, 1)), (False, (1, 0))):
        case = lived(0, late=late).case
        (clock,) = [x for x in case.clocks if x.id == "reply"]
        both = attrs.evolve(case, clocks=(clock, attrs.evolve(clock, epoch=2, soft=True)))
        found = measured([both])
        assert (found.within, found.late) == counted
        assert (found.within_soft, found.late_soft) == (0, 0)


def test_a_return_for_rework_is_the_leads_alone() -> None:
    """The unit that assists is not reproached with the report of the lead."""
    walk = Walk(RULES).steps(6)
    walk.do(c.ReturnForRework(reason="不详"), CLERK)
    found = {unit.unit: unit.returned for unit in measured([walk.case]).units}
    assert found == {"housing": 1, "police": 0}


def test_a_return_for_rework_counts_for_the_message_and_its_unit() -> None:
    """The message once, the unit as often as it happened, neither before it happened."""
    walk = lived(0, late=True)
    (returned,) = walk.case.returns
    twice = attrs.evolve(walk.case, returns=(returned, returned + timedelta(minutes=1)))
    for as_of, of_messages, of_unit in ((returned, 1, 1), (LATER, 1, 2)):
        found = figures([twice], MARCH, as_of, RULES.policy)
        assert (found.returned, found.units[0].returned) == (of_messages, of_unit)
    before = figures([twice], MARCH, returned - timedelta(seconds=1), RULES.policy)
    assert (before.returned, before.units[0].returned) == (0, 0)


def test_a_reopened_case_was_accepted_though_it_was_declined_at_first() -> None:
    """It is valid then, and the ground is no more."""
    walk = Walk(RULES)
    walk.do(c.Decline(reason="final"), CLERK)
    walk.do(c.Reopen(reason="有新事实"), CLERK)
    found = measured([walk.case])
    assert (found.accepted, found.valid, found.declined, dict(found.grounds)) == (1, 1, 0, {})
