"""Making the tables on first use, completing those of version 1, and refusing all others."""

from __future__ import annotations

from sqlalchemy import Connection, insert, inspect, select, update

from wenzheng_sqlalchemy.engine import Database
from wenzheng_sqlalchemy.errors import StoreError, store_errors
from wenzheng_sqlalchemy.tables import DIARY, METADATA, SCHEMA, SCHEMA_TABLE, TENANT

_NAME = "wenzheng"
_WITHOUT_DIARY = 1
_OURS = update(SCHEMA_TABLE).where(SCHEMA_TABLE.c.name == _NAME)


def prepare(database: Database, tenant: str) -> None:
    """Make the tables and the tenant's counter where they are missing.

    Tables of version 1 get what came with version 2, the diary, and keep all that they hold. Raises
    StoreError if the tables are of any other version.
    """
    with database.read() as connection, store_errors():
        if _version(connection) == SCHEMA and _has(connection, tenant):
            return
    # Whoever else starts at the same moment waits here, and then finds everything made.
    with database.write() as connection, store_errors():
        version = _version(connection)
        if version is None:
            METADATA.create_all(connection)
            connection.execute(insert(SCHEMA_TABLE), {"name": _NAME, "version": SCHEMA})
        elif version == _WITHOUT_DIARY:
            DIARY.create(connection)
            connection.execute(_OURS.values(version=SCHEMA))
        elif version != SCHEMA:
            raise StoreError(
                f"数据库的表结构是第 {version} 版,本程序用第 {SCHEMA} 版;请用相应版本的程序打开"
            )
        if not _has(connection, tenant):
            connection.execute(insert(TENANT), {"tenant": tenant, "last_position": 0})


def _version(connection: Connection) -> int | None:
    if not inspect(connection).has_table(SCHEMA_TABLE.name):
        return None
    kept = select(SCHEMA_TABLE.c.version).where(SCHEMA_TABLE.c.name == _NAME)
    return connection.scalar(kept)


def _has(connection: Connection, tenant: str) -> bool:
    found = select(TENANT.c.tenant).where(TENANT.c.tenant == tenant)
    return connection.scalar(found) is not None
