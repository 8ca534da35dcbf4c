"""Laws of reading: histories, snapshots, instants, tenants, pages, what is due."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta, timezone

import attrs
import pytest

from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.commands import Commit
from wenzheng_core.domain.errors import NaiveTimeError
from wenzheng_core.domain.evolving import fold
from wenzheng_core.ports import SHARDS, Awaiting, Due, Storage, shard_of
from wenzheng_core.testing.builders import (
    CLERK,
    HOUR,
    START,
    sample_change,
    sample_history,
    sample_next,
    sample_opening,
    sample_step,
    sample_tick,
)
from wenzheng_core.testing.storage_calls import all_awaiting, all_due, due_ids, pages, put

DAY = timedelta(days=1)
LATER = START + 60 * DAY
ODD = "🔔👩‍🔧 𠮷野 \u202e倒\u202c \ufeff \u2028 é e\u0301 ﷽ \U0010ffff 'quoted' \"%s\" \\n {x} ;--"


def ids_of(cases: Iterable[Case]) -> list[str]:
    """The ids in order."""
    return [case.id for case in cases]


def due_in(store: Storage, shard: int, limit: int) -> list[Due]:
    """What is due in a shard, page by page."""
    return list(pages(lambda after: store.due(LATER, shard, after, limit)))


class ReadingLaws:
    """What a store gives back."""

    def test_what_nobody_wrote_is_absent(self, store: Storage) -> None:
        """An unknown case is None, and its history is empty."""
        assert store.case("c1") is None
        assert store.records("c1") == ()
        assert list(store.scan()) == []
        with store.transaction() as transaction:
            assert transaction.case("c1") is None
            assert transaction.cases(["c1"]) == {}
            assert transaction.records("c1") == ()
            assert transaction.answer("k1") is None

    def test_a_history_comes_back_gap_free_and_in_order(self, store: Storage) -> None:
        """Records written over several transactions are read in the order of their versions."""
        decision = sample_history("c1", steps=3)
        put(store, sample_change(decision))
        written = list(decision.records)
        for _ in range(4):
            decision = sample_next(decision.case)
            put(store, sample_change(decision))
            written += decision.records
        assert store.records("c1") == tuple(written)
        assert [r.version for r in store.records("c1")] == list(range(1, len(written) + 1))

    def test_a_case_is_the_fold_of_its_records(self, store: Storage) -> None:
        """What is read of a case is what its history comes to, field by field."""
        for number in range(10):
            put(store, sample_change(sample_history(f"c{number}", steps=number)))
        for number in range(10):
            assert store.case(f"c{number}") == fold(store.records(f"c{number}"))

    def test_many_cases_are_read_at_once(self, store: Storage) -> None:
        """Asked for by ids, those that exist come back by id, be they ever so many."""
        put(store, *(sample_change(sample_opening(f"c{i:04}")) for i in range(0, 1200, 2)))
        with store.transaction() as transaction:
            found = transaction.cases([f"c{i:04}" for i in range(1200)])
            assert sorted(found) == [f"c{i:04}" for i in range(0, 1200, 2)]
            assert all(case.id == case_id for case_id, case in found.items())
            assert transaction.cases([]) == {}

    def test_instants_come_back_in_utc_with_microseconds(self, store: Storage) -> None:
        """No instant is rounded, and none comes back on another clock."""
        beijing = datetime(2025, 6, 30, 23, 59, 59, 999_999, timezone(8 * HOUR))
        instants = (START, beijing, datetime(2025, 1, 1, 0, 0, 0, 1, UTC))
        for number, at in enumerate(instants):
            put(store, sample_change(sample_opening(f"c{number}", at)))
        for number, at in enumerate(instants):
            case, (record, *_) = store.case(f"c{number}"), store.records(f"c{number}")
            assert case is not None
            for instant in (record.at, case.opened, case.message.posted_at):
                assert (instant, instant.tzinfo) == (at, UTC)
                assert instant.microsecond == at.microsecond

    @pytest.mark.parametrize("body", [ODD, "留" * 34_000, "a" * 100_000, "\t\r\n x", "0"])
    def test_texts_survive_as_they_are(self, store: Storage, body: str) -> None:
        """Emoji, rare characters, quotes and a body of 100 kB come back character by character."""
        decision = sample_opening("c1", body=body)
        put(store, sample_change(decision))
        case = store.case("c1")
        assert case is not None
        assert case.message.body == body
        assert store.records("c1") == decision.records

    def test_tenants_see_nothing_of_each_other(self, open_store: Callable[[str], Storage]) -> None:
        """Two tenants of one database use the same ids and each finds its own."""
        ours, theirs = open_store("tenant-a"), open_store("tenant-b")
        put(ours, sample_change(sample_opening("c1", body="ours")))
        assert theirs.case("c1") is None
        assert theirs.records("c1") == ()
        assert list(theirs.scan()) == []
        assert all_due(theirs, LATER) == []
        put(theirs, sample_change(sample_history("c1", body="theirs")))
        assert [case.message.body for case in ours.scan()] == ["ours"]
        assert len(ours.records("c1")) == 2
        assert len(theirs.records("c1")) == len(sample_history("c1").records)

    def test_a_store_opened_again_finds_everything(
        self, open_store: Callable[[str], Storage]
    ) -> None:
        """A second store of the same tenant reads what the first one wrote."""
        decision = sample_history("c1")
        put(open_store("tenant-a"), sample_change(decision))
        assert open_store("tenant-a").records("c1") == decision.records
        assert open_store("tenant-a").case("c1") == decision.case

    def test_due_are_those_whose_time_has_come(self, store: Storage) -> None:
        """A case is due from its next wake-up on, and no longer once that was handled."""
        decision = sample_history("c1", steps=4)
        put(store, sample_change(decision))
        wake = decision.case.next_wake
        assert wake is not None
        assert all_due(store, wake - timedelta(microseconds=1)) == []
        assert all_due(store, wake) == [Due(wake, "c1")]
        assert all_due(store, wake.astimezone(timezone(8 * HOUR))) == [Due(wake, "c1")]
        put(store, sample_change(sample_tick(decision.case, LATER)))
        assert all_due(store, LATER) == []

    def test_paging_due_reaches_each_once(self, store: Storage) -> None:
        """No case is skipped and none comes twice, though many share one instant."""
        waiting = [f"c{i:02}" for i in range(40)]
        later = [f"d{i}" for i in range(8)]
        put(store, *(sample_change(sample_history(i, START + DAY, steps=4)) for i in later))
        put(store, *(sample_change(sample_history(i, steps=4)) for i in reversed(waiting)))
        put(store, sample_change(sample_history("c03-done")))
        expected = {case_id: shard_of(case_id) for case_id in (*waiting, *later)}
        for limit in (1, 3, 500):
            found = {shard: due_in(store, shard, limit) for shard in range(SHARDS)}
            for shard, due in found.items():
                assert due == sorted(due)
                assert len(set(due)) == len(due)
                assert {x.case_id for x in due} == {i for i, s in expected.items() if s == shard}

    def test_a_page_of_what_is_due_begins_beyond_the_last(self, store: Storage) -> None:
        """Beyond an instant and an id, whether such a case is there or not; no more than asked."""
        first, second = "c18", "c30"
        assert shard_of(first) == shard_of(second)
        put(store, *(sample_change(sample_history(i, steps=4)) for i in (first, second)))
        one, other = all_due(store, LATER)
        shard = shard_of(first)
        assert store.due(LATER, shard, None, 1) == (one,)
        assert store.due(LATER, shard, one, 9) == (other,)
        assert store.due(LATER, shard, other, 9) == ()
        tick = timedelta(microseconds=1)
        assert store.due(LATER, shard, Due(one.at - tick, "zz"), 9) == (one, other)
        assert store.due(LATER, shard, Due(one.at, ""), 9) == (one, other)
        assert store.due(LATER, shard, Due(one.at + tick, ""), 9) == ()

    def test_awaiting_cases_come_by_year_and_id(self, store: Storage) -> None:
        """Cases with a deadline beyond the published arrangements are found by the year, and counted."""
        late = datetime(2025, 12, 29, 1, tzinfo=UTC)
        waiting = [f"c{i}" for i in range(5)]
        put(store, *(sample_change(sample_history(i, late, steps=3)) for i in reversed(waiting)))
        put(store, sample_change(sample_history("settled", START, steps=3)))
        expected = [Awaiting(2026, case_id) for case_id in waiting]
        for limit in (1, 2, 500):
            assert all_awaiting(store, 2026, limit) == expected
            assert all_awaiting(store, 2027, limit) == expected
        assert store.awaiting(2026, Awaiting(2025, "zz"), 2) == tuple(expected[:2])
        assert store.awaiting(2026, expected[1], 2) == tuple(expected[2:4])
        assert all_awaiting(store, 2025) == []
        assert [store.count_awaiting(year) for year in (2025, 2026, 2027)] == [0, 5, 5]

    def test_scanning_with_batches_of_one_reaches_each_once(self, store: Storage) -> None:
        """Cases come in the order of their opening, then of their ids, many of one instant too."""
        for number in (3, 1, 2):
            at = START + (number // 2) * HOUR
            names = [f"c{number}{letter}" for letter in "dbca"]
            put(store, *(sample_change(sample_opening(name, at)) for name in names))
        expected = [f"c{number}{letter}" for number in (1, 2, 3) for letter in "abcd"]
        for batch in (1, 2, 3, 4, 5, 12, 500):
            assert ids_of(store.scan(batch=batch)) == expected

    def test_scanning_filters(self, store: Storage) -> None:
        """Instants bound half-open, state and lead unit are those of the case now."""
        for number in range(6):
            at = START + number * DAY
            put(store, sample_change(sample_history(f"c{number}", at, steps=number)))
        assert ids_of(store.scan(received_from=START + DAY)) == ["c1", "c2", "c3", "c4", "c5"]
        assert ids_of(store.scan(received_until=START + DAY)) == ["c0"]
        between = store.scan(received_from=START + DAY, received_until=START + 3 * DAY, batch=1)
        assert ids_of(between) == ["c1", "c2"]
        assert ids_of(store.scan(state="accepted")) == ["c1", "c2"]
        assert ids_of(store.scan(unit="housing", batch=1)) == ["c3", "c4", "c5"]
        assert ids_of(store.scan(unit="housing", state="handling")) == ["c4", "c5"]
        assert ids_of(store.scan(unit="nobody")) == []

    def test_ids_come_page_by_page(self, store: Storage) -> None:
        """All of them, by id and character by character, above an id, no more than asked."""
        assert store.case_ids() == ()
        names = ["c3", "C1", "c1", "c1%", "c_1", "办1", "c10", "c2"]
        put(store, *(sample_change(sample_opening(name)) for name in names))
        ordered = tuple(sorted(names))
        assert store.case_ids() == ordered
        for limit in (1, 3, 500):
            assert tuple(pages(lambda a, n=limit: store.case_ids(a or "", n))) == ordered  # type: ignore[misc]
        assert store.case_ids("c1") == ordered[ordered.index("c1") + 1 :]
        assert store.case_ids("c1", 2) == ("c1%", "c10")
        assert store.case_ids("办1") == ()

    def test_writing_while_scanning_is_allowed(self, store: Storage) -> None:
        """A scan holds no lock over what is done with a case; each case still comes once."""
        put(store, *(sample_change(sample_opening(f"c{i}")) for i in range(6)))
        seen = []
        for case in store.scan(batch=2):
            seen.append(case.id)
            put(store, sample_change(sample_next(case)))
        assert seen == [f"c{i}" for i in range(6)]
        assert ids_of(store.scan(state="accepted")) == seen

    def test_naive_instants_are_refused(self, store: Storage) -> None:
        """An instant without a zone is an error, never a guess."""
        naive = START.replace(tzinfo=None)
        with pytest.raises(NaiveTimeError):
            store.due(naive, 0, None, 1)
        with pytest.raises(NaiveTimeError):
            list(store.scan(received_from=naive))
        with store.transaction() as transaction, pytest.raises(NaiveTimeError):
            transaction.outbox(naive, 1)

    def test_what_wakes_a_finished_case_is_found_too(self, store: Storage) -> None:
        """A promise made with a published reply is due at the end of its day."""
        done = sample_history("c1").case
        promise = Commit(commitment="p1", text="月底前完工", due=START.date() + 20 * DAY)
        decision = sample_step(done, promise, CLERK, done.updated + HOUR)
        put(store, sample_change(sample_history("c1")))
        assert all_due(store, LATER) == []
        put(store, attrs.evolve(sample_change(decision)))
        assert due_ids(store, LATER) == ["c1"]
