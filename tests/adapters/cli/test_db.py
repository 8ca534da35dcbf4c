"""``wenzheng db``: the tables of a store are made, brought up to date, told of and examined."""

from __future__ import annotations

import shlex
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

DUMP = Path(__file__).parents[2] / "golden" / "store-0001.sql"
COMMANDS = ("init", "upgrade", "status", "check", "protect")


@pytest.fixture(name="file")
def _file(tmp_path: Path) -> Path:
    """A database that does not exist yet."""
    return tmp_path / "wz.db"


@pytest.fixture(name="db")
def _db(file: Path) -> tuple[str, str]:
    """The option that names it."""
    return "--db", f"sqlite:///{file}"


@pytest.fixture(name="old")
def _old(file: Path) -> Path:
    """The same, as the first program left it."""
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(DUMP.read_text("utf-8"))
    return file


def change(file: Path, statement: str) -> None:
    """Change a database by hand."""
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(statement)


def test_tables_are_made_once(wenzheng, db):
    """A second time there is nothing to make, and that is no mistake."""
    made, again = wenzheng("db", "init", *db), wenzheng("db", "init", *db)
    assert (made.code, made.out) == (0, "已建立全部表\n")
    assert (again.code, again.out) == (0, "表已是最新版,未作改动\n")


def test_new_tables_are_in_order(wenzheng, db):
    """Status and check say so by exit code 0."""
    wenzheng("db", "init", *db)
    status, check = wenzheng("db", "status", *db), wenzheng("db", "check", *db)
    assert (status.code, check.code) == (0, 0)
    assert status.out.startswith("数据库的表:0002 版;本程序:0002 版;是最新版\n")
    assert check.out == "表与程序相符\n"


@pytest.mark.usefixtures("old")
def test_old_tables_are_told_of(wenzheng, db):
    """Exit 1: an administrator's script sees that an upgrade is due."""
    status, check = wenzheng("db", "status", *db), wenzheng("db", "check", *db)
    assert (status.code, check.code) == (1, 1)
    assert "0001 版;本程序:0002 版;是旧版,须升级" in status.out
    assert "wenzheng db upgrade" in check.out


@pytest.mark.usefixtures("old")
def test_the_command_of_the_refusal_mends(wenzheng, db):
    """An old store is not opened; the very command that its message names makes it open."""
    listing = ("case", "list", "--city", "changsha", *db)
    refused = wenzheng(*listing)
    assert (refused.code, refused.out) == (2, "")
    command = shlex.split(refused.err.partition("执行:")[2])
    assert command[0] == "wenzheng"
    mended = wenzheng(*command[1:])
    assert (mended.code, mended.out) == (0, "已升级到 0002 版\n")
    assert "0001 → 0002" in mended.err
    assert "没有租户「changsha」" in wenzheng(*listing).err
    assert wenzheng(*command[1:]).out == "表已是最新版,未作改动\n"


def test_what_was_changed_by_hand_is_listed(wenzheng, db, file):
    """Every difference is a line, then their number; exit 1."""
    wenzheng("db", "init", *db)
    change(file, "ALTER TABLE wz_lease DROP COLUMN holder")
    change(file, "DROP INDEX wz_contact_case")
    check = wenzheng("db", "check", *db)
    assert check.code == 1
    assert check.out.splitlines() == [
        "表 wz_contact 缺少索引 wz_contact_case",
        "表 wz_lease 缺少列 holder",
        "共 2 处不符",
    ]


def test_tables_of_a_newer_program_are_refused(wenzheng, db, file):
    """They are told of with exit 1, and not upgraded."""
    wenzheng("db", "init", *db)
    change(file, "UPDATE wenzheng_schema_version SET version_num = '0099'")
    assert wenzheng("db", "status", *db).code == 1
    for command in ("init", "upgrade"):
        ran = wenzheng("db", command, *db)
        assert (ran.code, ran.out) == (2, "")
        assert "请改用较新的程序打开" in ran.err


def test_json(wenzheng, db, file):
    """Each command gives one document."""
    assert wenzheng("db", "init", *db, "--json").json == {"tables": True, "made": True}
    assert wenzheng("db", "upgrade", *db, "--json").json == {"tables": True, "run": []}
    status = wenzheng("db", "status", *db, "--json").json
    walls = {"history": False, "tenants": None, "gaps": []}
    assert status.pop("protection") == walls
    assert status == {"tables": True, "current": "0002", "head": "0002", "state": "current"}
    change(file, "DROP TABLE wz_lease")
    found = wenzheng("db", "check", *db, "--json")
    assert found.json == {"tables": True, "faults": ["缺少表 wz_lease"]}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_store_without_tables_has_nothing_to_do(wenzheng, command):
    """Memory needs none of it; that is an answer, not a mistake."""
    ran = wenzheng("db", command, "--db", "memory://desk")
    assert (ran.code, ran.out) == (0, "这种存储没有表,无须建立、升级或核对\n")
    as_json = wenzheng("db", command, "--db", "memory://desk", "--json")
    assert as_json.json == {"tables": False}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    "url", ["sqlite://", "papyrus://x", "postgresql+psycopg://wz:hunter2@127.0.0.1:1/wz"]
)
def test_what_cannot_be_looked_at_is_said(wenzheng, command, url):
    """Exit 2 for memory that ends with the command, an unknown kind, a server that is not there."""
    ran = wenzheng("db", command, "--db", url)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("错误:")
    assert "hunter2" not in ran.err


@pytest.mark.parametrize("command", ["upgrade", "status", "check", "protect"])
def test_a_mistyped_name_makes_no_file(wenzheng, db, file, command):
    """Only ``init`` makes a database."""
    ran = wenzheng("db", command, *db)
    assert ran.code == 2
    assert "没有这个数据库" in ran.err
    assert not file.exists()
