"""The gate of registration: a city on whose rules a required property fails is not let in.

What is looked at is what needs no calendar: the properties that are read off the files, and those
that are enumerated over all cells and configurations. That takes milliseconds, and the same city,
read again, is not looked at again in the same process. A waiver counts here even when it has run out:
no host stops at midnight for that (the city's own suite, and ``wenzheng policy check``, say so).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import attrs

from wenzheng_core.cities import City
from wenzheng_core.domain.errors import Fault
from wenzheng_core.domain.policies import Policy


def faults_of(city: City) -> tuple[Fault, ...]:
    """Why a city is refused: a fault for every counterexample; empty if it is let in."""
    return _faults(_Rules(city))


@attrs.frozen(eq=False)
class _Rules:
    """All of a city that its properties rest on; a policy holds mappings, so its digest is hashed."""

    city: City

    def __hash__(self) -> int:
        return hash((self.city.id, *(policy.digest for policy in self.city.versions.versions)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Rules) and _compared(self.city) == _compared(other.city)


def _compared(city: City) -> tuple[object, ...]:
    return city.versions, city.units, city.waivers


@lru_cache(maxsize=256)
def _faults(rules: _Rules) -> tuple[Fault, ...]:
    return tuple(
        fault for policy in rules.city.versions.versions for fault in _of(rules.city, policy)
    )


def _of(city: City, policy: Policy) -> Iterator[Fault]:
    # Loaded when a city is asked for: most command lines ask for none.
    from wenzheng_core.proofs.subjects import QUICK, Subject  # noqa: PLC0415
    from wenzheng_core.proofs.verifying import examine, known  # noqa: PLC0415

    subject = Subject(city=city, policy=policy, profile=QUICK)
    root = "$" if len(city.versions.versions) == 1 else policy.version
    waived = {w.property for w in city.waivers if w.version in ("", policy.version)}
    for line in examine(subject).failed:
        if line.property in waived:
            continue
        titled = f"[{line.property}]{known(line.property).title}"
        for failure in line.outcome.failures:
            path = failure.where.replace("$", root, 1) or root
            yield Fault(f"{titled}:{failure.text}", path, failure.mend)
