"""Figures counted case by case are those that one fold over all of them gives."""

from __future__ import annotations

from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from wenzheng_core.domain import commands as c
from wenzheng_core.domain import figuring
from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.figuring import FiguresCount, added
from wenzheng_core.domain.instants import Period
from wenzheng_core.domain.provisions import MeasureRule
from wenzheng_core.domain.tallies import figures
from wenzheng_core.testing.builders import (
    CITIZEN,
    CLERK,
    HOUR,
    START,
    STEPS,
    Walk,
    beijing,
    sample_rules_with,
)

RATE = MeasureRule(
    id="valid",
    title="有效回复率",
    part="replied",
    whole="received",
    excluding=("court",),
    basis="样例",
)
POLICY = sample_rules_with(measures=(RATE,)).policy
MARCH = Period(beijing(3, 1), beijing(4, 1))
APRIL = beijing(4, 3)


def _cases() -> list[Case]:
    """Answered and rated, late with cards, declined, merged, and one of another month."""
    rated, late, declined, merged = Walk().steps(len(STEPS)), Walk(), Walk(), Walk()
    rated.do(c.Rate(score=5), CITIZEN)
    late.do(c.Accept(), CLERK)
    late.do(c.Assign(lead="police"), CLERK)
    late.tick(beijing(3, 28))
    declined.do(c.Decline(reason="court"), CLERK)
    merged.do(c.Merge(into="other"), CLERK)
    other = Walk(at=START + 60 * 24 * HOUR)
    return [walk.case for walk in (rated, late, declined, merged, other)]


CASES = _cases()
lots = st.lists(st.sampled_from(CASES), max_size=8)


@given(lots, st.integers(1, 9))
def test_one_by_one_is_as_all_at_once(cases: list[Case], lot: int) -> None:
    """Whatever the size of a lot, every count, rate and rank is that of the one fold."""
    counted = FiguresCount(MARCH, APRIL, POLICY)
    with patch.object(figuring, "LOT", lot):
        for case in cases:
            counted.add(case)
        assert counted.figures() == figures(cases, MARCH, APRIL, POLICY)


@given(lots, lots)
def test_figures_of_lots_add_up_in_any_order(first: list[Case], second: list[Case]) -> None:
    """Counts, grounds and units of both together, whichever comes first."""
    one, two = (figures(cases, MARCH, APRIL, POLICY) for cases in (first, second))
    assert added(one, two, POLICY) == figures([*first, *second], MARCH, APRIL, POLICY)
    assert added(two, one, POLICY) == added(one, two, POLICY)


def test_the_cases_are_as_different_as_they_are_meant_to_be() -> None:
    """Every kind of count is there, so that the laws above speak of something."""
    found = figures(CASES, MARCH, APRIL, POLICY)
    assert (found.received, found.replied, found.merged, found.declined) == (4, 2, 1, 1)
    assert (found.late, found.satisfied, found.yellow_cards, found.red_cards) == (1, 1, 1, 1)
    assert str(found.rates["valid"]) == "50.00%(1/2)"
    assert {unit.unit for unit in found.units} == {"housing", "police"}


def test_no_more_than_a_lot_is_held() -> None:
    """Memory does not grow with the cases."""
    counted = FiguresCount(MARCH, APRIL, POLICY)
    for case in CASES * 100:
        counted.add(case)
        assert len(counted._lot) < figuring.LOT
    assert counted.figures().received == 400
