"""0001: the tables of before the revisions, version 2 of ``wz_schema``.

It completes tables of version 1, too, which had no diary, and of version 2, which lack nothing.
"""

from __future__ import annotations

from alembic.operations import Operations
from sqlalchemy import BigInteger, Column, UniqueConstraint, column, delete, insert, table

from wenzheng_sqlalchemy.migrations.columns import (
    count,
    create_index,
    create_table,
    long_text,
    number,
    octets,
    part,
    tenant,
    text,
)

_SCHEMA = table("wz_schema", column("name"), column("version"))


def upgrade(op: Operations) -> None:
    """Make what is missing of the tables."""
    create_table(op, "wz_tenant", tenant(), count("last_position"))
    _cases(op)
    _events(op)
    _answers(op)
    _outbox(op)
    create_table(
        op,
        "wz_diary",
        tenant(),
        part("entry_key", 200),
        count("entered_at"),
        long_text("body", nullable=False),
    )
    create_table(op, "wz_schema", part("name", 30), number("version"))
    connection = op.get_bind()
    connection.execute(delete(_SCHEMA))
    connection.execute(insert(_SCHEMA), {"name": "wenzheng", "version": 2})


def _cases(op: Operations) -> None:
    create_table(
        op,
        "wz_case",
        tenant(),
        part("case_id", 64),
        count("version"),
        text("state", 30, nullable=False),
        text("lead_unit", 128),
        text("source", 128),
        text("external_id", 255),
        text("policy", 128),
        text("policy_version", 128),
        count("received_at"),
        count("next_wake", nullable=True),
        number("awaits_year", nullable=True),
        long_text("snapshot", nullable=False),
    )
    create_index(op, "wz_case_wake", "wz_case", "tenant", "next_wake", "case_id")
    create_index(op, "wz_case_awaits", "wz_case", "tenant", "awaits_year", "case_id")
    create_index(op, "wz_case_received", "wz_case", "tenant", "received_at", "case_id")


def _events(op: Operations) -> None:
    create_table(
        op,
        "wz_event",
        tenant(),
        part("case_id", 64),
        Column("version", BigInteger, primary_key=True, autoincrement=False),
        count("position"),
        text("kind", 64, nullable=False),
        number("form"),
        count("happened_at"),
        text("actor", 128),
        octets("body"),
        UniqueConstraint("tenant", "position", name="wz_event_position"),
    )


def _answers(op: Operations) -> None:
    create_table(
        op,
        "wz_answer",
        tenant(),
        part("item_key", 200),
        text("fingerprint", 128),
        text("case_id", 64, nullable=False),
        count("first_version"),
        count("last_version"),
    )


def _outbox(op: Operations) -> None:
    create_table(
        op,
        "wz_outbox",
        tenant(),
        part("item_key", 200),
        text("case_id", 64),
        text("channel", 64),
        text("addressee", 200),
        long_text("content"),
        count("ready_at"),
        number("attempts"),
        text("state", 10, nullable=False),
        count("sent_at", nullable=True),
        long_text("receipt"),
        long_text("last_error"),
    )
    create_index(op, "wz_outbox_ready", "wz_outbox", "tenant", "state", "ready_at", "item_key")
