"""Whatever is written wrongly, the officer reads Chinese."""

from __future__ import annotations

import errno
import re

import pytest

from wenzheng_cli.errors import os_reason
from wenzheng_cli.reading import read_text

CASES = ("case", "list", "--city", "changsha", "--db", "memory://")
REPORT = ("report", "bulletin", "--city", "changsha", "--db", "memory://", "--period")
DUE = ("due", "5个工作日", "--from", "2020-09-28")
IMPORT = ("import", "absent.xlsx", "--city", "changsha", "--db", "memory://")


@pytest.mark.parametrize(
    "arguments",
    [
        ("calendar", "abc"), ("calendar", "2020.5"), ("calendar", "0"), ("calendar", "99999999999"),
        ("calendar",), ("calendar", "2020", "2021"), ("calendar", "2020", "--json=1"),
        (*CASES, "--limit", "abc"), (*CASES, "--limit", "-1"), (*CASES, "--limit"),
        (*CASES, "--limit", ""), (*CASES, "--state", "x"), (*CASES, "extra"),
        (*REPORT, "2021", "--digits", "9"), (*REPORT, "2021", "--digits", "x"), (*REPORT, "x"),
        (*REPORT,), ("due", "5个工作日", "--from"), (*DUE, "--explain=3"), (*DUE, "--nope"),
        (*DUE, "--fact"), (*DUE, "--exp"), (*DUE, "-z"), ("due", "5 apples", "--from", "2020-01-01"),
        ("dui",), ("case", "shw"), ("case", "show"), ("policy", "show", "absent.toml"),
        ("policy", "show", "/"), ("policy", "show", "/absent/x.toml"), ("--nope",), ("--version=1",),
        (*IMPORT, "--units", "/"), (*IMPORT, "--units", "absent.toml"), (*IMPORT, "--unit"),
        ("import",), ("demo", "--out", "/dev/null"), ("demo", "--out", "/proc/nowhere"),
        ("case", "similar"), ("case", "similar", "x/1", *CASES[2:], "--limit", "0"),
        ("clusters", *CASES[2:]), ("clusters", *CASES[2:], "--month", "x"),
        ("reply", "check"), ("reply", "check", "changsha"), ("reply", "check", "nowhere",
        "--text", "x"), ("reply", "check", "changsha", "-f", "/"), ("reply", "check", "changsha", "-f"),
        ("count", "2020-01-01"), ("count", "x", "y"), ("sweep",), ("sweep", "--city", "changsha"),
    ],
)  # fmt: skip
def test_every_misuse_is_told_in_chinese(wenzheng, arguments):
    """Exit 2, and no sentence on stderr is made of English words alone."""
    ran = wenzheng(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert "Traceback" not in ran.err
    for sentence in re.split("[;:。\n]", ran.err):
        quoted = re.sub(r"「[^」]*」|'[^']*'|--?[\w-]+|wenzheng [\w ]*", "", sentence)
        english = re.search(r"[A-Za-z]{2,} [A-Za-z]{2,}", quoted)
        assert not english, sentence


def test_what_the_machine_refuses_is_told_in_chinese(wenzheng, monkeypatch, tmp_path):
    """A full disk is a message and exit 2; a number that has no words here is still Chinese."""

    def full(*_: object, **__: object) -> object:
        raise OSError(errno.ENOSPC, "No space left on device", "/tmp/x")

    monkeypatch.setattr("wenzheng_cli.demo._clear", full)
    ran = wenzheng("demo", "--out", tmp_path / "out")
    assert (ran.code, ran.err) == (2, "错误:磁盘已满:/tmp/x\n")
    assert os_reason(OSError(99999, "Strange")) == "系统错误 99999"
    with pytest.raises(Exception, match="没有这个文件或文件夹"):
        read_text(tmp_path / "absent", "--units")


@pytest.mark.parametrize(
    "db", ["sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite+pysqlite://", "sqlite:///?x=1",
           "sqlite:///file:x?mode=memory&uri=true"],
)  # fmt: skip
def test_a_store_of_which_nothing_is_left_is_refused(wenzheng, board, db):
    """Exit 2 before anything is read, with the way to write a file."""
    ran = wenzheng("import", board, "--city", "changsha", "--db", db, "--replay")
    assert (ran.code, ran.out) == (2, "")
    assert "命令一结束就没有了" in ran.err
    assert "sqlite:///wenzheng.db" in ran.err
