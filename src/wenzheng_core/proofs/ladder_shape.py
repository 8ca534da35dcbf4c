"""L1, L2, L7, L8: where the rungs of every ladder stand, whom they reach, and that they end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

import attrs

from wenzheng_core.domain import commands as c
from wenzheng_core.domain.actors import SYSTEM
from wenzheng_core.domain.deciding import decide
from wenzheng_core.domain.errors import OutsideCalendarError
from wenzheng_core.domain.escalation import (
    OFFICE,
    Act,
    Rung,
    Scheduled,
    Side,
    schedule,
    write_moment,
)
from wenzheng_core.domain.instants import local_day, show_due, show_instant
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.timelimits import Deadline
from wenzheng_core.domain.units import LIAISON, UNIT_HEAD
from wenzheng_core.proofs.extension_laws import day_starts
from wenzheng_core.proofs.ladder_lives import NO_LADDER
from wenzheng_core.proofs.ladders import Ladder, Plan, ladders
from wenzheng_core.proofs.reports import Counterexample, Outcome
from wenzheng_core.proofs.staging import (
    CLERK,
    WORDS,
    Decide,
    Stage,
    plain_calendar,
    rules_of,
    usual_start,
)
from wenzheng_core.proofs.subjects import Subject

_DAY = timedelta(days=1)
_RANK = {LIAISON: 0, UNIT_HEAD: 1}


def _path(policy: Policy, rung: Rung) -> str:
    return f"$.rung[{policy.rungs.index(rung)}]"


# L1, L2: one sweep for both


@attrs.define
class _Swept:
    """What a sweep found: per law, the first counterexample of each kind, and how many like it."""

    checked: int = 0
    ladders: int = 0
    found: dict[str, dict[object, Counterexample]] = attrs.field(
        factory=lambda: {"L1": {}, "L2": {}}
    )

    def add(self, law: str, key: object, make: Counterexample) -> None:
        """One more that fails like others of its key; the first is shown."""
        first = self.found[law].get(key)
        self.found[law][key] = attrs.evolve(first, count=first.count + 1) if first else make

    def outcome(self, law: str, days: int) -> Outcome:
        """The outcome of one law."""
        domain = f"{self.ladders}架阶梯 × {days:,}日"
        return Outcome(
            checked=self.checked, domain=domain, failures=tuple(self.found[law].values())
        )


def _sweep(subject: Subject, plan: Plan) -> _Swept:
    kept = vars(subject)  # as cached_property keeps its values
    if plan is not schedule:
        return _swept(subject, plan)
    if "_ladders_swept" not in kept:
        kept["_ladders_swept"] = _swept(subject, plan)
    swept: _Swept = kept["_ladders_swept"]
    return swept


def _swept(subject: Subject, plan: Plan) -> _Swept:
    swept, calendar = _Swept(), subject.rules.calendar
    _same_names(subject.policy, swept)
    for ladder in ladders(subject.policy):
        swept.ladders += 1
        silent = {rung.id: rung for rung in ladder.heard}
        rungs = {rung.id: rung for rung in ladder.rungs}
        limit = ladder.row.value.within
        try:
            for start in day_starts(subject, limit):
                for found in ladder.dues(start, calendar):
                    planned = ladder.plan(found, calendar, plan)
                    swept.checked += 1
                    for each in planned:
                        silent.pop(each.rung, None)
                    _together(ladder, found, planned, rungs, swept)
                    _aside(ladder, found, planned, rungs, swept)
        except OutsideCalendarError:
            pass  # nothing is known of what comes later
        for rung in silent.values():
            swept.add("L1", (ladder, rung.id), _silent(ladder, rung))
    return swept


def _same_names(policy: Policy, swept: _Swept) -> None:
    for index, rung in enumerate(policy.rungs):
        if any(rung.id == other.id for other in policy.rungs[:index]):
            text = f"有两级都叫「{rung.id}」,后一级永远发不出"
            swept.add("L1", rung.id, Counterexample(text=text, where=f"$.rung[{index}].id"))


def _silent(ladder: Ladder, rung: Rung) -> Counterexample:
    text = (
        f"{ladder}的「{write_moment(rung.at)}」({rung.act.label})总在起算之时或以前,"
        "这一级在任何一日都落空"
    )
    mend = "改这一级的时刻,或以条件写明不适用于这样短的时限"
    return Counterexample(text=text, where=_path(ladder.policy, rung), mend=mend)


def _together(
    ladder: Ladder,
    found: Deadline,
    planned: list[Scheduled],
    rungs: dict[str, Rung],
    swept: _Swept,
) -> None:
    """L1: no two rungs at one instant, none out of order."""
    for one, two in pairwise(planned):
        if one.at < two.at:
            continue
        first, second = rungs[one.rung], rungs[two.rung]
        text = (
            f"{ladder},{show_instant(found.start)}起算、{show_due(found.due)}到期:"
            f"「{write_moment(first.at)}」({first.act.label})与「{write_moment(second.at)}」"
            f"({second.act.label})同在{show_instant(two.at)}"
        )
        example = Counterexample(text=text, where=_path(ladder.policy, second), inputs=_in(found))
        swept.add("L1", (ladder, one.rung, two.rung), example)


def _aside(
    ladder: Ladder,
    found: Deadline,
    planned: list[Scheduled],
    rungs: dict[str, Rung],
    swept: _Swept,
) -> None:
    """L2: each rung on its side of the due instant, and one at most on the instant itself."""
    for each in planned:
        rung = rungs[each.rung]
        if not _well_placed(rung, each.at, found):
            text = (
                f"{ladder},{show_instant(found.start)}起算、{show_due(found.due)}到期:"
                f"「{write_moment(rung.at)}」({rung.act.label})落在{show_instant(each.at)}"
            )
            example = Counterexample(text=text, where=_path(ladder.policy, rung), inputs=_in(found))
            swept.add("L2", (ladder, each.rung), example)
    at_due = [each for each in planned if each.at == found.due]
    if len(at_due) > 1:
        named = "、".join(f"「{write_moment(rungs[x.rung].at)}」" for x in at_due)
        text = f"{ladder},{show_instant(found.start)}起算:到期的一刻有{len(at_due)}级:{named}"
        where = _path(ladder.policy, rungs[at_due[-1].rung])
        example = Counterexample(text=text, where=where, inputs=_in(found))
        swept.add("L2", (ladder, "due"), example)


def _well_placed(rung: Rung, at: datetime, found: Deadline) -> bool:
    if rung.at.side in (Side.BEFORE, Side.DUE_DAY):
        return found.start < at < found.due
    return at == found.due if rung.at.side is Side.DUE else at >= found.due


def _in(found: Deadline) -> dict[str, str]:
    return {"start": found.start.isoformat(), "due": found.due.isoformat()}


def check_l1(subject: Subject, plan: Plan = schedule) -> Outcome:
    """Every ladder over every known day and time of day that matters."""
    if not subject.policy.rungs:
        return Outcome(absent=NO_LADDER)
    return _sweep(subject, plan).outcome("L1", len(subject.days))


def check_l2(subject: Subject, plan: Plan = schedule) -> Outcome:
    """Every ladder over every known day and time of day that matters."""
    if not subject.policy.rungs:
        return Outcome(absent=NO_LADDER)
    return _sweep(subject, plan).outcome("L2", len(subject.days))


# L7


def check_l7(subject: Subject, plan: Plan = schedule) -> Outcome:
    """Every ladder over two plain weeks; every unit for every rung."""
    policy = subject.policy
    if not policy.rungs:
        return Outcome(absent=NO_LADDER)
    failures = list(_unheard(subject))
    known, calendar = list(ladders(policy)), plain_calendar()
    begun = usual_start(calendar)
    for ladder in known:
        days = (begun + n * _DAY for n in range(14))
        falls = filter(None, (_weaker(ladder, day, plan) for day in days))
        failures += [*falls][:1]
    domain = f"{len(known)}架阶梯 × 平常两周;{len(policy.rungs)}级 × {len(subject.units.all)}个单位"
    checked = 14 * len(known) + len(policy.rungs) * len(subject.units.all)
    return Outcome(checked=checked, domain=domain, failures=tuple(failures))


def _weaker(ladder: Ladder, start: datetime, plan: Plan) -> Counterexample | None:
    calendar, strength = plain_calendar(), list(Act)
    rungs = {rung.id: rung for rung in ladder.rungs}
    for found in ladder.dues(start, calendar):
        for one, two in pairwise(ladder.plan(found, calendar, plan)):
            first, second = rungs[one.rung], rungs[two.rung]
            act = strength.index(second.act) < strength.index(first.act)
            if one.at < two.at and (act or _rank(second) < _rank(first)):
                text = (
                    f"{ladder}:「{write_moment(first.at)}」是{first.act.label}(告{_to(first)}),"
                    f"以后的「{write_moment(second.at)}」反而是{second.act.label}(告{_to(second)})"
                )
                return Counterexample(text=text, where=_path(ladder.policy, second))
    return None


def _rank(rung: Rung) -> int:
    return max((_RANK.get(office, len(_RANK)) for office in rung.to), default=0)


def _to(rung: Rung) -> str:
    return "、".join(rung.to)


def _unheard(subject: Subject) -> Iterator[Counterexample]:
    for index, rung in enumerate(subject.policy.rungs):
        for office in rung.to:
            chain = (office, *rung.fallback)
            deaf = [
                unit.name
                for unit in subject.units
                if OFFICE not in chain and subject.units.holder(unit.id, chain) is None
            ]
            if deaf:
                text = f"「{write_moment(rung.at)}」告{office},{deaf[0]}没有这一职务,也没有替代的人"
                where, count = f"$.rung[{index}].to", len(deaf)
                yield Counterexample(text=text, where=where, count=count)


# L8


def check_l8(subject: Subject, engine: Decide = decide) -> Outcome:
    """On the engine: every ladder is climbed to its end, and then nothing follows."""
    policy = subject.policy
    if not policy.rungs:
        return Outcome(absent=NO_LADDER)
    failures: list[Counterexample] = []
    known = list(ladders(policy))
    for ladder in known:
        text = _endless(subject, ladder, engine)
        failures += [Counterexample(text=text, where=ladder.where)] if text else []
    domain = f"{len(known)}架阶梯,在引擎上走到尽头"
    return Outcome(checked=len(known), domain=domain, failures=tuple(failures))


def _endless(subject: Subject, ladder: Ladder, engine: Decide) -> str:
    rules = rules_of(subject)
    stage = Stage.of(rules, ladder.facts, usual_start(rules.calendar), engine)
    if not stage.go_until(lambda case: any(x.id == ladder.clock.id for x in case.running)):
        return ""  # never started: another property's business
    if ladder.row.value.within is None:
        day = local_day(stage.case.updated) + 5 * _DAY
        promise = c.Commit(commitment="检验", text=WORDS, due=day, clock=ladder.clock.id)
        stage.do(promise, CLERK)
    most = 2 + len(rules.policy.rungs) * len(list(stage.case.running))
    try:
        for _ in range(most):
            if (wake := stage.case.next_wake) is None:
                return ""
            stage.do(c.Tick(), SYSTEM, max(wake, stage.case.updated))
    except OutsideCalendarError:
        return ""
    return f"{ladder}的阶梯走了{most}步仍没有尽头"
