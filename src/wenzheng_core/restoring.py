"""Reading an export back: every line is examined before the first one is written."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import IO, Any

import attrs

from wenzheng_core import wire
from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.errors import Fault, InputFaultsError, RefusedError
from wenzheng_core.domain.events import CaseOpened, Record
from wenzheng_core.domain.evolving import evolve
from wenzheng_core.exporting import BATCH, FORMAT, ExportReport, Progress, line_sum
from wenzheng_core.ports import Storage, Transaction
from wenzheng_core.storing import Change, Entry, Head

SUBJECT = "导出文件"
FAULTS = 20
"""How many faults are told at most."""

_SUM = re.compile(r',"sum":"([0-9a-f]{64})"\}\n\Z')


def restore_export(
    storage: Storage, file: IO[str], *, progress: Progress | None = None
) -> ExportReport:
    """Write an exported history into a store of the same tenant that holds nothing yet.

    Histories, positions and the diary come out equal to what the file says; cases are folded from
    their records. Nothing is told to anybody. ``file`` is read twice, so it must be one that can
    seek: first every line is examined, and any fault is an InputFaultsError with its line before
    anything is written. Then batches are written, a transaction each. What breaks off there (a
    full disk) leaves a part, and the next attempt is refused until that store is removed.

    Holds in memory the last version of each case. Raises RefusedError ``restore.not_empty`` and
    ``restore.tenant``.
    """
    file.seek(0)
    report = _Examination().report(file)
    if report.tenant != storage.tenant:
        reason = f"导出属于租户「{report.tenant}」,不能恢复到租户「{storage.tenant}」"
        raise RefusedError("restore.tenant", reason)
    if storage.head() != Head() or storage.case_ids(limit=1):
        reason = f"租户「{storage.tenant}」中已有记录;只能恢复到空的存储"
        raise RefusedError("restore.not_empty", reason)
    file.seek(0)
    _write(storage, file, report, progress)
    return report


# --- Examining ------------------------------------------------------------------------------------


class _LineError(Exception):
    """What is wrong with one line, and how to mend it."""

    def __init__(self, reason: str, mend: str = "") -> None:
        self.reason, self.mend = reason, mend
        super().__init__(reason)


@attrs.define
class _Examination:
    """One reading of a file that writes nothing."""

    faults: list[Fault] = attrs.field(factory=list)
    number: int = 0
    digest: Any = attrs.field(factory=hashlib.sha256)
    # None behind a line whose sum could not be read.
    before: str | None = ""
    header: ExportReport | None = None
    ended: bool = False
    sha256: str = ""
    position: int = 0
    line: int = 0
    versions: dict[str, int] = attrs.field(factory=dict)

    def report(self, file: IO[str]) -> ExportReport:
        """What the file says that it is. Raises InputFaultsError."""
        try:
            for text in file:
                self.number += 1
                self._examine(text)
        except UnicodeDecodeError:
            self.number += 1
            self._tell(_LineError("此处起不是 UTF-8 文本", "请使用未经转换的原文件"))
        if not self.ended:
            self._tell(_LineError("文件没有结尾行,可能被截断", "请使用完整的导出文件"))
        if self.faults or self.header is None:
            raise InputFaultsError(SUBJECT, tuple(self.faults))
        return attrs.evolve(self.header, records=self.position, lines=self.line, sha256=self.sha256)

    def _examine(self, text: str) -> None:
        try:
            self._follow(self._summed(text))
        except _LineError as error:
            self._tell(error)
        self.digest.update(text.encode())

    def _follow(self, data: dict[str, Any]) -> None:
        if self.ended:
            raise _LineError("结尾行之后还有内容")
        if self.number == 1:
            self._head(data)
        elif "sha256" in data:
            self.ended = True
            self._tail(data)
        elif "event" in data:
            self._record(data)
        else:
            self._line(data)

    def _tell(self, error: _LineError) -> None:
        if len(self.faults) < FAULTS:
            self.faults.append(Fault(error.reason, f"第{max(self.number, 1)}行", error.mend))

    def _summed(self, text: str) -> dict[str, Any]:
        """The content of a line whose sum is right."""
        found = _SUM.search(text)
        before, self.before = self.before, found[1] if found else None
        if found is None:
            raise _LineError("这一行不完整,没有校验和")
        content = f"{text[: found.start()]}}}"
        if before is not None and line_sum(before, content) != found[1]:
            raise _LineError("内容与校验和不符:这一行被改动,或与前一行不相连")
        return _object(content)

    def _head(self, data: dict[str, Any]) -> None:
        if data.get("format") != FORMAT:
            raise _LineError(f"不是 {FORMAT} 格式的导出文件", "请选用 wenzheng export 导出的文件")
        try:
            self.header = _to_header(data)
        except (LookupError, TypeError, ValueError):
            raise _LineError("首行的内容不全") from None

    def _tail(self, data: dict[str, Any]) -> None:
        self.sha256 = data["sha256"]
        if self.sha256 != self.digest.hexdigest():
            raise _LineError("全文的摘要与结尾行所记不符")
        found = (self.position, self.line)
        if (data.get("records"), data.get("lines")) != found:
            raise _LineError(
                f"结尾行所记条数与文件不符:实有记录 {found[0]} 条,值班日志 {found[1]} 行"
            )
        if self.header and (self.header.head.position, self.header.head.lines) != found:
            raise _LineError("首行所记条数与文件不符")

    def _record(self, data: dict[str, Any]) -> None:
        position, record = _to_record(data)
        expected, self.position = self.position + 1, position
        if position != expected or self.line:
            raise _LineError(f"记录的位置不连续:应为 {expected},却是 {position}")
        version = self.versions.get(record.case_id, 0) + 1
        self.versions[record.case_id] = record.version
        opens = isinstance(record.event, CaseOpened)
        if record.version != version or opens is not (version == 1):
            raise _LineError(f"办件 {record.case_id} 的版本不连续:应为第 {version} 版")

    def _line(self, data: dict[str, Any]) -> None:
        number, _ = _to_entry(data)
        expected, self.line = self.line + 1, number
        if number != expected:
            raise _LineError(f"值班日志的行号不连续:应为 {expected},却是 {number}")


def _to_header(data: Mapping[str, Any]) -> ExportReport:
    head = data["head"]
    return ExportReport(
        tenant=str(data["tenant"]),
        personal=bool(data["personal"]),
        head=Head(
            position=int(head["position"]),
            link=bytes.fromhex(head["link"]),
            lines=int(head["lines"]),
            line_link=bytes.fromhex(head["line_link"]),
        ),
        records=0,
        lines=0,
        sha256="",
    )


def _object(content: str) -> dict[str, Any]:
    try:
        data = wire.from_json(content)
    except ValueError:
        data = None
    if not isinstance(data, dict):
        raise _LineError("不是 JSON 对象")
    return data


def _to_record(data: dict[str, Any]) -> tuple[int, Record]:
    fields = dict(data)
    position = fields.pop("position", None)
    try:
        record = wire.record_from_dict(fields)
    except ValueError as error:
        raise _LineError("不是本程序能读的记录", "请用导出时的或更新的版本恢复") from error
    if not isinstance(position, int):
        raise _LineError("记录没有位置")
    return position, record


def _to_entry(data: dict[str, Any]) -> tuple[int, Entry]:
    try:
        at = datetime.fromisoformat(data["at"])
        return int(data["line"]), Entry(key=data["key"], at=at, body=data["body"])
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise _LineError("不是记录,也不是值班日志") from error


# --- Writing --------------------------------------------------------------------------------------


def _write(
    storage: Storage, file: IO[str], report: ExportReport, progress: Progress | None
) -> None:
    documents = (_object(_SUM.sub("}", text)) for text in islice(file, 1, None))
    records = (_to_record(data)[1] for data in islice(documents, report.records))
    written = 0
    while batch := list(islice(records, BATCH)):
        with storage.transaction() as transaction:
            for changes in _changes(transaction, batch):
                transaction.write(changes)
        written += len(batch)
        if progress:
            progress(written, report.records)
    entries = (_to_entry(data)[1] for data in islice(documents, report.lines))
    while lines := list(islice(entries, BATCH)):
        with storage.transaction() as transaction:
            transaction.enter(lines)


def _changes(transaction: Transaction, batch: list[Record]) -> Iterator[list[Change]]:
    """The batch as writes in its order: a write takes a case once, so a case that returns ends it."""
    known: dict[str, Case | None] = dict(transaction.cases([each.case_id for each in batch]))
    waiting: dict[str, Change] = {}
    last = ""
    for record in batch:
        name = record.case_id
        if name in waiting and name != last:
            yield list(waiting.values())
            waiting = {}
        case = known[name] = evolve(known.get(name), record)
        earlier = waiting[name].records if name in waiting else ()
        waiting[name] = Change(case, (*earlier, record))
        last = name
    yield list(waiting.values())
