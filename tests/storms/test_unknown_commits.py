"""A commit whose outcome the caller cannot know: asked again under its key, it has one effect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import Engine
from tests.storms.checks import examine
from tests.storms.deeds import Deed, deeds
from tests.storms.faults import Loss, losing_a_commit
from tests.storms.places import SERVERS, place
from tests.storms.scene import STORY, scene_on, standing

from wenzheng_core import Case, Office, Outcome
from wenzheng_core.domain.commands import COMMANDS, Command, Receive
from wenzheng_core.questions import Questions
from wenzheng_sqlalchemy import SqlStorage, StoreError, make_engine

WRITES = {
    "receive": ("receive", "receive another text"),
    "receive_many": ("receive many",),
    "execute": ("accept", "assign", "finish", "erase"),
    "sweep": ("begin the rounds", "sweep"),
    "special_report": ("special report",),
    "log_poll": ("log a polling",),
    "deliver": ("deliver in part", "deliver"),
    "revive": ("revive",),
    "advance": ("advance",),
    "follow": ("follow",),
}
"""Every call of an office that writes, and the steps of the story in which it does."""

DECIDES_ONLY = {"open", "change"}
"""What an office only works out: nothing of it is written."""

OTHER_ANSWER = {"sweep", "deliver", "follow", "revive"}
"""What tells what it did this time: asked again it says that there is nothing left to do."""


@pytest.fixture(name="engine", scope="module")
def _engine() -> Iterator[Engine]:
    """A database in memory; each test has a tenant of its own in it."""
    engine = make_engine("sqlite://")
    yield engine
    engine.dispose()


def test_every_call_that_writes_is_tried() -> None:
    """A new public method of an office is put into one of the tables, or this fails."""
    public = {name for name in vars(Office) if not name.startswith("_")} - {"channels"}
    assert public - {n for n in vars(Questions) if not n.startswith("_")} == {
        *WRITES,
        *DECIDES_ONLY,
    }
    assert {step for steps in WRITES.values() for step in steps} == set(STORY)


def test_every_command_is_tried() -> None:
    """Each has a deed that leaves a record; a message is received by a call of its own."""
    assert {*deeds(), Receive} == set(COMMANDS)


@pytest.mark.parametrize("loss", Loss)
@pytest.mark.parametrize(
    "command", [x for x in COMMANDS if x is not Receive], ids=lambda x: x.__name__
)
def test_a_command_asked_again_has_one_effect(
    engine: Engine, command: type[Command], loss: Loss
) -> None:
    """Whether the commit or its reply was lost, the same key gives the same answer, once."""
    _try_deed(engine, deeds()[command], loss)


def _try_deed(engine: Engine, deed: Deed, loss: Loss) -> None:
    tenant = f"{type(deed.command).__name__}/{loss}"
    quiet = deed.office(SqlStorage(engine, f"{tenant}/quiet"))
    usual = deed.do(quiet)
    office = deed.office(SqlStorage(engine, tenant))
    before = office.storage.head().position
    with losing_a_commit(engine, loss), pytest.raises(StoreError):
        deed.do(office)
    kept = office.storage.head().position > before
    again = deed.do(office)
    assert (again.case, again.records) == (usual.case, usual.records)
    assert again.repeated == kept == (loss is Loss.REPLY)
    assert [f.record for f in office.feed()] == [f.record for f in quiet.feed()]
    third = deed.do(office)
    assert (third.case, third.records, third.repeated) == (usual.case, usual.records, True)
    assert office.storage.head().position == before + len(usual.records)


@pytest.mark.parametrize("loss", Loss)
def test_a_call_asked_again_has_one_effect(loss: Loss) -> None:
    """Every commit of every step of the story is lost once; after each the store is as without."""
    engine = make_engine("sqlite://")
    try:
        _try_story(engine, loss)
    finally:
        engine.dispose()


@cache
def _undisturbed() -> Mapping[str, tuple[object, Mapping[str, object]]]:
    """The answer to each step when nothing is lost, and what the store holds then."""
    engine = make_engine("sqlite://")
    try:
        scene = scene_on(engine)
        return {name: (step(scene, 0), standing(scene)) for name, step in STORY.items()}
    finally:
        engine.dispose()


def _try_story(engine: Engine, loss: Loss) -> None:
    """Try each step until it passes, another commit of it lost each time."""
    wanted, scene, losses = _undisturbed(), scene_on(engine), 0
    for name, step in STORY.items():
        tried = 0
        while True:
            with losing_a_commit(engine, loss, tried + 1):
                try:
                    answer = step(scene, tried)
                except StoreError:
                    tried += 1
                    continue
            break
        losses += tried
        _same(name, answer, wanted[name][0])
        assert standing(scene) == wanted[name][1], name
    assert losses >= len(STORY)
    examine(scene.storage)


def _same(name: str, answer: object, usual: object) -> None:
    """The answer to a step asked again, whether or not it says that it was there already."""
    if name not in {step for call in OTHER_ANSWER for step in WRITES[call]}:
        assert _plain(answer) == _plain(usual), name


def _plain(answer: object) -> object:
    if isinstance(answer, list):
        return [_plain(each) for each in answer]
    # A message received again gives its case as it stands by then.
    case = answer.case if isinstance(answer, Outcome) else answer
    return case.id if isinstance(case, Case) else case


@pytest.mark.parametrize("loss", Loss)
@pytest.mark.parametrize("kind", SERVERS)
def test_so_it_is_on_servers(kind: str, loss: Loss, tmp_path: Path) -> None:
    """The whole story, and every eighth command, on PostgreSQL and MariaDB."""
    with place(kind, tmp_path) as url:
        engine = make_engine(url)
        try:
            _try_story(engine, loss)
            for deed in list(deeds().values())[::8]:
                _try_deed(engine, deed, loss)
        finally:
            engine.dispose()
