"""Which addresses a channel may connect to: public ones, and those of the city that are listed.

Whoever may set up a webhook could otherwise make the office's own machine ask the machines behind
its wall (server-side request forgery): so every address of a host is looked at before any of them
is connected to, and what was looked at is what is connected to.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

import attrs

from wenzheng_core.ports import DeliveryError

IPAddress = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolver = Callable[[str, int], Sequence[str]]
"""Gives all addresses of a host name and a port, as texts. Raises OSError."""

_NAT64 = ip_network("64:ff9b::/96")
_TUNNELS = (ip_network("2002::/16"), ip_network("2001::/32"))
"""6to4 and Teredo carry an IPv4 address of the sender's choice, and nobody needs them here."""


def system_addresses(host: str, port: int) -> Sequence[str]:
    """What the system's resolver says, each address once, in its order."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(each[4][0]) for each in found))


@attrs.frozen(kw_only=True)
class Reach:
    """Where a tenant's channels may go.

    Attributes:
        networks: networks of the city's own, private or not, that may be connected to.
        hosts: names of hosts that may be private; even they are never the machine itself, nor
            link-local, where clouds keep their credentials (169.254.169.254).
        resolve: asked once for every connection.
    """

    networks: tuple[Network, ...] = ()
    hosts: frozenset[str] = frozenset()
    resolve: Resolver = system_addresses

    def addresses(self, whom: str, host: str, port: int, *, encrypted: bool) -> Sequence[str]:
        """The addresses to connect to, all of them allowed. Raises DeliveryError.

        Without encryption only listed ones are.
        """
        try:
            found = self.resolve(host, port)
        except OSError:
            raise DeliveryError(f"{whom}:主机名无法解析,请检查地址和网络") from None
        if not found:
            raise DeliveryError(f"{whom}:主机名没有对应的地址")
        for text in found:
            self._require_allowed(whom, host, text, encrypted=encrypted)
        return found

    def _require_allowed(self, whom: str, host: str, text: str, *, encrypted: bool) -> None:
        try:
            address = _meant(ip_address(text.partition("%")[0]))
        except ValueError:
            raise DeliveryError(f"{whom}:主机名解析出的不是网络地址") from None
        if self._lists(host, address):
            return
        if not _is_public(address):
            raise DeliveryError(
                f"{whom}:目标在未列入许可的内部网络,未连接;"
                "确属本单位的,请写入 [outgoing] 的 networks 或 hosts"
            )
        if not encrypted:
            raise DeliveryError(f"{whom}:公网地址须加密(https 或 TLS),未连接")

    def _lists(self, host: str, address: IPAddress) -> bool:
        if any(address in network for network in self.networks):
            return True
        own = address.is_private and not (
            address.is_loopback or address.is_link_local or address.is_unspecified
        )
        return own and host.lower().rstrip(".") in self.hosts


def is_address(host: str) -> bool:
    """Whether a host is written as an address and not as a name."""
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _meant(address: IPAddress) -> IPAddress:
    """The IPv4 address that an IPv6 one stands for, if it does."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _is_public(address: IPAddress) -> bool:
    hidden = address.is_multicast or address.is_reserved or getattr(address, "is_site_local", False)
    return address.is_global and not hidden and not any(address in net for net in _TUNNELS)
