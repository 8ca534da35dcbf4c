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

    cities = load_plugins().cities
    assert {x["city"] for x in found} == {name for name in cities if cities[name].units.all}
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
    ran = wenzheng("compare", *FROM, "--fact", "urgency=紧急", "--city", "shantou")

    assert ran.code == 0
    assert "10月12日" in ran.out
    assert "不区分 urgency=紧急:shantou" in ran.out


def test_a_row_says_its_own_case(wenzheng):
    """「一律」 stands only for a row without a condition, not for one that the facts picked."""
    ran = wenzheng("compare", *FROM, "--city", "shantou", "--city", "changsha", "--main")
    shantou, changsha = (
        next(line for line in ran.out.splitlines() if line.startswith(city))
        for city in ("shantou", "changsha")
    )

    assert "咨询/建议,一般" in shantou
    assert "一律" not in shantou
    assert "一律" in changsha
    found = wenzheng("compare", *FROM, "--city", "shantou", "--json").json
    assert [row["when"] for row in found[0]["clocks"]] == ["咨询/建议,一般"]


def test_rules_of_counting_are_left_out_unless_named(wenzheng):
    """What has no units handles no message: its numbers are examples, and are marked as such."""
    ran = wenzheng("compare", *FROM)
    assert not [line for line in ran.out.splitlines() if line.startswith("law-min")]
    assert "未列入(可用 --city 指名):law-minfadian、law-minsu" in ran.out
    named = wenzheng("compare", *FROM, "--city", "law-minfadian").out
    assert "举例:law-minfadian" in named
    assert "未列入" not in named
    assert "举例" not in wenzheng("compare", *FROM, "--city", "shantou").out


def test_a_value_that_no_policy_knows_is_wrong_use(wenzheng):
    """Exit 2 with every value of that column; a word that some policy takes for one is known."""
    ran = wenzheng(
        "compare", "--from", "2020-09-28", "--fact", "category=天书", "--city", "shantou"
    )

    assert (ran.code, ran.out) == (2, "")
    for word in ("天书", "咨询", "民生", "谏言"):
        assert word in ran.err
    assert wenzheng("compare", "--from", "2020-09-28", "--fact", "category=谏言").code == 0


def test_a_column_that_no_policy_knows_is_wrong_use(wenzheng):
    """Exit 2 with the columns that there are."""
    ran = wenzheng("compare", *FROM, "--fact", "weather=晴")

    assert (ran.code, ran.out) == (2, "")
    assert "没有一部办法有「weather」一栏" in ran.err
    assert "category" in ran.err


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


def test_a_units_week_is_cut_inside_the_citizens_three_days(wenzheng):
    """LL7: for a consultation the unit has two days, though its own limit is a week."""
    asked = ("compare", "--from", "2022-09-28 08:00", "--city", "lvliang")
    found = wenzheng(*asked, "--fact", "category=咨询", "--json").json[0]["clocks"]

    due = {row["clock"]: (row["due_day"], row["cut_by"]) for row in found}
    assert due == {"reply": ("2022-10-01", ""), "unit": ("2022-09-30", "reply")}
    assert "在「公开回复」之内" in wenzheng(*asked, "--fact", "category=咨询").out
