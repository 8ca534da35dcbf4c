"""Signed webhooks: the specification's example, rotation, ids that lose no item."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpcore
import pytest
from standardwebhooks.webhooks import Webhook as Signer

from wenzheng_channels.outgoing import Egress
from wenzheng_channels.secrets import Secret
from wenzheng_channels.testing import LOOPBACK, Reply, Server
from wenzheng_channels.webhook import Webhook, event_id, fault_of_secret
from wenzheng_core.clock import FixedClock
from wenzheng_core.ports import DeliveryError

NOW = datetime(2025, 3, 3, 1, 30, 15, 999_999, tzinfo=UTC)
EGRESS = Egress(reach=LOOPBACK, tls=httpcore.default_ssl_context(), silence=0.2, total=0.5)
OLD = Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
NEW = Secret("whsec_" + "YW5ldyBzZWNyZXQgb2YgMzIgYnl0ZXMsIGV4YWN0bHk=")


@pytest.fixture
def server() -> Iterator[Server]:
    """A receiver that says yes."""
    with Server(lambda _: Reply(204)) as running:
        yield running


def _hook(server: Server, *secrets: Secret) -> Webhook:
    return Webhook(
        name="oa",
        url=Secret(server.url("/hook?key=in-the-url")),
        secrets=secrets or (OLD,),
        egress=EGRESS,
        clock=FixedClock(NOW),
    )


def _refused(hook: Webhook) -> DeliveryError:
    with pytest.raises(DeliveryError) as failed:
        hook.send("office", "请办理。", ["c1/1/0"])
    assert "in-the-url" not in str(failed.value)
    return failed.value


def test_the_signer_gives_the_published_example() -> None:
    """The vector that the specification's own libraries are tested with."""
    at = datetime.fromtimestamp(1614265330, UTC)
    signed = Signer(OLD.reveal()).sign("msg_p5jXN8AQM9LWM0D4loKWxJek", at, '{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_what_is_sent_is_what_is_signed(server: Server) -> None:
    """Id, seconds and body, by every secret in hand: a receiver with any of them can check it."""
    _hook(server, NEW, OLD).send("office", "请办理。", ["c1/1/0"])
    seen = server.seen[0]
    event, seconds = seen.headers["webhook-id"], seen.headers["webhook-timestamp"]
    assert seconds == "1740965415"
    at = datetime.fromtimestamp(int(seconds), UTC)
    wanted = [Signer(each.reveal()).sign(event, at, seen.body.decode()) for each in (NEW, OLD)]
    assert seen.headers["webhook-signature"].split() == wanted
    assert seen.json["type"] == "wenzheng.notice"


def test_an_id_stays_with_its_items() -> None:
    """The same items, the same id; another company, another: or a receiver would drop a new one."""
    assert event_id(["a", "b"]) == event_id(["a", "b"])
    assert len({event_id(keys) for keys in (["a"], ["b"], ["a", "b"], ["b", "a"], ["ab"])}) == 5
    assert "." not in event_id(["a.b"])


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 404, 500, 503])
def test_what_is_not_2xx_is_tried_again(server: Server, status: int) -> None:
    """A redirect, too, though it leads to this very machine."""
    server.answer = lambda _: Reply(status, b"", {"Location": "http://127.0.0.1:1/"})
    error = _refused(_hook(server))
    assert (error.permanent, error.retry_after) == (False, None)
    assert str(status) in str(error)


def test_gone_is_for_good(server: Server) -> None:
    """410: the receiver wants no more."""
    server.answer = lambda _: Reply(410)
    assert _refused(_hook(server)).permanent


@pytest.mark.parametrize(
    ("asked", "wait"),
    [
        ("120", timedelta(seconds=120)),
        ("999999", timedelta(days=1)),
        (format_datetime(NOW.replace(microsecond=0) + timedelta(minutes=5), usegmt=True), None),
        ("-5", None),
        ("soon", None),
        ("", None),
        ("Mon, 03 Mar 2020 01:30:15 GMT", None),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_heard(
    server: Server, asked: str, wait: timedelta | None, status: int
) -> None:
    """Seconds or a date, a day at most; nonsense is not."""
    server.answer = lambda _: Reply(status, b"", {"Retry-After": asked})
    if asked.endswith("GMT") and "2025" in asked:
        wait = timedelta(minutes=5, microseconds=-999_999)
    assert _refused(_hook(server)).retry_after == wait


def test_silence_after_acceptance_is_no_yes(server: Server) -> None:
    """The next try has the same id, by which the receiver knows it."""
    server.answer = lambda _: Reply(200, hang=30)
    hook = _hook(server)
    _refused(hook)
    server.answer = lambda _: Reply(200)
    hook.send("office", "请办理。", ["c1/1/0"])
    first, second = server.seen
    assert first.headers["webhook-id"] == second.headers["webhook-id"]


@pytest.mark.parametrize(
    ("secret", "sound"),
    [
        (OLD.reveal(), True),
        (OLD.reveal().removeprefix("whsec_"), True),
        ("whsec_", False),
        ("whsec_c2hvcnQ=", False),
        ("whsec_!!!", False),
        ("whsec_" + "QUFB" * 22, False),
    ],
)
def test_a_secret_has_24_to_64_bytes(secret: str, sound: bool) -> None:
    """As the specification asks; what is wrong is said without the secret."""
    said = fault_of_secret(secret)
    assert (said == "") is sound
    assert secret not in said


def test_a_webhook_shows_no_secret(server: Server) -> None:
    """Neither its secrets nor its URL."""
    shown = repr(_hook(server))
    assert "MfKQ" not in shown
    assert "in-the-url" not in shown
