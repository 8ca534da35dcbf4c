"""Writing with Rich: the terminal as it is, and tables that several commands show."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from wenzheng_cli.writing import WIDTH, line
from wenzheng_core import Figures, Units
from wenzheng_core.domain.measures import RANKED_BY


def terminal() -> Console:
    """A console on stdout; no markup, for a message may look like it. 100 columns without a terminal."""
    width = None if sys.stdout.isatty() else WIDTH
    return Console(markup=False, emoji=False, highlight=False, width=width)


def plain_table(title: str, *columns: str, numbers: int = 0) -> Table:
    """A table of which the last ``numbers`` columns are numbers."""
    table = Table(
        title=title or None,
        title_justify="left",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
    )
    for place, column in enumerate(columns):
        right = place >= len(columns) - numbers
        table.add_column(column, justify="right" if right else "left", overflow="fold")
    return table


def ranking(figures: Figures, units: Units, by: Sequence[str], digits: int) -> Table:
    """The units in the order of their ranks."""
    head = (
        "名次",
        "承办单位",
        "办理量",
        "办结",
        "办结率",
        "按时",
        "超期",
        "按时率",
        "黄牌",
        "红牌",
    )
    measures = "、".join(RANKED_BY.get(name, name) for name in by)
    table = plain_table(f"承办单位排名(依次比较{measures})", *head, numbers=8)
    for unit in figures.units:
        table.add_row(
            str(unit.rank),
            line(units.name(unit.unit)),
            str(unit.handled),
            str(unit.completed),
            unit.completion_rate.percent(digits),
            str(unit.on_time),
            str(unit.late),
            unit.on_time_rate.percent(digits),
            str(unit.yellow_cards),
            str(unit.red_cards),
        )
    return table
