"""Ids and titles, alike in all files of a city: never blank, and ids fit to be named by others.

A story names a unit's clock ``handle@jianshe`` and a list of ids is read by eye, so that no id holds
``@``, ``/`` or a space.
"""

from __future__ import annotations

from typing import Any

import attrs

from wenzheng_core.policywords import Words
from wenzheng_core.tomlfile.hooks import key_of

_IDS = frozenset({"id", "code"})
_TITLES = frozenset({"title", "name", "version", "calendar"})
_ODD = frozenset("@/")


def check_names(table: Any, words: Words, path: str = "$") -> None:
    """Every id and title of a table and of the tables in it."""
    for field in attrs.fields(type(table)):
        key, value = key_of(field), getattr(table, field.name)
        where = f"{path}.{key}"
        for inner, place in _tables_in(value, where):
            check_names(inner, words, place)
        if isinstance(value, dict):
            for name, inner in value.items():
                if attrs.has(type(inner)):
                    _check_id(name, words, f"{where}.{name}")
        elif key in _IDS:
            _check_id(value, words, where)
        elif key in _TITLES and (value or field.default is attrs.NOTHING):
            words.require(value, where, f"{key} 不能为空白", "写明")


def _tables_in(value: Any, path: str) -> list[tuple[Any, str]]:
    """The tables that a key holds, each with its path."""
    held = [(value, path)]
    if isinstance(value, tuple):
        held = [(inner, f"{path}[{index}]") for index, inner in enumerate(value)]
    elif isinstance(value, dict):
        held = [(inner, f"{path}.{name}") for name, inner in value.items()]
    return [(inner, place) for inner, place in held if attrs.has(type(inner))]


def _check_id(name: str, words: Words, path: str) -> None:
    if not name.strip():
        words.fault("编号不能为空白", path, '如 "handle";用字母、数字、汉字、「-」「_」')
    elif any(char in _ODD or char.isspace() or not char.isprintable() for char in name):
        mend = "用字母、数字、汉字、「-」「_」"
        words.fault(f"编号「{name}」含有空格、「@」或「/」", path, mend)
