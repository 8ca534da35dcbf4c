"""``[retention]``: how long a finished case is kept, from the file to the page."""

from __future__ import annotations

import pytest

from wenzheng_cli.policypage import choices, document, page
from wenzheng_core.cities import read_policy
from wenzheng_core.domain.errors import InputFaultsError, LimitSyntaxError
from wenzheng_core.domain.provisions import MOST_YEARS, Retention, parse_years
from wenzheng_core.proofs.dumping import policy_data, toml_text
from wenzheng_core.proofs.entrykeys import as_ruling, entry_keys
from wenzheng_core.proofs.structuring import structure

WITHOUT = """
schema = "wenzheng.policy/1"
id = "li"
title = "例市办法"
version = "1"
valid_from = 2024-01-01
basis = "例府办〔2024〕1号"
calendar = "cn"
main_clock = "handle"
[[clock]]
id = "handle"
title = "办结"
starts = "received"
stops = "published"
[[clock.limit]]
id = "usual"
within = "7日"
basis = "第一条"
"""
TABLE = '[retention]\nkeep = "10年"\nbasis = "第二条"\nchoice = "按10年"\n'
WHOLE = WITHOUT + TABLE


def faults(text: str) -> list[tuple[str, str]]:
    """Where the file is at fault, and why."""
    with pytest.raises(InputFaultsError) as caught:
        read_policy(text)
    return [(fault.path, str(fault)) for fault in caught.value.faults]


def test_the_period_is_read() -> None:
    """Whole years, with where they stand; without the table there is none."""
    assert read_policy(WHOLE).retention == Retention(years=10, basis="第二条", choice="按10年")
    assert read_policy(WITHOUT).retention is None


def test_the_digest_is_of_the_period_too() -> None:
    """Two versions that differ in it alone rule otherwise."""
    digests = {read_policy(text).digest for text in (WITHOUT, WHOLE, WHOLE.replace("10", "30"))}
    assert len(digests) == 3


@pytest.mark.parametrize(
    "text", ["", "年", "0年", "101年", "1.5年", "-3年", "十年", "10", "36个月", "永久", "3650日"]
)
def test_only_whole_years_are_a_period(text: str) -> None:
    """Months, days and what never ends are told with what may be written instead."""
    with pytest.raises(LimitSyntaxError, match="10年"):
        parse_years(text)
    written = WHOLE.replace('"10年"', f'"{text}"')
    ((path, said),) = faults(written)
    assert (path, "「10年」" in said) == ("$.retention.keep", True)


@pytest.mark.parametrize(
    ("text", "years"), [("10年", 10), (" 1 年", 1), ("30年", 30), ("100年", 100)]
)
def test_years_are_read_as_they_are_written(text: str, years: int) -> None:
    """In whatever width, with or without blanks."""
    assert parse_years(text) == years <= MOST_YEARS


@pytest.mark.parametrize(
    ("old", "new", "path", "says"),
    [
        ('basis = "第二条"\n', "", "$.retention.basis", "缺少依据"),
        ('keep = "10年"\n', "", "$.retention", "keep"),
        ('keep = "10年"', "keep = 10", "$.retention.keep", "文字"),
        ('choice = "按10年"', "years = 10", "$.retention.years", "years"),
    ],
)
def test_every_fault_says_where_and_how_to_mend(old: str, new: str, path: str, says: str) -> None:
    """A period without its basis, without its years, or with a key that nobody knows."""
    ((where, said),) = faults(WHOLE.replace(old, new))
    assert (where, says in said) == (path, True)


def test_the_page_says_how_long_and_why() -> None:
    """With its basis, among the choices, and as data; nothing where nothing is written."""
    policy, without = read_policy(WHOLE), read_policy(WITHOUT)
    assert "办结后保存10年,期满以前不删除个人信息;依据:第二条" in list(page(policy))
    assert "保存期限:按10年" in list(choices(policy))
    assert document(policy)["retention"] == {"years": 10}
    assert document(without)["retention"] is None
    assert not [part for part in page(without) if "保存" in str(part)]


def test_a_policy_written_back_reads_the_same() -> None:
    """The canonical text has the period, and an example of the city may say what it is."""
    policy = read_policy(WHOLE)
    assert read_policy(toml_text(policy_data(policy))).retention == policy.retention
    keys = entry_keys(policy)["retention"][""]
    assert keys == as_ruling("retention", {"keep": "10年", "basis": "x"}) == {"keep": "10年"}
    assert entry_keys(read_policy(WITHOUT))["retention"] == {"": {}}


def test_a_change_of_the_period_is_told() -> None:
    """Added, changed or removed, in an officer's words."""
    old, new, none = map(read_policy, (WHOLE, WHOLE.replace("10年", "30年"), WITHOUT))
    assert [str(x) for x in structure(none, old) if x.kind == "retention"] == ["新增保存期限"]
    assert [str(x) for x in structure(old, none) if x.kind == "retention"] == ["删去保存期限"]
    (changed,) = (str(x) for x in structure(old, new) if x.kind == "retention")
    assert "保存年数 10 → 30" in changed
