"""Adding a city, as docs/write-a-city.md has it: its lines run as they stand, and end in a green test."""

from __future__ import annotations

import difflib
import os
import re
import shutil
import subprocess
import sysconfig
import time
import venv
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "write-a-city.md").read_text("utf-8")
BLOCK = re.search(r"```console\n(\$ cp -r .*?)```", PAGE, re.DOTALL)
PROGRAMS = {"pip": "pip", "pytest": "pytest", "wenzheng": "wenzheng_cli"}
NEEDED = ("pip", "hatchling", "editables")
CACHED = {"__pycache__", ".pytest_cache", ".hypothesis"}
CACHES = shutil.ignore_patterns(*CACHED)


def steps() -> list[tuple[str, str]]:
    """Each command of the page with what is shown below it."""
    assert BLOCK is not None
    parts = re.split(r"^\$ ", BLOCK[1], flags=re.MULTILINE)[1:]
    return [(command, shown) for command, _, shown in (part.partition("\n") for part in parts)]


def environment(folder: Path) -> dict[str, str]:
    """An environment of its own that sees all that is installed here, and takes in what is new.

    It never asks an index, so that what passes here passes without a network.
    """
    venv.create(folder, symlinks=True)
    python = Path(sysconfig.get_path("scripts", "venv", {"base": str(folder)})) / "python"
    place = Path(sysconfig.get_path("purelib", "venv", {"base": str(folder)}))
    here = sysconfig.get_path("purelib")
    (place / "developer.pth").write_text(f"import site; site.addsitedir({here!r})\n", "utf-8")
    for name, module in PROGRAMS.items():
        script = python.parent / name
        script.write_text(f'#!/bin/sh\nexec "{python}" -m {module} "$@"\n', "utf-8")
        script.chmod(0o755)
    path = f"{python.parent}{os.pathsep}{os.environ['PATH']}"
    quiet = {"PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "NO_COLOR": "1"}
    words = {"PYTHONIOENCODING": "utf-8", "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "PYTHONPATH"))}
    return {**kept, **quiet, **words, "PATH": path}


def run(command: str, folder: Path, environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """One line of the page in a shell, with all that it prints in one text."""
    return subprocess.run(
        command,
        shell=True,
        cwd=folder,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )


def edited(before: Path, after: Path) -> int:
    """How many lines of the copy are not as they were in the file that it was made from."""
    count = 0
    for path in (p for p in after.rglob("*.*") if p.is_file() and not CACHED & {*p.parts}):
        origin = before / str(path.relative_to(after)).replace("wenzheng_li", "wenzheng_notice")
        if origin.name == "policy.toml":
            origin = origin.parent / "template" / origin.name
        old, new = (p.read_text("utf-8").splitlines() for p in (origin, path))
        for tag, i, j, k, m in difflib.SequenceMatcher(None, old, new, False).get_opcodes():
            count += 0 if tag == "equal" else max(j - i, m - k)
    return count


def timeless(text: str) -> str:
    """What a program printed, without how long it took."""
    return re.sub(r"in \d+\.\d+s", "in a while", text)


@pytest.mark.slow
@pytest.mark.skipif(
    os.name != "posix" or not all(map(find_spec, NEEDED)), reason="no shell, pip or hatchling here"
)
def test_from_copying_notice_to_a_green_test(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """The steps of the page, run as they stand, leave a city whose suite is green."""
    notice = tmp_path / "plugins" / "wenzheng-notice"
    shutil.copytree(ROOT / "plugins" / notice.name, notice, ignore=CACHES)
    for name in ("pyproject.toml", "conftest.py"):
        shutil.copy(ROOT / name, tmp_path)
    environ, folder, started = environment(tmp_path / "own"), tmp_path, time.perf_counter()

    for command, shown in steps():
        if command.startswith("cd "):
            folder /= command.removeprefix("cd ")
            continue
        done = run(command, folder, environ)
        assert done.returncode == (2 if shown.startswith("错误") else 0), (
            f"{command}\n{done.stdout}"
        )
        assert timeless(shown) in timeless(done.stdout), f"{command}\n{done.stdout}"

    seconds = round(time.perf_counter() - started, 1)
    measured = {"commands": len(steps()), "lines": edited(notice, folder), "seconds": seconds}
    for name, value in measured.items():
        record_property(name, value)
    said = f"{measured['commands']} commands, {measured['lines']} lines edited, one fault"
    assert said in " ".join(PAGE.split()), measured
    assert find_spec("wenzheng_li") is None


def test_the_page_shows_the_fault_and_the_green_suite() -> None:
    """What is shown on the way is one fault, that of the blank, and at the end tests that passed."""
    (fault,) = (shown for _, shown in steps() if "错误" in shown)

    assert fault.startswith("错误:wenzheng_li/policy.toml:共 1 处错误\n  「×个工作日」无法识别 @ ")
    assert re.fullmatch(r"\d+ passed in \S+s\n", steps()[-1][1])
