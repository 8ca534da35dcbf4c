"""The operators: each makes all slips of one kind in the data of a policy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import attrs

from wenzheng_core.mutants import dates, entries, lengths
from wenzheng_core.mutants.places import Data, Place, Slips, path


@attrs.frozen
class Operator:
    """One kind of slip: its name, what it is called in Chinese, and what makes them."""

    name: str
    title: str
    slips: Callable[[Data], Slips]


@attrs.frozen(kw_only=True)
class Mutant:
    """A policy with one slip in it.

    Attributes:
        id: permanent for the same policy text: ``bounds $.clock[0].limit[1].within #1``.
        path: where the slip is; place: the same as keys; text: what it is, in Chinese.
        data: the whole policy with the slip, as ``policy.toml`` would have it.
    """

    id: str
    operator: str
    path: str
    place: Place
    text: str
    data: dict[str, Any] = attrs.field(repr=False)


OPERATORS: tuple[Operator, ...] = (
    Operator("bounds", "数字差一", lengths.bounds),
    Operator("units", "单位换错", lengths.units),
    Operator("rolls", "顺延与否", lengths.rolls),
    Operator("exchanges", "两行时限互换", lengths.exchanges),
    Operator("softs", "原则性与否", lengths.softs),
    Operator("countings", "算法换错", lengths.countings),
    Operator("cutoffs", "钟点差一分", dates.cutoffs),
    Operator("rows_dropped", "漏一行", entries.rows_dropped),
    Operator("rows_doubled", "重一行", entries.rows_doubled),
    Operator("values", "取值增减", entries.values),
    Operator("spans", "起止换错", entries.spans),
    Operator("holders", "计法换错", entries.holders),
    Operator("promises", "承诺换错", entries.promises),
    Operator("moments", "阶梯时点", lengths.moments),
    Operator("rungs_dropped", "漏一级阶梯", entries.rungs_dropped),
    Operator("acts", "阶梯事项", entries.acts),
    Operator("roles", "人员换错或漏写", entries.roles),
    Operator("gates_dropped", "漏一关", entries.gates_dropped),
    Operator("points", "关口位置与性质", entries.points),
    Operator("lists", "清单与先后", entries.lists),
    Operator("last_steps", "漏报送", entries.last_steps),
    Operator("exclusions", "计入与否", entries.exclusions),
    Operator("campaigns", "专项的起止与标签", dates.campaigns),
    Operator("schedules", "日程的钟点", dates.schedules),
)
"""Every operator, in the order of a report."""


def mutants(data: Data, only: Sequence[str] = ()) -> Iterator[Mutant]:
    """Every slip in a policy's data; ``only`` names operators."""
    for operator in OPERATORS:
        if only and operator.name not in only:
            continue
        met: Counter[str] = Counter()
        for slip in operator.slips(data):
            where = path(slip.place)
            met[where] += 1
            yield Mutant(
                id=f"{operator.name} {where} #{met[where]}",
                operator=operator.name,
                path=where,
                place=slip.place,
                text=slip.text,
                data=slip.data,
            )
