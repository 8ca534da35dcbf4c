"""Clocks that stand still, and that a pause never undoes a breach."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from wenzheng_core.domain import commands as c
from wenzheng_core.domain import events as e
from wenzheng_core.domain.cases import Clock
from wenzheng_core.domain.limits import CalendarDays, WorkingDays
from wenzheng_core.domain.provisions import PauseReason
from wenzheng_core.domain.timelimits import Interval
from wenzheng_core.testing.builders import (
    CLERK,
    HOUSING,
    Walk,
    beijing,
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


def test_a_pause_holds_the_clocks_and_moves_what_is_due() -> None:
    """From one noon to the noon two days later two midnights are taken out of every limit."""
    walk = assigned()
    (paused,) = walk.do(c.Pause(reason="check", note="送检"), CLERK, beijing(3, 4, 12))
    assert isinstance(paused, e.Paused)
    assert set(paused.clocks) == {"reply", "handle"}
    assert paused.until == beijing(4, 3)
    assert walk.case.next_wake == paused.until
    events = walk.do(c.Resume(), CLERK, beijing(3, 6, 12))
    assert events[0] == e.Resumed(at=beijing(3, 6, 12))
    assert [x.cause for x in events if isinstance(x, e.ClockMoved)] == ["resumed", "resumed"]
    assert (due_of(walk, "handle"), due_of(walk, "reply")) == (beijing(3, 13), beijing(3, 21))
    assert handle(walk).pauses == (Interval(beijing(3, 4, 12), beijing(3, 6, 12)),)


def test_a_pause_lapses_at_its_cap_by_itself() -> None:
    """However late somebody looks, the clocks ran on from the cap, and cards fall from there."""
    walk = assigned()
    walk.do(c.Pause(reason="check"), CLERK, beijing(3, 4, 12))
    events = walk.tick(beijing(6, 1))
    assert events[0] == e.Resumed(at=beijing(4, 3), lapsed=True)
    assert {x.cause for x in events if isinstance(x, e.ClockMoved)} == {"pause_lapsed"}
    assert [x.rung for x in events if isinstance(x, e.RungFired)] == ["warn", "late"]
    assert walk.records[-1].actor == "system"
    assert walk.case.pause is None


@pytest.mark.parametrize(
    ("command", "rule", "named"),
    [
        (c.Pause(reason="tea"), "pause.not_provided", "tea"),
        (c.Resume(), "resume.not_paused", "没有中止"),
    ],
)
def test_a_baseless_pause_is_refused(command: c.Command, rule: str, named: str) -> None:
    """Only on a ground of the policy; nothing to resume where nothing stands."""
    refused = assigned().refused(command, CLERK)
    assert refused.rule == rule
    assert named in refused.reason


def test_a_case_is_paused_once() -> None:
    """A second pause is refused with the basis of its ground."""
    walk = assigned()
    walk.do(c.Pause(reason="check"), CLERK)
    refused = walk.refused(c.Pause(reason="check"), CLERK)
    assert (refused.rule, refused.basis) == ("pause.already", "样例")


def test_there_must_be_something_to_pause() -> None:
    """Clocks that are due already do not stand still."""
    ground = PauseReason(
        code="check", title="鉴定", at_most=CalendarDays(9), basis="样例", clocks=("handle",)
    )
    walk = assigned(pause_reasons=(ground,))
    refused = walk.refused(c.Pause(reason="check"), CLERK, DUE)
    assert refused.rule == "pause.nothing"
    assert "超期" in refused.reason


def test_a_pause_holds_only_the_clocks_of_its_ground() -> None:
    """The citizen's clock runs on where the ground names the unit's alone."""
    ground = PauseReason(
        code="check", title="鉴定", at_most=CalendarDays(9), basis="样例", clocks=("handle",)
    )
    walk = assigned(pause_reasons=(ground,))
    walk.do(c.Pause(reason="check"), CLERK)
    assert [x.id for x in walk.case.running if x.paused_since] == ["handle"]


def test_a_pause_leaves_a_breached_clock_alone() -> None:
    """One unit has more time than the other: the pause holds the one, the other stays breached."""
    walk = Walk().steps(4)
    walk.do(ASK, HOUSING)
    walk.do(c.GrantExtension(clock="handle", unit="housing"), CLERK)
    walk.do(c.Pause(reason="check"), CLERK, beijing(3, 12))
    assert handle(walk).paused_since == beijing(3, 12)
    assert handle(walk, "police").paused_since is None
    events = walk.do(c.Resume(), CLERK, beijing(3, 20))
    moved = [(x.clock, x.unit) for x in events if isinstance(x, e.ClockMoved)]
    assert moved == [("reply", ""), ("handle", "housing")]
    assert handle(walk, "police").breached(walk.at)
    assert not handle(walk).breached(walk.at)


def test_a_clock_started_during_a_pause_stands_still_too() -> None:
    """A pause of the case holds for the unit that gets it meanwhile, if its clock was held."""
    walk = assigned()
    walk.do(c.Pause(reason="check"), CLERK, beijing(3, 4, 12))
    walk.do(c.Reassign(lead="police", reason="职责"), CLERK, beijing(3, 5, 12))
    assert handle(walk, "police").paused_since == beijing(3, 5, 12)
    walk.do(c.Resume(), CLERK, beijing(3, 7, 12))
    assert due_of(walk, "handle") == beijing(3, 14)


def test_a_report_ends_the_pause() -> None:
    """Whoever reports is no longer waiting."""
    walk = assigned()
    walk.do(c.Pause(reason="check"), CLERK)
    events = walk.do(c.Report(findings="已修好"), HOUSING)
    assert isinstance(events[0], e.Resumed)
    assert walk.case.pause is None


def test_a_rework_limit_stands_still_too() -> None:
    """A ground that holds all clocks holds the returner's own limit as well."""
    walk = assigned()
    walk.do(c.Report(findings="已修好"), HOUSING)
    walk.do(c.ReturnForRework(reason="不详", within=WorkingDays(2)), CLERK)
    walk.do(c.Pause(reason="check"), CLERK)
    assert all(clock.paused_since for clock in walk.case.running)


def test_two_minutes_over_each_midnight_use_up_the_cap() -> None:
    """A day is taken out by standing still at its end: thirty nights are thirty days, no more."""
    walk = Walk(sample_rules_with(rungs=())).steps(3)
    handle = walk.case.clock("handle")
    assert handle is not None
    nights = 0
    for day in range(60):
        at = beijing(3, 4) + timedelta(days=day) - timedelta(minutes=1)
        refused = walk.refusal(c.Pause(reason="check"), CLERK, at)
        if refused is not None:
            assert refused.rule == "pause.exhausted"
            break
        walk.do(c.Pause(reason="check"), CLERK, at)
        after = at + timedelta(minutes=2)
        if walk.refusal(c.Resume(), CLERK, after) is None:  # the last one lapses by itself
            walk.do(c.Resume(), CLERK, after)
        nights += 1
    assert nights == 30
