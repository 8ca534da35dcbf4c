"""The laws of :class:`~wenzheng_core.ports.Source` as a test class for any adapter.

An adapter's test file brings a bench: the source, and a way to write files as its platform exports
them. Then it is one line::

    TestWorkbook = source_suite(SourceBench(WorkbookSource(), write))
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import attrs
import pytest

from wenzheng_core.domain.messages import Message, RecordedReply
from wenzheng_core.ports import Source
from wenzheng_core.testing.fresh import fresh_laws
from wenzheng_core.testing.source_laws import SourceLaws

ExportRow = tuple[Message, RecordedReply | None] | None
"""A row of an export: a message with its reply, or None for one that is no message."""


@attrs.frozen
class SourceBench:
    """A source, and how to write what it reads.

    Attributes:
        write: writes an export with these rows, in this order, into an empty folder, and returns
            its path. What stands for a row that is no message is the adapter's choice: a row that
            the platform really exports and that must be rejected.
        author, reply: whether an export of this platform says who wrote, and how it was answered.
    """

    source: Source
    write: Callable[[Path, Sequence[ExportRow]], Path]
    author: bool = True
    reply: bool = True


def source_suite(made: SourceBench) -> type[Any]:
    """A class of tests for pytest to collect: every law of the port."""

    @pytest.fixture
    def bench(self: object) -> SourceBench:
        """The source and its files."""
        return made

    body: dict[str, Any] = {"__doc__": "The laws of a source.", "bench": bench}
    return type("SourceSuite", (), body | fresh_laws(SourceLaws))
