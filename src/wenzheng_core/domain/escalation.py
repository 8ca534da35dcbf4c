"""The ladder: which rungs are due at an instant.

A rung belongs to a clock and stands at an instant that follows from the due instant. It fires once
for a (case, clock, unit, epoch), as an event, whoever sweeps and however often.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime, timedelta
from enum import StrEnum

import attrs

from wenzheng_core.domain.calendars import Calendar
from wenzheng_core.domain.errors import LimitSyntaxError
from wenzheng_core.domain.instants import at_local, end_of
from wenzheng_core.domain.limits import (
    CalendarDays,
    ClockHours,
    Limit,
    WorkingDays,
    parse_limit,
    write_limit,
)
from wenzheng_core.domain.tables import Condition, Facts, holds
from wenzheng_core.domain.timelimits import Deadline

OFFICE = "office"
"""The assigning office itself, as the addressee of last resort."""


class Act(StrEnum):
    """What is done about a case that lags, weakest first: by a rung, or by hand.

    A talk with officials (约谈) and a listed supervision (挂牌督办) stand in 信访工作条例 alone.
    """

    GROUP_NOTICE = "group_notice"
    REMIND = "remind"
    YELLOW_CARD = "yellow_card"
    CHASE = "chase"
    CHASE_NOTICE = "chase_notice"
    RED_CARD = "red_card"
    SUPERVISION_ORDER = "supervision_order"
    ON_SITE = "on_site"
    TRACKING = "tracking"
    MEETING = "meeting"
    BULLETIN = "bulletin"
    CITY_BULLETIN = "city_bulletin"
    TALK = "talk"
    LISTED_SUPERVISION = "listed_supervision"
    DEDUCTION = "deduction"
    ACCOUNTABILITY = "accountability"

    @property
    def label(self) -> str:
        """The Chinese word."""
        return _ACT_LABELS[self]

    @property
    def sanction(self) -> bool:
        """Whether it reproaches somebody, and so must rest on a certain deadline."""
        return self not in (Act.GROUP_NOTICE, Act.REMIND)

    @property
    def spares_soft_limits(self) -> bool:
        """Whether it is too strong for a limit worded as an aim."""
        return self not in (Act.GROUP_NOTICE, Act.REMIND, Act.YELLOW_CARD)


BY_HAND = frozenset(Act) - {
    Act.REMIND,
    Act.YELLOW_CARD,
    Act.RED_CARD,
    Act.CHASE,
    Act.SUPERVISION_ORDER,
}
"""Devices that somebody may take at will; cards follow from a clock, chases and orders are commands
of their own."""

_ACT_LABELS = {
    Act.GROUP_NOTICE: "群内点名",
    Act.REMIND: "提醒",
    Act.YELLOW_CARD: "黄牌",
    Act.CHASE: "催办",
    Act.CHASE_NOTICE: "催办通知单",
    Act.RED_CARD: "红牌",
    Act.SUPERVISION_ORDER: "督办单",
    Act.ON_SITE: "现场督办",
    Act.TRACKING: "跟踪督查",
    Act.MEETING: "座谈会商",
    Act.BULLETIN: "通报",
    Act.CITY_BULLETIN: "全市通报",
    Act.TALK: "约谈",
    Act.LISTED_SUPERVISION: "挂牌督办",
    Act.DEDUCTION: "考核扣分",
    Act.ACCOUNTABILITY: "提请问责",
}


class Side(StrEnum):
    """Where on its clock a rung stands."""

    BEFORE = "before"
    DUE_DAY = "due_day"
    DUE = "due"
    AFTER = "after"


@attrs.frozen
class Moment:
    """An instant in relation to a due instant.

    ``before`` in days is 0:00 of the day that lies so many days before the due day; ``due_day`` is
    0:00 of the due day; ``due`` is the due instant itself; ``after`` in days is 24:00 of the day
    that lies so many days after the due day. In hours both are counted from the due instant.
    """

    side: Side
    offset: Limit | None = None

    def of(self, deadline: Deadline, calendar: Calendar) -> datetime:
        """The instant, for one deadline. Raises OutsideCalendarError."""
        match self.side, self.offset:
            case Side.BEFORE, WorkingDays(n):
                return at_local(calendar.working_day_before(deadline.due_day, n))
            case Side.BEFORE, CalendarDays(n):
                return at_local(deadline.due_day - timedelta(days=n))
            case Side.BEFORE, ClockHours(minutes):
                return deadline.due - timedelta(minutes=minutes)
            case Side.AFTER, WorkingDays(n):
                return end_of(calendar.add_working_days(deadline.due_day, n))
            case Side.AFTER, CalendarDays(n):
                return end_of(deadline.due_day + timedelta(days=n))
            case Side.AFTER, ClockHours(minutes):
                return deadline.due + timedelta(minutes=minutes)
            case Side.DUE_DAY, _:
                return at_local(deadline.due_day)
            case _:
                return deadline.due


_BEFORE = re.compile(r"到期前(?P<zh>.+)|(?P<en>.+?) before due", re.IGNORECASE)
_AFTER = re.compile(r"(?:逾期|超期|到期后)(?P<zh>.+)|(?P<en>.+?) after due", re.IGNORECASE)
_MOMENTS = {
    "到期日零时": Side.DUE_DAY,
    "到期当日": Side.DUE_DAY,
    "due day": Side.DUE_DAY,
    "到期": Side.DUE,
    "到期时": Side.DUE,
    "due": Side.DUE,
}


def parse_moment(text: str) -> Moment:
    """Read 「到期前1个工作日」「到期日零时」「到期」「逾期5日」 or the same in English.

    Raises LimitSyntaxError.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    if side := _MOMENTS.get(plain.lower()):
        return Moment(side)
    for pattern, side in ((_BEFORE, Side.BEFORE), (_AFTER, Side.AFTER)):
        if found := pattern.fullmatch(plain):
            offset = parse_limit(found["zh"] or found["en"])
            rolls = isinstance(offset, CalendarDays) and offset.roll
            if isinstance(offset, WorkingDays | CalendarDays | ClockHours) and not rolls:
                return Moment(side, offset)
    raise LimitSyntaxError(text, "可写作「到期前1个工作日」「到期日零时」「到期」「逾期5日」")


def write_moment(moment: Moment) -> str:
    """The moment in Chinese; :func:`parse_moment` reads it back."""
    if moment.side is Side.DUE:
        return "到期"
    if moment.side is Side.DUE_DAY or moment.offset is None:
        return "到期日零时"
    word = "到期前" if moment.side is Side.BEFORE else "逾期"
    return word + write_limit(moment.offset)


@attrs.frozen(kw_only=True)
class Rung:
    """One rung of a clock's ladder.

    Attributes:
        to: the offices it goes to, all of them.
        fallback: tried in turn for an office that nobody holds; an office of the assigning office
            is written ``office``.
        channel: by which channel it is told, such as ``sms``.
    """

    id: str
    clock: str
    at: Moment
    act: Act
    to: tuple[str, ...]
    basis: str
    fallback: tuple[str, ...] = (OFFICE,)
    channel: str = "sms"
    choice: str = ""
    conditions: tuple[Condition, ...] = ({},)

    def applies(self, facts: Facts) -> bool:
        """Whether the rung stands for a case with these facts."""
        return holds(self.conditions, facts)


@attrs.frozen
class Scheduled:
    """A rung with its instant, as decided when the clock was started or moved (UTC)."""

    rung: str
    at: datetime


def schedule(
    rungs: tuple[Rung, ...],
    clock: str,
    deadline: Deadline,
    soft: bool,
    facts: Facts,
    calendar: Calendar,
) -> tuple[Scheduled, ...]:
    """The rungs of one clock in the order of their instants.

    A soft limit gets no red card and nothing stronger. A provisional deadline gets reminders only,
    until it is settled: nobody is reproached on a guess. A rung whose instant lies at or before the
    start is left out: a warning from before the clock began warns of nothing (a choice).
    """
    planned = []
    for rung in rungs:
        if rung.clock != clock or not rung.applies(facts):
            continue
        if (soft and rung.act.spares_soft_limits) or (deadline.provisional and rung.act.sanction):
            continue
        at = rung.at.of(deadline, calendar)
        if at > deadline.start:
            planned.append(Scheduled(rung.id, at))
    return tuple(sorted(planned, key=lambda s: s.at))
