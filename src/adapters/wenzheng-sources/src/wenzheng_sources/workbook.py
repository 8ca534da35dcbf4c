"""Excel workbooks exported from a board: messages with their recorded replies, streamed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

from wenzheng_core.domain.messages import RecordedMessage, RejectedRow
from wenzheng_sources.opening import SUFFIX, declared_last_row, opened
from wenzheng_sources.rows import RowReader
from wenzheng_sources.sheets import BODY, Sheet, Values, find_sheet, numbered
from wenzheng_sources.texts import is_blank


class WorkbookSource:
    """Reads ``.xlsx`` exports; the columns are found by their names."""

    id = "workbook"
    suffixes = (SUFFIX,)

    def read(self, path: Path, source: str = "hongwang") -> Iterator[RecordedMessage | RejectedRow]:
        """The rows, one at a time, in the order of the file; blank rows are left out.

        The file is opened when the first row is asked for, and closed after the last one or when
        the iterator is closed.

        Args:
            path: the workbook.
            source: the platform's stable name, which the messages carry.

        Raises:
            InputFaultsError: the file as a whole is unusable; it names all the faults.
        """
        with ExitStack() as stack:
            sheet = find_sheet(path, stack.enter_context(opened(path)))
            reader = RowReader(source, sheet.columns, sheet.epoch)
            typed = _TypedBodies(path, sheet, stack)
            for number, values in sheet.rows:
                if not all(map(is_blank, values)):
                    yield reader.read(number, typed.restore(number, values))

    def count(self, path: Path) -> int | None:
        """How many rows the file says it has, for a progress bar; None where it says nothing.

        Never exact: it is what the biggest sheet declares, less a header; blank rows count, and
        many programs write a wrong number or none.

        Raises:
            InputFaultsError: the file as a whole is unusable.
        """
        last = declared_last_row(path)
        return None if last is None else max(0, last - 1)


class _TypedBodies:
    """Brings back a body that an exporter wrote as a formula, such as ``=_= 请问…``.

    No value is saved for such a cell, so it looks empty. The formulas of the sheet are read beside
    the values, from the first empty body on; a file without empty bodies is read once.
    """

    def __init__(self, path: Path, sheet: Sheet, stack: ExitStack) -> None:
        self._path = path
        self._title = sheet.title
        self._place = sheet.columns[BODY]
        self._stack = stack
        self._rows: Iterator[tuple[int, Values]] | None = None

    def restore(self, number: int, values: Values) -> Values:
        """The row, its body as typed where it looks empty."""
        if len(values) > self._place and not is_blank(values[self._place]):
            return values
        if self._rows is None:
            workbook = self._stack.enter_context(opened(self._path, formulas=True))
            rows = numbered(self._path, workbook[self._title])
            self._rows = self._stack.enter_context(closing(rows))
        row = next((row for found, row in self._rows if found == number), ())
        if len(row) <= self._place:
            return values
        return (*values[: self._place], row[self._place], *values[self._place + 1 :])
