"""TOML into frozen classes: nothing is coerced, every fault is told at once and in Chinese."""

from __future__ import annotations

from datetime import date, time
from enum import StrEnum

import attrs
import pytest

from wenzheng_core.domain.errors import Fault, InputFaultsError
from wenzheng_core.tomlfile import UnfitError, faults_of, make_converter, parse_toml, structure


class _Grade(StrEnum):
    PLAIN = "一般"
    WIDE = "牵扯面广"


@attrs.frozen
class _Limit:
    within: str
    days: int = 0
    hard: bool = True
    start: str = attrs.field(default="", metadata={"key": "from"})


def _positive(_: object, __: object, value: int) -> None:
    if value < 1:
        raise UnfitError("须大于零", "写 1 以上的整数", at=".level")


@attrs.frozen
class _Policy:
    title: str
    since: date
    close: time | None = None
    grade: _Grade = _Grade.PLAIN
    level: int = attrs.field(default=1, validator=_positive)
    columns: dict[str, tuple[str, ...]] = attrs.field(factory=dict)
    limit: tuple[_Limit, ...] = ()


class _Do(StrEnum):
    YELLOW = "yellow"
    CHASE = "chase"
    NOTICE = "notice"

    @property
    def label(self) -> str:
        return {"yellow": "黄牌", "chase": "催办", "notice": "催办单"}[self.value]


@attrs.frozen
class _Step:
    do: _Do


@attrs.frozen
class _Part:
    step: tuple[_Step, ...]


@attrs.frozen
class _Story:
    to: tuple[str, ...]
    step: tuple[_Step, ...]
    part: tuple[_Part, ...] = ()


GOOD = """
title = "汕头"
since = 2020-01-01
close = 17:30:00
grade = "牵扯面广"
[columns]
category = ["建议", "咨询"]
[[limit]]
within = "5个工作日"
from = "assigned"
"""


def _faults(text: str) -> tuple[Fault, ...]:
    with pytest.raises(InputFaultsError) as caught:
        structure(parse_toml(text, "甲.toml"), _Policy, make_converter(), "甲.toml")
    assert caught.value.subject == "甲.toml"
    return caught.value.faults


def _paths(text: str) -> list[str]:
    return [fault.path for fault in _faults(text)]


def test_good_file() -> None:
    """A sound file becomes frozen values, lists as tuples, enums as members."""
    policy = structure(parse_toml(GOOD, "甲"), _Policy, make_converter(), "甲")

    assert (
        _Policy(
            title="汕头",
            since=date(2020, 1, 1),
            close=time(17, 30),
            grade=_Grade.WIDE,
            columns={"category": ("建议", "咨询")},
            limit=(_Limit(within="5个工作日", start="assigned"),),
        )
        == policy
    )


def test_all_faults_at_once() -> None:
    """Faults at every depth come together, each with its own path."""
    text = """
    titel = "汕头"
    since = 2020-01-01T08:00:00
    grade = "重大"
    columns = { category = "建议", "诉求" = [1] }
    limit = [{ within = 5 }, { days = true, hard = 1 }, "x"]
    """

    assert {
        "$",
        "$.titel",
        "$.since",
        "$.grade",
        "$.columns.category",
        "$.columns.诉求[0]",
        "$.limit[0].within",
        "$.limit[1]",
        "$.limit[1].days",
        "$.limit[1].hard",
        "$.limit[2]",
    } == set(_paths(text))


def test_unknown_key_is_mended_by_the_nearest() -> None:
    """A misspelt key names the likely one and all that are allowed."""
    (fault,) = _faults(GOOD + 'form = "assigned"')

    assert fault.reason == "不认识的键 form"
    assert fault.path == "$.limit[0].form"
    assert fault.mend == "是否应为 from?可用的键:within、days、hard、from"


def test_unlike_any_key() -> None:
    """A key like no other lists the allowed ones alone."""
    (fault,) = _faults(GOOD + "zzz = 1")

    assert fault.mend == "可用的键:within、days、hard、from"


def test_missing_key() -> None:
    """A missing key is reported at its table, with what to write."""
    assert (
        Fault("缺少必填项 title", "$", '请补写 title = "文字"'),
        Fault("缺少必填项 since", "$", "请补写 since = 2020-01-31 这样的日期"),
    ) == _faults("level = 1")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("since = '2020-01-01'", '应为日期,得到的是文字 "2020-01-01"'),
        ("since = 2020-01-01T08:00:00", "应为日期,得到的是带时刻的时间 2020-01-01 08:00:00"),
        ("since = 2020-01-01\nlevel = true", "应为整数,得到的是true"),
        ("since = 2020-01-01\nlevel = '1'", '应为整数,得到的是文字 "1"'),
        ("since = 2020-01-01\nlevel = 1.0", "应为整数,得到的是小数 1.0"),
        ("since = 2020-01-01\nclose = 2020-01-01", "应为时刻,得到的是日期 2020-01-01"),
        ("since = 2020-01-01\ngrade = '重大'", '不能是文字 "重大"'),
        ("since = 2020-01-01\ngrade = 3", "不能是整数 3"),
        ("since = 2020-01-01\nlimit = 'abc'", '应为列表,得到的是文字 "abc"'),
        ("since = 2020-01-01\ncolumns = []", "应为表,得到的是列表"),
        ("since = 2020-01-01\nlevel = 0", "须大于零"),
    ],
)
def test_wrong_type(line: str, reason: str) -> None:
    """Each kind refuses every other one and says what came."""
    (fault,) = _faults(f"title = '甲'\n{line}")

    assert reason == fault.reason
    assert fault.mend


def test_enum_lists_its_values() -> None:
    """A value that the enum lacks is answered with those it has."""
    (fault,) = _faults("title = '甲'\nsince = 2020-01-01\ngrade = '重大'")

    assert fault.mend == '可用的值:"一般"、"牵扯面广"'


@pytest.mark.parametrize("word", ["黄牌", " 黄牌 ", "黄"])
def test_an_enum_answers_a_label_with_its_value(word: str) -> None:
    """A Chinese label, or how one alone begins, is answered with the value to be written."""
    with pytest.raises(InputFaultsError) as caught:
        structure({"do": word}, _Step, make_converter(), "甲")

    assert [fault.mend for fault in caught.value.faults] == ['写 "yellow"(黄牌)']


@pytest.mark.parametrize("word", ["", "催", "绿牌", 3])
def test_an_enum_guesses_nothing(word: object) -> None:
    """What begins several labels, or none, is answered with all values and their labels."""
    with pytest.raises(InputFaultsError) as caught:
        structure({"do": word}, _Step, make_converter(), "甲")

    (fault,) = caught.value.faults
    assert fault.mend == '可用的值:"yellow"(黄牌)、"chase"(催办)、"notice"(催办单)'


def test_missing_tables_lists_and_words() -> None:
    """The mend shows the head of a missing table, a list as a list, and the words of an enum."""
    outer = {"step": [{"do": "chase"}], "part": [{}]}
    with pytest.raises(InputFaultsError) as caught:
        structure(outer, _Story, make_converter(), "甲")
    assert [(fault.path, fault.mend) for fault in caught.value.faults] == [
        ("$", '请补写 to = ["文字"]'),
        ("$.part[0]", "请补写 [[part.step]]"),
    ]
    with pytest.raises(InputFaultsError) as caught:
        structure({"to": [], "step": [{}]}, _Story, make_converter(), "甲")
    (fault,) = caught.value.faults
    assert fault.mend.startswith('请补写 do = …;可用的值:"yellow"(黄牌)、')


@pytest.mark.parametrize(
    ("text", "path", "reason"),
    [
        ("a = 1\nb 2", "第2行第3列", "键的后面应为等号"),
        ("a = 1\na = 2\nb = 3", "第2行第6列", "同一个键写了两次"),
        ("a = 建议", "第1行第5列", "等号后面的值写得不对;文字须加双引号"),
        ("a = 2020-02-30", "第1行第5列", "日期不存在"),
        ("a = [1,", "文件末尾", "等号后面的值写得不对;文字须加双引号"),
    ],
)
def test_syntax(text: str, path: str, reason: str) -> None:
    """Text that is no TOML is refused with its line and column, in Chinese."""
    with pytest.raises(InputFaultsError) as caught:
        parse_toml(text, "甲.toml")

    (fault,) = caught.value.faults
    assert path == fault.path
    assert f"TOML 写法有误:{reason}" == fault.reason


def test_foreign_error_keeps_its_text() -> None:
    """An ordinary ValueError raised by a hook is passed on as the reason."""
    assert (Fault("不行", "$.x"),) == faults_of(ValueError("不行"), "$.x")


@pytest.mark.parametrize(
    "text",
    ["[[a]", "[a", "a = 1\na = 2", "a = {b = 1}\n[a.c]", 'a = "\\u12"', 'a = "\\ud800"', "a = 1 b",
     "a = '", "a.b = 1\n[a]", "= 1", "a = [1", "a = 2020-02-30", "a = \x01", "a = '\x01'", "a"],
)  # fmt: skip
def test_every_slip_of_the_pen_is_told_in_chinese(text: str) -> None:
    """Whatever the parser says in English has its Chinese sentence."""
    with pytest.raises(InputFaultsError) as caught:
        parse_toml(text, "甲.toml")
    (fault,) = caught.value.faults
    said = fault.reason.removeprefix("TOML 写法有误:")
    assert any("\u4e00" <= letter <= "\u9fff" for letter in said)
    assert "不合 TOML 的写法" not in said
