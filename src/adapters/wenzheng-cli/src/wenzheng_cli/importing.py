"""``wenzheng import``: an exported workbook into a store, its recorded past lived again or not."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from tempfile import TemporaryFile
from time import perf_counter
from typing import IO, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from wenzheng_cli.imported import ALWAYS, Imported, Row, Rows, print_imported
from wenzheng_cli.options import (
    CityId,
    Db,
    FactPairs,
    Json,
    Tenant,
    UnitsFile,
    chosen_city,
    opened_office,
    require_kept,
)
from wenzheng_cli.reading import read_facts, read_time
from wenzheng_cli.writing import print_json
from wenzheng_core import City, Figures, Policy, RefusedError, load_plugins, replay
from wenzheng_core.domain.messages import RecordedMessage
from wenzheng_core.domain.tables import complete
from wenzheng_core.domain.tallies import figures
from wenzheng_core.replay import require_facts


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
) -> int:
    """Bring a file in; doing so again changes nothing. 1 if not one row went in."""
    require_kept(db)
    facts = read_facts(fact or ())
    end = read_time(until, "--until") if until else None
    plugins = load_plugins()
    chosen = chosen_city(plugins, city, units)
    _require_known(chosen, facts, unit)
    board = plugins.source(reader)
    begun = perf_counter()
    with TemporaryFile() as spool:
        kept = _Spool(spool, chosen)
        kept.take(_shown("读取", board.read(file, source), board.count(file)))
        if replayed:
            kept.require_facts(facts)
        office = opened_office(plugins, chosen, db, tenant, end, create=True)
        with closing(office.storage):
            rows = Rows(office, end or office.clock.now(), replayed)
            found = _taken_in(rows, kept, facts, unit)
    policy = office.policy_for(ALWAYS, rows.until)
    result = Imported(found, policy, chosen.units, rows, perf_counter() - begun)
    print_json(result.document()) if as_json else print_imported(result)
    return 1 if kept.total == len(rows.rejected) > 0 else 0


def _require_known(city: City, facts: dict[str, str], unit: str | None) -> None:
    complete(city.versions.latest.columns, facts)
    if unit is not None:
        city.units.get(unit)


def _taken_in(rows: Rows, kept: _Spool, facts: dict[str, str], unit: str | None) -> Figures:
    """Bring the rows in, and count their cases as they then stand."""
    office = rows.office
    watched = rows.watched(_shown("导入", kept.rows(), kept.total))
    if rows.replayed:
        lived = replay(office, watched, until=rows.until, facts=facts, unit=unit)
    else:
        lived = office.receive_many(watched, facts=facts)
    policy = office.policy_for(ALWAYS, rows.until)
    return figures(rows.cases(lived), ALWAYS, rows.until, policy)


class _Spool:
    """The rows in a file that only this process sees, and the policies under which they fall."""

    def __init__(self, file: IO[bytes], city: City) -> None:
        self._file = file
        self._versions = city.versions
        self._policies: dict[str, Policy] = {}
        self.total = 0

    def take(self, rows: Iterable[Row]) -> None:
        """Put all rows down and count them, before anything is written.

        A file that breaks off leaves nothing behind.
        """
        for row in rows:
            pickle.dump(row, self._file, pickle.HIGHEST_PROTOCOL)
            self.total += 1
            if isinstance(row, RecordedMessage):
                with suppress(RefusedError):  # older than any policy: rejected as that row alone
                    policy = self._versions.in_force(row.message.posted_at)
                    self._policies[policy.digest] = policy
        self._file.seek(0)

    def require_facts(self, facts: dict[str, str]) -> None:
        """Say once what every row would be rejected for. Raises RefusedError."""
        missing: RefusedError | None = None
        for policy in self._policies.values():
            try:
                require_facts(policy, facts)
            except RefusedError as refused:
                missing = refused
            else:
                return
        if missing is not None:
            raise missing

    def rows(self) -> Iterator[Row]:
        """The rows again, in order."""
        for _ in range(self.total):
            row: Row = pickle.load(self._file)
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
