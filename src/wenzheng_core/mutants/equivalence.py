"""Whether a slip changes anything at all: only what the diff covers may be called equivalent.

A mutant is equivalent if the comparison of effects finds nothing (every due instant, at the longest
extension too, and every rung the same on every known day; no way of a case changed; no dead end) and
if all that the texts have differently is of a kind of which that comparison speaks completely. Of
anything else nobody says that it is equivalent: it must be killed.
"""

from __future__ import annotations

from wenzheng_core.domain.calendars import Calendar
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.units import Units
from wenzheng_core.proofs.differing import diff
from wenzheng_core.proofs.structuring import Change, What, structure

COVERED = frozenset({("clock.limit", "within"), ("rung", "at")})
"""Fields whose whole sense is when something is due, or when a rung fires."""


def is_equivalent(original: Policy, mutated: Policy, calendar: Calendar, units: Units) -> bool:
    """Whether what differs has no effect on any known day."""
    changes = structure(original, mutated)
    if not changes or not all(_covered(change, original) for change in changes):
        return False
    return diff(original, mutated, calendar, units=units).same_rules


def _covered(change: Change, policy: Policy) -> bool:
    """Whether the comparison of instants says all about a change.

    A clock inside another is compared as if both began at once, and what is promised is not compared
    at all, so of such clocks, and of rungs on them, the comparison does not say all.
    """
    if change.what is not What.CHANGED:
        return False
    if any((change.kind, field.name) not in COVERED for field in change.fields):
        return False
    promised = any(row.value.promise for clock in policy.clocks for row in clock.limits.rows)
    return not promised and not any(clock.inside for clock in policy.clocks)
