"""Contact, first action, interim measures, progress, report, resolve."""

from __future__ import annotations

from typing import Any

from wenzheng_core.domain import clocks
from wenzheng_core.domain import commands as c
from wenzheng_core.domain import events as e
from wenzheng_core.domain.clockrules import ClockRule
from wenzheng_core.domain.drafts import Draft
from wenzheng_core.domain.errors import RefusedError
from wenzheng_core.domain.gates import Point
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.domain.passing import held_since
from wenzheng_core.domain.stages.gating import require_passed
from wenzheng_core.domain.stages.holding import acting_unit, lead_of, require_holder, sign
from wenzheng_core.domain.stages.promising import commitment_of, require_promised


def contact(draft: Draft, command: c.LogContact) -> None:
    """Log the attempt; whether it succeeded never holds up the case."""
    unit = acting_unit(draft)
    draft.emit(
        e.ContactLogged(
            unit=unit, reached=command.reached, channel=command.channel, note=command.note
        )
    )
    clocks.reach(draft, Milestone.CONTACTED, (unit,) if unit else ())


def first_action(draft: Draft, command: c.TakeFirstAction) -> None:
    """Handling begins, once; for a unit that came later, once more if a clock of its own waits."""
    unit = acting_unit(draft)
    again = unit and require_holder(draft).begun is not None
    begun = again or Milestone.FIRST_ACTION in draft.case.passed
    if begun and not _clocks_wait(draft, unit):
        raise RefusedError("first_action.twice", "本件已经着手核办")
    _take_up(draft, unit, command.note)


def begin(draft: Draft, unit: str) -> None:
    """Record the first action that a report, a settlement or an answer implies.

    Else a clock that waits for it would run on; where no clock asks, nothing is recorded that
    nobody said.
    """
    asked = any(_asks(rule, Milestone.FIRST_ACTION) for rule in draft.policy.clocks)
    own = any(holding.unit == unit and holding.begun for holding in draft.case.holders)
    begun = own or Milestone.FIRST_ACTION in draft.case.passed
    if asked and (not begun or _clocks_wait(draft, unit)):
        _take_up(draft, unit)


def _take_up(draft: Draft, unit: str, note: str = "") -> None:
    # An assisting unit takes up its own part, and not the case.
    whole = unit in ("", draft.case.lead)
    draft.emit(e.FirstActionTaken(unit=unit, note=note))
    clocks.reach(draft, Milestone.FIRST_ACTION, (unit,) if unit else (), whole=whole)


def _clocks_wait(draft: Draft, unit: str) -> bool:
    """Whether a clock of the unit still waits for its first action, to stop or to start."""
    if not unit:
        return False
    case, since = draft.case, held_since(draft.case, unit)
    if any(x.unit == unit and x.stops is Milestone.FIRST_ACTION for x in case.running):
        return True
    started = {x.id for x in case.clocks if x.unit == unit and x.started >= since}
    return any(
        rule.per_unit and Milestone.FIRST_ACTION in rule.all_starts and rule.id not in started
        for rule in draft.policy.clocks
    )


def _asks(rule: ClockRule, milestone: Milestone) -> bool:
    return milestone in rule.all_starts | rule.all_stops


def interim(draft: Draft, command: c.TakeInterimMeasure) -> None:
    """Record what is done until the matter is settled."""
    if not command.measure.strip():
        raise RefusedError("interim.empty", "临时措施须写明内容")
    if command.commitment:
        commitment_of(draft, command.commitment)
    draft.emit(
        e.InterimMeasureTaken(
            unit=acting_unit(draft),
            measure=command.measure,
            disputed=command.disputed,
            commitment=command.commitment,
        )
    )


def progress(draft: Draft, command: c.ReportProgress) -> None:
    """Tell how it goes; no clock stops for it."""
    if not command.note.strip():
        raise RefusedError("progress.empty", "进展情况须写明内容")
    draft.emit(e.ProgressReported(unit=acting_unit(draft), note=command.note))


def report(draft: Draft, command: c.Report) -> None:
    """The lead's report brings the case to the office; an assisting unit's only ends its part.

    So only the lead's waits for what the policy puts before a report.
    """
    unit = draft.actor.unit
    if not command.findings.strip():
        raise RefusedError("report.empty", "反馈须写明办理情况")
    lead = unit == draft.case.lead
    if any(h.unit == unit and h.reported for h in draft.case.holders):
        raise RefusedError("report.twice", "本单位已经反馈")
    if lead:
        require_passed(draft, Point.REPORT)
        clocks.end_pause(draft, draft.at)
    _sign_first(draft, unit)
    begin(draft, unit)
    require_promised(draft, unit, whole=lead)  # also for what the signature has just started
    draft.emit(
        e.Reported(
            unit=unit,
            lead=lead,
            findings=command.findings,
            proposed_reply=command.proposed_reply,
        )
    )
    clocks.reach(draft, Milestone.REPORTED, (unit,), whole=lead)
    if lead:
        _release_helpers(draft)


def _release_helpers(draft: Draft) -> None:
    helpers = [h.unit for h in draft.case.holders if not h.lead and not h.reported]
    late = [clock for clock in draft.case.running if clock.unit in helpers]
    clocks.stop(draft, late, "lead_reported")


def _sign_first(draft: Draft, unit: str) -> None:
    # Who reports has the case in hand; else a clock that waits for the signature would run on.
    asked = any(_asks(rule, Milestone.CLAIMED) for rule in draft.policy.clocks)
    if asked and require_holder(draft).claimed is None:
        sign(draft, unit)


def resolve(draft: Draft, command: c.Resolve) -> None:
    """The matter itself is settled, once, by its lead or the office; an assisting unit ends its part."""
    unit, lead = acting_unit(draft), lead_of(draft.case)
    helps = bool(unit and lead and unit != lead)
    part = helps and any(h.unit == unit and h.resolved for h in draft.case.holders)
    if part or (not helps and Milestone.RESOLVED in draft.case.passed):
        raise RefusedError("resolve.twice", "本单位的部分已经办结" if helps else "本件已经办结")
    begin(draft, unit or lead)
    draft.emit(e.Resolved(note=command.note, unit=unit))
    clocks.reach(draft, Milestone.RESOLVED, (unit,) if unit else (), whole=not helps)


DECIDE: dict[type[c.Command], Any] = {
    c.LogContact: contact,
    c.TakeFirstAction: first_action,
    c.TakeInterimMeasure: interim,
    c.ReportProgress: progress,
    c.Report: report,
    c.Resolve: resolve,
}
