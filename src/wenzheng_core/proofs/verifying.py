"""Running the catalogue on a subject."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import attrs

from wenzheng_core.proofs import (
    deadline_laws,
    ladder_laws,
    pause_laws,
    version_laws,
    workflow_laws,
)
from wenzheng_core.proofs.catalogue import KIT, Property, Reach
from wenzheng_core.proofs.reports import Counterexample, Line, Outcome, Report, Status
from wenzheng_core.proofs.subjects import QUICK, Subject
from wenzheng_core.waivers import Waiver

CATALOGUE: tuple[Property, ...] = (
    *deadline_laws.PROPERTIES,
    *pause_laws.PROPERTIES,
    *ladder_laws.PROPERTIES,
    *workflow_laws.PROPERTIES,
    *version_laws.PROPERTIES,
)
"""Every property, in the order of a report."""

_BY_ID = {each.id: each for each in CATALOGUE}


def known(property_id: str) -> Property:
    """The property of an id. Raises KeyError."""
    return _BY_ID[property_id]


def examine(
    subject: Subject,
    *,
    waivers: Sequence[Waiver] = (),
    today: date | None = None,
    only: Sequence[str] = (),
) -> Report:
    """The report of a subject.

    ``today`` is the day by which waivers expire; without it none does. ``only`` names properties.
    """
    meant = (x for x in waivers if x.version in ("", subject.policy.version))
    by_property = {waiver.property: waiver for waiver in sorted(meant, key=lambda x: x.version)}
    chosen = [p for p in CATALOGUE if not only or p.id in only]
    policy, calendar = subject.policy, subject.calendar
    return Report(
        policy=policy.id,
        version=policy.version,
        digest=policy.digest,
        title=policy.title,
        calendar=policy.calendar,
        calendar_digest=calendar.digest if calendar else "",
        profile=subject.profile,
        seed=subject.seed,
        kit=KIT,
        lines=tuple(_line(p, subject, by_property.get(p.id), today) for p in chosen),
    )


def _line(of: Property, subject: Subject, waiver: Waiver | None, today: date | None) -> Line:
    if not _reached(of, subject):
        return Line(property=of.id, status=Status.NOT_RUN, outcome=Outcome())
    outcome = _checked(of, subject)
    line = Line(property=of.id, status=_status(of, outcome), outcome=outcome)
    return _waived(line, waiver, today) if waiver else line


def _checked(of: Property, subject: Subject) -> Outcome:
    """What a check finds; where it breaks down on what nobody could read from a file, that."""
    try:
        return of.check(subject)
    except Exception as error:
        text = f"检验未能进行:{type(error).__name__}:{error}"
        return Outcome(failures=(Counterexample(text=text, mend="先改正其他不成立的性质"),))


def _reached(of: Property, subject: Subject) -> bool:
    if of.reach in (Reach.LOAD, Reach.EXHAUSTIVE):
        return True
    return subject.profile != QUICK and subject.calendar is not None


def _status(of: Property, outcome: Outcome) -> Status:
    if outcome.absent:
        return Status.NOT_APPLICABLE
    if not outcome.failures:
        return Status.HOLDS
    return Status.FAILS if of.required else Status.WARNS


def _waived(line: Line, waiver: Waiver, today: date | None) -> Line:
    if today is not None and today > waiver.until:
        return _refused(line, f"豁免已于 {waiver.until.isoformat()} 到期:{waiver.reason}")
    if line.status in (Status.HOLDS, Status.NOT_APPLICABLE):
        return _refused(line, f"已豁免,但这一条成立(或不涉及),请删去豁免:{waiver.reason}")
    return attrs.evolve(line, status=Status.WAIVED, waiver=f"{waiver.reason};依据:{waiver.basis}")


def _refused(line: Line, text: str) -> Line:
    found = (*line.outcome.failures, Counterexample(text=text, mend="改 waivers.toml"))
    outcome = attrs.evolve(line.outcome, failures=found)
    return attrs.evolve(line, status=Status.FAILS, outcome=outcome)
