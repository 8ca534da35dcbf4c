"""Levels by lateness, as 芜湖 had them in 2008 (芜政办秘〔2008〕137号, from a public copy).

Five days overdue: a yellow card; fifteen: a red card with supervision; more than thirty: a written
notice. They stand in data alone.
"""

from __future__ import annotations

from datetime import date, datetime

from wenzheng_calendar_cn import load
from wenzheng_core import BEIJING, FixedClock, Message, Office, build_calendar
from wenzheng_core.cities import make_city, read_policy, read_units
from wenzheng_core.domain.actors import Actor, Role
from wenzheng_core.domain.commands import Accept, Assign
from wenzheng_core.goldens import read_golden
from wenzheng_core.memory import MemoryStorage
from wenzheng_core.testing.policies import check_golden

POLICY = """
schema = "wenzheng.policy/1"
id = "wuhu"
title = "市民心声办理"
version = "2008-137"
valid_from = 2008-01-01
basis = "芜政办秘〔2008〕137号(据公开转载)"
calendar = "cn"
main_clock = "handle"

[[clock]]
id = "handle"
title = "办理"
starts = "assigned"
stops = "reported"
per = "unit"

[[clock.limit]]
id = "all"
within = "5个工作日"
basis = "样例:转载未见办理时限"

[[rung]]
id = "yellow"
clock = "handle"
at = "逾期5日"
do = "yellow_card"
to = ["unit_head"]
basis = "超过规定时限5日未答复的,给予黄牌警告"

[[rung]]
id = "red"
clock = "handle"
at = "逾期15日"
do = "red_card"
to = ["unit_head"]
basis = "超过15日的,红牌督办"

[[rung]]
id = "notice"
clock = "handle"
at = "逾期30日"
do = "chase_notice"
to = ["unit_head"]
basis = "超过30日的,发催办通知单"
"""
UNITS = """
schema = "wenzheng.units/1"

[[unit]]
id = "jianwei"
name = "市建委"
"""
CASES = """
schema = "wenzheng.cases/1"

[[case]]
id = "levels"
clock = "handle"
start = 2008-11-03T10:00:00
due_day = 2008-11-10
basis = "11月4日至7日、10日;逾期的第5、15、30日各满24时"
rungs = { yellow = 2008-11-16T00:00:00, red = 2008-11-26T00:00:00, notice = 2008-12-11T00:00:00 }
"""


def test_each_level_falls_on_its_day() -> None:
    """Day by day after the due day, once each, and the strongest last."""
    calendar = build_calendar(load())
    (golden,) = read_golden(CASES)
    city = make_city([read_policy(POLICY)], read_units(UNITS), [golden])
    check_golden(city, golden, calendar)
    start = datetime(2008, 11, 3, 10, tzinfo=BEIJING)
    clock = FixedClock(start)
    office = Office(city=city, storage=MemoryStorage("wuhu"), calendar=calendar, clock=clock)
    message = Message(source="s", external_id="1", title="路", body="路坏了", posted_at=start)
    case = office.receive(message).case.id
    clerk = Actor("clerk", Role.OFFICE)
    office.execute(case, Accept(), actor=clerk, key="1")
    office.execute(case, Assign(lead="jianwei"), actor=clerk, key="2")

    fired = {}
    for day in (date(2008, 11, 10), date(2008, 11, 20), date(2008, 11, 30), date(2008, 12, 31)):
        office.sweep(datetime(day.year, day.month, day.day, 12, tzinfo=BEIJING))
        fired[day] = [card.act.value for card in office.case(case).ladder]

    assert list(fired.values()) == [
        [],
        ["yellow_card"],
        ["yellow_card", "red_card"],
        ["yellow_card", "red_card", "chase_notice"],
    ]
