"""What every city's policy must pass; one line in the city's own tests.

``TestChangsha = policy_suite("changsha")`` gives a fresh test class; pytest collects it. It holds
the city's own examples and stories, and every property of the catalogue for every version.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest

from wenzheng_core.cities import City, GoldenCase
from wenzheng_core.clock import SystemClock
from wenzheng_core.domain.calendars import Calendar, build_calendar
from wenzheng_core.domain.errors import LimitUseError, OutsideCalendarError
from wenzheng_core.domain.escalation import OFFICE, Rung
from wenzheng_core.domain.instants import at_local
from wenzheng_core.domain.limits import Limit
from wenzheng_core.domain.milestones import BEFORE_CLASSIFYING
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.timelimits import deadline
from wenzheng_core.plugins import Plugins, load_plugins, read_city
from wenzheng_core.ports import TimeSource
from wenzheng_core.testing.examples import (
    EXAMPLES,
    check_belongs,
    check_duty,
    check_golden,
    check_rate,
    check_run,
    check_story,
)
from wenzheng_core.testing.laws import Examination, add_law_tests

__all__ = [
    "check_belongs",
    "check_duty",
    "check_golden",
    "check_rate",
    "check_run",
    "check_story",
    "has_examples",
    "policy_suite",
    "silent_rungs",
    "uncovered_rows",
    "unheard_rungs",
]

STEP = 5  # days between two sample starts; five and seven share no factor, so all weekdays come
HOURS = (time(9), time(20))
UNHEARD = "改 to 或 fallback,或在 units.toml 的 offices 中补写"
SILENT = "改 at,或用 when 写明只用于时限更长的情形"


def policy_suite(
    of: str | Path | City, plugins: Plugins | None = None, clock: TimeSource = SystemClock()
) -> type:
    """A test class for one city: the id of an installed one, a folder of files, or the city itself.

    ``clock`` says on which day the waivers of the city are looked at.
    """
    found = plugins or load_plugins()
    city = _city(of, found)
    whole = found.calendar(city.versions.latest.calendar)

    def check_case(case: GoldenCase) -> None:
        data = whole.data.known_on(case.known_on) if case.known_on else None
        check_golden(city, case, build_calendar(data) if data else whole)

    class PolicySuite:
        """The laws of a city's policy."""

        def test_has_golden_cases(self) -> None:
            """A policy without a single worked example from its source is not verified."""
            assert has_examples(city), "cases.toml 至少要有一个实例"

        def test_every_row_has_a_golden_case(self) -> None:
            """Every row that gives a limit is exercised by some golden case."""
            rows = uncovered_rows(city)
            assert not rows, f"下列规则没有实例,请在 cases.toml 各补一例:{'、'.join(rows)}"

        def test_every_rung_reaches_somebody(self) -> None:
            """In every unit, every rung finds an office that is held, or falls back to the office."""
            rungs = unheard_rungs(city)
            assert not rungs, f"下列阶梯无人可告知({UNHEARD}):{'、'.join(rungs)}"

        def test_every_rung_can_fire(self) -> None:
            """No rung always stands before the start of a limit that it is meant for."""
            rungs = silent_rungs(city, whole)
            assert not rungs, f"下列阶梯总在起算之前,永远不会走到({SILENT}):{'、'.join(rungs)}"

    def checked(check: Callable[[City, Any, Calendar], None]) -> Callable[[Any], None]:
        return lambda example: check(city, example, whole)

    _add_tests(PolicySuite, "test_golden_case", city.golden, check_case)
    for name, (kind, check) in EXAMPLES.items():
        _add_tests(PolicySuite, name, getattr(city.examples, kind), checked(check))
    _add_tests(PolicySuite, "test_story", city.stories, lambda s: check_story(city, s, found))
    PolicySuite.__name__ = PolicySuite.__qualname__ = f"Test{city.id.title()}"
    add_law_tests(PolicySuite, Examination(city, found, whole, clock))
    return PolicySuite


def _city(of: str | Path | City, plugins: Plugins) -> City:
    """The city as it was read: what its rules come to is for the suite to say."""
    match of:
        case City():
            return of
        case Path():
            files = {path.name: path.read_text("utf-8-sig") for path in of.glob("*.toml")}
            return read_city(files, of.name)
        case _:
            return plugins.unchecked(of)


def _add_tests(
    suite: type, name: str, examples: Sequence[Any], check: Callable[[Any], None]
) -> None:
    """A test for each example, under its id; none where there are no examples."""
    if not examples:
        return

    def test(self: object, example: Any) -> None:
        check(example)

    test.__name__ = test.__qualname__ = name
    test.__doc__ = "The policy gives what the source says."
    params = [pytest.param(one, id=one.id) for one in examples]
    setattr(suite, name, pytest.mark.parametrize("example", params)(test))


def has_examples(city: City) -> bool:
    """Whether something of the source is worked out; a policy with limits needs a golden case."""
    limited = any(
        row.value.within is not None
        for policy in city.versions.versions
        for clock in policy.clocks
        for row in clock.limits.rows
    )
    return bool(city.golden) or (not limited and bool(city.examples or city.stories))


def uncovered_rows(city: City) -> list[str]:
    """Rows with a limit that no golden case exercises, as ``version clock/row``."""
    seen = set()
    for case in city.golden:
        policy = city.versions.in_force(case.start)
        seen.add((policy.version, case.clock, policy.limit(case.clock, case.facts).row))
    return [
        f"{policy.version} {clock.id}/{row.id}"
        for policy in city.versions.versions
        for clock in policy.clocks
        for row in clock.limits.rows
        if row.value.within is not None and (policy.version, clock.id, row.id) not in seen
    ]


def unheard_rungs(city: City) -> list[str]:
    """Rungs that would find nobody to go to, as ``rung@unit``.

    ``rung@`` is one that may fire before any unit has the case; ``rung→office`` one that names an
    office held in no unit of the city at all, most likely misspelt.
    """
    held = {office for unit in city.units for office in unit.offices} | {OFFICE}
    rungs = [(p, rung) for p in city.versions.versions for rung in p.rungs]
    unheard = [
        f"{rung.id}@{unit}"
        for policy, rung in rungs
        for unit in _units_on(policy, rung, city)
        for office in rung.to
        if OFFICE not in (chain := (office, *rung.fallback))
        and city.units.holder(unit, chain) is None
    ]
    strange = [f"{rung.id}→{to}" for _, rung in rungs for to in rung.to if to not in held]
    return unheard + strange


def silent_rungs(city: City, calendar: Calendar) -> list[str]:
    """Rungs that never fire for a limit, as ``version rung@clock/row``.

    Every row that wins in some case that the rung is for is begun on days all over the calendar, in
    the morning and in the evening. A soft limit is spared by the stronger rungs; that is no silence.
    """
    return [
        f"{policy.version} {rung.id}@{clock.id}/{row.id}"
        for policy in city.versions.versions
        for rung in policy.rungs
        for clock in (policy.clock(rung.clock),)
        for row in clock.limits.winners_with(rung.conditions)
        if row.value.within is not None
        and not (row.value.soft and rung.act.spares_soft_limits)
        and not _fires(rung, row.value.within, policy, calendar)
    ]


def _fires(rung: Rung, limit: Limit, policy: Policy, calendar: Calendar) -> bool:
    """Whether the rung lies after the start for some start; True if none can be reckoned."""
    reckoned = False
    days = range(0, (calendar.settled_until - calendar.first).days, STEP)
    for day in (calendar.first + timedelta(days=n) for n in days):
        for hour in HOURS:
            start = at_local(day, hour)
            try:
                at = rung.at.of(deadline(limit, start, calendar, policy.time), calendar)
            except (OutsideCalendarError, LimitUseError):
                continue
            if at > start:
                return True
            reckoned = True
    return not reckoned


def _units_on(policy: Policy, rung: Rung, city: City) -> list[str]:
    """The units that a rung's clock may run for; "" while no unit has the case."""
    units = [unit.id for unit in city.units]
    clock = policy.clock(rung.clock)
    return ["", *units] if clock.all_starts & BEFORE_CLASSIFYING else units
