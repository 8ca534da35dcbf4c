"""``wenzheng case similar``, ``clusters`` and ``reply check``: what an officer may look at."""

from __future__ import annotations

from pathlib import Path

import pytest

import wenzheng_changsha

LAMP = "幸福路三号院门口的路灯坏了半个月,晚上出行不便,希望有关部门尽快派人维修。"
POLICY = Path(wenzheng_changsha.__file__).parent / "policy.toml"
REPLY = """
[[reply.avoid]]
code = "vague"
title = "模糊用语"
words = ["尽快"]
basis = "样例第一条:不得使用模糊用语"

[[reply.part]]
code = "contact"
title = "联系电话"
telephone = true
choice = "样例:只认号码"
"""


@pytest.fixture(name="store")
def _store(wenzheng, workbook, db):
    board = workbook(
        ("1", "a", "[b]路灯不亮[/b]", "2021/2/19 10:00:00", LAMP, None, None),
        ("2", "b", "公交站", "2021/2/19 11:00:00", "建议在东湖公园北门设站。", None, None),
        ("3", "c", "[b]路灯不亮[/b]", "2021/2/19 12:00:00", f"{LAMP}谢谢。", None, None),
        ("4", "d", "[b]路灯不亮[/b]", "2021/2/20 12:00:00", f" {LAMP}", None, None),
    )
    options = ("--city", "changsha", "--db", db)
    assert wenzheng("import", board, *options, "--replay", "--until", "2021-02-21").code == 0
    return options


@pytest.fixture(name="policy")
def _policy(tmp_path):
    """The path of a policy that says something of replies."""
    path = tmp_path / "policy.toml"
    path.write_text(POLICY.read_text("utf-8") + REPLY, "utf-8")
    return path


def test_what_is_like_a_message(wenzheng, store):
    """The most similar first, before or after it, by number and title; no body is shown."""
    found = wenzheng("case", "similar", "hongwang/1", *store, "--json").json
    assert [other["message"] for other in found["similar"]] == ["hongwang/4", "hongwang/3"]
    assert [other["exact"] for other in found["similar"]] == [True, False]
    assert not any(other["earlier"] for other in found["similar"])
    assert 0.5 < found["similar"][1]["similarity"] < 1
    ran = wenzheng("case", "similar", found["similar"][1]["id"], *store, "--limit", 1)
    assert ran.code == 0
    assert "[b]路灯不亮[/b]" in ran.out
    assert "在前" in ran.out
    assert "仅供参考" in ran.out
    assert "幸福路" not in ran.out
    assert "没有相似的留言" in wenzheng("case", "similar", "hongwang/2", *store).out


def test_what_of_a_month_may_be_one_matter(wenzheng, store):
    """Groups in the order of receipt; a month without any says so."""
    found = wenzheng("clusters", "--month", "2021-02", *store, "--json").json["clusters"]
    assert [[case["message"] for case in group] for group in found] == [
        ["hongwang/1", "hongwang/3", "hongwang/4"]
    ]
    text = wenzheng("clusters", "--month", "2021-02", *store).out
    assert "第 1 组,3 件" in text
    assert "1 组相似留言" in text
    assert "幸福路" not in text
    assert "0 组" in wenzheng("clusters", "--month", "2021-03", *store).out


def test_a_message_that_is_not_there_has_no_look_alikes(wenzheng, store):
    """Exit 1, as wherever a case is looked for."""
    assert wenzheng("case", "similar", "hongwang/99", *store).code == 1


def test_a_reply_is_looked_through(wenzheng, policy, tmp_path):
    """Every remark with its sentence and what it rests on; the exit code judges nothing."""
    draft = tmp_path / "draft.txt"
    draft.write_text("您好!我局将尽快维修。特此回复。", "utf-8")
    ran = wenzheng("reply", "check", policy, "-f", draft)
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert lines[:2] == ["- 没有看到「联系电话」,请核对", "  选择:样例:只认号码"]
    assert lines[2:5] == [
        "- 「尽快」属于模糊用语,请改写",
        "  原句:我局将尽快维修。",
        "  依据:样例第一条:不得使用模糊用语",
    ]
    assert "共 2 处提示" in lines[5]
    found = wenzheng("reply", "check", policy, "--text", "电话12345,已修复。", "--json")
    assert (found.code, found.json["remarks"]) == (0, [])
    assert "没有提示" in wenzheng("reply", "check", policy, "--text", "电话12345,已修复。").out
    assert "没有规定回复用语" in wenzheng("reply", "check", POLICY, "--text", "尽快").out


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ((), "须写且只写一个"),
        (("--text", "好", "-f", "x"), "须写且只写一个"),
        (("--text", " "), "没有内容"),
        (("-f", "absent.txt"), "无法打开"),
    ],
)
def test_a_draft_is_given_once_and_holds_something(wenzheng, policy, options, says):
    """Exit 2."""
    ran = wenzheng("reply", "check", policy, *options)
    assert (ran.code, ran.out) == (2, "")
    assert says in ran.err
