"""What came of a step of a story, or of time alone: each record that is more than was asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import attrs

from wenzheng_core.domain import commands as c
from wenzheng_core.domain import events as e
from wenzheng_core.domain.actors import Role
from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.events import Event, Record
from wenzheng_core.domain.instants import local
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.units import Units
from wenzheng_core.storyreading import StoryStep
from wenzheng_core.storywords import show_end, show_facts, show_text, title_of


@attrs.frozen
class Scene:
    """What records are told against: the case after them, its policy, the city's units."""

    case: Case
    policy: Policy
    units: Units

    def title(self, step: StoryStep, records: Sequence[Record]) -> str:
        """The name of a step; at a gate, the city's own word for it."""
        passed = [r.event.gate for r in records if isinstance(r.event, e.GatePassed)]
        words = [gate.title for gate in self.policy.gates if gate.id in passed and gate.title]
        return words[0] if words and isinstance(step.deed, _AT_GATES) else title_of(step)

    def consequences(self, records: Sequence[Record], step: StoryStep | None) -> tuple[str, ...]:
        """What the records say beyond what was asked for in the step."""
        own = _OWN.get(type(step.deed), ()) if step else ()
        shown = (_came(r, self, records) for r in records if not isinstance(r.event, own))
        return tuple(text for text in shown if text)


_AT_GATES = (c.Instruct, c.FileNote, c.Review, c.Approve)

_OWN: dict[type[Any], tuple[type[Event], ...]] = {
    c.Assign: (e.Assigned,),
    c.Reassign: (e.Assigned, e.Released),
    c.Classify: (e.Classified,),
    c.SendBack: (e.Released,),
    c.Resume: (e.Resumed,),
}
"""What a step says itself already, and is no consequence of it."""


def _came(record: Record, scene: Scene, records: Sequence[Record]) -> str:
    show = _CAME.get(type(record.event))
    return show(record, scene, records) if show else ""


def _limit(record: Record, scene: Scene, records: Sequence[Record]) -> str:
    """A clock's start or new end; those of several units that end alike are told as one."""
    event: Any = record.event
    others: list[Any] = [r.event for r in records if type(r.event) is type(event)]
    same_clock = [other for other in others if other.clock == event.clock]
    alike = [other for other in same_clock if other.due == event.due]
    if alike[0] is not event:
        return ""
    units = [scene.units.name(other.unit) for other in alike] if len(same_clock) > 1 else []
    title = ",".join(filter(None, (scene.policy.title_of(event.clock), "、".join(units))))
    word = "时限" if isinstance(event, e.ClockStarted) else "时限改为"
    if event.due is None:
        return f"{word}({title}):{_boundless(event, scene.policy)}"
    cut = f",在「{scene.policy.title_of(event.cut_by)}」之内" if event.cut_by else ""
    guess = "(暂定)" if event.awaits else ""
    return f"{word}({title}):{show_end(event.due, local(record.at).year)}{guess}{cut}"


def _boundless(event: Any, policy: Policy) -> str:
    """Why a clock has no due instant: a promise is awaited, or the text gives none."""
    rows = [row for rule in policy.clocks if rule.id == event.clock for row in rule.limits.rows]
    value = next((row.value for row in rows if row.id == event.row), None)
    if value is not None and value.promise:
        return f"待承诺{value.promise.label}"
    return f"没有({value.no_limit})" if value is not None and value.no_limit else "没有"


def _stopped(record: Record, scene: Scene, _: Sequence[Record]) -> str:
    event: Any = record.event
    key = (event.clock, event.unit, event.epoch)
    clock = next((clock for clock in scene.case.clocks if clock.key == key), None)
    if clock is None or clock.due is None or not event.met:
        return ""
    late = clock.breached(record.at)
    return f"「{scene.policy.title_of(event.clock)}」{'逾期' if late else '按时'}"


def _fired(record: Record, scene: Scene, _: Sequence[Record]) -> str:
    event: Any = record.event
    whom = scene.units.name(event.whom) if event.whom else Role.OFFICE.label
    return f"{event.act.label}:{whom}({scene.policy.title_of(event.clock)})"


def _lapsed(record: Record, scene: Scene, _: Sequence[Record]) -> str:
    event: Any = record.event
    texts = {promise.id: promise.text for promise in scene.case.commitments}
    return f"承诺逾期:{show_text(texts.get(event.commitment, event.commitment))}"


def _let_go(record: Record, scene: Scene, _: Sequence[Record]) -> str:
    event: Any = record.event
    if event.cause != "instructed":
        return ""
    return f"{'、'.join(map(scene.units.name, event.units))}不再承办"


def _events(show: Callable[[Any, Scene], str]) -> Callable[[Record, Scene, Sequence[Record]], str]:
    return lambda record, scene, _: show(record.event, scene)


_CAME: dict[type[Event], Callable[[Record, Scene, Sequence[Record]], str]] = {
    e.ClockStarted: _limit,
    e.ClockMoved: _limit,
    e.ClockStopped: _stopped,
    e.ClockReopened: _events(lambda event, s: f"「{s.policy.title_of(event.clock)}」续走"),
    e.RungFired: _fired,
    e.CommitmentLapsed: _lapsed,
    e.Released: _let_go,
    e.Assigned: _events(lambda event, s: f"改由{s.units.name(event.lead)}承办"),
    e.Classified: _events(lambda event, s: f"归入{show_facts(event.labels, s.policy, s.units)}"),
    e.Paused: _events(lambda event, _: f"至迟中止到{show_end(event.until)}"),
    e.Resumed: _events(lambda *_: "恢复办理"),
    e.MessageRevised: _events(lambda *_: "留言有更新"),
    e.Declined: _events(lambda event, _: f"答复{show_text(event.answer)}"),
    e.ReplyProposed: _events(lambda event, _: f"拟答复{show_text(event.reply)}"),
    e.Published: _events(lambda event, _: f"答复{show_text(event.reply)}"),
    e.Forwarded: _events(lambda event, _: f"报{event.to}:{show_text(event.reply)}"),
}
