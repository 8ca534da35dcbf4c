"""Cases against their records: what differs is told, and put right where that is asked for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import attrs
import pytest

from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.workflow import State
from wenzheng_core.flaws import FlawKind
from wenzheng_core.memory import MemoryStorage
from wenzheng_core.rebuilding import rebuild, verify_cases
from wenzheng_core.testing.builders import START, sample_change, sample_history


@pytest.fixture(name="storage")
def _storage() -> MemoryStorage:
    storage = MemoryStorage("t")
    with storage.transaction() as transaction:
        transaction.write([sample_change(sample_history(f"c{n}", steps=n)) for n in range(4)])
    storage.head()
    return storage


def _falsify(storage: MemoryStorage, case_id: str, **changes: Any) -> Case:
    """Change what is kept of a case beside its records; the case as it was."""
    kept = storage._rows.cases[case_id]
    case = attrs.evolve(kept.case, **changes)
    storage._rows.cases[case_id] = attrs.evolve(kept, case=case)
    return kept.case


def test_a_sound_store(storage: MemoryStorage) -> None:
    """Of a store that nobody falsified every case is looked at, and nothing is written."""
    report = rebuild(storage, write=True)
    assert (report.sound, report.cases, report.restored, report.count) == (True, 4, 0, 0)


def test_a_falsified_case_is_told_and_left(storage: MemoryStorage) -> None:
    """Without ``write`` a case that differs from its records is named, and stays as it is."""
    _falsify(storage, "c2", state=State.ARCHIVED)
    for report in (verify_cases(storage), rebuild(storage, write=False)):
        assert not report.sound
        assert [(flaw.kind, flaw.case_id) for flaw in report.flaws] == [(FlawKind.CASE, "c2")]
    case = storage.case("c2")
    assert case is not None
    assert case.state is State.ARCHIVED


def test_a_falsified_case_is_restored(storage: MemoryStorage) -> None:
    """With ``write`` it is as its records say, the others are as they were, and no record is new."""
    right, records = _falsify(storage, "c2", state=State.ARCHIVED), storage.feed()
    report = rebuild(storage, write=True)
    assert (report.sound, report.restored, report.count) == (True, 1, 1)
    assert storage.case("c2") == right
    assert verify_cases(storage).sound
    assert storage.feed() == records


def test_a_falsified_column_is_found_and_restored(storage: MemoryStorage) -> None:
    """A wake-up that was put off is found although the case itself reads well."""
    kept = storage._rows.cases["c3"]
    assert kept.next_wake is not None
    later = kept.next_wake + timedelta(days=300)
    storage._rows.cases["c3"] = attrs.evolve(kept, next_wake=later)
    (flaw,) = verify_cases(storage).flaws
    assert (flaw.kind, flaw.case_id) == (FlawKind.LOOKUP, "c3")
    rebuild(storage, write=True)
    assert storage._rows.cases["c3"] == kept


def test_one_case_alone(storage: MemoryStorage) -> None:
    """With an id only that case is looked at."""
    _falsify(storage, "c2", updated=START)
    assert verify_cases(storage, case_id="c1").sound
    assert verify_cases(storage, case_id="c2").count == 1


def test_what_cannot_be_folded_is_told(storage: MemoryStorage) -> None:
    """A case without records, and one whose records have a gap, are named; the rest is restored."""
    storage._rows.cases["c9"] = storage._rows.cases["c1"]
    storage._rows.records["c3"] = storage._rows.records["c3"][1:]
    _falsify(storage, "c2", state=State.ARCHIVED)
    report = rebuild(storage, write=True)
    assert not report.sound
    assert (report.restored, report.count) == (1, 3)
    kinds = {flaw.case_id: flaw.kind for flaw in report.flaws}
    assert kinds["c3"] == kinds["c9"] == FlawKind.UNREADABLE
    assert "没有任何记录" in str(report.flaws[-1])


def test_a_store_that_cannot_write_is_no_flaw(storage: MemoryStorage) -> None:
    """Where the records are well and the store refuses, its error is raised: no case is to blame."""

    def read_only() -> Any:
        raise PermissionError("read-only")

    storage.transaction = read_only  # type: ignore[method-assign]
    with pytest.raises(PermissionError):
        verify_cases(storage)


def test_no_flaw_shows_a_citizens_words(storage: MemoryStorage) -> None:
    """What is wrong with a case is told without anything that stands in it."""

    def unreadable(*_: object) -> Any:
        raise ValueError("张三 13800000000")

    storage.transaction = storage.records = unreadable  # type: ignore[method-assign]
    report = verify_cases(storage)
    assert report.count == report.cases == 4
    assert "张三" not in "".join(map(str, report.flaws))
