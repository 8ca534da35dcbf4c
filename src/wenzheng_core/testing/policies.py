"""What every city's policy must pass; one line in the city's own tests.

``TestChangsha = policy_suite("changsha")`` gives a fresh test class; pytest collects it.
"""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest

from wenzheng_core.cities import City, GoldenCase
from wenzheng_core.domain.calendars import Calendar, build_calendar
from wenzheng_core.domain.errors import LimitUseError, OutsideCalendarError
from wenzheng_core.domain.escalation import OFFICE, Rung
from wenzheng_core.domain.instants import at_local, local
from wenzheng_core.domain.limits import Limit
from wenzheng_core.domain.policies import Milestone, Policy
from wenzheng_core.domain.timelimits import Deadline, deadline
from wenzheng_core.plugins import Plugins, load_plugins

STEP = 5  # days between two sample starts; five and seven share no factor, so all weekdays come
HOURS = (time(9), time(20))
UNHEARD = "改 to 或 fallback,或在 units.toml 的 offices 中补写"
SILENT = "改 at,或用 when 写明只用于时限更长的情形"


def policy_suite(city_id: str, plugins: Plugins | None = None) -> type:
    """A test class for one installed city."""
    found = plugins or load_plugins()
    city = found.city(city_id)
    whole = found.calendar(city.versions.latest.calendar)
    golden = [pytest.param(case, id=case.id) for case in city.golden]

    def calendar(known_on: date | None) -> Calendar:
        return build_calendar(whole.data.known_on(known_on)) if known_on else whole

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

    PolicySuite.__name__ = PolicySuite.__qualname__ = f"Test{city_id.title()}"
    return PolicySuite


def check_golden(city: City, case: GoldenCase, calendar: Calendar) -> None:
    """Assert that the policy in force at the case's start gives what the case expects."""
    policy = city.versions.in_force(case.start)
    choice = policy.limit(case.clock, case.facts)
    _require(case, "适用的规则", case.row or choice.row, choice.row)
    row = f"{case.clock}/{choice.row}"
    assert choice.value.within is not None, (
        f"实例 {case.id}:{row} 没有时限({choice.value.no_limit})"
    )
    found = deadline(choice.value.within, case.start, calendar, policy.time)
    if case.due_day is not None:
        _require(case, f"{row} 的到期日", case.due_day, found.due_day)
    else:
        _require(case, f"{row} 的到期时刻", case.due, local(found.due))
    for name, at in case.rungs.items():
        _require(case, f"阶梯 {name} 的时刻", at, _rung_at(policy, name, found, calendar))


def _require(case: GoldenCase, what: str, wanted: object, found: object) -> None:
    assert found == wanted, f"实例 {case.id}:{what}应为 {wanted},算得 {found}(依据:{case.basis})"


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
    unassigned = clock.starts in (Milestone.RECEIVED, Milestone.ACCEPTED)
    return ["", *units] if unassigned else units


def _rung_at(policy: Policy, rung_id: str, found: Deadline, calendar: Calendar) -> object:
    rung = next((rung for rung in policy.rungs if rung.id == rung_id), None)
    assert rung is not None, f"办法没有阶梯「{rung_id}」"
    return local(rung.at.of(found, calendar))
