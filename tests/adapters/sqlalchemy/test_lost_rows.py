"""What a store says whose rows were taken away or set back behind its back."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from sqlalchemy import Engine, delete, update

from wenzheng_core.exporting import export
from wenzheng_core.testing.builders import sample_change, sample_erasure, sample_opening
from wenzheng_core.testing.storage_calls import enter, put
from wenzheng_sqlalchemy import SealError, SqlStorage, StoreError
from wenzheng_sqlalchemy.tables import CASE_KEY, TENANT


@pytest.fixture(name="store")
def _store(empty: Engine) -> SqlStorage:
    """A store with a case and a line of the diary."""
    made = SqlStorage(empty, "t")
    put(made, sample_change(sample_opening("c1")))
    enter(made, "line/1")
    return made


def change(engine: Engine, *statements: Any) -> None:
    """Change rows past the store."""
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(statement)


def set_back(engine: Engine) -> None:
    """Let the tenant's row say that nothing was written yet."""
    nothing = {"last_position": 0, "chain_link": b"", "last_line": 0, "line_link": b""}
    change(engine, update(TENANT).values(**nothing))


@pytest.mark.parametrize("create", [True, False])
def test_a_tenant_whose_row_is_lost_is_not_begun_anew(
    empty: Engine, store: SqlStorage, create: bool
) -> None:
    """Records and lines would have numbers that others have: restore, instead of writing on."""
    change(empty, delete(TENANT))
    with pytest.raises(StoreError, match=r"租户「t」的登记缺失.*备份"):
        SqlStorage(empty, "t", create=create)
    assert SqlStorage(empty, "other").head().position == 0
    assert store.case("c1") is not None


def test_a_tenant_with_nothing_but_lines_is_one_that_wrote(empty: Engine) -> None:
    """A diary alone is a history, too."""
    enter(SqlStorage(empty, "t"), "line/1")
    change(empty, delete(TENANT))
    with pytest.raises(StoreError, match="登记缺失"):
        SqlStorage(empty, "t")


def test_a_line_behind_the_last_one_is_no_line_that_is_there(
    empty: Engine, store: SqlStorage
) -> None:
    """The key is new: who is told that it is entered already would believe that it was done."""
    set_back(empty)
    with pytest.raises(StoreError, match="多于租户登记的数目"):
        enter(store, "line/2")
    assert store.entries("line/2") == ()


def test_a_record_behind_the_last_one_says_what_is_wrong(empty: Engine, store: SqlStorage) -> None:
    """Nothing of the block is kept."""
    set_back(empty)
    with pytest.raises(StoreError, match="多于租户登记的数目"):
        put(store, sample_change(sample_opening("c2")))
    assert store.case("c2") is None


def exported(store: SqlStorage) -> object:
    """The whole history as a file."""
    return export(store, StringIO(), personal=True)


@pytest.mark.parametrize("read", [SqlStorage.feed, exported], ids=["feed", "export"])
@pytest.mark.parametrize("erased", [False, True])
def test_what_lost_its_key_is_neither_fed_nor_exported_as_erased(
    empty: Engine, store: SqlStorage, read: Callable[[SqlStorage], object], erased: bool
) -> None:
    """An empty text would pass for an erasure: it is an error, as of the case itself."""
    put(store, sample_change(sample_opening("c2")))
    if erased:
        case = store.case("c1")
        assert case is not None
        put(store, sample_change(sample_erasure(case)))
        assert read(store)
    change(empty, delete(CASE_KEY).where(CASE_KEY.c.case_id == "c1"))
    with pytest.raises(SealError, match=r"c1.*密钥缺失"):
        read(store)
