"""A call that is waited for no longer than so long."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class _Call(Generic[T]):
    """One call on a thread of its own, and what came of it."""

    def __init__(self, call: Callable[[], T]) -> None:
        self._call = call
        self._results: list[T] = []
        self._errors: list[Exception] = []

    def run(self) -> None:
        try:
            self._results.append(self._call())
        except Exception as error:  # handed to whoever waits, if somebody still does
            self._errors.append(error)

    def result(self) -> T:
        if self._errors:
            raise self._errors[0]
        if not self._results:
            raise TimeoutError
        return self._results[0]


def within(seconds: float, call: Callable[[], T]) -> T:
    """The result of a call, made on a thread of its own. Raises TimeoutError, or what it raised.

    The thread goes on after that, and keeps no program from ending.
    """
    started = _Call(call)
    thread = threading.Thread(target=started.run, name="wenzheng-channels", daemon=True)
    thread.start()
    thread.join(seconds)
    return started.result()
