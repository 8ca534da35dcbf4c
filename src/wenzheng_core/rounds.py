"""Scheduled work: what a policy's schedules made due since the last sweep, each run once.

A run is known by its schedule and its instant, and its line in the diary is written together with
what it tells: whoever sweeps, however late and however often, makes each run once, with the receipts
of its own window and as things stood at its own instant.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import attrs

from wenzheng_core.cities import City
from wenzheng_core.diary import Telling, find, missing_by_duty, start_key
from wenzheng_core.domain.cadences import AtOnce, Duty
from wenzheng_core.domain.calendars import Calendar
from wenzheng_core.domain.errors import WenzhengError
from wenzheng_core.domain.instants import at_local, last_day_before
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.schedules import Schedule, runs_between, window
from wenzheng_core.leasing import Leasing, Turn, turn_at
from wenzheng_core.ports import Entry, LeaseLostError, Outgoing, Storage, TakenError, Transaction
from wenzheng_core.retrying import in_transaction
from wenzheng_core.runs import Count, Run, Said

LOT = 100
"""How many runs are counted in one pass over the cases: more are due after long outages only."""


ROUNDS = "rounds"
"""The name of the lease under which scheduled work is made."""


@attrs.frozen(kw_only=True)
class RoundsReport:
    """What was made, as keys of the diary, and what could not be, as ``schedule:reason``.

    ``skipped``: another worker had it in hand; ``lost``: another one took it over meanwhile.
    """

    made: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    skipped: int = 0
    lost: int = 0


def make_due(
    storage: Storage,
    city: City,
    calendar: Calendar,
    at: datetime,
    leasing: Leasing | None = None,
) -> RoundsReport:
    """Make every run that is due by ``at``; see :meth:`wenzheng_core.office.Office.sweep`.

    The first sweep that meets a schedule makes nothing of it, and enters from when on it is kept.
    """
    rounds = _Rounds(storage, city, calendar, at)
    due = sorted(rounds.due(), key=lambda run: (run.at, run.key))
    skipped = lost = 0
    if due:
        with turn_at(storage, ROUNDS, leasing) as turn:
            skipped = int(turn is None)
            lost = int(turn is not None and not rounds.make_all(due, turn))
    return RoundsReport(
        made=tuple(rounds.made), failed=tuple(rounds.failed), skipped=skipped, lost=lost
    )


@attrs.frozen
class _Reign:
    """A version of the policy, and the instants in which its runs lie: (``first``, ``until``].

    A run at the midnight with which a version ends is still its own: it tells of its last day.
    """

    policy: Policy
    first: datetime
    until: datetime
    now: bool


@attrs.define
class _Rounds:
    """One sweep's scheduled work."""

    storage: Storage
    city: City
    calendar: Calendar
    now: datetime
    made: list[str] = attrs.field(factory=list)
    failed: list[str] = attrs.field(factory=list)
    _stuck: set[str] = attrs.field(factory=set)
    _unread: list[str] = attrs.field(factory=list)
    _turn: Turn = attrs.field(factory=Turn)

    # What is due

    def due(self) -> Iterator[Run]:
        """The runs since the last one made of each schedule, version by version."""
        for reign in self._reigns():
            for schedule in reign.policy.schedules:
                if not isinstance(schedule.cadence, AtOnce):
                    yield from self._runs(reign, schedule)

    def _reigns(self) -> Iterator[_Reign]:
        begun = [p for p in self.city.versions.versions if at_local(p.valid_from) <= self.now]
        ends = [at_local(policy.valid_from) for policy in begun[1:]]
        for policy, end in zip(begun, [*ends, self.now], strict=False):
            yield _Reign(policy, at_local(policy.valid_from), end, policy is begun[-1])

    def _runs(self, reign: _Reign, schedule: Schedule) -> Iterator[Run]:
        """A schedule's runs in order; where one cannot be told, neither it nor any later one."""
        last = self._last(schedule.id)
        if last is None and reign.now:
            self._begin(reign.policy, schedule)
        if last is None or schedule.id in self._stuck:
            return
        try:
            since = max(reign.first, last)
            for at in runs_between(schedule, since, reign.until, self.calendar):
                yield Run(reign.policy, schedule, at, window(schedule, at, self.calendar))
        except WenzhengError as error:
            self._fail(schedule.id, error)

    def _last(self, schedule: str) -> datetime | None:
        """The last run that was made; before any, from when on the schedule is kept."""
        made = self.storage.last_entry(f"run/{schedule}/")
        entry = made or find(self.storage, start_key(schedule))
        return entry.at if entry else None

    def _begin(self, policy: Policy, schedule: Schedule) -> None:
        body = {"schedule": schedule.id, "kind": schedule.kind.value, "policy": policy.version}
        self._enter(Entry(start_key(schedule.id), self.now, body))

    # What is made

    def make_all(self, due: Sequence[Run], turn: Turn) -> bool:
        """Make runs in one's turn, until a stop; False if another worker took the turn over."""
        self._turn = turn
        try:
            for start in range(0, len(due), LOT):
                if not turn.stopped:
                    self.make(due[start : start + LOT])
        except LeaseLostError:
            return False
        return True

    def make(self, lot: Sequence[Run]) -> None:
        """Count and enter some runs, in one pass over the cases."""
        runs = self._sound(lot)
        listed = [run for run in runs if not isinstance(run.schedule.cadence, Duty)]
        counts = {run.key: run.count() for run in listed}
        try:
            self._count([(run, counts[run.key]) for run in listed])
        except WenzhengError as error:
            for schedule in dict.fromkeys(run.schedule.id for run in listed):
                self._fail(schedule, error)
        for run in self._sound(runs):
            said = self._said(run, counts.get(run.key))
            told = Telling(said.to, said.text, run.handed_over).items(run.key, self.city.units)
            if self._enter(run.entry(said), told):
                self.made.append(run.key)

    def _sound(self, runs: Sequence[Run]) -> list[Run]:
        return [run for run in runs if run.schedule.id not in self._stuck]

    def _count(self, counted: Sequence[tuple[Run, Count]]) -> None:
        if not counted:
            return
        self._unread.clear()
        until = max(run.at for run, _ in counted) + datetime.resolution
        for case in self.storage.scan(received_until=until, broken=self._leave):
            for run, count in counted:
                if run.schedule.speaks_of(case.facts):
                    count.add(case)

    def _leave(self, case_id: str, error: WenzhengError) -> None:
        """A case that cannot be read is told of, here and in what is made without it."""
        self._unread.append(case_id)
        self.failed.append(f"{case_id}:{error}")

    def _said(self, run: Run, count: Count | None) -> Said:
        if count is not None:
            return run.said(count, self.city.units, unread=len(self._unread))
        missing = missing_by_duty(self.storage, run.policy, last_day_before(run.at))
        return run.polled(missing[run.schedule.id])

    def _enter(self, entry: Entry, outgoing: Sequence[Outgoing] = ()) -> bool:
        """Whether it was entered now; if not, another sweep did it."""

        def enter(transaction: Transaction) -> None:
            self._turn.hold(transaction)
            transaction.enter([entry], outgoing)

        try:
            in_transaction(self.storage, enter)
        except TakenError:
            return False
        return True

    def _fail(self, schedule: str, error: WenzhengError) -> None:
        self._stuck.add(schedule)
        self.failed.append(f"{schedule}:{error}")
