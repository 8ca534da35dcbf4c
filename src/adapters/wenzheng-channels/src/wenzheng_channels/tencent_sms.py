"""腾讯云短信 SendSms 2021-01-11 (https://cloud.tencent.com/document/product/382/55981).

Signed with TC3-HMAC-SHA256 (https://cloud.tencent.com/document/api/382/52072); the codes are those
of https://cloud.tencent.com/document/api/382/59177. Each number has a code of its own.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import attrs

from wenzheng_channels.answers import Verdict, refused, text_of
from wenzheng_channels.filling import fill
from wenzheng_channels.secrets import Secret
from wenzheng_channels.short_messages import Order, Request
from wenzheng_core.ports import DeliveryError

API = "https://sms.tencentcloudapi.com"
ALGORITHM = "TC3-HMAC-SHA256"
CONTENT = "application/json; charset=utf-8"
SIGNED = "content-type;host"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
_TOO_OFTEN = "触发短信的频率限制"
VERDICTS = {
    "LimitExceeded.PhoneNumberThirtySecondLimit": Verdict(_TOO_OFTEN, wait=MINUTE),
    "LimitExceeded.PhoneNumberOneHourLimit": Verdict(_TOO_OFTEN, wait=HOUR),
    "LimitExceeded.PhoneNumberDailyLimit": Verdict(_TOO_OFTEN, wait=HOUR),
    "LimitExceeded.PhoneNumberSameContentDailyLimit": Verdict(_TOO_OFTEN, wait=HOUR),
    "LimitExceeded.DeliveryFrequencyLimit": Verdict(_TOO_OFTEN, wait=MINUTE),
    "LimitExceeded.AppMainlandChinaDailyLimit": Verdict("已到当日短信限额", wait=HOUR),
    "RequestLimitExceeded": Verdict("接口调用过于频繁", wait=MINUTE),
    "InvalidParameterValue.IncorrectPhoneNumber": Verdict("手机号不对", permanent=True),
    "FailedOperation.PhoneNumberInBlacklist": Verdict("号码在免打扰名单中", permanent=True),
    "FailedOperation.ContainSensitiveWord": Verdict("短信内容含有被拒的词", permanent=True),
    "InvalidParameterValue.ContentLengthLimit": Verdict("短信过长", permanent=True),
    "InvalidParameterValue.TemplateParameterLengthLimit": Verdict("模板变量过长", permanent=True),
    "FailedOperation.SignatureIncorrectOrUnapproved": Verdict("短信签名不存在或未通过审核"),
    "FailedOperation.TemplateIncorrectOrUnapproved": Verdict("短信模板不存在或未通过审核"),
    "FailedOperation.InsufficientBalanceInSmsPackage": Verdict("短信套餐余量不足"),
    "AuthFailure.SecretIdNotFound": Verdict("访问密钥不存在"),
    "AuthFailure.SignatureExpire": Verdict("请求签名已过期,请核对本机时间"),
    "AuthFailure.SignatureFailure": Verdict("请求签名未通过,请核对访问密钥"),
}


@attrs.frozen(kw_only=True)
class TencentSms:
    """The :class:`~wenzheng_channels.short_messages.Provider` of 腾讯云.

    Attributes:
        secret_id: the SecretId; ``secret`` is the SecretKey.
        app: the SmsSdkAppId.
        sign: the approved signature (短信签名), ``template`` the approved template's number.
        params: the values of the template's variables in their order.
    """

    secret_id: str
    secret: Secret
    app: str
    sign: str
    template: str
    params: tuple[str, ...]
    region: str = "ap-guangzhou"
    api: str = API
    whom: str = attrs.field(default="腾讯云短信", init=False)

    def request(self, order: Order) -> Request:
        """SendSms as JSON."""
        values = order.values()
        body = json.dumps(
            {
                "PhoneNumberSet": [f"+86{phone}" for phone in order.phones],
                "SmsSdkAppId": self.app,
                "SignName": self.sign,
                "TemplateId": self.template,
                "TemplateParamSet": [fill(template, values) for template in self.params],
                "SessionContext": values["key"][:500],
            },
            ensure_ascii=False,
        ).encode("utf-8")
        host = urlsplit(self.api).netloc
        headers = {
            "Authorization": authorization(self.secret_id, self.secret, host, body, order.now),
            "Content-Type": CONTENT,
            "Host": host,
            "X-TC-Action": "SendSms",
            "X-TC-Version": "2021-01-11",
            "X-TC-Timestamp": str(int(order.now.timestamp())),
            "X-TC-Region": self.region,
        }
        return Request(url=f"{self.api}/", headers=headers, body=body)

    def refusal(self, body: Mapping[str, Any], order: Order) -> DeliveryError | None:
        """Accepted is 「Ok」 with a ``SerialNo`` for every number that was sent."""
        statuses = _statuses(body)
        failed = [each for each in statuses if not _taken(each)]
        taken = len(statuses) - len(failed)
        if taken == len(order.phones) and not failed:
            return None
        if taken:
            # Some have it: trying again would tell them again.
            return DeliveryError(
                f"{self.whom}:{len(order.phones)} 个号码中只有 {taken} 个被受理;"
                "请核对通讯录后单独补发",
                permanent=True,
            )
        code = text_of(failed[0], "Code") if failed else text_of(_error(body), "Code")
        return refused(self.whom, code, VERDICTS)

    def receipt(self, body: Mapping[str, Any]) -> str:
        """The SerialNo of every number."""
        return ",".join(text_of(each, "SerialNo") for each in _statuses(body))


def authorization(secret_id: str, secret: Secret, host: str, body: bytes, now: datetime) -> str:
    """The header ``Authorization`` for a POST of JSON to 「/」; the service is the host's first label."""
    service = host.partition(".")[0]
    day = f"{now.astimezone(UTC):%Y-%m-%d}"
    scope = f"{day}/{service}/tc3_request"
    payload = hashlib.sha256(body).hexdigest()
    request = f"POST\n/\n\ncontent-type:{CONTENT}\nhost:{host}\n\n{SIGNED}\n{payload}"
    digest = hashlib.sha256(request.encode()).hexdigest()
    key = f"TC3{secret.reveal()}".encode()
    for step in (day, service, "tc3_request"):
        key = hmac.digest(key, step.encode(), "sha256")
    text = f"{ALGORITHM}\n{int(now.timestamp())}\n{scope}\n{digest}"
    signed = hmac.digest(key, text.encode(), "sha256").hex()
    return f"{ALGORITHM} Credential={secret_id}/{scope}, SignedHeaders={SIGNED}, Signature={signed}"


def _response(body: Mapping[str, Any]) -> Mapping[str, Any]:
    response = body.get("Response")
    return response if isinstance(response, dict) else {}


def _error(body: Mapping[str, Any]) -> Mapping[str, Any]:
    error = _response(body).get("Error")
    return error if isinstance(error, dict) else {}


def _statuses(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = _response(body).get("SendStatusSet")
    return [each if isinstance(each, dict) else {} for each in found or ()]


def _taken(status: Mapping[str, Any]) -> bool:
    return text_of(status, "Code") == "Ok" and bool(text_of(status, "SerialNo"))
