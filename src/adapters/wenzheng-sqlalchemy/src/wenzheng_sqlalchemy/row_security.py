"""Row-level security of PostgreSQL: a second wall between tenants, in the database itself.

Every statement of this package names its tenant. Should one ever forget to, the database shows it
nothing: a row is seen and written only in a transaction that has said whose it is. Superusers and
accounts with BYPASSRLS walk round it, and whoever can send SQL of their own can say any tenant's
name: it guards against the program's mistakes, not against its account.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, Engine, TextClause, text

from wenzheng_sqlalchemy.databases import TENANT_SETTING, Database
from wenzheng_sqlalchemy.errors import StoreError, store_errors
from wenzheng_sqlalchemy.tables import METADATA

POLICY: Final = "wz_tenant_only"
"""The policy on each table."""

# Between transactions the setting is '', not NULL; neither is any tenant's name here.
_SAME = f"tenant = nullif(current_setting('{TENANT_SETTING}', true), '')"

_PLACES = ", ".join(f"to_regclass('{name}')" for name in METADATA.tables)
_BEGUN = text(
    f"SELECT count(*) FROM pg_catalog.pg_class WHERE relrowsecurity AND oid IN ({_PLACES})"
)
_STANDING = text(
    "SELECT count(*) FROM pg_catalog.pg_class c"
    f" JOIN pg_catalog.pg_policy p ON p.polrelid = c.oid AND p.polname = '{POLICY}'"
    f" WHERE c.relrowsecurity AND c.relforcerowsecurity AND c.oid IN ({_PLACES})"
)


def enable_row_security(connection: Connection) -> None:
    """Let PostgreSQL show each transaction the rows of one tenant alone, those of the owner's too.

    It counts with the caller's commit; doing it again does no harm. Stores that are open find it out
    when they are opened anew. Raises StoreError for another database, and for one without our tables.
    """
    require_postgresql(connection)
    for table in METADATA.sorted_tables:
        name = table.name
        _run(connection, f"DROP POLICY IF EXISTS {POLICY} ON {name}")
        _run(connection, f"CREATE POLICY {POLICY} ON {name} USING ({_SAME}) WITH CHECK ({_SAME})")
        _run(connection, f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        _run(connection, f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")


def disable_row_security(connection: Connection) -> None:
    """Take the wall away again. Raises StoreError for another database than PostgreSQL."""
    require_postgresql(connection)
    for table in METADATA.sorted_tables:
        _run(connection, f"ALTER TABLE IF EXISTS {table.name} NO FORCE ROW LEVEL SECURITY")
        _run(connection, f"ALTER TABLE IF EXISTS {table.name} DISABLE ROW LEVEL SECURITY")
        _run(connection, f"DROP POLICY IF EXISTS {POLICY} ON {table.name}")


def has_row_security(connection: Connection) -> bool:
    """Whether every table of ours is behind the wall; False for another database than PostgreSQL."""
    return _count(connection, _STANDING) == len(METADATA.tables)


def is_row_security_begun(connection: Connection) -> bool:
    """Whether any table of ours is: then rows are hidden from whoever does not say whose they are."""
    return _count(connection, _BEGUN) > 0


def database_of(engine: Engine, tenant: str, *, row_security: bool | None = None) -> Database:
    """The blocks of a tenant: each says whose it is where the database asks for that.

    ``row_security`` says so beforehand; left out, the database is asked. Raises StoreError, also if
    it is wanted of another database than PostgreSQL.
    """
    if engine.dialect.name != "postgresql":
        if row_security:
            raise StoreError("行级安全只有 PostgreSQL 才有;请去掉 row_security=True")
        return Database(engine)
    if row_security is None:
        with store_errors(), engine.connect() as connection:
            row_security = is_row_security_begun(connection)
    return Database(engine, only=tenant if row_security else None)


def require_postgresql(connection: Connection) -> None:
    """Raise StoreError for any other database."""
    if connection.dialect.name != "postgresql":
        raise StoreError(f"行级安全只有 PostgreSQL 才有;这个数据库是 {connection.dialect.name}")


def _count(connection: Connection, query: TextClause) -> int:
    if connection.dialect.name != "postgresql":
        return 0
    with store_errors():
        return int(connection.scalar(query) or 0)


def _run(connection: Connection, statement: str) -> None:
    with store_errors():
        connection.exec_driver_sql(statement)
