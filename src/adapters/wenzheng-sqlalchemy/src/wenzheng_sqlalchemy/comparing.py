"""Whether the tables of a database are those of the code: what somebody changed by hand shows here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect

from wenzheng_sqlalchemy.errors import store_errors
from wenzheng_sqlalchemy.tables import METADATA

_KINDS = {"index": "索引", "constraint": "唯一约束", "fk": "外键"}


def differences(connection: Connection) -> tuple[str, ...]:
    """How our tables differ from the code, in Chinese, sorted; others' tables are not looked at."""
    options = {"include_name": _ours, "compare_type": True}
    with store_errors():
        context = MigrationContext.configure(connection, opts=options)
        found = list(_said(compare_metadata(context, METADATA)))
        return tuple(sorted([*found, *_keys(connection)]))


def _ours(name: str | None, kind: str, _: Any) -> bool:
    return kind != "table" or name in METADATA.tables


def _said(diffs: Iterable[Any]) -> Iterator[str]:
    for diff in diffs:
        if isinstance(diff, list):  # several of one column
            yield from _said(diff)
        else:
            yield _sentence(diff)


def _sentence(diff: Sequence[Any]) -> str:
    match diff:
        case ("add_table", table):
            return f"缺少表 {table.name}"
        case ("add_column", _, table, column):
            return f"表 {table} 缺少列 {column.name}"
        case ("remove_column", _, table, column):
            return f"表 {table} 多出列 {column.name}"
        case ("modify_type", _, table, column, _, found, wanted):
            return f"表 {table} 的列 {column} 的类型是 {found!r},应为 {wanted!r}"
        case ("modify_nullable", _, table, column, _, _, wanted):
            return f"表 {table} 的列 {column} 应为{'可' if wanted else '不可'}空"
        case ("modify_default", _, table, column, *_):
            return f"表 {table} 的列 {column} 不应有默认值"
        case (str(kind), item):
            verb, _, what = kind.partition("_")
            word = "缺少" if verb == "add" else "多出"
            return f"表 {item.table.name} {word}{_KINDS.get(what, what)} {item.name}"
        case _:
            return f"与程序不符:{diff[0]}"


def _keys(connection: Connection) -> Iterator[str]:
    inspector = inspect(connection)
    for table in METADATA.sorted_tables:
        if inspector.has_table(table.name):
            found = inspector.get_pk_constraint(table.name)["constrained_columns"]
            wanted = [column.name for column in table.primary_key.columns]
            if found != wanted:
                yield f"表 {table.name} 的主键是({'、'.join(found)}),应为({'、'.join(wanted)})"
