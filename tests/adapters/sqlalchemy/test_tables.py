"""The tables can be made in other databases than SQLite."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import BigInteger, Dialect
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from wenzheng_sqlalchemy.tables import CASE, METADATA, OUTBOX

DIALECTS = [postgresql.dialect(), mysql.dialect(), sqlite.dialect()]
FORBIDDEN = (
    r"AUTO_?INCREMENT|SERIAL|IDENTITY|RETURNING|ON CONFLICT|SKIP LOCKED|JSON|ARRAY|TIMESTAMP|"
    r"DATETIME|BOOL|\bWHERE\b|FLOAT|\bENUM\b"
)


def ddl(dialect: Dialect) -> str:
    """All statements that make the tables."""
    made = []
    for table in METADATA.sorted_tables:
        made.append(str(CreateTable(table).compile(dialect=dialect)))
        indexes = sorted(table.indexes, key=lambda index: str(index.name))
        made += (str(CreateIndex(index).compile(dialect=dialect)) for index in indexes)
    return "\n".join(made)


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda d: d.name)
def test_the_ddl_compiles_and_asks_for_nothing_special(dialect: Dialect) -> None:
    """No construct that one of the databases lacks, and no key that it would count on by itself."""
    text = ddl(dialect)
    assert text.count("CREATE TABLE") == len(METADATA.tables)
    assert not re.search(FORBIDDEN, text, re.IGNORECASE)


def test_long_texts_have_room_in_mysql() -> None:
    """A body of 100 kB does not fit into MySQL's TEXT or BLOB."""
    text = ddl(mysql.dialect())
    assert "snapshot LONGTEXT" in text
    assert "body LONGBLOB" in text


def test_every_key_leads_with_the_tenant() -> None:
    """Primary keys, unique constraints and indexes, of every table."""
    for table in METADATA.sorted_tables:
        keys = [table.primary_key, *table.indexes]
        keys += [c for c in table.constraints if type(c).__name__ == "UniqueConstraint"]
        for key in keys:
            assert next(iter(key.columns)).name == "tenant", key


def test_names_are_short_and_plain() -> None:
    """Older databases allow 30 characters; reserved words would need quoting."""
    names = [t.name for t in METADATA.sorted_tables]
    for table in METADATA.sorted_tables:
        names += [column.name for column in table.columns]
        names += [str(index.name) for index in table.indexes]
        names += [str(c.name) for c in table.constraints if c.name]
    assert all(len(name) <= 30 for name in names)
    for dialect in DIALECTS:
        quote = dialect.identifier_preparer.quote
        assert [name for name in names if quote(name) != name] == []


def test_instants_are_numbers() -> None:
    """Every instant is a BigInteger of microseconds."""
    for column in (CASE.c.received_at, CASE.c.next_wake, OUTBOX.c.ready_at, OUTBOX.c.ended_at):
        assert isinstance(column.type, BigInteger)
