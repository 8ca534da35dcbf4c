"""企业微信群机器人 (https://developer.work.weixin.qq.com/document/path/91770).

Text holds 2,048 bytes, Markdown 4,096; a robot may speak 20 times a minute. Every answer has the
status 200: what counts is ``errcode`` (https://developer.work.weixin.qq.com/document/path/90313).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import attrs

from wenzheng_channels.answers import Verdict, number_of, refused
from wenzheng_channels.limits import Limit
from wenzheng_channels.parts import utf8_size
from wenzheng_channels.robots import NETWORK
from wenzheng_channels.secrets import Secret
from wenzheng_core.ports import DeliveryError

MINUTE = timedelta(minutes=1)
VERDICTS = {
    -1: Verdict("企业微信系统繁忙"),
    45002: Verdict("文字超过企业微信的长度限制", permanent=True),
    45009: Verdict("企业微信机器人发送过于频繁", wait=MINUTE),
    45033: Verdict("企业微信接口并发过多", wait=MINUTE),
    93000: Verdict("机器人地址无效,或机器人已被移出群", permanent=True),
    93004: Verdict("机器人已被停用", permanent=True),
    93008: Verdict("机器人不在群里", permanent=True),
}


@attrs.frozen(kw_only=True)
class WecomRobot:
    """The :class:`~wenzheng_channels.robots.Dialect` of 企业微信.

    Attributes:
        url: the robot's address, which is its key.
        markdown: whether signs in a text are read as Markdown, and as much again fits in.
    """

    url: Secret
    markdown: bool = False
    whom: str = attrs.field(default="企业微信机器人", init=False)
    most: int = attrs.field(default=10, init=False)
    limits: tuple[Limit, ...] = attrs.field(default=(Limit(20, MINUTE + NETWORK),), init=False)

    @property
    def room(self) -> int:
        """Bytes of UTF-8."""
        return 4096 if self.markdown else 2048

    def size(self, text: str) -> int:
        """Bytes of UTF-8."""
        return utf8_size(text)

    def request(self, text: str, now: datetime) -> tuple[str, Mapping[str, Any]]:
        """The robot's address as it is; it takes no signature."""
        kind = "markdown" if self.markdown else "text"
        return self.url.reveal(), {"msgtype": kind, kind: {"content": text}}

    def refusal(self, body: Mapping[str, Any]) -> DeliveryError | None:
        """Accepted is ``errcode`` 0 and nothing else."""
        code = number_of(body, "errcode")
        return None if code == 0 else refused(self.whom, code, VERDICTS)
