"""Where messages come from: workbooks exported from the boards.

openpyxl is loaded when a source is first asked for, not when plugins are counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wenzheng_core import hookimpl

if TYPE_CHECKING:
    from wenzheng_sources.workbook import WorkbookSource

__all__ = ["WorkbookSource", "wenzheng_sources"]


@hookimpl
def wenzheng_sources() -> list[WorkbookSource]:
    """Offer the sources of this package."""
    from wenzheng_sources.workbook import WorkbookSource  # noqa: PLC0415 - loaded when asked

    return [WorkbookSource()]


def __getattr__(name: str) -> Any:
    if name == "WorkbookSource":
        from wenzheng_sources.workbook import WorkbookSource  # noqa: PLC0415 - loaded when asked

        return WorkbookSource
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
