"""What is erased is nowhere any more: twenty citizens, planted, handled, erased, and looked for."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from pathlib import Path

import attrs
import pytest
from sqlalchemy import delete
from tests.adapters.sqlalchemy.citizens import (
    CITIZENS,
    MARKS,
    TENANT,
    all_of,
    chained,
    erase,
    evidence,
    files,
    found_in,
    held,
    key_file,
    live,
    office_of,
    shown,
    stored_keys,
    tell,
    write_and_stop,
)

from wenzheng_core import (
    Contact,
    Erase,
)
from wenzheng_core.domain.commands import Request
from wenzheng_core.domain.deciding import decide
from wenzheng_core.domain.evolving import fold
from wenzheng_core.domain.messages import PARTS
from wenzheng_core.memory import MemoryChannel
from wenzheng_core.ports import Change, KeyProvider, Outgoing
from wenzheng_core.testing.builders import (
    CLERK,
    HOUR,
    START,
    STEPS,
    Walk,
    sample_rules,
)
from wenzheng_sqlalchemy import OpenKeys, SealError, SqlStorage, make_engine
from wenzheng_sqlalchemy.tables import CASE_KEY


@pytest.fixture(params=["open", "file"])
def keys(request: pytest.FixtureRequest, tmp_path: Path) -> KeyProvider:
    """Each provider of keys."""
    return OpenKeys() if request.param == "open" else key_file(tmp_path)


@pytest.mark.slow
class TestTwentyCitizens:
    """Twenty citizens with names, numbers and streets, in all that a life of a case leaves."""

    def test_nothing_of_them_lies_in_the_database_in_clear(
        self, empty_url: str, keys: KeyProvider
    ) -> None:
        """Without any erasure, whoever looks into the tables or the files finds none of them."""
        store = SqlStorage(empty_url, TENANT, keys=keys)
        ids = live(office_of(store, MemoryChannel()))
        assert found_in(*held(empty_url)) == set()
        store.close()
        assert found_in(*held(empty_url)) == set()
        assert len(ids) == len(CITIZENS) == 20

    def test_all_of_them_are_found_where_nothing_was_erased(
        self, empty_url: str, keys: KeyProvider
    ) -> None:
        """The looking finds what is there: with the keys, every mark of all twenty."""
        store = SqlStorage(empty_url, TENANT, keys=keys)
        office = office_of(store, MemoryChannel())
        ids = live(office)
        store.close()
        again = office_of(SqlStorage(empty_url, TENANT, keys=keys), MemoryChannel())
        assert found_in(shown(again, ids)) == set(MARKS)
        for citizen, case_id in zip(CITIZENS, ids, strict=True):
            assert again.storage.cases_of(f"+86 {citizen.phone}") == (case_id,)
        again.storage.close()

    def test_nothing_of_them_is_left_after_the_erasure(
        self, empty_url: str, keys: KeyProvider
    ) -> None:
        """Not in tables, files, values or exports; and every case is still the fold of its records."""
        store = SqlStorage(empty_url, TENANT, keys=keys)
        office = office_of(store, MemoryChannel())
        ids = live(office)
        tell(store, ids)
        assert found_in(*held(empty_url)) == {citizen.name for citizen in CITIZENS}
        erase(office, ids)
        assert found_in(shown(office, ids), *held(empty_url)) == set()
        assert not any(store.cases_of(citizen.phone) for citizen in CITIZENS)
        for case_id in ids:
            case = store.case(case_id)
            assert case == fold(store.records(case_id))
            assert case is not None
            assert len(case.revisions) == 1
        store.close()
        again = office_of(SqlStorage(empty_url, TENANT, keys=keys), MemoryChannel())
        assert found_in(shown(again, ids), *held(empty_url)) == set()
        again.storage.close()

    def test_no_key_of_them_is_left_after_the_erasure(
        self, empty_url: str, keys: KeyProvider
    ) -> None:
        """The keys are gone from tables and files, so what is sealed in any copy stays closed."""
        store = SqlStorage(empty_url, TENANT, keys=keys)
        office = office_of(store, MemoryChannel())
        ids = live(office)
        wrapped = stored_keys(empty_url)
        assert len(wrapped) == 2 * len(ids)
        assert any(key in place for place in held(empty_url) for key in wrapped)
        erase(office, ids)
        assert not any(key in place for place in held(empty_url) for key in wrapped)
        store.close()
        assert not any(key in place for place in held(empty_url) for key in wrapped)

    def test_the_chain_is_as_it_was(self, empty_url: str, keys: KeyProvider) -> None:
        """Not one stored byte of a record changes: the chain verifies before and after."""
        store = SqlStorage(empty_url, TENANT, keys=keys)
        office = office_of(store, MemoryChannel())
        ids = live(office)
        before = evidence(store)
        assert chained(store)
        erase(office, ids)
        assert chained(store)
        assert evidence(store)[: len(before)] == before
        assert len(evidence(store)) == len(before) + len(ids)
        store.close()

    def test_a_platform_that_still_shows_the_text_brings_nothing_back(
        self, empty_url: str, keys: KeyProvider
    ) -> None:
        """The old message and the later one are received again, and nothing is kept of them."""
        store = SqlStorage(empty_url, TENANT, keys=keys)
        office = office_of(store, MemoryChannel())
        ids = live(office)
        erase(office, ids)
        for citizen in CITIZENS:
            assert office.receive(citizen.later).repeated
            assert office.receive(citizen.message).repeated
        assert found_in(shown(office, ids), *held(empty_url)) == set()
        store.close()

    def test_nothing_of_them_is_in_any_log(
        self, empty_url: str, keys: KeyProvider, caplog: pytest.LogCaptureFixture
    ) -> None:
        """At the loudest level, with every statement and row of SQLAlchemy, no mark shows."""
        with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, "sqlalchemy"):
            store = SqlStorage(empty_url, TENANT, keys=keys)
            office = office_of(store, MemoryChannel())
            ids = live(office)
            erase(office, ids)
            store.close()
        assert "INSERT INTO wz_event" in caplog.text
        said = [record.getMessage() + repr(record.args) for record in caplog.records]
        assert found_in("\n".join(said).encode()) == set()

    def test_nothing_of_them_is_in_any_repr(self, empty_url: str, keys: KeyProvider) -> None:
        """Before any erasure: cases, records, what goes out, the store and the keys show none."""
        store = SqlStorage(empty_url, TENANT, keys=keys)
        ids = live(office_of(store, MemoryChannel()))
        tell(store, ids)
        told = [letter.item for letter in store.dead_letters()]
        seen = [store, keys, told, store.feed(), store.evidence(), list(store.scan())]
        seen += [store.case(case_id) for case_id in ids]
        assert len(told) == len(ids)
        assert found_in("\n".join(map(repr, seen)).encode()) == set()
        store.close()


class TestErasing:
    """What an erasure takes and what it leaves."""

    @pytest.fixture
    def keys(self, tmp_path: Path) -> KeyProvider:
        """Keys in a file; who holds them makes no difference here."""
        return key_file(tmp_path)

    def test_the_contact_alone(self, empty_url: str, keys: KeyProvider) -> None:
        """Without ``words`` the words stay readable, and later ones are still taken in."""
        store = SqlStorage(empty_url, TENANT, keys=keys)
        office = office_of(store, MemoryChannel())
        ids = live(office, CITIZENS[:3])
        citizen, case_id = CITIZENS[0], ids[0]
        office.execute(case_id, Erase(reason="本人要求"), actor=CLERK, key="erase")
        other = attrs.evolve(citizen.message, body="又坏了。")
        after = office.receive(other, at=START + 300 * HOUR).case
        assert after == store.case(case_id) == fold(store.records(case_id))
        assert after.message.body == citizen.message.body
        assert [r.message.body for r in after.revisions] == [citizen.later.body, "又坏了。"]
        messages = [after.message, *(revision.message for revision in after.revisions)]
        assert {(m.author, m.contact) for m in messages} == {("", Contact())}
        assert store.cases_of(citizen.phone) == ()
        assert chained(store)
        store.close()

    def test_one_after_the_other(self, empty_url: str, keys: KeyProvider) -> None:
        """The contact first and the words later come to the same as both at once."""
        store = SqlStorage(empty_url, TENANT, keys=keys)
        office = office_of(store, MemoryChannel())
        ids = live(office, CITIZENS[:3])
        for case_id in ids:
            office.execute(case_id, Erase(reason="本人要求"), actor=CLERK, key=f"{case_id}/e1")
        erase(office, ids)
        assert found_in(shown(office, ids), *held(empty_url)) == set()
        assert stored_keys(empty_url) == []
        assert chained(store)
        store.close()

    def test_the_others_keep_theirs(self, empty_url: str, keys: KeyProvider) -> None:
        """Erasing one takes nothing from anybody else."""
        store = SqlStorage(empty_url, TENANT, keys=keys)
        office = office_of(store, MemoryChannel())
        ids = live(office, CITIZENS[:3])
        erase(office, ids[:1])
        assert found_in(shown(office, ids)) == all_of(CITIZENS[1:3])
        assert store.cases_of(CITIZENS[1].phone) == (ids[1],)
        store.close()

    def test_what_was_read_before_is_not_read_from_memory(
        self, empty_url: str, keys: KeyProvider
    ) -> None:
        """Another process that read the case and knows its keys finds it empty with its next read."""
        store = SqlStorage(empty_url, TENANT, keys=keys)
        office = office_of(store, MemoryChannel())
        ids = live(office, CITIZENS[:3])
        other = office_of(SqlStorage(empty_url, TENANT, keys=keys), MemoryChannel())
        assert found_in(shown(other, ids)) == all_of(CITIZENS[:3])
        erase(office, ids)
        assert found_in(shown(other, ids)) == set()
        store.close()
        other.storage.close()

    def test_an_erasure_that_is_rolled_back_takes_nothing(
        self, empty_url: str, keys: KeyProvider
    ) -> None:
        """As long as it is not committed everything is there, also for who tried."""
        store = SqlStorage(empty_url, TENANT, keys=keys)
        office = office_of(store, MemoryChannel())
        ids = live(office, CITIZENS[:3])
        command = Request(Erase(reason="本人要求", words=True), CLERK, START + 300 * HOUR)
        case = office.case(ids[0])
        decision = decide(case, command, sample_rules())
        with pytest.raises(KeyError):
            write_and_stop(store, Change(decision.case, decision.records))
        assert store.case(case.id) == case
        assert store.cases_of(CITIZENS[0].phone) == (case.id,)
        assert found_in(shown(office, ids)) == all_of(CITIZENS[:3])
        store.close()

    def test_a_history_that_ends_with_its_erasure_is_written_at_once(
        self, empty_url: str, keys: KeyProvider
    ) -> None:
        """A whole erased history in one change leaves no key and nothing of the citizen."""
        walk = Walk(message=attrs.evolve(CITIZENS[0].message, posted_at=START)).steps(len(STEPS))
        walk.do(Erase(reason="本人要求", words=True), CLERK)
        store = SqlStorage(empty_url, TENANT, keys=keys)
        with store.transaction() as transaction:
            transaction.write([Change(walk.case, tuple(walk.records))])
        assert store.case("c1") == walk.case == fold(store.records("c1"))
        assert stored_keys(empty_url) == []
        assert store.cases_of(CITIZENS[0].phone) == ()
        assert found_in(*held(empty_url)) == set()
        assert chained(store)
        store.close()

    @pytest.mark.parametrize("part", PARTS)
    def test_a_key_that_somebody_took_is_no_erasure(
        self, empty_url: str, keys: KeyProvider, part: str
    ) -> None:
        """Without a record that says so a missing key is an error, of the case and of its history."""
        store = SqlStorage(empty_url, TENANT, keys=keys)
        ids = live(office_of(store, MemoryChannel()), CITIZENS[:2])
        engine = make_engine(empty_url)
        with engine.connect() as connection:
            of_case = delete(CASE_KEY).where(CASE_KEY.c.case_id == ids[0])
            connection.execute(of_case.where(CASE_KEY.c.part_name == part))
            connection.commit()
        engine.dispose()
        for read in (store.case, store.records):
            with pytest.raises(SealError, match=f"{ids[0]}.*密钥缺失"):
                read(ids[0])
        assert store.case(ids[1]) == fold(store.records(ids[1]))
        store.close()

    def test_what_has_yet_to_go_out_stays_until_then(
        self, empty_url: str, keys: KeyProvider
    ) -> None:
        """A reply that waits is still delivered; only what went out or died is emptied."""
        store = SqlStorage(empty_url, TENANT, keys=keys)
        office = office_of(store, MemoryChannel())
        ids = live(office, CITIZENS[:3])
        waiting = Outgoing(
            key="w", case_id=ids[0], channel="reply", to="sample", text="您好", ready_at=START
        )
        with store.transaction() as transaction:
            transaction.enter([], [waiting])
        erase(office, ids[:1])
        with store.transaction() as transaction:
            assert [item.text for item in transaction.outbox(START, 9)] == ["您好"]
        store.close()


def test_a_reader_of_an_older_state_delays_the_files_and_not_the_erasure(tmp_path: Path) -> None:
    """On SQLite the erasure counts at once; what the reader holds up goes when the store closes."""
    url = f"sqlite:///{tmp_path / 'wz.db'}"
    store = SqlStorage(url, TENANT)
    office = office_of(store, MemoryChannel())
    ids = live(office, CITIZENS[:3])
    wrapped = stored_keys(url)
    with closing(sqlite3.connect(tmp_path / "wz.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM wz_case_key").fetchone() == (2 * len(ids),)
        office.execute(ids[0], Erase(reason="本人要求", words=True), actor=CLERK, key="e")
        assert found_in(shown(office, ids[:1])).isdisjoint(CITIZENS[0].marks)
        assert len(stored_keys(url)) == 2 * len(ids) - 2
        gone = set(wrapped) - set(stored_keys(url))
        assert any(key in place for place in files(url) for key in gone)
    store.close()
    assert not any(key in place for place in files(url) for key in gone)
