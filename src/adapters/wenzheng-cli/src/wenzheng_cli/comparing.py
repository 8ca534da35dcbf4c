"""``wenzheng compare``: the same message under every installed policy, in one table."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from wenzheng_cli.options import FactPairs, Json
from wenzheng_cli.policypage import limit_text, span, when
from wenzheng_cli.reading import read_facts, read_time
from wenzheng_cli.terminal import Sheet, terminal
from wenzheng_cli.writing import instant, print_json
from wenzheng_core import City, Plugins, Policy, load_plugins, show_due
from wenzheng_core.comparing import Compared, compared, usable_facts, version_at
from wenzheng_core.domain.instants import show_day


def compare(
    start: Annotated[str, typer.Option("--from", help="起算时间;不写时区即北京时间。")],
    fact: FactPairs = None,
    city: Annotated[
        list[str] | None, typer.Option("--city", help="只比较这些城市;可多次给出。")
    ] = None,
    main_only: Annotated[bool, typer.Option("--main", help="只看各办法的主时限。")] = False,
    as_json: Json = False,
) -> None:
    """What is due when under each policy, every clock counted from the same instant."""
    begun, facts, plugins = read_time(start, "--from"), read_facts(fact or ()), load_plugins()
    chosen = [plugins.city(name) for name in city] if city else _all(plugins)
    found = [(c, *_of_city(plugins, c, facts, begun)) for c in chosen]
    if as_json:
        print_json([_document(c, in_force, rows, main_only) for c, _, in_force, rows in found])
        return
    sheet = Sheet("", ("办法", "时限", "起止", "情形", "规定", "到期"))
    remarks = []
    for found_city, policy, in_force, rows in found:
        for row in rows:
            if row.main or not main_only:
                sheet.add(*_cells(policy, row))
        remarks += _remarks(found_city.id, policy, facts, in_force)
    console = terminal()
    sheet.show(console)
    for remark in remarks:
        console.print(f"注:{remark}", soft_wrap=True)


def _all(plugins: Plugins) -> list[City]:
    return [plugins.cities[name] for name in sorted(plugins.cities)]


def _of_city(
    plugins: Plugins, city: City, facts: dict[str, str], begun: datetime
) -> tuple[Policy, bool, list[Compared]]:
    policy, in_force = version_at(city.versions, begun)
    calendar = plugins.calendar(policy.calendar)
    return policy, in_force, list(compared(policy, facts, begun, calendar))


def _cells(policy: Policy, row: Compared) -> tuple[str, ...]:
    case = "一律" if row.alone else when(row.row.conditions)
    main = "★" if row.main else ""
    due = show_due(row.ends.due) if row.ends else "—"
    if row.ends and row.ends.provisional:
        due += "(暂定)"
    said = limit_text(row.row.value)
    return policy.id, f"{row.clock.title}{main}", span(row.clock, row.row.value), case, said, due


def _remarks(city_id: str, policy: Policy, facts: dict[str, str], in_force: bool) -> list[str]:
    _, unknown = usable_facts(policy, facts)
    remarks = [
        f"{city_id} 不区分 {name}={facts[name]}" for name in unknown if name not in _names(policy)
    ]
    remarks += [
        f"{city_id} 的「{name}」没有「{facts[name]}」这一项,列出各种可能"
        for name in unknown
        if name in _names(policy)
    ]
    if not in_force:
        day = show_day(policy.valid_from)
        remarks.append(f"{city_id} 自{day}起施行,此处按其最早版本列出")
    return remarks


def _names(policy: Policy) -> set[str]:
    return {column.name for column in policy.columns}


def _document(city: City, in_force: bool, rows: list[Compared], main_only: bool) -> dict[str, Any]:
    return {
        "city": city.id,
        "in_force": in_force,
        "clocks": [
            {
                "clock": row.clock.id,
                "title": row.clock.title,
                "main": row.main,
                "row": row.row.id,
                "alone": row.alone,
                "limit": limit_text(row.row.value),
                "soft": row.row.value.soft,
                "due": instant(row.ends.due) if row.ends else None,
                "due_day": row.ends.due_day.isoformat() if row.ends else None,
                "provisional": bool(row.ends and row.ends.provisional),
                "why": row.why,
            }
            for row in rows
            if row.main or not main_only
        ],
    }


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("compare", help="同一条留言按各地办法各应何时办结,列成一表。")(compare)
