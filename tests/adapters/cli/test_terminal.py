"""Tables where there is room, lists where there is none, whole lines where nobody looks."""

from __future__ import annotations

import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from wenzheng_cli.terminal import Sheet

UNIT = "雨花区人民政府办公室"


def _shown(width: int) -> list[str]:
    sheet = Sheet("排名", ("名次", "承办单位", "办理量", "按时率", "黄牌", "红牌"), numbers=4)
    sheet.add("1", UNIT, "12", "100.00%", "3", "7")
    file = io.StringIO()
    sheet.show(Console(file=file, width=width, markup=False, highlight=False))
    return file.getvalue().splitlines()


@pytest.mark.parametrize("width", [20, 40, 69])
def test_a_narrow_terminal_shows_a_list(width):
    """The unit in its line, then every figure with its name."""
    lines = _shown(width)
    assert lines == ["排名", f"1 {UNIT}", "  办理量 12;按时率 100.00%;黄牌 3;红牌 7"]


def test_a_terminal_with_room_shows_a_table():
    """From 70 columns on, every column is there and no line is longer than the terminal."""
    for width in (70, 80, 100):
        lines = _shown(width)
        assert all(cell_len(line) <= width for line in lines)
        assert lines[1].split() == ["名次", "承办单位", "办理量", "按时率", "黄牌", "红牌"]
        assert lines[3].split()[2:] == ["12", "100.00%", "3", "7"]
        assert lines[3].split()[1] in UNIT


def test_a_table_that_its_numbers_fill_becomes_a_list():
    """A column never disappears at the edge."""
    sheet = Sheet("", ("名", *"甲乙丙丁戊己庚辛壬癸"), numbers=10)
    sheet.add("x", *["123456.78%"] * 10)
    file = io.StringIO()
    sheet.show(Console(file=file, width=100, markup=False, highlight=False))
    assert file.getvalue().count("123456.78%") == 10


def test_nothing_is_wrapped_in_a_pipe(wenzheng, board, db):
    """A rejected row's reason, a rule's basis: each in one line, no blanks at its end."""
    ran = wenzheng("import", board, "--city", "changsha", "--db", db, "--replay")
    shown = wenzheng("policy", "show", "changsha").out
    assert "依据" in shown
    for line in (ran.out + shown).splitlines():
        assert line == line.rstrip()
        assert not line.startswith((")", ",", ";"))
    assert max(map(len, shown.splitlines())) > 110
