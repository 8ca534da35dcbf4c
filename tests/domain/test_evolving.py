"""A case is the fold of its events, and of nothing else."""

from __future__ import annotations

import pickle

import attrs
import pytest

from wenzheng_core.domain import commands as c
from wenzheng_core.domain import events as e
from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.events import EVENTS, Record
from wenzheng_core.domain.evolving import evolve, fold
from wenzheng_core.domain.evolving.folding import APPLY
from wenzheng_core.testing.builders import (
    CITIZEN,
    CLERK,
    START,
    TEXT,
    Walk,
    sample_history,
    sample_rules,
)

HISTORY = sample_history("c1")
SECRET = "我叫李四,电话13911112222"


def test_every_event_has_its_effect_written() -> None:
    """All but the opening, which makes the case; none that does not exist."""
    assert set(APPLY) == set(EVENTS) - {e.CaseOpened}


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


def test_no_free_text_in_a_repr() -> None:
    """What people wrote never gets into a log by way of a repr."""
    walk = Walk(sample_rules()).steps(9)
    walk.do(c.CallBack(reached=True, note=SECRET), CLERK)
    walk.do(c.Rate(score=5, note=SECRET), CITIZEN)
    shown = "".join(repr(record) for record in walk.records) + repr(walk.case)
    shown += repr(c.LogContact(reached=True, note=SECRET)) + repr(c.Publish(reply=SECRET))
    for text in (SECRET, TEXT, "张三", "13800000000", "路灯不亮", "您好,路灯已修复。"):
        assert text not in shown


def test_values_inside_records_cannot_be_changed() -> None:
    """Whoever holds a record or a case cannot change the history through it."""
    walk = Walk(sample_rules()).steps(3)
    for facts in (walk.case.facts, walk.case.reached, walk.records[0].event.facts):  # type: ignore[attr-defined]
        with pytest.raises(TypeError):
            facts["category"] = "咨询"
    assert pickle.loads(pickle.dumps(walk.case)) == walk.case
    assert hash(walk.case) == hash(fold(walk.records))
