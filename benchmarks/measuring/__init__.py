"""What the benchmarks of stores share: figures, turns and names."""

from __future__ import annotations

import gc
import os
import statistics
import uuid
from collections.abc import Callable
from itertools import count
from time import perf_counter

import attrs

TENANT = "bench"

_NUMBERS = count(1)


def new_name() -> str:
    """A name that nothing in this process has yet."""
    return uuid.uuid5(uuid.NAMESPACE_OID, f"{os.getpid()}-{next(_NUMBERS)}").hex


@attrs.frozen
class Figure:
    """What one way of doing something costs: how many a second, and of what that is the ratio."""

    database: str
    what: str
    per_second: float
    unit: str
    ratios: dict[str, float] = attrs.field(factory=dict)


def timed(work: Callable[[], object]) -> float:
    """Seconds, with the collector at rest."""
    gc.collect()
    gc.disable()
    started = perf_counter()
    try:
        work()
    finally:
        gc.enable()
    return perf_counter() - started


def in_turns(ways: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """The median seconds of each way; they take turns, so that load on the machine hits all."""
    for way in ways.values():
        way()  # what is loaded, compiled or connected once is not counted
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds):
        names = list(ways) if number % 2 else list(reversed(ways))
        for name in names:
            taken[name].append(timed(ways[name]))
    return {name: statistics.median(seconds) for name, seconds in taken.items()}
