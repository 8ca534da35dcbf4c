"""The world of a simulation: processes as greenlets, one scheduler, one virtual time, one seed.

A process runs until it comes to an edge: before it reads or writes the store, after it has written.
There the scheduler goes on with any process, or lets time pass, or kills the one that stands there.
Everything is drawn from one seed, so that a run can be repeated to the last step.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

import attrs
from greenlet import getcurrent, greenlet

from wenzheng_core import WenzhengError
from wenzheng_core.testing.builders import START

SKEW = timedelta(minutes=5)
"""How far a process's clock may be off; what is set further is the clock guard's to notice."""

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class DownError(WenzhengError):
    """The database did not answer: what was asked of it happened, or did not."""


class Crash(BaseException):
    """The process is dead: not even its ``finally`` blocks reach the store any more."""


@attrs.define
class Faults:
    """How likely each fault is at an edge, in this seed; each is off in many of them."""

    crash: float = 0.0
    lost_commit: float = 0.0
    lost_reply: float = 0.0
    busy: float = 0.0
    sleep: float = 0.0
    stall: float = 0.0
    jump: float = 0.0
    refusal: float = 0.0
    doubled: float = 0.0
    slow: float = 0.0

    @classmethod
    def drawn(cls, rng: Random) -> Faults:
        """The faults of a seed."""

        def maybe(*likely: float) -> float:
            return rng.choice((0.0, *likely))

        return cls(
            crash=maybe(0.02, 0.05, 0.1),
            lost_commit=maybe(0.01, 0.05),
            lost_reply=maybe(0.01, 0.05),
            busy=maybe(0.02, 0.2),
            sleep=maybe(0.01, 0.05),
            stall=maybe(0.3, 0.6),
            jump=maybe(0.005, 0.02),
            refusal=maybe(0.1, 0.4),
            doubled=maybe(0.1, 0.4),
            slow=maybe(0.1, 0.3),
        )


@attrs.define(eq=False)
class Process:
    """One process: its name, which no other has, and its clock."""

    world: World
    kind: str
    name: str
    body: Callable[[Process], None]
    skew: timedelta
    begun: timedelta
    dead: bool = False
    asleep_until: timedelta = timedelta(0)
    life: greenlet = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.life = greenlet(self._live)

    def _live(self) -> None:
        with contextlib.suppress(Crash):
            self.body(self)

    def now(self) -> datetime:
        """The time by its wall clock."""
        return self.world.now() + self.skew

    def elapsed(self) -> timedelta:
        """For how long it has run, whatever its wall clock says."""
        return self.world.passed - self.begun


@attrs.define(eq=False)
class World:
    """Processes, and what happens to them."""

    seed: int
    rng: Random = attrs.field(init=False)
    faults: Faults = attrs.field(init=False)
    passed: timedelta = timedelta(0)
    processes: list[Process] = attrs.field(factory=list)
    current: Process | None = None
    _hub: greenlet = attrs.field(factory=getcurrent)
    names: list[str] = attrs.field(factory=list)

    def __attrs_post_init__(self) -> None:
        self.rng = Random(self.seed)
        self.faults = Faults.drawn(self.rng)

    def now(self) -> datetime:
        """The true time."""
        return START + self.passed

    def spawn(self, kind: str, body: Callable[[Process], None]) -> None:
        """Start a process, under a name of its own and with a clock of its own."""
        name = f"{kind}-{len(self.names) + 1}"
        self.names.append(name)
        skew = self.rng.choice((timedelta(0), timedelta(0), SKEW, -SKEW))
        process = Process(self, kind, name, body, skew, self.passed)
        self.processes.append(process)

    def run(self, turns: int) -> None:
        """Let the processes go on, any of them at each turn; then kill them all."""
        for _ in range(turns):
            if self.rng.random() < 0.25:
                self.passed += self._stretch()
            awake = [p for p in self.processes if p.asleep_until <= self.passed]
            if not awake:
                self.passed = min(p.asleep_until for p in self.processes)
                continue
            self._go_on(self.rng.choice(awake))
        for process in list(self.processes):
            process.dead = True
            self._go_on(process)

    def _stretch(self) -> timedelta:
        """How much time passes at once: mostly seconds, now and then an outage of days."""
        rng = self.rng
        most = rng.choices((10, 60, 600, 3600, 8 * 3600), (35, 30, 20, 12, 3))[0]
        return timedelta(seconds=rng.randint(1, most))

    def _go_on(self, process: Process) -> None:
        self.current = process
        process.life.switch()
        self.current = None
        if process.life.dead or process.dead:
            self.processes.remove(process)
            if not process.dead:
                raise AssertionError(f"{process.name} ended by itself")
            self.spawn(process.kind, process.body)

    # What a process calls

    def edge(self) -> None:
        """Somebody else may go on here, time may pass, and the process may die."""
        process = self.current
        if process is None:  # the test itself, before or after
            return
        self.die_if_dead()
        faults, rng = self.faults, self.rng
        if rng.random() < faults.sleep:
            process.asleep_until = self.passed + timedelta(seconds=rng.randint(20, 900))
        if rng.random() < faults.jump:
            process.skew = rng.choice((SKEW, -SKEW, -HOUR, 30 * DAY, timedelta(0)))
        self._hub.switch()
        self.die_if_dead()
        if rng.random() < faults.crash:
            self.die()

    def stall(self) -> None:
        """The process may be held up for minutes: a machine that swaps, a container that is frozen."""
        if self.current is not None and self.happens(self.faults.stall):
            held_up = timedelta(seconds=self.rng.randint(20, 900))
            self.current.asleep_until = self.passed + held_up
            self.edge()

    def happens(self, likely: float) -> bool:
        """Whether a fault of this likelihood happens now; never to the test itself."""
        return self.current is not None and self.rng.random() < likely

    def die(self) -> None:
        """The process ends here and now. Raises Crash."""
        if self.current is not None:
            self.current.dead = True
        raise Crash

    def die_if_dead(self) -> None:
        """A dead process does nothing more. Raises Crash."""
        if self.current is not None and self.current.dead:
            raise Crash
