"""``wenzheng report``: the month's figures and the ranking of the units."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated, Any

import typer

from wenzheng_cli.options import CityId, Db, Json, Tenant, UnitsFile, chosen_city, opened_office
from wenzheng_cli.reading import read_number, read_period, read_time
from wenzheng_cli.terminal import print_ranking, terminal
from wenzheng_cli.writing import instant, print_json, ratio, unit_documents
from wenzheng_core import Figures, Office, Policy, load_plugins
from wenzheng_core.domain.instants import show_instant


def bulletin(  # noqa: PLR0913, PLR0917 - every option of the command
    period: Annotated[str, typer.Option("--period", help="月份如 2019-04,或年份如 2019。")],
    city: CityId,
    db: Db,
    as_of: Annotated[str | None, typer.Option("--as-of", help="统计时点;不写即现在。")] = None,
    digits: Annotated[
        str, typer.Option("--digits", metavar="N", help="百分比小数位数,0 至 6。")
    ] = "2",
    units: UnitsFile = None,
    tenant: Tenant = None,
    as_json: Json = False,
) -> None:
    """The bulletin of a period."""
    wanted, places = read_period(period, "--period"), read_number(digits, "--digits", 0, 6)
    at = read_time(as_of, "--as-of") if as_of else None
    plugins = load_plugins()
    chosen = chosen_city(plugins, city, units)
    office = opened_office(plugins, chosen, db, tenant, at)
    with closing(office.storage):
        found = office.report(wanted, at)
    if as_json:
        print_json(bulletin_document(found, office, period, places))
    else:
        print_bulletin(found, office, period, places)


def bulletin_document(
    found: Figures, office: Office, period: str, digits: int = 2
) -> dict[str, Any]:
    """The bulletin as JSON; every rate with its numerator and denominator."""
    policy = _policy(found, office)
    return {
        "policy": policy.id,
        "title": policy.title,
        "version": policy.version,
        "period": period,
        "first": instant(found.period.first),
        "until": instant(found.period.until),
        "as_of": instant(found.as_of),
        "received": found.received,
        "merged": found.merged,
        "declined": found.declined,
        "replied": found.replied,
        "within": found.within,
        "late": found.late,
        "rated": found.rated,
        "satisfied": found.satisfied,
        "yellow_cards": found.yellow_cards,
        "red_cards": found.red_cards,
        "reply_rate": ratio(found.reply_rate, digits),
        "on_time_rate": ratio(found.on_time_rate, digits),
        "satisfaction": ratio(found.satisfaction, digits),
        "ranked_by": list(policy.ranking.by),
        "units": unit_documents(found, office.city.units, digits),
    }


def bulletin_lines(found: Figures, office: Office, period: str, digits: int = 2) -> list[str]:
    """The figures of the bulletin, before the ranking."""
    rates = (
        ("回复率", found.reply_rate),
        ("按时回复率", found.on_time_rate),
        ("满意率", found.satisfaction),
    )
    received = (
        f"收到 {found.received} 件,已回复 {found.replied} 件;"
        f"不予受理 {found.declined} 件,合并 {found.merged} 件"
    )
    shown = (f"{name} {r.percent(digits)}({r.part}/{r.whole})" for name, r in rates)
    return [
        f"{_policy(found, office).title}:{period} 通报(截至 {show_instant(found.as_of)})",
        received,
        ";".join(shown),
        f"黄牌 {found.yellow_cards} 张,红牌 {found.red_cards} 张",
    ]


def print_bulletin(found: Figures, office: Office, period: str, digits: int = 2) -> None:
    """The bulletin as text."""
    console = terminal()
    for text in bulletin_lines(found, office, period, digits):
        console.print(text, soft_wrap=True)
    if found.units:
        by = _policy(found, office).ranking.by
        print_ranking(console, found, office.city.units, by, digits)
    else:
        console.print("本期没有交办")


def _policy(found: Figures, office: Office) -> Policy:
    return office.policy_for(found.period, found.as_of)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    group.callback()(lambda: None)
    group.command("bulletin", help="某月(或某年)的通报与承办单位排名。")(bulletin)
    app.add_typer(group, name="report", help="统计与通报。")
