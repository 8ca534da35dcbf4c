"""Putting a dead letter down again: which one it is, and which ones are left as they are."""

from __future__ import annotations

import pytest

from wenzheng_core import Command, Decline, Erase, Office, RefusedError
from wenzheng_core.delivering import dead_letter
from wenzheng_core.domain.commands import LiftRestriction, Restrict
from wenzheng_core.testing.builders import CLERK, HOUR, START, sample_message, sample_outgoing
from wenzheng_core.testing.offices import sample_channels, sample_office

LATER = START + 9 * HOUR


def kill(office: Office, *keys: str, case_id: str = "") -> None:
    """Dead letters by these keys."""
    with office.storage.transaction() as transaction:
        transaction.enter([], [sample_outgoing(key, case_id) for key in keys])
        for key in keys:
            transaction.failed(key, START, "空号", retry_at=None)


def finished_after(office: Office, command: Command) -> str:
    """A case with a dead letter ``k`` that was declined, and then had a command."""
    case_id = office.receive(sample_message("1"), at=START).case.id
    kill(office, "k", case_id=case_id)
    for n, asked in enumerate((Decline(reason="court"), command)):
        office.execute(case_id, asked, actor=CLERK, key=f"c{n}", at=START + HOUR)
    return case_id


def refusal(office: Office) -> str:
    """Why ``k`` is not put down again; it stays, and the diary says nothing."""
    with pytest.raises(RefusedError) as refused:
        office.revive("k", actor=CLERK, at=LATER)
    assert [letter.item.key for letter in office.dead_letters()] == ["k"]
    assert office.storage.entries("revived/") == ()
    return refused.value.rule


def test_what_a_restricted_case_had_to_tell_is_left() -> None:
    """Nothing is done with the case any more; once that is lifted, it is put down again."""
    office = sample_office(channels=sample_channels())
    case_id = finished_after(office, Restrict(reason="争议"))
    assert refusal(office) == "personal.restricted"
    lift = LiftRestriction(reason="已核实")
    office.execute(case_id, lift, actor=CLERK, key="lift", at=START + HOUR)
    assert office.revive("k", actor=CLERK, at=LATER)


def test_a_text_that_an_erasure_took_is_left() -> None:
    """Nobody is sent an empty text."""
    office = sample_office(channels=sample_channels())
    finished_after(office, Erase(reason="本人要求"))
    assert refusal(office) == "outbox.emptied"


def test_a_dead_letter_is_found_by_its_key() -> None:
    """Among others that begin like it, however many there are; a key that is none finds nothing."""
    office = sample_office()
    names = [f"k{n:04}" for n in range(1200)]
    kill(office, *names, "k9")
    for name in ("k0000", "k0777", "k1199", "k9"):
        found = dead_letter(office.storage, name)
        assert found is not None
        assert found.item.key == name
    for name in ("", "k", "k07770", "k2", "z"):
        assert dead_letter(office.storage, name) is None
