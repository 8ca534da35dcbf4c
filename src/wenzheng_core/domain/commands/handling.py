"""Commands to contact, act, plan, report; pauses and extensions."""

from __future__ import annotations

from datetime import date

import attrs

from wenzheng_core.domain.commands.base import Command, plain_day
from wenzheng_core.domain.limits import Limit


@attrs.frozen(kw_only=True)
class LogContact(Command):
    """Record an attempt to reach the citizen; a failure does not stop the case."""

    reached: bool
    channel: str = "电话"
    note: str = attrs.field(default="", repr=False)


@attrs.frozen(kw_only=True)
class TakeFirstAction(Command):
    """Record that handling has begun (核办); not the same as having settled the matter."""

    note: str = attrs.field(default="", repr=False)


@attrs.frozen(kw_only=True)
class TakeInterimMeasure(Command):
    """Record a measure taken until the matter is settled (临时措施).

    ``disputed``: taken while it is open who is responsible. ``commitment``: for which promise.
    """

    measure: str = attrs.field(repr=False)
    disputed: bool = False
    commitment: str = ""


@attrs.frozen
class PlanStep:
    """One step of a plan, to be done by the end of ``due`` (Beijing)."""

    due: date = attrs.field(validator=plain_day)
    text: str = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class SubmitPlan(Command):
    """Promise steps with their days for what cannot be solved for now (工作方案, 时间表).

    The last day becomes the due day of ``clock``; every step is tracked like a promise.
    """

    clock: str
    explanation: str = attrs.field(repr=False)
    steps: tuple[PlanStep, ...]


@attrs.frozen(kw_only=True)
class ReportProgress(Command):
    """Report how it goes meanwhile (进展情况)."""

    note: str = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class Report(Command):
    """Report what was done, with the proposed reply (反馈)."""

    findings: str = attrs.field(repr=False)
    proposed_reply: str = attrs.field(default="", repr=False)


@attrs.frozen(kw_only=True)
class Resolve(Command):
    """Record that the matter itself is settled (办结); not the same as publishing a reply."""

    note: str = attrs.field(default="", repr=False)


@attrs.frozen(kw_only=True)
class Pause(Command):
    """Let clocks stand still on a ground of the policy (中止)."""

    reason: str
    note: str = attrs.field(default="", repr=False)


@attrs.frozen(kw_only=True)
class Resume(Command):
    """Let the clocks run on."""


@attrs.frozen(kw_only=True)
class RequestExtension(Command):
    """Ask for more time on a clock, in the unit of its limit, before it is due."""

    clock: str
    by: Limit
    reason: str


@attrs.frozen(kw_only=True)
class GrantExtension(Command):
    """Grant the open request on a clock of a unit."""

    clock: str
    unit: str = ""


@attrs.frozen(kw_only=True)
class RefuseExtension(Command):
    """Refuse the open request on a clock of a unit."""

    clock: str
    reason: str
    unit: str = ""
