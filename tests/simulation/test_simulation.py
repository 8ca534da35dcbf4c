"""A town in which everything goes wrong that can: a thousand seeds, each to be repeated exactly."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable

import pytest
from tests.simulation.judging import judge
from tests.simulation.town import Town
from tests.simulation.world import World

from wenzheng_core import load_plugins
from wenzheng_core.memory import MemoryStorage
from wenzheng_core.ports import Storage

SEEDS = 1000
TURNS = 160
ONLY = os.environ.get("WENZHENG_SEED", "")


def simulated(seed: int, storage: Callable[[], Storage], turns: int = TURNS) -> Town:
    """A town after it lived through a seed, and then through its quiet end."""
    world = World(seed)
    town = Town(world, storage())
    town.live(turns)
    town.settle()
    return town


def in_memory() -> Storage:
    """The store that is the oracle of all others."""
    return MemoryStorage("sample")


def survives(seed: int, storage: Callable[[], Storage] = in_memory) -> None:
    """Live through a seed and be judged; what fails says how to repeat it."""
    try:
        judge(simulated(seed, storage))
    except Exception as error:
        again = f"WENZHENG_SEED={seed} pytest tests/simulation/test_simulation.py"
        raise AssertionError(f"{error}; to repeat: {again}") from error


@pytest.mark.parametrize("part", range(10))
def test_a_thousand_seeds(part: int) -> None:
    """Whatever crashes, sleeps, is lost or doubled: nothing is lost, early or twice."""
    for seed in [int(ONLY)] if ONLY else range(part, SEEDS, 10):
        survives(seed)


@pytest.mark.long
@pytest.mark.parametrize("part", range(100))
def test_a_hundred_thousand_seeds(part: int) -> None:
    """The same, a hundred times as often, with seeds of its own."""
    for seed in range(SEEDS + part, 100 * SEEDS, 100):
        survives(seed)


@pytest.mark.parametrize("seed", [int(ONLY)] if ONLY else range(20))
def test_seeds_on_a_database(seed: int) -> None:
    """The store of SQL stands the same seeds, with the same history as the one in memory."""
    stores: list[Storage] = []

    def on_sqlite() -> Storage:
        stores.append(load_plugins().open_storage("sqlite://", "sample"))
        return stores[-1]

    try:
        survives(seed, on_sqlite)
        of_sql = [fed.record for fed in stores[0].feed(limit=100_000)]
    finally:
        for store in stores:
            store.close()
    assert of_sql == [fed.record for fed in simulated(seed, in_memory).inner.feed(limit=100_000)]


def test_a_seed_is_repeated_to_the_last_step() -> None:
    """The same seed gives the same records, deliveries and leases; another seed gives others."""

    def told(seed: int) -> object:
        town = simulated(seed, in_memory)
        records = [fed.record for fed in town.inner.feed(limit=100_000)]
        return records, town.known.arrived, [written.holds for written in town.storage.committed]

    assert told(7) == told(7)
    assert told(7) != told(8)


def test_what_fails_says_how_to_repeat_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the seed and the command."""

    def never_satisfied(town: Town) -> None:
        raise AssertionError("so nicht")

    monkeypatch.setitem(survives.__globals__, "judge", never_satisfied)
    with pytest.raises(AssertionError, match="so nicht; to repeat: WENZHENG_SEED=3 pytest"):
        survives(3)


def test_much_happens() -> None:
    """Seeds are worth their time: rungs fire, leases change hands, processes die in most of them."""
    happened: Counter[str] = Counter()
    for seed in range(50):
        town = simulated(seed, in_memory)
        happened.update(written.by.partition("-")[0] for written in town.storage.committed)
        holds = [lease for written in town.storage.committed for lease in written.holds]
        happened["holds"] += len(holds)
        happened["takeovers"] += sum(lease.epoch > 1 for lease in holds)
        happened["restarts"] += len(town.world.names) - 8
    least = {"work": 300, "sweep": 30, "deliver": 150, "serve": 100, "post": 50, "follow": 100}
    least |= {"holds": 30, "takeovers": 5, "restarts": 300}
    assert {what: happened[what] for what, n in least.items() if happened[what] < n} == {}
