"""What all commands share."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import attrs

from wenzheng_core.domain.errors import ArgumentError

LAST_YEAR = 2999
"""Beyond it a year is a slip of the pen."""


class Command:
    """The base of all commands; nothing but a name for the type checker."""

    __slots__ = ()


def plain_day(_: object, field: attrs.Attribute[Any], value: object) -> None:
    """A day is a date without a time, in a year that can be meant. Raises ArgumentError."""
    dated = isinstance(value, date) and not isinstance(value, datetime)
    if not dated or not 1 <= getattr(value, "year", 0) <= LAST_YEAR:
        raise ArgumentError(field.name, f"须是日期,如 date(2025, 12, 31),得到的是 {value!r}")
