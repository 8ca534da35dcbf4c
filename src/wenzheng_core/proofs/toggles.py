"""D11: one day more off never makes anything due earlier, one day more worked never later.

Every day of the last settled year (in a thorough run, of all) is turned round by itself. So that one
calendar tells of many such days, those turned round in it lie further apart than any start reaches:
each start sees one turned day alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

import attrs

from wenzheng_core.domain.calendars import Calendar, Edition, Holiday, Notice, build_calendar
from wenzheng_core.domain.instants import at_local, show_day, show_due, show_instant
from wenzheng_core.domain.limits import Limit, WorkingHours, write_limit
from wenzheng_core.proofs.reports import Counterexample, Grade, Outcome
from wenzheng_core.proofs.subjects import THOROUGH, Subject
from wenzheng_core.proofs.sweep import asks_calendar, earliest, inputs, placed_limits

DAY = timedelta(days=1)
AHEAD = 2
"""So many years beyond the settled ones are kept, for what ends there."""
SPARE = 14
"""How much further than usual a start may reach once a day is off: past the longest holiday."""
MOST_CALENDARS = 128
"""So many calendars are made at most; limits that reach further are looked at by examples."""


def check_calendar_monotone(subject: Subject) -> Outcome:
    """D11, for every limit to which it matters which days are worked."""
    rules = subject.policy.time
    limits = {k: v for k, v in placed_limits(subject.policy).items() if asks_calendar(k, rules)}
    if not limits:
        return Outcome(absent="本办法的时限不看哪一日上班,不受放假安排影响")
    look = _Look(subject, _recent(subject))
    failures: list[Counterexample] = []
    checked = 0
    bases = {limit: look.base(limit) for limit in limits}
    stride = max(look.stride(base) for base in bases.values())
    step = -(-stride // MOST_CALENDARS)
    for phase in range(0, stride, step):
        calendar, turned = look.turned(stride, phase)
        for limit, base in bases.items():
            checked += look.judge(limit, base, calendar, turned)
    whole = step == 1
    for limit, where in limits.items():
        failures += look.failures(limit, where)
    first, last = look.calendar.first, look.calendar.settled_until - DAY
    return Outcome(
        grade=Grade.PROVED if whole else Grade.SAMPLED,
        checked=checked,
        domain=(
            f"{len(limits)}种时限;{first.isoformat()}至{last.isoformat()}"
            f"{'逐日' if whole else f'每隔{step}日'}改为休息或上班,所及的全部收到日,共{checked:,}次"
        ),
        failures=tuple(failures),
    )


def _recent(subject: Subject) -> Calendar:
    """The subject's calendar from its last settled year on; in a thorough run the whole of it."""
    calendar = subject.rules.calendar
    last = (calendar.settled_until - DAY).year
    since = calendar.first.year if subject.profile == THOROUGH else last
    until = last + AHEAD
    data = calendar.data
    return build_calendar(
        attrs.evolve(
            data,
            editions=tuple(e for e in data.editions if e.year is None or e.year >= since),
            expectations=tuple(e for e in data.expectations if e.year <= until),
        )
    )


@attrs.define
class _Look:
    """What has been looked at so far; ``bad`` fills as calendars are judged."""

    subject: Subject
    calendar: Calendar
    bad: dict[Limit, list[tuple[datetime, date]]] = attrs.field(factory=dict)

    def _moments(self, limit: Limit) -> tuple[time, ...]:
        classes = self.subject.policy.time.cutoff or isinstance(limit, WorkingHours)
        return self.subject.moments if classes else (time(9, 30),)

    def base(self, limit: Limit) -> dict[date, list[tuple[datetime, datetime]]]:
        """By day, each start and its end, as the days are arranged."""
        found: dict[date, list[tuple[datetime, datetime]]] = {}
        span = (self.calendar.settled_until - self.calendar.first).days
        for day in (self.calendar.first + n * DAY for n in range(span)):
            for moment in self._moments(limit):
                at = at_local(day, moment)
                if (due := self._due(limit, at, self.calendar)) is not None:
                    found.setdefault(day, []).append((at, due))
        return found

    def stride(self, base: dict[date, list[tuple[datetime, datetime]]]) -> int:
        """How far apart turned days must lie, so that no start sees two."""
        return (
            max(((due - at).days for ends in base.values() for at, due in ends), default=0) + SPARE
        )

    def turned(self, stride: int, phase: int) -> tuple[Calendar, dict[date, bool]]:
        """The calendar with every so-manieth day turned round; of each whether it is now worked."""
        span = (self.calendar.settled_until - self.calendar.first).days
        days = [self.calendar.first + n * DAY for n in range(phase, span, stride)]
        turned = {day: not self.calendar.day(day).worked for day in days}
        edition = Edition(
            Notice("假设的调整", date.max),
            None,
            tuple(Holiday("假设", day, day) for day, worked in turned.items() if not worked),
            tuple(day for day, worked in turned.items() if worked),
        )
        return build_calendar(self.calendar.data.with_editions([edition])), turned

    def judge(
        self,
        limit: Limit,
        base: dict[date, list[tuple[datetime, datetime]]],
        calendar: Calendar,
        turned: dict[date, bool],
    ) -> int:
        """Compare every start whose time holds a turned day; how many there were."""
        seen = 0
        for changed, worked in turned.items():
            for at, due in self._touched(base, changed):
                after = self._due(limit, at, calendar)
                seen += 1
                if after is not None and (after > due if worked else after < due):
                    self.bad.setdefault(limit, []).append((at, changed))
        return seen

    def _touched(
        self, base: dict[date, list[tuple[datetime, datetime]]], changed: date
    ) -> Iterator[tuple[datetime, datetime]]:
        begins, day = at_local(changed), changed
        while day in base:
            touched = [(at, due) for at, due in base[day] if due > begins]
            if not touched:
                return
            yield from touched
            day -= DAY

    def _due(self, limit: Limit, at: datetime, calendar: Calendar) -> datetime | None:
        try:
            return self.subject.count(limit, at, calendar, self.subject.policy.time).due
        except Exception:  # D19 tells of what is no documented error
            return None

    def failures(self, limit: Limit, where: str) -> tuple[Counterexample, ...]:
        """The earliest start of a limit at which it goes wrong, for all of them."""
        bad = sorted(self.bad.get(limit, []))
        return earliest(range(len(bad)), lambda index: self.tell(limit, where, bad[index]))

    def tell(self, limit: Limit, where: str, found: tuple[datetime, date]) -> Counterexample:
        """The example, counted anew with that one day turned round and no other."""
        at, changed = found
        span = (changed - self.calendar.first).days
        alone, turned = self.turned(10**6, span)
        before, after = self._due(limit, at, self.calendar), self._due(limit, at, alone)
        what = "改为上班" if turned[changed] else "改为休息"
        shown = [show_due(due) if due else "无法计算" for due in (before, after)]
        return Counterexample(
            text=(
                f"「{write_limit(limit)}」,{show_instant(at)} 收到:到期为{shown[0]};"
                f"{show_day(changed)}{what}后,反而为{shown[1]}"
            ),
            where=where,
            mend="报告核心的计算有误:多一日休息不应使期限提前,多一日上班不应使期限推后",
            inputs=inputs(limit, at) | {what: changed.isoformat()},
        )
