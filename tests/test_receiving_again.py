"""The same message received again: one case, and each text that the platform showed, once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wenzheng_core import (
    Accept,
    Actor,
    Assign,
    FixedClock,
    Office,
    RefusedError,
    Role,
    load_plugins,
    wire,
)
from wenzheng_core.cities import make_city
from wenzheng_core.domain.commands import Decline, Erase, Restrict
from wenzheng_core.domain.events import MessageRevised, Record, RungFired
from wenzheng_core.domain.messages import Contact, Message, RecordedMessage
from wenzheng_core.memory import MemoryStorage
from wenzheng_core.testing.builders import (
    CLERK,
    HOUR,
    HOUSING,
    START,
    sample_calendar,
    sample_message,
    sample_policy,
    sample_rules,
)

TEXTS = ("第一稿", "第二稿", "第三稿", "第四稿")


def make_office(url: str = "memory://", policy: object = None) -> Office:
    """An office of the sample city over a store of its own."""
    return Office(
        city=make_city([policy or sample_policy()], sample_rules().units),
        storage=load_plugins().open_storage(url, "sample")
        if url != "memory://"
        else MemoryStorage("sample"),
        calendar=sample_calendar(),
        clock=FixedClock(START),
    )


@pytest.fixture(name="office", params=["memory://", "sqlite:///{}/wenzheng.db"])
def _office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    office = make_office(request.param.format(tmp_path))
    yield office
    office.storage.close()


def copy(body: str = TEXTS[0], **changes: object) -> Message:
    """The message with another text."""
    return attrs.evolve(sample_message(), body=body, **changes)


def revisions(records: tuple[Record, ...]) -> list[str]:
    """The bodies of the revisions among records."""
    return [r.event.message.body for r in records if isinstance(r.event, MessageRevised)]


def test_another_text_is_a_revision_of_the_same_case(office: Office) -> None:
    """It is no repetition: its own record comes back; the first text and the clocks stand."""
    first = office.receive(copy())
    outcome = office.receive(copy(TEXTS[1]), at=START + HOUR)
    again = office.receive(copy(TEXTS[1]), at=START + 2 * HOUR)

    assert (outcome.repeated, again.repeated) == (False, True)
    assert revisions(outcome.records) == [TEXTS[1]]
    assert [record.actor for record in outcome.records] == ["sample"]
    assert again.records == first.records
    case = office.case(first.case.id)
    assert (case.message.body, case.latest_message.body) == (TEXTS[0], TEXTS[1])
    assert (case.clocks, case.next_wake) == (first.case.clocks, first.case.next_wake)
    assert [one.id for one in office.storage.scan()] == [case.id]


@pytest.mark.parametrize(
    "changes", [dict(title="别的"), dict(contact=Contact("李四"))], ids=["title", "contact"]
)
def test_a_title_and_a_contact_are_text_too(office: Office, changes: dict[str, object]) -> None:
    """What the citizen may change on the platform; how the platform shows it is none."""
    office.receive(copy())
    assert office.receive(copy(author="匿名用户")).repeated
    assert not office.receive(copy(**changes)).repeated


@given(st.lists(st.sampled_from(TEXTS), min_size=50, max_size=50), st.booleans())
def test_fifty_copies_in_any_order_are_one_case(bodies: list[str], at_once: bool) -> None:
    """Each text is recorded once, in the order in which it was first seen; one by one or in batches."""
    office = make_office()
    if at_once:
        rows = [RecordedMessage(row=n, message=copy(body)) for n, body in enumerate(bodies, 2)]
        cases = list(office.receive_many(rows, batch=7))
        assert len({case.id for case in cases if not hasattr(case, "reason")}) == 1
        assert len(cases) == 50
    else:
        for number, body in enumerate(bodies):  # each later copy bears an earlier instant
            office.receive(copy(body), at=START + (60 - number) * HOUR)
    (case,) = office.storage.scan()
    seen = list(dict.fromkeys(bodies))
    assert [case.message.body, *(r.message.body for r in case.revisions)] == seen
    assert revisions(office.history(case.id)) == seen[1:]


def test_one_copy_in_many_threads(office: Office) -> None:
    """Whoever comes first opens or revises; all others are told that they repeat it."""
    bodies = [TEXTS[n % 2] for n in range(16)]
    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(lambda body: office.receive(copy(body)), bodies))
    assert sorted(outcome.repeated for outcome in outcomes) == [False] * 2 + [True] * 14
    (case,) = office.storage.scan()
    assert {case.message.body, case.latest_message.body} == set(TEXTS[:2])
    assert len(case.revisions) == 1


def test_a_copy_that_comes_late_is_recorded_after_what_is_on_record(office: Office) -> None:
    """Its instant lies before the last record, and yet it is not lost."""
    case_id = office.receive(copy()).case.id
    office.execute(case_id, Decline(reason="court"), actor=CLERK, key="k", at=START + 5 * HOUR)
    outcome = office.receive(copy(TEXTS[1]), at=START + HOUR)
    assert [record.at for record in outcome.records] == [START + 5 * HOUR]


def test_what_is_due_happens_before_a_revision(office: Office) -> None:
    """As before any command: a text that comes after the due instant finds its cards there."""
    case_id = office.receive(copy()).case.id
    office.execute(case_id, Accept(), actor=CLERK, key="a")
    office.execute(case_id, Assign(lead="housing"), actor=CLERK, key="b")
    outcome = office.receive(copy(TEXTS[1]), at=START + 20 * 24 * HOUR)
    kinds = [type(record.event) for record in outcome.records]
    assert kinds == [RungFired, RungFired, MessageRevised]
    assert office.history(case_id)[-3:] == outcome.records


def test_nobody_revises_who_may_not_receive(office: Office) -> None:
    """A unit neither opens a case nor speaks for the platform; a plain repetition tells it nothing new."""
    office.receive(copy())
    with pytest.raises(RefusedError) as refused:
        office.receive(copy(TEXTS[1]), actor=HOUSING)
    assert refused.value.rule == "workflow.role"
    assert office.receive(copy(), actor=HOUSING).repeated
    assert not office.receive(copy(TEXTS[1]), actor=Actor("li", Role.OFFICE)).repeated


@pytest.mark.parametrize("ended", [Restrict(reason="x"), Erase(reason="x", words=True)], ids=str)
def test_polling_again_brings_nothing_back(office: Office, ended: Restrict | Erase) -> None:
    """Neither into a restricted case nor into one whose words are erased."""
    case_id = office.receive(copy()).case.id
    office.execute(case_id, Decline(reason="court"), actor=CLERK, key="k")
    office.execute(case_id, ended, actor=CLERK, key="e")
    before = office.case(case_id)
    for body in TEXTS:
        assert office.receive(copy(body)).repeated
    rows = [RecordedMessage(row=2, message=copy(TEXTS[1]))]
    assert list(office.receive_many(rows)) == [before]
    assert office.case(case_id) == before


def test_what_was_erased_is_in_no_answer_of_the_office(office: Office) -> None:
    """Neither the case, nor its history, nor the answer to the key of a command of before."""
    case_id = office.receive(copy()).case.id
    decline = Decline(reason="court")
    office.execute(case_id, decline, actor=CLERK, key="k")
    office.receive(copy(TEXTS[1], contact=Contact("李四", "13911112222")))
    office.execute(case_id, Erase(reason="x", words=True), actor=CLERK, key="e")

    told = [office.case(case_id), office.execute(case_id, decline, actor=CLERK, key="k").case]
    text = "".join(wire.to_json(wire.case_to_dict(case)) for case in told)
    records = office.history(case_id)
    text += "".join(wire.to_json(wire.record_to_dict(r, personal=True)) for r in records)
    for secret in ("张三", "13800000000", "李四", "13911112222", "路灯不亮", *TEXTS):
        assert secret not in text
