"""Which clock moves when one unit of several acts, and what waits for facts."""

from __future__ import annotations

import attrs
import pytest

from wenzheng_core.domain import commands as c
from wenzheng_core.domain import events as e
from wenzheng_core.domain.actors import SYSTEM
from wenzheng_core.domain.calendars import CalendarData, Edition, Holiday, Notice, build_calendar
from wenzheng_core.domain.cases import Clock
from wenzheng_core.domain.clockrules import ClockRule
from wenzheng_core.domain.errors import RefusedError
from wenzheng_core.domain.escalation import Act, Scheduled
from wenzheng_core.domain.limits import CalendarDays, WorkingDays
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.domain.tables import Column
from wenzheng_core.notices import rung_text
from wenzheng_core.testing.builders import (
    CLERK,
    HOUSING,
    POLICE,
    Walk,
    beijing,
    sample_calendar,
    sample_clock,
    sample_policy,
    sample_row,
    sample_rules_with,
    sample_rung,
)

REPORT = c.Report(findings="已修好", proposed_reply="您好,已修复。")
BOTH = c.Assign(lead="housing", assisting=("police",))


def of_case(starts: Milestone, stops: Milestone, name: str = "whole") -> ClockRule:
    """A clock of the case of three days."""
    return sample_clock(name, starts, stops, sample_row("all", CalendarDays(3)))


def clock(walk: Walk, name: str, unit: str = "") -> Clock:
    """The latest start of a clock."""
    found = walk.case.clock(name, unit)
    assert found is not None
    return found


def test_a_helpers_report_leaves_the_clocks_of_the_case_alone() -> None:
    """An assisting unit reports for its own part; the case is reported when its lead reports."""
    rules = sample_rules_with(
        clocks=(
            of_case(Milestone.ASSIGNED, Milestone.REPORTED),
            of_case(Milestone.REPORTED, Milestone.APPROVED, "gate"),
        ),
        rungs=(),
        extensions=(),
    )
    walk = Walk(rules).steps(2)
    walk.do(BOTH, CLERK)
    walk.do(REPORT, POLICE)
    assert clock(walk, "whole").running
    assert walk.case.clock("gate") is None
    walk.do(REPORT, HOUSING)
    assert clock(walk, "whole").met
    assert clock(walk, "gate").running


def test_the_main_clock_is_the_cases_own_or_its_leads() -> None:
    """A helper's clock, begun later, never stands for the case; before any unit there is none."""
    unit = sample_clock(
        "part", Milestone.ASSIGNED, Milestone.REPORTED, sample_row("p", CalendarDays(2)), unit=True
    )
    whole = of_case(Milestone.RECEIVED, Milestone.PUBLISHED)
    rules = sample_rules_with(clocks=(whole, unit), main_clock="part", rungs=(), extensions=())
    walk = Walk(rules).steps(2)
    assert walk.case.main_clock_of("part") is None
    walk.do(BOTH, CLERK)
    assert clock(walk, "part").unit == "police"
    assert walk.case.main_clock_of("part") == clock(walk, "part", "housing")
    own = clock(walk, "whole")
    assert walk.case.main_clock_of("whole") == own
    foreign = attrs.evolve(own, unit="police", epoch=2)
    mixed = attrs.evolve(walk.case, clocks=(*walk.case.clocks, foreign))
    assert mixed.main_clock_of("whole") == own
    assert mixed.main_clock_of("none") is None


def test_a_helpers_signature_is_its_own() -> None:
    """The case is signed for when its lead signs."""
    rules = sample_rules_with(
        clocks=(of_case(Milestone.ASSIGNED, Milestone.CLAIMED),), rungs=(), extensions=()
    )
    walk = Walk(rules).steps(2)
    walk.do(BOTH, CLERK)
    walk.do(c.Claim(), POLICE)
    assert clock(walk, "whole").running
    assert Milestone.CLAIMED not in walk.case.reached
    walk.do(c.Claim(), HOUSING)
    assert clock(walk, "whole").met


def test_who_reports_unsigned_signs_with_the_report() -> None:
    """A clock that waits for the signature does not run on through the review."""
    claim = attrs.evolve(of_case(Milestone.ASSIGNED, Milestone.CLAIMED), per_unit=True)
    walk = Walk(sample_rules_with(clocks=(claim,), rungs=(), extensions=())).steps(2)
    walk.do(c.Assign(lead="housing"), CLERK)
    events = walk.do(REPORT, HOUSING)
    assert [type(x) for x in events[:2]] == [e.Claimed, e.ClockStopped]
    assert clock(walk, "whole", "housing").met


def test_no_case_goes_on_without_the_facts_its_clock_waits_for() -> None:
    """Assigning is refused while the citizen's clock waits to know what the message is."""
    column = Column("category", ("咨询", "投诉"), "类别")
    rows = (
        sample_row("ask", CalendarDays(3), {"category": frozenset({"咨询"})}),
        sample_row("complain", CalendarDays(15), {"category": frozenset({"投诉"})}),
    )
    reply = sample_clock("reply", Milestone.RECEIVED, Milestone.PUBLISHED, *rows)
    rules = sample_rules_with(
        clocks=(reply, sample_policy().clocks[1]), columns=(column,), rungs=()
    )
    walk = Walk(rules)
    walk.do(c.Accept(), CLERK)
    assert walk.refused(c.Assign(lead="housing"), CLERK).rule == "facts.missing"
    walk.do(c.Classify(facts={"category": "咨询"}), CLERK)
    walk.do(c.Assign(lead="housing"), CLERK)


def test_a_case_clock_runs_on_after_a_return_for_rework() -> None:
    """A clock of the case that the report stopped is not left for dead by the return."""
    rules = sample_rules_with(
        clocks=(of_case(Milestone.ASSIGNED, Milestone.REPORTED),), rungs=(), extensions=()
    )
    walk = Walk(rules).steps(2)
    walk.do(c.Assign(lead="housing"), CLERK)
    walk.do(REPORT, HOUSING)
    walk.do(c.ReturnForRework(reason="不实"), CLERK)
    assert clock(walk, "whole").running


def test_a_rework_leaves_an_earlier_opening_alone() -> None:
    """Only what this report stopped runs on, never a clock of an earlier opening."""
    handling = attrs.evolve(of_case(Milestone.CLAIMED, Milestone.REPORTED, "handle"), per_unit=True)
    walk = Walk(sample_rules_with(clocks=(handling,), gates=(), rungs=(), extensions=())).steps(2)
    for _ in range(2):
        walk.do(c.Assign(lead="housing"), CLERK)
        walk.do(c.Claim(), HOUSING)
        walk.do(REPORT, HOUSING)
        walk.do(c.Publish(), CLERK)
        walk.do(c.Reopen(reason="不满意"), CLERK)
    walk.do(c.Assign(lead="housing"), CLERK)
    walk.do(REPORT, HOUSING)
    walk.do(c.ReturnForRework(reason="不实"), CLERK)
    assert [x.epoch for x in walk.case.running] == [3]


def test_the_card_names_the_unit_that_it_falls_on() -> None:
    """A card that falls as the case is given to others names the unit that was late."""
    walk = Walk(sample_rules_with()).steps(2)
    walk.do(c.Assign(lead="housing"), CLERK)
    events = walk.do(c.Reassign(lead="police", reason="职责"), CLERK, beijing(3, 12))
    card = next(x for x in events if isinstance(x, e.RungFired) and x.act is Act.RED_CARD)
    assert (card.whom, card.due) == ("housing", beijing(3, 11))
    text = rung_text(walk.case, card, walk.rules.policy, walk.rules.units)
    assert text.startswith("【红牌】市住房局:")


def test_a_shorter_limit_goes_to_the_clock_that_allows_one() -> None:
    """A clock with a fixed limit does not stand in the way of the office's shorter one."""
    fixed = attrs.evolve(of_case(Milestone.ASSIGNED, Milestone.CLAIMED, "sign"), per_unit=True)
    ceiling = sample_clock(
        "handle",
        Milestone.ASSIGNED,
        Milestone.REPORTED,
        sample_row("wide", WorkingDays(20), office_may_shorten=True),
        unit=True,
    )
    walk = Walk(sample_rules_with(clocks=(fixed, ceiling), extensions=())).steps(2)
    walk.do(c.Assign(lead="housing", within=WorkingDays(8)), CLERK)
    assert clock(walk, "sign").limit == CalendarDays(3)
    assert clock(walk, "handle").limit == WorkingDays(8)


def test_a_shorter_limit_that_no_clock_takes_is_refused() -> None:
    """Nothing that the office says is dropped in silence."""
    walk = Walk(sample_rules_with()).steps(2)
    asked = c.Assign(lead="housing", within=WorkingDays(2))
    assert walk.refused(asked, CLERK).rule == "limit.fixed"


def test_pauses_on_one_ground_share_one_cap() -> None:
    """Pausing again and again never adds up to more than the ground allows."""
    walk = Walk(sample_rules_with()).steps(2)
    walk.do(c.Assign(lead="housing"), CLERK)
    walk.do(c.Pause(reason="check"), CLERK, beijing(3, 4, 9))
    walk.do(c.Resume(), CLERK, beijing(3, 30, 9))
    walk.do(c.Pause(reason="check"), CLERK, beijing(3, 31, 9))
    assert walk.case.pause is not None
    assert walk.case.pause.until < beijing(4, 6)
    walk.tick(beijing(4, 6))
    refused = walk.refused(c.Pause(reason="check"), CLERK, beijing(4, 6, 1))
    assert refused.rule == "pause.exhausted"
    assert "30日" in refused.reason


def test_a_pause_may_need_a_leader() -> None:
    """Where the policy names an office for pausing, a clerk's pause is refused."""
    ground = attrs.evolve(sample_policy().pause_reasons[0], approver="市长")
    walk = Walk(sample_rules_with(pause_reasons=(ground,))).steps(2)
    walk.do(c.Assign(lead="housing"), CLERK)
    assert walk.refused(c.Pause(reason="check"), CLERK).rule == "pause.approver"


def test_a_request_for_more_time_holds_the_unit_of_the_limit() -> None:
    """While a request waits, a new grade with a limit in another unit is refused."""
    column = Column("category", ("咨询", "投诉"), "类别", default="咨询")
    rows = (
        sample_row("ask", WorkingDays(5), {"category": frozenset({"咨询"})}),
        sample_row("complain", CalendarDays(15), {"category": frozenset({"投诉"})}),
    )
    handle = sample_clock("handle", Milestone.ASSIGNED, Milestone.REPORTED, *rows, unit=True)
    walk = Walk(sample_rules_with(clocks=(handle,), columns=(column,), rungs=()))
    walk.do(c.Accept(), CLERK)
    walk.do(c.Assign(lead="housing"), CLERK)
    walk.do(c.RequestExtension(clock="handle", by=WorkingDays(2), reason="检测"), HOUSING)
    refused = walk.refused(c.Classify(facts={"category": "投诉"}), CLERK)
    assert refused.rule == "clock.regrade_extended"


def test_a_rung_that_the_policy_lost_is_said_so() -> None:
    """A scheduled rung that the pinned policy does not have is refused, not passed over."""
    walk = Walk(sample_rules_with()).steps(2)
    walk.do(c.Assign(lead="housing"), CLERK)
    ghost = (Scheduled("ghost", beijing(3, 5)),)
    walk.case = attrs.evolve(
        walk.case, clocks=tuple(attrs.evolve(x, rungs=ghost) for x in walk.case.clocks)
    )
    with pytest.raises(RefusedError) as refused:
        walk.do(c.Tick(), SYSTEM, beijing(3, 6))
    assert refused.value.rule == "policy.unknown_rung"


def test_a_year_arranged_late_still_brings_its_cards() -> None:
    """A provisional day that passed is settled when the year comes, and only then is anybody late."""
    rung = sample_rung("late", "到期", Act.RED_CARD, "unit_head")
    walk = Walk(sample_rules_with(rungs=(rung,)), at=beijing(12, 26)).steps(2)
    walk.do(c.Assign(lead="housing"), CLERK, beijing(12, 29))
    provisional = clock(walk, "handle")
    assert provisional.due is not None
    late = beijing(1, 20, year=2026)
    walk.tick(late)
    assert not clock(walk, "handle").breached(late)
    notice = Notice("关于2026年放假安排的通知(样例)", beijing(1, 10, year=2026).date())
    off = Holiday("元旦", beijing(1, 1, year=2026).date(), beijing(1, 2, year=2026).date())
    data: CalendarData = sample_calendar().data.with_editions([Edition(notice, 2026, (off,))])
    walk.rules = attrs.evolve(walk.rules, calendar=build_calendar(data))
    walk.do(c.Settle(), SYSTEM, late)
    assert clock(walk, "handle").breached(late)
    (card,) = walk.tick(late)
    assert isinstance(card, e.RungFired)
    assert card.scheduled == clock(walk, "handle").due
