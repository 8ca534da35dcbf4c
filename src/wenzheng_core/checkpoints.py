"""A checkpoint: where the two chains of a tenant stood at an instant, signed, to be kept elsewhere.

The signature is over plain JSON with its keys in order, so that an auditor can check it in ten years
with nothing but a library of Ed25519 or with openssl.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import attrs

from wenzheng_core.domain.instants import utc

FORMAT = "wenzheng.checkpoint/1"


@attrs.frozen(kw_only=True)
class Checkpoint:
    """Where the chains of a tenant stood.

    Attributes:
        tenant: whose chains.
        position: the last record, from 1; 0 for none.
        link: its link in the chain of records.
        lines: the number of the last line of the diary; 0 for none.
        line_link: its link in the chain of lines.
        at: when it was signed (UTC).
        key_id: which key signed it.
        signature: over :meth:`content`; empty until it is signed.
    """

    tenant: str
    position: int
    link: bytes
    lines: int
    line_link: bytes
    at: datetime = attrs.field(converter=utc)
    key_id: str
    signature: bytes = b""

    def content(self) -> bytes:
        """The bytes that are signed: all but the signature, as JSON with its keys in order."""
        return _text(self._signed()).encode()

    def to_json(self) -> str:
        """One line of JSON, the signature included."""
        return _text({**self._signed(), "signature": self.signature.hex()})

    def _signed(self) -> dict[str, str | int]:
        return {
            "format": FORMAT,
            "tenant": self.tenant,
            "position": self.position,
            "link": self.link.hex(),
            "lines": self.lines,
            "line_link": self.line_link.hex(),
            "at": self.at.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z",
            "key_id": self.key_id,
        }


def read_checkpoint(text: str) -> Checkpoint:
    """A checkpoint from its line of JSON. Raises ValueError for anything else."""
    data = json.loads(text)
    if not isinstance(data, Mapping) or data.get("format") != FORMAT:
        raise ValueError(f"不是 {FORMAT} 格式的锚定")
    try:
        return _made(data)
    except (LookupError, TypeError) as error:
        raise ValueError("锚定的内容不全") from error


def _made(data: Mapping[str, Any]) -> Checkpoint:
    made = Checkpoint(
        tenant=data["tenant"],
        position=data["position"],
        link=bytes.fromhex(data["link"]),
        lines=data["lines"],
        line_link=bytes.fromhex(data["line_link"]),
        at=datetime.fromisoformat(data["at"]).astimezone(UTC),
        key_id=data["key_id"],
        signature=bytes.fromhex(data["signature"]),
    )
    places, names = (made.position, made.lines), (made.tenant, made.key_id)
    right = all(type(x) is int for x in places) and all(isinstance(x, str) for x in names)
    if not right or json.loads(made.to_json()) != data:
        raise ValueError("锚定的内容与其格式不符")
    return made


def _text(data: Mapping[str, str | int]) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
