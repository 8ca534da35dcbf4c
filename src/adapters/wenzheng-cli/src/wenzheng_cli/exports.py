"""``wenzheng export`` and ``wenzheng restore``: a tenant's whole history as a text file, and back."""

from __future__ import annotations

import os
import sys
from contextlib import closing
from pathlib import Path
from typing import IO, Annotated, Any

import typer

from wenzheng_cli.errors import BadInputError, os_reason
from wenzheng_cli.options import CityId, Db, Json, Tenant
from wenzheng_cli.stores import opened_store
from wenzheng_cli.writing import print_json, print_lines, safe
from wenzheng_core import Storage, load_plugins
from wenzheng_core.exporting import ExportReport, export
from wenzheng_core.restoring import restore_export

STDOUT = "-"


def write(
    file: Annotated[str, typer.Argument(metavar="FILE", help="写到哪个新文件;- 即标准输出。")],
    city: CityId,
    db: Db,
    personal: Annotated[
        bool, typer.Option("--personal", help="连同网民姓名、电话、住址和昵称。")
    ] = False,
    tenant: Tenant = None,
    as_json: Json = False,
) -> None:
    """Write the history of a tenant."""
    if file == STDOUT and as_json:
        raise BadInputError("--json", STDOUT, "与导出到标准输出不能并用")
    if file != STDOUT and Path(file).exists():
        raise BadInputError("FILE", file, "已经存在,未覆盖")
    plugins = load_plugins()
    with closing(opened_store(plugins, db, city, tenant)) as storage:
        if file == STDOUT:
            report = export(storage, sys.stdout, personal=personal)
        else:
            report = _to_file(storage, Path(file), personal=personal)
    told = f"已导出:{_counts(report)};摘要(SHA-256){report.sha256}"
    if as_json:
        print_json(_document(report))
    elif file == STDOUT:
        print(safe(told), file=sys.stderr)
    else:
        print_lines(told)


def _to_file(storage: Storage, path: Path, *, personal: bool) -> ExportReport:
    """Write a file that only its owner reads, whole or not at all."""
    part = path.with_name(f"{path.name}.part")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError as error:
        raise BadInputError("FILE", str(path), f"无法写入({os_reason(error)})") from None
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as out:
            report = export(storage, out, personal=personal)
            out.flush()
            os.fsync(out.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return report


def read(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="由 wenzheng export 导出的文件。")],
    city: CityId,
    db: Db,
    tenant: Tenant = None,
    as_json: Json = False,
) -> None:
    """Write an exported history into an empty store."""
    with _opened(file) as lines:
        plugins = load_plugins()
        with closing(opened_store(plugins, db, city, tenant, create=True)) as storage:
            report = restore_export(storage, lines)
    if as_json:
        print_json(_document(report))
    else:
        masked = "" if report.personal else ";导出时已略去网民的姓名、电话、住址和昵称"
        print_lines(f"已恢复:{_counts(report)}{masked}")


def _opened(path: Path) -> IO[str]:
    try:
        return path.open("r", encoding="utf-8", newline="\n")
    except OSError as error:
        raise BadInputError("FILE", str(path), f"无法打开({os_reason(error)})") from None


def _counts(report: ExportReport) -> str:
    return f"租户「{report.tenant}」,记录 {report.records} 条,值班日志 {report.lines} 行"


def _document(report: ExportReport) -> dict[str, Any]:
    return {
        "tenant": report.tenant,
        "personal": report.personal,
        "records": report.records,
        "lines": report.lines,
        "position": report.head.position,
        "link": report.head.link.hex(),
        "line_link": report.head.line_link.hex(),
        "sha256": report.sha256,
    }


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("export", help="导出一个租户的全部历史,一行一条 JSON。")(write)
    app.command("restore", help="把导出恢复到空的存储。")(read)
