"""Workbooks exported from a board: what is read, what is rejected and why."""
# ruff: noqa: DTZ001 - the cells of a workbook know no zone

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any, BinaryIO

import openpyxl
import pytest

import wenzheng_sources.opening
from wenzheng_core.domain.errors import InputFaultsError
from wenzheng_core.domain.instants import BEIJING
from wenzheng_core.domain.messages import RecordedMessage, RejectedRow
from wenzheng_sources import WorkbookSource

DATA = Path(__file__).parents[3].parent / "shared" / "data"
HEADER = ("留言编号", "留言用户", "留言主题", "留言时间", "留言详情", "答复意见", "答复时间")
OPEN = HEADER[:5]
POSTED = datetime(2019, 4, 25, 9, 32, 9, tzinfo=BEIJING)
GOOD = (2549, "A00045581", "物业", "2019/4/25 9:32:09", "正文", "答复", "2019/5/10 14:56:53")

Make = Callable[..., Path]
Read = Callable[..., list[RecordedMessage | RejectedRow]]

needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="needs ../shared/data")


@pytest.fixture(name="make")
def _make(tmp_path: Path) -> Make:
    def make(*rows: Iterable[Any], header: Iterable[Any] = HEADER) -> Path:
        workbook = openpyxl.Workbook()
        sheet = workbook.create_sheet("留言", 0)
        for row in (header, *rows):
            sheet.append(tuple(row))
        workbook.save(tmp_path / "留言.xlsx")
        return tmp_path / "留言.xlsx"

    return make


@pytest.fixture(name="read")
def _read(make: Make) -> Read:
    return lambda *rows, header=HEADER: list(WorkbookSource().read(make(*rows, header=header)))


def _changed(**cells: Any) -> tuple[Any, ...]:
    return tuple(cells.get(name, value) for name, value in zip(HEADER, GOOD, strict=True))


def _fault(path: Path) -> str:
    with pytest.raises(InputFaultsError) as caught:
        list(WorkbookSource().read(path))
    assert caught.value.subject == path.name
    assert str(path.parent) not in str(caught.value)
    return str(caught.value)


def test_a_message_with_its_reply(read: Read) -> None:
    """A full row gives the message, its reply and the row's number."""
    [row] = read(GOOD)
    assert isinstance(row, RecordedMessage)
    assert row.reply is not None
    assert (row.row, row.message.source, row.message.external_id) == (2, "hongwang", "2549")
    assert (row.message.title, row.message.body, row.message.author) == ("物业", "正文", GOOD[1])
    assert row.message.posted_at == POSTED
    assert row.reply.body == "答复"
    assert row.reply.published_at == datetime(2019, 5, 10, 14, 56, 53, tzinfo=BEIJING)


def test_columns_in_any_order(read: Read) -> None:
    """Columns are found by name after NFKC; unknown ones, even twice, are ignored."""
    header = ("备注", " 留言详情\n", "留言时间", "备注", "留言主题", "留言编号")
    [row] = read(("x", "正文", "2019/4/25 9:32:09", "y", "物业", "2549"), header=header)
    assert isinstance(row, RecordedMessage)
    assert (row.message.body, row.message.author, row.reply) == ("正文", "", None)


@pytest.mark.parametrize(
    ("value", "number"),
    [(2549, "2549"), (2549.0, "2549"), (" ２５４９ ", "2549"), ("UU-1", "UU-1"), ("007", "007")],
)
def test_numbers_are_names(read: Read, value: Any, number: str) -> None:
    """A message's number is text, however the cell holds it."""
    [row] = read(_changed(留言编号=value))
    assert isinstance(row, RecordedMessage)
    assert row.message.external_id == number


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"留言编号": None}, "「留言编号」列为空"),
        ({"留言编号": 2549.5}, "「留言编号」列的「2549.5」应为编号"),
        ({"留言编号": True}, "「留言编号」列的「True」应为编号"),
        ({"留言编号": 430100201904250000}, "超过 15 位"),
        ({"留言主题": " \t\u200b"}, "「留言主题」列为空"),
        ({"留言时间": None}, "「留言时间」列为空,应如 2019/4/25 9:32:09"),
        ({"留言时间": "2019/2/30"}, "「留言时间」列的「2019/2/30」不是存在的日期"),
        ({"留言时间": "2019/4/25 25:00"}, "「留言时间」列的「2019/4/25 25:00」不是存在的时刻"),
        ({"留言时间": "上周五"}, "「留言时间」列的「上周五」不是可识别的时间格式"),
        (
            {"答复时间": "2019/4/25 9:32:08"},
            "「答复时间」列的「2019/4/25 9:32:08」早于「留言时间」",
        ),
        ({"答复时间": None}, "有「答复意见」而「答复时间」列为空"),
        ({"答复意见": " "}, "有「答复时间」而「答复意见」列为空"),
        ({"答复时间": "不详"}, "「答复时间」列的「不详」不是可识别的时间格式"),
        ({"留言主题": "#REF!"}, "「留言主题」列是 Excel 错误值「#REF!」"),
        ({"留言编号": "#N/A"}, "「留言编号」列是 Excel 错误值「#N/A」"),
        ({"答复意见": "#VALUE!"}, "「答复意见」列是 Excel 错误值「#VALUE!」"),
    ],
)
def test_rejected_rows(read: Read, cells: dict[str, Any], reason: str) -> None:
    """A faulty row is rejected naming column, value and expectation; the next one is read."""
    rejected, good = read(_changed(**cells), _changed(留言编号=2550))
    assert isinstance(rejected, RejectedRow)
    assert isinstance(good, RecordedMessage)
    assert (rejected.row, good.row) == (2, 3)
    assert rejected.reason.startswith("「") or rejected.reason.startswith("有「")
    assert reason in rejected.reason
    assert ";" not in rejected.reason


def test_all_faults_of_a_row(read: Read) -> None:
    """A row with several faults names them all."""
    [row] = read((None, None, None, "2019/2/30", None, "答复", None))
    assert isinstance(row, RejectedRow)
    assert row.reason.count(";") == 3


def test_repeated_numbers(read: Read) -> None:
    """The first accepted row of a number wins; a rejected one does not block a good one."""
    rows = read(_changed(留言时间="?"), GOOD, _changed(留言编号="2549"))
    assert [type(row) for row in rows] == [RejectedRow, RecordedMessage, RejectedRow]
    assert isinstance(rows[2], RejectedRow)
    assert "「2549」与第 3 行重复" in rows[2].reason


def test_blank_rows_are_skipped(read: Read) -> None:
    """Rows without content vanish, and the numbers of the others stay the spreadsheet's."""
    rows = read((), (" ", None, "\n\t", "_x000D_"), GOOD, (None,) * 7)
    assert [row.row for row in rows] == [4]


def test_days_alone(read: Read) -> None:
    """Date cells and days in text: a reply of the same day is not before its message."""
    days = ("2019/4/25", date(2019, 4, 25), datetime(2019, 4, 25), 43580)
    rows = read(*(_changed(留言编号=n, 答复时间=day) for n, day in enumerate(days)))
    for row in rows:
        assert isinstance(row, RecordedMessage)
        assert row.reply is not None
        assert row.reply.published_at == datetime(2019, 4, 25, 23, 59, 59, tzinfo=BEIJING)


def test_date_cells(read: Read) -> None:
    """A date cell is the moment that it shows, Beijing time."""
    [row] = read(_changed(留言时间=datetime(2019, 4, 25, 9, 32, 9)))
    assert isinstance(row, RecordedMessage)
    assert row.message.posted_at == POSTED


@pytest.mark.filterwarnings("ignore:Cell .* is marked as a date")
def test_date_cells_beyond_all_dates(make: Make) -> None:
    """A date cell whose number is no date is rejected as the error that Excel shows."""
    path = make(_changed(留言时间=date(2019, 4, 25)))
    rows = WorkbookSource().read(_rewritten(path, lambda xml: xml.replace(b"43580", b"9043580")))
    [row] = rows
    assert isinstance(row, RejectedRow)
    assert "「留言时间」列是 Excel 错误值「#VALUE!」" in row.reason


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (
            "\n\t\t\u3000\u3000各位领导_x000D_\n\u3000\u3000您好\t\n \n\t\n",
            "各位领导\n\u3000\u3000您好",
        ),
        ("一\r\n\r\n二\r三", "一\n二\n三"),
        ("a\u00a0b\tc", "a b c"),
        ("①Ａ，ｂ", "①Ａ，ｂ"),
        ("_x005F_x000D_", "_x000D_"),
        ("_xD83D__xDE00_ _xD83D_ _x0000_!", "😀 \ufffd !"),
        ("=1+1 元?", "=1+1 元?"),
        (12, "12"),
        (None, ""),
    ],
)
def test_texts_are_tidied_and_no_more(read: Read, cell: Any, text: str) -> None:
    """White space is tidied, characters are evidence and stay; ``=`` is a character."""
    [row] = read(_changed(留言详情=cell))
    assert isinstance(row, RecordedMessage)
    assert row.message.body == text


def test_formula_bodies_between_others(read: Read) -> None:
    """A body saved as a formula without a value comes back in its own row."""
    bodies = ["一", "=_=", None, "", "二", "=2"]
    rows = read(*(_changed(留言编号=n, 留言详情=body) for n, body in enumerate(bodies)))
    found = [row.message.body for row in rows if isinstance(row, RecordedMessage)]
    assert found == ["一", "=_=", "", "", "二", "=2"]


def test_missing_columns(make: Make) -> None:
    """All missing columns are named at once, with those found."""
    text = _fault(make(header=("留言编号", "姓名", "答复意见")))
    for name in ("留言主题", "留言时间", "留言详情", "答复时间"):
        assert f"缺少列「{name}」" in text
    assert "共 4 处错误" in text
    assert "现有的列:留言编号、姓名、答复意见" in text


def test_repeated_columns(make: Make) -> None:
    """A column that stands there twice is a fault."""
    assert "列「留言时间」出现 2 次" in _fault(make(header=(*OPEN, "留言时间")))


def test_the_first_sheet_with_the_header(tmp_path: Path) -> None:
    """Sheets without the header are passed over; blank rows above it do not count."""
    workbook = openpyxl.Workbook()
    workbook.create_sheet("封面", 0).append(["说明"])
    for title in ("留言", "另一"):
        sheet = workbook.create_sheet(title)
        for cells in ((), HEADER, (*GOOD[:2], title, *GOOD[3:])):
            sheet.append(cells)
    workbook.save(tmp_path / "x.xlsx")
    [row] = WorkbookSource().read(tmp_path / "x.xlsx", source="people")
    assert isinstance(row, RecordedMessage)
    assert (row.row, row.message.title, row.message.source) == (3, "留言", "people")


def test_header_only(make: Make) -> None:
    """A header without rows is a file without messages."""
    path = make()
    assert list(WorkbookSource().read(path)) == []
    assert WorkbookSource().count(path) == 0


def test_empty_sheet(make: Make) -> None:
    """A sheet without a header says what it should start with."""
    assert "工作表是空的" in _fault(make(header=()))


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.xls", b"\xd0\xcf\x11\xe0", "不支持的文件类型「.xls」"),
        ("a.csv", b"x", "另存为 .xlsx"),
        ("a.xlsx", b"", "文件是空的(0 字节)"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1", "加了密码"),
        ("a.xlsx", "留言编号,留言主题".encode(), "不是 .xlsx 工作簿"),
        ("a.xlsx", b"PK\x03\x04 and then nothing", "工作簿已损坏"),
        ("a.xlsx", None, "文件不存在"),
    ],
)
def test_unusable_files(tmp_path: Path, name: str, content: bytes | None, reason: str) -> None:
    """A file unusable as a whole says why and what to do, to ``read`` and ``count`` alike."""
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    assert reason in _fault(path)
    with pytest.raises(InputFaultsError, match=re.escape(reason)):
        WorkbookSource().count(path)


def test_a_zip_that_is_no_workbook(tmp_path: Path) -> None:
    """A zip of something else is a damaged workbook."""
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        archive.writestr("readme.txt", "x")
    assert "工作簿已损坏" in _fault(tmp_path / "a.xlsx")


def _rewritten(path: Path, change: Callable[[bytes], bytes]) -> Path:
    """The workbook with its first sheet's XML changed."""
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    with zipfile.ZipFile(path, "w") as new:
        for name, content in parts.items():
            new.writestr(name, change(content) if name == sheet else content)
    return path


def test_damage_found_on_the_way(make: Make) -> None:
    """A sheet whose XML breaks off gives the one error, no traceback of the parser."""
    path = _rewritten(make(GOOD), lambda xml: xml[: xml.index("物业".encode())])
    assert "工作簿已损坏" in _fault(path)


def test_declared_dimensions_are_not_trusted(make: Make) -> None:
    """Wrong or absent dimensions change the count for the bar, never the rows."""
    path = make(GOOD, _changed(留言编号=2550))
    assert WorkbookSource().count(path) == 2
    wrong = _rewritten(path, lambda xml: xml.replace(b'ref="A1:G3"', b'ref="A1:B2"'))
    assert (WorkbookSource().count(wrong), len(list(WorkbookSource().read(wrong)))) == (1, 2)
    none = _rewritten(path, lambda xml: re.sub(rb"<dimension[^>]*>", b"", xml))
    assert (WorkbookSource().count(none), len(list(WorkbookSource().read(none)))) == (None, 2)


def test_an_abandoned_file_is_closed(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Closing the iterator early closes every handle on the workbook."""
    files: list[BinaryIO] = []

    def load(file: BinaryIO, **options: Any) -> Any:
        files.append(file)
        return openpyxl.load_workbook(file, **options)

    monkeypatch.setattr(wenzheng_sources.opening, "load_workbook", load)
    path = make(_changed(留言详情=None), _changed(留言编号=2550))
    rows = WorkbookSource().read(path)
    next(rows)
    assert [file.closed for file in files] == [False, False]
    del rows
    assert [file.closed for file in files] == [True, True]


@needs_data
def test_the_real_replied_messages() -> None:
    """All 1,408 replied messages of the board are read, each with its reply."""
    rows = list(WorkbookSource().read(DATA / "hongwang_changsha_replied.xlsx"))
    messages = [row for row in rows if isinstance(row, RecordedMessage)]
    assert (len(rows), len(messages)) == (1408, 1408)
    assert all(row.reply is not None and row.reply.body for row in messages)
    texts = [row.message.body for row in messages] + [row.message.title for row in messages]
    assert not [
        text for text in texts if text != text.strip() or re.search(r"[\t\r]|_x000D_", text)
    ]


@needs_data
def test_the_real_open_messages() -> None:
    """All 2,163 open messages are read: 45 have date cells, 5 of those the day alone."""
    rows = list(WorkbookSource().read(DATA / "hongwang_changsha_open.xlsx"))
    messages = [row.message for row in rows if isinstance(row, RecordedMessage)]
    assert (len(rows), len(messages)) == (2163, 2163)
    assert not any(row.reply for row in rows if isinstance(row, RecordedMessage))
    days = [m for m in messages if m.posted_at.astimezone(BEIJING).strftime("%T") == "00:00:00"]
    assert sorted(m.external_id for m in days) == ["188801", "208714", "212323", "214975", "218739"]
