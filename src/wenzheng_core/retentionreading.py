"""What a policy file says of how long a finished case is kept."""

from __future__ import annotations

from wenzheng_core import policyfile as f
from wenzheng_core.domain.provisions import Retention, parse_years
from wenzheng_core.policywords import Words


def read_retention(table: f.RetentionTable | None, words: Words) -> Retention | None:
    """The period of retention; None if none is written, or with a fault if none can be read."""
    if table is None:
        return None
    words.require_basis(table, "$.retention")
    years = words.parse(table.keep, "$.retention.keep", parse_years)
    if years is None:
        return None
    return Retention(years=years, basis=table.basis, choice=table.choice)
