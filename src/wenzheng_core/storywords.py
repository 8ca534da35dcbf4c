"""What a story says of each step: when, who and what, in an officer's words.

What came of it is said by :mod:`wenzheng_core.storyrecords`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

import attrs

from wenzheng_core import storyfile as f
from wenzheng_core.domain import commands as c
from wenzheng_core.domain.actors import Actor, Role
from wenzheng_core.domain.instants import last_day_before, local
from wenzheng_core.domain.limits import write_limit
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.units import Units
from wenzheng_core.domain.workflow import STEP_OF
from wenzheng_core.storydeeds import HAND_DOWN, Deed
from wenzheng_core.storyreading import StoryStep

_MOST = 60
"""Characters of a text that are told of it."""


@attrs.frozen(kw_only=True)
class Told:
    """One thing that happened: at an instant (UTC), by whom, what, and what came of it.

    ``step`` counts the steps of the story from 1; 0 for what happened by itself between two.
    """

    at: datetime
    who: str
    what: str
    came: tuple[str, ...] = ()
    says: str = ""
    step: int = 0

    def text(self, year: int = 0) -> str:
        """On one line; the year is left out if it is this one."""
        line = ";".join((f"{show_moment(self.at, year)} {self.who} {self.what}", *self.came))
        stop = "" if line.endswith(("!", "?", "…")) else "。"
        return f"{line}{stop}{_quoted(self.says)}"


def _quoted(says: str) -> str:
    """A sentence of the source in quotation marks; what it quotes itself stands in single ones."""
    if not says or (says.startswith("“") and says.endswith("”")):
        return says
    return f"“{says.replace('“', '‘').replace('”', '’')}”"


def show_moment(at: datetime, year: int = 0) -> str:
    """「2016年5月10日15时00分」, without the year if it is this one."""
    here = local(at)
    return f"{_day(here.date(), year)}{here.hour}时{here.minute:02d}分"


def show_end(due: datetime, year: int = 0) -> str:
    """「5月12日24时」, 「5月12日17时30分」: an exclusive instant as the end of something."""
    here = local(due)
    if here.time() == time(0):
        return f"{_day(last_day_before(due), year)}24时"
    minutes = f"{here.minute:02d}分" if here.minute else ""
    return f"{_day(here.date(), year)}{here.hour}时{minutes}"


def _day(day: date, year: int) -> str:
    named = "" if day.year == year else f"{day.year}年"
    return f"{named}{day.month}月{day.day}日"


def show_actor(who: Actor, units: Units) -> str:
    """Who acts: an office (职务), a unit, or a role."""
    if who.role is Role.UNIT:
        return units.name(who.unit)
    return who.offices[0] if who.offices else who.role.label


# What was asked for


def title_of(step: StoryStep) -> str:
    """The name of a step, as the workflow calls it."""
    match step.deed:
        case f.ReceiptTable():
            return "收到留言"
        case f.HandingTable():
            return "交下级办理" if step.do == HAND_DOWN else "向上级反馈"
        case f.NothingTable():
            return "到点处理"
        case command:
            return STEP_OF[type(command)].title


def show_deed(step: StoryStep, title: str, policy: Policy, units: Units) -> str:
    """A step's title with what its fields say; of which message, if it is not the main one."""
    details = ",".join(filter(None, _details(step.deed, policy, units)))
    what = f"{title}:{details}" if details else title
    return f"(留言「{step.case}」){what}" if step.case else what


def _details(deed: Deed, policy: Policy, units: Units) -> Iterator[str]:
    hidden = _HIDDEN.get(type(deed), ())
    for field in attrs.fields(type(deed)):  # type: ignore[arg-type]
        value, show = getattr(deed, field.name), _SHOW.get(field.name)
        said = bool(value) or (value is False and field.default is attrs.NOTHING)
        if show and said and field.name not in hidden:
            yield show(value, policy, units)


_HIDDEN: dict[type[Deed], tuple[str, ...]] = {
    f.ReceiptTable: ("number",),
    f.HandingTable: ("unit",),
}


def _unit(value: str, _: Policy, units: Units) -> str:
    return units.name(value)


def show_text(value: str, *_: Any) -> str:
    """A text without its full stop, cut where it is long."""
    short = value.strip().removesuffix("。")
    return short if len(short) <= _MOST else f"{short[: _MOST - 1]}…"


def show_facts(value: Mapping[str, str], policy: Policy, _: Units) -> str:
    """Facts as 「类别:投诉」, each under the title of its column."""
    titles = {column.name: column.title or column.name for column in policy.columns}
    return "、".join(f"{titles.get(name, name)}:{word}" for name, word in value.items())


def _reason(value: str, policy: Policy, _: Units) -> str:
    """A reason in words, or the title of the ground whose code it is."""
    grounds: tuple[Any, ...] = (
        *policy.decline_reasons,
        *policy.pause_reasons,
        *policy.accountability,
    )
    return next((ground.title for ground in grounds if ground.code == value), show_text(value))


def _steps(value: Sequence[c.PlanStep], *_: Any) -> str:
    return "、".join(f"{_day(step.due, 0)}前{step.text}" for step in value)


_SHOW: dict[str, Callable[[Any, Policy, Units], str]] = {
    "title": show_text,
    "act": lambda value, *_: value.label,
    "lead": _unit,
    "unit": _unit,
    "assisting": lambda value, _, units: f"协办{'、'.join(map(units.name, value))}",
    "letter": show_text,
    "number": show_text,
    "issuers": lambda value, *_: "、".join(value),
    "within": lambda value, *_: f"限{write_limit(value)}",
    "clock": lambda value, policy, _: f"「{policy.title_of(value)}」",
    "grounds": lambda value, *_: f"按{'、'.join(f'「{name}」' for name in value)}",
    "decided": lambda *_: "经研究确定",
    "facts": show_facts,
    "relation": lambda value, *_: value.label,
    "reached": lambda value, *_: "联系上了" if value else "没有联系上",
    "disputed": lambda *_: "责任尚有争议",
    "due": lambda value, *_: f"{_day(value, 0)}前",
    "steps": _steps,
    "score": lambda value, *_: f"{value}分",
    "checked": lambda value, *_: f"核对{'、'.join(value)}",
    **dict.fromkeys(("reason", "cause"), _reason),
    **dict.fromkeys(
        (
            "text",
            "findings",
            "proposed_reply",
            "measure",
            "explanation",
            "note",
            "demand",
        ),
        show_text,
    ),
}
"""How the fields of commands are told, by their names; what is not here is not told.

``by`` is a limit in one command and a name in another, ``reply`` is told when it goes out.
"""
