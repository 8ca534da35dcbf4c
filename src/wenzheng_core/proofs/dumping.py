"""A policy written back as a ``policy.toml``: the same rules in one canonical text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from enum import Enum
from typing import Any, get_args

import attrs

from wenzheng_core.domain.cadences import Cadence, write_cadence
from wenzheng_core.domain.clockrules import ClockRule
from wenzheng_core.domain.escalation import Moment, write_moment
from wenzheng_core.domain.gates import Gate
from wenzheng_core.domain.instants import local_day
from wenzheng_core.domain.limits import Limit, write_limit
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.provisions import RankingRule, Routing, SupervisionRule
from wenzheng_core.domain.tables import Condition, Row
from wenzheng_core.policyfile import POLICY_SCHEMA

_LIMITS, _CADENCES = get_args(Limit), get_args(Cadence)
# The arrays of tables: their key in the file, and where they stand in a policy.
_ARRAYS = {
    "gate": "gates",
    "checklist": "checklists",
    "last_step": "last_steps",
    "rung": "rungs",
    "decline": "decline_reasons",
    "pause": "pause_reasons",
    "extension": "extensions",
    "measure": "measures",
    "accountability": "accountability",
    "campaign": "campaigns",
    "schedule": "schedules",
}
_RENAMED = {"first": "from", "cadence": "every", "act": "do"}
_HEAD = (
    "id", "title", "version", "valid_from", "basis", "calendar", "main_clock", "truncated",
    "valid_from_choice", "baseline", "systems", "silent",
)  # fmt: skip


def policy_data(policy: Policy) -> dict[str, Any]:
    """The plain data of the file that says what the policy says; keys without a value are left out."""
    data = {"schema": POLICY_SCHEMA} | {key: _plain(getattr(policy, key)) for key in _HEAD}
    data["columns"] = {
        column.name: {k: v for k, v in _table(column).items() if k != "name"}
        for column in policy.columns
    }
    times = {"basis": policy.time_basis, "choice": policy.time_choice}
    data["time"] = _table(policy.time) | times
    data["clock"] = [_clock(clock) for clock in policy.clocks]
    for key, name in _ARRAYS.items():
        data[key] = [_provided(item) for item in getattr(policy, name)]
    if policy.routing != Routing():
        data["routing"] = _table(policy.routing)
    if policy.supervision != SupervisionRule():
        data["supervision"] = _table(policy.supervision)
    if policy.ranking != RankingRule():
        data["ranking"] = _table(policy.ranking)
    if (kept := policy.retention) is not None:
        words = {"basis": kept.basis, "choice": kept.choice}
        data["retention"] = {"keep": f"{kept.years}年", **words}
    reply = policy.reply
    parts = {"avoid": reply.avoided, "part": reply.parts, "courtesy": reply.courtesy}
    data["reply"] = {key: [_table(word) for word in words] for key, words in parts.items()}
    return data


def _clock(clock: ClockRule) -> dict[str, Any]:
    own = {k: v for k, v in _table(clock).items() if k not in ("per_unit", "limits")}
    own["per"] = "unit" if clock.per_unit else "case"
    return own | {"limit": [_limit(row) for row in clock.limits.rows]}


def _limit(row: Row[Any]) -> dict[str, Any]:
    own = {"id": row.id, "overrides": list(row.overrides)}
    return own | _table(row.value) | _when(row.conditions)


def _provided(item: Any) -> dict[str, Any]:
    found = _table(item)
    renamed = {k: v for k, v in _RENAMED.items() if not (isinstance(item, Gate) and k == "act")}
    if isinstance(item, Gate):
        found["parallel"] = not found.pop("blocks")
    if "first" in found:
        found["first"] = local_day(item.first)
    if "until" in found:
        found["through"] = local_day(item.until - timedelta(microseconds=1))
        del found["until"]
    found = {renamed.get(key, key): value for key, value in found.items()}
    if hasattr(item, "conditions"):
        del found["conditions"]
        found |= _when(item.conditions)
    return found


def _when(conditions: tuple[Condition, ...]) -> dict[str, Any]:
    whens = [{name: sorted(values) for name, values in cell.items()} for cell in conditions]
    return {"when": whens[0], "also": whens[1:]} if whens != [{}] else {}


def _table(value: Any) -> dict[str, Any]:
    fields = attrs.fields(type(value))
    pairs = ((field.name, getattr(value, field.name)) for field in fields)
    return {name: _plain(item) for name, item in pairs if item is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, _LIMITS):
        return write_limit(value)
    if isinstance(value, Moment):
        return write_moment(value)
    if isinstance(value, _CADENCES):
        return write_cadence(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return dict(value)
    return value


def toml_text(data: Mapping[str, Any]) -> str:
    """A TOML text of plain data, a key a line."""
    return "".join(f"{_key(key)} = {_toml(value)}\n" for key, value in data.items())


def _key(key: str) -> str:
    return _toml(key)


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date | time | datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(k)} = {_toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value)
