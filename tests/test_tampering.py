"""A thousand falsifications of a store, each of which an audit must find (F14).

Nine hundred on lists of evidence here; those by SQL on a real file are under ``adapters/audit``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from random import Random
from typing import Any, cast

import attrs
import pytest

from wenzheng_core import chains
from wenzheng_core.auditing import AuditReport, verify
from wenzheng_core.checkpoints import Checkpoint
from wenzheng_core.domain.events import Record
from wenzheng_core.flaws import FlawKind
from wenzheng_core.memory import MemoryStorage
from wenzheng_core.ports import Storage
from wenzheng_core.storing import Entry, Evidence, Head, LineEvidence
from wenzheng_core.testing.builders import START, sample_change, sample_history, sample_next

TENANT = "tenant-a"


def genuine_store(cases: int = 4, lines: int = 6) -> MemoryStorage:
    """A store with cases whose records lie between one another's, and a diary."""
    storage = MemoryStorage(TENANT)
    known = {}
    for step in range(4):
        for number in range(cases):
            name = f"c{number}"
            with storage.transaction() as transaction:
                opening = step == 0
                steps = number % 3
                decision = (
                    sample_history(name, steps=steps) if opening else sample_next(known[name])
                )
                known[name] = decision.case
                transaction.write([sample_change(decision)])
    for number in range(lines):
        with storage.transaction() as transaction:
            at = START + timedelta(hours=number)
            transaction.enter([Entry(f"run/list/{lines - number}", at, {"number": number})])
    return storage


@attrs.define
class Served:
    """As much of a store as an audit of its chains reads, out of lists that a test may falsify."""

    items: list[Evidence]
    line_items: list[LineEvidence]
    end: Head
    ids: list[str]
    tenant: str = TENANT

    @classmethod
    def of(cls, storage: MemoryStorage) -> Served:
        """What a store shows."""
        return cls(
            list(storage.evidence(limit=9999)),
            list(storage.line_evidence(limit=9999)),
            storage.head(),
            list(storage.case_ids()),
            storage.tenant,
        )

    def copy(self) -> Served:
        """The same, in lists of its own."""
        return attrs.evolve(
            self, items=[*self.items], line_items=[*self.line_items], ids=[*self.ids]
        )

    def head(self) -> Head:
        """Where the chains are said to end."""
        return self.end

    def evidence(self, after: int = 0, limit: int = 500) -> tuple[Evidence, ...]:
        """Records beyond a position, as an index on the position gives them."""
        found = [item for item in self.items if item.position > after]
        return tuple(sorted(found, key=lambda item: item.position)[:limit])

    def line_evidence(self, after: int = 0, limit: int = 500) -> tuple[LineEvidence, ...]:
        """Lines beyond a number, likewise."""
        found = [item for item in self.line_items if item.number > after]
        return tuple(sorted(found, key=lambda item: item.number)[:limit])

    def case_ids(self, after: str = "", limit: int = 500) -> tuple[str, ...]:
        """The cases that have a row."""
        return tuple(sorted(name for name in self.ids if name > after)[:limit])

    def records(self, case_id: str) -> tuple[Record | None, ...]:
        """As many things as the case has records; what they hold is nobody's concern here."""
        return tuple(None for item in self.items if item.case_id == case_id)


# --- One way each ---------------------------------------------------------------------------------


def other(value: Any, random: Random) -> Any:
    """A value of the same kind that is another one."""
    if isinstance(value, bytes):
        place = random.randrange(len(value)) if value else 0
        return (
            value[:place] + bytes([value[place] ^ (1 << random.randrange(8))]) + value[place + 1 :]
        )
    if isinstance(value, int):
        return value + random.choice([-1, 1, 7])
    if isinstance(value, str):
        return random.choice([value + "x", value[:-1], "sm3", "c1"])
    return value + timedelta(microseconds=random.choice([-1, 1, 10**9]))


def change_record(served: Served, random: Random) -> None:
    """One field of one record is another."""
    place, name = random.randrange(len(served.items)), random.choice(attrs.fields(Evidence)).name
    value = other(getattr(served.items[place], name), random)
    served.items[place] = attrs.evolve(served.items[place], **{name: value})


def change_line(served: Served, random: Random) -> None:
    """One field of one line is another."""
    place = random.randrange(len(served.line_items))
    name = random.choice(attrs.fields(LineEvidence)).name
    value = other(getattr(served.line_items[place], name), random)
    served.line_items[place] = attrs.evolve(served.line_items[place], **{name: value})


def change_head(served: Served, random: Random) -> None:
    """The tenant's row says another end."""
    name = random.choice(attrs.fields(Head)).name
    served.end = attrs.evolve(served.end, **{name: other(getattr(served.end, name), random)})


def drop(served: Served, random: Random) -> None:
    """Some records or lines are gone, one or a stretch, anywhere; also from the end."""
    items: list[Any] = random.choice([served.items, served.line_items])
    start = random.randrange(len(items))
    del items[start : start + random.choice([1, 1, 3, len(items)])]


def move_on(served: Served, random: Random) -> None:
    """A record is dropped and what follows closes the gap."""
    gone = random.randrange(len(served.items) - 1)
    kept = served.items[:gone] + served.items[gone + 1 :]
    served.items = [attrs.evolve(item, position=n) for n, item in enumerate(kept, 1)]
    served.end = attrs.evolve(served.end, position=len(kept))


def insert(served: Served, random: Random) -> None:
    """A record that never was, well linked to the one before it, stands somewhere."""
    place = random.randrange(len(served.items)) + 1
    model = served.items[place - 1]
    later = [item for item in served.items if item.position <= place]
    of_case = [item for item in later if item.case_id == model.case_id]
    forged = attrs.evolve(
        model, position=place + 1, version=of_case[-1].version + 1, actor="forger"
    )
    linked = chains.case_link(of_case[-1].case_link, served.tenant, forged)
    forged = attrs.evolve(forged, case_link=linked)
    forged = attrs.evolve(forged, link=chains.link(model.link, forged))
    moved = [attrs.evolve(i, position=i.position + 1) for i in served.items[place:]]
    served.items = [*served.items[:place], forged, *moved]
    if random.random() < 0.5:
        served.end = attrs.evolve(served.end, position=served.end.position + 1)


def swap_bodies(served: Served, random: Random) -> None:
    """Two records have one another's content."""
    one, two = random.sample(range(len(served.items)), 2)
    first, second = served.items[one], served.items[two]
    served.items[one] = attrs.evolve(first, body=second.body, kind=second.kind)
    served.items[two] = attrs.evolve(second, body=first.body, kind=first.kind)


def swap_places(served: Served, random: Random) -> None:
    """Two records or lines have one another's place in the order."""
    if random.random() < 0.5:
        one, two = random.sample(range(len(served.items)), 2)
        first, second = served.items[one], served.items[two]
        served.items[one] = attrs.evolve(first, position=second.position)
        served.items[two] = attrs.evolve(second, position=first.position)
    else:
        one, two = random.sample(range(len(served.line_items)), 2)
        early, late = served.line_items[one], served.line_items[two]
        served.line_items[one] = attrs.evolve(early, number=late.number)
        served.line_items[two] = attrs.evolve(late, number=early.number)


def replace_case(served: Served, random: Random) -> None:
    """A whole case has another history, whose own links are right."""
    name = random.choice(served.ids)
    link = b""
    for place, item in enumerate(served.items):
        if item.case_id == name:
            forged = attrs.evolve(item, body=item.body + b" ", actor="forger")
            link = chains.case_link(link, served.tenant, forged)
            served.items[place] = attrs.evolve(forged, case_link=link)


def change_ids(served: Served, random: Random) -> None:
    """The row of a case is gone, or there is one of a case that never was."""
    if random.random() < 0.5:
        served.ids.remove(random.choice(served.ids))
    else:
        served.ids.append(f"c{random.randrange(100, 999)}")


WAYS: Sequence[Callable[[Served, Random], None]] = (
    change_record,
    change_record,
    change_record,
    change_line,
    change_line,
    change_head,
    drop,
    drop,
    move_on,
    insert,
    swap_bodies,
    swap_places,
    replace_case,
    change_ids,
)


# --- The laws -------------------------------------------------------------------------------------


def audit(served: Served, *marks: Checkpoint) -> AuditReport:
    """What an audit finds in what is served."""
    return verify(cast("Storage", served), checkpoints=marks)


def anchored(served: Served) -> Checkpoint:
    """A checkpoint of where the chains stand."""
    end = served.end
    return Checkpoint(
        tenant=served.tenant,
        position=end.position,
        link=end.link,
        lines=end.lines,
        line_link=end.line_link,
        at=START,
        key_id="k",
    )


def test_every_falsification_is_found() -> None:
    """Of 900 random falsifications of records, lines, heads, orders and rows, none passes an audit."""
    genuine = Served.of(genuine_store())
    assert audit(genuine).sound
    assert len(genuine.items) > 30
    random, tried, vain, passed = Random(20250303), 0, 0, list[str]()
    while tried < 900:
        served, way = genuine.copy(), WAYS[tried % len(WAYS)]
        way(served, random)
        if served == genuine:
            vain += 1
            assert vain < 90, "too many falsifications change nothing"
            continue
        tried += 1
        if audit(served).sound:
            passed.append(f"{tried}: {way.__name__}")
    assert passed == []


@pytest.mark.parametrize("way", dict.fromkeys(WAYS), ids=lambda way: way.__name__)
def test_no_audit_breaks_off(way: Callable[[Served, Random], None]) -> None:
    """Whatever else is falsified on top, the audit goes on to the end and counts what there is."""
    served, random = Served.of(genuine_store()), Random(1)
    for _ in range(3):
        way(served, random)
    report = audit(served)
    assert not report.sound
    assert report.records == len(served.items)


# --- What a chain alone cannot show ---------------------------------------------------------------


def cut_tail(served: Served, count: int) -> Served:
    """The last records are gone, and the head and the cases' rows say so, too."""
    items = served.items[:-count]
    last = items[-1]
    left = {item.case_id for item in items}
    return attrs.evolve(
        served,
        items=items,
        ids=[name for name in served.ids if name in left],
        end=attrs.evolve(served.end, position=last.position, link=last.link),
    )


def write_anew(served: Served, forge: Callable[[Evidence], Evidence]) -> Served:
    """The whole chain with some content forged, and every link of it counted anew."""
    items: list[Evidence] = []
    case_links: dict[str, bytes] = {}
    link = b""
    for item in served.items:
        forged = forge(item)
        case_link = chains.case_link(case_links.get(item.case_id, b""), served.tenant, forged)
        forged = attrs.evolve(forged, case_link=case_link)
        link = chains.link(link, forged)
        case_links[item.case_id] = case_link
        items.append(attrs.evolve(forged, link=link))
    return attrs.evolve(served, items=items, end=attrs.evolve(served.end, link=link))


def test_a_cut_tail_is_found_by_the_head() -> None:
    """Records missing from the end are found as long as the tenant's row still counts them."""
    genuine = Served.of(genuine_store())
    for count in (1, 5):
        served = attrs.evolve(genuine, items=genuine.items[:-count])
        assert FlawKind.HEAD in {flaw.kind for flaw in audit(served).flaws}


def test_a_tail_cut_with_its_head_is_found_by_an_anchor_alone() -> None:
    """Who also cuts the tenant's row and the cases' leaves a sound chain; only an anchor shows it."""
    genuine = Served.of(genuine_store())
    served = cut_tail(genuine, 3)
    assert audit(served).sound
    report = audit(served, anchored(genuine))
    assert [flaw.kind for flaw in report.flaws] == [FlawKind.CHECKPOINT]
    assert (report.checkpoints, report.count) == (0, 1)


def test_a_chain_written_anew_is_found_by_an_anchor_alone() -> None:
    """Who counts every link anew leaves a sound chain; an anchor behind the forgery shows it."""
    genuine = Served.of(genuine_store())
    half = genuine.items[len(genuine.items) // 2]

    def forge(item: Evidence) -> Evidence:
        return attrs.evolve(item, actor="forger") if item == half else item

    served = write_anew(genuine, forge)
    assert served.items[-1] != genuine.items[-1]
    assert audit(served).sound
    assert [flaw.kind for flaw in audit(served, anchored(genuine)).flaws] == [FlawKind.CHECKPOINT]


def test_an_anchor_before_the_forgery_shows_nothing() -> None:
    """What came after the last checkpoint is proven by none: how often to anchor is how much to risk."""
    genuine = Served.of(genuine_store())
    early = cut_tail(genuine, len(genuine.items) // 2)
    served = cut_tail(genuine, 3)
    report = audit(served, anchored(early))
    assert (report.sound, report.checkpoints) == (True, 1)
