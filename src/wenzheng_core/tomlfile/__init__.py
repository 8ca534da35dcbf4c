"""TOML files into frozen attrs classes, with every fault at once and in Chinese.

Three steps, each usable alone: :func:`parse_toml` (text to plain data), :func:`make_converter`
(a strict cattrs converter) and :func:`structure` (plain data to a class). :func:`lenient` instead
of the last also hands back what was sound, for those who have more to check. What is wrong comes out
as one :class:`~wenzheng_core.domain.errors.InputFaultsError` that lists all faults, each with its
path (``$.edition[1].off[0].first``) and, where one can be told, its mend.

A TOML key that is no Python name goes into the field's metadata: ``metadata={"key": "from"}``.
A hook or validator of one's own raises :class:`UnfitError`, or any ValueError with a Chinese text.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterator
from datetime import date, datetime, time
from enum import Enum
from typing import Any, TypeVar, get_args

import attrs
import cattrs
from cattrs.errors import (
    AttributeValidationNote,
    BaseValidationError,
    ForbiddenExtraKeysError,
    IterableValidationNote,
)

from wenzheng_core.domain.errors import Fault, InputFaultsError
from wenzheng_core.tomlfile.hooks import UnfitError, is_tuple, key_of, members, register_hooks
from wenzheng_core.tomlfile.salvage import Salvaged, salvage

__all__ = [
    "Salvaged",
    "UnfitError",
    "faults_of",
    "lenient",
    "make_converter",
    "parse_toml",
    "structure",
]

T = TypeVar("T")

_POSITION = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_SYNTAX = {
    "Expected '=' after a key": "键的后面应为等号",
    "Invalid value": "等号后面的值写得不对;文字须加双引号",
    "Invalid date or datetime": "日期不存在",
    "Cannot overwrite a value": "同一个键写了两次",
    "Cannot declare": "同一张表写了两次",
    "Duplicate inline table key": "花括号内同一个键写了两次",
    "Unclosed array": "列表缺少右方括号 ]",
    "Unclosed inline table": "花括号缺少 }",
    "Unterminated string": "文字缺少结尾的引号",
    "Illegal character": "此处有不允许的字符(常见于全角标点或文字中的换行)",
    "Expected newline or end of document after a statement": "一条写完后应换行",
    "Expected ']'": "表头缺少右方括号 ]",
    "Expected ']]'": "列表的表头缺少右方括号 ]]",
    "Expected": "此处缺少应有的符号,常见于引号没有成对",
    "Found invalid character": "此处有不允许的字符",
    "Cannot mutate": "已经写定的表不能再添",
    "Cannot redefine": "同一张表写了两次",
    "Invalid hex value": "\\u 后面须为四位、\\U 后面须为八位十六进制数",
    "Escaped character": "反斜杠所写的字符不存在",
    "Unescaped": "文字中的反斜杠须写成两个",
    "Invalid initial character for a key part": "键只能用英文字母、数字、下划线和连字符",
    "Invalid statement": "这一行不是「键 = 值」,也不是 [表头]",
}
_UNKNOWN = "此处不合 TOML 的写法"
_EXAMPLES: dict[object, str] = {
    str: '"文字"',
    int: "整数",
    bool: "true 或 false",
    date: "2020-01-31 这样的日期",
    time: "17:30:00 这样的时刻",
    datetime: "2020-01-31T17:30:00 这样的时间",
}


def parse_toml(text: str, subject: str) -> dict[str, Any]:
    """The plain data of a TOML text. Raises InputFaultsError with the line and column."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputFaultsError(subject, (_syntax_fault(str(error), text),)) from None


def structure(data: object, cls: type[T], converter: cattrs.Converter, subject: str) -> T:
    """The data as a ``cls``. Raises InputFaultsError that names all faults of the data."""
    try:
        return converter.structure(data, cls)
    except (cattrs.BaseValidationError, ForbiddenExtraKeysError, ValueError) as error:
        raise InputFaultsError(subject, faults_of(error)) from error


def lenient(data: object, cls: type[T], converter: cattrs.Converter) -> Salvaged[T]:
    """What is sound in the data as a ``cls``, beside all faults; see :mod:`.salvage`."""
    try:
        return Salvaged(structure(data, cls, converter, ""))
    except InputFaultsError as error:
        return salvage(data, cls, converter, error.faults)


def make_converter() -> cattrs.Converter:
    """A converter that coerces nothing, forbids unknown keys and collects every fault."""
    converter = cattrs.Converter(detailed_validation=True, forbid_extra_keys=True)
    register_hooks(converter)
    return converter


def faults_of(error: BaseException, path: str = "$") -> tuple[Fault, ...]:
    """All faults inside an error that a converter raised, each with its path below ``path``."""
    return tuple(_faults(error, path))


def _faults(error: BaseException, path: str) -> Iterator[Fault]:
    if isinstance(error, BaseValidationError):
        for inner in error.exceptions:
            yield from _inner_faults(inner, path, error.cl)
    elif isinstance(error, ForbiddenExtraKeysError):
        yield from _extra_keys(error, path)
    elif isinstance(error, UnfitError):
        yield Fault(error.reason, f"{path}{error.at}", error.mend)
    else:
        yield Fault(str(error) or type(error).__name__, path)


def _inner_faults(error: BaseException, path: str, owner: type) -> Iterator[Fault]:
    note = _note(error)
    if isinstance(note, IterableValidationNote):
        step = f"[{note.index}]" if isinstance(note.index, int) else f".{note.index}"
        yield from _faults(error, path + step)
    elif isinstance(note, AttributeValidationNote):
        # cattrs notes the Python name; the file may spell the key otherwise.
        key = key_of(attrs.fields_dict(owner)[note.name])
        if isinstance(error, KeyError) and error.args == (key,):
            yield Fault(f"缺少必填项 {key}", path, f"请补写 {_example(key, note.type, path)}")
        else:
            yield from _faults(error, f"{path}.{key}")
    else:
        yield from _faults(error, path)


def _example(key: str, kind: Any, path: str) -> str:
    """What to write for a key that is missing: its value, or the head of its table."""
    item = get_args(kind)[0] if is_tuple(kind) else None
    if item is not None and attrs.has(item):
        head = re.sub(r"\[\d+\]", "", path).removeprefix("$").lstrip(".")
        return f"[[{head}.{key}]]" if head else f"[[{key}]]"
    if isinstance(kind, type) and issubclass(kind, Enum):
        return f"{key} = …;可用的值:{members(kind)}"
    if item is not None:
        return f"{key} = [{_EXAMPLES.get(item, '…')}]"
    return f"{key} = {_EXAMPLES.get(kind, '…')}"


def _note(error: BaseException) -> IterableValidationNote | AttributeValidationNote | None:
    for note in getattr(error, "__notes__", ()):
        if isinstance(note, IterableValidationNote | AttributeValidationNote):
            return note
    return None


def _extra_keys(error: ForbiddenExtraKeysError, path: str) -> Iterator[Fault]:
    allowed = [key_of(a) for a in attrs.fields(error.cl) if a.init]
    for key in sorted(map(str, error.extra_fields)):
        near = difflib.get_close_matches(key, allowed, n=1)
        hint = f"是否应为 {near[0]}?" if near else ""
        yield Fault(f"不认识的键 {key}", f"{path}.{key}", f"{hint}可用的键:{'、'.join(allowed)}")


def _syntax_fault(message: str, text: str) -> Fault:
    match = _POSITION.search(message)
    bare = message[: match.start()] if match else message
    reason = next((zh for en, zh in _SYNTAX.items() if bare.startswith(en)), _UNKNOWN)
    if match is None or match[1] is None:
        return Fault(f"TOML 写法有误:{reason}", "文件末尾")
    line = int(match[1])
    shown = text.split("\n")[line - 1].strip()
    return Fault(f"TOML 写法有误:{reason}", f"第{line}行第{match[2]}列", f"请检查这一行:{shown}")
