"""A plain dict beside a store: what is written to both, and by what they are compared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from datetime import datetime

import attrs
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
)

from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.deciding import Decision
from wenzheng_core.domain.errors import ConflictError
from wenzheng_core.domain.events import Record
from wenzheng_core.domain.evolving import fold
from wenzheng_core.ports import (
    Change,
    DeadLetter,
    Due,
    Entry,
    Lease,
    Outgoing,
    Storage,
    shard_of,
)
from wenzheng_core.testing.builders import (
    HOUR,
    START,
    sample_change,
    sample_next,
    sample_opening,
    sample_outgoing,
    sample_tick,
)
from wenzheng_core.testing.storage_calls import assert_chained

EVER = START + 1000 * HOUR

lines = st.sampled_from(["a", "a%", "a_", "ab", "a/1", "A", "Z"])
names = st.sampled_from(["c1", "c2", "c3", "c4"])
instants = st.integers(0, 400).map(lambda hours: START + hours * HOUR)
Fresh = Callable[[], AbstractContextManager[Callable[[str], Storage]]]


class Abort(Exception):  # noqa: N818
    """Ends a block badly."""


class Model(RuleBasedStateMachine):
    """What the store must hold, in plain dicts."""

    def __init__(self, fresh: Fresh) -> None:
        super().__init__()
        self._database = fresh()
        self.store = self._database.__enter__()("tenant-a")
        self.histories: dict[str, tuple[Record, ...]] = {}
        self.cases: dict[str, Case] = {}
        # What was written, or tried, since it was last compared.
        self.touched: set[str] = set()
        self.tried: set[str] = set()
        self.commits: list[tuple[Record, ...]] = []
        self.compared = 0
        self.waiting: dict[str, Outgoing] = {}
        self.taken: dict[str, tuple[str, datetime]] = {}
        self.dead: dict[str, DeadLetter] = {}
        self.leases: dict[str, Lease] = {}
        self.known: list[Lease] = []
        self.given_back: set[str] = set()
        self.cursors: dict[str, int] = {}
        self.diary: dict[str, Entry] = {}

    def teardown(self) -> None:
        """Compare everything once more, and let the database go."""
        self.touched.update(self.histories)
        self.tried.update({"cases", "diary", "outbox", "cursors"})
        self.cases_and_histories_agree()
        assert_chained(self.store)
        self._database.__exit__(None, None, None)

    def take(self, decision: Decision) -> None:
        """Note what was committed."""
        name = decision.case.id
        self.histories[name] = (*self.histories.get(name, ()), *decision.records)
        self.cases[name] = decision.case

    def ready(self, now: datetime, limit: int) -> list[Outgoing]:
        """What may go out at an instant."""
        free = (x for x in self.waiting.values() if not self.is_taken(x.key, now))
        found = sorted((x.ready_at, x.key) for x in free if x.ready_at <= now)
        return [self.waiting[key] for _, key in found[:limit]]

    def is_taken(self, key: str, now: datetime, but: str = "") -> bool:
        """Whether somebody (but one) holds an item at an instant."""
        holder, until = self.taken.get(key, ("", now))
        return until > now and holder != but

    def step(self, name: str) -> Decision:
        """A case one step further, or opened."""
        self.touched.add(name)
        self.tried.update({"cases", "outbox"})
        case = self.cases.get(name)
        return sample_next(case) if case else sample_opening(name)

    def write(self, changes: Sequence[Change]) -> None:
        """Write in a block of its own."""
        with self.store.transaction() as transaction:
            transaction.write(changes)

    def write_and_abort(self, changes: Sequence[Change]) -> None:
        """Write in a block that ends badly."""
        with suppress(Abort), self.store.transaction() as transaction:
            transaction.write(changes)
            raise Abort

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
        self.commits.append(tuple(r for d in decisions.values() for r in d.records))
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
        self.tried.add("cases")
        self.commits.append(decision.records)
        self.take(decision)

    @rule(keys=st.sets(lines, min_size=1), at=instants)
    def enter(self, keys: set[str], at: datetime) -> None:
        """Enter lines, each with something to tell; all or none, as soon as one is there."""
        self.tried.update({"diary", "outbox"})
        entries = [Entry(key, at, {"n": n}) for n, key in enumerate(sorted(keys))]
        told = [sample_outgoing(f"told {key}", "", at) for key in sorted(keys)]
        taken = bool(keys & self.diary.keys())
        refused = pytest.raises(ConflictError) if taken else nullcontext()
        with self.store.transaction() as transaction, refused:
            transaction.enter(entries, told)
        if not taken:
            self.diary.update((entry.key, entry) for entry in entries)
            self.waiting.update((item.key, item) for item in told)

    def is_due(self, what: str) -> bool:
        """Whether something was tried since it was last compared."""
        due = what in self.tried
        self.tried.discard(what)
        return due

    @invariant()
    def cases_and_histories_agree(self) -> None:
        """Every case and every record is there, and no other; each is due when it has a wake-up."""
        if not self.is_due("cases"):
            return
        for name in self.touched:
            assert self.store.records(name) == self.histories.get(name, ())
            assert self.store.case(name) == self.cases.get(name)
            wake = self.cases[name].next_wake if name in self.cases else None
            expected = [Due(wake, name)] if wake else []
            found = self.store.due(EVER, shard_of(name), None, 10)
            assert [due for due in found if due.case_id == name] == expected
        self.touched.clear()
        assert sorted(case.id for case in self.store.scan(batch=2)) == sorted(self.histories)
        self.feeds_agree()

    def feeds_agree(self) -> None:
        """The feed goes on with what was committed, block by block, each case's in order."""
        fed = self.store.feed(self.compared)
        expected = list(range(self.compared + 1, self.compared + len(fed) + 1))
        assert [x.position for x in fed] == expected
        records = [x.record for x in fed]
        for commit in self.commits:
            part, records = records[: len(commit)], records[len(commit) :]
            assert sorted(part, key=_place) == sorted(commit, key=_place)
            versions = {name: [r.version for r in part if r.case_id == name] for name in self.cases}
            assert all(found == sorted(found) for found in versions.values())
        assert records == []
        self.commits.clear()
        self.compared += len(fed)

    @invariant()
    def cursors_agree(self) -> None:
        """Each consumer is where it came to."""
        if self.is_due("cursors"):
            for consumer in ("x", "y"):
                assert self.store.cursor(consumer) == self.cursors.get(consumer, 0)

    @invariant()
    def diaries_agree(self) -> None:
        """Every line is there, by key, and the last of each prefix."""
        for prefix in ("", "a", "a%") if self.is_due("diary") else ():
            expected = [self.diary[k] for k in sorted(self.diary) if k.startswith(prefix)]
            assert list(self.store.entries(prefix)) == expected
            assert self.store.last_entry(prefix) == (expected[-1] if expected else None)

    @invariant()
    def outboxes_agree(self) -> None:
        """What waits, waits in order; what is dead says how it died."""
        if not self.is_due("outbox"):
            return
        with self.store.transaction() as transaction:
            assert list(transaction.outbox(EVER, 1000)) == self.ready(EVER, 1000)
        dead = self.store.dead_letters()
        assert [letter.item.key for letter in dead] == sorted(self.dead)
        for letter in dead:
            mine = self.dead[letter.item.key]
            same_time = attrs.evolve(letter.item, ready_at=mine.item.ready_at)
            assert attrs.evolve(letter, item=same_time) == mine


def _place(record: Record) -> tuple[str, int]:
    return record.case_id, record.version
