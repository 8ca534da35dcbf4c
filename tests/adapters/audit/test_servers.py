"""Audits on the servers."""

from __future__ import annotations

from contextlib import closing

import pytest
from tests.adapters.sqlalchemy.servers import KINDS, database

from wenzheng_core.auditing import verify
from wenzheng_core.rebuilding import rebuild, verify_cases
from wenzheng_core.testing.builders import sample_change, sample_history
from wenzheng_sqlalchemy import SqlStorage


@pytest.mark.parametrize("kind", KINDS)
def test_a_falsified_database(kind: str) -> None:
    """On each server a changed record and a changed case are found, and the case is put right."""
    with database(kind) as engine, closing(SqlStorage(engine, "t")) as storage:
        with storage.transaction() as transaction:
            changes = [sample_change(sample_history(name, steps=3)) for name in ("c1", "c2")]
            transaction.write(changes)
        assert verify(storage).sound
        assert verify_cases(storage).sound
        with engine.begin() as connection:
            connection.exec_driver_sql("UPDATE wz_event SET actor = 'x' WHERE position = 3")
            connection.exec_driver_sql("UPDATE wz_case SET shard = 99 WHERE case_id = 'c2'")
        assert [flaw.position for flaw in verify(storage).flaws] == [3]
        assert [flaw.case_id for flaw in verify_cases(storage).flaws] == ["c2"]
        assert rebuild(storage, write=True).restored == 1
        assert verify_cases(storage).sound
