"""Clocks of units: what they promise, where they start, and within which clock they end."""

from __future__ import annotations

import pytest

from wenzheng_core.cities import read_policy
from wenzheng_core.domain.clockrules import Promise
from wenzheng_core.domain.errors import Fault, InputFaultsError
from wenzheng_core.domain.limits import CalendarDays
from wenzheng_core.domain.milestones import Milestone

CASE = """
schema = "wenzheng.policy/1"
id = "li"
title = "例市办法"
version = "1"
valid_from = 2024-01-01
basis = "例府办〔2024〕1号"
calendar = "cn"
main_clock = "handle"

[columns.grade]
values = ["一般", "重大"]
default = "一般"

[[clock]]
id = "handle"
title = "办结"
starts = "received"
stops = "published"
[[clock.limit]]
id = "usual"
within = "15日"
basis = "三"
"""
UNIT = """
[[clock]]
id = "part"
title = "反馈"
starts = "assigned"
stops = "reported"
per = "unit"
inside = "handle"
leaving = "1日"
[[clock.limit]]
id = "week"
when = { grade = "一般" }
promise = "plan"
starts = "claimed"
basis = "三(四)"
[[clock.limit]]
id = "none"
when = { grade = "重大" }
no_limit = "原文未规定"
basis = "三(五)"
"""
INSIDE = [
    ('inside = "handle"', 'inside = "handel"', "$.clock[1].inside", "没有名为 handel 的时限"),
    ('inside = "handle"', 'inside = "part"', "$.clock[1].inside", "part 不是按办件计的时限"),
    ('inside = "handle"', "", "$.clock[1].inside", "没有 inside"),
    ('leaving = "1日"', "", "$.clock[1].leaving", "没有 leaving"),
    ('per = "unit"', "", "$.clock[1].inside", "只有按单位计的时限"),
    ('per = "unit"\ninside = "handle"', "", "$.clock[1].leaving", "只有按单位计的时限"),
    ('leaving = "1日"', 'leaving = "一会儿"', "$.clock[1].leaving", "「一会儿」无法识别"),
    ('leaving = "1日"', 'leaving = "当日"', "$.clock[1].leaving", "不能是「当日」"),
    ('leaving = "1日"', 'leaving = "2024-5-1"', "$.clock[1].leaving", "不能是「2024-5-1」"),
    ('leaving = "1日"', 'leaving = "1日(顺延)"', "$.clock[1].leaving", "不能是「1日(顺延)」"),
    ('leaving = "1日"', "leaving = 1", "$.clock[1].leaving", "应为文字"),
    ('inside = "handle"', "inside = 1", "$.clock[1].inside", "应为文字"),
    ('per = "unit"', "per = 1", "$.clock[1].per", "应为文字"),
    ('starts = "claimed"', 'starts = "accepted"', "$.clock[1].limit[0].starts", "从单位的事件起算"),
    ('starts = "assigned"', 'starts = "accepted"', "$.clock[1].starts", "从单位的事件起算"),
    ('stops = "reported"', 'stops = "posted"', "$.clock[1].stops", "网民留言先于交办"),
    (
        'when = { grade = "一般" }',
        'also = [{ grade = "一般" }]',
        "$.clock[1].limit[0].also",
        "一律",
    ),
]


def _faults(text: str) -> tuple[Fault, ...]:
    with pytest.raises(InputFaultsError) as caught:
        read_policy(text)
    return caught.value.faults


def test_a_clock_of_a_unit_within_one_of_the_case() -> None:
    """What the unit promises, whence its row starts and what it leaves the office are kept."""
    part = read_policy(CASE + UNIT).clock("part")

    assert (part.inside, part.leaving) == ("handle", CalendarDays(1))
    week = part.limits.rows[0].value
    assert (week.within, week.no_limit, week.promise) == (None, "", Promise.PLAN)
    assert (part.starts_in(week), part.stops_in(week)) == (Milestone.CLAIMED, Milestone.REPORTED)


@pytest.mark.parametrize(("old", "new", "path", "reason"), INSIDE)
def test_a_fault_of_a_unit_s_clock(old: str, new: str, path: str, reason: str) -> None:
    """Each fault of such a clock or of its rows is told once, at its place."""
    assert UNIT.count(old) == 1
    (fault,) = _faults(CASE + UNIT.replace(old, new))

    assert (fault.path, reason in fault.reason, bool(fault.mend)) == (path, True, True)


ROOM = [
    ("15日", "14日", True),
    ("15日", "15日", False),
    ("15日", "30日", False),
    ("15日", "24小时", True),  # of two units: it depends on the day
    ("15日(顺延)", "15日", True),
    ("24小时", "24小时", False),
]


@pytest.mark.parametrize(("whole", "leaving", "sound"), ROOM)
def test_what_is_left_leaves_room(whole: str, leaving: str, sound: bool) -> None:
    """To leave as much as the case's clock has in all leaves a unit nothing."""
    text = (CASE + UNIT).replace("15日", whole).replace('leaving = "1日"', f'leaving = "{leaving}"')
    if sound:
        assert read_policy(text).clock("part").leaving
    else:
        (fault,) = _faults(text)
        assert (fault.path, "单位没有时间" in fault.reason) == ("$.clock[1].leaving", True)


def test_what_is_left_of_some_rows() -> None:
    """One row that is longer, or that is not known beforehand, is reason enough."""
    short = 'when = { grade = "一般" }\nwithin = "1日"'
    for other in ('within = "2日"', 'promise = "date"'):
        row = f'[[clock.limit]]\nid = "more"\nwhen = {{ grade = "重大" }}\n{other}\nbasis = "三"\n'
        assert read_policy(CASE.replace('within = "15日"', short) + row + UNIT).clock("part")


def test_a_rung_over_a_promise() -> None:
    """What the unit promises is a limit, so a rung may stand on its clock."""
    rung = '[[rung]]\nid = "late"\nclock = "part"\nat = "到期"\ndo = "remind"\nto = ["liaison"]\n'

    assert len(read_policy(f'{CASE}{UNIT}{rung}basis = "六"\n').rungs) == 1
