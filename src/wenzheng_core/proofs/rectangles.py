"""Cells put together: a set of values for every column instead of one cell after another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

Values = Mapping[str, tuple[str, ...]]
"""The columns that are told apart, each with all its values in order."""

Rectangle = dict[str, tuple[str, ...]]
"""For each column the values that it may have; a column that may have any of its values is left out."""

_Box = tuple[tuple[str, ...], ...]


def merged(cells: Iterable[Mapping[str, str]], values: Values) -> tuple[Rectangle, ...]:
    """The cells as disjoint rectangles that hold them and nothing else.

    Every cell has one value for each column. Columns are merged in their order, so the same cells
    always give the same rectangles; there may be a cover with fewer. The first rectangle holds the
    first cell in the order of the values.
    """
    names = tuple(values)
    order = {name: {value: n for n, value in enumerate(values[name])} for name in names}
    boxes: set[_Box] = {tuple((cell[name],) for name in names) for cell in cells}
    for place, name in enumerate(names):
        boxes = _along(place, boxes, order[name])
    ranked = sorted(
        boxes, key=lambda box: [[order[n][v] for v in b] for n, b in _named(box, names)]
    )
    return tuple(
        {name: found for name, found in _named(box, names) if found != values[name]}
        for box in ranked
    )


def _along(place: int, boxes: set[_Box], order: Mapping[str, int]) -> set[_Box]:
    """The boxes with those put together that differ in one column alone."""
    lots: dict[_Box, set[str]] = {}
    for box in boxes:
        lots.setdefault(box[:place] + box[place + 1 :], set()).update(box[place])
    return {
        (*rest[:place], tuple(sorted(found, key=order.__getitem__)), *rest[place:])
        for rest, found in lots.items()
    }


def _named(box: _Box, names: Sequence[str]) -> list[tuple[str, tuple[str, ...]]]:
    return list(zip(names, box, strict=True))


def write_rectangle(rectangle: Mapping[str, Sequence[str]], titles: Mapping[str, str]) -> str:
    """The rectangle as an officer says it: 「类别为咨询、建议,且分级为一般」; 「一律」 for all."""
    parts = [f"{titles.get(name) or name}为{'、'.join(found)}" for name, found in rectangle.items()]
    return ",且".join(parts) or "一律"
