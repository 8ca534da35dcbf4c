"""Each entry of a policy as the keys that rule, without its words and whatever stands by default.

The keys and their values are those of ``policy.toml``, so that an author can write from the document
a second time what a rung, a gate or a row must say, and have the two compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from types import MappingProxyType
from typing import Any

import attrs

from wenzheng_core import policyfile as f
from wenzheng_core.domain.policies import Policy
from wenzheng_core.proofs.dumping import policy_data
from wenzheng_core.tomlfile.hooks import key_of

Keys = dict[str, Any]

WORDS = frozenset({"title", "basis", "choice", "answer", "diverts_to", "no_limit", "aliases"})
"""Keys that hold words for a reader, and rule nothing by themselves."""

ENTRIES: Mapping[str, tuple[type, str]] = MappingProxyType(
    {
        "columns": (f.ColumnTable, ""),
        "clock": (f.ClockTable, "id"),
        "limit": (f.LimitTable, "id"),
        "gate": (f.GateTable, "id"),
        "checklist": (f.ChecklistTable, "id"),
        "last_step": (f.LastStepTable, "to"),
        "rung": (f.RungTable, "id"),
        "decline": (f.DeclineTable, "code"),
        "pause": (f.PauseTable, "code"),
        "extension": (f.ExtensionTable, "clock"),
        "measure": (f.MeasureTable, "id"),
        "campaign": (f.CampaignTable, "id"),
        "schedule": (f.ScheduleTable, "id"),
    }
)
"""Each kind of entries: its table, and the key by which one is known."""

SINGLE: Mapping[str, type] = MappingProxyType(
    {
        "time": f.TimeTable,
        "routing": f.RoutingTable,
        "ranking": f.RankingTable,
        "supervision": f.SupervisionTable,
        "retention": f.RetentionTable,
    }
)
"""The tables of which there is one."""


_EMPTY: tuple[Any, ...] = ([], {}, None)


def entry_keys(policy: Policy) -> dict[str, dict[str, Keys]]:
    """By kind and id, what each entry rules; a row of a clock is ``clock/row``, a single table ""."""
    data = policy_data(policy)
    found = {kind: dict(_entries(kind, data)) for kind in ENTRIES}
    return found | {
        kind: {"": ruling(table, data[kind]) if kind in data else {}}
        for kind, table in SINGLE.items()
    }


def _entries(kind: str, data: Mapping[str, Any]) -> Iterator[tuple[str, Keys]]:
    table, name = ENTRIES[kind]
    if kind == "columns":
        yield from ((key, ruling(table, column)) for key, column in data[kind].items())
        return
    if kind == "limit":
        for clock in data["clock"]:
            for row in clock["limit"]:
                yield f"{clock['id']}/{row['id']}", ruling(table, row, name)
        return
    met: dict[str, int] = {}
    for entry in data[kind]:
        key = entry[name]
        met[key] = met.get(key, 0) + 1
        yield key if met[key] == 1 else f"{key}#{met[key]}", ruling(table, entry, name)


def as_ruling(kind: str, keys: Mapping[str, Any]) -> Keys:
    """The keys that an author wrote for an entry of a kind, in the form of :func:`entry_keys`."""
    table, name = ENTRIES[kind] if kind in ENTRIES else (SINGLE[kind], "")
    return ruling(table, keys, name)


def ruling(table: type, entry: Mapping[str, Any], name: str = "") -> Keys:
    """The keys of an entry that say something, conditions in one form; ``name`` is its own."""
    usual = {
        key_of(field): field.default
        for field in attrs.fields(table)
        if field.default is not attrs.NOTHING
    }
    found = {}
    for key, value in entry.items():
        if key in WORDS or key in (name, "limit") or value is None:
            continue
        plain = _plain(key, value)
        default = _plain(key, usual[key]) if key in usual else None
        if plain != default and not (plain in _EMPTY and default in _EMPTY and key in usual):
            found[key] = plain
    return found


def _plain(key: str, value: Any) -> Any:
    if isinstance(value, attrs.Factory):  # type: ignore[arg-type]
        return {}
    if isinstance(value, Enum):
        return value.value
    if key == "when" and isinstance(value, Mapping):
        return _condition(value)
    if key == "also" and value:
        return [_condition(one) for one in value]
    return list(value) if isinstance(value, tuple) else value


def _condition(cells: Mapping[str, Any]) -> dict[str, list[str]]:
    return {
        name: sorted(cell if isinstance(cell, list | tuple) else [cell])
        for name, cell in cells.items()
    }
