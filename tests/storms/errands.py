"""What other processes do in the storms; each ends with 0 if all went well."""

from __future__ import annotations

import os
import random
import resource
import signal
import sqlite3
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from tests.storms.faults import Points
from tests.storms.places import store_at
from tests.storms.scene import STORY, scene_on
from tests.storms.town import town_office

from wenzheng_core import FixedClock
from wenzheng_core.domain.events import Delivered
from wenzheng_core.testing.builders import (
    START,
    sample_change,
    sample_event,
    sample_message,
    sample_opening,
)
from wenzheng_sqlalchemy import SqlStorage, StoreError, make_engine

DIED = 77
"""The exit code of a process that fell over where it was to."""


def die_at(url: str, step: str, point: int) -> None:
    """Do a step of the story, and fall dead at a point of it."""
    points = Points(make_engine(url), fall=lambda: os._exit(DIED))
    scene = scene_on(points.engine)
    with points.armed(point):
        STORY[step](scene, 0)


def open_cases(url: str, name: str, count: int, seed: int) -> None:
    """Open cases, one a transaction; some hold on for a moment before and after they have places."""
    chance, engine = random.Random(seed), make_engine(url)

    def linger() -> None:
        if chance.random() < 0.1:
            time.sleep(0.003)

    # Between the last statement, when the places are taken, and the commit.
    commit = engine.dialect.do_commit

    def slow_commit(connection: object) -> None:
        linger()
        commit(connection)  # type: ignore[arg-type]

    engine.dialect.do_commit = slow_commit  # type: ignore[method-assign,assignment]
    storage = SqlStorage(engine, "storm")
    for number in range(count):
        with storage.transaction() as transaction:
            transaction.write([sample_change(sample_opening(f"{name}-{number:04d}"))])
            linger()
    engine.dispose()


def append(url: str, case_id: str, count: int) -> None:
    """Read a case and append to its history, again and again."""
    noted = Delivered(keys=(case_id,), channel="sms", to="housing/liaison", receipt="x")
    with store_at(url) as storage:
        for _ in range(count):
            with storage.transaction() as transaction:
                case = transaction.case(case_id)
                assert case is not None
                transaction.write([sample_change(sample_event(case, noted))])


def receive_over_and_over(url: str, messages: int, bodies: int, most: int, seed: int) -> None:
    """Receive each text of each message 2 to ``most`` times, in no order."""
    chance = random.Random(seed)
    copies = [
        (f"{number}", f"第{body}种说法。")
        for number in range(messages)
        for body in range(bodies)
        for _ in range(chance.randint(2, most))
    ]
    chance.shuffle(copies)
    with store_at(url) as storage:
        office = town_office(storage, FixedClock(START))
        for number, body in copies:
            at = START + timedelta(seconds=chance.randrange(3600))
            office.receive(sample_message(number, body=body), at=at)


def hold_the_lock(file: str, ready: str) -> None:
    """Begin a writing transaction on a SQLite file, and keep it until killed."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        Path(ready).touch()  # its being there is the message
        while True:
            time.sleep(60)


def outgrow_the_limit(url: str) -> None:
    """Write until files may grow no more; then, with room again, write on."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with store_at(url) as storage:
        resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, hard))
        there = fill(storage)
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        assert storage.case_ids(limit=10_000) == tuple(there)
        write_cases(storage, "after", 5)


def fill(storage: SqlStorage) -> list[str]:
    """Open cases until the store raises; the ids of those for which it did not."""
    there: list[str] = []
    try:
        while len(there) < 2000:
            there += write_cases(storage, f"{len(there):05d}", 1)
    except StoreError as error:
        assert "磁盘" in str(error), str(error)  # noqa: PT017 - it went on until the error
        return there
    raise AssertionError("the disk was never full")


def write_cases(storage: SqlStorage, name: str, count: int) -> list[str]:
    """Open some cases, a transaction each."""
    ids = [f"{name}-{number:04d}" for number in range(count)]
    for case_id in ids:
        with storage.transaction() as transaction:
            transaction.write([sample_change(sample_opening(case_id))])
    return ids
