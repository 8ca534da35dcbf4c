"""The tables. Portable on purpose: PostgreSQL, SQLite, the MySQL family, 达梦, openGauss.

Every key, unique constraint and index leads with the tenant. Ids are made in Python. Names are at
most 30 characters and no reserved words. Nothing here needs RETURNING, ON CONFLICT, partial
indexes, SKIP LOCKED, arrays or JSON columns.

Instants are whole microseconds since 1970-01-01 UTC in a BigInteger. A zone-aware column is dropped
to a bare DATETIME by 达梦, is text in SQLite and loses its microseconds in MySQL unless told not to;
a number is exact, ordered and the same everywhere. '' and NULL are one in some databases, so a
column that may be empty is nullable and read back as ''.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeEngine

SCHEMA = 2
"""The version of these tables. A store of version 1 lacks the diary, which is added when it is
opened; one of any other version is not opened."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)


def to_ticks(instant: datetime) -> int:
    """Microseconds since the epoch."""
    return (instant - _EPOCH) // _TICK


def from_ticks(ticks: int) -> datetime:
    """The instant, in UTC."""
    return _EPOCH + timedelta(microseconds=ticks)


def _key(length: int) -> TypeEngine[str]:
    # Keys are compared byte by byte: the MySQL family would otherwise take A and a for one.
    binary = String(length, collation="utf8mb4_bin")
    exact = String(length, collation="C")
    plain = String(length)
    return plain.with_variant(binary, "mysql", "mariadb").with_variant(exact, "postgresql")


def _long_text() -> TypeEngine[str]:
    return Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb")


def _bytes() -> TypeEngine[bytes]:
    return LargeBinary().with_variant(mysql.LONGBLOB(), "mysql", "mariadb")


def _tenant() -> Column[str]:
    return Column("tenant", _key(64), primary_key=True, autoincrement=False)


def _part(name: str, kind: TypeEngine[str]) -> Column[str]:
    return Column(name, kind, primary_key=True, autoincrement=False)


def _count(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, autoincrement=False)


METADATA = MetaData()

SCHEMA_TABLE = Table(
    "wz_schema",
    METADATA,
    _part("name", _key(30)),
    Column("version", Integer, nullable=False, autoincrement=False),
)

TENANT = Table("wz_tenant", METADATA, _tenant(), _count("last_position"))

CASE = Table(
    "wz_case",
    METADATA,
    _tenant(),
    _part("case_id", _key(64)),
    _count("version"),
    Column("state", _key(30), nullable=False),
    Column("lead_unit", _key(128)),
    Column("source", _key(128)),
    Column("external_id", _key(255)),
    Column("policy", _key(128)),
    Column("policy_version", _key(128)),
    _count("received_at"),
    Column("next_wake", BigInteger),
    Column("awaits_year", Integer),
    Column("snapshot", _long_text(), nullable=False),
    Index("wz_case_wake", "tenant", "next_wake", "case_id"),
    Index("wz_case_awaits", "tenant", "awaits_year", "case_id"),
    Index("wz_case_received", "tenant", "received_at", "case_id"),
)

# The body is kept as bytes, so that a chain of hashes can cover what is stored, not a rendering.
EVENT = Table(
    "wz_event",
    METADATA,
    _tenant(),
    _part("case_id", _key(64)),
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    _count("position"),
    Column("kind", _key(64), nullable=False),
    Column("form", Integer, nullable=False),
    _count("happened_at"),
    Column("actor", _key(128)),
    Column("body", _bytes(), nullable=False),
    UniqueConstraint("tenant", "position", name="wz_event_position"),
)

ANSWER = Table(
    "wz_answer",
    METADATA,
    _tenant(),
    _part("item_key", _key(200)),
    Column("fingerprint", _key(128)),
    Column("case_id", _key(64), nullable=False),
    _count("first_version"),
    _count("last_version"),
)

WAITING, SENT = "waiting", "sent"

OUTBOX = Table(
    "wz_outbox",
    METADATA,
    _tenant(),
    _part("item_key", _key(200)),
    Column("case_id", _key(64)),
    Column("channel", _key(64)),
    Column("addressee", _key(200)),
    Column("content", _long_text()),
    _count("ready_at"),
    Column("attempts", Integer, nullable=False),
    Column("state", _key(10), nullable=False),
    Column("sent_at", BigInteger),
    Column("receipt", _long_text()),
    Column("last_error", _long_text()),
    Index("wz_outbox_ready", "tenant", "state", "ready_at", "item_key"),
)

DIARY = Table(
    "wz_diary",
    METADATA,
    _tenant(),
    _part("entry_key", _key(200)),
    _count("entered_at"),
    Column("body", _long_text(), nullable=False),
)
