"""``wenzheng policy check``: the table, the counterexamples, the certificate, the exit code."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from wenzheng_core.proofs.verifying import CATALOGUE

SOUND = """
schema = "wenzheng.policy/1"
id = "li"
title = "例市<b>网民</b>留言|办理办法"
version = "2024"
valid_from = 2024-01-01
basis = "例府办〔2024〕1号"
calendar = "cn"
main_clock = "reply"
silent = ["第一条 <script>alert(1)</script> 没有写"]

[[clock]]
id = "reply"
title = "回复"
starts = "received"
stops = "published"

[[clock.limit]]
id = "all"
within = "7日"
basis = "第三条"
choice = "原文为“一周”"

[[extension]]
clock = "reply"
times = 1
at_most = "7日"
approver = "office"
basis = "第四条"
"""
BROKEN = SOUND.replace('"office"', '"unit_head"')


class Tags(HTMLParser):
    """The tags of a page, and whether each that was opened was closed in its turn."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.attributes: list[str] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the tag; a meta tag is never closed."""
        self.seen.append(tag)
        self.attributes += [name for name, _ in attrs]
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """The innermost tag is closed."""
        assert self.open.pop() == tag


@pytest.fixture(name="files")
def _files(tmp_path):
    """A sound and a broken policy, each as a file."""
    for name, text in (("sound", SOUND), ("broken", BROKEN)):
        (tmp_path / f"{name}.toml").write_text(text, "utf-8")
    return tmp_path


def test_a_sound_city_is_told_property_by_property(wenzheng):
    """One row for each, with PROVED or SAMPLED, what was looked at and how much; exit code 0."""
    ran = wenzheng("policy", "check", "notice")
    assert (ran.code, ran.err) == (0, "")
    rows = {x.split()[0]: x.split() for x in ran.out.splitlines() if re.match(r"[A-Z]\d+ ", x)}
    assert list(rows) == [known.id for known in CATALOGUE]
    assert rows["D7"][1:4] == ["先收先到期", "成立", "PROVED"]
    assert rows["D5"][3] == "SAMPLED"
    assert rows["P1"][2:4] == ["不涉及", "本办法没有规定中止"]
    assert ran.out.splitlines()[-1].endswith("。通过")


def test_quick_says_what_it_did_not_do(wenzheng):
    """A quick check passes, and says how many properties it left out."""
    ran = wenzheng("policy", "check", "shantou", "--profile", "quick", "--failed")
    assert ran.code == 0
    assert re.search(r"通过\(另有\d+条未检验\)$", ran.out.strip())
    assert "W10" in ran.out
    assert "先收先到期" not in ran.out


def test_what_does_not_hold_comes_with_its_counterexample_and_mend(wenzheng, files):
    """Exit code 1; the earliest example, its place in the file, what to do."""
    ran = wenzheng("policy", "check", files / "broken.toml", "--profile", "quick", "--failed")
    assert ran.code == 1
    lines = ran.out.splitlines()
    place = lines.index(
        "不成立 W9 各司其职:承办单位不审核自己的反馈,申请延期的人不批准延期,只有主管办公室或系统归档"
    )
    assert lines[place + 1 : place + 3] == [
        "  「批准延期」由承办单位自己的一把手作出:自己的事自己批",
        "  位置:$.extension[0].approver;改法:写办公室或上级领导的职务",
    ]
    assert lines[-1].endswith("不通过:必须成立的性质有1条不成立")


def test_json_is_one_document_with_every_property(wenzheng, files):
    """The form, the digests, the days, and each line with what fails."""
    ran = wenzheng("policy", "check", files / "broken.toml", "--profile", "quick", "--json")
    assert ran.code == 1
    told = ran.json
    assert (told["form"], told["policy"], told["sound"]) == ("wenzheng.report/1", "li", False)
    assert told["days"]["first"] == "2004-01-01"
    by_id = {line["id"]: line for line in told["lines"]}
    assert len(by_id) == len(CATALOGUE)
    assert by_id["W9"]["failures"][0]["where"] == "$.extension[0].approver"
    assert (by_id["D7"]["status"], by_id["D7"]["grade"]) == ("NOT RUN", None)


def test_one_property_of_one_version(wenzheng):
    """``--only`` and ``CITY@VERSION`` look at no more than is asked for."""
    told = wenzheng("policy", "check", "wuhan@2017", "--only", "D1", "--only", "T1", "--json").json
    assert told["version"] == "2017"
    assert [line["id"] for line in told["lines"]] == ["D1", "T1"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nowhere",), "没有名为「nowhere」的城市办法"),
        (("wuhan@1999",), "wuhan@2017、wuhan@2024"),
        (("notice", "--only", "D99"), "--only 的值「D99」不是性质的编号"),
        (("notice", "--out", "x.pdf"), "--out 的值「x.pdf」的格式不能写"),
        (("notice", "--date", "soon"), "不是日期"),
        (("notice", "--profile", "all"), "--profile"),
    ],
)
def test_wrong_use_is_told(wenzheng, arguments, said):
    """Exit code 2, with what is there instead."""
    ran = wenzheng("policy", "check", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def test_all_faults_of_a_file_come_at_once(wenzheng, tmp_path):
    """A file that cannot be read is bad input: 2, and every fault of it."""
    path = tmp_path / "policy.toml"
    path.write_text(SOUND.replace('"7日"', '"×日"').replace('"第三条"', '""'), "utf-8")
    ran = wenzheng("policy", "check", path)
    assert ran.code == 2
    assert "共 3 处错误" in ran.err


def test_the_page_is_one_file_that_loads_nothing_and_runs_nothing(wenzheng, files):
    """HTML closed tag by tag, no script, no address, the policy's own words as text."""
    out = files / "certificate.html"
    ran = wenzheng("policy", "check", files / "sound.toml", "--out", out)
    assert (ran.code, ran.out.splitlines()[-1]) == (0, f"证书:{out}")
    page = out.read_text("utf-8")
    tags = Tags(page)
    assert tags.open == []
    assert not {"script", "link", "img", "b"} & set(tags.seen)
    assert not {"src", "href", "onload"} & set(tags.attributes)
    assert "url(" not in page
    assert "例市&lt;b&gt;网民&lt;/b&gt;留言|办理办法" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


@pytest.mark.parametrize("suffix", ["md", "html"])
def test_a_certificate_says_everything_and_no_date_of_its_own(wenzheng, files, suffix):
    """Every property, digest, calendar, choice and silence; the same twice; a date only if given."""
    paths = [files / f"{n}.{suffix}" for n in range(2)]
    for path in paths:
        assert wenzheng("policy", "check", files / "sound.toml", "--out", path).code == 0
    text = paths[0].read_text("utf-8")
    assert text == paths[1].read_text("utf-8")
    for known in CATALOGUE:
        assert known.title in text
    for part in ("PROVED", "SAMPLED", "57421983dc987265", "20260101", "原文为“一周”", "没有证明的"):
        assert part in text
    assert "出具日期" not in text
    dated = files / f"dated.{suffix}"
    quick = ("--profile", "quick", "--out", dated, "--date", "2026-03-02")
    wenzheng("policy", "check", files / "sound.toml", *quick)
    assert "出具日期:2026年3月2日(周一)" in dated.read_text("utf-8")


def test_a_certificate_of_what_fails_sets_it_off(wenzheng, files):
    """The counterexample stands above the tables and its row is marked."""
    out = files / "certificate.html"
    wenzheng("policy", "check", files / "broken.toml", "--profile", "quick", "--out", out)
    page = out.read_text("utf-8")
    assert "<li>不成立 W9 各司其职:「批准延期」由承办单位自己的一把手作出" in page
    assert re.findall(r'<tr class="marked"><td>(\w+)', page) == ["W9"]


def test_a_table_in_markdown_keeps_its_columns(wenzheng, files):
    """A bar in somebody's words ends no cell."""
    out: Path = files / "certificate.md"
    wenzheng("policy", "check", files / "sound.toml", "--profile", "quick", "--out", out)
    text = out.read_text("utf-8")
    assert "留言\\|办理办法" in text
    bars = {line.replace("\\|", "").count("|") for line in text.splitlines() if line[:3] == "| D"}
    assert bars == {7}


def test_a_city_that_is_refused_is_listed_as_such(wenzheng, monkeypatch, files):
    """``policy list`` says on stderr which city was not let in, and ``check`` examines it."""
    from wenzheng_core import Plugins, load_plugins  # noqa: PLC0415 - of this test alone
    from wenzheng_core.plugins import read_city  # noqa: PLC0415

    cities = {
        "notice": load_plugins().city("notice"),
        "li": read_city({"policy.toml": BROKEN}, "li"),
    }
    monkeypatch.setattr(Plugins, "_read", (cities, {}))
    ran = wenzheng("policy", "list")
    assert ran.code == 0
    assert "notice" in ran.out
    assert "li" not in ran.out.split()
    assert "未载入 li:[W9]各司其职" in ran.err
    assert wenzheng("policy", "show", "li").code == 2
    assert wenzheng("policy", "check", "li", "--profile", "quick").code == 1
