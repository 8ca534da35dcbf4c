"""``wenzheng report``: the month's figures and the ranking of the units."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import Annotated, Any

import attrs
import typer

from wenzheng_cli.options import CityId, Db, Json, Tenant, UnitsFile, chosen_city, opened_office
from wenzheng_cli.policypage import measure_text
from wenzheng_cli.reading import read_number, read_period, read_time
from wenzheng_cli.terminal import print_ranking, terminal
from wenzheng_cli.writing import instant, line, print_json, print_lines, ratio, unit_documents
from wenzheng_core import Figures, Office, Policy, Ratio, load_plugins
from wenzheng_core.domain.instants import show_instant
from wenzheng_core.domain.provisions import MeasureRule


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
        print_lines(
            *(f"{rule.title}的依据:{rule.basis}" for rule in _policy(found, office).measures)
        )


_COUNTED = (
    *("received", "merged", "declined", "valid", "accepted", "responded", "replied", "published"),
    *("resolved", "returned", "within", "late", "within_soft", "late_soft", "rated", "satisfied"),
    *("yellow_cards", "red_cards"),
)
_RATED = (
    *("reply_rate", "valid_reply_rate", "response_rate", "solve_rate"),
    *("on_time_rate", "hard_on_time_rate", "satisfaction"),
)


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
        **{name: getattr(found, name) for name in _COUNTED},
        "declined_by_reason": {code: found.grounds[code]["declined"] for code in found.grounds},
        **{name: ratio(getattr(found, name), digits) for name in _RATED},
        "measures": [_measure_document(rule, found.rates[rule.id]) for rule in policy.measures],
        "ranked_by": list(policy.ranking.by),
        "units": unit_documents(found, office.city.units, digits),
    }


def bulletin_lines(found: Figures, office: Office, period: str, digits: int = 2) -> list[str]:
    """The figures of the bulletin, before the ranking."""
    policy = _policy(found, office)
    rates = (
        ("回复率", found.reply_rate),
        ("按时回复率", found.on_time_rate),
        ("满意率", found.satisfaction),
    )
    # Where nobody records that a matter is settled, a rate of nought would tell against them.
    solved = [("解决率", found.solve_rate)] if found.resolved else []
    more = (
        ("有效留言回复率", found.valid_reply_rate),
        ("响应率", found.response_rate),
        *solved,
    )
    received = (
        f"收到 {found.received} 件,已回复 {found.replied} 件;"
        f"不予受理 {found.declined} 件,合并 {found.merged} 件"
    )
    return [
        f"{policy.title}:{period} 通报(截至 {show_instant(found.as_of)})",
        received,
        _rates(rates, digits),
        _rates(more, digits),
        *_soft_lines(found, digits),
        *(_measure_line(rule, found.rates[rule.id], policy) for rule in policy.measures),
        f"黄牌 {found.yellow_cards} 张,红牌 {found.red_cards} 张",
        *_returned_lines(found, office),
    ]


def _rates(rates: Iterable[tuple[str, Ratio]], digits: int) -> str:
    return ";".join(f"{name} {_shown(rate, digits)}" for name, rate in rates)


def _shown(rate: Ratio, digits: int) -> str:
    return f"{rate.percent(digits)}({rate.part}/{rate.whole})"


def _soft_lines(found: Figures, digits: int) -> Iterator[str]:
    """The hard limits by themselves, where some were soft: those warn and bind nobody."""
    if found.within_soft or found.late_soft:
        soft = Ratio(found.within_soft, found.within_soft + found.late_soft)
        hard = _shown(found.hard_on_time_rate, digits)
        yield f"其中硬性时限按时 {hard},一般要求按时 {_shown(soft, digits)}"


def _measure_line(rule: MeasureRule, rate: Ratio, policy: Policy) -> str:
    met = {True: ",达标", False: ",未达标", None: ""}[_met(rule, rate)]
    shown = _shown(rate, rule.digits)
    return f"{measure_text(rule, policy)}:{shown}{met}"


def _measure_document(rule: MeasureRule, rate: Ratio) -> dict[str, Any]:
    return {
        **attrs.asdict(rule),
        "excluding": list(rule.excluding),
        "value": ratio(rate, rule.digits),
        "target_met": _met(rule, rate),
    }


def _met(rule: MeasureRule, rate: Ratio) -> bool | None:
    return rate.reaches(rule.target) if rule.target else None


def _returned_lines(found: Figures, office: Office) -> Iterator[str]:
    names = office.city.units
    each = [f"{line(names.name(x.unit))} {x.returned} 次" for x in found.units if x.returned]
    if each:
        yield f"退回重办 {found.returned} 件:{'、'.join(each)}"


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
