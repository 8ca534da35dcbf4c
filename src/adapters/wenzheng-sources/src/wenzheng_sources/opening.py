"""Opening a workbook: what can be wrong with the whole file, said once, in Chinese."""

from __future__ import annotations

import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook

from wenzheng_core.domain.errors import Fault, InputFaultsError

SUFFIX = ".xlsx"

# What openpyxl lets through when a workbook is damaged: it promises no error of its own.
DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    ParseError,
    EOFError,
    OSError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RuntimeError,
)
_COMPOUND = b"\xd0\xcf\x11\xe0"  # the container of .xls, and of a workbook with a password
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml$")
_DIMENSION = re.compile(rb"""<(?:\w+:)?dimension\s[^>]*ref=["'][A-Z]+\d+:[A-Z]+(\d+)["']""")
_HEAD = 8192
_SAVE_AS = "请用 Excel 或 WPS 打开,另存为 .xlsx 工作簿后重试"


def refuse(path: Path, reason: str, mend: str, where: str = "") -> InputFaultsError:
    """The error for a file that is unusable as a whole; it names the file, not its folder."""
    place = f"{path.name} {where}" if where else path.name
    return InputFaultsError(path.name, (Fault(reason, place, mend),))


def damaged(path: Path, where: str = "") -> InputFaultsError:
    """The error for a workbook that cannot be read to its end."""
    return refuse(path, "工作簿已损坏,无法读取", f"请重新导出,或{_SAVE_AS[1:]}", where)


@contextmanager
def opened(path: Path, *, formulas: bool = False) -> Iterator[Any]:
    """The workbook, streamed; closed at the end, whatever happens.

    Formula cells show the value that Excel saved, or with ``formulas`` what was typed.

    Raises:
        InputFaultsError: it is missing, empty, of another kind or damaged.
    """
    with _file(path) as file:
        try:
            with warnings.catch_warnings():  # styles and extensions that openpyxl does not know
                warnings.simplefilter("ignore")
                workbook = load_workbook(file, read_only=True, data_only=not formulas)
        except DAMAGED as error:
            raise damaged(path) from error
        try:
            yield workbook
        finally:
            workbook.close()


def declared_last_row(path: Path) -> int | None:
    """The last row that the biggest sheet declares, or None; read from its first bytes alone.

    Not asked of openpyxl: where a sheet declares nothing, it parses the whole of it to find out.

    Raises:
        InputFaultsError: the file is missing, empty, of another kind or damaged.
    """
    with _file(path) as file:
        try:
            with zipfile.ZipFile(file) as archive:
                parts = [part for part in archive.infolist() if _SHEET.match(part.filename)]
                if not parts:
                    return None
                with archive.open(max(parts, key=lambda part: part.file_size)) as sheet:
                    found = _DIMENSION.search(sheet.read(_HEAD))
        except DAMAGED as error:
            raise damaged(path) from error
    return int(found[1]) if found else None


@contextmanager
def _file(path: Path) -> Iterator[BinaryIO]:
    _check_name(path)
    try:
        file = path.open("rb")
    except OSError as error:
        reason = f"文件无法打开({error.strerror})"
        raise refuse(path, reason, "请检查权限,或先在 Excel 中关闭它") from error
    with file:
        _check_start(path, file.read(4))
        file.seek(0)
        yield file


def _check_name(path: Path) -> None:
    if not path.exists():
        raise refuse(path, "文件不存在", "请检查文件名和所在文件夹")
    if not path.is_file():
        raise refuse(path, "不是文件", "请选择一个 .xlsx 工作簿")
    if path.suffix.lower() != SUFFIX:
        raise refuse(path, f"不支持的文件类型「{path.suffix or '无扩展名'}」", _SAVE_AS)


def _check_start(path: Path, start: bytes) -> None:
    if not start:
        raise refuse(path, "文件是空的(0 字节)", "请重新导出")
    if start == _COMPOUND:
        raise refuse(path, "是旧版 .xls 或加了密码的工作簿", f"请取消密码;{_SAVE_AS}")
    if start[:2] != b"PK":
        raise refuse(path, "不是 .xlsx 工作簿:内容已损坏,或只改了扩展名", _SAVE_AS)
