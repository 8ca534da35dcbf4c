"""``wenzheng deliver`` and ``wenzheng outbox``: send what waits, see what waits or died, try again."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from typing import Annotated, Any

import attrs
import typer

from wenzheng_cli.errors import BadInputError
from wenzheng_cli.options import CityId, Db, Json, Tenant, chosen_city, opened_office
from wenzheng_cli.reading import read_time
from wenzheng_cli.writing import instant, line, print_json, print_lines
from wenzheng_core import Actor, DeadLetter, Office, Outgoing, Role, load_plugins
from wenzheng_core.domain.instants import show_instant
from wenzheng_core.notices import addressee

_AHEAD = timedelta(days=366)
"""How far ahead one looks: what failed waits for its next try, and is seen to wait."""


def deliver(
    city: CityId,
    db: Db,
    at: Annotated[str | None, typer.Option("--at", help="发送到何时为止的;不写即现在。")] = None,
    tenant: Tenant = None,
    as_json: Json = False,
) -> int:
    """Send what is ready; 1 if something did not go out or could not be noted."""
    until = read_time(at, "--at") if at else None
    plugins = load_plugins()
    office = opened_office(plugins, chosen_city(plugins, city, None), db, tenant, until)
    with closing(office.storage):
        report = office.deliver()
    if as_json:
        print_json(attrs.asdict(report))
    else:
        print_lines(
            f"已发送 {report.sent} 项,合 {report.messages} 条",
            *(f"未发出,待重试:{failure}" for failure in report.failed),
            *(f"已停止重试:{key}" for key in report.dead),
            *(f"回执未能记入办件:{failure}" for failure in report.unnoted),
        )
    return 1 if report.failed or report.dead or report.unnoted else 0


def outbox(  # noqa: PLR0913, PLR0917 - every option of the command
    city: CityId,
    db: Db,
    action: Annotated[str | None, typer.Argument(help="retry:重新发送一项。")] = None,
    key: Annotated[str | None, typer.Argument(help="哪一项,如 --dead 所列。")] = None,
    dead: Annotated[bool, typer.Option("--dead", help="只列已停止重试的。")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, help="最多列出几项。")] = 100,
    by: Annotated[str, typer.Option("--by", help="重新发送的经办人。")] = "office",
    tenant: Tenant = None,
    as_json: Json = False,
) -> int:
    """What waits to be sent, or is tried no more; or put one of these down again."""
    if action not in (None, "retry"):
        raise BadInputError("outbox", str(action), "不是这里的指令;不写即列出,retry 即重新发送")
    if (action is None) != (key is None):
        raise BadInputError("retry", key or "", "须写明哪一项", "KEY")
    plugins = load_plugins()
    office = opened_office(plugins, chosen_city(plugins, city, None), db, tenant)
    with closing(office.storage):
        if key is not None:
            return _retry(office, key, by, as_json=as_json)
        if dead:
            _show_dead(office, limit, as_json=as_json)
        else:
            _show_waiting(office, limit, as_json=as_json)
    return 0


def _show_waiting(office: Office, limit: int, *, as_json: bool) -> None:
    with office.storage.transaction() as transaction:
        items = transaction.outbox(office.clock.now() + _AHEAD, limit + 1)
    if as_json:
        _print_document([_document(item) for item in items], limit)
    else:
        _print_list("待发", [_line(office, item) for item in items], limit)


def _show_dead(office: Office, limit: int, *, as_json: bool) -> None:
    letters = office.dead_letters(limit=limit + 1)
    if as_json:
        _print_document([_dead_document(letter) for letter in letters], limit)
    else:
        _print_list("已停止重试", [_dead_line(office, letter) for letter in letters], limit)


def _print_document(items: Sequence[dict[str, Any]], limit: int) -> None:
    print_json({"items": items[:limit], "more": len(items) > limit})


def _print_list(what: str, lines: Sequence[str], limit: int) -> None:
    more = ",还有更多" if len(lines) > limit else ""
    print_lines(f"{what} {min(len(lines), limit)} 项{more}", *lines[:limit])


def _document(item: Outgoing) -> dict[str, Any]:
    """An item without its text: a reply may name the citizen."""
    return {
        "key": item.key,
        "case": item.case_id,
        "channel": item.channel,
        "to": item.to,
        "ready_at": instant(item.ready_at),
        "attempts": item.attempts,
    }


def _dead_document(letter: DeadLetter) -> dict[str, Any]:
    died = {"died_at": instant(letter.died_at), "error": letter.error}
    return {**_document(letter.item), **died}


def _line(office: Office, item: Outgoing) -> str:
    channel = "" if item.channel in office.channels else "(没有装这一渠道)"
    tried = f",已试 {item.attempts} 次" if item.attempts else ""
    return (
        f"{line(item.key)} 经「{line(item.channel)}」{channel}发给{_to(office, item)},"
        f"{show_instant(item.ready_at)}起可发{tried}"
    )


def _dead_line(office: Office, letter: DeadLetter) -> str:
    item = letter.item
    return (
        f"{line(item.key)} 经「{line(item.channel)}」发给{_to(office, item)},"
        f"试了 {item.attempts} 次,{show_instant(letter.died_at)}止:{line(letter.error, 80)}"
    )


def _to(office: Office, item: Outgoing) -> str:
    return line(addressee(item.to, office.city.units))


def _retry(office: Office, key: str, by: str, *, as_json: bool) -> int:
    """Put a dead letter down again; 1 if it is none."""
    revived = office.revive(key, actor=Actor(by, Role.OFFICE))
    if as_json:
        print_json({"key": key, "revived": revived})
    elif revived:
        print_lines(f"已重新放入待发:{line(key)}")
    else:
        print_lines(f"{line(key)} 没有停止重试,无须重新发送")
    return 0 if revived else 1


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("deliver", help="发送:到了时候的通知和回复都在此发出,至少一次。")(deliver)
    app.command("outbox", help="待发的通知;--dead 为已停止重试的,retry 为重新发送。")(outbox)
