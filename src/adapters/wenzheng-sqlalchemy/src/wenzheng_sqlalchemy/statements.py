"""The statements of a transaction, made once: SQLAlchemy then finds their compiled text again."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import BindParameter, Dialect, Update, bindparam, insert, select, update

from wenzheng_sqlalchemy.tables import ANSWER, CASE, EVENT, OUTBOX, SENT, TENANT, WAITING

_TENANT: BindParameter[str] = bindparam("of_tenant")
_CASE_ID: BindParameter[str] = bindparam("of_case")
_KEY: BindParameter[str] = bindparam("of_key")

ONE_CASE = select(CASE.c.snapshot).where(CASE.c.tenant == _TENANT, CASE.c.case_id == _CASE_ID)
MANY_CASES = select(CASE.c.case_id, CASE.c.snapshot).where(
    CASE.c.tenant == _TENANT, CASE.c.case_id.in_(bindparam("ids", expanding=True))
)
VERSIONS = select(CASE.c.case_id, CASE.c.version).where(
    CASE.c.tenant == _TENANT, CASE.c.case_id.in_(bindparam("ids", expanding=True))
)
RECORDS = (
    select(EVENT.c.case_id, EVENT.c.version, EVENT.c.happened_at, EVENT.c.actor, EVENT.c.body)
    .where(EVENT.c.tenant == _TENANT, EVENT.c.case_id == _CASE_ID)
    .order_by(EVENT.c.version)
)
ONE_ANSWER = select(ANSWER).where(ANSWER.c.tenant == _TENANT, ANSWER.c.item_key == _KEY)
READY = (
    select(OUTBOX)
    .where(
        OUTBOX.c.tenant == _TENANT,
        OUTBOX.c.state == WAITING,
        OUTBOX.c.ready_at <= bindparam("now"),
    )
    .order_by(OUTBOX.c.ready_at, OUTBOX.c.item_key)
    .limit(bindparam("most"))
)
STATE = select(OUTBOX.c.state).where(OUTBOX.c.tenant == _TENANT, OUTBOX.c.item_key == _KEY)

NEW_CASE = insert(CASE)
NEW_EVENT = insert(EVENT)
NEW_ANSWER = insert(ANSWER)
NEW_OUTGOING = insert(OUTBOX)
NEXT_CASE = update(CASE).where(
    CASE.c.tenant == _TENANT,
    CASE.c.case_id == _CASE_ID,
    CASE.c.version == bindparam("expected"),
)
COUNT_ON = (
    update(TENANT)
    .where(TENANT.c.tenant == _TENANT)
    .values(last_position=TENANT.c.last_position + bindparam("more"))
)
POSITION = select(TENANT.c.last_position).where(TENANT.c.tenant == _TENANT)


def _waiting(**values: Any) -> Update:
    here = (OUTBOX.c.tenant == _TENANT, OUTBOX.c.item_key == _KEY, OUTBOX.c.state == WAITING)
    return update(OUTBOX).where(*here).values(**values)


MARK_SENT = _waiting(state=SENT, sent_at=bindparam("at"), receipt=bindparam("note"))
MARK_FAILED = _waiting(
    attempts=OUTBOX.c.attempts + 1, ready_at=bindparam("at"), last_error=bindparam("note")
)


@lru_cache(8)
def by_place(dialect: Dialect) -> tuple[str, tuple[str, ...]]:
    """The insertion of an event as the driver takes it, and the columns in its order, if it has one."""
    compiled = NEW_EVENT.compile(dialect=dialect)
    return str(compiled), tuple(getattr(compiled, "positiontup", None) or ())
