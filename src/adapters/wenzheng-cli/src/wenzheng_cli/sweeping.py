"""``wenzheng sweep``: let everything that is due happen."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from typing import Annotated, Any

import attrs
import typer

from wenzheng_cli.options import CityId, Db, Json, Tenant, UnitsFile, chosen_city, opened_office
from wenzheng_cli.reading import read_time
from wenzheng_cli.writing import instant, print_json, print_lines
from wenzheng_core import Act, City, load_plugins
from wenzheng_core.domain.instants import show_instant

SHOWN = 20


def sweep(
    city: CityId,
    db: Db,
    at: Annotated[str | None, typer.Option("--at", help="巡查到何时;不写即现在。")] = None,
    units: UnitsFile = None,
    tenant: Tenant = None,
    as_json: Json = False,
) -> int:
    """Fire and make what is due; 1 if somebody could not be told or something not be decided."""
    until = read_time(at, "--at") if at else None
    plugins = load_plugins()
    office = opened_office(plugins, chosen_city(plugins, city, units), db, tenant, until)
    now = office.clock.now()
    with closing(office.storage):
        report = office.sweep(now)
    if as_json:
        document: dict[str, Any] = {"at": instant(now), **attrs.asdict(report)}
        print_json(document)
    else:
        fired = "、".join(f"{Act(act).label} {n}" for act, n in report.fired.items()) or "无"
        print_lines(
            f"巡查至 {show_instant(now)}:到点办件 {report.cases} 件;{fired}",
            f"按新日历改定 {report.settled} 件;仍待放假安排 {report.awaiting} 件",
            *_made(office.city, report.made),
            *(f"无人可通知:{rung}" for rung in report.unheard),
            *(f"未能处理:{failure}" for failure in report.failed),
        )
    return 1 if report.unheard or report.failed else 0


def _made(city: City, keys: Sequence[str]) -> list[str]:
    """What was made on a schedule, with its instant; of very many, as after an outage, the first."""
    kinds = {s.id: s.kind.label for policy in city.versions.versions for s in policy.schedules}
    lines = []
    for key in keys[:SHOWN]:
        _, schedule, at = key.split("/")
        run = show_instant(datetime.fromisoformat(at))
        lines.append(f"按日程作出:{kinds.get(schedule, schedule)}({schedule}){run}")
    more = len(keys) - len(lines)
    return [*lines, f"……另有 {more} 项"] if more else lines


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("sweep", help="巡查:到点的提醒、黄牌、红牌、通报和清单都在此发生,各只一次。")(sweep)
