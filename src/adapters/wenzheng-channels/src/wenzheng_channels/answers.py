"""Reading answers strictly: what does not plainly say that it was accepted, was not."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import attrs

from wenzheng_channels.outgoing import Answer
from wenzheng_core.ports import DeliveryError


@attrs.frozen
class Verdict:
    """What a provider's code means: told in Chinese, whether trying again helps, and when."""

    reason: str
    permanent: bool = False
    wait: timedelta | None = None


Verdicts = Mapping[Any, Verdict]
_OTHERWISE = Verdict("对方未受理,代码的含义请查服务商的文档")

LONGEST_WAIT = timedelta(days=1)
_GONE, _BUSY, _DOWN = 410, 429, 503
_CODE = re.compile(r"[A-Za-z0-9._-]{1,64}")


def require_accepted(whom: str, answer: Answer, now: datetime) -> None:
    """Raise DeliveryError unless the status is 2xx; a redirect is none, and is never followed."""
    status = answer.status
    if 200 <= status < 300:
        return
    if 300 <= status < 400:
        raise DeliveryError(f"{whom}:对方要求转到别处({status}),不予跟随;请把新地址写入配置")
    if status == _GONE:
        raise DeliveryError(f"{whom}:对方已停止接收(410)", permanent=True)
    wait = wait_asked(answer, now) if status in (_BUSY, _DOWN) else None
    reason = "请求过于频繁" if status == _BUSY else "未受理"
    raise DeliveryError(f"{whom}:{reason}(HTTP {status})", retry_after=wait)


def require_taken(
    whom: str,
    answer: Answer,
    now: datetime,
    refusal: Callable[[Mapping[str, Any]], DeliveryError | None],
) -> Mapping[str, Any]:
    """The body of an answer that plainly says yes, by its status *and* by its own code.

    ``refusal`` gives the error that a body tells. With a 4xx it says more than the status does;
    where it says nothing of a wait, the header does. Raises DeliveryError.
    """
    if not 400 <= answer.status < 500 or answer.status == _GONE:
        require_accepted(whom, answer, now)
    try:
        body = object_of(whom, answer)
    except DeliveryError:
        require_accepted(whom, answer, now)
        raise
    if error := refusal(body):
        error.retry_after = error.retry_after or wait_asked(answer, now)
        raise error
    require_accepted(whom, answer, now)
    return body


def wait_asked(answer: Answer, now: datetime) -> timedelta | None:
    """How long the server asks to be left alone (``Retry-After``: seconds, or a date); a day at most."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isdecimal() and len(text) < 10:
        return min(timedelta(seconds=int(text)), LONGEST_WAIT)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    if until.tzinfo is None or until <= now:
        return None
    return min(until - now, LONGEST_WAIT)


def object_of(whom: str, answer: Answer) -> Mapping[str, Any]:
    """The body as a JSON object. Raises DeliveryError: without one nothing says that it went."""
    try:
        value = json.loads(answer.body)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise DeliveryError(f"{whom}:答复不是应有的 JSON,不能认定受理,按未送达处理")
    return value


def number_of(body: Mapping[str, Any], name: str) -> int | None:
    """A whole number in an answer; None for anything else, ``true`` and ``"0"`` included."""
    value = body.get(name)
    return value if type(value) is int else None


def text_of(body: Mapping[str, Any], name: str) -> str:
    """A text in an answer; "" for anything else."""
    value = body.get(name)
    return value if isinstance(value, str) else ""


def shown_code(code: object) -> str:
    """A code as it may be told: a short word or number. Whatever else a server says is not repeated."""
    text = str(code) if isinstance(code, str | int) and not isinstance(code, bool) else ""
    return text if _CODE.fullmatch(text) else "无"


def refused(whom: str, code: object, verdicts: Verdicts) -> DeliveryError:
    """The error for a code; an unknown one may be tried again."""
    verdict = verdicts.get(code, _OTHERWISE)
    return DeliveryError(
        f"{whom}:{verdict.reason}(代码 {shown_code(code)})",
        permanent=verdict.permanent,
        retry_after=verdict.wait,
    )
