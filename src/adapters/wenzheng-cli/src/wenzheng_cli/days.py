"""``wenzheng count`` and ``wenzheng calendar``: which days are worked, and who says so."""

from __future__ import annotations

from datetime import MAXYEAR, MINYEAR
from typing import Annotated

import typer

from wenzheng_cli.errors import BadInputError
from wenzheng_cli.options import Json
from wenzheng_cli.reading import DAY_EXAMPLE, read_day, read_number
from wenzheng_cli.writing import print_json
from wenzheng_core import count_days, load_plugins
from wenzheng_core.domain.instants import show_day

CalendarName = Annotated[str, typer.Option("--calendar", help="日历。")]


def count(
    first: Annotated[str, typer.Argument(metavar="FROM", help="起始日,不计入。")],
    last: Annotated[str, typer.Argument(metavar="TO", help="终止日,计入。")],
    calendar: CalendarName = "cn",
    as_json: Json = False,
) -> None:
    """Working days and calendar days in (FROM, TO]."""
    after, through = read_day(first, "FROM"), read_day(last, "TO")
    if through < after:
        raise BadInputError("TO", last, f"早于起始日 {after.isoformat()}", DAY_EXAMPLE)
    days = load_plugins().calendar(calendar)
    working, plain = count_days(after, through, days)
    provisional = through > after and not days.is_settled(through)
    if as_json:
        print_json(
            {
                "from": after.isoformat(),
                "to": through.isoformat(),
                "working_days": working,
                "calendar_days": plain,
                "provisional": provisional,
                "calendar": days.name,
            }
        )
        return
    print(f"{working}个工作日,{plain}个自然日({show_day(after)}次日起,至{show_day(through)})")
    if provisional:
        print(f"暂定:{days.awaited_year}年放假安排尚未公布,按法定节日推定")


def show_year(
    year: Annotated[str, typer.Argument(help="年份。")],
    calendar: CalendarName = "cn",
    as_json: Json = False,
) -> None:
    """One year's days off and makeup days."""
    # Rich is imported with the grids: counting days must not wait for it.
    from wenzheng_cli.years import print_year, year_document  # noqa: PLC0415

    wanted = read_number(year, "YEAR", MINYEAR, MAXYEAR - 1)
    days = load_plugins().calendar(calendar)
    if as_json:
        print_json(year_document(days, wanted))
    else:
        print_year(days, wanted)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("count", help="两日之间有几个工作日、几个自然日;起始日不计入。")(count)
    app.command("calendar", help="一年的放假与调休上班,以及依据的通知。")(show_year)
