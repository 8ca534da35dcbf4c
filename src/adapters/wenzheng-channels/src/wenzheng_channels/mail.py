"""E-mail by SMTP (RFC 5321), always encrypted: STARTTLS (RFC 3207), or TLS from the start (RFC 8314).

The Message-ID follows from the keys: a second try has the same one, by which mail systems know a copy.
"""

from __future__ import annotations

import hashlib
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from email.encoders import encode_base64
from email.header import Header
from email.mime.application import MIMEApplication
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.utils import format_datetime, formataddr
from typing import Any

import attrs
import httpcore

from wenzheng_channels.addresses import AddressBook, Way
from wenzheng_channels.reach import Reach
from wenzheng_channels.secrets import Secret
from wenzheng_channels.within import within
from wenzheng_core.clock import SystemClock
from wenzheng_core.ports import DeliveryError, TimeSource

WHOM = "邮件"
KEYS = "X-Wenzheng-Keys"
_SUBJECT_ROOM = 40
_ALL_REFUSED = "收件人全部被拒"


@attrs.frozen
class Attachment:
    """A file that goes along."""

    filename: str
    content: bytes = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class Relay:
    """The mail server.

    Attributes:
        implicit: TLS from the start (usually port 465); else STARTTLS, without which nothing is said.
        connect: seconds to reach it, ``silence`` without a byte, ``total`` for one message.
        hello: what this machine calls itself; its own name, if left empty.
    """

    host: str
    port: int = 587
    implicit: bool = False
    user: str = ""
    password: Secret | None = None
    reach: Reach = Reach()
    tls: ssl.SSLContext = attrs.field(factory=httpcore.default_ssl_context, repr=False)
    connect: float = 5.0
    silence: float = 20.0
    total: float = 60.0
    hello: str = "localhost"


@attrs.define(kw_only=True)
class Mail:
    """A :class:`~wenzheng_core.ports.Channel` to the mailboxes that the book names.

    Attributes:
        sender: the address in From; ``title`` stands before it and before every subject.
    """

    name: str
    relay: Relay
    sender: str
    book: AddressBook
    title: str = "留言办理"
    clock: TimeSource = SystemClock()

    def send(
        self, to: str, text: str, keys: Sequence[str], attachments: Sequence[Attachment] = ()
    ) -> str:
        """Hand one mail to the server for all mailboxes, and return its Message-ID."""
        now = self.clock.now()
        boxes = [each.value for each in self.book.resolve(to, Way.EMAIL, now)]
        message = self._message(to, text, keys, attachments, now)
        message["To"] = ", ".join(boxes)
        self._hand_over(message, boxes)
        return str(message["Message-ID"])

    def _message(
        self,
        to: str,
        text: str,
        keys: Sequence[str],
        attachments: Sequence[Attachment],
        now: datetime,
    ) -> MIMEBase:
        # Base64 by hand: the newer classes end every text with a line feed of their own, and how
        # the older ones write UTF-8 is a setting of the whole process, which Apprise changes.
        message = body = MIMEBase("text", "plain", charset="utf-8")
        body.set_payload(text.encode("utf-8"))
        encode_base64(body)
        if attachments:
            message = MIMEMultipart("mixed")
            message.attach(body)
            for each in attachments:
                part = MIMEApplication(each.content)
                part.add_header("Content-Disposition", "attachment", filename=each.filename)
                message.attach(part)
        first = " ".join(text.split())[:_SUBJECT_ROOM]
        message["Subject"] = str(Header(f"{self.title}:{first}", "utf-8"))
        message["From"] = formataddr((self.title, self.sender))
        message["Date"] = format_datetime(now)
        message["Message-ID"] = message_id(keys, self.sender)
        message["X-Wenzheng-To"] = str(Header(to, "utf-8"))
        message[KEYS] = " ".join(keys)
        return message

    def _hand_over(self, message: MIMEBase, boxes: Sequence[str]) -> None:
        failure = self._failure(message, boxes)
        if failure is not None:
            # Outside the except blocks: what smtplib raises holds addresses and the server's words.
            raise failure

    def _failure(self, message: MIMEBase, boxes: Sequence[str]) -> DeliveryError | None:
        # smtplib mends the line ends of a str, but not of bytes.
        content = message.as_bytes(policy=message.policy.clone(linesep="\r\n"))
        try:
            with _session(self.relay) as session:
                return _partly(session.sendmail(self.sender, boxes, content))
        except smtplib.SMTPException as error:
            return _failure(error)
        except OSError:
            return DeliveryError(f"{WHOM}:连接中断,或服务器的证书未通过核验;按未送达处理")


def message_id(keys: Sequence[str], sender: str) -> str:
    """The Message-ID of a text: the same for the same keys."""
    digest = hashlib.sha256("\0".join(keys).encode()).hexdigest()[:40]
    return f"<{digest}@{sender.rpartition('@')[2]}>"


@contextmanager
def _session(relay: Relay) -> Iterator[smtplib.SMTP]:
    """A session that is encrypted and, where there is a user, logged in; cut off after ``total``."""
    session = _Session(relay)
    cut = threading.Timer(relay.total, _cut, [session])
    cut.daemon = True
    cut.start()
    try:
        session.connect(relay.host, relay.port)
        if not relay.implicit:
            session.starttls(context=relay.tls)
        if relay.password is not None:
            session.login(relay.user, relay.password.reveal())
        yield session
        _leave(session)
    finally:
        cut.cancel()
        session.close()


def _dialled(addresses: Sequence[str], port: int, timeout: float) -> socket.socket:
    failed: OSError = OSError("no address")
    for address in addresses:
        try:
            return socket.create_connection((address, port), timeout)
        except OSError as error:
            failed = error
    raise failed


class _Session(smtplib.SMTP):
    """SMTP on a socket to an address that was checked; the host's name stays for TLS."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        super().__init__(local_hostname=relay.hello, timeout=relay.silence)
        self._host = relay.host  # smtplib takes the name for TLS from here

    def _get_socket(self, host: str, port: int, timeout: Any) -> socket.socket:
        relay = self._relay
        addresses = within(
            relay.connect, lambda: relay.reach.addresses(WHOM, host, port, encrypted=True)
        )
        plain = _dialled(addresses, port, relay.connect)
        plain.settimeout(timeout)
        if relay.implicit:
            return relay.tls.wrap_socket(plain, server_hostname=host)
        return plain


def _cut(session: smtplib.SMTP) -> None:
    with suppress(OSError):
        if session.sock is not None:
            session.sock.shutdown(socket.SHUT_RDWR)


def _leave(session: smtplib.SMTP) -> None:
    """Say goodbye; the mail is accepted already, so what goes wrong here changes nothing."""
    with suppress(smtplib.SMTPException, OSError):
        session.quit()


def _failure(error: smtplib.SMTPException) -> DeliveryError:
    """4xx may pass, 5xx will not; a login or a missing STARTTLS can be mended, so it is tried again."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return _by_code(
            _ALL_REFUSED, min((code for code, _ in error.recipients.values()), default=0)
        )
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return DeliveryError(f"{WHOM}:邮件服务器不接受用户名或口令({error.smtp_code})")
    if isinstance(error, smtplib.SMTPResponseException):
        return _by_code("邮件服务器未受理", error.smtp_code)
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return DeliveryError(f"{WHOM}:邮件服务器不支持加密(STARTTLS)或登录,未发送")
    return DeliveryError(f"{WHOM}:与邮件服务器的连接中断;是否受理不明,按未送达处理")


def _by_code(reason: str, code: int) -> DeliveryError:
    return DeliveryError(f"{WHOM}:{reason}({code})", permanent=500 <= code < 600)


def _partly(refused: dict[str, tuple[int, bytes]]) -> DeliveryError | None:
    if not refused:
        return None
    return DeliveryError(
        f"{WHOM}:{len(refused)} 个收件人被拒,其余已受理;请核对通讯录后单独补发", permanent=True
    )
