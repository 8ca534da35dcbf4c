"""The calendar ``cn``: which days the State Council arranged to be off and which to be worked."""

from __future__ import annotations

from collections.abc import Iterable

from wenzheng_calendar_cn.loader import dropped_in, load
from wenzheng_core import hookimpl
from wenzheng_core.domain.calendars import CalendarData

__all__ = ["dropped_in", "load", "wenzheng_calendars"]


@hookimpl
def wenzheng_calendars() -> Iterable[CalendarData]:
    """The arrangements that come with this package, and the years dropped in on this machine."""
    return [load(dropped_in())]
