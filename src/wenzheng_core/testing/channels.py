"""The laws of :class:`~wenzheng_core.ports.Channel` as a test class for any adapter.

An adapter's test file brings a bench: the channel, and the provider at its other end in the test's
own hands. Then it is one line::

    TestSms = channel_suite(bench)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

import attrs
import pytest

from wenzheng_core.ports import Channel
from wenzheng_core.testing.channel_laws import ChannelLaws
from wenzheng_core.testing.fresh import fresh_laws


@attrs.frozen
class Arrived:
    """What came to a provider: to whom, what, and under which keys; none if it takes no keys."""

    to: str
    text: str
    keys: tuple[str, ...] = ()


@attrs.frozen
class ChannelBench:
    """A channel, with its provider played by the test.

    Attributes:
        arrived: all that the provider has accepted so far, oldest first.
        refuse: from now on the provider accepts nothing; ``accept``: it accepts again.
        carries_keys: whether the provider is told the keys, and can drop what it has seen.
        to: an addressee that the channel can reach.
    """

    channel: Channel
    arrived: Callable[[], Sequence[Arrived]]
    refuse: Callable[[], None]
    accept: Callable[[], None]
    carries_keys: bool = True
    to: str = "housing/liaison"


FreshBench = Callable[[], AbstractContextManager[ChannelBench]]
"""Makes a bench on which nothing was sent yet, for the length of a block."""


def channel_suite(fresh: FreshBench) -> type[Any]:
    """A class of tests for pytest to collect: every law of the port. ``fresh`` is called for each."""

    @pytest.fixture
    def bench(self: object) -> Iterator[ChannelBench]:
        """A channel with a provider of the test's own."""
        with fresh() as made:
            yield made

    body: dict[str, Any] = {"__doc__": "The laws of a channel.", "bench": bench}
    return type("ChannelSuite", (), body | fresh_laws(ChannelLaws))
