"""What ``wenzheng case`` says of promises, and whose clock stands for the case."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from wenzheng_cli.histories import boundless, event_text
from wenzheng_core import (
    BEIJING,
    Accept,
    Actor,
    Assign,
    Commit,
    FixedClock,
    FulfilCommitment,
    Message,
    Role,
    Units,
    load_plugins,
    open_office,
)
from wenzheng_core.domain import events as e

BEGUN = datetime(2011, 11, 8, 9, tzinfo=BEIJING)
CLERK = Actor("zhang", Role.OFFICE)
LEAD, HELPER = Actor("li", Role.UNIT, "puyangxian"), Actor("wang", Role.UNIT, "zhujianju")


def _assigned(url, city, *before, assisting=()):
    office = open_office(url, city=city, clock=FixedClock(BEGUN))
    message = Message(source="s", external_id="1", title="t", body="b", posted_at=BEGUN)
    case = office.receive(message).case.id
    lead = "puyangxian" if city == "puyang" else next(iter(office.city.units)).id
    for number, command in enumerate((*before, Assign(lead=lead, assisting=assisting))):
        office.execute(case, command, actor=CLERK, key=str(number))
    return office, case


def _promise(office, case, actor, name, day):
    command = Commit(commitment=name, text=f"{name}办完", due=day, by=actor.unit, clock="ledger")
    office.execute(case, command, actor=actor, key=name)


@pytest.fixture(name="store")
def _store(db):
    """A case of 濮阳 whose helper has promised a later day than its lead."""
    office, case = _assigned(db, "puyang", Accept(), assisting=("zhujianju",))
    _promise(office, case, LEAD, "县里", date(2011, 11, 15))
    _promise(office, case, HELPER, "住建", date(2011, 11, 25))
    office.storage.close()
    return ("--city", "puyang", "--db", db)


def test_the_list_shows_the_clock_of_the_lead(wenzheng, store):
    """Not the one that began last, which is a helper's."""
    (case,) = wenzheng("case", "list", *store, "--json").json["cases"]
    assert case["due"] == "2011-11-16T00:00:00+08:00"
    assert "2011-11-15 24时" in wenzheng("case", "list", *store).out


def test_a_clock_that_waits_for_a_promise_says_so(wenzheng, db):
    """待承诺限期, in the table and in the history; the kind of promise in JSON."""
    office, _ = _assigned(db, "puyang", Accept())
    office.storage.close()
    shown = ("case", "show", "s/1", "--city", "puyang", "--db", db)
    text = wenzheng(*shown).out
    assert text.count("待承诺限期") == 2
    assert "未规定" not in text
    (clock,) = wenzheng(*shown, "--json").json["clocks"]
    assert (clock["promise"], clock["limit"], clock["due"]) == ("date", None, None)


@pytest.mark.parametrize(
    ("handling", "says"),
    [
        ("短时间解决有困难", "待承诺限期"),
        ("暂时解决不了", "待工作方案"),
        ("不符合政策或客观原因", "未规定"),
    ],
)
def test_each_row_says_what_it_waits_for(handling, says):
    """周口: a day, a plan, or nothing because the text sets no limit."""
    policy = load_plugins().city("zhoukou").versions.latest
    facts = {"category": "需要解决的问题", "handling": handling}
    choice = policy.limit("handle", {c.name: c.values[0] for c in policy.columns} | facts)
    started = e.ClockStarted(
        clock="handle",
        unit="a",
        epoch=1,
        row=choice.row,
        limit=None,
        soft=False,
        basis="样例",
        started=BEGUN,
        due=None,
        stops=choice.value.stops or policy.clock("handle").stops,
    )
    assert boundless(started, policy) == says
    assert event_text(started, policy, Units())[1].endswith(f":{says}")


def test_a_promise_that_lapsed_is_named_with_its_day(wenzheng, store):
    """Which one, and until when; so is one that was kept."""
    office = open_office(store[3], city="puyang", clock=FixedClock(BEGUN + timedelta(days=1)))
    case = office.case_of("s", "1").id
    kept = FulfilCommitment(commitment="住建")
    office.execute(case, kept, actor=CLERK, key="kept")
    office.storage.close()
    assert wenzheng("sweep", *store, "--at", "2011-11-16").code in {0, 1}
    at = ("--at", "2011-11-16 09:00")
    found = wenzheng("case", "show", "s/1", *store, *at, "--json").json["history"]
    told = {record["title"]: record["detail"] for record in found}
    assert told["承诺逾期"] == "县里办完(2011-11-15前)"
    assert told["兑现承诺"] == "住建办完(2011-11-25前)"
    assert "县里办完(2011-11-15前)" in wenzheng("case", "show", "s/1", *store, *at).out
    lapsed = e.CommitmentLapsed(commitment="x")
    assert event_text(lapsed, office.city.versions.latest, Units()) == ("承诺逾期", "x")


def test_an_aim_is_marked_by_one_word(wenzheng, db):
    """一般要求, as ``policy show`` and ``compare`` call it."""
    office, _ = _assigned(db, "changsha", Accept())
    office.storage.close()
    text = wenzheng("case", "show", "s/1", "--city", "changsha", "--db", db, "--explain").out
    assert "公开回复(一般要求)" in text
    assert "为一般要求:只提醒和统计,不亮红牌" in text
    asked = ("due", "--city", "changsha", "--from", "2021-02-19 10:00", "--explain")
    assert "一般要求:只提醒和统计,不亮红牌" in wenzheng(*asked, "--clock", "reply").out
