"""Reads the package's year files and those dropped in, and says how the two come together.

A file dropped in may bring a new year, or a later notice for a known year. A notice that is
already known, with the same days, changes nothing; with other days it is refused, because one
document cannot say two things.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from importlib import resources
from pathlib import Path

import attrs

from wenzheng_core.calendarfile import read_calendar_year, read_expectations
from wenzheng_core.domain.calendars import CalendarData, Edition, Notice
from wenzheng_core.domain.errors import Fault, InputFaultsError

NAME = "cn"
VARIABLE = "WENZHENG_CALENDARS"
"""The environment variable that names the folder of the files dropped in."""

REACH_BACK = 3
"""No notice since 2004 touched a day of the year before that lies earlier than 29 December."""


def load(extra: Iterable[Path] = ()) -> CalendarData:
    """The package's arrangements, and the ``extra`` year files on top.

    Raises:
        InputFaultsError: a file is faulty; the error names it.
    """
    data = _built_in()
    editions = list(data.editions)
    for path in extra:
        subject = str(path)
        more = read_calendar_year(_text(path.read_bytes(), subject), subject, NAME)
        _merge(editions, more, subject)
    return attrs.evolve(data, editions=tuple(editions))


def dropped_in(
    environ: Mapping[str, str] = os.environ, home: Path | None = None
) -> tuple[Path, ...]:
    """The year files dropped in on this machine, by name.

    They lie in the folder that WENZHENG_CALENDARS names, which must exist; without the variable,
    in ``.config/wenzheng/calendars`` of the home folder, which need not.
    """
    named = environ.get(VARIABLE)
    if named:
        folder = Path(named)
        if not folder.is_dir():
            fault = Fault("没有这个文件夹", named, f"建立该文件夹,或取消环境变量 {VARIABLE}")
            raise InputFaultsError(f"环境变量 {VARIABLE}", (fault,))
    else:
        folder = (home or Path.home()) / ".config" / "wenzheng" / "calendars"
    return tuple(sorted(folder.glob("*.toml")))


@cache
def _built_in() -> CalendarData:
    folder = resources.files(__package__) / "data"
    editions: list[Edition] = []
    for file in sorted(folder.iterdir(), key=lambda f: f.name):
        if file.name[:4].isdigit():
            editions += read_calendar_year(file.read_text("utf-8"), file.name, NAME)
    law = (folder / "statutory.toml").read_text("utf-8")
    return CalendarData(
        name=NAME,
        editions=tuple(editions),
        expectations=read_expectations(law, "statutory.toml", NAME),
        reach_back=REACH_BACK,
    )


def _text(content: bytes, subject: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        fault = Fault("文件不是 UTF-8 编码", f"第{line}行", "用编辑器另存为 UTF-8 编码")
        raise InputFaultsError(subject, (fault,)) from None


def _merge(known: list[Edition], more: Sequence[Edition], subject: str) -> None:
    faults: list[Fault] = []
    for index, edition in enumerate(more):
        path = f"$.edition[{index}]"
        twin = next((k for k in known if _same_notice(k.notice, edition.notice)), None)
        base = next((k for k in known if edition.year and k.year == edition.year), None)
        if twin is not None:
            if _days(twin) != _days(edition):
                why = f"与已有的同一通知{twin.notice.cite}的日期不一致"
                mend = "核对通知原文;如确有调整,另写一个 [[edition]] 并注明调整通知"
                faults.append(Fault(why, path, mend))
        elif base is None:
            known.append(edition)
        elif edition.notice.issued > base.notice.issued:
            known.append(attrs.evolve(edition, year=None))
        else:
            why = f"{edition.year} 年已有更晚印发的安排{base.notice.cite}({base.notice.issued})"
            faults.append(Fault(why, f"{path}.issued", "核对印发日期;较早的通知不必再放入"))
    if faults:
        raise InputFaultsError(subject, tuple(faults))


def _same_notice(one: Notice, other: Notice) -> bool:
    if one.number and other.number:
        return one.number == other.number
    return one.title == other.title


def _days(edition: Edition) -> tuple[frozenset[date], frozenset[date]]:
    off = frozenset(day for holiday in edition.off for day in holiday.days())
    return off, frozenset(edition.work)
