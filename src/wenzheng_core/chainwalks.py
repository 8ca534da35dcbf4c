"""Following a chain through a store: reading it past spoilt rows, and counting it link by link."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Generic, TypeVar

import attrs

from wenzheng_core.checkpoints import Checkpoint
from wenzheng_core.flaws import Flaw, FlawKind, Flaws
from wenzheng_core.ports import Storage
from wenzheng_core.storing import Evidence, Head, LineEvidence

BATCH = 1000
"""How many rows are read at once."""

T = TypeVar("T", Evidence, LineEvidence)

# --- Reading --------------------------------------------------------------------------------------


def all_ids(storage: Storage) -> Iterator[str]:
    """The ids of all cases that the store lists, by id, in bounded memory."""
    after = ""
    while page := storage.case_ids(after, BATCH):
        yield from page
        after = page[-1]


@attrs.define
class Reading(Generic[T]):
    """Every item with its place, and None for one that cannot be read; at the end also the head."""

    storage: Storage
    read: Callable[[int, int], Sequence[T]]
    place_of: Callable[[T], int]
    head: Head = Head()

    def __iter__(self) -> Iterator[tuple[int, T | None]]:
        after = 0
        while True:
            page = self._page(after)
            if not page:
                # Others may commit meanwhile: the head counts if there was nothing new around it.
                self.head = self.storage.head()
                page = self._page(after)
            if not page:
                return
            yield from page
            after = page[-1][0]

    def _page(self, after: int) -> Sequence[tuple[int, T | None]]:
        try:
            return [self._placed(item) for item in self.read(after, BATCH)]
        except Exception:  # a spoilt row fails in whatever way its driver fails
            head = self.storage.head()  # raises if the store is away
            return self._singly(after, max(head.position, head.lines))

    def _singly(self, after: int, last: int) -> Sequence[tuple[int, T | None]]:
        found: list[tuple[int, T | None]] = []
        while len(found) < BATCH:
            try:
                page = [self._placed(item) for item in self.read(after, 1)]
            except Exception:  # as above
                if after > last:
                    break
                page = [(after + 1, None)]
            if not page:
                break
            found += page
            after = page[0][0]
        return found

    def _placed(self, item: T) -> tuple[int, T | None]:
        place = self.place_of(item)
        if not isinstance(place, int):
            raise TypeError(place)
        return place, item


# --- One chain ------------------------------------------------------------------------------------

Marks = dict[int, list[tuple[bytes, Checkpoint]]]


def by_place(
    marks: Iterable[Checkpoint], place_of: Callable[[Checkpoint], tuple[int, bytes]]
) -> Marks:
    """What checkpoints say of one chain: the links that they want to see, by place."""
    found: Marks = {}
    for mark in marks:
        place, link = place_of(mark)
        found.setdefault(place, []).append((link, mark))
    return found


@attrs.define
class ChainWalk:
    """The chain of a tenant's records or lines: how far it was followed."""

    flaws: Flaws
    unmet: set[Checkpoint]
    broken: FlawKind
    name: str
    marks: Marks
    place: int = 0
    # None behind an item that could not be read: what follows it cannot be counted.
    link: bytes | None = b""
    seen: int = 0

    def follow(
        self, place: int, link: bytes, where: Flaw, count: Callable[[bytes], bytes] | None
    ) -> None:
        """Go on to an item with its stored link, which ``count`` counts from the one before."""
        if place > self.place + 1:
            detail = f"缺 {self.place + 1} 至 {place - 1}"
            self.flaws.add(attrs.evolve(where, kind=FlawKind.MISSING, detail=detail))
        elif place <= self.place:
            detail = f"排在 {self.place} 之后"
            self.flaws.add(attrs.evolve(where, kind=FlawKind.ORDER, detail=detail))
        elif self.link is not None and count and not agrees(partial(count, self.link), link):
            self.flaws.add(attrs.evolve(where, kind=self.broken))
        self.seen += 1
        self._stand(place, link, where)

    def skip(self, where: Flaw) -> None:
        """Pass over an item that cannot be read."""
        self.flaws.add(attrs.evolve(where, kind=FlawKind.UNREADABLE))
        self.place, self.link = self.place + 1, None

    def end(self, place: int, link: bytes) -> None:
        """Compare with where the store says that it ends, and with the checkpoints left."""
        if place != self.place or (self.link is not None and link != self.link):
            detail = f"{self.name}实有至第 {self.place} 条,登记至第 {place} 条"
            self.flaws.add(Flaw(kind=FlawKind.HEAD, detail=detail))
        for wanted, marks in sorted(self.marks.items()):
            for bare, mark in marks:
                if wanted or bare:
                    detail = f"{self.name}锚定至第 {wanted} 条,实有至第 {self.place} 条"
                    self._unmet(mark, Flaw(kind=FlawKind.CHECKPOINT, detail=detail))

    def _stand(self, place: int, link: bytes, where: Flaw) -> None:
        self.place, self.link = place, link
        for wanted, mark in self.marks.pop(place, ()):
            if wanted != link:
                detail = f"锚定于 {mark.at.isoformat(timespec='seconds')}"
                self._unmet(mark, attrs.evolve(where, kind=FlawKind.CHECKPOINT, detail=detail))

    def _unmet(self, mark: Checkpoint, flaw: Flaw) -> None:
        self.unmet.add(mark)
        self.flaws.add(flaw)


def agrees(count: Callable[[], bytes], link: bytes) -> bool:
    """Whether a link is what it should be; a value of another kind never is."""
    try:
        return count() == link
    except (AttributeError, TypeError, ValueError, OverflowError):
        return False
