"""The worker: steps for many offices, rests after failures, stops cleanly, doubts a clock that jumped."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import attrs
import pytest

from wenzheng_core import (
    ClockGuard,
    FixedClock,
    Leasing,
    Office,
    SystemClock,
    WenzhengError,
    Worker,
)
from wenzheng_core.clock import elapsed, unique_name
from wenzheng_core.delivering import LOT
from wenzheng_core.domain.events import RungFired
from wenzheng_core.memory import MemoryChannel, MemoryDatabase, MemoryStorage
from wenzheng_core.ports import Due
from wenzheng_core.sweeping import shard_lease
from wenzheng_core.testing.builders import START, TEXT
from wenzheng_core.testing.offices import assigned, sample_office

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
LATER = START + 30 * DAY
SECOND = timedelta(seconds=1)


@attrs.define
class Time:
    """A wall clock and the machine's own time, both in the test's hands."""

    wall: datetime = LATER
    run: timedelta = HOUR

    def now(self) -> datetime:
        """What the wall clock shows."""
        return self.wall

    def elapsed(self) -> timedelta:
        """For how long the machine has run."""
        return self.run

    def pass_(self, time: timedelta) -> None:
        """Let time pass on both."""
        self.wall += time
        self.run += time


class Away(MemoryStorage):
    """A store whose database may be away."""

    away = True

    def due(self, now: datetime, shard: int, after: Due | None, limit: int) -> tuple[Due, ...]:
        """What is due, if the database is there."""
        if self.away:
            raise WenzhengError("连不上数据库")
        return super().due(now, shard, after, limit)


def _worker(time: Time, *offices: Office, **more: object) -> Worker:
    guard = ClockGuard(elapsed=time.elapsed)
    return Worker(offices=offices, clock=time, guard=guard, **more)  # type: ignore[arg-type]


def _fired(office: Office) -> int:
    return sum(isinstance(fed.record.event, RungFired) for fed in office.feed())


# Steps


def test_a_step_sweeps_and_delivers_for_every_office() -> None:
    """Each tenant's cards fall and are told, and the report says so office by office."""
    database, time = MemoryDatabase(), Time()
    offices = [sample_office(database.open(tenant), clock=time) for tenant in ("a", "b")]
    for office in offices:
        assigned(office, "1", "2")
    worker = _worker(time, *offices)
    report = worker.step()
    assert [step.tenant for step in report.offices] == ["a", "b"]
    for step in report.offices:
        assert step.swept is not None
        assert step.delivered is not None
        assert (step.swept.fired["red_card"], step.delivered.sent) == (2, 4)
    assert report.busy
    assert not worker.step().busy


def test_a_worker_may_only_sweep_or_only_deliver() -> None:
    """What one leaves the other does: cards fall without being sent, then are sent without a sweep."""
    time, office = Time(), sample_office()
    assigned(office, "1")
    (swept,) = _worker(time, office, delivers=False).step().offices
    assert (swept.swept is not None, swept.delivered) == (True, None)
    (sent,) = _worker(time, office, sweeps=False).step().offices
    assert sent.swept is None
    assert sent.delivered is not None
    assert sent.delivered.sent == 2


def test_a_step_sends_one_lot_and_says_that_there_is_more() -> None:
    """A flood of notices is sent lot by lot, so that sweeping has its turn between two lots."""
    time, office = Time(), sample_office()
    assigned(office, *(str(n) for n in range(LOT // 2 + 1)))
    worker = _worker(time, office)
    first, second = worker.step(), worker.step()
    sent = [report.offices[0].delivered for report in (first, second)]
    assert [part.sent for part in sent if part] == [LOT, 2]
    assert [first.more, second.more] == [True, False]


def test_two_workers_share_the_work() -> None:
    """What one has in hand the other skips, and each card falls once."""
    time, office = Time(), sample_office()
    assigned(office, *(str(n) for n in range(20)))
    one, other = _worker(time, office), _worker(time, office)
    assert one.holder != other.holder
    held = office.storage.acquire(shard_lease(3), one.holder, LATER, LATER + HOUR)
    assert held is not None
    for worker in (other, one, other):
        worker.step()
    assert _fired(office) == 40


def test_a_failing_office_stops_no_other() -> None:
    """Its failure is told with the reason; the others' cards fall in the same step."""
    time, away = Time(), Away("away")
    bad, good = sample_office(away), sample_office(MemoryStorage("good"))
    assigned(good, "1")
    first, second = _worker(time, bad, good).step().offices
    assert (first.tenant, first.failed) == ("away", "连不上数据库")
    assert (second.failed, _fired(good)) == ("", 2)


def test_an_office_that_failed_rests_ever_longer() -> None:
    """A second, two, four … up to a minute; when it is well again it is served at once."""
    time, away = Time(), Away("away")
    worker = _worker(time, sample_office(away))
    tried = []
    for _ in range(300):
        (step,) = worker.step().offices
        tried += [time.run] if not step.resting else []
        time.pass_(SECOND)
    waits = [(b - a).total_seconds() for a, b in pairwise(tried)]
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    away.away = False
    time.pass_(timedelta(minutes=1))
    for _ in range(2):
        (step,) = worker.step().offices
        assert (step.failed, step.resting) == ("", False)


# The loop


def test_a_stop_ends_the_loop() -> None:
    """Set before or during a step, the stop ends the loop without another step."""
    office, time = sample_office(), Time()
    stop, reports = threading.Event(), []

    def told(report: object) -> None:
        reports.append(report)
        stop.set()

    worker = _worker(time, office, idle=timedelta(hours=1))
    worker.run(stop, told)
    worker.run(stop, told)
    assert len(reports) == 1


def test_the_loop_goes_on_after_its_wait() -> None:
    """It steps again when the idle time is over, and whatever was due meanwhile happens."""
    time, office = Time(wall=START), sample_office()
    assigned(office, "1")
    stop, steps = threading.Event(), []

    def told(report: object) -> None:
        steps.append(report)
        time.pass_(10 * DAY)
        if len(steps) == 3:
            stop.set()

    _worker(time, office, idle=timedelta(milliseconds=1)).run(stop, told)
    assert (len(steps), _fired(office)) == (3, 2)


def test_a_stop_in_the_middle_leaves_no_lease_behind() -> None:
    """A worker that is stopped while it sweeps ends with its batch, and another one goes on at once."""
    time, stop = Time(), threading.Event()

    class Stopping(MemoryChannel):
        def send(self, to: str, text: str, keys: Sequence[str]) -> str:
            stop.set()
            return super().send(to, text, keys)

    office = sample_office(channels=[Stopping("sms")])
    assigned(office, "1", "2", "3")
    first = _worker(time, office)
    first.run(stop)
    assert len(office.channels["sms"].sent) == 1  # type: ignore[attr-defined]
    time.pass_(3 * timedelta(minutes=1))
    _worker(time, office).step()
    keys = [key for delivery in office.channels["sms"].sent for key in delivery.keys]  # type: ignore[attr-defined]
    assert len(keys) == len(set(keys)) == 6


# The clock


@pytest.mark.parametrize("jump", [30 * DAY, -HOUR, timedelta(minutes=6)])
def test_a_clock_that_jumps_stops_the_work(jump: timedelta) -> None:
    """Nothing is swept or sent by it, and it is told of, until it is what it was before."""
    time, office = Time(wall=START), sample_office()
    assigned(office, "1")
    worker = _worker(time, office)
    worker.step()
    time.wall += jump
    for _ in range(3):
        time.pass_(SECOND)
        report = worker.step()
        assert report.busy
        assert report.jump == jump
        assert report.offices == ()
    time.wall -= jump
    assert worker.step().jump is None
    assert _fired(office) == 0


def test_time_that_passes_is_no_jump() -> None:
    """A worker that slept for a month as the machine ran on sweeps what is due, and so does a slow drift."""
    time, office = Time(wall=START), sample_office()
    assigned(office, "1")
    worker = _worker(time, office)
    worker.step()
    for _ in range(20):
        time.wall += timedelta(minutes=4)
        assert worker.step().jump is None
    time.pass_(30 * DAY)
    assert worker.step().jump is None
    assert _fired(office) == 2


def test_a_person_may_accept_the_clock() -> None:
    """With the guard told to accept, the wall clock is taken at its word."""
    time, office = Time(wall=START), sample_office()
    assigned(office, "1")
    worker = _worker(time, office)
    worker.guard.accept = True
    worker.step()
    time.wall += 30 * DAY
    assert worker.step().jump is None
    assert _fired(office) == 2


def test_the_machines_own_time_never_goes_back() -> None:
    """It grows, and is neither the wall clock nor a name; names differ."""
    first, second = elapsed(), elapsed()
    assert timedelta(0) < first <= second
    assert abs(SystemClock().now().timestamp() - second.total_seconds()) > 1e6
    assert len({unique_name() for _ in range(100)}) == 100


# Logs


def test_logs_hold_counts_and_no_texts(caplog: pytest.LogCaptureFixture) -> None:
    """What was done and what failed, in numbers: neither a citizen's words nor a provider's."""
    caplog.set_level(logging.INFO, "wenzheng")
    time, away = Time(), Away("away")
    good = sample_office(MemoryStorage("good"))
    assigned(good, "1")
    worker = _worker(time, good, sample_office(away))
    worker.step()
    time.wall += DAY
    worker.step()
    assert [record.getMessage() for record in caplog.records] == [
        "tenant good cases=1 fired=2 sent=2",
        "tenant away failed: WenzhengError",
        "clock off by 86400 s: nothing is swept or delivered",
    ]
    assert TEXT not in caplog.text


def test_a_worker_with_a_clock_that_lags_takes_its_turn() -> None:
    """Workers whose clocks differ by minutes take leases from one another, and each card falls once."""
    office = sample_office()
    ids = assigned(office, *(str(n) for n in range(20)))
    fast, slow = Time(LATER + timedelta(minutes=5)), Time(LATER - timedelta(minutes=5))
    left = office.storage.acquire(shard_lease(1), "dead", fast.now(), fast.now() + HOUR)
    assert left is not None
    _worker(slow, office).step()
    fast.pass_(HOUR)
    _worker(fast, office).step()
    assert _fired(office) == 2 * len(ids)


def test_leases_go_by_the_workers_clock() -> None:
    """The worker hands its own clock on, not the office's, which may stand still."""
    office, time = sample_office(clock=FixedClock(START)), Time()
    assigned(office, "1")
    seen: list[Leasing] = []

    class Watched(Office):
        def sweep(self, *args: object, leasing: Leasing, **more: object) -> object:  # type: ignore[override]
            seen.append(leasing)
            return super().sweep(*args, leasing=leasing, **more)  # type: ignore[arg-type]

    watched = Watched(**{f.name: getattr(office, f.name) for f in attrs.fields(Office)})
    _worker(time, watched, holder="w", lease=HOUR).step()
    assert [(each.holder, each.until) for each in seen] == [("w", LATER + HOUR)]
