"""A city: its policy in dated versions, its units, its golden cases, its stories; read from files.

Reading looks at the shape (:mod:`wenzheng_core.policyfile`), then at what the words mean; what is
sound in a faulty file is read on, so that all faults of a file are listed at once, in Chinese, as
``reason @ path``. Reading is pure: text in, values out.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from typing import Any

import attrs

from wenzheng_core import policyfile as f
from wenzheng_core.cityfiles import read_file, read_shape, require_sound
from wenzheng_core.domain.errors import Fault, InputFaultsError
from wenzheng_core.domain.escalation import OFFICE
from wenzheng_core.domain.policies import Policy, PolicyVersions
from wenzheng_core.domain.units import Unit, Units
from wenzheng_core.goldens import Examples, GoldenCase, read_cases, read_golden
from wenzheng_core.namechecks import check_names
from wenzheng_core.policyreading import read_parts
from wenzheng_core.policywords import Words
from wenzheng_core.storyreading import Story, read_stories
from wenzheng_core.tomlfile import parse_toml
from wenzheng_core.waivers import Waiver, version_faults
from wenzheng_core.wire import to_json

__all__ = [
    "City",
    "Examples",
    "GoldenCase",
    "Story",
    "Waiver",
    "make_city",
    "read_cases",
    "read_golden",
    "read_policy",
    "read_stories",
    "read_units",
]


_CHINESE = re.compile("[\u3400-\u9fff]")


@attrs.frozen(kw_only=True)
class City:
    """All that a city's plugin brings."""

    id: str
    versions: PolicyVersions
    units: Units = Units()
    golden: tuple[GoldenCase, ...] = ()
    examples: Examples = Examples()
    stories: tuple[Story, ...] = ()
    waivers: tuple[Waiver, ...] = ()


def read_policy(text: str, subject: str = "policy.toml") -> Policy:
    """One policy from its TOML text. Raises InputFaultsError with every fault."""
    data = parse_toml(text, subject)
    shape, _ = read_shape(data, f.PolicyFile)
    policy, faults = read_parts(shape.value, _digest(data), shape.lost)
    require_sound(subject, *shape.faults, *faults)
    return policy


def read_units(text: str, subject: str = "units.toml") -> Units:
    """The units from their TOML text. Raises InputFaultsError with every fault."""
    shape, words = read_file(text, subject, f.UnitsFile, f.UNITS_SCHEMA)
    file = shape.value
    check_names(file, words)
    _check_units(words, file.unit)
    require_sound(subject, *shape.faults, *words.faults)
    return Units(tuple(Unit(u.id, u.name, u.parent, u.offices, u.areas) for u in file.unit))


def make_city(
    policies: Sequence[Policy],
    units: Units = Units(),
    golden: Sequence[GoldenCase] = (),
    examples: Examples = Examples(),
    stories: Sequence[Story] = (),
    waivers: Sequence[Waiver] = (),
) -> City:
    """A city from its parts. Raises InputFaultsError if they do not go together."""
    if not policies:
        raise InputFaultsError("城市", (Fault("没有任何办法", "policies", "至少给出一个版本"),))
    ordered = sorted(policies, key=lambda policy: policy.valid_from)
    first = ordered[0]
    require_sound(first.id, *_version_faults(ordered), *_office_faults(ordered, units))
    require_sound("waivers.toml", *version_faults(waivers, [p.version for p in ordered]))
    return City(
        id=first.id,
        versions=PolicyVersions(first.id, tuple(ordered)),
        units=units,
        golden=tuple(golden),
        examples=examples,
        stories=tuple(stories),
        waivers=tuple(waivers),
    )


def _version_faults(ordered: Sequence[Policy]) -> Iterator[Fault]:
    first = ordered[0]
    for index, policy in enumerate(ordered):
        version, before = policy.version, ordered[:index]
        if policy.id != first.id:
            reason = f"同一城市的办法编号须一致:{policy.id} 与 {first.id}"
            yield Fault(reason, f"{version}.id", "改成同一编号,或分为两个城市")
        if policy.calendar != first.calendar:
            reason = f"同一城市的各版本须用同一日历:{policy.calendar} 与 {first.calendar}"
            yield Fault(reason, f"{version}.calendar", "改成同一日历")
        if any(version == other.version for other in before):
            yield Fault(f"有两个版本都叫 {version}", f"{version}.version", "改 version")
        if any(policy.valid_from == other.valid_from for other in before):
            day = policy.valid_from.isoformat()
            yield Fault(f"有两个版本都自 {day} 起施行", f"{version}.valid_from", "改 valid_from")


def _office_faults(ordered: Sequence[Policy], units: Units) -> Iterator[Fault]:
    """Offices that nobody holds in any unit, so that a rung or a report would never reach them.

    The assigning office always hears; that alone is no excuse, for it is the fallback of every rung.
    An office for which another one, held somewhere, stands in is left to the author.
    """
    held = list(dict.fromkeys(office for unit in units for office in unit.offices))
    if not units.all:
        return
    for policy in ordered:
        root = "$" if len(ordered) == 1 else policy.version
        for index, rung in enumerate(policy.rungs):
            if any(office in held for office in rung.fallback):
                continue
            for place, office in enumerate(rung.to):
                if office != OFFICE and office not in held:
                    mend = f"可用:{'、'.join((*held, OFFICE))};或在 units.toml 的 offices 中补写"
                    path = f"{root}.rung[{index}].to[{place}]"
                    yield Fault(f"没有单位设有「{office}」这一职务", path, mend)
        yield from _recipient_faults(policy, units, root)


def _recipient_faults(policy: Policy, units: Units, root: str) -> Iterator[Fault]:
    """What is made on a schedule goes to an office that is held, in all units or in one (a/liaison).

    What goes outside goes to a name in Chinese.
    """
    held = list(dict.fromkeys(office for unit in units for office in unit.offices))
    known = {OFFICE, *held, *(f"{unit.id}/{office}" for unit in units for office in unit.offices)}
    for index, schedule in enumerate(policy.schedules):
        for place, whom in enumerate(schedule.to):
            if whom not in known and not _CHINESE.search(whom):
                mend = f"可用:{'、'.join((*held, OFFICE))};送外单位的,写其中文名称"
                path = f"{root}.schedule[{index}].to[{place}]"
                yield Fault(f"没有单位设有「{whom}」这一职务", path, mend)


def _check_units(words: Words, units: tuple[f.UnitTable, ...]) -> None:
    ids = [unit.id for unit in units]
    words.unique(ids, "$.unit")
    nameless = any(words.is_lost(f"$.unit[{index}].id") for index in range(len(units)))
    parents = {unit.id: unit.parent for unit in reversed(units)}
    answers: dict[str, str] = {}
    for index, unit in enumerate(units):
        path = f"$.unit[{index}]"
        if unit.parent and unit.parent not in ids and not nameless:
            words.fault(f"没有上级单位 {unit.parent}", f"{path}.parent", "写已列出的单位编号")
        elif _in_circle(unit.id, parents):
            words.fault("上级关系成环", f"{path}.parent", "最上级的单位不写 parent")
        for place, area in enumerate(unit.areas):
            if answers.setdefault(area, unit.id) != unit.id:
                reason = f"「{area}」已归单位 {answers[area]}"
                words.fault(reason, f"{path}.areas[{place}]", "一处只归一个单位")


def _in_circle(unit: str, parents: dict[str, str]) -> bool:
    seen, at = {unit}, parents.get(unit, "")
    while at and at not in seen:
        seen.add(at)
        at = parents.get(at, "")
    return at == unit and bool(unit)


_TOLD = frozenset({"systems", "silent", "truncated", "valid_from_choice"})
"""Keys of a policy that only tell of its text: they rule nothing."""

_OWN_WORDS = frozenset({"when", "also", "aliases"})
"""Tables whose keys are the author's own words, of which none is taken for one of ours."""


def _digest(data: dict[str, Any]) -> str:
    """Names what a file rules: the same for any order of keys, layout, or reason of a choice."""
    ruling = {key: value for key, value in data.items() if key not in _TOLD}
    return hashlib.sha256(to_json(_plain(ruling)).encode()).hexdigest()[:16]


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: item if key in _OWN_WORDS else _plain(item)
            for key, item in value.items()
            if not (key == "choice" and isinstance(item, str))
        }
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value if isinstance(value, bool | int | float | str) else str(value)
