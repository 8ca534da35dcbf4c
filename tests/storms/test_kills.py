"""kill -9 of workers, and of the database under them: nothing lost, nothing twice, and soon at it again."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest
from sqlalchemy import Engine, func, select
from tests.storms.checks import delivered_keys, examine
from tests.storms.clusters import Cluster, cluster
from tests.storms.crew import Crew, crew, machine_load, seed_of_this_run, until
from tests.storms.places import EVERYWHERE, place, store_at
from tests.storms.town import Fired, StormClock, fired, settle
from tests.storms.worker_main import LEASE, noted, work

from wenzheng_sqlalchemy import SqlStorage, make_engine
from wenzheng_sqlalchemy.tables import EVENT, OUTBOX, SENT

WORKERS = 3
SECONDS_A_KILL = 0.03
"""How long the timers' window is to a kill: the kills, 50 ms apart, go on after it."""

QUIET_RATE = 200
"""Rungs or deliveries in a second that workers surely do whom nobody kills."""


@attrs.frozen(kw_only=True)
class Figures:
    """What a storm came to."""

    kills: int
    timers: int
    undone_at_the_last_kill: int
    lost: int
    twice: int
    acknowledged: int
    acknowledged_and_missing: int
    sent: int
    unseen: int
    repeated: int
    seconds_after_the_last_kill: float
    machine_load: float

    def told(self) -> str:
        """The figures in one line."""
        return ", ".join(f"{name} {value}" for name, value in attrs.asdict(self).items())


@attrs.frozen
class Storm:
    """One storm over one database."""

    url: str
    folder: Path
    cases: int
    kills: int

    def blow(self, gusts: Callable[[Crew, random.Random], None], seed: int) -> Figures:
        """Let workers work while ``gusts`` kills them, then wait until all is done, and count."""
        with store_at(self.url) as storage:
            expected = settle(storage, self.cases)
        pace = min(machine_load(), 3.0)
        clock = StormClock.over(self.kills * SECONDS_A_KILL * pace)
        engine = make_engine(self.url)
        try:
            with crew(work, self.url, clock, self.folder, size=WORKERS, pace=pace) as hands:
                gusts(hands, random.Random(seed))
                until(lambda: clock.now() > max(e[5] for e in expected))
                undone = 2 * expected.total() - sum(_counted(engine))
                seconds = until(lambda: _counted(engine) == (len(expected), len(expected)))
                kills = hands.kills
        finally:
            engine.dispose()
        with store_at(self.url) as storage:
            return self._figures(storage, expected, kills, undone, seconds)

    def _figures(
        self,
        storage: SqlStorage,
        expected: Counter[Fired],
        kills: int,
        undone: int,
        seconds: float,
    ) -> Figures:
        records = examine(storage)
        found, delivered = fired(records), delivered_keys(records)
        there = {f"record {r.case_id}/{r.version}" for r in records}
        there |= {f"sent {key}" for key in delivered}
        acknowledged = {line.strip() for line in noted(self.folder, "acknowledged")}
        received = Counter(line.strip() for line in noted(self.folder, "received"))
        return Figures(
            kills=kills,
            timers=expected.total(),
            undone_at_the_last_kill=undone,
            lost=(expected - found).total(),
            twice=(found - expected).total() + sum(n - 1 for n in delivered.values()),
            acknowledged=len(acknowledged),
            acknowledged_and_missing=len(acknowledged - there),
            sent=len(received),
            unseen=len(set(delivered) ^ set(received)),
            repeated=received.total() - len(received),
            seconds_after_the_last_kill=round(seconds, 2),
            machine_load=round(machine_load(), 1),
        )


def _counted(engine: Engine) -> tuple[int, int]:
    """How many rungs fired, and how many items went out."""
    rungs = select(func.count()).select_from(EVENT).where(EVENT.c.kind == "RungFired")
    items = select(func.count()).select_from(OUTBOX).where(OUTBOX.c.state == SENT)
    with engine.connect() as connection:
        return connection.scalar(rungs) or 0, connection.scalar(items) or 0


def _hold(figures: Figures) -> None:
    assert figures.lost == figures.twice == figures.acknowledged_and_missing == 0
    assert figures.acknowledged >= figures.timers
    assert (figures.sent, figures.unseen) == (figures.timers, 0)


def _hold_rates(figures: Figures, *, repeats: float) -> None:
    """How often and how late, which a few kills on a busy machine say nothing of.

    On a machine that has more to do than cores, all takes longer, the moment between sending and noting
    too; and what is left at the end is not done in no time.
    """
    load = figures.machine_load
    assert figures.repeated <= figures.timers * repeats * load
    work = figures.undone_at_the_last_kill / QUIET_RATE
    assert figures.seconds_after_the_last_kill <= LEASE + (2 + work) * load


def _small(folder: Path, url: str) -> Storm:
    return Storm(url, folder, cases=100, kills=30)


def _great(folder: Path, url: str) -> Storm:
    return Storm(url, folder, cases=1000, kills=300)


@pytest.mark.slow
@pytest.mark.parametrize("kind", EVERYWHERE)
def test_killed_workers_lose_nothing_and_do_nothing_twice(
    kind: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """30 kills among 200 timers: each rung once, what was acknowledged is there, every key arrives."""
    seed = seed_of_this_run()
    with place(kind, tmp_path) as url:
        storm = _small(tmp_path, url)
        figures = storm.blow(lambda hands, chance: hands.storm(storm.kills, chance), seed)
    record_property("figures", figures.told())
    print(f"{kind}, seed {seed}: {figures.told()}")  # noqa: T201 - the figures are for quoting
    _hold(figures)


@pytest.mark.long
@pytest.mark.parametrize("kind", EVERYWHERE)
def test_a_great_storm_loses_nothing_and_does_nothing_twice(
    kind: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """300 kills among 2,000 timers: the same, and at most one delivery in twenty is repeated."""
    seed = seed_of_this_run()
    with place(kind, tmp_path) as url:
        storm = _great(tmp_path, url)
        figures = storm.blow(lambda hands, chance: hands.storm(storm.kills, chance), seed)
    record_property("figures", figures.told())
    print(f"{kind}, seed {seed}: {figures.told()}")  # noqa: T201 - the figures are for quoting
    _hold(figures)
    _hold_rates(figures, repeats=0.05)


def _crash_under(storm: Storm, database: Cluster, crashes: int, seed: int) -> Figures:
    """Crash the database again and again while workers are killed over it."""

    def gusts(hands: Crew, chance: random.Random) -> None:
        for _ in range(crashes):
            hands.storm(storm.kills // crashes, chance)
            database.crash()
            database.start()

    return storm.blow(gusts, seed)


@pytest.mark.server
@pytest.mark.slow
def test_a_database_that_crashes_loses_nothing_and_does_nothing_twice(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """PostgreSQL crashes twice in the small storm: the same holds."""
    seed = seed_of_this_run()
    with cluster() as database:
        figures = _crash_under(_small(tmp_path, database.url), database, 2, seed)
    record_property("figures", figures.told())
    print(f"crashes 2, seed {seed}: {figures.told()}")  # noqa: T201 - the figures are for quoting
    _hold(figures)


@pytest.mark.server
@pytest.mark.long
def test_five_crashes_in_a_great_storm(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """PostgreSQL crashes five times in the great storm: the same holds."""
    seed = seed_of_this_run()
    with cluster() as database:
        figures = _crash_under(_great(tmp_path, database.url), database, 5, seed)
    record_property("figures", figures.told())
    print(f"crashes 5, seed {seed}: {figures.told()}")  # noqa: T201 - the figures are for quoting
    _hold(figures)
    _hold_rates(figures, repeats=0.05)
