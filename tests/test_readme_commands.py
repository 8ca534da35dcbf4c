"""The commands of both READMEs as written: they run, and print what is shown below them."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest

ROOT = Path(__file__).parents[1]
READMES = ("README.md", "README.zh-CN.md")
_BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
ROWS = (
    ("留言编号", "留言用户", "留言主题", "留言时间", "留言详情", "答复意见", "答复时间"),
    (1, "甲", "望城区路灯不亮", "2019/4/25 9:32:09", "请修", "已修复。", "2019/4/26 14:56:53"),
    (2, "乙", "岳麓区噪声", "2019/4/24 15:40:04", "太吵", "已整改。", "2019/5/9 9:49:14"),
)


def blocks(readme: str) -> list[tuple[str, list[str]]]:
    """Each command of a README with the lines shown below it."""
    found: list[tuple[str, list[str]]] = []
    for block in _BLOCK.findall((ROOT / readme).read_text("utf-8")):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:].partition("  #")[0].strip(), []))
            else:
                found[-1][1].append(line)
    return found


def files(folder: Path) -> None:
    """A small export of a board, as ``board.xlsx``; and the list of systems, where the page has it."""
    (folder / "docs").mkdir()
    shutil.copy(ROOT / "docs" / "systems.toml", folder / "docs")
    workbook = openpyxl.Workbook()
    for row in ROWS:
        workbook.worksheets[0].append(row)
    workbook.save(folder / "board.xlsx")


def matches(shown: list[str], printed: list[str]) -> bool:
    """Whether the shown lines are what was printed, 「…」 standing for any lines."""
    parts = "\n".join(shown).split("\n…\n")
    text = "\n".join(printed)
    return text.startswith(parts[0]) and all(part in text for part in parts)


def test_commands_run_and_print_what_is_shown(tmp_path: Path) -> None:
    """Every ``wenzheng`` command of the README works, in the order of the page; both show the same."""
    readme = READMES[0]
    files(tmp_path)
    environ = {**os.environ, "PYTHONIOENCODING": "utf-8", "NO_COLOR": "1", "COLUMNS": "100"}
    commands = [(c, shown) for c, shown in blocks(readme) if c.startswith("wenzheng ")]
    assert len(commands) >= 5
    for command, shown in commands:
        words = [sys.executable, "-m", "wenzheng_cli", *shlex.split(command)[1:]]
        done = subprocess.run(
            words, cwd=tmp_path, env=environ, capture_output=True, encoding="utf-8", check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stderr}"
        assert matches(shown, done.stdout.splitlines()), f"{command}\n{done.stdout}"


@pytest.mark.parametrize("readme", READMES)
def test_make_targets_exist(readme: str) -> None:
    """The ``make`` commands of the README are targets of the Makefile."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = [c.split()[1] for c, _ in blocks(readme) if c.startswith("make ")]
    assert targets == ["demo", "test"]
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets)


def test_both_readmes_show_the_same() -> None:
    """The Chinese README has the commands and the code of the English one."""
    english, chinese = (blocks(readme) for readme in READMES)
    assert english == chinese
    code = [
        re.findall(r"```python\n(.*?)```", (ROOT / readme).read_text("utf-8"), re.DOTALL)
        for readme in READMES
    ]
    strip = [re.sub(r"#.*", "", "".join(blocks_)) for blocks_ in code]
    assert strip[0] == strip[1]
