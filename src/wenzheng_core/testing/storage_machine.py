"""A store beside a plain dict: random courses of calls after which both must hold the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from datetime import datetime

import attrs
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.deciding import Decision
from wenzheng_core.domain.errors import ConflictError
from wenzheng_core.domain.events import Record
from wenzheng_core.domain.evolving import fold
from wenzheng_core.ports import Change, Entry, Outgoing, Storage
from wenzheng_core.testing.builders import (
    HOUR,
    START,
    sample_change,
    sample_next,
    sample_opening,
    sample_outgoing,
    sample_tick,
)

EVER = START + 1000 * HOUR
STEPS = 15

lines = st.sampled_from(["a", "a%", "a_", "ab", "a/1", "A", "Z"])
names = st.sampled_from(["c1", "c2", "c3", "c4"])
instants = st.integers(0, 400).map(lambda hours: START + hours * HOUR)
Fresh = Callable[[], AbstractContextManager[Callable[[str], Storage]]]


class _Abort(Exception):  # noqa: N818
    """Ends a block badly."""


class _Model(RuleBasedStateMachine):
    """What the store must hold, in plain dicts."""

    def __init__(self, fresh: Fresh) -> None:
        super().__init__()
        self._database = fresh()
        self.store = self._database.__enter__()("tenant-a")
        self.histories: dict[str, tuple[Record, ...]] = {}
        self.cases: dict[str, Case] = {}
        self.touched: set[str] = set()
        self.waiting: dict[str, Outgoing] = {}
        self.diary: dict[str, Entry] = {}

    def teardown(self) -> None:
        """Compare everything once more, and let the database go."""
        self.touched.update(self.histories)
        self.cases_and_histories_agree()
        self._database.__exit__(None, None, None)

    def take(self, decision: Decision) -> None:
        """Note what was committed."""
        name = decision.case.id
        self.histories[name] = (*self.histories.get(name, ()), *decision.records)
        self.cases[name] = decision.case

    def step(self, name: str) -> Decision:
        """A case one step further, or opened."""
        self.touched.add(name)
        case = self.cases.get(name)
        return sample_next(case) if case else sample_opening(name)

    def write(self, changes: Sequence[Change]) -> None:
        """Write in a block of its own."""
        with self.store.transaction() as transaction:
            transaction.write(changes)

    def write_and_abort(self, changes: Sequence[Change]) -> None:
        """Write in a block that ends badly."""
        with suppress(_Abort), self.store.transaction() as transaction:
            transaction.write(changes)
            raise _Abort

    @rule(chosen=st.sets(names, min_size=1), abort=st.booleans())
    def write_all(self, chosen: set[str], abort: bool) -> None:
        """Open new cases and take old ones a step further, all in one block; it may end badly."""
        decisions = {name: self.step(name) for name in sorted(chosen)}
        items = {n: sample_outgoing(f"{n}/{d.case.version}", n) for n, d in decisions.items()}
        changes = [sample_change(d, outgoing=[items[n]]) for n, d in decisions.items()]
        if abort:
            self.write_and_abort(changes)
            return
        self.write(changes)
        for name, decision in decisions.items():
            self.take(decision)
            self.waiting[items[name].key] = items[name]

    @rule(name=names, other=names, behind=st.integers(1, 3))
    def write_stale(self, name: str, other: str, behind: int) -> None:
        """A decision on an outdated case is refused, and takes what is written with it along."""
        old = fold(self.histories.get(name, ())[:-behind])
        if not self.histories.get(name) or name == other:
            return
        decision = sample_next(old) if old else sample_opening(name)
        self.touched.add(name)
        with_it = self.step(other)
        with pytest.raises(ConflictError) as caught:
            self.write([sample_change(with_it), sample_change(decision)])
        assert caught.value.case_id == name

    @rule(name=names)
    def tick(self, name: str) -> None:
        """Let everything happen that is due."""
        case = self.cases.get(name)
        if case is None or case.next_wake is None:
            return
        decision = sample_tick(case, max(case.next_wake, case.updated))
        self.write([sample_change(decision)])
        self.touched.add(name)
        self.take(decision)

    @rule(keys=st.sets(lines, min_size=1), at=instants)
    def enter(self, keys: set[str], at: datetime) -> None:
        """Enter lines, each with something to tell; all or none, as soon as one is there."""
        entries = [Entry(key, at, {"n": n}) for n, key in enumerate(sorted(keys))]
        told = [sample_outgoing(f"told {key}", "", at) for key in sorted(keys)]
        taken = bool(keys & self.diary.keys())
        refused = pytest.raises(ConflictError) if taken else nullcontext()
        with self.store.transaction() as transaction, refused:
            transaction.enter(entries, told)
        if not taken:
            self.diary.update((entry.key, entry) for entry in entries)
            self.waiting.update((item.key, item) for item in told)

    @rule(now=instants, limit=st.integers(1, 3), delivered=st.booleans())
    def deliver(self, now: datetime, limit: int, delivered: bool) -> None:
        """Send what is ready, or fail to."""
        with self.store.transaction() as transaction:
            for item in transaction.outbox(now, limit):
                assert self.waiting[item.key] == item
                if delivered:
                    transaction.sent(item.key, now, "receipt")
                    del self.waiting[item.key]
                else:
                    transaction.failed(item.key, now + HOUR, "error")
                    self.waiting[item.key] = attrs.evolve(
                        item, ready_at=now + HOUR, attempts=item.attempts + 1
                    )

    @invariant()
    def cases_and_histories_agree(self) -> None:
        """Every case and every record is there, and no other."""
        for name in self.touched:
            assert self.store.records(name) == self.histories.get(name, ())
            assert self.store.case(name) == self.cases.get(name)
        self.touched.clear()
        assert sorted(case.id for case in self.store.scan(batch=2)) == sorted(self.histories)

    @invariant()
    def due_cases_agree(self) -> None:
        """Exactly those cases are due that have a wake-up."""
        wakes = {name: case.next_wake for name, case in self.cases.items()}
        expected = sorted(name for name, wake in wakes.items() if wake and wake <= EVER)
        assert list(self.store.due(EVER, "", 10)) == expected

    @invariant()
    def diaries_agree(self) -> None:
        """Every line is there, by key, and the last of each prefix."""
        for prefix in ("", "a", "a%"):
            expected = [self.diary[k] for k in sorted(self.diary) if k.startswith(prefix)]
            assert list(self.store.entries(prefix)) == expected
            assert self.store.last_entry(prefix) == (expected[-1] if expected else None)

    @invariant()
    def outboxes_agree(self) -> None:
        """What waits, waits in order."""
        expected = sorted(self.waiting.values(), key=lambda item: (item.ready_at, item.key))
        with self.store.transaction() as transaction:
            assert list(transaction.outbox(EVER, 1000)) == expected


def check_against_model(fresh: Fresh) -> None:
    """Run the machine; raises AssertionError with the shortest course on which the two differ."""
    run_state_machine_as_test(  # a factory will do, as its documentation says
        lambda: _Model(fresh),  # type: ignore[arg-type]
        settings=settings(stateful_step_count=STEPS, deadline=None),
    )
