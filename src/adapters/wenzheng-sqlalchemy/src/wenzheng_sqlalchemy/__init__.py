"""Storage in SQL databases: cases, their histories and what is to be told, in one transaction.

SQLAlchemy is loaded when a store is first asked for, not when plugins are counted: a command that
only reckons a deadline starts at once.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from wenzheng_core import hookimpl

if TYPE_CHECKING:
    from wenzheng_sqlalchemy.engine import make_engine
    from wenzheng_sqlalchemy.errors import StoreError
    from wenzheng_sqlalchemy.storage import SqlStorage, SqlStorageProvider

__all__ = ["SqlStorage", "SqlStorageProvider", "StoreError", "make_engine", "wenzheng_storage"]

_HOME = {
    "SqlStorage": "storage",
    "SqlStorageProvider": "storage",
    "StoreError": "errors",
    "make_engine": "engine",
}


@hookimpl
def wenzheng_storage() -> list[SqlStorageProvider]:
    """Offer the stores of this package."""
    from wenzheng_sqlalchemy.storage import SqlStorageProvider  # noqa: PLC0415 - loaded when asked

    return [SqlStorageProvider()]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
