"""Sweeping and delivering: nothing twice, nothing lost, and nobody kept waiting."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import attrs
import pytest

from wenzheng_calendar_cn import load
from wenzheng_core import (
    Accept,
    Approve,
    Assign,
    Claim,
    FixedClock,
    Office,
    Policy,
    Publish,
    Report,
    Review,
    Units,
    build_calendar,
    load_plugins,
)
from wenzheng_core.cities import make_city
from wenzheng_core.domain.events import ClockMoved, RungFired
from wenzheng_core.memory import MemoryChannel, MemoryStorage
from wenzheng_core.ports import DeliveryError, Storage
from wenzheng_core.testing.builders import (
    CLERK,
    HOUSING,
    MAYOR,
    START,
    sample_calendar,
    sample_message,
    sample_policy,
    sample_rules,
)

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
LATER = START + 30 * DAY


def _office(storage: Storage | None = None, policy: Policy | None = None) -> Office:
    return Office(
        city=make_city([policy or sample_policy()], sample_rules().units),
        storage=storage or MemoryStorage("sample"),
        calendar=sample_calendar(),
        clock=FixedClock(START),
        channels={name: MemoryChannel(name) for name in ("sms", "publish")},
    )


def _assigned(office: Office, *numbers: str, at: datetime = START) -> list[str]:
    ids = []
    for number in numbers:
        case = office.receive(sample_message(number, posted=at), at=at).case.id
        office.execute(case, Accept(), actor=CLERK, key=f"{number}-accept", at=at)
        office.execute(case, Assign(lead="housing"), actor=CLERK, key=f"{number}-assign", at=at)
        ids.append(case)
    return ids


def _published(office: Office, *numbers: str, at: datetime = START) -> list[str]:
    ids = _assigned(office, *numbers, at=at)
    steps = ((Claim(), HOUSING), (Report(findings="已修", proposed_reply="您好,已修。"), HOUSING))
    for case in ids:
        for command, actor in (*steps, (Review(), CLERK), (Approve(), MAYOR), (Publish(), CLERK)):
            key = f"{case}-{type(command).__name__}"
            office.execute(case, command, actor=actor, key=key, at=at + DAY)
    return ids


class _Deaf:
    """A channel that takes nothing and remembers the keys that it was offered."""

    name = "sms"

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.offered: list[tuple[str, ...]] = []

    def send(self, to: str, text: str, keys: Sequence[str]) -> str:
        self.offered.append(tuple(keys))
        raise self.error


# Sweeping


@pytest.mark.parametrize("url", ["memory://", "sqlite:///{}/wenzheng.db"])
def test_a_sweep_drains_all_batches(url: str, tmp_path: Path) -> None:
    """Twenty-five due cases in batches of one all happen, and a second sweep finds nothing."""
    storage = load_plugins().open_storage(url.format(tmp_path), "sample")
    office = _office(storage)
    ids = _assigned(office, *(str(n) for n in range(25)))

    first, second = office.sweep(LATER, batch=1), office.sweep(LATER, batch=1)
    assert (first.cases, first.fired) == (25, {"yellow_card": 25, "red_card": 25})
    assert (second.cases, second.fired) == (0, {})
    for case in ids:
        fired = [r.event for r in office.history(case) if isinstance(r.event, RungFired)]
        assert [rung.rung for rung in fired] == ["warn", "late"]


def test_one_bad_case_stops_no_other() -> None:
    """A case whose rules are gone is reported with the reason; the others happen."""
    storage = MemoryStorage("sample")
    old = attrs.evolve(sample_policy(), version="2024", digest="old")
    (lost,) = _assigned(_office(storage, old), "lost")
    office = _office(storage)
    _assigned(office, "1", "2", "3")

    report = office.sweep(LATER, batch=2)
    assert (report.cases, report.fired["red_card"]) == (3, 3)
    (failed,) = report.failed
    assert failed.startswith(lost)
    assert "2024" in failed
    assert office.storage.case(lost) is not None


def test_an_unreadable_case_stops_no_other(tmp_path: Path) -> None:
    """A case whose stored form is broken is reported; everybody else's cards fall all the same."""
    file = tmp_path / "wz.db"
    office = _office(load_plugins().open_storage(f"sqlite:///{file}", "t"))
    broken, sound = _assigned(office, "1", "2")
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("UPDATE wz_case SET snapshot = 'x' WHERE case_id = ?", (broken,))
        database.execute("UPDATE wz_event SET body = 'x' WHERE case_id = ?", (broken,))
    report = office.sweep(START + timedelta(days=30))
    assert [failure.partition(":")[0] for failure in report.failed] == [broken]
    assert report.fired == {"yellow_card": 1, "red_card": 1}
    assert {card.act.value for card in office.case(sound).ladder} == {"yellow_card", "red_card"}
    office.storage.close()


def test_a_rung_without_a_hearer_is_loud() -> None:
    """A rung that finds nobody to go to fires all the same, and the sweep names it."""
    rungs = tuple(attrs.evolve(r, fallback=()) for r in sample_policy().rungs)
    office = _office(policy=attrs.evolve(sample_policy(), rungs=rungs))
    nobody = Units(tuple(attrs.evolve(u, offices=("liaison",)) for u in sample_rules().units))
    office = attrs.evolve(office, city=attrs.evolve(office.city, units=nobody))
    (case,) = _assigned(office, "1")

    report = office.sweep(LATER)
    assert report.unheard == (f"{case}/late",)
    assert report.fired == {"yellow_card": 1, "red_card": 1}


def test_provisional_deadlines_are_settled() -> None:
    """A deadline that awaits a year is counted, and settled once the year's notice is there."""
    data = load()
    before = build_calendar(data.known_on(date(2025, 6, 1)))
    office = attrs.evolve(_office(), calendar=before)
    at = datetime(2025, 12, 26, 2, tzinfo=UTC)
    (case,) = _assigned(office, "1", at=at)
    (settled_one,) = _assigned(office, "2", at=datetime(2025, 3, 3, 2, tzinfo=UTC))
    waiting = office.sweep(at)
    clock = office.case(case).clock("handle")

    assert (waiting.awaiting, waiting.settled) == (1, 0)
    assert clock is not None
    assert clock.awaits == 2026

    office = attrs.evolve(office, calendar=build_calendar(data))
    done, again = office.sweep(at), office.sweep(at)
    assert (done.awaiting, done.settled) == (0, 1)
    assert (again.awaiting, again.settled) == (0, 0)
    moved = [r.event for r in office.history(case) if isinstance(r.event, ClockMoved)]
    assert {event.cause for event in moved} == {"settled"}
    now = office.case(case).clock("handle")
    assert now is not None
    assert now.awaits is None
    assert [rung.rung for rung in now.rungs] == ["warn", "late"]
    assert not any(isinstance(r.event, ClockMoved) for r in office.history(settled_one))


# Delivering


def _texts(office: Office, channel: str) -> list[tuple[str, str]]:
    found = office.channels[channel]
    assert isinstance(found, MemoryChannel)
    return [(delivery.to, delivery.text) for delivery in found.sent]


def test_one_text_to_one_addressee() -> None:
    """What is due to one addressee goes as one numbered text, replies to the platform one by one."""
    office = _office()
    _assigned(office, "1", "2")
    _published(office, "3", "4")
    office.sweep(LATER)

    report = office.deliver(LATER)
    assert (report.sent, report.messages, report.failed) == (6, 4, ())
    (to_head, red), (to_liaison, yellow) = sorted(_texts(office, "sms"), reverse=True)
    assert (to_head, to_liaison) == ("housing/unit_head", "housing/liaison")
    assert [line[:6] for line in red.split("\n")] == ["1. 【红牌", "2. 【红牌"]
    assert [line[:6] for line in yellow.split("\n")] == ["1. 【黄牌", "2. 【黄牌"]
    assert _texts(office, "publish") == [("sample", "您好,已修。")] * 2
    assert office.deliver(LATER).sent == 0


@pytest.mark.parametrize("error", [DeliveryError("网关超时"), OSError("网关超时"), ValueError()])
def test_a_failing_channel_loses_nothing(error: Exception) -> None:
    """Whatever a channel raises, its items wait ever longer under the same keys; others go out."""
    office = _office()
    _assigned(office, "1")
    _published(office, "2")
    office.sweep(LATER)
    deaf = _Deaf(error)
    broken = attrs.evolve(office, channels={**office.channels, "sms": deaf})

    at, waits = LATER, []
    first = broken.deliver(at)
    assert (first.sent, len(first.failed)) == (1, 2)
    assert all(str(error) or "ValueError" in line for line in first.failed)
    for _ in range(3):
        at += MINUTE
        while not broken.deliver(at).failed:
            at += MINUTE
        waits.append(at)
    assert [b - a for a, b in zip([LATER, *waits[:-1]], waits, strict=True)] == [
        MINUTE,
        2 * MINUTE,
        4 * MINUTE,
    ]
    assert len(set(deaf.offered)) == 2
    assert office.deliver(at + DAY).sent == 2
    assert office.deliver(at + 2 * DAY).sent == 0


def test_a_channel_that_nobody_brought() -> None:
    """An unknown channel is a failure that names it; the item goes once the channel is there."""
    office = _office()
    _published(office, "1")
    mute = attrs.evolve(office, channels={})

    (failed,) = mute.deliver(LATER).failed
    assert "没有名为「publish」的渠道" in failed
    assert office.deliver(LATER + MINUTE).sent == 1


def test_nothing_goes_before_its_time() -> None:
    """An item is not sent at an instant before the event that it tells of."""
    office = _office()
    _published(office, "1")

    assert office.deliver(START).sent == 0
    assert office.deliver(START + DAY).sent == 1
