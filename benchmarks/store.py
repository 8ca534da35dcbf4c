"""Single commands, imports and timers of the SQL store, beside the ceiling and beside a peer.

    python benchmarks/store.py [--quick] [--json]

In one run and in turns, on SQLite (WAL, FULL) and on PostgreSQL where one answers: the very rows of
six commands written by plain SQLAlchemy Core (the ceiling: nothing is decided, read back or counted),
the same six commands through an office, and six events of one aggregate by `eventsourcing`, each
loaded, decided and saved. Nothing here asserts a speed: ratios carry over, figures do not.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Callable
from datetime import timedelta

import attrs
from measuring import TENANT, Figure, in_turns, new_name, timed
from measuring.ceiling import Ceiling, recorded
from measuring.databases import postgresql, sqlite, store_at
from measuring.ours import STEPS, six_commands
from measuring.peer import peer, six_events
from sqlalchemy.exc import OperationalError

from wenzheng_core.domain.events import RungFired
from wenzheng_core.storing import SHARDS
from wenzheng_core.testing.builders import (
    HOUR,
    START,
    sample_change,
    sample_history,
    sample_outgoing,
    sample_tick,
)
from wenzheng_core.testing.offices import sample_office
from wenzheng_sqlalchemy import SqlStorage, make_engine


def commands(database: str, fresh: Callable[[], str], cases: int, rounds: int) -> list[Figure]:
    """Six commands of some cases: the ceiling, ours, the peer."""
    steps = recorded()
    raw_url = fresh()
    with tempfile.TemporaryDirectory() as folder, store_at(fresh()) as storage, store_at(raw_url):
        engine = make_engine(raw_url)
        app = peer(fresh(), folder)
        ceiling, office = Ceiling(engine, steps), sample_office(storage)
        try:
            seconds = in_turns(
                {
                    "raw": lambda: ceiling.run(cases),
                    "ours": lambda: six_commands(office, cases),
                    "eventsourcing": lambda: six_events(app, cases),
                },
                rounds,
            )
        finally:
            app.close()
            engine.dispose()
    rate = {name: cases * STEPS / taken for name, taken in seconds.items()}
    events = sum(len(step.events) for step in steps) / STEPS
    ours = rate["ours"]
    ratios = {"raw": ours / rate["raw"], "eventsourcing": ours / rate["eventsourcing"]}
    return [
        Figure(database, "the same rows by SQLAlchemy Core", rate["raw"], "commands"),
        Figure(database, f"commands ({events:.1f} events each)", ours, "commands", ratios),
        Figure(database, "eventsourcing, one event each", rate["eventsourcing"], "commands"),
    ]


def imports(database: str, fresh: Callable[[], str], cases: int, rounds: int) -> list[Figure]:
    """Whole histories written in batches, and messages received in batches."""
    histories = [sample_history(new_name()) for _ in range(cases)]
    events = sum(len(history.records) for history in histories)

    def write() -> None:
        with store_at(fresh()) as storage:
            for start in range(0, cases, 200):
                with storage.transaction() as transaction:
                    batch = histories[start : start + 200]
                    transaction.write([sample_change(history) for history in batch])

    def prepare() -> None:
        with store_at(fresh()):
            pass

    seconds = in_turns({"write": write, "prepare": prepare}, rounds)
    rate = events / (seconds["write"] - seconds["prepare"])
    return [Figure(database, "import, 200 histories a batch", rate, "events")]


def timers(database: str, fresh: Callable[[], str], cases: int, rounds: int) -> list[Figure]:
    """Timers in batches of 50: by the store with decisions made before, and by a whole sweep."""
    later = START + timedelta(days=12)
    opened = [sample_history(new_name(), steps=3) for _ in range(cases)]
    decided = {d.case.id: sample_tick(d.case, later) for d in opened}
    fired = sum(isinstance(r.event, RungFired) for d in decided.values() for r in d.records)

    def filled() -> SqlStorage:
        url = fresh()
        with store_at(url) as storage, storage.transaction() as transaction:
            transaction.write([sample_change(d) for d in opened])
        return SqlStorage(url, TENANT)  # one that has read none of them yet

    def by_store(storage: SqlStorage) -> None:
        for shard in range(SHARDS):
            lease = storage.acquire(f"sweep/{shard}", "one", later, later + HOUR)
            assert lease is not None
            after = None
            while due := storage.due(later, shard, after, 50):
                with storage.transaction() as transaction:
                    transaction.hold(lease, later + HOUR)
                    read = transaction.cases([item.case_id for item in due])
                    changes = [
                        sample_change(decided[i], outgoing=[sample_outgoing(f"{i}/1", i)])
                        for i in read
                    ]
                    transaction.write(changes)
                after = due[-1]
            storage.release(lease)

    taken: dict[str, list[float]] = {"store": [], "sweep": []}
    for _ in range(rounds):
        storage = filled()
        taken["store"].append(timed(lambda: by_store(storage)))  # noqa: B023 - called at once
        storage.close()
        storage = filled()
        office = sample_office(storage)
        taken["sweep"].append(timed(lambda: office.sweep(later, batch=50)))  # noqa: B023
        storage.close()
    medians = {name: statistics.median(values) for name, values in taken.items()}
    return [
        Figure(database, "timers, 50 a batch, decided before", fired / medians["store"], "timers"),
        Figure(database, "timers, 50 a batch, office.sweep", fired / medians["sweep"], "timers"),
    ]


def measure(quick: bool) -> list[Figure]:
    """All of it, on whatever database is there."""
    size, rounds = (30, 3) if quick else (300, 5)
    figures: list[Figure] = []
    for name, kind in (("SQLite", sqlite), ("PostgreSQL", postgresql)):
        try:
            with kind() as fresh:
                figures += commands(name, fresh, size, rounds)
                figures += imports(name, fresh, size * 4, rounds)
                # Enough that the batches of every part are full.
                figures += timers(name, fresh, max(size * 4, 2 * SHARDS * 50), rounds)
        except OperationalError as error:
            print(f"{name}: none answers ({type(error.orig).__name__}); left out", file=sys.stderr)
    return figures


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of the work")
    parser.add_argument("--json", action="store_true", help="figures for programs")
    options = parser.parse_args()
    figures = measure(options.quick)
    if options.json:
        print(json.dumps([attrs.asdict(figure) for figure in figures], indent=2))
        return
    for figure in figures:
        ratios = ", ".join(f"{value:.2f} of {name}" for name, value in figure.ratios.items())
        rate = f"{figure.per_second:,.0f} {figure.unit}/s"
        print(f"{figure.database:<11}{figure.what:<38}{rate:>20}  {ratios}")


if __name__ == "__main__":
    main()
