"""What the laws of a store do again and again: write, page, run at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import TypeVar

from wenzheng_core import chains
from wenzheng_core.ports import (
    SHARDS,
    Awaiting,
    Change,
    Due,
    Entry,
    Evidence,
    Fed,
    Head,
    LineEvidence,
    Outgoing,
    Storage,
)
from wenzheng_core.testing.builders import START, sample_change, sample_opening

T = TypeVar("T")
PATIENCE = 30.0
"""Seconds after which a thread that has not come back hangs."""


class Stop(Exception):  # noqa: N818
    """Raised by a law to end a block badly."""


def put(store: Storage, *changes: Change) -> None:
    """Write in a transaction of its own."""
    with store.transaction() as transaction:
        transaction.write(changes)


def tell(store: Storage, *items: Outgoing, case_id: str = "c1") -> None:
    """Put items down with a new case."""
    put(store, sample_change(sample_opening(case_id), outgoing=items))


def write_and_stop(store: Storage, *changes: Change, sent: str = "", line: str = "") -> None:
    """Write in a block that then raises :class:`Stop`."""
    with store.transaction() as transaction:
        transaction.write(changes)
        if sent:
            transaction.sent(sent, START, "receipt")
        if line:
            transaction.enter([Entry(line, START)])
        raise Stop


def enter(store: Storage, *keys: str) -> None:
    """Enter empty lines."""
    with store.transaction() as transaction:
        transaction.enter([Entry(key, START) for key in keys])


def all_due(store: Storage, now: datetime, limit: int = 500) -> list[Due]:
    """What is due, shard after shard, page after page; in the order in which it is due."""
    return sorted(
        due
        for shard in range(SHARDS)
        for due in pages(lambda after, of=shard: store.due(now, of, after, limit))  # type: ignore[misc]
    )


def due_ids(store: Storage, now: datetime, limit: int = 500) -> list[str]:
    """The ids of what is due, in the order in which it is due."""
    return [due.case_id for due in all_due(store, now, limit)]


def all_awaiting(store: Storage, year: int, limit: int = 500) -> list[Awaiting]:
    """The cases that await the arrangement of a year, page after page."""
    return list(pages(lambda after: store.awaiting(year, after, limit)))


def pages(page: Callable[[T | None], Sequence[T]]) -> Iterator[T]:
    """All of a keyset query, page by page."""
    after: T | None = None
    while found := page(after):
        assert after not in found, "a page begins where the one before ended"
        yield from found
        after = found[-1]


def whole_feed(store: Storage, limit: int = 100) -> list[Fed]:
    """The whole feed, page by page."""
    return list(_onwards(lambda after: store.feed(after, limit), lambda fed: fed.position))


def tail(store: Storage, seen: Sequence[Fed]) -> list[Fed]:
    """What the feed has beyond what was seen; every page follows the one before without a gap."""
    last = seen[-1].position if seen else 0
    found = list(_onwards(lambda after: store.feed(after, 7), lambda fed: fed.position, last))
    assert [x.position for x in found] == list(range(last + 1, last + 1 + len(found)))
    return found


def whole_evidence(store: Storage, limit: int = 100) -> list[Evidence]:
    """All records as they are stored, page by page."""
    return list(_onwards(lambda after: store.evidence(after, limit), lambda x: x.position))


def all_lines(store: Storage, limit: int = 100) -> list[LineEvidence]:
    """All lines of the diary as they are stored, page by page."""
    return list(_onwards(lambda after: store.line_evidence(after, limit), lambda x: x.number))


def _onwards(
    page: Callable[[int], Sequence[T]], place: Callable[[T], int], after: int = 0
) -> Iterator[T]:
    while found := page(after):
        assert place(found[0]) > after, "a page begins where the one before ended"
        yield from found
        after = place(found[-1])


def assert_chained(store: Storage) -> None:
    """Both chains, counted again from the evidence alone, are as they are stored."""
    kept, lines = whole_evidence(store), all_lines(store)
    assert broken_links(store.tenant, kept) == []
    assert broken_lines(store.tenant, lines) == []
    assert store.head() == Head(
        position=len(kept),
        link=kept[-1].link if kept else b"",
        lines=len(lines),
        line_link=lines[-1].link if lines else b"",
    )


def broken_links(tenant: str, kept: Sequence[Evidence]) -> list[int]:
    """The places, from 1, whose links are not what the evidence comes to."""
    of_cases: dict[str, bytes] = {}
    last, broken = b"", []
    for place, item in enumerate(kept, 1):
        in_case = chains.case_link(of_cases.get(item.case_id, b""), tenant, item)
        if item.position != place or (item.case_link, item.link) != (
            in_case,
            chains.link(last, item),
        ):
            broken.append(place)
        of_cases[item.case_id], last = item.case_link, item.link
    return broken


def broken_lines(tenant: str, lines: Sequence[LineEvidence]) -> list[int]:
    """The places, from 1, of lines whose link is not what the evidence comes to."""
    last, broken = b"", []
    for place, item in enumerate(lines, 1):
        if item.number != place or item.link != chains.line_link(last, tenant, item):
            broken.append(place)
        last = item.link
    return broken


def run(*tasks: Callable[[], None]) -> None:
    """Run tasks in threads at once and raise what any of them raised; a hang is a failure."""
    errors: list[BaseException] = []

    def guarded(task: Callable[[], None]) -> None:
        try:
            task()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(task,), daemon=True) for task in tasks]
    for thread in threads:
        thread.start()
    hangs = False
    for thread in threads:
        thread.join(0 if hangs else PATIENCE)
        hangs = hangs or thread.is_alive()
    if errors:
        raise errors[0]
    assert not hangs, "a thread hangs"
