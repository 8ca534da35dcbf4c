"""What the texts of two versions say differently: entries added, removed, changed, aligned by id."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any

import attrs

from wenzheng_core.domain.measures import RANKED_BY
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.provisions import COUNTS
from wenzheng_core.proofs.entrywords import FIELD_LABELS, KIND_LABELS, write_value


class What(StrEnum):
    """What became of an entry."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"

    @property
    def label(self) -> str:
        """The Chinese word."""
        return {What.ADDED: "新增", What.REMOVED: "删去", What.CHANGED: "修改"}[self]


@attrs.frozen
class FieldChange:
    """One field of an entry, as each version writes it."""

    name: str
    old: str
    new: str

    @property
    def label(self) -> str:
        """The Chinese name of the field."""
        return FIELD_LABELS.get(self.name, self.name)

    def __str__(self) -> str:
        return f"{self.label} {self.old} → {self.new}"


@attrs.frozen
class Change:
    """One entry that differs.

    Attributes:
        kind: which table of ``policy.toml`` it stands in; ``policy`` for the head of the file.
        id: its id there, with ``#2`` for the second of one id; "" where there is only one.
        title: what an officer calls it.
        fields: for a changed entry, what differs, in the order of the table.
    """

    kind: str
    id: str
    title: str
    what: What
    fields: tuple[FieldChange, ...] = ()

    @property
    def basis(self) -> FieldChange | None:
        """How its basis changed, if it did."""
        return next((field for field in self.fields if field.name == "basis"), None)

    def __str__(self) -> str:
        named = "".join((KIND_LABELS[self.kind], f"「{self.title}」" if self.title else ""))
        shown = f"({self.id})" if self.id and self.id != self.title else ""
        told = f":{';'.join(map(str, self.fields))}" if self.fields else ""
        return f"{self.what.label}{named}{shown}{told}"


_Fields = Mapping[str, Any]


def structure(old: Policy, new: Policy) -> tuple[Change, ...]:
    """Every entry that differs, table by table; in a table first the old one's order."""
    return tuple(
        change
        for kind, read in _TABLES.items()
        for change in _table(kind, _aligned(read(old)), _aligned(read(new)))
    )


def _table(kind: str, old: Mapping[str, _Fields], new: Mapping[str, _Fields]) -> Iterator[Change]:
    for key in dict.fromkeys((*old, *new)):
        entry = new.get(key) or old[key]
        title = str(entry.get("title") or "")
        if key not in new:
            yield Change(kind, key, title, What.REMOVED)
        elif key not in old:
            yield Change(kind, key, title, What.ADDED)
        elif found := tuple(_fields(old[key], new[key])):
            yield Change(kind, key, title, What.CHANGED, found)
    kept = [[key for key in one if key in other] for one, other in ((old, new), (new, old))]
    if kind in _ORDERED and kept[0] != kept[1]:
        moved = FieldChange("order", *("、".join(keys) for keys in kept))
        yield Change(kind, "", "", What.CHANGED, (moved,))


_ORDERED = frozenset({"gate", "last_step", "pause", "extension"})
"""Tables in which the first entry that holds decides, or must be done first."""


def _fields(old: _Fields, new: _Fields) -> Iterator[FieldChange]:
    for name in dict.fromkeys((*old, *new)):
        if old.get(name) != new.get(name):
            yield FieldChange(name, write_value(old.get(name)), write_value(new.get(name)))


def _aligned(entries: Iterable[tuple[str, _Fields]]) -> dict[str, _Fields]:
    met: Counter[str] = Counter()
    found = {}
    for key, fields in entries:
        met[key] += 1
        found[key if met[key] == 1 else f"{key}#{met[key]}"] = fields
    return found


# What each table holds


def _entries(
    name: str, key: str = "id", title: Callable[[Any], str] | None = None
) -> Callable[[Policy], Iterator[tuple[str, _Fields]]]:
    def read(policy: Policy) -> Iterator[tuple[str, _Fields]]:
        for entry in getattr(policy, name):
            fields = attrs.asdict(entry, recurse=False)
            named = {"title": title(entry)} if title else {}
            yield str(getattr(entry, key)), {**fields, **named}

    return read


def _single(name: str) -> Callable[[Policy], Iterator[tuple[str, _Fields]]]:
    def read(policy: Policy) -> Iterator[tuple[str, _Fields]]:
        yield "", attrs.asdict(getattr(policy, name), recurse=False)

    return read


_TABLED = frozenset(
    {
        *(
            "columns",
            "time",
            "time_basis",
            "time_choice",
            "clocks",
            "gates",
            "checklists",
            "routing",
        ),
        *("last_steps", "rungs", "decline_reasons", "pause_reasons", "extensions", "ranking"),
        *("measures", "supervision", "accountability", "campaigns", "schedules", "reply", "digest"),
        "retention",
    }
)
_HEAD = tuple(f.name for f in attrs.fields(Policy) if f.name not in _TABLED)


def _head(policy: Policy) -> Iterator[tuple[str, _Fields]]:
    fields = {name: getattr(policy, name) for name in _HEAD}
    yield "", {**fields, "title": policy.title}


def _time(policy: Policy) -> Iterator[tuple[str, _Fields]]:
    more = {"basis": policy.time_basis, "choice": policy.time_choice}
    yield "", {**attrs.asdict(policy.time, recurse=False), **more}


def _clocks(policy: Policy) -> Iterator[tuple[str, _Fields]]:
    for clock in policy.clocks:
        fields = attrs.asdict(clock, recurse=False)
        del fields["limits"]
        yield clock.id, fields


def _rows(policy: Policy) -> Iterator[tuple[str, _Fields]]:
    for clock in policy.clocks:
        for row in clock.limits.rows:
            more = {"conditions": row.conditions, "overrides": row.overrides, "title": clock.title}
            yield f"{clock.id}/{row.id}", {**attrs.asdict(row.value, recurse=False), **more}


def _ranking(policy: Policy) -> Iterator[tuple[str, _Fields]]:
    fields = attrs.asdict(policy.ranking, recurse=False)
    yield "", {"ranked_by": tuple(RANKED_BY.get(x, x) for x in fields.pop("by")), **fields}


def _measures(policy: Policy) -> Iterator[tuple[str, _Fields]]:
    for rule in policy.measures:
        fields = attrs.asdict(rule, recurse=False)
        yield rule.id, {**fields, "part": COUNTS[rule.part], "whole": COUNTS[rule.whole]}


def _retention(policy: Policy) -> Iterator[tuple[str, _Fields]]:
    if policy.retention is not None:
        yield "", attrs.asdict(policy.retention, recurse=False)


def _wordings(policy: Policy) -> Iterator[tuple[str, _Fields]]:
    reply = policy.reply
    named = (("avoided", reply.avoided), ("parts", reply.parts), ("courtesy", reply.courtesy))
    for group, wordings in named:
        for wording in wordings:
            yield f"{group}/{wording.code}", attrs.asdict(wording, recurse=False)


_TABLES: dict[str, Callable[[Policy], Iterator[tuple[str, _Fields]]]] = {
    "policy": _head,
    "time": _time,
    "columns": _entries("columns", "name", lambda x: x.title or x.name),
    "clock": _clocks,
    "clock.limit": _rows,
    "gate": _entries("gates", title=lambda x: x.label),
    "checklist": _entries("checklists"),
    "routing": _single("routing"),
    "last_step": _entries("last_steps", "to"),
    "rung": _entries("rungs", title=lambda x: x.act.label),
    "decline": _entries("decline_reasons", "code"),
    "pause": _entries("pause_reasons", "code"),
    "extension": _entries("extensions", "clock"),
    "campaign": _entries("campaigns"),
    "schedule": _entries("schedules", title=lambda x: x.kind.label),
    "measure": _measures,
    "ranking": _ranking,
    "supervision": _single("supervision"),
    "accountability": _entries("accountability", "code"),
    "retention": _retention,
    "reply": _wordings,
}
