"""Working days by several libraries: first that all agree, then what each of them costs.

    python benchmarks/deadlines.py [--quick] [--json]

One process, one thread, the same random inputs for all. Leaves with status 1, and says where, if any
two answers differ. Nothing here asserts a speed: figures belong to the machine that gave them.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import warnings
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from time import perf_counter
from typing import Any

import attrs
import chinese_calendar
import holidays
import numpy as np
import pandas as pd

from wenzheng_calendar_cn import load
from wenzheng_core.bulk import BulkCalendar
from wenzheng_core.domain.calendars import Calendar, build_calendar
from wenzheng_core.domain.explanations import explain
from wenzheng_core.domain.limits import WorkingDays
from wenzheng_core.domain.timelimits import deadline

FIRST, LAST = date(2006, 1, 1), date(2026, 6, 30)  # where all of the libraries have data
OURS = "wenzheng-core"
DAY = timedelta(days=1)
ONE_BY_ONE, IN_BULK = "one by one", "in bulk"


@attrs.frozen
class Row:
    """What one way of asking one question costs."""

    group: str
    question: str
    who: str
    ns: float
    ratio: float | None

    @property
    def per_second(self) -> float:
        """Calls, or elements, a second."""
        return 1e9 / self.ns


Way = tuple[str, Callable[[Any, Any], Any]]


class Bench:
    """The libraries, the inputs, and the rows measured so far."""

    def __init__(self, quick: bool) -> None:
        self.quick = quick
        self.calendar: Calendar = build_calendar(load())
        self.bulk = BulkCalendar(self.calendar)
        self.china = holidays.country_holidays("CN", years=range(FIRST.year, LAST.year + 1))
        off = [day for day in _span(FIRST, date(2026, 12, 31)) if not self.calendar.is_working(day)]
        self.numpy = np.busdaycalendar("1111111", np.array(off, dtype="datetime64[D]"))
        self.pandas = pd.offsets.CustomBusinessDay(weekmask="1111111", holidays=off)
        self.rows: list[Row] = []

    # --- Ways of asking --------------------------------------------------------------------------

    def adding(self) -> list[Way]:
        """The n-th working day after a day."""
        return [
            (OURS, self.calendar.add_working_days),
            ("chinesecalendar, loop of is_workday", _loop(chinese_calendar.is_workday)),
            ("holidays, loop of is_working_day", _loop(self.china.is_working_day)),
            ("holidays, get_nth_working_day", self.china.get_nth_working_day),
            ("numpy.busday_offset", self._numpy_add),
            ("pandas.CustomBusinessDay", lambda day, n: (day + n * self.pandas).date()),
        ]

    def counting(self) -> list[Way]:
        """The working days in (after, through]."""
        return [
            (OURS, self.calendar.count_working_days),
            (
                "chinesecalendar, get_workdays",
                lambda one, two: len(chinese_calendar.get_workdays(one + DAY, two)),
            ),
            (
                "holidays, get_working_days_count",
                lambda one, two: self.china.get_working_days_count(one + DAY, two),
            ),
            (
                "numpy.busday_count",
                lambda one, two: int(np.busday_count(one + DAY, two + DAY, busdaycal=self.numpy)),
            ),
        ]

    def adding_many(self) -> list[Way]:
        """As :meth:`adding`, for arrays."""
        return [
            (OURS, self.bulk.add_working_days),
            (
                "numpy.busday_offset",
                lambda days, n: np.busday_offset(days, n, "backward", busdaycal=self.numpy),
            ),
            (
                "pandas.CustomBusinessDay",
                lambda days, n: (
                    (pd.DatetimeIndex(days) + n * self.pandas).to_numpy().astype("datetime64[D]")
                ),
            ),
        ]

    def counting_many(self) -> list[Way]:
        """As :meth:`counting`, for arrays."""
        return [
            (OURS, self.bulk.count_working_days),
            (
                "numpy.busday_count",
                lambda one, two: np.busday_count(one + 1, two + 1, busdaycal=self.numpy),
            ),
        ]

    def _numpy_add(self, day: date, n: int) -> object:
        return np.busday_offset(day, n, "backward", busdaycal=self.numpy).item()

    # --- Agreement -------------------------------------------------------------------------------

    def differences(self) -> list[str]:
        """Where two answers differ; empty if all agree."""
        found: list[str] = []
        size = 500 if self.quick else 5000
        days, amounts, ends = _inputs(size)
        for ways, seconds in ((self.adding(), amounts), (self.counting(), ends)):
            for day, second in zip(days, seconds, strict=True):
                answers = {who: ask(day, second) for who, ask in ways}
                if len(set(answers.values())) > 1:
                    found.append(f"{day}, {second}: {answers}")
        array, array_of_ends = (np.array(x, dtype="datetime64[D]") for x in (days, ends))
        for n in (1, 5, 20):
            found += _unequal(self.adding_many(), array, n)
        found += _unequal(self.counting_many(), array, array_of_ends)
        return found

    # --- Cost ------------------------------------------------------------------------------------

    def measure(self) -> None:
        """Fill ``rows``."""
        size = 2_000 if self.quick else 20_000
        days, amounts, ends = _inputs(size)
        self._one_by_one("add_working_days", self.adding(), list(zip(days, amounts, strict=True)))
        self._one_by_one("count_working_days", self.counting(), list(zip(days, ends, strict=True)))
        self._deadlines(days)
        size = 100_000 if self.quick else 1_000_000
        start = np.datetime64(FIRST, "D")
        generator = np.random.default_rng(1)
        many = start + generator.integers(0, (LAST - FIRST).days - 100, size)
        later = many + generator.integers(0, 90, size)
        self._in_bulk("add_working_days", self.adding_many(), many, 10)
        self._in_bulk("count_working_days", self.counting_many(), many, later)
        times = generator.integers(0, 86_400_000_000, size).astype("timedelta64[us]")
        instants = many.astype("datetime64[us]") + times
        cost = _best(lambda: self.bulk.due(WorkingDays(10), instants)) / size
        self._add(IN_BULK, "due, 10个工作日", OURS, cost)

    def _one_by_one(
        self, question: str, ways: list[Way], inputs: Sequence[tuple[date, Any]]
    ) -> None:
        for who, ask in ways:
            some = inputs if who == OURS else inputs[: len(inputs) // 10]

            def run(ask: Callable[[date, Any], Any] = ask, some: Any = some) -> None:
                for first, second in some:
                    ask(first, second)

            self._add(ONE_BY_ONE, question, who, _best(run) / len(some))

    def _in_bulk(self, question: str, ways: list[Way], first: Any, second: Any) -> None:
        for who, ask in ways:
            # pandas goes through its elements one by one, in Python.
            size = first.size // 100 if who.startswith("pandas") else first.size
            one = first[:size]
            two = second[:size] if isinstance(second, np.ndarray) else second
            cost = _best(lambda ask=ask, one=one, two=two: ask(one, two))  # type: ignore[misc]
            self._add(IN_BULK, question, who, cost / size)

    def _deadlines(self, days: Sequence[date]) -> None:
        limit, calendar = WorkingDays(10), self.calendar
        starts = [datetime(day.year, day.month, day.day, 2, tzinfo=UTC) for day in days[:2000]]
        found = [deadline(limit, start, calendar) for start in starts]

        def decide() -> None:
            for start in starts:
                deadline(limit, start, calendar)

        def tell() -> None:
            for one in found:
                explain(one, calendar).text  # noqa: B018

        self._add(ONE_BY_ONE, "deadline, 10个工作日", OURS, _best(decide) / len(starts))
        self._add(ONE_BY_ONE, "its explanation as text", OURS, _best(tell) / len(starts))

    def _add(self, group: str, question: str, who: str, seconds: float) -> None:
        same = [r for r in self.rows if (r.group, r.question) == (group, question)]
        ns = seconds * 1e9
        self.rows.append(Row(group, question, who, ns, ns / same[0].ns if same else None))


def _span(first: date, last: date) -> Iterable[date]:
    return (first + offset * DAY for offset in range((last - first).days + 1))


def _inputs(size: int) -> tuple[list[date], list[int], list[date]]:
    """Random days, amounts of 1 to 20 and later days, with room for them before LAST."""
    chance = random.Random(20210225)
    days = [FIRST + chance.randrange((LAST - FIRST).days - 100) * DAY for _ in range(size)]
    amounts = [chance.randint(1, 20) for _ in range(size)]
    return days, amounts, [day + chance.randint(1, 90) * DAY for day in days]


def _loop(is_worked: Callable[[date], bool]) -> Callable[[date, int], date]:
    def add(day: date, n: int) -> date:
        while n:
            day += DAY
            n -= is_worked(day)
        return day

    return add


def _unequal(ways: list[Way], first: Any, second: Any) -> list[str]:
    (_, ours), *others = ways
    expected = ours(first, second)
    return [
        f"{who}: {first[expected != found][:3]} gives {found[expected != found][:3]}"
        for who, ask in others
        if not np.array_equal(expected, found := ask(first, second))
    ]


def _best(run: Callable[[], object], most: int = 5, at_most_seconds: float = 1.5) -> float:
    """The seconds of the quickest of some runs."""
    costs: list[float] = []
    while len(costs) < most and sum(costs) < at_most_seconds:
        began = perf_counter()
        run()
        costs.append(perf_counter() - began)
    return min(costs)


def _table(rows: Iterable[Row]) -> Iterable[str]:
    title = ("", "")
    for row in rows:
        if (row.group, row.question) != title:
            title = (row.group, row.question)
            yield f"\n{row.group}: {row.question}"
        ratio = "" if row.ratio is None else f"{row.ratio:>9,.0f} x"
        yield f"  {row.who:<36}{row.ns:>13,.1f} ns{row.per_second:>15,.0f} /s{ratio}"


def main() -> int:
    """Run it; the status to leave with."""
    parser = argparse.ArgumentParser(description="Working days: agreement and cost.")
    parser.add_argument("--quick", action="store_true", help="fewer inputs: seconds, not a minute")
    parser.add_argument("--json", action="store_true", help="print rows as JSON")
    options = parser.parse_args()
    warnings.simplefilter("ignore", pd.errors.PerformanceWarning)
    bench = Bench(options.quick)
    if wrong := bench.differences():
        sys.stderr.write("\n".join(["the libraries differ:", *wrong[:10], ""]))
        return 1
    bench.measure()
    if options.json:
        sys.stdout.write(json.dumps([attrs.asdict(row) for row in bench.rows], indent=1) + "\n")
    else:
        sys.stdout.write("all agree\n" + "\n".join(_table(bench.rows)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
