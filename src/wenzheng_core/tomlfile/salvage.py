"""What can be made of a faulty file, so that one fault does not hide the next.

Every sound part is kept as it stands; what is at fault is left out, or stood in for where the class
requires it. The paths of all that was lost come along, so that nobody judges a stand-in.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from enum import Enum
from typing import Any, Generic, TypeVar, get_args

import attrs
import cattrs

from wenzheng_core.domain.errors import Fault
from wenzheng_core.tomlfile.hooks import is_dict, is_tuple, key_of

T = TypeVar("T")

_LOST = object()
_STAND_INS: dict[object, object] = {
    str: "",
    int: 1,
    bool: False,
    float: 0.0,
    date: date(2000, 1, 1),
    time: time(0),
    datetime: datetime(2000, 1, 1),  # noqa: DTZ001 - as naive as TOML's own
}


@attrs.frozen
class Salvaged(Generic[T]):
    """A value made of a file's sound parts, the faults of its shape, and what was lost."""

    value: T
    faults: tuple[Fault, ...] = ()
    lost: frozenset[str] = frozenset()


def salvage(
    data: object, cls: type[T], converter: cattrs.Converter, faults: Iterable[Fault]
) -> Salvaged[T]:
    """The sound parts of data that has these faults, as a ``cls``."""
    lost: set[str] = set()
    sound = _Sorting(converter, lost).sound(data, cls, "$")
    value = converter.structure(_stand_in(cls) if sound is _LOST else sound, cls)
    return Salvaged(value, tuple(faults), frozenset(lost))


@attrs.frozen
class _Sorting:
    converter: cattrs.Converter
    lost: set[str]

    def sound(self, value: Any, kind: Any, path: str) -> Any:
        """What of the value fits its kind; ``_LOST`` if nothing does."""
        if self._fits(value, kind):
            return value
        if attrs.has(kind) and isinstance(value, Mapping):
            return self._table(value, kind, path)
        if is_tuple(kind) and isinstance(value, list):
            item = get_args(kind)[0]
            found = [self.sound(part, item, f"{path}[{i}]") for i, part in enumerate(value)]
            return [_stand_in(item) if part is _LOST else part for part in found]
        if is_dict(kind) and isinstance(value, Mapping):
            item = get_args(kind)[1]
            pairs = {name: self.sound(part, item, f"{path}.{name}") for name, part in value.items()}
            return {name: part for name, part in pairs.items() if part is not _LOST}
        self.lost.add(path)
        return _LOST

    def _fits(self, value: Any, kind: Any) -> bool:
        try:
            self.converter.structure(value, kind)
        except Exception:
            return False
        return True

    def _table(self, value: Mapping[str, Any], kind: type[Any], path: str) -> dict[str, Any]:
        fields = _fields(kind)
        for key in set(value) - set(fields):
            # A misspelt key is lost under both names: nobody then misses the right one.
            near = difflib.get_close_matches(key, fields, n=1)
            self.lost.update(f"{path}.{name}" for name in (key, *near))
        table: dict[str, Any] = {}
        for key, field in fields.items():
            found = _LOST
            if key in value:
                found = self.sound(value[key], field.type, f"{path}.{key}")
            elif field.default is attrs.NOTHING:
                self.lost.add(f"{path}.{key}")
            if found is not _LOST:
                table[key] = found
            elif field.default is attrs.NOTHING:
                table[key] = _stand_in(field.type)
        return table


def _fields(kind: type[Any]) -> dict[str, attrs.Attribute[Any]]:
    attrs.resolve_types(kind)
    return {key_of(field): field for field in attrs.fields(kind) if field.init}


def _stand_in(kind: Any) -> Any:
    if isinstance(kind, type) and issubclass(kind, Enum):
        return next(iter(kind)).value
    if attrs.has(kind):
        required = {k: f for k, f in _fields(kind).items() if f.default is attrs.NOTHING}
        return {key: _stand_in(field.type) for key, field in required.items()}
    if is_tuple(kind):
        return []
    return {} if is_dict(kind) else _STAND_INS[kind]
