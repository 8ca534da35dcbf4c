"""A dict that nobody can change, for the few fields of frozen values that map names to values.

Records are kept for ever and handed out; a plain dict inside them could be changed by whoever holds
it, and with it the history.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class FrozenDict(dict[K, V]):
    """A dict without any way to change it; ``|`` gives a new one."""

    __slots__ = ()

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("a frozen mapping cannot be changed")

    __setitem__ = __delitem__ = clear = pop = popitem = setdefault = update = _refuse
    __ior__ = _refuse

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def __or__(self, other: Mapping[K, V]) -> FrozenDict[K, V]:  # type: ignore[override]
        return FrozenDict({**self, **other})

    def __reduce__(self) -> tuple[Any, ...]:
        return FrozenDict, (dict(self),)


def frozen(mapping: Mapping[K, V]) -> FrozenDict[K, V]:
    """A frozen copy, or the mapping itself if it is frozen."""
    return mapping if isinstance(mapping, FrozenDict) else FrozenDict(mapping)


def frozen_words(mapping: Mapping[str, str]) -> FrozenDict[str, str]:
    """The same for names and words, as a converter of a field."""
    return frozen(mapping)
