"""Values of the core <-> rows of the tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row

from wenzheng_core import wire
from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.events import Record
from wenzheng_core.ports import Answer, Outgoing
from wenzheng_sqlalchemy.errors import StoreError
from wenzheng_sqlalchemy.tables import WAITING, from_ticks, to_ticks

Values = dict[str, Any]


def case_values(tenant: str, case: Case) -> Values:
    """The row of a case; ``expected`` is left to whoever updates it."""
    wake = case.next_wake
    return {
        "tenant": tenant,
        "case_id": case.id,
        "version": case.version,
        "state": case.state.value,
        "lead_unit": case.lead,
        "source": case.message.source,
        "external_id": case.message.external_id,
        "policy": case.policy,
        "policy_version": case.policy_version,
        "received_at": to_ticks(case.opened),
        "next_wake": None if wake is None else to_ticks(wake),
        "awaits_year": case.awaits,
        "snapshot": wire.to_json(wire.case_to_dict(case)),
    }


def event_values(tenant: str, record: Record) -> Values:
    """The row of a record, but for its position, which comes last."""
    return {
        "tenant": tenant,
        "case_id": record.case_id,
        "version": record.version,
        "kind": type(record.event).__name__,
        "form": wire.CURRENT,
        "happened_at": to_ticks(record.at),
        "actor": record.actor,
        "body": wire.to_json(wire.event_to_dict(record.event)).encode(),
    }


def record_of(row: Mapping[Any, Any]) -> Record:
    """The record of a row. Raises StoreError if this program cannot read its form."""
    case_id, version = row["case_id"], row["version"]
    try:
        event = wire.event_from_dict(wire.from_json(row["body"]))
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(
            f"办件 {case_id} 的第 {version} 条记录无法读取;请用写入它的程序版本打开"
        ) from error
    return Record(case_id, version, from_ticks(row["happened_at"]), row["actor"] or "", event)


def answer_values(tenant: str, answer: Answer) -> Values:
    """The row of an answer."""
    return {
        "tenant": tenant,
        "item_key": answer.key,
        "fingerprint": answer.fingerprint,
        "case_id": answer.case_id,
        "first_version": answer.first_version,
        "last_version": answer.last_version,
    }


def answer_of(row: Row[Any]) -> Answer:
    """The answer of a row."""
    return Answer(
        key=row.item_key,
        fingerprint=row.fingerprint or "",
        case_id=row.case_id,
        first_version=row.first_version,
        last_version=row.last_version,
    )


def outgoing_values(tenant: str, item: Outgoing) -> Values:
    """The row of an item that has yet to go out."""
    return {
        "tenant": tenant,
        "item_key": item.key,
        "case_id": item.case_id,
        "channel": item.channel,
        "addressee": item.to,
        "content": item.text,
        "ready_at": to_ticks(item.ready_at),
        "attempts": item.attempts,
        "state": WAITING,
    }


def outgoing_of(row: Row[Any]) -> Outgoing:
    """The item of a row."""
    return Outgoing(
        key=row.item_key,
        case_id=row.case_id or "",
        channel=row.channel or "",
        to=row.addressee or "",
        text=row.content or "",
        ready_at=from_ticks(row.ready_at),
        attempts=row.attempts,
    )
