"""Many writers at once: the feed has every record in its place, and one history has no gap."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Column, Engine, Integer, MetaData, String, Table, select
from tests.storms.checks import examine
from tests.storms.crew import HANGING, all_done, seed_of_this_run, started
from tests.storms.errands import append, open_cases
from tests.storms.places import EVERYWHERE, SERVERS, place, store_at

from wenzheng_core import Storage
from wenzheng_core.domain.events import CaseOpened
from wenzheng_core.testing.builders import START, sample_change, sample_opening
from wenzheng_sqlalchemy import make_engine

Read = Callable[[int], Sequence[tuple[int, str]]]
"""Positions and what is there, beyond a position."""


def tail(read: Read, over: Callable[[], bool]) -> list[tuple[int, str]]:
    """Read on from the last position seen, until all writers are through and nothing more comes."""
    seen: list[tuple[int, str]] = []
    while True:
        ending = over()
        page = read(seen[-1][0] if seen else 0)
        seen += page
        if ending and not page:
            return seen
        if not page:
            time.sleep(0.005)  # the writers need the machine, too


def _follow_writers(url: str, storage: Storage, writers: int, appends: int, seed: int) -> list[str]:
    running = [started(open_cases, url, f"w{n}", appends, seed * 100 + n) for n in range(writers)]

    def read(after: int) -> Sequence[tuple[int, str]]:
        page = storage.feed(after, 50)
        opened = [isinstance(fed.record.event, CaseOpened) for fed in page]
        return [
            (f.position, f.record.case_id if o else "") for f, o in zip(page, opened, strict=True)
        ]

    ends = time.monotonic() + HANGING * 4
    try:
        seen = tail(read, lambda: not any(p.is_alive() for p in running) or time.monotonic() > ends)
    finally:
        for process in running:
            process.kill()
            process.join(HANGING)
    assert [process.exitcode for process in running] == [0] * writers
    assert [position for position, _ in seen] == list(range(1, len(seen) + 1))
    return [case_id for _, case_id in seen if case_id]


def _no_record_is_missed(kind: str, folder: Path, writers: int, appends: int) -> None:
    seed = seed_of_this_run()
    print(f"{kind}: {writers} writers of {appends}, seed {seed}")  # noqa: T201 - to replay it
    with place(kind, folder) as url, store_at(url) as storage:
        read = _follow_writers(url, storage, writers, appends, seed)
        assert sorted(read) == [f"w{n}-{i:04d}" for n in range(writers) for i in range(appends)]
        for n in range(writers):  # a writer's own order is the feed's
            own = [case_id for case_id in read if case_id.startswith(f"w{n}-")]
            assert own == sorted(own)
        assert storage.head().position == len(storage.feed(limit=100_000))


@pytest.mark.slow
@pytest.mark.parametrize("kind", EVERYWHERE)
def test_a_reader_misses_nothing_that_writers_commit_late(kind: str, tmp_path: Path) -> None:
    """8 processes × 40 appends, some held up with their places taken: all are read, in order."""
    _no_record_is_missed(kind, tmp_path, 8, 40)


@pytest.mark.long
@pytest.mark.parametrize("kind", EVERYWHERE)
def test_so_it_is_with_many_more(kind: str, tmp_path: Path) -> None:
    """8 processes × 400 appends."""
    _no_record_is_missed(kind, tmp_path, 8, 400)


# The control: positions that a sequence gives


NAIVE = Table(
    "wz_naive",
    MetaData(),
    Column("position", Integer, primary_key=True, autoincrement=True),
    Column("name", String(20)),
)


@contextmanager
def _naive(kind: str, folder: Path) -> Iterator[tuple[Engine, Read]]:
    """A feed whose positions are taken when a row is inserted, as a sequence gives them."""
    with place(kind, folder) as url:
        engine = make_engine(url)

        def read(after: int) -> Sequence[tuple[int, str]]:
            rows = select(NAIVE).where(NAIVE.c.position > after).order_by(NAIVE.c.position)
            with engine.connect() as connection:
                return [(row.position, row.name) for row in connection.execute(rows)]

        NAIVE.create(engine)
        try:
            yield engine, read
        finally:
            NAIVE.drop(engine)
            engine.dispose()


@pytest.mark.parametrize("kind", SERVERS)
def test_the_check_finds_what_a_sequence_loses(kind: str, tmp_path: Path) -> None:
    """One who takes a place and commits after the next one has: a naive feed never shows that row."""
    with _naive(kind, tmp_path) as (engine, read), engine.connect() as slow:
        transaction = slow.begin()
        slow.execute(NAIVE.insert(), {"name": "slow"})
        with engine.begin() as quick:
            quick.execute(NAIVE.insert(), {"name": "quick"})
        rounds = iter((False, True))

        def over() -> bool:
            ending = next(rounds)
            if ending:
                transaction.commit()
            return ending

        assert [name for _, name in tail(read, over)] == ["quick"]


@pytest.mark.parametrize("kind", SERVERS)
def test_the_feed_does_not_lose_it(kind: str, tmp_path: Path) -> None:
    """The same on the store: the slow one has written first, commits last, and is read last."""
    written, go_on = threading.Event(), threading.Event()

    def slow(storage: Storage) -> None:
        with storage.transaction() as transaction:
            transaction.write([sample_change(sample_opening("slow"))])
            written.set()
            assert go_on.wait(HANGING)

    with place(kind, tmp_path) as url, store_at(url) as storage, ThreadPoolExecutor() as pool:
        ended = pool.submit(slow, storage)
        assert written.wait(HANGING)
        with storage.transaction() as transaction:
            transaction.write([sample_change(sample_opening("quick"))])
        rounds = iter((False, True))

        def over() -> bool:
            ending = next(rounds, True)
            if ending:
                go_on.set()
                ended.result(HANGING)
            return ending

        def read(after: int) -> Sequence[tuple[int, str]]:
            return [(fed.position, fed.record.case_id) for fed in storage.feed(after)]

        seen = tail(read, over)
    assert list(dict.fromkeys(case_id for _, case_id in seen)) == ["quick", "slow"]
    assert [position for position, _ in seen] == list(range(1, len(seen) + 1))


@pytest.mark.long
@pytest.mark.parametrize("kind", SERVERS)
def test_a_sequence_loses_some_under_load(kind: str, tmp_path: Path) -> None:
    """8 threads × 400 appends with a sequence's positions: a reader misses rows that are there."""
    chance = random.Random(seed_of_this_run())

    def write(engine: Engine, name: str) -> None:
        for number in range(400):
            with engine.begin() as connection:
                connection.execute(NAIVE.insert(), {"name": f"{name}-{number}"})
                if chance.random() < 0.1:
                    time.sleep(0.003)

    with _naive(kind, tmp_path) as (engine, read), ThreadPoolExecutor(8) as pool:
        ended = [pool.submit(write, engine, f"w{n}") for n in range(8)]
        seen = tail(read, lambda: all(each.done() for each in ended))
        missed = len(read(0)) - len(seen)
    print(f"{kind}: a sequence missed {missed} of 3200")  # noqa: T201 - for quoting
    assert missed > 0


# One history


def _append_at_once(kind: str, folder: Path, each: int) -> None:
    with place(kind, folder) as url, store_at(url) as storage:
        opening = sample_opening("one", START)
        with storage.transaction() as transaction:
            transaction.write([sample_change(opening)])
        assert all_done(append, [(url, "one", each)] * 4) == [0] * 4
        versions = [record.version for record in examine(storage)]
        assert versions == list(range(1, len(opening.records) + 4 * each + 1))


@pytest.mark.slow
@pytest.mark.parametrize("kind", EVERYWHERE)
def test_processes_append_to_one_history_without_an_error(kind: str, tmp_path: Path) -> None:
    """4 processes × 50 times read and append, no retries: none fails and no version is missing."""
    _append_at_once(kind, tmp_path, 50)


@pytest.mark.long
@pytest.mark.parametrize("kind", EVERYWHERE)
def test_so_it_is_with_ten_times_as_many(kind: str, tmp_path: Path) -> None:
    """4 processes × 500 times."""
    _append_at_once(kind, tmp_path, 500)
