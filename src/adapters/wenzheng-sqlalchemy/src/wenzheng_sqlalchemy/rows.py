"""Values of the core <-> rows of the tables; what a citizen left is sealed on the way in."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from threading import Lock
from typing import Any

import attrs
from sqlalchemy import Row

from wenzheng_core import wire
from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.events import PersonalDataErased, Record, without_personal
from wenzheng_core.domain.messages import PARTS
from wenzheng_core.storing import Answer, Evidence, shard_of
from wenzheng_sqlalchemy.errors import StoreError
from wenzheng_sqlalchemy.running import Values
from wenzheng_sqlalchemy.sealing import KEY_LOST, Sealer, SealError, Wrapped, closed_parts
from wenzheng_sqlalchemy.tables import from_ticks, to_ticks

CASES_KEPT = 1024
"""Of how many cases the last snapshot is kept as it was read: some ten MB."""


def wrapped_of(row: Row[Any]) -> Wrapped:
    """The wrapped keys of a row's case; a part without one is left out."""
    return {part: wrapped for part in PARTS if (wrapped := getattr(row, part)) is not None}


# --- Cases ----------------------------------------------------------------------------------------


@attrs.frozen
class _Read:
    """A snapshot as it was last read or written; ``message`` is the sealed one in its document."""

    text: str = attrs.field(repr=False)
    wrapped: Wrapped = attrs.field(repr=False)
    case: Case
    message: Any


class Snapshots:
    """Snapshots of cases as texts and back; may be used from several threads.

    The last one of a case is kept: a case that is read has most often been written here, and then
    only its text is compared.
    """

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer
        self._kept: OrderedDict[str, _Read] = OrderedDict()
        self._lock = Lock()

    def written(self, case: Case, wrapped: Wrapped) -> str:
        """The text of a case. Raises StoreError."""
        document = wire.case_to_dict(case)
        kept = self._kept.get(case.id)
        if kept is not None and _same_message(kept, case, wrapped):
            document["message"] = kept.message
        else:
            document = self._sealer.seal(document, case.id, wrapped)
        text = wire.to_json(document)
        self._keep(_Read(text, wrapped, case, document["message"]))
        return text

    def read(self, case_id: str, text: str, wrapped: Wrapped) -> Case:
        """The case of a text. Raises ValueError, KeyError, TypeError for one of another form.

        Raises SealError if it does not open, or a key is gone of what is still sealed in it.
        """
        kept = self._kept.get(case_id)
        if kept is not None and kept.text == text and kept.wrapped == wrapped:
            return kept.case
        document = wire.from_json(text)
        # With an erasure the snapshot is written anew, and nothing of the part is left in it.
        if len(wrapped) < len(PARTS) and closed_parts(document, wrapped):
            raise SealError(case_id, KEY_LOST)
        case = wire.case_from_dict(self._sealer.unseal(document, case_id, wrapped))
        self._keep(_Read(text, wrapped, case, document["message"]))
        return case

    def forget(self, case_id: str) -> None:
        """Keep nothing of a case any longer."""
        with self._lock:
            self._kept.pop(case_id, None)

    def _keep(self, read: _Read) -> None:
        with self._lock:
            self._kept[read.case.id] = read
            self._kept.move_to_end(read.case.id)
            if len(self._kept) > CASES_KEPT:
                self._kept.popitem(last=False)


def _same_message(kept: _Read, case: Case, wrapped: Wrapped) -> bool:
    """Whether all that is to be sealed of a case is sealed already: that is a fifth of writing it."""
    if case.revisions or "sealed" not in kept.message:
        return False
    return kept.case.message == case.message and kept.wrapped == wrapped


def case_values(tenant: str, case: Case, link: bytes, snapshot: str) -> Values:
    """The row of a case."""
    wake = case.next_wake
    return {
        "tenant": tenant,
        "case_id": case.id,
        "version": case.version,
        "chain_link": link,
        "shard": shard_of(case.id),
        "state": case.state.value,
        "lead_unit": case.lead,
        "source": case.message.source,
        "external_id": case.message.external_id,
        "policy": case.policy,
        "policy_version": case.policy_version,
        "received_at": to_ticks(case.opened),
        "next_wake": None if wake is None else to_ticks(wake),
        "awaits_year": case.awaits,
        "snapshot": snapshot,
    }


# --- Records --------------------------------------------------------------------------------------


def evidence_values(tenant: str, item: Evidence) -> Values:
    """The row of a record."""
    return {
        "tenant": tenant,
        "case_id": item.case_id,
        "version": item.version,
        "position": item.position,
        "kind": item.kind,
        "form": item.form,
        "happened_at": to_ticks(item.at),
        "actor": item.actor,
        "body": item.body,
        "digest_name": item.digest,
        "case_link": item.case_link,
        "chain_link": item.link,
    }


def evidence_of(row: Row[Any]) -> Evidence:
    """A record as it lies in its row."""
    return Evidence(
        position=row.position,
        case_id=row.case_id,
        version=row.version,
        kind=row.kind,
        form=row.form,
        at=from_ticks(row.happened_at),
        actor=row.actor or "",
        body=row.body,
        digest=row.digest_name,
        case_link=row.case_link,
        link=row.chain_link,
    )


def record_of(row: Row[Any], sealer: Sealer) -> Record:
    """The record of a row. Raises StoreError if this program cannot read its form."""
    document = _document(row)
    opened = sealer.unseal(document, row.case_id, wrapped_of(row))
    try:
        event = wire.event_from_dict(opened)
    except (ValueError, KeyError, TypeError) as error:
        raise _unreadable(row) from error
    return Record(row.case_id, row.version, from_ticks(row.happened_at), row.actor or "", event)


def _document(row: Row[Any]) -> dict[str, Any]:
    try:
        document: dict[str, Any] = wire.from_json(row.body)
    except ValueError:
        document = {}
    if not isinstance(document, Mapping):
        raise _unreadable(row)
    return document


def _unreadable(row: Row[Any]) -> StoreError:
    return StoreError(
        f"办件 {row.case_id} 的第 {row.version} 条记录无法读取;请用写入它的程序版本打开"
    )


def history_of(
    rows: Sequence[Row[Any]], sealer: Sealer, waiting: Iterable[Record] = ()
) -> tuple[Record, ...]:
    """The history of a case from its rows and what waits to be written, without what it says was erased.

    Raises SealError if a key is gone and no record says that it was erased: that is no erasure.
    """
    records = (*(record_of(row, sealer) for row in rows), *waiting)
    gone = {p for r in records if isinstance(r.event, PersonalDataErased) for p in r.event.parts}
    for row in rows:
        if not gone.issuperset(_closed_parts(row)):
            raise SealError(row.case_id, KEY_LOST)
    if not gone:
        return records
    return tuple(attrs.evolve(r, event=without_personal(r.event, gone)) for r in records)


def _closed_parts(row: Row[Any]) -> set[str]:
    """The parts that are sealed in a record and have no key any more."""
    wrapped = wrapped_of(row)
    return set() if len(wrapped) == len(PARTS) else closed_parts(_document(row), wrapped)


# --- Answers --------------------------------------------------------------------------------------


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
