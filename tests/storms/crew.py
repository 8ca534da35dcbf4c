"""Processes to be killed: forked from one that has everything loaded, so that they start at once."""

from __future__ import annotations

import multiprocessing
import os
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from typing import Any

import attrs

LOADED = (
    "tests.storms.worker_main",
    "tests.storms.errands",
    "wenzheng_sqlalchemy.storage",
    "sqlalchemy.dialects.sqlite",
    "psycopg",
    "pymysql",
)
"""What the process has loaded from which the others are forked."""

HANGING = 60.0
"""Seconds after which whatever has not ended hangs."""

_forking = multiprocessing.get_context("forkserver")
_forking.set_forkserver_preload(list(LOADED))

Target = Callable[..., None]


def seed_of_this_run() -> int:
    """WENZHENG_SEED, or one that nobody chose; a failure shows it."""
    return int(os.environ.get("WENZHENG_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)


@contextmanager
def crew(target: Target, *args: Any, size: int, pace: float) -> Iterator[Crew]:
    """Some processes at one work; none is left at the end."""
    hands = Crew(target, args, pace)
    try:
        for _ in range(size):
            hands.hire()
        yield hands
    finally:
        hands.dismiss()


@attrs.define
class Crew:
    """Processes that work until they are killed, at a pace of which 1 is that of a machine at rest."""

    target: Target
    args: tuple[Any, ...]
    pace: float = 1.0
    kills: int = 0
    _hands: list[BaseProcess] = attrs.field(factory=list)

    def hire(self) -> None:
        """Start one more."""
        self._hands.append(started(self.target, *self.args))

    def kill_one(self, chance: random.Random) -> None:
        """SIGKILL one of them, and start another in its place."""
        victim = self._hands.pop(chance.randrange(len(self._hands)))
        assert victim.is_alive(), f"a worker ended by itself, with {victim.exitcode}"
        victim.kill()
        self.hire()
        victim.join(HANGING)
        self.kills += 1

    def storm(self, kills: int, chance: random.Random) -> None:
        """Kill one after another, 20 to 80 ms apart; more where a machine is slow to start them."""
        for _ in range(kills):
            time.sleep(chance.uniform(0.02, 0.08) * self.pace)
            self.kill_one(chance)

    def dismiss(self) -> None:
        """Kill all and wait for their ends."""
        for hand in self._hands:
            hand.kill()
        for hand in self._hands:
            hand.join(HANGING)
        self._hands.clear()


def started(target: Target, *args: Any) -> BaseProcess:
    """A process at a work; it ends with this one, however that ends."""
    process = _forking.Process(target=_bound, args=(target, args), daemon=True)
    process.start()
    return process


def _bound(target: Target, args: Sequence[Any]) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    target(*args)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def all_done(target: Target, each: Sequence[tuple[Any, ...]]) -> list[int | None]:
    """Do a work with each of some arguments, in as many processes at once; how each ended."""
    running = [started(target, *args) for args in each]
    try:
        ends = time.monotonic() + HANGING
        for process in running:
            process.join(max(0.0, ends - time.monotonic()))
        return [process.exitcode for process in running]
    finally:
        for process in running:
            process.kill()
            process.join(HANGING)


def until(done: Callable[[], bool]) -> float:
    """Wait until something is so; after how many seconds it was. Raises AssertionError if it hangs."""
    began = time.monotonic()
    while not done():
        waited = time.monotonic() - began
        assert waited < HANGING, f"not done after {waited:.0f} s"
        time.sleep(0.05)
    return time.monotonic() - began


def machine_load() -> float:
    """How many times the machine's own work is more than it has cores for; at least 1."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
