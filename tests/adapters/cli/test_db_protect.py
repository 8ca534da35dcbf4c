"""``wenzheng db protect``: the database itself guards the history, and status says whether it does."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from tests.adapters.sqlalchemy.servers import url_of
from tests.adapters.sqlalchemy.walled import walled

from wenzheng_sqlalchemy import SqlStorage

DUMP = Path(__file__).parents[2] / "golden" / "store-0001.sql"
ON = "防护:历史只增不改,已启用;租户行级隔离,此数据库没有这种功能\n"
OFF = "防护:历史只增不改,未启用;租户行级隔离,此数据库没有这种功能\n"


@pytest.fixture(name="file")
def _file(tmp_path: Path) -> Path:
    """A database that does not exist yet."""
    return tmp_path / "wz.db"


@pytest.fixture(name="db")
def _db(file: Path) -> tuple[str, str]:
    """The option that names it."""
    return "--db", f"sqlite:///{file}"


@pytest.fixture(name="made")
def _made(wenzheng, db) -> tuple[str, str]:
    """The same, with tables in it."""
    assert wenzheng("db", "init", *db).code == 0
    return db


def test_it_is_put_up_and_taken_down(wenzheng, made, file):
    """Each says how it stands then, and status says the same; whoever is at work starts anew."""
    assert wenzheng("db", "status", *made).out.endswith(OFF)
    up = wenzheng("db", "protect", *made)
    assert (up.code, up.out) == (0, ON)
    assert "重新启动" in up.err
    assert wenzheng("db", "status", *made).out.endswith(ON)
    with closing(sqlite3.connect(file)) as connection:
        triggers = connection.execute("SELECT count(*) FROM sqlite_master WHERE type = 'trigger'")
        assert triggers.fetchone() == (6,)
    down = wenzheng("db", "protect", "--off", *made)
    assert (down.code, down.out, down.err) == (0, OFF, "")
    assert wenzheng("db", "status", *made).out.endswith(OFF)


def test_json(wenzheng, made):
    """One document, in which the walls stand by their names."""
    wanted = {"history": True, "tenants": None, "gaps": []}
    up = wenzheng("db", "protect", *made, "--json")
    assert up.json == {"tables": True, "protection": wanted}
    assert wenzheng("db", "status", *made, "--json").json["protection"] == wanted


@pytest.mark.parametrize(
    ("more", "why"),
    [(("--role", "app"), "只用于 PostgreSQL"), (("--role", "app", "--off"), "--off")],
)
def test_a_role_has_its_place(wenzheng, made, more, why):
    """Exit 2 where there are no accounts, and where nothing is granted; nothing is put up."""
    ran = wenzheng("db", "protect", *made, *more)
    assert (ran.code, ran.out) == (2, "")
    assert why in ran.err
    assert wenzheng("db", "status", *made).out.endswith(OFF)


def test_old_tables_are_upgraded_first(wenzheng, db, file):
    """Walls round tables that are about to change would only be in the way; off is always possible."""
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(DUMP.read_text("utf-8"))
    ran = wenzheng("db", "protect", *db)
    assert (ran.code, ran.out) == (2, "")
    assert "wenzheng db upgrade" in ran.err
    assert wenzheng("db", "protect", "--off", *db).out == OFF


def test_a_guarded_database_is_upgraded_after_its_guard_is_off(wenzheng, db, file):
    """The refusal names the command, and nothing is changed before."""
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(DUMP.read_text("utf-8"))
        connection.execute(
            "CREATE TRIGGER wz_event_keep_update BEFORE UPDATE ON wz_event"
            " BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
    refused = wenzheng("db", "upgrade", *db)
    assert (refused.code, refused.out) == (2, "")
    assert "wenzheng db protect --off" in refused.err
    assert wenzheng("db", "status", *db).code == 1
    assert wenzheng("db", "protect", "--off", *db).code == 0
    assert wenzheng("db", "upgrade", *db).code == 0
    assert wenzheng("db", "protect", *db).out == ON


@pytest.mark.server
def test_the_account_of_the_program_works_behind_the_walls(wenzheng):
    """PostgreSQL: with ``--role`` a plain account does its work, and a superuser is warned of."""
    with walled() as walls:
        SqlStorage(walls.owner, "changsha").close()  # the tenant is there before its walls
        owner, app = (("--db", url_of(engine)) for engine in (walls.owner, walls.app))
        up = wenzheng("db", "protect", *owner, "--role", walls.role)
        assert up.code == 0
        assert up.out.startswith("防护:历史只增不改,已启用;租户行级隔离,已启用\n注意:用户 postgres")
        status = wenzheng("db", "status", *app)
        assert (status.code, "注意" in status.out) == (0, False)
        logged = wenzheng("duty", "log", "hongwang", "--city", "changsha", *app)
        assert logged.code == 0
        listed = wenzheng("case", "list", "--city", "changsha", *app)
        assert listed.code == 0
