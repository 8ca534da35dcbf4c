"""The diary's table: its lines go in once, and come out by prefix in the order of their keys."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select

from wenzheng_core import wire
from wenzheng_core.ports import Entry, Outgoing
from wenzheng_sqlalchemy import statements as sql
from wenzheng_sqlalchemy.rows import Values, outgoing_values
from wenzheng_sqlalchemy.tables import DIARY, from_ticks, to_ticks

_NEW = insert(DIARY)
_GREATEST = chr(0x10FFFF)


def write_lines(
    connection: Connection, tenant: str, entries: Sequence[Entry], outgoing: Sequence[Outgoing]
) -> None:
    """Insert lines and what is to be told. Raises IntegrityError where a key is there."""
    lines = [_values(tenant, entry) for entry in entries]
    told = [outgoing_values(tenant, item) for item in outgoing]
    for statement, many in ((_NEW, lines), (sql.NEW_OUTGOING, told)):
        if many:
            connection.execute(statement, many)


def taken_keys(
    connection: Connection, tenant: str, entries: Sequence[Entry], outgoing: Sequence[Outgoing]
) -> Iterator[str]:
    """Those keys of a call that are there already."""
    for entry in entries:
        same = (DIARY.c.tenant == tenant) & (DIARY.c.entry_key == entry.key)
        if connection.execute(select(DIARY.c.entry_key).where(same)).first():
            yield entry.key
    for item in outgoing:
        place = {"of_tenant": tenant, "of_key": item.key}
        if connection.scalar(sql.STATE, place) is not None:
            yield item.key


def page(tenant: str, prefix: str, after: str, limit: int) -> Select[Any]:
    """Lines with a prefix above a key, by key."""
    return _within(tenant, prefix, after).order_by(DIARY.c.entry_key).limit(limit)


def last(tenant: str, prefix: str) -> Select[Any]:
    """The line with the greatest key of a prefix."""
    return _within(tenant, prefix).order_by(DIARY.c.entry_key.desc()).limit(1)


def entry_of(row: Row[Any]) -> Entry:
    """The line of a row."""
    return Entry(row.entry_key, from_ticks(row.entered_at), wire.from_json(row.body))


def _values(tenant: str, entry: Entry) -> Values:
    return {
        "tenant": tenant,
        "entry_key": entry.key,
        "entered_at": to_ticks(entry.at),
        "body": wire.to_json(entry.body),
    }


def _within(tenant: str, prefix: str, after: str = "") -> Select[Any]:
    # One stretch of the primary key: a prefix is no pattern, so nothing in it needs escaping.
    key = DIARY.c.entry_key
    low = key > after if after >= prefix else key >= prefix
    found = select(DIARY).where(DIARY.c.tenant == tenant, low)
    beyond = end_of_prefix(prefix)
    return found if beyond is None else found.where(key < beyond)


def end_of_prefix(prefix: str) -> str | None:
    """The least text above all that begin with ``prefix``, by code points; None if there is none."""
    short = prefix.rstrip(_GREATEST)
    if not short:
        return None
    following = ord(short[-1]) + 1
    # Surrogates are no characters, and no database stores them.
    return short[:-1] + chr(0xE000 if 0xD800 <= following <= 0xDFFF else following)
