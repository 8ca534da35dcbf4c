"""What every city's policy must pass; one line in the city's own tests.

``TestChangsha = policy_suite("changsha")`` gives a fresh test class; pytest collects it.
"""

from __future__ import annotations

from datetime import date

import pytest

from wenzheng_core.cities import City, GoldenCase
from wenzheng_core.domain.calendars import Calendar, build_calendar
from wenzheng_core.domain.escalation import OFFICE, Rung
from wenzheng_core.domain.instants import local
from wenzheng_core.domain.policies import Milestone, Policy
from wenzheng_core.domain.timelimits import Deadline, deadline
from wenzheng_core.plugins import Plugins, load_plugins


def policy_suite(city_id: str, plugins: Plugins | None = None) -> type:
    """A test class for one installed city."""
    found = plugins or load_plugins()
    city = found.city(city_id)
    data = found.calendars[city.versions.latest.calendar]
    golden = [pytest.param(case, id=case.id) for case in city.golden]

    def calendar(known_on: date | None) -> Calendar:
        return build_calendar(data.known_on(known_on) if known_on else data)

    class PolicySuite:
        """The laws of a city's policy."""

        def test_has_golden_cases(self) -> None:
            """A policy without a single worked example from its source is not verified."""
            assert city.golden, "cases.toml 至少要有一个实例"

        @pytest.mark.parametrize("case", golden)
        def test_golden_case(self, case: GoldenCase) -> None:
            """The policy gives what the source says."""
            check_golden(city, case, calendar(case.known_on))

        def test_every_row_has_a_golden_case(self) -> None:
            """Every row that gives a limit is exercised by some golden case."""
            assert not uncovered_rows(city)

        def test_every_rung_reaches_somebody(self) -> None:
            """In every unit, every rung finds an office that is held, or falls back to the office."""
            assert not unheard_rungs(city)

    PolicySuite.__name__ = PolicySuite.__qualname__ = f"Test{city_id.title()}"
    return PolicySuite


def check_golden(city: City, case: GoldenCase, calendar: Calendar) -> None:
    """Assert that the policy in force at the case's start gives what the case expects."""
    policy = city.versions.in_force(case.start)
    choice = policy.limit(case.clock, case.facts)
    assert choice.row == (case.row or choice.row)
    assert choice.value.within is not None, choice.value.no_limit
    found = deadline(choice.value.within, case.start, calendar, policy.time)
    if case.due_day is not None:
        assert found.due_day == case.due_day
    else:
        assert local(found.due) == case.due
    assert {name: _rung_at(policy, name, found, calendar) for name in case.rungs} == case.rungs


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


def _units_on(policy: Policy, rung: Rung, city: City) -> list[str]:
    """The units that a rung's clock may run for; "" while no unit has the case."""
    units = [unit.id for unit in city.units]
    clock = policy.clock(rung.clock)
    unassigned = clock.starts in (Milestone.RECEIVED, Milestone.ACCEPTED)
    return ["", *units] if unassigned else units


def _rung_at(policy: Policy, rung_id: str, found: Deadline, calendar: Calendar) -> object:
    rung = next((rung for rung in policy.rungs if rung.id == rung_id), None)
    assert rung is not None, f"办法没有阶梯「{rung_id}」"
    return local(rung.at.of(found, calendar))
