"""Open cases come under another version: tried and done by one function, and never late by it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import attrs
import pytest

from wenzheng_core import FixedClock, Office, RefusedError, UnknownError
from wenzheng_core.cities import make_city
from wenzheng_core.domain import commands as c
from wenzheng_core.domain import events as e
from wenzheng_core.domain.actors import SYSTEM
from wenzheng_core.domain.cases import Case, Clock
from wenzheng_core.domain.clockrules import Promise
from wenzheng_core.domain.commands import Request
from wenzheng_core.domain.deciding import Decision, decide
from wenzheng_core.domain.drafts import Rules
from wenzheng_core.domain.escalation import Act
from wenzheng_core.domain.evolving import fold
from wenzheng_core.domain.instants import at_local
from wenzheng_core.domain.limits import CalendarDays, Limit, WorkingDays
from wenzheng_core.domain.migration import Migration, Mode, migrate
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.tables import Column
from wenzheng_core.domain.timelimits import TimeRules
from wenzheng_core.memory import MemoryDatabase
from wenzheng_core.migrating import migrate as migrate_store
from wenzheng_core.rederiving import rederive
from wenzheng_core.testing.builders import (
    CITIZEN,
    CLERK,
    HOUSING,
    MAYOR,
    START,
    Walk,
    beijing,
    sample_clock,
    sample_message,
    sample_policy,
    sample_row,
    sample_rules,
    sample_rules_with,
    sample_rung,
)

NEW_DAY = date(2025, 3, 5)
AT = beijing(3, 5, 10)
OWN = beijing(3, 11)
"""When the unit's 5 working days from Monday 2025-03-03 end: the end of Monday the 10th."""


def version(within: Limit | None = None, **changed: Any) -> Rules:
    """The rules of a second version; ``within`` is the unit's limit there."""
    plain = sample_policy()
    if within is not None:
        handle = sample_clock("handle", Milestone.ASSIGNED, Milestone.REPORTED, within, unit=True)
        changed["clocks"] = (plain.clocks[0], handle)
    named: dict[str, Any] = dict(version="2025-2", digest="second-digest", valid_from=NEW_DAY)
    return sample_rules_with(**(named | changed))


def assigned(rules: Rules | None = None) -> Walk:
    """A case that the housing office has since 2025-03-03."""
    walk = Walk(rules or sample_rules())
    walk.do(c.Accept(), CLERK)
    walk.do(c.Assign(lead="housing"), CLERK)
    return walk


def asked(mode: Mode, at: datetime = AT, **more: Any) -> Migration:
    """What is asked for, by a clerk, with a reason."""
    return Migration(**(dict(mode=mode, reason="新办法施行", actor=CLERK, at=at) | more))


def moved(walk: Walk, to: Rules, mode: Mode, at: datetime = AT, **more: Any) -> Decision:
    """A walk migrated; the walk goes on from there, under the new rules."""
    decision = migrate(walk.case, asked(mode, at, **more), walk.rules, to)
    earlier = walk.rules.policy
    walk.case = decision.case
    walk.records += decision.records
    walk.rules, walk.at = to, at
    assert rederive(walk.case, walk.records, to, [earlier]) == ()
    assert fold(walk.records) == walk.case
    return decision


def handle(case: Case) -> Clock:
    """The unit's clock."""
    clock = case.clock("handle")
    assert clock is not None
    return clock


def refused(walk: Walk, to: Rules, mode: Mode = Mode.FAVOUR, **more: Any) -> str:
    """The rule by which a migration is refused; the case is as it was."""
    with pytest.raises(RefusedError) as caught:
        migrate(walk.case, asked(mode, **more), walk.rules, to)
    return caught.value.rule


# The four modes


def test_pin_leaves_a_case_as_it_is() -> None:
    """No record, no other version."""
    walk = assigned()
    decision = moved(walk, version(WorkingDays(3)), Mode.PIN)
    assert decision.records == ()
    assert decision.case.policy_version == "2025-1"


def test_adopting_keeps_what_runs_and_takes_the_new_rules_for_what_starts() -> None:
    """The running clock keeps its day; the next assignment counts by the new version."""
    walk = assigned()
    decision = moved(walk, version(WorkingDays(3)), Mode.ADOPT_UNSTARTED)
    (record,) = decision.records
    assert record.event == e.PolicyMigrated(
        from_version="2025-1",
        to_version="2025-2",
        from_digest="sample-digest",
        to_digest="second-digest",
        mode="adopt_unstarted",
        reason="新办法施行",
    )
    assert record.actor == CLERK.id
    assert (walk.case.policy_version, walk.case.policy_digest) == ("2025-2", "second-digest")
    assert handle(walk.case).due == OWN
    walk.do(c.Reassign(lead="police", reason="职责"), CLERK, beijing(3, 5, 11))
    assert handle(walk.case).due == beijing(3, 11)  # 3 working days from Wednesday the 5th
    assert handle(walk.case).policy == "second-digest"


def test_favour_takes_the_earlier_day() -> None:
    """A shorter new limit holds, from the old start; the row and its verdicts are the new ones."""
    walk = assigned()
    decision = moved(walk, version(WorkingDays(3)), Mode.FAVOUR)
    (change,) = [r.event for r in decision.records if isinstance(r.event, e.ClockMoved)]
    assert (change.cause, change.due, change.limit) == ("migrated", beijing(3, 7), WorkingDays(3))
    assert (change.policy, change.ruled) == ("second-digest", "")
    assert handle(walk.case).due == beijing(3, 7)


def test_favour_keeps_the_day_where_the_new_one_is_later() -> None:
    """A longer new limit changes nothing that runs."""
    walk = assigned()
    decision = moved(walk, version(WorkingDays(20)), Mode.FAVOUR)
    assert [type(r.event) for r in decision.records] == [e.PolicyMigrated]
    assert handle(walk.case).due == OWN
    assert handle(walk.case).policy == "sample-digest"


def test_favour_is_never_an_instant_breach() -> None:
    """By the new limit it would have been due on the 4th: it is due when the 5th has ended."""
    walk = assigned()
    moved(walk, version(WorkingDays(1)), Mode.FAVOUR)
    clock = handle(walk.case)
    assert clock.due == beijing(3, 6)
    assert not clock.breached(AT)
    assert walk.tick(beijing(3, 5, 23)) == ()
    cards = walk.tick(beijing(3, 6))
    assert [x.rung for x in cards if isinstance(x, e.RungFired)] == ["late"]


def test_a_floor_never_makes_a_clock_due_later_than_it_was() -> None:
    """What is due by the end of the day anyway keeps its instant."""
    walk = assigned()
    at = beijing(3, 10, 10)
    moved(walk, version(WorkingDays(1)), Mode.FAVOUR, at)
    assert handle(walk.case).due == OWN


def test_cap_holds_the_old_day_but_not_after_the_last() -> None:
    """A cap before the old day holds; a later one changes nothing; one that is past, today's end."""
    for cap, due in (
        (date(2025, 3, 7), beijing(3, 8)),
        (date(2025, 3, 20), OWN),
        (date(2025, 3, 1), beijing(3, 6)),
    ):
        walk = assigned()
        moved(walk, version(WorkingDays(20)), Mode.CAP, cap=cap)
        assert handle(walk.case).due == due
        assert handle(walk.case).limit == WorkingDays(5)


def test_a_cap_stays_over_pauses_and_refuses_more_time() -> None:
    """Nothing that comes later leads beyond the last day."""
    walk = assigned()
    moved(walk, version(), Mode.CAP, cap=date(2025, 3, 7))
    walk.do(c.Pause(reason="check"), CLERK)
    walk.do(c.Resume(), CLERK, beijing(3, 7, 9))
    assert handle(walk.case).due == beijing(3, 8)
    by = WorkingDays(3)
    walk.do(c.RequestExtension(clock="handle", by=by, reason="复杂"), HOUSING)
    assert walk.refused(c.GrantExtension(clock="handle"), CLERK).rule == "extension.capped"
    assert rederive(walk.case, walk.records, walk.rules, [sample_policy()]) == ()


# What stays


def test_a_breach_and_its_cards_stand() -> None:
    """A clock that was late stays as it is, and fires nothing twice."""
    walk = assigned()
    at = beijing(3, 12, 10)
    moved(walk, version(WorkingDays(20)), Mode.FAVOUR, at)
    assert handle(walk.case).due == OWN
    assert [x.rung for x in walk.case.ladder] == ["warn", "late"]
    assert walk.tick(at + timedelta(days=30)) == ()


def test_the_ladder_ahead_is_the_new_versions_and_what_is_past_stays_silent() -> None:
    """New rungs are planned for a clock that keeps its day; none fires for an instant before."""
    rungs = (
        sample_rung("early", "到期前4个工作日", Act.REMIND, "liaison"),
        sample_rung("soon", "到期前1个工作日", Act.YELLOW_CARD, "liaison"),
    )
    walk = assigned()
    decision = moved(walk, version(rungs=rungs), Mode.ADOPT_UNSTARTED)
    (change,) = [r.event for r in decision.records if isinstance(r.event, e.ClockMoved)]
    assert (change.due, change.ruled) == (OWN, "sample-digest")
    assert [x.rung for x in handle(walk.case).rungs] == ["soon"]
    cards = walk.tick(beijing(3, 20))
    assert [x.rung for x in cards if isinstance(x, e.RungFired)] == ["soon"]
    assert rederive(walk.case, walk.records, walk.rules, [sample_policy()]) == ()


def test_gates_that_were_passed_stay_passed() -> None:
    """A reviewed case is approved and published under the new version, without another review."""
    walk = Walk().steps(7)
    moved(walk, version(), Mode.ADOPT_UNSTARTED, walk.at + timedelta(hours=1))
    walk.do(c.Approve(), MAYOR)
    walk.do(c.Publish(), CLERK)
    assert walk.case.reply


def test_a_clock_to_come_whose_start_is_past_does_not_start_after_all() -> None:
    """A new clock from the assignment stays unstarted for one assigned before; later ones have it."""
    sign = sample_clock("sign", Milestone.ASSIGNED, Milestone.CLAIMED, WorkingDays(1), unit=True)
    walk = assigned()
    to = version(clocks=(*sample_policy().clocks, sign))
    decision = moved(walk, to, Mode.ADOPT_UNSTARTED)
    (event,) = [r.event for r in decision.records]
    assert isinstance(event, e.PolicyMigrated)
    assert event.spared == ("sign",)
    walk.do(c.Classify(facts={"category": "投诉"}, reason="属投诉"), CLERK)
    assert walk.case.clock("sign") is None
    walk.do(c.Reassign(lead="police", reason="职责"), CLERK)
    assert walk.case.clock("sign") is not None


def test_what_ended_is_left_alone() -> None:
    """A published case stays under the version it was answered under."""
    walk = Walk().steps(9)
    decision = moved(walk, version(), Mode.FAVOUR, walk.at + timedelta(hours=1))
    assert decision.records == ()


def test_promises_and_other_measures_of_time_are_kept() -> None:
    """A promised day, and a clock that counts to another event in the new version, stay."""
    asks = sample_row("ask", None, promise=Promise.DATE, no_limit="限期")
    solve = sample_clock("solve", Milestone.ASSIGNED, Milestone.REPORTED, asks, unit=True)
    walk = assigned(sample_rules_with(clocks=(*sample_policy().clocks, solve)))
    due = date(2025, 4, 1)
    walk.do(c.Commit(commitment="a", text="须招标", due=due, clock="solve"), HOUSING)
    ends, starts = Milestone.RESOLVED, Milestone.ASSIGNED
    others = (
        sample_clock("reply", Milestone.RECEIVED, Milestone.FORWARDED, CalendarDays(3)),
        sample_clock("handle", Milestone.CLAIMED, Milestone.REPORTED, WorkingDays(3), unit=True),
        sample_clock("solve", starts, ends, WorkingDays(4), unit=True),
    )
    before = [clock.due for clock in walk.case.clocks]
    moved(walk, version(clocks=others), Mode.FAVOUR)
    assert [clock.due for clock in walk.case.clocks] == before


def test_an_extended_clock_is_compared_in_its_own_unit_alone() -> None:
    """More time granted in working days has no meaning for a limit in calendar days."""
    walk = assigned()
    by = WorkingDays(3)
    walk.do(c.RequestExtension(clock="handle", by=by, reason="复杂"), HOUSING)
    walk.do(c.GrantExtension(clock="handle"), CLERK)
    due = handle(walk.case).due
    moved(walk, version(CalendarDays(2)), Mode.FAVOUR)
    assert handle(walk.case).due == due


def test_a_clock_without_a_limit_gets_the_one_that_the_new_version_has() -> None:
    """Any day is better for the citizen than none."""
    free = sample_row("all", None, no_limit="未规定")
    clock = sample_clock("handle", Milestone.ASSIGNED, Milestone.REPORTED, free, unit=True)
    walk = assigned(sample_rules_with(clocks=(sample_policy().clocks[0], clock)))
    assert handle(walk.case).due is None
    moved(walk, version(WorkingDays(5)), Mode.FAVOUR)
    assert handle(walk.case).due == OWN


# What is refused


def test_who_asks_and_for_what_is_checked() -> None:
    """Only the office or a leader; a reason; a last day with ``cap`` and with nothing else."""
    walk, to = assigned(), version()
    assert refused(walk, to, actor=CITIZEN) == "migration.role"
    assert refused(walk, to, reason=" ") == "migration.reason"
    assert refused(walk, to, Mode.CAP) == "migration.cap"
    assert refused(walk, to, Mode.FAVOUR, cap=NEW_DAY) == "migration.cap"
    assert refused(walk, to, at=START) == "time.backwards"


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        (dict(clocks=sample_policy().clocks[:1]), "migration.clock"),
        (dict(id="elsewhere"), "migration.other_policy"),
        (dict(time=TimeRules(day_end=AT.time())), "migration.time"),
        (dict(columns=()), "facts.unknown_column"),
        (dict(columns=(Column("category", ("求助",), default="求助"),)), "facts.unknown_value"),
    ],
)
def test_a_case_without_an_image_is_refused_with_the_reason(
    changed: dict[str, Any], rule: str
) -> None:
    """A running clock, a fact or a way of counting that the new version lacks keeps a case back."""
    for mode in (Mode.ADOPT_UNSTARTED, Mode.FAVOUR):
        assert refused(assigned(), version(**changed), mode) == rule


def test_what_is_half_done_is_finished_first() -> None:
    """Neither a paused case nor one with an open request for more time migrates."""
    walk = assigned()
    by = WorkingDays(3)
    walk.do(c.RequestExtension(clock="handle", by=by, reason="复杂"), HOUSING)
    assert refused(walk, version()) == "migration.extension"
    walk = assigned()
    walk.do(c.Pause(reason="check"), CLERK)
    assert refused(walk, version()) == "migration.paused"


# The store


def office_with(*policies: Policy, cases: int = 2) -> Office:
    """An office with assigned cases, opened under the first version."""
    city = make_city([sample_policy(), *policies], sample_rules().units)
    storage = MemoryDatabase().open("sample")
    clock = FixedClock(START)
    office = Office(city=city, storage=storage, calendar=sample_rules().calendar, clock=clock)
    for n in range(cases):
        case = office.receive(sample_message(str(n)), at=START).case
        office.execute(case.id, c.Accept(), actor=CLERK, key=f"{n}/a")
        office.execute(case.id, c.Assign(lead="housing"), actor=CLERK, key=f"{n}/b")
    clock.move_to(AT)
    return office


def run(office: Office, mode: Mode = Mode.FAVOUR, **more: Any) -> Any:
    """A migration of the store to the second version."""
    return migrate_store(office, "2025-2", mode, actor=CLERK, reason="新办法施行", **more)


def test_a_dry_run_says_what_is_then_done_and_writes_nothing() -> None:
    """Both reports are the same but for the word; the store changes with the second alone."""
    office = office_with(version(WorkingDays(3)).policy)
    before = list(office.storage.scan())
    tried = run(office, dry_run=True)
    assert list(office.storage.scan()) == before
    done = run(office)
    assert attrs.evolve(tried, dry_run=False) == done
    assert (len(done.moved), done.refused) == (2, ())
    (reply, unit) = done.moved[0].clocks
    assert (reply.clock, reply.changed) == ("reply", False)
    assert (unit.title, unit.old_due, unit.new_due) == ("handle", OWN, beijing(3, 7))
    assert {case.policy_version for case in office.storage.scan()} == {"2025-2"}
    assert list(office.rederive_all()) == []


def test_a_migration_again_changes_nothing() -> None:
    """T6 on a store."""
    office = office_with(version(WorkingDays(3)).policy)
    run(office)
    after = list(office.storage.scan())
    assert run(office).lines == ()
    assert list(office.storage.scan()) == after


def test_one_case_that_is_refused_stops_no_other() -> None:
    """The paused one stays with its reason; the other one goes."""
    office = office_with(version(WorkingDays(3)).policy)
    first = next(office.storage.scan())
    office.execute(first.id, c.Pause(reason="check"), actor=CLERK, key="pause", at=AT)
    done = run(office, batch=1)
    assert [(x.case_id, x.rule) for x in done.refused] == [(first.id, "migration.paused")]
    assert len(done.moved) == 1
    assert office.case(first.id).policy_version == "2025-1"


def test_named_cases_alone() -> None:
    """Only the cases that are named; a name that nobody has is an error."""
    office = office_with(version(WorkingDays(3)).policy)
    first, second = office.storage.scan()
    assert [x.case_id for x in run(office, case_ids=[second.id]).moved] == [second.id]
    assert office.case(first.id).policy_version == "2025-1"
    with pytest.raises(UnknownError):
        run(office, case_ids=["nobody"])


def test_pin_and_unknown_versions() -> None:
    """To pin is to do nothing; a version that the city has not is an error; so is no reason."""
    office = office_with(version().policy)
    assert run(office, Mode.PIN).lines == ()
    with pytest.raises(UnknownError):
        migrate_store(office, "2030", Mode.PIN, actor=CLERK, reason="x")
    with pytest.raises(RefusedError):
        run(office, Mode.CAP)


def test_explanations_name_the_table_that_decided() -> None:
    """After a migration each clock is explained by the version whose table chose its row."""
    rows = sample_row("urgent", WorkingDays(20))
    clock = sample_clock("handle", Milestone.ASSIGNED, Milestone.REPORTED, rows, unit=True)
    second = version(clocks=(sample_policy().clocks[0], clock))
    office = office_with(second.policy, cases=1)
    (case,) = office.storage.scan()
    run(office, Mode.CAP, cap=date(2025, 3, 7))
    reply, unit = office.explain(case.id)
    assert [x.row for x in unit.candidates] == ["all"]
    assert unit.agrees
    assert reply.agrees
    assert "改按新版办法时定为不迟于2025年3月7日(周五)24时前" in unit.lines


def test_the_sweep_goes_on_under_the_new_version() -> None:
    """Cards after a migration are the new version's, and told."""
    office = office_with(version(WorkingDays(3)).policy, cases=1)
    run(office)
    swept = office.sweep(at_local(date(2025, 3, 7)))
    assert swept.fired == {"red_card": 1}
    assert swept.failed == ()


def test_ticking_before_is_the_old_versions() -> None:
    """What was due before the migration falls first, under the old rules."""
    walk = assigned()
    at = beijing(3, 8)
    decision = moved(walk, version(WorkingDays(20)), Mode.ADOPT_UNSTARTED, at)
    kinds = [type(r.event) for r in decision.records]
    assert kinds == [e.RungFired, e.PolicyMigrated]
    assert decide(walk.case, Request(c.Tick(), SYSTEM, at), walk.rules).records == ()
