"""The command as a process of its own: exit codes, streams, encodings, pipes."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from wenzheng_cli.writing import line, safe


def test_the_deadline_of_the_issue(process):
    """汕头 through the real process, whatever the locale of the machine."""
    ran = process(
        "due", "--city", "shantou", "--fact", "category=咨询", "--from", "2020-09-28 16:00",
        "--json", LC_ALL="C", PYTHONUTF8="0", PYTHONIOENCODING="latin-1",
    )  # fmt: skip
    assert (ran.code, ran.err, ran.json["due_day"]) == (0, "", "2020-10-12")


def test_bad_input_is_one_line_on_stderr(process):
    """Exit 2, no traceback, nothing on stdout."""
    ran = process("due", "5个工作日", "--from", "2020-02-30")
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (2, "", 1)


def test_wrong_use_is_exit_code_2(process):
    """An unknown command, in Chinese, with those that are there under --help."""
    ran = process("dui")
    assert (ran.code, ran.out) == (2, "")
    assert "没有命令" in ran.err


def test_a_store_survives_the_process(process, board, db):
    """Imported by one process, swept, listed and asked by others; no case, exit 1."""
    store = ("--city", "changsha", "--db", db)
    ran = process("import", board, *store, "--replay", "--until", "2021-02-25 12:00")
    assert (ran.code, ran.err) == (0, "")
    assert not re.search("\x1b", ran.out)
    assert process("sweep", *store, "--at", "2021-02-26", "--json").json["fired"]
    assert process("case", "show", "hongwang/99", *store).code == 1
    found = process("case", "list", "--json", WENZHENG_CITY="changsha", WENZHENG_DB=db).json
    assert len(found["cases"]) == 3


def test_version_and_help(process):
    """Both packages' versions; help lists every command."""
    assert re.fullmatch(
        r"wenzheng-cli \d\S*\nwenzheng-core \d\S*\n", process("--version").out.replace("\r", "")
    )
    out = process("--help").out
    for command in (
        "due",
        "count",
        "calendar",
        "import",
        "case",
        "sweep",
        "report",
        "policy",
        "demo",
    ):
        assert re.search(rf"^\s+{command}\s", out, re.MULTILINE)


@pytest.mark.parametrize(
    "arguments",
    [("calendar", "2020"), ("calendar", "2020", "--json"), ("policy", "show", "changsha")],
)
def test_a_reader_that_goes_away_is_no_error(arguments):
    """A closed pipe ends the command quietly, with 0: who read has seen enough."""
    command = [sys.executable, "-m", "wenzheng_cli", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        assert running.stderr.read() == b""
    assert running.returncode == 0


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGINT")
@pytest.mark.parametrize("moment", ["typer", "wenzheng_cli.days", "running"])
def test_a_command_that_is_broken_off_says_so_in_one_line(moment, tmp_path):
    """Ctrl-C while it starts, while a group is loaded, or while it works: 130."""
    script = tmp_path / "broken.py"
    script.write_text(BROKEN_OFF, "utf-8")
    ran = subprocess.run(
        [sys.executable, str(script), moment], capture_output=True, check=False, timeout=60
    )
    assert (ran.returncode, ran.stdout, ran.stderr.decode()) == (130, b"", "已中断\n")


BROKEN_OFF = """
import builtins, os, signal, sys

moment, sys.argv[1:] = sys.argv[1], ["count", "2020-09-28", "2020-10-12"]
load = builtins.__import__


def interrupting(name, *rest, **more):
    if name == moment:
        os.kill(os.getpid(), signal.SIGINT)
    return load(name, *rest, **more)


def interrupted(*_, **__):
    os.kill(os.getpid(), signal.SIGINT)


if moment == "running":
    import wenzheng_cli.days

    wenzheng_cli.days.load_plugins = interrupted
elif moment == "wenzheng_cli.days":
    import importlib

    importlib.import_module, found = None, importlib.import_module
    importlib.import_module = lambda name: (interrupted() if name == moment else None) or found(name)
builtins.__import__ = interrupting
from wenzheng_cli.main import run

run()
"""


def test_text_of_strangers_cannot_steer_the_terminal():
    """Control characters and marks of direction are dropped, line breaks folded where asked."""
    assert safe("a\x1b[31m\tb\n\u202ec") == "a[31m b\nc"
    assert line("a\n b\tc  defg", 6) == "a b c…"
