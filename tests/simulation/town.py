"""The town that is simulated: an office, those who work in it, its citizens, and what they knew."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import datetime, timedelta

import attrs
from tests.simulation.stepped import SteppedStorage
from tests.simulation.world import DAY, HOUR, MINUTE, SKEW, DownError, Process, World

from wenzheng_core import (
    Accept,
    Actor,
    Approve,
    Archive,
    Assign,
    Case,
    Claim,
    Classify,
    ClockGuard,
    Command,
    Decline,
    DeliveryError,
    Fed,
    GrantExtension,
    Office,
    Pause,
    Policy,
    Publish,
    Reassign,
    RefusedError,
    Reopen,
    Report,
    RequestExtension,
    Resume,
    RetrySchedule,
    ReturnForRework,
    Review,
    Role,
    SendBack,
    State,
    Transaction,
    Worker,
)
from wenzheng_core.domain.cadences import parse_cadence
from wenzheng_core.domain.escalation import Act
from wenzheng_core.domain.limits import ClockHours
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.domain.provisions import ExtensionRule
from wenzheng_core.domain.schedules import ReportKind, Schedule
from wenzheng_core.ports import Entry, Storage
from wenzheng_core.testing.builders import (
    CLERK,
    MAYOR,
    START,
    sample_clock,
    sample_message,
    sample_policy,
    sample_rung,
)
from wenzheng_core.testing.offices import assigned, sample_office

MESSAGES = 4
BODIES = ("路灯不亮。", "路灯不亮,已半月。", "路灯不亮,请速修。")
RETRIES = RetrySchedule(first=MINUTE, cap=HOUR, tries=4)
LEASE = timedelta(seconds=30)
CONSUMER = "bi"
FOUR_HOURS = ClockHours(240)
REPORT = Report(findings="已核实", proposed_reply="您好,已办理。")

UNIT = "unit"
"""Stands for whoever acts for the unit that has the case."""

LIKELY: dict[State, Sequence[tuple[Command, Actor | str]]] = {
    State.RECEIVED: [*[(Accept(), CLERK)] * 7, (Decline(reason="court"), CLERK)],
    State.ACCEPTED: [
        (Assign(lead="housing"), CLERK),
        (Assign(lead="police", assisting=("housing",)), CLERK),
        (Classify(facts={"category": "投诉"}, reason="属投诉"), CLERK),
    ],
    State.ASSIGNED: [(Claim(), UNIT), (Reassign(lead="police", reason="职责"), CLERK)],
    State.HANDLING: [
        (REPORT, UNIT),
        (Pause(reason="check"), CLERK),
        (Resume(), CLERK),
        (RequestExtension(clock="handle", by=FOUR_HOURS, reason="情况复杂"), UNIT),
        (SendBack(reason="职责不符"), UNIT),
    ],
    State.REPORTED: [(Review(), CLERK), (ReturnForRework(reason="不实", within=FOUR_HOURS), CLERK)],
    State.REVIEWED: [(Approve(), MAYOR)],
    State.APPROVED: [(Publish(), CLERK)],
    State.PUBLISHED: [(Archive(), CLERK), (Reopen(reason="不满意"), CLERK)],
    State.ARCHIVED: [(Reopen(reason="新情况"), CLERK)],
    State.DECLINED: [(Archive(), CLERK)],
}


def hasty_policy() -> Policy:
    """A policy of hours, with a ladder of many rungs and a list a day: much falls due in little time."""
    moments = ("到期前6小时", "到期前4小时", "到期前2小时", "到期", "逾期2小时", "逾期6小时")
    acts = (Act.REMIND, Act.YELLOW_CARD, Act.CHASE, Act.RED_CARD, Act.MEETING, Act.BULLETIN)
    return attrs.evolve(
        sample_policy(),
        clocks=(
            sample_clock("reply", Milestone.RECEIVED, Milestone.PUBLISHED, ClockHours(24 * 60)),
            sample_clock(
                "handle", Milestone.ASSIGNED, Milestone.REPORTED, ClockHours(8 * 60), unit=True
            ),
        ),
        rungs=tuple(
            sample_rung(f"{clock}-{n}", at, act, "liaison", "unit_head", clock=clock)
            for clock in ("reply", "handle")
            for n, (at, act) in enumerate(zip(moments, acts, strict=True))
        ),
        extensions=(
            ExtensionRule(
                clock="handle", times=2, at_most=ClockHours(480), approver="office", basis="样例"
            ),
        ),
        schedules=(
            Schedule(
                id="list",
                kind=ReportKind.DAILY_LIST,
                cadence=parse_cadence("每日12:00"),
                to=("office",),
                basis="样例",
            ),
        ),
    )


POLICY = hasty_policy()


@attrs.frozen
class Watch:
    """The clock of somebody who has no guard: it is right within minutes."""

    process: Process

    def now(self) -> datetime:
        """The time by it."""
        return self.process.world.now() + max(-SKEW, min(self.process.skew, SKEW))


@attrs.frozen
class Asked:
    """A command as an officer gave it, under its one key."""

    key: str
    case: str
    command: Command
    actor: Actor


@attrs.define
class Known:
    """What the people outside the system know: by this it is judged."""

    asked: dict[str, Asked] = attrs.field(factory=dict)
    done: dict[str, tuple[int, int]] = attrs.field(factory=dict)
    refused: set[str] = attrs.field(factory=set)
    received: set[tuple[str, str]] = attrs.field(factory=set)
    arrived: list[tuple[tuple[str, ...], str, str]] = attrs.field(factory=list)
    seen: list[int] = attrs.field(factory=list)


@attrs.define(eq=False)
class Receiver:
    """The other end of every channel: it takes a text, or not, or takes it and says it did not."""

    name: str
    world: World
    known: Known

    def send(self, to: str, text: str, keys: Sequence[str]) -> str:
        """Take a text, as the faults have it."""
        world, faults = self.world, self.world.faults
        if world.happens(faults.slow) and world.current is not None:
            slow = timedelta(seconds=world.rng.randint(1, 300))
            world.current.asleep_until = world.passed + slow
            world.edge()
        if world.happens(faults.refusal):
            raise DeliveryError("没有收下", permanent=world.rng.random() < 0.1)
        self.known.arrived.append((tuple(keys), to, text))
        if world.happens(faults.doubled):
            raise DeliveryError("收下了,没有回执")
        world.edge()
        return f"r{len(self.known.arrived)}"


@attrs.define(eq=False)
class Town:
    """One office, and whoever works in it."""

    world: World
    inner: Storage
    known: Known = attrs.field(factory=Known)
    storage: SteppedStorage = attrs.field(init=False)
    office: Office = attrs.field(init=False)
    _keys: int = 0

    def __attrs_post_init__(self) -> None:
        self.storage = SteppedStorage(self.inner, self.world)
        channels = [Receiver(n, self.world, self.known) for n in ("sms", "publish", "report")]
        self.office = sample_office(
            self.storage,  # type: ignore[arg-type]
            clock=self.world,
            channels=channels,
            policy=POLICY,
        )

    def live(self, turns: int) -> None:
        """Let everybody work for a while, with all that may go wrong."""
        for number, case in zip("01", assigned(self.office, "0", "1"), strict=True):
            for name, command in (("accept", Accept()), ("assign", Assign(lead="housing"))):
                key = f"{number}-{name}"
                self.known.asked[key] = Asked(key, case, command, CLERK)
        self.office.sweep()  # from here on the daily list is kept
        bodies = (self.work, self.work, self.sweep, self.deliver, self.serve, self.serve)
        for body in (*bodies, self.post, self.follow):
            self.world.spawn(body.__name__, body)
        self.world.run(turns)

    def settle(self, until: timedelta = 2 * DAY) -> None:
        """Nothing goes wrong any more: whatever is due happens, and whatever waits goes out."""
        office, world = self.office, self.world
        for message in range(MESSAGES):
            office.receive(sample_message(str(message), posted=START - HOUR))
        world.passed += until
        office.sweep()
        for letter in office.dead_letters():
            office.revive(letter.item.key, actor=CLERK)
        office.deliver(retries=RETRIES)
        self._follow(office)

    def _desk(self, process: Process) -> Office:
        return attrs.evolve(self.office, clock=Watch(process))

    # Who works here

    def work(self, process: Process) -> None:
        """A worker, as it is shipped."""
        worker = Worker(
            offices=[self.office],
            holder=process.name,
            lease=LEASE,
            clock=process,
            guard=ClockGuard(elapsed=process.elapsed),
            batch=2,
            delivery_lease=2 * MINUTE,
            retries=RETRIES,
        )
        while True:
            worker.step()
            self._rest(process, 30)

    def sweep(self, process: Process) -> None:
        """Somebody's own timer, which knows nothing of leases."""
        office = self._desk(process)
        while True:
            with contextlib.suppress(DownError):
                office.sweep(batch=2)
            self._rest(process, 1800)

    def deliver(self, process: Process) -> None:
        """Somebody's own timer for what goes out."""
        office = self._desk(process)
        while True:
            with contextlib.suppress(DownError):
                office.deliver(limit=3, holder=process.name, lease=2 * MINUTE, retries=RETRIES)
            self._rest(process, 300)

    def serve(self, process: Process) -> None:
        """An officer: one command after another; what got no answer is asked again, by its key."""
        office, world = self._desk(process), self.world
        while True:
            try:
                cases = list(self.storage.scan())
            except DownError:
                continue
            if cases:
                self._ask(office, process, world.rng.choice(cases))
            self._rest(process, 3 * 3600)

    def _ask(self, office: Office, process: Process, case: Case) -> None:
        likely = LIKELY.get(case.state, ())
        if case.requests:
            likely = [(GrantExtension(clock="handle"), CLERK)]
        if not likely:
            return
        command, who = self.world.rng.choice(likely)
        unit = case.lead or "housing"
        actor = Actor(f"{unit}-1", Role.UNIT, unit=unit) if isinstance(who, str) else who
        self._keys += 1
        asked = Asked(f"k{self._keys}", case.id, command, actor)
        self.known.asked[asked.key] = asked
        while not self._answered(office, asked):
            self._rest(process, 60)

    def _answered(self, office: Office, asked: Asked) -> bool:
        try:
            outcome = office.execute(asked.case, asked.command, actor=asked.actor, key=asked.key)
        except DownError:
            return False
        except RefusedError:
            self.known.refused.add(asked.key)
            return True
        if outcome.records:
            versions = (outcome.records[0].version, outcome.records[-1].version)
            self.known.done[asked.key] = versions
        return True

    def post(self, process: Process) -> None:
        """A platform that shows its messages again and again, now and then with another text."""
        office, rng = self._desk(process), self.world.rng
        while True:
            number, body = str(rng.randrange(MESSAGES)), rng.choice(BODIES)
            try:
                office.receive(sample_message(number, body=body, posted=START - HOUR))
            except DownError:
                continue
            self.known.received.add((number, body))
            self._rest(process, 6 * 3600)

    def follow(self, process: Process) -> None:
        """A program that follows the feed and keeps what it has seen beside its cursor."""
        office = self._desk(process)
        while True:
            with contextlib.suppress(DownError):
                self._follow(office)
            self._rest(process, 3600)

    def _follow(self, office: Office) -> None:
        def handle(fed: Sequence[Fed], transaction: Transaction) -> None:
            self.known.seen += [each.position for each in fed]
            at = self.world.now()
            lines = [
                Entry(
                    f"seen/{f.position:06}", at, {"case": f.record.case_id, "v": f.record.version}
                )
                for f in fed
            ]
            transaction.enter(lines)

        office.follow(CONSUMER, handle, batch=3)

    # Their time

    def _rest(self, process: Process, most: int) -> None:
        process.asleep_until = self.world.passed + timedelta(
            seconds=self.world.rng.randint(0, most)
        )
        self.world.edge()
