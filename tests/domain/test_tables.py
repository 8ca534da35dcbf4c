"""Decision tables: exactly one winner, and every row knows how it fared."""

from __future__ import annotations

import itertools
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wenzheng_core.domain.errors import RefusedError
from wenzheng_core.domain.limits import WorkingDays
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.tables import Column, Condition, Facts, Row, Table, Verdict, complete
from wenzheng_core.testing.builders import (
    sample_clock,
    sample_policy,
    sample_row,
    sample_rules_with,
)

CATEGORY = Column("category", ("建议", "咨询", "投诉"), "类别", aliases={"谏言": "建议"})
GRADE = Column("grade", ("一般", "复杂"), "分级", default="一般")
COLUMNS = (CATEGORY, GRADE)


def when(**cells: str) -> Condition:
    """A condition from words with spaces between the values."""
    return {name: frozenset(values.split()) for name, values in cells.items()}


SIMPLE = Row("simple", 5, (when(category="建议 咨询", grade="一般"),))
INVESTIGATE = Row("investigate", 10, (when(category="投诉", grade="一般"),))
WIDE = Row("wide", 20, (when(grade="复杂"),))
WHOLE = Table(COLUMNS, (SIMPLE, INVESTIGATE, WIDE))

conditions = st.fixed_dictionaries(
    {},
    optional={
        column.name: st.frozensets(st.sampled_from(column.values), min_size=1) for column in COLUMNS
    },
)


@st.composite
def tables(draw: st.DrawFn) -> Table[int]:
    """Any small table, sound or not."""
    names = [f"r{n}" for n in range(draw(st.integers(1, 5)))]
    rows = []
    for number, name in enumerate(names):
        also = draw(st.lists(conditions, min_size=1, max_size=2))
        others = draw(st.frozensets(st.sampled_from(names), max_size=2)) - {name}
        rows.append(Row(name, number, tuple(also), tuple(others)))
    return Table(COLUMNS, tuple(rows))


def outcome(table: Table[int], cell: Facts) -> tuple[object, ...]:
    """The winner with every row's verdict, or the rule that refuses."""
    try:
        choice = table.decide(cell)
    except RefusedError as refused:
        return (refused.rule,)
    return choice.row, choice.value, frozenset((x.row, x.verdict) for x in choice.candidates)


def test_a_whole_table_has_one_winner_in_every_cell() -> None:
    """No gap, no overlap, no row that never wins; as many cells as combinations."""
    assert WHOLE.faults() == ([], [], [])
    assert WHOLE.size == len(list(WHOLE.cells())) == 6


@given(tables(), st.randoms())
def test_the_order_of_rows_never_matters(table: Table[int], random: Random) -> None:
    """Every cell is decided alike however the rows are shuffled."""
    rows = list(table.rows)
    random.shuffle(rows)
    shuffled = Table(table.columns, tuple(rows))
    for values in itertools.product(*(column.values for column in COLUMNS)):
        cell = dict(zip((column.name for column in COLUMNS), values, strict=True))
        assert outcome(table, cell) == outcome(shuffled, cell)


@given(tables())
def test_faults_are_what_deciding_refuses(table: Table[int]) -> None:
    """The cells found when a table is made are those in which a citizen would fall."""
    gaps, overlaps, dead = table.faults()
    faulty = [fault.cell for fault in (*gaps, *overlaps)]
    winners = set()
    for cell in table.cells():
        found = outcome(table, cell)
        assert (found == ("table.no_single_winner",)) == (cell in faulty)
        winners.add(found[0])
    overlapping = {row for fault in overlaps for row in fault.rows}
    assert set(dead) == {row.id for row in table.rows} - winners - overlapping


def test_a_gap_is_named_by_its_cell() -> None:
    """The cell that no row decides."""
    gaps, overlaps, dead = Table(COLUMNS, (SIMPLE, WIDE)).faults()
    assert [gap.cell for gap in gaps] == [{"category": "投诉", "grade": "一般"}]
    assert (overlaps, dead) == ([], [])


def test_an_overlap_is_named_by_its_rows() -> None:
    """Two rows that both win one cell, and the refusal shows the facts."""
    broad = Row("broad", 7, (when(category="咨询"),))
    table = Table(COLUMNS, (*WHOLE.rows, broad))
    _, overlaps, dead = table.faults()
    assert {fault.rows for fault in overlaps} == {("simple", "broad"), ("wide", "broad")}
    assert dead == []
    with pytest.raises(RefusedError, match="category=咨询") as refused:
        table.decide({"category": "咨询", "grade": "一般"})
    assert refused.value.rule == "table.no_single_winner"


def test_a_row_that_is_always_beaten_is_dead() -> None:
    """Overriding settles an overlap; who never wins is told."""
    narrow = Row("narrow", 3, (when(category="投诉", grade="一般"),), ("investigate",))
    gaps, overlaps, dead = Table(COLUMNS, (*WHOLE.rows, narrow)).faults()
    assert (gaps, overlaps, dead) == ([], [], ["investigate"])


def test_also_is_a_second_way_to_match() -> None:
    """A row matches if any of its conditions does; one without any matches everything."""
    row = Row("r", 1, (when(category="投诉"), when(grade="复杂")))
    assert row.matches({"category": "咨询", "grade": "复杂"})
    assert row.matches({"category": "投诉", "grade": "一般"})
    assert not row.matches({"category": "咨询", "grade": "一般"})
    assert Row("all", 1).matches({})


def test_every_row_says_how_it_fared() -> None:
    """Won, overridden by whom, or unmatched and for which cell."""
    narrow = Row("narrow", 3, (when(category="投诉"),), ("investigate", "wide"))
    table = Table(COLUMNS, (*WHOLE.rows, narrow))
    choice = table.decide({"category": "投诉", "grade": "一般"})
    assert (choice.row, choice.value) == ("narrow", 3)
    fared = {x.row: (x.verdict, x.why) for x in choice.candidates}
    assert fared["narrow"] == (Verdict.WON, "")
    assert fared["investigate"] == (Verdict.OVERRIDDEN, "被「narrow」取代")
    assert fared["simple"] == (Verdict.UNMATCHED, "类别为「投诉」,须为「咨询、建议」")
    assert fared["wide"] == (Verdict.UNMATCHED, "分级为「一般」,须为「复杂」")


def test_facts_are_completed_with_defaults_and_the_policys_own_words() -> None:
    """An alias stands for its value; a column without a value or default is absent."""
    assert complete(COLUMNS, {"category": "谏言"}) == {"category": "建议", "grade": "一般"}
    assert complete(COLUMNS, {}) == {"grade": "一般"}


@pytest.mark.parametrize(
    ("facts", "rule", "named"),
    [
        ({"colour": "红"}, "facts.unknown_column", "category、grade"),
        ({"grade": "特急"}, "facts.unknown_value", "「分级」没有「特急」这一项;可用:一般、复杂"),
    ],
)
def test_unknown_facts_are_refused(facts: Facts, rule: str, named: str) -> None:
    """With what there is instead."""
    with pytest.raises(RefusedError, match=named) as refused:
        complete(COLUMNS, facts)
    assert refused.value.rule == rule


def policy_of(*columns: Column) -> Policy:
    """The sample policy with a clock over the whole table."""
    rows = [sample_row(r.id, WorkingDays(r.value), *r.conditions) for r in WHOLE.rows]
    clock = sample_clock("handle", Milestone.ASSIGNED, Milestone.REPORTED, *rows, unit=True)
    return sample_rules_with(clocks=(clock,), columns=columns).policy


def test_a_limit_is_decided_without_a_fact_that_makes_no_difference() -> None:
    """A complicated matter has twenty days whatever its category."""
    policy = policy_of(*COLUMNS)
    assert policy.limit("handle", {"grade": "复杂"}).row == "wide"


def test_a_limit_is_refused_where_an_unknown_fact_makes_a_difference() -> None:
    """Nothing is guessed: the refusal names what must be said first, and its values."""
    policy = policy_of(*COLUMNS)
    with pytest.raises(RefusedError, match="建议、咨询、投诉") as refused:
        policy.limit("handle", {"grade": "一般"})
    assert refused.value.rule == "facts.missing"
    assert "分级" not in refused.value.reason


def test_an_unknown_clock_is_refused_with_those_that_there_are() -> None:
    """By their ids."""
    with pytest.raises(RefusedError, match="handle") as refused:
        sample_policy().limit("nap", {})
    assert refused.value.rule == "policy.unknown_clock"
