"""Deriving every stored decision again: same inputs, same rules, same days, same answer.

A history carries its decisions. Each start and move of a clock, and each rung that fired, is here
counted once more from what it was counted from: the case as it stood before it, the facts, the
limit, the version of the policy and the calendar that it names. What comes out otherwise is a
:class:`Difference` that says what changed. A calendar of then is rebuilt from the notices that were
out then; what only a later notice would have made otherwise is told apart, for nothing is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any

import attrs

from wenzheng_core.domain.actors import SYSTEM
from wenzheng_core.domain.calendars import Calendar, build_calendar
from wenzheng_core.domain.cases import Case, Clock
from wenzheng_core.domain.clockrules import TimeLimit
from wenzheng_core.domain.commands import Request, Tick
from wenzheng_core.domain.drafts import Draft, Rules
from wenzheng_core.domain.dues import decided, fared
from wenzheng_core.domain.errors import WenzhengError
from wenzheng_core.domain.escalation import Scheduled
from wenzheng_core.domain.events import ClockMoved, ClockStarted, Record, Resumed, RungFired
from wenzheng_core.domain.evolving import evolve
from wenzheng_core.domain.evolving.folding import MIGRATED, REGRADED
from wenzheng_core.domain.evolving.timing import run_before
from wenzheng_core.domain.instants import last_day_before, local_day, show_day, show_due
from wenzheng_core.domain.limits import CommittedDate
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.timelimits import Deadline

Decided = ClockStarted | ClockMoved | RungFired
Key = tuple[str, str, int]

_PAUSE_ENDED = ("resumed", "pause_lapsed")
_COUNTED = ("due", "cut_by", "cut_from", "not_before", "awaits", "rungs")
_WORDS = {
    "due": "到期",
    "cut_by": "提前所依的时限",
    "cut_from": "提前以前的到期",
    "not_before": "最早到期",
    "awaits": "所待放假安排的年份",
    "rungs": "阶梯",
    "row": "适用的规则",
    "candidates": "各规则的取舍",
    "limit": "时限",
    "stops": "止于",
    "soft": "是否一般要求",
    "basis": "依据",
    "scheduled": "阶梯的时刻",
    "act": "阶梯的措施",
    "policy": "办法",
    "calendar": "日历",
    "case": "办件",
}


class Cause(StrEnum):
    """Why a decision does not come out as it is stored.

    ``RESULT``: same rules, same days, another answer: the engine or the record was changed.
    ``POLICY_GONE``, ``CALENDAR_GONE``: what it names cannot be had any more, and by the present
    calendar the answer is another one. ``NEWER_CALENDAR``: it comes out as stored; a notice issued
    since would give another day to a deadline that still stands.
    """

    RESULT = "result"
    POLICY_GONE = "policy_gone"
    CALENDAR_GONE = "calendar_gone"
    NEWER_CALENDAR = "newer_calendar"

    @property
    def real(self) -> bool:
        """Whether the decision no longer re-derives."""
        return self is not Cause.NEWER_CALENDAR


@attrs.frozen(kw_only=True)
class Difference:
    """One thing of one stored decision that comes out otherwise.

    Attributes:
        version: the number of the record in its case; 0 for the case as a whole.
        what: the kind of event; clock, unit, epoch: whose decision; rung: for a rung.
        field: which part of it; stored, found: both, as words.
        day: for another calendar, the first day that counts otherwise; None if none can be named.
    """

    version: int
    what: str
    clock: str = ""
    unit: str = ""
    epoch: int = 0
    rung: str = ""
    cause: Cause
    field: str
    stored: str
    found: str
    day: date | None = None

    @property
    def text(self) -> str:
        """The difference in Chinese."""
        whose = "、".join(part for part in (self.clock, self.unit, self.rung) if part)
        head = f"第{self.version}条记录({whose})" if self.version else "办件"
        both = f"{_WORDS.get(self.field, self.field)}记录为{self.stored},重算为{self.found}"
        day = f";首个不同的日子:{show_day(self.day)}" if self.day else ""
        match self.cause:
            case Cause.POLICY_GONE:
                return f"{head}:所依据的办法(摘要 {self.stored})未安装,无法重算;请恢复原文件"
            case Cause.CALENDAR_GONE:
                gone = "所依据的日历无法由现有放假安排还原,按现有日历重算"
                return f"{head}:{gone}:{both}"
            case Cause.NEWER_CALENDAR:
                return f"{head}:按当时的日历重算一致;按现有日历{both}{day}"
            case Cause.RESULT:
                return f"{head}:依据未变而结果不同:{both}"


def rederive(
    case: Case, records: Sequence[Record], rules: Rules, versions: Iterable[Policy] = ()
) -> tuple[Difference, ...]:
    """What comes out otherwise of the decisions of a case; empty if all of them re-derive.

    ``records`` is its whole history, ``rules`` what it is judged by now, ``versions`` are other
    versions of the policy that it may have been judged by before a migration. Pure; does not raise
    for what it finds.
    """
    policies = {policy.digest: policy for policy in (*versions, rules.policy)}
    return tuple(_Again(rules, policies, _last_of_each(records)).all(case, records))


def _last_of_each(records: Sequence[Record]) -> Mapping[Key, int]:
    """The number of the last decision on each clock: the one that stands."""
    last: dict[Key, int] = {}
    for record in records:
        event = record.event
        if isinstance(event, ClockStarted | ClockMoved):
            last[event.clock, event.unit, event.epoch] = record.version
    return last


@attrs.define
class _Again:
    """One history counted again."""

    rules: Rules
    policies: Mapping[str, Policy]
    standing: Mapping[Key, int]
    _resumed: datetime | None = None

    def all(self, case: Case, records: Sequence[Record]) -> Iterator[Difference]:
        before: Case | None = None
        for record in records:
            if before is not None and isinstance(record.event, Decided):
                yield from self._one(before, record, record.event)
            if isinstance(record.event, Resumed):
                self._resumed = record.event.at
            before = evolve(before, record)
        if before != case:
            names = [f.name for f in attrs.fields(Case)]
            differs = [x for x in names if getattr(before, x, None) != getattr(case, x)]
            yield Difference(
                version=0,
                what="Case",
                cause=Cause.RESULT,
                field="case",
                stored="快照",
                found=f"由记录重建的另一样({'、'.join(differs)})",
            )

    def _one(self, before: Case, record: Record, event: Decided) -> Iterator[Difference]:
        digest = event.policy or before.policy_digest
        ruled = digest if isinstance(event, RungFired) else event.ruled or digest
        for name in dict.fromkeys((digest, ruled)):
            if name not in self.policies:
                gone = Cause.POLICY_GONE
                yield self._difference(record, event, gone, "policy", name, "未安装")
                return
        clock = _clock_of(before, (event.clock, event.unit, event.epoch))
        named = event.calendar or (clock.calendar if clock else "")
        then = calendar_of(named, self.rules.calendar) if named else self.rules.calendar
        cause = Cause.RESULT if then else Cause.CALENDAR_GONE
        used = then or self.rules.calendar
        stored, found = self._both(before, record, event, used)
        differing = [name for name in stored if stored[name] != found[name]]
        for name in differing:
            yield self._difference(record, event, cause, name, stored[name], found[name])
        if not differing and self._stands(record, event) and used is not self.rules.calendar:
            yield from self._by_now(before, record, event, used)

    def _stands(self, record: Record, event: Decided) -> bool:
        key = (event.clock, event.unit, event.epoch)
        return not isinstance(event, RungFired) and self.standing.get(key) == record.version

    def _by_now(
        self, before: Case, record: Record, event: Decided, then: Calendar
    ) -> Iterator[Difference]:
        """What the calendar at hand would make of a decision that comes out by that of then."""
        now = self.rules.calendar
        stored, found = self._both(before, record, event, now)
        if stored.get("due") == found.get("due") or isinstance(event, RungFired):
            return
        begun = event.started if isinstance(event, ClockStarted) else _begun(before, event)
        ends = [at for at in (stored.get("due"), found.get("due")) if isinstance(at, datetime)]
        through = max(map(last_day_before, ends), default=local_day(begun))
        changed = first_difference(then, now, local_day(begun), through)
        newer, both = Cause.NEWER_CALENDAR, (stored.get("due"), found.get("due"))
        yield attrs.evolve(self._difference(record, event, newer, "due", *both), day=changed)

    def _both(
        self, before: Case, record: Record, event: Decided, calendar: Calendar
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """What is stored of the decision, and what comes out; of what cannot be counted, why."""
        rules = attrs.evolve(self.rules, calendar=calendar)
        rules = attrs.evolve(rules, policy=self.policies[event.policy or before.policy_digest])
        try:
            if isinstance(event, RungFired):
                found = _rung(before, event, rules)
            else:
                found = self._count(before, record, event, rules)
        except WenzhengError as error:
            name = "scheduled" if isinstance(event, RungFired) else "due"
            return {name: getattr(event, name)}, {name: f"无法重算:{error}"}
        stored = {name: getattr(event, name) for name in found}
        if not isinstance(event, RungFired) and not event.candidates:  # older than the field
            found.pop("candidates", None)
            stored.pop("candidates", None)
        return stored, found

    def _count(
        self, before: Case, record: Record, event: ClockStarted | ClockMoved, rules: Rules
    ) -> dict[str, Any]:
        key = (event.clock, event.unit, event.epoch)
        if isinstance(event, ClockStarted):
            clock, started, as_of = run_before(before, key, event.started), event.started, record.at
        else:
            moved = _clock_of(before, key)
            if moved is None:
                return {"row": "没有这一时限"}
            clock, started, as_of = moved, moved.started, self._as_of(record, event)
        if clock is not None:
            migrated = record.at if _cause(event) == MIGRATED else clock.migrated
            bounds: dict[str, Any] = dict(floor=event.floor, ceiling=event.ceiling)
            counted = attrs.evolve(clock, migrated=migrated, **bounds)
        else:
            counted = None
        held = attrs.evolve(before, facts=event.facts)
        draft = Draft(before.id, held, Request(Tick(), SYSTEM, record.at), rules)
        row = TimeLimit(within=event.limit, basis=event.basis, soft=event.soft, stops=event.stops)
        fields = decided(draft, event.clock, event.row, row, started, counted, as_of)
        return {name: fields[name] for name in _COUNTED} | self._chosen(event, clock, rules)

    def _as_of(self, record: Record, event: ClockMoved) -> datetime:
        if event.counted is not None:
            return event.counted
        unsaid = not event.policy and event.cause in _PAUSE_ENDED  # older than the field
        return self._resumed if unsaid and self._resumed else record.at

    def _chosen(
        self, event: ClockStarted | ClockMoved, clock: Clock | None, rules: Rules
    ) -> dict[str, Any]:
        """The row and what it says, from the table where it was asked, else as it was before."""
        rule = next((rule for rule in rules.policy.clocks if rule.id == event.clock), None)
        if clock is not None and not _judged(event):
            kept: dict[str, Any] = {"row": clock.row, "candidates": clock.candidates}
            if _cause(event) != "promised":
                kept["limit"] = clock.limit
            return kept | {"stops": clock.stops, "soft": clock.soft, "basis": clock.basis}
        if rule is None:  # a limit that somebody set by hand: it is its own input
            return {"candidates": ()}
        choice = rules.policy.limit(event.clock, event.facts)
        found: dict[str, Any] = {
            "row": choice.row,
            "candidates": fared(rules.policy, event.clock, event.facts),
            "stops": rule.stops_in(choice.value),
            "soft": choice.value.soft,
            "basis": choice.value.basis,
        }
        promised = choice.value.promise is not None and isinstance(event.limit, CommittedDate)
        if not choice.value.office_may_shorten and not promised:
            found["limit"] = choice.value.within
        return found

    def _difference(
        self, record: Record, event: Decided, cause: Cause, field: str, stored: Any, found: Any
    ) -> Difference:
        return Difference(
            version=record.version,
            what=type(event).__name__,
            clock=event.clock,
            unit=event.unit,
            epoch=event.epoch,
            rung=event.rung if isinstance(event, RungFired) else "",
            cause=cause,
            field=field,
            stored=_shown(stored),
            found=_shown(found),
        )


def _rung(before: Case, event: RungFired, rules: Rules) -> dict[str, Any]:
    clock = _clock_of(before, (event.clock, event.unit, event.epoch))
    rung = next((rung for rung in rules.policy.rungs if rung.id == event.rung), None)
    if rung is None or clock is None or clock.due is None or clock.limit is None:
        return {"scheduled": "没有这一级阶梯"}
    ends = Deadline(clock.limit, clock.started, clock.due, clock.calendar)
    found: dict[str, Any] = {"scheduled": rung.at.of(ends, rules.calendar), "act": rung.act}
    return found | ({"due": clock.due} if event.due else {})


def _judged(event: ClockStarted | ClockMoved) -> bool:
    """Whether the table of the version that counted was asked for the row."""
    if isinstance(event, ClockStarted):
        return True
    return event.cause == REGRADED or (event.cause == MIGRATED and not event.ruled)


def _cause(event: ClockStarted | ClockMoved) -> str:
    return event.cause if isinstance(event, ClockMoved) else ""


def _clock_of(case: Case, key: Key) -> Clock | None:
    return next((clock for clock in case.clocks if clock.key == key), None)


def _begun(before: Case, event: Decided) -> datetime:
    clock = _clock_of(before, (event.clock, event.unit, event.epoch))
    return clock.started if clock else before.opened


def _shown(value: Any) -> str:
    if isinstance(value, datetime):
        return show_due(value)
    if isinstance(value, tuple):
        return "、".join(map(_shown, value)) or "无"
    if isinstance(value, Scheduled):
        return f"{value.rung} {show_due(value.at)}"
    return "无" if value is None else str(value)


# Calendars


def calendar_of(digest: str, calendar: Calendar) -> Calendar | None:
    """The calendar of that digest: this one, or this one as it was known on an earlier day.

    None where no notice of it, left out from the last backwards, leads to that digest.
    """
    if digest == calendar.digest:
        return calendar
    issued = sorted({edition.notice.issued for edition in calendar.data.editions}, reverse=True)
    for day in issued:
        known = _known_before(calendar, day)
        if known is not None and known.digest == digest:
            return known
    return None


@lru_cache(64)
def _known_before(calendar: Calendar, day: date) -> Calendar | None:
    data = calendar.data.known_on(day - timedelta(days=1))
    if not any(edition.year is not None for edition in data.editions):
        return None
    return build_calendar(data)


def first_difference(one: Calendar, other: Calendar, first: date, last: date) -> date | None:
    """The first day in [``first``, ``last``] that is worked by one and not by the other, or known so."""
    low, high = max(first, one.first, other.first), min(last, one.last, other.last)
    days = [low + timedelta(days=n) for n in range((high - low).days + 1)]
    worked = (d for d in days if one.is_working(d) != other.is_working(d))
    known = (d for d in days if one.is_settled(d) != other.is_settled(d))
    return next(worked, None) or next(known, None)
