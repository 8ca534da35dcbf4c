"""A store of the first program after the upgrade: nothing of it is lost, and it works on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from wenzheng_core import FixedClock, Office
from wenzheng_core.chains import case_link, line_link, link
from wenzheng_core.cities import make_city
from wenzheng_core.domain.commands import Erase
from wenzheng_core.domain.evolving import fold
from wenzheng_core.memory import MemoryChannel
from wenzheng_core.rebuilding import rebuild
from wenzheng_core.storing import SHARDS, Head
from wenzheng_core.testing.builders import (
    CLERK,
    START,
    sample_calendar,
    sample_change,
    sample_policy,
    sample_rules,
    sample_step,
)
from wenzheng_sqlalchemy import SqlStorage
from wenzheng_sqlalchemy.migrations import r0002_filling
from wenzheng_sqlalchemy.upgrading import upgrade

LATER = START + timedelta(days=20)
ALL = 10_000


@pytest.fixture(name="upgraded")
def _upgraded(old: Engine, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """The old database, upgraded in small batches."""
    monkeypatch.setattr(r0002_filling, "_BATCH", 7)
    upgrade(old)
    return old


@pytest.fixture(name="store")
def _store(upgraded: Engine) -> Iterator[SqlStorage]:
    """The greater of the two tenants in it."""
    store = SqlStorage(upgraded, "sample", create=False)
    yield store
    store.close()


def require_sound(store: SqlStorage) -> None:
    """Raise AssertionError unless every case is what its records say and the chains hold."""
    ids = store.case_ids()
    assert ids
    for case_id in ids:
        assert store.case(case_id) == fold(store.records(case_id)), case_id
    cases: dict[str, bytes] = {}
    last = b""
    for number, item in enumerate(store.evidence(limit=ALL), start=1):
        cases[item.case_id] = case_link(cases.get(item.case_id, b""), store.tenant, item)
        last = link(last, item)
        assert (item.position, item.case_link, item.link) == (number, cases[item.case_id], last)
    line = b""
    for number, entered in enumerate(store.line_evidence(limit=ALL), start=1):
        line = line_link(line, store.tenant, entered)
        assert (entered.number, entered.link) == (number, line)
    counted = len(store.evidence(limit=ALL)), len(store.line_evidence(limit=ALL))
    assert store.head() == Head(position=counted[0], link=last, lines=counted[1], line_link=line)


@pytest.mark.parametrize(("tenant", "cases"), [("sample", 11), ("other", 3)])
def test_every_case_and_both_chains_hold(upgraded: Engine, tenant: str, cases: int) -> None:
    """Each case equals the fold of its records, and each link follows from the one before it."""
    store = SqlStorage(upgraded, tenant, create=False)
    assert len(store.case_ids()) == cases
    require_sound(store)
    assert sorted(case.id for case in store.scan()) == sorted(store.case_ids())
    store.close()


def test_the_feed_has_every_record(store: SqlStorage) -> None:
    """Positions run from 1 without a gap, and each case's records are all there in order."""
    fed = store.feed(limit=ALL)
    assert [item.position for item in fed] == list(range(1, 99))
    for case_id in store.case_ids():
        assert store.records(case_id) == tuple(
            item.record for item in fed if item.record.case_id == case_id
        )


def test_what_was_to_be_done_is_still_to_be_done(store: SqlStorage) -> None:
    """Due cases are found in their shards, awaited years and waiting items as they were."""
    due = [item for n in range(SHARDS) for item in store.due(LATER, n, None, ALL)]
    assert len(due) == 1
    assert store.count_awaiting(2026) == 1
    with store.transaction() as transaction:
        waiting = transaction.outbox(LATER, ALL)
    assert len(waiting) == 68
    assert {item.attempts for item in waiting} == {1, 2}
    assert store.dead_letters() == ()
    lines = store.line_evidence(limit=ALL)
    assert [item.at for item in lines] == sorted(item.at for item in lines)
    assert {item.key for item in lines} == {entry.key for entry in store.entries("", limit=ALL)}


def test_sweeping_and_delivering_go_on(store: SqlStorage) -> None:
    """A card falls due on an old case and is told; what is written then is chained to the rest."""
    channels = {name: MemoryChannel(name) for name in ("sms", "publish")}
    office = Office(
        city=make_city([sample_policy()], sample_rules().units),
        storage=store,
        calendar=sample_calendar(),
        clock=FixedClock(LATER),
        channels=channels,
    )
    before = store.head()
    swept = office.sweep()
    assert swept.failed == ()
    assert dict(swept.fired)
    assert store.head().position > before.position
    assert office.deliver().sent > 0
    assert channels["sms"].sent
    require_sound(store)
    assert store.evidence(before.position - 1, 1)[0].link == before.link


def test_an_old_case_is_found_by_telephone_once_it_was_rebuilt(store: SqlStorage) -> None:
    """The revision has no keys to digest numbers with; the store that rebuilds its cases has."""
    assert store.cases_of("138 0000 0003") == ()
    assert rebuild(store, write=True).sound
    (found,) = store.cases_of("138 0000 0003")
    case = store.case(found)
    assert case is not None
    assert case.message.external_id == "3"
    require_sound(store)


def test_what_was_written_unsealed_is_no_longer_shown_once_erased(store: SqlStorage) -> None:
    """An old case is erased like any other for whoever reads it; its stored bytes stay chained."""
    case = next(case for case in store.scan() if case.message.external_id == "5")
    assert case.message.contact.phone == "13800000005"
    erased = sample_step(case, Erase(reason="期满"), CLERK, LATER + timedelta(days=4000))
    with store.transaction() as transaction:
        transaction.write([sample_change(erased)])
    shown = repr([store.case(case.id), *store.records(case.id), *store.feed(limit=ALL)])
    assert "13800000005" not in shown
    require_sound(store)
