"""Audits and exports of a store whose personal data is sealed, and of one where it was erased."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from wenzheng_core import Actor, Decline, Erase, FixedClock, Office, Role, load_plugins
from wenzheng_core.auditing import verify
from wenzheng_core.exporting import export
from wenzheng_core.rebuilding import rebuild, verify_cases
from wenzheng_core.restoring import restore_export
from wenzheng_core.testing.builders import START, sample_message
from wenzheng_sqlalchemy import KeyFile, SqlStorage

CLERK = Actor("li.ming", Role.OFFICE)
TENANT = "changsha"


@pytest.fixture(name="keys")
def _keys(tmp_path: Path) -> KeyFile:
    keys = KeyFile.create(tmp_path / "keys")
    keys.add(TENANT)
    return keys


@pytest.fixture(name="office")
def _office(tmp_path: Path, keys: KeyFile) -> Iterator[Office]:
    """An office with a case that was erased and one that was not, in a sealed store."""
    found = load_plugins()
    city = found.city(TENANT)
    calendar = found.calendar(city.versions.latest.calendar)
    with closing(SqlStorage(f"sqlite:///{tmp_path / 'a.db'}", TENANT, keys=keys)) as storage:
        clock = FixedClock(START)
        office = Office(city=city, storage=storage, calendar=calendar, clock=clock)
        cases = [office.receive(sample_message(number)).case for number in ("1", "2")]
        before = verify(storage).head
        for number, command in enumerate(
            (Decline(reason="other_jurisdiction"), Erase(reason="目的已实现", words=True))
        ):
            clock.move_to(START + timedelta(hours=number))
            office.execute(cases[0].id, command, actor=CLERK, key=f"k{number}")
        assert storage.evidence(before.position - 1, 1)[0].link == before.link
        yield office


def test_an_erasure_breaks_no_chain(office: Office) -> None:
    """After an erasure every link holds, and every case is still what its records say."""
    assert verify(office.storage).sound
    assert verify_cases(office.storage).sound
    assert rebuild(office.storage, write=True).restored == 0


def test_what_was_erased_is_not_exported(office: Office, tmp_path: Path, keys: KeyFile) -> None:
    """An export with names has those of the case that stands; restored, both are equal again."""
    out = io.StringIO()
    export(office.storage, out, personal=True)
    assert out.getvalue().count("13800000000") == 1
    assert out.getvalue().count("路灯不亮") == 1
    with closing(SqlStorage(f"sqlite:///{tmp_path / 'b.db'}", TENANT, keys=keys)) as again:
        restore_export(again, out)
        assert again.feed() == office.storage.feed()
        assert again.cases_of("13800000000") == office.storage.cases_of("13800000000")
        assert verify(again).sound
        assert verify_cases(again).sound


def test_the_chain_needs_no_key(office: Office, tmp_path: Path) -> None:
    """Whoever has no key verifies every link all the same: what is covered is what is stored."""
    with closing(SqlStorage(f"sqlite:///{tmp_path / 'a.db'}", TENANT)) as stranger:
        assert verify(stranger).sound
        report = verify_cases(stranger)
    assert (report.flaws, report.closed) == ((), 1)  # of the other one nothing is sealed any more
