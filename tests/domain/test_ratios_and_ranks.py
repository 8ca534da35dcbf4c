"""How rates are written and units are ranked."""

from __future__ import annotations

import pytest

from wenzheng_core.domain.measures import Ratio, UnitFigures
from wenzheng_core.domain.provisions import RankingRule
from wenzheng_core.domain.tallies import ranked


def place(*units: UnitFigures, by: tuple[str, ...]) -> list[tuple[str, int]]:
    """Names and ranks in order."""
    return [(x.unit, x.rank) for x in ranked(units, RankingRule(by=by))]


@pytest.mark.parametrize(
    ("part", "whole", "digits", "text"),
    [
        (3762, 3772, 2, "99.73%"),
        (365, 367, 1, "99.5%"),
        (365, 367, 2, "99.46%"),
        (33, 38, 2, "86.84%"),
        (920, 960, 2, "95.83%"),
        (800, 1000, 0, "80%"),
        (800, 1000, 2, "80.00%"),
        (1, 8, 0, "13%"),
        (1, 1600, 2, "0.06%"),
        (1, 800, 2, "0.13%"),
        (1000, 1000, 2, "100.00%"),
        (0, 7, 1, "0.0%"),
        (0, 0, 2, "—"),
    ],
)
def test_percentages_are_rounded_half_up(part: int, whole: int, digits: int, text: str) -> None:
    """To the digits asked for, ties away from zero, an empty whole as a dash."""
    assert Ratio(part, whole).percent(digits) == text


def test_a_ratio_shows_its_numbers() -> None:
    """A percentage without its denominator is half a truth."""
    assert str(Ratio(3762, 3772)) == "99.73%(3762/3772)"


def test_ranks_are_shared_by_those_whom_nothing_tells_apart() -> None:
    """Two firsts, then a third; the next measure decides where the first does not."""
    a = UnitFigures(unit="a", handled=4, completed=4)
    b = UnitFigures(unit="b", handled=2, completed=2)
    z = UnitFigures(unit="z", handled=9, completed=1)
    assert place(z, b, a, by=("completion_rate",)) == [("a", 1), ("b", 1), ("z", 3)]
    assert place(b, z, a, by=("completion_rate", "handled")) == [("a", 1), ("b", 2), ("z", 3)]
    assert place(a, b, z, by=("handled",)) == [("z", 1), ("a", 2), ("b", 3)]


def test_fewer_cards_are_better_and_no_rate_is_last() -> None:
    """A unit that nothing fell due for has no on-time rate to be praised for."""
    a = UnitFigures(unit="a", handled=1, red_cards=2, on_time=0, late=1)
    b = UnitFigures(unit="b", handled=1, red_cards=0)
    assert place(a, b, by=("red_cards",)) == [("b", 1), ("a", 2)]
    assert place(a, b, by=("on_time_rate",)) == [("a", 1), ("b", 2)]
