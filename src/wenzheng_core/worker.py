"""The worker: a loop that sweeps and delivers for some offices, beside as many others as you like.

The database holds the truth and the worker only looks at the time. Killing it loses nothing; two of
them share the work by leases; what a lease or a clock gets wrong the store refuses.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import attrs

from wenzheng_core.clock import SystemClock, elapsed, unique_name
from wenzheng_core.delivering import LEASE, LOT, DeliveryReport
from wenzheng_core.domain.instants import utc
from wenzheng_core.leasing import Leasing, never
from wenzheng_core.office import BATCH, Office
from wenzheng_core.ports import TimeSource
from wenzheng_core.redelivery import RetrySchedule
from wenzheng_core.sweeping import SweepReport

LOG = logging.getLogger("wenzheng")

FIRST_REST = timedelta(seconds=1)
LONGEST_REST = timedelta(minutes=1)


@attrs.define
class ClockGuard:
    """Tells a wall clock that was set from one that ran on.

    A clock a month ahead would fire cards that nobody has earned, and a card that was shown is
    never taken back. So a jump stops the work until the clock is what it was before, and the hours
    run since; or until a person says that it is right now, by starting a worker anew.

    Attributes:
        elapsed: for how long the machine has run, whatever the wall clock says.
        tolerance: how far the two may part between two looks.
        accept: go on by whatever the wall clock says.
    """

    elapsed: Callable[[], timedelta] = elapsed
    tolerance: timedelta = timedelta(minutes=5)
    accept: bool = False
    _wall: datetime | None = None
    _run: timedelta = timedelta(0)

    def jump(self, now: datetime) -> timedelta | None:
        """By how much the clock is off; None while it may be trusted."""
        run = self.elapsed()
        off = timedelta(0) if self._wall is None else now - self._wall - (run - self._run)
        if abs(off) > self.tolerance and not self.accept:
            return off
        self._wall, self._run = now, run
        return None


@attrs.frozen(kw_only=True)
class OfficeStep:
    """What one step did for one office; ``failed`` says what kept it from doing more.

    ``resting``: it failed a moment ago and was left alone this time.
    """

    tenant: str
    swept: SweepReport | None = None
    delivered: DeliveryReport | None = None
    failed: str = ""
    resting: bool = False

    @property
    def busy(self) -> bool:
        """Whether there is something to tell."""
        swept, sent = self.swept or SweepReport(), self.delivered or DeliveryReport()
        counts = (swept.cases, swept.settled, swept.made, swept.failed, swept.unheard, swept.lost)
        return bool(self.failed or any(counts) or sent != DeliveryReport())

    @property
    def more(self) -> bool:
        """Whether it sent all that a step may send, so that more may be waiting."""
        return self.delivered is not None and self.delivered.sent >= LOT


@attrs.frozen(kw_only=True)
class StepReport:
    """What one step did, office by office; ``jump`` is by how much the clock is off, if it is."""

    at: datetime
    offices: tuple[OfficeStep, ...] = ()
    jump: timedelta | None = None

    @property
    def busy(self) -> bool:
        """Whether there is something to tell."""
        return self.jump is not None or any(step.busy for step in self.offices)

    @property
    def more(self) -> bool:
        """Whether the next step should follow at once."""
        return any(step.more for step in self.offices)


@attrs.define
class _Rest:
    """How long an office is left alone that failed: longer each time, until it does not fail."""

    failures: int = 0
    until: timedelta | None = None

    def failed(self, run: timedelta) -> None:
        self.until = run + min(FIRST_REST * 2 ** min(self.failures, 16), LONGEST_REST)
        self.failures += 1

    def over(self, run: timedelta) -> bool:
        return self.until is None or run >= self.until


@attrs.frozen
class _Steady:
    """The time within one step: the instant at which it began, and what has run since.

    Whatever is done to the wall clock meanwhile, neither leases nor receipts are dated by it.
    """

    at: datetime
    run: timedelta
    elapsed: Callable[[], timedelta]

    def now(self) -> datetime:
        return self.at + (self.elapsed() - self.run)


@attrs.define(kw_only=True)
class Worker:
    """Sweeps and delivers for some offices, at any number of places at once.

    Attributes:
        offices: for whom it works; each tenant once.
        holder: what the leases are taken by: a name that no other worker has, nor this one after a
            restart. A fresh one if none is given.
        lease: how long another worker waits for one that died in the middle of a part.
        idle: how long it waits when it is through.
        clock: by which a step begins; within it, it goes by the machine's own time. The offices'
            clocks are not asked.
        guard: what tells it that the clock was set.
        sweeps, delivers: what it does: both, unless told otherwise. A step sends a lot at most, so
            that a slow channel never keeps a card waiting for long; where even that is too long,
            one worker sweeps and another one delivers.
    """

    offices: Sequence[Office]
    holder: str = attrs.field(factory=unique_name)
    lease: timedelta = timedelta(seconds=30)
    idle: timedelta = timedelta(seconds=5)
    clock: TimeSource = SystemClock()
    guard: ClockGuard = attrs.field(factory=ClockGuard)
    batch: int = BATCH
    delivery_lease: timedelta = LEASE
    retries: RetrySchedule = RetrySchedule()
    sweeps: bool = True
    delivers: bool = True
    _rests: dict[str, _Rest] = attrs.field(factory=dict, init=False)

    def step(
        self, now: datetime | None = None, *, stopped: Callable[[], bool] = never
    ) -> StepReport:
        """Do once what is due for every office; one that fails holds up no other."""
        at = utc(now or self.clock.now())
        jump = self.guard.jump(at)
        if jump is not None:
            LOG.warning("clock off by %d s: nothing is swept or delivered", jump.total_seconds())
            return StepReport(at=at, jump=jump)
        clock = _Steady(at, self.guard.elapsed(), self.guard.elapsed)
        steps = [
            self._office(attrs.evolve(office, clock=clock), at, stopped)
            for office in self.offices
            if not stopped()
        ]
        return StepReport(at=at, offices=tuple(steps))

    def run(self, stop: threading.Event, told: Callable[[StepReport], None] | None = None) -> None:
        """Step after step until ``stop`` is set; a step ends with the batch that it is at then.

        ``told`` is called with the report of each step.
        """
        while not stop.is_set():
            report = self.step(stopped=stop.is_set)
            if told is not None:
                told(report)
            if not report.more:
                stop.wait(self.idle.total_seconds())

    def _office(self, office: Office, at: datetime, stopped: Callable[[], bool]) -> OfficeStep:
        tenant = office.storage.tenant
        leasing = Leasing(self.holder, self.lease, office.clock.now, stopped)
        rest = self._rests.setdefault(tenant, _Rest())
        if not rest.over(self.guard.elapsed()):
            return OfficeStep(tenant=tenant, resting=True)
        swept = delivered = None
        try:
            if self.sweeps:
                swept = office.sweep(at, batch=self.batch, leasing=leasing)
            if self.delivers:
                delivered = self._deliver(office, at, stopped)
        except Exception as error:  # a database that is away, a plugin's bug: the others go on
            rest.failed(self.guard.elapsed())
            LOG.warning("tenant %s failed: %s", tenant, type(error).__name__)
            reason = str(error) or type(error).__name__
            return OfficeStep(tenant=tenant, swept=swept, failed=reason)
        self._rests[tenant] = _Rest()
        _log(tenant, swept or SweepReport(), delivered or DeliveryReport())
        return OfficeStep(tenant=tenant, swept=swept, delivered=delivered)

    def _deliver(self, office: Office, at: datetime, stopped: Callable[[], bool]) -> DeliveryReport:
        return office.deliver(
            at,
            limit=LOT,
            holder=self.holder,
            lease=self.delivery_lease,
            retries=self.retries,
            stopped=stopped,
        )


def _log(tenant: str, swept: SweepReport, delivered: DeliveryReport) -> None:
    """One line of counts: neither texts nor persons belong in a log."""
    counts = {
        "cases": swept.cases,
        "fired": sum(swept.fired.values()),
        "settled": swept.settled,
        "made": len(swept.made),
        "unheard": len(swept.unheard),
        "undecided": len(swept.failed) + len(delivered.unnoted),
        "skipped": swept.skipped,
        "lost": swept.lost,
        "sent": delivered.sent,
        "unsent": len(delivered.failed),
        "dead": len(delivered.dead),
    }
    words = " ".join(f"{name}={count}" for name, count in counts.items() if count)
    if words:
        LOG.info("tenant %s %s", tenant, words)
