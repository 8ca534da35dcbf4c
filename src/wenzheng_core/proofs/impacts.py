"""What a new version would do to the cases that are open: each running clock counted again by it.

Nothing is changed. An open case stays with the version that it was opened under until somebody
migrates it; this says what moving it would come to.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum

import attrs

from wenzheng_core.domain.calendars import Calendar
from wenzheng_core.domain.cases import Case, Clock
from wenzheng_core.domain.clockrules import ClockRule
from wenzheng_core.domain.errors import LimitUseError, OutsideCalendarError, RefusedError
from wenzheng_core.domain.limits import Limit
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.timelimits import Deadline, deadline, latest_before
from wenzheng_core.domain.workflow import OPEN
from wenzheng_core.proofs.cells import Pair, clock_of, facts_in

EXAMPLES = 3
"""How many clocks are shown of each effect."""


class Effect(StrEnum):
    """What becomes of one running clock under the new version."""

    SAME = "same"
    EARLIER = "earlier"
    LATER = "later"
    GAINED = "gained"
    LOST = "lost"
    OTHER_EVENTS = "other_events"
    BY_HAND = "by_hand"
    UNKNOWN = "unknown"
    PAUSED = "paused"
    BEYOND_HORIZON = "beyond_horizon"

    @property
    def label(self) -> str:
        """The Chinese words."""
        return _LABELS[self]


_LABELS = {
    Effect.SAME: "不变",
    Effect.EARLIER: "提前",
    Effect.LATER: "推后",
    Effect.GAINED: "原无时限、将有时限",
    Effect.LOST: "原有时限、将无时限",
    Effect.OTHER_EVENTS: "起止或计法不同,须另行计算",
    Effect.BY_HAND: "由人另定或承诺,不随版本变",
    Effect.UNKNOWN: "新版定不了(分类不足、无此分类或延期单位不同)",
    Effect.PAUSED: "中止之中,恢复时再算",
    Effect.BEYOND_HORIZON: "暂定或超出日历,算不定",
}


@attrs.frozen(kw_only=True)
class Moved:
    """One running clock: due by its record, and due by the new version from the same start.

    ``breaches``: not overdue by its record, and overdue at once by the new version.
    """

    case: str
    clock: str
    unit: str
    effect: Effect
    started: datetime
    old: datetime | None
    new: datetime | None
    breaches: bool = False


@attrs.frozen(kw_only=True)
class Impact:
    """What the new version would do to a population.

    Attributes:
        as_of: the instant by which overdue is told; None if it is not.
        cases: open cases under the old version; elsewhere: open cases under any other one, which
            are left out.
        clocks: running clocks by effect; all effects are there.
        breaches: how many clocks would be overdue at once; None without ``as_of``.
        examples: of each effect the clocks that end first, and of those that would be overdue at
            once.
    """

    as_of: datetime | None
    cases: int
    elsewhere: int
    clocks: Mapping[Effect, int]
    breaches: int | None
    examples: tuple[Moved, ...]


def impact(
    pair: Pair, calendar: Calendar, population: Iterable[Case], as_of: datetime | None = None
) -> Impact:
    """What the new version would do to the open cases; the population is gone through once."""
    old, new = pair
    counts: Counter[Effect] = Counter()
    cases = elsewhere = breaches = 0
    shown: list[Moved] = []
    for case in population:
        if case.state not in OPEN and not any(case.running):
            continue
        if case.policy_digest != old.digest:
            elsewhere += 1
            continue
        cases += 1
        for moved in moves(case, old, new, calendar, as_of):
            counts[moved.effect] += 1
            breaches += moved.breaches
            shown = _kept([*shown, moved])
    return Impact(
        as_of=as_of,
        cases=cases,
        elsewhere=elsewhere,
        clocks={effect: counts[effect] for effect in Effect},
        breaches=None if as_of is None else breaches,
        examples=tuple(shown),
    )


def _kept(moved: list[Moved]) -> list[Moved]:
    """The first few of each effect, those first that would be overdue at once."""
    ranked = sorted(moved, key=_rank)
    met: Counter[tuple[Effect, bool]] = Counter()
    kept = []
    for one in ranked:
        met[one.effect, one.breaches] += 1
        if met[one.effect, one.breaches] <= EXAMPLES and one.effect is not Effect.SAME:
            kept.append(one)
    return kept


def _rank(one: Moved) -> tuple[object, ...]:
    order = list(Effect).index(one.effect)
    return not one.breaches, order, one.new or one.started, one.case, one.clock, one.unit


def moves(
    case: Case, old: Policy, new: Policy, calendar: Calendar, as_of: datetime | None
) -> Iterator[Moved]:
    """Each running clock of a case, counted again by the new version."""
    inner_last = sorted(case.running, key=lambda clock: bool(clock.unit))
    outer: dict[str, Deadline] = {}
    for clock in inner_last:
        effect, found = _again(case, clock, (old, new), calendar, outer, as_of)
        if found and not clock.unit and not found.provisional:
            outer[clock.id] = found
        due = found.due if found else None
        yield Moved(
            case=case.id,
            clock=clock.id,
            unit=clock.unit,
            effect=effect,
            started=clock.started,
            old=clock.due,
            new=due,
            breaches=_breaches(clock, found, as_of),
        )


def _breaches(clock: Clock, found: Deadline | None, as_of: datetime | None) -> bool:
    if as_of is None or found is None or clock.breached(as_of):
        return False
    awaits = found.awaits
    return attrs.evolve(clock, due=found.due, awaits=awaits).breached(as_of)


def _again(
    case: Case,
    clock: Clock,
    pair: Pair,
    calendar: Calendar,
    outer: Mapping[str, Deadline],
    as_of: datetime | None,
) -> tuple[Effect, Deadline | None]:
    old, new = pair
    before, rule = clock_of(old, clock.id), clock_of(new, clock.id)
    if before is None:
        return Effect.BY_HAND, None
    if rule is None:
        return Effect.LOST if clock.limit else Effect.SAME, None
    facts = facts_in(new, case.facts)
    try:
        row = new.limit(clock.id, facts).value if facts is not None else None
    except RefusedError:
        row = None
    if row is None:
        return Effect.UNKNOWN, None
    if row.promise is not None or _by_hand(old, clock):
        return Effect.BY_HAND, None
    was = next((r.value for r in before.limits.rows if r.id == clock.row), None)
    starts = before.starts_in(was) if was else before.starts
    if (rule.starts_in(row), rule.stops_in(row), rule.per_unit) != (
        starts,
        clock.stops,
        before.per_unit,
    ):
        return Effect.OTHER_EVENTS, None
    if row.within is None:
        return Effect.LOST if clock.limit else Effect.SAME, None
    if clock.paused_since is not None:
        return Effect.PAUSED, None
    latest = _latest(outer.get(rule.inside), rule, new, calendar, as_of)
    return _counted(clock, row.within, new, calendar, latest)


def _by_hand(old: Policy, clock: Clock) -> bool:
    """Whether somebody set this clock's limit: shortened by the office, or promised by the unit."""
    before = clock_of(old, clock.id)
    row = next((r.value for r in before.limits.rows if r.id == clock.row), None) if before else None
    return row is None or row.within != clock.limit


def _latest(
    outer: Deadline | None,
    rule: ClockRule,
    new: Policy,
    calendar: Calendar,
    as_of: datetime | None,
) -> datetime | None:
    """The instant at which a clock must end for the one it is inside of; None if it need not.

    As the engine cuts: never for what has ended already, nor so that nothing would be left.
    """
    if outer is None or (as_of is not None and outer.due <= as_of):
        return None
    latest = latest_before(outer.due, rule.leaving, calendar, new.time)
    return None if latest is None or (as_of is not None and latest <= as_of) else latest


def _counted(
    clock: Clock, limit: Limit, new: Policy, calendar: Calendar, latest: datetime | None
) -> tuple[Effect, Deadline | None]:
    try:
        found = deadline(limit, clock.started, calendar, new.time, clock.pauses, clock.extensions)
        if latest is not None and latest > clock.started:
            found = found.cut(latest)
    except LimitUseError:
        return Effect.UNKNOWN, None
    except OutsideCalendarError:
        return Effect.BEYOND_HORIZON, None
    if clock.due is None:
        return Effect.GAINED, found
    if found.provisional or clock.awaits is not None:
        return Effect.BEYOND_HORIZON, None
    if found.due == clock.due:
        return Effect.SAME, found
    return Effect.EARLIER if found.due < clock.due else Effect.LATER, found
