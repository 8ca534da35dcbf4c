"""What an office suggests: look-alikes of a message, groups of a month, remarks on a reply."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs
import pytest

from wenzheng_core import FixedClock, Message, Office, Period, UnknownError
from wenzheng_core.cities import make_city
from wenzheng_core.domain.commands import Decline, LiftRestriction, Restrict
from wenzheng_core.memory import MemoryStorage
from wenzheng_core.testing.builders import (
    CLERK,
    START,
    sample_calendar,
    sample_change,
    sample_history,
    sample_policy,
    sample_rules,
)
from wenzheng_core.testing.replywords import SUGGESTED_CHECKS

HOUR = timedelta(hours=1)
MARCH = Period(datetime(2025, 2, 28, 16, tzinfo=UTC), datetime(2025, 3, 31, 16, tzinfo=UTC))
APRIL = Period(MARCH.until, datetime(2025, 4, 30, 16, tzinfo=UTC))
ANTHOLOGY = Path(__file__).parents[2] / "shared" / "seeds" / "004_2a786eabb42374a6.txt"
LAMP = "幸福路三号院门口的路灯坏了半个月,晚上出行不便,希望有关部门尽快派人维修。"
BUS = "建议在东湖公园北门设公交站,让十八路绕行一站,方便带孩子的家庭。"


def _office() -> Office:
    return Office(
        city=make_city(
            [attrs.evolve(sample_policy(), reply=SUGGESTED_CHECKS)], sample_rules().units
        ),
        storage=MemoryStorage("sample"),
        calendar=sample_calendar(),
        clock=FixedClock(START),
    )


def _receive(office: Office, *texts: str, at: datetime = START) -> list[str]:
    """Cases of messages with these bodies, an hour apart."""
    begun = sum(1 for _ in office.storage.scan())
    instants = [at + n * HOUR for n in range(len(texts))]
    return [
        office.receive(
            Message(
                source="sample", external_id=str(begun + n), title="t", body=text, posted_at=instant
            ),
            at=instant,
        ).case.id
        for n, (text, instant) in enumerate(zip(texts, instants, strict=True))
    ]


def test_look_alikes_before_and_after_a_message() -> None:
    """The most similar first, whether it came earlier or later; another matter never."""
    office = _office()
    near, bus, asked, copy = _receive(office, LAMP.replace("尽快", "抓紧"), BUS, LAMP, LAMP)

    first, second = office.similar(asked)
    assert (first.key, first.earlier, first.exact) == (copy, asked, True)
    assert (second.key, second.earlier, second.exact) == (asked, near, False)
    assert office.similar(asked, limit=1) == (first,)
    assert office.similar(bus) == ()
    with pytest.raises(UnknownError):
        office.similar("nobody")


def test_groups_of_a_month_in_the_order_of_receipt() -> None:
    """What came in another month is in no group of this one."""
    office = _office()
    bus, lamp, again, other = _receive(office, BUS, LAMP, LAMP, BUS.replace("方便", "照顾"))
    _receive(office, LAMP, at=APRIL.first)

    assert office.duplicate_clusters(MARCH) == ((bus, other), (lamp, again))
    assert office.duplicate_clusters(APRIL) == ()


def test_a_restricted_case_is_compared_with_none() -> None:
    """Neither suggested, nor in a group, nor itself compared, until the restriction is lifted."""
    office = _office()
    first, held, last = _receive(office, LAMP, LAMP, LAMP)
    office.execute(held, Decline(reason="court"), actor=CLERK, key="decline")
    office.execute(held, Restrict(reason="保存期未满"), actor=CLERK, key="restrict")

    assert office.similar(held) == ()
    assert {(one.key, one.earlier) for one in office.similar(first)} == {(last, first)}
    assert office.duplicate_clusters(MARCH) == ((first, last),)
    office.execute(held, LiftRestriction(reason="本人同意"), actor=CLERK, key="lift")
    assert len(office.similar(held)) == 2
    assert office.duplicate_clusters(MARCH) == ((first, held, last),)


@pytest.mark.skipif(not ANTHOLOGY.is_file(), reason="needs ../shared/seeds")
def test_the_three_copies_of_one_report_are_one_group() -> None:
    """Original, synonym-spun copy and truncated copy; another report of the kind is alone."""
    lines = ANTHOLOGY.read_text(encoding="utf-8").splitlines()
    places = ((179, 201), (536, 566), (348, 370), (376, 396))
    office = _office()
    original, alone, spun, cut = _receive(
        office, *("\n".join(lines[first - 1 : last]) for first, last in places)
    )

    assert office.duplicate_clusters(MARCH) == ((original, spun, cut),)
    assert [found.key for found in office.similar(original)] == [cut, spun]
    assert office.similar(alone) == ()


def test_remarks_on_the_proposed_reply_or_a_given_one() -> None:
    """By the case's own policy; where nothing is proposed there is nothing to remark."""
    office = _office()
    life = sample_history("c1", steps=6)
    policy = office.city.versions.latest
    case = attrs.evolve(life.case, policy_digest=policy.digest)
    with office.storage.transaction() as transaction:
        transaction.write([sample_change(attrs.evolve(life, case=case))])
    (fresh,) = _receive(office, BUS)

    proposed = office.remarks("c1")
    assert case.proposed_reply == "您好,路灯已修复。"
    assert proposed == SUGGESTED_CHECKS.remarks(case.proposed_reply)
    assert "missing.contact" in {remark.code for remark in proposed}
    assert "vague" in {remark.code for remark in office.remarks("c1", "您好,将尽快修复。")}
    assert office.remarks(fresh) == ()
    with pytest.raises(UnknownError):
        office.remarks("nobody")
