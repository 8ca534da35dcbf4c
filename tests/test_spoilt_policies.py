"""Whatever is done to a sound policy, its reader gives a policy or a list of faults."""

from __future__ import annotations

import copy
import random
import re
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

silent = ["原文未写由谁督办"]
[[pause]]
code = "lab"
title = "鉴定"
at_most = "30日"
basis = "四"
[[extension]]
clock = "whole"
times = 1
at_most = "30日"
approver = "office"
basis = "五"
[time]
counting = "civil"
cutoff = 17:00:00
office_hours = [[09:00:00, 12:00:00]]
basis = "六"
[[clock]]
id = "whole"
title = "回复"
starts = "posted"
stops = "published"
limit = [{ id = "all", within = "30日", basis = "七" }]
[[clock]]
id = "part"
title = "分办"
starts = "assigned"
stops = "reported"
per = "unit"
inside = "whole"
leaving = "1日"
limit = [{ id = "all", promise = "plan", starts = "claimed", stops = "resolved", basis = "八" }]
[[checklist]]
id = "four"
title = "四把关"
items = ["政策关", "事实关"]
basis = "九"
[[gate]]
id = "seen"
act = "instruct"
by = "leader"
before = "assign"
title = "阅批"
parallel = true
overrides_routing = true
checklists = ["four"]
basis = "十"
[[gate]]
id = "called"
act = "call_back"
by = "office"
attempts = 2
basis = "十一"
[routing]
principles = ["先例", "法定职责"]
principle_required = true
send_back_within = "1个工作日"
send_back_times = 1
basis = "十二"
[[last_step]]
to = "市政府综合一科"
when = { COLUMN = ["ONE"] }
also = [{ COLUMN = "OTHER" }]
basis = "十三"
[supervision]
issuers = ["市委督查室", "市政府督查室"]
basis = "十四"
[[accountability]]
code = "false"
title = "弄虚作假"
basis = "十五"
[[decline]]
code = "suit"
title = "涉法涉诉"
answer = "您好!"
diverts_to = "向人民法院起诉"
basis = "十六"
[[campaign]]
id = "summer"
title = "清爽度夏"
column = "COLUMN"
value = "ONE"
from = 2024-06-01
through = 2024-08-31
tag = "【清爽度夏】"
basis = "十七"
[[measure]]
id = "done"
title = "办结率"
part = "resolved"
whole = "valid"
excluding = ["suit"]
digits = 1
target = "95"
basis = "十八"
[[schedule]]
id = "list"
kind = "daily_list"
every = "每日11:20"
closes = 11:00:00
closes_inclusive = true
handed_over = 11:30:00
to = ["office"]
basis = "十九"
[[reply.avoid]]
code = "vague"
title = "模糊用语"
words = ["尽快"]
basis = "二十"
[[reply.part]]
code = "contact"
title = "联系电话"
telephone = true
choice = "只认号码"
[[reply.courtesy]]
code = "greeting"
title = "问候"
words = ["您好"]
basis = "二十一"
"""


def _whole(city: str) -> dict[str, Any]:
    """The city's policy, with every table that it has not."""
    own = tomllib.loads((resources.files(f"wenzheng_{city}") / "policy.toml").read_text("utf-8"))
    name, column = next(iter(own["columns"].items()))
    words = {"COLUMN": name, "ONE": column["values"][0], "OTHER": column["values"][1]}
    more = tomllib.loads(re.sub("COLUMN|ONE|OTHER", lambda found: words[found[0]], MORE))
    return {**more, **own} | {
        key: own[key] + rows
        for key, rows in more.items()
        if isinstance(rows, list) and isinstance(own.get(key), list)
    }


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
def test_the_policy_is_sound_before(city: str) -> None:
    """What is spoilt here has no fault of its own."""
    shape = lenient(_whole(city), f.PolicyFile, make_converter())

    assert read_parts(shape.value, "", shape.lost)[1] == shape.faults == ()


@pytest.mark.parametrize("city", ["changsha", "shantou"])
def test_a_spoilt_policy_is_never_a_crash(city: str) -> None:
    """Every fault of 1000 spoilt files is Chinese, stands at a path, and none is told twice."""
    sound, converter = _whole(city), make_converter()
    dice = random.Random(city)
    faulty = 0
    for _ in range(1000):
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
    assert faulty > 800


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
