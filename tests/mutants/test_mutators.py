"""The operators make every slip of their kind, each once, and leave the policy itself alone."""

from __future__ import annotations

from copy import deepcopy
from datetime import date, time
from typing import Any

import pytest

from wenzheng_core import load_plugins
from wenzheng_core.domain.policies import Policy
from wenzheng_core.mutants.mutators import OPERATORS, mutants
from wenzheng_core.proofs.dumping import policy_data

PLUGINS = load_plugins()
POLICIES = [policy for city in PLUGINS.cities.values() for policy in city.versions.versions]
NAMES = [operator.name for operator in OPERATORS]


def texts(data: dict[str, Any], operator: str) -> list[str]:
    """What an operator does to some data, in words."""
    return [mutant.text for mutant in mutants(data, [operator])]


@pytest.mark.parametrize("policy", POLICIES, ids=lambda p: f"{p.id}-{p.version}")
def test_the_policy_stays_as_it_is(policy: Policy) -> None:
    """Each mutant has an id of its own, differs from the policy, and does not touch its data."""
    data = policy_data(policy)
    before = deepcopy(data)
    found = list(mutants(data))

    assert data == before
    assert len(found) > 10
    assert len({mutant.id for mutant in found}) == len(found)
    assert all(mutant.data != before for mutant in found)


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"cutoffs"}))
def test_every_operator_finds_something_in_some_city(name: str) -> None:
    """No operator is written for tables that no policy has."""
    assert any(list(mutants(policy_data(policy), [name])) for policy in POLICIES)


@pytest.mark.parametrize(
    ("operator", "data", "wanted"),
    [
        ("bounds", {"within": "5个工作日"}, {"6个工作日", "4个工作日"}),
        ("bounds", {"within": "1日"}, {"2日"}),
        ("bounds", {"within": "24小时"}, {"25小时", "23小时"}),
        ("bounds", {"within": "90分钟"}, {"91分钟", "89分钟"}),
        ("bounds", {"within": "当日"}, set()),
        ("units", {"within": "5个工作日"}, {"5日"}),
        ("units", {"within": "3日"}, {"3个工作日", "3小时"}),
        ("units", {"within": "24小时"}, {"1个工作日", "1日"}),
        ("units", {"within": "16个工作小时"}, {"16小时"}),
        ("units", {"within": "当日"}, {"1日", "1个工作日"}),
        ("rolls", {"within": "7日"}, {"7日(顺延)"}),
        ("rolls", {"within": "7日(顺延)"}, {"7日"}),
        ("rolls", {"within": "7个工作日"}, set()),
    ],
)
def test_lengths(operator: str, data: dict[str, str], wanted: set[str]) -> None:
    """A length is written one more and one less, in another unit, and with another roll."""
    clock = {"id": "c", "title": "办理", "limit": [{"id": "r", **data}]}
    found = mutants({"clock": [clock]}, [operator])

    assert {mutant.data["clock"][0]["limit"][0]["within"] for mutant in found} == wanted


@pytest.mark.parametrize(
    ("at", "wanted"),
    [
        ("到期", {"到期日零时"}),
        ("到期日零时", {"到期"}),
        ("到期前1个工作日", {"到期前2个工作日", "逾期1个工作日"}),
        ("逾期3日", {"逾期4日", "逾期2日", "到期前3日"}),
    ],
)
def test_moments(at: str, wanted: set[str]) -> None:
    """A rung moves by one, and to the other side."""
    found = mutants({"rung": [{"id": "r", "at": at}]}, ["moments"])

    assert {mutant.data["rung"][0]["at"] for mutant in found} == wanted


def test_exchanges() -> None:
    """Two rows of a clock swap their limits; rows with one limit do not."""
    rows = [{"id": n, "within": w} for n, w in (("a", "3日"), ("b", "5日"), ("c", "3日"))]
    found = mutants({"clock": [{"id": "c", "title": "办理", "limit": rows}]}, ["exchanges"])
    swapped = [[row["within"] for row in m.data["clock"][0]["limit"]] for m in found]

    assert swapped == [["5日", "3日", "3日"], ["3日", "3日", "5日"]]


def test_cutoffs() -> None:
    """A cut-off and a close of business shift by a minute, or go."""
    data = {"time": {"cutoff": time(17, 30), "day_end": None}}
    found = [m.data["time"].get("cutoff") for m in mutants(data, ["cutoffs"])]

    assert found == [time(17, 31), time(17, 29), None]


def test_office_hours() -> None:
    """Each end of the office hours shifts by a minute."""
    data = {"time": {"office_hours": [[time(9), time(12)]]}}
    found = [m.data["time"]["office_hours"][0] for m in mutants(data, ["cutoffs"])]

    assert [time(9, 1), time(12)] in found
    assert len(found) == 4


@pytest.mark.parametrize(
    ("every", "wanted"),
    [
        ("每日11:00", {"每日12:00", "每日10:00", "工作日11:00"}),
        ("每日4次", {"每日5次", "每日3次"}),
        ("每周日9:00", {"每周一9:00", "每周日10:00", "每周日8:00"}),
        ("随时", set()),
    ],
)
def test_schedules(every: str, wanted: set[str]) -> None:
    """A schedule comes an hour, or a day, too early or too late, or once too often."""
    found = mutants({"schedule": [{"id": "s", "every": every}]}, ["schedules"])

    assert {mutant.data["schedule"][0]["every"] for mutant in found} == wanted


def test_campaigns() -> None:
    """A campaign begins and ends a day off, or never, or takes every message."""
    data = {"campaign": [{"id": "c", "from": date(2024, 7, 15), "tag": "清爽"}]}
    found = [mutant.data["campaign"][0] for mutant in mutants(data, ["campaigns"])]

    assert [one.get("from") for one in found[:3]] == [date(2024, 7, 16), date(2024, 7, 14), None]
    assert "tag" not in found[3]


def test_values() -> None:
    """A column has a value more or less, and so has a condition."""
    data = {
        "columns": {"kind": {"values": ["甲", "乙"]}},
        "gate": [{"id": "g", "when": {"kind": ["甲"]}}],
    }
    columns = [m.data["columns"]["kind"]["values"] for m in mutants(data, ["values"])]
    whens = [m.data["gate"][0]["when"]["kind"] for m in mutants(data, ["values"])]

    assert [len(values) for values in columns] == [3, 1, 1, 2]
    assert whens[-1] == ["甲", "乙"]


def test_roles() -> None:
    """An office is taken for another one that the policy names, or is left out."""
    data = {"rung": [{"id": "r", "to": ["liaison", "unit_head"], "fallback": ["office"]}]}
    found = [
        (m.data["rung"][0]["to"], m.data["rung"][0]["fallback"]) for m in mutants(data, ["roles"])
    ]

    assert (["unit_head"], ["office"]) in found
    assert (["office", "unit_head"], ["office"]) in found
    assert (["liaison", "unit_head"], []) in found


def test_gates() -> None:
    """A gate stands before another point, holds nothing up, loses a list, or is left out."""
    data = {"gate": [{"id": "g", "checklists": ["a"]}]}

    assert len(texts(data, "gates_dropped")) == 1
    assert len(texts(data, "points")) == 5
    assert any("并行" in text for text in texts(data, "points"))
