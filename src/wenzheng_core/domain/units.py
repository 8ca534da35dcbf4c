"""承办单位: the tree of units, what each is called, and which offices (职务) somebody holds in it.

Persons are not known here: an office is resolved to a person and an address by the embedder.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property

import attrs

from wenzheng_core.domain.errors import UnknownError

UNIT_HEAD = "unit_head"
LIAISON = "liaison"
LEADER = "leader"
OFFICE_TITLES = {UNIT_HEAD: "一把手", LIAISON: "联络员", LEADER: "领导"}


def office_title(office: str) -> str:
    """An office (职务) in Chinese; one that the city named in Chinese as it is, another id in 「」."""
    return OFFICE_TITLES.get(office) or (f"「{office}」" if office.isascii() else office)


@attrs.frozen
class Unit:
    """A unit that handles messages, or the office that assigns them.

    Attributes:
        id: stable identifier.
        name: its full name.
        parent: the unit above it, or "".
        offices: the offices that are filled, such as ``unit_head`` and ``liaison``.
        areas: places or matters for which it answers, as the city words them.
    """

    id: str
    name: str
    parent: str = ""
    offices: tuple[str, ...] = (UNIT_HEAD, LIAISON)
    areas: tuple[str, ...] = ()


@attrs.frozen(slots=False)
class Units:
    """All units of a city. Iterates in the order of its file."""

    all: tuple[Unit, ...] = ()

    @cached_property
    def _by_id(self) -> dict[str, Unit]:
        return {unit.id: unit for unit in self.all}

    def __iter__(self) -> Iterator[Unit]:
        return iter(self.all)

    def __contains__(self, unit_id: str) -> bool:
        return unit_id in self._by_id

    def get(self, unit_id: str) -> Unit:
        """The unit of that id. Raises UnknownError, naming those that exist."""
        try:
            return self._by_id[unit_id]
        except KeyError:
            raise UnknownError("承办单位", unit_id, tuple(self._by_id)) from None

    def name(self, unit_id: str) -> str:
        """The unit's name, or its id where the unit is gone from the list."""
        unit = self._by_id.get(unit_id)
        return unit.name if unit else unit_id

    def named_in(self, *texts: str) -> str | None:
        """The unit whose area is named first, in the first text that names any: a suggestion."""
        if self._area is None:
            return None
        for text in texts:
            if found := self._area.search(text):
                return self._by_area[found[0]]
        return None

    @cached_property
    def _by_area(self) -> dict[str, str]:
        return {area: unit.id for unit in self.all for area in unit.areas}

    @cached_property
    def _area(self) -> re.Pattern[str] | None:
        longest_first = sorted(self._by_area, key=len, reverse=True)
        return re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def holder(self, unit_id: str, offices: Iterable[str]) -> str | None:
        """The first of the offices that somebody holds in the unit; None if nobody does."""
        unit = self._by_id.get(unit_id)
        held = unit.offices if unit else ()
        return next((office for office in offices if office in held), None)
