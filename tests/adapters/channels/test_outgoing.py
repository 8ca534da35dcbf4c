"""Requests go only where they may, and take no longer and bring no more than they may."""

from __future__ import annotations

import logging
import socket
import ssl
import threading
from collections.abc import Iterator
from ipaddress import ip_network
from time import monotonic
from typing import Self

import attrs
import httpcore
import pytest
import trustme

from wenzheng_channels.outgoing import Answer, Egress, fault_of_url
from wenzheng_channels.reach import Reach
from wenzheng_channels.testing import LOOPBACK, Reply, Seen, Server
from wenzheng_core.ports import DeliveryError

TLS = httpcore.default_ssl_context()
EGRESS = Egress(reach=LOOPBACK, tls=TLS, connect=2.0, silence=0.3, total=1.0, largest=1000)
KEY = "key=693a91f6-7aaa-4bc4-97a0-0ec2sifa5aaa"
PUBLIC = "93.184.215.14"


class Nowhere(httpcore.NetworkBackend):
    """Notes what it was to connect to, and connects to nothing."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def connect_tcp(self, host: str, *_: object, **__: object) -> httpcore.NetworkStream:
        """Note the address."""
        self.asked.append(host)
        raise httpcore.ConnectError("nowhere")


def _resolving(*answers: list[str]) -> tuple[Reach, list[str]]:
    """A reach whose resolver gives these answers one after the other, and the hosts it was asked."""
    asked: list[str] = []
    left = list(answers)

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return left.pop(0)

    return Reach(resolve=resolve), asked


def _post(egress: Egress, url: str) -> Answer:
    return egress.post("某服务商", url, b"{}", {"Content-Type": "application/json"})


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that says yes."""
    with Server(lambda _: Reply.of({"ok": 1})) as running:
        yield running


# --- Where to -------------------------------------------------------------------------------------


def test_a_listed_network_is_reached(server: Server, connections: list[str]) -> None:
    """The city's own gateway may be in a private network; the body arrives as it was given."""
    answer = _post(EGRESS, server.url("/send"))

    assert (answer.status, answer.body) == (200, b'{"ok": 1}')
    assert [(each.method, each.path, each.body) for each in server.seen] == [
        ("POST", "/send", b"{}")
    ]
    assert connections == ["127.0.0.1"]


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::ffff:10.1.2.3",
        "::ffff:127.0.0.1",
        "64:ff9b::a01:203",
        "2002:a01:203::1",
        "2001:0:a01:203::1",
        "fe80::1%eth0",
        "fc00::1",
        "fec0::1",
        "ff0e::1",
        "not an address",
    ],
)
def test_what_is_not_public_is_not_connected_to(address: str, connections: list[str]) -> None:
    """In whatever spelling a private address comes: no connection, and a failure that says so."""
    reach, _ = _resolving([address])
    with pytest.raises(DeliveryError, match=r"内部网络|不是网络地址") as failed:
        _post(attrs.evolve(EGRESS, reach=reach), "https://hooks.example.com/")
    assert connections == []
    assert not failed.value.permanent


def test_one_private_address_among_public_ones_is_enough(connections: list[str]) -> None:
    """All addresses are looked at before any is connected to."""
    reach, _ = _resolving([PUBLIC, "10.1.2.3"])
    nowhere = Nowhere()
    with pytest.raises(DeliveryError, match="内部网络"):
        _post(attrs.evolve(EGRESS, reach=reach, sockets=nowhere), "https://hooks.example.com/")
    assert nowhere.asked == []
    assert connections == []


def test_a_name_that_changes_its_mind_is_asked_once() -> None:
    """DNS rebinding: what was checked is connected to, and the second answer is never heard."""
    reach, asked = _resolving([PUBLIC], ["127.0.0.1"])
    nowhere = Nowhere()
    with pytest.raises(DeliveryError, match="连接不上"):
        _post(attrs.evolve(EGRESS, reach=reach, sockets=nowhere), "https://hooks.example.com/")
    assert asked == ["hooks.example.com"]
    assert nowhere.asked == [PUBLIC]


def test_a_translated_address_is_the_one_it_stands_for() -> None:
    """Where a network speaks IPv6 alone, a public IPv4 host comes as 64:ff9b::."""
    reach, _ = _resolving(["64:ff9b::5db8:d70e"])
    nowhere = Nowhere()
    with pytest.raises(DeliveryError, match="连接不上"):
        _post(attrs.evolve(EGRESS, reach=reach, sockets=nowhere), "https://hooks.example.com/")
    assert nowhere.asked == ["64:ff9b::5db8:d70e"]


def test_every_address_is_tried_in_turn() -> None:
    """One dead address of a host does not make it unreachable."""
    reach, _ = _resolving([PUBLIC, "1.1.1.1"])
    nowhere = Nowhere()
    with pytest.raises(DeliveryError, match="连接不上"):
        _post(attrs.evolve(EGRESS, reach=reach, sockets=nowhere), "https://hooks.example.com/")
    assert nowhere.asked == [PUBLIC, "1.1.1.1"]


def test_nothing_goes_to_the_public_unencrypted() -> None:
    """A key in a URL or a header would be read by everybody on the way."""
    reach, _ = _resolving([PUBLIC])
    nowhere = Nowhere()
    with pytest.raises(DeliveryError, match="须加密"):
        _post(attrs.evolve(EGRESS, reach=reach, sockets=nowhere), "http://hooks.example.com/")
    assert nowhere.asked == []


@pytest.mark.parametrize(
    ("address", "reached"),
    [("10.1.2.3", True), ("fd00::1", True), ("127.0.0.1", False), ("169.254.169.254", False)],
)
def test_a_listed_host_may_be_private_but_not_the_machine_itself(
    address: str, reached: bool
) -> None:
    """Whoever answers for the name cannot turn it to this machine or to a cloud's credentials."""
    reach, _ = _resolving([address])
    nowhere = Nowhere()
    listed = attrs.evolve(reach, hosts=frozenset({"oa.example.gov.cn"}))
    with pytest.raises(DeliveryError):
        _post(attrs.evolve(EGRESS, reach=listed, sockets=nowhere), "http://OA.example.gov.cn/")
    assert nowhere.asked == ([address] if reached else [])


@pytest.mark.parametrize(
    "target",
    ["http://127.0.0.1:9/", "http://169.254.169.254/latest/", "https://10.0.0.1/", "/elsewhere"],
)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(
    server: Server, connections: list[str], target: str, status: int
) -> None:
    """A redirect comes back as it is; the only connection is the one to the server."""
    server.answer = lambda _: Reply(status, b"", {"Location": target})
    assert _post(EGRESS, server.url()).status == status
    assert connections == ["127.0.0.1"]
    assert len(server.seen) == 1


def test_proxies_of_the_environment_are_not_asked(
    server: Server, connections: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a text goes is configured in one place."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.2:9")
    assert _post(EGRESS, server.url()).status == 200
    assert connections == ["127.0.0.1"]


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "file:///etc/passwd",
        "https:///x",
        "example.com/x",
        "https://user:pass@example.com/",
        "https://example.com:port/",
        "https://例子.中国/",
        "https://example.com/a b",
        "https://example.com/\r\nX: y",
        "",
    ],
)
def test_a_url_that_is_none_is_refused(url: str, connections: list[str]) -> None:
    """Before anything is resolved, for good, and without showing it."""
    assert fault_of_url(url)
    with pytest.raises(DeliveryError) as failed:
        _post(EGRESS, url)
    assert failed.value.permanent
    assert not url or url not in str(failed.value)
    assert connections == []


# --- TLS ------------------------------------------------------------------------------------------


def _authority() -> tuple[trustme.CA, ssl.SSLContext]:
    authority = trustme.CA()
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    return authority, trusting


def _presenting(authority: trustme.CA, host: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(host).configure_cert(context)
    return context


def _towards_loopback(trusting: ssl.SSLContext) -> Egress:
    reach = attrs.evolve(LOOPBACK, resolve=lambda host, port: ["127.0.0.1"])
    return attrs.evolve(EGRESS, reach=reach, tls=trusting)


def test_the_name_stays_for_tls_and_for_the_host_header() -> None:
    """Though an address is connected to, the certificate is that of the name."""
    authority, trusting = _authority()
    with Server(lambda _: Reply(), _presenting(authority, "hooks.example.com")) as server:
        answer = _post(_towards_loopback(trusting), server.url(host="hooks.example.com"))
        assert answer.status == 200
        assert server.seen[0].headers["host"] == f"hooks.example.com:{server.port}"


@pytest.mark.parametrize("trusted", [True, False])
def test_a_certificate_must_be_sound_and_for_the_name(trusted: bool) -> None:
    """Neither a stranger's authority nor another host's certificate will do; nothing is sent."""
    authority, trusting = _authority()
    name = "other.example.com" if trusted else "hooks.example.com"
    with Server(lambda _: Reply(), _presenting(authority, name)) as server:
        egress = _towards_loopback(trusting if trusted else TLS)
        with pytest.raises(DeliveryError, match="证书"):
            _post(egress, server.url(host="hooks.example.com"))
        assert server.seen == []


# --- Through a proxy ------------------------------------------------------------------------------


class Tunnel:
    """A proxy that makes tunnels, all of them to one port of this machine."""

    def __init__(self, port: int, said: bytes = b"200 OK") -> None:
        self.asked: list[bytes] = []
        self._port, self._said = port, said
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.close()
        self._thread.join()

    def _serve(self) -> None:
        try:
            client, _ = self._listening.accept()
        except OSError:
            return
        with client, socket.create_connection(("127.0.0.1", self._port)) as target:
            self.asked.append(client.recv(4096).split(b"\r\n")[0])
            client.sendall(b"HTTP/1.1 " + self._said + b"\r\n\r\n")
            back = threading.Thread(target=self._pump, args=(target, client))
            back.start()
            self._pump(client, target)
            back.join()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(4096):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            return


def test_a_configured_proxy_makes_a_tunnel() -> None:
    """It is told the host, sees nothing of the message, and the certificate is the host's."""
    authority, trusting = _authority()
    with (
        Server(lambda _: Reply(), _presenting(authority, "hooks.example.com")) as server,
        Tunnel(server.port) as tunnel,
    ):
        egress = attrs.evolve(EGRESS, proxy=tunnel.url, tls=trusting)
        assert _post(egress, f"https://hooks.example.com/?{KEY}").status == 200
        assert tunnel.asked == [b"CONNECT hooks.example.com:443 HTTP/1.1"]
        assert server.seen[0].body == b"{}"


def test_a_proxy_that_refuses_is_a_failure() -> None:
    """Its answer is no answer of the provider's."""
    with Server(lambda _: Reply()) as server, Tunnel(server.port, b"403 no") as tunnel:
        with pytest.raises(DeliveryError, match="代理服务器拒绝"):
            _post(attrs.evolve(EGRESS, proxy=tunnel.url), "https://hooks.example.com/")
        assert server.seen == []


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://hooks.example.com/", "只能访问 https"),
        ("https://10.1.2.3/", "内部网络"),
        ("https://169.254.169.254/latest/", "内部网络"),
        ("https://[::1]/", "内部网络"),
    ],
)
def test_a_proxy_is_no_way_around_the_rules(connections: list[str], url: str, reason: str) -> None:
    """Nothing unencrypted, no private address; and no proxy that is not listed."""
    egress = attrs.evolve(EGRESS, proxy="http://127.0.0.1:9")
    with pytest.raises(DeliveryError, match=reason):
        _post(egress, url)
    with pytest.raises(DeliveryError, match="内部网络"):
        _post(attrs.evolve(egress, reach=Reach()), "https://hooks.example.com/")
    assert connections == []


def test_a_public_proxy_must_be_listed() -> None:
    """The way to it is not encrypted, and it sees whom everything is for."""
    reach, _ = _resolving([PUBLIC])
    nowhere = Nowhere()
    egress = attrs.evolve(EGRESS, reach=reach, sockets=nowhere, proxy="http://proxy.example.com:80")
    with pytest.raises(DeliveryError, match="须加密"):
        _post(egress, "https://hooks.example.com/")
    assert nowhere.asked == []


# --- Time and size --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body=b"{}", hang=30),
        Reply(body=b"x" * 600, drip=0.05),
        Reply(body=b"", headers={"Content-Length": "10"}, hang=0),
    ],
    ids=["silence after acceptance", "slow drip", "cut short"],
)
def test_an_answer_that_does_not_come_is_no_yes(server: Server, reply: Reply) -> None:
    """Whether it was accepted is unknown, so it counts as not delivered, within the time allowed."""
    server.answer = lambda _: reply
    began = monotonic()
    with pytest.raises(DeliveryError, match="受理不明"):
        _post(EGRESS, server.url())
    assert monotonic() - began < EGRESS.total + 1


def test_the_total_is_shorter_than_any_silence(server: Server) -> None:
    """Whatever silence is allowed, nobody waits beyond the total."""
    server.answer = lambda _: Reply(hang=30)
    began = monotonic()
    with pytest.raises(DeliveryError, match="受理不明"):
        _post(attrs.evolve(EGRESS, silence=20.0, total=0.2), server.url())
    assert monotonic() - began < 5


def test_headers_that_drip_are_cut_off() -> None:
    """The total holds for the head of an answer, too, when every single wait is short."""
    stop = threading.Event()
    listening = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        taken, _ = listening.accept()
        with taken:
            taken.sendall(b"HTTP/1.1 200 OK\r\nX: ")
            while not stop.wait(0.05):
                try:
                    taken.sendall(b"x")
                except OSError:
                    return

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        began = monotonic()
        with pytest.raises(DeliveryError, match="受理不明"):
            _post(EGRESS, f"http://127.0.0.1:{listening.getsockname()[1]}/")
        assert monotonic() - began < EGRESS.total + 1
    finally:
        stop.set()
        thread.join()
        listening.close()


def test_a_name_that_is_never_found_is_given_up() -> None:
    """A resolver may take minutes; nobody waits for it."""
    never = threading.Event()

    def resolve(host: str, port: int) -> list[str]:
        never.wait(30)
        return []

    egress = attrs.evolve(EGRESS, reach=Reach(resolve=resolve), connect=0.1)
    began = monotonic()
    with pytest.raises(DeliveryError, match="连接不上"):
        _post(egress, "https://hooks.example.com/")
    never.set()
    assert monotonic() - began < 1


def test_a_name_that_does_not_exist_says_so() -> None:
    """The resolver's error becomes one that may be tried again."""

    def resolve(host: str, port: int) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    for unknown in (resolve, lambda host, port: []):
        egress = attrs.evolve(EGRESS, reach=Reach(resolve=unknown))
        with pytest.raises(DeliveryError, match="主机名") as failed:
            _post(egress, "https://hooks.example.com/")
        assert not failed.value.permanent


def test_a_huge_answer_is_not_read_to_its_end(server: Server) -> None:
    """Beyond the limit it is dropped, and is no yes."""
    server.answer = lambda _: Reply(body=b"x" * (EGRESS.largest + 1))
    with pytest.raises(DeliveryError, match="过大"):
        _post(EGRESS, server.url())
    server.answer = lambda _: Reply(body=b"x" * EGRESS.largest)
    assert len(_post(EGRESS, server.url()).body) == EGRESS.largest


def test_a_compressed_answer_is_not_unpacked(server: Server) -> None:
    """What a few bytes may unfold to is nobody's business here: it comes as it is."""
    server.answer = lambda _: Reply(body=b"\x1f\x8b?", headers={"Content-Encoding": "gzip"})
    assert _post(EGRESS, server.url()).body == b"\x1f\x8b?"
    assert server.seen[0].headers["accept-encoding"] == "identity"


def test_nobody_there_is_a_failure(connections: list[str]) -> None:
    """A port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(DeliveryError, match="连接不上"):
        _post(EGRESS, f"http://127.0.0.1:{port}/")
    assert connections == ["127.0.0.1"]


# --- Secrets --------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["hang", "refused", "blocked", "none"])
def test_no_key_shows_in_an_error_or_a_log(
    server: Server, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    """Whatever goes wrong, and however much every library writes."""
    caplog.set_level(logging.DEBUG)
    server.answer = lambda _: Reply(hang=30) if fault == "hang" else Reply()
    url = f"{server.url()}?{KEY}"
    if fault == "refused":
        url = f"http://127.0.0.1:1/?{KEY}"
    egress = attrs.evolve(EGRESS, reach=Reach()) if fault == "blocked" else EGRESS
    try:
        said = repr(_post(egress, url))
    except DeliveryError as error:
        said = f"{error!r} {error.__cause__!r} {error.__context__!r}"
    assert KEY not in said
    assert KEY not in caplog.text


@pytest.mark.parametrize("value", ["a\r\nX-Other: b", "密钥", "\x00"])
def test_a_header_is_one_line_of_ascii(server: Server, value: str) -> None:
    """Nothing that is filled in can add a header of its own; what does not fit is not told."""
    with pytest.raises(DeliveryError, match="不允许的字符") as failed:
        EGRESS.post("某服务商", server.url(), b"", {"X-To": value})
    assert failed.value.__context__ is None
    assert server.seen == []


def test_networks_may_be_of_both_kinds() -> None:
    """An IPv4 address is never in an IPv6 network, and asking is no error."""
    reach = Reach(
        networks=(ip_network("fd00::/8"), ip_network("10.0.0.0/8")),
        resolve=lambda host, port: ["10.1.1.1", "fd00::2", "::ffff:10.1.1.2"],
    )
    found = reach.addresses("某服务商", "oa", 80, encrypted=False)
    assert list(found) == ["10.1.1.1", "fd00::2", "::ffff:10.1.1.2"]


def test_seen_reads_what_came() -> None:
    """The test server's own readers: a query and a form."""
    seen = Seen("POST", "/x?a=1&b=%E7%81%AF", {}, b"c=2&d=")
    assert (seen.query, seen.form) == ({"a": "1", "b": "灯"}, {"c": "2", "d": ""})
