"""The two chains of hashes: over the records of a tenant, and over the lines of its diary.

Each link covers what is stored, byte for byte, and the link before it: whoever changes, drops, adds
or swaps a stored line breaks every later link of the chain. What a chain alone cannot show, because
whoever can write can also count anew, is a tail cut off or a chain written again from some place on:
for that, heads are anchored outside (:mod:`wenzheng_core.auditing`).

A record has its place in two chains: that of its case, so that a case can be verified alone, and
that of the tenant, which is the order of commits.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache, lru_cache

from wenzheng_core.domain.errors import UnknownError
from wenzheng_core.domain.instants import utc
from wenzheng_core.storing import Evidence, LineEvidence

DIGESTS: Mapping[str, Callable[[bytes], bytes]] = {
    "sha256": lambda data: hashlib.sha256(data).digest(),
    "sm3": lambda data: hashlib.new("sm3", data).digest(),
}
"""The digests by name; the name is stored with every link. SM3 (GB/T 32905) needs an OpenSSL that
has it, as every release since 1.1.1 does unless it was built without."""

DEFAULT = "sha256"

_MANY = 4096


@cache
def digest_of(name: str) -> Callable[[bytes], bytes]:
    """The digest of that name, tried once. Raises UnknownError for one that is not to be had here."""
    try:
        digest = DIGESTS[name]
        digest(b"")
    except (KeyError, ValueError):
        raise UnknownError("摘要算法", name, tuple(DIGESTS)) from None
    return digest


def case_link(previous: bytes, tenant: str, item: Evidence) -> bytes:
    """The link of a record within its case; ``previous`` is b"" for the first one."""
    head = (tenant, item.case_id, str(item.version), item.kind, str(item.form))
    texts = map(_framed_text, (*head, _at(item.at), item.actor))
    return digest_of(item.digest)(b"".join((_framed(previous), *texts, _framed(item.body))))


def link(previous: bytes, item: Evidence) -> bytes:
    """The link of a record in the tenant's order; ``previous`` is b"" for position 1."""
    return link_at(previous, item.position, item.case_link, item.digest)


def link_at(previous: bytes, position: int, case_link: bytes, digest: str) -> bytes:
    """The link in the tenant's order of what has ``case_link`` and stands at a position."""
    return digest_of(digest)(_framed(previous, str(position).encode(), case_link))


def line_link(previous: bytes, tenant: str, item: LineEvidence) -> bytes:
    """The link of a line of the diary; ``previous`` is b"" for number 1."""
    head = (tenant, str(item.number), item.key, _at(item.at))
    return digest_of(item.digest)(_framed(previous, *(text.encode() for text in head), item.body))


def _at(instant: datetime) -> str:
    return _written(utc(instant))


@lru_cache(_MANY)
def _written(instant: datetime) -> str:
    return instant.replace(tzinfo=None).isoformat(timespec="microseconds")


def _framed(*parts: bytes) -> bytes:
    """The parts with their lengths before them: no two sequences of parts give the same bytes."""
    return b"".join([len(part).to_bytes(8, "big") + part for part in parts])


@lru_cache(_MANY)
def _framed_text(text: str) -> bytes:
    """The same for names, kinds and instants, most of which come again in the next record."""
    return _framed(text.encode())
