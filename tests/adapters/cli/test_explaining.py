"""``wenzheng explain`` and ``wenzheng policy migrate`` on a store."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime
from pathlib import Path

import pytest

from wenzheng_core import (
    BEIJING,
    Accept,
    Actor,
    Assign,
    Message,
    Pause,
    Role,
    open_office,
)

CLERK = Actor("li.ming", Role.OFFICE)


@pytest.fixture(name="store")
def _store(wenzheng, board, db):
    """The options of a store in which three messages were lived up to 2021-02-25 12:00."""
    options = ("--city", "changsha", "--db", db)
    ran = wenzheng("import", board, *options, "--replay", "--until", "2021-02-25 12:00", "--json")
    assert ran.code == 0
    return options


@pytest.fixture(name="two")
def _two(db):
    """The options of a store with two cases of a law that soon has another version."""
    at = datetime(2019, 5, 10, 10, tzinfo=BEIJING)
    office = open_office(db, city="law-xxgk")
    for number in ("1", "2"):
        message = Message(
            source="platform", external_id=number, title="申请", body="公开", posted_at=at
        )
        facts = {"spot": "不能当场答复"}
        case = office.receive(message, facts=facts, at=at).case
        office.execute(case.id, Accept(), actor=CLERK, key=number, at=at)
    office.storage.close()
    return ("--city", "law-xxgk", "--db", db)


def test_a_case_explains_itself(wenzheng, store):
    """The winning rule, the days, the nearest other fact, and that everything re-derives."""
    ran = wenzheng("explain", "hongwang/2", *store)
    assert ran.code == 0
    assert "为何此时到期" in ran.out
    assert "适用" in ran.out
    assert "条记录中的决定重算:全部相符" in ran.out
    assert ran.err == ""


def test_the_trace_is_a_document_with_a_version(wenzheng, store):
    """Inputs, candidates, days, result and digests, for each clock."""
    ran = wenzheng("explain", "hongwang/2", *store, "--json")
    trace = ran.json
    assert ran.code == 0
    assert trace["version"] == "wenzheng.trace/1"
    assert trace["rederives"] is True
    assert trace["differences"] == []
    assert trace["unexplained"] is None
    unit = next(clock for clock in trace["clocks"] if clock["clock"] == "unit")
    assert [c["verdict"] for c in unit["candidates"]].count("won") == 1
    assert unit["policy_digest"] == trace["policy"]["digest"]
    assert unit["calendar_digest"] == trace["calendar"]["digest"]
    assert unit["inputs"]["limit"]
    counted = sum(run["counted"] for run in unit["days"])
    assert f"{counted}个工作日" == unit["inputs"]["limit"]
    assert unit["due"] == "2021-02-26T00:00:00+08:00"


def test_the_nearest_other_fact_is_named(wenzheng, db):
    """Where another fact gives another day, the line says which and what day."""
    at = datetime(2024, 8, 12, 10, tzinfo=BEIJING)
    office = open_office(db, city="wuhan")
    message = Message(source="p", external_id="1", title="路灯", body="不亮", posted_at=at)
    case = office.receive(message, at=at).case
    office.execute(case.id, Accept(), actor=CLERK, key="a", at=at)
    unit = next(iter(office.city.units)).id
    office.execute(case.id, Assign(lead=unit), actor=CLERK, key="b", at=at)
    office.storage.close()
    ran = wenzheng("explain", "p/1", "--city", "wuhan", "--db", db, "--json")
    others = [clock["otherwise"] for clock in ran.json["clocks"] if clock["otherwise"]]
    plain = wenzheng("explain", "p/1", "--city", "wuhan", "--db", db).out
    assert others
    for other in others:
        assert other["value"] != other["other"]
        assert other["text"] in plain


def _tamper(db: str, change: dict[str, object]) -> None:
    """Change the last event of a kind that starts a clock, in the file itself."""
    connection = sqlite3.connect(Path(db.removeprefix("sqlite:///")))
    rows = connection.execute("SELECT rowid, body FROM wz_event").fetchall()
    for row, body in rows:
        event = json.loads(body)
        if event["type"] == "ClockStarted" and event["clock"] == "unit":
            kept = json.dumps({**event, **change}, ensure_ascii=False)
            kind = kept.encode() if isinstance(body, bytes) else kept
            connection.execute("UPDATE wz_event SET body = ? WHERE rowid = ?", (kind, row))
    connection.commit()
    connection.close()


def test_a_decision_that_was_changed_in_the_store_is_found(wenzheng, store, db):
    """Exit code 1, with the record, what is stored and what comes out."""
    _tamper(db, {"due": "2021-03-25T16:00:00Z"})
    ran = wenzheng("explain", "hongwang/2", *store)
    assert ran.code == 1
    assert "依据未变而结果不同:到期记录为2021年3月25日(周四)24时前" in ran.out
    assert "处不符" in ran.out
    trace = wenzheng("explain", "hongwang/2", *store, "--json").json
    assert trace["rederives"] is False
    first = trace["differences"][0]
    assert (first["field"], first["cause"], first["real"]) == ("due", "result", True)


def test_a_case_that_is_not_there(wenzheng, store):
    """One Chinese message, exit code 1."""
    ran = wenzheng("explain", "hongwang/99", *store)
    assert (ran.code, ran.out) == (1, "")
    assert "没有名为「hongwang/99」的办件" in ran.err


ASKED = ("--to", "2019", "--mode", "favour", "--reason", "新办法施行")
THEN = ("--at", "2019-05-16 09:00")


def migrated(wenzheng, two, *more: str):
    """A migration of the store to the version of 2019."""
    return wenzheng("policy", "migrate", *two, *ASKED, *THEN, *more)


def test_a_dry_run_shows_what_is_then_done(wenzheng, two):
    """The same document but for the word; explaining works before and after."""
    tried = migrated(wenzheng, two, "--dry-run", "--json")
    assert tried.code == 0
    shown = wenzheng("case", "show", "platform/1", *two, "--json").json
    assert shown["policy"]["version"] == "2007"
    done = migrated(wenzheng, two, "--json")
    assert done.code == 0
    assert {**tried.json, "dry_run": False} == done.json
    assert done.json["version"] == "wenzheng.migration/1"
    assert (done.json["moved"], done.json["refused"]) == (2, 0)
    shown = wenzheng("case", "show", "platform/1", *two, "--json").json
    assert shown["policy"]["version"] == "2019"
    last = [record["title"] for record in shown["history"]]
    assert "改按新版办法" in last
    explained = wenzheng("explain", "platform/1", *two)
    assert explained.code == 0
    assert migrated(wenzheng, two, "--json").json["cases"] == []


def test_a_migration_prints_old_and_new_dues(wenzheng, two):
    """A line for each case and each clock, whether its day moves or not."""
    ran = migrated(wenzheng, two, "--dry-run")
    assert "试算(未写入):改按「2019」,按对网民有利的一版;2 件可迁,0 件不能迁移" in ran.out
    assert "platform/1:2007 → 2019\n  " in ran.out
    assert "2019年5月31日(周五)24时前,不变" in ran.out  # 15 working days, not 20
    capped = migrated(wenzheng, two, "--mode", "cap", "--cap", "2019-05-20")
    assert "已迁移:改按「2019」,沿用旧版但不迟于某日;2 件,0 件不能迁移" in capped.out
    assert "2019年5月31日(周五)24时前 → 2019年5月20日(周一)24时前" in capped.out
    assert wenzheng("explain", "platform/1", *two).code == 0


def test_a_refused_case_makes_exit_code_one(wenzheng, two, db):
    """A paused case is shown with its reason; the other one goes."""
    office = open_office(db, city="law-xxgk")
    first = office.case_of("platform", "1")
    at = datetime(2019, 5, 13, 10, tzinfo=BEIJING)
    office.execute(first.id, Pause(reason="third_party"), actor=CLERK, key="p", at=at)
    office.storage.close()
    ran = migrated(wenzheng, two)
    assert ran.code == 1
    assert "platform/1:不能迁移:办件正在中止" in ran.out
    assert "platform/2:2007 → 2019" in ran.out


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (("--mode", "sideways"), "不是迁移的方式"),
        (("--to", "2030"), "没有名为「2030」的版本"),
        (("--mode", "cap"), "须写明该日"),
        (("--cap", "2019-09-01"), "须写明该日"),
        (("--reason", " "), "迁移须说明理由"),
        (("--case", "nobody"), "没有名为「nobody」的办件"),
    ],
)
def test_what_is_asked_wrongly_is_said(wenzheng, two, more, says):
    """One Chinese message, nothing written."""
    ran = migrated(wenzheng, two, *more)
    assert ran.code in (1, 2)
    assert says in ran.err
    shown = wenzheng("case", "show", "platform/1", *two, "--json").json
    assert shown["policy"]["version"] == "2007"


def test_a_cap_is_read_as_a_day(wenzheng, two):
    """No clock ends after it, and the mode may be written in Chinese."""
    mode = ("--mode", "沿用旧版但不迟于某日", "--cap", "2019-05-17")
    ran = migrated(wenzheng, two, *mode, "--json")
    assert ran.code == 0
    dues = [clock["new_due"] for case in ran.json["cases"] for clock in case["clocks"]]
    assert dues
    assert all(due is None or due <= "2019-05-18T00:00:00+08:00" for due in dues)
