"""``wenzheng feed``: what happened, in the order of commits, for whoever follows it."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated

import typer

from wenzheng_cli.options import CityId, Db, Json, Tenant, chosen_city, opened_office
from wenzheng_cli.writing import line, print_json, print_lines
from wenzheng_core import load_plugins, wire
from wenzheng_core.domain.instants import show_instant


def feed(
    city: CityId,
    db: Db,
    after: Annotated[int, typer.Option("--after", min=0, help="从哪一位置之后读起。")] = 0,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="最多几条。")] = 500,
    tenant: Tenant = None,
    as_json: Json = False,
) -> None:
    """Records beyond a position; never what a citizen left privately."""
    plugins = load_plugins()
    office = opened_office(plugins, chosen_city(plugins, city, None), db, tenant)
    with closing(office.storage):
        found = office.feed(after, limit)
        last = office.storage.head().position
    reached = found[-1].position if found else after
    if as_json:
        records = [{"position": fed.position, **wire.record_to_dict(fed.record)} for fed in found]
        print_json({"after": after, "reached": reached, "last": last, "records": records})
        return
    for fed in found:
        record = fed.record
        print_lines(
            f"{fed.position} {show_instant(record.at)} {line(record.case_id)}"
            f" v{record.version} {type(record.event).__name__} {line(record.actor)}"
        )
    print_lines(f"读到 {reached},共 {last} 条")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("feed", help="事件流:按提交的次序,不缺不乱。")(feed)
