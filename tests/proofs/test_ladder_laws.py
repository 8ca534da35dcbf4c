"""The laws of the ladder: each breaks where a ladder or the engine that climbs it is broken."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import attrs
import pytest

from wenzheng_core.cities import make_city
from wenzheng_core.domain import commands as c
from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.commands import Request
from wenzheng_core.domain.deciding import Decision, decide
from wenzheng_core.domain.drafts import Rules
from wenzheng_core.domain.escalation import Act, Rung, Scheduled, schedule
from wenzheng_core.domain.limits import CalendarDays, SameDay, WorkingDays
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.domain.units import Unit, Units
from wenzheng_core.proofs.ladder_lives import law_l3, law_l4, law_l5, law_l6
from wenzheng_core.proofs.ladder_shape import check_l1, check_l2, check_l7, check_l8
from wenzheng_core.proofs.ladders import ladders
from wenzheng_core.proofs.reports import Counterexample
from wenzheng_core.proofs.subjects import Draw, Subject
from wenzheng_core.testing.builders import (
    sample_calendar,
    sample_clock,
    sample_policy,
    sample_row,
    sample_rules,
    sample_rung,
)

DAY = timedelta(days=1)
YELLOW, RED, REMIND = Act.YELLOW_CARD, Act.RED_CARD, Act.REMIND
HANDLE = Milestone.ASSIGNED, Milestone.REPORTED


def sample(units: Units = sample_rules().units, **policy: Any) -> Subject:
    """The sample policy with some fields changed, as a subject."""
    changed = attrs.evolve(sample_policy(), **policy)
    city = make_city([sample_policy()], sample_rules().units)
    return Subject(city=attrs.evolve(city, units=units), policy=changed, calendar=sample_calendar())


def ladder(limit: Any, *rungs: Rung, **more: Any) -> Subject:
    """A policy of one clock under one limit with these rungs."""
    return sample(clocks=(sample_clock("handle", *HANDLE, limit),), rungs=rungs, **more)


def found(law: Callable[[Subject, Draw], Counterexample | None], subject: Subject) -> str:
    """The text of the first counterexample of a drawn law; "" if it holds."""
    for draw in subject.draws("test"):
        if (failure := law(subject, draw)) is not None:
            return failure.text
    return ""


def texts(failures: tuple[Counterexample, ...]) -> str:
    """What the counterexamples say."""
    return "\n".join(failure.text for failure in failures)


# L1, L2


BEFORE = sample_rung("remind", "到期前1个工作日", REMIND, "liaison")
ON_DAY = sample_rung("yellow", "到期日零时", YELLOW, "unit_head")
AT_DUE = sample_rung("red", "到期", RED, "unit_head")


def test_the_rung_that_collapses_on_a_one_day_limit_is_found() -> None:
    """The ladder that is sound on five working days loses its first rung on one, and L1 says so."""
    rungs = BEFORE, ON_DAY, AT_DUE
    assert check_l1(ladder(WorkingDays(5), *rungs)).failures == ()
    short = check_l1(ladder(WorkingDays(1), *rungs))
    assert [failure.where for failure in short.failures] == ["$.rung[0]"]
    assert "1个工作日" in short.failures[0].text
    assert "落空" in short.failures[0].text
    assert "落空" in texts(check_l1(ladder(SameDay(), ON_DAY, AT_DUE)).failures)


def test_two_rungs_at_one_instant_are_found_with_the_first_day() -> None:
    """Twenty-four hours before the due instant is the midnight on which the due day begins."""
    hours = sample_rung("hours", "到期前24小时", REMIND, "liaison")
    outcome = check_l1(ladder(WorkingDays(1), hours, ON_DAY, AT_DUE))
    assert len(outcome.failures) == 1
    assert "2025-01-01" in outcome.failures[0].text
    assert "到期前24小时" in outcome.failures[0].text
    assert outcome.failures[0].count == 364  # the last is provisional: no card on a guess


def test_rungs_that_meet_on_some_days_only_are_found() -> None:
    """Three days and one working day before a Monday are one instant; the count says how often."""
    days = sample_rung("days", "到期前3日", REMIND, "liaison")
    outcome = check_l1(ladder(CalendarDays(10), days, BEFORE))
    assert 30 < outcome.failures[0].count < 80


def test_two_rungs_of_one_name_are_found() -> None:
    """A second rung of the same id would never fire."""
    assert "都叫「red」" in texts(check_l1(ladder(WorkingDays(5), AT_DUE, AT_DUE)).failures)


def test_a_rung_may_be_left_out_by_its_condition() -> None:
    """A rung that a condition keeps from the short row is no loss to it; each row is a ladder."""
    long, short = {"category": frozenset({"咨询"})}, {"category": frozenset({"投诉"})}
    rows = (
        sample_row("long", WorkingDays(5), long),
        sample_row("short", WorkingDays(1), short),
    )
    clock = sample_clock("handle", *HANDLE, *rows)
    only_long = attrs.evolve(BEFORE, conditions=(long,))
    bad = sample(clocks=(clock,), rungs=(BEFORE, AT_DUE))
    good = sample(clocks=(clock,), rungs=(only_long, AT_DUE))
    assert len(list(ladders(good.policy))) == 2
    assert len(check_l1(bad).failures) == 1
    assert check_l1(good).failures == ()


def test_two_rungs_at_the_due_instant_are_found() -> None:
    """L2 lets one rung at most stand at the due instant of one clock."""
    twin = attrs.evolve(AT_DUE, id="twin")
    outcome = check_l2(ladder(WorkingDays(5), AT_DUE, twin))
    assert "有2级" in texts(outcome.failures)
    assert check_l2(ladder(WorkingDays(5), BEFORE, ON_DAY, AT_DUE)).failures == ()


def test_a_rung_on_the_wrong_side_is_found() -> None:
    """L2 finds a plan that puts a warning after the due instant or before the start."""

    def moved(by: timedelta) -> Any:
        def plan(*args: Any) -> tuple[Scheduled, ...]:
            return tuple(attrs.evolve(each, at=each.at + by) for each in schedule(*args))

        return plan

    subject = ladder(WorkingDays(5), BEFORE, AT_DUE)
    assert check_l2(subject).checked == 365
    for by in (5 * DAY, -20 * DAY):
        outcome = check_l2(subject, moved(by))
        assert {failure.where for failure in outcome.failures} == {"$.rung[0]", "$.rung[1]"}
        assert outcome.failures[0].count > 350


# L3 to L6, on broken engines


def forgets_fired(case: Case, request: Request, rules: Rules) -> Decision:
    """An engine that does not mark which rungs have fired."""
    clocks = tuple(attrs.evolve(clock, fired=()) for clock in case.clocks)
    return decide(attrs.evolve(case, clocks=clocks), request, rules)


def keeps_only_the_new(case: Case, request: Request, rules: Rules) -> Decision:
    """An engine that keeps only what fired within the last three days before it looked."""
    decision = decide(case, request, rules)
    new = tuple(x for x in decision.case.ladder if x.scheduled > request.at - 3 * DAY)
    return Decision(decision.records, attrs.evolve(decision.case, ladder=new))


def stamps_when_seen(case: Case, request: Request, rules: Rules) -> Decision:
    """An engine that writes down when it looked instead of when a rung was due."""
    decision = decide(case, request, rules)
    old = len(case.ladder)
    fired = [attrs.evolve(x, scheduled=request.at) for x in decision.case.ladder[old:]]
    ladder = (*decision.case.ladder[:old], *fired)
    return Decision(decision.records, attrs.evolve(decision.case, ladder=ladder))


def pauses_nothing(case: Case, request: Request, rules: Rules) -> Decision:
    """An engine in which clocks run on while the case stands still."""
    decision = decide(case, request, rules)
    clocks = tuple(attrs.evolve(clock, paused_since=None) for clock in decision.case.clocks)
    return Decision(decision.records, attrs.evolve(decision.case, clocks=clocks))


def takes_back(case: Case, request: Request, rules: Rules) -> Decision:
    """An engine in which more time takes back what has fired."""
    decision = decide(case, request, rules)
    if not isinstance(request.command, c.GrantExtension):
        return decision
    return Decision(decision.records, attrs.evolve(decision.case, ladder=()))


@pytest.mark.parametrize(
    ("law", "engine", "said"),
    [
        (law_l3, forgets_fired, "又发生了事情"),
        (law_l4, keeps_only_the_new, "过40日查看却没有"),
        (law_l5, stamps_when_seen, "相反"),
        (law_l6, pauses_nothing, "中止期间"),
        (law_l6, takes_back, "撤回"),
    ],
)
def test_a_broken_engine_is_found(law: Any, engine: Any, said: str) -> None:
    """Each law of whole lives holds on the engine and finds the one that breaks it, with the way."""
    assert found(law, sample()) == ""
    wider = attrs.evolve(sample(), profile="thorough")
    text = found(lambda subject, draw: law(subject, draw, engine), wider)
    assert said in text
    assert "收到留言" in text


# L7, L8


def test_a_ladder_that_grows_weaker_is_found() -> None:
    """L7 finds a red card before a yellow one, and a head told before the liaison."""
    first = sample_rung("first", "到期日零时", RED, "unit_head")
    second = sample_rung("second", "到期", YELLOW, "unit_head")
    assert "反而是黄牌" in texts(check_l7(ladder(WorkingDays(5), first, second)).failures)
    down = sample_rung("down", "到期", RED, "liaison")
    assert "告liaison" in texts(check_l7(ladder(WorkingDays(5), ON_DAY, down)).failures)
    assert check_l7(ladder(WorkingDays(5), BEFORE, ON_DAY, AT_DUE)).failures == ()


def test_a_unit_without_the_office_is_found() -> None:
    """L7 finds the units in which nobody holds the office of a rung and nobody stands in."""
    units = Units((Unit("a", "甲局"), Unit("b", "乙局", offices=("liaison",))))
    alone = attrs.evolve(AT_DUE, fallback=())
    policy = attrs.evolve(sample_policy(), rungs=(alone,))
    city = make_city([sample_policy()], sample_rules().units)
    subject = Subject(city=attrs.evolve(city, units=units), policy=policy)
    assert "乙局" in texts(check_l7(subject).failures)
    heard = attrs.evolve(policy, rungs=(AT_DUE,))
    assert check_l7(attrs.evolve(subject, policy=heard)).failures == ()


def test_a_ladder_without_end_is_found() -> None:
    """L8 finds an engine that climbs the same rung again whenever somebody looks."""
    subject = ladder(WorkingDays(5), BEFORE, ON_DAY, AT_DUE)

    def again(case: Case, request: Request, rules: Rules) -> Decision:
        decision = decide(case, request, rules)
        clocks = tuple(attrs.evolve(clock, fired=()) for clock in decision.case.clocks)
        return Decision(decision.records, attrs.evolve(decision.case, clocks=clocks))

    assert check_l8(subject).failures == ()
    assert "没有尽头" in texts(check_l8(subject, again).failures)
