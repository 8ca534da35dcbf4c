"""What revision 0002 counts over the rows that are there, a batch at a time, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Integer,
    LargeBinary,
    Row,
    Select,
    String,
    TableClause,
    Text,
    and_,
    bindparam,
    column,
    or_,
    select,
    table,
    update,
)

from wenzheng_core import chains
from wenzheng_core.storing import Evidence, LineEvidence, shard_of

_BATCH = 400
_DIGEST = "sha256"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_TENANT = table(
    "wz_tenant",
    column("tenant", String),
    column("chain_link", LargeBinary),
    column("last_line", BigInteger),
    column("line_link", LargeBinary),
)
_CASE = table(
    "wz_case",
    column("tenant", String),
    column("case_id", String),
    column("version", BigInteger),
    column("shard", Integer),
    column("chain_link", LargeBinary),
)
_EVENT = table(
    "wz_event",
    column("tenant", String),
    column("case_id", String),
    column("version", BigInteger),
    column("position", BigInteger),
    column("kind", String),
    column("form", Integer),
    column("happened_at", BigInteger),
    column("actor", String),
    column("body", LargeBinary),
    column("digest_name", String),
    column("case_link", LargeBinary),
    column("chain_link", LargeBinary),
)
_OUTBOX = table("wz_outbox", column("sent_at", BigInteger), column("ended_at", BigInteger))
_DIARY = table(
    "wz_diary",
    column("tenant", String),
    column("entry_key", String),
    column("entered_at", BigInteger),
    column("body", Text),
    column("kept", LargeBinary),
    column("line_no", BigInteger),
    column("digest_name", String),
    column("chain_link", LargeBinary),
)

_Values = dict[str, Any]


def fill_events(connection: Connection) -> None:
    """The links of every record in the chain of its case and in that of its tenant."""
    if connection.dialect.name == "postgresql":
        # Without statistics, as after a restored backup, it would go through the table each time.
        connection.exec_driver_sql("ANALYZE wz_event")
    for tenant in _tenants(connection):
        link, last = b"", 0
        page = select(_EVENT).where(_EVENT.c.tenant == tenant).order_by(_EVENT.c.position)
        while found := _page(connection, page.where(_EVENT.c.position > last)):
            link = _chain_records(connection, tenant, found, link)
            last = found[-1].position
        ours = update(_TENANT).where(_TENANT.c.tenant == tenant)
        connection.execute(ours.values(chain_link=link))


def _chain_records(
    connection: Connection, tenant: str, found: Sequence[Row[Any]], link: bytes
) -> bytes:
    """Link one batch to what lies before it; the link of its last record."""
    ends = _links_before(connection, tenant, found)
    linked: list[_Values] = []
    for row in found:
        previous = ends.get(row.case_id, b"")
        ends[row.case_id] = own = chains.case_link(previous, tenant, _evidence(row))
        link = chains.link(link, _evidence(row, own))
        place = {"of_tenant": tenant, "of_case_id": row.case_id, "of_version": row.version}
        linked.append({**place, "of_case_link": own, "of_link": link})
    connection.execute(_NEW_LINKS, linked)
    return link


def _links_before(
    connection: Connection, tenant: str, found: Sequence[Row[Any]]
) -> dict[str, bytes]:
    """The links by which a batch goes on with its cases: of the records before the first ones."""
    first = {row.case_id: row.version for row in reversed(found)}
    places = {case_id: version - 1 for case_id, version in first.items() if version > 1}
    if not places:
        return {}
    # By two lists, from which each database makes stretches of the key; by pairs, SQLite does not.
    before = select(_EVENT.c.case_id, _EVENT.c.version, _EVENT.c.case_link).where(
        _EVENT.c.tenant == tenant,
        _EVENT.c.case_id.in_(sorted(places)),
        _EVENT.c.version.in_(sorted(set(places.values()))),
    )
    rows = connection.execute(before)
    return {row.case_id: row.case_link for row in rows if row.version == places[row.case_id]}


def fill_cases(connection: Connection) -> None:
    """The shard of every case, and the link of its last record, which is there by then."""
    last_record = select(_EVENT.c.case_link).where(
        _EVENT.c.tenant == _CASE.c.tenant,
        _EVENT.c.case_id == _CASE.c.case_id,
        _EVENT.c.version == _CASE.c.version,
    )
    columns = select(_CASE.c.case_id, last_record.scalar_subquery().label("link"))
    for tenant in _tenants(connection):
        last = ""
        page = columns.where(_CASE.c.tenant == tenant).order_by(_CASE.c.case_id)
        while found := _page(connection, page.where(_CASE.c.case_id > last)):
            connection.execute(_NEW_END, [_case_values(tenant, row) for row in found])
            last = found[-1].case_id


def _case_values(tenant: str, row: Row[Any]) -> _Values:
    return {
        "of_tenant": tenant,
        "of_case_id": row.case_id,
        "of_shard": shard_of(row.case_id),
        "of_link": row.link or b"",
    }


def fill_outbox(connection: Connection) -> None:
    """When an item ended: all that did so by now were sent."""
    connection.execute(update(_OUTBOX).values(ended_at=_OUTBOX.c.sent_at))


def fill_lines(connection: Connection) -> None:
    """Number and link the lines of the diary, as they were entered, and keep them as bytes."""
    for tenant in _tenants(connection):
        link, number = b"", 0
        values: list[_Values] = []
        for row in _lines(connection, tenant):
            number += 1
            body = row.body.encode()
            link = chains.line_link(link, tenant, _line_evidence(row, number, body))
            values.append(
                {
                    "of_tenant": tenant,
                    "of_entry_key": row.entry_key,
                    "of_body": body,
                    "of_number": number,
                    "of_link": link,
                }
            )
            if len(values) == _BATCH:
                connection.execute(_NEW_LINE, values)
                values = []
        if values:
            connection.execute(_NEW_LINE, values)
        ours = update(_TENANT).where(_TENANT.c.tenant == tenant)
        connection.execute(ours.values(last_line=number, line_link=link))


def _lines(connection: Connection, tenant: str) -> Iterator[Row[Any]]:
    at, key = _DIARY.c.entered_at, _DIARY.c.entry_key
    ours = select(at, key, _DIARY.c.body).where(_DIARY.c.tenant == tenant).order_by(at, key)
    page = ours
    while found := _page(connection, page):
        yield from found
        last = found[-1]
        later = and_(at == last.entered_at, key > last.entry_key)
        page = ours.where(or_(at > last.entered_at, later))


def _evidence(row: Row[Any], case_link: bytes = b"") -> Evidence:
    return Evidence(
        position=row.position,
        case_id=row.case_id,
        version=row.version,
        kind=row.kind,
        form=row.form,
        at=_instant(row.happened_at),
        actor=row.actor or "",
        body=row.body,
        digest=_DIGEST,
        case_link=case_link,
        link=b"",
    )


def _line_evidence(row: Row[Any], number: int, body: bytes) -> LineEvidence:
    return LineEvidence(
        number=number,
        key=row.entry_key,
        at=_instant(row.entered_at),
        body=body,
        digest=_DIGEST,
        link=b"",
    )


def _instant(ticks: int) -> datetime:
    return _EPOCH + timedelta(microseconds=ticks)


def _tenants(connection: Connection) -> Sequence[str]:
    return connection.scalars(select(_TENANT.c.tenant).order_by(_TENANT.c.tenant)).all()


def _page(connection: Connection, page: Select[Any]) -> Sequence[Row[Any]]:
    return connection.execute(page.limit(_BATCH)).all()


def _change(of: TableClause, *place: str, **values: Any) -> Any:
    same = [of.c[name] == bindparam(f"of_{name}") for name in ("tenant", *place)]
    return update(of).where(*same).values(**values)


_NEW_LINKS = _change(
    _EVENT,
    "case_id",
    "version",
    digest_name=_DIGEST,
    case_link=bindparam("of_case_link"),
    chain_link=bindparam("of_link"),
)
_NEW_END = _change(_CASE, "case_id", shard=bindparam("of_shard"), chain_link=bindparam("of_link"))
_NEW_LINE = _change(
    _DIARY,
    "entry_key",
    kept=bindparam("of_body"),
    line_no=bindparam("of_number"),
    digest_name=_DIGEST,
    chain_link=bindparam("of_link"),
)
