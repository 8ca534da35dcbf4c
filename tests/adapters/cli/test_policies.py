"""``wenzheng policy``."""

from __future__ import annotations


def test_policies_are_listed_as_objects_with_their_ids(wenzheng):
    """One object a city."""
    found = {policy["id"]: policy for policy in wenzheng("policy", "list", "--json").json}
    assert {"changsha", "shantou"} <= set(found)
    wanted = {"id", "title", "version", "valid_from", "basis", "truncated", "clocks"}
    assert wanted <= set(found["shantou"])
    assert found["shantou"]["clocks"] == ["handle"]
    assert "汕头" in wenzheng("policy", "list").out
    assert list(found) == sorted(found)


def test_a_policy_shows_its_limits_with_their_basis(wenzheng):
    """As a page and as data: rows, gates, ladder, choices, what the text lacks."""
    ran = wenzheng("policy", "show", "shantou")
    for part in (
        "5个工作日",
        "市政府主要领导",
        "汕府办函〔2020〕129号",
        "选择",
        "截断",
        "诉求类型",
    ):
        assert part in ran.out
    (limit,) = (text for text in ran.out.splitlines() if "5个工作日" in text)
    assert "三、办理时限" in limit  # in one line with its basis: nothing is wrapped in a pipe
    found = wenzheng("policy", "show", "shantou", "--json").json
    limits = {row["row"]: row["within"] for row in found["clocks"][0]["limits"]}
    assert limits == {"simple": "5个工作日", "investigate": "10个工作日", "wide": "20个工作日"}
    assert found["gates"][0]["by"] == "市政府主要领导"


def test_changsha_shows_its_cards_and_its_answers(wenzheng):
    """The ladder with its moments, the reasons for declining."""
    out = wenzheng("policy", "show", "changsha").out
    for part in ("黄牌", "红牌", "到期日零时", "不在长沙管辖范围", "(原则上)", "当日"):
        assert part in out


def test_a_version_may_be_named(wenzheng):
    """A version that is there is shown; one that is not is refused with those that are."""
    version = wenzheng("policy", "show", "shantou", "--json").json["version"]
    assert wenzheng("policy", "show", "shantou", "--version", version).code == 0
    ran = wenzheng("policy", "show", "shantou", "--version", "1999")
    assert ran.code == 2
    assert version in ran.err


def test_an_unknown_policy_is_refused(wenzheng):
    """Exit 2, and those that are installed."""
    ran = wenzheng("policy", "show", "atlantis", "--json")
    assert ran.code == 2
    assert "changsha" in ran.json["error"]
