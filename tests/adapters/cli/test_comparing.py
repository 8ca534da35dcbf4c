"""``wenzheng compare``."""

from __future__ import annotations

from datetime import datetime

from wenzheng_core import BEIJING, load_plugins

FROM = ("--from", "2020-09-28 16:00", "--fact", "category=咨询")


def _rows(found, city):
    (one,) = (x for x in found if x["city"] == city)
    return {(row["clock"], row["limit"]): row["due_day"] for row in one["clocks"]}


def test_every_city_answers_for_the_same_message(wenzheng):
    """Each city's own deadlines, in one table: ST1, and Changsha's five working days."""
    found = wenzheng("compare", *FROM, "--json").json

    assert {x["city"] for x in found} == set(load_plugins().cities)
    assert _rows(found, "shantou") == {("handle", "5个工作日"): "2020-10-12"}
    assert _rows(found, "changsha")["unit", "5个工作日"] == "2020-10-12"
    assert _rows(found, "wuhan-jyj")["reply", "5日"] == "2020-10-03"


def test_a_city_that_cannot_tell_lists_every_row(wenzheng):
    """Without a fact that a policy asks for, each row that may hold is shown, none is guessed."""
    found = wenzheng("compare", "--from", "2020-09-28 16:00", "--city", "shantou", "--json").json

    limits = {row["limit"] for row in found[0]["clocks"]}
    assert limits == {"5个工作日", "10个工作日"}  # the grade has a default, the category has none
    assert not any(row["alone"] for row in found[0]["clocks"])


def test_the_table_says_what_a_city_does_not_distinguish(wenzheng):
    """A fact that a policy has no column for is told below the table, not dropped in silence."""
    ran = wenzheng("compare", *FROM, "--fact", "weather=晴", "--city", "shantou")

    assert ran.code == 0
    assert "10月12日" in ran.out
    assert "shantou 不区分 weather=晴" in ran.out


def test_a_city_not_yet_in_force_says_so(wenzheng):
    """Its first version is shown all the same, so that every city is in the table."""
    early = wenzheng("compare", "--from", "2011-03-01 09:00", "--city", "shantou")

    assert "按其最早版本列出" in early.out
    found = wenzheng("compare", "--from", "2011-03-01 09:00", "--city", "shantou", "--json").json
    assert found[0]["in_force"] is False


def test_the_core_counts_as_the_table_says(wenzheng):
    """The instants are the engine's own: exclusive, at midnight after the due day."""
    (row,) = wenzheng("compare", *FROM, "--city", "shantou", "--json").json[0]["clocks"]

    assert datetime.fromisoformat(row["due"]) == datetime(2020, 10, 13, tzinfo=BEIJING)
