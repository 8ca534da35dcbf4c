"""Prepared statements straight to the driver, where nobody listens in between.

SQLAlchemy makes a context, a result and its metadata for every execution: 15 % of the CPU time of a
command on SQLite and 31 % on PostgreSQL, measured once. A statement that is text already needs none
of it, and the driver's own cursor runs it. An engine with listeners or with a log of its statements
has every one of them pass SQLAlchemy, and so has a connection of the embedder's own.
"""

from __future__ import annotations

import logging
from collections import namedtuple
from collections.abc import Callable
from typing import Any, cast

import attrs
from sqlalchemy import Connection, Row
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import DBAPIError

DRIVERS = frozenset(("pysqlite", "psycopg", "pymysql"))
"""The drivers whose cursors are known to give what SQLAlchemy gives of plain columns."""

_LOG = logging.getLogger("sqlalchemy.engine.Engine")


@attrs.frozen(eq=False)
class Direct:
    """The driver's cursor of one connection; what fails raises what SQLAlchemy would raise."""

    connection: Connection
    cursor: DBAPICursor

    def rows(self, text: str, values: Any) -> list[Row[Any]]:
        """All rows of a query, their columns by name."""
        self._try(self.cursor.execute, text, values)
        found = self._try(self.cursor.fetchall)
        if not found:
            return []
        make = _row_of(tuple([column[0] for column in self.cursor.description]))
        return list(map(make, found))

    def change(self, text: str, values: Any) -> int:
        """Run a statement that writes, once or for each of a list; how many rows it found."""
        many = isinstance(values, list)
        self._try(self.cursor.executemany if many else self.cursor.execute, text, values)
        return self.cursor.rowcount

    def _try(self, run: Callable[..., Any], *values: Any) -> Any:
        try:
            return run(*values)
        except self.connection.dialect.loaded_dbapi.Error as error:
            raise self._told(error) from error
        except Exception:
            raise
        except BaseException:
            # Stopped in the middle of an answer: nobody knows what the connection says next.
            self.connection.invalidate()
            raise

    def _told(self, error: Any) -> BaseException:
        """The error as SQLAlchemy wraps it; a connection that is lost is let go of."""
        connection, dialect = self.connection, self.connection.dialect
        driver = connection.connection.dbapi_connection
        lost = dialect.is_disconnect(error, driver, self.cursor)
        if lost:
            connection.invalidate(error)
        told: BaseException = DBAPIError.instance(
            None,
            None,
            error,
            cast("Any", dialect.loaded_dbapi.Error),
            hide_parameters=True,
            connection_invalidated=lost,
            dialect=dialect,
        )
        return told


def direct(connection: Connection) -> Direct | None:
    """The driver's cursor of a connection; None where its statements are to pass SQLAlchemy."""
    heard, dialect = connection.dispatch, connection.dialect
    if (
        dialect.driver not in DRIVERS
        or heard.before_cursor_execute
        or heard.after_cursor_execute
        or dialect.dispatch.handle_error
        or connection.engine.echo
        or _LOG.isEnabledFor(logging.INFO)
    ):
        return None
    return Direct(connection, connection.connection.cursor())


_KINDS: dict[tuple[str, ...], Callable[[Any], Row[Any]]] = {}


def _row_of(names: tuple[str, ...]) -> Callable[[Any], Row[Any]]:
    """What makes a row with these columns of the driver's tuple."""
    made = _KINDS.get(names)
    if made is None:
        # The columns are known when the first row comes, not before.
        kind: Any = namedtuple("Found", names)  # type: ignore[misc]  # noqa: PYI024
        made = _KINDS[names] = cast("Callable[[Any], Row[Any]]", kind._make)
    return made
