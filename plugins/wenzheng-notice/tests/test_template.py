"""The template loads only once its blank is filled, and then it is the shipped policy."""

import tomllib
from importlib import resources

import pytest

from wenzheng_core import InputFaultsError
from wenzheng_core.cities import read_policy

FILES = resources.files("wenzheng_notice")
TEMPLATE = (FILES / "template" / "policy.toml").read_text(encoding="utf-8")
SHIPPED = (FILES / "policy.toml").read_text(encoding="utf-8")
BLANK = 'within = "×个工作日"\n'


def faults_of(text: str) -> list[str]:
    """The faults of a policy as an author reads them."""
    with pytest.raises(InputFaultsError) as raised:
        read_policy(text)
    return [str(fault) for fault in raised.value.faults]


def test_the_blank_is_the_one_fault() -> None:
    """A number that the notice leaves open must be filled: one fault, with its place."""
    (fault,) = faults_of(TEMPLATE)
    assert "「×个工作日」" in fault
    assert "$.clock[0].limit[0].within" in fault
    assert "原文留空之处须由本地确定" in fault


def test_a_missing_number_is_the_one_fault() -> None:
    """GN1: without the parameter the policy does not load, and says which rule lacks it."""
    (fault,) = faults_of(TEMPLATE.replace(BLANK, ""))
    assert "$.clock[0].limit[0]" in fault
    assert "within" in fault


def test_the_shipped_policy_is_the_template_filled() -> None:
    """What is installed differs from the template in the number and its choice alone."""
    template, shipped = tomllib.loads(TEMPLATE), tomllib.loads(SHIPPED)
    filled = shipped["clock"][0]["limit"][0] | {
        key: template["clock"][0]["limit"][0][key] for key in ("within", "choice")
    }
    shipped["clock"][0]["limit"][0] = filled
    assert shipped == template


@pytest.mark.parametrize("days", [1, 5, 15])
def test_any_number_of_days_loads(days: int) -> None:
    """The blank takes whatever number the city decides on."""
    policy = read_policy(TEMPLATE.replace(BLANK, f'within = "{days}个工作日"\n'))
    assert policy.limit("report", {}).row == "written"
