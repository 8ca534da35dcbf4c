"""企业微信应用消息: to persons, by an application of the office's own.

https://developer.work.weixin.qq.com/document/path/90236 (send) and …/path/91039 (access token). An
application may reach one member 30 times a minute and 1,000 times an hour; what goes beyond that is
dropped there *without an error*, so the count is kept here.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import attrs

from wenzheng_channels.addresses import AddressBook, Way
from wenzheng_channels.answers import (
    Verdict,
    number_of,
    object_of,
    refused,
    require_accepted,
    text_of,
)
from wenzheng_channels.limits import Limit, Meter
from wenzheng_channels.outgoing import Egress
from wenzheng_channels.parts import NUMBER_ROOM, divide, numbered, utf8_size
from wenzheng_channels.robots import JSON_HEADERS, NETWORK, to_bytes
from wenzheng_channels.secrets import Secret
from wenzheng_core.clock import SystemClock
from wenzheng_core.ports import DeliveryError, TimeSource

API = "https://qyapi.weixin.qq.com"
WHOM = "企业微信应用消息"
ROOM = 2048
MOST_PARTS = 10
TOKEN_CODES = (40014, 42001)
"""The access token is not valid, or not any more: another is fetched at once, once."""

MINUTE = timedelta(minutes=1)
EARLY = timedelta(minutes=5)
VERDICTS = {
    -1: Verdict("企业微信系统繁忙"),
    40001: Verdict("应用的 Secret 不对,请核对"),
    40013: Verdict("企业 ID 不对,请核对"),
    40014: Verdict("访问凭证无效"),
    42001: Verdict("访问凭证已过期"),
    45009: Verdict("企业微信接口调用过于频繁", wait=MINUTE),
    45033: Verdict("企业微信接口并发过多", wait=MINUTE),
    60020: Verdict("本机的出口 IP 不在应用的可信 IP 中"),
    81013: Verdict("收件人都不在应用的可见范围内,请核对通讯录中的企业微信账号"),
}
_DROPPED = ("invaliduser", "invalidparty", "invalidtag", "unlicenseduser")


@attrs.define
class _Token:
    """The access token in hand; 企业微信 asks to keep it and not to fetch one for each message."""

    value: Secret = Secret("")
    until: datetime | None = None
    lock: threading.Lock = attrs.field(factory=threading.Lock, repr=False)


def _meter() -> Meter:
    limits = (Limit(30, MINUTE + NETWORK), Limit(1000, timedelta(hours=1) + NETWORK))
    return Meter(whom=WHOM, limits=limits)


@attrs.define(kw_only=True)
class WecomApp:
    """A :class:`~wenzheng_core.ports.Channel` to members of the office's 企业微信.

    The same text to the same members is shown once in half an hour (``enable_duplicate_check``), so
    that a repetition after a lost answer disturbs nobody.

    Attributes:
        corp: the 企业 ID.
        agent: the application's AgentId.
        secret: the application's Secret.
        book: knows the members' userid.
        api: where the interface is; a private deployment has its own.
    """

    name: str
    corp: str
    agent: int
    secret: Secret
    book: AddressBook
    egress: Egress = attrs.field(factory=Egress)
    clock: TimeSource = SystemClock()
    api: str = API
    _token: _Token = attrs.field(factory=_Token, init=False, repr=False)
    _meter: Meter = attrs.field(factory=_meter, init=False)

    def send(self, to: str, text: str, keys: Sequence[str]) -> str:
        """Send to everybody that the book names, and return 企业微信's message ids."""
        now = self.clock.now()
        members = [each.value for each in self.book.resolve(to, Way.WECOM, now)]
        pieces = numbered(divide(text, ROOM - NUMBER_ROOM, MOST_PARTS, utf8_size))
        self._meter.take(len(pieces), now, members)
        return ",".join(self._send(members, piece) for piece in pieces)

    def _send(self, members: Sequence[str], text: str) -> str:
        now = self.clock.now()
        answer = self._call(members, text, now)
        if number_of(answer, "errcode") in TOKEN_CODES:
            self._forget()
            answer = self._call(members, text, now)
        self._require_taken(answer, now)
        return text_of(answer, "msgid") or f"{self.name}@{now.isoformat(timespec='seconds')}"

    def _call(self, members: Sequence[str], text: str, now: datetime) -> Mapping[str, Any]:
        body = {
            "touser": "|".join(members),
            "msgtype": "text",
            "agentid": self.agent,
            "text": {"content": text},
            "safe": 0,
            "enable_duplicate_check": 1,
            "duplicate_check_interval": 1800,
        }
        query = urlencode({"access_token": self._fresh(now).reveal()})
        url = f"{self.api}/cgi-bin/message/send?{query}"
        answer = self.egress.post(WHOM, url, to_bytes(body), JSON_HEADERS)
        require_accepted(WHOM, answer, now)
        return object_of(WHOM, answer)

    def _require_taken(self, answer: Mapping[str, Any], now: datetime) -> None:
        code = number_of(answer, "errcode")
        if code != 0:
            error = refused(WHOM, code, VERDICTS)
            if error.retry_after:
                self._meter.hold(error.retry_after, now)
            raise error
        dropped = [name for each in _DROPPED for name in text_of(answer, each).split("|") if name]
        if dropped:
            # The others have it: trying again would tell them again, and these never.
            raise DeliveryError(
                f"{WHOM}:部分收件人未送达({len(dropped)} 个账号无效、未授权或不可见);"
                "其余已送达,请核对通讯录后单独补发",
                permanent=True,
            )

    def _fresh(self, now: datetime) -> Secret:
        """A token that is valid for some minutes yet; one thread fetches it, the others wait."""
        with self._token.lock:
            if self._token.until is None or now >= self._token.until:
                self._token.value, self._token.until = self._fetched(now)
            return self._token.value

    def _forget(self) -> None:
        with self._token.lock:
            self._token.until = None

    def _fetched(self, now: datetime) -> tuple[Secret, datetime]:
        query = urlencode({"corpid": self.corp, "corpsecret": self.secret.reveal()})
        answer = self.egress.request(WHOM, "GET", f"{self.api}/cgi-bin/gettoken?{query}", b"", {})
        require_accepted(WHOM, answer, now)
        body = object_of(WHOM, answer)
        code, token = number_of(body, "errcode"), text_of(body, "access_token")
        if code != 0 or not token:
            raise refused(WHOM, code, VERDICTS)
        lasts = timedelta(seconds=number_of(body, "expires_in") or 0)
        return Secret(token), now + max(lasts - EARLY, timedelta(0))
