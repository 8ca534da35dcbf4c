"""Columns and tables as the first revisions write them; as frozen as the revisions themselves."""

from __future__ import annotations

from typing import Any

from alembic.operations import Operations
from sqlalchemy import BigInteger, Column, Integer, LargeBinary, Text, inspect
from sqlalchemy.dialects import mysql
from sqlalchemy.schema import SchemaItem
from sqlalchemy.types import TypeEngine

from wenzheng_sqlalchemy.collating import exact


def key_type(length: int) -> TypeEngine[str]:
    """A text that is compared code point by code point."""
    return exact(length)


def text_type() -> TypeEngine[str]:
    """A long text."""
    return Text().with_variant(mysql.LONGTEXT(collation="utf8mb4_bin"), "mysql", "mariadb")


def bytes_type() -> TypeEngine[bytes]:
    """Bytes, any number of them."""
    return LargeBinary().with_variant(mysql.LONGBLOB(), "mysql", "mariadb")


def part(name: str, length: int) -> Column[str]:
    """A text in the primary key."""
    return Column(name, key_type(length), primary_key=True, autoincrement=False)


def tenant() -> Column[str]:
    """The first column of every table."""
    return part("tenant", 64)


def text(name: str, length: int, *, nullable: bool = True) -> Column[str]:
    """A short text."""
    return Column(name, key_type(length), nullable=nullable)


def long_text(name: str, *, nullable: bool = True) -> Column[str]:
    """A long text."""
    return Column(name, text_type(), nullable=nullable)


def octets(name: str, *, nullable: bool = False) -> Column[bytes]:
    """Bytes."""
    return Column(name, bytes_type(), nullable=nullable)


def count(name: str, *, nullable: bool = False) -> Column[int]:
    """A large number, or an instant."""
    return Column(name, BigInteger, nullable=nullable, autoincrement=False)


def number(name: str, *, nullable: bool = False) -> Column[int]:
    """A small number."""
    return Column(name, Integer, nullable=nullable, autoincrement=False)


# A revision may have been broken off half-way where DDL is no part of a transaction, so each step
# first looks whether it was taken.


def columns_of(op: Operations, table: str) -> dict[str, Any]:
    """The columns of a table by name, as SQLAlchemy reflects them."""
    return {str(found["name"]): found for found in inspect(op.get_bind()).get_columns(table)}


def create_table(op: Operations, name: str, *items: SchemaItem) -> None:
    """Make a table that is not there."""
    if not inspect(op.get_bind()).has_table(name):
        op.create_table(name, *items)


def create_index(op: Operations, name: str, table: str, *columns: str) -> None:
    """Make an index that is not there."""
    there = {found["name"] for found in inspect(op.get_bind()).get_indexes(table)}
    if name not in there:
        op.create_index(name, table, list(columns))


def add_columns(op: Operations, table: str, *columns: Column[Any]) -> None:
    """Add columns that are not there."""
    there = columns_of(op, table)
    for column in columns:
        if column.name not in there:
            op.add_column(table, column)
