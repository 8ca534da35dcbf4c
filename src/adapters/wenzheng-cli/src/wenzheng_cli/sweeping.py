"""``wenzheng sweep``: let everything that is due happen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Annotated, Any

import attrs
import typer

from wenzheng_cli.options import CityId, Db, Json, Tenant, UnitsFile, chosen_city, opened_office
from wenzheng_cli.policypage import schedule_names
from wenzheng_cli.reading import read_time
from wenzheng_cli.writing import instant, print_json, print_lines
from wenzheng_core import Act, Office, load_plugins
from wenzheng_core.diary import find
from wenzheng_core.domain.instants import last_day_before, show_day, show_instant
from wenzheng_core.domain.schedules import ReportKind
from wenzheng_core.ports import Entry


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
        made = [] if as_json else _made(office, report.made)
    if as_json:
        document: dict[str, Any] = {"at": instant(now), **attrs.asdict(report)}
        print_json(document)
    else:
        fired = "、".join(f"{Act(act).label} {n}" for act, n in report.fired.items()) or "无"
        print_lines(
            f"巡查至 {show_instant(now)}:到点办件 {report.cases} 件;{fired}",
            f"按新日历改定 {report.settled} 件;仍待放假安排 {report.awaiting} 件",
            *made,
            *(f"无人可通知:{rung}" for rung in report.unheard),
            *(f"未能处理:{failure}" for failure in report.failed),
        )
    return 1 if report.unheard or report.failed else 0


def _made(office: Office, keys: Sequence[str]) -> list[str]:
    """What was made on each schedule, a line a schedule: after an outage there are very many."""
    names = schedule_names(office.city.versions.versions)
    found: dict[str, list[Entry]] = {}
    for key in keys:
        if entry := find(office.storage, key):
            found.setdefault(str(entry.body["schedule"]), []).append(entry)
    return [
        (_polled if entries[-1].body["kind"] == ReportKind.POLL_DUTY.value else _ran)(
            names.get(schedule, schedule), entries
        )
        for schedule, entries in found.items()
    ]


def _ran(name: str, entries: Sequence[Entry]) -> str:
    last = show_instant(max(entry.at for entry in entries))
    if len(entries) == 1:
        return f"按日程作出:{name},{last}"
    return f"按日程作出:{name} {len(entries)} 次,最近 {last}"


def _polled(name: str, entries: Sequence[Entry]) -> str:
    """What became of a polling duty, each of whose runs speaks of the day that has just ended."""
    short = [entry for entry in entries if _missing(entry)]
    if not short:
        return f"{name}:{len(entries)} 日均已达标"
    last = last_day_before(max(entry.at for entry in short))
    return f"{name}:{len(short)} 次未达标,最近为{show_day(last)}"


def _missing(entry: Entry) -> bool:
    counts = entry.body["counts"]
    return isinstance(counts, Mapping) and bool(counts.get("missing"))


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("sweep", help="巡查:到点的提醒、黄牌、红牌、通报和清单都在此发生,各只一次。")(sweep)
