"""Random but lawful lives of a case under any policy, lived on the engine itself.

What is refused changes nothing and stays in the story. The same draws give the same life.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import cached_property

import attrs

from wenzheng_core.domain import commands as c
from wenzheng_core.domain.actors import SYSTEM, Actor, Role
from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.commands import Request
from wenzheng_core.domain.deciding import Decision, decide, open_case
from wenzheng_core.domain.drafts import Rules
from wenzheng_core.domain.errors import OutsideCalendarError, RefusedError
from wenzheng_core.domain.events import Record
from wenzheng_core.domain.instants import at_local, show_instant
from wenzheng_core.domain.workflow import STEP_OF
from wenzheng_core.proofs.moves import Scene, next_deed
from wenzheng_core.proofs.reports import Counterexample, Grade, Outcome
from wenzheng_core.proofs.staging import Decide, message_at, rules_of
from wenzheng_core.proofs.subjects import Draw, Subject

STEPS = 15
KEPT = 1_000
"""Up to so many lives of a subject are kept for all laws; beyond, each law lives its own."""

_TICK = timedelta(microseconds=1)


@attrs.frozen
class Step:
    """One request, the case before it, and what came: records and the case after, or a refusal."""

    request: Request
    before: Case
    after: Case
    records: tuple[Record, ...] = ()
    refused: str = ""

    @property
    def at(self) -> datetime:
        """When it was asked."""
        return self.request.at

    def __str__(self) -> str:
        what = STEP_OF[type(self.request.command)].title
        who = f"{what}({self.request.actor.id})"
        return f"{show_instant(self.at)} {who}{'——被拒' if self.refused else ''}"


@attrs.frozen(slots=False)
class Life:
    """A history: its opening, its steps in order, and what went wrong in the engine itself."""

    rules: Rules
    opening: Decision
    steps: tuple[Step, ...]
    engine: Decide
    crash: str = ""

    @property
    def taken(self) -> Iterator[Step]:
        """The steps that were not refused."""
        return (step for step in self.steps if not step.refused)

    @property
    def case(self) -> Case:
        """The case at the end."""
        return self.steps[-1].after if self.steps else self.opening.case

    @property
    def ended(self) -> datetime:
        """When the last request came, refused or not."""
        return self.steps[-1].at if self.steps else self.opening.case.updated

    @cached_property
    def records(self) -> tuple[Record, ...]:
        """The whole history."""
        return (*self.opening.records, *(r for step in self.steps for r in step.records))

    def failure(self, text: str, upto: Step | None = None, mend: str = "") -> Counterexample:
        """A counterexample: what goes wrong at a step, and the way there."""
        shown = self.steps[: self.steps.index(upto) + 1] if upto else self.steps
        facts = "、".join(f"{k}={v}" for k, v in self.opening.case.facts.items())
        way = [f"{show_instant(self.opening.case.opened)} 收到留言({facts or '无事实'})"]
        way += [str(step) for step in shown if not step.refused]
        return Counterexample(
            text=f"{text}。经过:{';'.join(way)}",
            mend=mend,
            inputs={"facts": facts, "history": "\n".join(way)},
        )


def live(subject: Subject, draw: Draw, engine: Decide = decide, steps: int = STEPS) -> Life:
    """A life of at most so many steps; it ends early where the calendar does."""
    rules = rules_of(subject)
    units = tuple(unit.id for unit in rules.units)
    named = (draw.choice(units), draw.choice(units))
    at = at_local(draw.choice(subject.days), draw.choice(subject.moments))
    facts = {x.name: draw.choice(x.values) for x in rules.policy.columns if draw.integer(0, 5)}
    message = message_at(at, reachable=draw.integer(0, 3) > 0)
    receive = Request(c.Receive(message=message, facts=facts), Actor("proof", Role.SOURCE), at)
    opening = open_case("检验", receive, rules)
    life = _Living(rules, opening.case, tuple(dict.fromkeys(named)), engine)
    crash = ""
    try:
        for _ in range(steps):
            life.step(draw)
    except OutsideCalendarError:
        pass  # nothing is known of what comes later
    except Exception as error:
        crash = f"{type(error).__name__}: {error}"
    return Life(rules, opening, tuple(life.steps), engine, crash)


@attrs.define
class _Living:
    """A life while it is lived."""

    rules: Rules
    case: Case
    units: tuple[str, ...]
    engine: Decide
    steps: list[Step] = attrs.field(factory=list)
    now: datetime = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.now = self.case.updated

    def step(self, draw: Draw) -> None:
        self.now = self._later(draw)
        if draw.integer(0, 3):
            deed = next_deed(Scene(self.case, self.rules.policy, self.units), draw)
        else:
            deed = (c.Tick(), SYSTEM)
        self._do(Request(*deed, self.now))

    def _do(self, request: Request) -> None:
        before = self.case
        try:
            found = self.engine(before, request, self.rules)
        except RefusedError as refused:
            self.steps.append(Step(request, before, before, refused=refused.rule))
            return
        self.case = found.case
        self.steps.append(Step(request, before, found.case, found.records))

    def _later(self, draw: Draw) -> datetime:
        """The instant of the next request: soon, in days, or about an instant that matters."""
        match draw.integer(0, 9):
            case 0:
                return self.now
            case 1 | 2 | 3 | 4:
                return self.now + timedelta(minutes=draw.integer(1, 600))
            case 5 | 6 | 7:
                return self.now + timedelta(hours=draw.integer(1, 96))
            case _:
                return self._about(draw)

    def _about(self, draw: Draw) -> datetime:
        marks = [clock.due for clock in self.case.running if clock.due and clock.due > self.now]
        wake = self.case.next_wake
        if wake is not None and wake > self.now:
            marks.append(wake)
        if not marks:
            return self.now + timedelta(days=1)
        mark = draw.choice(sorted(marks))
        return max(self.now, mark + draw.choice((-_TICK, timedelta(0), timedelta(hours=30))))


def lives(subject: Subject) -> Iterator[Life]:
    """The lives of a subject, the same for every law that looks at them."""
    if subject.examples > KEPT:
        return (live(subject, draw) for draw in subject.draws("lives"))
    kept: dict[str, tuple[Life, ...]] = vars(subject)  # as cached_property keeps its values
    if "_lives" not in kept:
        kept["_lives"] = tuple(live(subject, draw) for draw in subject.draws("lives"))
    return iter(kept["_lives"])


_REPORT_IT = "这是程序的错,请报告"
Judge = Callable[[Life], Counterexample | None]


def judged(judge: Judge, life: Life) -> Counterexample | None:
    """What a law says of a life; a crash of the engine fails every law."""
    if life.crash:
        return life.failure(f"引擎出错:{life.crash}", mend=_REPORT_IT)
    try:
        return judge(life)
    except OutsideCalendarError:
        return None  # nothing is known of what comes later
    except Exception as error:
        return life.failure(f"引擎出错:{type(error).__name__}: {error}", mend=_REPORT_IT)


def judge_lives(subject: Subject, judge: Judge) -> Outcome:
    """A law over the drawn lives of a subject; it stops at the first that breaks it."""
    checked, failure = 0, None
    for life in lives(subject):
        checked += 1
        if (failure := judged(judge, life)) is not None:
            break
    return Outcome(
        grade=Grade.SAMPLED,
        checked=checked,
        domain=f"随机办件经过{checked}段,每段至多{STEPS}步",
        failures=(failure,) if failure else (),
    )


def search(
    subject: Subject, property_id: str, law: Callable[[Subject, Draw], Counterexample | None]
) -> Outcome:
    """A law over examples that it draws itself; it stops at the first that breaks it."""
    checked, failure = 0, None
    for draw in subject.draws(property_id):
        checked += 1
        if (failure := law(subject, draw)) is not None:
            break
    return Outcome(
        grade=Grade.SAMPLED,
        checked=checked,
        domain=f"随机{checked}例",
        failures=(failure,) if failure else (),
    )
