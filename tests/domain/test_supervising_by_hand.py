"""Chases, supervision orders, and cards withdrawn on appeal."""

from __future__ import annotations

import attrs
import pytest

from wenzheng_core.domain import commands as c
from wenzheng_core.domain import events as e
from wenzheng_core.domain.actors import Actor
from wenzheng_core.domain.commands import Command
from wenzheng_core.domain.drafts import Rules
from wenzheng_core.domain.escalation import Act
from wenzheng_core.domain.provisions import AccountabilityCause, SupervisionRule
from wenzheng_core.testing.builders import (
    CLERK,
    HOUSING,
    SUPERVISOR,
    Walk,
    beijing,
    sample_rules,
    sample_rules_with,
)

WARN, DUE = beijing(3, 7), beijing(3, 11)


def assigned(rules: Rules | None = None) -> Walk:
    """The housing office alone has the case since 2025-03-03."""
    walk = Walk(rules or sample_rules()).steps(2)
    walk.do(c.Assign(lead="housing"), CLERK)
    return walk


ORDER = c.IssueSupervisionOrder(unit="housing", number="1号", issuers=("督查室",), demand="快办")


def withdraw(**fields: object) -> c.WithdrawCard:
    """The withdrawal of the housing office's yellow card."""
    return attrs.evolve(
        c.WithdrawCard(rung="warn", clock="handle", unit="housing", reason="申诉成立"), **fields
    )


def test_a_unit_is_chased_and_ordered_by_hand() -> None:
    """A chase and an order are on record with their words; the supervisor may give both."""
    walk = assigned()
    assert walk.do(c.Chase(unit="housing", note="电话"), SUPERVISOR) == (
        e.Chased(unit="housing", note="电话"),
    )
    order = c.IssueSupervisionOrder(
        unit="housing", number="督〔2025〕1号", issuers=("督查室", "纪委"), demand="三日内报结"
    )
    assert walk.do(order, SUPERVISOR) == (
        e.SupervisionOrderIssued(
            unit="housing", number="督〔2025〕1号", issuers=("督查室", "纪委"), demand="三日内报结"
        ),
    )


@pytest.mark.parametrize(
    ("command", "rule", "named"),
    [
        (c.Chase(unit="police"), "unit.not_holder", "市公安局"),
        (attrs.evolve(ORDER, unit="police"), "unit.not_holder", "市公安局"),
        (attrs.evolve(ORDER, issuers=()), "order.issuers", "签发单位"),
        (attrs.evolve(ORDER, issuers=("督查室", "督查室")), "order.issuers", "重复"),
    ],
)
def test_a_bad_order_is_refused(command: Command, rule: str, named: str) -> None:
    """Only a unit that holds the case, and issuers each named once."""
    refused = assigned().refused(command, SUPERVISOR)
    assert refused.rule == rule
    assert named in refused.reason


def test_a_withdrawn_card_stays_on_record() -> None:
    """It was shown, it was withdrawn, and both can be read."""
    walk = assigned()
    walk.tick(WARN)
    (event,) = walk.do(withdraw(), CLERK)
    assert event == e.CardWithdrawn(
        rung="warn", clock="handle", unit="housing", epoch=1, reason="申诉成立"
    )
    assert [card.withdrawn for card in walk.case.cards(Act.YELLOW_CARD)] == ["申诉成立"]
    assert walk.tick(beijing(3, 8)) == ()


@pytest.mark.parametrize(
    ("command", "actor", "rule", "named"),
    [
        (withdraw(reason=" "), CLERK, "card.reason", "理由"),
        (withdraw(rung="late"), CLERK, "card.unknown", "红牌"),
        (withdraw(epoch=2), CLERK, "card.unknown", "没有"),
    ],
)
def test_a_bad_withdrawal_is_refused(command: Command, actor: Actor, rule: str, named: str) -> None:
    """Without a reason, or of a card that nobody was shown."""
    walk = assigned()
    walk.tick(WARN)
    refused = walk.refused(command, actor)
    assert refused.rule == rule
    assert named in refused.reason


def test_a_card_is_withdrawn_once_and_only_that_card() -> None:
    """A unit that got the case twice has two cards; an appeal against one leaves the other."""
    walk = assigned()
    walk.tick(WARN)
    walk.do(c.SendBack(reason="不归我管"), HOUSING)
    walk.do(c.Assign(lead="housing"), CLERK)
    walk.tick(beijing(3, 14))
    walk.do(withdraw(epoch=1), CLERK)
    cards = walk.case.cards(Act.YELLOW_CARD)
    assert [(card.epoch, card.withdrawn) for card in cards] == [(1, "申诉成立"), (2, "")]
    refused = walk.refused(withdraw(epoch=1), CLERK)
    assert (refused.rule, "已经撤销" in refused.reason) == ("card.withdrawn", True)
    walk.do(withdraw(), CLERK)
    assert all(card.withdrawn for card in walk.case.cards(Act.YELLOW_CARD))


def test_an_order_is_signed_by_all_who_sign_together() -> None:
    """The refusal names who is missing; others may sign beside them."""
    rule = SupervisionRule(issuers=("督查室", "纪委", "政法委"), basis="联合督办")
    walk = assigned(sample_rules_with(supervision=rule))
    refused = walk.refused(ORDER, SUPERVISOR)
    assert (refused.rule, refused.basis) == ("order.co_signers", "联合督办")
    assert refused.reason.endswith("还缺:纪委、政法委")
    signed = attrs.evolve(ORDER, issuers=("政法委", "督查室", "网信办", "纪委"))
    assert walk.refusal(signed, SUPERVISOR) is None


LAZY = AccountabilityCause(code="lazy", title="不作为", basis="样例")


def test_a_further_device_is_on_record() -> None:
    """A meeting needs no ground; to hold somebody to account takes one of the policy's."""
    walk = assigned(sample_rules_with(accountability=(LAZY,)))
    meeting = c.Escalate(act=Act.MEETING, unit="housing", note="现场会商")
    assert walk.do(meeting, SUPERVISOR) == (
        e.Escalated(act=Act.MEETING, unit="housing", note="现场会商"),
    )
    held = c.Escalate(act=Act.ACCOUNTABILITY, unit="police", cause="lazy")
    assert walk.do(held, CLERK) == (
        e.Escalated(act=Act.ACCOUNTABILITY, unit="police", cause="lazy"),
    )


@pytest.mark.parametrize(
    ("command", "rule", "named"),
    [
        (c.Escalate(act=Act.ACCOUNTABILITY, unit="housing"), "escalate.cause", "lazy(不作为)"),
        (
            c.Escalate(act=Act.ACCOUNTABILITY, unit="housing", cause="other"),
            "escalate.cause",
            "lazy(不作为)",
        ),
        (c.Escalate(act=Act.MEETING, unit="nobody"), "escalate.unit", "nobody"),
    ],
)
def test_a_bad_device_is_refused(command: Command, rule: str, named: str) -> None:
    """Nobody is held to account for what the policy does not list, and no unit that is not there."""
    walk = assigned(sample_rules_with(accountability=(LAZY,)))
    refused = walk.refused(command, SUPERVISOR)
    assert refused.rule == rule
    assert named in refused.reason


def test_a_policy_that_lists_no_ground_asks_for_none() -> None:
    """What the text does not say binds nobody."""
    walk = assigned()
    assert walk.refusal(c.Escalate(act=Act.ACCOUNTABILITY, unit="housing"), CLERK) is None
