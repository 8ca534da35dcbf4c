"""Faults put into an engine: a commit that fails or whose reply is lost, and a crash at any statement."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

import attrs
from sqlalchemy import Connection, Engine, event


class Loss(StrEnum):
    """What becomes of a commit whose caller is told that it failed."""

    WORK = "work"
    REPLY = "reply"


class CrashedError(Exception):
    """The program fell over here."""


@contextmanager
def losing_a_commit(engine: Engine, loss: Loss, number: int = 1) -> Iterator[list[int]]:
    """Let the commit of that number fail, as the driver says it; how many came is in the list."""
    dialect: Any = engine.dialect
    commit, seen = dialect.do_commit, [0]

    def do_commit(connection: Any) -> None:
        seen[0] += 1
        if seen[0] != number:
            commit(connection)
            return
        if loss is Loss.REPLY:
            commit(connection)
        raise _gone(engine)

    dialect.do_commit = do_commit
    try:
        yield seen
    finally:
        dialect.do_commit = commit


def _gone(engine: Engine) -> Exception:
    """What the driver raises when the connection ends before the reply to a commit is there."""
    kind = engine.dialect.loaded_dbapi.OperationalError
    if engine.dialect.name == "postgresql":
        error: Exception = kind("server closed the connection unexpectedly")
    elif engine.dialect.name == "sqlite":
        error = kind("disk I/O error")
    else:
        error = kind(2013, "Lost connection to MySQL server during query")
    return error


@attrs.define(eq=False)
class Points:
    """Every place where a program can fall over between it and its database, counted from 1.

    Before and after each statement, the beginnings of transactions among them, and each commit. To
    be put on an engine before any store is.

    Attributes:
        engine: to which database.
        fall: what happens at the fatal place; a CrashedError if it returns.
        seen: how many places were passed.
        commits: how many commits there were, up to the fatal place.
    """

    engine: Engine
    fall: Callable[[], None] = lambda: None
    seen: int = 0
    commits: int = 0
    _fatal: int | None = None
    _commit: Any = None

    def __attrs_post_init__(self) -> None:
        event.listen(self.engine, "before_cursor_execute", self._statement)
        event.listen(self.engine, "after_cursor_execute", self._statement)
        dialect: Any = self.engine.dialect
        self._commit, dialect.do_commit = dialect.do_commit, self._committing

    @contextmanager
    def armed(self, fatal: int = 0) -> Iterator[None]:
        """Count anew in this block, and fall at that place; at none if it is 0."""
        self.seen, self.commits, self._fatal = 0, 0, fatal
        try:
            yield
        finally:
            self._fatal = None

    def _statement(self, connection: Connection, *_: object) -> None:
        self._pass()

    def _committing(self, connection: Any) -> None:
        self._pass()
        self._commit(connection)
        # What is tidied up after a fall counts no more.
        self.commits += not self._fatal or self.seen < self._fatal
        self._pass()

    def _pass(self) -> None:
        if self._fatal is None:
            return
        self.seen += 1
        if self.seen == self._fatal:
            self.fall()
            raise CrashedError(self.seen)
