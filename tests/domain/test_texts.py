"""Texts as they come: one form for comparing, document numbers in any bracket, rounded counts."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wenzheng_core.domain.texts import (
    ApproximateCount,
    DocumentNumber,
    find_document_numbers,
    normalise,
    parse_count,
    parse_document_number,
)

SEEDS = Path(__file__).parents[2].parent / "shared" / "seeds"
ANTHOLOGY = SEEDS / "004_2a786eabb42374a6.txt"
needs_seeds = pytest.mark.skipif(not ANTHOLOGY.is_file(), reason="needs ../shared/seeds")

messy = st.text(
    st.sampled_from('网民留言⽹⺠ａＡ1 \t\n。.、,，!！“"〔【[（-—…·\u200b\u0301\u0338e<')
)
issuers = st.text(st.sampled_from("市政办发函字湘长沙"), min_size=2, max_size=6)
years = st.integers(1949, 2100).map(str) | st.sampled_from(("20XX", "XX", "20xx", "××"))
brackets = st.sampled_from(("〔〕", "[]", "【】", "()", "（）", "［］", "﹝﹞"))


def _kangxi(text: str) -> int:
    return sum("\u2f00" <= letter <= "\u2fdf" for letter in text)


@given(st.text() | messy)
@example("e \u0301一")
@example(". 。.")
def test_normalising_twice_changes_nothing(text: str) -> None:
    """A normalised text is its own normal form."""
    assert normalise(normalise(text)) == normalise(text)


@given(messy)
def test_full_width_reads_like_half_width(text: str) -> None:
    """Full-width letters and marks give the same form as the usual ones."""
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)
    assert normalise(wide) == normalise(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("⽹⺠留⾔⼯作", "网民留言工作"),
        ("您好,请问:何时通车?(谢谢)", "您好，请问：何时通车？（谢谢）"),
        ("“网络问政”", '"网络问政"'),
        ("「网络问政」", "“网络问政”"),
        ("政务公开、为民办事。", "政务公开,为民办事."),
        ("太吵了!!!", "太吵了！"),
        ("等了又等……", "等了又等..."),
        ("充 实州委\n督查室", "充实州委督查室"),
        ("  多   处 ", "多处"),
        ("周政办【2009】53号", "周政办[2009]53号"),
        ("隐\u200b形", "隐形"),
    ],
)
def test_texts_that_read_alike_are_alike(one: str, other: str) -> None:
    """What differs only in typing has one normal form."""
    assert normalise(one) == normalise(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("5日", "15日"), ("New York", "NewYork"), ("《通知》", "通知"), ("3.5", "35")],
)
def test_texts_that_say_different_things_stay_different(one: str, other: str) -> None:
    """Folding takes away no word, no figure and no title mark."""
    assert normalise(one) != normalise(other)


def test_every_kangxi_radical_becomes_the_usual_character() -> None:
    """All 214 of the block leave it, as Unicode's own table has them."""
    radicals = [chr(code) for code in range(0x2F00, 0x2FD6)]
    assert [normalise(radical) for radical in radicals] == [
        unicodedata.normalize("NFKC", radical) for radical in radicals
    ]
    assert _kangxi(normalise("".join(radicals))) == 0


@needs_seeds
def test_the_radicals_of_the_prefecture_report_vanish() -> None:
    """The 104 that its text layer holds are gone, and its words can be found."""
    lines = ANTHOLOGY.read_text(encoding="utf-8").splitlines()
    report = "\n".join(lines[535:566])
    assert _kangxi(report) == 104
    assert _kangxi(normalise(report)) == 0
    assert "网民留言" not in report
    assert "网民留言工作总结" in normalise(report)


@given(issuers, years, st.integers(1, 9999), brackets)
def test_a_document_number_is_the_same_in_any_bracket(
    issuer: str, year: str, number: int, pair: str
) -> None:
    """However it was typed it prints with 〔〕 and reads back as itself."""
    read = parse_document_number(f"{issuer}{pair[0]}{year}{pair[1]}{number}号")
    assert read == DocumentNumber(issuer, year, str(number))
    assert parse_document_number(str(read)) == read
    assert f"{issuer}〔" in str(read)


def test_numbers_are_equal_by_what_they_say() -> None:
    """Brackets, spaces, 第, noughts and the letter of a placeholder make no difference."""
    assert parse_document_number("市政办发[2010]69号") == parse_document_number(
        "市政办发〔2010〕69号"
    )
    assert str(parse_document_number(" 市政办发 ( 2010 ) 第069 号")) == "市政办发〔2010〕69号"
    assert parse_document_number("渭政办字〔20xx〕17号") == parse_document_number(
        "渭政办字[20××]17号"
    )


def test_a_hidden_year_is_no_fact() -> None:
    """A placeholder is kept and told apart from a year."""
    hidden, known = find_document_numbers("(绵网信办发〔XX〕21号)、嘉政办发[2014]59号")
    assert (hidden.known, known.known) == (False, True)
    assert str(hidden) == "绵网信办发〔XX〕21号"


@pytest.mark.parametrize(
    "text", ["", "69号", "市政办发2010年69号", "〔2010〕69号", "见市政办发〔10〕号"]
)
def test_what_is_no_document_number_is_none(text: str) -> None:
    """Nothing is read into other texts."""
    assert parse_document_number(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "根据长政办发〔2019〕7号文件,",
        "《关于做好留言办理工作的通知》(长政办发【2019】7号)",
        "某市人民政府关于做好办理工作的通知长政办发[2019]7号",
        "【字号】长政办发(2019)7号",
        "现将市人民政府长政办发〔2019〕7号转给你们;长政办发[2019]7号如下",
    ],
)
def test_a_number_is_found_without_the_words_before_it(text: str) -> None:
    """The issuer's words begin after what leads in to them, and each number comes once."""
    assert find_document_numbers(text) == (DocumentNumber("长政办发", "2019", "7"),)


@needs_seeds
def test_the_numbers_of_the_anthology_are_found() -> None:
    """Twelve documents are named in it, some of them in two kinds of brackets."""
    found = find_document_numbers(ANTHOLOGY.read_text(encoding="utf-8"))
    assert {str(number) for number in found} == {
        "市政办发〔2010〕69号",
        "汕府办函〔2020〕129号",
        "绵网信办发〔XX〕21号",
        "绵市供人〔XX〕92号",
        "绵市供人〔XX〕93号",
        "渭政办字〔20XX〕17号",
        "嘉政办发〔2014〕59号",
        "甘政办发〔2012〕143号",
        "平政办字〔2016〕23号",
        "青厅字〔2010〕10号",
        "青厅函〔2013〕8号",
        "周政办〔2009〕53号",
    }


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("约2100", ApproximateCount(2100, "约")),
        ("近5000", ApproximateCount(5000, "近")),
        ("近1万多条", ApproximateCount(10_000, "近…多", "条")),
        ("三百余件", ApproximateCount(300, "余", "件")),
        ("１０００余条", ApproximateCount(1000, "余", "条")),
        ("1,408件", ApproximateCount(1408, "", "件")),
        ("1.2万", ApproximateCount(12_000)),
        ("十余件", ApproximateCount(10, "余", "件")),
        ("一百零五名", ApproximateCount(105, "", "名")),
        ("三万五千", ApproximateCount(35_000)),
        ("一亿二千万", ApproximateCount(120_000_000)),
        ("一万二千亿", ApproximateCount(1_200_000_000_000)),
    ],
)
def test_a_rounded_count_keeps_its_value_and_its_qualifier(
    text: str, count: ApproximateCount
) -> None:
    """What the author rounded is marked; what he counted is not."""
    assert parse_count(text) == count
    assert count.approximate is bool(count.qualifier)


@pytest.mark.parametrize("text", ["XXX件", "×个", "若干", ""])
def test_a_placeholder_is_no_count(text: str) -> None:
    """A hidden figure is not nought."""
    assert parse_count(text) is None
