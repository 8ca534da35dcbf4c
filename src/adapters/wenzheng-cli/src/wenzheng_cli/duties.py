"""``wenzheng duty``: log that somebody looked at a platform, and show what a day still lacks."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated, Any

import typer

from wenzheng_cli.options import CityId, Db, Json, Tenant, chosen_city, opened_office
from wenzheng_cli.policypage import schedule_names
from wenzheng_cli.reading import read_day, read_time
from wenzheng_cli.writing import instant, line, print_json, print_lines
from wenzheng_core import Actor, Role, load_plugins
from wenzheng_core.diary import polls
from wenzheng_core.domain.instants import local_day, show_day, show_instant


def log(
    source: Annotated[str, typer.Argument(help="所查看的平台,如 people。")],
    city: CityId,
    db: Db,
    at: Annotated[str | None, typer.Option("--at", help="登录的时间;不写即现在。")] = None,
    by: Annotated[str, typer.Option("--by", help="登录人。")] = "office",
    tenant: Tenant = None,
    as_json: Json = False,
) -> None:
    """Enter one look at a platform; the same one again changes nothing."""
    when = read_time(at, "--at") if at else None
    plugins = load_plugins()
    office = opened_office(plugins, chosen_city(plugins, city, None), db, tenant, when)
    with closing(office.storage):
        entry = office.log_poll(source, actor=Actor(by, Role.OFFICE))
    if as_json:
        print_json({"key": entry.key, "at": instant(entry.at), "source": source, "by": by})
    else:
        print_lines(f"已登记:{show_instant(entry.at)} {line(by)}登录查看 {line(source)}")


def show(
    city: CityId,
    db: Db,
    day: Annotated[str | None, typer.Option("--day", help="哪一天;不写即今天。")] = None,
    tenant: Tenant = None,
    as_json: Json = False,
) -> None:
    """The log-ins of a day, and how many each duty lacks so far."""
    asked = read_day(day, "--day") if day else None
    plugins = load_plugins()
    office = opened_office(plugins, chosen_city(plugins, city, None), db, tenant)
    wanted = asked or local_day(office.clock.now())
    with closing(office.storage):
        missing = office.missing_polls(wanted)
        found = sorted(polls(office.storage, wanted), key=lambda entry: (entry.at, entry.key))
    if as_json:
        logins = [{"at": instant(entry.at), **entry.body} for entry in found]
        document: dict[str, Any] = {"day": wanted.isoformat(), "missing": missing, "logins": logins}
        print_json(document)
        return
    names = schedule_names(office.city.versions.versions)
    lacks = ";".join(f"{names.get(duty, duty)}缺 {n} 次" for duty, n in missing.items())
    print_lines(
        f"{show_day(wanted)}登录查看 {len(found)} 次;{lacks or '办法未规定登录查看次数'}",
        *(
            f"{show_instant(entry.at)} {line(str(entry.body['source']))} "
            f"{line(str(entry.body['by']))}"
            for entry in found
        ),
    )


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    group.callback()(lambda: None)
    group.command("log", help="登记一次登录查看。")(log)
    group.command("show", help="某日登录查看几次、尚缺几次。")(show)
    app.add_typer(group, name="duty", help="值班:登录查看留言板。")
