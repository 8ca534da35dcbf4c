"""One sweep: settling what a published year settles, then everything that is due, part by part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

import attrs

from wenzheng_core.domain.commands import Command, Settle, Tick
from wenzheng_core.domain.deciding import Decision
from wenzheng_core.domain.errors import ConflictError
from wenzheng_core.domain.events import ClockMoved, RungFired
from wenzheng_core.judging import Judge, Judged
from wenzheng_core.leasing import Leasing, Turn, turn_at
from wenzheng_core.ports import SHARDS, Awaiting, Due, LeaseLostError, Storage, Transaction
from wenzheng_core.retrying import in_transaction

SETTLING = "settle"
"""The name of the lease under which provisional deadlines are counted again."""

Item = TypeVar("Item", Due, Awaiting)


def shard_lease(shard: int) -> str:
    """The name of the lease under which a part of the cases is swept: ``sweep/07``."""
    return f"sweep/{shard:02d}"


@attrs.frozen(kw_only=True)
class SweepReport:
    """What one sweep did.

    Attributes:
        cases: how many cases were due.
        fired: rungs fired, by act.
        settled: cases whose provisional deadlines were counted again.
        awaiting: cases with deadlines that still await a year's arrangement.
        unheard: rungs that found nobody to go to, as ``case/rung``: somebody must see this.
        made: what was made on a schedule, as the keys of its lines in the diary.
        failed: cases and schedules that could not be decided or made, with the reason; the others
            went on.
        skipped: parts of the work that another worker had in hand.
        lost: parts that another worker took over meanwhile; it goes on with them.
    """

    cases: int = 0
    fired: Mapping[str, int] = attrs.field(factory=dict)
    settled: int = 0
    awaiting: int = 0
    unheard: tuple[str, ...] = ()
    made: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    skipped: int = 0
    lost: int = 0


def sweep(
    storage: Storage,
    judge: Judge,
    at: datetime,
    settled_year: int,
    batch: int,
    leasing: Leasing | None = None,
) -> SweepReport:
    """Sweep a store; see :meth:`wenzheng_core.office.Office.sweep`.

    ``settled_year`` is the last year with a published arrangement.
    """
    sweeping = _Sweeping(storage, judge, at, leasing)
    settled = sum(
        any(
            isinstance(r.event, ClockMoved) and r.event.cause == "settled" for r in decision.records
        )
        for decision in sweeping.decided(
            SETTLING, Settle(), _awaiting(storage, settled_year, batch)
        )
    )
    cases = 0
    for shard in range(SHARDS):
        due = sweeping.decided(shard_lease(shard), Tick(), _due(storage, at, shard, batch))
        cases += sum(bool(decision.records) for decision in due)
    return SweepReport(
        cases=cases,
        fired=dict(sweeping.fired),
        settled=settled,
        awaiting=storage.count_awaiting(settled_year + 1),
        unheard=tuple(sweeping.unheard),
        failed=tuple(sweeping.failed),
        skipped=sweeping.skipped,
        lost=sweeping.lost,
    )


@attrs.define
class _Sweeping:
    """All rounds of one sweep, and what is counted in them."""

    storage: Storage
    judge: Judge
    at: datetime
    leasing: Leasing | None
    fired: Counter[str] = attrs.field(factory=Counter)
    unheard: list[str] = attrs.field(factory=list)
    failed: list[str] = attrs.field(factory=list)
    skipped: int = 0
    lost: int = 0

    def decided(
        self, name: str, command: Command, batches: Iterator[tuple[str, ...]]
    ) -> Iterator[Decision]:
        """Decide the same for many cases in one's turn, a transaction a batch."""
        ids = next(batches, ())
        if not ids:  # a lease costs two writes, and most of the time there is nothing to do
            return
        with turn_at(self.storage, name, self.leasing) as turn:
            if turn is None:
                self.skipped += 1
                return
            try:
                while ids and not turn.stopped:
                    yield from self._batch(command, ids, turn)
                    ids = next(batches, ())
            except LeaseLostError:  # whoever has it now goes on from there
                self.lost += 1

    def _batch(self, command: Command, ids: tuple[str, ...], turn: Turn) -> tuple[Decision, ...]:
        def work(transaction: Transaction) -> Judged:
            turn.hold(transaction)
            judged = self.judge.judge(transaction, dict.fromkeys(ids, command), self.at)
            if judged.changes:
                transaction.write(judged.changes)
            return judged

        try:
            judged = in_transaction(self.storage, work)
        except LeaseLostError:
            raise
        except ConflictError as error:
            if len(ids) > 1:  # one case that others write to all the time holds up no other
                return sum((self._batch(command, (one,), turn) for one in ids), ())
            judged = Judged(failed=(f"{ids[0]}:{error}",))
        self.failed += judged.failed
        for decision in judged.decisions:
            self._tally(decision)
        return judged.decisions

    def _tally(self, decision: Decision) -> None:
        for record in decision.records:
            if isinstance(record.event, RungFired):
                self.fired[record.event.act.value] += 1
                if not record.event.to:
                    self.unheard.append(f"{record.case_id}/{record.event.rung}")


def _due(storage: Storage, at: datetime, shard: int, batch: int) -> Iterator[tuple[str, ...]]:
    return _once(lambda after: storage.due(at, shard, after, batch))


def _awaiting(storage: Storage, year: int, batch: int) -> Iterator[tuple[str, ...]]:
    return _once(lambda after: storage.awaiting(year, after, batch))


def _once(page: Callable[[Item | None], Sequence[Item]]) -> Iterator[tuple[str, ...]]:
    """Ids page by page, each case once: what others do to it meanwhile may bring it up again."""
    seen: set[str] = set()
    after: Item | None = None
    while found := page(after):
        after = found[-1]
        if new := tuple(item.case_id for item in found if item.case_id not in seen):
            seen.update(new)
            yield new
