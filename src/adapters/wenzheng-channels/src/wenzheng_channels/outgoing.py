"""One HTTP request, made safely: checked addresses, no redirect, limits on time and size, no secret told.

httpcore (the lower half of httpx) and not httpx itself: its seam below the socket is public, so that
the address that was checked is the one that is connected to while TLS and the Host header keep the
name; and httpx writes every URL into its log, where a robot's URL is its key.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterable, Mapping
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import attrs
import httpcore

from wenzheng_channels.reach import Reach, is_address
from wenzheng_channels.within import within
from wenzheng_core.ports import DeliveryError

_PORTS = {"https": 443, "http": 80}
_AGENT = ("User-Agent", "wenzheng-channels")
_HOST = re.compile(r"[A-Za-z0-9._:%-]+")
_UNKNOWN = "请求已发出而没有得到完整的答复,对方是否受理不明,按未送达处理"


@attrs.frozen
class Answer:
    """What a server answered: status, headers by lower-case name, and the body as it came."""

    status: int
    headers: Mapping[str, str] = attrs.field(repr=False)
    body: bytes = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class Egress:
    """The way out for HTTP.

    Environment variables for proxies are not looked at: where a text goes is configured here alone.
    Through a proxy only https goes, in a tunnel; the proxy itself must be listed in ``reach``, and
    where a name leads is then for the proxy to decide.

    Attributes:
        proxy: URL of an HTTP proxy, or "".
        reach: which addresses may be connected to.
        connect: seconds to find and reach the server.
        silence: seconds without a byte from it.
        total: seconds for all of it; a server that drips is cut off then.
        largest: bytes of an answer at most.
        tls: certificates are checked against these authorities; httpcore's (certifi) by default.
        sockets: what connects to an address.
    """

    reach: Reach = Reach()
    proxy: str = ""
    connect: float = 5.0
    silence: float = 10.0
    total: float = 20.0
    largest: int = 64 * 1024
    tls: ssl.SSLContext = attrs.field(factory=httpcore.default_ssl_context, repr=False)
    sockets: httpcore.NetworkBackend = attrs.field(factory=httpcore.SyncBackend, repr=False)

    def post(self, whom: str, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Post a body. ``whom`` names the provider in what an error says. Raises DeliveryError."""
        return self.request(whom, "POST", url, body, headers)

    def request(
        self, whom: str, method: str, url: str, body: bytes, headers: Mapping[str, str]
    ) -> Answer:
        """Make one request on a connection of its own. Raises DeliveryError, never with the URL."""
        require_url(whom, url)
        if not all(f"{name}{value}".isascii() for name, value in headers.items()):
            raise DeliveryError(f"{whom}:请求头含有不允许的字符")
        try:
            return self._exchange(whom, method, url, body, headers)
        except (httpcore.ConnectError, httpcore.ConnectTimeout):
            reason = "连接不上,或对方的证书未通过核验"
        except httpcore.ProxyError:
            reason = "代理服务器拒绝连接"
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.RemoteProtocolError):
            reason = _UNKNOWN
        except (httpcore.LocalProtocolError, httpcore.UnsupportedProtocol):
            reason = "请求头或地址含有不允许的字符"
        # Outside the except blocks, so that no exception with the request in it is chained.
        raise DeliveryError(f"{whom}:{reason}")

    def _exchange(
        self, whom: str, method: str, url: str, body: bytes, headers: Mapping[str, str]
    ) -> Answer:
        encrypted = url.startswith("https:")
        if self.proxy:
            self._require_tunnel(whom, url, encrypted=encrypted)
            encrypted = False  # of the way to the proxy, which must be listed
        way = _Way(self, whom, encrypted=encrypted, deadline=monotonic() + self.total)
        waits = {"connect": self.connect, "read": self.silence, "write": self.silence}
        sent = [*headers.items(), _AGENT, ("Accept-Encoding", "identity"), ("Connection", "close")]
        with (
            self._pool(way) as pool,
            pool.stream(
                method, url, headers=sent, content=body, extensions={"timeout": waits}
            ) as response,
        ):
            came = self._body(whom, response.iter_stream())
            names = {k.decode("ascii").lower(): v.decode("latin-1") for k, v in response.headers}
            return Answer(response.status, names, came)

    def _pool(self, way: _Way) -> httpcore.ConnectionPool:
        if self.proxy:
            return httpcore.HTTPProxy(self.proxy, ssl_context=self.tls, network_backend=way)
        return httpcore.ConnectionPool(ssl_context=self.tls, network_backend=way)

    def _require_tunnel(self, whom: str, url: str, *, encrypted: bool) -> None:
        """Through a proxy only https; an address instead of a name is looked at here."""
        if not encrypted:
            raise DeliveryError(f"{whom}:经代理只能访问 https 地址,未连接")
        host = urlsplit(url).hostname or ""
        if is_address(host):
            attrs.evolve(self.reach, resolve=lambda name, _: [name]).addresses(
                whom, host, 443, encrypted=True
            )

    def _body(self, whom: str, chunks: Iterable[bytes]) -> bytes:
        came = bytearray()
        for chunk in chunks:
            came += chunk
            if len(came) > self.largest:
                raise DeliveryError(f"{whom}:答复过大,不能认定受理,按未送达处理")
        return bytes(came)


def require_url(whom: str, url: str) -> None:
    """Raise DeliveryError unless it is an absolute http(s) URL without a user in it."""
    if fault := fault_of_url(url):
        raise DeliveryError(f"{whom}:{fault}", permanent=True)


def fault_of_url(url: str) -> str:
    """What is wrong with a URL, without showing it; "" if nothing is."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        return "地址的写法不对"
    if parts.scheme not in _PORTS or not port:
        return "地址须以 https:// 开头(列入许可的内部网络可用 http://)"
    if not url.isascii() or not url.isprintable() or " " in url:
        return "地址含有不允许的字符"
    if parts.username is not None or not parts.hostname or not _HOST.fullmatch(parts.hostname):
        return "地址的主机名不对,且不能写用户名"
    return ""


class _Way(httpcore.NetworkBackend):
    """Connects to a checked address of a host, before one deadline."""

    def __init__(self, egress: Egress, whom: str, *, encrypted: bool, deadline: float) -> None:
        self._egress = egress
        self._whom = whom
        self._encrypted = encrypted
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        failed: Exception = httpcore.ConnectError("no address")
        for address in self._addresses(host, port):
            try:
                stream = self._egress.sockets.connect_tcp(
                    address, port, _left(self._deadline, timeout), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
            else:
                return _Stream(stream, self._deadline)
        raise failed

    def _addresses(self, host: str, port: int) -> Iterable[str]:
        try:
            return within(
                _left(self._deadline, self._egress.connect),
                lambda: self._egress.reach.addresses(
                    self._whom, host, port, encrypted=self._encrypted
                ),
            )
        except TimeoutError:
            raise httpcore.ConnectTimeout("resolving") from None


class _Stream(httpcore.NetworkStream):
    """A stream on which every wait ends at the deadline, so that a slow drip does, too."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(self._deadline, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(self._deadline, timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = _left(self._deadline, timeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(deadline: float, timeout: float | None) -> float:
    left = deadline - monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("total")
    return left if timeout is None else min(left, timeout)
