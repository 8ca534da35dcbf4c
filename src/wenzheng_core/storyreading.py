"""Stories read from ``stories.toml``: every step as something that somebody can be asked to do.

A story is checked when its city is read: who acts, which command with which fields, which units,
which message of the story. Whether it comes out as told is for :mod:`wenzheng_core.stories`. All
faults of the file are listed at once, in Chinese, as ``reason @ path``.
"""

from __future__ import annotations

from datetime import date, datetime

import attrs

from wenzheng_core import storyfile as f
from wenzheng_core.cityfiles import (
    beijing,
    check_basis,
    check_instants,
    read_file,
    require_sound,
)
from wenzheng_core.domain.actors import SYSTEM, Actor, Role
from wenzheng_core.domain.commands import Link, Merge
from wenzheng_core.domain.instants import utc
from wenzheng_core.domain.units import Units
from wenzheng_core.namechecks import check_names
from wenzheng_core.policywords import Words
from wenzheng_core.storydeeds import HAND_DOWN, HAND_UP, Deed, read_deed, units_in

_NAMED = frozenset({Role.LEADER, Role.UNIT})


@attrs.frozen(kw_only=True)
class StoryStep:
    """One step; ``at`` is UTC, ``case`` the key of a message within the story, "" the main one."""

    at: datetime
    who: Actor
    do: str
    deed: Deed
    case: str = ""
    office: str = ""
    says: str = ""
    refused: str = ""
    then: f.ThenTable = f.ThenTable()


@attrs.frozen(kw_only=True)
class Story:
    """A case told from receipt to archive; ``choice``: what was invented to make it run."""

    id: str
    title: str
    basis: str
    choice: str = ""
    steps: tuple[StoryStep, ...]

    @property
    def offices(self) -> frozenset[str]:
        """The other cities whose offices act in it."""
        handed = (s.deed.parent for s in self.steps if isinstance(s.deed, f.HandingTable))
        return frozenset({*(step.office for step in self.steps), *handed} - {""})


def read_stories(
    text: str, units: Units = Units(), subject: str = "stories.toml"
) -> tuple[Story, ...]:
    """The stories of a TOML text about a city with these units. Raises InputFaultsError."""
    shape, words = read_file(text, subject, f.StoriesFile, f.STORIES_SCHEMA)
    tables = shape.value.story
    check_names(shape.value, words)
    words.unique([story.id for story in tables], "$.story")
    stories = [_Reading(words, units, f"$.story[{i}]").story(t) for i, t in enumerate(tables)]
    require_sound(subject, *shape.faults, *words.faults)
    return tuple(stories)


def _message(key: str) -> str:
    """A message of the story, as its author knows it."""
    return f"留言「{key}」" if key else "本件"


@attrs.define
class _Reading:
    """One story while it is read; ``known`` are the messages so far, as (office, key)."""

    words: Words
    units: Units
    path: str
    known: set[tuple[str, str]] = attrs.field(factory=set)

    def story(self, table: f.StoryTable) -> Story:
        check_basis(self.words, table.basis, self.path)
        if not table.step:
            self.words.fault("没有任何一步", f"{self.path}.step", "至少写一个 [[story.step]]")
        steps = []
        for index, step in enumerate(table.step):
            path = f"{self.path}.step[{index}]"
            earlier = table.step[index - 1].at if index else None
            steps.append(self._step(step, earlier, path))
        return Story(
            id=table.id,
            title=table.title,
            basis=table.basis,
            choice=table.choice,
            steps=tuple(step for step in steps if step),
        )

    def _step(self, step: f.StepTable, earlier: datetime | None, path: str) -> StoryStep | None:
        check_instants(self.words, path, at=step.at)
        at = beijing(step.at)
        if earlier is not None and at < beijing(earlier):
            self.words.fault("早于上一步", f"{path}.at", "各步按时间先后写")
        who = self._who(step, path)
        deed = self._deed(step, path)
        self._check_then(step, path)
        if who is None or deed is None:
            return None
        if isinstance(deed, f.HandingTable):
            deed = attrs.evolve(deed, unit=deed.unit or who.unit)
        self._check_cases(step, deed, path)
        if not step.refused:
            self._check_units(step, deed, path)
        return StoryStep(
            at=utc(at),
            who=who,
            do=step.do,
            deed=deed,
            case=step.case,
            office=step.office,
            says=step.says,
            refused=step.refused,
            then=step.then,
        )

    def _who(self, step: f.StepTable, path: str) -> Actor | None:
        role, colon, name = step.who.partition(":")
        mend = "可用:office、system、citizen、source、supervisor、leader:职务、unit:单位编号"
        if role not in list(Role):
            self.words.fault(f"不认识的「{step.who}」", f"{path}.who", mend)
            return None
        if (Role(role) in _NAMED) != bool(name.strip()) or (colon and not name):
            self.words.fault(f"「{step.who}」写得不全,或多写了", f"{path}.who", mend)
            return None
        if Role(role) is Role.SYSTEM:
            return SYSTEM
        if Role(role) is Role.UNIT:
            if not step.refused:
                self._known_unit(name, step.office, f"{path}.who")
            return Actor(step.who, Role.UNIT, unit=name)
        return Actor(step.who, Role(role), offices=(name,) if name else ())

    def _deed(self, step: f.StepTable, path: str) -> Deed | None:
        deed, faults = read_deed(step.do, step.with_, path)
        for fault in faults:
            self.words.fault(fault.reason, fault.path, fault.mend)
        if isinstance(deed, f.ReceiptTable):
            check_instants(self.words, f"{path}.with", posted=deed.posted)
        return deed

    def _check_cases(self, step: f.StepTable, deed: Deed, path: str) -> None:
        """Each step is about a message that has come, and that of a relay is in both offices."""
        if isinstance(deed, f.HandingTable):
            self._check_handing(step, deed, path)
        elif not isinstance(deed, f.ReceiptTable):
            self._known_case(step.office, step.case, f"{path}.case")
        if isinstance(deed, f.ReceiptTable) or step.do == HAND_DOWN:
            self.known.add((step.office, step.case))
        if isinstance(deed, Merge):
            self._known_case(step.office, deed.into, f"{path}.with.into")
        if isinstance(deed, Link):
            self._known_case(step.office, deed.to, f"{path}.with.to")

    def _check_handing(self, step: f.StepTable, deed: f.HandingTable, path: str) -> None:
        if step.office == deed.parent:
            mend = "office 写下级城市的编号,with.parent 写上级的;不写即本城市"
            self.words.fault("上级与下级是同一办公室", f"{path}.office", mend)
        if not deed.unit:
            mend = '写 with = { unit = "…" },或 who = "unit:…"'
            self.words.fault("没有写明下级是上级的哪个单位", f"{path}.with.unit", mend)
        self._known_case(deed.parent, step.case, f"{path}.case")
        if step.do == HAND_UP:
            self._known_case(step.office, step.case, f"{path}.case")

    def _known_case(self, office: str, key: str, path: str) -> None:
        if (office, key) not in self.known:
            where = f"「{office}」的" if office else ""
            keys = "、".join(_message(k) for o, k in sorted(self.known) if o == office) or "无"
            self.words.fault(f"{where}{_message(key)}还没有收到", path, f"已收到:{keys}")

    def _check_units(self, step: f.StepTable, deed: Deed, path: str) -> None:
        office = deed.parent if isinstance(deed, f.HandingTable) else step.office
        for name, unit in units_in(deed):
            self._known_unit(unit, office, f"{path}.with.{name}")
        if step.then.lead:
            self._known_unit(step.then.lead, step.office, f"{path}.then.lead")

    def _known_unit(self, unit: str, office: str, path: str) -> None:
        """The units of this city are known; those of others are looked up when the story is told."""
        if not office and unit not in self.units:
            known = "、".join(one.id for one in self.units) or "无"
            self.words.fault(f"没有单位 {unit}", path, f"可用:{known}")

    def _check_then(self, step: f.StepTable, path: str) -> None:
        for key in ("due", "no_limit", "running", "stopped", "met", "breached"):
            for place, name in enumerate(getattr(step.then, key)):
                if unit := name.partition("@")[2]:
                    last = f".{name}" if key == "due" else f"[{place}]"
                    self._known_unit(unit, step.office, f"{path}.then.{key}{last}")
        for clock, due in step.then.due.items():
            where = f"{path}.then.due.{clock}"
            if not isinstance(due, date):
                mend = "到期为一整天的写 2020-10-12;到某时刻的写 2020-10-12T16:00:00"
                self.words.fault("应为日期或时间", where, mend)
            elif isinstance(due, datetime):
                check_instants(self.words, f"{path}.then.due", **{clock: due})
