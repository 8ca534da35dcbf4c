"""Reply checks: what to look at before a reply is approved; suggestions, never refusals."""

from __future__ import annotations

import re
from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wenzheng_core.domain.replychecks import ReplyChecks, Wording
from wenzheng_core.testing.replywords import (
    GREETING,
    REPROACH,
    SUGGESTED_CHECKS,
    WUHU_PARTS,
    YUEQING_VAGUE,
)

SEEDS = Path(__file__).parents[2].parent / "shared" / "seeds"
WHOLE = (
    "网友您好!您反映的路灯问题已收悉。经现场核实,新桥路有3盏路灯线路老化。根据《城市照明管理规定》,"
    "我局已责令养护单位更换,3月5日全部修复。下一步,我们将每月巡查一次。联系电话:0731-82345678。"
)
PARTS = {
    "missing.facts": "经现场核实,",
    "missing.ground": "根据《城市照明管理规定》,",
    "missing.next_step": "下一步,我们将每月巡查一次。",
    "missing.contact": "联系电话:0731-82345678。",
    "missing.greeting": "您好",
}
words = st.text(st.sampled_from("您好近期尽快即将已根据。!\n电话12345核实,"), max_size=60)


def _codes(reply: str, checks: ReplyChecks = SUGGESTED_CHECKS) -> list[str]:
    return [remark.code for remark in checks.remarks(reply)]


def test_a_whole_and_courteous_reply_has_no_remark() -> None:
    """Greeting, facts, ground, action, next step and telephone are there, no vague word."""
    assert SUGGESTED_CHECKS.remarks(WHOLE) == ()


@pytest.mark.parametrize(("code", "part"), PARTS.items())
def test_a_missing_part_is_named(code: str, part: str) -> None:
    """Without one part exactly that part is asked for, and nowhere is it pointed at."""
    (remark,) = SUGGESTED_CHECKS.remarks(WHOLE.replace(part, ""))
    assert (remark.code, remark.where) == (code, "")


def test_a_mere_acknowledgement_lacks_all_but_the_greeting() -> None:
    """What only confirms receipt has no facts, no ground, no next step and no telephone."""
    assert _codes("网友:您好!来信收到。") == [f"missing.{part.code}" for part in WUHU_PARTS]


@pytest.mark.parametrize("word", ["近期", "尽快", "即将"])
def test_a_vague_word_is_shown_in_its_sentence(word: str) -> None:
    """The words that 乐清 bans are quoted with the sentence they stand in, as it was written."""
    (remark,) = SUGGESTED_CHECKS.remarks(f"{WHOLE}此外,{word}安装护栏!特此回复。")
    assert (remark.code, remark.where) == ("vague", f"此外,{word}安装护栏!")
    assert f"「{word}」" in remark.text


def test_a_word_typed_otherwise_is_still_seen() -> None:
    """Kangxi radicals and breaks inside a word hide nothing, and the quotation stays as typed."""
    checks = ReplyChecks(avoided=(Wording(code="tone", title="责备用语", words=("无理取闹",)),))
    (remark,) = checks.remarks("请勿⽆ 理取闹。")
    assert remark.where == "请勿⽆ 理取闹。"


def test_reproach_is_remarked_on() -> None:
    """Words that scold the citizen are pointed at."""
    assert _codes(f"{WHOLE}请不要无理取闹。") == ["reproach"]


@pytest.mark.parametrize(
    ("text", "there"),
    [
        ("电话:0731-82345678", True),
        ("电话(0731)82345678", True),
        ("请拨打12345", True),
        ("手机13800001111。", True),
        ("电话７７２６７０５", True),
        ("经电话联系您", False),
        ("网友UU0081234", False),
        ("已发放2500000元", False),
        ("长政办发〔2019〕1234567号", False),
        ("2019年2月26日", False),
    ],
)
def test_only_a_number_one_can_call_is_a_contact(text: str, there: bool) -> None:
    """The word 电话 is no number, and not every number is a telephone."""
    contact = ReplyChecks(parts=(WUHU_PARTS[-1],))
    assert (contact.remarks(text) == ()) is there


@given(words)
def test_a_policy_that_asks_nothing_remarks_nothing(reply: str) -> None:
    """No rule, no remark."""
    assert ReplyChecks().remarks(reply) == ()
    assert ReplyChecks(parts=(Wording(code="free", title="不限"),)).remarks(reply) == ()


@given(words)
def test_what_is_quoted_stands_in_the_reply(reply: str) -> None:
    """A remark points at the reply's own words, or says that something is missing."""
    for remark in SUGGESTED_CHECKS.remarks(reply):
        assert remark.where in reply
        assert (remark.where == "") is remark.code.startswith("missing.")


@given(words, words)
def test_adding_to_a_reply_never_makes_a_part_missing(reply: str, more: str) -> None:
    """Whoever writes another line loses no part that was there."""
    before, after = _codes(reply), _codes(f"{reply}\n{more}")
    assert {c for c in after if c.startswith("missing.")} <= set(before)


def test_a_remark_says_on_what_it_rests() -> None:
    """The document of its words, or why somebody chose them."""
    rests = {r.code: (r.basis, r.choice) for r in SUGGESTED_CHECKS.remarks("请尽快。无理取闹。")}
    assert rests["vague"] == (YUEQING_VAGUE.basis, "")
    assert rests["reproach"] == ("", REPROACH.choice)
    assert rests["missing.contact"] == (WUHU_PARTS[-1].basis, WUHU_PARTS[-1].choice)


@pytest.mark.skipif(not SEEDS.is_dir(), reason="needs ../shared/seeds")
def test_what_is_said_of_the_sources_stands_in_them() -> None:
    """The demand that the tone is chosen for is quoted word by word."""
    quoted = re.findall("「(.*?)」", REPROACH.choice)
    texts = "".join(path.read_text("utf-8") for path in SEEDS.glob("*.txt"))
    assert quoted
    assert all(words in texts for words in quoted)


def test_every_list_of_words_says_where_it_is_from() -> None:
    """Each shipped list has its document, or the reason of the choice."""
    shipped = (YUEQING_VAGUE, REPROACH, GREETING, *WUHU_PARTS)
    assert all(wording.basis or wording.choice for wording in shipped)
    assert YUEQING_VAGUE.words == ("近期", "尽快", "即将")
    assert attrs.evolve(SUGGESTED_CHECKS, courtesy=()) != SUGGESTED_CHECKS
