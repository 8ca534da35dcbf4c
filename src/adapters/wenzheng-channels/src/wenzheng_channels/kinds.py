"""From a table of ``channels.toml`` to a channel: one function for each kind."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import attrs

from wenzheng_channels import aliyun_sms, tencent_sms, wecom_app
from wenzheng_channels.aliyun_sms import AliyunSms
from wenzheng_channels.apprise_channel import AppriseChannel
from wenzheng_channels.configfile import (
    AliyunSmsTable,
    AppriseTable,
    Common,
    GatewayTable,
    MailTable,
    SignedRobotTable,
    SmsTable,
    TencentSmsTable,
    WebhookTable,
    WecomAppTable,
    WecomRobotTable,
)
from wenzheng_channels.dingtalk_robot import DingtalkRobot
from wenzheng_channels.feishu_robot import FeishuRobot
from wenzheng_channels.gateway import Gateway
from wenzheng_channels.mail import Mail, Relay
from wenzheng_channels.reading import Reading
from wenzheng_channels.robots import Dialect, Robot
from wenzheng_channels.secrets import Secret
from wenzheng_channels.short_messages import FIELDS, Provider, ShortMessages
from wenzheng_channels.tencent_sms import TencentSms
from wenzheng_channels.webhook import Webhook, fault_of_secret
from wenzheng_channels.wecom_app import WecomApp
from wenzheng_channels.wecom_robot import WecomRobot
from wenzheng_core.domain.errors import Fault
from wenzheng_core.notices import FORWARD, PUBLISH, REPLY
from wenzheng_core.ports import Channel

CITIZENS_WORDS = (PUBLISH, REPLY, FORWARD)
"""Channels whose texts people wrote; into a group go only texts that the core made."""

_LEAST_ROOM = 20
_MAILBOX = re.compile(r"[^\s@<>,;]+@[A-Za-z0-9.-]+", re.ASCII)


@attrs.frozen
class Kind:
    """A kind of channel: the shape of its table, what makes it, and what it needs.

    Attributes:
        in_group: whether everybody in a group reads it.
        needs_book: whether it goes to persons, and so needs an address book.
    """

    table: type[Common]
    make: Callable[[Any, Reading, str], Channel]
    in_group: bool = False
    needs_book: bool = False


def _robot(table: Common, dialect: Dialect, reading: Reading) -> Channel:
    return Robot(
        name=table.name,
        dialect=dialect,
        egress=reading.egress,
        clock=reading.clock,
        book=reading.book,
    )


def _wecom_robot(table: WecomRobotTable, reading: Reading, path: str) -> Channel:
    dialect = WecomRobot(url=reading.url(table, path), markdown=table.markdown)
    return _robot(table, dialect, reading)


def _dingtalk_robot(table: SignedRobotTable, reading: Reading, path: str) -> Channel:
    secret = reading.secret_if_any(table, "secret", path)
    return _robot(table, DingtalkRobot(url=reading.url(table, path), secret=secret), reading)


def _feishu_robot(table: SignedRobotTable, reading: Reading, path: str) -> Channel:
    secret = reading.secret_if_any(table, "secret", path)
    return _robot(table, FeishuRobot(url=reading.url(table, path), secret=secret), reading)


def _wecom_app(table: WecomAppTable, reading: Reading, path: str) -> Channel:
    return WecomApp(
        name=table.name,
        corp=table.corp,
        agent=table.agent,
        secret=reading.secret(table, "secret", path),
        book=reading.book,
        egress=reading.egress,
        clock=reading.clock,
        api=reading.api(table.api, wecom_app.API, path),
    )


def _sms(table: SmsTable, provider: Provider, reading: Reading, path: str) -> Channel:
    return ShortMessages(
        name=table.name,
        provider=provider,
        book=reading.book,
        egress=reading.egress,
        clock=reading.clock,
        room=reading.at_least(table.room, _LEAST_ROOM, f"{path}.room"),
        most=reading.at_least(table.most, 1, f"{path}.most"),
    )


def _aliyun_sms(table: AliyunSmsTable, reading: Reading, path: str) -> Channel:
    reading.templates(table.params.values(), FIELDS, f"{path}.params")
    provider = AliyunSms(
        key_id=table.key_id,
        secret=reading.secret(table, "secret", path),
        sign=table.sign,
        template=table.template,
        params=table.params,
        api=reading.api(table.api, aliyun_sms.API, path),
    )
    return _sms(table, provider, reading, path)


def _tencent_sms(table: TencentSmsTable, reading: Reading, path: str) -> Channel:
    reading.templates(table.params, FIELDS, f"{path}.params")
    provider = TencentSms(
        secret_id=table.secret_id,
        secret=reading.secret(table, "secret", path),
        app=table.app,
        sign=table.sign,
        template=table.template,
        params=table.params,
        region=table.region,
        api=reading.api(table.api, tencent_sms.API, path),
    )
    return _sms(table, provider, reading, path)


def _gateway(table: GatewayTable, reading: Reading, path: str) -> Channel:
    secret = reading.secret_if_any(table, "secret", path)
    known = FIELDS if secret is None else (*FIELDS, "secret")
    # Headers may do without the text, so they are looked at beside the fields.
    reading.templates([*table.fields.values(), *table.headers.values()], known, f"{path}.fields")
    if table.method not in ("POST", "PUT"):
        reading.faults.append(Fault("只能是 POST 或 PUT", f"{path}.method"))
    provider = Gateway(
        url=reading.url(table, path, plain=True),
        fields=table.fields,
        headers=table.headers,
        secret=secret,
        method=table.method,
        form=table.form,
        success=table.success_path,
        success_value=table.success_value,
        receipt_path=table.receipt_path,
        busy=table.busy,
        hopeless=table.hopeless,
    )
    return _sms(table, provider, reading, path)


def _mail(table: MailTable, reading: Reading, path: str) -> Channel:
    password = reading.secret_if_any(table, "password", path)
    if bool(table.user) != (password is not None):
        reading.faults.append(Fault("user 与口令要么都写,要么都不写", path))
    if not _MAILBOX.fullmatch(table.sender):
        reading.faults.append(Fault("发件邮箱不对", f"{path}.sender", "写 name@example.gov.cn"))
    relay = Relay(
        host=table.host,
        port=table.port,
        implicit=table.implicit,
        user=table.user,
        password=password,
        reach=reading.egress.reach,
        tls=reading.egress.tls,
        hello=table.hello,
    )
    return Mail(
        name=table.name,
        relay=relay,
        sender=table.sender,
        book=reading.book,
        title=table.title,
        clock=reading.clock,
    )


def _webhook(table: WebhookTable, reading: Reading, path: str) -> Channel:
    secrets = reading.secret(table, "secret", path).reveal().split()
    for reason in filter(None, map(fault_of_secret, secrets)):
        reading.faults.append(Fault(reason, f"{path}.secret"))
    return Webhook(
        name=table.name,
        url=reading.url(table, path, plain=True),
        secrets=tuple(map(Secret, secrets)),
        egress=reading.egress,
        clock=reading.clock,
    )


def _apprise(table: AppriseTable, reading: Reading, path: str) -> Channel:
    url = reading.secret(table, "url", path)
    return AppriseChannel(name=table.name, url=url, clock=reading.clock)


KINDS = {
    "wecom-robot": Kind(WecomRobotTable, _wecom_robot, in_group=True),
    "dingtalk-robot": Kind(SignedRobotTable, _dingtalk_robot, in_group=True),
    "feishu-robot": Kind(SignedRobotTable, _feishu_robot, in_group=True),
    "wecom-app": Kind(WecomAppTable, _wecom_app, needs_book=True),
    "aliyun-sms": Kind(AliyunSmsTable, _aliyun_sms, needs_book=True),
    "tencent-sms": Kind(TencentSmsTable, _tencent_sms, needs_book=True),
    "gateway": Kind(GatewayTable, _gateway, needs_book=True),
    "email": Kind(MailTable, _mail, needs_book=True),
    "webhook": Kind(WebhookTable, _webhook),
    "apprise": Kind(AppriseTable, _apprise, in_group=True),
}
"""Every kind by the word that a file uses for it."""
