"""Comparing what is kept beside the records with what they say, and making it so again.

The records are the truth. A case as it is read, and the columns by which it is found, due and
counted, follow from them; where they do not, somebody wrote to the database by hand, or a restore
of a backup was not whole.
"""

from __future__ import annotations

from typing import NoReturn

import attrs

from wenzheng_core.chainwalks import all_ids
from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.errors import ConflictError, UnknownError, wants_key
from wenzheng_core.domain.evolving import fold
from wenzheng_core.flaws import Flaw, FlawKind, Flaws
from wenzheng_core.ports import Storage, Transaction


@attrs.frozen(kw_only=True)
class RebuildReport:
    """What comparing the cases with their records has shown.

    Attributes:
        tenant: whose store.
        cases: how many cases were looked at.
        restored: how many of them were not as their records say, and are now.
        flaws: what was wrong, by case; the first hundred.
        count: how many flaws there were in all.
        closed: how many of the cases could not be compared, for the key to open them is not at hand.
    """

    tenant: str
    cases: int
    restored: int
    flaws: tuple[Flaw, ...]
    count: int
    closed: int = 0

    @property
    def sound(self) -> bool:
        """Whether all that could be compared is as the records say, now that this is over."""
        return self.count == self.restored


class _ClosedError(Exception):
    """A case cannot be opened for want of a key."""


class _DryRunError(Exception):
    """Ends a transaction of which nothing is to be kept."""


def verify_cases(storage: Storage, *, case_id: str | None = None) -> RebuildReport:
    """Compare every case, or one, with the fold of its records; nothing is written.

    A case a transaction, which is rolled back: other writers wait for a moment only. Goes on after
    a flaw, in bounded memory.
    """
    return _go_over(storage, case_id, write=False)


def rebuild(storage: Storage, *, write: bool) -> RebuildReport:
    """Fold every case from its records and compare; with ``write`` also put right what differs.

    Records are never written. What cannot be read or folded stays as it is and is among the flaws.
    """
    return _go_over(storage, None, write=write)


def _go_over(storage: Storage, case_id: str | None, *, write: bool) -> RebuildReport:
    flaws, cases, restored, closed = Flaws(), 0, 0, 0
    for each in all_ids(storage) if case_id is None else (case_id,):
        cases += 1
        try:
            flaw = _looked_at(storage, each, write=write)
        except _ClosedError:
            closed += 1
            continue
        if flaw is not None:
            flaws.add(flaw)
            restored += write and flaw.kind is not FlawKind.UNREADABLE
    return RebuildReport(
        tenant=storage.tenant,
        cases=cases,
        restored=restored,
        flaws=tuple(flaws.kept),
        count=flaws.count,
        closed=closed,
    )


def _looked_at(storage: Storage, case_id: str, *, write: bool) -> Flaw | None:
    """What is wrong with a case; put right in passing if that is asked for. Raises _ClosedError."""
    flaw: Flaw | None = None
    try:
        with storage.transaction() as transaction:
            flaw = _put_right(transaction, case_id)
            if flaw is None or not write:
                _undo()
    except _DryRunError:
        pass
    except Exception as error:  # what was written by hand fails in whatever way it does
        storage.head()  # raises if the store itself is away
        if wants_key(error):
            raise _ClosedError from error
        if _can_be_folded(storage, case_id):
            raise  # the records are well: it is the store that cannot do this
        return Flaw(kind=FlawKind.UNREADABLE, case_id=case_id, detail=_reason(error))
    return flaw


def _can_be_folded(storage: Storage, case_id: str) -> bool:
    try:
        return fold(storage.records(case_id)) is not None
    except Exception:  # as above
        return False


def _undo() -> NoReturn:
    raise _DryRunError


def _put_right(transaction: Transaction, case_id: str) -> Flaw | None:
    """Restore a case from its records. Raises UnknownError if there are none."""
    read = _read(transaction, case_id)  # first, so that nobody adds a record meanwhile
    case = fold(transaction.records(case_id))
    if case is None:
        raise UnknownError("办件", case_id)
    same = read == case
    wrong = transaction.restore(case)
    if same and not wrong:
        return None
    kind = FlawKind.LOOKUP if same else FlawKind.CASE
    return Flaw(kind=kind, case_id=case_id, version=case.version)


def _read(transaction: Transaction, case_id: str) -> Case | None:
    try:
        return transaction.case(case_id)
    except Exception:  # unreadable, so not what its records say
        return None


def _reason(error: Exception) -> str:
    """Why, without the words of the error: they may be those of a message."""
    if isinstance(error, UnknownError):
        return "没有任何记录"
    return "记录的版本不连续" if isinstance(error, ConflictError) else type(error).__name__
