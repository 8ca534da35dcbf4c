"""``[[expect]]``: what entries of a policy say, written a second time."""

from __future__ import annotations

import re

import attrs
import pytest

from wenzheng_core import City, InputFaultsError, load_plugins
from wenzheng_core.cities import read_cases
from wenzheng_core.goldenchecks import check_entries
from wenzheng_core.proofs.entrykeys import as_ruling, entry_keys

PLUGINS = load_plugins()
CITY = PLUGINS.city("changsha")
CALENDAR = PLUGINS.calendar("cn")


def check(keys: str, city: City = CITY) -> None:
    """Hold an expectation against a city."""
    head = 'schema = "wenzheng.cases/1"\n[[expect]]\nid = "X"\nbasis = "原文"\n'
    (golden,) = read_cases(head + keys)[1].entries
    check_entries(city, golden, CALENDAR)


def test_what_the_policy_says_is_met() -> None:
    """Keys in any order, a single value for a list of one; what stands by default is left out."""
    check('rung.red = { to = ["unit_head"], do = "red_card", clock = "unit", at = "到期" }')
    check('limit."assign/thanks" = { when = { category = "感谢" }, overrides = ["same-day"] }')
    check("time = {}\ndecline.duplicate = { counts_as_replied = true }")


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ('rung.red = { clock = "unit", at = "到期", do = "red_card", to = ["liaison"] }', "(to)"),
        ('rung.red = { clock = "unit", at = "到期", do = "red_card" }', "(to)"),
        ("rung.redd = {}", "没有 rung.redd;现有:yellow、red"),
        ('time = { counting = "civil" }', "counting"),
        ('version = "1999"\ntime = {}', "没有版本 1999;现有:2021"),
    ],
)
def test_what_it_says_otherwise_is_told(keys: str, told: str) -> None:
    """Another value, one that is not expected, an entry or a version that is not there."""
    with pytest.raises(AssertionError, match=re.escape(told)):
        check(keys)


def test_a_version_is_asked_for_by_its_name() -> None:
    """Of a city with several versions, each may be spoken of; without a name it is the newest."""
    city = PLUGINS.city("law-xxgk")
    old = '{ within = "15个工作日", when = { spot = ["不能当场答复"] } }'

    check(f'version = "2007"\nlimit."answer/usual" = {old}', city)
    with pytest.raises(AssertionError, match="within"):
        check(f'limit."answer/usual" = {old}', city)


def test_an_empty_expectation_is_a_fault() -> None:
    """An expectation of nothing proves nothing."""
    with pytest.raises(InputFaultsError, match="没有写任何条目"):
        check("")


@pytest.mark.parametrize("city", PLUGINS.cities.values(), ids=lambda city: city.id)
def test_keys_are_in_one_form(city: City) -> None:
    """The keys of every entry of every version, written down, are read as the same keys."""
    for policy in city.versions.versions:
        found = entry_keys(policy)
        assert found["clock"]
        for kind, entries in found.items():
            for keys in entries.values():
                assert as_ruling(kind, keys) == keys


def test_no_fallback_is_not_the_usual_fallback() -> None:
    """A list that is empty where it usually is not is told, though nothing stands in it."""
    policy = CITY.versions.latest
    rungs = tuple(attrs.evolve(rung, fallback=()) for rung in policy.rungs)

    assert entry_keys(attrs.evolve(policy, rungs=rungs))["rung"]["red"]["fallback"] == []
