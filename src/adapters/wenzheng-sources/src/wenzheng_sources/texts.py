"""Cell values as text: what a citizen wrote stays as written, only its white space is tidied.

Stored text is evidence, so it is never normalised (NFKC would turn ① into 1 and ，into a comma).
Numbers and headers are names, not evidence: those are normalised.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from typing import TypeAlias

from openpyxl.utils.escape import unescape

Cell: TypeAlias = str | int | float | bool | datetime | date | time | timedelta | None

# fmt: off
ERRORS = frozenset({
    "#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A",
    "#GETTING_DATA", "#SPILL!", "#CALC!",
})
# fmt: on

_SHOWN = 40
_EXACT = 10**15  # Excel keeps 15 digits of a number
_BREAKS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_SPACES = re.compile("[\t\xa0]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f]")
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff"


class UnreadableNumberError(ValueError):
    """A cell holds no usable number of a message; ``args[0]`` says why, in Chinese."""


def is_blank(value: Cell) -> bool:
    """Whether a cell shows nothing."""
    if not isinstance(value, str):
        return value is None
    start = value.lstrip()[:1]
    return not (start.isalnum() or (start and tidy(value)))  # most texts need no tidying to tell


def is_error(value: Cell) -> bool:
    """Whether a cell shows one of Excel's errors."""
    return isinstance(value, str) and value in ERRORS


def as_text(value: Cell) -> str:
    """A cell as text: numbers without a trailing ``.0``, times as ISO with a space."""
    if value is None:
        return ""
    if isinstance(value, str):
        return tidy(value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def as_line(value: Cell) -> str:
    """A cell as text on one line: a title, a nickname."""
    return as_text(value).replace("\n", " ")


def as_number(value: Cell) -> str:
    """A cell as a message's number, which is a name: ``2549.0`` is ``2549``.

    Raises:
        UnreadableNumberError: a fraction, a date, or a number whose last digits Excel has lost.
    """
    if isinstance(value, str):
        return unicodedata.normalize("NFKC", as_line(value)).strip()
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UnreadableNumberError("应为编号(整数或文本)")
    if isinstance(value, float) and not value.is_integer():
        raise UnreadableNumberError("应为编号(整数或文本)")
    rounded = value >= _EXACT and (isinstance(value, float) or value % 10 == 0)
    if rounded:
        raise UnreadableNumberError(
            "超过 15 位,Excel 可能已丢失末位数字,请将该列设为文本后重新导出"
        )
    return str(int(value))


def as_header(value: Cell) -> str:
    """A header cell as a column's name."""
    return unicodedata.normalize("NFKC", as_line(value)).strip()


def tidy(text: str) -> str:
    r"""White space tidied: ends stripped, line breaks to ``\n``, blank lines closed up.

    Excel's escapes such as ``_x000D_`` are decoded; other control characters are dropped. The
    indent of a paragraph (U+3000) stays.
    """
    if "_x" in text:
        text = _joined(unescape(text))
    text = _SPACES.sub(" ", _BREAKS.sub("\n", text))
    lines = (line.rstrip().lstrip(" ") for line in _CONTROLS.sub("", text).split("\n"))
    return _strip("\n".join(line for line in lines if line))


def show(value: Cell) -> str:
    """A value as a reason quotes it: one line, cut when long."""
    text = as_line(value)
    return f"「{text[:_SHOWN]}…」" if len(text) > _SHOWN else f"「{text}」"


def _strip(text: str) -> str:
    before = None
    while before != text:
        before, text = text, text.strip().strip(_INVISIBLE)
    return text


def _joined(text: str) -> str:
    """Surrogates that came as two escapes made one character; a lone one becomes U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
