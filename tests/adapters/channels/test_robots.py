"""Robots in a group: what each provider answers, in its own words, and what comes of it."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import httpcore
import pytest

from wenzheng_channels.addresses import FixedBook, Seat
from wenzheng_channels.dingtalk_robot import DingtalkRobot
from wenzheng_channels.feishu_robot import FeishuRobot
from wenzheng_channels.outgoing import Egress
from wenzheng_channels.parts import CUT
from wenzheng_channels.robots import Dialect, Robot
from wenzheng_channels.secrets import Secret
from wenzheng_channels.testing import LOOPBACK, Reply, Seen, Server
from wenzheng_channels.wecom_robot import WecomRobot
from wenzheng_core.clock import FixedClock
from wenzheng_core.ports import DeliveryError

EGRESS = Egress(reach=LOOPBACK, tls=httpcore.default_ssl_context(), silence=0.2, total=0.5)
NOW = datetime(2025, 3, 3, 1, 30, 15, 250_000, tzinfo=UTC)
KEY = "693a91f6-7aaa-4bc4-97a0-0ec2sifa5aaa"
SECRET = Secret("SECa-secret-of-a-robot")
YES = {"errcode": 0, "errmsg": "ok", "code": 0, "msg": "success", "data": {}}
MINUTE = timedelta(minutes=1)
DIALECTS: dict[str, Callable[[Secret], Dialect]] = {
    "wecom": lambda url: WecomRobot(url=url),
    "wecom markdown": lambda url: WecomRobot(url=url, markdown=True),
    "dingtalk": lambda url: DingtalkRobot(url=url, secret=SECRET),
    "feishu": lambda url: FeishuRobot(url=url, secret=SECRET),
}


@pytest.fixture
def server() -> Iterator[Server]:
    """A provider that says yes, in every provider's words at once."""
    with Server(lambda _: Reply.of(YES)) as running:
        yield running


@pytest.fixture
def clock() -> FixedClock:
    """A clock that stands."""
    return FixedClock(NOW)


def _robot(server: Server, dialect: str, clock: FixedClock) -> Robot:
    url = Secret(server.url(f"/send?key={KEY}"))
    return Robot(name="group", dialect=DIALECTS[dialect](url), egress=EGRESS, clock=clock)


def _refused(robot: Robot) -> DeliveryError:
    with pytest.raises(DeliveryError) as failed:
        robot.send("housing/liaison", "请尽快办理。", ["c1/1/0"])
    assert KEY not in str(failed.value)
    return failed.value


def _content(seen: Seen) -> str:
    body: Any = seen.json
    inner = body.get("text") or body.get("markdown") or body["content"]
    return str(inner.get("content") or inner["text"])


# --- What is a yes --------------------------------------------------------------------------------

# Each with its document: developer.work.weixin.qq.com/document/path/90313, open.dingtalk.com
# /document/orgapp/custom-robot-access, open.feishu.cn/document/client-docs/bot-v3/add-custom-bot.
ANSWERS = [
    ("wecom", 93000, "invalid webhook url", True, None),
    ("wecom", 93004, "robot is disabled", True, None),
    ("wecom", 45009, "api freq out of limit", False, MINUTE),
    ("wecom", -1, "system busy", False, None),
    ("wecom", 45002, "content size out of limit", True, None),
    ("wecom", 77777, "a code of tomorrow", False, None),
    ("dingtalk", 310000, "keywords not in content", False, None),
    ("dingtalk", 310000, "sign not match", False, None),
    ("dingtalk", 400101, "access_token not exist", True, None),
    ("dingtalk", 410100, "send too fast", False, 10 * MINUTE),
    ("dingtalk", 130101, "send too fast, exceed 20 times per minute", False, 10 * MINUTE),
    ("feishu", 9499, "Bad Request", True, None),
    ("feishu", 19001, "param invalid: incoming webhook access token invalid", True, None),
    ("feishu", 19021, "sign match fail or timestamp is not within one hour", False, None),
    ("feishu", 19024, "Key Words Not Found", False, None),
    ("feishu", 11232, "frequency limited", False, MINUTE),
]


@pytest.mark.parametrize(("dialect", "code", "said", "permanent", "wait"), ANSWERS)
@pytest.mark.parametrize("status", [200, 400])
def test_a_refusal_with_status_200_is_no_yes(
    server: Server,
    clock: FixedClock,
    dialect: str,
    code: int,
    said: str,
    permanent: bool,
    wait: timedelta | None,
    status: int,
) -> None:
    """What counts is the provider's own code, whatever the status; its own words are not repeated."""
    name = "code" if dialect == "feishu" else "errcode"
    server.answer = lambda _: Reply.of({name: code, "errmsg": said, "msg": said}, status)
    error = _refused(_robot(server, dialect, clock))
    assert (error.permanent, error.retry_after) == (permanent, wait)
    assert str(code) in str(error)
    assert said not in str(error)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    "reply",
    [
        Reply.of({}),
        Reply.of({"errcode": "0", "code": "0"}),
        Reply.of({"errcode": False, "code": False}),
        Reply.of({"errcode": None, "code": None}),
        Reply.of({"StatusCode": 0, "errmsg": "ok"}),
        Reply.of([0]),
        Reply(200, b""),
        Reply(200, b"ok"),
        Reply(200, b"<html>0</html>"),
        Reply(200, b"[" * 5000),
        Reply.of(YES, 500),
        Reply.of(YES, 302, Location="http://169.254.169.254/"),
        Reply.of(YES, 404),
        Reply(204, b""),
        Reply(200, b"{}", hang=30),
        Reply(200, b"x" * 70_000),
    ],
)
def test_nothing_but_a_plain_yes_is_one(
    server: Server, clock: FixedClock, connections: list[str], dialect: str, reply: Reply
) -> None:
    """Not a code of another kind, not another status, not silence after the request was taken."""
    server.answer = lambda _: reply
    _refused(_robot(server, dialect, clock))
    assert set(connections) == {"127.0.0.1"}
    assert len(connections) == 1


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_wait_that_is_asked_for_is_kept(server: Server, clock: FixedClock, dialect: str) -> None:
    """429 with Retry-After: the error says how long, and nobody is asked again before."""
    server.answer = lambda _: Reply(429, b"", {"Retry-After": "90"})
    robot = _robot(server, dialect, clock)
    assert _refused(robot).retry_after == timedelta(seconds=90)
    clock.move_to(NOW + timedelta(seconds=89))
    assert _refused(robot).retry_after == timedelta(seconds=1)
    assert len(server.seen) == 1
    server.answer = lambda _: Reply.of(YES)
    clock.move_to(NOW + timedelta(seconds=90))
    assert robot.send("office", "请办理。", ["c1/1/0"])


@pytest.mark.parametrize(
    ("dialect", "count", "wait"), [("wecom", 20, 65), ("dingtalk", 20, 65), ("feishu", 5, 1)]
)
def test_no_robot_speaks_too_often(
    server: Server, clock: FixedClock, dialect: str, count: int, wait: int
) -> None:
    """At the documented limit we stop by ourselves, without waiting and without losing the item."""
    robot = _robot(server, dialect, clock)
    for n in range(count):
        robot.send("office", "请办理。", [f"c{n}/1/0"])
    error = _refused(robot)
    assert error.retry_after == timedelta(seconds=wait)
    assert not error.permanent
    assert len(server.seen) == count
    clock.move_to(NOW + timedelta(seconds=wait))
    assert robot.send("office", "请办理。", ["c1/1/0"])


def test_each_message_of_a_long_text_counts(server: Server, clock: FixedClock) -> None:
    """Five texts of four messages are twenty; a text is sent whole or not begun."""
    robot = _robot(server, "wecom", clock)
    for n in range(5):
        robot.send("office", "灯" * 2400, [f"c{n}/1/0"])
    assert len(server.seen) == 20
    assert _refused(robot).retry_after == timedelta(seconds=65)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_gone_is_for_good(server: Server, clock: FixedClock, dialect: str) -> None:
    """410 says more than whatever code comes with it."""
    server.answer = lambda _: Reply.of({"errcode": -1, "code": -1}, 410)
    assert _refused(_robot(server, dialect, clock)).permanent


# --- What is sent ---------------------------------------------------------------------------------


def test_a_message_begins_with_whom_it_is_for(server: Server, clock: FixedClock) -> None:
    """By the name that the address book gives the office, else as the core names it."""
    seat = Seat(to="housing/liaison", persons=(), title="市住建局联络员")
    robot = attrs.evolve(_robot(server, "wecom", clock), book=FixedBook(seats=(seat,)))
    robot.send("housing/liaison", "请办理。", ["c1/1/0"])
    robot.send("office", "请办理。", ["c1/1/0"])
    said = [_content(each) for each in server.seen]
    assert said == ["致市住建局联络员:\n请办理。", "致office:\n请办理。"]


@pytest.mark.parametrize(
    ("dialect", "most"),
    [("wecom", 2048), ("wecom markdown", 4096), ("dingtalk", 20_000), ("feishu", 20_480)],
)
@pytest.mark.parametrize("text", ["灯" * 20_000, '"\\\n' * 12_000, "𠮷" * 9_000, "abc " * 9_000])
def test_no_message_is_longer_than_the_provider_takes(
    server: Server, clock: FixedClock, dialect: str, most: int, text: str
) -> None:
    """Counted in bytes; what is cut off at the very end says so."""
    _robot(server, dialect, clock).send("housing/liaison", text, ["c1/1/0"])
    whole = dialect in ("dingtalk", "feishu")  # they count the request, the others the content
    for each in server.seen:
        assert len(each.body if whole else _content(each).encode()) <= most
    said = "".join(_content(each).partition(":\n")[2] for each in server.seen)
    assert said == text or (said.endswith(CUT) and text.startswith(said.removesuffix(CUT)))
    assert len(server.seen) <= 10


@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_citizens_number_goes_into_a_group(
    server: Server, clock: FixedClock, dialect: str
) -> None:
    """It is refused for good, before anything is sent."""
    robot = _robot(server, dialect, clock)
    with pytest.raises(DeliveryError, match="手机号") as failed:
        robot.send("office", "请联系13812345678。", ["c1/1/0"])
    assert failed.value.permanent
    assert "1381234" not in str(failed.value)
    assert server.seen == []


def test_dingtalk_is_signed_anew_each_time(server: Server, clock: FixedClock) -> None:
    """Milliseconds and secret, signed under the secret: computed here with hmac's older interface."""
    robot = _robot(server, "dingtalk", clock)
    robot.send("office", "请办理。", ["c1/1/0"])
    query = server.seen[0].query
    assert query["key"] == KEY
    assert query["timestamp"] == "1740965415250"
    secret = SECRET.reveal().encode()
    signed = hmac.new(secret, b"1740965415250\n" + secret, hashlib.sha256).digest()
    assert base64.b64decode(query["sign"]) == signed


def test_feishu_is_signed_in_its_own_way(server: Server, clock: FixedClock) -> None:
    """Seconds and secret are the key, and nothing is what is signed."""
    robot = _robot(server, "feishu", clock)
    robot.send("office", "请办理。", ["c1/1/0"])
    body = server.seen[0].json
    assert body["timestamp"] == "1740965415"
    key = b"1740965415\n" + SECRET.reveal().encode()
    assert base64.b64decode(body["sign"]) == hmac.new(key, b"", hashlib.sha256).digest()


@pytest.mark.parametrize("dialect", [DingtalkRobot, FeishuRobot])
def test_without_a_secret_nothing_is_signed(
    server: Server, clock: FixedClock, dialect: Callable[..., Dialect]
) -> None:
    """A robot may be guarded by a keyword instead."""
    robot = Robot(
        name="group", dialect=dialect(url=Secret(server.url())), egress=EGRESS, clock=clock
    )
    robot.send("office", "请办理。", ["c1/1/0"])
    assert "sign" not in server.seen[0].path
    assert "sign" not in server.seen[0].json


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_robot_shows_no_key(server: Server, clock: FixedClock, dialect: str) -> None:
    """Its address is its key: neither it nor the secret is in a repr."""
    shown = repr(_robot(server, dialect, clock))
    assert KEY not in shown
    assert SECRET.reveal() not in shown
