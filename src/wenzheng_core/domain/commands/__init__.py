"""What may be asked of a case, and by whom.

A command says only what is wanted; who asks and when come beside it (:class:`Actor`, ``at``), so
that the same command can be decided again.
"""

from __future__ import annotations

from datetime import datetime

import attrs

from wenzheng_core.domain.actors import Actor
from wenzheng_core.domain.commands.aftercare import (
    Archive,
    CallBack,
    Commit,
    FulfilCommitment,
    Rate,
    Reopen,
)
from wenzheng_core.domain.commands.base import Command
from wenzheng_core.domain.commands.handling import (
    GrantExtension,
    LogContact,
    Pause,
    PlanStep,
    RefuseExtension,
    Report,
    ReportProgress,
    RequestExtension,
    Resolve,
    Resume,
    SubmitPlan,
    TakeFirstAction,
    TakeInterimMeasure,
)
from wenzheng_core.domain.commands.intake import Accept, Classify, Decline, Link, Merge, Receive
from wenzheng_core.domain.commands.keeping import (
    Erase,
    LiftRestriction,
    NoteDelivered,
    NoteUndelivered,
    Restrict,
    Revise,
)
from wenzheng_core.domain.commands.replying import (
    AnswerDirectly,
    Approve,
    Forward,
    Publish,
    ReturnForRework,
    Review,
)
from wenzheng_core.domain.commands.routing import (
    Assign,
    Claim,
    DesignateLead,
    FileNote,
    Instruct,
    Reassign,
    SendBack,
)
from wenzheng_core.domain.commands.supervising import (
    Chase,
    Escalate,
    IssueSupervisionOrder,
    Settle,
    Tick,
    WithdrawCard,
)
from wenzheng_core.domain.instants import utc

__all__ = [
    "COMMANDS",
    "Accept",
    "AnswerDirectly",
    "Approve",
    "Archive",
    "Assign",
    "CallBack",
    "Chase",
    "Claim",
    "Classify",
    "Command",
    "Commit",
    "Decline",
    "DesignateLead",
    "Erase",
    "Escalate",
    "FileNote",
    "Forward",
    "FulfilCommitment",
    "GrantExtension",
    "Instruct",
    "IssueSupervisionOrder",
    "LiftRestriction",
    "Link",
    "LogContact",
    "Merge",
    "NoteDelivered",
    "NoteUndelivered",
    "Pause",
    "PlanStep",
    "Publish",
    "Rate",
    "Reassign",
    "Receive",
    "RefuseExtension",
    "Reopen",
    "Report",
    "ReportProgress",
    "Request",
    "RequestExtension",
    "Resolve",
    "Restrict",
    "Resume",
    "ReturnForRework",
    "Review",
    "Revise",
    "SendBack",
    "Settle",
    "SubmitPlan",
    "TakeFirstAction",
    "TakeInterimMeasure",
    "Tick",
    "WithdrawCard",
]

COMMANDS: tuple[type[Command], ...] = tuple(
    kind for kind in Command.__subclasses__() if hasattr(kind, "__attrs_attrs__")
)


@attrs.frozen
class Request:
    """A command with who asks and when."""

    command: Command
    actor: Actor
    at: datetime = attrs.field(converter=utc)
