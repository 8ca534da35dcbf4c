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
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeEngine

from wenzheng_sqlalchemy.collating import exact

HEAD = "0002"
"""The revision of the migrations whose result these tables are, by test."""

VERSION_TABLE = "wenzheng_schema_version"
"""Where the revision of a database stands: our own, beside whatever ``alembic_version`` the host has."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)


def to_ticks(instant: datetime) -> int:
    """Microseconds since the epoch."""
    return (instant - _EPOCH) // _TICK


def from_ticks(ticks: int) -> datetime:
    """The instant, in UTC."""
    return _EPOCH + timedelta(microseconds=ticks)


def _long_text() -> TypeEngine[str]:
    # Whatever the database takes for its own texts: ours are Chinese.
    return Text().with_variant(mysql.LONGTEXT(collation="utf8mb4_bin"), "mysql", "mariadb")


def _bytes() -> TypeEngine[bytes]:
    return LargeBinary().with_variant(mysql.LONGBLOB(), "mysql", "mariadb")


def _tenant() -> Column[str]:
    return Column("tenant", exact(64), primary_key=True, autoincrement=False)


def _part(name: str, kind: TypeEngine[str]) -> Column[str]:
    return Column(name, kind, primary_key=True, autoincrement=False)


def _count(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, autoincrement=False)


METADATA = MetaData()

# One row a tenant, locked as the last step of every commit: its counters are the order of commits.
TENANT = Table(
    "wz_tenant",
    METADATA,
    _tenant(),
    _count("last_position"),
    Column("chain_link", _bytes(), nullable=False),
    _count("last_line"),
    Column("line_link", _bytes(), nullable=False),
)

CASE = Table(
    "wz_case",
    METADATA,
    _tenant(),
    _part("case_id", exact(64)),
    _count("version"),
    # The link of its last record, by which the next one is chained.
    Column("chain_link", _bytes(), nullable=False),
    Column("shard", Integer, nullable=False, autoincrement=False),
    Column("state", exact(30), nullable=False),
    Column("lead_unit", exact(128)),
    Column("source", exact(128)),
    Column("external_id", exact(255)),
    Column("policy", exact(128)),
    Column("policy_version", exact(128)),
    _count("received_at"),
    Column("next_wake", BigInteger),
    Column("awaits_year", Integer),
    Column("snapshot", _long_text(), nullable=False),
    Index("wz_case_wake", "tenant", "shard", "next_wake", "case_id"),
    Index("wz_case_awaits", "tenant", "awaits_year", "case_id"),
    Index("wz_case_received", "tenant", "received_at", "case_id"),
)

# The body is kept as bytes, so that a chain of hashes can cover what is stored, not a rendering.
EVENT = Table(
    "wz_event",
    METADATA,
    _tenant(),
    _part("case_id", exact(64)),
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    _count("position"),
    Column("kind", exact(64), nullable=False),
    Column("form", Integer, nullable=False),
    _count("happened_at"),
    Column("actor", exact(128)),
    Column("body", _bytes(), nullable=False),
    Column("digest_name", exact(16), nullable=False),
    Column("case_link", _bytes(), nullable=False),
    Column("chain_link", _bytes(), nullable=False),
    UniqueConstraint("tenant", "position", name="wz_event_position"),
)

# The keys under which a case's personal data is sealed, wrapped; a row that is gone is an erasure.
CASE_KEY = Table(
    "wz_case_key",
    METADATA,
    _tenant(),
    _part("case_id", exact(64)),
    _part("part_name", exact(16)),
    Column("wrapped", _bytes(), nullable=False),
)

# Keyed digests of the telephone numbers that citizens left, by which their cases are found.
CONTACT = Table(
    "wz_contact",
    METADATA,
    _tenant(),
    _part("contact_digest", exact(64)),
    _part("case_id", exact(64)),
    Index("wz_contact_case", "tenant", "case_id"),
)

ANSWER = Table(
    "wz_answer",
    METADATA,
    _tenant(),
    _part("item_key", exact(200)),
    Column("fingerprint", exact(128)),
    Column("case_id", exact(64), nullable=False),
    _count("first_version"),
    _count("last_version"),
)

WAITING, SENT, DEAD = "waiting", "sent", "dead"

OUTBOX = Table(
    "wz_outbox",
    METADATA,
    _tenant(),
    _part("item_key", exact(200)),
    Column("case_id", exact(64)),
    Column("channel", exact(64)),
    Column("addressee", exact(200)),
    Column("content", _long_text()),
    _count("ready_at"),
    Column("attempts", Integer, nullable=False),
    Column("state", exact(10), nullable=False),
    Column("holder", exact(128)),
    Column("leased_until", BigInteger),
    Column("ended_at", BigInteger),
    Column("receipt", _long_text()),
    Column("last_error", _long_text()),
    Index("wz_outbox_ready", "tenant", "state", "ready_at", "item_key"),
    # For erasures, of which there may be thousands at the end of a year.
    Index("wz_outbox_case", "tenant", "case_id"),
)

DIARY = Table(
    "wz_diary",
    METADATA,
    _tenant(),
    _part("entry_key", exact(200)),
    _count("line_no"),
    _count("entered_at"),
    Column("body", _bytes(), nullable=False),
    Column("digest_name", exact(16), nullable=False),
    Column("chain_link", _bytes(), nullable=False),
    UniqueConstraint("tenant", "line_no", name="wz_diary_line"),
)

CURSOR = Table("wz_cursor", METADATA, _tenant(), _part("consumer", exact(128)), _count("position"))

LEASE = Table(
    "wz_lease",
    METADATA,
    _tenant(),
    _part("lease_name", exact(64)),
    _count("epoch"),
    Column("holder", exact(128)),
    _count("held_until"),
)
