"""Calendar files: one year's official arrangement, and the statutory holidays of years to come.

A year's file (schema ``wenzheng.calendar-year/1``) holds the notice that publishes the year and,
after it, the notices that revised it; a later one overrides an earlier one day by day. The other
kind (``wenzheng.calendar-expectation/1``) lists what the law alone gives for years without one.
Reading is pure: text in, editions out; who opens which file is the business of a plugin.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from typing import Any, TypeVar

import attrs
import cattrs

from wenzheng_core.domain.calendars import Edition, Expectation, Holiday, Notice
from wenzheng_core.domain.errors import Fault, InputFaultsError
from wenzheng_core.tomlfile import UnfitError, make_converter, parse_toml, structure

YEAR_SCHEMA = "wenzheng.calendar-year/1"
EXPECTATION_SCHEMA = "wenzheng.calendar-expectation/1"
REACH = 7  # of the year before, a file may speak of the last so many days

T = TypeVar("T")
_DAY = timedelta(days=1)


def _four_digits(_: object, __: object, year: int) -> None:
    if not 1949 <= year <= 2999:
        raise UnfitError(f"年份 {year} 不对", "写四位数的年份,如 2027", at=".year")


@attrs.frozen
class _Span:
    name: str
    first: date
    last: date | None = None

    @property
    def end(self) -> date:
        return self.last or self.first

    def holiday(self) -> Holiday:
        return Holiday(self.name, self.first, self.end)


@attrs.frozen
class _EditionTable:
    issued: date
    title: str
    number: str = ""
    off: tuple[_Span, ...] = ()
    work: tuple[date, ...] = ()


@attrs.frozen
class _YearFile:
    schema: str
    calendar: str
    year: int = attrs.field(validator=_four_digits)
    edition: tuple[_EditionTable, ...]


@attrs.frozen
class _ExpectedYear:
    year: int = attrs.field(validator=_four_digits)
    off: tuple[_Span, ...]


@attrs.frozen
class _ExpectationFile:
    schema: str
    calendar: str
    basis: str
    year: tuple[_ExpectedYear, ...]


def read_calendar_year(text: str, subject: str, calendar: str | None = None) -> tuple[Edition, ...]:
    """The editions of one year's file, in order of issue; the first one publishes the year.

    Args:
        text: the TOML text.
        subject: how faults name the file.
        calendar: the name that the file must give; None accepts any.

    Raises:
        InputFaultsError: with every fault of the file.
    """
    file = _read(text, subject, _YearFile, YEAR_SCHEMA, calendar)
    if faults := tuple(_year_faults(file)):
        raise InputFaultsError(subject, faults)
    return tuple(
        Edition(
            notice=Notice(table.title.strip(), table.issued, table.number),
            year=None if index else file.year,
            off=tuple(span.holiday() for span in table.off),
            work=table.work,
        )
        for index, table in enumerate(file.edition)
    )


def read_expectations(
    text: str, subject: str, calendar: str | None = None
) -> tuple[Expectation, ...]:
    """The statutory holidays of years to come. Raises InputFaultsError with every fault."""
    file = _read(text, subject, _ExpectationFile, EXPECTATION_SCHEMA, calendar)
    if faults := tuple(_expectation_faults(file)):
        raise InputFaultsError(subject, faults)
    return tuple(
        Expectation(year.year, tuple(span.holiday() for span in year.off)) for year in file.year
    )


@cache
def _converter() -> cattrs.Converter:
    return make_converter()


def _read(text: str, subject: str, cls: type[T], schema: str, calendar: str | None) -> T:
    data = parse_toml(text, subject)
    # A file of another kind would drown its one real fault in unknown keys.
    for key, expected in (("schema", schema), ("calendar", calendar)):
        found: Any = data.get(key)
        if expected is not None and isinstance(found, str) and found != expected:
            fault = Fault(f'{key} 不能是 "{found}"', f"$.{key}", f'应为 {key} = "{expected}"')
            raise InputFaultsError(subject, (fault,))
    return structure(data, cls, _converter(), subject)


def _year_faults(file: _YearFile) -> Iterator[Fault]:
    if not file.edition:
        yield Fault("没有任何通知", "$.edition", "至少写一个 [[edition]]")
    issued = None
    for index, table in enumerate(file.edition):
        path = f"$.edition[{index}]"
        if issued is not None and table.issued < issued:
            why = f"通知没有按印发日期排列:{table.issued} 早于上一个通知的 {issued}"
            yield Fault(why, f"{path}.issued", "把先印发的通知放在前面")
        issued = table.issued
        if not table.title.strip():
            yield Fault("通知没有标题", f"{path}.title", "照抄通知的标题全文")
        if not table.off and not table.work:
            yield Fault("通知没有安排任何一天", path, "写出 off(放假)或 work(上班)")
        yield from _span_faults(table.off, file.year, path)
        yield from _work_faults(table, file.year, path)


def _expectation_faults(file: _ExpectationFile) -> Iterator[Fault]:
    seen: set[int] = set()
    for index, table in enumerate(file.year):
        path = f"$.year[{index}]"
        if table.year in seen:
            yield Fault(f"{table.year} 年写了两次", f"{path}.year", "合并为一处")
        seen.add(table.year)
        yield from _span_faults(table.off, table.year, path)


def _span_faults(spans: tuple[_Span, ...], year: int, path: str) -> Iterator[Fault]:
    sound: list[_Span] = []
    for index, span in enumerate(spans):
        at = f"{path}.off[{index}]"
        if not span.name.strip():
            yield Fault("放假时段没有名称", f"{at}.name", "写节日的名称,如 元旦")
        if span.end < span.first:
            why = f"起止颠倒:{span.first} 至 {span.end}"
            yield Fault(why, f"{at}.last", "只放一天的可不写 last")
            continue
        yield from _outside(span.first, year, f"{at}.first")
        if span.end != span.first:
            yield from _outside(span.end, year, f"{at}.last")
        for other in sound:
            if span.first <= other.end and other.first <= span.end:
                why = f"与「{other.name}」({other.first} 至 {other.end})重叠"
                yield Fault(why, at, "同一天只写在一个时段里")
        sound.append(span)


def _work_faults(table: _EditionTable, year: int, path: str) -> Iterator[Fault]:
    seen: set[date] = set()
    for index, day in enumerate(table.work):
        at = f"{path}.work[{index}]"
        yield from _outside(day, year, at)
        if day in seen:
            yield Fault(f"{day} 写了两次", at, "删去一处")
        seen.add(day)
        for span in table.off:
            if span.first <= day <= span.end:
                why = f"{day} 既上班又放假(「{span.name}」)"
                yield Fault(why, at, "核对通知,两处只留一处")


def _outside(day: date, year: int, path: str) -> Iterator[Fault]:
    earliest = date(year, 1, 1) - REACH * _DAY
    if not earliest <= day <= date(year, 12, 31):
        mend = f"只能写 {year} 年的日期,或上一年最后 {REACH} 天({earliest} 起)"
        yield Fault(f"{day} 不属于 {year} 年", path, mend)
