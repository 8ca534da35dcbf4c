"""The keys of a tenant's cases, brought under the tenant's present key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BindParameter,
    Connection,
    Engine,
    Row,
    Select,
    bindparam,
    or_,
    select,
    update,
)

from wenzheng_core.domain.errors import WenzhengError
from wenzheng_core.ports import KeyProvider
from wenzheng_sqlalchemy.errors import store_errors
from wenzheng_sqlalchemy.row_security import database_of
from wenzheng_sqlalchemy.tables import CASE_KEY

PAGE = 500
"""How many keys are read at a time."""

_AFTER: BindParameter[str] = bindparam("after")
_AFTER_PART: BindParameter[str] = bindparam("after_part")
_KEYS: Select[Any] = (
    select(CASE_KEY.c.case_id, CASE_KEY.c.part_name, CASE_KEY.c.wrapped)
    .where(
        CASE_KEY.c.tenant == bindparam("of_tenant"),
        CASE_KEY.c.case_id >= _AFTER,
        or_(CASE_KEY.c.case_id > _AFTER, CASE_KEY.c.part_name > _AFTER_PART),
    )
    .order_by(CASE_KEY.c.case_id, CASE_KEY.c.part_name)
    .limit(PAGE)
)
_REWRAP = (
    update(CASE_KEY)
    .where(
        CASE_KEY.c.tenant == bindparam("of_tenant"),
        CASE_KEY.c.case_id == bindparam("of_case"),
        CASE_KEY.c.part_name == bindparam("of_part"),
    )
    .values(wrapped=bindparam("again"))
)


def rewrap_keys(
    engine: Engine, tenant: str, keys: KeyProvider, *, was: KeyProvider | None = None
) -> int:
    """Wrap every key of the tenant's cases anew, and return how many there were.

    What is sealed does not change, for the keys themselves stay. ``was`` is the provider by which
    they are wrapped, if it is another than the one to come; telephone numbers are then still found
    under its index key alone, until each case is restored. Each page is a block of its own: others
    write in between, and after a failure it is called again. Raises what the providers raise for a
    key that neither opens, and StoreError.
    """
    blocks = database_of(engine, tenant)
    place, done = ("", ""), 0
    while True:
        with blocks.write() as connection:
            page = _page(connection, tenant, place)
            if not page:
                return done
            again = [_again(row, tenant, keys, was or keys) for row in page]
            with store_errors():
                connection.execute(_REWRAP, again)
        place, done = (page[-1].case_id, page[-1].part_name), done + len(page)


def _page(connection: Connection, tenant: str, place: tuple[str, str]) -> Sequence[Row[Any]]:
    values = {"of_tenant": tenant, "after": place[0], "after_part": place[1]}
    with store_errors():
        return connection.execute(_KEYS, values).all()


def _again(row: Row[Any], tenant: str, keys: KeyProvider, was: KeyProvider) -> dict[str, Any]:
    try:
        key = was.unwrap(tenant, row.wrapped)
    except WenzhengError:
        if was is keys:
            raise
        key = keys.unwrap(tenant, row.wrapped)  # an earlier call came this far
    return {
        "of_tenant": tenant,
        "of_case": row.case_id,
        "of_part": row.part_name,
        "again": keys.wrap(tenant, key),
    }
