"""``wenzheng due``: the deadline, the reasons, and every way to ask wrongly."""

from __future__ import annotations

import pytest

from wenzheng_core import Plugins, load_plugins


def test_a_limit_from_an_instant_gives_the_deadline_as_an_officer_reads_it(wenzheng):
    """5个工作日 from 2020-09-28 16:00 ends with 2020-10-12."""
    ran = wenzheng("due", "5个工作日", "--from", "2020-09-28 16:00")
    assert (ran.code, ran.out, ran.err) == (0, "2020年10月12日(周一)24时前\n", "")


def test_json_has_the_exclusive_instant_and_the_reasons(wenzheng):
    """The due instant is the midnight that ends the due day, with its offset."""
    found = wenzheng("due", "5个工作日", "--from", "2020-09-28 16:00", "--json").json
    assert found["due"] == "2020-10-13T00:00:00+08:00"
    assert found["due_day"] == "2020-10-12"
    assert not found["provisional"]
    assert found["not_before"] is None
    assert found["awaits"] is None
    assert found["limit"] == "5个工作日"
    assert found["clock"] is None
    assert found["candidates"] == []
    assert any("国办发明电〔2019〕16号" in line for line in found["explanation"])
    assert sum(run["counted"] for run in found["runs"]) == 5


@pytest.mark.parametrize(
    ("facts", "day", "row"),
    [
        (["category=咨询"], "2020-10-12", "simple"),
        (["category=咨询", "grade=需调查处理"], "2020-10-19", "investigate"),
        (["category=投诉"], "2020-10-19", "investigate"),
    ],
)
def test_a_city_and_facts_choose_the_limit(wenzheng, facts, day, row):
    """汕头, 交办函 received 2020-09-28 16:00."""
    pairs = [part for fact in facts for part in ("--fact", fact)]
    ran = wenzheng("due", "--city", "shantou", *pairs, "--from", "2020-09-28T16:00", "--json")
    found = ran.json
    assert (day, row, "handle") == (found["due_day"], found["row"], found["clock"])
    assert "三、办理时限" in found["basis"]
    assert [c["verdict"] for c in found["candidates"] if c["row"] == row] == ["won"]
    assert [found["due"]] == [clock["due"] for clock in found["clocks"]]


def test_every_clock_of_a_city_answers(wenzheng):
    """长沙: the main clock first, then the others; one may be asked for by name."""
    found = wenzheng("due", "--city", "changsha", "--from", "2021-02-19 23:50", "--json").json
    assert {"reply", "assign", "unit"} == {clock["clock"] for clock in found["clocks"]}
    assert found["clock"] == "reply"
    ran = wenzheng("due", "--city", "changsha", "--clock", "assign", "--from", "2021-02-19 23:50")
    assert ran.out == "2021年2月19日(周五)24时前\n"


def test_one_working_day_after_a_friday_is_a_worked_saturday(wenzheng):
    """望城: 2021-02-20 was worked."""
    assert wenzheng("due", "1个工作日", "--from", "2021-02-19").out.startswith("2021年2月20日")


def test_explain_says_which_row_won_and_which_days_count(wenzheng):
    """The first line stays the deadline; the reasons follow."""
    arguments = ("--city", "shantou", "--fact", "category=咨询", "--from", "2020-09-28 16:00")
    lines = wenzheng("due", *arguments, "--explain").out.splitlines()
    assert lines[0] == "2020年10月12日(周一)24时前"
    assert any(line.startswith("适用:simple;依据:三、办理时限") for line in lines)
    assert any("国庆节" in line for line in lines)


def test_what_remains_at_an_instant(wenzheng):
    """--at asks how much is left."""
    ran = wenzheng("due", "5个工作日", "--from", "2020-09-28", "--at", "2020-10-10 09:00")
    assert ran.out.splitlines()[1] == "还有1个工作日"
    arguments = ("--from", "2020-09-28", "--at", "2020-10-13", "--json")
    left = wenzheng("due", "5个工作日", *arguments).json["remaining"]
    assert left["overdue"]


def test_a_deadline_beyond_the_horizon_is_provisional(wenzheng):
    """It says so, with the year that is awaited and the earliest day it can be."""
    found = wenzheng("due", "20个工作日", "--from", "2026-12-20", "--json").json
    assert found["provisional"]
    assert found["awaits"] == 2027
    assert found["not_before"] <= found["due"]
    assert "暂定" in wenzheng("due", "20个工作日", "--from", "2026-12-20").out


def test_known_on_reckons_by_the_notices_of_that_day(wenzheng):
    """The Spring Festival of 2020 was made longer on 2020-01-26."""
    arguments = ("due", "5个工作日", "--from", "2020-01-22 10:00", "--json")
    assert wenzheng(*arguments).json["due_day"] == "2020-02-06"
    assert wenzheng(*arguments, "--known-on", "2020-01-25").json["due_day"] == "2020-02-04"


@pytest.mark.parametrize(
    "start",
    [
        "2020-09-28 16:00",
        "2020-09-28T16:00",
        "2020/9/28 16:00",
        "2020-09-28 16:00:00",
        "2020年9月28日 16:00",
        "2020-09-28T16:00:00+08:00",
        "2020-09-28T08:00Z",
        "2020-09-28",
    ],
)
def test_times_as_people_write_them(wenzheng, start):
    """Beijing time where no zone is given."""
    assert wenzheng("due", "5个工作日", "--from", start, "--json").json["due_day"] == "2020-10-12"


@pytest.mark.parametrize(
    "start",
    ["2020-02-30", "2020-09-28 25:00", "2020-09-28 16:60", "明天", "", "09/28/2020", "2020-13-01",
     "0001-01-01T00:00+08:00", "2020-09-28T16:00+99:99"],
)  # fmt: skip
def test_an_impossible_time_is_one_chinese_line_with_an_example(wenzheng, start):
    """Exit 2, the option and how to write it."""
    ran = wenzheng("due", "5个工作日", "--from", start)
    assert (ran.code, ran.out) == (2, "")
    assert len(ran.err.splitlines()) == 1
    assert "--from" in ran.err
    assert '写法如 --from "2020-09-28 16:00"' in ran.err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["×个工作日", "--from", "2020-09-28"], "这里要填数字"),
        (["0个工作日", "--from", "2020-09-28"], "数字须在"),
        (["5个工作日"], "缺少选项 --from"),
        (["5个工作日", "--from", "2020-09-28", "--wat"], "没有选项 --wat"),
        (["5个工作日", "7日", "--from", "2020-09-28"], "多余的参数"),
        (["--from", "2020-09-28"], "请给出时限"),
        (["5日", "--city", "shantou", "--from", "2020-09-28"], "二者取一"),
        (["5日", "--fact", "a=b", "--from", "2020-09-28"], "--city"),
        (["--city", "atlantis", "--from", "2020-09-28"], "没有名为「atlantis」的城市办法"),
        (["--city", "shantou", "--from", "2020-09-28"], "尚未分类"),
        (["--city", "shantou", "--fact", "category", "--from", "2020-09-28"], "栏目=取值"),
        (["--city", "shantou", "--fact", "category=闲聊", "--from", "2020-09-28"], "没有「闲聊」"),
        (["--city", "shantou", "--fact", "colour=红", "--from", "2020-09-28"], "没有「colour」"),
        (["--city", "changsha", "--from", "2009-09-30"], "起施行,此前没有规定"),
        (["--city", "changsha", "--clock", "x", "--from", "2021-02-19"], "没有名为「x」的时限"),
        (["5个工作日", "--from", "1999-09-28"], "超出日历"),
        (["5个工作日", "--from", "2020-09-28", "--calendar", "mars"], "没有名为「mars」的日历"),
        (["5个工作日", "--from", "2020-09-28", "--known-on", "1999-01-01"], "没有公布过"),
    ],
)
def test_a_wrong_question_is_one_clear_message(wenzheng, arguments, says):
    """Exit 2 and nothing on stdout."""
    ran = wenzheng("due", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert says in ran.err
    assert "Traceback" not in ran.err


def test_with_json_a_mistake_is_a_document_too(wenzheng):
    """Text on stderr for people, JSON on stdout for programs."""
    ran = wenzheng("due", "--city", "shantou", "--from", "2020-09-28", "--json")
    assert ran.code == 2
    assert ran.json["rule"] == "facts.missing"
    assert ran.json["error"] in ran.err
    assert ran.json["faults"] == []


def test_without_any_plugin_it_says_how_to_get_one(wenzheng, monkeypatch):
    """The core alone has no calendar and no city."""

    def bare() -> Plugins:
        return load_plugins(installed=False)

    monkeypatch.setattr("wenzheng_cli.due.load_plugins", bare)
    assert "pip install wenzheng-calendar-cn" in wenzheng("due", "5日", "--from", "2020-09-28").err
    ran = wenzheng("due", "--city", "changsha", "--from", "2020-09-28")
    assert "pip install wenzheng-changsha" in ran.err
    assert ran.code == 2
