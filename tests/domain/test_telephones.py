"""One telephone number is one, however a citizen writes it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wenzheng_core.domain.messages import plain_phone

WRITTEN = {
    "13800001111": "13800001111",
    "+86 138-0000-1111": "13800001111",
    "86 138 0000 1111": "13800001111",
    "0086-13800001111": "13800001111",
    "(+86)138 0000 1111": "13800001111",
    "013800001111": "13800001111",
    "138 0000 1111": "13800001111",
    "电话:138.0000.1111": "13800001111",
    "0731-88880000": "73188880000",
    "(0731)8888 0000": "73188880000",
    "+86 731 8888 0000": "73188880000",
    "+86 (0731) 88880000": "73188880000",
    "010-86001111": "1086001111",
    "86001111": "86001111",
    "12345": "12345",
    "": "",
    "未留": "",
}
DIGITS = st.text("0123456789", min_size=11, max_size=11).map(lambda tail: f"1{tail[1:]}")


@pytest.mark.parametrize(("text", "expected"), WRITTEN.items())
def test_a_number_is_its_digits(text: str, expected: str) -> None:
    """Without separators, the country's code and the 0 before an area code; nothing else is cut."""
    assert plain_phone(text) == expected


@given(DIGITS, st.text(" -()./ ", max_size=4), st.integers(0, 11))
def test_separators_change_nothing(digits: str, signs: str, place: int) -> None:
    """Wherever they stand."""
    assert plain_phone(digits[:place] + signs + digits[place:]) == digits


@given(DIGITS, st.sampled_from(["+86", "0086", "86", "+86 ", "(+86)", "86-", "0"]))
def test_a_prefix_changes_nothing(digits: str, prefix: str) -> None:
    """A mobile number is the same from abroad and from another city."""
    assert plain_phone(prefix + digits) == plain_phone(digits) == digits


@given(st.text(max_size=30))
def test_what_is_plain_stays_plain(text: str) -> None:
    """A plain number written again is itself, so that two that were stored as one stay one."""
    plain = plain_phone(text)
    assert plain == "" or (plain.isascii() and plain.isdecimal())
    # 13 digits may be a mobile number from abroad, whose first two are then cut.
    assert plain_phone(plain) == plain or len(plain) == len("8613800001111")
