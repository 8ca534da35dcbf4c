"""What is examined: one version of a policy with all that its decisions rest on."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from datetime import date, time, timedelta
from functools import cached_property
from typing import Protocol, TypeVar

import attrs

from wenzheng_core.cities import City
from wenzheng_core.domain.calendars import Calendar
from wenzheng_core.domain.drafts import Rules
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.timelimits import Deadline, deadline
from wenzheng_core.domain.units import Units

T = TypeVar("T")

Count = Callable[..., Deadline]
"""What counts a deadline: called like :func:`~wenzheng_core.domain.timelimits.deadline`."""

QUICK, CI, THOROUGH = "quick", "ci", "thorough"
PROFILES = (QUICK, CI, THOROUGH)
"""``quick``: load-time and exhaustive checks; ``ci``: and sweeps over every known day, and examples;
``thorough``: and many more examples."""

SEED = 20_260_101
"""The seed of what is drawn, where none is given."""

EXAMPLES = {QUICK: 0, CI: 200, THOROUGH: 5_000}
"""How many histories a sampled property draws in each profile."""


class Draw(Protocol):
    """Where a sampled check gets its choices: a seeded generator, or Hypothesis."""

    def choice(self, options: Sequence[T]) -> T:
        """One of them."""

    def integer(self, least: int, most: int) -> int:
        """A whole number, both bounds included."""


@attrs.frozen
class SeededDraw:
    """Choices from a seed: the same for ever."""

    _random: random.Random

    @classmethod
    def of(cls, seed: int, *parts: object) -> SeededDraw:
        """The choices of one example, named by a seed and its number."""
        return cls(random.Random(f"{seed}/{'/'.join(map(str, parts))}"))

    def choice(self, options: Sequence[T]) -> T:
        """One of them."""
        return options[self._random.randrange(len(options))]

    def integer(self, least: int, most: int) -> int:
        """A whole number, both bounds included."""
        return self._random.randint(least, most)


@attrs.frozen(kw_only=True, slots=False)
class Subject:
    """One version of a city's policy, the calendar by which it counts, and how hard to look.

    Attributes:
        calendar: None means that whatever needs days is not run.
        baseline: the policy of the level above that the policy must keep to (its ``baseline``).
        count: the engine that is examined; another one only to test the laws themselves.
    """

    city: City
    policy: Policy
    calendar: Calendar | None = None
    profile: str = CI
    seed: int = SEED
    baseline: Policy | None = None
    count: Count = deadline

    @property
    def units(self) -> Units:
        """The units of the city."""
        return self.city.units

    @property
    def rules(self) -> Rules:
        """All that a decision rests on. Raises ValueError without a calendar."""
        if self.calendar is None:
            raise ValueError("没有日历")
        return Rules(self.policy, self.calendar, self.units)

    @property
    def examples(self) -> int:
        """How many examples a sampled property draws."""
        return EXAMPLES[self.profile]

    def draws(self, property_id: str) -> Iterator[Draw]:
        """The examples of a property, the same every time."""
        for number in range(self.examples):
            yield SeededDraw.of(self.seed, self.policy.id, property_id, number)

    @cached_property
    def days(self) -> tuple[date, ...]:
        """Every day of the calendar's published range."""
        if self.calendar is None:
            return ()
        span = (self.calendar.settled_until - self.calendar.first).days
        return tuple(self.calendar.first + timedelta(days=n) for n in range(span))

    @cached_property
    def moments(self) -> tuple[time, ...]:
        """A time of day for each class that the policy tells apart: its cut-offs and their edges."""
        rules = self.policy.time
        edges = [rules.cutoff, rules.day_end, *(t for pair in rules.office_hours for t in pair)]
        known = {time(0), time(9, 30), time(23, 59)}
        for edge in filter(None, edges):
            known |= {edge, _before(edge)}
        return tuple(sorted(known))


def _before(edge: time) -> time:
    minutes = (edge.hour * 60 + edge.minute - 1) % (24 * 60)
    return time(minutes // 60, minutes % 60)
