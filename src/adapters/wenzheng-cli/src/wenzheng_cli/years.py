"""One year of a calendar: as month grids, and as data."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from rich.columns import Columns
from rich.table import Table
from rich.text import Text

from wenzheng_cli.terminal import terminal
from wenzheng_core import Calendar, OutsideCalendarError
from wenzheng_core.domain.calendars import Day, DayKind, Notice
from wenzheng_core.domain.instants import WEEKDAYS, show_day

_MARKS = {DayKind.HOLIDAY: ("*", "bold red"), DayKind.MAKEUP: ("+", "bold green")}
_DAY = timedelta(days=1)


def year_document(calendar: Calendar, year: int) -> dict[str, Any]:
    """The year as JSON. Raises OutsideCalendarError."""
    days = _days(calendar, year)
    open_from = next((day.date for day in days if not day.settled), None)
    return {
        "year": year,
        "calendar": calendar.name,
        "settled": days[0].settled,
        "unsettled_from": open_from.isoformat() if open_from else None,
        "working_days": sum(day.worked for day in days),
        "off": [_document(day) for day in days if day.kind is DayKind.HOLIDAY],
        "makeup": [_document(day) for day in days if day.kind is DayKind.MAKEUP],
        "notices": [
            {"number": n.number, "title": n.title, "issued": n.issued.isoformat()}
            for n in _notices(days)
        ],
    }


def print_year(calendar: Calendar, year: int) -> None:
    """The year as twelve grids, three in a row, with a legend and what it rests on."""
    console = terminal()
    days = _days(calendar, year)
    guess = "" if days[0].settled else "(放假安排尚未公布,仅按法定节日推定)"
    console.print(f"{year}年 {sum(day.worked for day in days)} 个工作日{guess}\n")
    months = [_grid(list(month)) for _, month in groupby(days, key=lambda day: day.date.month)]
    for row in range(0, 12, 3):
        console.print(Columns(months[row : row + 3], padding=(0, 4)))
    console.print(Text.assemble(("1*", "bold red"), " 放假  ", ("1+", "bold green"), " 调休上班"))
    for name, first, last in _stretches(days):
        until = f"至{last.month}月{last.day}日" if last > first else ""
        console.print(f"{name}:{show_day(first)}{until}")
    for notice in _notices(days):
        console.print(f"依据:{notice.number or '(无文号)'}《{notice.title}》", soft_wrap=True)
    if days[0].settled and not days[-1].settled:
        first = next(day.date for day in days if not day.settled)
        console.print(f"{show_day(first)}起的几日须待{calendar.awaited_year}年的安排公布后才能确定")


def _days(calendar: Calendar, year: int) -> list[Day]:
    first, last = date(year, 1, 1), date(year, 12, 31)
    if first < calendar.first or last > calendar.last:
        raise OutsideCalendarError(calendar.name, first, calendar.first, calendar.last)
    return [calendar.day(first + n * _DAY) for n in range((last - first).days + 1)]


def _document(day: Day) -> dict[str, Any]:
    notice = day.notice.cite if day.notice else ""
    return {"date": day.date.isoformat(), "name": day.name, "notice": notice}


def _notices(days: list[Day]) -> list[Notice]:
    found = dict.fromkeys(day.notice for day in days if day.notice)
    return sorted(found, key=lambda notice: notice.issued)


def _stretches(days: list[Day]) -> Iterator[tuple[str, date, date]]:
    off = (day for day in days if day.kind is DayKind.HOLIDAY)
    for name, found in groupby(off, key=lambda day: day.name):
        dates = [day.date for day in found]
        yield name, dates[0], dates[-1]


def _grid(days: list[Day]) -> Table:
    table = Table(title=f"{days[0].date.month}月", box=None, padding=(0, 1, 0, 0), pad_edge=False)
    for weekday in WEEKDAYS:
        table.add_column(weekday, justify="right", min_width=3)
    week: list[Text | str] = [""] * days[0].date.weekday()
    for day in days:
        week.append(_cell(day))
        if len(week) == len(WEEKDAYS):
            table.add_row(*week)
            week = []
    if week:
        table.add_row(*week)
    return table


def _cell(day: Day) -> Text:
    mark, style = _MARKS.get(day.kind, (" ", "dim" if not day.worked else ""))
    return Text(f"{day.date.day}{mark}", style=style)
