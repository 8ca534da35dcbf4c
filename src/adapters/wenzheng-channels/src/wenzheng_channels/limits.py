"""How often a provider may be called, kept on our side so that nothing is lost on theirs."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import datetime, timedelta

import attrs

from wenzheng_core.ports import DeliveryError


@attrs.frozen
class Limit:
    """At most so many in any stretch of so long."""

    count: int
    per: timedelta


@attrs.define(kw_only=True)
class Meter:
    """Counts what one channel sends. Never waits: over the limit is a DeliveryError that says how long.

    Attributes:
        whom: the provider, in what an error says.
        limits: all of them hold, for each key by itself.
    """

    whom: str
    limits: tuple[Limit, ...]
    _taken: dict[str, list[datetime]] = attrs.field(factory=dict, init=False, repr=False)
    _held: tuple[datetime, timedelta] | None = attrs.field(default=None, init=False, repr=False)
    _lock: threading.Lock = attrs.field(factory=threading.Lock, init=False, repr=False)

    def take(self, count: int, at: datetime, keys: Iterable[str] = ("",)) -> None:
        """Count so many at an instant for every key, or none of it and raise DeliveryError."""
        keys = tuple(keys)
        with self._lock:
            if wait := max((self._wait(key, count, at) for key in keys), default=None):
                raise DeliveryError(f"{self.whom}:已到发送频率上限,稍后再发", retry_after=wait)
            for key in keys:
                self._taken[key] = [*self._recent(key, at), *[at] * count]

    def hold(self, wait: timedelta, at: datetime) -> None:
        """The provider itself said that it is too much: take nothing for so long."""
        with self._lock:
            self._held = at, wait

    def _wait(self, key: str, count: int, at: datetime) -> timedelta:
        taken = self._recent(key, at)
        return max(self._still_held(at), *(_over(taken, each, count, at) for each in self.limits))

    def _recent(self, key: str, at: datetime) -> list[datetime]:
        """What counts yet. A clock that was set back must not silence a channel for as long."""
        longest = max(limit.per for limit in self.limits)
        return [each for each in self._taken.get(key, []) if abs(each - at) < longest]

    def _still_held(self, at: datetime) -> timedelta:
        if self._held is None:
            return timedelta(0)
        since, wait = self._held
        left = since + wait - at
        return left if timedelta(0) < left <= 2 * wait else timedelta(0)


def _over(taken: list[datetime], limit: Limit, count: int, at: datetime) -> timedelta:
    """How long until there is room for ``count``; nothing if there is."""
    recent = sorted(each for each in taken if abs(each - at) < limit.per)
    surplus = len(recent) + count - limit.count
    if surplus <= 0:
        return timedelta(0)
    return recent[min(surplus, len(recent)) - 1] + limit.per - at if recent else limit.per
