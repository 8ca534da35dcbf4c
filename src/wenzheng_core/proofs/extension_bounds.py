"""X2: however a case is paused and extended, a limit has an outer bound, and it is the declared one.

The declared bound of a limit is itself, the most it may be extended, and the caps of all grounds on
which it may stand still, each with one day more for the day on which a pause begins. The engine is
tried with the histories that go farthest: more time than there is, one pause to its cap, and the
shortest pause over the end of every day.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache

import attrs

from wenzheng_core.domain import commands as c
from wenzheng_core.domain.actors import SYSTEM, Actor
from wenzheng_core.domain.calendars import Calendar
from wenzheng_core.domain.deciding import decide
from wenzheng_core.domain.errors import OutsideCalendarError
from wenzheng_core.domain.instants import end_of, local_day, show_due, show_instant
from wenzheng_core.domain.limits import (
    CalendarDays,
    ClockHours,
    Limit,
    SameDay,
    WorkingDays,
    WorkingHours,
    amount,
    write_limit,
)
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.provisions import ExtensionRule, PauseReason
from wenzheng_core.domain.timelimits import TimeRules, deadline
from wenzheng_core.proofs.extension_laws import asked_stages, day_starts, request_of
from wenzheng_core.proofs.pause_caps import is_length, pause_stages
from wenzheng_core.proofs.reports import Counterexample, Outcome
from wenzheng_core.proofs.staging import CLERK, MINUTE, Decide, Stage, approver_of
from wenzheng_core.proofs.subjects import Subject

_TICK, _DAY = timedelta(microseconds=1), timedelta(days=1)
_MINUTES = 24 * 60


@attrs.frozen
class Bound:
    """How far a limit can reach: itself, what may be added, and what it may stand still."""

    limit: Limit
    extension: Limit | None
    caps: tuple[Limit, ...]

    @classmethod
    def of(cls, policy: Policy, clock: str, limit: Limit) -> Bound:
        """As the policy declares it for a clock."""
        own = [x.at_most for x in policy.extensions if x.clock == clock]
        own = [most for most in own if type(most) is type(limit)]
        reasons = policy.pause_reasons
        caps = tuple(x.at_most for x in reasons if not x.clocks or clock in x.clocks)
        return cls(limit, max(own, key=amount, default=None), caps)

    def __str__(self) -> str:
        words = [write_limit(self.limit)]
        if self.extension is not None:
            words.append(f"延期{write_limit(self.extension)}")
        return "、".join([*words, *(f"中止{write_limit(cap)}" for cap in self.caps)])

    def due(self, start: datetime, calendar: Calendar, rules: TimeRules) -> datetime:
        """The latest instant at which the limit can end. Raises OutsideCalendarError."""
        still = sum(_in_unit(self.limit, cap, calendar, rules) + 1 for cap in self.caps)
        due = self._stood(still, start, calendar, rules)
        if self.extension is None:
            return due
        return deadline(self.extension, due - _TICK, calendar, rules).due

    def _stood(self, still: int, start: datetime, calendar: Calendar, rules: TimeRules) -> datetime:
        if not still:
            return deadline(self.limit, start, calendar, rules).due
        match self.limit:
            case WorkingDays(n):
                return deadline(WorkingDays(n + still), start, calendar, rules).due
            case CalendarDays(n, roll) if roll or rules.rolls:
                # On the eve of a day on which it may not end, each pause costs a working day.
                plain = TimeRules(rules.day_end, rules.cutoff)
                last = deadline(CalendarDays(n), start, calendar, plain).due_day
                return end_of(calendar.add_working_days(last, still), rules.day_end)
            case CalendarDays(n):
                return deadline(CalendarDays(n + still), start, calendar, rules).due
            case ClockHours(minutes):
                longer = ClockHours(minutes + still * _MINUTES)
                return deadline(longer, start, calendar, rules).due
            case WorkingHours(minutes):
                longer_ = WorkingHours(minutes + still * _office_minutes(rules))
                return deadline(longer_, start, calendar, rules).due
            case _:
                return deadline(CalendarDays(still), start, calendar, rules).due


def _office_minutes(rules: TimeRules) -> int:
    spans = [(b.hour - a.hour) * 60 + b.minute - a.minute for a, b in rules.office_hours]
    return max(1, sum(spans))


def _in_unit(limit: Limit, cap: Limit, calendar: Calendar, rules: TimeRules) -> int:
    """The most days of the limit's kind that a cap can take out, but for the day it begins on."""
    match cap:
        case ClockHours(minutes):
            return -(-minutes // _MINUTES)
        case WorkingHours(minutes):
            cap = WorkingDays(-(-minutes // _office_minutes(rules)))
        case _:
            pass
    n = amount(cap)
    if isinstance(cap, CalendarDays) or isinstance(limit, WorkingDays | WorkingHours):
        return n
    return _widest(n, calendar)


@lru_cache(maxsize=64)
def _widest(n: int, calendar: Calendar) -> int:
    """The most days from a working day to the ``n``-th after it."""
    worked = calendar.working_days
    return max(((b - a).days for a, b in zip(worked, worked[n:], strict=False)), default=7 * n)


def check_x2(subject: Subject, engine: Decide = decide) -> Outcome:
    """The declared bound of every limit over every day, and the engine held against it."""
    policy = subject.policy
    if not policy.extensions and not policy.pause_reasons:
        return Outcome(absent="本办法没有规定延期和中止")
    failures = list(_unbounded(policy))
    if failures:
        return Outcome(checked=len(failures), domain="各项延期与中止", failures=tuple(failures))
    farthest, checked, limits = _farthest(subject)
    for text, where in _beyond(subject, engine):
        checked += 1
        if text:
            failures.append(Counterexample(text=text, where=where))
    domain = f"{limits}种时限 × {len(subject.days):,}日;{farthest};引擎上走到最远的各种经过"
    return Outcome(checked=checked, domain=domain, failures=tuple(failures))


def _unbounded(policy: Policy) -> Iterator[Counterexample]:
    for index, rule in enumerate(policy.extensions):
        if rule.times < 1 or not is_length(rule.at_most):
            text = f"「{policy.title_of(rule.clock)}」的延期没有限定次数或长短"
            yield Counterexample(text=text, where=f"$.extension[{index}]", mend="写明次数和上限")
    for index, reason in enumerate(policy.pause_reasons):
        if not is_length(reason.at_most):
            text = f"中止事由「{reason.title}」没有上限,时限可以无限期拖下去"
            yield Counterexample(text=text, where=f"$.pause[{index}].at_most", mend="写一段时间")


def bounded_limits(policy: Policy) -> dict[Bound, str]:
    """The bounds of all limits that can be moved, each with where the first of them stands."""
    found: dict[Bound, str] = {}
    for index, rule in enumerate(policy.clocks):
        for place, row in enumerate(rule.limits.rows):
            within = row.value.within
            if within is None or not (is_length(within) or isinstance(within, SameDay)):
                continue
            bound = Bound.of(policy, rule.id, within)
            if bound.extension is not None or bound.caps:
                found.setdefault(bound, f"$.clock[{index}].limit[{place}]")
    return found


def _farthest(subject: Subject) -> tuple[str, int, int]:
    """The longest that any limit can take, over every day, in words; how much was counted."""
    policy, calendar = subject.policy, subject.rules.calendar
    longest, words, checked = timedelta(0), "无", 0
    bounds = bounded_limits(policy)
    for bound in bounds:
        for start in day_starts(subject, bound.limit):
            try:
                took = bound.due(start, calendar, policy.time) - start
            except OutsideCalendarError:
                break  # nothing is known of what comes later
            checked += 1
            if took > longest:
                longest = took
                words = f"最长{-(-took // _DAY)}日({bound},{show_instant(start)}起算)"
    return words, checked, len(bounds)


# The engine


def _beyond(subject: Subject, engine: Decide) -> Iterator[tuple[str, str]]:
    """For each history that goes far: what goes beyond the bound, "" if nothing does; and where."""
    for index, rule in enumerate(subject.policy.extensions):
        for stage, asker in asked_stages(subject, rule, engine):
            yield _asked_too_much(stage, rule, asker), f"$.extension[{index}]"
    tried: set[tuple[str, Limit | None]] = set()
    for index, reason in enumerate(subject.policy.pause_reasons):
        where = f"$.pause[{index}].at_most"
        for clock, stage in pause_stages(subject, reason, engine):
            key = clock, _limit_of(stage, clock)
            for way in (_to_the_cap, _night_by_night) if key not in tried else ():
                yield way(stage.copy(), clock), where
            tried.add(key)


def _asked_too_much(stage: Stage, rule: ExtensionRule, asker: Actor) -> str:
    most = amount(rule.at_most)
    grant, by = c.GrantExtension(clock=rule.clock), approver_of(rule.approver)
    named = stage.rules.policy.title_of(rule.clock)

    def given(way: Stage, n: int) -> bool:
        return way.do(request_of(rule, n), asker) is not None and way.do(grant, by) is not None

    if given(stage.copy(), most + 1):
        return f"「{named}」一次延期{most + 1},超过上限{write_limit(rule.at_most)}仍得成"
    twice = stage.copy()
    if given(twice, most) and given(twice, 1):
        return f"「{named}」已延期{write_limit(rule.at_most)},又得延期"
    often = stage.copy()
    times = sum(given(often, 1) for _ in range(min(rule.times, most) + 1))
    if times > rule.times:
        return f"「{named}」最多延期{rule.times}次,却得成{times}次"
    return _over(twice, rule.clock, f"延期{write_limit(rule.at_most)}")


def _to_the_cap(stage: Stage, clock: str) -> str:
    said = []
    for reason in _grounds(stage, clock):
        stage.do(c.Pause(reason=reason.code), approver_of(reason.approver))
        if stage.case.pause is not None:
            said.append(reason.title)
            stage.do(c.Tick(), SYSTEM, stage.case.pause.until)
    return _over(stage, clock, f"先后以{'、'.join(said)}为由各中止到上限")


def _limit_of(stage: Stage, clock: str) -> Limit | None:
    return next((x.limit for x in stage.case.running if x.id == clock), None)


def _grounds(stage: Stage, clock: str) -> list[PauseReason]:
    return [x for x in stage.rules.policy.pause_reasons if not x.clocks or clock in x.clocks]


def _night_by_night(stage: Stage, clock: str) -> str:
    """The shortest pause over the end of every day on which the clock would count."""
    rules, held, grounds = stage.rules, 0, _grounds(stage, clock)
    worked = isinstance(_limit_of(stage, clock), WorkingDays)
    day, nights = local_day(stage.case.updated), sum(amount(x.at_most) for x in grounds)
    try:
        # Of days without rolling each pause costs one; with rolling the bound itself is wider.
        for _ in range(nights + 2 * len(grounds) + 2 if worked else 2 * nights + 20):
            if worked:
                day = rules.calendar.next_working(day)
            end = end_of(day, rules.policy.time.day_end)
            day += _DAY
            if end - MINUTE <= stage.case.updated:
                continue
            pauses = (
                stage.do(c.Pause(reason=x.code), approver_of(x.approver), end - MINUTE)
                for x in grounds
            )
            if not any(pauses):
                break
            stage.do(c.Resume(), CLERK, end + MINUTE)
            held += 1
    except OutsideCalendarError:
        pass  # nothing is known of what comes later
    named = "、".join(reason.title for reason in grounds)
    said = f"以{named}为由,每到一日终了,前1分钟中止、后1分钟恢复,共{held}次"
    return _over(stage, clock, said)


def _over(stage: Stage, clock_id: str, said: str) -> str:
    policy = stage.rules.policy
    clock = next((x for x in stage.case.clocks if x.id == clock_id), None)
    if clock is None or clock.due is None or clock.limit is None or clock.paused_since:
        return ""
    bound = Bound.of(policy, clock_id, clock.limit)
    if not clock.extensions:
        bound = attrs.evolve(bound, extension=None)
    try:
        last = bound.due(clock.started, stage.rules.calendar, policy.time)
    except OutsideCalendarError:
        return ""
    if clock.due <= last:
        return ""
    return (
        f"「{policy.title_of(clock_id)}」{show_instant(clock.started)}起算,{said},"
        f"到期{show_due(clock.due)};按{bound}合计,至迟应为{show_due(last)}"
    )
