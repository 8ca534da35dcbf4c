"""Slips in what there is: a row, a value, a rung, a gate or a name too many or too few."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from wenzheng_core.domain.clockrules import Promise
from wenzheng_core.domain.escalation import OFFICE, Act
from wenzheng_core.domain.gates import Point
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.mutants.places import (
    Data,
    Place,
    Slips,
    at,
    dropped,
    flipped,
    named,
    put,
    replaced,
    tables,
)

_NEW = "另一类"
"""A value that no policy has."""


# Rows and values


def rows_dropped(data: Data) -> Slips:
    """A row of a clock left out."""
    for place, row in tables(data, "clock", "limit"):
        yield dropped(data, place, f"{named(at(data, place[:2]))}规则 {row['id']}")


def rows_doubled(data: Data) -> Slips:
    """A row of a clock written twice."""
    for place, clock in tables(data, "clock"):
        for index, row in enumerate(clock["limit"]):
            twin = {**row, "id": f"{row['id']}-again"}
            rows = [*clock["limit"][: index + 1], twin, *clock["limit"][index + 1 :]]
            what = f"{named(clock)}规则 {row['id']} 写了两遍"
            yield replaced(data, (*place, "limit"), rows, what, "一遍", "两遍")._replace(
                place=(*place, "limit", index)
            )


def values(data: Data) -> Slips:
    """A value more, or one less, in a column and in the conditions that ask for it."""
    for name, column in data.get("columns", {}).items():
        place: Place = ("columns", name, "values")
        more = [*column["values"], _NEW]
        yield replaced(data, place, more, f"栏目 {name} 增加一项", "无", _NEW)
        for index, value in enumerate(column["values"]):
            yield dropped(data, (*place, index), f"栏目 {name} 的「{value}」")
    for place, cell in _conditions(data):
        what = f"{path_of(place[:2])}的条件 {place[-1]}"
        asked = cell if isinstance(cell, list) else [cell]
        known = data.get("columns", {}).get(place[-1], {}).get("values", [])
        if len(asked) > 1:
            for index, value in enumerate(asked):
                rest = [*asked[:index], *asked[index + 1 :]]
                yield replaced(data, place, rest, what, value, "不含")
        for value in known:
            if value not in asked:
                yield replaced(data, place, [*asked, value], what, "不含", value)
                break


def path_of(place: Place) -> str:
    """A table of an array as it is counted: 第2个 rung."""
    return f"第{int(place[1]) + 1}个 {place[0]} "


def _conditions(data: Data) -> Iterator[tuple[Place, Any]]:
    arrays = (
        ("clock", "limit"), ("gate",), ("last_step",), ("rung",), ("pause",), ("extension",),
        ("schedule",),
    )  # fmt: skip
    for names in arrays:
        for place, table in tables(data, *names):
            for name, cell in table.get("when", {}).items():
                yield (*place, "when", name), cell
            for index, condition in enumerate(table.get("also", ())):
                for name, cell in condition.items():
                    yield (*place, "also", index, name), cell


# Clocks


def spans(data: Data) -> Slips:
    """A clock that starts or stops at the milestone before or after."""
    order = list(Milestone)
    for names in (("clock",), ("clock", "limit")):
        for place, table in tables(data, *names):
            for key, word in (("starts", "起算"), ("stops", "截止")):
                if not table.get(key):
                    continue
                now = Milestone(table[key])
                for step in (1, -1):
                    index = order.index(now) + step
                    if 0 <= index < len(order):
                        other = order[index]
                        what = f"{named(table)}{word}"
                        new = other.value
                        yield replaced(data, (*place, key), new, what, now.label, other.label)


def holders(data: Data) -> Slips:
    """A clock of the case for one of each unit, or the other way; one no longer inside another."""
    for place, clock in tables(data, "clock"):
        now = clock.get("per", "case")
        other = {"case": "unit", "unit": "case"}[now]
        yield replaced(data, (*place, "per"), other, f"{named(clock)}计法", now, other)
        if clock.get("inside"):
            bare = {k: v for k, v in clock.items() if k not in ("inside", "leaving")}
            slip = dropped(data, (*place, "inside"), f"{named(clock)}须在何时限之内")
            yield slip._replace(data=put(data, place, bare))


def promises(data: Data) -> Slips:
    """A promised date for a plan, or the other way."""
    for place, row in tables(data, "clock", "limit"):
        if row.get("promise"):
            now = Promise(row["promise"])
            other = next(kind for kind in Promise if kind is not now)
            what = f"{named(at(data, place[:2]))}规则 {row['id']} 的承诺"
            yield replaced(data, (*place, "promise"), other.value, what, now.label, other.label)


# Rungs


def rungs_dropped(data: Data) -> Slips:
    """A rung left out."""
    for place, rung in tables(data, "rung"):
        yield dropped(data, place, f"阶梯 {rung['id']}")


def acts(data: Data) -> Slips:
    """What is done at a rung, one step stronger and one weaker."""
    order = list(Act)
    for place, rung in tables(data, "rung"):
        now = Act(rung["do"])
        for step in (1, -1):
            index = order.index(now) + step
            if 0 <= index < len(order):
                other, what = order[index], f"阶梯 {rung['id']} 的事项"
                yield replaced(data, (*place, "do"), other.value, what, now.label, other.label)


# Who


_WHO = (
    ("gate", "by", "关口"),
    ("rung", "to", "阶梯"),
    ("rung", "fallback", "阶梯(无人时)"),
    ("extension", "approver", "延期的批准"),
    ("pause", "approver", "中止的批准"),
    ("schedule", "to", "日程"),
)


def roles(data: Data) -> Slips:
    """Somebody else in the place of an office, or an office left out."""
    known = _offices(data)
    for array, key, word in _WHO:
        for place, table in tables(data, array):
            here, found = (*place, key), table.get(key)
            what = f"{word} {table.get('id') or table.get('code') or table.get('clock')}"
            if isinstance(found, str) and found:
                other = _another(known, {found})
                yield replaced(data, here, other, what, found, other)
            elif isinstance(found, list):
                other = _another(known, set(found))
                for index, office in enumerate(found):
                    yield replaced(data, (*here, index), other, what, office, other)
                    if len(found) > 1 or key == "fallback":
                        yield dropped(data, (*here, index), f"{what}的 {office}")
    for index, office in enumerate(data.get("supervision", {}).get("issuers", ())):
        yield dropped(data, ("supervision", "issuers", index), f"督办单的签发人 {office}")


def _offices(data: Data) -> list[str]:
    """Every office that the policy names, and the assigning office."""
    found = {OFFICE, "unit_head", "liaison"}
    for array, key, _ in _WHO:
        for _, table in tables(data, array):
            cell = table.get(key) or []
            found |= {cell} if isinstance(cell, str) else set(cell)
    return sorted(found)


def _another(known: list[str], taken: set[str]) -> str:
    return next((office for office in known if office not in taken), "另一职务")


# Gates and the rest of the way


def gates_dropped(data: Data) -> Slips:
    """A gate left out."""
    for place, gate in tables(data, "gate"):
        yield dropped(data, place, f"关口 {gate['id']}")


def points(data: Data) -> Slips:
    """A gate before another point; one that no longer holds up, or no longer runs beside."""
    for place, gate in tables(data, "gate"):
        now, what = Point(gate.get("before", Point.PUBLISH)), f"关口 {gate['id']} "
        for other in Point:
            if other is not now:
                here = (*place, "before")
                yield replaced(data, here, other.value, f"{what}在何事之前", now.label, other.label)
        yield flipped(data, (*place, "parallel"), f"{what}并行")
        yield flipped(data, (*place, "overrides_routing"), f"{what}可改定牵头单位")
        for index, name in enumerate(gate.get("checklists", ())):
            yield dropped(data, (*place, "checklists", index), f"{what}的清单 {name}")


def lists(data: Data) -> Slips:
    """An item of a list left out; two principles, or two measures of a ranking, swapped."""
    for place, checklist in tables(data, "checklist"):
        for index, item in enumerate(checklist.get("items", ())):
            yield dropped(data, (*place, "items", index), f"清单{named(checklist)}的「{item}」")
    for table, key, word in (("routing", "principles", "分办原则"), ("ranking", "by", "排名")):
        names = data.get(table, {}).get(key, ())
        for index in range(len(names) - 1):
            swapped = [*names[:index], names[index + 1], names[index], *names[index + 2 :]]
            shown = "、".join(names), "、".join(swapped)
            yield replaced(data, (table, key), swapped, f"{word}的先后", *shown)


def last_steps(data: Data) -> Slips:
    """An answer that goes up no more, but to the public."""
    for place, step in tables(data, "last_step"):
        yield dropped(data, place, f"报送 {step['to']}")


def exclusions(data: Data) -> Slips:
    """What counts in a rate and what does not."""
    for place, reason in tables(data, "decline"):
        yield flipped(data, (*place, "counts_as_replied"), f"不予受理{named(reason)}计入回复率")
    codes = [reason["code"] for _, reason in tables(data, "decline")]
    for place, measure in tables(data, "measure"):
        left_out = measure.get("excluding", [])
        for index, code in enumerate(left_out):
            yield dropped(data, (*place, "excluding", index), f"{named(measure)}不计的 {code}")
        more = next((code for code in codes if code not in left_out), "")
        if more:
            here = (*place, "excluding")
            what = f"{named(measure)}不计"
            yield replaced(data, here, [*left_out, more], what, "无", more)
