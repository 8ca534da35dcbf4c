"""Telling a story: a city's worked case, lived through the public API with a clock set by hand.

Each step is asked for at its instant, as a clerk's program would ask for it; before it, everything
that was due happens at its own instant. What a step wants and does not get is a fault of the
telling, and so is a refusal that was not foretold: after that nothing more is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import attrs

from wenzheng_core import storyfile as f
from wenzheng_core.cities import City
from wenzheng_core.cityfiles import beijing
from wenzheng_core.clock import FixedClock
from wenzheng_core.domain.actors import SYSTEM, Role
from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.commands import Link, Merge
from wenzheng_core.domain.errors import RefusedError, UnknownError, WenzhengError
from wenzheng_core.domain.events import Record
from wenzheng_core.domain.instants import local
from wenzheng_core.domain.messages import Contact, Message
from wenzheng_core.memory import MemoryStorage
from wenzheng_core.office import Office
from wenzheng_core.plugins import Plugins
from wenzheng_core.relay import hand_down, hand_up
from wenzheng_core.storychecks import unmet
from wenzheng_core.storydeeds import HAND_DOWN, HAND_UP
from wenzheng_core.storyreading import Story, StoryStep
from wenzheng_core.storyrecords import Scene
from wenzheng_core.storywords import Told, show_actor, show_deed, title_of


@attrs.frozen
class Telling:
    """A story as it came out; ``faults`` are what was told otherwise."""

    story: Story
    told: tuple[Told, ...]
    faults: tuple[str, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """A line for each thing that happened; the year where it changes."""
        years = (0, *(local(told.at).year for told in self.told))
        return tuple(told.text(year) for told, year in zip(self.told, years, strict=False))


def tell(story: Story, plugins: Plugins, city: City) -> Telling:
    """Live a story of the city in memory; one whose other cities are not installed is not begun.

    Raises UnknownError for a calendar that is missing.
    """
    if strangers := tuple(_strangers(story, plugins)):
        return Telling(story, (), strangers)
    life = _Life(story, plugins, city)
    for number, step in enumerate(story.steps, start=1):
        try:
            life.sweep(step.at)
            life.take(number, step)
        except _BrokenOffError as broken:
            life.faults.append(f"{_place(number, step)}{broken};以下各步未再进行")
            break
    return Telling(story, tuple(life.told), tuple(life.faults))


def _strangers(story: Story, plugins: Plugins) -> Iterator[str]:
    """The steps in which a city acts that no plugin brings; at the first of each."""
    known: set[str] = {""}
    for number, step in enumerate(story.steps, start=1):
        parent = step.deed.parent if isinstance(step.deed, f.HandingTable) else ""
        for key, name in (("office", step.office), ("with.parent", parent)):
            if name in known:
                continue
            known.add(name)
            try:
                plugins.city(name)
            except UnknownError as error:
                place = f"story[{story.id}].step[{number - 1}].{key}"
                yield f"故事 {story.id} {_place(number, step)}{error} @ {place}"


class _BrokenOffError(Exception):
    """The story cannot be told on; says why."""


def _place(number: int, step: StoryStep) -> str:
    return f"第{number}步({step.do}):"


class _Life:
    """The offices of one story, what was told of them, and what was not as foretold."""

    def __init__(self, story: Story, plugins: Plugins, city: City) -> None:
        self.story = story
        self.told: list[Told] = []
        self.faults: list[str] = []
        self._clock = FixedClock(story.steps[0].at)
        cities = {"": city} | {name: plugins.city(name) for name in sorted(story.offices)}
        self._offices = {name: self._open(one, plugins) for name, one in cities.items()}
        self._ids: dict[tuple[str, str], str] = {}
        self._seen: dict[tuple[str, str], int] = {}

    def _open(self, city: City, plugins: Plugins) -> Office:
        calendar = plugins.calendar(city.versions.latest.calendar)
        return Office(
            city=city, storage=MemoryStorage(city.id), calendar=calendar, clock=self._clock
        )

    # What happens by itself

    def sweep(self, until: datetime) -> None:
        """Let happen what is due by ``until``, each at its own instant."""
        while wakes := [wake for wake in self._wakes() if wake[0] <= until]:
            at, name = min(wakes)
            self._clock.move_to(max(at, self._clock.at))
            report = self._offices[name].sweep()
            if not (came := list(self._happened())):
                raise _BrokenOffError(f"到点处理没有进展({'、'.join(report.failed) or name})")
            for office, case, records in came:
                self._tell_sweep(office, case, records)
        self._clock.move_to(max(until, self._clock.at))

    def _wakes(self) -> Iterator[tuple[datetime, str]]:
        for name, office in self._offices.items():
            for case in office.storage.scan():
                if case.next_wake is not None:
                    yield case.next_wake, name

    def _happened(self) -> Iterator[tuple[str, Case, tuple[Record, ...]]]:
        """The records of each case since this was last asked."""
        for name, office in self._offices.items():
            for case in office.storage.scan():
                seen = self._seen.get((name, case.id), 0)
                self._seen[name, case.id] = case.version
                if records := office.history(case.id)[seen:]:
                    yield name, case, records

    def _tell_sweep(self, name: str, case: Case, records: tuple[Record, ...]) -> None:
        if came := self._scene(name, case).consequences(records, None):
            keys = [
                key for (office, key), one in self._ids.items() if (office, one) == (name, case.id)
            ]
            about = f"(留言「{keys[0]}」)" if keys and keys[0] else ""
            who = self._named(name, SYSTEM.role.label)
            self.told.append(Told(at=self._clock.at, who=who, what=about + ";".join(came)))

    # What somebody asks for

    def take(self, number: int, step: StoryStep) -> None:
        """One step; a refusal that was foretold changes nothing."""
        refusal = self._try(number, step)
        happened = list(self._happened())
        if refusal is not None and refusal.rule != step.refused:
            told = f"应被拒绝({step.refused}),实" if step.refused else ""
            raise _BrokenOffError(f"{told}被拒绝({refusal.rule}):{refusal.reason}")
        place = _place(number, step)
        if step.refused and refusal is None:
            self.faults.append(f"{place}应被拒绝({step.refused}),却做成了")
        if refusal is not None and happened:
            self.faults.append(f"{place}虽被拒绝,却留下了记录")
        self._tell_step(number, step, refusal, happened)
        about = _about(step)
        if case_id := self._ids.get((about, step.case)):
            office = self._offices[about]
            case = office.case(case_id)
            scene = self._scene(about, case)
            faults = unmet(step.then, case, scene.policy, office.history(case_id), step.at)
            self.faults += [f"{place}{fault}" for fault in faults]

    def _try(self, number: int, step: StoryStep) -> RefusedError | None:
        try:
            self._do(step, key=f"{self.story.id}/{number}")
        except RefusedError as refused:
            return refused
        except WenzhengError as error:
            raise _BrokenOffError(f"未能进行:{error}") from error
        return None

    def _do(self, step: StoryStep, key: str) -> None:
        office, place = self._offices[step.office], (step.office, step.case)
        match step.deed:
            case f.ReceiptTable() as receipt:
                actor = None if step.who.role is Role.SOURCE else step.who
                message = self._message(receipt, step)
                received = office.receive(message, actor=actor, facts=receipt.facts, at=step.at)
                self._ids[place] = received.case.id
            case f.HandingTable() as handing:
                self._hand(step, handing)
            case f.NothingTable():
                office.sweep(step.at)
            case Merge() as merge:
                merge = attrs.evolve(merge, into=self._ids[step.office, merge.into])
                office.execute(self._ids[place], merge, actor=step.who, key=key, at=step.at)
            case Link() as link:
                link = attrs.evolve(link, to=self._ids[step.office, link.to])
                office.execute(self._ids[place], link, actor=step.who, key=key, at=step.at)
            case command:
                office.execute(self._ids[place], command, actor=step.who, key=key, at=step.at)

    def _message(self, receipt: f.ReceiptTable, step: StoryStep) -> Message:
        title = receipt.title or self.story.title
        return Message(
            source=receipt.source,
            external_id=receipt.number or step.case or "1",
            title=title,
            body=receipt.body or title,
            posted_at=beijing(receipt.posted) if receipt.posted else step.at,
            author=receipt.author,
            addressed_to=receipt.addressed_to,
            contact=Contact(receipt.name, receipt.phone, receipt.address),
            kind=receipt.kind,
        )

    def _hand(self, step: StoryStep, handing: f.HandingTable) -> None:
        parent, child = self._offices[handing.parent], self._offices[step.office]
        if step.do == HAND_DOWN:
            case_id = self._ids[handing.parent, step.case]
            below = hand_down(parent, case_id, handing.unit, child, at=step.at, facts=handing.facts)
            self._ids[step.office, step.case] = below.case.id
            return
        case_id = self._ids[step.office, step.case]
        hand_up(parent, child, case_id, unit=handing.unit, actor_id=step.who.id, at=step.at)

    # How it is told

    def _tell_step(
        self,
        number: int,
        step: StoryStep,
        refusal: RefusedError | None,
        happened: list[tuple[str, Case, tuple[Record, ...]]],
    ) -> None:
        name = step.deed.parent if isinstance(step.deed, f.HandingTable) else step.office
        office = self._offices[name]
        case_id = self._ids.get((name, step.case))
        if refusal is not None:
            what = f"{title_of(step)}被拒绝:{refusal.reason}"
        elif case_id is None:
            what = title_of(step)
        else:
            scene = self._scene(name, office.case(case_id))
            records = [record for _, case, found in happened for record in found]
            what = show_deed(step, scene.title(step, records), scene.policy, scene.units)
        if isinstance(step.deed, f.HandingTable):
            what += f":{self._title(step.office)}"
        came = [
            one
            for name, case, records in happened
            for one in self._scene(name, case).consequences(records, step)
        ]
        who = self._named(name, show_actor(step.who, office.city.units))
        told = Told(at=step.at, who=who, what=what, came=tuple(came), says=step.says, step=number)
        self.told.append(told)

    def _scene(self, name: str, case: Case) -> Scene:
        office = self._offices[name]
        return Scene(case, office.policy_of(case), office.city.units)

    def _named(self, name: str, who: str) -> str:
        """Who acts, with the name of another office before it."""
        return f"{self._title(name)}·{who}" if name else who

    def _title(self, name: str) -> str:
        return self._offices[name].city.versions.latest.title


def _about(step: StoryStep) -> str:
    """The office of the case that a step changes: what is handed up changes the upper one's."""
    if step.do == HAND_UP and isinstance(step.deed, f.HandingTable):
        return step.deed.parent
    return step.office
