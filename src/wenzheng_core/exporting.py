"""A tenant's whole history as a text file, to be kept for decades, and back into an empty store.

One line of JSON each: a header, the records by position, the lines of the diary by number, and a
trailer. Every line ends with ``sum``, a SHA-256 over the sum before it and the line: what was cut,
changed or moved in the file shows at its line. The trailer holds the SHA-256 of all lines before it,
as ``head -n -1 FILE | sha256sum`` gives it; that it is still the file of then is shown by keeping
this digest elsewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import IO, Any

import attrs

from wenzheng_core import wire
from wenzheng_core.domain.errors import RefusedError
from wenzheng_core.domain.events import CaseOpened, MessageRevised, Record
from wenzheng_core.ports import Storage
from wenzheng_core.storing import Fed, Head, LineEvidence

FORMAT = "wenzheng.export/1"
BATCH = 500

Progress = Callable[[int, int], None]
"""Is told how many records have been written or read, and of how many."""


@attrs.frozen(kw_only=True)
class ExportReport:
    """What an export holds, or what was restored from one.

    Attributes:
        tenant: whose history.
        personal: whether it says who the citizens are and how to reach them.
        head: where the chains of the store ended.
        records, lines: how many records and lines of the diary.
        sha256: the digest of all lines but the last, in hexadecimal; this is what to keep elsewhere.
    """

    tenant: str
    personal: bool
    head: Head
    records: int
    lines: int
    sha256: str


def export(
    storage: Storage,
    out: IO[str],
    *,
    personal: bool = False,
    progress: Progress | None = None,
) -> ExportReport:
    """Write the history of a tenant as it stood when this began, in bounded memory.

    Without ``personal`` no record says who a citizen is and how to reach them (``author`` and
    ``contact`` are left out); of a case whose processing is restricted none does in any case. Idempotency
    keys, what waits to go out, cursors and leases are no history and are left out.

    Raises RefusedError ``export.incomplete`` where a record or line is missing; the file then has no
    trailer.
    """
    head = storage.head()
    writer = _Writer(out)
    writer.put(
        {
            "format": FORMAT,
            "tenant": storage.tenant,
            "personal": personal,
            "head": _head_to_dict(head),
        }
    )
    for fed in _records(storage, head.position):
        told = personal and not _is_restricted(storage, fed.record)
        writer.put({"position": fed.position, **wire.record_to_dict(fed.record, personal=told)})
        if progress and fed.position % BATCH == 0:
            progress(fed.position, head.position)
    for item in _lines(storage, head.lines):
        writer.put(_line_to_dict(storage, item))
    digest = writer.digest.hexdigest()
    writer.put({"records": head.position, "lines": head.lines, "sha256": digest})
    if progress:
        progress(head.position, head.position)
    return ExportReport(
        tenant=storage.tenant,
        personal=personal,
        head=head,
        records=head.position,
        lines=head.lines,
        sha256=digest,
    )


@attrs.define
class _Writer:
    out: IO[str]
    digest: Any = attrs.field(factory=hashlib.sha256)
    last: str = ""

    def put(self, document: Mapping[str, Any]) -> None:
        text = wire.to_json(document)
        self.last = line_sum(self.last, text)
        line = f'{text[:-1]},"sum":"{self.last}"}}\n'
        self.digest.update(line.encode())
        self.out.write(line)


def line_sum(before: str, text: str) -> str:
    """The sum of a line: ``text`` is the line without its sum, ``before`` the sum of the line before."""
    return hashlib.sha256(f"{before}\n{text}".encode()).hexdigest()


def _records(storage: Storage, last: int) -> Iterator[Fed]:
    after = 0
    while after < last:
        page = storage.feed(after, min(BATCH, last - after))
        _require_whole(after, [fed.position for fed in page])
        yield from page
        after = page[-1].position


def _lines(storage: Storage, last: int) -> Iterator[LineEvidence]:
    after = 0
    while after < last:
        page = storage.line_evidence(after, min(BATCH, last - after))
        _require_whole(after, [item.number for item in page])
        yield from page
        after = page[-1].number


def _require_whole(after: int, places: Sequence[int]) -> None:
    if not places or list(places) != list(range(after + 1, after + len(places) + 1)):
        reason = f"第 {after} 条之后有缺失,未能导出;请先执行 wenzheng audit verify 查明"
        raise RefusedError("export.incomplete", reason)


def _is_restricted(storage: Storage, record: Record) -> bool:
    if not isinstance(record.event, CaseOpened | MessageRevised):
        return False
    case = storage.case(record.case_id)
    return case is None or case.restricted


def _line_to_dict(storage: Storage, item: LineEvidence) -> dict[str, Any]:
    # The smallest key that begins with a key is that key.
    (entry,) = storage.entries(item.key, limit=1)
    return {
        "line": item.number,
        "key": entry.key,
        "at": entry.at.isoformat(),
        "body": entry.body,
    }


def _head_to_dict(head: Head) -> dict[str, Any]:
    return {
        "position": head.position,
        "link": head.link.hex(),
        "lines": head.lines,
        "line_link": head.line_link.hex(),
    }
