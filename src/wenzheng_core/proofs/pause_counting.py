"""P1, P2, P3, P6: what standing still may and may not do to a due instant (law 7).

The function of counting is a parameter, so that a wrong one can be put in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from wenzheng_core.domain.calendars import Calendar
from wenzheng_core.domain.clockrules import TimeLimit
from wenzheng_core.domain.errors import OutsideCalendarError
from wenzheng_core.domain.instants import at_local, local_day, show_due, show_instant
from wenzheng_core.domain.limits import (
    CalendarDays,
    ClockHours,
    CommittedDate,
    Limit,
    WorkingHours,
    write_limit,
)
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.tables import Row
from wenzheng_core.domain.timelimits import (
    Deadline,
    Interval,
    TimeRules,
    deadline,
    remaining,
    start_day,
)
from wenzheng_core.proofs.histories import search
from wenzheng_core.proofs.reports import Counterexample, Outcome
from wenzheng_core.proofs.subjects import Draw, Subject

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
NO_PAUSE = "本办法没有规定中止"
NO_PAUSABLE = "可以中止的时限都没有写明数额"


class Count(Protocol):
    """The function of counting that is examined: when a limit ends, given all its pauses."""

    def __call__(
        self,
        limit: Limit,
        start: datetime,
        calendar: Calendar,
        rules: TimeRules,
        pauses: Sequence[Interval] = (),
    ) -> datetime:
        """The exclusive due instant."""


def count_due(
    limit: Limit,
    start: datetime,
    calendar: Calendar,
    rules: TimeRules,
    pauses: Sequence[Interval] = (),
) -> datetime:
    """As the engine counts."""
    return deadline(limit, start, calendar, rules, pauses).due


# What is paused


def pausable(policy: Policy) -> Iterator[tuple[str, Row[TimeLimit], Limit]]:
    """The clock, row and limit of whatever some ground lets stand still, each limit once."""
    seen: set[Limit] = set()
    for index, rule in enumerate(policy.clocks):
        held = any(not r.clocks or rule.id in r.clocks for r in policy.pause_reasons)
        for place, row in enumerate(rule.limits.rows if held else ()):
            within = row.value.within
            if within is None or isinstance(within, CommittedDate) or within in seen:
                continue
            seen.add(within)
            yield f"$.clock[{index}].limit[{place}]", row, within


def pauses_absent(policy: Policy) -> str:
    """Why laws of pauses do not apply; "" if they do."""
    if not policy.pause_reasons:
        return NO_PAUSE
    return "" if any(pausable(policy)) else NO_PAUSABLE


# P1


def check_p1(subject: Subject, count: Count = count_due) -> Outcome:
    """One pause of one day, over every day: the day after the start; of what may roll, the due day."""
    policy, calendar = subject.policy, subject.rules.calendar
    limits = list(pausable(policy))
    if absent := pauses_absent(policy):
        return Outcome(absent=absent)
    failures, checked = [], 0
    for where, _, limit in limits:
        found: list[tuple[datetime, Interval, datetime, datetime]] = []
        rolls = isinstance(limit, CalendarDays) and (limit.roll or policy.time.rolls)
        for day in subject.days:
            start = at_local(day, subject.moments[len(subject.moments) // 2])
            try:
                before = count(limit, start, calendar, policy.time)
                last = local_day(before - MINUTE) if rolls else day + DAY
                for first in dict.fromkeys((day + DAY, last)):
                    stop = Interval(at_local(first), at_local(first + DAY))
                    after = count(limit, start, calendar, policy.time, (stop,))
                    checked += 1
                    if after < before:
                        found.append((start, stop, before, after))
            except OutsideCalendarError:
                break  # nothing is known of what comes later
        if found:
            failures.append(_shortened(where, limit, found))
    domain = f"{len(limits)}种时限 × {len(subject.days):,}日 × 中止1日(次日;顺延的,又到期日)"
    return Outcome(checked=checked, domain=domain, failures=tuple(failures))


def _shortened(
    where: str, limit: Limit, found: list[tuple[datetime, Interval, datetime, datetime]]
) -> Counterexample:
    start, stop, before, after = found[0]
    return Counterexample(
        text=f"{write_limit(limit)},{show_instant(start)}起算,{_shown(stop)}中止:"
        f"到期由{show_due(before)}提前到{show_due(after)};中止不应使期限缩短",
        where=where,
        inputs={"limit": write_limit(limit), "start": start.isoformat(), "pause": _shown(stop)},
        count=len(found),
    )


def _shown(stop: Interval) -> str:
    return f"{show_instant(stop.first)}至{show_instant(stop.until)}"


def _list(stops: Sequence[Interval]) -> str:
    return "、".join(map(_shown, stops)) or "无"


# P2, P3, P6: drawn intervals


def _start(subject: Subject, draw: Draw) -> tuple[str, Limit, datetime]:
    where, _, limit = draw.choice(tuple(pausable(subject.policy)))
    return where, limit, at_local(draw.choice(subject.days), draw.choice(subject.moments))


def _stops(start: datetime, draw: Draw) -> list[Interval]:
    """Pauses about a start: apart, touching, overlapping, some on midnights."""
    stops = []
    for _ in range(draw.integer(1, 3)):
        whole = draw.integer(0, 1)
        anchor = at_local(local_day(start)) if whole else start
        unit = DAY if whole else timedelta(minutes=217)
        first = anchor + draw.integer(0, 12) * unit
        stops.append(Interval(first, first + draw.integer(1, 12) * unit))
    return stops


def law_p2(subject: Subject, draw: Draw, count: Count = count_due) -> Counterexample | None:
    """Order, cutting in two and repeating change nothing."""
    where, limit, start = _start(subject, draw)
    stops = _stops(start, draw)
    cut: list[Interval] = []
    for stop in stops:
        minutes = (stop.until - stop.first) // MINUTE
        middle = stop.first + draw.integer(0, minutes) * MINUTE
        cut += [Interval(middle, stop.until), Interval(stop.first, middle)]
    forms = (("倒序", stops[::-1]), ("重复", [*stops, stops[0]]), ("拆分", cut))
    calendar, rules = subject.rules.calendar, subject.policy.time
    try:
        plain = count(limit, start, calendar, rules, stops)
        for name, form in forms:
            other = count(limit, start, calendar, rules, form)
            if other != plain:
                text = (
                    f"{write_limit(limit)},{show_instant(start)}起算,中止{_list(stops)}:"
                    f"到期{show_due(plain)};同样的中止{name}以后({_list(form)})到期{show_due(other)}"
                )
                return Counterexample(text=text, where=where, inputs=_inputs(limit, start, stops))
    except OutsideCalendarError:
        return None
    return None


def _inputs(limit: Limit, start: datetime, stops: Sequence[Interval]) -> dict[str, str]:
    return {"limit": write_limit(limit), "start": start.isoformat(), "pauses": _list(stops)}


def law_p3(subject: Subject, draw: Draw, count: Count = count_due) -> Counterexample | None:
    """What is left when a clock is stopped is left when it runs on; before any rolling."""
    where, limit, start = _start(subject, draw)
    calendar, rules = subject.rules.calendar, subject.policy.time
    if isinstance(limit, CalendarDays):
        limit, rules = CalendarDays(limit.n), TimeRules(rules.day_end, rules.cutoff)
    try:
        begun = start_day(limit, start, calendar, rules)
        before = count(limit, start, calendar, rules)
        if isinstance(limit, ClockHours | WorkingHours):
            first = start + draw.integer(0, max(0, (before - start) // MINUTE - 1)) * MINUTE
            until, back = first + draw.integer(1, 20_000) * MINUTE, timedelta(0)
        else:  # at midnights, seen from the end of the day before
            last = max(1, (local_day(before - MINUTE) - begun).days)
            first = at_local(begun + draw.integer(1, last) * DAY)
            until, back = first + draw.integer(1, 20) * DAY, timedelta(microseconds=1)
        if first >= before:
            return None
        stop = Interval(first, until)
        after = count(limit, start, calendar, rules, (stop,))
        digest = calendar.digest
        left = remaining(Deadline(limit, start, before, digest), first - back, calendar, rules)
        then = remaining(Deadline(limit, start, after, digest), until - back, calendar, rules)
    except OutsideCalendarError:
        return None
    if left == then:
        return None
    text = (
        f"{write_limit(limit)},{show_instant(start)}起算,{_shown(stop)}中止:"
        f"中止时{left},恢复时{then};应当不变"
    )
    return Counterexample(text=text, where=where, inputs=_inputs(limit, start, [stop]))


def law_p6(subject: Subject, draw: Draw, count: Count = count_due) -> Counterexample | None:
    """A longer pause never makes a clock due earlier."""
    where, limit, start = _start(subject, draw)
    stops = _stops(start, draw)
    last = stops[-1]
    longer = Interval(last.first, last.until + draw.integer(1, 14_400) * MINUTE)
    calendar, rules = subject.rules.calendar, subject.policy.time
    try:
        short = count(limit, start, calendar, rules, stops)
        long = count(limit, start, calendar, rules, [*stops[:-1], longer])
    except OutsideCalendarError:
        return None
    if long >= short:
        return None
    text = (
        f"{write_limit(limit)},{show_instant(start)}起算,中止{_list(stops)}:到期{show_due(short)};"
        f"最后一次延长为{_shown(longer)},反而{show_due(long)}到期"
    )
    return Counterexample(text=text, where=where, inputs=_inputs(limit, start, stops))


def check_p2(subject: Subject) -> Outcome:
    """Drawn."""
    return _drawn(subject, "P2", law_p2)


def check_p3(subject: Subject) -> Outcome:
    """Drawn."""
    return _drawn(subject, "P3", law_p3)


def check_p6(subject: Subject) -> Outcome:
    """Drawn."""
    return _drawn(subject, "P6", law_p6)


def _drawn(
    subject: Subject, property_id: str, law: Callable[[Subject, Draw], Counterexample | None]
) -> Outcome:
    absent = pauses_absent(subject.policy)
    return Outcome(absent=absent) if absent else search(subject, property_id, law)
