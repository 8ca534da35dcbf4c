"""A case is the fold of its events, and of nothing else."""

from __future__ import annotations

import attrs
import pytest

from wenzheng_core.domain import events as e
from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.events import EVENTS, Record
from wenzheng_core.domain.evolving import _APPLY, evolve, fold
from wenzheng_core.testing.builders import START, sample_history

HISTORY = sample_history("c1")


def test_every_event_has_its_effect_written() -> None:
    """All but the opening, which makes the case; none that does not exist."""
    assert set(_APPLY) == set(EVENTS) - {e.CaseOpened}


def test_the_fold_is_the_case_decided() -> None:
    """What the decisions returned is what their events come to."""
    assert fold(HISTORY.records) == HISTORY.case


@pytest.mark.parametrize("cut", range(len(HISTORY.records) + 1))
def test_a_history_folds_in_two_halves_as_at_once(cut: int) -> None:
    """A snapshot and the events after it give the same case, wherever it was taken."""
    first, rest = HISTORY.records[:cut], HISTORY.records[cut:]
    assert fold(rest, fold(first)) == HISTORY.case


def test_no_history_is_no_case() -> None:
    """Nothing folds to nothing."""
    assert fold(()) is None


def test_the_case_counts_its_events_and_knows_the_last_instant() -> None:
    """Version and time follow the records one by one."""
    case: Case | None = None
    for record in HISTORY.records:
        case = evolve(case, record)
        assert (case.version, case.updated) == (record.version, record.at)


@pytest.mark.parametrize("version", [1, 2, 4, 0])
def test_a_record_out_of_its_place_is_refused(version: int) -> None:
    """A version twice, or one left out, names the case and both versions."""
    case = fold(HISTORY.records[:2])
    record = attrs.evolve(HISTORY.records[2], version=version)
    with pytest.raises(ValueError, match=rf"c1.* 2 .*{version}"):
        evolve(case, record)


@pytest.mark.parametrize(
    "record",
    [HISTORY.records[1], attrs.evolve(HISTORY.records[0], version=2)],
    ids=["another event", "not the first"],
)
def test_a_history_starts_with_its_opening(record: Record) -> None:
    """Anything else before it is refused."""
    with pytest.raises(ValueError, match="CaseOpened"):
        evolve(None, record)


def test_evolving_leaves_the_case_before_as_it_was() -> None:
    """Facts, clocks and holdings of the old value are untouched."""
    case = fold(HISTORY.records[:3])
    assert case is not None
    before = attrs.asdict(case)
    changed = e.Classified(facts={"category": "投诉"}, labels={"category": "投诉"})
    after = evolve(case, Record("c1", 4, START, "office-1", changed))
    assert (after.facts["category"], attrs.asdict(case)) == ("投诉", before)
