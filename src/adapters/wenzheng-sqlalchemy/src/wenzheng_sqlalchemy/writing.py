"""All the rows that changes to cases come to, made before any of them is written."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import attrs

from wenzheng_core import wire
from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.events import PersonalDataErased, Record
from wenzheng_core.domain.messages import PARTS
from wenzheng_core.storing import Change
from wenzheng_sqlalchemy import outbox
from wenzheng_sqlalchemy import statements as sql
from wenzheng_sqlalchemy.chaining import Pending, pending
from wenzheng_sqlalchemy.reading import Tools
from wenzheng_sqlalchemy.rows import answer_values, case_values
from wenzheng_sqlalchemy.running import Runner, Values
from wenzheng_sqlalchemy.sealing import Wrapped


@attrs.frozen
class Standing:
    """How a case stands in the store, as a block knows it: nobody else changes it meanwhile."""

    version: int = 0
    link: bytes = b""
    wrapped: Wrapped = attrs.field(factory=dict, repr=False)


@attrs.frozen
class Plan:
    """What is to be written for one change."""

    change: Change
    values: Values
    records: tuple[Pending, ...]
    before: Standing
    after: Standing
    new_keys: Wrapped = attrs.field(repr=False)
    phones: frozenset[str]
    erased: tuple[str, ...]

    @property
    def case_id(self) -> str:
        """The case that is changed."""
        return self.change.case.id


def planned(change: Change, standing: Standing, tenant: str, tools: Tools) -> Plan:
    """All that a change of a case writes. Raises StoreError for what cannot be stored."""
    case, sealer = change.case, tools.sealer
    erased = tuple(part for part in PARTS if part in _erased_by(change.records))
    new_keys = lacking(case, standing, tools, erased)
    wrapped = {**standing.wrapped, **new_keys} if new_keys else standing.wrapped
    phones: set[str] = set()
    records, link = [], standing.link
    for record in change.records:
        document = wire.event_to_dict(record.event)
        if "message" in document:
            phones |= sealer.lookups(document)
            document = sealer.seal(document, case.id, wrapped)
        body = wire.to_json(document).encode()
        records.append(pending(record, body, link, tenant, tools.digest))
        link = records[-1].case_link
    snapshot = tools.snapshots.written(case, wrapped)
    kept = {part: key for part, key in wrapped.items() if part not in erased}
    return Plan(
        change=change,
        values=case_values(tenant, case, link, snapshot),
        records=tuple(records),
        before=standing,
        after=Standing(case.version, link, kept if erased else wrapped),
        new_keys={part: key for part, key in new_keys.items() if part not in erased},
        phones=frozenset() if erased else frozenset(phones),
        erased=erased,
    )


def lacking(case: Case, standing: Standing, tools: Tools, erased: Collection[str] = ()) -> Wrapped:
    """Keys for those parts that have none: all of a new case, and those of one of before the keys.

    ``erased`` is what these very records erase: of a history that is written together with its
    erasure it is sealed under keys that are not kept.
    """
    gone = set(case.erased).difference(erased)
    lacking = [p for p in PARTS if p not in standing.wrapped and p not in gone]
    if not lacking:
        return {}
    made = tools.sealer.new_keys(case.id)
    return {part: made[part] for part in lacking}


def _erased_by(records: Iterable[Record]) -> set[str]:
    events = (record.event for record in records)
    return {p for event in events if isinstance(event, PersonalDataErased) for p in event.parts}


def write(run: Runner, tools: Tools, plans: Sequence[Plan]) -> bool:
    """Write all but the records; False if a case is not at the version expected.

    Raises IntegrityError where a key is taken.
    """
    tenant = run.tenant
    if not _write_cases(run, plans):
        return False
    run.put(
        sql.NEW_CASE_KEY,
        [row for plan in plans for row in key_values(tenant, plan.case_id, plan.new_keys)],
    )
    _write_phones(run, plans)
    for plan in plans:
        if plan.erased:
            _erase(run, tools, plan)
    told = [outbox.values_of(tenant, item) for plan in plans for item in plan.change.outgoing]
    run.put(outbox.NEW, told)
    run.put(sql.NEW_ANSWER, [answer_values(tenant, a) for p in plans if (a := p.change.answer)])
    return True


def _write_cases(run: Runner, plans: Sequence[Plan]) -> bool:
    new, old = [], []
    for plan in plans:
        if plan.before.version:
            place = {"of_tenant": run.tenant, "of_case": plan.case_id, "old": plan.before.version}
            old.append({**plan.values, **place})
        else:
            new.append(plan.values)
    if old and run.put(sql.NEXT_CASE, old) != len(old):
        return False
    run.put(sql.NEW_CASE, new)
    return True


def _write_phones(run: Runner, plans: Sequence[Plan]) -> None:
    rows = []
    for plan in plans:
        new = plan.phones
        if new and plan.before.version:
            new -= {row[0] for row in run.rows(sql.CONTACTS, of_case=plan.case_id)}
        rows += contact_values(run.tenant, plan.case_id, new)
    run.put(sql.NEW_CONTACT, rows)


def key_values(tenant: str, case_id: str, keys: Wrapped) -> list[Values]:
    """The rows of the keys of a case."""
    place = {"tenant": tenant, "case_id": case_id}
    return [{**place, "part_name": part, "wrapped": key} for part, key in keys.items()]


def contact_values(tenant: str, case_id: str, phones: Iterable[str]) -> list[Values]:
    """The rows by which a case is found by telephone numbers."""
    return [{"tenant": tenant, "case_id": case_id, "contact_digest": p} for p in sorted(phones)]


def _erase(run: Runner, tools: Tools, plan: Plan) -> None:
    for part in plan.erased:
        run.change(sql.DROP_KEY, of_case=plan.case_id, of_part=part)
    run.change(sql.DROP_CONTACTS, of_case=plan.case_id)
    run.change(outbox.EMPTY_ENDED, of_case=plan.case_id)
    tools.forget(plan.case_id)
