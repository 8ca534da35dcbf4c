"""The reference adapters keep the laws that they are the reference of."""

from __future__ import annotations

from contextlib import nullcontext

import pytest

from wenzheng_core import wire
from wenzheng_core.domain.errors import UnknownError
from wenzheng_core.memory import MemoryChannel, MemoryDatabase, MemoryStorage, MemoryStorageProvider
from wenzheng_core.ports import DeliveryError
from wenzheng_core.testing import Arrived, ChannelBench, channel_suite, storage_suite
from wenzheng_core.testing.builders import (
    HOUR,
    START,
    sample_change,
    sample_erasure,
    sample_opening,
)

TestMemory = storage_suite(lambda: nullcontext(MemoryDatabase().open))


def _bench() -> nullcontext[ChannelBench]:
    channel = MemoryChannel()
    bench = ChannelBench(
        channel,
        arrived=lambda: [Arrived(x.to, x.text, x.keys) for x in channel.sent],
        refuse=lambda: channel.fail_next(10**6),
        accept=lambda: channel.fail_next(0),
    )
    return nullcontext(bench)


TestMemoryChannel = channel_suite(_bench)


def test_a_store_alone_needs_no_arguments() -> None:
    """Two stores made without a database share nothing."""
    store = MemoryStorage()
    with store.transaction() as transaction:
        transaction.write([sample_change(sample_opening("c1"))])
    assert store.tenant == "default"
    assert store.case("c1") is not None
    assert MemoryStorage().case("c1") is None


def test_reading_beside_an_open_transaction_sees_what_was_committed() -> None:
    """Even the thread that writes reads the committed state through the store."""
    store = MemoryStorage()
    with store.transaction() as transaction:
        transaction.write([sample_change(sample_opening("c1"))])
        assert store.case("c1") is None
    assert store.case("c1") is not None


def test_one_url_is_one_database_of_a_provider() -> None:
    """Stores opened at one URL share rows; at another URL, or by another provider, they do not."""
    provider = MemoryStorageProvider()
    with provider.open("memory://a", "t").transaction() as transaction:
        transaction.write([sample_change(sample_opening("c1"))])
    assert provider.schemes == ("memory",)
    assert provider.open("memory://a", "t").case("c1") is not None
    assert provider.open("memory://a", "other").case("c1") is None
    assert provider.open("memory://b", "t").case("c1") is None
    assert MemoryStorageProvider().open("memory://a", "t").case("c1") is None


def test_a_store_that_must_exist_is_not_made() -> None:
    """Without leave to create, only what was opened before opens; keys are taken and not asked."""
    provider = MemoryStorageProvider()
    with pytest.raises(UnknownError):
        provider.open("memory://a", "t", create=False)
    provider.open("memory://a", "t", keys=None)
    assert provider.open("memory://a", "t", create=False).tenant == "t"


def test_evidence_of_a_store_in_memory_is_that_of_its_records() -> None:
    """Without the personal parts from the start, its bytes are the form on the wire of what stays."""
    store = MemoryStorage()
    case = sample_opening("c1").case
    with store.transaction() as transaction:
        transaction.write([sample_change(sample_opening("c1"))])
        transaction.write([sample_change(sample_erasure(case, words=True))])
    bodies = [wire.to_json(wire.event_to_dict(r.event)).encode() for r in store.records("c1")]
    assert [kept.body for kept in store.evidence()] == bodies


def test_leases_are_not_asked_for_within_a_block() -> None:
    """To ask for a lease, or give it back, is a transaction of its own, and those do not nest."""
    store = MemoryStorage()
    lease = store.acquire("sweep", "w1", START, START + HOUR)
    assert lease is not None
    with store.transaction():
        with pytest.raises(RuntimeError):
            store.acquire("sweep", "w1", START, START + HOUR)
        with pytest.raises(RuntimeError):
            store.release(lease)


def test_a_channel_keeps_what_it_sent() -> None:
    """Each send has a receipt of its own."""
    channel = MemoryChannel("sms")
    assert channel.send("housing/liaison", "请办理", ["k1", "k2"]) == "sms-1"
    assert channel.send("police/liaison", "请办理", ["k3"]) == "sms-2"
    assert [(d.to, d.keys) for d in channel.sent] == [
        ("housing/liaison", ("k1", "k2")),
        ("police/liaison", ("k3",)),
    ]


def test_a_channel_fails_as_often_as_it_is_told() -> None:
    """A failed send keeps nothing; then it works again."""
    channel = MemoryChannel("sms")
    channel.fail_next(2)
    for _ in range(2):
        with pytest.raises(DeliveryError, match="sms"):
            channel.send("office", "请办理", ["k1"])
    assert channel.sent == []
    assert channel.send("office", "请办理", ["k1"]) == "sms-1"
