"""A case is handed down to another office and its answer up again, each call as often as one likes."""

from __future__ import annotations

from datetime import timedelta

import attrs
import pytest

from wenzheng_core import (
    Accept,
    Archive,
    Assign,
    Decline,
    FixedClock,
    Office,
    Publish,
    Reassign,
    RefusedError,
    Reopen,
    Report,
    ReturnForRework,
    hand_down,
    hand_up,
)
from wenzheng_core.cities import make_city
from wenzheng_core.domain.actors import Actor
from wenzheng_core.domain.commands import AnswerDirectly, Command, Erase, Forward, Restrict
from wenzheng_core.domain.events import Reported
from wenzheng_core.domain.messages import SourceKind
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.provisions import LastStep
from wenzheng_core.domain.workflow import State
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

CLOCK = FixedClock(START)


def _office(policy: Policy) -> Office:
    return Office(
        city=make_city([policy], sample_rules().units),
        storage=MemoryStorage(policy.id),
        calendar=sample_calendar(),
        clock=CLOCK,
    )


def _offices(*steps: LastStep) -> tuple[Office, Office, str]:
    """A city whose housing bureau holds a case, and the county that stands for the bureau."""
    CLOCK.move_to(START)
    city = _office(sample_policy())
    county = _office(attrs.evolve(sample_policy(), id="county", gates=(), last_steps=steps))
    case_id = city.receive(sample_message()).case.id
    _do(city, case_id, Accept(), Assign(lead="housing", assisting=("police",)))
    return city, county, case_id


def _do(office: Office, case_id: str, *commands: Command, actor: Actor = CLERK) -> None:
    for command in commands:
        CLOCK.move_to(CLOCK.at + timedelta(minutes=1))
        office.execute(case_id, command, actor=actor, key=CLOCK.at.isoformat())


def _up(city: Office, county: Office, below: str, unit: str = "housing") -> State:
    return hand_up(city, county, below, unit=unit, actor_id="county-1").case.state


def test_what_goes_down() -> None:
    """The county gets the citizen's own message, known by the upper case, with a way to reach them."""
    city, county, case_id = _offices()
    below = hand_down(city, case_id, "housing", county, facts={"category": "投诉"}).case

    message, above = below.message, city.case(case_id).message
    assert (message.source, message.external_id) == ("sample", f"{case_id}/1/housing")
    assert (message.title, message.body, message.posted_at) == (
        above.title,
        above.body,
        above.posted_at,
    )
    assert message.contact == above.contact
    assert message.contact.phone
    assert (message.kind, message.addressed_to) == (SourceKind.UPPER_OFFICE, "市住房局")
    assert below.facts["category"] == "投诉"
    assert below.opened == CLOCK.at


def test_down_again() -> None:
    """Handed down again, even after the unit let go, there is one case; a new round is another."""
    city, county, case_id = _offices()
    first = hand_down(city, case_id, "housing", county)
    assert not first.repeated
    _do(city, case_id, Reassign(lead="police", reason="另定"))
    again = hand_down(city, case_id, "housing", county)
    assert again.repeated
    assert again.case == first.case
    _do(city, case_id, Reassign(lead="housing", reason="改回"))

    second = hand_down(city, case_id, "housing", county)
    assert second.case.message.external_id == f"{case_id}/3/housing"
    assert len(list(county.storage.scan())) == 2


@pytest.mark.parametrize(
    ("ended", "rule"),
    [
        (Restrict(reason="x"), "personal.restricted"),
        (Erase(reason="x", words=True), "personal.erased"),
    ],
)
def test_what_is_restricted_or_erased_goes_nowhere(ended: Command, rule: str) -> None:
    """Neither down, where an emptied text would pass for another one, nor up."""
    city, county, _ = _offices()
    case_id = county.receive(sample_message("2")).case.id
    _do(county, case_id, Accept(), Assign(lead="housing"))
    below = hand_down(county, case_id, "housing", city).case
    _do(county, case_id, Report(findings="已查", proposed_reply="您好。"), actor=HOUSING)
    _do(county, case_id, Publish(), ended)
    with pytest.raises(RefusedError) as refused:
        hand_down(county, case_id, "housing", city)
    assert refused.value.rule == rule
    assert city.case(below.id) == below
    if isinstance(ended, Restrict):
        with pytest.raises(RefusedError) as refused:
            _up(city, county, case_id)
        assert refused.value.rule == rule


def test_down_for_a_unit_that_does_not_hold_it() -> None:
    """Neither a stranger nor a unit that let the case go can hand it down."""
    city, county, case_id = _offices()
    _do(city, case_id, Reassign(lead="police", reason="另定"))
    for unit in ("housing", "nobody"):
        with pytest.raises(RefusedError) as refused:
            hand_down(city, case_id, unit, county)
        assert refused.value.rule == "relay.not_holder"
    assert list(county.storage.scan()) == []


def test_what_comes_up() -> None:
    """The county's findings and answer become the unit's report, once; its own office has the word."""
    city, county, case_id = _offices()
    below = hand_down(city, case_id, "housing", county).case.id
    _do(county, below, Accept(), Assign(lead="housing"))
    with pytest.raises(RefusedError) as refused:
        _up(city, county, below)
    assert refused.value.rule == "relay.unanswered"
    _do(county, below, Report(findings="灯杆已换。", proposed_reply="您好,已修。"), actor=HOUSING)
    _do(county, below, Publish())

    assert _up(city, county, below) is State.REPORTED
    case, version = city.case(case_id), city.case(case_id).version
    assert case.proposed_reply == "您好,已修。"
    (found,) = ((r.actor, r.event) for r in city.history(case_id) if isinstance(r.event, Reported))
    assert (found[0], found[1].findings) == ("county-1", "灯杆已换。")
    _do(county, below, Archive())
    assert _up(city, county, below) is State.REPORTED
    assert city.case(case_id).version == version


def test_a_forwarded_answer_without_a_unit() -> None:
    """Where no unit of the county reported, its answer is also what was found."""
    city, county, case_id = _offices(LastStep(to="市办", basis="样例"))
    below = hand_down(city, case_id, "housing", county).case.id
    _do(county, below, Accept(), AnswerDirectly(reply="已修。"), Forward())

    outcome = hand_up(city, county, below, unit="housing", actor_id="a", at=CLOCK.at + HOUR)
    (found,) = ((r.at, r.event) for r in outcome.records if isinstance(r.event, Reported))
    assert (found[0], found[1].findings) == (CLOCK.at + HOUR, "已修。")


def test_up_after_a_rework() -> None:
    """What the city returns is answered anew once the county has reopened its case."""
    city, county, case_id = _offices()
    below = hand_down(city, case_id, "housing", county).case.id
    _do(county, below, Accept(), AnswerDirectly(reply="已修。"), Publish())
    _up(city, county, below)
    _do(city, case_id, ReturnForRework(reason="不实"))
    assert hand_up(city, county, below, unit="housing", actor_id="county-1").repeated
    _do(county, below, Reopen(reason="上级退回"), AnswerDirectly(reply="真修了。"), Publish())

    assert _up(city, county, below) is State.REPORTED
    assert city.case(case_id).proposed_reply == "真修了。"


def test_up_without_the_case() -> None:
    """A unit that lost the case, or another than it was handed to, reports nothing."""
    city, county, case_id = _offices()
    below = hand_down(city, case_id, "housing", county).case.id
    _do(county, below, Accept(), AnswerDirectly(reply="已修。"), Publish())
    with pytest.raises(RefusedError) as refused:
        _up(city, county, below, "police")
    assert refused.value.rule == "relay.stranger"
    _do(city, case_id, Reassign(lead="police", reason="另定"))
    with pytest.raises(RefusedError) as refused:
        _up(city, county, below)
    assert refused.value.rule == "unit.not_holder"
    _do(city, case_id, Reassign(lead="housing", reason="改回"))
    with pytest.raises(RefusedError) as refused:
        _up(city, county, below)
    assert refused.value.rule == "relay.not_holder"


def test_up_what_was_declined_or_came_from_elsewhere() -> None:
    """A declined case is no answer, archived or not; a case of the county's own is nobody else's."""
    city, county, case_id = _offices()
    below = hand_down(city, case_id, "housing", county).case.id
    _do(county, below, Decline(reason="court"))
    with pytest.raises(RefusedError, match="不予受理") as refused:
        _up(city, county, below)
    assert refused.value.rule == "relay.unanswered"
    _do(county, below, Archive())
    with pytest.raises(RefusedError, match="已归档"):
        _up(city, county, below)
    own = county.receive(sample_message("own")).case.id
    with pytest.raises(RefusedError) as refused:
        _up(city, county, own)
    assert refused.value.rule == "relay.stranger"
