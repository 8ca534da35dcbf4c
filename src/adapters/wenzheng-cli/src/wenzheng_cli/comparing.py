"""``wenzheng compare``: the same message under every installed policy, in one table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

import typer

from wenzheng_cli.errors import BadInputError
from wenzheng_cli.options import FactPairs, Json
from wenzheng_cli.policypage import limit_text, span, when
from wenzheng_cli.reading import read_facts, read_time
from wenzheng_cli.terminal import Sheet, terminal
from wenzheng_cli.writing import instant, print_json
from wenzheng_core import City, Plugins, Policy, load_plugins, show_due
from wenzheng_core.comparing import Compared, compared, known_values, usable_facts, version_at
from wenzheng_core.domain.instants import show_day

Found = Sequence[tuple[City, Policy, bool, list[Compared]]]


def compare(
    start: Annotated[str, typer.Option("--from", help="起算时间;不写时区即北京时间。")],
    fact: FactPairs = None,
    city: Annotated[
        list[str] | None,
        typer.Option(
            "--city",
            help="只比较这些城市;可多次给出。不写即全部,没有承办单位的(只有计算规则)除外。",
        ),
    ] = None,
    main_only: Annotated[bool, typer.Option("--main", help="只看各办法的主时限。")] = False,
    as_json: Json = False,
) -> None:
    """What is due when under each policy, every clock counted from the same instant."""
    begun, facts, plugins = read_time(start, "--from"), read_facts(fact or ()), load_plugins()
    _require_known(facts, plugins)
    chosen = [plugins.city(name) for name in city] if city else _all(plugins)
    found = [(c, *_of_city(plugins, c, facts, begun)) for c in chosen]
    if as_json:
        print_json([_document(c, in_force, rows, main_only) for c, _, in_force, rows in found])
        return
    sheet = Sheet("", ("办法", "时限", "起止", "情形", "规定", "到期"))
    for _, policy, _, rows in found:
        for row in rows:
            if row.main or not main_only:
                sheet.add(*_cells(policy, row))
    console = terminal()
    sheet.show(console)
    examples = _examples(chosen, () if city else plugins.cities.values())
    for remark in (*_remarks(found, facts), *examples):
        console.print(f"注:{remark}", soft_wrap=True)


def _all(plugins: Plugins) -> list[City]:
    cities = (plugins.cities[name] for name in sorted(plugins.cities))
    return [city for city in cities if _handles(city)]


def _handles(city: City) -> bool:
    """Whether it handles messages; one without a unit states a rule of counting, by examples."""
    return bool(city.units.all)


def _examples(chosen: Iterable[City], asked: Iterable[City]) -> Iterator[str]:
    """Of which policies the numbers are examples, and which were left out for that."""
    shown = [city.id for city in chosen if not _handles(city)]
    if shown:
        yield f"没有承办单位,只有计算规则,起止、时限为举例:{'、'.join(shown)}"
    left_out = sorted(city.id for city in asked if not _handles(city))
    if left_out:
        yield f"没有承办单位,只有计算规则,未列入(可用 --city 指名):{'、'.join(left_out)}"


def _require_known(facts: Mapping[str, str], plugins: Plugins) -> None:
    """Raise BadInputError for a column or a value that no installed policy has: a slip of the pen."""
    policies = [
        p for name in sorted(plugins.cities) for p in plugins.cities[name].versions.versions
    ]
    for name, word in facts.items():
        known = known_values(policies, name)
        if not known:
            columns = sorted({column.name for policy in policies for column in policy.columns})
            reason = f"没有一部办法有「{name}」一栏;现有:{'、'.join(columns)}"
            raise BadInputError("--fact", f"{name}={word}", reason)
        if word not in known:
            reason = f"没有一部办法有这一项;「{name}」的各项:{'、'.join(known)}"
            raise BadInputError("--fact", f"{name}={word}", reason)


def _of_city(
    plugins: Plugins, city: City, facts: dict[str, str], begun: datetime
) -> tuple[Policy, bool, list[Compared]]:
    policy, in_force = version_at(city.versions, begun)
    calendar = plugins.calendar(policy.calendar)
    return policy, in_force, list(compared(policy, facts, begun, calendar))


def _cells(policy: Policy, row: Compared) -> tuple[str, ...]:
    main = "★" if row.main else ""
    due = show_due(row.ends.due) if row.ends else "—"
    if row.ends and row.ends.provisional:
        due += "(暂定)"
    if row.cut_by:
        due += f"(在「{policy.title_of(row.cut_by)}」之内)"
    case, said = when(row.row.conditions), limit_text(row.row.value)
    return policy.id, f"{row.clock.title}{main}", span(row.clock, row.row.value), case, said, due


def _remarks(found: Found, facts: dict[str, str]) -> Iterator[str]:
    """What a fact did not tell apart, and which policies were not yet in force."""
    for name, word in facts.items():
        blind = [c.id for c, policy, _, _ in found if name not in _names(policy)]
        lacking = [
            c.id
            for c, policy, _, _ in found
            if name in _names(policy) and name in usable_facts(policy, facts)[1]
        ]
        if blind:
            yield f"不区分 {name}={word}:{'、'.join(blind)}"
        if lacking:
            yield f"没有 {name}={word} 这一项,列出各种可能:{'、'.join(lacking)}"
    for city, policy, in_force, _ in found:
        if not in_force:
            yield f"{city.id} 自{show_day(policy.valid_from)}起施行,此处按其最早版本列出"


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
                "when": when(row.row.conditions),
                "alone": row.alone,
                "limit": limit_text(row.row.value),
                "soft": row.row.value.soft,
                "due": instant(row.ends.due) if row.ends else None,
                "due_day": row.ends.due_day.isoformat() if row.ends else None,
                "provisional": bool(row.ends and row.ends.provisional),
                "cut_by": row.cut_by,
                "why": row.why,
            }
            for row in rows
            if row.main or not main_only
        ],
    }


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("compare", help="同一条留言按各地办法各应何时办结,列成一表。")(compare)
