"""企业微信应用消息: the access token, members who are not reached, limits that 企业微信 does not tell."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpcore
import pytest

from wenzheng_channels.addresses import FixedBook, Person, Seat, Way
from wenzheng_channels.outgoing import Egress
from wenzheng_channels.secrets import Secret
from wenzheng_channels.testing import LOOPBACK, Reply, Seen, Server
from wenzheng_channels.wecom_app import WecomApp
from wenzheng_core.clock import FixedClock
from wenzheng_core.ports import DeliveryError

NOW = datetime(2025, 3, 3, 1, 30, tzinfo=UTC)
BOOK = FixedBook(
    persons=tuple(
        Person(id=name, name=name, addresses={Way.WECOM: name}) for name in ("zhang", "li")
    ),
    seats=(
        Seat(to="housing/liaison", persons=("zhang", "li")),
        Seat(to="office", persons=("zhang",)),
        Seat(to="housing/unit_head", persons=("li",)),
    ),
)
EGRESS = Egress(reach=LOOPBACK, tls=httpcore.default_ssl_context())


class Wecom:
    """企业微信 as a test plays it: a token for two hours, and one answer to every message."""

    def __init__(self) -> None:
        self.tokens = 0
        self.answers: list[dict[str, object]] = []
        self.used: list[str] = []

    def __call__(self, seen: Seen) -> Reply:
        """Answer as documented."""
        if seen.path.startswith("/cgi-bin/gettoken"):
            self.tokens += 1
            token = {"access_token": f"token-{self.tokens}", "expires_in": 7200}
            return Reply.of({"errcode": 0, "errmsg": "ok", **token})
        self.used.append(seen.query["access_token"])
        return Reply.of(self.answers.pop(0) if self.answers else _yes())


def _yes(**more: object) -> dict[str, object]:
    return {"errcode": 0, "errmsg": "ok", "invaliduser": "", "msgid": "m1", **more}


@pytest.fixture
def wecom() -> Wecom:
    """The provider's end."""
    return Wecom()


@pytest.fixture
def server(wecom: Wecom) -> Iterator[Server]:
    """The provider's server."""
    with Server(wecom) as running:
        yield running


@pytest.fixture
def clock() -> FixedClock:
    """A clock that stands."""
    return FixedClock(NOW)


@pytest.fixture
def app(server: Server, clock: FixedClock) -> WecomApp:
    """The channel."""
    return WecomApp(
        name="app",
        corp="ww1",
        agent=1000002,
        secret=Secret("the-corpsecret"),
        book=BOOK,
        egress=EGRESS,
        clock=clock,
        api=server.url().rstrip("/"),
    )


def test_it_goes_to_all_members_of_the_office(app: WecomApp, server: Server) -> None:
    """One call with every userid; the receipt is 企业微信's own message id."""
    assert app.send("housing/liaison", "请办理。", ["c1/1/0"]) == "m1"
    body = server.seen[-1].json
    assert body["touser"] == "zhang|li"
    assert body["agentid"] == 1000002
    assert body["text"] == {"content": "请办理。"}
    assert body["enable_duplicate_check"] == 1


def test_the_token_is_kept_until_shortly_before_its_end(
    app: WecomApp, wecom: Wecom, clock: FixedClock
) -> None:
    """7,200 seconds, less five minutes, in which a clock may be wrong."""
    for minutes in (0, 1, 114, 115):
        clock.move_to(NOW + timedelta(minutes=minutes))
        app.send("office", "请办理。", ["c1/1/0"])
    assert wecom.used == ["token-1", "token-1", "token-1", "token-2"]


@pytest.mark.parametrize("code", [40014, 42001])
def test_a_token_that_is_void_is_fetched_again_once(app: WecomApp, wecom: Wecom, code: int) -> None:
    """企业微信 may end a token early; a second refusal is an error and no loop."""
    wecom.answers = [{"errcode": code, "errmsg": "invalid access_token"}, _yes()]
    assert app.send("office", "请办理。", ["c1/1/0"]) == "m1"
    assert wecom.used == ["token-1", "token-2"]

    wecom.answers = [{"errcode": code, "errmsg": "invalid access_token"}] * 2
    with pytest.raises(DeliveryError, match=str(code)):
        app.send("office", "请办理。", ["c1/1/0"])
    assert wecom.tokens == 3


@pytest.mark.parametrize("field", ["invaliduser", "invalidparty", "invalidtag", "unlicenseduser"])
def test_a_member_who_was_left_out_is_told(app: WecomApp, wecom: Wecom, field: str) -> None:
    """``errcode`` 0 with an invalid member is no delivery; the others are not told again and again."""
    wecom.answers = [_yes(**{field: "li"})]
    with pytest.raises(DeliveryError, match="部分收件人未送达") as failed:
        app.send("housing/liaison", "请办理。", ["c1/1/0"])
    assert failed.value.permanent


@pytest.mark.parametrize(
    ("code", "wait"), [(81013, None), (45009, timedelta(minutes=1)), (60020, None), (-1, None)]
)
def test_a_refusal_is_told(app: WecomApp, wecom: Wecom, code: int, wait: timedelta | None) -> None:
    """With its code, and to be tried again."""
    wecom.answers = [{"errcode": code, "errmsg": "…"}]
    with pytest.raises(DeliveryError, match=str(code)) as failed:
        app.send("office", "请办理。", ["c1/1/0"])
    assert (failed.value.permanent, failed.value.retry_after) == (False, wait)


@pytest.mark.parametrize(
    "reply",
    [
        Reply.of({"errcode": 40001, "errmsg": "invalid credential"}),
        Reply.of({"errcode": 0, "errmsg": "ok"}),
        Reply.of({"errcode": 0, "access_token": ""}),
        Reply(500),
        Reply(302, b"", {"Location": "http://169.254.169.254/"}),
    ],
)
def test_without_a_token_nothing_is_sent(app: WecomApp, server: Server, reply: Reply) -> None:
    """And the Secret is in no error."""
    server.answer = lambda _: reply
    with pytest.raises(DeliveryError) as failed:
        app.send("office", "请办理。", ["c1/1/0"])
    assert len(server.seen) == 1
    assert "the-corpsecret" not in str(failed.value)


def test_a_member_is_not_told_more_than_is_delivered(app: WecomApp, server: Server) -> None:
    """Beyond 30 a minute it drops messages without an error: we stop before, for that member alone."""
    for n in range(30):
        app.send("office", "请办理。", [f"c{n}/1/0"])
    sent = len(server.seen)
    with pytest.raises(DeliveryError, match="频率上限") as failed:
        app.send("housing/liaison", "请办理。", ["c1/1/0"])
    assert failed.value.retry_after == timedelta(seconds=65)
    assert len(server.seen) == sent
    assert app.send("housing/unit_head", "请办理。", ["c1/1/0"])


def test_a_long_text_comes_in_numbered_pieces(app: WecomApp, server: Server) -> None:
    """2,048 bytes each; beyond that 企业微信 would cut it without a word."""
    app.send("office", "灯" * 1500, ["c1/1/0"])
    pieces = [each.json["text"]["content"] for each in server.seen if each.method == "POST"]
    assert [piece[:5] for piece in pieces] == ["(1/3)", "(2/3)", "(3/3)"]
    assert "".join(piece[5:] for piece in pieces) == "灯" * 1500
    assert max(len(piece.encode()) for piece in pieces) <= 2048


def test_it_shows_neither_secret_nor_token(app: WecomApp) -> None:
    """Not even after a message."""
    app.send("office", "请办理。", ["c1/1/0"])
    assert "the-corpsecret" not in repr(app)
    assert "token-1" not in repr(app)
