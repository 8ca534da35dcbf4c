"""The suite that every city runs on itself fails where it must."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import attrs
import pytest

from wenzheng_core import City, RefusedError, Unit, Units, UnknownError, hookimpl, load_plugins
from wenzheng_core.cities import GoldenCase, make_city
from wenzheng_core.domain.escalation import parse_moment
from wenzheng_core.domain.policies import PolicyVersions
from wenzheng_core.testing.builders import sample_calendar, sample_policy
from wenzheng_core.testing.policies import (
    check_golden,
    policy_suite,
    silent_rungs,
    uncovered_rows,
    unheard_rungs,
)

BEIJING = timezone(timedelta(hours=8))
REPLY = GoldenCase(
    id="A",
    clock="reply",
    start=datetime(2025, 3, 3, 9, tzinfo=BEIJING),
    basis="样例",
    due_day=date(2025, 3, 18),
    due=None,
    row="",
    facts={},
    rungs={},
    known_on=None,
)
HANDLE = attrs.evolve(
    REPLY,
    id="B",
    clock="handle",
    due_day=date(2025, 3, 10),
    rungs={
        "warn": datetime(2025, 3, 7, tzinfo=BEIJING),
        "late": datetime(2025, 3, 11, tzinfo=BEIJING),
    },
)
HOUSING = Unit("housing", "市住房局")


def _city(*golden: GoldenCase, units: tuple[Unit, ...] = (HOUSING,), **rung: object) -> City:
    policy = sample_policy()
    rungs = tuple(attrs.evolve(r, **rung) for r in policy.rungs)
    return make_city([attrs.evolve(policy, rungs=rungs)], Units(units), golden)


def test_a_sound_city() -> None:
    """A city with an instance for each row and somebody for each rung passes."""
    city = _city(REPLY, HANDLE)

    for case in city.golden:
        check_golden(city, case, sample_calendar())
    assert (uncovered_rows(city), unheard_rungs(city)) == ([], [])


@pytest.mark.parametrize(
    "wrong",
    [
        attrs.evolve(HANDLE, due_day=date(2025, 3, 11)),
        attrs.evolve(HANDLE, due_day=None, due=datetime(2025, 3, 11, 1, tzinfo=BEIJING)),
        attrs.evolve(HANDLE, row="other"),
        attrs.evolve(HANDLE, rungs={"warn": datetime(2025, 3, 8, tzinfo=BEIJING)}),
        attrs.evolve(HANDLE, rungs={"none": datetime(2025, 3, 8, tzinfo=BEIJING)}),
    ],
)
def test_a_wrong_golden_case(wrong: GoldenCase) -> None:
    """Another day, instant, row, or a rung elsewhere or unknown fails the case."""
    with pytest.raises(AssertionError):
        check_golden(_city(wrong), wrong, sample_calendar())


def test_a_golden_case_of_an_unknown_clock() -> None:
    """A case about a clock that the policy lacks says which there are."""
    wrong = attrs.evolve(REPLY, clock="nope")

    with pytest.raises(RefusedError, match="现有:reply、handle"):
        check_golden(_city(wrong), wrong, sample_calendar())


def test_an_uncovered_row() -> None:
    """A row with a limit that no case exercises is named with its version and clock."""
    assert uncovered_rows(_city(REPLY)) == ["2025-1 handle/all"]
    assert uncovered_rows(_city()) == ["2025-1 reply/all", "2025-1 handle/all"]


def test_a_rung_that_reaches_nobody() -> None:
    """A rung without anybody in a unit is named; the office as fallback always hears."""
    empty = Unit("empty", "某局", offices=())
    headless = Unit("police", "市公安局", offices=("liaison",))

    assert unheard_rungs(_city(units=(HOUSING, headless))) == []
    assert unheard_rungs(_city(units=(HOUSING, headless), fallback=())) == ["late@police"]
    assert unheard_rungs(_city(units=(HOUSING, headless), fallback=("liaison",))) == []
    assert unheard_rungs(_city(units=(headless, empty), fallback=("liaison",))) == [
        "warn@empty",
        "late@empty",
        "late→unit_head",
    ]


def test_a_misspelt_office() -> None:
    """An office that nobody holds anywhere is told, though the fallback would always hear."""
    policy = _city(REPLY).versions.latest
    rungs = tuple(attrs.evolve(rung, to=("liason",)) for rung in policy.rungs)
    versions = PolicyVersions("sample", (attrs.evolve(policy, rungs=rungs),))
    city = City(id="sample", versions=versions, units=Units((HOUSING,)))

    assert unheard_rungs(city) == ["warn→liason", "late→liason"]


def test_a_rung_before_any_unit_has_the_case() -> None:
    """A rung that may fire before the assignment needs somebody besides the units."""
    city = _city(clock="reply", fallback=())

    assert unheard_rungs(city) == ["warn@", "late@"]


def _suite(city: City) -> type:
    class Plugin:
        @hookimpl
        def wenzheng_policies(self) -> list[City]:
            return [city]

    found = load_plugins(extra=[Plugin()])
    return policy_suite(city.id, found)


def test_the_suite_of_a_city_without_cases() -> None:
    """A city without a golden case fails its suite by name."""
    policy = attrs.evolve(sample_policy(), calendar="cn")
    suite = _suite(make_city([policy], Units((HOUSING,))))

    assert suite.__name__ == "TestSample"
    with pytest.raises(AssertionError, match="至少要有一个实例"):
        suite().test_has_golden_cases()
    with pytest.raises(AssertionError, match=r"没有实例.*2025-1 reply/all、2025-1 handle/all"):
        suite().test_every_row_has_a_golden_case()
    suite().test_every_rung_reaches_somebody()
    suite().test_every_rung_can_fire()


def test_the_suite_names_what_is_silent() -> None:
    """A rung that reaches nobody or never fires fails the suite in Chinese, with its name."""
    policy = attrs.evolve(_city(fallback=()).versions.latest, calendar="cn")
    early = tuple(attrs.evolve(r, at=parse_moment("到期前30日")) for r in policy.rungs)
    headless = Unit("police", "市公安局", offices=("liaison",))
    suite = _suite(make_city([attrs.evolve(policy, rungs=early)], Units((HOUSING, headless))))

    with pytest.raises(AssertionError, match=r"无人可告知.*late@police"):
        suite().test_every_rung_reaches_somebody()
    with pytest.raises(
        AssertionError, match=r"不会走到.*2025-1 warn@handle/all、2025-1 late@handle"
    ):
        suite().test_every_rung_can_fire()


@pytest.mark.parametrize(
    ("at", "rows"),
    [
        ("到期前4个工作日", []),
        ("到期前5个工作日", ["late", "warn"]),
        ("到期前7日", []),  # where a holiday lies between
        ("到期前11日", ["late", "warn"]),  # the sample year has but one holiday of five days
        ("到期前167小时", []),
    ],
)
def test_rungs_that_never_fire(at: str, rows: list[str]) -> None:
    """Whatever the units, a rung is silent if it lies after no start in the whole calendar."""
    found = silent_rungs(_city(at=parse_moment(at)), sample_calendar())

    assert sorted(found) == [f"2025-1 {name}@handle/all" for name in rows]


def test_a_calendar_that_is_not_installed() -> None:
    """A city whose calendar is missing is told so by name, with the calendars that there are."""
    city = make_city([attrs.evolve(sample_policy(), calendar="mars")], Units((HOUSING,)))

    with pytest.raises(UnknownError, match="没有名为「mars」的日历;现有:cn"):
        _suite(city)


def test_a_wrong_golden_case_speaks() -> None:
    """A golden case that fails says its name, what it wanted and what was found."""
    wrong = attrs.evolve(HANDLE, due_day=date(2025, 3, 11))

    with pytest.raises(AssertionError, match=r"实例 B:.*应为 2025-03-11,算得 2025-03-10"):
        check_golden(_city(wrong), wrong, sample_calendar())
