"""E-mail: never unencrypted, a Message-ID that stays, 4xx and 5xx as the standard means them."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email import charset, message_from_bytes, policy
from email.message import EmailMessage
from time import monotonic
from typing import Any

import attrs
import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from wenzheng_channels.addresses import FixedBook, Person, Seat, Way
from wenzheng_channels.mail import KEYS, Attachment, Mail, Relay, message_id
from wenzheng_channels.reach import Reach
from wenzheng_channels.secrets import Secret
from wenzheng_channels.testing import LOOPBACK
from wenzheng_core.clock import FixedClock
from wenzheng_core.ports import DeliveryError

HOST = "mail.example.gov.cn"
AUTHORITY = trustme.CA()
TRUSTING = ssl.create_default_context()
AUTHORITY.configure_trust(TRUSTING)
REACH = attrs.evolve(LOOPBACK, resolve=lambda host, port: ["127.0.0.1"])
CLOCK = FixedClock(datetime(2025, 3, 3, 1, 30, tzinfo=UTC))
BOOK = FixedBook(
    persons=tuple(
        Person(id=n, name=n, addresses={Way.EMAIL: f"{n}@example.gov.cn"}) for n in ("zhang", "li")
    ),
    seats=(
        Seat(to="office", persons=("zhang",)),
        Seat(to="both", persons=("zhang", "li")),
    ),
)


@attrs.define
class Post:
    """A mail server's handler: what it says to a recipient and to a mail, and what it took."""

    recipient: dict[str, str] = attrs.field(factory=dict)
    data: str = "250 OK"
    mails: list[EmailMessage] = attrs.field(factory=list)
    logins: list[str] = attrs.field(factory=list)

    async def handle_RCPT(  # noqa: N802 - as aiosmtpd asks
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        """Take a recipient, or say why not."""
        said = self.recipient.get(address, "250 OK")
        if said.startswith("250"):
            envelope.rcpt_tos.append(address)
        return said

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        """Take a mail, or say why not."""
        if self.data.startswith("250"):
            mail = message_from_bytes(envelope.content, _class=EmailMessage, policy=policy.default)
            self.mails.append(mail)
        return self.data

    def login(self, server: Any, session: Any, envelope: Any, way: str, data: Any) -> AuthResult:
        """Let one user in."""
        self.logins.append(data.login.decode())
        return AuthResult(success=data.password == b"the-password", handled=False)


def _presenting(host: str = HOST) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert(host).configure_cert(context)
    return context


@contextmanager
def _server(post: Post, **options: Any) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    given: dict[str, Any] = {"tls_context": _presenting(), "require_starttls": True, **options}
    controller = Controller(post, hostname="127.0.0.1", port=port, server_hostname=HOST, **given)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def _mail(port: int, **relay: Any) -> Mail:
    given: dict[str, Any] = {"reach": REACH, "tls": TRUSTING, "silence": 2.0, **relay}
    return Mail(
        name="email",
        relay=Relay(host=HOST, port=port, **given),
        sender="wz@example.gov.cn",
        book=BOOK,
        clock=CLOCK,
    )


def _refused(mail: Mail, to: str = "office") -> DeliveryError:
    with pytest.raises(DeliveryError) as failed:
        mail.send(to, "请办理。", ["c1/1/0"])
    assert failed.value.__context__ is None
    return failed.value


# --- What arrives ---------------------------------------------------------------------------------


def test_a_mail_says_what_it_is_in_chinese() -> None:
    """Subject, text, addressee, sender, date, and the keys: also three hundred of them."""
    post = Post()
    keys = [f"case-{n:05}/000001/0" for n in range(300)]
    with _server(post) as port:
        receipt = _mail(port).send("both", "【红牌】望城区:\n请办理。", keys)
    (mail,) = post.mails
    assert mail["Subject"] == "留言办理:【红牌】望城区: 请办理。"
    assert mail.get_content() == "【红牌】望城区:\n请办理。"
    assert mail["To"] == "zhang@example.gov.cn, li@example.gov.cn"
    assert mail["From"] == "留言办理 <wz@example.gov.cn>"
    assert mail["Date"].datetime == CLOCK.now()
    assert str(mail[KEYS]).split() == keys
    assert mail["Message-ID"] == receipt == message_id(keys, "wz@example.gov.cn")


def test_settings_of_the_process_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another library may have told Python to write UTF-8 otherwise (Apprise does, on import)."""
    monkeypatch.setitem(charset.CHARSETS, "utf-8", (charset.QP, charset.QP, "utf-8"))
    post = Post()
    with _server(post) as port:
        _mail(port).send("office", "  请办理。\n灯", ["c1/1/0"])
    assert post.mails[0].get_payload(decode=True) == "  请办理。\n灯".encode()


def test_a_file_goes_along() -> None:
    """With its Chinese name, byte for byte."""
    post = Post()
    with _server(post) as port:
        files = [Attachment("三月通报.xlsx", bytes(range(256)))]
        _mail(port).send("office", "请查收。", ["c1/1/0"], files)
    (attached,) = post.mails[0].iter_attachments()
    assert attached.get_filename() == "三月通报.xlsx"
    assert attached.get_content() == bytes(range(256))


def test_a_second_try_has_the_same_message_id() -> None:
    """By it a mail system knows the copy; other items have another."""
    assert message_id(["a"], "x@y.cn") == message_id(["a"], "x@y.cn")
    assert message_id(["a"], "x@y.cn") != message_id(["a", "b"], "x@y.cn")


def test_a_text_adds_no_header() -> None:
    """A line end in the first line, or a dot alone, stays text."""
    post = Post()
    text = "请办理\r\nBcc: all@example.com\n.\n末行"
    with _server(post) as port:
        _mail(port).send("office", text, ["c1/1/0"])
    assert post.mails[0]["Bcc"] is None
    assert post.mails[0].get_payload(decode=True) == text.encode()


# --- Encryption -----------------------------------------------------------------------------------


def test_without_starttls_nothing_is_said() -> None:
    """A server that does not offer it, or a third party that takes it out, gets no mail."""
    post = Post()
    with _server(post, tls_context=None, require_starttls=False) as port:
        error = _refused(_mail(port, user="wz", password=Secret("the-password")))
    assert "STARTTLS" in str(error)
    assert post.mails == []
    assert post.logins == []


@pytest.mark.parametrize("implicit", [True, False])
@pytest.mark.parametrize(("host", "trusted"), [("other.example.com", True), (HOST, False)])
def test_a_certificate_must_be_sound_and_for_the_name(
    implicit: bool, host: str, trusted: bool
) -> None:
    """Neither another host's nor a stranger's will do."""
    post = Post()
    trusting = TRUSTING if trusted else ssl.create_default_context()
    if implicit:
        with _implicit(_presenting(host)) as port:
            error = _refused(_mail(port, tls=trusting, implicit=True))
    else:
        with _server(post, tls_context=_presenting(host)) as port:
            error = _refused(_mail(port, tls=trusting))
    assert "证书" in str(error)
    assert post.mails == []


@contextmanager
def _implicit(tls: ssl.SSLContext) -> Iterator[int]:
    """A server that only shakes hands."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        try:
            taken, _ = listening.accept()
            with tls.wrap_socket(taken, server_side=True):
                pass
        except OSError:
            return

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield int(listening.getsockname()[1])
    finally:
        listening.close()
        thread.join()


def test_tls_from_the_start_is_spoken_where_it_is_wanted() -> None:
    """Port 465: the mail arrives as by STARTTLS."""
    post = Post()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    controller = Controller(
        post, hostname="127.0.0.1", port=port, server_hostname=HOST, ssl_context=_presenting()
    )

    def knock() -> None:
        # aiosmtpd tries its own door with a context that knows no authority of ours.
        plain = socket.create_connection(("127.0.0.1", port), 5)
        with TRUSTING.wrap_socket(plain, server_hostname=HOST) as secure:
            assert secure.recv(3) == b"220"

    controller._trigger_server = knock
    controller.start()
    try:
        _mail(port, implicit=True).send("office", "请办理。", ["c1/1/0"])
    finally:
        controller.stop()
    assert len(post.mails) == 1


def test_a_private_server_must_be_listed(connections: list[str]) -> None:
    """The same rule as for everything that goes out."""
    error = _refused(_mail(25, reach=attrs.evolve(REACH, networks=())))
    assert "内部网络" in str(error)
    assert connections == []


@pytest.mark.parametrize("password", ["the-password", "wrong"])
def test_a_user_logs_in(password: str) -> None:
    """Once encrypted; a wrong password can be mended, so it is tried again, and is not told."""
    post = Post()
    with _server(post, authenticator=post.login, auth_require_tls=True) as port:
        mail = _mail(port, user="wz", password=Secret(password))
        if password == "the-password":
            mail.send("office", "请办理。", ["c1/1/0"])
        else:
            error = _refused(mail)
            assert "口令" in str(error)
            assert not error.permanent
            assert password not in str(error)
        assert password not in repr(mail)
    assert set(post.logins) == {"wz"}  # smtplib tries each way that the server offers


# --- What is a yes --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "permanent"),
    [
        ("451 4.3.0 try again later", False),
        ("452 4.2.2 mailbox full", False),
        ("550 5.1.1 no such user zhang@example.gov.cn", True),
        ("554 5.7.1 refused", True),
    ],
)
@pytest.mark.parametrize("stage", ["recipient", "data"])
def test_4xx_may_pass_and_5xx_will_not(said: str, permanent: bool, stage: str) -> None:
    """At every stage; the server's words, which hold addresses, are not repeated."""
    post = Post()
    if stage == "data":
        post.data = said
    else:
        post.recipient = {"zhang@example.gov.cn": said}
    with _server(post) as port:
        error = _refused(_mail(port))
    assert error.permanent is permanent
    assert said[:3] in str(error)
    assert "zhang" not in str(error)
    assert post.mails == []


def test_a_recipient_who_was_refused_is_told() -> None:
    """The other has it, so it is not tried again by itself."""
    post = Post(recipient={"li@example.gov.cn": "550 no such user"})
    with _server(post) as port:
        error = _refused(_mail(port), "both")
    assert "1 个收件人被拒" in str(error)
    assert error.permanent
    assert len(post.mails) == 1


def test_nobody_there_is_a_failure() -> None:
    """And may be tried again."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    assert not _refused(_mail(port)).permanent


@pytest.mark.parametrize("greeting", [b"220 hello\r\n", b"", b"2", b"554 go away\r\n"])
def test_a_server_that_drips_or_hangs_is_cut_off(greeting: bytes) -> None:
    """After the total, whatever it has said."""
    listening = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def drip() -> None:
        taken, _ = listening.accept()
        with taken:
            taken.sendall(greeting)
            while not stop.wait(0.05):
                try:
                    taken.sendall(b"2")
                except OSError:
                    return

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        began = monotonic()
        _refused(_mail(listening.getsockname()[1], total=0.4))
        assert monotonic() - began < 2
    finally:
        stop.set()
        thread.join()
        listening.close()


def test_a_resolver_that_hangs_is_given_up() -> None:
    """Nobody waits for it."""
    never = threading.Event()

    def resolve(host: str, port: int) -> list[str]:
        never.wait(30)
        return []

    error = _refused(_mail(25, reach=Reach(resolve=resolve), connect=0.1))
    never.set()
    assert not error.permanent
