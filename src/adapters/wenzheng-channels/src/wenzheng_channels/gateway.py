"""A gateway of the city's own, described in data: fields out, a path for success, a path for the receipt.

Many cities buy short messages from a carrier's or a contractor's interface that nobody else has. What
differs between them fits into a table; there are no expressions, so a file can run no code.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import attrs

from wenzheng_channels.answers import Verdict, refused
from wenzheng_channels.filling import fill
from wenzheng_channels.secrets import Secret
from wenzheng_channels.short_messages import Order, Request
from wenzheng_core.ports import DeliveryError

MINUTE = timedelta(minutes=1)


@attrs.frozen(kw_only=True)
class Gateway:
    """A :class:`~wenzheng_channels.short_messages.Provider` as a file describes it.

    Attributes:
        url: where to; ``method`` is POST or PUT.
        form: whether the fields go as a form instead of JSON.
        fields: names and templates; a dot in a name makes an object within (``data.mobile``).
        headers: names and templates.
        secret: what ``{secret}`` stands for, in fields and headers.
        success: path to the code of an answer, and ``success_value``, the one code that is a yes.
        receipt_path: path to the gateway's number for the message.
        busy: codes that mean "later", ``hopeless`` codes that mean "never".
    """

    url: Secret
    fields: Mapping[str, str]
    success: str
    success_value: str
    receipt_path: str
    method: str = "POST"
    form: bool = False
    headers: Mapping[str, str] = attrs.field(factory=dict)
    secret: Secret | None = None
    busy: tuple[str, ...] = ()
    hopeless: tuple[str, ...] = ()
    whom: str = "短信网关"

    def request(self, order: Order) -> Request:
        """The fields, filled."""
        values = order.values()
        if self.secret is not None:
            values["secret"] = self.secret.reveal()
        filled = {name: fill(template, values) for name, template in self.fields.items()}
        kind = "application/x-www-form-urlencoded" if self.form else "application/json"
        body = urlencode(filled) if self.form else json.dumps(_nested(filled), ensure_ascii=False)
        headers = {name: fill(template, values) for name, template in self.headers.items()}
        return Request(
            method=self.method,
            url=self.url.reveal(),
            headers={"Content-Type": f"{kind}; charset=utf-8", **headers},
            body=body.encode("utf-8"),
        )

    def refusal(self, body: Mapping[str, Any], order: Order) -> DeliveryError | None:
        """Accepted is the one code, with a receipt."""
        code = at_path(body, self.success)
        if code == self.success_value and self.receipt(body):
            return None
        verdicts = {
            **dict.fromkeys(self.busy, Verdict("网关要求稍后再发", wait=MINUTE)),
            **dict.fromkeys(self.hopeless, Verdict("网关拒绝此条", permanent=True)),
        }
        return refused(self.whom, code, verdicts)

    def receipt(self, body: Mapping[str, Any]) -> str:
        """What stands at the configured path."""
        return at_path(body, self.receipt_path)


def at_path(body: object, path: str) -> str:
    """The text or number at a path such as ``data.0.id``; "" if there is none."""
    for step in path.split("."):
        if isinstance(body, Mapping):
            body = body.get(step)
        elif isinstance(body, list) and step.isdecimal() and int(step) < len(body):
            body = body[int(step)]
        else:
            return ""
    if isinstance(body, bool):
        return str(body).lower()
    return str(body) if isinstance(body, str | int) else ""


def _nested(fields: Mapping[str, str]) -> dict[str, Any]:
    whole: dict[str, Any] = {}
    for name, value in fields.items():
        *outer, last = name.split(".")
        inner = whole
        for step in outer:
            inner = inner.setdefault(step, {})
        inner[last] = value
    return whole
