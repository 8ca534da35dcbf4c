"""Bringing the open cases of a store under another version of the city's policy.

One function for the trial and for the deed: :func:`migrate` decides the same for every case, and
writes what it decided unless it is a dry run. Each case is a decision of its own; one that the new
version cannot carry is refused with its reason, and the others go on. Asked again, nothing is left
to be done.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import islice

import attrs

from wenzheng_core.domain import migration
from wenzheng_core.domain.actors import Actor
from wenzheng_core.domain.cases import Case, Clock
from wenzheng_core.domain.deciding import Decision
from wenzheng_core.domain.drafts import Rules
from wenzheng_core.domain.errors import UnknownError, WenzhengError
from wenzheng_core.domain.migration import Migration, Mode
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.workflow import FINAL
from wenzheng_core.office import BATCH, Office


@attrs.frozen(kw_only=True)
class ClockChange:
    """A running clock before and after; ``changed`` says whether its due instant moved."""

    clock: str
    title: str
    unit: str
    old_due: datetime | None
    new_due: datetime | None

    @property
    def changed(self) -> bool:
        """Whether the due instant is another one."""
        return self.old_due != self.new_due


@attrs.frozen(kw_only=True)
class CaseLine:
    """What becomes of one case: it comes under the new version, or is ``refused`` with a reason."""

    case_id: str
    message: str
    from_version: str
    clocks: tuple[ClockChange, ...] = ()
    refused: str = ""
    rule: str = ""


@attrs.frozen(kw_only=True)
class MigrationReport:
    """What a migration does, or did: a line for each open case that was not under the version yet.

    Attributes:
        dry_run: whether nothing was written.
        lines: in the order in which the cases were opened.
    """

    to_version: str
    mode: Mode
    dry_run: bool
    lines: tuple[CaseLine, ...] = ()

    @property
    def moved(self) -> tuple[CaseLine, ...]:
        """The cases that come under the new version."""
        return tuple(line for line in self.lines if not line.refused)

    @property
    def refused(self) -> tuple[CaseLine, ...]:
        """The cases that stay where they are, with the reason."""
        return tuple(line for line in self.lines if line.refused)


def migrate(  # noqa: PLR0913 - all that a migration depends on
    office: Office,
    to_version: str,
    mode: Mode,
    *,
    actor: Actor,
    reason: str,
    at: datetime | None = None,
    cap: date | None = None,
    case_ids: Sequence[str] | None = None,
    dry_run: bool = False,
    batch: int = BATCH,
) -> MigrationReport:
    """Bring open cases under a version, or show what that would do.

    ``case_ids`` names cases, all open ones if none are named; ``at`` is now if none is given; ``cap``
    is the last day of the mode ``CAP``. A transaction a batch. Raises UnknownError for a version
    that the city does not have and for a case that is not there, RefusedError for what is asked.
    """
    new = office.city.versions.named(to_version)
    asked = Migration(mode=mode, reason=reason, actor=actor, at=at or office.clock.now(), cap=cap)
    migration.require_asked(asked)
    lines: list[CaseLine] = []
    if mode is not Mode.PIN:
        chosen = _open_ids(office, new) if case_ids is None else iter(case_ids)
        while ids := tuple(islice(chosen, batch)):
            lines += _batch(office, ids, asked, new, dry_run=dry_run)
    return MigrationReport(to_version=new.version, mode=mode, dry_run=dry_run, lines=tuple(lines))


def _open_ids(office: Office, new: Policy) -> Iterator[str]:
    """Ids of the cases that may come under the version; read before anything is written."""
    found = [
        case.id
        for case in office.storage.scan()
        if case.state not in FINAL and case.policy_digest != new.digest
    ]
    return iter(found)


def _batch(
    office: Office, ids: Sequence[str], asked: Migration, new: Policy, *, dry_run: bool
) -> list[CaseLine]:
    lines: list[CaseLine] = []
    with office.storage.transaction() as transaction:
        cases = transaction.cases(ids)
        changes = []
        for case_id in ids:
            case = cases.get(case_id)
            if case is None:
                raise UnknownError("办件", case_id)
            line, decision = _one(office, case, asked, new)
            lines += [line] if line else []
            if decision and not dry_run:
                changes.append(office.change(decision))
        transaction.write(changes)
    return lines


def _one(
    office: Office, case: Case, asked: Migration, new: Policy
) -> tuple[CaseLine | None, Decision | None]:
    number = f"{case.message.source}/{case.message.external_id}"
    line = CaseLine(case_id=case.id, message=number, from_version=case.policy_version)
    try:
        old = office.rules_of(case)
        decision = migration.migrate(case, asked, old, attrs.evolve(old, policy=new))
    except WenzhengError as error:
        return attrs.evolve(line, refused=str(error), rule=getattr(error, "rule", "")), None
    if not decision.records:
        return None, None
    clocks = tuple(_changes(case.clocks, decision.case.clocks, old))
    return attrs.evolve(line, clocks=clocks), decision


def _changes(before: Iterable[Clock], after: Iterable[Clock], old: Rules) -> Iterator[ClockChange]:
    found = {clock.key: clock for clock in after}
    for clock in before:
        now = found.get(clock.key, clock)
        if clock.running:
            yield ClockChange(
                clock=clock.id,
                title=old.policy.title_of(clock.id),
                unit=clock.unit,
                old_due=clock.due,
                new_due=now.due,
            )
