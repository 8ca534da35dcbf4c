"""0002: chains of hashes, shards, keys, leases, cursors, dead letters.

What is there is chained as it lies, byte for byte: records in the order of their positions, lines of
the diary in the order of their instants and keys. Personal data in records of before stays as it
was written, unsealed, for its bytes are what the chains are counted over: erasing such a case
empties what is read of it, not these bytes. Only what is written from now on is sealed.

Snapshots stay as well: one of an older form is made again from the records when it is read.
"""

from __future__ import annotations

from typing import Any

from alembic.operations import Operations
from sqlalchemy import Column, inspect

from wenzheng_sqlalchemy.migrations import r0002_filling as filling
from wenzheng_sqlalchemy.migrations.columns import (
    add_columns,
    bytes_type,
    columns_of,
    count,
    create_index,
    create_table,
    number,
    octets,
    part,
    tenant,
    text,
)


def upgrade(op: Operations) -> None:
    """Make the new tables, add and fill the new columns, drop what is no longer needed."""
    _new_tables(op)
    for table, columns in _added().items():
        add_columns(op, table, *columns)
    connection = op.get_bind()
    filling.fill_events(connection)
    filling.fill_cases(connection)
    _diary(op)
    _require(op, "wz_tenant", octets("chain_link"), count("last_line"), octets("line_link"))
    _cases(op)
    _require(op, "wz_event", text("digest_name", 16), octets("case_link"), octets("chain_link"))
    _outbox(op)
    if inspect(connection).has_table("wz_schema"):
        op.drop_table("wz_schema")


def _new_tables(op: Operations) -> None:
    create_table(
        op,
        "wz_case_key",
        tenant(),
        part("case_id", 64),
        part("part_name", 16),
        octets("wrapped"),
    )
    create_table(op, "wz_contact", tenant(), part("contact_digest", 64), part("case_id", 64))
    create_index(op, "wz_contact_case", "wz_contact", "tenant", "case_id")
    create_table(op, "wz_cursor", tenant(), part("consumer", 128), count("position"))
    create_table(
        op,
        "wz_lease",
        tenant(),
        part("lease_name", 64),
        count("epoch"),
        text("holder", 128),
        count("held_until"),
    )


def _added() -> dict[str, tuple[Column[Any], ...]]:
    return {
        "wz_tenant": (
            octets("chain_link", nullable=True),
            count("last_line", nullable=True),
            octets("line_link", nullable=True),
        ),
        "wz_case": (octets("chain_link", nullable=True), number("shard", nullable=True)),
        "wz_event": (
            text("digest_name", 16),
            octets("case_link", nullable=True),
            octets("chain_link", nullable=True),
        ),
        "wz_outbox": (
            text("holder", 128),
            count("leased_until", nullable=True),
            count("ended_at", nullable=True),
        ),
    }


def _require(op: Operations, table: str, *columns: Column[Any]) -> None:
    """Let columns, which are filled by now, hold a value in every row."""
    with op.batch_alter_table(table) as batch:
        for column in columns:
            batch.alter_column(column.name, existing_type=column.type, nullable=False)


def _cases(op: Operations) -> None:
    # By its columns, not by its name: the index of before bears the name of the one to be.
    for index in inspect(op.get_bind()).get_indexes("wz_case"):
        if index["name"] == "wz_case_wake" and "shard" not in index["column_names"]:
            op.drop_index("wz_case_wake", "wz_case")
    _require(op, "wz_case", octets("chain_link"), number("shard"))
    create_index(op, "wz_case_wake", "wz_case", "tenant", "shard", "next_wake", "case_id")


def _outbox(op: Operations) -> None:
    if "sent_at" in columns_of(op, "wz_outbox"):
        filling.fill_outbox(op.get_bind())
        with op.batch_alter_table("wz_outbox") as batch:
            batch.drop_column("sent_at")
    create_index(op, "wz_outbox_case", "wz_outbox", "tenant", "case_id")


def _diary(op: Operations) -> None:
    # The text of a line becomes bytes, which bear another name until the text is gone.
    if not {"line_no", "kept"} & set(columns_of(op, "wz_diary")):
        op.add_column("wz_diary", octets("kept", nullable=True))
    if "kept" in columns_of(op, "wz_diary"):
        empty = count("line_no", nullable=True), text("digest_name", 16)
        add_columns(op, "wz_diary", *empty, octets("chain_link", nullable=True))
        _bytes_for_text(op)
    numbered = {
        found["name"] for found in inspect(op.get_bind()).get_unique_constraints("wz_diary")
    }
    _require(op, "wz_diary", count("line_no"), text("digest_name", 16), octets("chain_link"))
    if "wz_diary_line" not in numbered:
        with op.batch_alter_table("wz_diary") as batch:
            batch.create_unique_constraint("wz_diary_line", ["tenant", "line_no"])


def _bytes_for_text(op: Operations) -> None:
    if "body" in columns_of(op, "wz_diary"):
        filling.fill_lines(op.get_bind())
        with op.batch_alter_table("wz_diary") as batch:
            batch.drop_column("body")
    with op.batch_alter_table("wz_diary") as batch:
        kind = bytes_type()
        batch.alter_column("kept", new_column_name="body", existing_type=kind, nullable=False)
