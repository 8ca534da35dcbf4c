"""``wenzheng policy``: the installed policies, and what one of them says."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from wenzheng_cli.checking import check_policy, list_properties
from wenzheng_cli.differing import diff_policies
from wenzheng_cli.errors import BadInputError
from wenzheng_cli.migrating import migrate_cases
from wenzheng_cli.mutating import mutate_policy
from wenzheng_cli.options import Json
from wenzheng_cli.policypage import document, page
from wenzheng_cli.reading import read_text
from wenzheng_cli.stories import tell_stories
from wenzheng_cli.systems import show_systems
from wenzheng_cli.terminal import Sheet, terminal
from wenzheng_cli.writing import print_json, safe
from wenzheng_core import City, Policy, load_plugins, write_limit
from wenzheng_core.cities import make_city, read_policy
from wenzheng_core.domain.clockrules import ClockRule
from wenzheng_core.domain.escalation import write_moment


def list_policies(as_json: Json = False) -> None:
    """Every installed city with its newest version; on stderr what could not be loaded."""
    plugins = load_plugins()
    found = plugins.cities
    for name, error in plugins.faulty.items():
        print(safe(f"未载入 {name}:{error.faults[0]},共 {len(error.faults)} 处"), file=sys.stderr)
    cities = [found[city] for city in sorted(found)]
    if as_json:
        print_json([_brief(city) for city in cities])
        return
    sheet = Sheet("", ("编号", "名称", "版本", "施行", "时限", "文本"))
    for city in cities:
        policy = city.versions.latest
        clocks = "、".join(clock.title for clock in policy.clocks)
        whole = "不全" if policy.truncated else "全"
        row = (policy.id, policy.title, policy.version, policy.valid_from.isoformat(), clocks)
        sheet.add(*row, whole)
    sheet.show(terminal())


def show_policy(
    policy_id: Annotated[
        str, typer.Argument(metavar="ID|FILE", help="城市办法的编号,或一个 policy.toml 文件。")
    ],
    version: Annotated[str | None, typer.Option("--version", help="版本;不写即最新。")] = None,
    as_json: Json = False,
) -> None:
    """All that a policy says, with the basis of every number; of a file, all its faults at once."""
    city = city_of(policy_id)
    policy = _version(city, version)
    if as_json:
        print_json({**_brief(city, policy), **_document(policy)})
        return
    console = terminal()
    for part in page(policy, city.units):
        if isinstance(part, Sheet):
            part.show(console)
        else:
            console.print(part, soft_wrap=True)


def city_of(name: str) -> City:
    """The installed city of an id, or one of a ``policy.toml`` file alone."""
    if name.endswith(".toml"):
        return make_city([read_policy(read_text(Path(name), "FILE"), name)])
    return load_plugins().city(name)


def _version(city: City, version: str | None) -> Policy:
    if version is None:
        return city.versions.latest
    for policy in city.versions.versions:
        if policy.version == version:
            return policy
    known = "、".join(policy.version for policy in city.versions.versions)
    raise BadInputError("--version", version, f"不是「{city.id}」的版本;现有:{known}")


def _brief(city: City, policy: Policy | None = None) -> dict[str, Any]:
    shown = policy or city.versions.latest
    return {
        "id": shown.id,
        "title": shown.title,
        "version": shown.version,
        "valid_from": shown.valid_from.isoformat(),
        "basis": shown.basis,
        "truncated": shown.truncated,
        "clocks": [clock.id for clock in shown.clocks],
        "main_clock": shown.main_clock,
        "versions": [p.version for p in city.versions.versions],
    }


def _document(policy: Policy) -> dict[str, Any]:
    return {
        "digest": policy.digest,
        "calendar": policy.calendar,
        "columns": [
            {"name": c.name, "title": c.title, "values": list(c.values), "default": c.default}
            for c in policy.columns
        ],
        "clocks": [_clock(clock) for clock in policy.clocks],
        "gates": [
            {
                "id": g.id,
                "act": g.act.value,
                "by": g.by,
                "before": g.before.value,
                "title": g.label,
                "blocks": g.blocks,
                "basis": g.basis,
                "choice": g.choice,
            }
            for g in policy.gates
        ],
        "rungs": [
            {
                "id": r.id,
                "clock": r.clock,
                "at": write_moment(r.at),
                "act": r.act.value,
                "to": list(r.to),
                "basis": r.basis,
                "choice": r.choice,
            }
            for r in policy.rungs
        ],
        "decline_reasons": [
            {"code": r.code, "title": r.title, "basis": r.basis, "choice": r.choice}
            for r in policy.decline_reasons
        ],
        "ranking": list(policy.ranking.by),
        **document(policy),
    }


def _clock(clock: ClockRule) -> dict[str, Any]:
    return {
        "id": clock.id,
        "title": clock.title,
        "starts": clock.starts.value,
        "stops": clock.stops.value,
        "per_unit": clock.per_unit,
        "limits": [
            {
                "row": row.id,
                "when": [{k: sorted(v) for k, v in c.items()} for c in row.conditions],
                "within": write_limit(row.value.within) if row.value.within else None,
                "promise": row.value.promise.value if row.value.promise else None,
                "starts": clock.starts_in(row.value).value,
                "stops": clock.stops_in(row.value).value,
                "soft": row.value.soft,
                "basis": row.value.basis,
                "choice": row.value.choice,
            }
            for row in clock.limits.rows
        ],
    }


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    group.command("list", help="列出已安装的城市办法。")(list_policies)
    group.command("show", help="一部办法的全部规定、依据与选择。")(show_policy)
    group.command("systems", help="来源文件的三十个系统各由什么承载(Markdown)。")(show_systems)
    group.command("story", help="一座城市的实例故事,逐步演示。")(tell_stories)
    group.command("check", help="逐条检验一部办法,可出具证书;退出码 0 通过、1 不通过。")(
        check_policy
    )
    group.command("properties", help="性质目录:编号、所主张的、是否必须(Markdown)。")(
        list_properties
    )
    group.command("diff", help="两个版本逐日、逐类比较;退出码 0 相同、1 在允许之内、2 超出。")(
        diff_policies
    )
    group.command("mutate", help="改一处、看有没有人发现;退出码 0 全被发现、1 有遗漏。")(
        mutate_policy
    )
    group.command("migrate", help="在办的件改按另一版办法;可先试算。")(migrate_cases)
    app.add_typer(group, name="policy", help="城市办法。")
