"""A gateway described in data: what goes out, what is a yes, and that nothing is computed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpcore
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wenzheng_channels.addresses import FixedBook, Person, Seat, Way
from wenzheng_channels.filling import fill, unknown_fields
from wenzheng_channels.gateway import Gateway, at_path
from wenzheng_channels.outgoing import Egress
from wenzheng_channels.secrets import Secret
from wenzheng_channels.short_messages import ShortMessages
from wenzheng_channels.testing import LOOPBACK, Reply, Server
from wenzheng_core.clock import FixedClock
from wenzheng_core.ports import DeliveryError

NOW = datetime(2025, 3, 3, 1, 30, tzinfo=UTC)
EGRESS = Egress(reach=LOOPBACK, tls=httpcore.default_ssl_context(), silence=0.2, total=0.5)
BOOK = FixedBook(
    persons=(Person(id="zhang", name="张三", addresses={Way.PHONE: "13800138000"}),),
    seats=(Seat(to="office", persons=("zhang",), title="办公室"),),
)


@pytest.fixture
def server() -> Iterator[Server]:
    """A gateway that says yes."""
    with Server(lambda _: Reply.of({"code": 0, "data": [{"id": 17}]})) as running:
        yield running


def _gateway(server: Server, **more: Any) -> ShortMessages:
    described: dict[str, Any] = {
        "url": Secret(server.url("/sms?token=in-the-url")),
        "fields": {"data.mobile": "{phones}", "data.content": "【例市】{text}", "sn": "{key}"},
        "headers": {"Authorization": "Bearer {secret}"},
        "secret": Secret("the-secret"),
        "success": "code",
        "success_value": "0",
        "receipt_path": "data.0.id",
        **more,
    }
    return ShortMessages(
        name="sms",
        provider=Gateway(**described),
        book=BOOK,
        egress=EGRESS,
        clock=FixedClock(NOW),
    )


def test_the_fields_go_as_described(server: Server) -> None:
    """Nested by their dots, as JSON; the secret only where it is asked for."""
    assert _gateway(server).send("office", "请办理。", ["c1/1/0"]) == "17"
    seen = server.seen[0]
    assert seen.json == {
        "data": {"mobile": "13800138000", "content": "【例市】请办理。"},
        "sn": "c1/1/0",
    }
    assert seen.headers["authorization"] == "Bearer the-secret"


def test_a_form_goes_as_a_form(server: Server) -> None:
    """By the method that the gateway wants."""
    channel = _gateway(server, form=True, method="PUT", fields={"m": "{phones}", "c": "{text}"})
    channel.send("office", "请办理&反馈。", ["c1/1/0"])
    assert server.seen[0].method == "PUT"
    assert server.seen[0].form == {"m": "13800138000", "c": "请办理&反馈。"}


@pytest.mark.parametrize(
    "body",
    [
        {"code": 1, "data": [{"id": 17}]},
        {"code": 0, "data": []},
        {"code": 0},
        {"code": False, "data": [{"id": 17}]},
        {"code": None, "data": [{"id": 17}]},
        {"code": [0], "data": [{"id": 17}]},
        {"code": 0.0, "data": [{"id": 17}]},
        {"data": [{"id": 17}]},
        {},
        [],
        "0",
    ],
)
def test_only_the_one_code_with_a_receipt_is_a_yes(server: Server, body: object) -> None:
    """Whatever else stands there."""
    server.answer = lambda _: Reply.of(body)
    with pytest.raises(DeliveryError) as failed:
        _gateway(server).send("office", "请办理。", ["c1/1/0"])
    assert not failed.value.permanent


@pytest.mark.parametrize(
    ("code", "permanent", "wait"),
    [("E1", False, timedelta(minutes=1)), ("E2", True, None), ("E3", False, None)],
)
def test_codes_mean_what_the_file_says(
    server: Server, code: str, permanent: bool, wait: timedelta | None
) -> None:
    """Later, never, or try again."""
    server.answer = lambda _: Reply.of({"code": code})
    channel = _gateway(server, busy=("E1",), hopeless=("E2",))
    with pytest.raises(DeliveryError, match=code) as failed:
        channel.send("office", "请办理。", ["c1/1/0"])
    assert (failed.value.permanent, failed.value.retry_after) == (permanent, wait)


def test_a_code_that_is_a_story_is_not_repeated(server: Server) -> None:
    """A gateway may answer with what it was sent, secrets and numbers included."""
    server.answer = lambda _: Reply.of({"code": "the-secret of 13800138000 is wrong"})
    with pytest.raises(DeliveryError) as failed:
        _gateway(server).send("office", "请办理。", ["c1/1/0"])
    for hidden in ("the-secret", "13800138000", "in-the-url"):
        assert hidden not in str(failed.value)


def test_a_gateway_shows_no_secret(server: Server) -> None:
    """Neither what is in its URL nor what goes into a header."""
    shown = repr(_gateway(server))
    assert "in-the-url" not in shown
    assert "the-secret" not in shown


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a.b", "x"),
        ("list.1", "2"),
        ("list.2", ""),
        ("list.-1", ""),
        ("yes", "true"),
        ("a", ""),
        ("", ""),
        ("a.b.c", ""),
    ],
)
def test_a_path_leads_to_a_text_or_to_nothing(path: str, found: str) -> None:
    """Objects by name, lists by place; never into a value."""
    assert at_path({"a": {"b": "x"}, "list": [1, 2], "yes": True}, path) == found


@given(st.text(), st.text())
def test_what_is_filled_in_is_not_filled_again(text: str, key: str) -> None:
    """A text with 「{key}」 in it stays as it is: fields come from the file alone."""
    assert fill("{text}|{key}|{other}", {"text": text, "key": key}) == f"{text}|{key}|{{other}}"


def test_unknown_fields_are_found() -> None:
    """So that a misspelt one is told when the file is read."""
    assert unknown_fields("{text}{txet}{Text}{a.b}", ("text",)) == ("txet",)


def test_nothing_is_computed(server: Server) -> None:
    """No attribute, no index, no format: what is no field is just text."""
    odd = "{text.__class__}{0}{text!r}%s$HOME{{text}}"
    _gateway(server, fields={"c": odd, "m": "{text}"}).send("office", "请办理。", ["c1/1/0"])
    assert server.seen[0].json["c"] == "{text.__class__}{0}{text!r}%s$HOME{请办理。}"
