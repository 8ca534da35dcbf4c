"""``wenzheng policy migrate``: open cases under another version of their policy, tried or done."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from typing import Annotated, Any

import typer

from wenzheng_cli.errors import BadInputError
from wenzheng_cli.options import CityId, Db, Json, Tenant, UnitsFile, chosen_city, opened_office
from wenzheng_cli.reading import read_day, read_time
from wenzheng_cli.writing import instant, line, print_json, print_lines
from wenzheng_core import Actor, Office, Role, load_plugins, show_due
from wenzheng_core.domain.migration import Mode
from wenzheng_core.migrating import CaseLine, ClockChange, MigrationReport, migrate


def migrate_cases(  # noqa: PLR0913, PLR0917 - every option of the command
    city: CityId,
    db: Db,
    to: Annotated[str, typer.Option("--to", metavar="VERSION", help="改按哪一版。")],
    mode: Annotated[
        str,
        typer.Option("--mode", help="pin、adopt_unstarted、favour 或 cap;后者须写 --cap。"),
    ],
    reason: Annotated[str, typer.Option("--reason", help="为何迁移,记入每件的经过。")],
    actor: Annotated[str, typer.Option("--actor", help="由谁作出。")] = "office",
    cap: Annotated[str | None, typer.Option("--cap", help="不迟于此日,如 2026-03-31。")] = None,
    case: Annotated[
        list[str] | None, typer.Option("--case", help="只迁这一办件;可多次给出。")
    ] = None,
    at: Annotated[str | None, typer.Option("--at", help="于何时迁移;不写即现在。")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只试算,不写入。")] = False,
    units: UnitsFile = None,
    tenant: Tenant = None,
    as_json: Json = False,
) -> int:
    """Try or carry out a migration; 1 if some case was refused."""
    chosen = _mode(mode)
    now = read_time(at, "--at") if at else None
    last = read_day(cap, "--cap") if cap else None
    plugins = load_plugins()
    office = opened_office(plugins, chosen_city(plugins, city, units), db, tenant, now)
    with closing(office.storage):
        report = migrate(
            office,
            to,
            chosen,
            actor=Actor(actor, Role.OFFICE),
            reason=reason,
            at=now,
            cap=last,
            case_ids=case or None,
            dry_run=dry_run,
        )
    if as_json:
        print_json(_document(report))
    else:
        _print(office, report)
    return 1 if report.refused else 0


def _mode(text: str) -> Mode:
    for mode in Mode:
        if text in (mode.value, mode.label):
            return mode
    known = "、".join(f"{mode.value}({mode.label})" for mode in Mode)
    raise BadInputError("--mode", text, f"不是迁移的方式;可用:{known}")


def _document(report: MigrationReport) -> dict[str, Any]:
    return {
        "version": "wenzheng.migration/1",
        "to": report.to_version,
        "mode": report.mode.value,
        "dry_run": report.dry_run,
        "moved": len(report.moved),
        "refused": len(report.refused),
        "cases": [_case(each) for each in report.lines],
    }


def _case(each: CaseLine) -> dict[str, Any]:
    return {
        "id": each.case_id,
        "message": each.message,
        "from": each.from_version,
        "refused": each.refused or None,
        "rule": each.rule or None,
        "clocks": [
            {
                "clock": change.clock,
                "title": change.title,
                "unit": change.unit,
                "old_due": instant(change.old_due),
                "new_due": instant(change.new_due),
                "changed": change.changed,
            }
            for change in each.clocks
        ],
    }


def _print(office: Office, report: MigrationReport) -> None:
    did = "试算(未写入)" if report.dry_run else "已迁移"
    counts = f"{len(report.moved)} 件可迁" if report.dry_run else f"{len(report.moved)} 件"
    print_lines(
        f"{did}:改按「{report.to_version}」,{report.mode.label};"
        f"{counts},{len(report.refused)} 件不能迁移"
    )
    for each in report.lines:
        if each.refused:
            print_lines(f"{line(each.message)}:不能迁移:{line(each.refused)}")
            continue
        print_lines(f"{line(each.message)}:{each.from_version} → {report.to_version}")
        print_lines(*(_clock(office, change) for change in each.clocks))


def _clock(office: Office, change: ClockChange) -> str:
    whose = f"({office.city.units.name(change.unit)})" if change.unit else ""
    if not change.changed:
        return f"  {change.title}{whose}:{_due(change.old_due)},不变"
    return f"  {change.title}{whose}:{_due(change.old_due)} → {_due(change.new_due)}"


def _due(due: datetime | None) -> str:
    return show_due(due) if due else "未规定"
