"""The schedule of tries: twice as long each time, bounded, spread, and the same for the same item."""

from __future__ import annotations

from datetime import timedelta

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wenzheng_core.domain.errors import ArgumentError
from wenzheng_core.redelivery import RetrySchedule
from wenzheng_core.testing.builders import sample_outgoing

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
DEFAULT = RetrySchedule()
keys = st.text(min_size=1, max_size=20)


def _waits(key: str, schedule: RetrySchedule = DEFAULT) -> list[timedelta]:
    item, waits = sample_outgoing(key), []
    while (wait := schedule.wait(item)) is not None:
        waits.append(wait)
        item = attrs.evolve(item, attempts=item.attempts + 1)
    return waits


@given(key=keys)
def test_each_wait_is_twice_the_last_up_to_the_cap(key: str) -> None:
    """1, 2, 4 … minutes, then 6 hours, each up to a tenth shorter: 19 waits between 20 tries."""
    plain = [min(2**n, 360) * MINUTE for n in range(19)]
    for wait, most in zip(_waits(key), plain, strict=True):
        assert most * 0.9 < wait <= most


@given(key=keys)
def test_a_gateway_that_is_down_over_a_weekend_loses_nothing(key: str) -> None:
    """The last try comes more than 61 hours after the first: Friday 18:00 to Monday 7:00."""
    assert sum(_waits(key), timedelta()) > 61 * HOUR


def test_the_same_item_waits_the_same_and_others_do_not() -> None:
    """The spread follows from the key: nothing is drawn by chance, and yet few come back at once."""
    assert _waits("c1/1/0") == _waits("c1/1/0")
    assert len({_waits(f"c{n}/1/0")[3] for n in range(100)}) > 80


@pytest.mark.parametrize(
    ("asked", "expected"),
    [(timedelta(seconds=5), MINUTE), (HOUR, HOUR), (timedelta(days=3650), 6 * HOUR)],
)
def test_a_provider_may_ask_for_a_longer_wait(asked: timedelta, expected: timedelta) -> None:
    """Its wish lengthens the wait, never beyond the cap, and never shortens it."""
    wait = DEFAULT.wait(sample_outgoing("k"), asked)
    assert wait is not None
    assert expected * 0.9 <= wait <= expected


def test_one_try_is_one_try() -> None:
    """With a single try the first failure is the last."""
    assert _waits("k", RetrySchedule(tries=1)) == []


@pytest.mark.parametrize(
    "wrong",
    [{"first": timedelta(0)}, {"first": 7 * HOUR}, {"tries": 0}, {"cap": timedelta(seconds=1)}],
)
def test_a_schedule_that_makes_no_sense(wrong: dict[str, timedelta]) -> None:
    """No wait at all, a first wait beyond the cap, or no try is refused where it is made."""
    with pytest.raises(ArgumentError):
        RetrySchedule(**wrong)
