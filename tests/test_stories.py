"""Stories are told through the public API, and what does not come out as told is a fault."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent

import attrs
import pytest

from wenzheng_core import (
    City,
    InputFaultsError,
    Telling,
    casesfile,
    hookimpl,
    load_plugins,
    storyfile,
    tell,
)
from wenzheng_core.cities import make_city, read_stories
from wenzheng_core.domain.calendars import CalendarData
from wenzheng_core.domain.limits import WorkingDays
from wenzheng_core.domain.provisions import LastStep
from wenzheng_core.plugins import Plugins
from wenzheng_core.testing.builders import (
    sample_calendar,
    sample_policy,
    sample_rules,
    sample_rules_with,
)
from wenzheng_core.tomlfile.hooks import key_of

UNITS = sample_rules().units
HEAD = """
schema = "wenzheng.stories/1"
[[story]]
id = "T"
title = "路灯不亮"
basis = "样例"
"""
RECEIVED = """
[[story.step]]
at = 2025-03-03T09:00:00
who = "source"
do = "receive"
with = { number = "7", title = "路灯", body = "不亮", phone = "138", facts = { category = "投诉" } }
says = "群众来信“路灯”"
then = { state = "received", due = { reply = 2025-03-18 }, fact = { category = "投诉" }, lead = "" }
"""
ASSIGNED = """
[[story.step]]
at = 2025-03-03T10:00:00
who = "office"
do = "accept"
[[story.step]]
at = 2025-03-03T10:00:00
who = "office"
do = "assign"
with = { lead = "housing", assisting = ["police"], letter = "交办〔2025〕1号" }
[story.step.then]
lead = "housing"
due = { handle = 2025-03-10, "handle@police" = 2025-03-11T00:00:00 }
running = ["handle"]
"""
REPORTED = """
[[story.step]]
at = 2025-03-11T09:00:00
who = "unit:housing"
do = "report"
with = { findings = "已更换。", proposed_reply = "您好,已修复。" }
then = { fired = ["warn", "late"], met = ["handle"], stopped = ["handle@housing"], breached = ["handle"] }
[[story.step]]
at = 2025-03-11T10:00:00
who = "office"
do = "publish"
refused = "gate.open"
then = { state = "reported" }
[[story.step]]
at = 2025-03-11T11:00:00
who = "office"
do = "review"
[[story.step]]
at = 2025-03-11T12:00:00
who = "leader:市长"
do = "approve"
then = { gates = ["review", "approve"] }
[[story.step]]
at = 2025-03-11T13:00:00
who = "office"
do = "publish"
says = "“及时回复”"
then = { state = "published", reply = "已修复" }
"""


def _told(text: str, **policy: object) -> Telling:
    city, plugins = _city(**policy)
    (story,) = read_stories(HEAD + dedent(text), city.units)
    return tell(story, plugins, city)


def _city(*others: City, **policy: object) -> tuple[City, Plugins]:
    city = make_city([attrs.evolve(sample_policy(), **policy)], UNITS)

    class Plugin:
        @hookimpl
        def wenzheng_policies(self) -> list[City]:
            return [city, *others]

        @hookimpl
        def wenzheng_calendars(self) -> list[CalendarData]:
            return [sample_calendar().data]

    return city, load_plugins(extra=[Plugin()], installed=False)


def test_a_story_reads_like_one() -> None:
    """Each step says when, who, what, what came of it and the source's sentence; cards fire between."""
    telling = _told(RECEIVED + ASSIGNED + REPORTED)

    assert telling.faults == ()
    assert telling.lines == (
        "2025年3月3日9时00分 来源平台 收到留言:路灯,类别:投诉;时限(reply):3月18日24时。“群众来信‘路灯’”",
        "3月3日10时00分 主管办公室 受理。",
        (
            "3月3日10时00分 主管办公室 交办:市住房局,协办市公安局,交办〔2025〕1号;"
            "时限(handle,市住房局、市公安局):3月10日24时。"
        ),
        "3月7日0时00分 系统 黄牌:市住房局(handle);黄牌:市公安局(handle)。",
        "3月11日0时00分 系统 红牌:市住房局(handle);红牌:市公安局(handle)。",
        "3月11日9时00分 市住房局 反馈:已更换,您好,已修复;「handle」逾期。",
        "3月11日10时00分 主管办公室 公开回复被拒绝:公开回复前须经办公室审核。",
        "3月11日11时00分 主管办公室 审核。",
        "3月11日12时00分 市长 审定。",
        "3月11日13时00分 主管办公室 公开回复;答复您好,已修复;「reply」按时。“及时回复”",
    )
    assert [told.step for told in telling.told] == [1, 2, 3, 0, 0, 4, 5, 6, 7, 8]


@pytest.mark.parametrize(
    ("then", "said"),
    [
        ('state = "archived"', "状态应为「已归档」,实为「待签收」"),
        ('lead = "police"', "主办单位应为「police」,实为「housing」"),
        ('principle = "先例"', "交办依据应为「先例」,实为「没有」"),
        ('forwarded_to = "市委"', "报送应为「市委」,实为「没有」"),
        ('label = { category = "诉苦" }', "category 的原词应为「诉苦」,实为「投诉」"),
        ('fact = { grade = "重大" }', "没有名为 grade 的栏目;现有:category"),
        ('commitments = { p = "open" }', "承诺 p应为「未到期」,实为「没有」"),
        ('reply = "您好"', "答复应含「您好」,实为「」"),
        ("due = { handle = 2025-03-11 }", "时限 handle 应到2025-03-11,实为「2025年3月10日24时」"),
        (
            "due = { handle = 2025-03-10T17:30:00 }",
            "时限 handle 应到2025年3月10日17时30分,实为「2025年3月10日24时」",
        ),
        ("due = { nope = 2025-03-11 }", "没有名为 nope 的时限;现有:reply、handle、rework"),
        ('no_limit = ["handle"]', "时限 handle 应没有到期时刻,实到2025年3月10日24时,计时中"),
        ('stopped = ["handle"]', "时限 handle 应已经结束,实到2025年3月10日24时,计时中"),
        (
            'met = ["handle@police"]',
            "时限 handle@police 应因完成而结束,实到2025年3月10日24时,计时中",
        ),
        ('breached = ["reply"]', "时限 reply 应已经逾期,实到2025年3月18日24时,计时中"),
        ('running = ["rework"]', "时限 rework 没有起算,应仍在计时"),
        ('fired = ["warn"]', "阶梯 warn 应已走到,实有「没有」"),
        ('gates = ["review"]', "关口 review 应已走到,实有「没有」"),
        ('breached = ["nope@police"]', "没有名为 nope 的时限;现有:reply、handle、rework"),
        ('fired = ["wran"]', "没有名为 wran 的阶梯;现有:warn、late"),
        ('unfired = ["wran"]', "没有名为 wran 的阶梯;现有:warn、late"),
        ('gates = ["reveiw"]', "没有名为 reveiw 的关口;现有:review、approve"),
    ],
)
def test_what_is_not_as_told(then: str, said: str) -> None:
    """Each thing that a step wants and does not get is one sentence, with what there is instead."""
    step = '[[story.step]]\nat = 2025-03-04T09:00:00\nwho = "system"\ndo = "sweep"\nthen = { %s }'
    telling = _told(RECEIVED + ASSIGNED + step % then)

    assert telling.faults == (f"第4步(sweep):{said}",)


def test_what_did_not_fire() -> None:
    """A rung that should not have fired is told only where it did."""
    sweep = '[[story.step]]\nat = 2025-03-%sT09:00:00\nwho = "system"\ndo = "sweep"\n'
    sweep += 'then = { unfired = ["warn"] }'

    assert _told(RECEIVED + ASSIGNED + sweep % "06").faults == ()
    assert _told(RECEIVED + ASSIGNED + sweep % "07").faults == (
        "第4步(sweep):阶梯 warn 不应走到,却走到了",
    )


PUBLISHED = """
[[story.step]]
at = 2025-03-04T09:00:00
who = "office"
do = "publish"
"""


@pytest.mark.parametrize("foretold", ["", 'refused = "gate.open"'])
def test_a_refusal_that_was_not_foretold_breaks_the_story_off(foretold: str) -> None:
    """Nothing more is told after it, nor after a refusal for another reason than was foretold."""
    telling = _told(RECEIVED + PUBLISHED + foretold + ASSIGNED.replace("03-03", "03-05"))

    wanted = "应被拒绝(gate.open),实" if foretold else ""
    assert telling.faults == (
        (
            f"第2步(publish):{wanted}被拒绝(workflow.state):"
            "办件处于「待初审」,不能「公开回复」;以下各步未再进行"
        ),
    )
    assert [told.step for told in telling.told] == [1]


def test_what_should_have_been_refused() -> None:
    """A step that is carried out though its refusal was foretold is a fault; the story goes on."""
    telling = _told(RECEIVED + ASSIGNED.replace('do = "accept"', 'do = "accept"\nrefused = "x.y"'))

    assert telling.faults == ("第2步(accept):应被拒绝(x.y),却做成了",)
    assert len(telling.told) == 3


def test_an_error_that_is_no_refusal_breaks_the_story_off() -> None:
    """A day beyond the calendar is told in the words of the error."""
    telling = _told((RECEIVED + ASSIGNED).replace("2025-", "2031-"))

    assert len(telling.told) == 2
    assert telling.faults[-1].startswith("第3步(assign):未能进行:2031-")
    assert telling.faults[-1].endswith("请补充相应年度的放假安排;以下各步未再进行")


def test_promises_messages_and_links() -> None:
    """Promises lapse by themselves; another message of the story is merged and linked by its key."""
    telling = _told(
        RECEIVED
        + ASSIGNED
        + """
        [[story.step]]
        at = 2025-03-03T11:00:00
        who = "source"
        do = "receive"
        case = "again"
        [[story.step]]
        at = 2025-03-03T11:10:00
        who = "office"
        do = "link"
        case = "again"
        with = { to = "", relation = "repeat" }
        [[story.step]]
        at = 2025-03-03T11:20:00
        who = "office"
        do = "merge"
        case = "again"
        with = { into = "" }
        then = { state = "merged" }
        [[story.step]]
        at = 2025-03-03T12:00:00
        who = "unit:housing"
        do = "commit"
        with = { commitment = "p", text = "三日内换灯", due = 2025-03-05 }
        then = { commitments = { p = "open" } }
        [[story.step]]
        at = 2025-03-06T08:00:00
        who = "system"
        do = "sweep"
        then = { commitments = { p = "lapsed" } }
        """
    )

    assert telling.faults == ()
    assert "3月6日0时00分 系统 承诺逾期:三日内换灯。" in telling.lines
    assert any("(留言「again」)合并" in line for line in telling.lines)


def test_limits_and_dates_are_read() -> None:
    """A limit is a text, and a grant of more time moves the due day."""
    telling = _told(
        RECEIVED
        + ASSIGNED
        + """
        [[story.step]]
        at = 2025-03-04T09:00:00
        who = "unit:housing"
        do = "request_extension"
        with = { clock = "handle", by = "2个工作日", reason = "要等配件" }
        [[story.step]]
        at = 2025-03-04T10:00:00
        who = "office"
        do = "grant_extension"
        with = { clock = "handle", unit = "housing" }
        then = { due = { "handle@housing" = 2025-03-12, "handle@police" = 2025-03-10 } }
        """
    )

    assert telling.faults == ()
    assert telling.lines[-1].endswith("时限改为(handle):3月12日24时。")
    assert WorkingDays(2) in [getattr(step.deed, "by", None) for step in telling.story.steps]


# Reading


def _faults(text: str) -> list[tuple[str, str]]:
    with pytest.raises(InputFaultsError) as caught:
        read_stories(text, UNITS)
    return [(fault.path, fault.reason) for fault in caught.value.faults]


def test_faults_come_all_at_once() -> None:
    """Names, fields, units, messages, times and bases are checked when the city is read."""
    steps = """
    [[story.step]]
    at = 2025-03-03T09:00:00
    who = "office"
    do = "accept"
    [[story.step]]
    at = 2025-03-03T08:00:00+08:00
    who = "mayor"
    do = "recieve"
    [[story.step]]
    at = 2025-03-03T10:00:00
    who = "unit:nobody"
    do = "receive"
    with = { kind = "pigeon" }
    [[story.step]]
    at = 2025-03-03T10:00:00
    who = "leader"
    do = "receive"
    [[story.step]]
    at = 2025-03-03T11:00:00
    who = "office"
    do = "receive"
    [[story.step]]
    at = 2025-03-03T11:00:00
    who = "office"
    do = "assign"
    with = { led = "housing", within = "×日" }
    [[story.step]]
    at = 2025-03-03T11:00:00
    who = "office"
    do = "assign"
    with = { lead = "x", assisting = ["police", "y"], grounds = { "先例" = "z" } }
    then = { lead = "w", due = { a = "明天" } }
    [[story.step]]
    at = 2025-03-03T11:00:00
    who = "office"
    do = "merge"
    with = { into = "2" }
    [[story.step]]
    at = 2025-03-03T11:00:00
    who = "office"
    do = "hand_down"
    """
    found = _faults(HEAD.replace('"样例"', '""') + dedent(steps))

    assert found == [
        ("$.story[0].basis", "缺少依据"),
        ("$.story[0].step[0].case", "本件还没有收到"),
        ("$.story[0].step[1].at", "时间不要写时区,一律为北京时间"),
        ("$.story[0].step[1].at", "早于上一步"),
        ("$.story[0].step[1].who", "不认识的「mayor」"),
        ("$.story[0].step[1].do", "没有「recieve」这一步"),
        ("$.story[0].step[2].who", "没有单位 nobody"),
        ("$.story[0].step[2].with.kind", '不能是文字 "pigeon"'),
        ("$.story[0].step[3].who", "「leader」写得不全,或多写了"),
        ("$.story[0].step[5].with", "缺少必填项 lead"),
        ("$.story[0].step[5].with.within", "「×日」无法识别"),
        ("$.story[0].step[5].with.led", "不认识的键 led"),
        ("$.story[0].step[6].then.due.a", "应为日期或时间"),
        ("$.story[0].step[6].with.lead", "没有单位 x"),
        ("$.story[0].step[6].with.assisting[1]", "没有单位 y"),
        ("$.story[0].step[6].with.grounds.先例", "没有单位 z"),
        ("$.story[0].step[6].then.lead", "没有单位 w"),
        ("$.story[0].step[7].with.into", "留言「2」还没有收到"),
        ("$.story[0].step[8].office", "上级与下级是同一办公室"),
        ("$.story[0].step[8].with.unit", "没有写明下级是上级的哪个单位"),
    ]


def test_a_misspelt_command_says_what_was_meant() -> None:
    """The mend names the nearest command, and all there are."""
    with pytest.raises(InputFaultsError, match=r"是否应为 receive\?可用:accept、.*sweep"):
        read_stories(HEAD + RECEIVED.replace('do = "receive"', 'do = "recieve"'), UNITS)


def test_a_refused_step_may_name_a_strange_unit() -> None:
    """What is to be refused for its unit is not refused before it is tried."""
    assigned = ASSIGNED[: ASSIGNED.index("[story.step.then]")]
    strange = assigned.replace('lead = "housing"', 'lead = "nobody"')
    refused = 'refused = "assign.unknown_unit"\nthen = { state = "accepted", running = ["reply"] }'
    telling = _told(RECEIVED + strange + refused)

    assert telling.faults == ()
    assert "交办被拒绝:没有名为「nobody」的承办单位" in telling.lines[-1]


def test_schema_empty_and_twice() -> None:
    """Another schema, a story without steps and an id used twice are faults."""
    text = (
        'schema = "wenzheng.stories/2"\n'
        + '[[story]]\nid = "a"\ntitle = "b"\nbasis = "c"\nstep = []\n' * 2
    )

    assert _faults(text) == [
        ("$.schema", "不认识的格式 wenzheng.stories/2"),
        ("$.story[1].id", "编号 a 重复"),
        ("$.story[0].step", "没有任何一步"),
        ("$.story[1].step", "没有任何一步"),
    ]


@pytest.mark.parametrize(
    "table",
    [
        *(getattr(casesfile, name) for name in vars(casesfile) if name.endswith("Table")),
        *(getattr(storyfile, name) for name in vars(storyfile) if name.endswith("Table")),
    ],
)
def test_every_key_is_documented(table: type) -> None:
    """Each key of cases.toml and stories.toml stands in the fifth part of the guide."""
    guide = (Path(__file__).parents[1] / "docs/write-a-city.md").read_text("utf-8")
    told = set(re.findall(r"`([a-z_]+)`", guide.split("## 5. ")[1].split("\n## ")[0]))
    keys = {key_of(field) for field in attrs.fields(table)}

    assert keys - told - {"step"} == set()


# Relay


RELAY = """
[[story.step]]
at = 2025-03-03T11:00:00
who = "unit:housing"
do = "hand_down"
office = "county"
then = { state = "received" }
[[story.step]]
at = 2025-03-03T12:00:00
who = "office"
do = "accept"
office = "county"
[[story.step]]
at = 2025-03-03T12:30:00
who = "unit:housing"
do = "hand_up"
office = "county"
refused = "relay.unanswered"
then = { state = "assigned" }
[[story.step]]
at = 2025-03-03T13:00:00
who = "office"
do = "answer_directly"
office = "county"
with = { reply = "县里已修。" }
[[story.step]]
at = 2025-03-03T13:10:00
who = "office"
do = "forward"
office = "county"
then = { state = "forwarded", forwarded_to = "市办" }
[[story.step]]
at = 2025-03-03T14:00:00
who = "unit:housing"
do = "hand_up"
office = "county"
then = { state = "reported", met = ["handle@housing"] }
"""


def _county() -> City:
    rules = sample_rules_with(
        id="county",
        title="某县",
        gates=(),
        last_steps=(LastStep(to="市办", basis="样例"),),
    )
    return make_city([rules.policy], UNITS)


def test_a_story_of_two_offices() -> None:
    """A case goes down to another city's office, is forwarded there, and comes back as the report."""
    city, plugins = _city(_county())
    (story,) = read_stories(HEAD + RECEIVED + ASSIGNED + RELAY, city.units)
    telling = tell(story, plugins, city)

    assert telling.faults == ()
    assert story.offices == {"county"}
    assert telling.lines[3].startswith("3月3日11时00分 市住房局 交下级办理:某县;时限(reply)")
    assert "某县·主管办公室 受理" in telling.lines[4]
    assert telling.lines[-1].startswith("3月3日14时00分 市住房局 向上级反馈:某县;「handle」按时")


def test_a_city_that_is_not_installed() -> None:
    """A relay to a city that no plugin brings is told by its name, with its story and its step."""
    city, plugins = _city()
    (story,) = read_stories(HEAD + RECEIVED + ASSIGNED + RELAY, city.units)

    telling = tell(story, plugins, city)

    (fault,) = telling.faults
    assert telling.told == ()
    assert fault.startswith("故事 T 第4步(hand_down):没有名为「county」的城市办法")
    assert fault.endswith(" @ story[T].step[3].office")


def test_an_upper_city_that_is_not_installed() -> None:
    """The upper office of a relay is told at its own key."""
    city, plugins = _city()
    step = """
    [[story.step]]
    at = 2025-03-03T11:00:00
    who = "office"
    do = "receive"
    [[story.step]]
    at = 2025-03-03T11:00:00
    who = "office"
    do = "receive"
    office = ""
    case = "2"
    [[story.step]]
    at = 2025-03-03T12:00:00
    who = "unit:housing"
    do = "receive"
    office = "upper"
    """
    (story,) = read_stories(HEAD + dedent(step), city.units)
    (fault,) = tell(story, plugins, city).faults

    assert fault.endswith(" @ story[T].step[2].office")


@pytest.mark.parametrize(
    ("old", "new", "path", "mend"),
    [
        ('do = "receive"', 'do = "受理"', "$.story[0].step[0].do", '写 "accept"(受理);'),
        ('do = "receive"', 'do = "收到留言"', "$.story[0].step[0].do", '写 "receive"(收到留言);'),
        ('"received"', '"待签收"', "$.story[0].step[0].then.state", '写 "assigned"(待签收)'),
        ("2025-03-03T09:00:00", '"3日"', "$.story[0].step[0].at", "写作 2020-01-31T17:30:00,"),
        ("at = 2025-03-03T09:00:00", "", "$.story[0].step[0]", "2020-01-31T17:30:00 这样的时间"),
        ('lead = ""', 'met = ["handle@nobody"]', "$.story[0].step[0].then.met[0]", "可用:"),
        ('id = "T"', 'id = "T/1"', "$.story[0].id", "用字母"),
        ('id = "T"', 'id = " "', "$.story[0].id", "如"),
        ('title = "路灯不亮"', 'title = " "', "$.story[0].title", "写明"),
    ],
)
def test_a_mend_says_what_to_write(old: str, new: str, path: str, mend: str) -> None:
    """The mend spells the right word in its place, and a time without a zone."""
    with pytest.raises(InputFaultsError) as caught:
        read_stories((HEAD + RECEIVED).replace(old, new, 1), UNITS)

    (fault,) = caught.value.faults
    assert (fault.path, mend in fault.mend, "+08:00" in fault.mend) == (path, True, False)


def test_a_missing_array_of_tables() -> None:
    """The mend shows the head of the table that is missing."""
    with pytest.raises(InputFaultsError) as caught:
        read_stories(HEAD, UNITS)

    (fault,) = caught.value.faults
    assert (fault.path, fault.mend) == ("$.story[0]", "请补写 [[story.step]]")
