"""Events, commands and cases <-> plain, tagged, versioned dicts; the form in which they are stored.

Instants are ISO 8601 in UTC, limits as they are written (``5个工作日``), every event and command
carries its name under ``type`` and the version of its form under ``v``. Keys that no class knows
are refused, so that a newer form is never read as an older one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, MutableMapping
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, get_args, get_origin

import attrs
import cattrs
from cattrs.errors import ForbiddenExtraKeysError
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn

from wenzheng_core.domain import cases
from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.commands import COMMANDS, Command
from wenzheng_core.domain.errors import require_kind, require_text
from wenzheng_core.domain.events import EVENTS, Event, Record, without_personal
from wenzheng_core.domain.limits import Limit, parse_limit, write_limit
from wenzheng_core.domain.messages import Message

TAG = "type"
VERSION = "v"
CURRENT = 2
"""The version of the form in which events and commands are written.

A default of an event's field belongs to the form: it is left out in writing, so it never changes."""
OLDEST = 2
"""The oldest form of an event that is read; those before it were never released."""

SNAPSHOT = 3
"""The version of the form of a case; raised with any change of its fields, and the case is then
made again from its records."""

Upcast = Callable[[dict[str, Any]], dict[str, Any]]

UPCASTERS: MutableMapping[tuple[str, int], Upcast] = {}
"""For an event's name and a form: what makes the dict of that form one of the next form.

It is given the fields with the name under ``type``, and may give another name. An event without one
was left as it was by the next form. Stored events are never rewritten: they are raised when read."""

_UTC_TAIL = len("+00:00")
_MANY = 4096

# A case and its events share a handful of instants and limits, so each is written and read once.


@lru_cache(_MANY)
def _instant_out(value: datetime) -> str:
    return value.astimezone(UTC).isoformat()[:-_UTC_TAIL] + "Z"


@lru_cache(_MANY)
def _instant_in(value: Any, _: Any) -> datetime:
    instant = datetime.fromisoformat(value)
    if instant.tzinfo is not UTC:
        raise ValueError(f"时间 {value} 不是以 Z 结尾的 UTC 时间")
    return instant


@lru_cache(_MANY)
def _limit_in(value: Any, _: Any) -> Limit | None:
    return None if value is None else parse_limit(value)


def _limit_out(value: Limit | None) -> str | None:
    return None if value is None else write_limit(value)


def _make_converter() -> cattrs.Converter:
    converter = cattrs.Converter(detailed_validation=False, forbid_extra_keys=True)
    converter.register_unstructure_hook(datetime, _instant_out)
    converter.register_structure_hook(datetime, _instant_in)
    converter.register_unstructure_hook(date, lambda value: value.isoformat())
    converter.register_structure_hook(date, lambda value, _: date.fromisoformat(value))
    for limit in (Limit, Limit | None):
        converter.register_unstructure_hook(limit, _limit_out)
        converter.register_structure_hook(limit, _limit_in)
    converter.register_structure_hook_factory(_is_row, _row_in)
    of_case = [x for x in vars(cases).values() if isinstance(x, type) and attrs.has(x)]
    kinds: list[type[Any]] = [Message, *EVENTS, *COMMANDS, *of_case]
    for kind in dict.fromkeys(kinds):
        _omit_defaults(converter, kind)
    return converter


def _is_row(kind: Any) -> bool:
    return get_origin(kind) is tuple and get_args(kind)[1:] == (...,)


def _row_in(kind: Any, converter: cattrs.BaseConverter) -> Callable[[Any, Any], Any]:
    """What reads tuples of one kind; what reads an element is looked up once, a tenth of a case."""
    element = get_args(kind)[0]
    back = converter.get_structure_hook(element)
    return lambda values, _: tuple([back(value, element) for value in values])


def _omit_defaults(converter: cattrs.Converter, kind: type[Any]) -> None:
    out = make_dict_unstructure_fn(kind, converter, _cattrs_omit_if_default=True)
    back = make_dict_structure_fn(kind, converter, _cattrs_forbid_extra_keys=True)
    converter.register_unstructure_hook(kind, out)
    converter.register_structure_hook(kind, back)


_CONVERTER = _make_converter()
_EVENTS = {kind.__name__: kind for kind in EVENTS}
_COMMANDS = {kind.__name__: kind for kind in COMMANDS}
# Looked up once: the converter would go through its dispatch for every value.
_OUT = {k: _CONVERTER.get_unstructure_hook(k) for k in (*EVENTS, *COMMANDS, Case)}
_BACK = {k: _CONVERTER.get_structure_hook(k) for k in (*EVENTS, *COMMANDS, Case)}


def event_to_dict(event: Event) -> dict[str, Any]:
    """An event as a tagged dict."""
    return _tagged(event)


def event_from_dict(data: dict[str, Any]) -> Event:
    """The event back, an older form raised to the current one.

    Raises ValueError on an unknown name, version of form, or key.
    """
    event: Event = _back(_upcast(data), _EVENTS)
    return event


def _upcast(data: Mapping[str, Any]) -> dict[str, Any]:
    """The dict in the current form; one of an unknown form as it is."""
    fields, form = dict(data), data.get(VERSION)
    if not isinstance(form, int) or not OLDEST <= form < CURRENT:
        return fields
    del fields[VERSION]
    for older in range(form, CURRENT):
        step = UPCASTERS.get((fields.get(TAG, ""), older))
        fields = step(fields) if step else fields
    return {**fields, VERSION: CURRENT}


def command_to_dict(command: Command) -> dict[str, Any]:
    """A command as a tagged dict."""
    return _tagged(command)


def command_from_dict(data: dict[str, Any]) -> Command:
    """The command back. Raises ValueError on an unknown name, version of form, or key."""
    command: Command = _back(data, _COMMANDS)
    return command


def _tagged(value: Event | Command) -> dict[str, Any]:
    kind = type(value)
    data: dict[str, Any] = _OUT[kind](value)
    data[TAG] = kind.__name__
    data[VERSION] = CURRENT
    return data


def _back(data: dict[str, Any], kinds: dict[str, type[Any]]) -> Any:
    fields = dict(data)
    name, version = fields.pop(TAG, None), fields.pop(VERSION, None)
    if name not in kinds or version != CURRENT:
        raise ValueError(f"无法识别的记录:{name!r},格式版本 {version!r}(本程序的版本为 {CURRENT})")
    return _structured(fields, kinds[name])


def _structured(fields: dict[str, Any], kind: type[Any]) -> Any:
    try:
        return _BACK[kind](fields, kind)
    except (ForbiddenExtraKeysError, LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"「{kind.__name__}」的内容与其格式不符:{error!r}") from error


def case_to_dict(case: Case) -> dict[str, Any]:
    """A case as a dict; a snapshot that can always be made again from its records."""
    data: dict[str, Any] = _OUT[Case](case)
    data[VERSION] = SNAPSHOT
    return data


def case_from_dict(data: dict[str, Any]) -> Case:
    """The case back. Raises ValueError on another version of form."""
    fields = dict(data)
    if fields.pop(VERSION, None) != SNAPSHOT:
        raise ValueError("办件快照的格式版本不符;请由事件重建")
    case: Case = _structured(fields, Case)
    return case


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode


def to_json(data: Any) -> str:
    """Compact JSON with Chinese as it is; equal values give equal texts."""
    return _encode(data)


def from_json(text: str | bytes) -> Any:
    """The value of a JSON text."""
    return json.loads(text)


def record_to_dict(record: Record, *, personal: bool = False) -> dict[str, Any]:
    """A record for display and export: where, when, who, what.

    Who the citizen is and how to reach them is in it only where ``personal`` asks for it.
    """
    shown = record.event if personal else without_personal(record.event, ("contact",))
    event = event_to_dict(shown)
    return {
        "case_id": record.case_id,
        "version": record.version,
        "at": _instant_out(record.at),
        "actor": record.actor,
        "event": event,
    }


def record_from_dict(data: Mapping[str, Any]) -> Record:
    """The record back; what was left out in writing is empty.

    Raises ValueError for what :func:`record_to_dict` does not write.
    """
    fields = dict(data)
    try:
        event = event_from_dict(fields.pop("event"))
        at = _instant_in(fields.pop("at"), datetime)
        record = Record(at=at, event=event, **fields)
        require_text(record.case_id, "case_id")
        require_text(record.actor, "actor")
        require_kind(record.version, int, "version", "1")
    except (LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"记录的内容与其格式不符:{error}") from error
    return record
