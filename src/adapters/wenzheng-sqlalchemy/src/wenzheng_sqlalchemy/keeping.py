"""The tables by URL, for whoever looks after a database: made, brought up to date, examined."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection

from wenzheng_core.storing import Protection, SchemaState, SchemaStatus
from wenzheng_sqlalchemy.databases import Database
from wenzheng_sqlalchemy.engines import make_engine, require_existing
from wenzheng_sqlalchemy.errors import store_errors
from wenzheng_sqlalchemy.protecting import protect, protection, unprotect
from wenzheng_sqlalchemy.schema import insist, make, refusal, status


class SqlSchemaKeeper:
    """A :class:`~wenzheng_core.ports.SchemaKeeper` for SQL databases.

    Of SQLite only ``init`` makes a file; the others raise StoreError for one that is missing or not
    ours, and do not touch it.
    """

    def init(self, url: str) -> bool:
        """Make the tables in an empty database; False if they are there. Raises StoreError."""
        with _opened(url) as database:
            return insist(database, make)

    def upgrade(self, url: str, told: Callable[[str], None]) -> Sequence[str]:
        """Run the revisions that the tables lack, tell of each, return them. Raises StoreError."""
        # Alembic takes longer to load than most of what is asked here.
        from wenzheng_sqlalchemy.upgrading import upgrade  # noqa: PLC0415

        require_existing(url)
        with _opened(url) as database:
            with _looking(database) as connection:
                found = status(connection)
            if found.state is SchemaState.EMPTY:
                raise refusal(found, database.engine.url)
            return upgrade(database.engine, log=told)

    def status(self, url: str) -> SchemaStatus:
        """How the tables stand to this program. Raises StoreError where there is no database."""
        require_existing(url)
        with _opened(url) as database, _looking(database) as connection:
            return status(connection)

    def check(self, url: str) -> Sequence[str]:
        """How the tables differ from the code, in Chinese; nothing if they do not. Raises StoreError."""
        from wenzheng_sqlalchemy.comparing import differences  # noqa: PLC0415 - as above

        require_existing(url)
        with _opened(url) as database, _looking(database) as connection:
            found = status(connection)
            if found.state is not SchemaState.CURRENT:
                return (str(refusal(found, database.engine.url)),)
            return differences(connection)

    def protect(self, url: str, *, role: str = "") -> None:
        """Put up the walls that the database has. Raises StoreError, also for old tables."""
        require_existing(url)
        with _opened(url) as database:
            with _looking(database) as connection:
                found = status(connection)
            if found.state is not SchemaState.CURRENT:
                raise refusal(found, database.engine.url)
            insist(database, lambda connection: protect(connection, role=role))

    def unprotect(self, url: str) -> None:
        """Take the walls down. Raises StoreError where there is no database of ours."""
        require_existing(url)
        with _opened(url) as database:
            insist(database, unprotect)

    def protection(self, url: str) -> Protection:
        """Which walls stand. Raises StoreError where there is no database."""
        require_existing(url)
        with _opened(url) as database, _looking(database) as connection:
            return protection(connection)


@contextmanager
def _opened(url: str) -> Iterator[Database]:
    engine = make_engine(url)
    try:
        yield Database(engine)
    finally:
        engine.dispose()


@contextmanager
def _looking(database: Database) -> Iterator[Connection]:
    with database.read() as connection, store_errors():
        yield connection
