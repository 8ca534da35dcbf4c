"""What may be asked of a case, and by whom.

A command says only what is wanted; who asks and when come beside it (:class:`Actor`, ``at``), so
that the same command can be decided again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import attrs

from wenzheng_core.domain.errors import require_kind, require_text
from wenzheng_core.domain.escalation import Act
from wenzheng_core.domain.frozen import FrozenDict, frozen_words
from wenzheng_core.domain.instants import utc
from wenzheng_core.domain.limits import Limit
from wenzheng_core.domain.messages import Message, Relation


class Role(StrEnum):
    """In what capacity somebody acts."""

    CITIZEN = "citizen"
    SOURCE = "source"
    OFFICE = "office"
    LEADER = "leader"
    UNIT = "unit"
    SUPERVISOR = "supervisor"
    SYSTEM = "system"

    @property
    def label(self) -> str:
        """The Chinese word."""
        return _ROLE_LABELS[self]


_ROLE_LABELS = {
    Role.CITIZEN: "网民",
    Role.SOURCE: "来源平台",
    Role.OFFICE: "主管办公室",
    Role.LEADER: "领导",
    Role.UNIT: "承办单位",
    Role.SUPERVISOR: "督查室",
    Role.SYSTEM: "系统",
}


def _named(_: object, field: attrs.Attribute[Any], value: object) -> None:
    require_text(value, field.name)


def _role(_: object, field: attrs.Attribute[Any], value: object) -> None:
    require_kind(value, Role, field.name, "Role.OFFICE")


@attrs.frozen
class Actor:
    """Who acts.

    Attributes:
        id: the person or program, as the embedder names it.
        role: the capacity.
        unit: for ``unit``: the unit for which the person acts.
        offices: the offices (职务) the person holds, such as 市政府主要领导.
    """

    id: str = attrs.field(validator=_named)
    role: Role = attrs.field(validator=_role)
    unit: str = ""
    offices: tuple[str, ...] = ()


SYSTEM = Actor("system", Role.SYSTEM)


class Command:
    """The base of all commands; nothing but a name for the type checker."""

    __slots__ = ()


# Intake


@attrs.frozen(kw_only=True)
class Receive(Command):
    """Open a case for a message."""

    message: Message
    facts: Mapping[str, str] = attrs.field(default=FrozenDict(), converter=frozen_words)


@attrs.frozen(kw_only=True)
class Accept(Command):
    """Accept the message for handling (受理)."""


@attrs.frozen(kw_only=True)
class Decline(Command):
    """Decline with a reason of the policy and a courteous answer (the policy's own if empty)."""

    reason: str
    answer: str = attrs.field(default="", repr=False)


@attrs.frozen(kw_only=True)
class Classify(Command):
    """State facts: category, field, grade … A change of a stated fact needs a reason."""

    facts: Mapping[str, str] = attrs.field(converter=frozen_words)
    reason: str = ""


@attrs.frozen(kw_only=True)
class Merge(Command):
    """Let this case follow another one of the same matter."""

    into: str
    reason: str = ""


@attrs.frozen(kw_only=True)
class Link(Command):
    """Say what this case has to do with another one: a thanks for it, a repetition of it."""

    to: str
    relation: Relation
    note: str = attrs.field(default="", repr=False)


# Routing


@attrs.frozen(kw_only=True)
class Instruct(Command):
    """Give a leader's instruction (批示).

    ``lead`` names the unit that shall handle the case; where the policy lets the instruction
    override the routing, another assignment is cancelled for it by a new ``letter``. ``gate`` says
    at which gate, if the leader's office stands at several.
    """

    text: str = attrs.field(repr=False)
    lead: str = ""
    assisting: tuple[str, ...] = ()
    letter: str = ""
    gate: str = ""
    checked: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class DesignateLead(Command):
    """Name the lead of a cross-duty matter before it is assigned (指定牵头单位)."""

    lead: str
    reason: str
    checked: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class FileNote(Command):
    """Put a written note on file at a gate that waits for it (拟办意见, 书面材料)."""

    gate: str
    text: str = attrs.field(repr=False)
    checked: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Assign(Command):
    """Assign to a lead and assisting units by a letter (交办函).

    ``within`` sets a shorter limit for this case where the policy lets the office do so.
    ``grounds``: for each routing principle that was tried and named a unit, that unit. ``decided``:
    the unit was settled after study, and may not return the case.
    """

    lead: str
    assisting: tuple[str, ...] = ()
    letter: str = ""
    within: Limit | None = None
    grounds: Mapping[str, str] = attrs.field(default=FrozenDict(), converter=frozen_words)
    decided: bool = False


@attrs.frozen(kw_only=True)
class Reassign(Command):
    """Give the case to other units (改派), with a reason; ``grounds``, ``decided`` as above."""

    lead: str
    reason: str
    assisting: tuple[str, ...] = ()
    letter: str = ""
    grounds: Mapping[str, str] = attrs.field(default=FrozenDict(), converter=frozen_words)
    decided: bool = False


@attrs.frozen(kw_only=True)
class SendBack(Command):
    """Return the case to the office as not one's own (退件), with a reason."""

    reason: str


@attrs.frozen(kw_only=True)
class Claim(Command):
    """Sign for the case (认领, 签收)."""


# Handling


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

    due: date
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


# Replying


@attrs.frozen(kw_only=True)
class AnswerDirectly(Command):
    """Put forward a reply without assigning the case to a unit (直接答复)."""

    reply: str = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class Review(Command):
    """Pass the gate of review (审核); ``checked`` are the items of its lists that were confirmed."""

    note: str = attrs.field(default="", repr=False)
    checked: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Approve(Command):
    """Pass the gate of approval (审定); ``checked`` as above."""

    note: str = attrs.field(default="", repr=False)
    checked: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class ReturnForRework(Command):
    """Return the report for rework (退回重办).

    The original limits run on (a choice); ``within`` sets a limit of its own for the rework.
    """

    reason: str
    within: Limit | None = None


@attrs.frozen(kw_only=True)
class Publish(Command):
    """Publish the reply; the proposed one if ``reply`` is empty.

    Not ``public``: it goes to the citizen alone, for what must not be made public (不公开答复).
    """

    reply: str = attrs.field(default="", repr=False)
    public: bool = True


@attrs.frozen(kw_only=True)
class Forward(Command):
    """Send the answer up to the office that handed the case down (报送); as proposed if empty."""

    reply: str = attrs.field(default="", repr=False)


# Supervising


@attrs.frozen(kw_only=True)
class Chase(Command):
    """Chase a unit by hand (催办)."""

    unit: str
    note: str = attrs.field(default="", repr=False)


@attrs.frozen(kw_only=True)
class IssueSupervisionOrder(Command):
    """Issue a supervision order (督办单) with its issuers."""

    unit: str
    number: str
    issuers: tuple[str, ...]
    demand: str = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class Escalate(Command):
    """Take a further device by hand: on-site supervision, a meeting, a bulletin, accountability.

    ``cause`` is the code of the ground where somebody is held to account.
    """

    act: Act
    unit: str
    cause: str = ""
    note: str = attrs.field(default="", repr=False)


@attrs.frozen(kw_only=True)
class WithdrawCard(Command):
    """Withdraw a card after an appeal: a further event, the card itself stays on record.

    ``epoch`` says on which start of the clock it fell; the last card that stands if none is given.
    """

    rung: str
    clock: str
    reason: str
    unit: str = ""
    epoch: int | None = None


@attrs.frozen(kw_only=True)
class Tick(Command):
    """Let what is due by now happen: rungs, ends of pauses, lapsed commitments."""


@attrs.frozen(kw_only=True)
class Settle(Command):
    """Count the running clocks again by the calendar as it is now published."""


# Aftercare


@attrs.frozen(kw_only=True)
class CallBack(Command):
    """Record a call back to the citizen (回访)."""

    reached: bool
    note: str = attrs.field(default="", repr=False)


@attrs.frozen(kw_only=True)
class Rate(Command):
    """Record the citizen's rating, 1 (worst) to 5 (best)."""

    score: int
    note: str = attrs.field(default="", repr=False)


@attrs.frozen(kw_only=True)
class Commit(Command):
    """Record a promise with its day (承诺), tracked after the case is closed too.

    ``clock``: the promise sets the due day of that clock (限期解决); ``text`` then explains why.
    """

    commitment: str
    text: str = attrs.field(repr=False)
    due: date
    by: str = ""
    clock: str = ""


@attrs.frozen(kw_only=True)
class FulfilCommitment(Command):
    """Record that a promise was kept."""

    commitment: str
    note: str = attrs.field(default="", repr=False)


@attrs.frozen(kw_only=True)
class Reopen(Command):
    """Open a finished case again; earlier breaches stay on record."""

    reason: str


@attrs.frozen(kw_only=True)
class Archive(Command):
    """Close the file (归档)."""


COMMANDS: tuple[type[Command], ...] = tuple(
    kind for kind in Command.__subclasses__() if hasattr(kind, "__attrs_attrs__")
)


@attrs.frozen
class Request:
    """A command with who asks and when."""

    command: Command
    actor: Actor
    at: datetime = attrs.field(converter=utc)
