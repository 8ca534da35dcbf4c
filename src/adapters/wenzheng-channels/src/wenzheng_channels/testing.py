"""A provider played by a test: an HTTP server on this machine that answers as it is told.

Whoever describes a gateway in ``channels.toml`` can try it out against one of these before the first
short message is paid for.
"""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import attrs

from wenzheng_channels.reach import Reach

LOOPBACK = Reach(networks=(ip_network("127.0.0.0/8"),))
"""Lets a channel reach the server, which an office's network would never be."""


@attrs.frozen
class Seen:
    """One request as it came; header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, str]:
        """The body as a form, the first value of each field."""
        return _first(self.body.decode("utf-8"))

    @property
    def query(self) -> dict[str, str]:
        """What stands behind the question mark, the first value of each name."""
        return _first(urlsplit(self.path).query)


@attrs.frozen
class Reply:
    """An answer, and how it comes.

    Attributes:
        hang: seconds of silence before it, though the request was taken.
        drip: seconds between its bytes.
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = attrs.field(factory=dict)
    hang: float = 0.0
    drip: float = 0.0

    @classmethod
    def of(cls, body: object, status: int = 200, **headers: str) -> Reply:
        """An answer of JSON; an underscore in a header's name stands for a dash."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return cls(status, json.dumps(body).encode(), named)


class Server:
    """A server for the length of a ``with`` block; ``answer`` may be changed at any time."""

    def __init__(self, answer: Callable[[Seen], Reply], tls: ssl.SSLContext | None = None) -> None:
        self.answer = answer
        self.seen: list[Seen] = []
        self._closing = threading.Event()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True
        self._scheme = "http"
        if tls is not None:
            self._http.socket = tls.wrap_socket(self._http.socket, server_side=True)
            self._scheme = "https"
        # A short interval, so that closing does not wait for half a second.
        self._thread = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._http.server_address[1])

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        """The URL of a path on it."""
        return f"{self._scheme}://{host}:{self.port}{path}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _serve(self) -> None:
                length = int(self.headers.get("content-length", 0))
                names = {name.lower(): value for name, value in self.headers.items()}
                seen = Seen(self.command, self.path, names, self.rfile.read(length))
                server.seen.append(seen)
                server.write(self, server.answer(seen))

            do_GET = do_POST = do_PUT = _serve  # noqa: N815 - as the standard library asks

            def log_message(self, format: str, *args: object) -> None:
                """Write nothing to the terminal."""

        return Handler

    def write(self, handler: BaseHTTPRequestHandler, reply: Reply) -> None:
        """Write a reply as it says; whoever does not wait for it makes no noise."""
        self._closing.wait(reply.hang)
        try:
            handler.send_response(reply.status)
            for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
                handler.send_header(name, value)
            handler.end_headers()
            pieces = [reply.body[n : n + 1] for n in range(len(reply.body))] if reply.drip else []
            for piece in pieces or [reply.body]:
                handler.wfile.write(piece)
                self._closing.wait(reply.drip)
        except OSError:
            handler.close_connection = True


def _first(text: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(text, keep_blank_values=True).items()}
