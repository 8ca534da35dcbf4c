"""Assign, claim, send back, reassign: who holds the case, and whose clock runs."""

from __future__ import annotations

import pytest

from wenzheng_core.domain import commands as c
from wenzheng_core.domain import events as e
from wenzheng_core.domain.actors import Actor, Role
from wenzheng_core.domain.commands import Command
from wenzheng_core.domain.drafts import Rules
from wenzheng_core.domain.escalation import Act
from wenzheng_core.domain.limits import (
    CalendarDays,
    CommittedDate,
    Limit,
    WorkingDays,
    WorkingHours,
)
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.domain.workflow import State
from wenzheng_core.testing.builders import (
    CLERK,
    HOUSING,
    POLICE,
    Walk,
    beijing,
    sample_clock,
    sample_row,
    sample_rules_with,
)

DUE = beijing(3, 11)
"""When a unit assigned on 2025-03-03 must have reported: five working days."""


def assigned() -> Walk:
    """With the housing office as the lead and the police assisting."""
    return Walk().steps(3)


def handling(within: Limit, *, shorten: bool = False) -> Rules:
    """One clock a unit, with a ceiling under which the office may set another."""
    row = sample_row("wide", within, office_may_shorten=shorten)
    clock = sample_clock("handle", Milestone.ASSIGNED, Milestone.REPORTED, row, unit=True)
    return sample_rules_with(clocks=(clock,), rungs=())


def units_clocks(walk: Walk) -> list[tuple[str, int, bool]]:
    """Unit, epoch and whether it runs, of every clock of a unit."""
    return [(x.unit, x.epoch, x.running) for x in walk.case.clocks if x.unit]


def test_assigning_starts_a_clock_for_every_unit() -> None:
    """The letter, the lead and the assisting unit, each with a clock from now."""
    walk = Walk().steps(2)
    event, lead, helper = walk.do(
        c.Assign(lead="housing", assisting=("police",), letter="1号"), CLERK
    )
    assert event == e.Assigned(round=1, lead="housing", assisting=("police",), letter="1号")
    for started, unit in ((lead, "housing"), (helper, "police")):
        assert isinstance(started, e.ClockStarted)
        assert (started.clock, started.unit, started.epoch) == ("handle", unit, 1)
        assert (started.started, started.due) == (walk.at, DUE)
        assert [rung.rung for rung in started.rungs] == ["warn", "late"]
    assert [(h.unit, h.lead) for h in walk.case.holders] == [("housing", True), ("police", False)]


@pytest.mark.parametrize(
    ("command", "rule", "named"),
    [
        (c.Assign(lead="nobody"), "assign.unknown_unit", "nobody"),
        (c.Assign(lead="housing", assisting=("housing",)), "assign.twice", "同一单位"),
        (c.Assign(lead="housing", assisting=("police", "police")), "assign.twice", "重复"),
        (c.Assign(lead="housing", within=WorkingDays(3)), "limit.fixed", "不由办公室另定"),
    ],
)
def test_a_bad_assignment_is_refused(command: c.Assign, rule: str, named: str) -> None:
    """Unknown units, doubles, and a limit of the office's own where the policy gives no room."""
    refused = Walk().steps(2).refusal(command, CLERK)
    assert refused is not None
    assert refused.rule == rule
    assert named in refused.reason


def test_the_office_shortens_under_a_ceiling() -> None:
    """The case's own limit holds, and only that."""
    walk = Walk(handling(WorkingDays(20), shorten=True)).steps(2)
    walk.do(c.Assign(lead="housing", within=WorkingDays(8)), CLERK)
    assert (walk.case.clocks[0].limit, walk.case.clocks[0].due) == (WorkingDays(8), beijing(3, 14))


@pytest.mark.parametrize("within", [WorkingDays(21), CalendarDays(3)])
def test_the_ceiling_holds(within: Limit) -> None:
    """More days, or days of another kind, are refused with the ceiling named."""
    walk = Walk(handling(WorkingDays(20), shorten=True)).steps(2)
    refused = walk.refusal(c.Assign(lead="housing", within=within), CLERK)
    assert refused is not None
    assert refused.rule == "limit.ceiling"
    assert "20个工作日" in refused.reason
    assert refused.basis == "样例第wide条"


@pytest.mark.parametrize("limit", [WorkingHours(60), CommittedDate(beijing(1, 2).date())])
def test_a_limit_that_cannot_be_counted_refuses_the_assignment(limit: Limit) -> None:
    """Working hours without office hours, a date that has passed."""
    refused = Walk(handling(limit)).steps(2).refusal(c.Assign(lead="housing"), CLERK)
    assert refused is not None
    assert refused.rule == "limit.unusable"
    assert "办公时间" in refused.reason or "承诺的日期" in refused.reason


def test_claiming_is_once_for_each_unit() -> None:
    """The lead's signature begins the handling, a helper's does not; twice is refused."""
    walk = assigned()
    assert walk.do(c.Claim(), POLICE) == (e.Claimed(unit="police"),)
    assert walk.case.state is State.ASSIGNED
    walk.do(c.Claim(), HOUSING)
    assert walk.case.state is State.HANDLING
    for actor in (HOUSING, POLICE):
        refused = walk.refusal(c.Claim(), actor)
        assert refused is not None
        assert (refused.rule, "已经签收" in refused.reason) == ("claim.twice", True)


def test_sending_back_ends_every_units_time() -> None:
    """The case waits with the office again, its units released, the citizen's clock running on."""
    walk = assigned()
    reply = walk.case.clock("reply")
    events = walk.do(c.SendBack(reason="属城管职责"), HOUSING)
    assert events[0] == e.SentBack(unit="housing", reason="属城管职责")
    released = e.Released(units=("housing", "police"), cause="sent_back", reason="属城管职责")
    assert events[-1] == released
    assert walk.case.state is State.ACCEPTED
    assert units_clocks(walk) == [("housing", 1, False), ("police", 1, False)]
    assert walk.case.clock("reply") == reply


@pytest.mark.parametrize(
    ("command", "actor", "rule", "named"),
    [
        (c.SendBack(reason="不归我管"), POLICE, "send_back.lead", "主办单位"),
        (c.SendBack(reason="  "), HOUSING, "send_back.reason", "理由"),
        (c.Reassign(lead="police", reason=""), CLERK, "reassign.reason", "理由"),
        (c.Reassign(lead="housing", reason="再办"), CLERK, "reassign.same", "相同"),
        (c.Reassign(lead="nobody", reason="换"), CLERK, "assign.unknown_unit", "nobody"),
    ],
)
def test_a_bad_move_is_refused(command: Command, actor: Actor, rule: str, named: str) -> None:
    """Only the lead sends back, every move has a reason, and it goes to somebody else."""
    refused = assigned().refusal(command, actor)
    assert refused is not None
    assert refused.rule == rule
    assert named in refused.reason


def test_reassigning_restarts_the_units_clock_and_never_the_citizens() -> None:
    """The new lead has its own five days, the citizen's fifteen go on from the receipt."""
    walk = Walk().steps(2)
    walk.do(c.Assign(lead="housing"), CLERK)
    reply = walk.case.clock("reply")
    walk.do(c.Reassign(lead="police", reason="职责调整"), CLERK, beijing(3, 6, 9))
    assert walk.case.clock("reply") == reply
    assert units_clocks(walk) == [("housing", 1, False), ("police", 1, True)]
    fresh = walk.case.clock("handle", "police")
    assert fresh is not None
    assert (fresh.started, fresh.due) == (beijing(3, 6, 9), beijing(3, 14))


def test_each_unit_answers_for_its_own_time() -> None:
    """The one that let its limit pass keeps its card; the next starts with a clean sheet."""
    walk = Walk().steps(2)
    walk.do(c.Assign(lead="housing"), CLERK)
    events = walk.do(c.SendBack(reason="不归我管"), HOUSING, DUE)
    assert [x.act for x in events if isinstance(x, e.RungFired)] == [Act.YELLOW_CARD, Act.RED_CARD]
    walk.do(c.Assign(lead="police"), CLERK)
    walk.do(c.Report(findings="办好了"), POLICE)
    mine, theirs = walk.case.clock("handle", "housing"), walk.case.clock("handle", "police")
    assert mine is not None
    assert theirs is not None
    later = beijing(12, 1)
    assert (mine.breached(later), mine.met) == (True, False)
    assert (theirs.breached(later), theirs.met) == (False, True)
    assert {fired.unit for fired in walk.case.ladder} == {"housing"}


def test_a_unit_that_gets_the_case_again_starts_anew() -> None:
    """A second assignment is a second start of the same clock."""
    walk = assigned()
    walk.do(c.SendBack(reason="不归我管"), HOUSING)
    walk.do(c.Assign(lead="housing"), CLERK)
    assert units_clocks(walk) == [
        ("housing", 1, False),
        ("police", 1, False),
        ("housing", 2, True),
    ]
    assert walk.case.round == 2


@pytest.mark.parametrize("actor", [POLICE, Actor("x", Role.UNIT), Actor("y", Role.UNIT, "court")])
def test_only_a_holder_acts(actor: Actor) -> None:
    """A unit without the case is refused by its name."""
    walk = Walk().steps(2)
    walk.do(c.Assign(lead="housing"), CLERK)
    refused = walk.refusal(c.Claim(), actor)
    assert refused is not None
    assert refused.rule == "unit.not_holder"
    assert {"police": "市公安局", "": "未注明单位"}.get(actor.unit, "court") in refused.reason


def test_a_former_holder_has_no_say_after_a_reopening() -> None:
    """Whoever held the case at its first publication does not hold it in the second round."""
    walk = Walk().steps(9)
    assert walk.refusal(c.Resolve(), HOUSING) is None
    walk.do(c.Reopen(reason="又坏了"), CLERK)
    walk.do(c.Assign(lead="police"), CLERK)
    for command in (c.Report(findings="与我无关"), c.LogContact(reached=True), c.Resolve()):
        refused = walk.refusal(command, HOUSING)
        assert refused is not None
        assert (refused.rule, "市住房局" in refused.reason) == ("unit.not_holder", True)
