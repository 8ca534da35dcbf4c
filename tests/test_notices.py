"""What is said to whom: the case by its number, never the citizen and never the citizen's words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from wenzheng_core.domain.commands import Forward, Publish
from wenzheng_core.domain.provisions import LastStep
from wenzheng_core.notices import addressee, outgoing
from wenzheng_core.ports import Outgoing
from wenzheng_core.testing.builders import (
    CLERK,
    START,
    TEXT,
    Walk,
    sample_history,
    sample_message,
    sample_policy,
    sample_rules,
    sample_rules_with,
    sample_tick,
)

UNITS = sample_rules().units
UPWARD = LastStep(to="市政府", basis="样例")


def _told(steps: int, days: int) -> tuple[Outgoing, ...]:
    life = sample_history("1", steps=steps)
    late = sample_tick(life.case, START + timedelta(days=days))
    return outgoing(late.case, (*life.records, *late.records), sample_policy(), UNITS)


def test_no_word_of_the_citizen() -> None:
    """No notice holds the title, the text, the nickname, the name, the phone or the address."""
    message = sample_message()
    private = (
        message.title,
        message.author,
        message.contact.name,
        message.contact.phone,
        message.contact.address,
        *(TEXT[i : i + 4] for i in range(len(TEXT) - 3)),
    )
    items = _told(steps=3, days=30)

    assert len(items) > 1
    for item in items:
        assert not [word for word in private if word in item.text]
        assert not [word for word in private if word in repr(item)]


def test_what_a_notice_says() -> None:
    """A notice names the act, the unit, the message's number and the day as officers say it."""
    texts = {item.to: item.text for item in _told(steps=3, days=30)}

    assert texts["housing/unit_head"] == (
        "【红牌】市住房局:留言 sample/1 的「handle」时限为2025年3月10日(周一)24时前,"
        "已超期,请立即办理并反馈。"
    )
    assert texts["housing/liaison"].endswith("请抓紧办理。")
    assert texts["police/liaison"].startswith("【黄牌】市公安局:")


def test_keys_are_stable() -> None:
    """An item's key follows from its case, its record and its place: the same for ever."""
    once, again = _told(steps=3, days=30), _told(steps=3, days=60)

    assert [item.key for item in once] == [item.key for item in again]
    assert len({item.key for item in once}) == len(once)
    assert all(item.key.startswith("1/") for item in once)


def test_a_reply_goes_to_the_platform() -> None:
    """A published reply goes back to where the message came from, as it was published."""
    (item,) = _told(steps=9, days=1)

    assert (item.channel, item.to, item.text) == ("publish", "sample", "您好,路灯已修复。")


def test_a_reply_not_for_the_public_goes_by_a_channel_of_its_own() -> None:
    """不公开答复, and an answer that goes up: neither may be taken for a publication."""
    private, up = Walk().steps(8), Walk(sample_rules_with(last_steps=(UPWARD,))).steps(8)
    for walk, command in ((private, Publish(public=False)), (up, Forward())):
        walk.do(command, CLERK)

    told = [
        outgoing(walk.case, walk.records, walk.rules.policy, UNITS)[-1] for walk in (private, up)
    ]
    assert [(item.channel, item.to) for item in told] == [
        ("reply", "sample"),
        ("forward", "市政府"),
    ]


@pytest.mark.parametrize(
    ("to", "name"),
    [
        ("housing/unit_head", "市住房局一把手"),
        ("housing/liaison", "市住房局联络员"),
        ("housing/局长", "市住房局局长"),
        ("housing/leader", "市住房局领导"),
        ("housing/deputy", "市住房局「deputy」"),
        ("gone/liaison", "gone联络员"),
        ("leader", "领导"),
        ("housing", "市住房局"),
        ("office", "主管办公室"),
    ],
)
def test_addressees(to: str, name: str) -> None:
    """An addressee reads as an officer would say it."""
    assert addressee(to, UNITS) == name
