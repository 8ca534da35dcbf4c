"""What a program hands over wrongly is told at once, by name, and never half taken."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import attrs
import pytest

from wenzheng_core import (
    Accept,
    Actor,
    Contact,
    Message,
    Office,
    Role,
    WenzhengError,
    deadline,
    load_plugins,
    open_office,
    parse_limit,
)
from wenzheng_core.cities import make_city
from wenzheng_core.domain.errors import ArgumentError
from wenzheng_core.domain.limits import WorkingDays
from wenzheng_core.memory import MemoryChannel
from wenzheng_core.testing.builders import (
    CLERK,
    START,
    sample_calendar,
    sample_message,
    sample_policy,
    sample_rules,
)

Call = Callable[[], Any]
MESSAGE: Any = sample_message()
ANY: Any = None
SMS = MemoryChannel("sms")


def _office(**changes: Any) -> Any:
    parts: dict[str, Any] = {
        "city": make_city([sample_policy()], sample_rules().units),
        "storage": load_plugins().open_storage("memory://", "sample"),
        "calendar": sample_calendar(),
    }
    return Office(**parts | changes)


def _said(call: Call) -> ArgumentError:
    with pytest.raises(ArgumentError) as caught:
        call()
    assert isinstance(caught.value, WenzhengError)
    assert isinstance(caught.value, TypeError)
    assert isinstance(caught.value, ValueError)
    assert not str(caught.value).isascii()
    return caught.value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("source", ""),
        ("source", None),
        ("external_id", " "),
        ("external_id", 8341),
        ("title", None),
        ("body", None),
        ("author", 5),
        ("addressed_to", None),
        ("contact", {"name": "张三"}),
    ],
)
def test_a_part_of_a_message(name: str, value: object) -> None:
    """Each part of a message is of its kind, and the two that name it are not empty."""
    assert name == _said(lambda: attrs.evolve(MESSAGE, **{name: value})).name


@pytest.mark.parametrize(
    ("call", "came"),
    [
        (lambda: attrs.evolve(MESSAGE, posted_at="2021-01-01"), "str 2021-01-01"),
        (lambda: attrs.evolve(MESSAGE, posted_at=date(2021, 1, 1)), "date 2021-01-01"),
        (lambda: deadline(WorkingDays(5), ANY, sample_calendar()), "NoneType"),
        (lambda: deadline(WorkingDays(5), date(2021, 1, 1), sample_calendar()), "date 2021"),  # type: ignore[arg-type]
    ],
)
def test_no_instant(call: Call, came: str) -> None:
    """A text or a bare date is no instant; what came is shown, and how one is written."""
    said = str(_said(call))

    assert came in said
    assert "tzinfo=BEIJING" in said


def test_no_limit() -> None:
    """A limit is written as a text and counted as a limit; neither stands for the other."""
    assert _said(lambda: parse_limit(ANY)).name == "text"
    assert _said(lambda: deadline("5个工作日", START, sample_calendar())).name == "limit"  # type: ignore[arg-type]


def test_personal_data_is_not_shown() -> None:
    """The error names the field and the kind, never what a citizen left."""
    wrong: Any = 13800000000

    assert "13800000000" not in str(_said(lambda: Contact(phone=wrong)))


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("command", lambda o, i: o.execute(i, "accept", actor=CLERK, key="k")),
        ("command", lambda o, i: o.execute(i, Accept, actor=CLERK, key="k")),
        ("actor", lambda o, i: o.execute(i, Accept(), actor=None, key="k")),
        ("actor", lambda o, i: o.execute(i, Accept(), actor="li.ming", key="k")),
        ("key", lambda o, i: o.execute(i, Accept(), actor=CLERK, key="")),
        ("key", lambda o, i: o.execute(i, Accept(), actor=CLERK, key=None)),
        ("case_id", lambda o, _: o.execute(None, Accept(), actor=CLERK, key="k")),
        ("message", lambda o, _: o.receive({"title": "路灯"})),
        ("actor", lambda o, _: o.receive(sample_message("2"), actor="li.ming")),
        ("facts", lambda o, _: o.receive(sample_message("2"), facts="咨询")),
        ("id", lambda *_: Actor("", Role.OFFICE)),
        ("role", lambda *_: Actor("li.ming", "office")),
    ],
)
def test_what_an_office_is_asked(name: str, call: Callable[[Any, str], object]) -> None:
    """What is no command, actor, key or message is refused by name, and nothing is written."""
    office = _office()
    case = office.receive(MESSAGE, at=START).case

    assert name == _said(lambda: call(office, case.id)).name
    assert office.case(case.id) == case
    assert len(list(office.storage.scan())) == 1


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("url", {"url": None}),
        ("url", {"url": ""}),
        ("city", {"city": None}),
        ("channels", {"channels": ["sms"]}),
        ("channels", {"channels": "sms"}),
        ("channels", {"channels": SMS}),
        ("channels", {"channels": [MemoryChannel]}),
        ("channels", {"channels": {"sms": "sms"}}),
        ("channels.name", {"channels": {"": SMS}}),
    ],
)
def test_how_an_office_is_opened(name: str, changes: dict[str, Any]) -> None:
    """An address, a city and channels are asked for as what they are."""
    given: dict[str, Any] = {"url": "memory://", "city": "changsha", **changes}

    assert name == _said(lambda: open_office(given.pop("url"), **given)).name


def test_channels_as_a_list_or_by_names_of_ones_own() -> None:
    """Channels come as a list, each by its name, or as a mapping, whose names hold."""
    for given in ([SMS], iter([SMS]), {"sms": SMS}):
        assert open_office("memory://", city="changsha", channels=given).channels == {"sms": SMS}
        again = iter([SMS]) if not isinstance(given, dict | list) else given
        assert _office(channels=again).channels == {"sms": SMS}
    assert _office(channels={"mail": SMS}).channels == {"mail": SMS}


def test_a_message_received_again_with_another_body() -> None:
    """The first body stands, the other is recorded in the case as it stands today."""
    office = _office()
    first = office.receive(MESSAGE, at=START)
    now = office.execute(first.case.id, Accept(), actor=CLERK, key="k", at=START).case
    again = office.receive(
        attrs.evolve(MESSAGE, body="又坏了。"), at=datetime(2025, 4, 1, tzinfo=UTC)
    )

    assert not again.repeated
    assert (again.case.id, again.case.state) == (now.id, now.state)
    assert again.case.message.body == MESSAGE.body
    assert again.case.latest_message.body == "又坏了。"


def test_a_message_is_what_it_says() -> None:
    """A message without a word is a message still: only what names it must be there."""
    empty = Message(source="a", external_id="1", title="", body="", posted_at=START)

    assert (empty.title, empty.body) == ("", "")
