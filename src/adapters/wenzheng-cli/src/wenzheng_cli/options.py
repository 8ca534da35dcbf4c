"""The options that several commands share, and the office that they open."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Annotated

import attrs
import typer

from wenzheng_cli.errors import BadInputError
from wenzheng_cli.reading import read_text
from wenzheng_core import Case, City, FixedClock, Office, Plugins, SystemClock, open_office
from wenzheng_core.cities import read_units

Json = Annotated[bool, typer.Option("--json", help="只输出一份 JSON。")]
CityId = Annotated[str, typer.Option("--city", envvar="WENZHENG_CITY", help="城市办法的编号。")]
Db = Annotated[
    str, typer.Option("--db", envvar="WENZHENG_DB", help="存储地址,如 sqlite:///wenzheng.db。")
]
Tenant = Annotated[str | None, typer.Option("--tenant", help="租户;不写即城市编号。")]
UnitsFile = Annotated[
    Path | None, typer.Option("--units", help="以此 units.toml 代替该城市自带的承办单位。")
]
FactPairs = Annotated[
    list[str] | None, typer.Option("--fact", help="分类事实,栏目=取值;可多次给出。")
]


# Every way to write a database of SQLite that lives in memory: it ends with the command.
_IN_MEMORY = re.compile(r"sqlite(\+\w+)?:(/{0,3}(:memory:)?(\?.*)?|.*mode=memory.*)", re.IGNORECASE)


def require_kept(db: str) -> None:
    """Raise BadInputError for a store of which nothing would be left when the command ends."""
    if _IN_MEMORY.fullmatch(db.strip()):
        reason = "是内存中的数据库,命令一结束就没有了;请写明文件"
        raise BadInputError("--db", db, reason, "sqlite:///wenzheng.db")


def chosen_city(plugins: Plugins, city: str, units: Path | None) -> City:
    """The installed city, with its units replaced if a file is given."""
    found = plugins.city(city)
    if units is None:
        return found
    return attrs.evolve(found, units=read_units(read_text(units, "--units"), units.name))


def opened_office(
    plugins: Plugins,
    city: City,
    db: str,
    tenant: str | None = None,
    at: datetime | None = None,
    *,
    create: bool = False,
) -> Office:
    """The office over the store, which must exist unless it may be made; its clock stands at ``at``."""
    require_kept(db)
    clock = FixedClock(at) if at else SystemClock()
    office = open_office(
        db, city=city.id, tenant=tenant, clock=clock, plugins=plugins, create=create
    )
    return attrs.evolve(office, city=city)


def found_case(office: Office, name: str) -> Case:
    """The case of an id, or of a message written ``source/number``. Raises UnknownError."""
    source, sign, number = name.partition("/")
    return office.case_of(source, number) if sign else office.case(name)
