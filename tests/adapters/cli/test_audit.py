"""``wenzheng audit``, ``export`` and ``restore``: what is said, and with which exit code."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from wenzheng_sqlalchemy import KeyFile

CITY = ("--city", "changsha")


def _file(db: str) -> Path:
    return Path(db.removeprefix("sqlite:///"))


def _sql(db: str, statement: str) -> None:
    with closing(sqlite3.connect(_file(db))) as connection, connection:
        assert connection.execute(statement).rowcount


@pytest.fixture(name="kept")
def _kept(wenzheng, board, db):
    """The address of a store with three cases in it."""
    ran = wenzheng("import", board, *CITY, "--db", db, "--replay", "--until", "2021-03-02")
    assert ran.code == 0, ran.err
    return db


@pytest.fixture(name="key")
def _key(wenzheng, tmp_path):
    """A signing key in a file."""
    assert wenzheng("audit", "key", tmp_path / "audit.pem").code == 0
    return tmp_path / "audit.pem"


def test_a_sound_store(wenzheng, kept):
    """0; what was counted, and what cannot be seen without an anchor."""
    ran = wenzheng("audit", "verify", *CITY, "--db", kept)
    assert (ran.code, ran.err) == (0, "")
    assert "核验租户「changsha」:记录 " in ran.out
    assert "办件 3 件" in ran.out
    assert "全部相符" in ran.out
    assert "无从发现" in ran.out


def test_a_falsified_store(wenzheng, kept):
    """1; each place in Chinese, in JSON with its kind and place."""
    _sql(kept, "UPDATE wz_event SET actor = 'x' WHERE position = 2")
    _sql(kept, "UPDATE wz_case SET next_wake = 5 WHERE state = 'published'")
    ran = wenzheng("audit", "verify", *CITY, "--db", kept)
    assert ran.code == 1
    assert "位置 2,办件 " in ran.out
    assert ":内容与链不符" in ran.out
    assert "检索栏目与其内容不符" in ran.out
    ran = wenzheng("audit", "verify", *CITY, "--db", kept, "--json")
    assert (ran.code, ran.json["sound"]) == (1, False)
    assert ran.json["count"] == len(ran.json["flaws"]) == 3
    assert {flaw["kind"] for flaw in ran.json["flaws"]} == {"content", "lookup"}


def test_one_case(wenzheng, kept):
    """A case by its number on its platform: only its own flaws count; an unknown one is 1."""
    _sql(kept, "UPDATE wz_event SET actor = 'x' WHERE position = 1")
    codes = [
        wenzheng("audit", "verify", *CITY, "--db", kept, "--case", f"hongwang/{n}").code
        for n in (1, 2, 3)
    ]
    assert sorted(codes) == [0, 0, 1]
    assert wenzheng("audit", "verify", *CITY, "--db", kept, "--case", "hongwang/9").code == 1


def test_anchored_and_verified(wenzheng, kept, key, tmp_path):
    """A checkpoint is made once for what there is; with the public key its signature is checked."""
    anchor, public = tmp_path / "anchor.jsonl", tmp_path / "audit.pub.pem"
    where = (*CITY, "--db", kept, "--anchor", anchor)
    assert "已锚定:记录 " in wenzheng("audit", "checkpoint", *where, "--key", key).out
    assert "没有新内容" in wenzheng("audit", "checkpoint", *where, "--key", key).out
    ran = wenzheng("audit", "verify", *where)
    assert ran.code == 0
    assert "锚定 1 个,对上 1 个" in ran.out
    assert "未核对锚定的签名" in ran.out
    assert "签名成立 1 个" in wenzheng("audit", "verify", *where, "--public", public.as_uri()).out
    again = wenzheng("audit", "checkpoint", *where, "--key", key, "--json").json
    assert (again["anchored"], again["position"]) == (False, None)
    assert len(anchor.read_text("utf-8").splitlines()) == 1


def test_a_cut_tail(wenzheng, kept, key, tmp_path):
    """A tail cut with all that counts it is found by the anchor, and not anchored over."""
    where = (*CITY, "--db", kept, "--anchor", tmp_path / "anchor.jsonl")
    wenzheng("audit", "checkpoint", *where, "--key", key)
    _sql(kept, "DELETE FROM wz_event WHERE position = (SELECT max(position) FROM wz_event)")
    _sql(
        kept,
        "UPDATE wz_tenant SET last_position = last_position - 1, chain_link ="
        " (SELECT chain_link FROM wz_event ORDER BY position DESC LIMIT 1)",
    )
    assert wenzheng("audit", "rebuild", *CITY, "--db", kept, "--write").code == 0
    assert wenzheng("audit", "verify", *CITY, "--db", kept).code == 0
    ran = wenzheng("audit", "verify", *where)
    assert ran.code == 1
    assert "与锚定不符" in ran.out
    ran = wenzheng("audit", "checkpoint", *where, "--key", key)
    assert ran.code == 1
    assert "未再锚定" in ran.err


def test_an_anchor_that_says_nothing(wenzheng, kept, key, tmp_path):
    """An anchor that is absent is 2; one without a checkpoint of the tenant is 1, never sound."""
    anchor = tmp_path / "anchor.jsonl"
    where = (*CITY, "--db", kept, "--anchor", anchor)
    ran = wenzheng("audit", "verify", *where)
    assert (ran.code, ran.out) == (2, "")
    assert f"「{anchor}」不存在" in ran.err
    anchor.touch()
    ran = wenzheng("audit", "verify", *where)
    assert ran.code == 1
    assert "锚定中没有本租户的检查点" in ran.out
    wenzheng("audit", "checkpoint", *where, "--key", key)
    anchor.write_text(anchor.read_text("utf-8").replace('"changsha"', '"other"'), "utf-8")
    ran = wenzheng("audit", "verify", *where, "--json")
    assert (ran.code, ran.json["sound"], ran.json["count"]) == (1, False, 0)


def test_rebuild(wenzheng, kept):
    """Without --write what differs is told, 1; with it, it is put right, 0."""
    _sql(kept, "UPDATE wz_case SET state = 'archived'")
    for _ in range(2):
        ran = wenzheng("audit", "rebuild", *CITY, "--db", kept)
        assert ran.code == 1
        assert "与记录不符 3 件" in ran.out
    ran = wenzheng("audit", "rebuild", *CITY, "--db", kept, "--write", "--json")
    assert (ran.code, ran.json["restored"], ran.json["sound"]) == (0, 3, True)
    assert wenzheng("audit", "rebuild", *CITY, "--db", kept).code == 0


def test_a_key_is_made_once(wenzheng, key):
    """A key that is there is not overwritten: 2."""
    ran = wenzheng("audit", "key", key)
    assert ran.code == 2
    assert "已经存在" in ran.err
    assert len(wenzheng("audit", "key", key.with_name("b.pem"), "--json").json["key"]) == 16


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--public", "x.pem"), "须与 --anchor 一同给出"),
        (("--anchor", "x", "--case", "y"), "不能与 --anchor 一同给出"),
        (("--anchor", "s3://bucket/x"), "没有名为「s3」的锚定"),
        (("--anchor", "x", "--public", "absent.pem"), "不存在"),
        (("--tenant", "nobody", "--anchor", "file://host/x"), "不是本机文件的地址"),
    ],
)
def test_misuse(wenzheng, kept, options, said):
    """Wrong use is 2, in Chinese."""
    ran = wenzheng("audit", "verify", *CITY, "--db", kept, *options)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def test_a_city_that_is_none(wenzheng, kept):
    """A misspelt city never reads as a sound, empty store."""
    ran = wenzheng("audit", "verify", "--city", "changsa", "--db", kept)
    assert ran.code == 2
    assert "changsa" in ran.err


def test_a_tenant_that_is_none(wenzheng, kept):
    """A misspelt tenant is 2 for whatever reads a store that must be there."""
    for command in (("audit", "verify"), ("sweep",), ("run", "--once"), ("feed",), ("outbox",)):
        ran = wenzheng(*command, *CITY, "--db", kept, "--tenant", "typo")
        assert (ran.code, ran.out) == (2, ""), command
        assert "数据库中没有租户「typo」" in ran.err


def test_a_tenant_of_another_city(wenzheng, kept):
    """Cases of another city's policy are never worked on: 2, with what to look at."""
    for command in (("sweep",), ("run", "--once"), ("case", "list")):
        ran = wenzheng(*command, "--city", "shantou", "--db", kept, "--tenant", "changsha")
        assert (ran.code, ran.out) == (2, ""), command
        said = (
            "租户「changsha」存的是「changsha」的办件,不是「shantou」的;请核对 --city 与 --tenant"
        )
        assert said in ran.err


def test_without_the_keys(wenzheng, board, db, tmp_path, monkeypatch):
    """Cases that want a key are counted apart and falsify nothing; a broken chain is told all the same."""
    file = KeyFile.create(tmp_path / "keys.json")
    file.add("changsha")
    monkeypatch.setenv("WENZHENG_KEYS", str(file.path))
    ran = wenzheng("import", board, *CITY, "--db", db, "--replay", "--until", "2021-03-02")
    assert ran.code == 0, ran.err
    monkeypatch.delenv("WENZHENG_KEYS")
    ran = wenzheng("audit", "verify", *CITY, "--db", db)
    assert (ran.code, ran.err) == (0, "")
    assert "密钥不在,未能比对 3 件" in ran.out
    assert wenzheng("audit", "verify", *CITY, "--db", db, "--case", "hongwang/1").code == 0
    assert wenzheng("audit", "rebuild", *CITY, "--db", db).code == 1
    _sql(db, "UPDATE wz_event SET actor = 'x' WHERE position = 2")
    ran = wenzheng("audit", "verify", *CITY, "--db", db, "--json")
    assert (ran.code, ran.json["closed"], ran.json["count"]) == (1, 3, 1)


# --- Export and restore ---------------------------------------------------------------------------


def test_out_and_back(wenzheng, kept, tmp_path):
    """An export is restored into an empty store, and exports from there as the same file."""
    file, db = tmp_path / "out.jsonl", f"sqlite:///{tmp_path / 'again.db'}"
    ran = wenzheng("export", file, *CITY, "--db", kept, "--personal")
    assert ran.code == 0
    assert "已导出:租户「changsha」" in ran.out
    assert file.stat().st_mode & 0o077 == 0
    assert "已恢复" in wenzheng("restore", file, *CITY, "--db", db).out
    assert wenzheng("audit", "verify", *CITY, "--db", db).code == 0
    again = tmp_path / "again.jsonl"
    report = wenzheng("export", again, *CITY, "--db", db, "--personal", "--json").json
    assert again.read_text("utf-8").splitlines()[1:-1] != []
    shown = [json.loads(x).get("event") for x in file.read_text("utf-8").splitlines()]
    assert [json.loads(x).get("event") for x in again.read_text("utf-8").splitlines()] == shown
    assert report["records"] == len(shown) - 2


def test_without_personal_data(wenzheng, kept, tmp_path):
    """Unless it is asked for, no nickname goes out, and a restore says that."""
    file, db = tmp_path / "out.jsonl", f"sqlite:///{tmp_path / 'again.db'}"
    wenzheng("export", file, *CITY, "--db", kept)
    assert '"author"' not in file.read_text("utf-8")
    assert "已略去" in wenzheng("restore", file, *CITY, "--db", db).out


def test_to_stdout(wenzheng, kept):
    """With - the export alone is on stdout, and what was exported is said on stderr."""
    ran = wenzheng("export", "-", *CITY, "--db", kept)
    assert ran.code == 0
    assert all(json.loads(line)["sum"] for line in ran.out.splitlines())
    assert "已导出" in ran.err
    assert wenzheng("export", "-", *CITY, "--db", kept, "--json").code == 2


def test_no_file_is_overwritten(wenzheng, kept, tmp_path):
    """A file that is there stays as it is: 2; where none can be made, that is told."""
    file = tmp_path / "out.jsonl"
    file.write_text("x")
    ran = wenzheng("export", file, *CITY, "--db", kept)
    assert (ran.code, file.read_text()) == (2, "x")
    ran = wenzheng("export", tmp_path / "absent" / "x.jsonl", *CITY, "--db", kept)
    assert ran.code == 2
    assert "无法写入" in ran.err


def test_what_is_not_restored(wenzheng, kept, tmp_path):
    """A store that is not empty: 1. A file that was changed: 2, with the line. No file: 2."""
    file = tmp_path / "out.jsonl"
    wenzheng("export", file, *CITY, "--db", kept)
    ran = wenzheng("restore", file, *CITY, "--db", kept)
    assert ran.code == 1
    assert "只能恢复到空的存储" in ran.err
    lines = file.read_text("utf-8").splitlines(keepends=True)
    file.write_text("".join([*lines[:3], *lines[4:]]), "utf-8")
    db = f"sqlite:///{tmp_path / 'again.db'}"
    ran = wenzheng("restore", file, *CITY, "--db", db)
    assert ran.code == 2
    assert "第4行" in ran.err
    ran = wenzheng("restore", tmp_path / "absent.jsonl", *CITY, "--db", db)
    assert ran.code == 2
    assert "没有这个文件" in ran.err
