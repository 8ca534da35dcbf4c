"""阿里云短信 SendSms 2017-05-25 (https://help.aliyun.com/document_detail/55284.html).

Signed with V3, ACS3-HMAC-SHA256
(https://help.aliyun.com/zh/sdk/product-overview/v3-request-structure-and-signature); the codes are
those of https://help.aliyun.com/document_detail/101346.html. The interface drops no repetition.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import attrs

from wenzheng_channels.answers import Verdict, refused, text_of
from wenzheng_channels.filling import fill
from wenzheng_channels.secrets import Secret
from wenzheng_channels.short_messages import Order, Request
from wenzheng_core.ports import DeliveryError

API = "https://dysmsapi.aliyuncs.com"
ALGORITHM = "ACS3-HMAC-SHA256"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
VERDICTS = {
    "isv.BUSINESS_LIMIT_CONTROL": Verdict("触发短信的频率限制", wait=HOUR),
    "isv.DAY_LIMIT_CONTROL": Verdict("已到当日短信限额", wait=HOUR),
    "isv.MONTH_LIMIT_CONTROL": Verdict("已到当月短信限额", wait=HOUR),
    "Throttling": Verdict("接口调用过于频繁", wait=MINUTE),
    "Throttling.User": Verdict("接口调用过于频繁", wait=MINUTE),
    "isv.MOBILE_NUMBER_ILLEGAL": Verdict("手机号不对,请核对通讯录", permanent=True),
    "isv.MOBILE_COUNT_OVER_LIMIT": Verdict("收件号码过多", permanent=True),
    "isv.SMS_CONTENT_ILLEGAL": Verdict("短信内容被拒", permanent=True),
    "isv.BLACK_KEY_CONTROL_LIMIT": Verdict("短信内容含有被拒的词", permanent=True),
    "isv.PARAM_LENGTH_LIMIT": Verdict("模板变量超过长度限制,请调小 room", permanent=True),
    "isv.PARAM_NOT_SUPPORT_URL": Verdict("模板变量不得含有网址", permanent=True),
    "isv.SMS_TEMPLATE_ILLEGAL": Verdict("短信模板不存在或未通过审核"),
    "isv.SMS_SIGNATURE_ILLEGAL": Verdict("短信签名不存在或未通过审核"),
    "isv.TEMPLATE_MISSING_PARAMETERS": Verdict("短信模板缺少变量,请核对 params"),
    "isv.OUT_OF_SERVICE": Verdict("短信服务已停机,请充值"),
    "isv.AMOUNT_NOT_ENOUGH": Verdict("账户余额不足,请充值"),
    "isp.RAM_PERMISSION_DENY": Verdict("访问密钥没有发送短信的权限"),
    "InvalidAccessKeyId.NotFound": Verdict("访问密钥不存在"),
    "SignatureDoesNotMatch": Verdict("请求签名未通过,请核对访问密钥和本机时间"),
}


@attrs.frozen(kw_only=True)
class AliyunSms:
    """The :class:`~wenzheng_channels.short_messages.Provider` of 阿里云.

    Attributes:
        key_id: the AccessKey ID; ``secret`` is its secret.
        sign: the approved signature (短信签名), ``template`` the approved template's code.
        params: the template's variables, each with the value that is filled in.
    """

    key_id: str
    secret: Secret
    sign: str
    template: str
    params: Mapping[str, str]
    api: str = API
    whom: str = attrs.field(default="阿里云短信", init=False)

    def request(self, order: Order) -> Request:
        """SendSms with everything in the query, as the interface is described."""
        values = order.values()
        params = {name: fill(template, values) for name, template in self.params.items()}
        query = canonical_query(
            {
                "PhoneNumbers": ",".join(order.phones),
                "SignName": self.sign,
                "TemplateCode": self.template,
                "TemplateParam": json.dumps(params, ensure_ascii=False),
                "OutId": values["key"][:256],
            }
        )
        stamp = f"{order.now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        headers = {
            "host": urlsplit(self.api).netloc,
            "x-acs-action": "SendSms",
            "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
            "x-acs-date": stamp,
            "x-acs-signature-nonce": _nonce(order),
            "x-acs-version": "2017-05-25",
        }
        headers["Authorization"] = authorization(self.key_id, self.secret, query, headers)
        return Request(url=f"{self.api}/?{query}", headers=headers)

    def refusal(self, body: Mapping[str, Any], order: Order) -> DeliveryError | None:
        """Accepted is ``Code`` 「OK」 with a ``BizId``."""
        code = text_of(body, "Code")
        return None if code == "OK" and self.receipt(body) else refused(self.whom, code, VERDICTS)

    def receipt(self, body: Mapping[str, Any]) -> str:
        """The BizId, by which the carrier's own receipt is found."""
        return text_of(body, "BizId")


def canonical_query(values: Mapping[str, str]) -> str:
    """Parameters by name, each escaped as RFC 3986 says."""
    return "&".join(f"{_escaped(name)}={_escaped(value)}" for name, value in sorted(values.items()))


def authorization(key_id: str, secret: Secret, query: str, headers: Mapping[str, str]) -> str:
    """The header ``Authorization`` for a POST to 「/」 that signs all of these headers."""
    names = sorted(headers)
    request = "\n".join(
        (
            "POST",
            "/",
            query,
            *(f"{name}:{headers[name].strip()}" for name in names),
            "",
            ";".join(names),
            headers["x-acs-content-sha256"],
        )
    )
    digest = hashlib.sha256(request.encode()).hexdigest()
    signed = hmac.digest(secret.reveal().encode(), f"{ALGORITHM}\n{digest}".encode(), "sha256")
    return (
        f"{ALGORITHM} Credential={key_id},SignedHeaders={';'.join(names)},Signature={signed.hex()}"
    )


def _escaped(text: str) -> str:
    return quote(text, safe="-_.~")


def _nonce(order: Order) -> str:
    """A number used once: it follows from the instant and what is sent, and so needs no chance."""
    seed = "\0".join((order.now.isoformat(), *order.phones, order.text, *order.keys))
    return hashlib.sha256(seed.encode()).hexdigest()[:32]
