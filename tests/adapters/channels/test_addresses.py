"""Offices to persons to numbers: deputies, fallbacks, and somebody told when there is nobody."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from wenzheng_channels.addresses import Way
from wenzheng_channels.addressfile import read_addresses
from wenzheng_core.domain.errors import InputFaultsError
from wenzheng_core.ports import DeliveryError

BOOK = """
schema = "wenzheng.addresses/1"

[[person]]
id = "zhang"
name = "张三"
phone = "138 0013 8000"
wecom = "zhangsan"

[[person]]
id = "li"
name = "李四"
phone = "+86 139-0013-9000"
email = "li@example.gov.cn"

[[person]]
id = "wang"
name = "王五"
phone = "13700137000"

[[office]]
to = "housing/liaison"
title = "市住建局联络员"
persons = ["zhang"]
fallback = ["housing/unit_head", "office"]

[[office]]
to = "housing/unit_head"
persons = ["li"]
fallback = ["office"]

[[office]]
to = "office"
persons = ["wang", "li"]
fallback = ["housing/liaison"]

[[absence]]
person = "zhang"
from = 2025-03-01
through = 2025-03-10
deputy = "li"

[[absence]]
person = "li"
from = 2025-03-08
through = 2025-03-31
deputy = "zhang"
"""
BEFORE = datetime(2025, 2, 28, 15, 59, 59, tzinfo=UTC)  # 23:59:59 in Beijing
FROM = datetime(2025, 2, 28, 16, 0, tzinfo=UTC)  # 1 March, 0:00 in Beijing
AWAY_BOTH = datetime(2025, 3, 9, 1, 0, tzinfo=UTC)
LAST_DAY = datetime(2025, 3, 10, 15, 59, tzinfo=UTC)
AFTER = datetime(2025, 3, 10, 16, 0, tzinfo=UTC)


def _reached(to: str, way: Way, at: datetime, text: str = BOOK) -> list[str]:
    return [each.value for each in read_addresses(text, "addresses.toml").resolve(to, way, at)]


@pytest.mark.parametrize(
    ("to", "way", "at", "reached"),
    [
        ("housing/liaison", Way.PHONE, BEFORE, ["13800138000"]),
        ("housing/liaison", Way.PHONE, FROM, ["13900139000"]),
        ("housing/liaison", Way.PHONE, AWAY_BOTH, ["13700137000"]),
        ("housing/liaison", Way.PHONE, LAST_DAY, ["13700137000"]),
        ("housing/liaison", Way.PHONE, AFTER, ["13800138000"]),
        ("housing/unit_head", Way.PHONE, AFTER, ["13800138000"]),
        ("housing/liaison", Way.EMAIL, BEFORE, ["li@example.gov.cn"]),
        ("housing/unit_head", Way.WECOM, BEFORE, ["zhangsan"]),
        ("office", Way.PHONE, BEFORE, ["13700137000", "13900139000"]),
        ("office", Way.PHONE, AFTER, ["13700137000", "13800138000"]),
    ],
)
def test_whom_it_reaches(to: str, way: Way, at: datetime, reached: list[str]) -> None:
    """The person, the deputy on the days of an absence in Beijing, else the next office."""
    assert _reached(to, way, at) == reached


@pytest.mark.parametrize(
    ("to", "way", "at"),
    [
        ("schools/liaison", Way.PHONE, BEFORE),
        ("housing/liaison", Way.WECOM, AWAY_BOTH),
        ("", Way.PHONE, BEFORE),
    ],
)
def test_nobody_is_somebodys_business(to: str, way: Way, at: datetime) -> None:
    """It is told with the office and the kind of address, names nobody, and can be mended."""
    with pytest.raises(DeliveryError, match="请填写") as failed:
        _reached(to, way, at)
    assert not failed.value.permanent
    assert f"「{to}」" in str(failed.value)
    assert way.label in str(failed.value)
    assert "张三" not in str(failed.value)


def test_a_chain_of_offices_in_a_circle_ends() -> None:
    """Each office is asked once."""
    text = BOOK.replace('persons = ["zhang"]', "persons = []").replace(
        'persons = ["wang", "li"]', "persons = []"
    )
    assert _reached("office", Way.PHONE, BEFORE, text) == ["13900139000"]


def test_the_same_person_comes_once() -> None:
    """Also where one stands in for the other."""
    text = BOOK.replace('persons = ["wang", "li"]', 'persons = ["zhang", "li"]')
    assert _reached("office", Way.PHONE, FROM, text) == ["13900139000"]


def test_an_office_has_its_title() -> None:
    """Or is called as the core calls it."""
    book = read_addresses(BOOK, "addresses.toml")
    assert book.title("housing/liaison") == "市住建局联络员"
    assert book.title("office") == "office"
    assert book.title("nobody") == "nobody"


def test_no_number_shows() -> None:
    """An officer's number is personal data, too."""
    book = read_addresses(BOOK, "addresses.toml")
    shown = f"{book!r} {book.resolve('office', Way.PHONE, BEFORE)!r}"
    for hidden in ("13800138000", "13700137000", "zhangsan", "li@example"):
        assert hidden not in shown


FAULTS = """
schema = "wenzheng.addresses/2"

[[person]]
id = "zhang"
name = "张三"
phone = "88880000"
wecom = "张三"
email = "zhang at example"

[[person]]
id = "zhang"
name = "张三"

[[office]]
to = "office"
persons = ["li"]
fallback = ["nobody"]

[[absence]]
person = "wang"
from = 2025-03-10
through = 2025-03-01
deputy = "zhao"
"""


def test_all_faults_are_told_at_once() -> None:
    """Each with its path; no number is repeated."""
    with pytest.raises(InputFaultsError) as failed:
        read_addresses(FAULTS, "addresses.toml")
    assert [each.path for each in failed.value.faults] == [
        "$.schema",
        "$.person[1].id",
        "$.person[0].phone",
        "$.person[0].wecom",
        "$.person[0].email",
        "$.office[0].persons",
        "$.office[0].fallback",
        "$.absence[0].person",
        "$.absence[0]",
        "$.absence[0].through",
    ]
    assert "88880000" not in str(failed.value)


def test_a_key_that_nobody_knows_is_refused() -> None:
    """With what was meant."""
    with pytest.raises(InputFaultsError, match=r"不认识的键 phon @ \$\.person\[0\]\.phon.*phone"):
        read_addresses(BOOK.replace("phone =", "phon =", 1), "addresses.toml")
