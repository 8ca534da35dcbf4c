"""Plain data of a policy with one thing changed; the data themselves are never touched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

Data = Mapping[str, Any]
Place = tuple[str | int, ...]
"""Where something stands: ``("clock", 0, "limit", 1, "within")``."""


class Slip(NamedTuple):
    """One change: where, what it is in Chinese, and the data with it."""

    place: Place
    text: str
    data: dict[str, Any]


Slips = Iterator[Slip]


def path(place: Place) -> str:
    """A place as faults name it: ``$.clock[0].limit[1].within``."""
    return "$" + "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in place)


def at(data: Any, place: Place) -> Any:
    """What stands there. Raises KeyError, IndexError."""
    for key in place:
        data = data[key]
    return data


def put(data: Any, place: Place, value: Any) -> Any:
    """The data with another value there."""
    key, rest = place[0], place[1:]
    copy = list(data) if isinstance(data, list) else dict(data)
    copy[key] = put(data[key], rest, value) if rest else value  # type: ignore[index]
    return copy


def drop(data: Any, place: Place) -> Any:
    """The data without what stands there."""
    key, rest = place[0], place[1:]
    copy = list(data) if isinstance(data, list) else dict(data)
    if rest:
        copy[key] = drop(data[key], rest)  # type: ignore[index]
    else:
        del copy[key]  # type: ignore[arg-type]
    return copy


def tables(data: Data, *names: str) -> Iterator[tuple[Place, dict[str, Any]]]:
    """Every table of an array, or of an array within the tables of an array, with its place."""
    if names[0] not in data:
        return
    for index, table in enumerate(data[names[0]]):
        here: Place = (names[0], index)
        if len(names) == 1:
            yield here, table
        else:
            for place, inner in tables(table, *names[1:]):
                yield (*here, *place), inner


def named(table: Mapping[str, Any]) -> str:
    """How an officer calls a table: its title, else its id."""
    name = table.get("title") or table.get("id") or table.get("code") or table.get("to") or ""
    return f"「{name}」" if name else ""


def replaced(data: Data, place: Place, value: Any, what: str, old: str, new: str) -> Slip:
    """A change of one value."""
    return Slip(place, f"{what}:{old} → {new}", put(data, place, value))


def dropped(data: Data, place: Place, what: str) -> Slip:
    """Something left out."""
    return Slip(place, f"删去{what}", drop(data, place))


def flipped(data: Data, place: Place, what: str) -> Slip:
    """A yes for a no."""
    was = bool(at(data, place[:-1]).get(place[-1]))
    shown = {True: "是", False: "否"}
    return replaced(data, place, not was, what, shown[was], shown[not was])
