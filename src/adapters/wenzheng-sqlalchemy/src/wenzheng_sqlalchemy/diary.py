"""The diary's table: its lines go in once, and come out by prefix in the order of their keys."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, Select, insert, select

from wenzheng_core import wire
from wenzheng_core.storing import Entry, LineEvidence
from wenzheng_sqlalchemy.statements import AFTER, KEYS, MOST, OF_TENANT
from wenzheng_sqlalchemy.tables import DIARY, from_ticks

NEW = insert(DIARY)
TAKEN_KEYS = select(DIARY.c.entry_key).where(
    DIARY.c.tenant == OF_TENANT, DIARY.c.entry_key.in_(KEYS)
)
EVIDENCE = (
    select(DIARY)
    .where(DIARY.c.tenant == OF_TENANT, DIARY.c.line_no > AFTER)
    .order_by(DIARY.c.line_no)
    .limit(MOST)
)
_GREATEST = chr(0x10FFFF)


def page(tenant: str, prefix: str, after: str, limit: int) -> Select[Any]:
    """Lines with a prefix above a key, by key."""
    return _within(tenant, prefix, after).order_by(DIARY.c.entry_key).limit(limit)


def last(tenant: str, prefix: str) -> Select[Any]:
    """The line with the greatest key of a prefix."""
    return _within(tenant, prefix).order_by(DIARY.c.entry_key.desc()).limit(1)


def entry_of(row: Row[Any]) -> Entry:
    """The line of a row."""
    return Entry(row.entry_key, from_ticks(row.entered_at), wire.from_json(row.body))


def evidence_of(row: Row[Any]) -> LineEvidence:
    """A line as it lies in its row."""
    return LineEvidence(
        number=row.line_no,
        key=row.entry_key,
        at=from_ticks(row.entered_at),
        body=row.body,
        digest=row.digest_name,
        link=row.chain_link,
    )


def _within(tenant: str, prefix: str, after: str = "") -> Select[Any]:
    # One stretch of the primary key: a prefix is no pattern, so nothing in it needs escaping.
    key = DIARY.c.entry_key
    low = key > after if after >= prefix else key >= prefix
    found = select(key, DIARY.c.entered_at, DIARY.c.body).where(DIARY.c.tenant == tenant, low)
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
