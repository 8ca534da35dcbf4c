"""The laws of versions, decisions and migration: shipped cities keep them, broken ones are found."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any, TypeVar

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wenzheng_core.cities import City
from wenzheng_core.domain import migration
from wenzheng_core.domain.calendars import Calendar
from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.commands import Request
from wenzheng_core.domain.deciding import Decision, decide
from wenzheng_core.domain.drafts import Rules
from wenzheng_core.domain.errors import RefusedError
from wenzheng_core.domain.instants import at_local, show_due
from wenzheng_core.domain.limits import CalendarDays, Limit, WorkingDays
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.domain.policies import Policy, PolicyVersions
from wenzheng_core.domain.tables import Candidate, Choice, Table, Verdict
from wenzheng_core.domain.timelimits import TimeRules, deadline
from wenzheng_core.plugins import load_plugins
from wenzheng_core.proofs import migration_laws, version_laws
from wenzheng_core.proofs.catalogue import Reach
from wenzheng_core.proofs.histories import live
from wenzheng_core.proofs.reports import Counterexample, Grade, Outcome
from wenzheng_core.proofs.staging import Decide
from wenzheng_core.proofs.subjects import CI, EXAMPLES, SeededDraw, Subject
from wenzheng_core.testing.builders import (
    sample_calendar,
    sample_clock,
    sample_policy,
    sample_row,
    sample_rules,
)

T = TypeVar("T")
LAW = {law.id: law for law in version_laws.PROPERTIES}
IDS = ("T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8", "Y1", "Y2")
SEAM = date(2025, 7, 1)


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(EXAMPLES, CI, 60)


def second(within: Limit = WorkingDays(2), **changed: Any) -> Policy:
    """A version that follows the sample policy, with another limit for the unit."""
    plain = sample_policy()
    clock = sample_clock("handle", Milestone.ASSIGNED, Milestone.REPORTED, within, unit=True)
    clocks = changed.pop("clocks", (plain.clocks[0], clock))
    named: dict[str, Any] = dict(version="2025-2", valid_from=SEAM, digest="second")
    return attrs.evolve(plain, clocks=clocks, **(named | changed))


def subject(*policies: Policy, at: int = -1) -> Subject:
    """The last of some versions, or another one, to be examined."""
    chosen = policies or (sample_policy(), second())
    versions = PolicyVersions("sample", chosen)
    city = City(id="sample", versions=versions, units=sample_rules().units)
    return Subject(city=city, policy=chosen[at], calendar=sample_calendar())


def found(law: str, examined: Subject) -> Counterexample:
    """The one counterexample of a law that fails."""
    outcome = LAW[law].check(examined)
    assert len(outcome.failures) == 1
    assert outcome.checked
    return outcome.failures[0]


def test_the_family_is_whole() -> None:
    """Ten properties in their order; all but two of them are required."""
    assert tuple(LAW) == IDS
    assert [law.id for law in LAW.values() if not law.required] == ["T7", "T8"]


INSTALLED = [
    pytest.param(city, policy, id=f"{city.id}-{policy.version}")
    for city in load_plugins().cities.values()
    for policy in city.versions.versions
]


@pytest.mark.parametrize(("city", "policy"), INSTALLED)
def test_every_installed_version_keeps_the_required_laws(city: City, policy: Policy) -> None:
    """No required law fails, and what the version has is really looked at."""
    calendar = load_plugins().calendar(policy.calendar)
    examined = Subject(city=city, policy=policy, calendar=calendar)
    for law in LAW.values():
        outcome = law.check(examined)
        if law.required:
            assert outcome.failures == ()
        assert outcome.absent or outcome.checked
    first = policy is city.versions.versions[0]
    assert bool(LAW["T5"].check(examined).absent) is first


def test_what_needs_no_calendar_runs_without_one() -> None:
    """The load-time and exhaustive laws hold with no calendar at hand."""
    examined = attrs.evolve(subject(), calendar=None)
    for law in LAW.values():
        if law.reach in (Reach.LOAD, Reach.EXHAUSTIVE):
            outcome = law.check(examined)
            assert (outcome.grade, outcome.failures) == (Grade.PROVED, ())
            assert outcome.checked


def test_the_sample_versions_keep_every_required_law() -> None:
    """The pair that the broken ones below depart from is sound, and nothing in it is absent."""
    for law in LAW.values():
        outcome = law.check(subject())
        assert outcome.absent == ""
        assert outcome.checked
        assert not (law.required and outcome.failures), law.id


# T1 to T3


@pytest.mark.parametrize(
    "policies",
    [
        (second(), sample_policy()),
        (sample_policy(), second(valid_from=sample_policy().valid_from)),
    ],
    ids=["out of order", "on one day"],
)
def test_t1_finds_versions_of_which_no_single_one_holds(policies: tuple[Policy, ...]) -> None:
    """Versions out of their order, or two from one day."""
    assert "版本未按施行日先后排列,或两版同日施行" in found("T1", subject(*policies)).text


def test_t1_finds_a_wrong_answer_before_the_first_version(monkeypatch: Any) -> None:
    """Before the first day there is nothing in force, and the answer names that day."""
    honest = PolicyVersions.in_force

    def silent(self: PolicyVersions, at: datetime) -> Policy:
        try:
            return honest(self, at)
        except RefusedError:
            raise RefusedError("policy.not_yet", "没有规定") from None

    monkeypatch.setattr(PolicyVersions, "in_force", silent)
    assert "首个施行日" in found("T1", subject(sample_policy())).text


def test_t2_finds_a_version_that_reaches_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were the newest version always in force, the first known day would show it, and all others."""
    monkeypatch.setattr(PolicyVersions, "in_force", lambda self, at: self.versions[-1])
    failure = found("T2", subject())
    assert failure.inputs == {"day": "2025-01-01"}
    assert failure.count == 181 + 365  # until the seam, and before a version made up after the year


def test_t3_finds_two_contents_under_one_name() -> None:
    """The same version twice, with other digests."""
    twice = subject(sample_policy(), second(version="2025-1"))
    assert "都叫「2025-1」(摘要 sample-digest、second)" in found("T3", twice).text
    assert "没有内容摘要" in found("T3", subject(second(digest=""))).text


def test_t3_finds_a_changed_content_that_is_let_through(monkeypatch: pytest.MonkeyPatch) -> None:
    """A version found by its name alone would judge a case by other rules than its own."""
    monkeypatch.setattr(
        PolicyVersions,
        "version",
        lambda self, name, digest: next(p for p in self.versions if p.version == name),
    )
    assert "仍被当作原来的版本" in found("T3", subject(sample_policy())).text


# T4


def with_engine(engine: Decide, *policies: Policy) -> Subject:
    """A subject whose lives were lived on another engine."""
    examined = subject(*policies)
    draws = examined.draws("lives")
    vars(examined)["_lives"] = tuple(live(examined, draw, engine) for draw in draws)
    return examined


def other_time(case: Case, request: Request, rules: Rules) -> Decision:
    """An engine that ends days at noon, whatever the policy says."""
    noon = TimeRules(day_end=(at_local(SEAM) + timedelta(hours=4)).time())
    policy = attrs.evolve(rules.policy, time=noon)
    return decide(case, request, attrs.evolve(rules, policy=policy))


def test_t4_finds_decisions_that_do_not_come_out_again() -> None:
    """Lived on an engine that counts otherwise, a history no longer re-derives."""
    failure = found("T4", with_engine(other_time))
    assert "已作出的决定重算不符" in failure.text
    assert "经过:" in failure.text


# T5 to T8


def test_t5_finds_a_migration_without_a_floor(monkeypatch: pytest.MonkeyPatch) -> None:
    """If the shorter limit simply held from its start, cases would be late at once."""
    monkeypatch.setattr(migration, "end_of", lambda day: at_local(day) - timedelta(days=400))
    failure = found("T5", subject())
    assert "未超期,迁移后" in failure.text


def test_t6_finds_a_migration_that_never_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """A case must be known to be under the version that it was brought under."""

    def forgetful(case: Case, asked: migration.Migration, old: Rules, new: Rules) -> Decision:
        if case.policy_digest == new.policy.digest:
            case = attrs.evolve(case, policy_digest="?")
        return migration.migrate(case, asked, old, new)

    monkeypatch.setattr(migration_laws, "migrate", forgetful)
    assert "再迁移一次,又有变动" in found("T6", subject()).text


def test_t6_finds_a_trial_that_differs_from_the_deed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two runs of one function must agree."""
    numbers = count()

    def moody(case: Case, *rest: Any) -> Decision:
        decision = migration.migrate(case, *rest)
        return attrs.evolve(decision, case=attrs.evolve(case, send_backs=next(numbers)))

    monkeypatch.setattr(migration_laws, "migrate", moody)
    assert "试算与施行结果不同" in found("T6", subject()).text


def test_t7_counts_what_goes_and_what_is_refused() -> None:
    """A clock that the new version lacks is an explicit refusal, and so no failure."""
    gone = subject(sample_policy(), second(clocks=sample_policy().clocks[:1]))
    outcome = LAW["T7"].check(gone)
    assert outcome.failures == ()
    assert "明确拒绝的:「handle」正在计时,新版没有与之对应的时限(7)" in outcome.domain
    assert LAW["T7"].check(subject()).domain == "14种(状态 × 时限 × 格),14种可迁"


def test_t7_finds_a_case_that_is_carried_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the check a running clock would have no rule to run by."""
    monkeypatch.setattr(migration_laws, "require_image", lambda case, old, new: None)
    gone = subject(sample_policy(), second(clocks=sample_policy().clocks[:1]))
    failure = found("T7", gone)
    assert "新版没有这一时限" in failure.text
    assert failure.count == 7


def test_t8_lists_the_seam_with_an_example_that_reproduces() -> None:
    """From 15 working days to 5: who comes on the last day is served after who comes the next."""
    slow = sample_clock("x", Milestone.RECEIVED, Milestone.PUBLISHED, WorkingDays(15))
    quick = sample_clock("x", Milestone.RECEIVED, Milestone.PUBLISHED, WorkingDays(5))
    old, new = attrs.evolve(sample_policy(), clocks=(slow,)), second(clocks=(quick,))
    failure = found("T8", subject(old, new))
    calendar: Calendar = sample_calendar()
    before = deadline(WorkingDays(15), at_local(date(2025, 6, 30)), calendar).due
    after = deadline(WorkingDays(5), at_local(SEAM), calendar).due
    assert after < before
    assert show_due(before) in failure.text
    assert show_due(after) in failure.text
    assert failure.inputs == {"clock": "x"}
    assert (
        LAW["T8"].check(subject(new, attrs.evolve(old, valid_from=date(2025, 9, 1)))).failures == ()
    )


# Y1 and Y2


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda c: c[:-1], "所列规则不全"),
        (lambda c: tuple(reversed(c)), "所列规则不全,或次序不同"),
        (lambda c: tuple(Candidate(x.row, Verdict.WON) for x in c), "不是唯一适用的"),
        (
            lambda c: tuple(
                Candidate(x.row, Verdict.OVERRIDDEN) if x.verdict is Verdict.UNMATCHED else x
                for x in c
            ),
            "是否相符,说得不对",
        ),
    ],
)
def test_y1_finds_an_account_that_is_not_true(
    monkeypatch: pytest.MonkeyPatch, change: Any, says: str
) -> None:
    """A rule left out, listed elsewhere, or said to have fared otherwise."""
    rows = (
        sample_row("a", WorkingDays(5), {"category": frozenset({"咨询"})}),
        sample_row("b", WorkingDays(9), {"category": frozenset({"投诉"})}),
    )
    clock = sample_clock("handle", Milestone.ASSIGNED, Milestone.REPORTED, *rows, unit=True)
    clock = attrs.evolve(clock, limits=attrs.evolve(clock.limits, columns=sample_policy().columns))
    examined = subject(second(clocks=(clock,)))
    assert LAW["Y1"].check(examined).failures == ()
    honest = Table.decide

    def told(self: Table[Any], facts: Any) -> Choice[Any]:
        choice = honest(self, facts)
        return attrs.evolve(choice, candidates=change(choice.candidates))

    monkeypatch.setattr(Table, "decide", told)
    failure = found("Y1", examined)
    assert says in failure.text
    assert failure.where == "$.clock[0]"
    assert "category=咨询" in failure.text


def test_y1_finds_an_overridden_rule_that_nothing_overrides(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A rule that gives way must have one that takes its place."""
    rows = (
        sample_row("wide", CalendarDays(9)),
        sample_row("narrow", WorkingDays(5), overrides=("wide",)),
    )
    clock = sample_clock("handle", Milestone.ASSIGNED, Milestone.REPORTED, *rows, unit=True)
    examined = subject(second(clocks=(clock,)))
    assert LAW["Y1"].check(examined).failures == ()
    monkeypatch.setattr(version_laws, "_beaten", lambda rows, row, full: False)
    assert "却没有相符的规则取代它" in found("Y1", examined).text


def test_y1_finds_a_reason_that_does_not_lead_to_the_stored_day() -> None:
    """Lived on an engine that counts otherwise, clocks are not explained by their own inputs."""
    assert "按现有日历重算与记录不符" in found("Y1", with_engine(other_time)).text


def test_y2_finds_an_engine_that_answers_otherwise_each_time() -> None:
    """An example that cannot be done again is no example."""
    numbers = count()

    def moody(case: Case, request: Request, rules: Rules) -> Decision:
        at = request.at + timedelta(seconds=next(numbers))
        return decide(case, attrs.evolve(request, at=at), rules)

    failure = version_laws.reproduces(subject(), 1, moody)
    assert failure is not None
    assert "两次重演结果不同" in failure.text
    assert version_laws.reproduces(subject(), 1) is None


def test_y2_the_sampled_counterexamples_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sampled law that fails gives the same counterexample whenever it is run."""
    monkeypatch.setattr(migration, "end_of", lambda day: at_local(day) - timedelta(days=400))
    outcomes: list[Outcome] = [LAW["T5"].check(subject()) for _ in range(2)]
    assert outcomes[0].failures
    assert outcomes[0] == outcomes[1]


# The same laws, driven by Hypothesis


@attrs.frozen
class Drawn:
    """Choices that Hypothesis makes, and shrinks."""

    data: st.DataObject

    def choice(self, options: Sequence[T]) -> T:
        """One of them."""
        return self.data.draw(st.sampled_from(options))

    def integer(self, least: int, most: int) -> int:
        """A whole number, both bounds included."""
        return self.data.draw(st.integers(least, most))


PAIRS = {
    "shorter": subject(),
    "longer": subject(sample_policy(), second(WorkingDays(20))),
    "another unit": subject(sample_policy(), second(CalendarDays(3))),
    "no ladder": subject(sample_policy(), second(rungs=())),
}


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
@pytest.mark.parametrize("law", [migration_laws.law_t5, migration_laws.law_t6])
def test_migrations_under_hypothesis(pair: Subject, law: Any) -> None:
    """Neither late at once nor another one the second time, whatever Hypothesis makes of a life."""

    @settings(max_examples=40, deadline=None)
    @given(st.data())
    def holds(data: st.DataObject) -> None:
        assert law(pair, Drawn(data)) is None

    holds()


def test_drawn_migrations_are_not_vacuous() -> None:
    """Every mode is drawn; most migrations come about, and some move a due instant."""
    examined = PAIRS["shorter"]
    moved = changed = 0
    modes = set()
    for number in range(60):
        draw = SeededDraw.of(1, number)
        one = migration_laws.drawn(examined, draw)
        assert one is not None
        modes.add(one.asked.mode)
        try:
            decision = one.again()
        except RefusedError:
            continue
        moved += bool(decision.records)
        changed += any(getattr(r.event, "cause", "") == "migrated" for r in decision.records)
    assert modes == set(migration.Mode)
    assert moved > 15
    assert changed > 3
