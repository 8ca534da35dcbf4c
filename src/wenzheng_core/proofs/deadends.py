"""Where a case gets stuck under the new version and did not under the old one."""

from __future__ import annotations

from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.units import Units
from wenzheng_core.proofs.cells import Pair
from wenzheng_core.proofs.course_laws import completes, no_deadlock, straight
from wenzheng_core.proofs.exploring import explore

_LAWS = (completes, no_deadlock, straight)
"""Always able to be answered, never stuck, answered without a return: W4, W5, W6."""


def dead_ends(pair: Pair, units: Units) -> tuple[str, ...]:
    """What the exploration of the new version finds and that of the old one does not."""
    old, new = (_found(policy, units) for policy in pair)
    return tuple(text for text in new if text not in old)


def _found(policy: Policy, units: Units) -> dict[str, None]:
    course = explore(policy, units)
    return dict.fromkeys(x.text for law in _LAWS for x in law(course).failures)
