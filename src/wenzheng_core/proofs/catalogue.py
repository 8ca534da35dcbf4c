"""The properties, each under a permanent id, with the words in which a clerk reads it.

Ids never change their meaning and are never given again. ``required``: must hold for a policy to be
used; the others warn.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

import attrs

from wenzheng_core.proofs.reports import Counterexample, Outcome
from wenzheng_core.proofs.subjects import Draw, Subject

KIT = "1"
"""The version of the catalogue: it grows with every property added."""

Check = Callable[[Subject], Outcome]

Law = Callable[[Subject, Draw], Counterexample | None]
"""A property on one drawn example; None if it holds there."""


class Reach(StrEnum):
    """How a property is looked at.

    When the files are read; over all cells and configurations; over every known day as well; by
    drawn histories.
    """

    LOAD = "L"
    EXHAUSTIVE = "E"
    CALENDAR = "C"
    SAMPLED = "S"


@attrs.frozen(kw_only=True)
class Property:
    """One property.

    Attributes:
        slug: a few English words in snake_case, of this property alone, for the ids of tests.
        title: a few words; statement: what is claimed, in Chinese that a clerk understands.
        reach: the furthest that any part of its check goes; quick profiles run L and E alone.
        law: where examples are drawn, what is asked of each, so that another may draw them.
        required: whether it must hold.
        since: the first version of the catalogue that has it.
    """

    id: str
    slug: str
    title: str
    statement: str
    reach: Reach
    check: Check
    required: bool = True
    since: str = "1"
    law: Law | None = None

    @property
    def name(self) -> str:
        """How its tests are called: ``D07_monotone_in_receipt``."""
        return f"{self.id[0]}{int(self.id[1:]):02}_{self.slug}"
