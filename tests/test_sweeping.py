"""Sweeps part by part: nothing twice, nothing left, no lease or bad case that holds up the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

import attrs
import pytest

from wenzheng_core import FixedClock, Leasing, Office, WenzhengError
from wenzheng_core.domain.commands import IssueSupervisionOrder
from wenzheng_core.domain.errors import ConflictError
from wenzheng_core.domain.events import RungFired
from wenzheng_core.memory import MemoryDatabase, MemoryStorage
from wenzheng_core.ports import SHARDS, BusyError, Due, Transaction, shard_of
from wenzheng_core.sweeping import shard_lease
from wenzheng_core.testing.builders import CLERK, START, sample_policy
from wenzheng_core.testing.offices import assigned, sample_office

DAY = timedelta(days=1)
LATER = START + 30 * DAY
NUMBERS = [str(n) for n in range(40)]
TTL = timedelta(seconds=30)


def fired(office: Office) -> list[tuple[str, str]]:
    """Every rung that was fired, with its case, over and over if it was."""
    events = [(fed.record.case_id, fed.record.event) for fed in office.feed(limit=10_000)]
    return sorted((case, event.rung) for case, event in events if isinstance(event, RungFired))


def all_of(ids: Sequence[str]) -> list[tuple[str, str]]:
    """Both rungs of each case, once."""
    return sorted((case, rung) for case in ids for rung in ("late", "warn"))


class Store(MemoryStorage):
    """A store in memory that counts what it is asked, and where something can be put in between."""

    def __init__(self) -> None:
        super().__init__("sample")
        self.pages: list[int] = []
        self.blocks = 0
        self.unreadable: set[str] = set()
        self.before_block: Callable[[], None] = lambda: None

    def due(self, now: datetime, shard: int, after: Due | None, limit: int) -> tuple[Due, ...]:
        """The page, whose length is kept."""
        found = super().due(now, shard, after, limit)
        self.pages.append(len(found))
        return found

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """A transaction that is counted, after whatever a test lets happen before it."""
        self.blocks += 1
        self.before_block()
        with super().transaction() as transaction:
            yield _Reading(transaction, self.unreadable) if self.unreadable else transaction


class _Reading:
    """A transaction in which some cases cannot be read."""

    def __init__(self, transaction: Transaction, unreadable: set[str]) -> None:
        self._transaction, self._unreadable = transaction, unreadable

    def __getattr__(self, name: str) -> object:
        return getattr(self._transaction, name)

    def case(self, case_id: str) -> object:
        if case_id in self._unreadable:
            raise WenzhengError("读不出来")
        return self._transaction.case(case_id)

    def cases(self, ids: Sequence[str]) -> object:
        return {case_id: case for case_id in ids if (case := self.case(case_id))}


# Without leases


@pytest.mark.parametrize("batch", [1, 3, 200])
def test_every_shard_is_drained(batch: int) -> None:
    """Whatever part they belong to and however small the batch, all cases happen once."""
    office = sample_office()
    ids = assigned(office, *NUMBERS)
    assert len({shard_of(case) for case in ids}) > SHARDS // 2

    report = office.sweep(LATER, batch=batch)
    assert (report.cases, report.skipped, report.lost, report.failed) == (len(ids), 0, 0, ())
    assert fired(office) == all_of(ids)
    assert office.sweep(LATER, batch=batch).cases == 0


def test_a_sweep_costs_what_is_due() -> None:
    """Of a thousand open cases three are due: three are read, in as many transactions as parts."""
    store = Store()
    office = sample_office(store)
    assigned(office, *(str(n) for n in range(1000)), at=START + 20 * DAY)
    due = assigned(office, "a", "b", "c")
    store.pages.clear()
    store.blocks = 0

    assert office.sweep(START + 19 * DAY).cases == 3
    assert sum(store.pages) == 3
    assert store.blocks == len({shard_of(case) for case in due})


def test_a_sweep_with_nothing_due_writes_nothing() -> None:
    """No transaction is opened and no lease taken where nothing waits."""
    store = Store()
    office = sample_office(store)
    assigned(office, "1")
    store.blocks = 0
    office.sweep(START, leasing=Leasing("one", TTL, office.clock.now))
    assert store.blocks == 0
    lease = store.acquire(shard_lease(0), "two", START, LATER)
    assert lease is not None
    assert lease.epoch == 1


def test_bad_cases_hold_up_nobody_in_their_batch() -> None:
    """One that cannot be read and one that cannot be decided are told of; the rest goes on."""
    store = Store()
    old = attrs.evolve(sample_policy(), version="2024", digest="old")
    (lost,) = assigned(sample_office(store, policy=old), "lost")
    office = sample_office(store)
    ids = assigned(office, *NUMBERS)
    store.unreadable = {ids[7]}

    for batch in (100, 1):
        report = office.sweep(LATER, batch=batch)
        assert {failure.partition(":")[0] for failure in report.failed} == {lost, ids[7]}
    store.unreadable.clear()
    assert fired(office) == all_of([case for case in ids if case != ids[7]])
    assert office.sweep(LATER).cases == 1
    assert fired(office) == all_of(ids)


def test_a_batch_that_conflicts_is_decided_anew() -> None:
    """Somebody writes to a case between the page and the batch, and the batch goes on from there."""
    store = Store()
    office = sample_office(store)
    (case,) = assigned(office, "1")
    order = IssueSupervisionOrder(unit="housing", number="1", issuers=("x",), demand="速办")
    busy = iter([BusyError(), None])

    def meddle() -> None:
        store.before_block = lambda: None
        office.execute(case, order, actor=CLERK, key="k", at=LATER)
        store.before_block = conflict

    def conflict() -> None:
        if error := next(busy, None):
            raise error

    store.before_block = meddle
    report = office.sweep(LATER)
    assert (report.cases, report.failed) == (0, ())
    assert fired(office) == all_of([case])


def test_a_case_that_conflicts_for_ever_stands_alone() -> None:
    """It is told of and passed over; its neighbours of the same batch happen."""
    store = Store()
    office = sample_office(store)
    ids = assigned(office, *NUMBERS)
    stubborn = ids[0]

    @contextmanager
    def transaction() -> Iterator[Transaction]:
        with MemoryStorage.transaction(store) as found:
            yield _Stubborn(found, stubborn)

    store.transaction = transaction  # type: ignore[method-assign]
    report = office.sweep(LATER)
    (failed,) = report.failed
    assert failed.startswith(stubborn)
    assert fired(office) == all_of([case for case in ids if case != stubborn])


class _Stubborn:
    """A transaction in which one case is always written to by somebody else."""

    def __init__(self, transaction: Transaction, case: str) -> None:
        self._transaction, self._case = transaction, case

    def __getattr__(self, name: str) -> object:
        return getattr(self._transaction, name)

    def cases(self, ids: Sequence[str]) -> object:
        if self._case in ids:
            raise ConflictError(self._case, 3)
        return self._transaction.cases(ids)


def test_a_case_is_decided_once_a_sweep() -> None:
    """One that others make due again and again, at ever later instants, does not hold the sweep."""
    store = Store()
    office = sample_office(store)
    assigned(office, "1")
    rest = [Due(START + n * DAY, "case") for n in range(1, 5)]
    asked: list[str] = []

    def due(now: datetime, shard: int, after: Due | None, limit: int) -> tuple[Due, ...]:
        left = [item for item in rest if after is None or item > after]
        return tuple(left[:1]) if shard == 0 else ()

    class Blocks(_Reading):
        def cases(self, ids: Sequence[str]) -> object:
            asked.extend(ids)
            return {}

    @contextmanager
    def transaction() -> Iterator[Transaction]:
        with MemoryStorage.transaction(store) as found:
            yield Blocks(found, set())  # type: ignore[misc]

    store.due, store.transaction = due, transaction  # type: ignore[method-assign]
    assert office.sweep(LATER).cases == 0
    assert asked == ["case"]


# With leases


def _leasing(name: str, clock: FixedClock, **more: Callable[[], bool]) -> Leasing:
    return Leasing(name, TTL, clock.now, **more)


def test_what_another_has_in_hand_is_skipped_and_counted() -> None:
    """The shard that another worker holds is left to it, and taken when it died."""
    office, clock = sample_office(), FixedClock(LATER)
    ids = assigned(office, *NUMBERS)
    held = shard_of(ids[0])
    office.storage.acquire(shard_lease(held), "dead", LATER, LATER + TTL)

    report = office.sweep(LATER, leasing=_leasing("me", clock))
    rest = [case for case in ids if shard_of(case) != held]
    assert (report.cases, report.skipped) == (len(rest), 1)
    assert fired(office) == all_of(rest)

    clock.move_to(LATER + TTL)
    assert office.sweep(LATER + TTL, leasing=_leasing("me", clock)).skipped == 0
    assert fired(office) == all_of(ids)


def test_leases_are_given_back() -> None:
    """After a sweep another worker need not wait."""
    office, clock = sample_office(), FixedClock(LATER)
    first = assigned(office, *NUMBERS)
    office.sweep(LATER, leasing=_leasing("me", clock))
    second = assigned(office, *(f"b{n}" for n in NUMBERS))
    report = office.sweep(LATER, leasing=_leasing("you", clock))
    assert (report.cases, report.skipped) == (len(second), 0)
    assert fired(office) == all_of(first + second)


def test_whoever_lost_the_lease_writes_nothing_more_of_that_part() -> None:
    """A worker that slept through its lease ends that part quietly; the other one did it."""
    store, clock = Store(), FixedClock(LATER)
    office = sample_office(store)
    ids = assigned(office, *NUMBERS)
    slept: list[int] = []

    def sleep() -> None:
        store.before_block = lambda: None
        slept.append(office.sweep(LATER + 2 * TTL, leasing=later).cases)

    clock_of_other = FixedClock(LATER + 2 * TTL)
    later = _leasing("other", clock_of_other)
    store.before_block = sleep
    report = office.sweep(LATER, batch=1, leasing=_leasing("me", clock))
    assert (slept, report.cases, report.lost) == ([len(ids)], 0, 1)
    assert report.failed == ()
    assert fired(office) == all_of(ids)


def test_a_stop_is_heard_between_batches() -> None:
    """The batch at hand is finished, no other is begun, and no lease stays behind."""
    store, clock = Store(), FixedClock(LATER)
    office = sample_office(store)
    ids = assigned(office, *NUMBERS)
    stop: list[bool] = []
    store.before_block = lambda: stop.append(True)

    report = office.sweep(LATER, batch=1, leasing=_leasing("me", clock, stopped=lambda: bool(stop)))
    assert (report.cases, len(stop)) == (1, 1)
    store.before_block = lambda: None
    report = office.sweep(LATER, leasing=_leasing("you", clock))
    assert (report.cases, report.skipped) == (len(ids) - 1, 0)


def test_workers_of_different_tenants_do_not_meet() -> None:
    """The same part of two tenants is worked at once: leases are each tenant's own."""
    database, clock = MemoryDatabase(), FixedClock(LATER)
    one, other = (sample_office(database.open(tenant)) for tenant in ("a", "b"))
    ids = assigned(one, *NUMBERS), assigned(other, *NUMBERS)
    for shard in range(SHARDS):
        other.storage.acquire(shard_lease(shard), "theirs", LATER, LATER + TTL)
    assert one.sweep(LATER, leasing=_leasing("me", clock)).cases == len(ids[0])
    assert other.sweep(LATER, leasing=_leasing("me", clock)).cases == 0
