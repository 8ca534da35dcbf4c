"""``wenzheng case``: the cases in a store, one of them with its whole history, its look-alikes."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, time
from itertools import islice
from typing import Annotated, Any

import typer

from wenzheng_cli.casepage import case_document, print_case
from wenzheng_cli.duplicates import similar_cases
from wenzheng_cli.errors import BadInputError
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
from wenzheng_cli.reading import read_number, read_time
from wenzheng_cli.terminal import Sheet, terminal
from wenzheng_cli.withholding import title_of
from wenzheng_cli.writing import instant, line, print_json
from wenzheng_core import Act, Case, Office, State, load_plugins
from wenzheng_core.domain.instants import last_day_before, local, local_day

_TITLE = 20
MOST = 10**9


def list_cases(  # noqa: PLR0913, PLR0917 - every option of the command
    city: CityId,
    db: Db,
    state: Annotated[
        str | None, typer.Option("--state", help="状态,如 handling 或 办理中。")
    ] = None,
    unit: Annotated[str | None, typer.Option("--unit", help="主办单位的编号。")] = None,
    limit: Annotated[str, typer.Option("--limit", metavar="N", help="最多几件;0 为不限。")] = "50",
    units: UnitsFile = None,
    tenant: Tenant = None,
    as_json: Json = False,
) -> None:
    """Cases in the order in which they were opened."""
    wanted, most = _state(state), read_number(limit, "--limit", 0, MOST)
    plugins = load_plugins()
    chosen = chosen_city(plugins, city, units)
    if unit is not None:
        chosen.units.get(unit)
    office = opened_office(plugins, chosen, db, tenant)
    with closing(office.storage):
        found = office.storage.scan(state=wanted.value if wanted else None, unit=unit)
        shown = list(islice(found, most or None))
        more = bool(most) and next(found, None) is not None
    if as_json:
        print_json({"cases": [_brief(office, case) for case in shown], "more": more})
    else:
        _print_list(office, shown, more=more)


def show_case(  # noqa: PLR0913, PLR0917 - every option of the command
    case: Annotated[str, typer.Argument(help="办件编号,或 来源/留言编号。")],
    city: CityId,
    db: Db,
    explained: Annotated[bool, typer.Option("--explain", help="逐项说明每个时限。")] = False,
    at: Annotated[str | None, typer.Option("--at", help="剩余时间以此刻计;不写即现在。")] = None,
    units: UnitsFile = None,
    tenant: Tenant = None,
    as_json: Json = False,
) -> None:
    """One case: message, facts, clocks, cards, history."""
    now = read_time(at, "--at") if at else None
    plugins = load_plugins()
    office = opened_office(plugins, chosen_city(plugins, city, units), db, tenant, now)
    with closing(office.storage):
        found = found_case(office, case)
        records = office.history(found.id)
    if as_json:
        print_json(case_document(office, found, records, explained=explained))
    else:
        print_case(office, found, records, explained=explained)


def _state(text: str | None) -> State | None:
    if text is None:
        return None
    for state in State:
        if text in (state.value, state.label):
            return state
    known = "、".join(f"{state.value}({state.label})" for state in State)
    raise BadInputError("--state", text, f"不是办件的状态;可用:{known}")


def _main_due(office: Office, case: Case) -> datetime | None:
    clock = case.main_clock_of(office.policy_of(case).main_clock)
    return clock.due if clock else None


def _brief(office: Office, case: Case) -> dict[str, Any]:
    return {
        "id": case.id,
        "message": f"{case.message.source}/{case.message.external_id}",
        "title": title_of(case),
        "restricted": case.restricted,
        "state": case.state.value,
        "state_label": case.state.label,
        "opened": instant(case.opened),
        "lead": case.lead,
        "lead_name": office.city.units.name(case.lead),
        "due": instant(_main_due(office, case)),
        "yellow_cards": len(case.cards(Act.YELLOW_CARD)),
        "red_cards": len(case.cards(Act.RED_CARD)),
    }


def _print_list(office: Office, cases: list[Case], *, more: bool) -> None:
    console = terminal()
    head = ("留言", "标题", "状态", "主办单位", "收到", "主时限", "黄", "红")
    sheet = Sheet("", head, numbers=2)
    for case in cases:
        due = _main_due(office, case)
        sheet.add(
            line(f"{case.message.source}/{case.message.external_id}"),
            line(title_of(case), _TITLE),
            case.state.label,
            line(office.city.units.name(case.lead)),
            local_day(case.opened).isoformat(),
            _short(due) if due else "—",
            str(len(case.cards(Act.YELLOW_CARD)) or ""),
            str(len(case.cards(Act.RED_CARD)) or ""),
        )
    sheet.show(console)
    console.print(f"{len(cases)} 件" + (",还有更多(--limit 0 全部列出)" if more else ""))


def _short(due: datetime) -> str:
    """An exclusive due instant in a narrow column: ``2020-10-12 24时``."""
    here = local(due)
    midnight = here.time() == time(0)
    tail = "24时" if midnight else here.strftime("%H:%M")
    return f"{last_day_before(due).isoformat()} {tail}"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    group.command("list", help="列出办件。")(list_cases)
    group.command("show", help="一件留言的办理全过程。")(show_case)
    group.command("similar", help="与一件相似的留言,供人判断是否重复。")(similar_cases)
    app.add_typer(group, name="case", help="办件:列表、全过程、相似件。")
