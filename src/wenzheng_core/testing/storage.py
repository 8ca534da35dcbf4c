"""The laws of :class:`~wenzheng_core.ports.Storage` as a test class for any adapter.

An adapter's test file is one line::

    TestMemory = storage_suite(lambda: nullcontext(MemoryDatabase().open))
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from typing import Any

import pytest

from wenzheng_core.ports import Storage
from wenzheng_core.testing.fresh import fresh_laws
from wenzheng_core.testing.storage_diary import DiaryLaws
from wenzheng_core.testing.storage_evidence import EvidenceLaws
from wenzheng_core.testing.storage_feed import FeedLaws
from wenzheng_core.testing.storage_leases import LeaseLaws
from wenzheng_core.testing.storage_machine import check_against_model
from wenzheng_core.testing.storage_outbox import OutboxLaws
from wenzheng_core.testing.storage_privacy import PrivacyLaws
from wenzheng_core.testing.storage_reading import ReadingLaws
from wenzheng_core.testing.storage_tenants import TenantLaws
from wenzheng_core.testing.storage_writing import WritingLaws

OpenStore = Callable[[str], Storage]
"""Opens a store of one tenant; of one database, however often it is called."""

FreshDatabase = Callable[[], AbstractContextManager[OpenStore]]
"""Makes an empty database for the length of a block and says how to open stores on it."""


LAWS = (
    ReadingLaws,
    WritingLaws,
    OutboxLaws,
    DiaryLaws,
    FeedLaws,
    LeaseLaws,
    EvidenceLaws,
    PrivacyLaws,
    TenantLaws,
)


def storage_suite(fresh: FreshDatabase, examples: int | None = None) -> type[Any]:
    """A class of tests for pytest to collect: every law of the port, and a model to compare with.

    ``fresh`` is called for every test (and every example of the model) anew; the stores that a test
    opened are closed before its database goes. ``examples`` bounds how many courses of calls the
    model tries, for databases that take long to make; without it Hypothesis' profile says.
    """

    @pytest.fixture
    def open_store(self: object) -> Iterator[OpenStore]:
        """Opens stores on a database of the test's own."""
        with _closing(fresh) as opened:
            yield opened

    @pytest.fixture
    def store(self: object, open_store: OpenStore) -> Storage:
        """One store on a database of the test's own."""
        return open_store("tenant-a")

    def test_any_course_of_calls_agrees_with_a_model(self: object) -> None:
        """Whatever is written, refused and rolled back, the store holds what a plain dict holds."""
        check_against_model(lambda: _closing(fresh), examples)

    body: dict[str, Any] = {
        "__doc__": "The laws of a store.",
        "open_store": open_store,
        "store": store,
        test_any_course_of_calls_agrees_with_a_model.__name__: (
            test_any_course_of_calls_agrees_with_a_model
        ),
    }
    for laws in LAWS:
        body |= fresh_laws(laws)
    return type("StorageSuite", (), body)


class _closing(AbstractContextManager[OpenStore]):  # noqa: N801
    """A fresh database whose stores are closed at the end."""

    def __init__(self, fresh: FreshDatabase) -> None:
        self._fresh = fresh
        self._stack = ExitStack()

    def __enter__(self) -> OpenStore:
        opener = self._stack.enter_context(self._fresh())

        def opened(tenant: str) -> Storage:
            storage = opener(tenant)
            self._stack.callback(storage.close)
            return storage

        return opened

    def __exit__(self, *error: object) -> None:
        self._stack.close()
