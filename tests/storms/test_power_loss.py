"""SQLite when the power fails: whatever of the log reached the disk, whole transactions are found.

The model: the log beside the file is cut off, or one byte of it is another, at any place.
"""

from __future__ import annotations

import random
import sqlite3
from bisect import bisect_right
from contextlib import closing
from pathlib import Path

import attrs
import pytest
from sqlalchemy import event, select
from tests.storms.checks import examine
from tests.storms.crew import seed_of_this_run
from tests.storms.scene import STORY, TENANT, scene_on

from wenzheng_core.storing import Head
from wenzheng_sqlalchemy import SqlStorage, make_engine
from wenzheng_sqlalchemy.tables import OUTBOX

HEADER, FRAME_HEADER, PAGE = 32, 24, 4096
"""Sizes in bytes of what a log is made of; pages have the size that SQLite gives them."""


@attrs.frozen
class History:
    """A file, its log, and how long the log was at the end of each transaction, with the head then."""

    file: bytes
    log: bytes
    ends: list[int]
    heads: list[Head]

    def expected(self, intact: int) -> Head:
        """The head if only so many bytes at the beginning of the log are as they were written."""
        return self.heads[bisect_right(self.ends, intact) - 1]


def _history(folder: Path) -> History:
    """The whole story but the erasure, which empties the log."""
    file, log = folder / "history.db", folder / "history.db-wal"
    engine = make_engine(f"sqlite:///{file}")
    event.listen(engine, "connect", lambda c, _: c.execute("PRAGMA wal_autocheckpoint = 0"))
    scene = scene_on(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").all()
    ends, heads = [0], [scene.storage.head()]
    commit = engine.dialect.do_commit

    def noting(connection: object) -> None:
        commit(connection)  # type: ignore[arg-type]
        ends.append(log.stat().st_size)
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as reader:
            row = reader.execute("SELECT * FROM wz_tenant").fetchone()
        heads.append(Head(position=row[1], link=row[2], lines=row[3], line_link=row[4]))

    engine.dialect.do_commit = noting  # type: ignore[method-assign,assignment]
    for name, step in STORY.items():
        if name != "erase":
            step(scene, 0)
    found = History(file.read_bytes(), log.read_bytes(), ends, heads)
    engine.dispose()
    return found


def _reopened(history: History, log: bytes, place: Path) -> Head:
    """Where the chains end in what opens; it is sound, and what is to be told has its cause."""
    place.write_bytes(history.file)
    place.with_name(f"{place.name}-wal").write_bytes(log)
    engine = make_engine(f"sqlite:///{place}")
    try:
        storage = SqlStorage(engine, TENANT, create=False)
        causes = {f"{r.case_id}/{r.version:06d}" for r in examine(storage)}
        causes |= {entry.key for entry in storage.entries("", limit=10_000)}
        with engine.connect() as connection:
            keys = connection.scalars(select(OUTBOX.c.item_key)).all()
        assert all(key.rpartition("/")[0] in causes for key in keys)
        return storage.head()
    finally:
        engine.dispose()
        for file in place.parent.glob(f"{place.name}*"):
            file.unlink()


def _lose_power(folder: Path, times: int) -> None:
    seed = seed_of_this_run()
    chance, history = random.Random(seed), _history(folder)
    print(f"{len(history.ends)} transactions, {len(history.log)} bytes, seed {seed}")  # noqa: T201
    assert len(history.ends) > 40
    for number in range(times):
        at = chance.randrange(len(history.log))
        if number % 2:
            log, intact = history.log[:at], at
        else:
            log = history.log[:at] + bytes([history.log[at] ^ 1 << chance.randrange(8)])
            log += history.log[at + 1 :]
            # A log whose header is wrong counts for nothing; a wrong frame ends it.
            frame = (at - HEADER) // (FRAME_HEADER + PAGE)
            intact = 0 if at < HEADER else HEADER + frame * (FRAME_HEADER + PAGE)
        assert _reopened(history, log, folder / "after.db") == history.expected(intact), (at, seed)


@pytest.mark.slow
def test_what_opens_after_a_power_loss_are_whole_transactions(tmp_path: Path) -> None:
    """100 places: exactly the transactions that were whole in the log, and all laws hold in them."""
    _lose_power(tmp_path, 100)


@pytest.mark.long
def test_so_it_is_at_a_thousand_places(tmp_path: Path) -> None:
    """1,000 places."""
    _lose_power(tmp_path, 1000)
