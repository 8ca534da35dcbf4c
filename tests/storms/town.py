"""The town that the storms blow over: many units, and cases whose rungs fall due one after another."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

import attrs

from wenzheng_core import Accept, Assign, Channel, FixedClock, Office, Storage, Unit, Units
from wenzheng_core.cities import make_city
from wenzheng_core.domain.escalation import Act
from wenzheng_core.domain.events import Record, RungFired
from wenzheng_core.domain.limits import ClockHours
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.memory import MemoryStorage
from wenzheng_core.ports import Change, TimeSource
from wenzheng_core.testing.builders import (
    CLERK,
    START,
    sample_calendar,
    sample_clock,
    sample_message,
    sample_policy,
    sample_rung,
)

TENANT = "storm"
UNITS = 200
ARRIVING = timedelta(hours=10)
"""In this time the cases are assigned, at even distances."""

BEFORE_THE_FIRST = START + timedelta(hours=5)
AFTER_THE_LAST = START + ARRIVING + timedelta(hours=13)
"""Between these two every rung falls due."""

Fired = tuple[str, str, str, int, str, datetime, tuple[str, ...]]
"""Case, clock, unit, epoch, rung, the instant at which it was due, and who is told."""


@attrs.frozen
class StormClock:
    """The town's time: that of the machine's monotonic clock, which all processes share, sped up.

    Attributes:
        began: when the machine's clock showed ``first``, in its seconds.
        pace: how many of the town's seconds pass in one of the machine's.
    """

    began: float
    pace: float
    first: datetime = BEFORE_THE_FIRST

    @classmethod
    def over(cls, seconds: float) -> StormClock:
        """A clock that starts now, by which all rungs fall due within some seconds."""
        window = (AFTER_THE_LAST - BEFORE_THE_FIRST).total_seconds()
        return cls(time.monotonic(), window / seconds)

    def now(self) -> datetime:
        """The town's present instant."""
        return self.first + self.elapsed()

    def elapsed(self) -> timedelta:
        """How much of the town's time has passed."""
        return self.lasting(time.monotonic() - self.began)

    def lasting(self, seconds: float) -> timedelta:
        """The town's time in so many seconds of the machine."""
        return timedelta(seconds=seconds * self.pace)


def town_office(
    storage: Storage, clock: TimeSource | None = None, channels: Iterable[Channel] = ()
) -> Office:
    """An office where a unit is reminded after six hours, and has a card after twelve."""
    limit = ClockHours(12 * 60)
    handle = sample_clock("handle", Milestone.ASSIGNED, Milestone.REPORTED, limit, unit=True)
    policy = attrs.evolve(
        sample_policy(),
        clocks=(sample_policy().clocks[0], handle),
        rungs=(
            sample_rung("warn", "到期前6小时", Act.YELLOW_CARD, "liaison"),
            sample_rung("late", "到期", Act.RED_CARD, "unit_head"),
        ),
    )
    return Office(
        city=make_city([policy], Units(tuple(Unit(f"u{n}", f"第{n}局") for n in range(UNITS)))),
        storage=storage,
        calendar=sample_calendar(),
        clock=clock or FixedClock(START),
        channels=list(channels),
    )


def settle(storage: Storage, cases: int) -> Counter[Fired]:
    """Put assigned cases into an empty store; what must fire of them, each once.

    They are decided over a store in memory, which then says what one quiet sweep fires.
    """
    quiet = town_office(MemoryStorage(TENANT))
    ids = []
    for number in range(cases):
        at = START + ARRIVING * number / cases
        case_id = quiet.receive(sample_message(str(number), posted=at), at=at).case.id
        quiet.execute(case_id, Accept(), actor=CLERK, key=f"{number}/accept", at=at)
        assign = Assign(lead=f"u{number % UNITS}")
        quiet.execute(case_id, assign, actor=CLERK, key=f"{number}/assign", at=at)
        ids.append(case_id)
    for start in range(0, cases, 100):
        with storage.transaction() as transaction:
            some = ids[start : start + 100]
            transaction.write([Change(quiet.case(i), quiet.history(i)) for i in some])
    quiet.sweep(AFTER_THE_LAST)
    return fired(fed.record for fed in quiet.feed(limit=100_000))


def fired(records: Iterable[Record]) -> Counter[Fired]:
    """The rungs that fired, as often as they did."""
    return Counter(
        (
            record.case_id,
            event.clock,
            event.unit,
            event.epoch,
            event.rung,
            event.scheduled,
            event.to,
        )
        for record in records
        if isinstance(event := record.event, RungFired)
    )
