"""Laws of writing: all or nothing, one winner for each version, one order."""

from __future__ import annotations

import threading
from collections.abc import Callable

import attrs
import pytest

from wenzheng_core.domain.errors import ConflictError
from wenzheng_core.ports import Answer, Change, Outgoing, Storage
from wenzheng_core.testing.builders import (
    HOUR,
    PHONE,
    START,
    sample_answer,
    sample_change,
    sample_history,
    sample_next,
    sample_opening,
    sample_outgoing,
)
from wenzheng_core.testing.storage_calls import (
    PATIENCE,
    Stop,
    due_ids,
    put,
    run,
    write_and_stop,
)

MOMENT = 0.03
"""Seconds for which a law lets another thread try what it must not get through with."""


def full_change(case_id: str) -> Change:
    """A new case with something to tell and an answer."""
    decision = sample_opening(case_id)
    told = [sample_outgoing(f"{case_id}/1", case_id)]
    answer = sample_answer(f"open {case_id}", decision.case)
    return sample_change(decision, outgoing=told, answer=answer)


def assert_empty(store: Storage, *case_ids: str) -> None:
    """Nothing of full changes is in the store."""
    assert list(store.scan()) == []
    with store.transaction() as transaction:
        assert transaction.outbox(START, 10) == ()
        for case_id in case_ids:
            assert transaction.case(case_id) is None
            assert transaction.records(case_id) == ()
            assert transaction.answer(f"open {case_id}") is None


class WritingLaws:
    """What a store takes, and what it refuses."""

    def test_a_transaction_reads_its_own_writes(self, store: Storage) -> None:
        """Within the block everything written shows at once."""
        change = full_change("c1")
        with store.transaction() as transaction:
            transaction.write([change])
            assert transaction.case("c1") == change.case
            assert transaction.cases(["c1", "c2"]) == {"c1": change.case}
            assert transaction.records("c1") == change.records
            assert transaction.answer("open c1") == change.answer
            assert transaction.outbox(START, 10) == change.outgoing
            decision = sample_next(change.case)
            transaction.write([sample_change(decision)])
            assert transaction.records("c1") == (*change.records, *decision.records)
        assert store.records("c1") == (*change.records, *decision.records)
        assert store.case("c1") == decision.case

    def test_a_block_that_raises_leaves_nothing(self, store: Storage) -> None:
        """Cases, records, answers and the outbox are as they were, and the error passes."""
        with pytest.raises(Stop):
            write_and_stop(store, full_change("c1"), full_change("c2"))
        assert_empty(store, "c1", "c2")

    def test_a_rolled_back_step_leaves_the_case_as_it_was(self, store: Storage) -> None:
        """A failed block undoes changes of old cases and notes in the outbox, too."""
        first = full_change("c1")
        with store.transaction() as transaction:
            transaction.write([first])
        with pytest.raises(Stop):
            write_and_stop(store, sample_change(sample_next(first.case)), sent="c1/1")
        assert store.case("c1") == first.case
        assert store.records("c1") == first.records
        with store.transaction() as transaction:
            assert transaction.outbox(START, 10) == first.outgoing

    def test_a_conflict_leaves_nothing_of_any_change(self, store: Storage) -> None:
        """One change that expects another version takes the whole write with it."""
        old = sample_history("c2", steps=1)
        with store.transaction() as transaction:
            transaction.write([sample_change(old)])
        stale = sample_change(sample_next(sample_opening("c2").case))
        with store.transaction() as transaction:
            with pytest.raises(ConflictError) as caught:
                transaction.write([full_change("c1"), stale, full_change("c3")])
            assert transaction.case("c1") is None
            assert transaction.records("c1") == ()
            assert transaction.answer("open c1") is None
            assert transaction.outbox(START, 10) == ()
        assert (caught.value.case_id, caught.value.expected) == ("c2", stale.expected_version)
        assert [case.id for case in store.scan()] == ["c2"]
        assert store.records("c2") == old.records

    def test_a_caught_conflict_keeps_the_rest_of_the_block(self, store: Storage) -> None:
        """What the block wrote before and after a conflict that it caught is committed."""
        with store.transaction() as transaction:
            transaction.write([full_change("c1")])
            with pytest.raises(ConflictError):
                transaction.write([full_change("c2"), full_change("c1")])
            transaction.write([full_change("c3")])
        assert [case.id for case in store.scan()] == ["c1", "c3"]
        assert store.records("c2") == ()

    def test_a_case_is_opened_once(self, store: Storage) -> None:
        """Opening a case that exists, and a step of one that does not, are conflicts."""
        with store.transaction() as transaction:
            transaction.write([full_change("c1")])
        with store.transaction() as transaction, pytest.raises(ConflictError):
            transaction.write([sample_change(sample_opening("c1"))])
        missing = sample_change(sample_next(sample_opening("c9").case))
        with store.transaction() as transaction, pytest.raises(ConflictError):
            transaction.write([missing])
        assert store.case("c9") is None
        assert len(store.records("c1")) == 2

    def test_an_answer_is_given_once(self, store: Storage) -> None:
        """A key that has an answer is a conflict for whoever brings it again."""
        first = full_change("c1")
        with store.transaction() as transaction:
            transaction.write([first])
        decision = sample_opening("c2")
        again = sample_change(decision, answer=sample_answer("open c1", decision.case))
        with store.transaction() as transaction:
            with pytest.raises(ConflictError):
                transaction.write([again])
            assert transaction.answer("open c1") == first.answer
        assert store.case("c2") is None

    def test_an_outgoing_key_is_taken_once(self, store: Storage) -> None:
        """Two items under one key are a conflict, in one write as in two."""
        decision = sample_opening("c1")
        twice = [sample_outgoing("same"), sample_outgoing("same")]
        with store.transaction() as transaction, pytest.raises(ConflictError):
            transaction.write([sample_change(decision, outgoing=twice)])
        assert_empty(store, "c1")

    def test_two_changes_of_one_case_in_one_write_are_an_error(self, store: Storage) -> None:
        """The caller decides step by step; a write takes each case once."""
        decision = sample_opening("c1")
        later = sample_change(sample_next(decision.case))
        with store.transaction() as transaction, pytest.raises(ValueError, match="one change"):
            transaction.write([sample_change(decision), later])
        assert_empty(store, "c1")

    def test_writing_nothing_is_allowed(self, store: Storage) -> None:
        """An empty write changes nothing, and neither does an empty block."""
        with store.transaction() as transaction:
            transaction.write([])
        with store.transaction():
            pass
        assert_empty(store)

    def test_blocks_do_not_nest(self, store: Storage) -> None:
        """A second transaction within the first is an error at once, not a wait for oneself."""
        with store.transaction(), pytest.raises(RuntimeError), store.transaction():
            pass
        with store.transaction() as transaction:
            transaction.write([full_change("c1")])
        assert store.case("c1") is not None

    def test_each_version_has_one_winner(self, open_store: Callable[[str], Storage]) -> None:
        """Threads that decide on what they read long before never both write."""
        store, rival = open_store("tenant-a"), open_store("tenant-a")
        with store.transaction() as transaction:
            transaction.write([full_change("c1")])
        won: list[int] = []

        def step(mine: Storage) -> None:
            for _ in range(8):
                case = mine.case("c1")
                assert case is not None
                try:
                    decision = sample_next(case)
                    with mine.transaction() as transaction:
                        transaction.write([sample_change(decision)])
                except ConflictError:
                    continue
                won.extend(record.version for record in decision.records)

        run(lambda: step(store), lambda: step(rival), lambda: step(store))
        versions = [record.version for record in store.records("c1")]
        assert versions == list(range(1, len(versions) + 1))
        assert sorted(won) == versions[2:]

    def test_what_a_transaction_read_stays_true(self, store: Storage) -> None:
        """Reading and writing in one block never conflicts, however many threads do it."""
        with store.transaction() as transaction:
            transaction.write([full_change("c1")])

        def step() -> None:
            for _ in range(5):
                with store.transaction() as transaction:
                    case = transaction.case("c1")
                    assert case is not None
                    transaction.write([sample_change(sample_next(case))])

        run(step, step, step)
        versions = [record.version for record in store.records("c1")]
        assert versions == list(range(1, len(versions) + 1))
        assert len(versions) > 15

    @pytest.mark.parametrize("many", [False, True])
    def test_a_case_that_was_read_is_nobody_elses(
        self, open_store: Callable[[str], Storage], many: bool
    ) -> None:
        """Who writes it meanwhile waits, and is then told that it came too late."""
        store, rival = open_store("tenant-a"), open_store("tenant-a")
        put(store, full_change("c1"), full_change("c2"))
        seen = store.case("c1")
        assert seen is not None
        mine, theirs = sample_next(seen), sample_next(seen, seen.updated + 2 * HOUR)
        over, wrote = threading.Event(), list[Change]()

        def overtake() -> None:
            try:
                put(rival, sample_change(theirs))
                wrote.append(sample_change(theirs))
            except ConflictError:
                pass
            finally:
                over.set()

        def step() -> None:
            with store.transaction() as transaction:
                case = transaction.cases(["c2", "c1"])["c1"] if many else transaction.case("c1")
                assert case == seen
                overtaking.start()
                assert not over.wait(MOMENT)
                transaction.write([sample_change(mine)])

        overtaking = threading.Thread(target=overtake, daemon=True)
        step()
        assert over.wait(PATIENCE)
        assert (store.case("c1"), wrote) == (mine.case, [])

    def test_two_that_wait_on_each_other_both_end(
        self, open_store: Callable[[str], Storage]
    ) -> None:
        """Blocks that read two cases in opposite order: one may be told to give way, none hangs."""
        stores = [open_store("tenant-a"), open_store("tenant-a")]
        put(stores[0], full_change("c1"), full_change("c2"))
        read = [threading.Event(), threading.Event()]
        ended: list[str] = []

        def work(number: int, order: tuple[str, str]) -> None:
            try:
                with stores[number].transaction() as transaction:
                    first = transaction.case(order[0])
                    read[number].set()
                    read[1 - number].wait(MOMENT)
                    second = transaction.case(order[1])
                    assert first is not None
                    assert second is not None
                    steps = [sample_change(sample_next(case)) for case in (first, second)]
                    transaction.write(steps)
                ended.append("written")
            except ConflictError:
                ended.append("gave way")

        run(lambda: work(0, ("c1", "c2")), lambda: work(1, ("c2", "c1")))
        assert sorted(ended) in (["gave way", "written"], ["written", "written"])
        versions = {x: [r.version for r in stores[0].records(x)] for x in ("c1", "c2")}
        expected = 2 + ended.count("written")
        for case_id, found in versions.items():
            assert found == list(range(1, len(found) + 1))
            case = stores[0].case(case_id)
            assert case is not None
            assert case.version == len(found) >= expected

    def test_what_lies_beside_the_records_is_put_right(self, store: Storage) -> None:
        """A case is again as its records say, found when it is due, with no record more.

        Whether anything was wrong is told, and the second time nothing is.
        """
        whole = sample_history("c1", steps=4)
        put(store, sample_change(whole))
        wake, wrong = whole.case.next_wake, attrs.evolve(whole.case, clocks=(), labels={"x": "y"})
        assert wake is not None
        with store.transaction() as transaction:
            transaction.restore(wrong)
        assert due_ids(store, wake) == []
        with store.transaction() as transaction:
            assert transaction.restore(whole.case)
            assert transaction.case("c1") == whole.case
            assert not transaction.restore(whole.case)
        assert store.case("c1") == whole.case
        assert due_ids(store, wake) == ["c1"]
        assert store.records("c1") == whole.records
        assert len(store.feed()) == store.head().position == len(whole.records)
        assert store.cases_of(PHONE) == ("c1",)
        put(store, sample_change(sample_next(whole.case)))

    def test_a_case_is_put_right_at_its_version_alone(self, store: Storage) -> None:
        """One of another version, and one that is not there, are conflicts; the rest stays."""
        old, new = sample_history("c1", steps=2), sample_history("c1", steps=3)
        put(store, sample_change(new))
        with store.transaction() as transaction:
            transaction.write([full_change("c2")])
            for case in (old.case, sample_next(new.case).case, sample_opening("c9").case):
                with pytest.raises(ConflictError):
                    transaction.restore(case)
        assert store.case("c1") == new.case
        assert (store.case("c2"), store.case("c9")) == (full_change("c2").case, None)

    def test_a_failed_restoring_is_undone_with_its_block(self, store: Storage) -> None:
        """A block that raises puts nothing right."""
        whole = sample_history("c1", steps=4)
        put(store, sample_change(whole))

        def restore_and_stop() -> None:
            with store.transaction() as transaction:
                transaction.restore(attrs.evolve(whole.case, clocks=()))
                raise Stop

        with pytest.raises(Stop):
            restore_and_stop()
        assert store.case("c1") == whole.case

    def test_values_come_back_as_written(self, store: Storage) -> None:
        """Answers and outgoing items keep every field."""
        decision = sample_opening("c1")
        answer = Answer(key="键 1", fingerprint="f", case_id="c1", first_version=1, last_version=2)
        item = Outgoing(
            key="c1/2/🔔", case_id="c1", channel="publish", to="红网", text="您好", ready_at=START
        )
        with store.transaction() as transaction:
            transaction.write([sample_change(decision, outgoing=[item], answer=answer)])
        with store.transaction() as transaction:
            assert transaction.answer("键 1") == answer
            assert transaction.outbox(START, 5) == (item,)
