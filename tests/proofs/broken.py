"""For every property something broken that fails it: a policy, an engine, or the model of a course.

Each is made by the builders of the families' own tests. ``ALSO`` names what fails beside it, since
what is broken there is broken for that property, too.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from itertools import count as numbers
from pathlib import Path
from typing import Any

import attrs
import pytest

from wenzheng_core.domain import commands as c
from wenzheng_core.domain import migration
from wenzheng_core.domain.actors import Role
from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.commands import Request
from wenzheng_core.domain.deciding import Decision, decide
from wenzheng_core.domain.drafts import Rules
from wenzheng_core.domain.escalation import Act, schedule
from wenzheng_core.domain.gates import GateAct
from wenzheng_core.domain.instants import at_local, local
from wenzheng_core.domain.limits import CalendarDays, WorkingDays
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.domain.policies import PolicyVersions
from wenzheng_core.domain.provisions import ExtensionRule, LastStep
from wenzheng_core.domain.tables import Table
from wenzheng_core.domain.timelimits import Deadline, TimeRules, deadline
from wenzheng_core.domain.workflow import State, public_status
from wenzheng_core.proofs import (
    course_laws,
    extension_laws,
    ladder_shape,
    migration_laws,
    pause_counting,
    version_laws,
)
from wenzheng_core.proofs.course_rules import RUNNING
from wenzheng_core.proofs.exploring import Tamper, explore
from wenzheng_core.proofs.histories import live
from wenzheng_core.proofs.staging import Decide
from wenzheng_core.proofs.subjects import SeededDraw, Subject
from wenzheng_core.testing.builders import (
    sample_clock,
    sample_gate,
    sample_policy,
    sample_row,
    sample_rung,
)


def _module(name: str) -> Any:
    path = Path(__file__).with_name(f"{name}.py")
    spec = importlib.util.spec_from_file_location(f"broken_{name}", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


d = _module("test_deadline_laws")
p = _module("test_pause_laws")
x = _module("test_ladder_laws")
w = _module("test_workflow_laws")
t = _module("test_version_laws")

DAY = timedelta(days=1)
Make = Callable[[pytest.MonkeyPatch], Subject]
BROKEN: dict[str, Make] = {}
"""By the id of a property: what makes the subject that fails it, for as long as the patch holds."""

ALSO: dict[str, set[str]] = {}
"""What fails beside it."""


def breaks(property_id: str, *also: str) -> Callable[[Make], Make]:
    """Marks what is broken for a property, and for which others it is broken, too."""

    def kept(make: Make) -> Make:
        BROKEN[property_id], ALSO[property_id] = make, set(also)
        return make

    return kept


def asked_of(patch: pytest.MonkeyPatch, law: Any, engine: Any) -> None:
    """Let a law be asked of another engine than the real one, its only default."""
    patch.setattr(law, "__defaults__", (engine,))


def lived(subject: Subject, engine: Decide, most: int = 30) -> Subject:
    """The subject, its lives lived on another engine."""
    draws = (SeededDraw.of(subject.seed, subject.policy.id, "lives", n) for n in range(most))
    vars(subject)["_lives"] = tuple(live(subject, draw, engine) for draw in draws)
    return subject


def tampered(*tampers: Tamper, subject: Subject | None = None, **model: Any) -> Subject:
    """The sample policy with a model of its course that was tampered with."""
    subject = subject or w.subject_of(sample_policy())
    course = explore(subject.policy, subject.units, tampers=tampers, **model)
    vars(subject)["_course"] = course
    return subject


def one(*limits: Any, **more: Any) -> Any:
    """A policy of a clock for each limit, of which the first is the main one."""
    return d.one(*limits, **{"main_clock": "c0", "time_basis": "样例", **more})


def city(**changes: Any) -> Subject:
    """The sample policy with some fields changed."""
    return w.subject_of(w.policy_with(**changes))


# --- D: deadlines ---------------------------------------------------------------------------------


@breaks("D1")
def _gap_of_one_cell(_: pytest.MonkeyPatch) -> Subject:
    partly = sample_row("partly", WorkingDays(10), d.when(category="投诉", grade="一般"))
    return d.subject(d.rows_of(d.ASK, partly))


@breaks("D2")
def _two_rules_on_one_cell(_: pytest.MonkeyPatch) -> Subject:
    both = {"category": frozenset({"咨询"}), "grade": frozenset({"紧要"})}
    same = sample_row("same", WorkingDays(5), both)
    return d.subject(d.rows_of(d.ASK, d.COMPLAIN, same))


@breaks("D3")
def _dead_rule(_: pytest.MonkeyPatch) -> Subject:
    over = attrs.evolve(d.ASK, overrides=("dead",))
    dead = sample_row("dead", WorkingDays(2), d.when(category="咨询", grade="紧要"))
    return d.subject(d.rows_of(over, d.COMPLAIN, dead))


@breaks("D4", "W14", "Y1")
def _first_match(_: pytest.MonkeyPatch) -> Subject:
    return d.subject(d.rows_of(d.ASK, d.COMPLAIN, d.URGENT, kind=d.FirstMatch))


@breaks("D5", "D7", "D8", "D9", "D11", "D17")
def _counts_calls(_: pytest.MonkeyPatch) -> Subject:
    calls = numbers()
    return d.subject(one(WorkingDays(5)), d.shifted(lambda *_: (next(calls) % 2) * DAY))


@breaks("D6", "D8")
def _counts_the_first_day(_: pytest.MonkeyPatch) -> Subject:
    return d.subject(one(CalendarDays(1)), d.shifted(lambda *_: -DAY))


@breaks("D7", "D8", "D11")
def _cut_off(_: pytest.MonkeyPatch) -> Subject:
    made = one(WorkingDays(1), time=TimeRules(cutoff=time(17, 30)))
    return d.subject(made, d.cut_off_fault)


@breaks("D8")
def _forgets_a_worked_saturday(_: pytest.MonkeyPatch) -> Subject:
    def late(limit: Any, start: datetime, calendar: Any) -> timedelta:
        return DAY if local(start).date() == date(2025, 4, 26) else timedelta(0)

    return d.subject(one(WorkingDays(1)), d.shifted(late))


@breaks("D9", "D8", "D12")
def _ends_on_days_off(_: pytest.MonkeyPatch) -> Subject:
    def plain(limit: Any, start: datetime, calendar: Any, rules: TimeRules) -> Deadline:
        found = deadline(CalendarDays(limit.n), start, calendar, rules)
        return attrs.evolve(found, limit=limit)

    return d.subject(one(WorkingDays(3)), plain)


@breaks("D10")
def _received_after_the_end(_: pytest.MonkeyPatch) -> Subject:
    rules = TimeRules(time(17), time(18))
    return d.subject(one(WorkingDays(5), time=rules))


@breaks("D11", "D6", "D7", "D8", "D9", "D12")
def _hurries_before_days_off(_: pytest.MonkeyPatch) -> Subject:
    def hurry(limit: Any, start: datetime, calendar: Any) -> timedelta:
        ahead = [local(start).date() + n * DAY for n in range(1, 6)]
        return -3 * DAY * sum(not calendar.day(day).worked for day in ahead)

    return d.subject(one(WorkingDays(5)), d.shifted(hurry))


@breaks("D12")
def _guesses(_: pytest.MonkeyPatch) -> Subject:
    def bold(limit: Any, start: datetime, calendar: Any, rules: TimeRules) -> Deadline:
        return attrs.evolve(deadline(limit, start, calendar, rules), not_before=None, awaits=None)

    return d.subject(one(WorkingDays(5)), bold)


@breaks("D13")
def _five_working_days_against_seven(_: pytest.MonkeyPatch) -> Subject:
    return d.subject(d.graded(WorkingDays(5), CalendarDays(7)))


@breaks("D14")
def _accepted_after_published(_: pytest.MonkeyPatch) -> Subject:
    last = d.clock("reply", Milestone.RECEIVED, Milestone.PUBLISHED, CalendarDays(7))
    first = d.clock("accept", Milestone.RECEIVED, Milestone.ACCEPTED, WorkingDays(5))
    return d.subject(d.policy(first, last))


@breaks("D15")
def _slower_than_the_province(_: pytest.MonkeyPatch) -> Subject:
    base = attrs.evolve(one(CalendarDays(7)), id="province", title="省办法")
    return d.subject(one(WorkingDays(5), baseline="province"), baseline=base)


@breaks("D16")
def _numbers_for_an_order(_: pytest.MonkeyPatch) -> Subject:
    return d.subject(one(d.Sortable(5), CalendarDays(7)))


@breaks("D17", "D8", "D12")
def _reads_the_date_as_written(_: pytest.MonkeyPatch) -> Subject:
    def written(limit: Any, start: datetime, calendar: Any, rules: TimeRules) -> Deadline:
        told = start.replace(tzinfo=d.BEIJING) if start.tzinfo else start
        return deadline(limit, told, calendar, rules)

    return d.subject(one(WorkingDays(5)), written)


@breaks("D18")
def _lost_in_the_file(_: pytest.MonkeyPatch) -> Subject:
    return d.subject(one(WorkingDays(5), systems=("S11", "S11")))


@breaks("D19", "D8")
def _breaks_in_march(_: pytest.MonkeyPatch) -> Subject:
    def fragile(limit: Any, start: datetime, calendar: Any, rules: TimeRules) -> Deadline:
        if local(start).date() == date(2025, 3, 1):
            raise KeyError("三月")
        return deadline(limit, start, calendar, rules)

    return d.subject(one(WorkingDays(5)), fragile)


@breaks("D20")
def _no_basis(_: pytest.MonkeyPatch) -> Subject:
    row = sample_row("all", WorkingDays(5))
    return d.subject(one(attrs.evolve(row, value=attrs.evolve(row.value, basis=" "))))


# --- P, R, X: pauses and extensions ---------------------------------------------------------------


@breaks("P1")
def _pause_that_shortens(patch: pytest.MonkeyPatch) -> Subject:
    asked_of(patch, pause_counting.check_p1, p.shortened_by_pauses)
    return p.sample()


@breaks("P2")
def _shift_by_sum(patch: pytest.MonkeyPatch) -> Subject:
    asked_of(patch, pause_counting.law_p2, p.shift_by_sum)
    return p.sample()


@breaks("P3")
def _pause_that_loses_time(patch: pytest.MonkeyPatch) -> Subject:
    asked_of(patch, pause_counting.law_p3, p.shift_by_sum)
    return p.sample()


@breaks("P4")
def _pause_without_end(patch: pytest.MonkeyPatch) -> Subject:
    asked_of(patch, p.check_p4, p.endless_pause)
    return p.sample()


@breaks("P5", "L5", "T4", "X4", "Y1")
def _forgives(_: pytest.MonkeyPatch) -> Subject:
    return lived(p.sample(), p.forgives)


@breaks("P6")
def _longer_pause_that_helps_less(patch: pytest.MonkeyPatch) -> Subject:
    asked_of(patch, pause_counting.law_p6, p.forgets_long_pauses)
    return p.sample()


@breaks("R1", "T4", "X4", "Y1")
def _begins_anew_on_contact(_: pytest.MonkeyPatch) -> Subject:
    def anew(case: Case, request: Request, rules: Rules) -> Decision:
        decision = decide(case, request, rules)
        if not isinstance(request.command, c.LogContact):
            return decision
        clocks = tuple(attrs.evolve(x, started=request.at) for x in decision.case.clocks)
        return p.with_case(decision, clocks=clocks)

    return lived(p.sample(), anew)


@breaks("X1")
def _extension_that_does_not_lengthen(patch: pytest.MonkeyPatch) -> Subject:
    def ignores(limit: Any, start: datetime, calendar: Any, rules: Any, by: Any = ()) -> datetime:
        return deadline(limit, start, calendar, rules).due

    asked_of(patch, extension_laws.check_x1, ignores)
    return p.sample()


@breaks("X2")
def _extension_without_bound(patch: pytest.MonkeyPatch) -> Subject:
    asked_of(patch, p.check_x2, p.generous_engine(10))
    return p.sample(pause_reasons=())


@breaks("X3")
def _approved_by_its_own_requester(patch: pytest.MonkeyPatch) -> Subject:
    asked_of(patch, p.check_x3, p.by_anybody)
    return p.sample()


@breaks("X4", "L5", "T4", "Y1")
def _drops_pauses(_: pytest.MonkeyPatch) -> Subject:
    return lived(p.sample(), p.drops_pauses)


# --- L: ladders -----------------------------------------------------------------------------------


@breaks("L1")
def _collapses_on_one_day(_: pytest.MonkeyPatch) -> Subject:
    return x.ladder(WorkingDays(1), x.BEFORE, x.ON_DAY, x.AT_DUE, main_clock="handle")


@breaks("L2")
def _on_the_wrong_side(patch: pytest.MonkeyPatch) -> Subject:
    def later(*args: Any) -> Any:
        return tuple(attrs.evolve(each, at=each.at + 5 * DAY) for each in schedule(*args))

    asked_of(patch, ladder_shape.check_l2, later)
    return x.ladder(WorkingDays(5), x.BEFORE, x.AT_DUE, main_clock="handle")


@breaks("L3", "L6", "T4", "X4")
def _forgets_what_fired(_: pytest.MonkeyPatch) -> Subject:
    return lived(x.sample(), x.forgets_fired)


@breaks("L4", "L5", "L6", "P5", "T4", "X4")
def _keeps_only_the_new(_: pytest.MonkeyPatch) -> Subject:
    return lived(x.sample(), x.keeps_only_the_new)


@breaks("L5", "L4", "T4", "X4")
def _stamps_when_seen(_: pytest.MonkeyPatch) -> Subject:
    return lived(x.sample(), x.stamps_when_seen)


@breaks("L6", "P5", "T4", "X4")
def _takes_back(_: pytest.MonkeyPatch) -> Subject:
    return lived(x.sample(), x.takes_back)


@breaks("L7")
def _grows_weaker(_: pytest.MonkeyPatch) -> Subject:
    first = sample_rung("first", "到期日零时", Act.RED_CARD, "unit_head")
    second = sample_rung("second", "到期", Act.YELLOW_CARD, "unit_head")
    return x.ladder(WorkingDays(5), first, second, main_clock="handle")


@breaks("L8")
def _climbs_for_ever(patch: pytest.MonkeyPatch) -> Subject:
    def again(case: Case, request: Request, rules: Rules) -> Decision:
        decision = decide(case, request, rules)
        return p.with_case(
            decision, clocks=tuple(attrs.evolve(each, fired=()) for each in decision.case.clocks)
        )

    asked_of(patch, ladder_shape.check_l8, again)
    return x.ladder(WorkingDays(5), x.BEFORE, x.ON_DAY, x.AT_DUE, main_clock="handle")


# --- W: the course of a case ----------------------------------------------------------------------


@breaks("W1")
def _refers_to_nobody(_: pytest.MonkeyPatch) -> Subject:
    return city(last_steps=(LastStep(to="", basis="样例"),))


@breaks("W2", "W1", "W3")
def _gate_to_which_nothing_comes(_: pytest.MonkeyPatch) -> Subject:
    return city(gates=(sample_gate("a", GateAct.REVIEW, conditions=(w.NEVER,)),))


@breaks("W3", "D16", "X1")
def _extension_that_nobody_can_ask(_: pytest.MonkeyPatch) -> Subject:
    rule = ExtensionRule(
        clock="handle", times=1, at_most=CalendarDays(5), approver="office", basis="样例"
    )
    return city(extensions=(rule,))


@breaks("W4", "W1", "W2", "W3", "W6")
def _approval_that_nobody_can_give(_: pytest.MonkeyPatch) -> Subject:
    return city(gates=(sample_gate("a", GateAct.APPROVE, ""),))


@breaks("W5", "W4", "W14")
def _deadlock_after_two_returns(_: pytest.MonkeyPatch) -> Subject:
    reads = frozenset({"returns"})
    commands = {step.command for step in w.STEPS}
    few = [Tamper(command=x, allows=lambda at: at.returns < 2, reads=reads) for x in commands]
    return tampered(*few)


@breaks("W6", "W14")
def _no_archive_without_a_return(_: pytest.MonkeyPatch) -> Subject:
    reads = frozenset({"returns"})
    return tampered(Tamper(command=c.Publish, allows=lambda at: at.returns > 0, reads=reads))


@breaks("W7", "W14")
def _circle_that_nobody_declared(_: pytest.MonkeyPatch) -> Subject:
    def uncounted(before: Any, after: Any) -> Any:
        return after._replace(extended=before.extended)

    return tampered(Tamper(command=c.GrantExtension, makes=uncounted))


@breaks("W8", "W3")
def _two_last_steps_for_one_case(_: pytest.MonkeyPatch) -> Subject:
    return city(last_steps=(LastStep(to="甲", basis="样例"), LastStep(to="乙", basis="样例")))


@breaks("W9")
def _reviews_its_own_report(_: pytest.MonkeyPatch) -> Subject:
    row = next(step for step in w.STEPS if step.command is c.Review)
    return tampered(steps=w.steps_with(c.Review, roles=row.roles | {Role.UNIT}))


@breaks("W10")
def _waits_in_silence(_: pytest.MonkeyPatch) -> Subject:
    return city(clocks=(sample_policy().clocks[1],), main_clock="handle")


@breaks("W11", "W14")
def _clock_that_outlives_the_case(_: pytest.MonkeyPatch) -> Subject:
    def ticking(before: Any, after: Any) -> Any:
        return after._replace(clocks=(RUNNING, 0))

    return tampered(Tamper(command=c.Merge, makes=ticking))


@breaks("W12", "W14")
def _unit_that_still_holds_what_is_published(_: pytest.MonkeyPatch) -> Subject:
    def kept(before: Any, after: Any) -> Any:
        return after._replace(lead=before.lead)

    return tampered(Tamper(command=c.Publish, makes=kept))


@breaks("W13")
def _state_without_a_word(patch: pytest.MonkeyPatch) -> Subject:
    def silent(state: State) -> str:
        return "" if state is State.MERGED else public_status(state)

    asked_of(patch, course_laws.public, silent)
    return city()


@breaks("W14")
def _engine_without_gates(patch: pytest.MonkeyPatch) -> Subject:
    patch.setattr("wenzheng_core.domain.stages.replying.require_passed", lambda *_: None)
    return city()


# --- T, Y: versions and decisions -----------------------------------------------------------------


@breaks("T1")
def _out_of_order(_: pytest.MonkeyPatch) -> Subject:
    return t.subject(t.second(), sample_policy())


@breaks("T2", "T1", "T8")
def _reaches_back(patch: pytest.MonkeyPatch) -> Subject:
    patch.setattr(PolicyVersions, "in_force", lambda self, at: self.versions[-1])
    return t.subject()


@breaks("T3", "T8")
def _two_contents_of_one_name(_: pytest.MonkeyPatch) -> Subject:
    return t.subject(sample_policy(), t.second(version="2025-1"))


@breaks("T4", "T8", "X4", "Y1")
def _other_time(_: pytest.MonkeyPatch) -> Subject:
    return t.with_engine(t.other_time)


@breaks("T5", "T8")
def _migration_without_a_floor(patch: pytest.MonkeyPatch) -> Subject:
    patch.setattr(migration, "end_of", lambda day: at_local(day) - timedelta(days=400))
    return t.subject()


@breaks("T6", "T8")
def _migration_that_never_ends(patch: pytest.MonkeyPatch) -> Subject:
    def forgetful(case: Case, asked: Any, old: Rules, new: Rules) -> Decision:
        if case.policy_digest == new.policy.digest:
            case = attrs.evolve(case, policy_digest="?")
        return migration.migrate(case, asked, old, new)

    patch.setattr(migration_laws, "migrate", forgetful)
    return t.subject()


@breaks("T7", "W1", "W3", "X1")
def _carried_nowhere(patch: pytest.MonkeyPatch) -> Subject:
    patch.setattr(migration_laws, "require_image", lambda case, old, new: None)
    return t.subject(sample_policy(), t.second(clocks=sample_policy().clocks[:1]))


@breaks("T8")
def _seam_that_turns_round(_: pytest.MonkeyPatch) -> Subject:
    slow = sample_clock("x", Milestone.RECEIVED, Milestone.PUBLISHED, WorkingDays(15))
    quick = sample_clock("x", Milestone.RECEIVED, Milestone.PUBLISHED, WorkingDays(5))
    bare = {"rungs": (), "extensions": (), "pause_reasons": (), "main_clock": "x"}
    old = attrs.evolve(sample_policy(), clocks=(slow,), **bare)
    return t.subject(old, t.second(clocks=(quick,), **bare))


@breaks("Y1", "D3")
def _account_in_another_order(patch: pytest.MonkeyPatch) -> Subject:
    rows = (sample_row("wide", CalendarDays(9)), sample_row("narrow", WorkingDays(5)))
    rows = (rows[0], attrs.evolve(rows[1], overrides=("wide",)))
    handle = sample_clock("handle", Milestone.ASSIGNED, Milestone.REPORTED, *rows, unit=True)
    honest = Table.decide

    def told(self: Any, facts: Any) -> Any:
        choice = honest(self, facts)
        return attrs.evolve(choice, candidates=tuple(reversed(choice.candidates)))

    patch.setattr(Table, "decide", told)
    return city(clocks=(sample_policy().clocks[0], handle))


@breaks("Y2", "T8")
def _answers_otherwise_each_time(patch: pytest.MonkeyPatch) -> Subject:
    calls = numbers()

    def moody(case: Case, request: Request, rules: Rules) -> Decision:
        at = request.at + timedelta(seconds=next(calls))
        return decide(case, attrs.evolve(request, at=at), rules)

    asked_of(patch, version_laws.reproduces, moody)
    return t.subject()
