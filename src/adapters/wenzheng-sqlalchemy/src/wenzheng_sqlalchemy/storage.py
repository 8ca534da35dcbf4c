"""The store: :class:`~wenzheng_core.ports.Storage` on SQLAlchemy Core."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import attrs
from sqlalchemy import ColumnElement, Engine, Row, Select, bindparam, func, select

from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.errors import WenzhengError
from wenzheng_core.domain.events import Record
from wenzheng_core.domain.instants import utc
from wenzheng_core.ports import Broken, Entry, Transaction
from wenzheng_sqlalchemy.engine import Database, make_engine, require_existing
from wenzheng_sqlalchemy.errors import StoreError, store_errors
from wenzheng_sqlalchemy.schema import prepare
from wenzheng_sqlalchemy.tables import CASE, to_ticks
from wenzheng_sqlalchemy.transactions import SqlTransaction

# The id in a form that no index has: a planner that sees ORDER BY and LIMIT would else walk all
# cases in the order of their ids (SQLite does), when the few that are due have an index of their own.
_ID = func.coalesce(CASE.c.case_id, "")
_PAGE = (
    select(CASE.c.case_id)
    .where(CASE.c.tenant == bindparam("of_tenant"), bindparam("after") < _ID)
    .order_by(_ID)
    .limit(bindparam("most"))
)
DUE = _PAGE.where(CASE.c.next_wake <= bindparam("now"))
AWAITING = _PAGE.where(CASE.c.awaits_year <= bindparam("year"))


class SqlStorage:
    """A store bound to one tenant. Makes its tables on first use.

    ``where`` is a URL, or an engine of the embedder's own, which stays the embedder's to dispose of
    and whose settings are left alone (:func:`~wenzheng_sqlalchemy.make_engine` has ours).
    """

    def __init__(self, where: str | Engine, tenant: str = "default") -> None:
        self.tenant = tenant
        engine = make_engine(where) if isinstance(where, str) else where
        if engine.dialect.name != "sqlite":
            raise StoreError(f"尚不支持「{engine.dialect.name}」数据库;请用 SQLite")
        # A store that is dropped without being closed gives its connections back all the same.
        self._release = weakref.finalize(
            self, _give_back, engine if isinstance(where, str) else None
        )
        self._database = Database(engine)
        try:
            prepare(self._database, tenant)
        except BaseException:
            self.close()
            raise

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Read and write; it commits at the end of the block, and rolls back if that raises."""
        with self._database.write() as connection:
            transaction = SqlTransaction(connection, self.tenant)
            yield transaction
            transaction.finish()

    def case(self, case_id: str) -> Case | None:
        """The case as last committed."""
        with self._reading() as transaction:
            return transaction.case(case_id)

    def records(self, case_id: str) -> tuple[Record, ...]:
        """The history of a case as last committed, in order."""
        with self._reading() as transaction:
            return transaction.records(case_id)

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
        wanted = [CASE.c.tenant == self.tenant]
        if received_from:
            wanted.append(CASE.c.received_at >= to_ticks(utc(received_from)))
        if received_until:
            wanted.append(CASE.c.received_at < to_ticks(utc(received_until)))
        if state is not None:
            wanted.append(CASE.c.state == state)
        if unit is not None:
            wanted.append(CASE.c.lead_unit == unit)
        return self._pages(_InOrder(tuple(wanted)), batch, broken)

    def due(self, now: datetime, after: str, limit: int) -> tuple[str, ...]:
        """Ids of cases whose next wake-up is at or before ``now``, above the id ``after``, by id."""
        return self._ids(DUE, now=to_ticks(utc(now)), after=after, most=limit)

    def awaiting(self, year: int, after: str, limit: int) -> tuple[str, ...]:
        """Ids of cases with a deadline that awaits the arrangement of ``year`` or an earlier one."""
        return self._ids(AWAITING, year=year, after=after, most=limit)

    def entries(self, prefix: str, after: str = "", limit: int = 500) -> tuple[Entry, ...]:
        """Entries whose key begins with ``prefix`` and lies above ``after``, by key."""
        with self._reading() as transaction:
            return transaction.entries(prefix, after, limit)

    def last_entry(self, prefix: str) -> Entry | None:
        """The entry with the greatest key that begins with ``prefix``; None if there is none."""
        with self._reading() as transaction:
            return transaction.last_entry(prefix)

    def close(self) -> None:
        """Give the connections back; an engine that was handed in stays open."""
        self._release()

    @contextmanager
    def _reading(self) -> Iterator[SqlTransaction]:
        with self._database.read() as connection:
            yield SqlTransaction(connection, self.tenant)

    def _ids(self, statement: Select[tuple[str]], **values: object) -> tuple[str, ...]:
        with self._database.read() as connection, store_errors():
            found = connection.execute(statement, {"of_tenant": self.tenant, **values})
            return tuple(row.case_id for row in found)

    def _pages(self, order: _InOrder, batch: int, broken: Broken | None) -> Iterator[Case]:
        place: tuple[int, str] | None = None
        while True:
            with self._reading() as transaction:
                page = transaction.rows(order.after(place, batch))
                if place and len(page) < batch:
                    page += transaction.rows(order.later(place[0], batch - len(page)))
                cases = [_readable(transaction, row, broken) for row in page]
            yield from (case for case in cases if case is not None)
            if len(page) < batch:
                return
            place = page[-1].received_at, page[-1].case_id


def _readable(transaction: SqlTransaction, row: Row[Any], broken: Broken | None) -> Case | None:
    try:
        return transaction.restored(row.case_id, row.snapshot)
    except WenzhengError as error:
        if broken is None:
            raise
        broken(row.case_id, error)
        return None


@attrs.frozen
class _InOrder:
    """Pages in the order of receipt, then of ids.

    Many cases of one import share an instant, so a page is asked for in two halves: the rest of the
    last instant by id, then what is later. Each is one stretch of the index; one condition with OR
    would read a shared instant from its beginning for every page.
    """

    wanted: tuple[ColumnElement[bool], ...]

    def after(self, place: tuple[int, str] | None, most: int) -> Select[Any]:
        """The rest of the instant of ``place``; the first page if that is None."""
        page = self._page(most)
        if place is None:
            return page
        return page.where(CASE.c.received_at == place[0], CASE.c.case_id > place[1])

    def later(self, instant: int, most: int) -> Select[Any]:
        """What was received after ``instant``."""
        return self._page(most).where(CASE.c.received_at > instant)

    def _page(self, most: int) -> Select[Any]:
        columns = select(CASE.c.received_at, CASE.c.case_id, CASE.c.snapshot)
        ordered = columns.where(*self.wanted).order_by(CASE.c.received_at, CASE.c.case_id)
        return ordered.limit(most)


def _give_back(engine: Engine | None) -> None:
    if engine is not None:
        engine.dispose()


@attrs.frozen
class SqlStorageProvider:
    """Opens stores by ``sqlite:`` URLs."""

    schemes: tuple[str, ...] = ("sqlite",)

    def open(self, url: str, tenant: str, *, create: bool = True) -> SqlStorage:
        """Open a store bound to a tenant. Raises StoreError with what to do if it cannot."""
        if not create:
            require_existing(url)
        return SqlStorage(url, tenant)
