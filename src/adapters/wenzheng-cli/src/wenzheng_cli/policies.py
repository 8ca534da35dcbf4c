"""``wenzheng policy``: the installed policies, and what one of them says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from wenzheng_cli.errors import BadInputError
from wenzheng_cli.options import Json
from wenzheng_cli.reading import read_text
from wenzheng_cli.terminal import Sheet, terminal
from wenzheng_cli.writing import print_json
from wenzheng_core import City, Policy, load_plugins, write_limit
from wenzheng_core.cities import make_city, read_policy
from wenzheng_core.domain.escalation import write_moment
from wenzheng_core.domain.instants import show_day
from wenzheng_core.domain.measures import RANKED_BY
from wenzheng_core.domain.policies import ClockRule
from wenzheng_core.domain.tables import Condition
from wenzheng_core.domain.units import OFFICE_TITLES


def list_policies(as_json: Json = False) -> None:
    """Every installed city with its newest version."""
    found = load_plugins().cities
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
    if policy_id.endswith(".toml"):
        city = make_city([read_policy(read_text(Path(policy_id), "FILE"), policy_id)])
    else:
        city = load_plugins().city(policy_id)
    policy = _version(city, version)
    if as_json:
        print_json({**_brief(city, policy), **_document(policy)})
        return
    console = terminal()
    for part in _page(policy):
        if isinstance(part, Sheet):
            part.show(console)
        else:
            console.print(part, soft_wrap=True)


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
            {"id": g.id, "act": g.act.value, "by": g.by, "basis": g.basis, "choice": g.choice}
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
                "soft": row.value.soft,
                "basis": row.value.basis,
                "choice": row.value.choice,
            }
            for row in clock.limits.rows
        ],
    }


def _page(policy: Policy) -> Iterator[str | Sheet]:
    yield f"{policy.title}({policy.id},{policy.version})"
    yield f"自{show_day(policy.valid_from)}起施行;日历 {policy.calendar};摘要 {policy.digest}"
    yield f"依据:{policy.basis}"
    for column in policy.columns:
        default = f";未分类时为「{column.default}」" if column.default else ""
        yield f"{column.title or column.name}({column.name}):{'、'.join(column.values)}{default}"
    sheet = Sheet("\n时限", ("时限", "起止", "情形", "规定", "依据"))
    for clock in policy.clocks:
        main = "★" if clock.id == policy.main_clock else ""
        span = f"{clock.starts.label}至{clock.stops.label}{',各单位分计' if clock.per_unit else ''}"
        for row in clock.limits.rows:
            within = write_limit(row.value.within) if row.value.within else row.value.no_limit
            marks = ("(软)" if row.value.soft else "") + (
                "(可另定更短)" if row.value.office_may_shorten else ""
            )
            when = _when(row.conditions)
            sheet.add(f"{clock.title}{main}", span, when, within + marks, row.value.basis)
    yield sheet
    yield ""
    yield from (f"把关:公开回复前须经{g.by}{g.act.label};依据:{g.basis}" for g in policy.gates)
    for rung in policy.rungs:
        to = "、".join(OFFICE_TITLES.get(office, office) for office in rung.to)
        where = f"「{policy.title_of(rung.clock)}」{write_moment(rung.at)}"
        yield f"阶梯:{where},{rung.act.label},告知{to};依据:{rung.basis}"
    for reason in policy.decline_reasons:
        counts = "计入回复率" if reason.counts_as_replied else "不计入回复率"
        yield f"不予受理:{reason.title}({reason.code}),{counts}"
    yield f"排名:{'、'.join(RANKED_BY.get(name, name) for name in policy.ranking.by)}"
    choices = list(_choices(policy))
    yield f"\n选择(原文没有说清,由本办法作者决定)共 {len(choices)} 处:"
    yield from (f"- {choice}" for choice in choices)
    yield f"原文所缺:{policy.truncated or '无'}"


def _when(conditions: Iterable[Condition]) -> str:
    def one(condition: Condition) -> str:
        return ",".join("/".join(sorted(values)) for values in condition.values())

    return " 或 ".join(one(condition) for condition in conditions) or "一律"


def _choices(policy: Policy) -> Iterator[str]:
    for clock in policy.clocks:
        named = (("起止", clock.choice), *((r.id, r.value.choice) for r in clock.limits.rows))
        yield from (f"{clock.title} {name}:{choice}" for name, choice in named if choice)
    if policy.valid_from_choice:
        yield f"施行日期:{policy.valid_from_choice}"
    rest: list[tuple[str, str]] = [
        *((gate.act.label, gate.choice) for gate in policy.gates),
        *((rung.act.label, rung.choice) for rung in policy.rungs),
        *((reason.title, reason.choice) for reason in policy.decline_reasons),
        *((reason.title, reason.choice) for reason in policy.pause_reasons),
        *((f"{rule.clock}延期", rule.choice) for rule in policy.extensions),
        ("排名", policy.ranking.choice),
    ]
    yield from (f"{name}:{choice}" for name, choice in rest if choice)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    group.command("list", help="列出已安装的城市办法。")(list_policies)
    group.command("show", help="一部办法的全部规定、依据与选择。")(show_policy)
    app.add_typer(group, name="policy", help="城市办法。")
