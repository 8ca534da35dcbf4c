"""Whatever a release has stored, every later one reads, and it comes to the same case."""

from __future__ import annotations

import hashlib
import runpy
from pathlib import Path
from typing import Any

import pytest

from wenzheng_core import wire
from wenzheng_core.domain.events import EVENTS
from wenzheng_core.domain.evolving import fold

FOLDER = Path(__file__).parent / "golden"
MAKE: dict[str, Any] = runpy.run_path(str(FOLDER / "make.py"))
HISTORIES = dict(MAKE["kept"]())
CASES = {
    found["name"]: found["case"]
    for found in map(wire.from_json, MAKE["SNAPSHOTS"].read_text("utf-8").splitlines())
}

KEPT = {"histories-form2.jsonl": "0b21c4ff27315f7675e65de8b1e0cbc2aa5c2446092e47c1a673fba334688b8b"}
"""Each file of kept histories with the digest of what it holds, which never changes."""


def test_kept_histories_are_never_rewritten() -> None:
    """A change of an event's form is met by an upcaster, not by another history."""
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in FOLDER.glob("histories-*.jsonl")
    }
    assert found == KEPT


@pytest.mark.parametrize("name", HISTORIES)
def test_a_kept_history_folds_to_the_kept_case(name: str) -> None:
    """Read through the wire, event by event; the case is compared in its stored form, to the letter."""
    case = fold(HISTORIES[name])
    assert case is not None
    assert wire.to_json(wire.case_to_dict(case)) == wire.to_json(CASES[name])
    assert wire.case_from_dict(CASES[name]) == case


def test_every_history_has_its_case_and_every_kind_of_event_its_history() -> None:
    """A new kind of event is kept as soon as there is one."""
    kinds = {type(record.event) for records in HISTORIES.values() for record in records}
    assert set(HISTORIES) == set(CASES)
    assert sorted(kind.__name__ for kind in set(EVENTS) - kinds) == []


def test_what_a_store_has_emptied_comes_to_the_same_case() -> None:
    """The same life, with and without the personal data that was erased at its end."""
    assert HISTORIES["sample/whole"] != HISTORIES["sample/emptied"]
    assert CASES["sample/whole"] == CASES["sample/emptied"]


def test_what_is_kept_is_small() -> None:
    """Under a megabyte, so that nobody is tempted to thin it out."""
    assert sum(path.stat().st_size for path in FOLDER.glob("*.jsonl")) < 1_000_000


def test_histories_that_are_there_are_not_written_over() -> None:
    """Not even by the script that wrote them."""
    before = (FOLDER / "histories-form2.jsonl").read_bytes()
    with pytest.raises(FileExistsError):
        MAKE["write_histories"]("form2")
    assert (FOLDER / "histories-form2.jsonl").read_bytes() == before
