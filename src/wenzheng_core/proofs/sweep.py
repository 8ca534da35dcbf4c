"""Every known day, every class of times of day, every distinct limit: one table for many laws.

A due instant depends on the limit, on how the policy counts, on the day and on the class of the time
of day, and on nothing else; so the table is finite, is made once for each distinct limit, and many
properties read it. What an example shows is counted again on the engine before it is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple

import attrs

from wenzheng_core.domain.calendars import Calendar
from wenzheng_core.domain.errors import WenzhengError
from wenzheng_core.domain.instants import at_local, show_due, show_instant
from wenzheng_core.domain.limits import CalendarDays, Limit, WorkingDays, WorkingHours, write_limit
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.timelimits import Deadline, TimeRules
from wenzheng_core.proofs.reports import Counterexample, Grade, Outcome
from wenzheng_core.proofs.subjects import Count, Draw, Subject

NO_LIMITS = "本办法没有写明天数或小时数的时限"


class Start(NamedTuple):
    """A start: its Beijing day, the instant, and the end of that day (both UTC)."""

    day: date
    at: datetime
    until: datetime


@attrs.frozen(eq=False)
class Counted:
    """What the engine says of one limit for every start, in the order of time.

    Attributes:
        ends: None where it was not counted: refused, or raised.
        refused, raised: by the place of the start, what it said: an error that the engine documents,
            or any other.
    """

    limit: Limit
    rules: TimeRules
    starts: Sequence[Start]
    ends: Sequence[Deadline | None]
    refused: Mapping[int, str]
    raised: Mapping[int, str]


@attrs.frozen
class Placed:
    """A limit of a policy, where it stands first, and its table."""

    limit: Limit
    where: str
    counted: Counted


@lru_cache(maxsize=4)
def starts_of(calendar: Calendar, moments: tuple[time, ...]) -> tuple[Start, ...]:
    """Every settled day at each of the moments, in the order of time."""
    day = timedelta(days=1)
    span = (calendar.settled_until - calendar.first).days
    days = [calendar.first + n * day for n in range(span)]
    return tuple(Start(d, at_local(d, m), at_local(d + day)) for d in days for m in moments)


@lru_cache(maxsize=12)
def counted(
    limit: Limit, rules: TimeRules, calendar: Calendar, moments: tuple[time, ...], count: Count
) -> Counted:
    """One limit by every start; never raises."""
    starts = starts_of(calendar, moments)
    refused: dict[int, str] = {}
    raised: dict[int, str] = {}
    ends: list[Deadline | None] = []
    for index, start in enumerate(starts):
        try:
            ends.append(count(limit, start.at, calendar, rules))
        except WenzhengError as error:
            refused[index] = str(error)
            ends.append(None)
        except Exception as error:
            raised[index] = f"{type(error).__name__}:{error}"
            ends.append(None)
    return Counted(limit, rules, starts, ends, refused, raised)


def placed_limits(policy: Policy) -> dict[Limit, str]:
    """Every distinct limit of a policy, and where it stands first."""
    found: dict[Limit, str] = {}
    for c, clock in enumerate(policy.clocks):
        for r, row in enumerate(clock.limits.rows):
            if row.value.within is not None:
                found.setdefault(row.value.within, f"$.clock[{c}].limit[{r}].within")
    return found


def counted_for(subject: Subject, limit: Limit) -> Counted:
    """The table of one limit, as the subject counts."""
    calendar = subject.rules.calendar
    return counted(limit, subject.policy.time, calendar, subject.moments, subject.count)


def sweep(subject: Subject) -> tuple[Placed, ...]:
    """The tables of all distinct limits of a policy."""
    limits = placed_limits(subject.policy).items()
    return tuple(Placed(limit, where, counted_for(subject, limit)) for limit, where in limits)


def asks_calendar(limit: Limit, rules: TimeRules) -> bool:
    """Whether it matters to the limit which days are worked."""
    rolling = isinstance(limit, CalendarDays) and (limit.roll or rules.rolls)
    return rolling or isinstance(limit, WorkingDays | WorkingHours)


def domain(subject: Subject, limits: int) -> str:
    """How much a sweep goes over, in words."""
    days, moments = len(subject.days), len(subject.moments)
    return f"{limits}种时限 × {days:,}日 × {moments}类时刻"


def earliest(
    bad: Sequence[int], tell: Callable[[int], Counterexample]
) -> tuple[Counterexample, ...]:
    """The counterexample of the first of the places in order of time, for all of them."""
    return (attrs.evolve(tell(bad[0]), count=len(bad)),) if bad else ()


def again(subject: Subject, limit: Limit, at: datetime) -> str:
    """The due instant as the engine counts it now, in words; or what it says instead."""
    try:
        found = subject.count(limit, at, subject.rules.calendar, subject.policy.time)
    except Exception as error:
        return f"「{error}」"
    return f"{show_due(found.due)}{'(暂定)' if found.provisional else ''}"


def inputs(limit: Limit, *starts: datetime) -> dict[str, str]:
    """What has to be put in to see it again."""
    return {"时限": write_limit(limit), "收到": "、".join(map(show_instant, starts))}


def drawn(
    subject: Subject,
    property_id: str,
    law: Callable[[Subject, Draw], Counterexample | None],
    what: str,
) -> Outcome:
    """What the drawn examples of a law come to: up to the first that fails."""
    number, failure = 0, None
    for draw in subject.draws(property_id):
        number += 1
        if failure := law(subject, draw):
            break
    return Outcome(
        grade=Grade.SAMPLED,
        checked=number,
        domain=f"{what},抽取{number}例",
        failures=(failure,) if failure else (),
    )


# --- Which of two limits ends earlier: only a calendar tells --------------------------------------


@attrs.frozen
class Order:
    """How often one limit ends earlier than another, at the same instant, or later.

    Attributes:
        first_earlier, first_later: the earliest start at which it does; None if it never does.
        beyond: how many starts were left out, since one of the two has no certain end there.
    """

    earlier: int
    same: int
    later: int
    first_earlier: datetime | None = None
    first_later: datetime | None = None
    beyond: int = 0


def order(one: Counted, other: Counted) -> Order:
    """How ``one`` stands to ``other``, both over the same starts; by instants, never by numbers."""
    tally, first = {-1: 0, 0: 0, 1: 0}, dict[int, datetime]()
    for start, a, b in _certain(one, other):
        side = (a > b) - (a < b)
        tally[side] += 1
        first.setdefault(side, start)
    seen = sum(tally.values())
    beyond = len(one.starts) - seen
    return Order(tally[-1], tally[0], tally[1], first.get(-1), first.get(1), beyond)


def _certain(one: Counted, other: Counted) -> Iterator[tuple[datetime, datetime, datetime]]:
    for start, a, b in zip(one.starts, one.ends, other.ends, strict=True):
        if a is not None and b is not None and a.awaits is None and b.awaits is None:
            yield start.at, a.due, b.due
