"""``wenzheng explain``: why each clock of a case is due when it is, derived again and compared.

Exit code 0 if every stored decision re-derives; 1 if one does not, with what has changed. That a
notice issued since would give another day is told, and is no failure.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from importlib import metadata
from typing import Annotated, Any

import attrs
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
from wenzheng_cli.reading import read_time
from wenzheng_cli.writing import instant, line, print_json, print_lines
from wenzheng_core import Case, Office, Reason, WenzhengError, load_plugins, write_limit
from wenzheng_core.domain.counterfactuals import Otherwise, otherwise
from wenzheng_core.domain.instants import show_instant
from wenzheng_core.rederiving import Difference

TRACE = "wenzheng.trace/1"
"""The version of the form of a trace."""


@attrs.frozen
class _Told:
    """A clock's reason, and the nearest change of a fact that would change its due instant."""

    reason: Reason
    other: Otherwise | None
    digest: str


def explain_case(
    case: Annotated[str, typer.Argument(help="办件编号,或 来源/留言编号。")],
    city: CityId,
    db: Db,
    at: Annotated[str | None, typer.Option("--at", help="说明作出的时刻;不写即现在。")] = None,
    units: UnitsFile = None,
    tenant: Tenant = None,
    as_json: Json = False,
) -> int:
    """Explain a case, and count every stored decision again; 1 if one comes out otherwise."""
    now = read_time(at, "--at") if at else None
    plugins = load_plugins()
    office = opened_office(plugins, chosen_city(plugins, city, units), db, tenant, now)
    with closing(office.storage):
        found = found_case(office, case)
        differences = office.rederive(found.id)
        told, untold = _told(office, found)
        records = len(office.history(found.id))
    if as_json:
        print_json(_document(office, found, told, untold, differences))
    else:
        _print(office, found, told, untold, differences, records)
    return 1 if any(difference.cause.real for difference in differences) else 0


def _told(office: Office, case: Case) -> tuple[list[_Told], str]:
    """The reasons, and why there are none where the rules do not give them any more."""
    try:
        reasons = office.explain(case.id)
    except WenzhengError as error:
        return [], str(error)
    rules = [office.rules_for(case, each.clock) for each in reasons]
    return [
        _Told(each, otherwise(each.clock, by), by.policy.digest)
        for each, by in zip(reasons, rules, strict=True)
    ], ""


def _document(
    office: Office,
    case: Case,
    told: Sequence[_Told],
    untold: str,
    differences: Sequence[Difference],
) -> dict[str, Any]:
    return {
        "version": TRACE,
        "case": case.id,
        "message": f"{case.message.source}/{case.message.external_id}",
        "policy": {"id": case.policy, "version": case.policy_version, "digest": case.policy_digest},
        "calendar": {
            "name": office.calendar.name,
            "digest": office.calendar.digest,
            "settled_until": office.calendar.settled_until.isoformat(),
        },
        "engine": metadata.version("wenzheng-core"),
        "evaluated_at": instant(office.clock.now()),
        "rederives": not any(difference.cause.real for difference in differences),
        "unexplained": untold or None,
        "clocks": [_clock(each) for each in told],
        "differences": [
            {
                **attrs.asdict(each),
                "cause": each.cause.value,
                "real": each.cause.real,
                "day": each.day.isoformat() if each.day else None,
                "text": each.text,
            }
            for each in differences
        ],
    }


def _clock(told: _Told) -> dict[str, Any]:
    clock, shown = told.reason.clock, told.reason.explanation
    return {
        "clock": clock.id,
        "title": told.reason.title,
        "unit": clock.unit,
        "epoch": clock.epoch,
        "policy_digest": told.digest,
        "calendar_digest": clock.calendar,
        "inputs": {
            "facts": dict(clock.facts),
            "started": instant(clock.started),
            "limit": write_limit(clock.limit) if clock.limit else None,
            "pauses": [[instant(p.first), instant(p.until)] for p in clock.pauses],
            "extensions": [write_limit(x) for x in clock.extensions],
        },
        "row": clock.row,
        "basis": clock.basis,
        "candidates": [
            {"row": c.row, "verdict": c.verdict.value, "why": c.why} for c in told.reason.candidates
        ],
        "days": [
            {
                "first": run.first.isoformat(),
                "last": run.last.isoformat(),
                "counted": run.counted,
                "kind": run.kind,
                "name": run.name,
                "notice": run.notice,
            }
            for run in (shown.runs if shown else ())
        ],
        "due": instant(clock.due),
        "lines": list(told.reason.lines),
        "otherwise": _otherwise(told.other) if told.other else None,
    }


def _otherwise(other: Otherwise) -> dict[str, Any]:
    return {
        "column": other.column,
        "value": other.value,
        "other": other.other,
        "row": other.row,
        "due": instant(other.due),
        "text": other.text,
    }


def _print(
    office: Office,
    case: Case,
    told: Sequence[_Told],
    untold: str,
    differences: Sequence[Difference],
    records: int,
) -> None:
    message = case.message
    now: datetime = office.clock.now()
    print_lines(
        f"{line(message.title)}({message.source}/{message.external_id})",
        f"办件 {case.id};依据 {case.policy} {case.policy_version}(摘要 {case.policy_digest})",
        f"日历 {office.calendar.name}(摘要 {office.calendar.digest});{show_instant(now)} 重算",
    )
    if untold:
        print_lines("", f"无法说明:{untold}")
    for each in told:
        clock = each.reason.clock
        whom = f"({office.city.units.name(clock.unit)})" if clock.unit else ""
        print_lines("", f"「{each.reason.title}」{whom}为何此时到期:", *each.reason.lines)
        if each.other:
            print_lines(each.other.text)
    real = [d for d in differences if d.cause.real]
    newer = [d for d in differences if not d.cause.real]
    print_lines("", *(d.text for d in (*real, *newer)))
    print_lines(f"{records} 条记录中的决定重算:" + (f"{len(real)} 处不符" if real else "全部相符"))


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("explain", help="一件的每个时限为何此时到期,并把已作出的决定逐一重算。")(
        explain_case
    )
