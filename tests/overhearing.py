"""Stores that tell what is asked of their blocks, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from wenzheng_core.ports import Storage, Transaction

Said = list[tuple[str, Any]]
"""The names of what was asked, each with its first argument."""


class _Overheard:
    """A block of which every call is noted."""

    def __init__(self, block: Transaction, said: Said) -> None:
        self._block, self._said = block, said

    def __getattr__(self, name: str) -> Callable[..., Any]:
        asked = getattr(self._block, name)

        def call(*given: Any, **more: Any) -> Any:
            self._said.append((name, given[0] if given else None))
            return asked(*given, **more)

        return call


def overhear(storage: Storage) -> Said:
    """Note from here on what is asked of the store's blocks; the list grows."""
    said: Said = []
    transaction = storage.transaction

    @contextmanager
    def overheard() -> Iterator[Any]:
        with transaction() as block:
            yield _Overheard(block, said)

    storage.transaction = overheard  # type: ignore[method-assign]
    return said
