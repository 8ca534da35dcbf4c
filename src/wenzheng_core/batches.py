"""Rows of a board into a store: a transaction a batch, a bad row stops no other, two rows are one case."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import TypeAlias

from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.errors import ConflictError, WenzhengError
from wenzheng_core.domain.messages import RecordedMessage, RejectedRow
from wenzheng_core.ports import Change, Storage, Transaction
from wenzheng_core.retrying import in_transaction

Name: TypeAlias = Callable[[RecordedMessage], str]
Decide: TypeAlias = Callable[[RecordedMessage, Case | None, Transaction], Change | None]


def take_in(
    storage: Storage,
    rows: Iterable[RecordedMessage | RejectedRow],
    name: Name,
    decide: Decide,
    batch: int,
) -> Iterator[Case | RejectedRow]:
    """Write what is decided for each row, and yield the case of each row, or its rejection.

    ``name`` gives the id of a row's case. ``decide`` is given that case as it then is, None if there
    is none yet, and leaves it as it is by giving None itself; a row that it refuses is rejected with
    the reason. Memory holds one batch at a time.
    """
    rest = iter(rows)
    while chunk := list(islice(rest, batch)):
        yield from in_transaction(storage, partial(_batch, chunk, name, decide))


def _batch(
    chunk: Sequence[RecordedMessage | RejectedRow],
    name: Name,
    decide: Decide,
    transaction: Transaction,
) -> list[Case | RejectedRow]:
    ids = dict.fromkeys(name(row) for row in chunk if isinstance(row, RecordedMessage))
    cases = dict(transaction.cases(tuple(ids)))
    changes: dict[str, Change] = {}
    done: list[str | RejectedRow] = []
    for row in chunk:
        if isinstance(row, RejectedRow):
            done.append(row)
            continue
        case_id = name(row)
        if case_id in changes:  # another row of one message: let it see what the first one did
            transaction.write(list(changes.values()))
            changes.clear()
        try:
            change = decide(row, cases.get(case_id), transaction)
        except ConflictError:
            raise
        except WenzhengError as error:
            done.append(RejectedRow(row=row.row, reason=str(error)))
            continue
        if change is not None:
            changes[case_id] = change
            cases[case_id] = change.case
        done.append(case_id)
    transaction.write(list(changes.values()))
    return [item if isinstance(item, RejectedRow) else cases[item] for item in done]
