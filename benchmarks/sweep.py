"""One sweep over few and over many open cases, of which the same number are due.

    python benchmarks/sweep.py [--quick] [--json] [--cases N]

On SQLite and on PostgreSQL where one answers. The cases that are due have their whole histories; the
others are rows alone, copied within the database: each can be read, has its own wake-up later on,
and is in nobody's way if the indexes do their work. The two stores take turns. Nothing here asserts
a speed; the ratio should stay near 1 and is to be at most 2.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta

import attrs
from measuring import TENANT, new_name, timed
from measuring.databases import postgresql, sqlite
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from wenzheng_core import wire
from wenzheng_core.storing import SHARDS
from wenzheng_core.testing.builders import START, sample_change, sample_history
from wenzheng_core.testing.offices import sample_office
from wenzheng_sqlalchemy import SqlStorage, make_engine
from wenzheng_sqlalchemy import tables as t
from wenzheng_sqlalchemy.rows import case_values

FEW, MANY, QUICK = 10_000, 1_000_000, 50_000
DUE = 1000
LATER = START + timedelta(days=12)
BATCH = 200
SOME = 100_000
"""How many rows are copied in one statement."""


@attrs.frozen
class Swept:
    """How long one sweep takes of a store with some open cases, and of how many that were due."""

    database: str
    open_cases: int
    due: int
    seconds: float
    spread: tuple[float, float]


# --- Stores with many cases -----------------------------------------------------------------------

_COPY = """
INSERT INTO wz_case ({columns})
WITH RECURSIVE numbers(i) AS (
    SELECT CAST(:first AS BIGINT) UNION ALL SELECT i + 1 FROM numbers WHERE i < :last
)
SELECT {values} FROM numbers CROSS JOIN wz_case
WHERE wz_case.tenant = :tenant AND wz_case.case_id = :pattern
"""

_ID = "'open-' || CAST(i AS VARCHAR(20))"


def fill(engine: Engine, cases: int) -> None:
    """Put in open cases that are not due: one row, and copies with ids and wake-ups of their own."""
    pattern = f"pattern-{new_name()}"
    case = sample_history(pattern, steps=3).case
    # The citizen's words are not sealed in it: a seal is bound to its case.
    row = case_values(TENANT, case, b"", wire.to_json(wire.case_to_dict(case)))
    row["next_wake"] = t.to_ticks(LATER + timedelta(days=1))
    made = {
        "case_id": _ID,
        "shard": f"i % {SHARDS}",
        "received_at": "received_at + i",
        "next_wake": "next_wake + i * 1000000",
        "snapshot": f"REPLACE(snapshot, :pattern, {_ID})",
    }
    values = ", ".join(made.get(name, f"wz_case.{name}") for name in row)
    copy = text(_COPY.format(columns=", ".join(row), values=values))
    with engine.begin() as connection:
        connection.execute(t.CASE.insert(), row)
        for first in range(1, cases, SOME):
            place = {"first": first, "last": min(first + SOME, cases) - 1}
            connection.execute(copy, {"tenant": TENANT, "pattern": pattern, **place})
        connection.exec_driver_sql("ANALYZE")


class Stage:
    """A store with some open cases, and an office that knows none of them yet."""

    def __init__(self, url: str, cases: int) -> None:
        self.cases = cases
        self.writing = SqlStorage(url, TENANT)
        engine = make_engine(url)
        fill(engine, cases)
        engine.dispose()
        self.sweeping = SqlStorage(url, TENANT)
        self.office = sample_office(self.sweeping)

    def prepare(self) -> None:
        """Put in the cases that are due, with their histories."""
        opened = [sample_history(new_name(), steps=3) for _ in range(DUE)]
        with self.writing.transaction() as transaction:
            transaction.write([sample_change(decision) for decision in opened])

    def sweep(self) -> None:
        """Sweep once; all that is due is found, and can be read."""
        report = self.office.sweep(LATER, batch=BATCH)
        if report.cases != DUE or report.failed:
            raise RuntimeError(f"{report.cases} of {DUE} cases were swept: {report.failed[:3]}")

    def close(self) -> None:
        """Give the connections back."""
        self.writing.close()
        self.sweeping.close()


def require_readable(stage: Stage) -> None:
    """Raise what a store raises if the copied cases cannot be read."""
    for case_id in ("open-1", f"open-{stage.cases - 1}"):
        case = stage.sweeping.case(case_id)
        if case is None or case.id != case_id or not case.message.body:
            raise RuntimeError(case_id)


# --- Measuring ------------------------------------------------------------------------------------


def swept(
    database: str, fresh: Callable[[], str], sizes: tuple[int, int], rounds: int
) -> list[Swept]:
    """The seconds of one sweep at each size; the sizes take turns."""
    with ExitStack() as stack:
        stages = [Stage(fresh(), size) for size in sizes]
        for stage in stages:
            stack.callback(stage.close)
            require_readable(stage)
        taken: dict[int, list[float]] = {size: [] for size in sizes}
        for number in range(rounds + 1):
            for stage in stages if number % 2 else stages[::-1]:
                stage.prepare()
                seconds = timed(stage.sweep)
                if number:  # the first one loads and connects
                    taken[stage.cases].append(seconds)
    return [
        Swept(database, size, DUE, statistics.median(found), (min(found), max(found)))
        for size, found in taken.items()
    ]


def measure(many: int, rounds: int) -> list[Swept]:
    """All of it, on whatever database is there."""
    found: list[Swept] = []
    for name, kind in (("SQLite", sqlite), ("PostgreSQL", postgresql)):
        try:
            with kind() as fresh:
                found += swept(name, fresh, (FEW, many), rounds)
        except OperationalError as error:
            print(f"{name}: none answers ({type(error.orig).__name__}); left out", file=sys.stderr)
    return found


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help=f"{QUICK:,} cases instead of {MANY:,}")
    parser.add_argument(
        "--cases", type=int, default=0, help="how many open cases the large store has"
    )
    parser.add_argument("--json", action="store_true", help="figures for programs")
    options = parser.parse_args()
    many = options.cases or (QUICK if options.quick else MANY)
    found = measure(many, 3 if options.quick else 5)
    if options.json:
        print(json.dumps([attrs.asdict(one) for one in found], indent=2))
        return
    few: Swept | None = None
    for one in found:
        few = one if one.open_cases == FEW else few
        ratio = f"{one.seconds / few.seconds:>8.2f} x" if few and one is not few else ""
        low, high = (f"{seconds * 1000:,.0f}" for seconds in one.spread)
        print(
            f"{one.database:<11}{one.open_cases:>10,} open, {one.due:,} due"
            f"{one.seconds * 1000:>9,.0f} ms ({low} to {high}){ratio}"
        )


if __name__ == "__main__":
    main()
