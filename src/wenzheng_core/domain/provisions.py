"""What a policy provides beside clocks, gates and ladder: grounds, routing, campaigns, measures.

Each provision carries its basis; ``choice`` says why, where somebody chose.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType

import attrs

from wenzheng_core.domain.errors import LimitSyntaxError
from wenzheng_core.domain.escalation import OFFICE
from wenzheng_core.domain.instants import end_of, local_day
from wenzheng_core.domain.limits import Limit
from wenzheng_core.domain.messages import Message
from wenzheng_core.domain.tables import Condition
from wenzheng_core.domain.texts import normalise


@attrs.frozen(kw_only=True)
class DeclineReason:
    """A ground for not handling a message; it is answered all the same.

    ``counts_as_replied``: whether the answer counts in the reply rate; a measure of the policy may
    leave it out of its own sum. ``diverts_to``: the lawful way to which the citizen is shown.
    """

    code: str
    title: str
    answer: str
    basis: str
    counts_as_replied: bool = True
    diverts_to: str = ""
    choice: str = ""


@attrs.frozen(kw_only=True)
class PauseReason:
    """A ground on which clocks may stand still, for how long at most, and who lets them.

    ``at_most`` is for all pauses of a case on this ground together. ``approver`` is the office (职务)
    that pauses; ``office`` means any clerk of the assigning office.
    """

    code: str
    title: str
    at_most: Limit
    basis: str
    clocks: tuple[str, ...] = ()
    approver: str = OFFICE
    choice: str = ""
    conditions: tuple[Condition, ...] = ({},)


@attrs.frozen(kw_only=True)
class ExtensionRule:
    """Whether and how far a clock may be extended.

    ``approver`` is the office (职务) that grants; it is never the one who asked.
    """

    clock: str
    times: int
    at_most: Limit
    approver: str
    basis: str
    choice: str = ""
    conditions: tuple[Condition, ...] = ({},)


@attrs.frozen(kw_only=True)
class Routing:
    """How the office finds the unit, and how often a unit may return a case.

    Attributes:
        principles: in the order in which they are tried; the first that names a unit decides.
        principle_required: whether every assignment states the principle applied.
        send_back_within: the time from its assignment in which a unit may return a case.
        send_back_times: how often a case may be returned in all; None if no text says.
    """

    principles: tuple[str, ...] = ()
    principle_required: bool = False
    send_back_within: Limit | None = None
    send_back_times: int | None = None
    basis: str = ""
    choice: str = ""


@attrs.frozen(kw_only=True)
class LastStep:
    """Whither the answer goes instead of to the public: up to the office that handed it down."""

    to: str
    basis: str
    choice: str = ""
    conditions: tuple[Condition, ...] = ({},)


@attrs.frozen(kw_only=True)
class SupervisionRule:
    """Who signs a supervision order together (联合督办): all of them."""

    issuers: tuple[str, ...] = ()
    basis: str = ""
    choice: str = ""


@attrs.frozen(kw_only=True)
class AccountabilityCause:
    """A ground on which somebody is held to account."""

    code: str
    title: str
    basis: str
    choice: str = ""


@attrs.frozen(kw_only=True)
class Campaign:
    """Messages that belong together by when they were posted or by a tag in them.

    A message that belongs gets ``value`` in ``column``, unless somebody stated another.
    ``first`` and ``until`` bound the posting: [first, until), UTC; None for no bound.
    """

    id: str
    title: str
    column: str
    value: str
    basis: str
    first: datetime | None = None
    until: datetime | None = None
    tag: str = ""
    choice: str = ""


COUNTS: Mapping[str, str] = MappingProxyType(
    {
        "received": "收到留言",
        "valid": "有效留言",
        "accepted": "受理",
        "merged": "合并",
        "declined": "不予受理",
        "replied": "已答复",
        "published": "公开回复",
        "resolved": "办结",
        "on_time": "按时",
        "late": "逾期",
        "rated": "评价",
        "satisfied": "满意",
        "returned": "退回重办",
    }
)
"""The counts of which a policy may make a rate, each with its Chinese word."""

_HANDLED = frozenset({"received", "valid", "accepted"})

WITHIN: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "received": frozenset(),
        "valid": frozenset({"received"}),
        "accepted": frozenset({"received", "valid"}),
        "merged": frozenset({"received"}),
        "declined": frozenset({"received"}),
        "replied": _HANDLED,
        "published": _HANDLED | {"replied"},
        "resolved": _HANDLED,
        "on_time": _HANDLED | {"replied", "resolved"},
        "late": _HANDLED,
        "rated": _HANDLED | {"replied", "resolved"},
        "satisfied": frozenset({"rated"}),
        "returned": _HANDLED,
    }
)
"""Of which counts each one is a part, as the texts speak of rates.

Whoever gave no rating is not dissatisfied, so that the satisfied are a part of the raters alone.
"""


def belongs(campaign: Campaign, message: Message) -> bool:
    """Whether a message belongs to a campaign: posted in its days and holding its tag, if it has them."""
    if campaign.first is not None and message.posted_at < campaign.first:
        return False
    if campaign.until is not None and message.posted_at >= campaign.until:
        return False
    tag = normalise(campaign.tag)
    return tag in normalise(message.title) or tag in normalise(message.body)


@attrs.frozen(kw_only=True)
class MeasureRule:
    """A rate as the policy defines it: a part of a whole, some grounds of declining left out.

    ``part`` and ``whole`` are names of :data:`COUNTS`;
    ``excluding`` are codes of declining whose messages are in neither. ``target``: the least per
    cent that the text asks for.
    """

    id: str
    title: str
    part: str
    whole: str
    basis: str
    excluding: tuple[str, ...] = ()
    digits: int = 2
    target: str = ""
    choice: str = ""


@attrs.frozen(kw_only=True)
class RankingRule:
    """By what a bulletin ranks the units: names of measures, the first that differs decides."""

    by: tuple[str, ...] = ("completion_rate", "on_time_rate", "handled")
    basis: str = ""
    choice: str = ""


MOST_YEARS = 100
"""Beyond it a number of years is a slip of the pen; what is kept for ever has no period."""

_YEARS = re.compile(r"([0-9]{1,4})年")


@attrs.frozen(kw_only=True)
class Retention:
    """For how many years a finished case is kept (保存期限), counted from when it was finished.

    Until they are over no personal data is erased from it; its processing may be restricted.
    """

    years: int
    basis: str
    choice: str = ""

    def ends(self, finished: datetime) -> datetime:
        """The exclusive instant at which the period ends: with that day of its last year (Beijing).

        29 February is the 28th in a year without it (民法典第202条).
        """
        day = local_day(finished)
        year = day.year + self.years
        try:
            last = day.replace(year=year)
        except ValueError:
            last = date(year, 2, 28)
        return end_of(last)


def parse_years(text: str) -> int:
    """The whole years of 「10年」. Raises LimitSyntaxError."""
    plain = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))
    found = _YEARS.fullmatch(plain)
    if not found or not 1 <= int(found[1]) <= MOST_YEARS:
        raise LimitSyntaxError(text, f"须是整年数,如「10年」,1 至 {MOST_YEARS} 之间")
    return int(found[1])
