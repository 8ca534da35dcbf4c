"""Signed webhooks, as the Standard Webhooks specification says.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md

``webhook-id`` stays the same from one try to the next and differs with the company of keys, so that
a receiver who drops what it has seen drops no new item. A redirect is a failure; 410 is the end.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence

import attrs
from standardwebhooks.webhooks import Webhook as Signer

from wenzheng_channels.answers import require_accepted
from wenzheng_channels.outgoing import Egress
from wenzheng_channels.secrets import Secret
from wenzheng_core.clock import SystemClock
from wenzheng_core.ports import TimeSource

KIND = "wenzheng.notice"


@attrs.define(kw_only=True)
class Webhook:
    """A :class:`~wenzheng_core.ports.Channel` that posts to another system of the office.

    Attributes:
        url: where to, as a secret: some have their key in it.
        secrets: all sign at once, the newest first; a receiver accepts any of them, so that one can
            be changed for another without a gap.
    """

    name: str
    url: Secret
    secrets: tuple[Secret, ...]
    egress: Egress = attrs.field(factory=Egress)
    clock: TimeSource = SystemClock()

    def send(self, to: str, text: str, keys: Sequence[str]) -> str:
        """Post to, text and keys; the receipt is the id under which the receiver accepted them."""
        now = self.clock.now()
        whom = f"回调「{self.name}」"
        data = {"to": to, "text": text, "keys": list(keys)}
        body = json.dumps({"type": KIND, "timestamp": now.isoformat(), "data": data})
        event = event_id(keys)
        signed = (Signer(each.reveal()).sign(event, now, body) for each in self.secrets)
        headers = {
            "Content-Type": "application/json",
            "webhook-id": event,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(signed),
        }
        answer = self.egress.post(whom, self.url.reveal(), body.encode(), headers)
        require_accepted(whom, answer, now)
        return event


def fault_of_secret(text: str) -> str:
    """What is wrong with a signing secret, without showing it; "" if nothing is."""
    try:
        key = base64.b64decode(text.removeprefix("whsec_"), validate=True)
    except ValueError:
        return "签名密钥应为 whsec_ 加 Base64"
    return "" if 24 <= len(key) <= 64 else "签名密钥应为 24 至 64 字节"


def event_id(keys: Sequence[str]) -> str:
    """One id for the items of a text: it follows from all of their keys."""
    return "msg_" + hashlib.sha256("\0".join(keys).encode()).hexdigest()[:40]
