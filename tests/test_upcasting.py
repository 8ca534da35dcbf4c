"""Events of an older form are raised to the present one when they are read, and never rewritten."""

from __future__ import annotations

from typing import Any

import pytest

from wenzheng_core import wire
from wenzheng_core.domain.events import Claimed, Record
from wenzheng_core.testing.builders import START, sample_history

OLD = {"type": "Claimed", "v": 2, "unit": "housing"}


def form(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the present form be that number."""
    monkeypatch.setattr(wire, "CURRENT", number)


def step(name: str, number: int, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    """Register what the next form changed: a value, or a key that is gone (None)."""

    def raised(fields: dict[str, Any]) -> dict[str, Any]:
        merged = {**fields, **changes}
        return {key: value for key, value in merged.items() if value is not None}

    monkeypatch.setitem(wire.UPCASTERS, (name, number), raised)


def test_nothing_is_registered_yet() -> None:
    """The oldest form that is read is the present one."""
    assert (dict(wire.UPCASTERS), wire.OLDEST) == ({}, wire.CURRENT)


def test_steps_are_taken_one_after_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is given what the one before it made, up to the present form and no further."""
    form(4, monkeypatch)
    step("Claimed", 2, monkeypatch, unit="police", note="x")
    step("Claimed", 3, monkeypatch, note=None)
    step("Claimed", 4, monkeypatch, unit="nobody")

    assert wire.event_from_dict(OLD) == Claimed(unit="police")
    half = {"type": "Claimed", "v": 3, "unit": "court", "note": "y"}
    assert wire.event_from_dict(half) == Claimed(unit="court")
    assert wire.event_from_dict({**OLD, "v": 4}) == Claimed(unit="housing")


def test_a_form_that_left_an_event_alone_needs_no_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what changed is registered."""
    form(4, monkeypatch)
    step("Chased", 2, monkeypatch, unit="police")
    assert wire.event_from_dict(OLD) == Claimed(unit="housing")


def test_an_event_may_get_another_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its later steps are those of the new name."""
    form(4, monkeypatch)
    step("Signed", 2, monkeypatch, type="Claimed")
    step("Claimed", 3, monkeypatch, unit="police")
    assert wire.event_from_dict({**OLD, "type": "Signed"}) == Claimed(unit="police")


@pytest.mark.parametrize("number", [1, 0, -1, 5, None, "2"])
def test_unknown_forms_are_refused(number: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those before the first release, those after this one, and what is no number."""
    form(4, monkeypatch)
    with pytest.raises(ValueError, match="无法识别"):
        wire.event_from_dict({**OLD, "v": number})


def test_what_a_step_leaves_out_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step that does not make the present form is no better than a strange event."""
    form(3, monkeypatch)
    step("Claimed", 2, monkeypatch, unit=None)
    with pytest.raises(ValueError, match="不符"):
        wire.event_from_dict(OLD)


def test_the_stored_dict_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read is raised in the reader's hands alone."""
    form(3, monkeypatch)
    step("Claimed", 2, monkeypatch, unit="police")
    before = dict(OLD)
    wire.event_from_dict(OLD)
    assert before == OLD


def test_records_are_raised_with_their_events(monkeypatch: pytest.MonkeyPatch) -> None:
    """An export of an older release is read like its store."""
    record = Record("c1", 3, START, "office-1", Claimed(unit="housing"))
    written = wire.record_to_dict(record)
    form(3, monkeypatch)
    step("Claimed", 2, monkeypatch, unit="police")
    assert wire.record_from_dict(written).event == Claimed(unit="police")


def test_a_whole_history_survives_a_new_form(monkeypatch: pytest.MonkeyPatch) -> None:
    """Events of which nothing was registered read as before."""
    records = sample_history("c1").records
    written = [wire.record_to_dict(record, personal=True) for record in records]
    form(7, monkeypatch)
    assert tuple(map(wire.record_from_dict, written)) == records
