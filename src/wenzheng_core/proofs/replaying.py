"""An example of a difference, decided again by the engine from the policy alone."""

from __future__ import annotations

from datetime import datetime

from wenzheng_core.domain.calendars import Calendar
from wenzheng_core.domain.escalation import schedule
from wenzheng_core.domain.limits import Limit, SameDay
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.tables import Facts, holds
from wenzheng_core.domain.timelimits import Deadline, deadline, latest_before
from wenzheng_core.proofs.cells import facts_in
from wenzheng_core.proofs.meanings import Example


def require_reproduced(example: Example, old: datetime | None, new: datetime | None) -> Example:
    """The example, if the engine gives the same; else a fault of this program (RuntimeError)."""
    if (example.old, example.new) != (old, new):
        raise RuntimeError(f"例子未能在引擎上重现:{example},重算得 {old}、{new}")
    return example


def due_again(
    policy: Policy,
    clock_id: str,
    cell: Facts,
    start: datetime,
    calendar: Calendar,
    *,
    longest: bool,
) -> Deadline | None:
    """The deadline of a clock that starts then, by the row that wins; None where there is no limit.

    ``longest``: with all the time by which it may be extended.
    """
    facts = facts_in(policy, cell)
    if facts is None or not any(clock.id == clock_id for clock in policy.clocks):
        return None
    rule, row = policy.clock(clock_id), policy.limit(clock_id, facts).value
    if row.within is None:
        return None
    more = _more(policy, clock_id, row.within, facts) if longest else ()
    found = deadline(row.within, start, calendar, policy.time, (), more)
    outer = due_again(policy, rule.inside, facts, start, calendar, longest=False)
    if outer is None or outer.provisional:
        return found
    latest = latest_before(outer.due, rule.leaving, calendar, policy.time)
    return found if latest is None or latest <= start else found.cut(latest)


def _more(policy: Policy, clock_id: str, limit: Limit, facts: Facts) -> tuple[Limit, ...]:
    for rule in policy.extensions:
        if rule.clock == clock_id and holds(rule.conditions, facts):
            same = type(rule.at_most) is type(limit) and not isinstance(limit, SameDay)
            return (rule.at_most,) if same else ()
    return ()


def rung_again(
    policy: Policy, rung_id: str, cell: Facts, start: datetime, calendar: Calendar
) -> datetime | None:
    """When a rung fires if its clock starts then and never stops; None if it does not."""
    facts = facts_in(policy, cell)
    rung = next((rung for rung in policy.rungs if rung.id == rung_id), None)
    if rung is None or facts is None:
        return None
    ends = due_again(policy, rung.clock, facts, start, calendar, longest=False)
    if ends is None:
        return None
    soft = policy.limit(rung.clock, facts).value.soft
    planned = schedule(policy.rungs, rung.clock, ends, soft, facts, calendar)
    return next((x.at for x in planned if x.rung == rung_id), None)
