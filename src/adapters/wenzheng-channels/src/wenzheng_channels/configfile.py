"""The shapes of ``channels.toml``: every key that may be written, with its sense.

A secret is never written: ``…_env`` names the environment variable that holds it, ``…_file`` the file.
"""

from __future__ import annotations

from typing import Any

import attrs

SCHEMA = "wenzheng.channels/1"


@attrs.frozen(kw_only=True)
class OutgoingTable:
    """``[outgoing]``: networks and hosts of the city's own, its authority, the proxy on the way out."""

    networks: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    ca_file: str = ""
    proxy: str = ""


@attrs.frozen(kw_only=True)
class ChannelsFile:
    """The whole of ``channels.toml``; each channel's keys follow from its ``kind``."""

    schema: str
    addresses: str = ""
    outgoing: OutgoingTable = OutgoingTable()
    channel: tuple[dict[str, Any], ...] = ()


@attrs.frozen(kw_only=True)
class Common:
    """What every ``[[channel]]`` has: the name by which policies mean it, and its kind."""

    name: str
    kind: str


@attrs.frozen(kw_only=True)
class WecomRobotTable(Common):
    """``kind = "wecom-robot"``."""

    url_env: str = ""
    url_file: str = ""
    markdown: bool = False


@attrs.frozen(kw_only=True)
class SignedRobotTable(Common):
    """``kind = "dingtalk-robot"`` and ``"feishu-robot"``; the secret is that of 加签."""

    url_env: str = ""
    url_file: str = ""
    secret_env: str = ""
    secret_file: str = ""


@attrs.frozen(kw_only=True)
class WecomAppTable(Common):
    """``kind = "wecom-app"``."""

    corp: str
    agent: int
    secret_env: str = ""
    secret_file: str = ""
    api: str = ""


@attrs.frozen(kw_only=True)
class SmsTable(Common):
    """What all short messages have: characters of one, and how many a text takes at most."""

    room: int = 400
    most: int = 1
    secret_env: str = ""
    secret_file: str = ""


@attrs.frozen(kw_only=True)
class AliyunSmsTable(SmsTable):
    """``kind = "aliyun-sms"``; ``params`` fills the template's variables by name."""

    key_id: str
    sign: str
    template: str
    params: dict[str, str]
    api: str = ""


@attrs.frozen(kw_only=True)
class TencentSmsTable(SmsTable):
    """``kind = "tencent-sms"``; ``params`` fills the template's variables in order."""

    secret_id: str
    app: str
    sign: str
    template: str
    params: tuple[str, ...]
    region: str = "ap-guangzhou"
    api: str = ""


@attrs.frozen(kw_only=True)
class GatewayTable(SmsTable):
    """``kind = "gateway"``; see :class:`wenzheng_channels.gateway.Gateway`."""

    url: str = ""
    url_env: str = ""
    url_file: str = ""
    method: str = "POST"
    form: bool = False
    fields: dict[str, str]
    headers: dict[str, str] = attrs.field(factory=dict)
    success_path: str
    success_value: str
    receipt_path: str
    busy: tuple[str, ...] = ()
    hopeless: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class MailTable(Common):
    """``kind = "email"``; ``implicit`` is TLS from the start, else STARTTLS is required."""

    host: str
    sender: str
    port: int = 587
    implicit: bool = False
    user: str = ""
    password_env: str = ""
    password_file: str = ""
    title: str = "留言办理"
    hello: str = "localhost"


@attrs.frozen(kw_only=True)
class WebhookTable(Common):
    """``kind = "webhook"``; several secrets are parted by spaces or lines, the newest first."""

    url: str = ""
    url_env: str = ""
    url_file: str = ""
    secret_env: str = ""
    secret_file: str = ""


@attrs.frozen(kw_only=True)
class AppriseTable(Common):
    """``kind = "apprise"``."""

    url_env: str = ""
    url_file: str = ""
