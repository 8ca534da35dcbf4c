"""The shape of a ``policy.toml``: every fault at once, where it stands; and its digest."""

from __future__ import annotations

from datetime import date

import pytest

from wenzheng_core.cities import read_policy
from wenzheng_core.domain.errors import Fault, InputFaultsError

GOOD = """
schema = "wenzheng.policy/1"
id = "li"
title = "例市办法"
version = "1"
valid_from = 2024-01-01
basis = "例府办〔2024〕1号"
calendar = "cn"
main_clock = "handle"

[[clock]]
id = "handle"
title = "办结"
starts = "assigned"
stops = "reported"
per = "unit"

[[clock.limit]]
id = "usual"
within = "5个工作日"
basis = "三"
"""


def _faults(text: str) -> dict[str, Fault]:
    with pytest.raises(InputFaultsError) as caught:
        read_policy(text, "li/policy.toml")
    assert caught.value.subject == "li/policy.toml"
    return {fault.path: fault for fault in caught.value.faults}


def _swap(*pairs: tuple[str, str]) -> str:
    text = GOOD
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return text


# The policy's shape


def test_a_sound_policy() -> None:
    """A sound file is a policy with its number, its date and its one clock."""
    policy = read_policy(GOOD)

    assert ("li", "1", date(2024, 1, 1)) == (policy.id, policy.version, policy.valid_from)
    assert [clock.id for clock in policy.clocks] == ["handle"]
    assert policy.limit("handle", {}).row == "usual"


@pytest.mark.parametrize(
    ("old", "new", "path", "mend"),
    [
        ("title = ", "titel = ", "$.titel", "是否应为 title?"),
        ("basis = ", "bases = ", "$.clock[0].limit[0].bases", "是否应为 basis?"),
        ('"assigned"', '"assinged"', "$.clock[0].starts", '"assigned"'),
        ('id = "li"', "id = 3", "$.id", "双引号"),
        ("2024-01-01", '"2024-01-01"', "$.valid_from", "不加引号"),
        ("2024-01-01", "2024-01-01T08:00:00", "$.valid_from", "不带时刻"),
        ('"5个工作日"', "5", "$.clock[0].limit[0].within", "双引号"),
        ('basis = "三"', 'basis = "三"\nsoft = "true"', "$.clock[0].limit[0].soft", "不加引号"),
        ('"unit"', "1", "$.clock[0].per", "双引号"),
    ],
)
def test_a_fault_of_shape(old: str, new: str, path: str, mend: str) -> None:
    """Each fault of shape is told at its own path with its mend."""
    fault = _faults(_swap((old, new)))[path]

    assert mend in fault.mend


def test_shape_does_not_hide_meaning() -> None:
    """What is misspelt, of a wrong kind, or meaningless comes out in one list."""
    text = _swap(
        ('title = "例市办法"', 'titel = "例市办法"'),
        ('stops = "reported"', 'stops = "answered"'),
        ('within = "5个工作日"', 'within = "×个工作日"'),
        ('basis = "三"', ""),
        ('main_clock = "handle"', 'main_clock = "handel"'),
        ("2024-01-01", "2024"),
    )

    assert {
        "$",
        "$.titel",
        "$.clock[0].stops",
        "$.clock[0].limit[0].within",
        "$.clock[0].limit[0].basis",
        "$.main_clock",
        "$.valid_from",
    } == set(_faults(text))


def test_nothing_is_said_twice() -> None:
    """A misspelt key is one fault: what it leaves missing is not told as well."""
    assert list(_faults(_swap(("within", "witin")))) == ["$.clock[0].limit[0].witin"]
    assert list(_faults(_swap(('basis = "三"', 'bassis = "三"')))) == ["$.clock[0].limit[0].bassis"]


def test_a_file_of_another_kind() -> None:
    """A file that has nothing of a policy lists what is missing, and does not fall over."""
    faults = _faults('clock = 3\ncolumns = "x"\n[[rung]]\n[[pause]]\n[[extension]]\n')

    assert {"$", "$.clock", "$.columns", "$.rung[0]", "$.pause[0]", "$.basis"} <= set(faults)


def test_broken_toml_names_the_line() -> None:
    """Text that is no TOML is told with its line, and the line is shown."""
    (fault,) = _faults(_swap(('title = "例市办法"', "title = 例市办法"))).values()

    assert fault.path == "第4行第9列"
    assert "title = 例市办法" in fault.mend


# The digest


def test_the_digest_knows_no_layout() -> None:
    """Comments, blank lines and the order of keys do not change what is ruled."""
    swapped = _swap(
        ('starts = "assigned"\nstops = "reported"', 'stops="reported"\nstarts="assigned"')
    )
    again = "# 说明\n" + swapped.replace("\n\n", "\n\n\n# 又一行\n")

    assert read_policy(GOOD).digest == read_policy(again).digest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("5个工作日", "6个工作日"),
        ('basis = "三"', 'basis = "四"'),
        ("2024-01-01", "2024-01-02"),
        ("例市办法", "例市新办法"),
        ('per = "unit"', 'per = "case"'),
        ('basis = "三"', 'basis = "三"\nsoft = true'),
    ],
)
def test_the_digest_knows_every_change(old: str, new: str) -> None:
    """Whatever else is ruled, said or cited is another digest."""
    assert read_policy(GOOD).digest != read_policy(_swap((old, new))).digest
