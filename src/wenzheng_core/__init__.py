"""wenzheng-core: a pluggable, headless domain core for 网络问政.

The public names, in the order in which a newcomer meets them. Everything that a program needs to
embed the core is here; the modules below are for those who extend it.
"""

from __future__ import annotations

from wenzheng_core.cities import City
from wenzheng_core.clock import FixedClock, SystemClock
from wenzheng_core.delivering import DeliveryReport
from wenzheng_core.domain.actors import Actor, Role
from wenzheng_core.domain.calendars import Calendar, CalendarData, build_calendar
from wenzheng_core.domain.cases import Case, Clock
from wenzheng_core.domain.commands import (
    Accept,
    Approve,
    Archive,
    Assign,
    CallBack,
    Chase,
    Claim,
    Classify,
    Command,
    Commit,
    Decline,
    Erase,
    FulfilCommitment,
    GrantExtension,
    IssueSupervisionOrder,
    LiftRestriction,
    LogContact,
    Merge,
    Pause,
    Publish,
    Rate,
    Reassign,
    RefuseExtension,
    Reopen,
    Report,
    RequestExtension,
    Resolve,
    Restrict,
    Resume,
    ReturnForRework,
    Review,
    SendBack,
    WithdrawCard,
)
from wenzheng_core.domain.duplicates import Suggestion
from wenzheng_core.domain.errors import (
    ArgumentError,
    ConflictError,
    Fault,
    InputFaultsError,
    KeyReusedError,
    LimitSyntaxError,
    LimitUseError,
    NaiveTimeError,
    OutsideCalendarError,
    PluginError,
    RefusedError,
    UnknownError,
    WenzhengError,
)
from wenzheng_core.domain.escalation import Act
from wenzheng_core.domain.events import Event, Record
from wenzheng_core.domain.explanations import Explanation, explain
from wenzheng_core.domain.instants import BEIJING, Period, show_due
from wenzheng_core.domain.limits import parse_limit, write_limit
from wenzheng_core.domain.measures import Figures, Ratio
from wenzheng_core.domain.messages import (
    Contact,
    Message,
    RecordedMessage,
    RecordedReply,
    RejectedRow,
)
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.reasons import Reason
from wenzheng_core.domain.replychecks import ReplyRemark
from wenzheng_core.domain.timelimits import (
    Deadline,
    Interval,
    TimeRules,
    count_days,
    deadline,
    is_overdue,
    remaining,
)
from wenzheng_core.domain.units import Unit, Units
from wenzheng_core.domain.workflow import State
from wenzheng_core.hookspecs import hookimpl
from wenzheng_core.leasing import Leasing
from wenzheng_core.office import Office
from wenzheng_core.opening import open_office
from wenzheng_core.outcomes import Outcome
from wenzheng_core.plugins import Plugins, city, load_plugins
from wenzheng_core.ports import (
    Channel,
    DeadLetter,
    DeliveryError,
    Fed,
    Outgoing,
    Storage,
    TimeSource,
    Transaction,
)
from wenzheng_core.proofs.reports import Line, Status
from wenzheng_core.proofs.reports import Report as PolicyReport
from wenzheng_core.redelivery import RetrySchedule
from wenzheng_core.relay import hand_down, hand_up
from wenzheng_core.replay import replay
from wenzheng_core.stories import Telling, tell
from wenzheng_core.sweeping import SweepReport
from wenzheng_core.verifying import verify
from wenzheng_core.worker import ClockGuard, OfficeStep, StepReport, Worker

__all__ = [
    "BEIJING",
    "Accept",
    "Act",
    "Actor",
    "Approve",
    "Archive",
    "ArgumentError",
    "Assign",
    "Calendar",
    "CalendarData",
    "CallBack",
    "Case",
    "Channel",
    "Chase",
    "City",
    "Claim",
    "Classify",
    "Clock",
    "ClockGuard",
    "Command",
    "Commit",
    "ConflictError",
    "Contact",
    "DeadLetter",
    "Deadline",
    "Decline",
    "DeliveryError",
    "DeliveryReport",
    "Erase",
    "Event",
    "Explanation",
    "Fault",
    "Fed",
    "Figures",
    "FixedClock",
    "FulfilCommitment",
    "GrantExtension",
    "InputFaultsError",
    "Interval",
    "IssueSupervisionOrder",
    "KeyReusedError",
    "Leasing",
    "LiftRestriction",
    "LimitSyntaxError",
    "LimitUseError",
    "Line",
    "LogContact",
    "Merge",
    "Message",
    "NaiveTimeError",
    "Office",
    "OfficeStep",
    "Outcome",
    "Outgoing",
    "OutsideCalendarError",
    "Pause",
    "Period",
    "PluginError",
    "Plugins",
    "Policy",
    "PolicyReport",
    "Publish",
    "Rate",
    "Ratio",
    "Reason",
    "Reassign",
    "Record",
    "RecordedMessage",
    "RecordedReply",
    "RefuseExtension",
    "RefusedError",
    "RejectedRow",
    "Reopen",
    "ReplyRemark",
    "Report",
    "RequestExtension",
    "Resolve",
    "Restrict",
    "Resume",
    "RetrySchedule",
    "ReturnForRework",
    "Review",
    "Role",
    "SendBack",
    "State",
    "Status",
    "StepReport",
    "Storage",
    "Suggestion",
    "SweepReport",
    "SystemClock",
    "Telling",
    "TimeRules",
    "TimeSource",
    "Transaction",
    "Unit",
    "Units",
    "UnknownError",
    "WenzhengError",
    "WithdrawCard",
    "Worker",
    "build_calendar",
    "city",
    "count_days",
    "deadline",
    "explain",
    "hand_down",
    "hand_up",
    "hookimpl",
    "is_overdue",
    "load_plugins",
    "open_office",
    "parse_limit",
    "remaining",
    "replay",
    "show_due",
    "tell",
    "verify",
    "write_limit",
]
