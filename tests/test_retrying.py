"""Work in a transaction is done over where it conflicts, and only there."""

from __future__ import annotations

import pytest

from wenzheng_core.domain.errors import ConflictError, RefusedError
from wenzheng_core.memory import MemoryStorage
from wenzheng_core.ports import BusyError, CursorMovedError, LeaseLostError, TakenError, Transaction
from wenzheng_core.retrying import ATTEMPTS, in_transaction
from wenzheng_core.testing.builders import sample_change, sample_opening

STUBBORN = [LeaseLostError("sweep/00"), CursorMovedError("bi", 1, 2), TakenError("run/1")]


class Work:
    """Work that opens a case, and then raises what it is told to."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.runs = 0

    def __call__(self, transaction: Transaction) -> int:
        """One run, counted."""
        self.runs += 1
        transaction.write([sample_change(sample_opening(f"c{self.runs}"))])
        if self.errors:
            raise self.errors.pop(0)
        return self.runs


@pytest.mark.parametrize("error", [BusyError(), ConflictError("c1", 3)])
def test_what_conflicts_is_done_over(error: ConflictError) -> None:
    """The last run alone counts, and nothing of those before it is kept."""
    store, work = MemoryStorage(), Work(error, error)
    assert in_transaction(store, work) == 3
    assert store.case_ids() == ("c3",)


def test_it_is_not_done_over_for_ever() -> None:
    """After as many attempts as were given, the conflict is the caller's."""
    store, work = MemoryStorage(), Work(*[BusyError()] * 20)
    with pytest.raises(BusyError):
        in_transaction(store, work, 3)
    assert (work.runs, store.case_ids()) == (3, ())
    with pytest.raises(BusyError):
        in_transaction(store, work)
    assert work.runs == 3 + ATTEMPTS


@pytest.mark.parametrize("error", [*STUBBORN, RefusedError("x", "不行"), ValueError()])
def test_what_another_run_would_not_help_is_raised_at_once(error: Exception) -> None:
    """A lost lease, a moved cursor, a line that stands, a refusal: they say the same again."""
    store, work = MemoryStorage(), Work(error)
    with pytest.raises(type(error)):
        in_transaction(store, work)
    assert (work.runs, store.case_ids()) == (1, ())
