"""The strict cattrs hooks behind :mod:`wenzheng_core.tomlfile`: nothing is coerced, ever.

TOML already knows texts, numbers, truth values, dates and times. A hook therefore only asks
whether the value is of its kind, and says in Chinese what was expected and what came.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from enum import Enum
from typing import Any, TypeVar, get_args, get_origin

import attrs
import cattrs
from cattrs.errors import IterableValidationError, IterableValidationNote
from cattrs.gen import make_dict_structure_fn, override

T = TypeVar("T")
Hook = Callable[[Any, Any], Any]

_NAMES: dict[type, str] = {
    bool: "true 或 false",
    str: "文字",
    int: "整数",
    float: "小数",
    datetime: "带时刻的时间",
    date: "日期",
    time: "时刻",
    list: "列表",
    dict: "表",
}
_WRITTEN: dict[type, str] = {
    bool: "写作 true 或 false,不加引号",
    str: "写在双引号内",
    int: "只写数字,不加引号",
    float: "写作 0.95,不加引号",
    datetime: "写作 2020-01-31T17:30:00,不加引号,不写时区",
    date: "写作 2020-01-31,不加引号,不带时刻",
    time: "写作 17:30:00,不加引号",
    list: "写在方括号内",
    dict: "写作 { 键 = 值 } 或 [表头]",
}
_SHOWN = 30


class UnfitError(ValueError):
    """A value does not fit. ``at`` leads from the object to the part at fault, as in ``.last``."""

    def __init__(self, reason: str, mend: str = "", at: str = "") -> None:
        self.reason = reason
        self.mend = mend
        self.at = at
        super().__init__(reason)


def key_of(attribute: attrs.Attribute[Any]) -> str:
    """The TOML key of a field: its metadata's ``key``, else its name."""
    return str(attribute.metadata.get("key", attribute.name))


def register_hooks(converter: cattrs.Converter) -> None:
    """Make the converter strict; a hook registered later takes precedence."""
    # By class, for cattrs asks its class hooks first; they serve subclasses as well.
    for kind in (str, int, bool, float, date, time, datetime):
        converter.register_structure_hook(kind, _scalar(kind))
    converter.register_structure_hook(Enum, _enum)
    converter.register_structure_hook_factory(is_tuple, lambda t: _tuple(t, converter))
    converter.register_structure_hook_factory(is_dict, lambda t: _dict(t, converter))
    converter.register_structure_hook_factory(attrs.has, lambda t: _attrs(t, converter))


def is_tuple(t: Any) -> bool:
    """Whether it is a list of one kind: ``tuple[X, ...]``."""
    return get_origin(t) is tuple and len(get_args(t)) == 2 and get_args(t)[1] is Ellipsis


def is_dict(t: Any) -> bool:
    """Whether it is a table with keys of the author's own."""
    return get_origin(t) in (dict, Mapping)


def _scalar(kind: type) -> Hook:
    def hook(value: Any, wanted: Any) -> Any:
        if isinstance(wanted, type) and issubclass(wanted, Enum):  # a StrEnum is a str, too
            return _enum(value, wanted)
        # The exact type: True is no number, and a date with a clock is no date.
        if type(value) is not kind:
            raise _unlike(kind, value)
        return value

    return hook


def _enum(value: Any, kind: type[Enum]) -> Enum:
    try:
        return kind(value)
    except ValueError:
        meant = _labelled(value, kind)
        mend = f"写 {_member(meant)}" if meant else f"可用的值:{members(kind)}"
        raise UnfitError(f"不能是{_describe(value)}", mend) from None


def _labelled(value: object, kind: type[Enum]) -> Enum | None:
    """The one member whose Chinese label is meant: the very word, or else how it begins."""
    if not isinstance(value, str) or not value.strip():
        return None
    labels = {member: str(getattr(member, "label", "")) for member in kind}
    exact = [member for member, label in labels.items() if label == value.strip()]
    found = exact or [m for m, label in labels.items() if label.startswith(value.strip())]
    return found[0] if len(found) == 1 else None


def members(kind: type[Enum]) -> str:
    """All members as they are written in a file, with their Chinese labels where they have any."""
    return "、".join(map(_member, kind))


def _member(member: Enum) -> str:
    label = getattr(member, "label", "")
    return f'"{member.value}"({label})' if label else f'"{member.value}"'


def _tuple(kind: Any, converter: cattrs.Converter) -> Hook:
    item = get_args(kind)[0]

    def hook(value: Any, _: Any) -> tuple[Any, ...]:
        if not isinstance(value, list | tuple):
            raise _unlike(list, value)
        return tuple(_each(list(enumerate(value)), item, converter, kind))

    return hook


def _dict(kind: Any, converter: cattrs.Converter) -> Hook:
    item = get_args(kind)[1]

    def hook(value: Any, _: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise _unlike(dict, value)
        return dict(zip(value, _each(list(value.items()), item, converter, kind), strict=True))

    return hook


def _each(
    pairs: list[tuple[Any, Any]], item: Any, converter: cattrs.Converter, kind: Any
) -> list[Any]:
    done: list[Any] = []
    errors: list[Exception] = []
    for index, value in pairs:
        try:
            done.append(converter.structure(value, item))
        except Exception as error:
            error.add_note(IterableValidationNote(f"item {index}", index, item))
            errors.append(error)
    if errors:
        raise IterableValidationError("faulty items", errors, kind)
    return done


def _attrs(cls: type[T], converter: cattrs.Converter) -> Callable[[Any, Any], T]:
    renamed = {a.name: override(rename=key_of(a)) for a in attrs.fields(cls) if a.init}  # type: ignore[arg-type]
    structure = make_dict_structure_fn(cls, converter, **renamed)  # type: ignore[arg-type]

    def hook(value: Any, _: Any) -> T:
        if not isinstance(value, Mapping):
            raise _unlike(dict, value)
        return structure(value, cls)

    return hook


def _unlike(kind: type, value: object) -> UnfitError:
    return UnfitError(f"应为{_NAMES[kind]},得到的是{_describe(value)}", _WRITTEN[kind])


def _describe(value: object) -> str:
    name = _NAMES.get(type(value), type(value).__name__)
    if isinstance(value, list | dict):
        return name
    text = f'"{value}"' if isinstance(value, str) else str(value)
    text = text.lower() if isinstance(value, bool) else text
    shown = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
    return shown if isinstance(value, bool) else f"{name} {shown}"
