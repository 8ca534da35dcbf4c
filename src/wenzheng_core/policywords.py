"""The words of one policy file: its columns, its clocks' ids, and the faults found on the way.

What every part of a policy needs while it is read stands here; the parts themselves are read by
:mod:`wenzheng_core.clockreading`, :mod:`wenzheng_core.provisionreading` and
:mod:`wenzheng_core.policyreading`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import attrs

from wenzheng_core import policyfile as f
from wenzheng_core.domain.errors import Fault, LimitSyntaxError
from wenzheng_core.domain.limits import LENGTHS, CommittedDate, Limit, WorkingHours, parse_limit
from wenzheng_core.domain.tables import Column, Condition

T = TypeVar("T")

WILDCARD = "*"


def _parse_length(text: str) -> Limit:
    """The limit of a text; what is said of another one offers no day of the calendar."""
    try:
        return parse_limit(text)
    except LimitSyntaxError as error:
        reason = LENGTHS if error.reason.startswith(LENGTHS) else error.reason
        raise LimitSyntaxError(text, reason) from None


@attrs.define
class Words:
    """What the parts of one file share; ``faults`` fills as they are read.

    ``lost`` holds the paths at which the file's shape is at fault already: what stands there is a
    stand-in, and nothing more is said of it. ``office_hours``: whether working hours can be counted.
    """

    lost: frozenset[str] = frozenset()
    faults: list[Fault] = attrs.field(factory=list)
    columns: tuple[Column, ...] = ()
    clocks: tuple[str, ...] = ()
    office_hours: bool = False

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
            if name.strip() and names.index(name) != index:
                self.fault(f"编号 {name} 重复", f"{path}[{index}].{key}", "每一项用自己的编号")

    def parse(self, text: str, path: str, parse: Callable[[str], T]) -> T | None:
        """What the text means to ``parse``; None, with a fault, if nothing."""
        try:
            return parse(text)
        except LimitSyntaxError as error:
            self.fault(f"「{error.text}」无法识别", path, error.reason)
            return None

    def distinct(self, names: Sequence[str], path: str) -> None:
        """A list of texts holds no blank one, and none twice."""
        for index, name in enumerate(names):
            where = f"{path}[{index}]"
            if not name.strip():
                self.fault("不能为空", where, "写明,或删去这一项")
            elif names.index(name) != index:
                self.fault(f"「{name}」重复", where, "只列一次")

    def limit(self, text: str, path: str) -> Limit | None:
        """The length of time that a text means; None, with a fault, if none that can be counted."""
        limit = self.parse(text, path, _parse_length)
        if isinstance(limit, CommittedDate):
            self.fault(f"须是一段时间,不能是「{text}」这一固定日期", path, LENGTHS)
            return None
        if isinstance(limit, WorkingHours) and not self.office_hours:
            mend = "加 [time] office_hours = [[09:00:00, 12:00:00], [14:00:00, 18:00:00]]"
            self.fault("按工作小时计算须先规定办公时间", path, mend)
        return limit

    def all_named(self, array: str, count: int, key: str = "id") -> bool:
        """Whether none of the names that the tables of an array bear is a stand-in."""
        names = (f"{array}[{i}].{key}" for i in range(count))
        return not any(map(self.is_lost, (array, *names)))

    def known_clock(self, clock: str, path: str) -> None:
        """A clock must be one of the file's."""
        if clock not in self.clocks and self.all_named("$.clock", len(self.clocks)):
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
            self.require(value, where, "取值不能为空白", "写明,或删去这一项")
            if value == WILDCARD:
                self.fault("取值不能是「*」", where, "「*」表示任何取值")
            if values.index(value) != index:
                self.fault(f"取值「{value}」重复", where, "每个取值只列一次")
        if not self.has_lost(f"{path}.values"):
            self._check_meanings(table, path)
        return Column(
            name=name,
            values=values,
            title=table.title,
            default=table.default,
            aliases=table.aliases,
            choice=table.choice,
            severity=table.severity,
        )

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
        self._check_severity(table, f"{path}.severity", mend)

    def _check_severity(self, table: f.ColumnTable, path: str, mend: str) -> None:
        """An order of severity names values of the column, each once, and at least two."""
        for index, value in enumerate(table.severity):
            where = f"{path}[{index}]"
            if value not in table.values:
                self.fault(f"轻重次序中的「{value}」不在取值之中", where, mend)
            elif table.severity.index(value) != index:
                self.fault(f"「{value}」重复", where, "由重到轻,每个取值只列一次")
        if len(table.severity) == 1:
            self.fault("轻重次序只有一个取值", path, "由重到轻列出至少两个取值,或删去这一项")

    def known_value(self, name: str, value: str, path: str) -> None:
        """The column and the value that the table at ``path`` names are the file's."""
        known = {column.name: column for column in self.columns}
        if name in known:
            if self._cell(known[name], value, f"{path}.value") is None:
                mend = f"可用:{'、'.join(known[name].values)}"
                self.fault("须写一个取值,不能是「*」", f"{path}.value", mend)
        elif not self.is_lost(f"$.columns.{name}") and not self.is_lost("$.columns"):
            shown = "、".join(known) or "无"
            mend = f"现有:{shown};栏目在 [columns] 中声明"
            self.fault(f"没有「{name}」一栏", f"{path}.column", mend)

    def conditions(self, when: f.When, also: Sequence[f.When], path: str) -> tuple[Condition, ...]:
        """What ``when`` and ``also`` of a table ask for, each word checked against the columns."""
        if also and not when and not self.is_lost(f"{path}.when"):
            mend = "把第一种情形写进 when,其余写进 also"
            self.fault("没有 when 而写 also,等于一律适用", f"{path}.also", mend)
        whens = [(when, f"{path}.when")]
        whens += [(more, f"{path}.also[{i}]") for i, more in enumerate(also)]
        return tuple(self._condition(cells, where) for cells, where in whens)

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
