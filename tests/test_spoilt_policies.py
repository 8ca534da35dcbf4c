"""Whatever is done to a sound policy, its reader gives a policy or a list of faults."""

from __future__ import annotations

import copy
import random
import tomllib
from datetime import date, datetime, time
from importlib import resources
from typing import Any

import pytest

from wenzheng_core import policyfile as f
from wenzheng_core.policyreading import read_parts
from wenzheng_core.tomlfile import lenient, make_converter

JUNK: list[Any] = [
    0, -1, 1.5, True, "", "x", "*", [], {}, ["*"], [1], [[]], {"a": 1}, [{}], "投诉",
    "5个工作日", date(2020, 1, 1), time(0), datetime(2020, 1, 1),  # noqa: DTZ001 - as TOML has it
]  # fmt: skip
MORE = """
[[pause]]
code = "lab"
title = "鉴定"
at_most = "30日"
basis = "四"
[[extension]]
clock = "handle"
times = 1
at_most = "5个工作日"
approver = "office"
basis = "五"
[time]
cutoff = 17:00:00
office_hours = [[09:00:00, 12:00:00]]
basis = "六"
"""


def _places(data: Any) -> list[tuple[Any, Any]]:
    keys = list(data) if isinstance(data, dict) else range(len(data))
    found = [(data, key) for key in keys]
    for key in keys:
        if isinstance(data[key], dict | list):
            found += _places(data[key])
    return found


def _spoil(data: dict[str, Any], dice: random.Random) -> None:
    """Leave something out, put something else there, misspell its key, or write it twice."""
    holder, key = dice.choice(_places(data))
    deed = dice.randrange(4)
    if deed == 0:
        del holder[key]
    elif deed == 1:
        holder[key] = copy.deepcopy(dice.choice(JUNK))
    elif isinstance(holder, dict):
        holder[f"{key}x"] = holder.pop(key)
    else:
        holder.append(copy.deepcopy(holder[key]))


@pytest.mark.parametrize("city", ["changsha", "shantou"])
def test_a_spoilt_policy_is_never_a_crash(city: str) -> None:
    """Every fault of 500 spoilt files is Chinese, stands at a path, and none is told twice."""
    text = (resources.files(f"wenzheng_{city}") / "policy.toml").read_text("utf-8")
    sound, converter = tomllib.loads(text + MORE), make_converter()
    dice = random.Random(city)
    faulty = 0
    for _ in range(500):
        data = copy.deepcopy(sound)
        for _ in range(dice.randrange(1, 4)):
            _spoil(data, dice)
        shape = lenient(data, f.PolicyFile, converter)
        _, faults = read_parts(shape.value, "", shape.lost)
        told = [*shape.faults, *faults]
        faulty += bool(told)
        assert all(fault.path.startswith("$") for fault in told)
        assert all(not fault.reason.isascii() for fault in told)
        assert len(set(told)) == len(told)
    assert faulty > 400


def test_sound_parts_are_kept() -> None:
    """What was sound stays as it stood; what was lost is named by its path."""
    data = tomllib.loads(
        'titel = "例市"\nvalid_from = "2024"\n[columns.grade]\nvalues = ["一般", 3]\n'
        '[[decline]]\ncode = "twice"\ntitle = "重复"\nanswer = 1\n'
    )
    shape = lenient(data, f.PolicyFile, make_converter())

    (decline,) = shape.value.decline
    assert (decline.code, decline.title, decline.answer) == ("twice", "重复", "")
    assert shape.value.columns["grade"].values == ("一般", "")
    assert {
        "$.titel",
        "$.title",
        "$.valid_from",
        "$.columns.grade.values[1]",
        "$.decline[0].answer",
    } <= shape.lost
