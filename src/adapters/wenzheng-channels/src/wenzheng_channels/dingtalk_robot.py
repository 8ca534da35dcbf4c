"""钉钉自定义机器人 (https://open.dingtalk.com/document/orgapp/custom-robot-access).

A robot may speak 20 times a minute and is silenced for ten minutes if it speaks more. With 加签 every
request carries the milliseconds and their HMAC-SHA256 under the robot's secret
(https://open.dingtalk.com/document/robots/customize-robot-security-settings); it may be an hour old.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import attrs

from wenzheng_channels.answers import Verdict, number_of, refused
from wenzheng_channels.limits import Limit
from wenzheng_channels.parts import json_size
from wenzheng_channels.robots import NETWORK
from wenzheng_channels.secrets import Secret
from wenzheng_core.ports import DeliveryError

MINUTE = timedelta(minutes=1)
SILENCED = timedelta(minutes=10)
VERDICTS = {
    -1: Verdict("钉钉系统繁忙"),
    130101: Verdict("钉钉机器人发送过于频繁,已被限流", wait=SILENCED),
    310000: Verdict("未通过机器人的安全设置,请核对加签密钥、关键词、出口 IP 和本机时间"),
    400013: Verdict("群已被解散", permanent=True),
    400101: Verdict("机器人地址无效", permanent=True),
    400102: Verdict("机器人已停用", permanent=True),
    400106: Verdict("机器人不存在", permanent=True),
    410100: Verdict("钉钉机器人发送过于频繁,已被限流", wait=SILENCED),
    430101: Verdict("文字含有被拒的外链", permanent=True),
    430102: Verdict("文字被判为不合适", permanent=True),
    430104: Verdict("内容被判为不合适", permanent=True),
    460101: Verdict("文字超过钉钉的长度限制", permanent=True),
}


@attrs.frozen(kw_only=True)
class DingtalkRobot:
    """The :class:`~wenzheng_channels.robots.Dialect` of 钉钉.

    Attributes:
        url: the robot's address with its ``access_token``.
        secret: the secret of 加签 (``SEC…``); without it a keyword or an IP must be set there.
    """

    url: Secret
    secret: Secret | None = None
    whom: str = attrs.field(default="钉钉机器人", init=False)
    room: int = attrs.field(default=19_500, init=False)
    most: int = attrs.field(default=10, init=False)
    limits: tuple[Limit, ...] = attrs.field(default=(Limit(20, MINUTE + NETWORK),), init=False)

    def size(self, text: str) -> int:
        """Bytes as they stand in the request, which may have 20,000 in all."""
        return json_size(text)

    def request(self, text: str, now: datetime) -> tuple[str, Mapping[str, Any]]:
        """The address, with the instant and its signature where there is a secret."""
        url = self.url.reveal()
        if self.secret is not None:
            stamp = str(int(now.timestamp() * 1000))
            sign = signature(self.secret, stamp)
            joint = "&" if "?" in url else "?"
            url = f"{url}{joint}{urlencode({'timestamp': stamp, 'sign': sign})}"
        return url, {"msgtype": "text", "text": {"content": text}}

    def refusal(self, body: Mapping[str, Any]) -> DeliveryError | None:
        """Accepted is ``errcode`` 0 and nothing else."""
        code = number_of(body, "errcode")
        return None if code == 0 else refused(self.whom, code, VERDICTS)


def signature(secret: Secret, stamp: str) -> str:
    """HMAC-SHA256 of 「stamp, line feed, secret」 under the secret, in Base64."""
    key = secret.reveal()
    digest = hmac.digest(key.encode(), f"{stamp}\n{key}".encode(), hashlib.sha256)
    return base64.b64encode(digest).decode()
