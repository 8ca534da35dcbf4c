"""Clocks that get more time: asked, granted, refused."""

from __future__ import annotations

from datetime import datetime

import attrs
import pytest

from wenzheng_core.domain import commands as c
from wenzheng_core.domain import events as e
from wenzheng_core.domain.actors import Actor, Role
from wenzheng_core.domain.cases import Clock
from wenzheng_core.domain.errors import LimitUseError
from wenzheng_core.domain.limits import CalendarDays, Limit, SameDay, WorkingDays
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.domain.provisions import ExtensionRule
from wenzheng_core.testing.builders import (
    CLERK,
    HOUSING,
    MAYOR,
    POLICE,
    Walk,
    beijing,
    sample_clock,
    sample_row,
    sample_rules_with,
)

ASK = c.RequestExtension(clock="handle", by=WorkingDays(3), reason="须取样检测")
GRANT = c.GrantExtension(clock="handle")
DUE = beijing(3, 11)


def assigned(**policy: object) -> Walk:
    """The housing office alone has the case, due on 2025-03-10; the reply on 2025-03-18."""
    walk = Walk(sample_rules_with(**policy)).steps(2)
    walk.do(c.Assign(lead="housing"), CLERK)
    return walk


def handle(walk: Walk, unit: str = "housing") -> Clock:
    """The unit's clock."""
    clock = walk.case.clock("handle", unit)
    assert clock is not None
    return clock


def due_of(walk: Walk, name: str) -> datetime | None:
    """The due instant of a clock."""
    clock = walk.case.clock(name)
    assert clock is not None
    return clock.due


def test_an_extension_is_asked_and_granted_and_counts_from_the_old_due_day() -> None:
    """Three more working days after Monday the tenth make Thursday the thirteenth."""
    walk = assigned()
    (asked,) = walk.do(ASK, HOUSING)
    assert asked == e.ExtensionRequested(
        clock="handle", unit="housing", by=WorkingDays(3), reason="须取样检测"
    )
    granted, moved = walk.do(GRANT, CLERK, beijing(3, 10, 20))[-2:]
    assert granted == e.ExtensionGranted(
        clock="handle",
        unit="housing",
        by=WorkingDays(3),
        approver="office-1",
        old_due=DUE,
        new_due=beijing(3, 14),
    )
    assert isinstance(moved, e.ClockMoved)
    assert (moved.cause, moved.due) == ("extended", beijing(3, 14))
    assert not walk.case.requests


@pytest.mark.parametrize(
    ("request_", "rule", "named"),
    [
        (attrs.evolve(ASK, clock="reply"), "extension.not_provided", "reply"),
        (attrs.evolve(ASK, reason=" "), "extension.reason", "理由"),
        (attrs.evolve(ASK, by=CalendarDays(3)), "extension.unit", "同一单位"),
        (attrs.evolve(ASK, by=WorkingDays(6)), "extension.most", "5个工作日"),
    ],
)
def test_a_bad_request_is_refused(request_: c.RequestExtension, rule: str, named: str) -> None:
    """Not provided for, without a reason, in another unit, too much."""
    refused = assigned().refused(request_, HOUSING)
    assert refused.rule == rule
    assert named in refused.reason


def test_no_limit_is_of_nothing_or_less() -> None:
    """So an extension can only lengthen."""
    for n in (0, -3):
        with pytest.raises(LimitUseError, match=str(n)):
            WorkingDays(n)


@pytest.mark.parametrize("limit", [None, SameDay()])
def test_what_has_no_days_is_not_extended(limit: Limit | None) -> None:
    """A row without a limit needs no extension, 当日 takes none."""
    row = sample_row("free", limit, no_limit="未规定")
    clock = sample_clock("handle", Milestone.ASSIGNED, Milestone.REPORTED, row, unit=True)
    walk = assigned(clocks=(clock,), rungs=())
    refused = walk.refused(ASK, HOUSING)
    assert refused.rule == ("extension.unit" if limit else "extension.no_limit")
    assert "延期" in refused.reason


def test_it_is_asked_before_the_due_instant() -> None:
    """At the due instant it is too late, whatever the reason."""
    assert assigned().refusal(ASK, HOUSING, beijing(3, 10, 23, 59)) is None
    refused = assigned().refused(ASK, HOUSING, DUE)
    assert (refused.rule, "时限已到" in refused.reason) == ("extension.late", True)


def test_it_is_granted_before_the_due_instant() -> None:
    """A request that waited too long can no longer be granted: a breach is not undone."""
    walk = assigned()
    walk.do(ASK, HOUSING)
    refused = walk.refused(GRANT, CLERK, DUE)
    assert (refused.rule, "批准" in refused.reason) == ("extension.late", True)


def test_one_request_at_a_time_and_so_often() -> None:
    """A second request waits for the first; after the last allowed one there is none."""
    walk = assigned()
    walk.do(ASK, HOUSING)
    assert walk.refused(ASK, HOUSING).rule == "extension.pending"
    walk.do(GRANT, CLERK)
    refused = walk.refused(attrs.evolve(ASK, by=WorkingDays(1)), HOUSING)
    assert (refused.rule, "1次" in refused.reason) == ("extension.times", True)


def test_the_asker_does_not_grant() -> None:
    """The same person in another capacity is still the asker."""
    walk = assigned()
    walk.do(ASK, HOUSING)
    refused = walk.refused(GRANT, Actor(HOUSING.id, Role.OFFICE))
    assert (refused.rule, "自己" in refused.reason) == ("extension.own", True)


def test_only_the_office_named_grants_or_refuses() -> None:
    """A deputy mayor's grant is neither the mayor's nor the clerk's."""
    rule = ExtensionRule(
        clock="handle", times=1, at_most=WorkingDays(5), approver="副市长", basis="第九条"
    )
    walk = assigned(extensions=(rule,))
    walk.do(ASK, HOUSING)
    for actor in (CLERK, MAYOR):
        for command in (GRANT, c.RefuseExtension(clock="handle", reason="不急")):
            refused = walk.refused(command, actor)
            assert (refused.rule, refused.basis) == ("extension.approver", "第九条")
            assert "副市长" in refused.reason
    assert walk.refusal(GRANT, Actor("vice", Role.LEADER, offices=("副市长",))) is None


def test_an_extension_is_refused_with_a_reason() -> None:
    """The clock runs on as it did; nothing waits any more."""
    walk = assigned()
    assert walk.refused(GRANT, CLERK).rule == "extension.no_request"
    walk.do(ASK, HOUSING)
    assert walk.refused(c.RefuseExtension(clock="handle", reason=""), CLERK).rule == (
        "extension.reason"
    )
    event = walk.do(c.RefuseExtension(clock="handle", reason="不属疑难"), CLERK)
    assert event == (e.ExtensionRefused(clock="handle", unit="housing", reason="不属疑难"),)
    assert (due_of(walk, "handle"), walk.case.requests) == (DUE, ())


def test_a_clock_that_does_not_run_is_not_extended() -> None:
    """A helper that has reported asks for nothing."""
    walk = Walk().steps(4)
    walk.do(c.Report(findings="已配合"), POLICE)
    refused = walk.refused(ASK, POLICE)
    assert (refused.rule, "handle" in refused.reason) == ("clock.not_running", True)


def test_a_request_leaves_with_the_unit_or_the_round() -> None:
    """What a released unit asked, or was asked before a reopening, is no longer open."""
    rule = ExtensionRule(
        clock="reply", times=1, at_most=CalendarDays(5), approver="office", basis="样例"
    )
    walk = assigned(extensions=(rule,))
    walk.do(c.RequestExtension(clock="reply", by=CalendarDays(2), reason="疑难"), HOUSING)
    for command, actor in (
        (c.Report(findings="好了", proposed_reply="您好"), HOUSING),
        (c.Review(), CLERK),
        (c.Approve(), MAYOR),
        (c.Publish(), CLERK),
        (c.Reopen(reason="又坏了"), CLERK),
    ):
        walk.do(command, actor)
    assert walk.case.requests == ()


def test_nothing_is_extended_while_it_stands_still() -> None:
    """Its due instant is not known then: neither asked nor granted until the clock runs on."""
    walk = assigned()
    walk.do(ASK, HOUSING)
    walk.do(c.Pause(reason="check"), CLERK)
    for command, actor in ((GRANT, CLERK), (attrs.evolve(ASK, by=WorkingDays(1)), HOUSING)):
        refused = walk.refused(command, actor)
        assert refused.rule in ("extension.paused", "extension.pending")
    refused = walk.refused(GRANT, CLERK)
    assert (refused.rule, "中止" in refused.reason) == ("extension.paused", True)
    walk.do(c.Resume(), CLERK)
    assert walk.refusal(GRANT, CLERK) is None


def test_a_grant_never_undoes_what_the_old_due_instant_brought() -> None:
    """The yellow card of the old due day stays, and does not fall again before the new one."""
    walk = assigned()
    walk.do(ASK, HOUSING)
    walk.do(GRANT, CLERK, beijing(3, 10, 20))
    events = walk.tick(beijing(4, 1))
    assert [x.rung for x in events if isinstance(x, e.RungFired)] == ["late"]
    assert [fired.rung for fired in walk.case.ladder] == ["warn", "late"]
