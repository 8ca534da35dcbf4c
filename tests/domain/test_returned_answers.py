"""What counts from an answer: begun with it, void once it is returned, on after it is published."""

from __future__ import annotations

from datetime import datetime

import pytest

from wenzheng_core.domain import commands as c
from wenzheng_core.domain import events as e
from wenzheng_core.domain.cases import Clock
from wenzheng_core.domain.escalation import Act
from wenzheng_core.domain.evolving import fold
from wenzheng_core.domain.gates import GateAct
from wenzheng_core.domain.limits import CalendarDays, ClockHours, WorkingDays
from wenzheng_core.domain.messages import Message
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.domain.provisions import LastStep
from wenzheng_core.domain.tables import Column
from wenzheng_core.testing.builders import (
    CLERK,
    HOUSING,
    MAYOR,
    POLICE,
    Walk,
    beijing,
    sample_clock,
    sample_gate,
    sample_message,
    sample_policy,
    sample_row,
    sample_rules_with,
    sample_rung,
)

M = Milestone
REPORT = c.Report(findings="已修好", proposed_reply="您好,已修复。")
BACK = c.ReturnForRework(reason="不详")
ANSWER = c.AnswerDirectly(reply="您好,路灯由物业管理。")
REVIEW = sample_clock("review", M.REPORTED, M.REVIEWED, ClockHours(24 * 60))
APPROVAL = sample_clock("approval", M.REPORTED, M.APPROVED, CalendarDays(2))
LATE = sample_rung("late", "到期", Act.RED_CARD, "unit_head", clock="approval")
CARE = sample_clock("care", M.PUBLISHED, M.CALLED_BACK, WorkingDays(5))
CARELESS = sample_rung("careless", "到期", Act.RED_CARD, "unit_head", clock="care")
CALLED = sample_gate("called", GateAct.CALL_BACK)


def reported(*clocks: object, message: Message | None = None, **policy: object) -> Walk:
    """The lead has reported."""
    rules = sample_rules_with(**({"clocks": clocks, "rungs": ()} | policy))
    return Walk(rules, message=message).steps(6)


def starts(walk: Walk, name: str) -> list[tuple[int, datetime, str]]:
    """Number, beginning and end of every start of a clock."""
    return [(x.epoch, x.started, x.cause) for x in walk.case.clocks if x.id == name]


def only(walk: Walk, name: str) -> Clock:
    """A clock that started once."""
    (clock,) = [x for x in walk.case.clocks if x.id == name]
    return clock


# --- Returned for rework -------------------------------------------------------------------------


def test_the_clock_of_the_review_starts_again_with_the_next_report() -> None:
    """It stops with the return, and no breach of the first stretch is lost."""
    walk = reported(APPROVAL, rungs=(LATE,))
    first = walk.at
    walk.do(BACK, CLERK, beijing(3, 7, 9))
    assert [x for x in walk.case.running if x.id == "approval"] == []
    assert walk.tick(beijing(3, 20, 9)) == ()
    walk.do(REPORT, HOUSING, beijing(3, 20, 10))
    assert starts(walk, "approval") == [
        (1, first, "returned"),
        (2, beijing(3, 20, 10), ""),
    ]
    walk.tick(beijing(3, 24))
    assert [(x.epoch, x.scheduled) for x in walk.case.ladder] == [
        (1, beijing(3, 6)),
        (2, beijing(3, 23)),
    ]
    assert [x.breached(walk.at) for x in walk.case.clocks] == [True, True]
    walk.do(c.Review(), CLERK)
    walk.do(c.Approve(), MAYOR)
    assert starts(walk, "approval")[-1][-1] == "approved"
    assert fold(walk.records) == walk.case


def test_a_second_review_has_its_own_limit() -> None:
    """The first one was met; its start is void with the report, so the next report starts one."""
    walk = reported(REVIEW)
    walk.do(c.Review(), CLERK)
    walk.do(BACK, MAYOR)
    assert starts(walk, "review")[0][-1] == "reviewed"
    walk.do(REPORT, HOUSING)
    assert starts(walk, "review")[1:] == [(2, walk.at, "")]
    walk.do(c.Classify(facts={"category": "咨询"}, reason="更正"), CLERK)
    assert len(starts(walk, "review")) == 2


def test_a_helpers_own_report_stands_whatever_comes_of_the_leads() -> None:
    """A clock that counts from it runs on; the lead's own ends and begins again."""
    after = sample_clock("after", M.REPORTED, M.RESOLVED, CalendarDays(9), unit=True)
    walk = Walk(sample_rules_with(clocks=(after,), rungs=())).steps(4)
    walk.do(c.Report(findings="已配合"), POLICE)
    walk.do(REPORT, HOUSING)
    walk.do(BACK, CLERK)
    assert [(x.unit, x.running) for x in walk.case.clocks] == [("police", True), ("housing", False)]
    walk.do(REPORT, HOUSING)
    assert [(x.unit, x.epoch) for x in walk.case.running] == [("police", 1), ("housing", 2)]


@pytest.mark.parametrize("stops", [M.REVIEWED, M.APPROVED])
def test_a_clock_to_the_review_or_the_approval_runs_on(stops: M) -> None:
    """It began before the report and ended with an act that is void; its day stays."""
    rung = sample_rung("late", "到期", Act.RED_CARD, "unit_head", clock="whole")
    whole = sample_clock("whole", M.ASSIGNED, stops, WorkingDays(5))
    walk = reported(whole, rungs=(rung,))
    due = only(walk, "whole").due
    walk.do(c.Review(), CLERK)
    walk.do(c.Approve(), MAYOR)
    assert only(walk, "whole").met
    walk.do(BACK, CLERK)
    assert (only(walk, "whole").running, only(walk, "whole").due) == (True, due)
    walk.tick(beijing(4, 1))
    assert [x.rung for x in walk.case.ladder] == ["late"]


def test_a_clock_that_ended_while_it_stood_still_runs_on_from_the_return() -> None:
    """Paused, approved, resumed, returned: it does not stand still for ever."""
    whole = sample_clock("whole", M.ASSIGNED, M.APPROVED, WorkingDays(5))
    walk = reported(whole)
    walk.do(c.Pause(reason="check"), CLERK, beijing(3, 4, 9))
    walk.do(c.Review(), CLERK, beijing(3, 6, 9))
    walk.do(c.Approve(), MAYOR)
    walk.do(c.Resume(), CLERK, beijing(3, 7, 9))
    walk.do(BACK, CLERK)
    assert only(walk, "whole").paused_since is None
    assert only(walk, "whole").due == beijing(3, 13)
    assert fold(walk.records) == walk.case


def test_a_clock_that_ended_in_a_pause_which_is_still_on_stands_still_again() -> None:
    """From the return on, until the pause ends; a pause that holds nothing any more ends then."""
    whole = sample_clock("whole", M.ASSIGNED, M.APPROVED, WorkingDays(5))
    walk = reported(whole)
    walk.do(c.Pause(reason="check"), CLERK, beijing(3, 4, 9))
    walk.do(c.Review(), CLERK, beijing(3, 4, 10))
    walk.do(c.Approve(), MAYOR)
    walk.do(BACK, CLERK, beijing(3, 4, 12))
    assert only(walk, "whole").paused_since == beijing(3, 4, 12)
    walk.do(c.Resume(), CLERK, beijing(3, 6, 9))
    assert (only(walk, "whole").paused_since, only(walk, "whole").due) == (None, beijing(3, 13))
    walk = reported(APPROVAL)
    walk.do(c.Pause(reason="check"), CLERK)
    walk.do(BACK, CLERK)
    assert walk.case.pause is None


def test_who_is_late_with_the_answer_is_the_office() -> None:
    """A card on a clock that begins with the report reproaches no unit; the citizen's own does."""
    clocks = (APPROVAL, sample_policy().clocks[0])
    whole = sample_rung("whole", "到期", Act.RED_CARD, "unit_head", clock="reply")
    walk = reported(*clocks, rungs=(LATE, whole))
    walk.tick(beijing(4, 1))
    fired = {x.rung: x.whom for x in walk.case.ladder}
    assert fired == {"late": "", "whole": "housing"}
    told = [r.event.to for r in walk.records if isinstance(r.event, e.RungFired)]
    assert told == [("office",), ("housing/unit_head",)]


# --- The call back -------------------------------------------------------------------------------


def test_a_call_about_a_direct_answer_that_went_back_passes_nothing() -> None:
    """The citizen is told of the answer that stands."""
    walk = Walk(sample_rules_with(gates=(CALLED,))).steps(1)
    walk.do(ANSWER, CLERK)
    assert walk.case.answer_ready == walk.at
    walk.do(c.CallBack(reached=True), CLERK)
    walk.do(BACK, CLERK)
    assert walk.case.answer_ready is None
    walk.do(ANSWER, CLERK)
    assert walk.refused(c.Publish(), CLERK).rule == "gate.open"
    walk.do(c.CallBack(reached=True), CLERK)
    assert walk.refusal(c.Publish(), CLERK) is None


def test_a_new_grade_counts_from_the_answer_that_stands() -> None:
    """Not from an answer of before that went back."""
    rows = (
        sample_row("slow", CalendarDays(9), {"category": frozenset({"投诉"})}, starts=M.REPORTED),
        sample_row("none", CalendarDays(9), {"category": frozenset({"咨询"})}, starts=M.RESOLVED),
    )
    clock = sample_clock("review", M.REPORTED, M.PUBLISHED, *rows)
    column = Column("category", ("咨询", "投诉"), "类别", default="咨询")
    walk = Walk(sample_rules_with(clocks=(clock,), rungs=(), columns=(column,))).steps(1)
    walk.do(ANSWER, CLERK)
    walk.do(BACK, CLERK)
    walk.do(ANSWER, CLERK)
    walk.do(c.Classify(facts={"category": "投诉"}), CLERK, beijing(3, 5, 9))
    assert only(walk, "review").started < beijing(3, 4)
    assert only(walk, "review").started == walk.case.answer_ready


def test_an_assisting_units_call_is_on_record_and_passes_no_gate() -> None:
    """Nor do its failures let the case pass; the lead's call and the office's do."""
    gate = sample_gate("called", GateAct.CALL_BACK, attempts=1)
    walk = Walk(sample_rules_with(gates=(gate,))).steps(6)
    for reached in (False, True):
        walk.do(c.CallBack(reached=reached), POLICE)
    walk.do(c.LogContact(reached=False), POLICE)
    assert [x.unit for x in walk.case.calls] == ["police", "police"]
    assert walk.refused(c.Publish(), CLERK).rule == "gate.open"
    walk.do(c.CallBack(reached=True), HOUSING)
    assert walk.refusal(c.Publish(), CLERK) is None


# --- After the answer ----------------------------------------------------------------------------


def test_a_clock_that_begins_with_the_publication_runs_on() -> None:
    """A call within five working days of the reply: started by it, ended by the call."""
    walk = reported(CARE, *sample_policy().clocks, rungs=(CARELESS,), gates=())
    walk.do(c.Publish(), CLERK)
    assert (only(walk, "care").started, only(walk, "care").running) == (walk.at, True)
    assert [x.id for x in walk.case.running] == ["care"]
    walk.do(c.CallBack(reached=True), CLERK)
    assert (only(walk, "care").met, only(walk, "care").cause) == (True, "called_back")


def test_a_clock_of_the_aftercare_has_its_cards_and_ends_with_the_file() -> None:
    """Nobody called: the office is late, until the case is archived."""
    walk = reported(CARE, rungs=(CARELESS,), gates=())
    walk.do(c.Publish(), CLERK)
    walk.tick(beijing(3, 11))
    assert [(x.rung, x.whom) for x in walk.case.ladder] == [("careless", "")]
    walk.do(c.Archive(), CLERK)
    assert only(walk, "care").cause == "archived"


def test_a_reopened_case_has_been_sent_nowhere() -> None:
    """What the first answer was is on record; the second has not gone anywhere yet."""
    step = LastStep(to="市政府综合一科", basis="样例")
    walk = reported(gates=(), last_steps=(step,))
    walk.do(c.Forward(), CLERK)
    walk.do(c.Reopen(reason="上级退回"), CLERK)
    assert (walk.case.forwarded_to, walk.case.answer_ready) == ("", None)
    walk = reported(gates=())
    walk.do(c.Publish(public=False), CLERK)
    walk.do(c.Reopen(reason="又坏了"), CLERK)
    assert walk.case.public


def test_a_message_nobody_can_be_called_about_has_no_answer_yet() -> None:
    """Before any report no call passes the gate, whoever is reachable."""
    walk = Walk(sample_rules_with(gates=(CALLED,)), message=sample_message()).steps(5)
    assert walk.case.answer_ready is None
    assert walk.refused(c.CallBack(reached=True), CLERK).rule == "workflow.state"
