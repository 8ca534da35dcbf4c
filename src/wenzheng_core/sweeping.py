"""One sweep: settling what a published year settles, then everything that is due."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime

import attrs

from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.commands import Command, Settle, Tick
from wenzheng_core.domain.deciding import Decision
from wenzheng_core.domain.errors import WenzhengError
from wenzheng_core.domain.events import ClockMoved, RungFired
from wenzheng_core.ports import Change, Storage, Transaction

Decide = Callable[[Case, Command, datetime], Decision]


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
    """

    cases: int = 0
    fired: Mapping[str, int] = attrs.field(factory=dict)
    settled: int = 0
    awaiting: int = 0
    unheard: tuple[str, ...] = ()
    made: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


def sweep(
    storage: Storage,
    decide: Decide,
    change: Callable[[Decision], Change],
    at: datetime,
    settled_year: int,
    batch: int,
) -> SweepReport:
    """Sweep a store; see :meth:`wenzheng_core.office.Office.sweep`.

    ``settled_year`` is the last year with a published arrangement.
    """
    rounds = _Rounds(storage, decide, change, at)
    settled = cases = 0
    for decision in rounds.decided(Settle(), _awaiting(storage, settled_year, batch)):
        settled += any(
            isinstance(r.event, ClockMoved) and r.event.cause == "settled" for r in decision.records
        )
    for _ in rounds.decided(Tick(), _due(storage, at, batch)):
        cases += 1
    return SweepReport(
        cases=cases,
        fired=dict(rounds.fired),
        settled=settled,
        awaiting=sum(len(ids) for ids in _awaiting(storage, settled_year + 1, batch)),
        unheard=tuple(rounds.unheard),
        failed=tuple(rounds.failed),
    )


@attrs.define
class _Rounds:
    """Both rounds of one sweep, and what is counted in either."""

    storage: Storage
    decide: Decide
    change: Callable[[Decision], Change]
    at: datetime
    fired: Counter[str] = attrs.field(factory=Counter)
    unheard: list[str] = attrs.field(factory=list)
    failed: list[str] = attrs.field(factory=list)

    def decided(self, command: Command, batches: Iterable[tuple[str, ...]]) -> Iterator[Decision]:
        """Decide the same for many cases, a transaction a batch; one bad case stops no other."""
        for ids in batches:
            decisions = self._batch(command, ids)
            for decision in decisions:
                self._tally(decision)
            yield from decisions

    def _batch(self, command: Command, ids: tuple[str, ...]) -> list[Decision]:
        decisions = []
        with self.storage.transaction() as transaction:
            for case in self._cases(transaction, ids):
                try:
                    decisions.append(self.decide(case, command, self.at))
                except WenzhengError as error:
                    self.failed.append(f"{case.id}:{error}")
            transaction.write([self.change(d) for d in decisions if d.records])
        return decisions

    def _cases(self, transaction: Transaction, ids: tuple[str, ...]) -> list[Case]:
        """The cases at once; one by one where one of them cannot be read, so that it stands alone."""
        try:
            return list(transaction.cases(ids).values())
        except WenzhengError:
            pass
        cases = []
        for case_id in ids:
            try:
                case = transaction.case(case_id)
            except WenzhengError as error:
                self.failed.append(f"{case_id}:{error}")
            else:
                cases += [case] if case else []
        return cases

    def _tally(self, decision: Decision) -> None:
        for record in decision.records:
            if isinstance(record.event, RungFired):
                self.fired[record.event.act.value] += 1
                if not record.event.to:
                    self.unheard.append(f"{record.case_id}/{record.event.rung}")


def _due(storage: Storage, at: datetime, batch: int) -> Iterator[tuple[str, ...]]:
    after = ""
    while ids := storage.due(at, after, batch):
        yield ids
        after = ids[-1]


def _awaiting(storage: Storage, year: int, batch: int) -> Iterator[tuple[str, ...]]:
    after = ""
    while ids := storage.awaiting(year, after, batch):
        yield ids
        after = ids[-1]
