"""``wenzheng policy diff``: what another version changes, day by day and case by case."""

from __future__ import annotations

from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import attrs
import typer

from wenzheng_cli.errors import BadInputError
from wenzheng_cli.options import Json, opened_office
from wenzheng_cli.reading import read_text, read_time
from wenzheng_cli.writing import print_json, print_lines
from wenzheng_core import Plugins, Policy, Units, UnknownError, load_plugins
from wenzheng_core.cities import read_policy
from wenzheng_core.proofs.diffdocument import document
from wenzheng_core.proofs.differing import Allow, PolicyDiff, diff
from wenzheng_core.proofs.diffpage import lines


class Allowed(StrEnum):
    """What may be asked for with ``--allow``."""

    NEVER_LATER = "never-later"
    NEVER_EARLIER = "never-earlier"
    ANY = "any"


_Version = Annotated[
    str,
    typer.Argument(metavar="CITY|CITY@VERSION|FILE", help="办法:编号、编号@版本,或 policy.toml。"),
]


def diff_policies(  # noqa: PLR0913, PLR0917 - every option of the command
    old: _Version,
    new: _Version,
    allow: Annotated[
        Allowed | None,
        typer.Option("--allow", help="允许的变化;时限、阶梯从不更晚、从不更早,或一切。"),
    ] = None,
    calendar: Annotated[
        str | None, typer.Option("--calendar", help="以此日历计算;不写即新版的日历。")
    ] = None,
    db: Annotated[
        str | None, typer.Option("--db", help="存储地址;给出即说明对其中在办件的影响。")
    ] = None,
    city: Annotated[
        str | None, typer.Option("--city", help="该存储所属的城市;不写即旧版的编号。")
    ] = None,
    tenant: Annotated[str | None, typer.Option("--tenant", help="租户;不写即城市编号。")] = None,
    at: Annotated[str | None, typer.Option("--at", help="按何时说是否逾期;不写即现在。")] = None,
    as_json: Json = False,
) -> int:
    """Compare two versions; 0 equal, 1 changed within what is allowed, 2 changed otherwise."""
    plugins = load_plugins()
    v1, v2 = version_of(plugins, old, "A"), version_of(plugins, new, "B")
    found = _found(plugins, (v1, v2), calendar, _Store(db, city, tenant, at))
    permitted = Allow(allow.value) if allow else Allow.NOTHING
    code = found.exit_code(permitted)
    if as_json:
        print_json({**document(found), "allow": permitted.value, "exit_code": code})
    else:
        print_lines(*lines(found), "", _conclusion(code, permitted))
    return code


@attrs.frozen
class _Store:
    """Where the open cases are, as it stands on the command line."""

    db: str | None
    city: str | None
    tenant: str | None
    at: str | None


def _found(
    plugins: Plugins, pair: tuple[Policy, Policy], calendar: str | None, store: _Store
) -> PolicyDiff:
    days = plugins.calendar(calendar or pair[1].calendar)
    known = plugins.cities.get(pair[1].id)
    units = known.units if known else Units()
    if store.db is None:
        return diff(*pair, days, units=units)
    at = read_time(store.at, "--at") if store.at else None
    city = plugins.city(store.city or pair[0].id)
    office = opened_office(plugins, city, store.db, store.tenant, at)
    with closing(office.storage):
        now, population = office.clock.now(), office.storage.scan()
        return diff(*pair, days, units=units, population=population, as_of=now)


def version_of(plugins: Plugins, name: str, argument: str) -> Policy:
    """The policy of ``CITY``, ``CITY@VERSION`` or a file; of a city alone, its newest version."""
    if name.endswith(".toml"):
        return read_policy(read_text(Path(name), argument), name)
    city_id, _, version = name.partition("@")
    versions = plugins.city(city_id).versions
    if not version:
        return versions.latest
    try:
        return versions.named(version)
    except UnknownError as unknown:
        known = "、".join(f"{city_id}@{one}" for one in unknown.known)
        reason = f"不是已安装的版本;现有:{known}"
        raise BadInputError(argument, name, reason) from None


def _conclusion(code: int, allow: Allow) -> str:
    if code == 0:
        return "两版相同(退出码 0)"
    if code == 1:
        within = "只有文字不同" if allow is Allow.NOTHING else f"都在允许之内({allow.value})"
        return f"有变化,{within}(退出码 1)"
    beyond = "未写明允许" if allow is Allow.NOTHING else f"超出所允许的({allow.value})"
    return f"有变化,{beyond}(退出码 2)"
