"""The two stories of the demo, as data: the cities differ in nothing else.

The two messages of 2021-02-19 and the days of their answers stand in a newspaper's report on
Changsha's office, the limits of Shantou in its notice; both are told in our own words. The clock
times, the numbers, and whatever is marked 拟 are made up so that the story is whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import attrs

from wenzheng_core import (
    BEIJING,
    Accept,
    Actor,
    Approve,
    Assign,
    Claim,
    Classify,
    Decline,
    Message,
    Publish,
    Rate,
    Report,
    Review,
    Role,
)
from wenzheng_core.domain.commands import Command


def at(text: str) -> datetime:
    """An instant in Beijing."""
    return datetime.fromisoformat(text).replace(tzinfo=BEIJING)


@attrs.frozen
class Receipt:
    """A message goes in."""

    at: datetime
    message: Message


@attrs.frozen
class Deed:
    """Somebody does something to the case of a message.

    ``explained``: the deadline that it starts is explained; ``refused``: it is tried in vain.
    """

    at: datetime
    number: str
    actor: Actor
    command: Command
    says: str
    explained: str = ""
    refused: bool = False


@attrs.frozen(kw_only=True)
class Story:
    """One city's story, in time order."""

    city: str
    title: str
    begins: datetime
    ends: datetime
    month: str
    steps: Sequence[Receipt | Deed]


def _message(source: str, number: str, posted: str, title: str, body: str) -> Receipt:
    when = at(posted)
    message = Message(source=source, external_id=number, title=title, body=body, posted_at=when)
    return Receipt(when, message)


CLERK = Actor("信息处", Role.OFFICE)
CITIZEN = Actor("网友", Role.CITIZEN)


def _unit(unit: str) -> Actor:
    return Actor(f"{unit}-联络员", Role.UNIT, unit=unit)


def _handed(
    number: str, day: str, unit: str, name: str, field: str, explained: str = ""
) -> list[Deed]:
    """Accepted, classified and assigned within minutes, and signed for."""
    return [
        Deed(at(f"{day}:05"), number, CLERK, Accept(), ""),
        Deed(at(f"{day}:05"), number, CLERK, Classify(facts={"field": field}), ""),
        Deed(at(f"{day}:10"), number, CLERK, Assign(lead=unit), f"交办{name}", explained),
        Deed(at(f"{day}:30"), number, _unit(unit), Claim(), ""),
    ]


def _answered(number: str, day: str, unit: str, findings: str, reply: str) -> list[Deed]:
    """Reported, reviewed by the office, published."""
    report = Report(findings=findings, proposed_reply=reply)
    return [
        Deed(at(f"{day}:00"), number, _unit(unit), report, ""),
        Deed(at(f"{day}:30"), number, CLERK, Review(), ""),
        Deed(at(f"{day}:40"), number, CLERK, Publish(), "审核后公开回复"),
    ]


_NOISE = _message(
    "hongwang",
    "CS-1",
    "2021-02-19T10:00",
    "月亮岛街道一处商场的空调太吵",
    "望城区,机器声整天不停。",
)
_ESTATE = _message(
    "hongwang", "CS-2", "2021-02-19T14:00", "含浦家苑想换掉丰泉物业", "岳麓区,请求解除服务合同。"
)
_LAMPS = _message(
    "hongwang", "CS-3", "2021-02-19T16:00", "(拟)小区门口路灯不亮", "雨花区,晚上看不见路。"
)
_ELSEWHERE = _message(
    "hongwang", "CS-4", "2021-02-22T09:00", "(拟)外市一处工地扬尘", "工地不在长沙,请帮忙管一管。"
)
_ELSE = Decline(reason="other_jurisdiction")
_EARLY = Deed(
    at("2021-02-20T14:00"),
    "CS-1",
    _unit("yuelu"),
    Report(findings="(拟)已办"),
    "(拟)岳麓区委办公室想替望城反馈",
    refused=True,
)

CHANGSHA = Story(
    city="changsha",
    title="长沙:留言日清,五个工作日,黄牌红牌",
    begins=at("2021-02-19T00:00"),
    ends=at("2021-03-01T09:00"),
    month="2021-02",
    steps=[
        _NOISE,
        *_handed("CS-1", "2021-02-19T10", "wangcheng", "望城区委办公室", "环境", "unit"),
        _ESTATE,
        *_handed("CS-2", "2021-02-19T14", "yuelu", "岳麓区委办公室", "物业"),
        _LAMPS,
        *_handed("CS-3", "2021-02-19T16", "yuhua", "雨花区委办公室", "其他"),
        _EARLY,
        *_answered(
            "CS-1",
            "2021-02-20T15",
            "wangcheng",
            "街道城管约谈了企业",
            "街道城管队员已上门找企业负责人谈话,要求马上整改,不再扰民。",
        ),
        Deed(
            at("2021-02-21T20:00"),
            "CS-1",
            CITIZEN,
            Rate(score=5, note="谢谢"),
            "(拟)网友评价5分:谢谢",
        ),
        _ELSEWHERE,
        Deed(at("2021-02-22T09:20"), "CS-4", CLERK, Accept(), ""),
        Deed(at("2021-02-22T09:30"), "CS-4", CLERK, _ELSE, "不在管辖范围,解释答复"),
        *_answered(
            "CS-2",
            "2021-02-22T10",
            "yuelu",
            "已了解物业与消防设施情况",
            "物业服务问题与消防总闸的整改情况,现逐项向您说明。",
        ),
        *_answered(
            "CS-3", "2021-02-26T11", "yuhua", "(拟)路灯已修", "(拟)线路已更换,路灯恢复照明。"
        ),
    ],
)

OFFICE = Actor("政务公开科", Role.OFFICE)
LEADER = Actor("市领导", Role.LEADER, offices=("市政府主要领导",))


def _letter(number: str, unit: str, name: str, grade: str, category: str) -> list[Deed]:
    facts = {"category": category, "grade": grade}
    letter = f"交办函〔2020〕{number}号(拟)"
    why = "handle" if category == "咨询" else ""
    says = f"{category}、{grade};《网络问政交办函》送达{name}"
    return [
        Deed(at("2020-09-28T15:30"), number, OFFICE, Accept(), ""),
        Deed(at("2020-09-28T15:30"), number, OFFICE, Classify(facts=facts), ""),
        Deed(at("2020-09-28T16:00"), number, OFFICE, Assign(lead=unit, letter=letter), says, why),
    ]


_ASK = _message(
    "people", "ST-1", "2020-09-28T15:00", "(拟)孩子转学要准备什么材料", "家住金平区,想问清楚。"
)
_PROBE = _message(
    "people", "ST-2", "2020-09-28T15:10", "(拟)小作坊夜里排放异味", "龙湖区,请查一查。"
)

SHANTOU = Story(
    city="shantou",
    title="汕头:交办函送达起算,五、十、二十个工作日,市领导审定",
    begins=at("2020-09-28T00:00"),
    ends=at("2020-11-01T09:00"),
    month="2020-09",
    steps=[
        _ASK,
        _PROBE,
        *sorted(
            [
                *_letter("ST-1", "jinping", "金平区", "一般", "咨询"),
                *_letter("ST-2", "longhu", "龙湖区", "需调查处理", "投诉"),
            ],
            key=lambda deed: deed.at,
        ),
        Deed(
            at("2020-10-10T10:00"),
            "ST-1",
            _unit("jinping"),
            Report(findings="(拟)已核对", proposed_reply="(拟)转学所需材料共三样,清单附后。"),
            "",
        ),
        Deed(
            at("2020-10-10T10:30"),
            "ST-1",
            OFFICE,
            Publish(),
            "(拟)经办人想直接公开",
            refused=True,
        ),
        Deed(
            at("2020-10-10T10:40"), "ST-1", OFFICE, Approve(), "(拟)经办人想代为审定", refused=True
        ),
        Deed(at("2020-10-10T16:00"), "ST-1", LEADER, Approve(), "市政府主要领导审定"),
        Deed(at("2020-10-10T16:30"), "ST-1", OFFICE, Publish(), "公开回复"),
        Deed(
            at("2020-10-19T15:00"),
            "ST-2",
            _unit("longhu"),
            Report(findings="(拟)已查处", proposed_reply="(拟)作坊已停产整改,将继续复查。"),
            "",
        ),
        Deed(at("2020-10-20T09:00"), "ST-2", LEADER, Approve(), "市政府主要领导审定"),
        Deed(at("2020-10-20T09:30"), "ST-2", OFFICE, Publish(), "公开回复"),
    ],
)
