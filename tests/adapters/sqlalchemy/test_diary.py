"""A prefix as a stretch of the table's own order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite

from wenzheng_core.ports import Entry
from wenzheng_core.testing.builders import START
from wenzheng_sqlalchemy import SqlStorage
from wenzheng_sqlalchemy.diary import end_of_prefix, last, page

texts = st.text(max_size=4)


@given(texts, texts)
def test_the_end_of_a_prefix_divides_all_texts(prefix: str, other: str) -> None:
    """Whatever begins with the prefix lies from it up to its end, and nothing else does."""
    end = end_of_prefix(prefix)
    for text in (other, prefix + other):
        inside = text >= prefix and (end is None or text < end)
        assert inside == text.startswith(prefix)


@pytest.mark.parametrize(
    ("prefix", "end"),
    [
        ("run/a/", "run/a0"),
        ("", None),
        (chr(0x10FFFF), None),
        (f"a{chr(0x10FFFF)}", "b"),
        ("\ud7ff", "\ue000"),
    ],
)
def test_ends_of_prefixes(prefix: str, end: str | None) -> None:
    """The last character gives way to the next one that is a character at all."""
    assert end_of_prefix(prefix) == end


@pytest.mark.parametrize("query", [page("t", "run/a%/", "run/a%/5", 10), last("t", "run/a%/")])
def test_a_prefix_is_found_by_the_key(query) -> None:  # type: ignore[no-untyped-def]
    """No pattern is compared, and neither the table nor a sorter is gone through."""
    store = SqlStorage("sqlite://", "t")
    literal = query.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True})
    with store.transaction() as transaction:
        transaction.enter([Entry("run/a%/6", START)])
        connection = transaction._run.connection
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {literal}".replace("%%", "%")).all()
    (step,) = [row[-1] for row in plan]
    assert step.startswith("SEARCH wz_diary USING")
    assert "tenant=?" in step
    assert "entry_key>" in step
    store.close()
