"""Where the storms blow: an empty database of each kind, by the URL at which other processes find it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from tests.adapters.sqlalchemy.servers import database, url_of

from wenzheng_sqlalchemy import SqlStorage

SERVERS = (
    pytest.param("postgresql", marks=pytest.mark.server),
    pytest.param("mariadb", marks=pytest.mark.server),
)
EVERYWHERE = ("sqlite", *SERVERS)


@contextmanager
def place(kind: str, folder: Path) -> Iterator[str]:
    """The URL of an empty database of a kind with our tables in it; skips if there is no server."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'storm.db'}"
        return
    with database(kind) as engine:
        yield url_of(engine)


@contextmanager
def store_at(url: str, tenant: str = "storm") -> Iterator[SqlStorage]:
    """A store at a URL, closed at the end."""
    with closing(SqlStorage(url, tenant)) as storage:
        yield storage
