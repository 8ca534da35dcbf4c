"""The workbook source keeps the laws of the port."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import openpyxl

from wenzheng_core.domain.instants import BEIJING
from wenzheng_core.testing import SourceBench, source_suite
from wenzheng_core.testing.sources import ExportRow
from wenzheng_sources import WorkbookSource

HEADER = ("留言编号", "留言用户", "留言主题", "留言时间", "留言详情", "答复意见", "答复时间")
SPOILT = ("", "网友", "没有编号", "2025/3/3 9:30:15", "正文", None, None)


def _cells(row: ExportRow) -> tuple[str | None, ...]:
    if row is None:
        return SPOILT
    message, reply = row
    said = (reply.body, _shown(reply.published_at)) if reply else (None, None)
    return (
        message.external_id,
        message.author,
        message.title,
        _shown(message.posted_at),
        message.body,
        *said,
    )


def _shown(at: datetime) -> str:
    return f"{at.astimezone(BEIJING):%Y/%m/%d %H:%M:%S}"


def _write(folder: Path, rows: Sequence[ExportRow]) -> Path:
    workbook = openpyxl.Workbook(write_only=True)
    sheet = workbook.create_sheet("留言")
    for cells in (HEADER, *map(_cells, rows)):
        sheet.append(cells)
    workbook.save(folder / "留言.xlsx")
    return folder / "留言.xlsx"


TestWorkbook = source_suite(SourceBench(WorkbookSource(), _write))
