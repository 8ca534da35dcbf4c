"""``wenzheng demo``: the story, and the folder that it writes."""

from __future__ import annotations

import json

import pytest


@pytest.fixture(name="told")
def _told(wenzheng, tmp_path):
    folder = tmp_path / "out"
    return folder, wenzheng("demo", "--out", folder)


def test_the_story_is_told_within_a_screen_or_two(told):
    """Deadlines, cards at their instants, refusals, replies, rankings; 100 columns, 90 lines."""
    _, ran = told
    assert ran.code == 0
    for part in (
        "2021年2月25日(周四)24时前",
        "02-25 00:00  短信→",
        "02-26 00:00  短信→",
        "【黄牌】",
        "【红牌】",
        "办结 2020年10月12日(周一)24时前",
        "办结 2020年10月19日(周一)24时前",
        "被拒绝:「审定」须由领导作出",
        "不在管辖范围,解释答复",
        "网友评价5分",
        "调休上班:计1日",
        "承办单位排名",
    ):
        assert part in ran.out
    lines = ran.out.splitlines()
    assert len(lines) <= 90
    assert max(_width(line) for line in lines if not line.startswith("/")) <= 100


def test_what_it_made_is_where_it_says(told):
    """Databases, what was sent, bulletins, reasons; each path is printed."""
    folder, ran = told
    for name in (
        "changsha.db",
        "shantou.db",
        "sms.jsonl",
        "replies.jsonl",
        "bulletin-changsha-2021-02.json",
        "bulletin-changsha-2021-02.txt",
        "explanations.txt",
    ):
        assert (folder / name).stat().st_size
        assert str(folder / name) in ran.out
    texts = [
        json.loads(line)["text"] for line in (folder / "sms.jsonl").read_text("utf-8").splitlines()
    ]
    assert sum("【黄牌】" in text or "【红牌】" in text for text in texts) == 2
    replies = (folder / "replies.jsonl").read_text("utf-8").splitlines()
    assert len(replies) == 6
    bulletin = json.loads((folder / "bulletin-changsha-2021-02.json").read_text("utf-8"))
    assert (bulletin["received"], bulletin["replied"], bulletin["declined"]) == (4, 4, 1)
    assert (bulletin["yellow_cards"], bulletin["red_cards"]) == (1, 1)
    assert "2021年2月20日(周六) 调休上班" in (folder / "explanations.txt").read_text("utf-8")


def test_the_store_can_be_asked_afterwards(told, wenzheng):
    """It is a store like any other."""
    folder, _ = told
    options = ("--city", "changsha", "--db", f"sqlite:///{(folder / 'changsha.db').as_posix()}")
    found = wenzheng("case", "show", "hongwang/CS-1", *options, "--json").json
    assert (found["state"], found["rating"]) == ("published", 5)


def test_told_again_it_says_the_same(told, wenzheng):
    """The folder is made anew, and the story is deterministic."""
    folder, first = told
    assert first.out == wenzheng("demo", "--out", folder).out


def test_a_strangers_folder_is_never_touched(wenzheng, tmp_path):
    """Exit 2; what is there stays. What a user put beside the demo's files stays, too."""
    (tmp_path / "thesis.txt").write_text("mine", "utf-8")
    ran = wenzheng("demo", "--out", tmp_path)
    assert (ran.code, [path.name for path in tmp_path.iterdir()]) == (2, ["thesis.txt"])
    folder = tmp_path / "out"
    wenzheng("demo", "--out", folder)
    (folder / "notes.txt").write_text("mine", "utf-8")
    assert wenzheng("demo", "--out", folder).code == 0
    assert (folder / "notes.txt").read_text("utf-8") == "mine"


def test_a_file_is_no_folder(wenzheng, tmp_path):
    """Exit 2."""
    (tmp_path / "file").touch()
    assert wenzheng("demo", "--out", tmp_path / "file").code == 2


def _width(line: str) -> int:
    from rich.cells import cell_len  # noqa: PLC0415 - with the other tests it is not needed

    return cell_len(line)
