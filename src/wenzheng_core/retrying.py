"""Work in a transaction, done over where somebody else was faster."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from wenzheng_core.domain.errors import ConflictError
from wenzheng_core.ports import CursorMovedError, LeaseLostError, Storage, TakenError, Transaction

T = TypeVar("T")

ATTEMPTS = 8
"""How often a piece of work is tried, the first time included."""

FOR_GOOD = (LeaseLostError, CursorMovedError, TakenError)
"""Conflicts that say the same however often they are asked."""


def in_transaction(
    storage: Storage, work: Callable[[Transaction], T], attempts: int = ATTEMPTS
) -> T:
    """Do work in a transaction; where it conflicts, do it over on what is there then.

    ``work`` must be fit to run again: what it decides, it decides from what it reads there, and
    nothing of a run that conflicted is kept. Nobody waits in between. Raises the ConflictError of
    the last attempt, and at once one of :data:`FOR_GOOD`.
    """
    for _ in range(attempts - 1):
        try:
            with storage.transaction() as transaction:
                return work(transaction)
        except FOR_GOOD:
            raise
        except ConflictError:
            continue
    with storage.transaction() as transaction:
        return work(transaction)
