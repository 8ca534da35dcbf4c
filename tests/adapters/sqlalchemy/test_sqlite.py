"""The SQL store on SQLite keeps the laws of the port."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from wenzheng_core.ports import Storage
from wenzheng_core.testing import storage_suite
from wenzheng_sqlalchemy import SqlStorage, make_engine


@contextmanager
def on_file() -> Iterator[Callable[[str], Storage]]:
    """A database in a file; every store has an engine of its own."""
    with TemporaryDirectory() as folder:
        yield lambda tenant: SqlStorage(f"sqlite:///{Path(folder) / 'wz.db'}", tenant)


@contextmanager
def in_memory() -> Iterator[Callable[[str], Storage]]:
    """A database in memory; its stores share one engine."""
    engine = make_engine("sqlite://")
    yield lambda tenant: SqlStorage(engine, tenant)
    engine.dispose()


TestFile = storage_suite(on_file)
TestInMemory = storage_suite(in_memory)
