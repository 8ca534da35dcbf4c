"""阿里云 and 腾讯云: their published example signatures, and an error for all that is no receipt."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpcore
import pytest

from wenzheng_channels import aliyun_sms, tencent_sms
from wenzheng_channels.addresses import FixedBook, Person, Seat, Way
from wenzheng_channels.aliyun_sms import AliyunSms
from wenzheng_channels.outgoing import Egress
from wenzheng_channels.parts import CUT
from wenzheng_channels.secrets import Secret
from wenzheng_channels.short_messages import Provider, ShortMessages
from wenzheng_channels.tencent_sms import TencentSms
from wenzheng_channels.testing import LOOPBACK, Reply, Server
from wenzheng_core.clock import FixedClock
from wenzheng_core.ports import DeliveryError

NOW = datetime(2025, 3, 3, 1, 30, 15, tzinfo=UTC)
EGRESS = Egress(reach=LOOPBACK, tls=httpcore.default_ssl_context(), silence=0.2, total=0.5)
SECRET = Secret("the-access-key-secret")
PHONES = ("13800138000", "13900139000")
BOOK = FixedBook(
    persons=tuple(
        Person(id=n, name=n, addresses={Way.PHONE: phone})
        for n, phone in zip(("zhang", "li"), PHONES, strict=True)
    ),
    seats=(
        Seat(to="office", persons=("zhang",), title="办公室"),
        Seat(to="both", persons=("zhang", "li")),
    ),
)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def server() -> Iterator[Server]:
    """A provider; each test says what it answers."""
    with Server(lambda _: Reply(500)) as running:
        yield running


def _sms(provider: Provider, most: int = 1) -> ShortMessages:
    return ShortMessages(
        name="sms",
        provider=provider,
        book=BOOK,
        egress=EGRESS,
        clock=FixedClock(NOW),
        room=70,
        most=most,
    )


def _aliyun(server: Server) -> ShortMessages:
    return _sms(
        AliyunSms(
            key_id="the-id",
            secret=SECRET,
            sign="例市政府",
            template="SMS_1",
            params={"text": "{text}", "whom": "{title}", "site": "例市网"},
            api=server.url().rstrip("/"),
        )
    )


def _tencent(server: Server) -> ShortMessages:
    return _sms(
        TencentSms(
            secret_id="the-id",
            secret=SECRET,
            app="1400006666",
            sign="例市政府",
            template="1110",
            params=("例市网", "{text}"),
            api=server.url().rstrip("/"),
        )
    )


def _refused(channel: ShortMessages, to: str = "office") -> DeliveryError:
    with pytest.raises(DeliveryError) as failed:
        channel.send(to, "请办理。", ["c1/1/0"])
    for hidden in (SECRET.reveal(), *PHONES):
        assert hidden not in str(failed.value)
    return failed.value


# --- 阿里云 ---------------------------------------------------------------------------------------


def test_aliyun_signs_as_the_published_example() -> None:
    """「固定参数示例」 of help.aliyun.com/zh/sdk/product-overview/v3-request-structure-and-signature."""
    query = aliyun_sms.canonical_query(
        {
            "RegionId": "cn-shanghai",
            "ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd",
        }
    )
    headers = {
        "host": "ecs.cn-shanghai.aliyuncs.com",
        "x-acs-action": "RunInstances",
        "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
        "x-acs-date": "2023-10-26T10:22:32Z",
        "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
        "x-acs-version": "2014-05-26",
    }
    signed = aliyun_sms.authorization(
        "YourAccessKeyId", Secret("YourAccessKeySecret"), query, headers
    )
    assert signed == (
        "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;"
        "x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,"
        "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )


def test_aliyun_escapes_as_rfc_3986_says() -> None:
    """A space is %20, a star %2A, and a tilde stays."""
    assert aliyun_sms.canonical_query({"b": "a *~/+", "a": "灯"}) == "a=%E7%81%AF&b=a%20%2A~%2F%2B"


def test_aliyun_is_asked_for_one_message_to_all_numbers(server: Server) -> None:
    """The receipt is the BizId; the key goes along as OutId; each request has a nonce of its own."""
    server.answer = lambda _: Reply.of({"Code": "OK", "Message": "OK", "BizId": "9006"})
    channel = _aliyun(server)
    assert channel.send("both", "请办理。", ["c1/1/0", "c2/1/0"]) == "9006"
    channel.send("office", "请办理。", ["c1/1/0"])
    first, second = server.seen
    assert first.query["PhoneNumbers"] == ",".join(PHONES)
    assert first.query["OutId"] == "c1/1/0"
    assert json.loads(second.query["TemplateParam"]) == {
        "text": "请办理。",
        "whom": "办公室",
        "site": "例市网",
    }
    assert first.headers["x-acs-action"] == "SendSms"
    assert first.headers["x-acs-date"] == "2025-03-03T01:30:15Z"
    assert first.headers["host"] == f"127.0.0.1:{server.port}"
    assert first.headers["x-acs-signature-nonce"] != second.headers["x-acs-signature-nonce"]


@pytest.mark.parametrize(
    ("code", "permanent", "wait"),
    [
        ("isv.BUSINESS_LIMIT_CONTROL", False, HOUR),
        ("isv.DAY_LIMIT_CONTROL", False, HOUR),
        ("Throttling.User", False, MINUTE),
        ("isv.MOBILE_NUMBER_ILLEGAL", True, None),
        ("isv.PARAM_LENGTH_LIMIT", True, None),
        ("isv.SMS_CONTENT_ILLEGAL", True, None),
        ("isv.AMOUNT_NOT_ENOUGH", False, None),
        ("SignatureDoesNotMatch", False, None),
        ("isv.A_CODE_OF_TOMORROW", False, None),
    ],
)
@pytest.mark.parametrize("status", [200, 400, 403])
def test_aliyun_refusals_are_told(
    server: Server, code: str, permanent: bool, wait: timedelta | None, status: int
) -> None:
    """By the code, with whatever status it comes."""
    said = {"Code": code, "Message": "触发天级流控Permits:10", "RequestId": "R"}
    server.answer = lambda _: Reply.of(said, status)
    error = _refused(_aliyun(server))
    assert (error.permanent, error.retry_after) == (permanent, wait)
    assert code in str(error)
    assert "Permits" not in str(error)


@pytest.mark.parametrize(
    "reply",
    [
        Reply.of({"Code": "OK", "Message": "OK"}),
        Reply.of({"Code": "OK", "BizId": ""}),
        Reply.of({"Message": "OK", "BizId": "1"}),
        Reply.of({"Code": "OK", "BizId": "1"}, 500),
        Reply.of({"Code": "OK", "BizId": "1"}, 302, Location="http://127.0.0.1/"),
        Reply(200, b"OK"),
        Reply(200, b"{}", hang=30),
    ],
)
def test_aliyun_without_a_receipt_has_not_sent(server: Server, reply: Reply) -> None:
    """「OK」 alone is not enough: without a BizId nobody could find the message again."""
    server.answer = lambda _: reply
    assert not _refused(_aliyun(server)).permanent


# --- 腾讯云 ---------------------------------------------------------------------------------------


def test_tencent_signs_as_the_published_example() -> None:
    """「签名方法 v3」, DescribeInstances (tencentcloud.com/document/product/1026/31038)."""
    body = (
        b'{"Limit": 1, "Filters": [{"Values": ["\\u672a\\u547d\\u540d"], "Name": "instance-name"}]}'
    )
    signed = tencent_sms.authorization(
        "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE",
        Secret("Gu5t9xGARNpq86cd98joQYCN3EXAMPLE"),
        "cvm.tencentcloudapi.com",
        body,
        datetime.fromtimestamp(1551113065, UTC),
    )
    assert signed == (
        "TC3-HMAC-SHA256 "
        "Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE/2019-02-25/cvm/tc3_request, "
        "SignedHeaders=content-type;host, "
        "Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"
    )


def _status(code: str = "Ok", serial: str = "5000:1") -> dict[str, object]:
    return {"SerialNo": serial, "PhoneNumber": "+86138", "Fee": 1, "Code": code, "Message": "m"}


def _answer(*statuses: dict[str, object]) -> Reply:
    return Reply.of({"Response": {"SendStatusSet": list(statuses), "RequestId": "R"}})


def test_tencent_is_asked_for_one_message_to_all_numbers(server: Server) -> None:
    """The receipt holds the SerialNo of every number; the key goes along as SessionContext."""
    server.answer = lambda _: _answer(_status(serial="1"), _status(serial="2"))
    assert _tencent(server).send("both", "请办理。", ["c1/1/0"]) == "1,2"
    seen = server.seen[0]
    assert seen.json["PhoneNumberSet"] == ["+8613800138000", "+8613900139000"]
    assert seen.json["TemplateParamSet"] == ["例市网", "请办理。"]
    assert seen.json["SessionContext"] == "c1/1/0"
    assert seen.headers["x-tc-action"] == "SendSms"
    assert seen.headers["x-tc-timestamp"] == "1740965415"


@pytest.mark.parametrize(
    ("code", "permanent", "wait"),
    [
        ("LimitExceeded.PhoneNumberDailyLimit", False, HOUR),
        ("LimitExceeded.PhoneNumberThirtySecondLimit", False, MINUTE),
        ("InvalidParameterValue.IncorrectPhoneNumber", True, None),
        ("FailedOperation.PhoneNumberInBlacklist", True, None),
        ("FailedOperation.SignatureIncorrectOrUnapproved", False, None),
        ("InternalError.Timeout", False, None),
    ],
)
def test_tencent_refusals_are_told_for_a_number(
    server: Server, code: str, permanent: bool, wait: timedelta | None
) -> None:
    """The call as such succeeded, and the number's own code says no."""
    server.answer = lambda _: _answer(_status(code, ""))
    error = _refused(_tencent(server))
    assert (error.permanent, error.retry_after) == (permanent, wait)
    assert code in str(error)


@pytest.mark.parametrize("code", ["AuthFailure.SignatureFailure", "RequestLimitExceeded"])
def test_tencent_refusals_are_told_for_a_call(server: Server, code: str) -> None:
    """An error for the whole call has no statuses."""
    said = {"Response": {"Error": {"Code": code, "Message": "…"}, "RequestId": "R"}}
    server.answer = lambda _: Reply.of(said)
    assert code in str(_refused(_tencent(server)))


@pytest.mark.parametrize(
    "statuses",
    [
        (_status(), _status("FailedOperation.PhoneNumberInBlacklist", "")),
        (_status(),),
        (_status(), _status(serial="")),
    ],
)
def test_tencent_with_a_number_left_out_is_told(
    server: Server, statuses: tuple[dict[str, object], ...]
) -> None:
    """Refused, forgotten or without a receipt: no yes; and who has it is not told again."""
    server.answer = lambda _: _answer(*statuses)
    error = _refused(_tencent(server), "both")
    assert error.permanent
    assert "2 个号码中只有 1 个" in str(error)


@pytest.mark.parametrize(
    "reply",
    [
        _answer(),
        Reply.of({}),
        Reply.of({"Response": "ok"}),
        Reply.of({"Response": {"SendStatusSet": ["Ok"]}}),
        Reply.of({"Response": {"SendStatusSet": "Ok"}}),
        Reply(200, b"{}", hang=30),
    ],
)
def test_tencent_without_a_receipt_has_not_sent(server: Server, reply: Reply) -> None:
    """Whatever the answer looks like."""
    server.answer = lambda _: reply
    assert not _refused(_tencent(server)).permanent


# --- Both -----------------------------------------------------------------------------------------


def test_a_long_text_is_cut_with_a_note_or_numbered(server: Server) -> None:
    """Short messages cost money and patience: one by default, which says that there is more."""
    server.answer = lambda _: Reply.of({"Code": "OK", "BizId": "1"})
    once = _aliyun(server)
    once.send("office", "灯" * 100, ["c1/1/0"])
    text = json.loads(server.seen[0].query["TemplateParam"])["text"]
    assert text.endswith(CUT)
    assert len(text) == 70

    server.seen.clear()
    receipts = _sms(once.provider, most=3).send("office", "灯" * 100, ["c1/1/0"])
    texts = [json.loads(each.query["TemplateParam"])["text"] for each in server.seen]
    assert [text[:5] for text in texts] == ["(1/2)", "(2/2)"]
    assert receipts == "1,1"


def test_nobody_to_reach_is_told_before_anything_is_sent(server: Server) -> None:
    """With whom to enter."""
    with pytest.raises(DeliveryError, match=r"「nobody/liaison」.*手机号") as failed:
        _aliyun(server).send("nobody/liaison", "请办理。", ["c1/1/0"])
    assert not failed.value.permanent
    assert server.seen == []


def test_short_messages_show_no_secret(server: Server) -> None:
    """Neither provider does."""
    for channel in (_aliyun(server), _tencent(server)):
        assert SECRET.reveal() not in repr(channel)
        assert PHONES[0] not in repr(channel)
