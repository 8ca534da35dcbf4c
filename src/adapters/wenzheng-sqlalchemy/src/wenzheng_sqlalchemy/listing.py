"""Cases by what is asked of them: those to wake, those that await a year, those of a period.

A page in the order of an index is asked for in two halves: the rest of the last value by id, then
what lies above. Each is one stretch of the index. One condition with OR would read a shared value
from its beginning for every page, and many cases of one import share an instant.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import attrs
from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    Executable,
    Row,
    Select,
    bindparam,
    func,
    select,
)

from wenzheng_core.domain.instants import utc
from wenzheng_core.storing import Awaiting, Due
from wenzheng_sqlalchemy.running import Runner, Values
from wenzheng_sqlalchemy.statements import AFTER, MOST, OF_TENANT, key_columns
from wenzheng_sqlalchemy.tables import CASE, from_ticks, to_ticks

_UNTIL: BindParameter[int] = bindparam("until")
_SINCE: BindParameter[int] = bindparam("since")


def _halves(column: Column[Any], *wanted: ColumnElement[bool]) -> tuple[Select[Any], Select[Any]]:
    """The rest of the value ``since`` above the id ``after``, and what lies above ``since``."""
    found = select(column, CASE.c.case_id).where(CASE.c.tenant == OF_TENANT, *wanted)
    rest = found.where(column == _SINCE, CASE.c.case_id > AFTER).order_by(CASE.c.case_id)
    above = found.where(column > _SINCE, column <= _UNTIL).order_by(column, CASE.c.case_id)
    return rest.limit(MOST), above.limit(MOST)


DUE_REST, DUE_ABOVE = _halves(CASE.c.next_wake, CASE.c.shard == bindparam("of_shard"))
AWAITING_REST, AWAITING_ABOVE = _halves(CASE.c.awaits_year)
COUNT_AWAITING = (
    select(func.count())
    .select_from(CASE)
    .where(CASE.c.tenant == OF_TENANT, CASE.c.awaits_year <= _UNTIL)
)
_LEAST = -(2**63)


def due(run: Runner, now: datetime, shard: int, after: Due | None, limit: int) -> tuple[Due, ...]:
    """Cases of a shard to be woken at ``now``, beyond ``after``, in order."""
    place = None if after is None else (to_ticks(utc(after.at)), after.case_id)
    until = to_ticks(utc(now))
    values = {"until": until, "of_shard": shard}
    found = _page(run, (DUE_REST, DUE_ABOVE), place, limit, {"since": _LEAST, **values})
    return tuple(Due(from_ticks(row.next_wake), row.case_id) for row in found)


def awaiting(run: Runner, year: int, after: Awaiting | None, limit: int) -> tuple[Awaiting, ...]:
    """Cases with a deadline that awaits the arrangement of ``year`` or an earlier one, in order."""
    place = None if after is None else (after.year, after.case_id)
    found = _page(run, (AWAITING_REST, AWAITING_ABOVE), place, limit, {"since": -1, "until": year})
    return tuple(Awaiting(row.awaits_year, row.case_id) for row in found)


def count_awaiting(run: Runner, year: int) -> int:
    """How many there are."""
    row = run.row(COUNT_AWAITING, until=year)
    return 0 if row is None else int(row[0])


def _page(
    run: Runner,
    halves: tuple[Executable, Executable],
    place: tuple[int, str] | None,
    limit: int,
    values: Values,
) -> Sequence[Row[Any]]:
    (rest, above), found = halves, list[Row[Any]]()
    if place is not None:
        values["since"], after = place
        if values["since"] > values["until"]:
            return ()
        found += run.rows(rest, after=after, most=limit, **values)
    if len(found) < limit:
        found += run.rows(above, most=limit - len(found), **values)
    return found


@attrs.frozen
class InOrder:
    """Pages of cases in the order of receipt, then of ids."""

    wanted: tuple[ColumnElement[bool], ...]

    @classmethod
    def of(
        cls,
        tenant: str,
        received_from: datetime | None,
        received_until: datetime | None,
        state: str | None,
        unit: str | None,
    ) -> InOrder:
        """The cases that a scan asks for."""
        wanted = [CASE.c.tenant == tenant]
        if received_from:
            wanted.append(CASE.c.received_at >= to_ticks(utc(received_from)))
        if received_until:
            wanted.append(CASE.c.received_at < to_ticks(utc(received_until)))
        if state is not None:
            wanted.append(CASE.c.state == state)
        if unit is not None:
            wanted.append(CASE.c.lead_unit == unit)
        return cls(tuple(wanted))

    def page(self, run: Runner, place: tuple[int, str] | None, most: int) -> list[Row[Any]]:
        """The next cases beyond ``place``, at most ``most``; the first ones if that is None."""
        if place is None:
            return self._rows(run, self._columns(), most)
        at, after = place
        same = (CASE.c.received_at == at, CASE.c.case_id > after)
        found = self._rows(run, self._columns().where(*same), most)
        if len(found) < most:
            later = self._columns().where(CASE.c.received_at > at)
            found += self._rows(run, later, most - len(found))
        return found

    def _columns(self) -> Select[Any]:
        columns = (CASE.c.received_at, CASE.c.case_id, CASE.c.version, CASE.c.snapshot)
        return select(*columns, *key_columns(CASE)).where(*self.wanted)

    def _rows(self, run: Runner, found: Select[Any], most: int) -> list[Row[Any]]:
        ordered = found.order_by(CASE.c.received_at, CASE.c.case_id).limit(most)
        with run.errors:
            return list(run.connection.execute(ordered))
