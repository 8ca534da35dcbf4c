"""D1 to D4: the tables of limits decide every cell, once, with no dead rule, in whatever order."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from wenzheng_core.domain.clockrules import TimeLimit
from wenzheng_core.domain.tables import Column, Facts, Row, Table
from wenzheng_core.proofs.reports import Counterexample, Outcome
from wenzheng_core.proofs.subjects import Subject

FEW_ROWS = 4
"""Up to so many rows every order of them is tried."""
MOST_DECISIONS = 2_000
"""So many decisions at most are made on reordered rows of one clock, one order always in full."""

Rectangle = Mapping[str, tuple[str, ...]]


def rectangles(
    columns: Sequence[Column], cells: Iterable[Facts]
) -> list[dict[str, tuple[str, ...]]]:
    """The cells as few disjoint rectangles: those that differ in one column alone become one."""
    found: list[dict[str, tuple[str, ...]]] = [
        {name: (value,) for name, value in cell.items()} for cell in cells
    ]
    for column in columns:
        merged: dict[Any, dict[str, tuple[str, ...]]] = {}
        for cell in found:
            rest = tuple((k, v) for k, v in cell.items() if k != column.name)
            if rest in merged and column.name in cell:
                merged[rest][column.name] += cell[column.name]
            else:
                merged[rest] = dict(cell)
        found = list(merged.values())
    return found


def say(columns: Sequence[Column], cell: Rectangle) -> str:
    """「类别为咨询或建议、级别为一般」."""
    titles = {column.name: column.title or column.name for column in columns}
    shown = (f"{titles.get(name, name)}为{'或'.join(values)}" for name, values in cell.items())
    return "、".join(shown) or "任何情形"


def check_total(subject: Subject) -> Outcome:
    """D1: a rule for every cell."""
    failures = []
    for where, title, table in _tables(subject):
        gaps = [gap.cell for gap in table.faults()[0] if winner(table, gap.cell) is None]
        for hole in rectangles(table.columns, gaps):
            cell = say(table.columns, hole)
            failures.append(
                Counterexample(
                    text=f"时限「{title}」:{cell}时,没有任何规则适用,无从确定期限",
                    where=where,
                    mend="为其补一条规则,或写 no_limit 说明原文未规定",
                    inputs=_first(hole),
                    count=math.prod(len(values) for values in hole.values()),
                )
            )
    return _outcome(subject, failures)


def check_single(subject: Subject) -> Outcome:
    """D2: one winner in every cell, and overrides that name rules and never go in a circle."""
    failures: list[Counterexample] = []
    for where, title, table in _tables(subject):
        failures += _astray(where, title, table)
        met: dict[tuple[str, ...], list[Facts]] = {}
        for overlap in table.faults()[1]:
            if winner(table, overlap.cell) is None:
                met.setdefault(overlap.rows, []).append(overlap.cell)
        for rows, cells in met.items():
            named = "与".join(f"「{row}」" for row in rows)
            for both in rectangles(table.columns, cells):
                cell = say(table.columns, both)
                failures.append(
                    Counterexample(
                        text=f"时限「{title}」:{cell}时,规则{named}同时适用,没有写明哪一条优先",
                        where=f"{where}[{_last(table, rows)}]",
                        mend="改 when,或以 overrides 写明哪一条优先",
                        inputs=_first(both),
                        count=math.prod(len(values) for values in both.values()),
                    )
                )
    return _outcome(subject, failures)


def check_alive(subject: Subject) -> Outcome:
    """D3: every rule wins somewhere."""
    failures: list[Counterexample] = []
    for where, title, table in _tables(subject):
        ids = [row.id for row in table.rows]
        failures += [
            Counterexample(
                text=f"时限「{title}」的规则「{name}」在任何情形下都不适用,等于没有写",
                where=f"{where}[{ids.index(name)}]",
                mend="删去,或改 when、overrides",
            )
            for name in table.faults()[2]
        ]
    return _outcome(subject, failures)


def check_orderless(subject: Subject) -> Outcome:
    """D4: the same decisions in any order of the rows, and with rows written twice taken once."""
    failures, checked = [], 0
    for where, title, table in _tables(subject):
        cells = list(table.cells())
        truth = [winner(table, cell) for cell in cells]
        bad: list[tuple[Facts, str, str | None, str | None]] = []
        for name, rows in _orders(table.rows, MOST_DECISIONS // max(len(cells), 1) + 1):
            other = attrs.evolve(table, rows=tuple(rows))
            for cell, before in zip(cells, truth, strict=True):
                after = winner(other, cell)
                checked += 1
                if after != before:
                    bad.append((cell, name, before, after))
        if bad:
            first, name, before, after = bad[0]
            shown = say(table.columns, {k: (v,) for k, v in first.items()})
            failures.append(
                Counterexample(
                    text=(
                        f"时限「{title}」:{shown}时,原来适用「{before or '无'}」,"
                        f"规则{name}之后适用「{after or '无'}」"
                    ),
                    where=where,
                    mend="以 overrides 写明哪一条优先,不靠先后",
                    inputs=dict(first),
                    count=len(bad),
                )
            )
    found = _outcome(subject, failures)
    return attrs.evolve(found, checked=checked, domain=f"{found.domain},换序共{checked:,}次判定")


def _orders(
    rows: Sequence[Row[TimeLimit]], most: int
) -> Iterator[tuple[str, Sequence[Row[TimeLimit]]]]:
    """Other orders of the rows: all of few, else reversed, turned round, and pairs exchanged."""
    twice = {row.id: row for row in (*rows, *reversed(rows))}
    orders = [("倒序", tuple(reversed(rows))), ("重复一遍再去重", tuple(twice.values()))]
    if len(rows) <= FEW_ROWS:
        orders += [("换序", order) for order in itertools.permutations(rows)]
    else:
        orders += [(f"自第{i + 1}条起", (*rows[i:], *rows[:i])) for i in range(1, len(rows))]
        orders += [
            (f"第{i + 1}、{i + 2}条对换", (*rows[:i], rows[i + 1], rows[i], *rows[i + 2 :]))
            for i in range(len(rows) - 1)
        ]
    return iter(orders[:most])


def _astray(where: str, title: str, table: Table[TimeLimit]) -> Iterator[Counterexample]:
    above = {row.id: set(row.overrides) for row in table.rows}
    for index, row in enumerate(table.rows):
        for place, name in enumerate(row.overrides):
            path = f"{where}[{index}].overrides[{place}]"
            if name not in above:
                text = f"时限「{title}」的规则「{row.id}」要取代「{name}」,但没有这一条"
                yield Counterexample(text=text, where=path, mend="写已有规则的编号,或删去")
            elif row.id in _reached(name, above):
                text = f"时限「{title}」的规则「{row.id}」与「{name}」相互取代"
                yield Counterexample(text=text, where=path, mend="只由一方写 overrides")


def _reached(name: str, above: Mapping[str, set[str]]) -> set[str]:
    found, ahead = {name}, [name]
    while ahead:
        new = above.get(ahead.pop(), set()) - found
        found |= new
        ahead += new
    return found


def _tables(subject: Subject) -> Iterator[tuple[str, str, Table[TimeLimit]]]:
    for index, clock in enumerate(subject.policy.clocks):
        yield f"$.clock[{index}].limit", clock.title, clock.limits


def winner(table: Table[TimeLimit], cell: Facts) -> str | None:
    """The row that decides a cell; None if none or several do, or the table breaks (see D19)."""
    try:
        return table.decide(cell).row
    except Exception:
        return None


def _last(table: Table[TimeLimit], rows: Sequence[str]) -> int:
    return max(index for index, row in enumerate(table.rows) if row.id in rows)


def _first(cell: Rectangle) -> dict[str, str]:
    return {name: values[0] for name, values in cell.items()}


def _outcome(subject: Subject, failures: Sequence[Counterexample]) -> Outcome:
    tables = [clock.limits for clock in subject.policy.clocks]
    cells, rows = sum(table.size for table in tables), sum(len(table.rows) for table in tables)
    return Outcome(
        checked=cells,
        domain=f"{len(tables)}项时限、{rows}条规则的全部{cells:,}种情形",
        failures=tuple(failures),
    )
