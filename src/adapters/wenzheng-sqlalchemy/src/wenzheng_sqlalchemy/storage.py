"""The store: :class:`~wenzheng_core.ports.Storage` on SQLAlchemy Core."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row

from wenzheng_core import chains
from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.errors import WenzhengError
from wenzheng_core.domain.events import Record
from wenzheng_core.domain.instants import utc
from wenzheng_core.ports import Broken, KeyProvider
from wenzheng_core.storing import (
    Awaiting,
    DeadLetter,
    Due,
    Entry,
    Evidence,
    Fed,
    Head,
    Lease,
    LineEvidence,
)
from wenzheng_sqlalchemy import diary, leases, listing, outbox, reading
from wenzheng_sqlalchemy import statements as sql
from wenzheng_sqlalchemy.chaining import head_of
from wenzheng_sqlalchemy.databases import Blocks, Joined
from wenzheng_sqlalchemy.driving import direct
from wenzheng_sqlalchemy.engines import make_engine
from wenzheng_sqlalchemy.errors import Watched
from wenzheng_sqlalchemy.keys import OpenKeys
from wenzheng_sqlalchemy.reading import Tools
from wenzheng_sqlalchemy.resuming import keys_or_absent, last_digest
from wenzheng_sqlalchemy.row_security import database_of
from wenzheng_sqlalchemy.rows import evidence_of, wrapped_of
from wenzheng_sqlalchemy.running import Runner, Statements
from wenzheng_sqlalchemy.schema import prepare
from wenzheng_sqlalchemy.transactions import SqlTransaction


class SqlStorage:
    """A store bound to one tenant. Makes its tables on first use.

    ``where`` is a URL, or an engine of the embedder's own, which stays the embedder's to dispose of
    and whose settings are left alone (:func:`~wenzheng_sqlalchemy.make_engine` has ours). ``keys``
    wrap the keys of personal data; without any they lie in the database as they are, and a tenant
    whose last key is wrapped by others can be read but not written to. ``digest``
    names the digest of new links, as in :data:`wenzheng_core.chains.DIGESTS`; left out, it is that of
    the tenant's last record. Without ``create`` an
    empty database is an error. ``row_security`` says that PostgreSQL is to be told in every
    transaction whose rows it is about (:mod:`wenzheng_sqlalchemy.row_security`); left out, it is so
    where the database asks for it by now. Raises StoreError with what to do, UnknownError for the
    digest.
    """

    def __init__(
        self,
        where: str | Engine,
        tenant: str = "default",
        *,
        keys: KeyProvider | None = None,
        digest: str | None = None,
        create: bool = True,
        row_security: bool | None = None,
    ) -> None:
        if digest is not None:
            chains.digest_of(digest)
        engine = make_engine(where) if isinstance(where, str) else where
        # A store that is dropped without being closed gives its connections back all the same.
        own = engine if isinstance(where, str) else None
        release = weakref.finalize(self, _give_back, own)
        try:
            database = database_of(engine, tenant, row_security=row_security)
            prepare(database, tenant, create=create)
            with database.read() as connection:
                wrapping = keys_or_absent(connection, tenant, keys or OpenKeys())
                digest = digest or last_digest(connection, tenant) or chains.DEFAULT
            tools = Tools.of(tenant, wrapping, digest)
            self._bind(tenant, database, tools, Statements(engine.dialect), release)
        except BaseException:
            release()
            raise

    def _bind(
        self,
        tenant: str,
        blocks: Blocks,
        tools: Tools,
        statements: Statements,
        release: weakref.finalize[..., Any] | None,
    ) -> None:
        self.tenant = tenant
        self._blocks = blocks
        self._tools = tools
        self._statements = statements
        self._release = release

    def joined(self, connection: Connection) -> SqlStorage:
        """The same store within a transaction of the embedder's own, on an open connection.

        What is read and written happens on that connection, and counts when the embedder commits; a
        block that raises takes back only itself; one that raises UndoneError asks the embedder to
        roll back and begin anew. The tenant's row is locked from the end of the
        first block that wrote until the embedder's transaction ends, so that nobody of the tenant
        commits before: keep that short. Connection and store stay the embedder's to close; it is
        used from one thread. The tables must be there (this store has made them). On the MySQL
        family the connection should be at READ COMMITTED.
        """
        store = SqlStorage.__new__(SqlStorage)
        statements = Statements(connection.dialect)
        blocks = Joined(connection, only=self._blocks.only)
        store._bind(self.tenant, blocks, self._tools, statements, None)  # noqa: SLF001
        return store

    @contextmanager
    def transaction(self) -> Iterator[SqlTransaction]:
        """Read and write; it commits at the end of the block, and rolls back if that raises."""
        with self._blocks.write() as connection:
            transaction = SqlTransaction(self._runner(connection), self._tools, self._blocks)
            yield transaction
            transaction.finish()
        if transaction.erased:
            # Others read on until the commit, and kept what they had read.
            for case_id in transaction.erased:
                self._tools.forget(case_id)
            self._blocks.scrub()

    # Cases

    def case(self, case_id: str) -> Case | None:
        """The case as last committed."""
        with self._reading() as run:
            row = run.row(sql.ONE_CASE, of_case=case_id)
            return None if row is None else self._case(run, row)

    def records(self, case_id: str) -> tuple[Record, ...]:
        """The history of a case as last committed, in order."""
        with self._reading() as run:
            return reading.records_of(run, self._tools, case_id)

    def case_ids(self, after: str = "", limit: int = 500) -> tuple[str, ...]:
        """Ids of all cases above the id ``after``, by id."""
        with self._reading() as run:
            return tuple(row[0] for row in run.rows(sql.CASE_IDS, after=after, most=limit))

    def cases_of(self, phone: str) -> tuple[str, ...]:
        """Ids of the cases whose citizen left this telephone number, by id."""
        digest = self._tools.sealer.lookup(phone)
        if not digest:
            return ()
        with self._reading() as run:
            return tuple(row[0] for row in run.rows(sql.CASES_OF, of_key=digest))

    def scan(
        self,
        *,
        received_from: datetime | None = None,
        received_until: datetime | None = None,
        state: str | None = None,
        unit: str | None = None,
        batch: int = 500,
        broken: Broken | None = None,
    ) -> Iterator[Case]:
        """Cases in the order in which they were opened, then of their ids, a batch at a time."""
        order = listing.InOrder.of(self.tenant, received_from, received_until, state, unit)
        return self._pages(order, batch, broken)

    def _pages(self, order: listing.InOrder, batch: int, broken: Broken | None) -> Iterator[Case]:
        place: tuple[int, str] | None = None
        while True:
            with self._reading() as run:
                page = order.page(run, place, batch)
                cases = [self._readable(run, row, broken) for row in page]
            yield from (case for case in cases if case is not None)
            if len(page) < batch:
                return
            place = page[-1].received_at, page[-1].case_id

    def _readable(self, run: Runner, row: Row[Any], broken: Broken | None) -> Case | None:
        try:
            return self._case(run, row)
        except WenzhengError as error:
            if broken is None:
                raise
            broken(row.case_id, error)
            return None

    def _case(self, run: Runner, row: Row[Any]) -> Case:
        wrapped = wrapped_of(row)
        tools = self._tools
        return reading.case_of(row, wrapped, tools, lambda i: reading.records_of(run, tools, i))

    # What is to be done

    def due(self, now: datetime, shard: int, after: Due | None, limit: int) -> tuple[Due, ...]:
        """Cases of a shard whose next wake-up is at or before ``now``, beyond ``after``, in order."""
        with self._reading() as run:
            return listing.due(run, now, shard, after, limit)

    def awaiting(self, year: int, after: Awaiting | None, limit: int) -> tuple[Awaiting, ...]:
        """Cases with a deadline that awaits the arrangement of ``year`` or an earlier one, in order."""
        with self._reading() as run:
            return listing.awaiting(run, year, after, limit)

    def count_awaiting(self, year: int) -> int:
        """How many cases have a deadline that awaits the arrangement of ``year`` or an earlier one."""
        with self._reading() as run:
            return listing.count_awaiting(run, year)

    def entries(self, prefix: str, after: str = "", limit: int = 500) -> tuple[Entry, ...]:
        """Entries whose key begins with ``prefix`` and lies above ``after``, by key."""
        with self._reading() as run:
            return reading.entries(run, prefix, after, limit)

    def last_entry(self, prefix: str) -> Entry | None:
        """The entry with the greatest key that begins with ``prefix``; None if there is none."""
        with self._reading() as run:
            return reading.last_entry(run, prefix)

    def dead_letters(self, after: str = "", limit: int = 500) -> tuple[DeadLetter, ...]:
        """What is tried no more, by key above ``after``."""
        with self._reading() as run:
            return outbox.dead_letters(run, after, limit)

    # The feed and the leases

    def feed(self, after: int = 0, limit: int = 500) -> tuple[Fed, ...]:
        """Records beyond a position, in the one order of the tenant."""
        with self._reading() as run:
            return reading.fed(run, self._tools, after, limit)

    def cursor(self, consumer: str) -> int:
        """Up to which position a consumer has worked off the feed; 0 for one that never did."""
        with self._reading() as run:
            return leases.cursor(run, consumer)

    def acquire(self, name: str, holder: str, now: datetime, until: datetime) -> Lease | None:
        """The lease, if it is free at ``now`` or the holder's own already; else None."""
        now, until = utc(now), utc(until)
        with self._reading() as run:
            if leases.taken_by_other(run, name, holder, now):
                return None
        with self.transaction() as transaction:
            return transaction.acquire(name, holder, now, until)

    def release(self, lease: Lease) -> None:
        """Give a lease back before its time; nothing happens if another holds it by now."""
        with self.transaction() as transaction:
            transaction.release(lease)

    # Evidence

    def head(self) -> Head:
        """Where the chains end."""
        with self._reading() as run:
            return head_of(run)

    def evidence(self, after: int = 0, limit: int = 500) -> tuple[Evidence, ...]:
        """Records as they are stored, beyond a position, by position."""
        with self._reading() as run:
            return tuple(map(evidence_of, run.rows(sql.EVIDENCE, after=after, most=limit)))

    def line_evidence(self, after: int = 0, limit: int = 500) -> tuple[LineEvidence, ...]:
        """Lines of the diary as they are stored, beyond a number, by number."""
        with self._reading() as run:
            rows = run.rows(diary.EVIDENCE, after=after, most=limit)
            return tuple(map(diary.evidence_of, rows))

    def close(self) -> None:
        """Give the connections back; an engine or a connection that was handed in stays open."""
        if self._release is not None:
            self._release()

    @contextmanager
    def _reading(self) -> Iterator[Runner]:
        with self._blocks.read() as connection:
            yield self._runner(connection)

    def _runner(self, connection: Connection) -> Runner:
        # On a connection of the embedder's own SQLAlchemy is to know of all that happens.
        straight = None if isinstance(self._blocks, Joined) else direct(connection)
        return Runner(connection, self.tenant, self._statements, Watched(), straight)


def _give_back(engine: Engine | None) -> None:
    if engine is not None:
        engine.dispose()
