"""What would tell a survivor apart: the input, and an example of it ready to be pasted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import attrs

from wenzheng_core.cities import City
from wenzheng_core.domain.cadences import AtOnce, Duty
from wenzheng_core.domain.calendars import Calendar
from wenzheng_core.domain.errors import WenzhengError
from wenzheng_core.domain.instants import at_local, last_day_before, local, show_instant
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.schedules import Schedule, handed_over_at, run_covering
from wenzheng_core.domain.timelimits import TimeRules, deadline
from wenzheng_core.mutants.mutators import Mutant
from wenzheng_core.proofs.cells import Pair, facts_in
from wenzheng_core.proofs.dumping import toml_text
from wenzheng_core.proofs.entrykeys import ENTRIES, SINGLE, entry_keys
from wenzheng_core.proofs.meanings import Verdict, known_days
from wenzheng_core.proofs.oracle import Oracle, wall_of
from wenzheng_core.proofs.regions import Aspect, Region, meaning

BASIS = "(请写明出处:文件条款和原文)"
"""What an author must put in the place of a suggested basis."""


@attrs.frozen(kw_only=True)
class Suggestion:
    """How a survivor is told apart.

    Attributes:
        differs: the input and what comes of it under each policy, or what reads differently.
        toml: an example for ``cases.toml`` with what the original policy says; a due day in it was
            counted a second time, by the naive count of :mod:`wenzheng_core.proofs.oracle`.
        entries: kind and id of the entries that a ``[[expect]]`` in it speaks of.
    """

    differs: str
    toml: str
    entries: tuple[tuple[str, str], ...] = ()


def suggest(mutant: Mutant, pair: Pair, calendar: Calendar, city: City) -> Suggestion:
    """What to add so that nobody can make this slip unnoticed."""
    days = _in_force(pair[0], calendar, city)
    return (
        _deadline(mutant, pair, calendar, days)
        or _run(mutant, pair, calendar, days)
        or _entry(mutant, pair, city)
    )


def _in_force(policy: Policy, calendar: Calendar, city: City) -> Sequence[date]:
    """The settled days on which the version is in force."""
    later = [x.valid_from for x in city.versions.versions if x.valid_from > policy.valid_from]
    until = min([calendar.settled_until, *later])
    return [day for day in known_days(calendar) if policy.valid_from <= day < until]


# A day on which it matters


_TIMED = frozenset({"clock", "time"})


def _deadline(
    mutant: Mutant, pair: Pair, calendar: Calendar, days: Sequence[date]
) -> Suggestion | None:
    """The first receipt under the version that is due otherwise, in a cell where that can be."""
    if mutant.place[0] not in _TIMED:
        return None
    times = _moments(*(policy.time for policy in pair))
    for region in meaning(pair, calendar):
        if region.aspect is not Aspect.DUE or region.verdict is Verdict.EQUAL:
            continue
        for at in (at_local(day, moment) for day in days for moment in times):
            dues = [_due(policy, region, at, calendar) for policy in pair]
            if dues[0] and dues[0] != dues[1]:
                return _case(pair[0], region, at, (dues[0], dues[1]), calendar)
    return None


def _moments(*rules: TimeRules) -> list[time]:
    edges = {edge for one in rules for edge in (one.cutoff, one.day_end) if edge}
    edges |= {edge for one in rules for pair in one.office_hours for edge in pair}
    return [time(9, 30), *sorted(edges)]


def _due(policy: Policy, region: Region, at: datetime, calendar: Calendar) -> datetime | None:
    """When a limit that begins then ends by itself, as a golden case counts it."""
    facts = facts_in(policy, region.facts)
    try:
        within = None if facts is None else policy.limit(region.id, facts).value.within
        found = None if within is None else deadline(within, at, calendar, policy.time)
    except WenzhengError:
        return None
    return None if found is None or found.provisional else found.due


def _case(
    policy: Policy,
    region: Region,
    at: datetime,
    dues: tuple[datetime, datetime | None],
    calendar: Calendar,
) -> Suggestion | None:
    facts = facts_in(policy, region.facts) or {}
    choice = policy.limit(region.id, facts)
    within, due = choice.value.within, dues[0]
    if within is None:
        return None
    oracle = Oracle(within, policy.time, wall_of(calendar))
    counted = oracle.expected(local(at).date(), at)
    if counted is None or counted.due != due:
        return None  # the two counts disagree: no example is made of it
    keys: dict[str, Any] = {"id": f"M-{region.id}-{choice.row}", "clock": region.id}
    keys["start"] = _naive(at)
    whole_day = local(due).time() == time(0)
    keys |= {"due_day": last_day_before(due)} if whole_day else {"due": _naive(due)}
    keys["row"] = choice.row
    if facts:
        keys["facts"] = dict(facts)
    new = show_instant(dues[1]) if dues[1] else "没有到期"
    told = f"{show_instant(at)} 起算的「{region.title}」:原办法 {show_instant(due)} 到期"
    return Suggestion(differs=f"{told},变异后 {new}", toml=_table("case", keys))


# A receipt on which it matters


def _run(mutant: Mutant, pair: Pair, calendar: Calendar, days: Sequence[date]) -> Suggestion | None:
    if mutant.place[0] != "schedule":
        return None
    index = int(mutant.place[1])
    old, new = (policy.schedules[index] for policy in pair)
    if isinstance(old.cadence, Duty | AtOnce):
        return None
    for received in _receipts(old, new, days[-_GOOD_YEAR:]):
        try:
            ways = [_handed(schedule, received, calendar) for schedule in (old, new)]
        except WenzhengError:
            continue
        if ways[0] != ways[1]:
            run, given = ways[0]
            keys = {"id": f"M-{old.id}", "schedule": old.id, "received": _naive(received)}
            keys |= {"run": _naive(run)}
            if old.handed_over is not None:
                keys["handed_over"] = _naive(given)
            told = f"{show_instant(received)} 收到:原办法入 {show_instant(run)} 一次"
            return Suggestion(
                differs=f"{told},变异后入 {show_instant(ways[1][0])} 一次",
                toml=_table("run", keys),
            )
    return None


def _handed(
    schedule: Schedule, received: datetime, calendar: Calendar
) -> tuple[datetime, datetime]:
    run = run_covering(schedule, received, calendar)
    return run, handed_over_at(schedule, run)


_GOOD_YEAR = 400


def _receipts(old: Schedule, new: Schedule, days: Sequence[date]) -> Iterator[datetime]:
    """Receipts around every time of day at which either might cut, over a good year."""
    minute = timedelta(minutes=1)
    edges = {time(0), time(9, 30)} | {x.closes for x in (old, new) if x.closes}
    for schedule in (old, new):
        edges |= set(getattr(schedule.cadence, "times", ()))
        if clock := getattr(schedule.cadence, "at", None):
            edges.add(clock)
    for day in days:
        for edge in sorted(edges):
            at = at_local(day, edge)
            yield from (at - minute, at)


# What reads differently


def _entry(mutant: Mutant, pair: Pair, city: City) -> Suggestion:
    old, new = (entry_keys(policy) for policy in pair)
    differing = tuple(
        (kind, name)
        for kind in (*ENTRIES, *SINGLE)
        for name in old[kind]
        if old[kind][name] != new[kind].get(name)
    )
    version = pair[0].version if len(city.versions.versions) > 1 else ""
    return Suggestion(
        differs=_refused(mutant, pair) or mutant.text,
        toml=expectation(f"M-{mutant.place[0]}", version, BASIS, old, differing),
        entries=differing,
    )


def expectation(
    name: str,
    version: str,
    basis: str,
    entries: Mapping[str, Mapping[str, Mapping[str, Any]]],
    chosen: tuple[tuple[str, str], ...],
) -> str:
    """An ``[[expect]]`` of some entries, a line each."""
    head: dict[str, Any] = {"id": name} | ({"version": version} if version else {})
    lines = ["[[expect]]", toml_keys(head).rstrip(), toml_keys({"basis": basis}).rstrip()]
    for kind, entry in chosen:
        key = kind if not entry else f"{kind}.{toml_key(entry)}"
        lines.append(f"{key} = {toml_value(entries[kind][entry])}")
    return "\n".join(lines) + "\n"


def _refused(mutant: Mutant, pair: Pair) -> str:
    """The step of a story that the original refuses, where a gate is what differs."""
    if mutant.place[0] != "gate":
        return ""
    gate = pair[0].gates[int(mutant.place[1])]
    here = [other for other in pair[1].gates if other.id == gate.id]
    if here and here[0].blocks == gate.blocks and here[0].before is gate.before:
        return ""
    step = f"未经「{gate.label}」即{gate.before.label}"
    if not gate.blocks:
        return f"{mutant.text}:{step},原办法准许(并行)"
    return f"{mutant.text}:{step},原办法拒绝(gate.open),变异后不拒绝"


# TOML


def _naive(at: datetime) -> datetime:
    return local(at).replace(tzinfo=None)


def _table(name: str, keys: Mapping[str, Any]) -> str:
    return f"[[{name}]]\n{toml_keys({**keys, 'basis': BASIS})}"


def toml_keys(keys: Mapping[str, Any]) -> str:
    """A key a line; a bare key stays bare."""
    return "".join(f"{toml_key(key)} = {toml_value(value)}\n" for key, value in keys.items())


def toml_key(key: str) -> str:
    """A key, quoted where it must be."""
    bare = key.isascii() and key.replace("-", "").replace("_", "").isalnum()
    return key if bare else toml_text({key: 0}).removesuffix(" = 0\n")


def toml_value(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, Mapping):
        pairs = (f"{toml_key(key)} = {toml_value(item)}" for key, item in value.items())
        return f"{{ {', '.join(pairs)} }}" if value else "{}"
    if isinstance(value, list):
        return f"[{', '.join(map(toml_value, value))}]"
    return toml_text({"_": value}).split(" = ", 1)[1].rstrip()
