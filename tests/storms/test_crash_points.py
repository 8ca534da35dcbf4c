"""A program that falls over at any statement: whole transactions only, and all the same in the end."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
import pytest
from sqlalchemy import Engine, select
from tests.storms.checks import examine
from tests.storms.crew import all_done, seed_of_this_run
from tests.storms.errands import DIED, die_at
from tests.storms.faults import CrashedError, Points
from tests.storms.places import EVERYWHERE, SERVERS, place
from tests.storms.scene import STORY, Scene, scene_on, standing

from wenzheng_sqlalchemy import make_engine
from wenzheng_sqlalchemy.tables import METADATA

Rows = Mapping[str, Sequence[Mapping[str, Any]]]


@attrs.frozen
class Page:
    """A step of the story: what the store holds before it and after it, and its crash points."""

    name: str
    before: Rows
    begun: Mapping[str, Any]
    ended: Mapping[str, Any]
    points: int


Point = tuple[Page, int]


@attrs.frozen(eq=False)
class Stage:
    """A scene that can be put back to the beginning of any step."""

    scene: Scene
    points: Points
    pages: Sequence[Page]

    def begin(self, page: Page) -> None:
        """Let the store hold what it held before a step."""
        _write_all(self.scene.engine, page.before)

    def crash(self, page: Page, point: int) -> int:
        """Fall over at a point of a step; how many commits there had been."""
        self.begin(page)
        with self.points.armed(point), pytest.raises(CrashedError):
            STORY[page.name](self.scene, 0)
        return self.points.commits

    def require_same_end(self, page: Page, point: int) -> None:
        """Try the step again, on the same store: it ends as if nothing had been."""
        STORY[page.name](self.scene, 1)
        assert standing(self.scene) == page.ended, (page.name, point)


@contextmanager
def stage(url: str) -> Iterator[Stage]:
    """The story, played once over a database without a fault."""
    engine = make_engine(url)
    try:
        points, pages = Points(engine), []
        scene = scene_on(engine)
        for name, step in STORY.items():
            before, begun = _read_all(engine), standing(scene)
            with points.armed():
                step(scene, 0)
            pages.append(Page(name, before, begun, standing(scene), points.seen))
        yield Stage(scene, points, pages)
    finally:
        engine.dispose()


def _read_all(engine: Engine) -> Rows:
    with engine.connect() as connection:
        return {
            table.name: [dict(row) for row in connection.execute(select(table)).mappings()]
            for table in METADATA.sorted_tables
        }


def _write_all(engine: Engine, rows: Rows) -> None:
    with engine.begin() as connection:
        for table in reversed(METADATA.sorted_tables):
            connection.execute(table.delete())
        for table in METADATA.sorted_tables:
            if rows[table.name]:
                connection.execute(table.insert(), list(rows[table.name]))


def _fall_everywhere(played: Stage) -> int:
    """Fall at every point of every step; how many there are."""
    for page in played.pages:
        after: dict[int, Mapping[str, Any]] = {0: page.begun}
        for point in range(1, page.points + 1):
            commits = played.crash(page, point)
            found = standing(played.scene)
            if commits not in after:
                after[commits] = found
                examine(played.scene.storage)
            assert found == after[commits], f"half a transaction: {page.name}, {point}"
            played.require_same_end(page, point)
    examine(played.scene.storage)
    return sum(page.points for page in played.pages)


@pytest.mark.slow
def test_an_error_at_any_point_leaves_whole_transactions() -> None:
    """Every point of the whole story on SQLite: what is kept ends with a commit, a retry does the rest."""
    with stage("sqlite://") as played:
        points = _fall_everywhere(played)
    print(f"{points} points")  # noqa: T201 - the figure is for quoting
    assert points > 300


@pytest.mark.long
@pytest.mark.parametrize("kind", SERVERS)
def test_so_it_is_on_servers(kind: str, tmp_path: Path) -> None:
    """Every point of the whole story on PostgreSQL and MariaDB."""
    with place(kind, tmp_path) as url, stage(url) as played:
        assert _fall_everywhere(played) > 300


def _die_at(url: str, some: Callable[[Sequence[Point]], Sequence[Point]]) -> None:
    """Let a process die at some of the points; what is there then is as after an error there.

    The points are those of that very database: each kind has statements of its own.
    """
    with stage(url) as dying:
        points = [(page, n) for page in dying.pages for n in range(1, page.points + 1)]
        for page, point in some(points):
            dying.crash(page, point)
            fallen = standing(dying.scene)
            dying.begin(page)
            assert all_done(die_at, [(url, page.name, point)]) == [DIED], (page.name, point)
            assert standing(dying.scene) == fallen, (page.name, point)
            dying.require_same_end(page, point)
        examine(dying.scene.storage)


@pytest.mark.slow
def test_a_process_that_dies_leaves_whole_transactions(tmp_path: Path) -> None:
    """Thirty of the points on a file, drawn by lot: the next process finds and does the same."""
    seed = seed_of_this_run()
    print(f"seed {seed}")  # noqa: T201 - a failure is replayed by it
    with place("sqlite", tmp_path) as url:
        _die_at(url, lambda points: random.Random(seed).sample(points, 30))


@pytest.mark.long
@pytest.mark.parametrize("kind", EVERYWHERE)
def test_a_process_may_die_at_every_point(kind: str, tmp_path: Path) -> None:
    """All points, on every database."""
    with place(kind, tmp_path) as url:
        _die_at(url, lambda points: points)
