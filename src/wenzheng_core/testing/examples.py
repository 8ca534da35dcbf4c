"""What a city's worked examples must come to; see :mod:`wenzheng_core.goldenchecks`."""

from __future__ import annotations

from wenzheng_core.goldenchecks import (
    EXAMPLES,
    OWN_RATES,
    check_belongs,
    check_duty,
    check_entries,
    check_golden,
    check_rate,
    check_run,
    check_story,
)

__all__ = [
    "EXAMPLES",
    "OWN_RATES",
    "check_belongs",
    "check_duty",
    "check_entries",
    "check_golden",
    "check_rate",
    "check_run",
    "check_story",
]
