"""Counting connections where they are made: at the socket, whoever opens it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest

_RECORDERS: list[list[str]] = []


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect":
        for recorder in _RECORDERS:
            recorder.append(str(arguments[1][0]))


sys.addaudithook(_note)  # for the length of the process: Python has no way to take one back


@pytest.fixture
def connections() -> Iterator[list[str]]:
    """The address of every connection that this process opens, or tries to, during the test."""
    recorder: list[str] = []
    _RECORDERS.append(recorder)
    yield recorder
    _RECORDERS.remove(recorder)
