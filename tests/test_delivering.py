"""Delivery: at least once under one key, receipts on record, dead letters seen, no one held up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

import attrs
import pytest
from tests.overhearing import overhear

from wenzheng_core import (
    DeliveryError,
    DeliveryReport,
    FixedClock,
    Office,
    Outgoing,
    RefusedError,
    RetrySchedule,
    UnknownError,
    WenzhengError,
)
from wenzheng_core.diary import REPORT
from wenzheng_core.domain.events import Delivered, DeliveryAbandoned
from wenzheng_core.memory import MemoryChannel, MemoryStorage
from wenzheng_core.ports import Entry, Transaction
from wenzheng_core.testing.builders import (
    CITIZEN,
    CLERK,
    HOUSING,
    START,
    SUPERVISOR,
    sample_outgoing,
)
from wenzheng_core.testing.offices import assigned, sample_channels, sample_office

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
LATER = START + 30 * DAY
TWICE = RetrySchedule(tries=2)


class Provider:
    """A channel in the test's hands: what it is offered, and what it does with it."""

    def __init__(self, name: str = "sms", *answers: str | Exception) -> None:
        self.name = name
        self.answers = list(answers)
        self.offered: list[tuple[str, ...]] = []
        self.meanwhile: Callable[[], object] = lambda: None

    def send(self, to: str, text: str, keys: Sequence[str]) -> str:
        """Take a text, or not, as the next answer says; without one, take it."""
        self.offered.append(tuple(keys))
        self.meanwhile()
        answer = self.answers.pop(0) if self.answers else f"r{len(self.offered)}"
        if isinstance(answer, Exception):
            raise answer
        return answer


def _with(channel: Provider, *numbers: str) -> tuple[Office, list[str]]:
    """An office whose text messages go through this channel, with cases whose cards have fallen."""
    office = sample_office(channels=[channel, MemoryChannel("publish"), MemoryChannel("report")])
    ids = assigned(office, *numbers)
    office.sweep(LATER)
    return office, ids


def _put_down(office: Office, *items: Outgoing) -> None:
    """Items that belong to no case, with a line of the diary."""
    with office.storage.transaction() as transaction:
        transaction.enter([Entry(f"test/{items[0].key}", START)], items)


def _events(office: Office, case: str, kind: type[Delivered | DeliveryAbandoned]) -> list[object]:
    return [r.event for r in office.history(case) if isinstance(r.event, kind)]


def _reports(office: Office) -> list[str]:
    channel = office.channels[REPORT]
    assert isinstance(channel, MemoryChannel)
    return [delivery.text for delivery in channel.sent]


# Receipts


def test_a_receipt_is_on_record_in_the_case() -> None:
    """Each text that went out is an event of each case in it: keys, channel, addressee, receipt."""
    office, ids = _with(Provider(), "1", "2")
    report = office.deliver(LATER)
    assert (report.sent, report.messages, report.unnoted) == (4, 2, ())
    for case in ids:
        told = {event.to: event for event in _events(office, case, Delivered)}  # type: ignore[attr-defined]
        assert sorted(told) == ["housing/liaison", "housing/unit_head"]
        assert {event.channel for event in told.values()} == {"sms"}
        assert {event.receipt for event in told.values()} == {"r1", "r2"}
        assert all(key.startswith(case) for event in told.values() for key in event.keys)
    assert office.deliver(LATER + DAY) == DeliveryReport()


def test_a_receipt_of_no_case_is_in_the_diary() -> None:
    """What belongs to no case leaves a line under its key, with channel, addressee and receipt."""
    office = sample_office(channels=[Provider()])
    _put_down(office, attrs.evolve(sample_outgoing("run/x/1/0"), case_id=""))
    office.deliver(LATER)
    (line,) = office.storage.entries("sent/")
    assert (line.key, line.at) == ("sent/run/x/1/0", LATER)
    assert line.body == {"channel": "sms", "to": "housing/liaison", "receipt": "r1"}


def test_a_case_that_cannot_be_decided_does_not_send_again() -> None:
    """The receipt is noted all the same, and the case is told of."""
    channel = Provider()
    office, (case,) = _with(channel, "1")
    empty = attrs.evolve(office.city, versions=sample_office(policy=_other()).city.versions)
    report = attrs.evolve(office, city=empty).deliver(LATER)
    assert (report.sent, len(report.unnoted)) == (2, 2)
    assert all(line.startswith(case) for line in report.unnoted)
    assert _events(office, case, Delivered) == []
    assert office.deliver(LATER + DAY).sent == 0
    assert len(channel.offered) == 2


def _other() -> object:
    from wenzheng_core.testing.builders import sample_policy  # noqa: PLC0415

    return attrs.evolve(sample_policy(), version="2099", digest="another")


def test_a_long_receipt_is_cut() -> None:
    """A provider that answers with a page leaves its beginning on record."""
    office, (case,) = _with(Provider("sms", "页" * 9000, "r2"), "1")
    office.deliver(LATER)
    receipts = {event.receipt for event in _events(office, case, Delivered)}  # type: ignore[attr-defined]
    assert receipts == {"页" * 500, "r2"}


# Draining


def test_one_run_drains_the_outbox_up_to_its_limit() -> None:
    """More than a lot goes in one run; the limit bounds it, and the next run goes on."""
    channel = Provider()
    office = sample_office(channels=[channel])
    items = [
        attrs.evolve(sample_outgoing(f"n/{n:04}"), case_id="", to=f"u{n}/liaison")
        for n in range(450)
    ]
    _put_down(office, *items)
    assert [office.deliver(LATER, limit=410).sent for _ in range(3)] == [410, 40, 0]
    assert len(channel.offered) == 450


def test_a_stop_is_heard_between_texts() -> None:
    """The text at hand is noted; no other goes out."""
    channel = Provider()
    office, _ = _with(channel, "1")
    report = office.deliver(LATER, stopped=lambda: bool(channel.offered))
    assert (report.sent, report.messages) == (1, 1)
    assert office.deliver(LATER + 2 * MINUTE).sent == 1


# Two at once, and crashes


def test_two_deliverers_send_an_item_once() -> None:
    """While one is about an item, another one that comes is not given it."""
    channel = Provider()
    office, _ = _with(channel, "1")
    second: list[DeliveryReport] = []
    channel.meanwhile = lambda: second.append(office.deliver(LATER))
    assert office.deliver(LATER).sent == 2
    assert [report.sent for report in second] == [0, 0]
    assert len(channel.offered) == 2


def test_a_crash_before_the_note_sends_again_under_the_same_key() -> None:
    """Sent and not noted is sent again once the lease has run out, never under another key."""
    channel = Provider()
    office, (case,) = _with(channel, "1")

    def die() -> None:
        raise KeyboardInterrupt

    channel.meanwhile = die
    with pytest.raises(KeyboardInterrupt):
        office.deliver(LATER)
    channel.meanwhile = lambda: None
    assert office.deliver(LATER + MINUTE).sent == 0
    assert office.deliver(LATER + 2 * MINUTE).sent == 2
    keys = [key for keys in channel.offered for key in keys]
    assert (len(keys), len(set(keys))) == (3, 2)
    noted = [key for event in _events(office, case, Delivered) for key in event.keys]  # type: ignore[attr-defined]
    assert sorted(noted) == sorted(set(keys))


def test_a_second_receipt_is_no_second_event() -> None:
    """Two that sent the same item, one of them late: the first receipt stands, once."""
    channel = Provider()
    office, (case,) = _with(channel, "1")

    def overtaken() -> None:
        channel.meanwhile = lambda: None
        office.deliver(LATER + 3 * MINUTE)

    channel.meanwhile = overtaken
    office.deliver(LATER)
    noted = [key for event in _events(office, case, Delivered) for key in event.keys]  # type: ignore[attr-defined]
    assert len(noted) == len(set(noted)) == 2


def test_a_slow_channel_does_not_outlive_its_lease() -> None:
    """What is left when the lease is over is not sent by this run: it may be another's by now."""
    clock, channel = FixedClock(LATER), Provider()
    office, _ = _with(channel, "1")
    office = attrs.evolve(office, clock=clock)
    channel.meanwhile = lambda: clock.move_to(clock.at + 3 * MINUTE)
    assert office.deliver(limit=2).sent == 1
    assert office.deliver(limit=2).sent == 1
    assert len(channel.offered) == 2


def test_a_stale_failure_does_not_count() -> None:
    """A deliverer whose item another one has by now says nothing about it any more."""
    channel = Provider("sms", DeliveryError("慢"))
    office = sample_office(channels=[channel])
    _put_down(office, attrs.evolve(sample_outgoing("k"), case_id=""))

    def overtaken() -> None:
        with office.storage.transaction() as transaction:
            transaction.take(LATER + 3 * MINUTE, LATER + 9 * MINUTE, "other", 1)

    channel.meanwhile = overtaken
    office.deliver(LATER, retries=RetrySchedule(tries=1))
    assert office.dead_letters() == ()


# Failing


def test_the_schedule_ends_in_a_dead_letter_that_is_told() -> None:
    """After the last try nothing is sent any more; the case records it and the office is told."""
    errors = [DeliveryError("停机")] * 4
    office, (case,) = _with(Provider("sms", *errors), "1")
    first = office.deliver(LATER, retries=TWICE)
    assert (len(first.failed), first.dead) == (2, ())
    last = office.deliver(LATER + MINUTE, retries=TWICE)
    assert len(last.dead) == 2
    assert [d.item.key for d in office.dead_letters()] == sorted(last.dead)
    assert {(d.item.attempts, d.error) for d in office.dead_letters()} == {(2, "停机")}

    given_up = _events(office, case, DeliveryAbandoned)
    assert sorted(key for event in given_up for key in event.keys) == sorted(last.dead)  # type: ignore[attr-defined]
    assert office.deliver(LATER + DAY).sent == 0
    (text,) = _reports(office)
    assert [line[2:7] for line in text.split("\n")] == [" 【未送达"] * 2
    assert all("未能送达,已停止重试" in line for line in text.split("\n"))
    lines = office.storage.entries("dead/")
    assert sorted(key for line in lines for key in line.body["keys"]) == sorted(last.dead)  # type: ignore[union-attr]
    assert {(line.body["channel"], line.body["attempts"]) for line in lines} == {("sms", 2)}


def test_a_permanent_refusal_is_dead_at_once() -> None:
    """A channel that knows that no try will do is not asked again."""
    channel = Provider("sms", DeliveryError("空号", permanent=True))
    office, _ = _with(channel, "1")
    assert len(office.deliver(LATER).dead) == 1
    assert len(_reports(office)) == 1
    assert office.deliver(LATER + DAY) == DeliveryReport()
    assert len(channel.offered) == 2


def test_a_provider_that_asks_for_time_gets_it() -> None:
    """Nothing is offered again before the hour that it asked for is over."""
    channel = Provider("sms", DeliveryError("限流", retry_after=timedelta(hours=1)))
    office = sample_office(channels=[channel])
    _put_down(office, attrs.evolve(sample_outgoing("k"), case_id=""))
    office.deliver(LATER)
    assert office.deliver(LATER + 50 * MINUTE).sent == 0
    assert office.deliver(LATER + 60 * MINUTE).sent == 1


def test_an_unknown_channel_waits_like_a_failing_one() -> None:
    """It is told of with its name, tried again by the schedule, and dead at its end."""
    office = sample_office(channels=[])
    _put_down(office, attrs.evolve(sample_outgoing("k"), case_id=""))
    (failed,) = office.deliver(LATER, retries=TWICE).failed
    assert "没有名为「sms」的渠道" in failed
    assert office.deliver(LATER + MINUTE, retries=TWICE).dead == ("k",)


def test_a_dead_report_is_not_reported() -> None:
    """That the office cannot be told is seen among the dead letters, and begets no further report."""
    office = sample_office(channels=[Provider(REPORT, *[DeliveryError("x", permanent=True)] * 9)])
    _put_down(office, attrs.evolve(sample_outgoing("k"), case_id="", channel=REPORT))
    assert office.deliver(LATER).dead == ("k",)
    assert office.deliver(LATER + DAY) == DeliveryReport()
    assert [d.item.key for d in office.dead_letters()] == ["k"]


@pytest.mark.parametrize("error", [OSError("网断了"), ValueError(), WenzhengError("不行")])
def test_whatever_a_channel_raises_stops_nobody_elses(error: Exception) -> None:
    """The other texts go out, and the one that did not is tried again."""
    office, _ = _with(Provider("sms", error), "1")
    report = office.deliver(LATER)
    assert (report.sent, len(report.failed)) == (1, 1)
    assert (str(error) or "ValueError") in report.failed[0]
    assert office.deliver(LATER + MINUTE).sent == 1


def test_a_note_that_conflicts_is_made_again() -> None:
    """The database gives way once between sending and noting: the text is not sent twice."""
    channel = Provider()
    office, (case,) = _with(channel, "1")
    busy = iter([True])
    transaction = office.storage.transaction

    @contextmanager
    def conflicting() -> Iterator[Transaction]:
        from wenzheng_core.ports import BusyError  # noqa: PLC0415

        with transaction() as found:
            yield found
            if channel.offered and next(busy, False):
                raise BusyError

    assert isinstance(office.storage, MemoryStorage)
    office.storage.transaction = conflicting  # type: ignore[method-assign]
    assert office.deliver(LATER).sent == 2
    assert len(channel.offered) == 2
    assert len(_events(office, case, Delivered)) == 2


# Putting down again


def test_a_dead_letter_is_revived_by_the_office() -> None:
    """It goes out under its old key, with all its tries before it, and the diary says who did it."""
    channel = Provider("sms", DeliveryError("停机", permanent=True))
    office = sample_office(channels=[channel])
    _put_down(office, attrs.evolve(sample_outgoing("k"), case_id=""))
    office.deliver(LATER)
    assert office.revive("k", actor=CLERK, at=LATER)
    assert not office.revive("k", actor=SUPERVISOR, at=LATER)
    assert office.dead_letters() == ()
    assert office.deliver(LATER).sent == 1
    assert channel.offered == [("k",), ("k",)]
    (line,) = office.storage.entries("revived/")
    assert line.body == {"by": CLERK.id}


def test_reviving_is_for_those_who_supervise() -> None:
    """A unit or a citizen is refused, and a key that nobody put down is unknown."""
    office = sample_office(channels=sample_channels())
    for actor in (HOUSING, CITIZEN):
        with pytest.raises(RefusedError) as refused:
            office.revive("k", actor=actor)
        assert refused.value.rule == "workflow.role"
    with pytest.raises(UnknownError):
        office.revive("k", actor=CLERK)


@pytest.mark.parametrize("answer", ["1", DeliveryError("空号", permanent=True)])
def test_cases_are_held_before_the_diary(answer: str | Exception) -> None:
    """And before the items: so does whoever writes of a case, or erases it."""
    office = sample_office(channels=[Provider("sms", answer), MemoryChannel(REPORT)])
    ids = sorted(assigned(office, "1", "2"), reverse=True)
    _put_down(office, *(sample_outgoing(f"{n}", case) for n, case in enumerate((*ids, ""))))
    said = overhear(office.storage)
    office.deliver(LATER, limit=3)
    names = [name for name, _ in said]
    first = names.index("cases")
    assert set(names[:first]).isdisjoint({"sent", "failed", "write", "enter"})
    assert said[first][1] == sorted(ids)
    assert names.index("write") < names.index("enter")


def test_a_report_that_died_twice_is_told_twice() -> None:
    """Revived and dead again is a new line and a new report: it is another failure."""
    channel = Provider("sms", *[DeliveryError("空号", permanent=True)] * 2)
    office = sample_office(channels=[channel, MemoryChannel(REPORT)])
    _put_down(office, attrs.evolve(sample_outgoing("k"), case_id=""))
    for n in range(2):
        office.deliver(LATER + n * DAY)
        office.revive("k", actor=CLERK, at=LATER + n * DAY)
    assert len(office.storage.entries("dead/")) == 2


def test_a_report_on_a_case_does_not_change_it() -> None:
    """A special report went out: the diary has its receipt, and the case is what it was."""
    office = sample_office(channels=[Provider(REPORT)])
    (case,) = assigned(office, "1")
    before = office.case(case)
    _put_down(office, attrs.evolve(sample_outgoing("special/1/0", case), channel=REPORT))
    assert office.deliver(LATER).sent == 1
    assert office.case(case) == before
    (line,) = office.storage.entries("sent/")
    assert line.key == "sent/special/1/0"
