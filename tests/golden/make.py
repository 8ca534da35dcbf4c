"""Write the golden histories once, and the cases that they come to whenever a case's form changes.

``python tests/golden/make.py`` writes ``snapshots.jsonl`` anew from the histories that are kept: to be
done, and its difference looked at, when ``wire.SNAPSHOT`` is raised. With ``--histories NAME`` it first
writes ``histories-NAME.jsonl`` from the stories of the installed cities and from a few walks of the
sample policy. Histories that are there are never written over: what was stored once is read for ever.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import attrs

from wenzheng_core import load_plugins, wire
from wenzheng_core.domain import commands as c
from wenzheng_core.domain.actors import SYSTEM
from wenzheng_core.domain.events import Record, without_personal
from wenzheng_core.domain.evolving import fold
from wenzheng_core.domain.limits import WorkingDays
from wenzheng_core.domain.messages import PARTS, Contact
from wenzheng_core.domain.migration import Migration, Mode, migrate
from wenzheng_core.stories import _Life
from wenzheng_core.testing.builders import (
    CLERK,
    HOUSING,
    STEPS,
    Walk,
    beijing,
    sample_message,
    sample_rules_with,
)

FOLDER = Path(__file__).parent
SNAPSHOTS = FOLDER / "snapshots.jsonl"

History = tuple[str, list[Record]]


def kept() -> Iterator[History]:
    """Every kept history by its name, read as a store reads it."""
    for path in sorted(FOLDER.glob("histories-*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            found = wire.from_json(line)
            yield found["name"], [wire.record_from_dict(one) for one in found["records"]]


# --- What is written once -------------------------------------------------------------------------


def told() -> Iterator[History]:
    """The histories of all cases of all stories of the installed cities."""
    plugins = load_plugins()
    for city_id, city in sorted(plugins.cities.items()):
        for story in city.stories:
            life = _Life(story, plugins, city)
            for number, step in enumerate(story.steps, start=1):
                life.sweep(step.at)
                life.take(number, step)
            for office_id, office in life._offices.items():
                for case in office.storage.scan():
                    name = f"{city_id}/{story.id}/{office_id or city_id}/{case.message.external_id}"
                    yield name, list(office.history(case.id))


def walked() -> Iterator[History]:
    """What no story has: a whole life with the rest of all events, a merging, a migration."""
    whole = _whole_life()
    yield "sample/whole", whole
    emptied = [attrs.evolve(r, event=without_personal(r.event, PARTS)) for r in whole]
    yield "sample/emptied", emptied
    merged = Walk().steps(4)
    merged.do(c.Merge(into="c2", reason="同一问题"), CLERK)
    yield "sample/merged", merged.records
    moved = Walk().steps(4)
    new = sample_rules_with(version="2025-2", digest="sample-digest-2")
    at = beijing(3, 4, 9)
    asked = Migration(mode=Mode.ADOPT_UNSTARTED, reason="新办法施行", actor=CLERK, at=at)
    yield "sample/migrated", [*moved.records, *migrate(moved.case, asked, moved.rules, new).records]


def _whole_life() -> list[Record]:
    walk = Walk().steps(4)
    walk.do(c.RequestExtension(clock="handle", by=WorkingDays(1), reason="需勘查"), HOUSING)
    walk.do(c.RefuseExtension(clock="handle", unit="housing", reason="时间足够"), CLERK)
    walk.tick(beijing(3, 12, 9))
    walk.do(c.WithdrawCard(rung="late", clock="handle", unit="housing", reason="系统故障"), CLERK)
    for command, actor in STEPS[4:]:
        walk.do(command, actor)
    told = dict(channel="sms", to="housing/liaison")
    walk.do(c.NoteDelivered(keys=("c1/000001/0",), receipt="r-1", **told), SYSTEM)
    walk.do(c.NoteUndelivered(keys=("c1/000002/0",), error="空号", **told), SYSTEM)
    later = attrs.evolve(sample_message(), body="又坏了。", contact=Contact("李四", "13900000000"))
    walk.do(c.Revise(message=later), SYSTEM)
    walk.do(c.Reopen(reason="网民补充情况"), CLERK)
    walk.do(c.Decline(reason="court"), CLERK)
    walk.do(c.Restrict(reason="保存期限未满"), CLERK)
    walk.do(c.LiftRestriction(reason="期限已满"), CLERK)
    walk.do(c.Erase(reason="目的已实现"), CLERK)
    walk.do(c.Erase(reason="目的已实现", words=True), CLERK)
    return walk.records


def write_histories(name: str) -> None:
    """Keep the histories as this program writes them. Raises FileExistsError for what is kept."""
    path = FOLDER / f"histories-{name}.jsonl"
    if path.exists():
        raise FileExistsError(path)
    lines = (
        wire.to_json({"name": n, "records": [wire.record_to_dict(r, personal=True) for r in found]})
        for n, found in (*told(), *walked())
    )
    _write(path, lines)


def write_snapshots() -> None:
    """Write the case that each kept history comes to, in the present form of a case."""
    folded = ((name, fold(records)) for name, records in kept())
    lines = (
        wire.to_json({"name": name, "case": wire.case_to_dict(case)})
        for name, case in folded
        if case
    )
    _write(SNAPSHOTS, lines)


def _write(path: Path, lines: Iterable[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8", newline="\n")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--histories", name]:
            write_histories(name)
        case []:
            pass
        case _:
            sys.exit(__doc__)
    write_snapshots()
