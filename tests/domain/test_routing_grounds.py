"""On what ground a unit gets a case, and how long and how often it may return it."""

from __future__ import annotations

import attrs
import pytest

from wenzheng_core.domain import commands as c
from wenzheng_core.domain import events as e
from wenzheng_core.domain.gates import GateAct, Point
from wenzheng_core.domain.limits import WorkingDays
from wenzheng_core.domain.provisions import Routing
from wenzheng_core.testing.builders import (
    CLERK,
    HOUSING,
    MAYOR,
    Walk,
    beijing,
    sample_gate,
    sample_rules_with,
)

PINGDU = Routing(principles=("法定职责", "先例", "主次"), principle_required=True, basis="样例")
RETURNS = Routing(send_back_within=WorkingDays(1), send_back_times=1, basis="样例")
BACK = c.SendBack(reason="不归我管")


def walk_with(routing: Routing, **more: object) -> Walk:
    """A case that waits for its assignment."""
    return Walk(sample_rules_with(routing=routing, **more)).steps(2)


def test_the_first_principle_that_names_a_unit_decides() -> None:
    """It is recorded with the assignment; a later one may have named another unit."""
    walk = walk_with(PINGDU)
    grounds = {"主次": "police", "先例": "housing"}
    (given, *_) = walk.do(c.Assign(lead="housing", grounds=grounds), CLERK)
    assert given == e.Assigned(round=1, lead="housing", principle="先例")
    reassign = c.Reassign(lead="police", reason="复核", grounds={"法定职责": "police"})
    events = walk.do(reassign, CLERK)
    assert [x.principle for x in events if isinstance(x, e.Assigned)] == ["法定职责"]


@pytest.mark.parametrize(
    ("grounds", "rule", "named"),
    [
        ({}, "routing.principle", "法定职责、先例、主次"),
        ({"抽签": "housing"}, "routing.unknown_principle", "现有:法定职责、先例、主次"),
        ({"法定职责": "police", "先例": "housing"}, "routing.order", "按「法定职责」应由市公安局"),
    ],
)
def test_a_bad_ground_is_refused(grounds: dict[str, str], rule: str, named: str) -> None:
    """None where one is asked for, one that the policy has not, one that an earlier one beats."""
    walk = walk_with(PINGDU)
    refused = walk.refused(c.Assign(lead="housing", grounds=grounds), CLERK)
    assert (refused.rule, refused.basis) == (rule, "样例")
    assert named in refused.reason
    walk.do(c.Assign(lead="police", grounds={"先例": "police"}), CLERK)
    again = c.Reassign(lead="housing", reason="复核", grounds=grounds)
    assert walk.refused(again, CLERK).rule == rule


def test_grounds_may_be_left_out_where_none_is_asked_for() -> None:
    """The assignment then states no principle."""
    walk = walk_with(attrs.evolve(PINGDU, principle_required=False))
    (given, *_) = walk.do(c.Assign(lead="housing"), CLERK)
    assert given == e.Assigned(round=1, lead="housing")


def test_a_leaders_word_needs_no_principle() -> None:
    """Whoever was named by an instruction is assigned without one."""
    marked = sample_gate("marked", GateAct.INSTRUCT, "市长", before=Point.ASSIGN)
    walk = walk_with(PINGDU, gates=(marked,))
    walk.do(c.Instruct(text="请住房局办理", lead="housing"), MAYOR)
    assert walk.refusal(c.Assign(lead="housing"), CLERK) is None


def test_a_case_is_returned_within_its_time() -> None:
    """By the end of the next working day; a moment later the unit handles it."""
    walk = walk_with(RETURNS)
    walk.do(c.Assign(lead="housing"), CLERK, beijing(3, 7, 9))
    assert walk.refusal(BACK, HOUSING, beijing(3, 10, 23, 59)) is None
    refused = walk.refused(BACK, HOUSING, beijing(3, 11))
    assert (refused.rule, "1个工作日" in refused.reason) == ("send_back.late", True)


def test_the_time_to_return_begins_with_each_assignment() -> None:
    """Whoever gets the case later has as long as whoever got it first."""
    walk = walk_with(attrs.evolve(RETURNS, send_back_times=None))
    walk.do(c.Assign(lead="housing"), CLERK, beijing(3, 7, 9))
    walk.do(c.Reassign(lead="police", reason="职责调整"), CLERK, beijing(3, 12, 9))
    walk.do(c.Reassign(lead="housing", reason="又调整"), CLERK, beijing(3, 20, 9))
    assert walk.refusal(BACK, HOUSING, beijing(3, 21, 9)) is None


def test_a_case_is_returned_so_often_and_no_more() -> None:
    """The second return is refused, whoever makes it; a reopened case may be returned again."""
    walk = walk_with(RETURNS)
    walk.do(c.Assign(lead="housing"), CLERK)
    walk.do(BACK, HOUSING)
    walk.do(c.Assign(lead="housing"), CLERK)
    refused = walk.refused(BACK, HOUSING)
    assert (refused.rule, "最多退件1次" in refused.reason) == ("send_back.times", True)
    walk.do(c.Report(findings="已修好", proposed_reply="您好"), HOUSING)
    for command, actor in ((c.Review(), CLERK), (c.Approve(), MAYOR), (c.Publish(), CLERK)):
        walk.do(command, actor)
    walk.do(c.Reopen(reason="又坏了"), CLERK)
    walk.do(c.Assign(lead="housing"), CLERK)
    assert walk.refusal(BACK, HOUSING) is None


def test_a_routing_settled_after_study_is_not_returned() -> None:
    """The office says so with the assignment; a later one may be open again."""
    walk = walk_with(Routing())
    walk.do(c.Assign(lead="housing", decided=True), CLERK)
    refused = walk.refused(BACK, HOUSING)
    assert (refused.rule, "研究确定" in refused.reason) == ("send_back.decided", True)
    walk.do(c.Reassign(lead="police", reason="职责调整", decided=True), CLERK)
    walk.do(c.Reassign(lead="housing", reason="又调整"), CLERK)
    assert walk.refusal(BACK, HOUSING) is None
