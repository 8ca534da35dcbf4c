"""What is in the tables, and what is done where it cannot be read."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from wenzheng_core import wire
from wenzheng_core.domain.events import CaseOpened
from wenzheng_core.domain.evolving import fold
from wenzheng_core.domain.messages import PARTS
from wenzheng_core.testing.builders import (
    START,
    sample_change,
    sample_erasure,
    sample_history,
    sample_message,
    sample_opening,
    sample_outgoing,
)
from wenzheng_sqlalchemy import (
    SqlStorage,
    StoreError,
    rows,
)
from wenzheng_sqlalchemy.keys import OpenKeys
from wenzheng_sqlalchemy.sealing import Sealer, SealError
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
        sent = connection.execute("SELECT state, ended_at, receipt FROM wz_outbox").fetchone()
        connection.close()
        wake = decision.case.next_wake
        assert wake is not None
        expected = (decision.case.version, "handling", "housing", "sample", "c1")
        assert row == (*expected, "sample", "2025-1", to_ticks(wake))
        assert sent == ("sent", to_ticks(START), "receipt-1")
        store.close()

    def test_what_was_written_unsealed_is_not_shown_once_it_is_erased(
        self, tmp_path: Path, url: str
    ) -> None:
        """Of a record from before messages were sealed, too: neither history nor feed shows it."""
        store = SqlStorage(url, "t")
        opening = sample_opening("c1")
        with store.transaction() as transaction:
            transaction.write([sample_change(opening)])
        body = wire.to_json(wire.event_to_dict(opening.records[0].event)).encode()
        with closing(sqlite3.connect(tmp_path / "wz.db")) as connection, connection:
            connection.execute("UPDATE wz_event SET body = ? WHERE version = 1", (body,))
            connection.execute("DELETE FROM wz_case_key")
        assert [fed.record for fed in store.feed()] == list(opening.records)
        erasure = sample_erasure(opening.case, words=True)
        with store.transaction() as transaction:
            transaction.write([sample_change(erasure)])
        shown = [fed.record for fed in store.feed()]
        assert shown == list(store.records("c1"))
        opened = shown[0].event
        assert isinstance(opened, CaseOpened)
        assert opened.message == sample_message("c1").without(PARTS)
        assert fold(shown) == store.case("c1") == erasure.case
        store.close()


class TestSnapshots:
    """What is kept of a snapshot that was read."""

    def test_no_more_cases_are_kept_than_fit(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The one that was used longest ago goes first, and is read from its text again."""
        monkeypatch.setattr(rows, "CASES_KEPT", 2)
        snapshots = rows.Snapshots(Sealer("t", OpenKeys()))
        cases = [sample_opening(name).case for name in ("c1", "c2", "c3")]
        texts = {
            case.id: snapshots.written(case, snapshots._sealer.new_keys(case.id)) for case in cases
        }
        assert list(snapshots._kept) == ["c2", "c3"]
        kept = snapshots._kept["c3"]
        assert snapshots.read("c3", texts["c3"], kept.wrapped) is cases[2]

    def test_another_text_or_another_key_is_read_anew(self) -> None:
        """What is kept stands for the very text and keys that it was read by."""
        sealer = Sealer("t", OpenKeys())
        snapshots = rows.Snapshots(sealer)
        case, keys = sample_opening("c1").case, sealer.new_keys("c1")
        text = snapshots.written(case, keys)
        assert snapshots.read("c1", text, keys) is case
        other = snapshots.read("c1", text + " ", keys)
        assert other == case
        assert other is not case
        with pytest.raises(SealError):
            snapshots.read("c1", text, {})
        snapshots.forget("c1")
        assert snapshots.read("c1", text, keys) is not case
