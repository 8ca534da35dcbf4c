"""Waivers, read from a city's ``waivers.toml``: which property need not hold, why, and until when.

Reading is pure, and lists all faults of the file at once. Whether a waiver is still needed is looked
at where the property is examined (:func:`wenzheng_core.proofs.verifying.examine`).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

import attrs

from wenzheng_core.cityfiles import read_file, require_sound
from wenzheng_core.domain.errors import Fault
from wenzheng_core.policywords import Words

WAIVERS_SCHEMA = "wenzheng.waivers/1"
MOST = 12
"""How many ids are named where one is unknown."""


@attrs.frozen(kw_only=True)
class WaiverTable:
    """``[[waiver]]``: the shape of one waiver."""

    property: str
    until: date
    reason: str = ""
    basis: str = ""
    version: str = ""


@attrs.frozen(kw_only=True)
class WaiversFile:
    """The whole of ``waivers.toml``."""

    schema: str
    waiver: tuple[WaiverTable, ...] = ()


@attrs.frozen(kw_only=True)
class Waiver:
    """Why a property need not hold for a policy, and until when (last day, included).

    A waiver of a property that holds after all is a failure itself, and so is one that has expired:
    neither may hide anything. ``version``: of which version; "" for every one.
    """

    property: str
    reason: str
    basis: str
    until: date
    version: str = ""


def read_waivers(
    text: str, known: Collection[str], subject: str = "waivers.toml"
) -> tuple[Waiver, ...]:
    """The waivers of a TOML text; ``known`` are the ids of the properties that there are.

    Raises InputFaultsError with every fault.
    """
    shape, words = read_file(text, subject, WaiversFile, WAIVERS_SCHEMA)
    tables = shape.value.waiver
    for index, table in enumerate(tables):
        _check(words, table, f"$.waiver[{index}]", known)
        before = ((x.property, x.version) for x in tables[:index])
        if table.property in known and (table.property, table.version) in before:
            reason = f"性质 {table.property} 已经豁免过"
            words.fault(reason, f"$.waiver[{index}].property", "一条性质只写一次豁免")
    require_sound(subject, *shape.faults, *words.faults)
    return tuple(
        Waiver(
            property=table.property,
            reason=table.reason,
            basis=table.basis,
            until=table.until,
            version=table.version,
        )
        for table in tables
    )


def _check(words: Words, table: WaiverTable, path: str, known: Collection[str]) -> None:
    if table.property not in known:
        reason = f"没有编号为 {table.property} 的性质" if table.property else "性质编号不能为空白"
        alike = [name for name in known if name[:1] == table.property[:1].upper()] or list(known)
        shown = "、".join(alike[:MOST]) + ("……" if len(alike) > MOST else "")
        words.fault(reason, f"{path}.property", f"可用:{shown}")
    words.require(table.reason, f"{path}.reason", "缺少理由", "写明为什么可以不成立")
    words.require(table.basis, f"{path}.basis", "缺少依据", "写明由谁、依哪一条同意")


def version_faults(waivers: Collection[Waiver], versions: Collection[str]) -> list[Fault]:
    """What is wrong with waivers of versions that the city does not have."""
    return [
        Fault(f"没有版本 {x.version}", f"$.waiver[{n}].version", f"可用:{'、'.join(versions)}")
        for n, x in enumerate(waivers)
        if x.version and x.version not in versions
    ]
