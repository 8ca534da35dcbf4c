"""``wenzheng import``: an exported workbook into a store, its recorded past lived again or not."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from tempfile import TemporaryFile
from time import perf_counter
from typing import IO, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from wenzheng_cli.imported import ALWAYS, BATCH, Imported, Row, Rows, case_id, print_imported
from wenzheng_cli.options import (
    CityId,
    Db,
    FactPairs,
    Json,
    Tenant,
    UnitsFile,
    chosen_city,
    opened_office,
)
from wenzheng_cli.reading import read_facts, read_time
from wenzheng_cli.writing import print_json
from wenzheng_core import (
    Actor,
    Case,
    Office,
    Role,
    WenzhengError,
    load_plugins,
    replay,
)
from wenzheng_core.domain.commands import Receive, Request
from wenzheng_core.domain.measures import figures
from wenzheng_core.domain.messages import RecordedMessage, RejectedRow
from wenzheng_core.domain.tables import complete
from wenzheng_core.ports import Change


def import_file(  # noqa: PLR0913, PLR0917 - every option of the command
    file: Annotated[Path, typer.Argument(help="平台导出的工作簿(.xlsx)。")],
    city: CityId,
    db: Db,
    replayed: Annotated[
        bool, typer.Option("--replay", help="按记录的时间重演收文、交办、到期与回复。")
    ] = False,
    source: Annotated[str, typer.Option("--source", help="来源平台的固定名称。")] = "hongwang",
    unit: Annotated[
        str | None, typer.Option("--unit", help="未点名任何单位辖区的留言交给谁。")
    ] = None,
    fact: FactPairs = None,
    until: Annotated[str | None, typer.Option("--until", help="重演到何时;不写即现在。")] = None,
    units: UnitsFile = None,
    tenant: Tenant = None,
    reader: Annotated[str, typer.Option("--reader", help="由哪个来源插件读取文件。")] = "workbook",
    as_json: Json = False,
) -> None:
    """Bring a file in; doing so again changes nothing."""
    facts = read_facts(fact or ())
    end = read_time(until, "--until") if until else None
    plugins = load_plugins()
    chosen = chosen_city(plugins, city, units)
    complete(chosen.versions.latest.columns, facts)
    if unit is not None:
        chosen.units.get(unit)
    board = plugins.source(reader)
    begun = perf_counter()
    with TemporaryFile() as spool:
        # Read whole before anything is written: a file that breaks off leaves nothing behind.
        total = _spooled(_shown("读取", board.read(file, source), board.count(file)), spool)
        office = opened_office(plugins, chosen, db, tenant, end, create=True)
        with closing(office.storage):
            rows = Rows(office, end or office.clock.now())
            watched = rows.watched(_shown("导入", _unspooled(spool, total), total))
            lived = (
                replay(office, watched, until=rows.until, facts=facts, unit=unit)
                if replayed
                else receive(office, watched, facts)
            )
            policy = chosen.versions.in_force(rows.until)
            ranked, main = policy.ranking, policy.main_clock
            found = figures(rows.cases(lived), ALWAYS, rows.until, main, ranked)
    result = Imported(found, policy, chosen.units, rows, perf_counter() - begun, replayed)
    if as_json:
        print_json(result.document())
    else:
        print_imported(result)


def receive(
    office: Office, rows: Iterable[Row], facts: dict[str, str]
) -> Iterator[Case | RejectedRow]:
    """Open a case for each message now, a transaction a batch; what is there stays as it is."""
    rest = iter(rows)
    while chunk := list(islice(rest, BATCH)):
        done: list[Case | RejectedRow] = []
        changes: list[Change] = []
        with office.storage.transaction() as transaction:
            known = transaction.cases([case_id(office, row) for row in chunk])
            for row in chunk:
                there = known.get(case_id(office, row))
                opened = (
                    row if isinstance(row, RejectedRow) else there or _opened(office, row, facts)
                )
                if isinstance(opened, Change):
                    changes.append(opened)
                    opened = opened.case
                done.append(opened)
            transaction.write(changes)
        yield from done


def _opened(office: Office, row: RecordedMessage, facts: dict[str, str]) -> Change | RejectedRow:
    sender = Actor(row.message.source, Role.SOURCE)
    asked = Receive(message=row.message, facts=facts)
    try:
        request = Request(asked, sender, office.clock.now())
        return office.change(office.open(case_id(office, row), request))
    except WenzhengError as error:
        return RejectedRow(row=row.row, reason=str(error))


def _spooled(rows: Iterable[Row], spool: IO[bytes]) -> int:
    """Put the rows down in a file that only this process sees, and count them."""
    total = 0
    for row in rows:
        pickle.dump(row, spool, pickle.HIGHEST_PROTOCOL)
        total += 1
    spool.seek(0)
    return total


def _unspooled(spool: IO[bytes], total: int) -> Iterator[Row]:
    for _ in range(total):
        row: Row = pickle.load(spool)
        yield row


def _shown(title: str, rows: Iterable[Row], total: int | None) -> Iterator[Row]:
    """The rows, with a progress bar on stderr where somebody is looking."""
    if not sys.stderr.isatty():
        yield from rows
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as progress:
        yield from progress.track(rows, total=total, description=title)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("import", help="把平台导出的留言收进来;再执行一次不会改变什么。")(import_file)
