"""Promises: a day or a plan of days, which may set the limit where the text sets no number."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import count, pairwise
from typing import Any

from wenzheng_core.domain import clocks
from wenzheng_core.domain import commands as c
from wenzheng_core.domain import events as e
from wenzheng_core.domain.actors import Role
from wenzheng_core.domain.cases import Clock, Commitment
from wenzheng_core.domain.clockrules import Promise
from wenzheng_core.domain.drafts import Draft
from wenzheng_core.domain.errors import RefusedError
from wenzheng_core.domain.instants import end_of
from wenzheng_core.domain.stages.holding import acting_unit


def commit(draft: Draft, command: c.Commit) -> None:
    """Record a promise whose day has not passed; one for a clock sets its due day."""
    if any(x.id == command.commitment for x in draft.case.commitments):
        raise RefusedError("commitment.twice", f"承诺「{command.commitment}」已经登记")
    if _over(draft, command.due, command.clock):
        raise RefusedError("commitment.past", "承诺的日期已经过去")
    clock = _promised_clock(draft, command.clock, command.by) if command.clock else None
    if clock is not None:
        _require_explained(command.text)
    draft.emit(
        e.Committed(
            commitment=command.commitment,
            text=command.text,
            due=command.due,
            by=_promiser(draft, command.by, clock),
            clock=command.clock,
            replaces=_replaced(draft, clock) if clock else (),
        )
    )
    if clock is not None:
        clocks.promise(draft, clock, command.due)


def _promiser(draft: Draft, by: str, clock: Clock | None) -> str:
    """Who promises: a unit for itself alone; the office whom it names, or whose clock it is."""
    return acting_unit(draft) or by or (clock.unit if clock else "") or draft.actor.id


def _replaced(draft: Draft, clock: Clock) -> tuple[str, ...]:
    """The earlier promises for the same clock, still open; those of another unit stand."""
    others = {holding.unit for holding in draft.case.holdings if clock.unit} - {clock.unit}
    made = (x for x in draft.case.commitments if x.clock == clock.id and x.open)
    return tuple(x.id for x in made if x.by not in others)


def submit_plan(draft: Draft, command: c.SubmitPlan) -> None:
    """Promise steps with their days; the last is the due day of the clock."""
    unit = acting_unit(draft)
    clock = _promised_clock(draft, command.clock, unit, planned=True)
    _require_explained(command.explanation)
    _require_steps(draft, command)
    draft.emit(e.PlanSubmitted(unit=unit, clock=clock.id, explanation=command.explanation))
    names, replaces = _free_names(draft, clock.id), _replaced(draft, clock)
    for step in command.steps:
        draft.emit(
            e.Committed(
                commitment=next(names),
                text=step.text,
                due=step.due,
                by=unit,
                clock=clock.id,
                replaces=replaces,
            )
        )
        replaces = ()
    clocks.promise(draft, clock, command.steps[-1].due)


def _free_names(draft: Draft, clock_id: str) -> Iterator[str]:
    # A unit that gets the case later makes a plan of its own, whose steps are named on.
    taken = {made.id for made in draft.case.commitments}
    return (name for n in count(1) if (name := f"{clock_id}-{n}") not in taken)


def _require_steps(draft: Draft, command: c.SubmitPlan) -> None:
    steps = command.steps
    ordered = all(a.due <= b.due for a, b in pairwise(steps))
    named = all(step.text.strip() for step in steps)
    if not steps or not ordered or not named or _over(draft, steps[0].due, command.clock):
        reason = "工作方案至少要有一步,每一步写明内容,日期先后排列且尚未过去"
        raise RefusedError("plan.steps", reason)


def _require_explained(text: str) -> None:
    if not text.strip():
        raise RefusedError("promise.explanation", "承诺期限须说明不能马上解决的原因")


def _over(draft: Draft, day: date, clock_id: str) -> bool:
    """Whether a day has ended; for a clock it ends as the policy's due days do."""
    return end_of(day, draft.policy.time.day_end if clock_id else None) <= draft.at


def _promised_clock(draft: Draft, clock_id: str, by: str, *, planned: bool = False) -> Clock:
    """The running clock that waits for a promise. Raises RefusedError if none does, or no longer.

    The office may set the day anew until it has come; the unit's own promise stands.
    """
    title = draft.policy.clock(clock_id).title
    holders = {holding.unit for holding in draft.case.holders}
    if by and by not in holders:
        name = draft.rules.units.name(by)
        raise RefusedError("promise.stranger", f"{name}不是本件的承办单位,不能以其名义承诺期限")
    unit = acting_unit(draft) or (by if by in holders else draft.case.lead)
    asked = (x for x in draft.case.running if x.id == clock_id and x.unit in ("", unit))
    clock = next(asked, None)
    if clock is None or clocks.row_of(draft, clock).promise is None:
        raise RefusedError("promise.not_asked", f"「{title}」现在不须承诺期限")
    if not clock.unit and acting_unit(draft) not in ("", draft.case.lead):
        raise RefusedError("promise.lead", f"「{title}」的期限须由主办单位或办公室承诺")
    if clocks.row_of(draft, clock).promise is Promise.PLAN and not planned and clock.limit is None:
        raise RefusedError("promise.plan", f"「{title}」须提交工作方案和时间表,不能只承诺一个日期")
    by_office = draft.actor.role is Role.OFFICE
    if clock.limit is not None and (not by_office or clock.breached(draft.at)):
        reason = f"「{title}」已经承诺期限;到期以前只能由办公室另定"
        raise RefusedError("promise.twice", reason)
    return clock


def require_promised(draft: Draft, unit: str, *, whole: bool) -> None:
    """Raise RefusedError while a clock of the unit, or with it of the case, waits for a promise."""
    for clock in draft.case.running:
        own = clock.unit == unit or (whole and not clock.unit)
        if own and clock.limit is None and (asked := clocks.row_of(draft, clock).promise):
            title = draft.policy.title_of(clock.id)
            reason = f"「{title}」须先承诺{asked.label},再反馈"
            raise RefusedError("promise.missing", reason, clock.basis)


def fulfil(draft: Draft, command: c.FulfilCommitment) -> None:
    """Record that a promise was kept, late or not; by who made it, the lead or the office."""
    made = commitment_of(draft, command.commitment)
    if acting_unit(draft) not in ("", made.by, draft.case.lead):
        raise RefusedError(
            "commitment.other", "该承诺由他人作出,须由承诺单位、主办单位或办公室登记兑现"
        )
    if made.fulfilled is not None:
        raise RefusedError("commitment.fulfilled", "该承诺已经兑现")
    draft.emit(e.CommitmentFulfilled(commitment=command.commitment, note=command.note))


def commitment_of(draft: Draft, commitment: str) -> Commitment:
    """The promise of that id. Raises RefusedError."""
    for made in draft.case.commitments:
        if made.id == commitment:
            return made
    raise RefusedError("commitment.unknown", f"没有承诺「{commitment}」")


DECIDE: dict[type[c.Command], Any] = {
    c.Commit: commit,
    c.SubmitPlan: submit_plan,
    c.FulfilCommitment: fulfil,
}
