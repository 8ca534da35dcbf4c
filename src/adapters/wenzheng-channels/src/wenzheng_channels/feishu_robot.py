"""飞书自定义机器人 (https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot).

A robot may speak 100 times a minute and 5 times a second; a request holds 20 KB. 飞书 advises against
the full and the half hour, when it may answer 11232 to anybody.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import attrs

from wenzheng_channels.answers import Verdict, number_of, refused
from wenzheng_channels.limits import Limit
from wenzheng_channels.parts import json_size
from wenzheng_channels.robots import NETWORK
from wenzheng_channels.secrets import Secret
from wenzheng_core.ports import DeliveryError

MINUTE = timedelta(minutes=1)
LIMITS = (Limit(5, timedelta(seconds=1)), Limit(100, MINUTE + NETWORK))
VERDICTS = {
    9499: Verdict("飞书认为请求的格式不对", permanent=True),
    11232: Verdict("飞书限流", wait=MINUTE),
    19001: Verdict("机器人地址无效", permanent=True),
    19021: Verdict("签名未通过,请核对密钥和本机时间"),
    19022: Verdict("本机的出口 IP 不在机器人的白名单"),
    19024: Verdict("文字中没有机器人要求的关键词"),
    99991400: Verdict("飞书限流", wait=MINUTE),
}


@attrs.frozen(kw_only=True)
class FeishuRobot:
    """The :class:`~wenzheng_channels.robots.Dialect` of 飞书.

    Attributes:
        url: the robot's address, which is its key.
        secret: the secret of 签名校验, if it is switched on.
    """

    url: Secret
    secret: Secret | None = None
    whom: str = attrs.field(default="飞书机器人", init=False)
    room: int = attrs.field(default=18_000, init=False)
    most: int = attrs.field(default=5, init=False)
    limits: tuple[Limit, ...] = attrs.field(default=LIMITS, init=False)

    def size(self, text: str) -> int:
        """Bytes as they stand in the request, where signs are escaped."""
        return json_size(text)

    def request(self, text: str, now: datetime) -> tuple[str, Mapping[str, Any]]:
        """The address as it is; the instant and its signature go into the body."""
        body: dict[str, Any] = {"msg_type": "text", "content": {"text": text}}
        if self.secret is not None:
            stamp = str(int(now.timestamp()))
            body = {"timestamp": stamp, "sign": signature(self.secret, stamp), **body}
        return self.url.reveal(), body

    def refusal(self, body: Mapping[str, Any]) -> DeliveryError | None:
        """Accepted is ``code`` 0 and nothing else; ``StatusCode`` is kept there for old programs."""
        code = number_of(body, "code")
        return None if code == 0 else refused(self.whom, code, VERDICTS)


def signature(secret: Secret, stamp: str) -> str:
    """HMAC-SHA256 of nothing under 「stamp, line feed, secret」, in Base64: not as 钉钉 does it."""
    digest = hmac.digest(f"{stamp}\n{secret.reveal()}".encode(), b"", hashlib.sha256)
    return base64.b64encode(digest).decode()
