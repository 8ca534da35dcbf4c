"""The words of one policy file: its columns, its clocks' ids, and the faults found on the way.

What every part of a policy needs while it is read stands here; the parts themselves are read by
:mod:`wenzheng_core.clockreading` and :mod:`wenzheng_core.policyreading`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import attrs

from wenzheng_core import policyfile as f
from wenzheng_core.domain.errors import Fault, LimitSyntaxError
from wenzheng_core.domain.tables import Column, Condition

T = TypeVar("T")

WILDCARD = "*"


@attrs.define
class Words:
    """What the parts of one file share; ``faults`` fills as they are read.

    ``lost`` holds the paths at which the file's shape is at fault already: what stands there is a
    stand-in, and nothing more is said of it.
    """

    lost: frozenset[str] = frozenset()
    faults: list[Fault] = attrs.field(factory=list)
    columns: tuple[Column, ...] = ()
    clocks: tuple[str, ...] = ()

    def fault(self, reason: str, path: str, mend: str = "") -> None:
        """Put down a fault, unless its place is at fault already."""
        if not self.is_lost(path):
            self.faults.append(Fault(reason, path, mend))

    def is_lost(self, path: str) -> bool:
        """Whether the path, or something that it lies in, is a stand-in."""
        return any(path == lost or path.startswith((f"{lost}.", f"{lost}[")) for lost in self.lost)

    def has_lost(self, path: str) -> bool:
        """Whether the path is a stand-in, or lies in one, or holds one."""
        below = (f"{path}.", f"{path}[")
        return self.is_lost(path) or any(lost.startswith(below) for lost in self.lost)

    def require_basis(self, table: Any, path: str) -> None:
        """A number, a step or a rung says where it stands written."""
        mend = "写明文件名称、文号或条款"
        if hasattr(table, "choice"):
            mend = '写明文件条款;原文没有的,写明选择并加 choice = "理由"'
        self.require(table.basis, f"{path}.basis", "缺少依据", mend)

    def require(self, text: str, path: str, reason: str, mend: str) -> None:
        """A text must not be blank."""
        if not text.strip():
            self.fault(reason, path, mend)

    def unique(self, names: Sequence[str], path: str, key: str = "id") -> None:
        """No two tables of an array may bear one name."""
        for index, name in enumerate(names):
            if names.index(name) != index:
                self.fault(f"编号 {name} 重复", f"{path}[{index}].{key}", "每一项用自己的编号")

    def parse(self, text: str, path: str, parse: Callable[[str], T]) -> T | None:
        """What the text means to ``parse``; None, with a fault, if nothing."""
        try:
            return parse(text)
        except LimitSyntaxError as error:
            self.fault(f"「{error.text}」无法识别", path, error.reason)
            return None

    def known_clock(self, clock: str, path: str) -> None:
        """A clock must be one of the file's."""
        nameless = any(self.is_lost(f"$.clock[{i}].id") for i in range(len(self.clocks)))
        if clock not in self.clocks and not nameless and not self.is_lost("$.clock"):
            self.fault(f"没有名为 {clock} 的时限", path, f"可用:{'、'.join(self.clocks) or '无'}")

    # Columns and conditions

    def read_columns(self, tables: dict[str, f.ColumnTable]) -> None:
        """The columns, before any condition is read."""
        self.columns = tuple(self._column(name, table) for name, table in tables.items())

    def _column(self, name: str, table: f.ColumnTable) -> Column:
        path, values = f"$.columns.{name}", table.values
        if not values:
            self.fault("没有任何取值", f"{path}.values", "列出全部取值")
        for index, value in enumerate(values):
            where = f"{path}.values[{index}]"
            if value == WILDCARD:
                self.fault("取值不能是「*」", where, "「*」表示任何取值")
            if values.index(value) != index:
                self.fault(f"取值「{value}」重复", where, "每个取值只列一次")
        if not self.has_lost(f"{path}.values"):
            self._check_meanings(table, path)
        return Column(name, values, table.title, table.default, table.aliases)

    def _check_meanings(self, table: f.ColumnTable, path: str) -> None:
        """The default and what aliases stand for are values of the column."""
        values = table.values
        mend = f"可用:{'、'.join(values)}"
        if table.default is not None and table.default not in values:
            self.fault(f"默认值「{table.default}」不在取值之中", f"{path}.default", mend)
        for alias, meant in table.aliases.items():
            where = f"{path}.aliases.{alias}"
            if meant not in values:
                self.fault(f"别名指向的「{meant}」不在取值之中", where, mend)
            if alias in values:
                self.fault(f"别名「{alias}」本身就是取值", where, "删去这一别名,或改取值")

    def conditions(self, whens: Iterable[tuple[f.When, str]]) -> tuple[Condition, ...]:
        """What ``when`` and ``also`` ask for, each word checked against the columns."""
        return tuple(self._condition(when, path) for when, path in whens)

    def _condition(self, when: f.When, path: str) -> Condition:
        known = {column.name: column for column in self.columns}
        condition: dict[str, frozenset[str]] = {}
        for name, cell in when.items():
            where = f"{path}.{name}"
            if name in known:
                values = self._cell(known[name], cell, where)
                if values is not None:
                    condition[name] = values
            elif not self.is_lost(f"$.columns.{name}"):
                shown = "、".join(known) or "无"
                self.fault(f"没有「{name}」一栏", where, f"现有:{shown};栏目在 [columns] 中声明")
        return condition

    def _cell(self, column: Column, cell: Any, path: str) -> frozenset[str] | None:
        """The values a cell names; None for all of them."""
        values = cell if isinstance(cell, list) else [cell]
        if values == [WILDCARD]:
            return None
        if not values:
            self.fault("没有列出任何取值", path, f"可用:{'、'.join(column.values)}")
        for index, value in enumerate(values):
            where = f"{path}[{index}]" if isinstance(cell, list) else path
            if value not in column.values and not self.has_lost(f"$.columns.{column.name}.values"):
                meant = column.aliases.get(value) if isinstance(value, str) else None
                hint = f"它是「{meant}」的别名;" if meant else ""
                self.fault(
                    f"「{column.name}」没有「{value}」这一项",
                    where,
                    f"{hint}可用:{'、'.join(column.values)}",
                )
        return frozenset(str(value) for value in values)
