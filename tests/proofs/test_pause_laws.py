"""The laws of pausing and extending: every city keeps them, and each breaks where it is broken."""

from __future__ import annotations

import time as stopwatch
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wenzheng_core import load_plugins
from wenzheng_core.cities import make_city
from wenzheng_core.domain import commands as c
from wenzheng_core.domain import events as e
from wenzheng_core.domain.calendars import Calendar
from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.commands import Request
from wenzheng_core.domain.deciding import Decision, decide
from wenzheng_core.domain.drafts import Rules
from wenzheng_core.domain.instants import local_day
from wenzheng_core.domain.limits import CalendarDays, CommittedDate, Limit, WorkingDays
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.provisions import ExtensionRule, PauseReason
from wenzheng_core.domain.timelimits import Interval, TimeRules, deadline
from wenzheng_core.domain.units import LIAISON
from wenzheng_core.proofs import ladder_laws, pause_laws
from wenzheng_core.proofs.catalogue import Reach
from wenzheng_core.proofs.extension_bounds import check_x2
from wenzheng_core.proofs.extension_laws import check_x1, check_x3
from wenzheng_core.proofs.histories import lives
from wenzheng_core.proofs.life_laws import judge_p5, judge_x4, law_p5, law_x4
from wenzheng_core.proofs.pause_caps import check_p4, law_p4
from wenzheng_core.proofs.pause_counting import check_p1, law_p2, law_p3, law_p6
from wenzheng_core.proofs.reports import Counterexample, Grade
from wenzheng_core.proofs.subjects import Draw, Subject
from wenzheng_core.testing.builders import sample_calendar, sample_policy, sample_rules

T = TypeVar("T")
DAY = timedelta(days=1)
PLUGINS = load_plugins()
SHIPPED = [(city, policy) for city in PLUGINS.cities.values() for policy in city.versions.versions]
NAMES = [f"{policy.id}-{policy.version}" for _, policy in SHIPPED]
LAWS = (*pause_laws.PROPERTIES, *ladder_laws.PROPERTIES)


def sample(**policy: Any) -> Subject:
    """The sample policy with some fields changed, as a subject."""
    changed = attrs.evolve(sample_policy(), **policy)
    return subject_of(changed)


def subject_of(policy: Policy, profile: str = "ci") -> Subject:
    """A policy of the sample city, counted by the sample calendar."""
    city = make_city([policy], sample_rules().units)
    return Subject(city=city, policy=policy, calendar=sample_calendar(), profile=profile)


def found(law: Callable[[Subject, Draw], Counterexample | None], subject: Subject) -> str:
    """The text of the first counterexample of a drawn law; "" if it holds."""
    for draw in subject.draws("test"):
        if (failure := law(subject, draw)) is not None:
            return failure.text
    return ""


def texts(failures: tuple[Counterexample, ...]) -> str:
    """What the counterexamples say."""
    return "\n".join(failure.text for failure in failures)


def with_case(decision: Decision, **changes: Any) -> Decision:
    """The same records with another case."""
    return Decision(decision.records, attrs.evolve(decision.case, **changes))


# Every city


@pytest.mark.long  # the plugins' own suites examine every city in the default run
@pytest.mark.parametrize(("city", "policy"), SHIPPED, ids=NAMES)
def test_every_city_keeps_every_law(city: Any, policy: Policy) -> None:
    """Every version of every installed city keeps the laws of pauses, extensions and ladders."""
    calendar = PLUGINS.calendar(policy.calendar)
    subject = Subject(city=city, policy=policy, calendar=calendar)
    told = [
        f"{law.id}: {failure.text}"
        for law in LAWS
        if law.id != "X2"
        for failure in law.check(subject).failures
    ]
    assert told == []


MOVABLE = [pair for pair in SHIPPED if pair[1].pause_reasons or pair[1].extensions]


@pytest.mark.parametrize(("city", "policy"), MOVABLE, ids=lambda x: getattr(x, "version", ""))
def test_every_city_bounds_every_limit(city: Any, policy: Policy) -> None:
    """However a case is paused and extended, no limit of a city goes beyond its declared bound."""
    calendar = PLUGINS.calendar(policy.calendar)
    outcome = check_x2(Subject(city=city, policy=policy, calendar=calendar))
    assert outcome.checked > 8_000
    assert texts(outcome.failures) == ""


def test_what_needs_no_days_needs_no_calendar_and_no_time() -> None:
    """The exhaustive laws run without a calendar, in milliseconds, and find the cities sound."""
    quick = [law for law in LAWS if law.reach in (Reach.LOAD, Reach.EXHAUSTIVE)]
    for city, policy in SHIPPED:
        subject = Subject(city=city, policy=policy, profile="quick")
        began = stopwatch.perf_counter()
        outcomes = [law.check(subject) for law in quick]
        assert stopwatch.perf_counter() - began < 0.5
        assert [texts(outcome.failures) for outcome in outcomes if outcome.failures] == []


def test_a_law_that_does_not_apply_says_why() -> None:
    """Without pauses and extensions each law says in Chinese what is not provided."""
    bare = sample(pause_reasons=(), extensions=(), rungs=(), clocks=())
    for law in LAWS:
        assert law.check(bare).absent.startswith(("本办法没有", "没有")), law.id


def test_the_sample_policy_keeps_the_laws() -> None:
    """The sample policy, which pauses, extends and warns, keeps every law."""
    subject = sample()
    for law in LAWS:
        outcome = law.check(subject)
        assert law.id == "R1" or (outcome.checked, outcome.failures) > (0, ()), law.id
        assert not outcome.failures, texts(outcome.failures)
        drawn = law.reach is Reach.SAMPLED
        assert outcome.absent or drawn == (outcome.grade is Grade.SAMPLED), law.id


def test_the_ids_are_in_order() -> None:
    """The laws come in the order of the catalogue, each with a title and a statement."""
    numbered = (("P", 6), ("R", 1), ("X", 4), ("L", 8))
    assert [law.id for law in LAWS] == [
        f"{x}{n}" for x, most in numbered for n in range(1, most + 1)
    ]
    advisory = {law.id for law in LAWS if not law.required}
    assert advisory == {"P3", "P6", "R1", "L7", "L8"}
    assert all(law.title and law.statement for law in LAWS)


def test_lives_meet_what_the_laws_speak_of() -> None:
    """The drawn lives pause, lapse, extend, breach, fire, return and reopen; and none crashes."""
    events = [record.event for life in lives(sample()) for record in life.records]
    kinds = {type(event) for event in events}
    assert {e.Paused, e.ExtensionGranted, e.ExtensionRefused, e.RungFired} <= kinds
    assert {e.ClockReopened, e.Reopened, e.Published, e.SentBack, e.Reported} <= kinds
    ends = [event for event in events if isinstance(event, e.Resumed)]
    assert {event.lapsed for event in ends} == {True, False}
    assert not any(life.crash for life in lives(sample()))


def test_the_same_seed_gives_the_same_lives() -> None:
    """Two subjects alike live alike, so that a certificate is the same every time."""
    one, two = ([life.records for life in lives(sample())] for _ in range(2))
    assert one == two
    assert len(one) == 200


# Wrong ways to count


def shift_by_sum(
    limit: Limit,
    start: datetime,
    calendar: Calendar,
    rules: TimeRules,
    pauses: Sequence[Interval] = (),
) -> datetime:
    """The due instant moved by the lengths of all pauses added up."""
    due = deadline(limit, start, calendar, rules).due
    return due + sum((x.until - x.first for x in pauses), start=timedelta(0))


def remaining_on_resume(
    limit: Limit,
    start: datetime,
    calendar: Calendar,
    rules: TimeRules,
    pauses: Sequence[Interval] = (),
) -> datetime:
    """What was left at each pause, counted afresh from each resumption."""
    due = deadline(limit, start, calendar, rules).due
    for stop in sorted(pauses, key=lambda x: x.first):
        if stop.first >= due:
            break
        last, here = local_day(due - timedelta(microseconds=1)), local_day(stop.first)
        if isinstance(limit, WorkingDays):
            left: Limit = WorkingDays(max(1, calendar.count_working_days(here, last)))
        else:
            left = CalendarDays(max(1, (last - here).days))
        due = deadline(left, stop.until, calendar, rules).due
    return due


def shortened_by_pauses(
    limit: Limit,
    start: datetime,
    calendar: Calendar,
    rules: TimeRules,
    pauses: Sequence[Interval] = (),
) -> datetime:
    """The paused time taken off instead of put on."""
    due = deadline(limit, start, calendar, rules, pauses).due
    return due - len(pauses) * 4 * DAY


def forgets_long_pauses(
    limit: Limit,
    start: datetime,
    calendar: Calendar,
    rules: TimeRules,
    pauses: Sequence[Interval] = (),
) -> datetime:
    """Pauses of more than ten days are not counted."""
    short = [x for x in pauses if x.until - x.first <= 10 * DAY]
    return deadline(limit, start, calendar, rules, short).due


def test_a_pause_that_shortens_is_found_on_the_first_day() -> None:
    """P1 gives the earliest start on which a pause brings the due instant forward, and how many."""
    outcome = check_p1(sample(), shortened_by_pauses)
    assert "2025-01-01" in outcome.failures[0].text
    assert outcome.failures[0].count > 300
    assert check_p1(sample()).checked == 730


@pytest.mark.parametrize("wrong", [shift_by_sum, remaining_on_resume])
def test_both_classic_wrong_pauses_are_found(wrong: Any) -> None:
    """P2 tells a shift by summed days and a recount on resumption from the union of pauses."""
    assert "同样的中止" in found(lambda s, d: law_p2(s, d, wrong), sample())
    assert found(law_p2, sample()) == ""


def test_a_pause_that_loses_time_is_found() -> None:
    """P3 finds that a shift by summed days leaves other working days than there were."""
    assert "应当不变" in found(lambda s, d: law_p3(s, d, shift_by_sum), sample())


def test_a_longer_pause_that_helps_less_is_found() -> None:
    """P6 finds a count in which a pause made longer brings the due instant forward."""
    assert "反而" in found(lambda s, d: law_p6(s, d, forgets_long_pauses), sample())


class Drawn:
    """Choices by Hypothesis."""

    def __init__(self, data: st.DataObject) -> None:
        self.data = data

    def choice(self, options: Sequence[T]) -> T:
        """One of them."""
        return self.data.draw(st.sampled_from(options))

    def integer(self, least: int, most: int) -> int:
        """A whole number, both bounds included."""
        return self.data.draw(st.integers(least, most))


SUBJECT = sample()


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_hypothesis_drives_the_same_laws(data: st.DataObject) -> None:
    """Each drawn law takes its choices from Hypothesis as well as from a seed."""
    for law in (law_p2, law_p3, law_p6, law_p4, law_p5, law_x4):
        assert law(SUBJECT, Drawn(data)) is None


# Wrong policies and wrong engines


def endless_pause(case: Case, request: Request, rules: Rules) -> Decision:
    """An engine that does not write down when a pause ends."""
    decision = decide(case, request, rules)
    if decision.case.pause is None:
        return decision
    never = attrs.evolve(decision.case.pause, until=request.at + 5_000 * DAY)
    return with_case(decision, pause=never)


def test_a_pause_without_end_is_found() -> None:
    """P4 finds a ground whose cap is a date, and an engine that never lets a clock run on."""
    dated = PauseReason(code="x", title="等", at_most=CommittedDate(date(2030, 1, 1)), basis="无")
    outcome = check_p4(sample(pause_reasons=(dated,)))
    assert "可以一直不恢复" in texts(outcome.failures)
    assert outcome.failures[0].where == "$.pause[0].at_most"
    assert "自动查看" in texts(check_p4(sample(), endless_pause).failures)
    assert check_p4(sample()).checked == 3


def forgets_pauses(case: Case, request: Request, rules: Rules) -> Decision:
    """An engine that does not remember how long a case stood still before."""
    return decide(attrs.evolve(case, past_pauses=()), request, rules)


def test_a_cap_that_starts_again_is_found() -> None:
    """P4 and X2 find an engine in which the cap of a ground begins again with every pause."""
    assert "又以同一事由中止得成" in texts(check_p4(sample(), forgets_pauses).failures)
    assert "前1分钟中止" in texts(check_x2(sample(), forgets_pauses).failures)


def forgives(case: Case, request: Request, rules: Rules) -> Decision:
    """An engine that gives late clocks another month with whatever the office does."""
    decision = decide(case, request, rules)
    clocks = tuple(
        attrs.evolve(x, due=x.due + 30 * DAY) if x.due and x.breached(request.at) else x
        for x in decision.case.clocks
    )
    return with_case(decision, clocks=clocks)


def loses_cards(case: Case, request: Request, rules: Rules) -> Decision:
    """An engine in which a granted extension takes the cards off the record."""
    decision = decide(case, request, rules)
    kept = () if isinstance(request.command, c.Resume) else decision.case.ladder
    return with_case(decision, ladder=kept)


@pytest.mark.parametrize(("engine", "said"), [(forgives, "变为未逾期"), (loses_cards, "不见了")])
def test_a_breach_undone_is_found(engine: Any, said: str) -> None:
    """P5 finds an engine that un-breaches a clock, and one that loses a card, with the way there."""
    judges = [judge_p5(life) for life in lives(sample())]
    assert judges == [None] * 200
    text = found(lambda s, d: law_p5(s, d, engine), subject_of(sample_policy(), "thorough"))
    assert said in text
    assert "经过:" in text


def test_an_extension_that_does_not_lengthen_is_found() -> None:
    """X1 finds a count that ignores extensions, and an extension in another unit than its limit."""

    def ignores(
        limit: Limit,
        start: datetime,
        calendar: Calendar,
        rules: TimeRules,
        extensions: Sequence[Limit] = (),
    ) -> datetime:
        return deadline(limit, start, calendar, rules).due

    wrong = check_x1(sample(), ignores)
    assert "应当越延越晚" in wrong.failures[0].text
    assert wrong.failures[0].count == 365
    days = attrs.evolve(sample_policy().extensions[0], at_most=CalendarDays(5))
    unit = check_x1(sample(extensions=(days,)))
    assert unit.failures[0].where == "$.extension[0].at_most"
    assert check_x1(sample()).checked == 730


def test_an_extension_without_bound_is_found() -> None:
    """X2 finds an extension without a count, a pause to a date, and an engine that gives more."""
    loose = ExtensionRule(
        clock="handle", times=0, at_most=WorkingDays(5), approver="office", basis="无"
    )
    assert "没有限定次数" in texts(check_x2(sample(extensions=(loose,))).failures)
    dated = PauseReason(code="x", title="等", at_most=CommittedDate(date(2030, 1, 1)), basis="无")
    assert "无限期" in texts(check_x2(sample(pause_reasons=(dated,))).failures)
    only = sample(pause_reasons=())
    assert check_x2(only).failures == ()
    assert "最长" in check_x2(only).domain
    for factor, said in ((10, "超过上限"), (1, "最多延期1次")):
        generous = generous_engine(factor)
        assert said in texts(check_x2(only, generous).failures)


def generous_engine(factor: int) -> Any:
    """An engine that lets ask for so many times as much, and again and again."""

    def engine(case: Case, request: Request, rules: Rules) -> Decision:
        policy = rules.policy
        more = [
            attrs.evolve(x, times=99, at_most=WorkingDays(5 * factor)) for x in policy.extensions
        ]
        loose = attrs.evolve(rules, policy=attrs.evolve(policy, extensions=tuple(more)))
        return decide(case, request, loose)

    return engine


def by_anybody(case: Case, request: Request, rules: Rules) -> Decision:
    """An engine that does not ask who asked for an extension when it is granted."""
    if isinstance(request.command, c.GrantExtension):
        other = attrs.evolve(request.actor, id=f"非{request.actor.id}")
        request = Request(request.command, other, request.at)
    return decide(case, request, rules)


def never_late(case: Case, request: Request, rules: Rules) -> Decision:
    """An engine that decides of extensions as of when the case was last touched."""
    if isinstance(request.command, c.RequestExtension | c.GrantExtension):
        request = Request(request.command, request.actor, case.updated)
    return decide(case, request, rules)


def test_an_extension_its_own_requester_approves_is_found() -> None:
    """X3 finds it in an engine that does not look, and in a policy that names the asker."""
    assert "申请人本人" in texts(check_x3(sample(), by_anybody).failures)
    own = attrs.evolve(sample_policy().extensions[0], approver=LIAISON)
    outcome = check_x3(sample(extensions=(own,)))
    assert "正是提出申请的人" in outcome.failures[0].text
    assert outcome.failures[0].where == "$.extension[0].approver"
    assert check_x3(sample()).checked > 10


def test_an_extension_after_the_due_instant_is_found() -> None:
    """X3 finds an engine that takes a request or a grant that comes at the due instant."""
    assert "已到期,仍可申请" in texts(check_x3(sample(), never_late).failures)


def test_an_approver_of_another_office_is_found() -> None:
    """X3 finds an engine in which whatever leader grants what a certain office must grant."""

    def any_office(case: Case, request: Request, rules: Rules) -> Decision:
        actor = attrs.evolve(request.actor, offices=("局长", *request.actor.offices))
        return decide(case, Request(request.command, actor, request.at), rules)

    head = attrs.evolve(sample_policy().extensions[0], approver="局长")
    assert check_x3(sample(extensions=(head,))).failures == ()
    assert "批准得成" in texts(check_x3(sample(extensions=(head,)), any_office).failures)


def drops_pauses(case: Case, request: Request, rules: Rules) -> Decision:
    """An engine that lets the due instant stand when a clock runs on."""
    decision = decide(case, request, rules)
    before = {clock.key: clock.due for clock in case.clocks if clock.paused_since}
    clocks = tuple(
        attrs.evolve(x, due=before.get(x.key, x.due)) if not x.paused_since else x
        for x in decision.case.clocks
    )
    return with_case(decision, clocks=clocks)


def test_a_count_bit_by_bit_that_differs_is_found() -> None:
    """X4 finds an engine that forgets a pause on resumption, against the count of all events."""
    assert [judge_x4(life) for life in lives(sample())] == [None] * 200
    assert "一次计算" in found(lambda s, d: law_x4(s, d, drops_pauses), sample())


def test_a_crash_of_the_engine_is_a_counterexample() -> None:
    """A law never raises: an engine that breaks down is reported with the way there."""

    def crashes(case: Case, request: Request, rules: Rules) -> Decision:
        if isinstance(request.command, c.Pause):
            raise ZeroDivisionError
        return decide(case, request, rules)

    assert "引擎出错:ZeroDivisionError" in found(lambda s, d: law_p5(s, d, crashes), sample())
