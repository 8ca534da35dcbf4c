"""``wenzheng policy diff``."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

import wenzheng_law
from wenzheng_core import BEIJING, Accept, Actor, FixedClock, Message, Role, open_office

XXGK = Path(wenzheng_law.__file__).parent / "xxgk"
OLD, NEW = "law-xxgk@2007", "law-xxgk@2019"
ACCEPTED = datetime(2018, 3, 1, 9, 0, tzinfo=BEIJING)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("law-xxgk", NEW), 0),
        ((OLD, NEW), 2),
        ((OLD, NEW, "--allow", "never-earlier"), 2),  # a pause was added: nothing excuses it
        ((OLD, NEW, "--allow", "any"), 1),
        (("wuhan@2017", "wuhan", "--allow", "never-later"), 1),
        (("wuhan@2017", "wuhan", "--allow", "never-earlier"), 2),
        (("wuhan", "wuhan@2017", "--allow", "never-earlier"), 1),
    ],
)
def test_the_exit_code_says_whether_the_change_may_pass(wenzheng, arguments, code):
    """0 equal, 1 changed within what is allowed, 2 otherwise; as text and as JSON."""
    ran = wenzheng("policy", "diff", *arguments)
    assert (ran.code, ran.err) == (code, "")
    assert f"退出码 {code}" in ran.out
    told = wenzheng("policy", "diff", *arguments, "--json")
    assert (told.code, told.json["exit_code"]) == (code, code)
    assert told.json["form"] == "wenzheng.diff/1"


def test_the_page_names_both_versions_and_shows_both_dues(wenzheng):
    """Text, limits and an example whose two dues can be looked up."""
    out = wenzheng("policy", "diff", OLD, NEW).out
    for part in (
        "law-xxgk 2007",
        "15个工作日 → 20个工作日",
        "从不更早(8,370日更晚",
        "原 2004年1月20日(周二)24时前,现 2004年2月3日(周二)24时前,晚14日",
        "补正告知",
    ):
        assert part in out


def test_a_file_may_stand_for_either_version(wenzheng, tmp_path):
    """A draft is compared with the version in force: 15 working days made 20 days of the calendar."""
    draft = tmp_path / "draft.toml"
    text = (XXGK / "policy-2007.toml").read_text("utf-8")
    text = text.replace('within = "15个工作日"', 'within = "20日"')
    draft.write_text(text.replace('at_most = "15个工作日"', 'at_most = "20日"', 1), "utf-8")

    found = wenzheng("policy", "diff", OLD, draft, "--allow", "never-later", "--json")
    usual = found.json["meaning"][0]
    assert (found.code, usual["verdict"]) == (2, "INCOMPARABLE")
    for side, sign in (("first_earlier", -1), ("first_later", 1)):
        old, new = (datetime.fromisoformat(usual[side][name]) for name in ("old", "new"))
        assert (new - old) * sign > timedelta(0)
    same = wenzheng("policy", "diff", XXGK / "policy-2019.toml", NEW, "--calendar", "cn")
    assert same.code == 0


def test_open_cases_of_a_store_are_counted_again(wenzheng, db):
    """What moving them would come to; by their record, and as of an instant given."""
    clock = FixedClock(ACCEPTED)
    office = open_office(db, city="law-xxgk", clock=clock, create=True)
    with closing(office.storage):
        for number in ("1", "2"):
            message = Message(
                source="窗口",
                external_id=number,
                title="申请公开",
                body="请公开预算。",
                posted_at=ACCEPTED,
            )
            case = office.receive(message, at=ACCEPTED).case
            clerk = Actor("office-1", Role.OFFICE)
            office.execute(case.id, Accept(), actor=clerk, key=number, at=ACCEPTED)

    asked = ("policy", "diff", OLD, NEW, "--db", db, "--at", "2018-03-20")
    impact = wenzheng(*asked, "--city", "law-xxgk", "--json").json["impact"]
    assert (impact["cases"], impact["clocks"]["later"], impact["breaches"]) == (2, 2, 0)
    (first, _) = impact["examples"]
    assert (first["old"][:10], first["new"][:10]) == ("2018-03-23", "2018-03-30")
    assert "按旧版办理的在办件 2 件" in wenzheng(*asked).out
    assert (
        wenzheng("policy", "diff", NEW, OLD, "--db", db, "--json").json["impact"]["elsewhere"] == 2
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("law-xxgk@1999", NEW), "law-xxgk@2007"),
        (("atlantis", NEW), "没有名为「atlantis」"),
        (("missing.toml", NEW), "无法打开"),
        ((OLD, NEW, "--allow", "later"), "--allow"),
        ((OLD, NEW, "--calendar", "mars"), "没有名为「mars」的日历"),
        ((OLD,), "缺少参数"),
    ],
)
def test_what_cannot_be_compared_is_refused(wenzheng, arguments, said):
    """Exit 2 with one Chinese message that says what there is."""
    ran = wenzheng("policy", "diff", *arguments)
    assert ran.code == 2
    assert said in ran.err
