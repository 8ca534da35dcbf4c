"""Suggestions that two messages may be one: for an officer to judge, never a decision.

Exact copies are those whose normalised texts are equal. Near copies are found by their 3-gram
shingles: MinHash with banding (Broder 1997; Leskovec, Rajaraman, Ullman, *Mining of Massive
Datasets*, ch. 3) proposes candidates at a cost that does not grow with the number of messages, and
every candidate is then measured: what is reported is the true Jaccard similarity, not an estimate.

Nothing is random and nothing depends on ``PYTHONHASHSEED``: shingles are hashed by BLAKE2b, and the
points that sample them follow from fixed names. So the same messages in the same order give the
same suggestions, on any machine.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from heapq import nlargest

import attrs

from wenzheng_core.domain.texts import normalise

# A choice. In the source documents three copies of one report are 0.62-0.90 alike and an unrelated
# report of the same kind 0.03; only those were measured (and a board of 2,163 messages, by eye).
THRESHOLD = 0.5

_WIDTH = 3
_BANDS = 32
_ROWS = 3  # a pair is proposed with 1-(1-s³)³² : 0.986 at s=0.5, 0.9996 at 0.6, 0.004 at 0.05
_MOST = 32  # so many of a bucket are met, and so many of those met, most often first, are measured:
#             the ten thousandth copy of a form letter costs no more than the fiftieth


def _hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest())


# The sample of a text at a point is its next hash from there on, round the ring of all hashes. Every
# shingle of two texts together is equally likely to be that one, and the samples agree if both
# texts have it: with the probability that is the Jaccard similarity, which is all MinHash needs.
# Sorted once, a text gives each of its samples by bisection instead of a walk through its shingles.
_POINTS = tuple(_hash(f"wenzheng duplicates {number}") for number in range(_BANDS * _ROWS))


@attrs.frozen
class Suggestion:
    """A message may repeat an earlier one.

    Attributes:
        key: the later message.
        earlier: the message that was there before.
        similarity: Jaccard similarity of their 3-grams, 0 to 1.
        exact: whether their normalised texts are equal.
    """

    key: str
    earlier: str
    similarity: float
    exact: bool


def shingles(text: str) -> frozenset[str]:
    """Every three characters in a row of the normalised text; a shorter text is its own."""
    return _shingles(normalise(text))


def similarity(one: str, other: str) -> float:
    """The Jaccard similarity of two texts: shared shingles over all shingles."""
    return _jaccard(shingles(one), shingles(other))


class DuplicateIndex:
    """Messages seen so far; local to its user, who makes it anew rather than keep it.

    Of equal texts only the first is compared with others. A text with more than ``_MOST``
    look-alikes is compared with so many of them: enough to join its cluster.
    """

    __slots__ = ("_buckets", "_first", "_keys", "_texts", "_threshold")

    def __init__(self, threshold: float = THRESHOLD) -> None:
        if not 0 < threshold <= 1:
            raise ValueError(f"threshold {threshold} is not in (0, 1]")
        self._threshold = threshold
        self._keys: set[str] = set()
        self._texts: dict[str, str] = {}
        self._first: dict[str, str] = {}
        self._buckets: defaultdict[tuple[int, ...], list[str]] = defaultdict(list)

    def add(self, key: str, text: str) -> tuple[Suggestion, ...]:
        """What the message may repeat, most similar first; from now on it is an earlier one.

        Raises ValueError if the key was added before.
        """
        if key in self._keys:
            raise ValueError(f"key {key!r} was added before")
        self._keys.add(key)
        plain = normalise(text)
        first = self._first.setdefault(plain, key)
        if first != key:
            return (Suggestion(key, first, 1.0, exact=True),)
        grams = _shingles(plain)
        bands = list(_bands(grams))
        found = tuple(self._near(key, grams, bands))
        self._texts[key] = plain
        for band in bands:
            if len(self._buckets[band]) < _MOST:
                self._buckets[band].append(key)
        return tuple(sorted(found, key=lambda suggestion: -suggestion.similarity))

    def _near(
        self, key: str, grams: frozenset[str], bands: list[tuple[int, ...]]
    ) -> Iterator[Suggestion]:
        met = Counter(earlier for band in bands for earlier in self._buckets.get(band, ()))
        for earlier, _ in met.most_common(_MOST):
            alike = _jaccard(grams, _shingles(self._texts[earlier]))
            if alike >= self._threshold:
                yield Suggestion(key, earlier, alike, exact=False)


def most_similar(
    key: str,
    items: Iterable[tuple[str, str]],
    text: str,
    limit: int,
    threshold: float = THRESHOLD,
) -> tuple[Suggestion, ...]:
    """What a message may repeat or be repeated by: the ``limit`` most similar, the best first.

    ``items`` are all messages in their order, that of ``key`` and ``text`` among them; each is
    measured, one at a time. Of equally similar ones the earlier comes first.
    """
    plain = normalise(text)
    grams = _shingles(plain)

    def measured() -> Iterator[Suggestion]:
        met = False
        for other, its_text in items:
            if other == key:
                met = True
                continue
            its_plain = normalise(its_text)
            alike = _jaccard(grams, _shingles(its_plain))
            if alike >= threshold:
                later, earlier = (other, key) if met else (key, other)
                yield Suggestion(later, earlier, alike, exact=its_plain == plain)

    return tuple(nlargest(limit, measured(), key=lambda found: (found.exact, found.similarity)))


def find_duplicates(
    items: Iterable[tuple[str, str]], threshold: float = THRESHOLD
) -> tuple[Suggestion, ...]:
    """What each of the messages (key and text, in their order) may repeat of those before it."""
    index = DuplicateIndex(threshold)
    return tuple(found for key, text in items for found in index.add(key, text))


def clusters(suggestions: Iterable[Suggestion]) -> tuple[tuple[str, ...], ...]:
    """The messages that suggestions join, directly or through others, as groups (union-find)."""
    parent: dict[str, str] = {}
    for found in suggestions:
        later, earlier = _root(parent, found.key), _root(parent, found.earlier)
        parent[later] = earlier
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for key in parent:
        groups[_root(parent, key)].append(key)
    return tuple(tuple(sorted(group)) for group in groups.values())


def grouped(items: Iterable[tuple[str, str]]) -> tuple[tuple[str, ...], ...]:
    """The clusters of messages (key and text), each in their order, the clusters by their first."""
    order: dict[str, int] = {}
    index, found = DuplicateIndex(), list[Suggestion]()
    for place, (key, text) in enumerate(items):
        order[key] = place
        found += index.add(key, text)
    groups = (tuple(sorted(group, key=order.__getitem__)) for group in clusters(found))
    return tuple(sorted(groups, key=lambda group: order[group[0]]))


def _root(parent: dict[str, str], key: str) -> str:
    parent.setdefault(key, key)
    while parent[key] != key:
        parent[key] = parent[parent[key]]
        key = parent[key]
    return key


def _shingles(plain: str) -> frozenset[str]:
    last = max(len(plain) - _WIDTH, 0)
    return frozenset(plain[start : start + _WIDTH] for start in range(last + 1))


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared)


def _bands(grams: frozenset[str]) -> Iterator[tuple[int, ...]]:
    ring = sorted(map(_hash, grams))
    samples = [ring[bisect_left(ring, point) - len(ring)] for point in _POINTS]
    for band in range(_BANDS):
        yield (band, *samples[band * _ROWS : (band + 1) * _ROWS])
