"""A worker as a process of its own: what it did counts for it only once it is on the disk.

It uses what an embedder uses: a worker over an office, a store by URL, a channel of its own. Beside
them it writes down what the store acknowledged, after the commit, and what its channel accepted.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.storms.town import TENANT, StormClock, town_office

from wenzheng_core import ClockGuard, RetrySchedule, Transaction, WenzhengError, Worker
from wenzheng_core.ports import Change
from wenzheng_sqlalchemy import SqlStorage

LEASE = 1.0
"""Seconds that a dead worker's leases last."""


class Notebook:
    """Lines on the disk, of one process; one that was not written out in full does not count."""

    def __init__(self, file: Path) -> None:
        self._file = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def note(self, lines: Sequence[str]) -> None:
        """Write lines; when this returns they are on the disk."""
        if lines:
            os.write(self._file, "".join(f"{line}\n" for line in lines).encode())
            os.fsync(self._file)


def noted(folder: Path, kind: str) -> list[str]:
    """All lines that processes wrote down of a kind."""
    texts = [file.read_text("utf-8") for file in sorted(folder.glob(f"*.{kind}"))]
    return [line for text in texts for line in text.splitlines(keepends=True) if line[-1] == "\n"]


class Receiver:
    """A channel that accepts everything, and writes down the keys."""

    name = "sms"

    def __init__(self, notebook: Notebook) -> None:
        self._notebook = notebook

    def send(self, to: str, text: str, keys: Sequence[str]) -> str:
        """Accept a text; its receipt follows from the keys."""
        self._notebook.note(keys)
        return f"receipt of {keys[0]}"


class Acknowledging:
    """A store whose commits are written down: each record, and each item that is noted as sent."""

    def __init__(self, storage: SqlStorage, notebook: Notebook) -> None:
        self._storage = storage
        self._notebook = notebook

    def __getattr__(self, name: str) -> Any:
        return getattr(self._storage, name)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """A transaction; what it wrote is written down when it has committed."""
        with self._storage.transaction() as transaction:
            watched = _Watched(transaction)
            yield watched
        self._notebook.note(watched.lines)


class _Watched:
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self.lines: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transaction, name)

    def write(self, changes: Sequence[Change]) -> None:
        self._transaction.write(changes)
        self.lines += [f"record {r.case_id}/{r.version}" for c in changes for r in c.records]

    def sent(self, key: str, *more: Any) -> bool:
        first = self._transaction.sent(key, *more)
        self.lines += [f"sent {key}"] if first else []
        return first


def work(url: str, clock: StormClock, folder: Path) -> None:
    """Work until killed."""
    logging.disable()  # of a database that is away there is nothing to be said here
    place = folder / str(os.getpid())
    storage = Acknowledging(_opened(url), Notebook(place.with_suffix(".acknowledged")))
    channel = Receiver(Notebook(place.with_suffix(".received")))
    Worker(
        offices=[town_office(storage, clock, [channel])],
        lease=clock.lasting(LEASE),
        idle=clock.lasting(0.02) / clock.pace,
        clock=clock,
        guard=ClockGuard(elapsed=clock.elapsed),
        batch=20,
        delivery_lease=clock.lasting(LEASE),
        retries=RetrySchedule(clock.lasting(0.1), clock.lasting(0.5), tries=1000),
    ).run(threading.Event())


def _opened(url: str) -> SqlStorage:
    while True:
        try:
            return SqlStorage(url, TENANT)
        except WenzhengError:  # the database is down for a moment
            time.sleep(0.05)
