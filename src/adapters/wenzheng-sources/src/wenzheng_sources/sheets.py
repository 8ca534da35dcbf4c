"""Finding the sheet and its columns: by the names in the header, in any order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias

from wenzheng_core.domain.errors import Fault, InputFaultsError
from wenzheng_sources.opening import DAMAGED, damaged, refuse
from wenzheng_sources.texts import Cell, as_header, is_blank

ID, AUTHOR, TITLE, TIME, BODY = "留言编号", "留言用户", "留言主题", "留言时间", "留言详情"
REPLY, REPLY_TIME = "答复意见", "答复时间"
REQUIRED = (ID, TITLE, TIME, BODY)
KEPT = (ID, AUTHOR, TITLE, TIME, BODY, REPLY, REPLY_TIME)
KNOWN = frozenset((*KEPT, "反对数", "点赞数"))

Values: TypeAlias = tuple[Cell, ...]

_LAST_ROW = 1_048_576  # of any .xlsx; a greater number is damage, and would be counted up to
_LISTED = 20


@dataclass(frozen=True, slots=True)
class Sheet:
    """The sheet that holds the messages.

    Attributes:
        title: as on its tab.
        columns: where each kept column stands, counted from 0.
        rows: what follows the header, each row with its number in the spreadsheet.
        epoch: day 0 of its serial numbers.
    """

    title: str
    columns: Mapping[str, int]
    rows: Iterator[tuple[int, Values]]
    epoch: datetime


def find_sheet(path: Path, workbook: Any) -> Sheet:
    """The first sheet whose first row with any content names all the required columns.

    Raises:
        InputFaultsError: no sheet does, or the header of the one that does is faulty.
    """
    nearest: tuple[int, tuple[Fault, ...]] | None = None
    for worksheet in workbook.worksheets:
        rows = numbered(path, worksheet)
        header = next(((n, row) for n, row in rows if not all(map(is_blank, row))), None)
        if header is None:
            continue
        number, names = header[0], [as_header(cell) for cell in header[1]]
        faults = _faults(f"{path.name} 工作表「{worksheet.title}」第 {number} 行", names)
        if set(names) >= set(REQUIRED):
            if faults:
                raise InputFaultsError(path.name, faults)
            columns = {name: names.index(name) for name in KEPT if name in names}
            return Sheet(worksheet.title, columns, rows, workbook.epoch)
        if nearest is None or len(KNOWN & set(names)) > nearest[0]:
            nearest = (len(KNOWN & set(names)), faults)
    if nearest is None:
        raise refuse(path, "工作表是空的", f"第一行应为表头:{'、'.join(KEPT)}")
    raise InputFaultsError(path.name, nearest[1])


def numbered(path: Path, worksheet: Any) -> Generator[tuple[int, Values], None, None]:
    """The rows of a sheet, each with its number; rows the file leaves out come as empty ones."""
    worksheet.reset_dimensions()  # a wrong declaration would cut the sheet short
    rows = worksheet.iter_rows(values_only=True)
    number = 0
    try:
        while number < _LAST_ROW:
            try:
                row = next(rows, None)
            except DAMAGED as error:
                where = f"工作表「{worksheet.title}」第 {number} 行之后"
                raise damaged(path, where) from error
            if row is None:
                return
            number += 1
            yield number, tuple(row)
    finally:
        rows.close()


def _faults(where: str, names: list[str]) -> tuple[Fault, ...]:
    missing = [name for name in REQUIRED if name not in names]
    if (REPLY in names) != (REPLY_TIME in names):
        missing.append(REPLY if REPLY_TIME in names else REPLY_TIME)
    found = "、".join([name for name in names if name][:_LISTED])
    hint = f"现有的列:{found}"
    faults = [Fault(f"缺少列「{name}」", where) for name in missing[:-1]]
    faults += [Fault(f"缺少列「{name}」", where, hint) for name in missing[-1:]]
    for name, times in Counter(names).items():
        if times > 1 and name in KNOWN:
            faults.append(Fault(f"列「{name}」出现 {times} 次", where, "请只保留一列"))
    return tuple(faults)
