"""Writing with Rich: the terminal as it is, and tables that several commands show."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import attrs
from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from wenzheng_cli.writing import line
from wenzheng_core import Figures, Units
from wenzheng_core.domain.measures import RANKED_BY

NARROW = 70
"""Columns below which a table is shown as a list."""
BOUNDLESS = 100_000
_TEXT = 8
"""Columns that a column of text keeps however narrow the table gets: four characters."""
_GAP = 3
"""Columns between two columns."""


def terminal(width: int = BOUNDLESS) -> Console:
    """A console on stdout; no markup, for a message may look like it.

    ``width`` holds where no terminal is: whatever reads a file or a pipe wants lines whole.
    """
    columns = None if sys.stdout.isatty() else width
    return Console(markup=False, emoji=False, highlight=False, width=columns)


@attrs.frozen
class Sheet:
    """Rows under a title, of which the last ``numbers`` columns are numbers.

    Shown as a table; where that has no room, as a list with a line or more for each row.
    """

    title: str
    head: Sequence[str]
    numbers: int = 0
    rows: list[Sequence[str]] = attrs.field(factory=list)

    def add(self, *cells: str) -> None:
        """Add a row."""
        self.rows.append(cells)

    def show(self, console: Console) -> None:
        """Print it."""
        if self.title:
            console.print(self.title, soft_wrap=True)
        least = sum(map(self._least, range(len(self.head)))) + _GAP * (len(self.head) - 1)
        if console.width < max(NARROW, least):
            self._show_list(console)
            return
        with console.capture() as caught:
            console.print(self._table())
        for text in caught.get().splitlines():
            print(text.rstrip(), file=console.file)

    def _table(self) -> Table:
        table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
        for place, column in enumerate(self.head):
            least = self._least(place)
            if self._is_number(place):
                table.add_column(column, justify="right", no_wrap=True, min_width=least)
            else:
                table.add_column(column, overflow="fold", min_width=least)
        for row in self.rows:
            table.add_row(*row)
        return table

    def _is_number(self, place: int) -> bool:
        return place >= len(self.head) - self.numbers

    def _least(self, place: int) -> int:
        """The columns that a column keeps: all that a number needs, some of what a text does."""
        cells = [self.head[place], *(row[place] for row in self.rows)]
        longest = max(map(cell_len, cells))
        return longest if self._is_number(place) else min(_TEXT, longest)

    def _show_list(self, console: Console) -> None:
        for row in self.rows:
            console.print(" ".join(cell for cell in row[:2] if cell), soft_wrap=True)
            rest = zip(self.head[2:], row[2:], strict=True)
            shown = ";".join(f"{name} {cell}" for name, cell in rest if cell)
            console.print(f"  {shown}", soft_wrap=True)


def print_ranking(
    console: Console, figures: Figures, units: Units, by: Sequence[str], digits: int
) -> None:
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
    sheet = Sheet(f"承办单位排名(依次比较{measures})", head, numbers=8)
    for unit in figures.units:
        sheet.add(
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
    sheet.show(console)
