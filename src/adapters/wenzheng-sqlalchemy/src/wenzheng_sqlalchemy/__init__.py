"""Storage in SQL databases: cases, their histories and what is to be told, in one transaction.

SQLAlchemy is loaded when a store is first asked for, not when plugins are counted: a command that
only reckons a deadline starts at once.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from wenzheng_core import hookimpl

if TYPE_CHECKING:
    from wenzheng_sqlalchemy.engines import make_engine
    from wenzheng_sqlalchemy.errors import StoreError, UndoneError
    from wenzheng_sqlalchemy.keyfile import KeyFile
    from wenzheng_sqlalchemy.keys import KeysError, OpenKeys
    from wenzheng_sqlalchemy.protecting import protect, protection, unprotect
    from wenzheng_sqlalchemy.provider import SqlStorageProvider
    from wenzheng_sqlalchemy.rewrapping import rewrap_keys
    from wenzheng_sqlalchemy.sealing import SealError
    from wenzheng_sqlalchemy.storage import SqlStorage

__all__ = [
    "KeyFile",
    "KeysError",
    "OpenKeys",
    "SealError",
    "SqlStorage",
    "SqlStorageProvider",
    "StoreError",
    "UndoneError",
    "make_engine",
    "protect",
    "protection",
    "rewrap_keys",
    "unprotect",
    "wenzheng_storage",
]

_HOME = {
    "KeyFile": "keyfile",
    "KeysError": "keys",
    "OpenKeys": "keys",
    "SealError": "sealing",
    "SqlStorage": "storage",
    "SqlStorageProvider": "provider",
    "StoreError": "errors",
    "UndoneError": "errors",
    "make_engine": "engines",
    "protect": "protecting",
    "protection": "protecting",
    "rewrap_keys": "rewrapping",
    "unprotect": "protecting",
}


@hookimpl
def wenzheng_storage() -> list[SqlStorageProvider]:
    """Offer the stores of this package."""
    from wenzheng_sqlalchemy.provider import SqlStorageProvider  # noqa: PLC0415 - loaded when asked

    return [SqlStorageProvider()]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
