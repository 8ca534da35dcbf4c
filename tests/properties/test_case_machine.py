"""Random lives of a case, lived twice: in an office swept at random, and in one never swept.

Both get the same commands at the same instants. What must hold after every step are the invariants
below; that both end alike is the law that a history does not depend on who sweeps, or how often.
"""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import attrs
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
)

from wenzheng_core import wire
from wenzheng_core.cities import make_city
from wenzheng_core.domain import commands as c
from wenzheng_core.domain import events as e
from wenzheng_core.domain.actors import Actor, Role
from wenzheng_core.domain.clockrules import Promise
from wenzheng_core.domain.errors import RefusedError
from wenzheng_core.domain.escalation import Act
from wenzheng_core.domain.evolving import fold
from wenzheng_core.domain.gates import GateAct, Point
from wenzheng_core.domain.limits import CalendarDays, WorkingDays
from wenzheng_core.domain.messages import Relation
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.provisions import LastStep, Routing
from wenzheng_core.domain.workflow import State
from wenzheng_core.memory import MemoryStorage
from wenzheng_core.office import Office
from wenzheng_core.testing.builders import (
    START,
    sample_calendar,
    sample_clock,
    sample_gate,
    sample_message,
    sample_policy,
    sample_row,
    sample_rules,
    sample_rung,
)

ENDED = {State.DECLINED, State.MERGED, State.ARCHIVED}
ANSWERED = {State.PUBLISHED, State.FORWARDED}
UNITS = ("housing", "police")
COMPLAINT = {"category": frozenset({"投诉"})}
QUESTION = {"category": frozenset({"咨询"})}


def full_policy() -> Policy:
    """The sample policy, and with it a little of all that a policy can ask for.

    A deputy's instruction may take a case elsewhere; a complaint has its day promised, and its
    answer goes up; a unit takes a case up within a day, and returns it once. A complaint counts from
    the signature, so that its clock starts anew when a case is called one; an answer is approved
    within two days, and its citizen called within five.
    """
    plain = sample_policy()
    rows = (
        sample_row("hard", None, COMPLAINT, promise=Promise.DATE, no_limit="限期"),
        sample_row("easy", None, QUESTION, no_limit="未规定"),
    )
    signed = (
        sample_row("given", WorkingDays(9), QUESTION),
        sample_row("signed", WorkingDays(9), COMPLAINT, starts=Milestone.CLAIMED),
    )
    beside = sample_gate(
        "beside",
        GateAct.INSTRUCT,
        "副市长",
        before=Point.ASSIGN,
        blocks=False,
        overrides_routing=True,
    )
    return attrs.evolve(
        plain,
        clocks=(
            *plain.clocks,
            sample_clock("solve", Milestone.ASSIGNED, Milestone.REPORTED, *rows, unit=True),
            sample_clock(
                "first", Milestone.ASSIGNED, Milestone.FIRST_ACTION, WorkingDays(1), unit=True
            ),
            sample_clock("sign", Milestone.ASSIGNED, Milestone.REPORTED, *signed, unit=True),
            sample_clock("answer", Milestone.REPORTED, Milestone.APPROVED, CalendarDays(2)),
            sample_clock("care", Milestone.PUBLISHED, Milestone.CALLED_BACK, WorkingDays(5)),
        ),
        rungs=(
            *plain.rungs,
            sample_rung("soon", "到期前8个工作日", Act.YELLOW_CARD, "liaison", clock="sign"),
            sample_rung("unsaid", "到期", Act.RED_CARD, "unit_head", clock="answer"),
            sample_rung("uncalled", "到期", Act.RED_CARD, "unit_head", clock="care"),
        ),
        gates=(beside, *plain.gates),
        last_steps=(LastStep(to="上级", basis="样例", conditions=(COMPLAINT,)),),
        routing=Routing(principles=("职责",), send_back_within=WorkingDays(3), send_back_times=1),
    )


units = st.sampled_from(UNITS)
actors = st.one_of(
    st.sampled_from(["office-1", "office-2"]).map(lambda name: Actor(name, Role.OFFICE)),
    units.map(lambda unit: Actor(f"{unit}-1", Role.UNIT, unit=unit)),
    st.just(Actor("mayor-1", Role.LEADER, offices=("市长",))),
    st.just(Actor("deputy", Role.LEADER, offices=("副市长",))),
    st.just(Actor("citizen", Role.CITIZEN)),
    st.just(Actor("inspector", Role.SUPERVISOR)),
)
reasons = st.sampled_from(["", "情况复杂"])
assistants = st.sampled_from([(), ("police",), ("housing",)])
days = st.integers(1, 9).map(WorkingDays)
dates = st.dates(date(2025, 2, 1), date(2025, 8, 1))
texts = st.sampled_from(["", "已安排"])

commands = st.one_of(
    st.just(c.Accept()),
    st.builds(c.Decline, reason=st.sampled_from(["court", "unknown"])),
    st.builds(
        c.Classify,
        facts=st.fixed_dictionaries({"category": st.sampled_from(["咨询", "投诉", "其他"])}),
        reason=reasons,
    ),
    st.builds(c.Link, to=st.sampled_from(["c1", "c2"]), relation=st.just(Relation.REPEAT)),
    st.builds(c.Instruct, text=texts, lead=st.just("") | units, assisting=assistants),
    st.builds(
        c.Assign,
        lead=units,
        assisting=assistants,
        grounds=st.just({}) | st.fixed_dictionaries({"职责": units}),
        decided=st.booleans(),
    ),
    st.builds(c.Reassign, lead=units, reason=reasons, assisting=assistants),
    st.builds(c.SendBack, reason=reasons),
    st.just(c.Claim()),
    st.builds(c.LogContact, reached=st.booleans()),
    st.builds(c.TakeFirstAction),
    st.builds(c.TakeInterimMeasure, measure=texts, commitment=st.sampled_from(["", "a"])),
    st.builds(c.ReportProgress, note=texts),
    st.builds(
        c.SubmitPlan,
        clock=st.just("solve"),
        explanation=texts,
        steps=st.lists(st.builds(c.PlanStep, dates, texts), max_size=2).map(tuple),
    ),
    st.builds(c.Report, findings=st.just("已核实"), proposed_reply=st.just("您好,已办理。")),
    st.just(c.Resolve()),
    st.builds(c.Pause, reason=st.sampled_from(["check", "unknown"])),
    st.just(c.Resume()),
    st.builds(c.RequestExtension, clock=st.just("handle"), by=days, reason=reasons),
    st.builds(c.GrantExtension, clock=st.just("handle")),
    st.builds(c.RefuseExtension, clock=st.just("handle"), reason=reasons),
    st.just(c.Review()),
    st.just(c.Approve()),
    st.builds(c.ReturnForRework, reason=reasons, within=st.none() | days),
    st.just(c.Publish()),
    st.just(c.Forward()),
    st.builds(c.AnswerDirectly, reply=texts),
    st.builds(c.Chase, unit=units),
    st.builds(c.Escalate, act=st.sampled_from(Act), unit=units),
    st.builds(
        c.Commit,
        commitment=st.sampled_from("ab"),
        text=st.just("年内开工"),
        due=dates,
        clock=st.sampled_from(["", "solve"]),
    ),
    st.builds(c.FulfilCommitment, commitment=st.sampled_from("ab")),
    st.builds(c.CallBack, reached=st.booleans()),
    st.builds(c.Rate, score=st.integers(0, 6)),
    st.builds(c.Reopen, reason=reasons),
    st.just(c.Archive()),
)
CLERK = Actor("office-1", Role.OFFICE)
MAYOR = Actor("mayor-1", Role.LEADER, offices=("市长",))
DEPUTY = Actor("deputy", Role.LEADER, offices=("副市长",))
HOUSING = Actor("housing-1", Role.UNIT, unit="housing")
ELSEWHERE = c.Instruct(text="改由公安局", lead="police")
DAY = c.Commit(commitment="day", text="须招标", due=date(2025, 7, 1), clock="solve")
PLAN = c.SubmitPlan(
    clock="solve", explanation="须分期", steps=(c.PlanStep(date(2025, 7, 1), "完工"),)
)
WEEK = WorkingDays(5)

likely: dict[State, list[tuple[c.Command, Actor]]] = {
    State.RECEIVED: [(c.Accept(), CLERK), (c.Accept(), CLERK), (c.Decline(reason="court"), CLERK)],
    State.ACCEPTED: [
        (c.Assign(lead="housing", assisting=("police",)), CLERK),
        (c.Assign(lead="housing"), CLERK),
        (c.Classify(facts={"category": "投诉"}, reason="属投诉"), CLERK),
        (c.AnswerDirectly(reply="您好"), CLERK),
    ],
    State.ASSIGNED: [
        (c.Claim(), HOUSING),
        (DAY, HOUSING),
        (ELSEWHERE, DEPUTY),
        (c.Reassign(lead="police", reason="职责"), CLERK),
        (c.Classify(facts={"category": "投诉"}, reason="属投诉"), CLERK),
    ],
    State.HANDLING: [
        (c.Report(findings="已核实", proposed_reply="您好,已办理。"), HOUSING),
        (c.TakeFirstAction(), HOUSING),
        (PLAN, HOUSING),
        (c.Pause(reason="check"), CLERK),
        (c.Resume(), CLERK),
        (c.RequestExtension(clock="handle", by=WEEK, reason="情况复杂"), HOUSING),
        (c.GrantExtension(clock="handle"), CLERK),
        (c.SendBack(reason="职责不符"), HOUSING),
    ],
    State.REPORTED: [(c.Review(), CLERK), (c.ReturnForRework(reason="不实", within=WEEK), CLERK)],
    State.REVIEWED: [(c.Approve(), MAYOR)],
    State.APPROVED: [(c.Publish(), CLERK), (c.Forward(), CLERK)],
    State.PUBLISHED: [(c.Archive(), CLERK), (c.Reopen(reason="不满意"), CLERK)],
    State.FORWARDED: [(c.Archive(), CLERK), (c.Reopen(reason="上级退回"), CLERK)],
    State.DECLINED: [(c.Archive(), CLERK)],
    State.ARCHIVED: [(c.Reopen(reason="新情况"), CLERK)],
}
"""What usually comes next, and some of what makes a case interesting."""

answers: list[tuple[c.Command, Actor]] = [
    (c.GrantExtension(clock="handle"), CLERK),
    (c.RefuseExtension(clock="handle", reason="不必"), CLERK),
]
"""What comes next where a unit has asked for more time."""

steps = st.one_of(
    st.just(timedelta(0)),
    st.integers(1, 60).map(lambda n: timedelta(minutes=n)),
    st.integers(1, 48).map(lambda n: timedelta(hours=n)),
    st.integers(1, 12).map(lambda n: timedelta(days=n)),
)


def make_office() -> Office:
    """An office of the sample city, its policy enlarged, over a fresh store."""
    city = make_city([full_policy()], sample_rules().units)
    return Office(city=city, storage=MemoryStorage("sample"), calendar=sample_calendar())


class CaseMachine(RuleBasedStateMachine):
    """One message, two offices, random commands by random people at random times."""

    @initialize()
    def receive(self) -> None:
        """The message comes in."""
        self.swept, self.lazy = make_office(), make_office()
        self.now = START
        message = sample_message()
        self.case_id = self.swept.receive(message, at=self.now).case.id
        self.lazy.receive(message, at=self.now)
        self.breached: set[tuple[str, str, int]] = set()
        self.commands = 0

    @rule(command=commands, actor=actors, later=steps)
    def ask(self, command: c.Command, actor: Actor, later: timedelta) -> None:
        """Somebody asks for something, perhaps out of turn."""
        self._ask(command, actor, later)

    @rule(pick=st.integers(0, 11), later=steps)
    def go_on(self, pick: int, later: timedelta) -> None:
        """Somebody does what usually comes next, so that cases get far."""
        case = self.swept.case(self.case_id)
        usual = answers if case.requests else likely.get(case.state)
        if usual:
            self._ask(*usual[pick % len(usual)], later)

    @rule(pick=st.integers(0, 11))
    def go_on_at_once(self, pick: int) -> None:
        """The same, within the minute."""
        self.go_on(pick, timedelta(minutes=1))

    @rule(later=steps)
    def sign_for_a_complaint(self, later: timedelta) -> None:
        """The case is called a complaint, whose clock counts from the signature, and signed for."""
        self._ask(c.Classify(facts={"category": "投诉"}, reason="属投诉"), CLERK, later)
        self._ask(c.Claim(), HOUSING, later)

    def _ask(self, command: c.Command, actor: Actor, later: timedelta) -> None:
        self.now += later
        self.commands += 1
        before = self.swept.history(self.case_id)
        results = []
        for office in (self.swept, self.lazy):
            try:
                outcome = office.execute(
                    self.case_id, command, actor=actor, key=str(self.commands), at=self.now
                )
            except RefusedError as refused:
                results.append(refused.rule)
            else:
                results.append([type(r.event) for r in outcome.records if r.actor != "system"])
        assert results[0] == results[1], "both offices decide alike"
        if isinstance(results[0], str):
            assert self.swept.history(self.case_id) == before, "a refused command changes nothing"

    @rule(later=steps)
    def sweep(self, later: timedelta) -> None:
        """Time passes and somebody sweeps the first office, twice."""
        self.now += later
        self.swept.sweep(self.now)
        version = self.swept.case(self.case_id).version
        again = self.swept.sweep(self.now)
        assert (again.cases, self.swept.case(self.case_id).version) == (0, version)

    @invariant()
    def events_fold_to_the_snapshot(self) -> None:
        """The stored case is the fold of its stored records, and both survive the wire."""
        case, records = self.swept.case(self.case_id), self.swept.history(self.case_id)
        assert fold(records) == case
        assert wire.case_from_dict(wire.case_to_dict(case)) == case
        assert [r.version for r in records] == list(range(1, len(records) + 1))
        assert all(a.at <= b.at for a, b in pairwise(records))

    @invariant()
    def rungs_fire_once(self) -> None:
        """No rung fires twice for one start of one clock, and none before its instant."""
        fired = [r for r in self.swept.history(self.case_id) if isinstance(r.event, e.RungFired)]
        keys = [(r.event.rung, r.event.clock, r.event.unit, r.event.epoch) for r in fired]
        assert len(keys) == len(set(keys))
        assert all(r.event.scheduled <= r.at for r in fired)

    @invariant()
    def nothing_runs_after_the_end(self) -> None:
        """A declined, merged or archived case has no running clock and no holder."""
        case = self.swept.case(self.case_id)
        if case.state in ENDED:
            assert not list(case.running)
            assert not case.holders

    @invariant()
    def a_breach_stands(self) -> None:
        """A clock once due with the case open is never made good by anything that follows."""
        clocks = {clock.key: clock for clock in self.swept.case(self.case_id).clocks}
        for key in self.breached:
            assert clocks[key].breached(self.now)
        self.breached |= {key for key, clock in clocks.items() if clock.breached(self.now)}

    @invariant()
    def assignment_never_restarts_the_citizens_clock(self) -> None:
        """The citizen's clock starts once for every opening of the case."""
        case = self.swept.case(self.case_id)
        assert sum(clock.id == "reply" for clock in case.clocks) == case.epoch

    @invariant()
    def published_means_every_gate_passed(self) -> None:
        """Between a report and its answer, review and approval were passed in this order."""
        passed: list[str] = []
        for record in self.swept.history(self.case_id):
            match record.event:
                case e.Assigned() | e.ReplyProposed() | e.ReturnedForRework() | e.Reopened():
                    passed = []
                case e.GatePassed(gate=gate, before=Point.PUBLISH):
                    passed.append(gate)
                case e.Published() | e.Forwarded():
                    assert passed == ["review", "approve"]
                case _:
                    pass

    @invariant()
    def a_leaders_word_is_kept(self) -> None:
        """Whoever was named in an instruction has the case, if any unit has it."""
        case = self.swept.case(self.case_id)
        leads = {holding.unit for holding in case.holders if holding.lead}
        assert not case.instructed_lead or leads <= {case.instructed_lead}

    @invariant()
    def nothing_waits_for_an_answer_that_is_given(self) -> None:
        """After the answer no unit holds the case, and no clock runs but that of the aftercare."""
        case = self.swept.case(self.case_id)
        if case.state in ANSWERED:
            assert ({clock.id for clock in case.running} <= {"care"}, case.holders) == (True, ())

    @invariant()
    def nobody_reviews_what_is_not_there(self) -> None:
        """The clock of the approval runs while an answer stands, and only then."""
        case = self.swept.case(self.case_id)
        if any(clock.id == "answer" for clock in case.running):
            assert case.answer_ready is not None

    @invariant()
    def extensions_lengthen(self) -> None:
        """An extension that is granted moves the due instant strictly later."""
        for record in self.swept.history(self.case_id):
            if isinstance(record.event, e.ExtensionGranted):
                assert record.event.new_due > record.event.old_due
                assert record.at < record.event.old_due

    def teardown(self) -> None:
        """Swept often or never, the case comes to the same."""
        if not hasattr(self, "now"):
            return
        end = self.now + timedelta(days=400)
        for office in (self.swept, self.lazy):
            office.sweep(end)
        one, other = self.swept.case(self.case_id), self.lazy.case(self.case_id)
        assert attrs.evolve(one, updated=end) == attrs.evolve(other, updated=end)
        self.now = end
        self.rungs_fire_once()


CaseMachine.TestCase.settings = settings(
    max_examples=max(30, settings().max_examples // 2), stateful_step_count=50
)
TestCaseMachine = CaseMachine.TestCase
