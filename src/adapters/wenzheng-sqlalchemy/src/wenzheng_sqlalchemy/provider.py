"""The way to stores of this package by URL."""

from __future__ import annotations

import os

import attrs

from wenzheng_core.ports import KeyProvider
from wenzheng_sqlalchemy.engines import DRIVERS, require_existing
from wenzheng_sqlalchemy.keeping import SqlSchemaKeeper
from wenzheng_sqlalchemy.keyfile import KeyFile
from wenzheng_sqlalchemy.storage import SqlStorage

KEYS = "WENZHENG_KEYS"
"""The environment variable that names a key file, for stores that are opened by URL alone."""


@attrs.frozen
class SqlStorageProvider(SqlSchemaKeeper):
    """Opens stores by ``sqlite:``, ``postgresql:``, ``mysql:`` and ``mariadb:`` URLs."""

    schemes: tuple[str, ...] = tuple(DRIVERS)

    def open(
        self, url: str, tenant: str, *, create: bool = True, keys: KeyProvider | None = None
    ) -> SqlStorage:
        """Open a store bound to a tenant. Raises StoreError with what to do if it cannot.

        Without ``keys`` those of the file that :data:`KEYS` names, if it names one.
        """
        if not create:
            require_existing(url)
        if keys is None and (named := os.environ.get(KEYS)):
            keys = KeyFile(named)
        return SqlStorage(url, tenant, keys=keys, create=create)
