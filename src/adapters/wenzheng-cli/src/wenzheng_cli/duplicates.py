"""``wenzheng case similar`` and ``wenzheng clusters``: messages that may be one matter.

Suggestions for an officer. Numbers and titles are shown, no bodies; nothing is merged.
"""

from __future__ import annotations

from contextlib import closing
from decimal import ROUND_FLOOR, Decimal
from typing import Annotated, Any

import typer

from wenzheng_cli.options import (
    CityId,
    Db,
    Json,
    Tenant,
    UnitsFile,
    chosen_city,
    found_case,
    opened_office,
)
from wenzheng_cli.reading import read_number, read_period
from wenzheng_cli.terminal import Sheet, terminal
from wenzheng_cli.withholding import title_of
from wenzheng_cli.writing import instant, line, print_json
from wenzheng_core import Case, Suggestion, load_plugins
from wenzheng_core.domain.instants import local_day

_MOST = 1000


def similar_cases(
    case: Annotated[str, typer.Argument(help="办件编号,或 来源/留言编号。")],
    city: CityId,
    db: Db,
    limit: Annotated[str, typer.Option("--limit", metavar="N", help="最多几件。")] = "5",
    units: UnitsFile = None,
    tenant: Tenant = None,
    as_json: Json = False,
) -> None:
    """What a message may repeat or be repeated by, the most similar first."""
    most = read_number(limit, "--limit", 1, _MOST)
    plugins = load_plugins()
    office = opened_office(plugins, chosen_city(plugins, city, units), db, tenant)
    with closing(office.storage):
        asked = found_case(office, case)
        found = [
            (one, office.case(one.earlier if one.key == asked.id else one.key))
            for one in office.similar(asked.id, limit=most)
        ]
    if as_json:
        print_json({**_brief(asked), "similar": [_document(one, other) for one, other in found]})
        return
    console = terminal()
    console.print(f"{_number(asked)} {line(title_of(asked))}", soft_wrap=True)
    if not found:
        console.print("没有相似的留言")
        return
    sheet = Sheet("", ("留言", "标题", "状态", "收到", "先后", "相似度"), numbers=1)
    for one, other in found:
        when = "在前" if other.id == one.earlier else "在后"
        sheet.add(*_row(other), when, "相同" if one.exact else _per_cent(one.similarity))
    sheet.show(console)
    console.print("仅供参考,是否重复由经办人判断")


def duplicate_clusters(
    month: Annotated[str, typer.Option("--month", help="月份如 2019-05,或年份如 2019。")],
    city: CityId,
    db: Db,
    units: UnitsFile = None,
    tenant: Tenant = None,
    as_json: Json = False,
) -> None:
    """The messages of a month that may be one matter, in groups."""
    period = read_period(month, "--month")
    plugins = load_plugins()
    office = opened_office(plugins, chosen_city(plugins, city, units), db, tenant)
    with closing(office.storage):
        found = [[office.case(x) for x in group] for group in office.duplicate_clusters(period)]
    if as_json:
        print_json({"clusters": [[_brief(case) for case in group] for group in found]})
        return
    console = terminal()
    for place, group in enumerate(found, start=1):
        sheet = Sheet(f"第 {place} 组,{len(group)} 件", ("留言", "标题", "状态", "收到"))
        for case in group:
            sheet.add(*_row(case))
        sheet.show(console)
        console.print()
    console.print(f"{len(found)} 组相似留言;仅供参考,是否并案办理由经办人判断")


def _number(case: Case) -> str:
    return line(f"{case.message.source}/{case.message.external_id}")


def _row(case: Case) -> tuple[str, str, str, str]:
    opened = local_day(case.opened).isoformat()
    return _number(case), line(title_of(case), 24), case.state.label, opened


def _per_cent(similarity: float) -> str:
    """Whole per cent, rounded down: what is not equal never shows as 100%."""
    return f"{(Decimal(similarity) * 100).quantize(Decimal(1), ROUND_FLOOR)}%"


def _brief(case: Case) -> dict[str, Any]:
    return {
        "id": case.id,
        "message": f"{case.message.source}/{case.message.external_id}",
        "title": title_of(case),
        "state": case.state.value,
        "opened": instant(case.opened),
    }


def _document(found: Suggestion, other: Case) -> dict[str, Any]:
    return {
        **_brief(other),
        "earlier": other.id == found.earlier,
        "similarity": found.similarity,
        "exact": found.exact,
    }


def register(app: typer.Typer) -> None:
    """Add the command that stands alone; the other one is in the group of cases."""
    app.command("clusters", help="一月之内可能是同一件事的留言。")(duplicate_clusters)
