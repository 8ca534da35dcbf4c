"""What came of the checks: a line for each property, and the counterexample where one fails."""

from __future__ import annotations

from enum import StrEnum

import attrs


class Grade(StrEnum):
    """How far a property was looked at: to the end of a stated domain, or by examples."""

    PROVED = "PROVED"
    SAMPLED = "SAMPLED"


class Status(StrEnum):
    """What became of a property.

    ``NOT_APPLICABLE``: the policy does not provide what it speaks of. ``NOT_RUN``: the profile, or
    what was given, does not reach so far. ``WAIVED``: it fails, and the city says why it may.
    """

    HOLDS = "HOLDS"
    FAILS = "FAILS"
    WARNS = "WARNS"
    NOT_APPLICABLE = "N.A."
    NOT_RUN = "NOT RUN"
    WAIVED = "WAIVED"

    @property
    def label(self) -> str:
        """The Chinese word."""
        return _STATUS_LABELS[self]


_STATUS_LABELS = {
    Status.HOLDS: "成立",
    Status.FAILS: "不成立",
    Status.WARNS: "提示",
    Status.NOT_APPLICABLE: "不涉及",
    Status.NOT_RUN: "未检验",
    Status.WAIVED: "已豁免",
}


@attrs.frozen(kw_only=True)
class Counterexample:
    """One input at which a property fails.

    Attributes:
        text: what goes wrong, in Chinese, with the input and what came of it.
        where: a path into ``policy.toml`` (``$.clock[0].limit[1]``) or ""; mend: what to do.
        inputs: the input as plain words, enough to do it again on the engine.
        count: how many inputs fail like it; this one is the earliest.
    """

    text: str
    where: str = ""
    mend: str = ""
    inputs: dict[str, str] = attrs.field(factory=dict)
    count: int = 1


@attrs.frozen(kw_only=True)
class Outcome:
    """What a check found: how much it looked at, and where the property fails.

    Attributes:
        grade: whether the domain was enumerated to its end.
        checked: how many inputs were looked at.
        domain: what was enumerated or drawn, in Chinese: 「3档 × 8,401日 × 2类时刻」.
        failures: empty if the property holds.
        absent: why the property does not apply; then nothing else counts.
    """

    grade: Grade = Grade.PROVED
    checked: int = 0
    domain: str = ""
    failures: tuple[Counterexample, ...] = ()
    absent: str = ""


@attrs.frozen(kw_only=True)
class Line:
    """One property of a report."""

    property: str
    status: Status
    outcome: Outcome
    waiver: str = ""

    def examined(self) -> bool:
        """Whether anything was looked at: the property applies, and the profile reaches so far."""
        return self.status is not Status.NOT_RUN and not self.outcome.absent


@attrs.frozen(kw_only=True)
class Report:
    """A policy's whole report.

    Attributes:
        policy, version, digest: which rules; calendar, calendar_digest: by which days.
        profile: ``quick``, ``ci`` or ``thorough``; seed: of what was drawn.
        kit: version of the catalogue of properties.
        lines: in the order of the catalogue.
    """

    policy: str
    version: str
    digest: str
    title: str
    calendar: str
    calendar_digest: str
    profile: str
    seed: int
    kit: str
    lines: tuple[Line, ...]

    @property
    def sound(self) -> bool:
        """Whether no required property fails."""
        return not self.failed

    @property
    def failed(self) -> tuple[Line, ...]:
        """The lines that fail."""
        return tuple(line for line in self.lines if line.status is Status.FAILS)

    def line(self, property_id: str) -> Line:
        """The line of a property. Raises KeyError."""
        return next(line for line in self.lines if line.property == property_id)
