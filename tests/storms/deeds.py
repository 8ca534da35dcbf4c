"""A deed for every command: one that the engine takes, on a case that really came there."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from functools import cache

import attrs
from tests.properties.test_role_matrix import COMMAND_OF, PLACES, ROLES, actor, place

from wenzheng_core import FixedClock, Office, Outcome, Storage
from wenzheng_core.cities import make_city
from wenzheng_core.domain import commands as c
from wenzheng_core.domain.actors import SYSTEM, Actor
from wenzheng_core.domain.calendars import Edition, Holiday, Notice, build_calendar
from wenzheng_core.domain.clockrules import Promise
from wenzheng_core.domain.commands import Command, Request
from wenzheng_core.domain.deciding import decide
from wenzheng_core.domain.errors import RefusedError
from wenzheng_core.domain.gates import GateAct, Point
from wenzheng_core.domain.limits import WorkingDays
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.ports import Change
from wenzheng_core.testing.builders import (
    CLERK,
    HOUR,
    HOUSING,
    MAYOR,
    Walk,
    beijing,
    sample_calendar,
    sample_clock,
    sample_gate,
    sample_policy,
    sample_row,
    sample_rules_with,
)


@attrs.frozen
class Deed:
    """A command with who gives it and when, and the way of the case until then."""

    walk: Walk
    command: Command
    actor: Actor
    at: datetime

    @property
    def leaves_records(self) -> bool:
        """Whether the engine takes it, and something happens."""
        request = Request(self.command, self.actor, self.at)
        try:
            return bool(decide(self.walk.case, request, self.walk.rules).records)
        except RefusedError:
            return False

    def office(self, storage: Storage) -> Office:
        """An office over an empty store, with the case in it and one that links and mergers name."""
        rules, other = self.walk.rules, Walk(self.walk.rules)
        records = tuple(attrs.evolve(record, case_id="c2") for record in other.records)
        with storage.transaction() as transaction:
            second = Change(attrs.evolve(other.case, id="c2"), records)
            transaction.write([Change(self.walk.case, tuple(self.walk.records)), second])
        return Office(
            city=make_city([rules.policy], rules.units),
            storage=storage,
            calendar=rules.calendar,
            clock=FixedClock(self.at),
        )

    def do(self, office: Office) -> Outcome:
        """The answer; asked again, it is asked under the same key."""
        return office.execute("c1", self.command, actor=self.actor, key="a key", at=self.at)


@cache
def deeds() -> Mapping[type[Command], Deed]:
    """The first deed found of each command."""
    found: dict[type[Command], Deed] = {}
    for deed in (*_special(), *_of_the_table()):
        if type(deed.command) not in found and deed.leaves_records:
            found[type(deed.command)] = deed
    return found


def _of_the_table() -> Iterator[Deed]:
    for name, role, command in itertools.product(PLACES, ROLES, COMMAND_OF.values()):
        walk = place(name)
        yield Deed(walk, command, actor(role), walk.at + HOUR)


def _special() -> Iterator[Deed]:
    """What the sample policy has no use for, and what takes some doing."""
    by_office = ("办公室", Point.ASSIGN)
    for act, who, command in (
        (GateAct.NOTE, CLERK, c.FileNote(gate="gate", text="x")),
        (GateAct.DESIGNATE, CLERK, c.DesignateLead(lead="police", reason="x")),
        (GateAct.INSTRUCT, MAYOR, c.Instruct(text="x")),
    ):
        by, before = ("市长", Point.ASSIGN) if who is MAYOR else by_office
        gate = sample_gate("gate", act, by, before=before)
        yield _next(Walk(sample_rules_with(gates=(gate,))).steps(2), command, who)
    asked = Walk().steps(4)
    asked.do(c.RequestExtension(clock="handle", by=WorkingDays(1), reason="x"), HOUSING)
    yield _next(asked, c.GrantExtension(clock="handle", unit="housing"), CLERK)
    yield _next(asked, c.RefuseExtension(clock="handle", unit="housing", reason="x"), CLERK)
    paused = Walk().steps(4)
    paused.do(c.Pause(reason="check"), CLERK)
    yield _next(paused, c.Resume(), CLERK)
    promised = Walk().steps(4)
    promised.do(c.Commit(commitment="p", text="x", due=date(2025, 12, 31)), HOUSING)
    yield _next(promised, c.FulfilCommitment(commitment="p"), HOUSING)
    late = Walk().steps(3)
    yield Deed(late, c.Tick(), SYSTEM, late.at + timedelta(days=30))
    carded = Walk().steps(3)
    carded.tick(carded.at + timedelta(days=30))
    yield _next(
        carded, c.WithdrawCard(rung="late", clock="handle", unit="housing", reason="x"), CLERK
    )
    yield _plan()
    yield _settling()


def _next(walk: Walk, command: Command, who: Actor) -> Deed:
    return Deed(walk, command, who, walk.at + HOUR)


def _plan() -> Deed:
    row = sample_row("all", None, promise=Promise.PLAN, no_limit="限期解决")
    handle = sample_clock("handle", Milestone.ASSIGNED, Milestone.REPORTED, row, unit=True)
    walk = Walk(sample_rules_with(clocks=(sample_policy().clocks[0], handle))).steps(3)
    steps = (c.PlanStep(date(2025, 12, 31), "x"),)
    return _next(walk, c.SubmitPlan(clock="handle", explanation="x", steps=steps), HOUSING)


def _settling() -> Deed:
    """A case of the last days of a year, whose next one is arranged by now."""
    walk = Walk(at=beijing(12, 29, 9)).steps(3)
    notice = Notice("关于2026年放假安排的通知(样例)", date(2025, 12, 30), "样例〔2025〕1号")
    off = Holiday("元旦", date(2026, 1, 1), date(2026, 1, 2))
    data = sample_calendar().data.with_editions([Edition(notice, 2026, (off,))])
    walk.rules = attrs.evolve(walk.rules, calendar=build_calendar(data))
    return _next(walk, c.Settle(), SYSTEM)
