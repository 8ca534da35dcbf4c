"""W: each law fails for a policy, a table of steps or a model that breaks it, and holds where it should."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wenzheng_core.cities import make_city
from wenzheng_core.domain import commands as c
from wenzheng_core.domain.actors import Role
from wenzheng_core.domain.escalation import Act
from wenzheng_core.domain.gates import GateAct, Point
from wenzheng_core.domain.limits import CalendarDays
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.provisions import ExtensionRule, LastStep
from wenzheng_core.domain.units import Units
from wenzheng_core.domain.workflow import PUBLIC_STATUSES, STEPS, State, Step, public_status
from wenzheng_core.plugins import load_plugins
from wenzheng_core.proofs import course_laws as laws
from wenzheng_core.proofs import exploring
from wenzheng_core.proofs.course_rules import RUNNING, Config
from wenzheng_core.proofs.exploring import Tamper, explore
from wenzheng_core.proofs.reports import Grade, Outcome
from wenzheng_core.proofs.subjects import CI, QUICK, Subject
from wenzheng_core.proofs.workflow_histories import follow
from wenzheng_core.proofs.workflow_laws import PROPERTIES, law_w14
from wenzheng_core.testing.builders import (
    sample_calendar,
    sample_clock,
    sample_gate,
    sample_policy,
    sample_rules,
    sample_rung,
)

T = TypeVar("T")
NEVER = {"category": frozenset({"没有的"})}
BY_ID = {known.id: known for known in PROPERTIES}
UNITS = sample_rules().units


def subject_of(policy: Policy, profile: str = CI) -> Subject:
    """The sample city under a policy."""
    city = make_city([policy], UNITS)
    return Subject(city=city, policy=policy, calendar=sample_calendar(), profile=profile)


def policy_with(**changes: Any) -> Policy:
    """The sample policy with some fields changed."""
    return attrs.evolve(sample_policy(), **changes)


def law(name: str, policy: Policy | None = None, units: Units = UNITS, **more: Any) -> Outcome:
    """What a law says of a policy, a table of steps or a tampered model."""
    check: Callable[..., Outcome] = getattr(laws, name)
    return check(explore(policy or sample_policy(), units, **more))


def failing(policy: Policy) -> set[str]:
    """Which of the explored laws fail under a policy."""
    subject = subject_of(policy, QUICK)
    return {p.id for p in PROPERTIES if p.id != "W14" and p.check(subject).failures}


def steps_with(command: type[c.Command], **changes: Any) -> tuple[Step, ...]:
    """The table of steps with one row changed."""
    return tuple(attrs.evolve(s, **changes) if s.command is command else s for s in STEPS)


def test_the_laws_stand_in_their_order_with_words() -> None:
    """W1 to W14; those of the catalogue that are only advised are named."""
    assert [known.id for known in PROPERTIES] == [f"W{n}" for n in range(1, 15)]
    optional = {known.id for known in PROPERTIES if not known.required}
    assert optional == {"W3", "W10", "W12", "W13"}
    assert all(known.statement.endswith("。") for known in PROPERTIES)


def test_the_sample_policy_keeps_all_but_what_it_is_silent_about() -> None:
    """Only a clock from the receipt on is there, so nothing waits in silence either."""
    assert failing(sample_policy()) == set()


@pytest.mark.parametrize("city", sorted(load_plugins().cities))
def test_every_installed_policy_keeps_the_required_laws(city: str) -> None:
    """Every version, with the histories too; everything explored is proved, the rest sampled."""
    plugins = load_plugins()
    found = plugins.cities[city]
    for policy in found.versions.versions:
        calendar = plugins.calendar(policy.calendar)
        subject = Subject(city=found, policy=policy, calendar=calendar, profile=CI)
        for known in PROPERTIES:
            outcome = known.check(subject)
            assert not (known.required and outcome.failures), (known.id, outcome.failures)
            assert outcome.checked > 0
            assert (outcome.grade is Grade.SAMPLED) == (known.id == "W14")


MISSING = {
    "$.gate[0].by": {"gates": (sample_gate("a", GateAct.APPROVE, " "),)},
    "$.gate[1].id": {"gates": (sample_gate("a", GateAct.REVIEW), sample_gate("a", GateAct.NOTE))},
    "$.gate[0].before": {"gates": (sample_gate("a", GateAct.REVIEW, before=Point.REPORT),)},
    "$.gate[0].checklists": {"gates": (sample_gate("a", GateAct.REVIEW, checklists=("x",)),)},
    "$.gate[0].when": {"gates": (sample_gate("a", GateAct.REVIEW, conditions=(NEVER,)),)},
    "$.main_clock": {"main_clock": "x"},
    "$.rung[0].clock": {"rungs": (sample_rung("r", "到期", Act.REMIND, "liaison", clock="x"),)},
    "$.rung[0].to": {"rungs": (sample_rung("r", "到期", Act.REMIND),)},
    "$.clock[0].inside": {
        "clocks": (
            attrs.evolve(
                sample_clock("reply", Milestone.RECEIVED, Milestone.PUBLISHED, CalendarDays(1)),
                inside="x",
            ),
        ),
        "rungs": (),
        "extensions": (),
    },
    "$.last_step[0].to": {"last_steps": (LastStep(to="", basis="样例"),)},
    "$.extension[0].approver": {
        "extensions": (
            ExtensionRule(
                clock="reply", times=1, at_most=CalendarDays(1), approver="", basis="样例"
            ),
        )
    },
}


@pytest.mark.parametrize(("where", "changes"), MISSING.items(), ids=MISSING)
def test_w1_names_what_is_not_there(where: str, changes: dict[str, Any]) -> None:
    """One reference that leads nowhere, one counterexample with its path."""
    assert where in {found.where for found in law("references", policy_with(**changes)).failures}


def test_w1_finds_a_table_without_end_or_with_a_way_out_of_it() -> None:
    """Archiving leads nowhere; what was declined is assigned."""
    endless = law("references", steps=steps_with(c.Archive, target=None))
    assert "没有一步通向「已归档」" in {found.text for found in endless.failures}
    again = steps_with(c.Assign, sources=frozenset({State.DECLINED, State.ACCEPTED}))
    (found,) = law("references", steps=again).failures
    assert "已了结" in found.text


def test_w2_finds_the_gate_to_which_no_case_comes() -> None:
    """A review for a value that the column does not have; the state is never come to."""
    gates = (sample_gate("a", GateAct.REVIEW, conditions=(NEVER,)),)
    (found,) = law("reachable", policy_with(gates=gates)).failures
    assert "「已审核」" in found.text
    assert found.where == "$.gate[0]"


def test_w3_finds_the_extension_that_nobody_can_ask() -> None:
    """In calendar days for a limit of working days: dead; what is not provided is named, not dead."""
    rule = ExtensionRule(
        clock="handle", times=1, at_most=CalendarDays(5), approver="office", basis="样例"
    )
    outcome = law("no_dead_step", policy_with(extensions=(rule,)))
    assert "$.extension[0]" in {found.where for found in outcome.failures}
    plain = law("no_dead_step")
    assert not plain.failures
    assert "不涉及:" in plain.domain
    assert "报送" in plain.domain.split("不涉及:")[1]


def test_w3_finds_the_second_last_step_that_never_gets_its_turn() -> None:
    """The first takes all cases."""
    last = (LastStep(to="上级", basis="样例"), LastStep(to="上级", basis="样例", choice="x"))
    found = law("no_dead_step", policy_with(last_steps=last)).failures
    assert [each.where for each in found] == ["$.last_step[1]"]


def test_w4_finds_the_approval_that_nobody_can_give() -> None:
    """Nobody is named, so nothing gets past it; the earliest place is the very opening."""
    gates = (sample_gate("a", GateAct.APPROVE, ""),)
    policy = policy_with(gates=gates)
    (found,) = law("completes", policy).failures
    assert "收到后" in found.text
    assert found.count > 5
    (straight,) = law("straight", policy).failures
    assert straight.where == "$.gate[0]"
    assert "公开回复前还须经(未写明由谁)审定" in straight.text


def test_w5_finds_the_deadlock_after_two_returns() -> None:
    """Whoever was returned twice can do nothing: invisible in the table, found by counting."""
    reads = frozenset({"returns"})

    def few(config: Config) -> bool:
        return config.returns < 2

    commands = {step.command for step in STEPS}
    tampers = [Tamper(command=command, allows=few, reads=reads) for command in commands]
    (found,) = law("no_deadlock", tampers=tampers).failures
    assert found.text.count("退回重办") == 2
    assert "谁也不能再往前办" in found.text
    assert not law("no_deadlock").failures


def test_w6_finds_the_guard_that_lets_nothing_archive_without_a_return() -> None:
    """Every state is reachable, nothing is stuck, everything can be completed: and yet no straight way."""
    guard = Tamper(
        command=c.Publish, allows=lambda config: config.returns > 0, reads=frozenset({"returns"})
    )
    course = explore(sample_policy(), UNITS, tampers=[guard])
    assert not laws.reachable(course).failures
    assert not laws.completes(course).failures
    assert not laws.no_deadlock(course).failures
    (found,) = laws.straight(course).failures
    assert found.count == 2  # through a unit, and by a direct answer
    assert "「已审定」" in found.text


def test_w6_finds_the_gate_that_bars_the_units_alone() -> None:
    """A review before the report is passed nowhere; by a direct answer the case is archived yet."""
    gates = (sample_gate("a", GateAct.REVIEW, before=Point.REPORT),)
    (found,) = law("straight", policy_with(gates=gates)).failures
    assert "(交承办单位办理)" in found.text
    assert "反馈前还须经办公室审核" in found.text
    assert (found.count, found.where) == (1, "$.gate[0]")


def test_a_counterexample_was_gone_through_on_the_engine() -> None:
    """The way to it is the engine's too; it says so in the example (Y2)."""
    gates = (sample_gate("a", GateAct.REVIEW, before=Point.REPORT),)
    (found,) = BY_ID["W6"].check(subject_of(policy_with(gates=gates))).failures
    assert found.text.endswith("已在引擎上走到这一处")
    assert found.inputs["经过"].startswith("Accept Assign/1")


def test_w7_finds_the_circle_that_nobody_declared() -> None:
    """A claim that leads back to the assignment; the declared circles are told with their reasons."""

    def back(before: Config, after: Config) -> Config:
        return before._replace(state=State.ACCEPTED, lead=0, claimed=False, decided=False)

    outcome = law("bounded", tampers=[Tamper(command=c.Claim, makes=back)])
    (found,) = outcome.failures
    assert "签收" in found.text
    plain = law("bounded")
    assert not plain.failures
    assert "改派:改派须逐次写明理由" in plain.domain


def test_w7_finds_the_counter_that_is_not_used_up() -> None:
    """An extension granted without being counted can be granted for ever."""

    def uncounted(before: Config, after: Config) -> Config:
        return after._replace(extended=before.extended)

    outcome = law("bounded", tampers=[Tamper(command=c.GrantExtension, makes=uncounted)])
    assert "同意延期" in outcome.failures[0].text


def test_w8_finds_two_results_of_one_step_and_two_provisions_for_one_case() -> None:
    """A second row for the claim; two last steps of which the order decides."""
    again = attrs.evolve(next(s for s in STEPS if s.command is c.Claim), title="再签收")
    tamper = Tamper(command=c.Claim, makes=_other_every_time())
    twice = law("deterministic", steps=(*STEPS, again), tampers=[tamper])
    assert "有两种结果" in twice.failures[0].text
    last = (LastStep(to="甲", basis="样例"), LastStep(to="乙", basis="样例"))
    (found,) = law("deterministic", policy_with(last_steps=last)).failures
    assert found.where == "$.last_step[1]"


def _other_every_time() -> Callable[[Config, Config], Config]:
    turns = iter(range(10_000))
    return lambda _, after: after._replace(decided=bool(next(turns) % 2))


@pytest.mark.parametrize(
    ("command", "role", "words"),
    [
        (c.Review, Role.UNIT, "反馈的人不得审核"),
        (c.GrantExtension, Role.UNIT, "申请延期的人不得批准"),
        (c.Archive, Role.SUPERVISOR, "督查室不得「归档」"),
        (c.Approve, Role.OFFICE, "主管办公室不得「审定」"),
    ],
)
def test_w9_finds_who_passes_his_own_work(command: type[c.Command], role: Role, words: str) -> None:
    """A role too many in one row of the table."""
    row = next(step for step in STEPS if step.command is command)
    steps = steps_with(command, roles=row.roles | {role})
    assert any(words in found.text for found in law("separated", steps=steps).failures)


def test_w9_finds_the_unit_head_who_approves_his_own_report() -> None:
    """An office of the handling units at the gate, or granting time."""
    gates = (sample_gate("a", GateAct.APPROVE, "unit_head"),)
    rule = attrs.evolve(sample_policy().extensions[0], approver="一把手")
    found = law("separated", policy_with(gates=gates, extensions=(rule,))).failures
    assert {each.where for each in found} == {"$.gate[0].by", "$.extension[0].approver"}


def test_w10_finds_the_state_in_which_nothing_runs() -> None:
    """Without the citizen's clock nothing runs until the case is assigned; a reason is enough."""
    unit = sample_policy().clocks[1]
    found = law("no_silence", policy_with(clocks=(unit,), main_clock="handle")).failures
    assert "「待初审」" in found[0].text
    assert not law("no_silence").failures


def test_w11_finds_the_clock_that_outlives_the_case() -> None:
    """Archived with the citizen's clock running; a clock for the matter itself may go on."""

    def ticking(before: Config, after: Config) -> Config:
        return after._replace(clocks=(RUNNING, 0))

    (found,) = law("clocks_end", tampers=[Tamper(command=c.Merge, makes=ticking)]).failures
    assert "「reply」仍在走" in found.text
    settle = sample_clock("settle", Milestone.RECEIVED, Milestone.RESOLVED, CalendarDays(9))
    clocks = (*sample_policy().clocks, settle)
    graph = explore(policy_with(clocks=clocks), UNITS).graphs[0]
    assert any(x.state is State.PUBLISHED and x.clocks[2] == RUNNING for x in graph.configs)
    assert not law("clocks_end", policy_with(clocks=clocks)).failures


def test_w12_finds_the_unit_that_still_holds_what_is_published() -> None:
    """Publishing that lets nobody go."""

    def kept(before: Config, after: Config) -> Config:
        return after._replace(lead=before.lead)

    (found,) = law("complete", tampers=[Tamper(command=c.Publish, makes=kept)]).failures
    assert "公开回复" in found.text


def test_w13_finds_the_state_without_a_word_and_the_word_that_goes_back() -> None:
    """A state of which the public is told nothing; an answered case that is waiting again."""
    course = explore(sample_policy(), UNITS)
    assert not laws.public(course).failures

    def silent(state: State) -> str:
        return "" if state is State.MERGED else public_status(state)

    (found,) = laws.public(course, silent).failures
    assert "「已合并」" in found.text

    def back(state: State) -> str:
        return PUBLIC_STATUSES[0] if state is State.ARCHIVED else public_status(state)

    (again,) = laws.public(course, back).failures
    assert "倒退" in again.text


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        (State.RECEIVED, "待回复"),
        (State.ACCEPTED, "办理中"),
        (State.APPROVED, "办理中"),
        (State.FORWARDED, "办理中"),
        (State.PUBLISHED, "已办理"),
        (State.DECLINED, "已办理"),
    ],
)
def test_what_the_public_is_shown(state: State, shown: str) -> None:
    """The three words of the board; what went up is not answered yet."""
    assert public_status(state) == shown


@attrs.frozen
class Drawn:
    """Choices that Hypothesis makes."""

    data: st.DataObject

    def choice(self, options: Sequence[T]) -> T:
        """One of them."""
        return self.data.draw(st.sampled_from(options))

    def integer(self, least: int, most: int) -> int:
        """A whole number, both bounds included."""
        return self.data.draw(st.integers(least, most))


SUBJECT = subject_of(sample_policy())


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_w14_holds_for_histories_that_hypothesis_draws(data: st.DataObject) -> None:
    """The same law as the check, with other choices."""
    assert law_w14(SUBJECT, Drawn(data)) is None


def test_w14_is_sampled_and_says_how_often() -> None:
    """As many histories as the profile asks for."""
    outcome = BY_ID["W14"].check(SUBJECT)
    assert outcome == attrs.evolve(outcome, grade=Grade.SAMPLED, checked=200, failures=())
    assert "200个随机经过" in outcome.domain


TAMPERED = {
    "forbids what the engine does": Tamper(command=c.Claim, allows=lambda config: False),
    "leads elsewhere": Tamper(
        command=c.ReturnForRework, makes=lambda _, after: after._replace(state=State.ACCEPTED)
    ),
    "forgets a gate": Tamper(command=c.Review, makes=lambda b, a: a._replace(gates=b.gates)),
}


@pytest.mark.parametrize("tamper", TAMPERED.values(), ids=TAMPERED)
def test_w14_finds_where_model_and_engine_part(tamper: Tamper) -> None:
    """A model that is wrong in one guard or one result is told from the engine."""
    course = explore(sample_policy(), UNITS, tampers=[tamper])
    found = [follow(course, sample_rules(), draw) for draw in SUBJECT.draws("W14")]
    parted = [each for each in found if each]
    assert parted
    assert all(each.text.startswith("类别=咨询:收到") for each in parted)
    assert any("引擎" in each.text for each in parted)


def test_w14_finds_an_engine_that_lets_a_case_past_its_gates(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The engine publishes without looking at the gates; the model does not."""
    monkeypatch.setattr("wenzheng_core.domain.stages.replying.require_passed", lambda *_: None)
    outcome = BY_ID["W14"].check(subject_of(sample_policy()))
    (found,) = outcome.failures
    assert "「公开回复」引擎准许,模型拒绝" in found.text


def test_nothing_is_called_proved_where_the_graph_was_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the most places a law that fails for want of places is not said to fail."""
    monkeypatch.setattr(exploring, "MOST_PLACES", 30)
    subject = subject_of(sample_policy())
    for known in PROPERTIES:
        outcome = known.check(subject)
        assert not outcome.failures, known.id
        proved = outcome.grade is Grade.PROVED
        assert proved == (known.id == "W1")
