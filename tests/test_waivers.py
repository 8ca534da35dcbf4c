"""Waivers are read with all their faults, in Chinese, each with its place and a mend."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import attrs
import pytest

from wenzheng_core import InputFaultsError
from wenzheng_core.cities import Waiver
from wenzheng_core.plugins import read_city
from wenzheng_core.testing.builders import sample_policy
from wenzheng_core.waivers import WaiverTable, read_waivers, version_faults

ROOT = Path(__file__).parents[1]
NOTICE = ROOT / "plugins/wenzheng-notice/src/wenzheng_notice"
KNOWN = ["D1", "D2", *(f"W{n}" for n in range(1, 15))]
SOUND = """
schema = "wenzheng.waivers/1"
[[waiver]]
property = "W10"
reason = "通知未写交办以前的时限"
basis = "市信访局2025年3月复函"
until = 2025-12-31
[[waiver]]
property = "D2"
version = "1"
reason = "过渡"
basis = "同上"
until = 2025-06-30
"""


def faults(text: str) -> list[str]:
    """What is wrong with a file, as it is told."""
    with pytest.raises(InputFaultsError) as caught:
        read_waivers(text, KNOWN)
    assert caught.value.subject == "waivers.toml"
    return [str(fault) for fault in caught.value.faults]


def test_waivers_are_read() -> None:
    """Property, reason, basis, last day, and the version where one is named."""
    first, second = read_waivers(SOUND, KNOWN)
    assert first == Waiver(
        property="W10",
        reason="通知未写交办以前的时限",
        basis="市信访局2025年3月复函",
        until=date(2025, 12, 31),
    )
    assert (second.property, second.version) == ("D2", "1")


def test_a_citys_folder_brings_its_waivers() -> None:
    """They stand beside the policy; a version that is not there is a fault."""
    texts = {name: (NOTICE / name).read_text("utf-8") for name in ("policy.toml", "units.toml")}
    city = read_city({**texts, "waivers.toml": SOUND}, "notice")
    assert [waiver.property for waiver in city.waivers] == ["W10", "D2"]
    assert read_city(texts, "notice").waivers == ()
    with pytest.raises(InputFaultsError, match=r"没有版本 9 @ \$\.waiver\[1\]\.version\(可用:1\)"):
        read_city({**texts, "waivers.toml": SOUND.replace('"1"', '"9"')}, "notice")
    with pytest.raises(InputFaultsError, match=r"notice/waivers\.toml"):
        read_city({**texts, "waivers.toml": SOUND.replace('"W10"', '"W99"')}, "notice")


def test_all_faults_at_once() -> None:
    """An unknown property, what is blank, what is missing, a second waiver: each with its place."""
    said = faults(
        SOUND.replace('"W10"', '"W99"')
        .replace('reason = "过渡"', 'reason = " "')
        .replace('basis = "同上"\n', "")
        .replace("until = 2025-06-30", 'until = "六月"')
    )
    assert any("没有编号为 W99 的性质 @ $.waiver[0].property(可用:W1、W2、" in x for x in said)
    assert "缺少理由 @ $.waiver[1].reason(写明为什么可以不成立)" in said
    assert "缺少依据 @ $.waiver[1].basis(写明由谁、依哪一条同意)" in said
    assert any("@ $.waiver[1].until" in x for x in said)
    assert len(said) == 4


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('"D2"\nversion = "1"', '"W10"', "性质 W10 已经豁免过 @ $.waiver[1].property"),
        ('"D2"', '""', "性质编号不能为空白 @ $.waiver[1].property"),
        ('"D2"', '"Z1"', "没有编号为 Z1 的性质 @ $.waiver[1].property(可用:D1、D2、"),
        ("waivers/1", "waivers/2", "不认识的格式 wenzheng.waivers/2 @ $.schema"),
        ("reason = ", "reasons = ", "不认识的键 reasons @ $.waiver[0].reasons"),
    ],
)
def test_a_fault(before: str, after: str, said: str) -> None:
    """One thing wrong is told with its place and what may stand there."""
    assert any(said in x for x in faults(SOUND.replace(before, after)))


def test_a_property_may_be_waived_for_each_version() -> None:
    """The same property twice is one waiver too many only for the same version."""
    twice = SOUND.replace('"W10"', '"D2"').replace("reason", 'version = "2"\nreason', 1)
    assert [x.version for x in read_waivers(twice, KNOWN)] == ["2", "1"]
    assert version_faults(read_waivers(twice, KNOWN), ["1", "2"]) == []
    assert sample_policy().version not in ("1", "2")


def test_every_key_is_documented() -> None:
    """Each key stands in the table of the guide, with an asterisk where it must be there."""
    page = (ROOT / "docs" / "write-a-city.md").read_text("utf-8")
    table = page.split("| Key of `[[waiver]]`", 1)[1].split("\n\n")[0]
    shown = dict(re.findall(r"^\| `(\w+)`(\*?)", table, re.MULTILINE))
    required = {f.name for f in attrs.fields(WaiverTable) if f.default is attrs.NOTHING}
    assert set(shown) == {f.name for f in attrs.fields(WaiverTable)}
    assert {name for name, star in shown.items() if star} == required | {"reason", "basis"}
