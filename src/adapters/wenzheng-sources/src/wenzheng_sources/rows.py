"""One row of an export into one message, or into the reasons why it is none."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from wenzheng_core.domain.messages import Message, RecordedMessage, RecordedReply, RejectedRow
from wenzheng_sources import texts
from wenzheng_sources.sheets import AUTHOR, BODY, ID, REPLY, REPLY_TIME, TIME, TITLE, Values
from wenzheng_sources.texts import Cell
from wenzheng_sources.times import ReadTime, UnreadableTimeError, read_time

_TIME_EXPECTED = "应如 2019/4/25 9:32:09"


class RowReader:
    """Reads the rows of one file; remembers the numbers of the messages it has accepted."""

    def __init__(self, source: str, columns: Mapping[str, int], epoch: datetime) -> None:
        self._source = source
        self._columns = columns
        self._epoch = epoch
        self._seen: dict[str, int] = {}

    def read(self, row: int, values: Values) -> RecordedMessage | RejectedRow:
        """A row that is not blank, read; all its faults are named, not just the first."""
        cells = {
            name: values[place] if place < len(values) else None
            for name, place in self._columns.items()
        }
        faults = _error_cells(cells)
        number = self._number(cells, faults)
        title = _required_line(cells, TITLE, faults)
        posted = self._time(cells, TIME, faults)
        if posted is None and texts.is_blank(cells[TIME]):
            faults.append(f"「{TIME}」列为空,{_TIME_EXPECTED}")
        reply = self._reply(cells, posted, faults)
        if faults or posted is None:
            return RejectedRow(row=row, reason=";".join(faults))
        self._seen[number] = row
        message = Message(
            source=self._source,
            external_id=number,
            title=title,
            body=texts.as_text(cells[BODY]),
            posted_at=posted.as_posting(),
            author=texts.as_line(cells.get(AUTHOR)),
        )
        return RecordedMessage(row=row, message=message, reply=reply)

    def _number(self, cells: Mapping[str, Cell], faults: list[str]) -> str:
        value = cells[ID]
        if texts.is_error(value):
            return ""
        try:
            number = "" if texts.is_blank(value) else texts.as_number(value)
        except texts.UnreadableNumberError as error:
            faults.append(f"「{ID}」列的{texts.show(value)}{error}")
            return ""
        if not number:
            faults.append(f"「{ID}」列为空,应填写编号")
        elif number in self._seen:
            first = self._seen[number]
            faults.append(f"「{ID}」列的「{number}」与第 {first} 行重复,以第 {first} 行为准")
        return number

    def _time(self, cells: Mapping[str, Cell], name: str, faults: list[str]) -> ReadTime | None:
        value = cells.get(name)
        if texts.is_blank(value) or texts.is_error(value):
            return None
        try:
            return read_time(value, self._epoch)
        except UnreadableTimeError as error:
            faults.append(f"「{name}」列的{texts.show(value)}{error.reason},{_TIME_EXPECTED}")
            return None

    def _reply(
        self, cells: Mapping[str, Cell], posted: ReadTime | None, faults: list[str]
    ) -> RecordedReply | None:
        text, value = cells.get(REPLY), cells.get(REPLY_TIME)
        published = self._time(cells, REPLY_TIME, faults)
        if texts.is_blank(text) != texts.is_blank(value):
            there, empty = (REPLY_TIME, REPLY) if texts.is_blank(text) else (REPLY, REPLY_TIME)
            faults.append(f"有「{there}」而「{empty}」列为空,两列应同时填写或同时留空")
        if texts.is_blank(text) or published is None:
            return None
        if posted is not None and published.as_publication() < posted.as_posting():
            faults.append(
                f"「{REPLY_TIME}」列的{texts.show(value)}"
                f"早于「{TIME}」列的{texts.show(cells[TIME])},答复应晚于留言"
            )
        return RecordedReply(body=texts.as_text(text), published_at=published.as_publication())


def _error_cells(cells: Mapping[str, Cell]) -> list[str]:
    return [
        f"「{name}」列是 Excel 错误值{texts.show(value)},应为原来的内容"
        for name, value in cells.items()
        if texts.is_error(value)
    ]


def _required_line(cells: Mapping[str, Cell], name: str, faults: list[str]) -> str:
    line = texts.as_line(cells[name])
    if not line:
        faults.append(f"「{name}」列为空,应填写内容")
    return line
