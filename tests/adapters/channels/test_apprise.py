"""Apprise: its word is passed on as its word, and never waited for without end."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime

import pytest

from wenzheng_channels.apprise_channel import AppriseChannel, Notifier
from wenzheng_channels.secrets import Secret
from wenzheng_channels.testing import Reply, Server
from wenzheng_core.clock import FixedClock
from wenzheng_core.ports import DeliveryError

CLOCK = FixedClock(datetime(2025, 3, 3, 1, 30, tzinfo=UTC))
URL = Secret("json://user:the-key@localhost")


class Playing:
    """Apprise as a test plays it."""

    def __init__(self, does: object) -> None:
        self.does = does
        self.threads: list[str] = []

    def add(self, url: str) -> bool:
        """Understand everything but nothing."""
        return self.does is not KeyError

    def notify(self, body: str, title: str) -> object:
        """Do as told."""
        self.threads.append(threading.current_thread().name)
        if isinstance(self.does, Exception):
            raise self.does
        if isinstance(self.does, threading.Event):
            self.does.wait(30)
        return self.does


def _channel(notifier: Notifier) -> AppriseChannel:
    return AppriseChannel(name="rest", url=URL, clock=CLOCK, patience=0.1, make=lambda: notifier)


def test_the_receipt_says_whose_word_it_is() -> None:
    """Nobody who reads it may take it for the provider's."""
    playing = Playing(True)
    assert "仅为 Apprise 所报" in _channel(playing).send("office", "请办理。", ["c1/1/0"])
    assert playing.threads == ["wenzheng-channels"]


@pytest.mark.parametrize("does", [False, None, KeyError, ValueError("json://user:the-key@x")])
def test_what_is_no_yes_is_an_error(does: object) -> None:
    """A no, nothing, a URL that it does not know, an error of its own: and no key in what is said."""
    with pytest.raises(DeliveryError) as failed:
        _channel(Playing(does)).send("office", "请办理。", ["c1/1/0"])
    assert "the-key" not in str(failed.value)
    assert failed.value.permanent is (does is KeyError)


def test_it_is_not_waited_for_without_end() -> None:
    """What comes later is nobody's business any more."""
    never = threading.Event()
    with pytest.raises(DeliveryError, match="没有结果"):
        _channel(Playing(never)).send("office", "请办理。", ["c1/1/0"])
    never.set()


def test_no_citizens_number_goes_through_it() -> None:
    """Most of its services are groups."""
    playing = Playing(True)
    with pytest.raises(DeliveryError, match="手机号"):
        _channel(playing).send("office", "请联系13812345678。", ["c1/1/0"])
    assert playing.threads == []


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # its own, when it is imported
@pytest.mark.parametrize("status", [200, 500])
def test_apprise_itself_can_be_used(caplog: pytest.LogCaptureFixture, status: int) -> None:
    """The real one, with its JSON service: to and text arrive, and a 500 is an error."""
    pytest.importorskip("apprise")
    caplog.set_level(logging.INFO)
    with Server(lambda _: Reply(status)) as server:
        url = Secret(server.url().replace("http", "json"))
        channel = AppriseChannel(name="rest", url=url, clock=CLOCK)
        if status == 200:
            channel.send("office", "请办理。", ["c1/1/0"])
        else:
            with pytest.raises(DeliveryError, match="未受理"):
                channel.send("office", "请办理。", ["c1/1/0"])
        assert server.seen[0].json["message"] == "请办理。"
        assert "office" in server.seen[0].json["title"]
