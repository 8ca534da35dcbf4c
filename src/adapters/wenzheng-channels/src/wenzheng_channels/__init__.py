"""Channels that really reach somebody: 企业微信, 钉钉, 飞书, short messages, e-mail, signed webhooks.

What there is follows from one file, named by the environment variable ``WENZHENG_CHANNELS``; without
it there is none. Nothing else of this package is loaded before.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from wenzheng_core import hookimpl

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wenzheng_core.ports import Channel

__all__ = ["VARIABLE", "wenzheng_channels"]

VARIABLE = "WENZHENG_CHANNELS"
"""The environment variable that names the file."""


@hookimpl
def wenzheng_channels() -> Sequence[Channel]:
    """Offer the channels of the configured file. Raises InputFaultsError with all its faults."""
    path = os.environ.get(VARIABLE, "").strip()
    if not path:
        return ()
    from wenzheng_channels.config import channels_of  # noqa: PLC0415 - loaded when configured

    return channels_of(path)
