"""``wenzheng policy``."""

from __future__ import annotations

import re
from datetime import time

import attrs
import pytest

from wenzheng_cli.policypage import choices, page
from wenzheng_core import load_plugins, parse_limit
from wenzheng_core.domain.provisions import ExtensionRule, PauseReason
from wenzheng_core.domain.timelimits import TimeRules

CITIES = load_plugins().cities
VERSIONS = [(c, policy) for c in CITIES.values() for policy in c.versions.versions]


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
    for part in ("黄牌", "红牌", "到期日零时", "不在长沙管辖范围", "(一般要求)", "当日"):
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


def _page(policy, units=CITIES["changsha"].units):
    return [part for part in page(policy, units) if isinstance(part, str)]


@pytest.mark.parametrize(
    ("city", "policy"), VERSIONS, ids=[f"{p.id}-{p.version}" for _, p in VERSIONS]
)
def test_a_page_has_no_key_of_the_file_in_it(city, policy):
    """What was chosen and what is not in the text is Chinese; whom a rung goes to is an office."""
    texts = [*choices(policy), *policy.silent, policy.truncated]
    assert not [text for text in texts if re.search(r"[a-z]{3,}", text)]
    told = [text for text in _page(policy, city.units) if text.startswith(("阶梯", "群内", "每日"))]
    assert not [text for text in told if re.search(r"(告知|报送)[^;]*[a-z]{3,}", text)]


def test_offices_are_named(wenzheng):
    """武汉经开区 tells its leaders; an id that nobody has a word for stands in brackets."""
    out = wenzheng("policy", "show", "wuhan-kfq").out
    assert "报送领导、一把手" in out
    policy = CITIES["changsha"].versions.latest
    rung = attrs.evolve(policy.rungs[0], to=("deputy", "分管领导"))
    told = _page(attrs.evolve(policy, rungs=(rung,)))
    assert [text for text in told if "告知「deputy」、分管领导;" in text]


def test_choices_are_named_by_their_case():
    """By the condition of the row, not by its id."""
    lines = list(choices(CITIES["gansu"].versions.latest))
    assert [x for x in lines if x.startswith("办结(紧要):")]
    assert [x for x in lines if x.startswith("办结(起止):")]
    assert [x for x in lines if x.startswith("从留言到公开回复:")]


def test_the_choice_of_how_to_count_is_shown():
    """So is that of a column, and the passage that sets closing and office hours."""
    policy = CITIES["shantou"].versions.latest
    hours = ((time(9), time(12)), (time(14), time(18)))
    rules = TimeRules(day_end=time(17), cutoff=time(16), office_hours=hours)
    column = attrs.evolve(policy.columns[0], choice="如此分类")
    counted = attrs.evolve(
        policy, time=rules, time_basis="样例", time_choice="取下班", columns=(column,)
    )
    assert "计算规则:取下班" in list(choices(counted))
    assert f"{column.title}:如此分类" in list(choices(counted))
    lines = _page(counted)
    assert "到期日止于17:00;依据:样例" in lines
    assert "16:00之后收到的,算作次日收到;依据:样例" in lines
    assert "办公时间:09:00至12:00、14:00至18:00;依据:样例" in lines


@pytest.mark.parametrize("version", ["2005", "2022"])
def test_a_pause_says_which_clocks_it_holds(wenzheng, version):
    """信访: a hearing stops the reexamination alone; the law of counting is that of its own day."""
    out = wenzheng("policy", "show", "law-xinfang", "--version", version).out
    assert "中止:听证,停「复核」,累计至多30日,办公室批准" in out
    assert "计算规则:民法计算规则(今《民法典》第201条至第203条)" in out
    assert "去向:依照规定的程序" in out or version == "2005"
    assert "引导至" not in out


def test_a_pause_and_an_extension_say_for_which_cases():
    """A pause of every clock, and an extension, of some cases only."""
    policy = CITIES["shantou"].versions.latest
    some = ({"category": frozenset({"投诉"})},)
    pause = PauseReason(
        code="x", title="等待鉴定", at_most=parse_limit("5日"), basis="样例", conditions=some
    )
    extension = ExtensionRule(
        clock="handle",
        times=1,
        at_most=parse_limit("5个工作日"),
        approver="leader",
        basis="样例",
        conditions=some,
    )
    lines = _page(attrs.evolve(policy, pause_reasons=(pause,), extensions=(extension,)))
    assert "中止:投诉的,等待鉴定,停全部时限,累计至多5日,办公室批准;依据:样例" in lines
    assert "延期:投诉的,「办结」最多1次,累计至多5个工作日,领导批准;依据:样例" in lines


def test_a_ranking_that_no_text_sets_is_not_shown(wenzheng):
    """Nothing where the policy has no ``[ranking]``; else its measures with their basis."""
    assert "单位排名" not in wenzheng("policy", "show", "shantou").out
    shown = wenzheng("policy", "show", "changsha").out
    assert re.search("单位排名依次比较:.+;依据:", shown)


def test_a_gate_that_waits_for_a_paper_says_so(wenzheng):
    """须有…的拟办意见, where an act is 须经…审定."""
    assert "交办前须有办公室的拟办意见" in wenzheng("policy", "show", "bureau").out
    assert "公开回复前须经市政府主要领导审定" in wenzheng("policy", "show", "shantou").out


def test_a_chase_is_by_telephone_only_where_the_text_says_so(wenzheng):
    """濮阳 alone says 电话."""
    assert "电话催办" not in wenzheng("policy", "show", "shantou").out
    assert "到期,催办,告知" in wenzheng("policy", "show", "shantou").out
    assert "电话催办" in wenzheng("policy", "show", "puyang").out


def test_a_clock_inside_another_says_what_it_leaves():
    """So much of it, or that it ends within it."""
    policy = CITIES["lvliang"].versions.latest
    unit = next(clock for clock in policy.clocks if clock.inside)
    assert any("「承办单位反馈」须为「公开回复」留出" in text for text in _page(policy))
    bare = tuple(attrs.evolve(c, leaving=None) if c is unit else c for c in policy.clocks)
    lines = _page(attrs.evolve(policy, clocks=bare))
    assert "「承办单位反馈」须在「公开回复」之内,冲突时提前" in lines
