"""The same messages from many at once, over and over, out of order, with changed texts."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from tests.storms.checks import examine
from tests.storms.crew import all_done, seed_of_this_run
from tests.storms.errands import receive_over_and_over
from tests.storms.places import place, store_at

from wenzheng_core.domain.events import CaseOpened, MessageRevised

ON_TWO = ("sqlite", pytest.param("postgresql", marks=pytest.mark.server))


def _one_case_each(kind: str, folder: Path, messages: int, bodies: int, most: int) -> None:
    seed = seed_of_this_run()
    print(f"{kind}, seed {seed}")  # noqa: T201 - a failure is replayed by it
    with place(kind, folder) as url, store_at(url) as storage:
        each = [(url, messages, bodies, most, seed + n) for n in range(4)]
        assert all_done(receive_over_and_over, each) == [0] * 4
        records = examine(storage)
        assert len(storage.case_ids()) == messages
        texts = Counter(
            (r.event.message.external_id, r.event.message.body)
            for r in records
            if isinstance(r.event, CaseOpened | MessageRevised)
        )
        opened = [r for r in records if isinstance(r.event, CaseOpened)]
    assert len(opened) == messages
    wanted = [(f"{n}", f"第{body}种说法。") for n in range(messages) for body in range(bodies)]
    assert texts == Counter(wanted)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ON_TWO)
def test_a_message_is_one_case_and_each_text_is_recorded_once(kind: str, tmp_path: Path) -> None:
    """Four processes, three messages of four texts, each 2 to 6 times: an opening, three revisions."""
    _one_case_each(kind, tmp_path, messages=3, bodies=4, most=6)


@pytest.mark.long
@pytest.mark.parametrize("kind", ON_TWO)
def test_so_it_is_with_fifty_copies(kind: str, tmp_path: Path) -> None:
    """Five messages of six texts, each 2 to 50 times from each of four processes."""
    _one_case_each(kind, tmp_path, messages=5, bodies=6, most=50)
