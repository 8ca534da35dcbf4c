"""The statements on cases, their records and answers, made once.

Every statement finds its tenant under ``of_tenant``. Rows that must stay as they were read are locked
(``FOR UPDATE``, which SQLite needs not and leaves out), by the statements whose names end so.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BindParameter,
    Label,
    Select,
    Table,
    bindparam,
    delete,
    insert,
    select,
    update,
)

from wenzheng_core.domain.messages import PARTS
from wenzheng_sqlalchemy.running import COLUMNS
from wenzheng_sqlalchemy.tables import ANSWER, CASE, CASE_KEY, CONTACT, EVENT, TENANT

OF_TENANT: BindParameter[str] = bindparam("of_tenant")
OF_CASE: BindParameter[str] = bindparam("of_case")
OF_KEY: BindParameter[str] = bindparam("of_key")
KEYS: BindParameter[Any] = bindparam("keys", expanding=True)
AFTER: BindParameter[Any] = bindparam("after")
MOST: BindParameter[int] = bindparam("most")


def key_columns(rows: Table) -> list[Label[Any]]:
    """The wrapped keys of a row's case, a column for each part, named as it.

    A query of its own in each: of an outer join PostgreSQL would lock no row.
    """
    found = []
    for part in PARTS:
        same = (CASE_KEY.c.tenant == rows.c.tenant, CASE_KEY.c.case_id == rows.c.case_id)
        wrapped = select(CASE_KEY.c.wrapped).where(*same, CASE_KEY.c.part_name == part)
        found.append(wrapped.correlate(rows).scalar_subquery().label(part))
    return found


# --- Cases ----------------------------------------------------------------------------------------

_STANDING = select(
    CASE.c.case_id, CASE.c.version, CASE.c.chain_link, CASE.c.snapshot, *key_columns(CASE)
).where(CASE.c.tenant == OF_TENANT)
_MANY = _STANDING.where(CASE.c.case_id.in_(KEYS)).order_by(CASE.c.case_id)

ONE_CASE = _STANDING.where(CASE.c.case_id == OF_CASE)
ONE_CASE_LOCKED = ONE_CASE.with_for_update(of=CASE)
MANY_CASES_LOCKED = _MANY.with_for_update(of=CASE)
CASE_IDS = (
    select(CASE.c.case_id)
    .where(CASE.c.tenant == OF_TENANT, CASE.c.case_id > AFTER)
    .order_by(CASE.c.case_id)
    .limit(MOST)
)

NEW_CASE = insert(CASE)
_SAME = (CASE.c.tenant == OF_TENANT, CASE.c.case_id == OF_CASE, CASE.c.version == bindparam("old"))
_CHANGING = ("version", "chain_link", "state", "lead_unit", "policy", "policy_version")
_ALSO = ("next_wake", "awaits_year", "snapshot")
CHANGING = (*_CHANGING, *_ALSO)
"""The columns of a case that may differ from one version to the next."""
NEXT_CASE = update(CASE).where(*_SAME).execution_options(**{COLUMNS: CHANGING})
WHOLE_CASE = (
    update(CASE)
    .where(CASE.c.tenant == OF_TENANT, CASE.c.case_id == OF_CASE)
    .execution_options(**{COLUMNS: tuple(c.name for c in CASE.c if not c.primary_key)})
)
WHOLE_ROW = select(CASE).where(CASE.c.tenant == OF_TENANT, CASE.c.case_id == OF_CASE)

KEYS_OF_CASE = select(CASE_KEY.c.part_name, CASE_KEY.c.wrapped).where(
    CASE_KEY.c.tenant == OF_TENANT, CASE_KEY.c.case_id == OF_CASE
)
NEW_CASE_KEY = insert(CASE_KEY)
DROP_KEY = delete(CASE_KEY).where(
    CASE_KEY.c.tenant == OF_TENANT,
    CASE_KEY.c.case_id == OF_CASE,
    CASE_KEY.c.part_name == bindparam("of_part"),
)

# --- Telephone numbers ----------------------------------------------------------------------------

NEW_CONTACT = insert(CONTACT)
DROP_CONTACTS = delete(CONTACT).where(CONTACT.c.tenant == OF_TENANT, CONTACT.c.case_id == OF_CASE)
CONTACTS = select(CONTACT.c.contact_digest).where(
    CONTACT.c.tenant == OF_TENANT, CONTACT.c.case_id == OF_CASE
)
CASES_OF = (
    select(CONTACT.c.case_id)
    .where(CONTACT.c.tenant == OF_TENANT, CONTACT.c.contact_digest == OF_KEY)
    .order_by(CONTACT.c.case_id)
)

# --- Records --------------------------------------------------------------------------------------

_RECORD = (EVENT.c.case_id, EVENT.c.version, EVENT.c.happened_at, EVENT.c.actor, EVENT.c.body)
NEW_EVENT = insert(EVENT)
RECORDS = (
    select(*_RECORD, *key_columns(EVENT))
    .where(EVENT.c.tenant == OF_TENANT, EVENT.c.case_id == OF_CASE)
    .order_by(EVENT.c.version)
)
LAST_RECORD = (
    select(EVENT.c.version, EVENT.c.case_link, *key_columns(EVENT))
    .where(EVENT.c.tenant == OF_TENANT, EVENT.c.case_id == OF_CASE)
    .order_by(EVENT.c.version.desc())
    .limit(1)
)


def _beyond(columns: Select[Any]) -> Select[Any]:
    found = columns.where(EVENT.c.tenant == OF_TENANT, EVENT.c.position > AFTER)
    return found.order_by(EVENT.c.position).limit(MOST)


FEED = _beyond(select(EVENT.c.position, *_RECORD, *key_columns(EVENT)))
EVIDENCE = _beyond(select(EVENT))

# --- Answers --------------------------------------------------------------------------------------

NEW_ANSWER = insert(ANSWER)
ONE_ANSWER = select(
    ANSWER.c.item_key,
    ANSWER.c.fingerprint,
    ANSWER.c.case_id,
    ANSWER.c.first_version,
    ANSWER.c.last_version,
).where(ANSWER.c.tenant == OF_TENANT, ANSWER.c.item_key == OF_KEY)

# --- The tenant's own row -------------------------------------------------------------------------

HEAD = select(
    TENANT.c.last_position, TENANT.c.chain_link, TENANT.c.last_line, TENANT.c.line_link
).where(TENANT.c.tenant == OF_TENANT)
HEAD_LOCKED = HEAD.with_for_update()
COUNT_ON = (
    update(TENANT)
    .where(TENANT.c.tenant == OF_TENANT)
    .execution_options(**{COLUMNS: tuple(c.name for c in TENANT.c if not c.primary_key)})
)
