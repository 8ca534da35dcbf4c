"""Running the command: in this process, which is quick, and as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import attrs
import openpyxl
import pytest

from wenzheng_cli.main import main

HEADER = ("留言编号", "留言用户", "留言主题", "留言时间", "留言详情", "答复意见", "答复时间")


@attrs.frozen
class Ran:
    """What a command line did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)


Run = Callable[..., Ran]
Workbook = Callable[..., Path]


@pytest.fixture(name="wenzheng")
def _wenzheng(capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: object) -> Ran:
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return run


@pytest.fixture(name="process")
def _process(tmp_path: Path) -> Run:
    def run(*arguments: object, **environment: str) -> Ran:
        done = subprocess.run(
            [sys.executable, "-m", "wenzheng_cli", *map(str, arguments)],
            capture_output=True,
            check=False,
            cwd=tmp_path,
            env=os.environ | environment,
            timeout=60,
        )
        return Ran(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"))

    return run


@pytest.fixture(name="workbook")
def _workbook(tmp_path: Path) -> Workbook:
    def make(*rows: Sequence[object], header: Sequence[str] = HEADER) -> Path:
        book = openpyxl.Workbook()
        sheet = book.active
        assert sheet is not None
        for row in (header, *rows):
            sheet.append(list(row))
        path = tmp_path / "board.xlsx"
        book.save(path)
        return path

    return make


@pytest.fixture(name="db")
def _db(tmp_path: Path) -> str:
    return f"sqlite:///{(tmp_path / 'store.db').as_posix()}"


@pytest.fixture(name="board")
def _board(workbook: Workbook) -> Path:
    """Answered in time, answered late, and never answered."""
    return workbook(
        ("1", "a", "望城区空调太吵", "2021/2/19 10:00:00", "噪声", "已处理", "2021/2/20 16:00:00"),
        ("2", "b", "岳麓区物业", "2021/2/19 14:00:00", "物业", "已说明", "2021/3/1 9:00:00"),
        ("3", "c", "[red]雨花区路灯[/red]", "2021/2/19 15:00:00", "不亮", None, None),
    )
