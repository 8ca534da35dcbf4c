"""Apprise for the long tail (https://github.com/caronc/apprise), as the extra ``apprise``.

Its success is Apprise's word alone: for several services it takes the status 200 for a yes even where
the answer says no, and it hands on no number for the message. It opens its own connections, to which
the rules of :mod:`wenzheng_channels.outgoing` do not apply. Not for what must be proved to have gone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import attrs

from wenzheng_channels.privacy import require_impersonal
from wenzheng_channels.secrets import Secret
from wenzheng_channels.within import within
from wenzheng_core.clock import SystemClock
from wenzheng_core.ports import DeliveryError, TimeSource

WHOM = "Apprise"
TITLE = "留言办理"


class Notifier(Protocol):
    """What is used of ``apprise.Apprise``."""

    def add(self, url: str) -> bool:
        """Add a service by its URL; whether it was understood."""

    def notify(self, body: str, title: str) -> object:
        """Notify all services; the result is true if all said yes."""


def _apprise() -> Notifier:
    try:
        from apprise import Apprise  # noqa: PLC0415 - an extra, and slow to import
    except ImportError:
        raise DeliveryError(
            '没有安装 Apprise;请执行 pip install "wenzheng-channels[apprise]"'
        ) from None
    notifier: Notifier = Apprise()
    return notifier


@attrs.define(kw_only=True)
class AppriseChannel:
    """A :class:`~wenzheng_core.ports.Channel` through Apprise, on a thread of its own.

    Attributes:
        url: Apprise's URL of the service, which contains its key.
        patience: seconds that it is waited for; after that nobody knows, and it counts as not sent.
    """

    name: str
    url: Secret
    clock: TimeSource = SystemClock()
    patience: float = 30.0
    make: Callable[[], Notifier] = attrs.field(default=_apprise, repr=False)

    def send(self, to: str, text: str, keys: Sequence[str]) -> str:
        """Notify; the receipt says whose word it is."""
        require_impersonal(WHOM, text)
        try:
            done = within(self.patience, lambda: self._notify(to, text))
        except TimeoutError:
            raise DeliveryError(f"{WHOM}:{self.patience:g} 秒没有结果,按未送达处理") from None
        except DeliveryError:
            raise
        except Exception as error:  # a plugin's own; its text may hold the URL
            raise DeliveryError(f"{WHOM}:服务出错({type(error).__name__})") from None
        if not done:
            raise DeliveryError(f"{WHOM}:服务未受理")
        return f"apprise(仅为 Apprise 所报,未经服务商证实)@{self.clock.now().isoformat()}"

    def _notify(self, to: str, text: str) -> bool:
        notifier = self.make()
        if not notifier.add(self.url.reveal()):
            raise DeliveryError(f"{WHOM}:不认识所配置的服务地址", permanent=True)
        return bool(notifier.notify(text, f"{TITLE}:致{to}"))
