"""The second walls together: history that is only added to, tenants apart, an account of few rights.

None of them stands by itself: they are put up by ``wenzheng db protect`` and are for production. What
they hold against, and what not, is in ``docs/security.md``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from sqlalchemy import Connection, Row, text

from wenzheng_core.storing import Protection
from wenzheng_sqlalchemy.errors import StoreError, store_errors
from wenzheng_sqlalchemy.guarding import (
    HISTORY,
    guard_history,
    is_guarding_begun,
    is_history_guarded,
    unguard_history,
)
from wenzheng_sqlalchemy.row_security import (
    disable_row_security,
    enable_row_security,
    has_row_security,
    is_row_security_begun,
)
from wenzheng_sqlalchemy.tables import (
    ANSWER,
    CASE_KEY,
    CONTACT,
    DIARY,
    EVENT,
    METADATA,
    VERSION_TABLE,
)

_ADDING = "SELECT, INSERT"
_USUAL = "SELECT, INSERT, UPDATE"

RIGHTS: Final[Mapping[str, str]] = {
    **dict.fromkeys(METADATA.tables, _USUAL),
    **dict.fromkeys((EVENT.name, DIARY.name, ANSWER.name), _ADDING),
    CASE_KEY.name: "SELECT, INSERT, UPDATE, DELETE",
    CONTACT.name: "SELECT, INSERT, DELETE",
    VERSION_TABLE: "SELECT",
}
"""What the program does with each table, and no more: the rights of its account."""

_ROLE = text(
    "SELECT r.rolsuper, r.rolbypassrls, pg_has_role(r.oid, c.relowner, 'MEMBER') AS owns"
    " FROM pg_catalog.pg_roles r, pg_catalog.pg_class c"
    " WHERE r.rolname = :role AND c.oid = to_regclass('wz_event')"
)
_RIGHT_ON = text("SELECT has_table_privilege(:role, :table, :rights)")
_SUPER = "超级用户或有 BYPASSRLS 权限,行级隔离对它无效"
_OWNS = "是表的所有者,可以自行撤销防护"


def protect(connection: Connection, *, role: str = "") -> None:
    """Put up the walls that the database has; doing it again does no harm.

    On PostgreSQL ``role`` names the account of the program, which gets :data:`RIGHTS` and loses all
    others. Raises StoreError for a role that would walk round the walls, and for a role elsewhere.
    """
    if connection.dialect.name == "postgresql":
        if role:
            _require_fit(connection, role)
        enable_row_security(connection)
        if role:
            _grant(connection, role)
    elif role:
        raise StoreError(
            "--role 只用于 PostgreSQL;MySQL、MariaDB 请按 docs/security.md 逐表授权,SQLite 没有用户"
        )
    guard_history(connection)


def unprotect(connection: Connection) -> None:
    """Take the walls down, as an upgrade of the tables needs it; rights stay as they are."""
    unguard_history(connection)
    if connection.dialect.name == "postgresql":
        disable_row_security(connection)


def protection(connection: Connection) -> Protection:
    """Which walls stand, and what the account that asks could do in spite of them."""
    if connection.dialect.name != "postgresql":
        return Protection(history=is_history_guarded(connection), tenants=None)
    with store_errors():
        role = str(connection.scalar(text("SELECT current_user")))
        gaps = tuple(f"用户 {role} {gap}" for gap in _gaps(connection, role))
    return Protection(
        history=is_history_guarded(connection), tenants=has_row_security(connection), gaps=gaps
    )


def require_unprotected(connection: Connection) -> None:
    """Raise StoreError if a wall stands that would hide rows from an upgrade, or refuse it."""
    if is_guarding_begun(connection) or is_row_security_begun(connection):
        raise StoreError(
            "数据库有防护,升级会被拒绝或看不到数据;请先执行 wenzheng db protect --off,"
            "升级后再执行 wenzheng db protect"
        )


def _require_fit(connection: Connection, role: str) -> None:
    with store_errors():
        found = _role(connection, role)
    if found is None:
        raise StoreError(f"没有数据库用户「{role}」;请先建立:CREATE ROLE … LOGIN PASSWORD …")
    if found.rolsuper or found.rolbypassrls:
        raise StoreError(f"用户「{role}」{_SUPER};请为程序另建普通用户")
    if found.owns:
        raise StoreError(f"用户「{role}」{_OWNS};请为程序另建用户,由所有者执行本命令")


def _role(connection: Connection, role: str) -> Row[tuple[bool, bool, bool]] | None:
    return connection.execute(_ROLE, {"role": role}).first()


def _grant(connection: Connection, role: str) -> None:
    quoted = connection.dialect.identifier_preparer.quote_identifier(role)
    with store_errors():
        schema = connection.scalar(text("SELECT quote_ident(current_schema())"))
        connection.exec_driver_sql(f"GRANT USAGE ON SCHEMA {schema} TO {quoted}")
        for table, rights in RIGHTS.items():
            connection.exec_driver_sql(f"REVOKE ALL ON {table} FROM {quoted}")
            connection.exec_driver_sql(f"GRANT {rights} ON {table} TO {quoted}")


def _gaps(connection: Connection, role: str) -> Iterator[str]:
    found = _role(connection, role)
    if found is None:
        return
    if found.rolsuper or found.rolbypassrls:
        yield _SUPER
    if found.owns:
        yield _OWNS
        return
    for table in HISTORY:
        values = {"role": role, "table": table.name, "rights": "UPDATE, DELETE, TRUNCATE"}
        if connection.scalar(_RIGHT_ON, values):
            yield f"有修改或删除 {table.name} 的权限"
