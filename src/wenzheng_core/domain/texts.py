"""Texts as they come: one form for comparing, document numbers, rounded counts.

Nothing here touches stored evidence. What a citizen wrote stays as it came, character by character;
the folded form serves keys, searches and comparisons, and is thrown away.
"""

from __future__ import annotations

import math
import re
import unicodedata
from decimal import Decimal

import attrs

# NFKC maps the Kangxi block (U+2F00) but of the radicals supplement (U+2E80) only two: ⺠ stays. Here
# are those that stand for whole words; values: Equivalent_Unified_Ideograph of Unicode 16.
_RADICALS = str.maketrans(
    "⺁⺝⺫⺬⺠⻁⻄⻅⻆⻉⻋⻑⻓⻔⻗⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻧⻨⻩⻪⻬⻮⻰",
    "厂月目示民虎西见角贝车長长门雨青韦页风飞食马骨鬼鱼鸟卤麦黄黾齐齿龙",
)
_MARKS = str.maketrans(
    "。、〔〕【】〖〗[]{}〈〉“”„‟‘’‚‛'「」『』«»‐‑‒–—―─━−•・‧∙⋅●〜",
    ".,(" + ")()()()()《》" + '"' * 15 + "-" * 9 + "·" * 6 + "~",
)
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]")
_SPACE = re.compile(r"\s+")
_HAN = "\u3400-\u4dbf\u4e00-\u9fff"
_MARK = r""".,!?;:"~()《》·\-"""
_IDLE_SPACE = re.compile(f"(?<=[{_HAN}{_MARK}]) | (?=[{_HAN}{_MARK}])")
_REPEATED = re.compile(r"""([.,!?;:"~·\-])\1+""")


def normalise(text: str) -> str:
    """The form in which two texts are compared: equal forms read alike.

    NFKC (full width, Kangxi radicals), one form for each punctuation mark and for a run of it, one
    space for white space and none beside a Chinese character or a mark. Applying it again changes
    nothing. For keys and comparisons only: never store it in the place of what was written.
    """
    plain = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))
    folded = plain.translate(_RADICALS).translate(_MARKS)
    spaced = _IDLE_SPACE.sub("", _SPACE.sub(" ", folded).strip())
    return _REPEATED.sub(r"\1", spaced)


# --- Document numbers (发文字号) -----------------------------------------------------------------

_YEAR = r"\d{4}|\d{2}[Xx×]{2}|[Xx×]{2,4}"
_NUMBER = (
    rf"(?P<issuer>[{_HAN}]{{2,}})\s*[〔\[【(]\s*(?P<year>{_YEAR})\s*[〕\]】)]"
    r"\s*第?\s*(?P<number>\d+|[Xx×]+)\s*号"
)
_DOCUMENT = re.compile(_NUMBER)
# In running text a number follows other words without a space; whatever ends in one of these is not
# part of it. A choice: no text defines where the issuer's words (机关代字) begin.
_LEAD_IN = re.compile(
    ".*(?:通知|意见|办法|规定|方案|决定|公告|精神|文件|要求|根据|依据|按照|依照|遵照|参照|执行|落实"
    "|贯彻|印发|转发|下发|字号|文号|关于|人民政府|办公室|委员会|局(?=..)|为|见|以|和|与|及|或|的|在"
    "|由|经|号|了|是)"
)
_LONGEST_ISSUER = 10


def _placeholder(text: str) -> str:
    return text.upper().replace("×", "X")


def _running(text: str) -> str:
    return _placeholder(text).lstrip("0") or "0"


@attrs.frozen
class DocumentNumber:
    """The number of an official document: 市政办发〔2010〕69号, however its brackets were typed.

    Attributes:
        issuer: the issuing office's words, such as 市政办发.
        year: four digits; X where the source hides them (20XX, XX).
        number: the running number without leading zeros, or X.
    """

    issuer: str
    year: str = attrs.field(converter=_placeholder)
    number: str = attrs.field(converter=_running)

    @property
    def known(self) -> bool:
        """Whether year and number are facts and not placeholders."""
        return "X" not in self.year + self.number

    def __str__(self) -> str:
        return f"{self.issuer}〔{self.year}〕{self.number}号"


def parse_document_number(text: str) -> DocumentNumber | None:
    """The document number that the whole text is, or None if it is none."""
    found = _DOCUMENT.fullmatch(unicodedata.normalize("NFKC", text).strip())
    return DocumentNumber(**found.groupdict()) if found else None


def find_document_numbers(text: str) -> tuple[DocumentNumber, ...]:
    """The document numbers that a text names, each once, in the order of their first place."""
    numbers: dict[DocumentNumber, None] = {}
    for found in _DOCUMENT.finditer(unicodedata.normalize("NFKC", text)):
        issuer = _LEAD_IN.sub("", found["issuer"])[-_LONGEST_ISSUER:]
        if issuer:
            numbers[DocumentNumber(issuer, found["year"], found["number"])] = None
    return tuple(numbers)


# --- Counts as authors round them ----------------------------------------------------------------

_SCALES = {"十": 10, "百": 100, "千": 1_000, "万": 10_000, "亿": 100_000_000}
_DIGITS = {"两": 2} | {digit: value for value, digit in enumerate("零一二三四五六七八九")}
_COUNT = re.compile(
    r"(?P<before>大约|约|将近|接近|近|超过|超|逾|至少|最多)?"
    r"(?:(?P<arabic>\d+(?:\.\d+)?)(?P<scale>[十百千万亿]*)|(?P<han>[零一二两三四五六七八九十百千万亿]+))"
    r"(?P<after>[余多几]|左右|上下|以上)?(?P<unit>[^\d余多几]{0,4})"
)


@attrs.frozen
class ApproximateCount:
    """A count as its author gave it: 近1万多条 is 10000, approximate, qualified by 近…多."""

    value: int
    qualifier: str = ""
    unit: str = ""

    @property
    def approximate(self) -> bool:
        """Whether the author said that it is rounded."""
        return bool(self.qualifier)


def parse_count(text: str) -> ApproximateCount | None:
    """The count that the whole text is; None for a placeholder such as XXX件, which is no nought."""
    plain = unicodedata.normalize("NFKC", text).replace(",", "").strip()
    found = _COUNT.fullmatch(plain)
    if found is None:
        return None
    value = _of_han(found["han"]) if found["han"] else _scaled(found["arabic"], found["scale"])
    qualifier = "…".join(filter(None, (found["before"], found["after"])))
    return ApproximateCount(value, qualifier, found["unit"])


def _scaled(digits: str, scale: str) -> int:
    return int(Decimal(digits) * math.prod(_SCALES[word] for word in scale))


def _of_han(words: str) -> int:
    """三百五十 → 350: digits wait for their scale; 万 and 亿 scale what stands before them."""
    total = section = digit = 0
    for word in words:
        scale = _SCALES.get(word)
        if scale is None:
            digit = _DIGITS[word]
        elif scale < _SCALES["万"]:
            section, digit = section + max(digit, 1) * scale, 0
        elif total < scale:
            total, section, digit = max(total + section + digit, 1) * scale, 0, 0
        else:
            total, section, digit = total + (section + digit) * scale, 0, 0
    return total + section + digit
