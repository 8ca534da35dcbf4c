"""A worker says in the log what goes wrong, and here nearly everything does."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """No log lines: there would be hundreds of thousands."""
    log = logging.getLogger("wenzheng")
    log.disabled = True
    yield
    log.disabled = False
