"""``channels.toml``: what it makes, every fault at once, and no secret in any of them."""

from __future__ import annotations

import re
import ssl
import textwrap
from pathlib import Path

import attrs
import pytest
import trustme

import wenzheng_channels
from wenzheng_channels.aliyun_sms import API as ALIYUN
from wenzheng_channels.aliyun_sms import AliyunSms
from wenzheng_channels.config import channels_of
from wenzheng_channels.gateway import Gateway
from wenzheng_channels.kinds import KINDS
from wenzheng_channels.mail import Mail
from wenzheng_channels.robots import Robot
from wenzheng_channels.short_messages import ShortMessages
from wenzheng_channels.testing import Reply, Server
from wenzheng_channels.webhook import Webhook
from wenzheng_channels.wecom_app import API, WecomApp
from wenzheng_core import InputFaultsError, load_plugins
from wenzheng_core.domain.errors import Fault

ROBOT = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7aaa"
SIGNING = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ENVIRONMENT = {
    "ROBOT": ROBOT,
    "SECRET": "the-secret-itself",
    "SIGNING": f"{SIGNING} {SIGNING}",
    "PASSWORD": "the-password",
    "EMPTY": " ",
}
ADDRESSES = """
schema = "wenzheng.addresses/1"
[[person]]
id = "zhang"
name = "张三"
phone = "13800138000"
[[office]]
to = "office"
persons = ["zhang"]
"""
EVERY_KIND = """
schema = "wenzheng.channels/1"
addresses = "addresses.toml"

[outgoing]
networks = ["10.20.0.0/16", "fd00::/8"]
hosts = ["OA.example.gov.cn."]
proxy = "http://10.20.0.9:3128"

[[channel]]
name = "group"
kind = "wecom-robot"
url_env = "ROBOT"
markdown = true

[[channel]]
name = "dingtalk"
kind = "dingtalk-robot"
url_env = "ROBOT"
secret_env = "SECRET"

[[channel]]
name = "feishu"
kind = "feishu-robot"
url_file = "robot.txt"

[[channel]]
name = "app"
kind = "wecom-app"
corp = "ww1"
agent = 1000002
secret_env = "SECRET"

[[channel]]
name = "sms"
kind = "aliyun-sms"
key_id = "LTAI"
sign = "例市政府"
template = "SMS_1"
secret_env = "SECRET"
params = { content = "{text}" }
room = 70
most = 2

[[channel]]
name = "sms-2"
kind = "tencent-sms"
secret_id = "AKID"
app = "1400006666"
sign = "例市政府"
template = "1110"
secret_env = "SECRET"
params = ["{text}"]

[[channel]]
name = "sms-3"
kind = "gateway"
url = "http://10.20.1.1:8080/sms"
secret_env = "SECRET"
success_path = "code"
success_value = "0"
receipt_path = "data.id"
[channel.fields]
mobile = "{phones}"
content = "{text}"
[channel.headers]
X-Token = "{secret}"

[[channel]]
name = "email"
kind = "email"
host = "mail.example.gov.cn"
sender = "wz@example.gov.cn"
user = "wz"
password_env = "PASSWORD"

[[channel]]
name = "reply"
kind = "webhook"
url = "https://oa.example.gov.cn/hook"
secret_env = "SIGNING"

[[channel]]
name = "rest"
kind = "apprise"
url_env = "ROBOT"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with what a configuration refers to."""
    (tmp_path / "addresses.toml").write_text(ADDRESSES, "utf-8")
    (tmp_path / "robot.txt").write_text(f"{ROBOT}\n", "utf-8")
    return tmp_path


def _write(folder: Path, text: str) -> Path:
    path = folder / "channels.toml"
    path.write_text(text, "utf-8")
    return path


def _faults(folder: Path, text: str) -> tuple[Fault, ...]:
    with pytest.raises(InputFaultsError) as failed:
        channels_of(_write(folder, textwrap.dedent(text)), ENVIRONMENT)
    for value in ENVIRONMENT.values():
        assert not value.strip() or value not in str(failed.value)
    assert str(folder) not in str(failed.value)
    return failed.value.faults


def _one(text: str) -> str:
    head = 'schema = "wenzheng.channels/1"\naddresses = "addresses.toml"\n[[channel]]\n'
    return head + textwrap.dedent(text)


def test_every_kind_can_be_written(folder: Path) -> None:
    """In the file's order, each by its own name."""
    channels = channels_of(_write(folder, EVERY_KIND), ENVIRONMENT)
    assert [channel.name for channel in channels] == re.findall(r'name = "(.+)"', EVERY_KIND)
    assert set(re.findall(r'kind = "(.+)"', EVERY_KIND)) == set(KINDS)
    robot, *_, hook, _ = channels
    assert isinstance(robot, Robot)
    assert robot.dialect.room == 4096
    assert isinstance(hook, Webhook)
    assert len(hook.secrets) == 2


def test_what_is_written_is_what_is_used(folder: Path) -> None:
    """Addresses of interfaces as usual, limits, networks and the book."""
    _, _, feishu, app, sms, _, gateway, mail, *_ = channels_of(
        _write(folder, EVERY_KIND), ENVIRONMENT
    )
    assert isinstance(feishu, Robot)
    assert feishu.dialect.request("", feishu.clock.now())[0] == ROBOT
    assert isinstance(app, WecomApp)
    assert app.egress.proxy == "http://10.20.0.9:3128"
    assert (app.api, app.egress.reach.hosts) == (API, frozenset({"oa.example.gov.cn"}))
    assert isinstance(sms, ShortMessages)
    assert isinstance(sms.provider, AliyunSms)
    assert (sms.provider.api, sms.room, sms.most) == (ALIYUN, 70, 2)
    assert isinstance(gateway, ShortMessages)
    assert isinstance(gateway.provider, Gateway)
    assert gateway.provider.receipt_path == "data.id"
    assert isinstance(mail, Mail)
    assert mail.relay.port == 587
    assert not mail.relay.implicit
    assert [str(each) for each in mail.relay.reach.networks] == ["10.20.0.0/16", "fd00::/8"]


def test_no_channel_shows_a_secret(folder: Path) -> None:
    """Whatever its kind."""
    shown = repr(channels_of(_write(folder, EVERY_KIND), ENVIRONMENT))
    for hidden in (ROBOT, SIGNING, "the-secret-itself", "the-password", "13800138000"):
        assert hidden not in shown


def test_all_faults_are_told_at_once(folder: Path) -> None:
    """Of the shape, the references, the names and the address book, each with its path."""
    (folder / "addresses.toml").write_text(ADDRESSES.replace("13800138000", "8888"), "utf-8")
    faults = _faults(
        folder,
        """
        schema = "wenzheng.channels/2"
        addresses = "addresses.toml"

        [outgoing]
        networks = ["10.20.0.1/16"]
        ca_file = "none.pem"
        proxy = "proxy:3128"

        [[channel]]
        name = "group"
        kind = "wecom-robot"
        url = "https://example.com/"

        [[channel]]
        name = "group"
        kind = "wecom-robt"

        [[channel]]
        name = "publish"
        kind = "dingtalk-robot"
        url_env = "NOWHERE"
        secret_env = "SECRET"
        secret_file = "secret.txt"

        [[channel]]
        name = " sms"
        kind = "aliyun-sms"
        key_id = 7
        sign = "例市"
        template = "SMS_1"

        [[channel]]
        name = "hook"
        kind = "webhook"
        url = "ftp://example.com/"
        secret_env = "SECRET"

        [[channel]]
        kind = "email"
        """,
    )
    assert [(each.path, each.reason) for each in faults] == [
        ("$.schema", "文件的种类不对"),
        ("$.outgoing.networks[0]", "不是网段"),
        ("$.outgoing.proxy", "地址须以 https:// 开头(列入许可的内部网络可用 http://)"),
        ("$.outgoing.ca_file", "证书文件不存在或不是 PEM"),
        ("addresses.toml:$.person[0].phone", "手机号不对"),
        ("$.channel[0].url", "不认识的键 url"),
        ("$.channel[1].kind", "不认识的 kind"),
        ("$.channel[2].name", "「publish」传送的是答复原文,不得发到群里"),
        ("$.channel[2]", "secret_env 与 secret_file 只能写一个"),
        ("$.channel[2].url_env", "环境变量 NOWHERE 没有值"),
        ("$.channel[3].key_id", "应为文字,得到的是整数 7"),
        ("$.channel[3]", "缺少必填项 params"),
        ("$.channel[4].secret", "签名密钥应为 whsec_ 加 Base64"),
        ("$.channel[4].url", "地址须以 https:// 开头(列入许可的内部网络可用 http://)"),
        ("$.channel[5]", "缺少必填项 name"),
        ("$.channel[5]", "缺少必填项 host"),
        ("$.channel[5]", "缺少必填项 sender"),
        ("$.channel[1].name", "名称「group」已经用过"),
    ]
    assert "url_env" in faults[5].mend
    assert "wecom-robot" in faults[6].mend


@pytest.mark.parametrize(
    ("text", "path", "reason"),
    [
        ('name = "a"\nkind = "wecom-robot"', "$.channel[0]", "缺少 url"),
        ('name = "a"\nkind = "wecom-robot"\nurl_env = "EMPTY"', "$.channel[0].url_env", "没有值"),
        ('name = "a"\nkind = "wecom-robot"\nurl_env = "SECRET"', "$.channel[0].url", "https"),
        ('name = "a"\nkind = "wecom-robot"\nurl_file = "no"', "$.channel[0].url_file", "不存在"),
        ('name = ""\nkind = "wecom-robot"\nurl_env = "ROBOT"', "$.channel[0].name", "不能为空"),
        ('name = "reply"\nkind = "apprise"\nurl_env = "ROBOT"', "$.channel[0].name", "群里"),
        ('name = "a"', "$.channel[0].kind", "缺少必填项 kind"),
        ('name = "a"\nkind = 7', "$.channel[0].kind", "不认识"),
        (
            'name = "a"\nkind = "email"\nhost = "h"\nsender = "s@h.cn"\nuser = "u"',
            "$.channel[0]",
            "口令",
        ),
        (
            'name = "a"\nkind = "email"\nhost = "h"\nsender = "s"',
            "$.channel[0].sender",
            "发件邮箱不对",
        ),
        (
            'name = "a"\nkind = "wecom-app"\ncorp = "c"\nagent = 1\nsecret_env = "SECRET"\napi = "q"',
            "$.channel[0].api",
            "https",
        ),
        (
            'name = "a"\nkind = "webhook"\nurl = "https://a/"\nurl_env = "ROBOT"\nsecret_env = "SIGNING"',
            "$.channel[0]",
            "只能写一个",
        ),
    ],
)
def test_each_fault_is_told(folder: Path, text: str, path: str, reason: str) -> None:
    """With its path, in Chinese."""
    (fault,) = _faults(folder, _one(text))
    assert fault.path == path
    assert reason in fault.reason


@pytest.mark.parametrize("name", ["publish", "reply", "forward"])
@pytest.mark.parametrize("kind", ["wecom-robot", "dingtalk-robot", "feishu-robot", "apprise"])
def test_answers_go_into_no_group(folder: Path, kind: str, name: str) -> None:
    """What people wrote is not for everybody's eyes."""
    (fault,) = _faults(folder, _one(f'name = "{name}"\nkind = "{kind}"\nurl_env = "ROBOT"'))
    assert (fault.path, "群里" in fault.reason) == ("$.channel[0].name", True)


GATEWAY = """
name = "sms"
kind = "gateway"
url = "https://sms.example.gov.cn/"
success_path = "code"
success_value = "0"
receipt_path = "id"
"""


@pytest.mark.parametrize(
    ("more", "path", "reason"),
    [
        ('fields = { m = "{phones}" }', "$.channel[0].fields", "没有一处写 {text}"),
        ('fields = { m = "{txet}{text}" }', "$.channel[0].fields", "不认识的 {txet}"),
        ('fields = { m = "{secret}{text}" }', "$.channel[0].fields", "不认识的 {secret}"),
        ('fields = { m = "{text}" }\nmethod = "GET"', "$.channel[0].method", "POST"),
        ('fields = { m = "{text}" }\nroom = 3', "$.channel[0].room", "不能小于 20"),
        ('fields = { m = "{text}" }\nmost = 0', "$.channel[0].most", "不能小于 1"),
    ],
)
def test_a_gateway_is_looked_through(folder: Path, more: str, path: str, reason: str) -> None:
    """What nobody fills, and what no citizen could read, is found before the first message."""
    (fault,) = _faults(folder, _one(GATEWAY + more))
    assert (fault.path, reason in fault.reason) == (path, True)


def test_persons_need_an_address_book(folder: Path) -> None:
    """Without one nobody could be reached, and it would show on the first red card."""
    text = EVERY_KIND.replace('addresses = "addresses.toml"', "")
    assert {each.path for each in _faults(folder, text)} == {
        f"$.channel[{place}]" for place in (3, 4, 5, 6, 7)
    }


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_book_that_cannot_be_read_is_a_fault(folder: Path, content: bytes | None) -> None:
    """Missing, or in another encoding."""
    (folder / "addresses.toml").unlink()
    if content:
        (folder / "addresses.toml").write_bytes(content)
    (fault,) = _faults(folder, EVERY_KIND)
    assert fault.path == "$.addresses"


def test_a_file_that_cannot_be_read_is_one_fault(folder: Path) -> None:
    """Missing, in another encoding, or no TOML."""
    with pytest.raises(InputFaultsError, match="文件不存在"):
        channels_of(folder / "none.toml", ENVIRONMENT)
    path = folder / "channels.toml"
    path.write_bytes("名称".encode("gbk"))
    with pytest.raises(InputFaultsError, match="UTF-8"):
        channels_of(path, ENVIRONMENT)
    path.write_text("schema =", "utf-8")
    with pytest.raises(InputFaultsError, match="TOML"):
        channels_of(path, ENVIRONMENT)


def test_the_citys_own_authority_is_trusted(folder: Path) -> None:
    """A certificate that only the city's authority signed will do, once ``ca_file`` names it."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    text = _one('name = "hook"\nkind = "webhook"\nurl = "https://a/"\nsecret_env = "SIGNING"')
    text = text.replace(
        "[[channel]]", '[outgoing]\nnetworks = ["127.0.0.0/8"]\nca_file = "ca.pem"\n[[channel]]'
    )
    presenting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(presenting)
    with Server(lambda _: Reply(204), presenting) as server:
        (hook,) = channels_of(_write(folder, text.replace("https://a/", server.url())), ENVIRONMENT)
        assert hook.send("office", "请办理。", ["c1/1/0"])


# --- The page -------------------------------------------------------------------------------------

PAGE = (Path(__file__).parents[3] / "docs" / "channels.md").read_text("utf-8")


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_names_every_key(kind: str) -> None:
    """In the row of its kind, and no key that there is not."""
    rows = [line.split("|")[2] for line in PAGE.splitlines() if re.match(rf"\|.*`{kind}`", line)]
    (row,) = rows
    shown = set(re.findall(r"`(\w+?)(?:_env|_file|_…)?`", row))
    keys = {field.name for field in attrs.fields(KINDS[kind].table)} - {"name", "kind"}
    assert shown == {re.sub("_(env|file)$", "", key) for key in keys}


def test_the_files_of_the_page_can_be_read(folder: Path) -> None:
    """But for the authority's certificate, which a reader has."""
    blocks = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    channels, addresses = blocks
    (folder / "addresses.toml").write_text(
        addresses + '\n[[person]]\nid = "li"\nname = "李四"\n', "utf-8"
    )
    (folder / "city-ca.pem").write_bytes(trustme.CA().cert_pem.bytes())
    offices = '[[office]]\nto = "housing/unit_head"\npersons = []\n[[office]]\nto = "office"\n'
    with (folder / "addresses.toml").open("a", encoding="utf-8") as file:
        file.write(f'{offices}persons = ["li"]\n')
    names = {"ALIYUN_SECRET": "x", "WECOM_ROBOT": ROBOT}
    assert len(channels_of(_write(folder, channels), names)) == 2


# --- The hook -------------------------------------------------------------------------------------


def test_without_the_variable_there_is_no_channel(monkeypatch: pytest.MonkeyPatch) -> None:
    """Installing the package changes nothing."""
    monkeypatch.delenv(wenzheng_channels.VARIABLE, raising=False)
    assert not load_plugins(extra=[wenzheng_channels], installed=False).channels
    monkeypatch.setenv(wenzheng_channels.VARIABLE, " ")
    assert not load_plugins(extra=[wenzheng_channels], installed=False).channels


def test_the_variable_names_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its channels are offered by their names."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv(wenzheng_channels.VARIABLE, str(_write(folder, EVERY_KIND)))
    channels = load_plugins(extra=[wenzheng_channels], installed=False).channels
    assert set(channels) == set(re.findall(r'name = "(.+)"', EVERY_KIND))


def test_a_faulty_file_is_told_and_not_left_out(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A channel that is silently missing would be found out by the first red card."""
    path = _write(folder, _one('name = "a"\nkind = "wecom-robot"'))
    monkeypatch.setenv(wenzheng_channels.VARIABLE, str(path))
    plugins = load_plugins(extra=[wenzheng_channels], installed=False)
    with pytest.raises(InputFaultsError, match="缺少 url"):
        _ = plugins.channels
