"""wenzheng-core: a pluggable, headless domain core for 网络问政.

The public names, in the order in which a newcomer meets them. Everything that a program needs to
embed the core is here; the modules below are for those who extend it.
"""

from __future__ import annotations

from wenzheng_core.cities import City
from wenzheng_core.clock import FixedClock, SystemClock
from wenzheng_core.domain.calendars import Calendar, CalendarData, build_calendar
from wenzheng_core.domain.cases import Case, Clock
from wenzheng_core.domain.commands import (
    Accept,
    Actor,
    Approve,
    Archive,
    Assign,
    CallBack,
    Chase,
    Claim,
    Classify,
    Commit,
    Decline,
    FulfilCommitment,
    GrantExtension,
    IssueSupervisionOrder,
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
    Resume,
    ReturnForRework,
    Review,
    Role,
    SendBack,
    WithdrawCard,
)
from wenzheng_core.domain.errors import (
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
from wenzheng_core.domain.instants import BEIJING, show_due
from wenzheng_core.domain.limits import parse_limit, write_limit
from wenzheng_core.domain.measures import Figures, Period, Ratio
from wenzheng_core.domain.messages import Contact, Message
from wenzheng_core.domain.policies import Policy
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
from wenzheng_core.hookspecs import hookimpl, hookspec
from wenzheng_core.office import Office, Outcome, open_office
from wenzheng_core.plugins import Plugins, city, load_plugins
from wenzheng_core.replay import replay

__all__ = [
    "BEIJING",
    "Accept",
    "Act",
    "Actor",
    "Approve",
    "Archive",
    "Assign",
    "Calendar",
    "CalendarData",
    "CallBack",
    "Case",
    "Chase",
    "City",
    "Claim",
    "Classify",
    "Clock",
    "Commit",
    "ConflictError",
    "Contact",
    "Deadline",
    "Decline",
    "Event",
    "Explanation",
    "Fault",
    "Figures",
    "FixedClock",
    "FulfilCommitment",
    "GrantExtension",
    "InputFaultsError",
    "Interval",
    "IssueSupervisionOrder",
    "KeyReusedError",
    "LimitSyntaxError",
    "LimitUseError",
    "LogContact",
    "Merge",
    "Message",
    "NaiveTimeError",
    "Office",
    "Outcome",
    "OutsideCalendarError",
    "Pause",
    "Period",
    "PluginError",
    "Plugins",
    "Policy",
    "Publish",
    "Rate",
    "Ratio",
    "Reassign",
    "Record",
    "RefuseExtension",
    "RefusedError",
    "Reopen",
    "Report",
    "RequestExtension",
    "Resolve",
    "Resume",
    "ReturnForRework",
    "Review",
    "Role",
    "SendBack",
    "State",
    "SystemClock",
    "TimeRules",
    "Unit",
    "Units",
    "UnknownError",
    "WenzhengError",
    "WithdrawCard",
    "build_calendar",
    "city",
    "count_days",
    "deadline",
    "explain",
    "hookimpl",
    "hookspec",
    "is_overdue",
    "load_plugins",
    "open_office",
    "parse_limit",
    "remaining",
    "replay",
    "show_due",
    "write_limit",
]
