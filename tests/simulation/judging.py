"""The judges of a simulation: what must hold whatever went wrong, seen from outside the system."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Sequence
from datetime import time

from tests.simulation.town import CONSUMER, MESSAGES, Town
from tests.simulation.world import DAY, SKEW

from wenzheng_core import Actor, Case, Message, Record, Role
from wenzheng_core.diary import run_key
from wenzheng_core.domain import events as e
from wenzheng_core.domain.actors import SYSTEM
from wenzheng_core.domain.commands import (
    Command,
    NoteDelivered,
    NoteUndelivered,
    Receive,
    Request,
    Revise,
    Tick,
)
from wenzheng_core.domain.deciding import decide, open_case
from wenzheng_core.domain.evolving import fold
from wenzheng_core.domain.instants import at_local, local_day
from wenzheng_core.notices import outgoing
from wenzheng_core.ports import Answer
from wenzheng_core.testing.builders import START

Histories = dict[str, tuple[Record, ...]]


def judge(town: Town) -> None:
    """Every law at once. Raises AssertionError."""
    histories = {case.id: town.inner.records(case.id) for case in town.inner.scan()}
    answers = _answers(town)
    cases_are_their_records(town, histories)
    one_case_a_message(town, histories)
    each_command_has_one_effect(town, answers)
    rungs_fire_once_and_not_early(town, histories)
    leases_do_not_overlap(town)
    the_list_of_each_day_was_made(town)
    the_feed_was_seen_once(town, histories)
    everything_was_told(town, histories)
    one_after_another_comes_to_the_same(town, histories, answers)


def _answers(town: Town) -> dict[str, Answer]:
    with town.inner.transaction() as transaction:
        found = {key: transaction.answer(key) for key in town.known.asked}
    return {key: answer for key, answer in found.items() if answer is not None}


def cases_are_their_records(town: Town, histories: Histories) -> None:
    """Every case equals the fold of its records, whose versions run without a gap."""
    for case_id, records in histories.items():
        assert fold(records) == town.inner.case(case_id), "a case is not what its records say"
        assert [r.version for r in records] == list(range(1, len(records) + 1))
        assert all(a.at <= b.at for a, b in itertools.pairwise(records))


def one_case_a_message(town: Town, histories: Histories) -> None:
    """A message is one case, and every text that was acknowledged is on record in it, once."""
    assert len(histories) == MESSAGES
    for case_id in histories:
        case = town.inner.case(case_id)
        assert case is not None
        number = case.message.external_id
        texts = [case.message.body, *(r.message.body for r in case.revisions)]
        assert len(texts) == len(set(texts)), "a text was recorded twice"
        known = {body for n, body in town.known.received if n == number}
        assert known <= set(texts), "an acknowledged text is not on record"


def each_command_has_one_effect(town: Town, answers: dict[str, Answer]) -> None:
    """What was acknowledged is there, under the versions that were told; nothing is there twice."""
    for key, versions in town.known.done.items():
        assert key in answers, "an acknowledged command is gone"
        assert (answers[key].first_version, answers[key].last_version) == versions
    assert not town.known.refused & set(answers), "a refused command was carried out"
    taken: set[tuple[str, int]] = set()
    for answer in answers.values():
        span = {(answer.case_id, v) for v in range(answer.first_version, answer.last_version + 1)}
        assert not span & taken, "two commands claim one record"
        taken |= span


def rungs_fire_once_and_not_early(town: Town, histories: Histories) -> None:
    """A rung of a clock's start fires once, not before its instant, and nothing is dated ahead."""
    for records in histories.values():
        fired = [r for r in records if isinstance(r.event, e.RungFired)]
        keys = [(r.event.rung, r.event.clock, r.event.unit, r.event.epoch) for r in fired]
        assert len(keys) == len(set(keys)), "a rung fired twice"
        assert all(r.event.scheduled <= r.at for r in fired), "a rung fired early"
    for written in town.storage.committed:
        for record in written.records:
            assert written.at is not None
            assert record.at <= written.at + SKEW, f"{written.by} wrote ahead of time"


def leases_do_not_overlap(town: Town) -> None:
    """Writes under a lease follow one another by its epochs, each the one holder's."""
    epochs: dict[str, int] = defaultdict(int)
    holders: dict[tuple[str, int], str] = {}
    for written in town.storage.committed:
        for lease in written.holds:
            assert lease.epoch >= epochs[lease.name], "a write under a lease that was lost"
            epochs[lease.name] = lease.epoch
            assert holders.setdefault((lease.name, lease.epoch), lease.holder) == lease.holder


def the_feed_was_seen_once(town: Town, histories: Histories) -> None:
    """The feed holds every record once; its follower handled each at least, and kept each, once."""
    fed = town.inner.feed(limit=100_000)
    assert [each.position for each in fed] == list(range(1, len(fed) + 1))
    assert sorted((f.record.case_id, f.record.version) for f in fed) == sorted(
        (r.case_id, r.version) for records in histories.values() for r in records
    )
    kept = town.inner.entries("seen/", limit=100_000)
    assert [(line.body["case"], line.body["v"]) for line in kept] == [
        (f.record.case_id, f.record.version) for f in fed
    ], "the follower missed a record"
    assert set(town.known.seen) == {each.position for each in fed}
    assert town.inner.cursor(CONSUMER) == len(fed)


def the_list_of_each_day_was_made(town: Town) -> None:
    """Each noon since the beginning has its line in the diary, and nothing else has one."""
    noon = at_local(local_day(START), time(12))
    noons = []
    while noon <= town.world.now():
        noons.append(run_key("list", noon))
        noon += DAY
    assert [line.key for line in town.inner.entries("run/", limit=10_000)] == noons


def everything_was_told(town: Town, histories: Histories) -> None:
    """What the receiver has is what the records call for, under the same keys, with receipts."""
    arrived = [key for keys, _, _ in town.known.arrived for key in keys]
    expected = {item.key: item for item in _called_for(town, histories)}
    reports = {key for key in arrived if key.startswith(("dead/", "run/"))}
    runs = {f"{line.key}/0" for line in town.inner.entries("run/", limit=10_000)}
    assert runs <= reports, "a list that was made did not arrive"
    assert set(arrived) - reports == set(expected), "not everything arrived"
    for keys, to, text in town.known.arrived:
        for key in keys:
            if key in expected:
                assert expected[key].to == to
                assert expected[key].text in text
    noted = [
        key
        for records in histories.values()
        for r in records
        if isinstance(r.event, e.Delivered)
        for key in r.event.keys
    ]
    assert len(noted) == len(set(noted)), "a receipt was recorded twice"
    assert set(noted) == set(expected), "a receipt is missing"


def _called_for(town: Town, histories: Histories):  # type: ignore[no-untyped-def]
    office = town.office
    for case_id, records in histories.items():
        case = town.inner.case(case_id)
        assert case is not None
        yield from outgoing(case, records, office.policy_of(case), office.city.units)


# One after another


def one_after_another_comes_to_the_same(
    town: Town, histories: Histories, answers: dict[str, Answer]
) -> None:
    """The same commands at the same instants, one after another, give the same history."""
    of_case: dict[str, dict[int, str]] = defaultdict(dict)
    for key, answer in answers.items():
        of_case[answer.case_id][answer.last_version] = key
    for case_id, records in histories.items():
        lived = _alone(town, case_id, records, of_case[case_id])
        assert [_said(r) for r in lived] == [_said(r) for r in records], "another history"


def _said(record: Record) -> tuple[object, ...]:
    """A record without the instant of what happens by itself, which is whenever it was noticed."""
    return record.version, record.actor, record.event


def _alone(
    town: Town, case_id: str, records: Sequence[Record], keys: dict[int, str]
) -> list[Record]:
    office, case, lived = town.office, None, list[Record]()
    for record in records:
        asked = _asked(town, record, keys)
        if asked is None:
            continue
        command, actor = asked
        request = Request(command, actor, record.at)
        if case is None:
            decision = open_case(case_id, request, office.rules_of(_opened(records)))
        else:
            decision = decide(case, request, office.rules_of(case))
        case = decision.case
        lived += decision.records
    assert case is not None
    end = decide(case, Request(Tick(), SYSTEM, town.world.now()), office.rules_of(case))
    return [*lived, *end.records]


def _opened(records: Sequence[Record]) -> Case:
    case = fold(records[:1])
    assert case is not None
    return case


def _asked(town: Town, record: Record, keys: dict[int, str]) -> tuple[Command, Actor] | None:
    """What brought about a record, where it is the last one of a command; None where it is not."""
    if key := keys.get(record.version):
        asked = town.known.asked[key]
        return asked.command, asked.actor
    match record.event:
        case e.CaseOpened(message=message):
            return Receive(message=message), _source(message)
        case e.MessageRevised(message=message):
            return Revise(message=message), _source(message)
        case e.Delivered(keys=told, channel=channel, to=to, receipt=receipt):
            return NoteDelivered(keys=told, channel=channel, to=to, receipt=receipt), SYSTEM
        case e.DeliveryAbandoned(keys=told, channel=channel, to=to, error=error):
            return NoteUndelivered(keys=told, channel=channel, to=to, error=error), SYSTEM
        case _:
            return None


def _source(message: Message) -> Actor:
    return Actor(message.source, Role.SOURCE)
