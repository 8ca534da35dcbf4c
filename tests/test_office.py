"""Receiving and executing: one effect for one key, and nothing of what is refused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import attrs
import pytest
from tests.overhearing import overhear

from wenzheng_core import (
    Accept,
    Actor,
    ArgumentError,
    Assign,
    Claim,
    Classify,
    Command,
    Contact,
    Decline,
    Erase,
    FixedClock,
    KeyReusedError,
    LogContact,
    Merge,
    NaiveTimeError,
    Office,
    Publish,
    RefusedError,
    Role,
    UnknownError,
    load_plugins,
)
from wenzheng_core.cities import make_city
from wenzheng_core.domain.commands import Commit, Link, Review, Revise
from wenzheng_core.domain.events import Accepted
from wenzheng_core.domain.messages import Relation
from wenzheng_core.outcomes import fingerprint_of
from wenzheng_core.testing.builders import (
    CLERK,
    HOUSING,
    START,
    sample_calendar,
    sample_message,
    sample_policy,
    sample_rules,
)

HOUR = timedelta(hours=1)


@pytest.fixture(name="office", params=["memory://", "sqlite:///{}/wenzheng.db"])
def _office(request: pytest.FixtureRequest, tmp_path: Path) -> Office:
    url = request.param.format(tmp_path)
    return Office(
        city=make_city([sample_policy()], sample_rules().units),
        storage=load_plugins().open_storage(url, "sample"),
        calendar=sample_calendar(),
        clock=FixedClock(START),
    )


def _clock(office: Office) -> FixedClock:
    assert isinstance(office.clock, FixedClock)
    return office.clock


def test_receiving_twice(office: Office) -> None:
    """The same message again gives the same case, its own opening records, and no second case."""
    first = office.receive(sample_message())
    # At the very instant of the opening, so that the instant alone cannot tell them apart.
    office.execute(first.case.id, Accept(), actor=CLERK, key="accept")
    again = office.receive(sample_message(), at=START + HOUR)

    assert (first.repeated, again.repeated) == (False, True)
    assert again.records == first.records
    assert [case.id for case in office.storage.scan()] == [first.case.id]
    assert office.case_of("sample", "1").id == first.case.id


def test_receiving_what_cannot_be(office: Office) -> None:
    """A message from the future, before the policy, by a stranger or at a naive time is refused."""
    message = sample_message()
    with pytest.raises(RefusedError, match="晚于登记时间"):
        office.receive(message, at=START - HOUR)
    early = datetime(1999, 12, 31, tzinfo=UTC)
    with pytest.raises(RefusedError, match="2000-01-01"):
        office.receive(sample_message(posted=early), at=early)
    with pytest.raises(RefusedError, match="不能登记留言"):
        office.receive(message, actor=HOUSING)
    with pytest.raises(RefusedError, match="没有「重大」这一项"):
        office.receive(message, facts={"category": "重大"})
    with pytest.raises(NaiveTimeError):
        office.receive(message, at=datetime(2025, 3, 3, 10))  # noqa: DTZ001 - that is the point

    assert list(office.storage.scan()) == []
    with pytest.raises(UnknownError, match="sample/1"):
        office.case_of("sample", "1")


def test_one_key_one_effect(office: Office) -> None:
    """The same key gives the first answer again, also after further events."""
    case_id = office.receive(sample_message()).case.id
    first = office.execute(case_id, Accept(), actor=CLERK, key="k1")
    office.execute(case_id, Assign(lead="housing"), actor=CLERK, key="k2")
    office.execute(case_id, Claim(), actor=HOUSING, key="k3")
    history = office.history(case_id)
    _clock(office).move_to(START + 90 * 24 * HOUR)
    again = office.execute(case_id, Accept(), actor=CLERK, key="k1")

    assert again.repeated
    assert (again.case, again.records) == (first.case, first.records)
    assert office.history(case_id) == history


def test_a_key_for_another_command(office: Office) -> None:
    """A key that stood for another command, case or actor is refused, whatever it now asks."""
    case_id = office.receive(sample_message()).case.id
    other = office.receive(sample_message("2")).case.id
    office.execute(case_id, LogContact(reached=False), actor=CLERK, key="k")
    history = office.history(case_id)

    for case, command, actor in (
        (case_id, LogContact(reached=True), CLERK),
        (other, LogContact(reached=False), CLERK),
        (case_id, LogContact(reached=False), Actor("office-2", Role.OFFICE)),
    ):
        with pytest.raises(KeyReusedError) as caught:
            office.execute(case, command, actor=actor, key="k")
        assert caught.value.key == "k"
    assert office.history(case_id) == history


def test_a_key_for_another_text(office: Office) -> None:
    """A revision under the same key is the same as far as what was recorded of it is still there."""
    case_id = office.receive(sample_message()).case.id
    first = attrs.evolve(sample_message(), body="路灯又坏了。")
    second = attrs.evolve(first, body="路灯修好了。")
    other_phone = attrs.evolve(first, contact=attrs.evolve(first.contact, phone="13912345678"))
    recorded = office.execute(case_id, Revise(message=first), actor=CLERK, key="k").records
    assert office.execute(case_id, Revise(message=first), actor=CLERK, key="k").records == recorded
    for text in (second, other_phone, attrs.evolve(first, external_id="other")):
        with pytest.raises(KeyReusedError):
            office.execute(case_id, Revise(message=text), actor=CLERK, key="k")
    office.execute(case_id, Decline(reason="court"), actor=CLERK, key="d")
    office.execute(case_id, Erase(reason="本人要求"), actor=CLERK, key="e")
    again = office.execute(case_id, Revise(message=other_phone), actor=CLERK, key="k")
    assert (again.repeated, again.case.revisions[0].message.contact) == (True, Contact())
    with pytest.raises(KeyReusedError):
        office.execute(case_id, Revise(message=second), actor=CLERK, key="k")


def test_a_fingerprint_says_nothing_of_the_citizen() -> None:
    """Whatever they left, it is the same: nobody finds a telephone number by trying them all."""
    message = sample_message()
    other = attrs.evolve(
        message, title="x", body="y", author="z", contact=Contact("某", "13912345678", "某路")
    )
    asked = [fingerprint_of("c1", Revise(message=m), CLERK) for m in (message, other)]
    assert asked[0] == asked[1]
    elsewhere = attrs.evolve(message, external_id="elsewhere")
    assert fingerprint_of("c1", Revise(message=elsewhere), CLERK) != asked[0]


def test_a_key_is_asked_for_once_its_case_is_held(office: Office) -> None:
    """Of two at once the later one waits for the case, and is then given the answer of the other."""
    case_id = office.receive(sample_message()).case.id
    said = overhear(office.storage)
    office.execute(case_id, Accept(), actor=CLERK, key="k")
    assert [name for name, _ in said] == ["case", "answer", "write"]


def test_a_refused_command_changes_nothing(office: Office) -> None:
    """What is refused leaves no record and no answer: its key may be used again."""
    case_id = office.receive(sample_message()).case.id
    before, history = office.case(case_id), office.history(case_id)
    for command in (Publish(), Claim(), Decline(reason="nope"), Classify(facts={"x": "y"})):
        with pytest.raises(RefusedError) as caught:
            office.execute(case_id, command, actor=CLERK, key="k", at=START + HOUR)
        assert caught.value.rule

    assert (before, history) == (office.case(case_id), office.history(case_id))
    assert not office.execute(case_id, Accept(), actor=CLERK, key="k").repeated


def test_no_rewriting_of_the_past(office: Office) -> None:
    """A stated instant before the last record is refused; a clock that lags never is."""
    case_id = office.receive(sample_message()).case.id
    office.execute(case_id, Accept(), actor=CLERK, key="a", at=START + 2 * HOUR)
    assign = Assign(lead="housing")

    with pytest.raises(RefusedError) as caught:
        office.execute(case_id, assign, actor=CLERK, key="b", at=START + HOUR)
    assert caught.value.rule == "time.backwards"
    outcome = office.execute(case_id, assign, actor=CLERK, key="b")  # the clock stands at START
    assert {record.at for record in outcome.records} == {START + 2 * HOUR}


def test_merging(office: Office) -> None:
    """A case follows one that exists and follows nothing itself: no circle, no loose end."""
    ids = [office.receive(sample_message(n)).case.id for n in "123"]
    office.execute(ids[0], Merge(into=ids[1]), actor=CLERK, key="a")

    for case, into in ((ids[1], ids[0]), (ids[2], ids[0]), (ids[2], "gone"), (ids[2], ids[2])):
        with pytest.raises(RefusedError, match="并入"):
            office.execute(case, Merge(into=into), actor=CLERK, key="b")
    assert office.case(ids[0]).merged_into == ids[1]
    assert office.case(ids[0]).next_wake is None


def test_what_is_unknown(office: Office) -> None:
    """A case that nobody has is unknown, by whatever question."""
    for ask in (office.case, office.history, office.explain):
        with pytest.raises(UnknownError, match="办件"):
            ask("nope")
    with pytest.raises(UnknownError, match="办件"):
        office.execute("nope", Accept(), actor=CLERK, key="k")


def test_nothing_is_told_twice(office: Office) -> None:
    """A repeated command puts nothing into the outbox again."""
    case_id = office.receive(sample_message()).case.id
    for _ in range(2):
        office.execute(case_id, Decline(reason="court"), actor=CLERK, key="k")

    with office.storage.transaction() as transaction:
        (item,) = transaction.outbox(START, 10)
    assert (item.channel, item.to, item.text) == ("publish", "sample", "请依法院程序。")


def test_one_key_from_many_threads(office: Office) -> None:
    """Eight threads with one key have one effect, and seven are told that they repeat it."""
    case_id = office.receive(sample_message()).case.id

    def accept(_: int) -> bool:
        return office.execute(case_id, Accept(), actor=CLERK, key="k").repeated

    with ThreadPoolExecutor(8) as threads:
        repeated = list(threads.map(accept, range(8)))
    assert sorted(repeated) == [False] + [True] * 7
    assert sum(isinstance(r.event, Accepted) for r in office.history(case_id)) == 1


@pytest.mark.parametrize(
    "command",
    [
        Review(checked=None),  # type: ignore[arg-type]
        Link(to="x", relation="praise"),  # type: ignore[arg-type]
        Decline(reason=None),  # type: ignore[arg-type]
        LogContact(reached="yes"),  # type: ignore[arg-type]
    ],
    ids=lambda command: type(command).__name__,
)
def test_what_would_not_come_back_from_the_store_is_never_written(
    office: Office, command: Command
) -> None:
    """A value of the wrong kind is the caller's error at once, not an unreadable case later."""
    case = office.receive(sample_message()).case
    with pytest.raises(ArgumentError, match=type(command).__name__):
        office.execute(case.id, command, actor=CLERK, key="odd")
    assert office.case(case.id).version == case.version


def test_a_day_is_a_date(office: Office) -> None:
    """Neither an instant nor a year that nobody can mean."""
    for day in (START, date.max, "2025-04-01"):
        with pytest.raises(ArgumentError, match="须是日期"):
            Commit(commitment="x", text="修路", due=day)  # type: ignore[arg-type]


def test_a_link_leads_somewhere(office: Office) -> None:
    """A case is linked to one that is there."""
    first, second = (office.receive(sample_message(n)).case.id for n in ("1", "2"))
    link = Link(to="nowhere", relation=Relation.THANKS)
    with pytest.raises(RefusedError) as refused:
        office.execute(first, link, actor=CLERK, key="a")
    assert refused.value.rule == "link.target"
    there = Link(to=second, relation=Relation.THANKS)
    assert office.execute(first, there, actor=CLERK, key="b").case.links[0].to == second
