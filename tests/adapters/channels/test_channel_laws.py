"""Every channel keeps the laws of the port, with its provider played by a server of the test's own."""

from __future__ import annotations

import json
import re
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from email import message_from_bytes
from email.header import decode_header, make_header
from typing import Any

import attrs
import httpcore
import trustme
from aiosmtpd.controller import Controller

from wenzheng_channels.addresses import FixedBook, Person, Seat, Way
from wenzheng_channels.aliyun_sms import AliyunSms
from wenzheng_channels.apprise_channel import AppriseChannel
from wenzheng_channels.dingtalk_robot import DingtalkRobot
from wenzheng_channels.feishu_robot import FeishuRobot
from wenzheng_channels.gateway import Gateway
from wenzheng_channels.mail import KEYS, Mail, Relay
from wenzheng_channels.outgoing import Egress
from wenzheng_channels.robots import Dialect, Robot
from wenzheng_channels.secrets import Secret
from wenzheng_channels.short_messages import Provider, ShortMessages
from wenzheng_channels.tencent_sms import TencentSms
from wenzheng_channels.testing import LOOPBACK, Reply, Seen, Server
from wenzheng_channels.webhook import Webhook
from wenzheng_channels.wecom_app import WecomApp
from wenzheng_channels.wecom_robot import WecomRobot
from wenzheng_core.clock import FixedClock
from wenzheng_core.ports import Channel
from wenzheng_core.testing import Arrived, ChannelBench, channel_suite
from wenzheng_core.testing.builders import START

TLS = httpcore.default_ssl_context()
EGRESS = Egress(reach=LOOPBACK, tls=TLS)
CLOCK = FixedClock(START)
TO, PHONE, MEMBER, BOX = "housing/liaison", "13800138000", "zhangsan", "zhang@example.gov.cn"
ADDRESSES = {Way.PHONE: PHONE, Way.WECOM: MEMBER, Way.EMAIL: BOX}
BOOK = FixedBook(
    persons=(Person(id="zhang", name="张三", addresses=ADDRESSES),),
    seats=(Seat(to=TO, persons=("zhang",)),),
)
OFFICES = {PHONE: TO, MEMBER: TO, BOX: TO}
SECRET = Secret("SEC-a-secret")
SIGNING = Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")


@attrs.define
class Desk:
    """What came to a provider, and whether it accepts."""

    accepts: bool = True
    came: list[Arrived] = attrs.field(factory=list)

    def take(self, to: str, text: str, keys: Sequence[str] = ()) -> None:
        """Note a message; a further piece goes behind the one before."""
        numbered = re.match(r"\((\d+)/(\d+)\)", text)
        piece = text[numbered.end() :] if numbered else text
        if numbered and numbered[1] != "1":
            last = self.came.pop()
            piece = last.text + piece
        self.came.append(Arrived(to, piece, tuple(keys)))

    def bench(self, channel: Channel, *, carries_keys: bool) -> ChannelBench:
        """The bench of a channel whose provider writes to this desk."""
        return ChannelBench(
            channel,
            arrived=lambda: self.came,
            refuse=lambda: setattr(self, "accepts", False),
            accept=lambda: setattr(self, "accepts", True),
            carries_keys=carries_keys,
            to=TO,
        )


Play = Callable[[Desk, Seen], Reply]
Make = Callable[[Server], Channel]


def suite(make: Make, play: Play, *, carries_keys: bool = False) -> type[Any]:
    """The laws of a channel over HTTP."""

    @contextmanager
    def fresh() -> Iterator[ChannelBench]:
        desk = Desk()
        with Server(lambda seen: play(desk, seen)) as server:
            yield desk.bench(make(server), carries_keys=carries_keys)

    return channel_suite(fresh)


# --- Robots ---------------------------------------------------------------------------------------

HEADING = re.compile(r"致(.+?)(\(\d+/\d+\))?:\n")


def _robot(dialect: Callable[[Secret], Dialect]) -> Make:
    def make(server: Server) -> Channel:
        url = Secret(server.url("/robot?key=k"))
        return Robot(name="group", dialect=dialect(url), egress=EGRESS, clock=CLOCK, book=BOOK)

    return make


def _group(text: Callable[[Any], str], yes: object, no: object) -> Play:
    """A group chat: whom a message is for stands in its heading."""

    def play(desk: Desk, seen: Seen) -> Reply:
        if not desk.accepts:
            return Reply.of(no)
        said = text(seen.json)
        heading = HEADING.match(said)
        assert heading
        desk.take(heading[1], (heading[2] or "") + said[heading.end() :])
        return Reply.of(yes)

    return play


YES = {"errcode": 0, "errmsg": "ok"}
TestWecomRobot = suite(
    _robot(lambda url: WecomRobot(url=url)),
    _group(lambda body: body["text"]["content"], YES, {"errcode": -1, "errmsg": "system busy"}),
)
TestWecomRobotMarkdown = suite(
    _robot(lambda url: WecomRobot(url=url, markdown=True)),
    _group(lambda body: body["markdown"]["content"], YES, {"errcode": -1, "errmsg": "busy"}),
)
TestDingtalkRobot = suite(
    _robot(lambda url: DingtalkRobot(url=url, secret=SECRET)),
    _group(
        lambda body: body["text"]["content"], YES, {"errcode": 310000, "errmsg": "sign not match"}
    ),
)
TestFeishuRobot = suite(
    _robot(lambda url: FeishuRobot(url=url, secret=SECRET)),
    _group(
        lambda body: body["content"]["text"],
        {"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}, "msg": "success"},
        {"code": 19021, "data": {}, "msg": "sign match fail or timestamp is not within one hour"},
    ),
)


# --- Persons --------------------------------------------------------------------------------------


def _app(desk: Desk, seen: Seen) -> Reply:
    if seen.path.startswith("/cgi-bin/gettoken"):
        return Reply.of({"errcode": 0, "errmsg": "ok", "access_token": "t", "expires_in": 7200})
    if not desk.accepts:
        return Reply.of({"errcode": 60020, "errmsg": "not allow to access from your ip"})
    desk.take(OFFICES[seen.json["touser"]], seen.json["text"]["content"])
    return Reply.of({**YES, "invaliduser": "", "msgid": "m1"})


TestWecomApp = suite(
    lambda server: WecomApp(
        name="app",
        corp="ww1",
        agent=1000002,
        secret=SECRET,
        book=BOOK,
        egress=EGRESS,
        clock=CLOCK,
        api=server.url().rstrip("/"),
    ),
    _app,
)


def _sms(provider: Callable[[str], Provider]) -> Make:
    def make(server: Server) -> Channel:
        return ShortMessages(
            name="sms",
            provider=provider(server.url().rstrip("/")),
            book=BOOK,
            egress=EGRESS,
            clock=CLOCK,
            room=2000,
            most=5,
        )

    return make


def _aliyun(desk: Desk, seen: Seen) -> Reply:
    if not desk.accepts:
        return Reply.of({"Code": "isv.OUT_OF_SERVICE", "Message": "业务停机", "RequestId": "R"})
    desk.take(OFFICES[seen.query["PhoneNumbers"]], json.loads(seen.query["TemplateParam"])["text"])
    return Reply.of(
        {"Code": "OK", "Message": "OK", "RequestId": "R", "BizId": "900619746936498440"}
    )


TestAliyunSms = suite(
    _sms(
        lambda api: AliyunSms(
            key_id="id",
            secret=SECRET,
            sign="例市",
            template="SMS_1",
            params={"text": "{text}"},
            api=api,
        )
    ),
    _aliyun,
)


def _tencent(desk: Desk, seen: Seen) -> Reply:
    phone = seen.json["PhoneNumberSet"][0]
    status = {"SerialNo": "5000:1", "PhoneNumber": phone, "Fee": 1, "Code": "Ok"}
    if desk.accepts:
        desk.take(OFFICES[phone.removeprefix("+86")], seen.json["TemplateParamSet"][0])
    else:
        status |= {"SerialNo": "", "Code": "FailedOperation.InsufficientBalanceInSmsPackage"}
    return Reply.of({"Response": {"SendStatusSet": [status], "RequestId": "R"}})


TestTencentSms = suite(
    _sms(
        lambda api: TencentSms(
            secret_id="id",
            secret=SECRET,
            app="1400006666",
            sign="例市",
            template="1110",
            params=("{text}",),
            api=api,
        )
    ),
    _tencent,
)


def _gateway(*, form: bool) -> type[Any]:
    def play(desk: Desk, seen: Seen) -> Reply:
        if not desk.accepts:
            return Reply.of({"code": 7, "msg": "维护中"})
        came = seen.form if form else seen.json
        desk.take(OFFICES[came["mobile"]], came["content"], came["ids"].split(","))
        return Reply.of({"code": 0, "data": [{"id": 17}]})

    def provider(api: str) -> Provider:
        return Gateway(
            url=Secret(f"{api}/sms"),
            fields={"mobile": "{phones}", "content": "{text}", "ids": "{keys}"},
            success="code",
            success_value="0",
            receipt_path="data.0.id",
            form=form,
        )

    return suite(_sms(provider), play, carries_keys=True)


TestGatewayJson = _gateway(form=False)
TestGatewayForm = _gateway(form=True)


# --- Systems --------------------------------------------------------------------------------------


def _hook(desk: Desk, seen: Seen) -> Reply:
    if not desk.accepts:
        return Reply(500)
    data = seen.json["data"]
    desk.take(data["to"], data["text"], data["keys"])
    return Reply(204)


TestWebhook = suite(
    lambda server: Webhook(
        name="oa", url=Secret(server.url()), secrets=(SIGNING,), egress=EGRESS, clock=CLOCK
    ),
    _hook,
    carries_keys=True,
)


@contextmanager
def _apprise() -> Iterator[ChannelBench]:
    desk = Desk()

    class Notifier:
        def add(self, url: str) -> bool:
            return url == "json://localhost"

        def notify(self, body: str, title: str) -> bool:
            if desk.accepts:
                desk.take(title.partition("致")[2], body)
            return desk.accepts

    channel = AppriseChannel(
        name="rest", url=Secret("json://localhost"), clock=CLOCK, make=Notifier
    )
    yield desk.bench(channel, carries_keys=False)


TestApprise = channel_suite(_apprise)


# --- E-mail ---------------------------------------------------------------------------------------

MAIL_HOST = "mail.example.gov.cn"
AUTHORITY = trustme.CA()
TRUSTING = ssl.create_default_context()
AUTHORITY.configure_trust(TRUSTING)
PRESENTING = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
AUTHORITY.issue_cert(MAIL_HOST).configure_cert(PRESENTING)


class MailServer:
    """The handler of aiosmtpd's events."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        """Take a mail, or ask to come again."""
        if not self.desk.accepts:
            return "451 4.3.0 try again later"
        mail = message_from_bytes(envelope.content)
        text = mail.get_payload(decode=True)
        assert isinstance(text, bytes)
        keys = str(make_header(decode_header(mail[KEYS]))).split()
        self.desk.take(OFFICES[envelope.rcpt_tos[0]], text.decode("utf-8"), keys)
        return "250 OK"


@contextmanager
def _mail() -> Iterator[ChannelBench]:
    desk = Desk()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(
        MailServer(desk),
        hostname="127.0.0.1",
        port=port,
        server_hostname=MAIL_HOST,
        tls_context=PRESENTING,
        require_starttls=True,
    )
    controller.start()
    relay = Relay(
        host=MAIL_HOST,
        port=port,
        reach=attrs.evolve(LOOPBACK, resolve=lambda host, port: ["127.0.0.1"]),
        tls=TRUSTING,
    )
    channel = Mail(name="email", relay=relay, sender="wz@example.gov.cn", book=BOOK, clock=CLOCK)
    try:
        yield desk.bench(channel, carries_keys=True)
    finally:
        controller.stop()


TestMail = channel_suite(_mail)
