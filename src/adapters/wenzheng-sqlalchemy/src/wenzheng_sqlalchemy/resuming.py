"""How a tenant's rows were written last: what opens a store goes on in the same way."""

from __future__ import annotations

from sqlalchemy import Connection, and_, select

from wenzheng_core.ports import KeyProvider
from wenzheng_sqlalchemy.errors import store_errors
from wenzheng_sqlalchemy.keys import AbsentKeys, OpenKeys, is_open
from wenzheng_sqlalchemy.tables import CASE_KEY, EVENT


def keys_or_absent(connection: Connection, tenant: str, keys: KeyProvider) -> KeyProvider:
    """The provider; AbsentKeys where it is OpenKeys and somebody else wrapped the tenant's last key."""
    if not isinstance(keys, OpenKeys):
        return keys
    last = _last_wrapped(connection, tenant)
    return keys if last is None or is_open(last) else AbsentKeys()


def last_digest(connection: Connection, tenant: str) -> str | None:
    """The name of the digest of the tenant's last record; None without any."""
    found = select(EVENT.c.digest_name).where(EVENT.c.tenant == tenant)
    with store_errors():
        last: str | None = connection.scalar(found.order_by(EVENT.c.position.desc()).limit(1))
    return last


def _last_wrapped(connection: Connection, tenant: str) -> bytes | None:
    """A key of the case that was changed last, of those that have one; None without any."""
    same = and_(CASE_KEY.c.tenant == EVENT.c.tenant, CASE_KEY.c.case_id == EVENT.c.case_id)
    found = (
        select(CASE_KEY.c.wrapped)
        .select_from(EVENT.join(CASE_KEY, same))
        .where(EVENT.c.tenant == tenant)
        .order_by(EVENT.c.position.desc())
        .limit(1)
    )
    with store_errors():
        last: bytes | None = connection.scalar(found)
    return last
