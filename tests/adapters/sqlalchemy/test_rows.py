"""What is in the tables, and what is done where it cannot be read."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from wenzheng_core.testing.builders import (
    START,
    sample_change,
    sample_history,
    sample_opening,
    sample_outgoing,
)
from wenzheng_sqlalchemy import (
    SqlStorage,
    StoreError,
)
from wenzheng_sqlalchemy.tables import from_ticks, to_ticks


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A database that does not exist yet."""
    return f"sqlite:///{tmp_path / 'wz.db'}"


class TestRows:
    """What is in the tables."""

    def test_ticks_keep_every_microsecond(self) -> None:
        """Instants become whole microseconds and come back exactly, before the epoch too."""
        for instant in (START, START - timedelta(days=30_000), START + timedelta(microseconds=1)):
            assert from_ticks(to_ticks(instant)) == instant

    def test_a_snapshot_of_another_form_is_made_again(self, tmp_path: Path, url: str) -> None:
        """The records are the truth: a snapshot that cannot be read is folded from them."""
        store = SqlStorage(url, "t")
        decision = sample_history("c1")
        with store.transaction() as transaction:
            transaction.write([sample_change(decision)])
        for snapshot in ('{"v":0}', '{"v":1,"x":2}', "{}"):
            with closing(sqlite3.connect(tmp_path / "wz.db")) as connection, connection:
                connection.execute("UPDATE wz_case SET snapshot = ?", (snapshot,))
            connection.close()
            assert store.case("c1") == decision.case
            assert list(store.scan()) == [decision.case]
        store.close()

    def test_a_record_of_a_newer_form_is_never_read_as_an_older_one(
        self, tmp_path: Path, url: str
    ) -> None:
        """A history with an unknown event is refused, not read without it."""
        store = SqlStorage(url, "t")
        with store.transaction() as transaction:
            transaction.write([sample_change(sample_opening("c1"))])
        with closing(sqlite3.connect(tmp_path / "wz.db")) as connection, connection:
            connection.execute("UPDATE wz_event SET body = ?", (b'{"type":"Accepted","v":99}',))
        connection.close()
        with pytest.raises(StoreError, match="c1 的第 1 条"):
            store.records("c1")
        store.close()

    def test_what_is_queried_is_kept_beside_the_snapshot(self, tmp_path: Path, url: str) -> None:
        """The row of a case can be read with plain SQL."""
        store = SqlStorage(url, "t")
        decision = sample_history("c1", steps=4)
        with store.transaction() as transaction:
            change = sample_change(decision, outgoing=[sample_outgoing("c1/1")])
            transaction.write([change])
            transaction.sent("c1/1", START, "receipt-1")
        connection = sqlite3.connect(tmp_path / "wz.db")
        columns = "version, state, lead_unit, source, external_id, policy, policy_version"
        row = connection.execute(f"SELECT {columns}, next_wake FROM wz_case").fetchone()
        sent = connection.execute("SELECT state, sent_at, receipt FROM wz_outbox").fetchone()
        connection.close()
        wake = decision.case.next_wake
        assert wake is not None
        expected = (decision.case.version, "handling", "housing", "sample", "c1")
        assert row == (*expected, "sample", "2025-1", to_ticks(wake))
        assert sent == ("sent", to_ticks(START), "receipt-1")
        store.close()
