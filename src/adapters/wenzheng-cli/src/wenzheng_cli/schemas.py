"""``wenzheng db``: the tables of a store, for whoever looks after the database."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import attrs
import typer

from wenzheng_cli.errors import BadInputError
from wenzheng_cli.options import Db, Json, require_kept
from wenzheng_cli.writing import print_json, print_lines, safe
from wenzheng_core import load_plugins
from wenzheng_core.ports import Protection, SchemaKeeper, SchemaStatus
from wenzheng_core.storing import SchemaState

NO_TABLES = "这种存储没有表,无须建立、升级或核对"


def init(db: Db, as_json: Json = False) -> int:
    """Make the tables in an empty database."""
    keeper = _keeper(db)
    if keeper is None:
        return _nothing(as_json=as_json)
    made = keeper.init(db)
    _tell("已建立全部表" if made else "表已是最新版,未作改动", {"made": made}, as_json=as_json)
    return 0


def upgrade(db: Db, as_json: Json = False) -> int:
    """Bring the tables up to date."""
    keeper = _keeper(db)
    if keeper is None:
        return _nothing(as_json=as_json)
    run = list(keeper.upgrade(db, _progress))
    text = f"已升级到 {run[-1]} 版" if run else "表已是最新版,未作改动"
    _tell(text, {"run": run}, as_json=as_json)
    return 0


def status(db: Db, as_json: Json = False) -> int:
    """Which revision the tables are; 1 unless it is this program's."""
    keeper = _keeper(db)
    if keeper is None:
        return _nothing(as_json=as_json)
    found = keeper.status(db)
    text, document = _sentence(found), attrs.asdict(found)
    if found.state is SchemaState.CURRENT:
        walls = keeper.protection(db)
        text, document["protection"] = f"{text}\n{_walls(walls)}", attrs.asdict(walls)
    _tell(text, document, as_json=as_json)
    return 0 if found.state is SchemaState.CURRENT else 1


def check(db: Db, as_json: Json = False) -> int:
    """Whether the tables are what this program needs; 1 if not."""
    keeper = _keeper(db)
    if keeper is None:
        return _nothing(as_json=as_json)
    faults = list(keeper.check(db))
    lines = (*faults, f"共 {len(faults)} 处不符") if faults else ("表与程序相符",)
    _tell("\n".join(lines), {"faults": faults}, as_json=as_json)
    return 1 if faults else 0


def protect(
    db: Db,
    role: Annotated[
        str, typer.Option("--role", help="程序使用的数据库用户,只授予必需的权限;限 PostgreSQL。")
    ] = "",
    off: Annotated[bool, typer.Option("--off", help="撤销防护,例如升级之前。")] = False,
    as_json: Json = False,
) -> int:
    """Let the database itself guard the history and keep tenants apart, or take that back."""
    keeper = _keeper(db)
    if keeper is None:
        return _nothing(as_json=as_json)
    if off and role:
        raise BadInputError("--role", role, "不能与 --off 同时使用")
    if off:
        keeper.unprotect(db)
    else:
        keeper.protect(db, role=role)
        _progress("请重新启动正在使用这个数据库的程序")
    found = keeper.protection(db)
    _tell(_walls(found), {"protection": attrs.asdict(found)}, as_json=as_json)
    return 0


def _walls(found: Protection) -> str:
    tenants = "此数据库没有这种功能" if found.tenants is None else _on(found.tenants)
    lines = [f"防护:历史只增不改,{_on(found.history)};租户行级隔离,{tenants}"]
    return "\n".join((*lines, *(f"注意:{gap}" for gap in found.gaps)))


def _on(stands: bool) -> str:
    return "已启用" if stands else "未启用"


def _keeper(db: str) -> SchemaKeeper | None:
    require_kept(db)
    return load_plugins().schema_keeper(db)


def _nothing(*, as_json: bool) -> int:
    _tell(NO_TABLES, {"tables": False}, as_json=as_json)
    return 0


def _tell(text: str, document: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json({"tables": True, **document})
    else:
        print_lines(text)


def _sentence(found: SchemaStatus) -> str:
    current = f"{found.current} 版" if found.current else "无"
    return f"数据库的表:{current};本程序:{found.head} 版;{found.state.label}"


def _progress(text: str) -> None:
    print(safe(text), file=sys.stderr)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    group.command("init", help="在空数据库中建立全部表。")(init)
    group.command("upgrade", help="把旧版的表升级到本程序的版本;请先备份。")(upgrade)
    group.command("status", help="表是哪一版,不逐表核对(见 check);不是最新版时退出码为 1。")(status)
    group.command("check", help="逐表核对与程序是否相符;不符时退出码为 1。")(check)
    group.command("protect", help="让数据库自身拒绝改动历史、隔离租户;--off 撤销。")(protect)
    app.add_typer(group, name="db", help="数据库的表:建立、升级、查看、核对、防护。")
