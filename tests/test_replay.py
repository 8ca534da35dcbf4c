"""Living the past again: every card at its own instant, counted against a walk over the days."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path

import attrs
import chinese_calendar
import pytest

from wenzheng_core import (
    Act,
    Actor,
    Case,
    Claim,
    Message,
    Office,
    Period,
    RefusedError,
    Role,
    State,
    Units,
    UnknownError,
    load_plugins,
    open_office,
    replay,
)
from wenzheng_core.cities import make_city
from wenzheng_core.domain.clockrules import Promise
from wenzheng_core.domain.events import Assigned, RungFired
from wenzheng_core.domain.gates import Checklist, GateAct, Point
from wenzheng_core.domain.limits import CalendarDays
from wenzheng_core.domain.messages import Contact, RecordedMessage, RecordedReply, RejectedRow
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.domain.provisions import LastStep, Routing
from wenzheng_core.domain.timelimits import TimeRules
from wenzheng_core.memory import MemoryStorage
from wenzheng_core.replay import require_facts
from wenzheng_core.testing.builders import (
    sample_calendar,
    sample_clock,
    sample_gate,
    sample_policy,
    sample_row,
    sample_rules,
)

BEIJING = timezone(timedelta(hours=8))
DAY = timedelta(days=1)
UNTIL = datetime(2021, 6, 1, tzinfo=BEIJING)
ANSWER = "网友您好,已转相关单位处理。"


@pytest.fixture(name="office")
def _office() -> Office:
    return open_office("memory://", city="changsha", plugins=load_plugins())


def _row(
    number: int, posted: datetime, replied: datetime | None = None, title: str = "路灯不亮"
) -> RecordedMessage:
    message = Message(
        source="board", external_id=str(number), title=title, body="坏了", posted_at=posted
    )
    reply = RecordedReply(body=ANSWER, published_at=replied) if replied else None
    return RecordedMessage(row=number, message=message, reply=reply)


def _history(count: int) -> list[RecordedMessage]:
    dice = random.Random(20190401)
    rows = []
    for number in range(count):
        posted = datetime(2018, 1, 1, tzinfo=BEIJING) + timedelta(
            minutes=dice.randrange(3 * 365 * 24 * 60)
        )
        waited = timedelta(minutes=dice.randrange(16 * 24 * 60))
        rows.append(_row(number, posted, posted + waited if dice.random() < 0.9 else None))
    return rows


def _due_day(posted: datetime) -> date:
    day, left = posted.astimezone(BEIJING).date(), 5
    while left:
        day += DAY
        left -= chinese_calendar.is_workday(day)
    return day


def _cards(row: RecordedMessage) -> dict[str, datetime]:
    """The cards that the row earns by hand: at 0:00 of the due day, and at its end."""
    begins = datetime.combine(_due_day(row.message.posted_at), datetime.min.time(), BEIJING)
    end = row.reply.published_at if row.reply else UNTIL
    return {act: at for act, at in (("yellow", begins), ("red", begins + DAY)) if at <= end}


def test_every_card_at_its_own_instant(office: Office) -> None:
    """Of 200 messages each has the cards that a walk over the days gives it, when it gives them."""
    rows = _history(200)
    cases = list(replay(office, rows, until=UNTIL, batch=7))

    assert sum(len(_cards(row)) for row in rows) > 100
    for row, case in zip(rows, cases, strict=True):
        assert isinstance(case, Case)
        fired = [r for r in office.history(case.id) if isinstance(r.event, RungFired)]
        assert {r.event.rung: r.event.scheduled for r in fired} == _cards(row)
        assert all(r.at == r.event.scheduled for r in fired)
        published = (case.state is State.PUBLISHED, case.reply)
        assert published == ((True, ANSWER) if row.reply else (False, ""))


def test_the_figures_are_the_naive_ones(office: Office) -> None:
    """The report over the replayed years counts what a loop over the rows counts."""
    rows = _history(200)
    for _ in replay(office, rows, until=UNTIL):
        pass
    end = datetime(2021, 1, 1, tzinfo=BEIJING)
    figures = office.report(Period(end - 1200 * DAY, end), UNTIL)

    replies = [(row, row.reply.published_at) for row in rows if row.reply]
    late = sum("red" in _cards(row) for row in rows)
    assert (figures.received, figures.replied) == (200, len(replies))
    assert (figures.yellow_cards, figures.red_cards) == (
        sum("yellow" in _cards(row) for row in rows),
        late,
    )
    assert figures.within == sum(
        at.astimezone(BEIJING).date() <= _due_day(row.message.posted_at) for row, at in replies
    )
    assert figures.late == late


@pytest.mark.parametrize("url", ["memory://", "sqlite:///{}/wenzheng.db"])
def test_running_again_changes_nothing(url: str, tmp_path: Path) -> None:
    """A second replay, in other batches, yields the same cases and writes no record."""
    office = open_office(url.format(tmp_path), city="changsha")
    rows = _history(30)
    first = list(replay(office, rows, until=UNTIL, batch=10))
    histories = [office.history(case.id) for case in first if isinstance(case, Case)]
    again = list(replay(office, rows, until=UNTIL + 100 * DAY, batch=4))

    assert again == first
    assert [office.history(case.id) for case in again if isinstance(case, Case)] == histories
    assert len(list(office.storage.scan())) == 30


def test_rejected_rows_go_on(office: Office) -> None:
    """What is no message, or cannot have been, is yielded in its place with a reason."""
    posted = datetime(2020, 3, 2, 9, tzinfo=BEIJING)
    unread = RejectedRow(row=3, reason="没有标题")
    rows = [
        _row(2, posted),
        unread,
        _row(4, datetime(2010, 12, 31, 23, 59, tzinfo=BEIJING)),
        _row(5, posted, posted - DAY),
        _row(6, UNTIL + DAY),
        _row(4, posted),
    ]
    good, same, early, backwards, future, twin = replay(office, rows, until=UNTIL)

    assert isinstance(good, Case)
    assert same is unread
    for rejected, row, why in (
        (early, 4, "自 2011-01-01 起施行"),
        (backwards, 5, "早于"),
        (future, 6, "晚于补录的截止时间"),
    ):
        assert isinstance(rejected, RejectedRow)
        assert rejected.row == row
        assert why in rejected.reason
    assert isinstance(twin, Case)  # another file's fourth row: its number rejects nobody
    assert len(list(office.storage.scan())) == 2


@pytest.mark.parametrize("batch", [1, 5, 8])
def test_memory_is_bounded_by_the_batch(office: Office, batch: int) -> None:
    """No more than a batch of rows is pulled ahead of what has been yielded."""
    pulled = 0

    def rows() -> Iterator[RecordedMessage]:
        nonlocal pulled
        for row in _history(20):
            pulled += 1
            yield row

    for done, _ in enumerate(replay(office, rows(), until=UNTIL, batch=batch)):
        assert pulled - done <= batch
    assert pulled == 20


def test_nobody_is_told(office: Office) -> None:
    """What happened years ago sends no message today."""
    for _ in replay(office, _history(20), until=UNTIL):
        pass

    with office.storage.transaction() as transaction:
        assert transaction.outbox(UNTIL + 10_000 * DAY, 100) == ()


def test_the_lead_is_the_unit_that_is_named(office: Office) -> None:
    """The area named in the title decides, then in the text; what names none goes to ``unit``."""
    posted = datetime(2020, 3, 2, 9, tzinfo=BEIJING)
    rows = [_row(1, posted, title="望城区路灯不亮"), _row(2, posted)]
    named, unnamed = replay(office, rows, until=UNTIL, unit="ducha")

    assert isinstance(named, Case)
    assert isinstance(unnamed, Case)
    assert (named.lead, unnamed.lead) == ("wangcheng", "ducha")


def test_until_cuts_histories(office: Office) -> None:
    """What was recorded after ``until`` has not happened: no reply, no card, a case still open."""
    posted = datetime(2021, 2, 19, 10, tzinfo=BEIJING)
    until = datetime(2021, 2, 25, tzinfo=BEIJING)
    row = _row(1, posted, until + 3 * DAY)
    (case,) = replay(office, [row], until=until)

    assert isinstance(case, Case)
    assert (case.state, case.reply) == (State.ASSIGNED, "")
    assert [len(case.cards(act)) for act in (Act.YELLOW_CARD, Act.RED_CARD)] == [1, 0]
    assert case.next_wake == until + DAY


def test_a_policy_with_gates_is_lived_through() -> None:
    """A city's own gates are passed at the recorded instant by those whom it names."""
    office = open_office("memory://", city="shantou", plugins=load_plugins())
    posted = datetime(2020, 9, 28, 16, tzinfo=BEIJING)
    row = _row(1, posted, posted + DAY)
    (case,) = replay(office, [row], until=UNTIL, facts={"category": "咨询"})
    (unsaid,) = replay(office, [_row(2, posted)], until=UNTIL)

    assert isinstance(case, Case)
    assert (case.state, case.stands("approve")) == (State.PUBLISHED, True)
    assert isinstance(unsaid, RejectedRow)
    assert "请先确定:诉求类型" in unsaid.reason


EVERY_GATE = (
    sample_gate("told", GateAct.CONTACT, before=Point.ASSIGN),
    sample_gate("note", GateAct.NOTE, before=Point.ASSIGN),
    sample_gate("marked", GateAct.INSTRUCT, "市长", before=Point.ASSIGN, checklists=("four",)),
    sample_gate("beside", GateAct.INSTRUCT, "副市长", before=Point.ASSIGN, blocks=False),
    sample_gate("named", GateAct.DESIGNATE, before=Point.ASSIGN),
    sample_gate("looked", GateAct.REVIEW, before=Point.ASSIGN),
    sample_gate("signed", GateAct.APPROVE, "秘书长", before=Point.ASSIGN),
    sample_gate("asked", GateAct.CONTACT, before=Point.REPORT),
    sample_gate("papers", GateAct.NOTE, before=Point.REPORT),
    sample_gate("proof", GateAct.NOTE),
    sample_gate("called", GateAct.CALL_BACK, attempts=2),
    sample_gate("review", GateAct.REVIEW, checklists=("four",)),
    sample_gate("approve", GateAct.APPROVE, "市长"),
    sample_gate("last", GateAct.CALL_BACK),
)


def _strict(**more: object) -> Office:
    """An office whose policy asks for all that there is: every gate, a ground, a signature, a promise."""
    row = sample_row("hard", None, promise=Promise.DATE, no_limit="限期解决")
    clocks = (
        sample_clock("sign", Milestone.ASSIGNED, Milestone.CLAIMED, CalendarDays(1), unit=True),
        sample_clock("handle", Milestone.CLAIMED, Milestone.REPORTED, row, unit=True),
    )
    policy = attrs.evolve(
        sample_policy(),
        **dict(
            clocks=clocks,
            gates=EVERY_GATE,
            main_clock="handle",
            checklists=(Checklist(id="four", title="四把关", items=("属实",), basis="样例"),),
            routing=Routing(principles=("职责", "先例"), principle_required=True),
            time=TimeRules(day_end=time(17)),
        )
        | more,
    )
    city = make_city([policy], sample_rules().units)
    return Office(city=city, storage=MemoryStorage("sample"), calendar=sample_calendar())


@pytest.mark.parametrize("hour", [10, 20])
@pytest.mark.parametrize("up", [True, False])
def test_whatever_a_policy_asks_for_is_lived_through(hour: int, up: bool) -> None:
    """Every gate that blocks, the ground of the routing, the promise, the way of the answer."""
    posted = datetime(2025, 3, 3, hour, tzinfo=BEIJING)
    row = _row(1, posted, posted + 3 * DAY)
    row = attrs.evolve(row, message=attrs.evolve(row.message, contact=Contact(phone="1380")))
    steps = (LastStep(to="上级", basis="样例"),) if up else ()
    gates = EVERY_GATE if up else EVERY_GATE[1:]
    office = _strict(last_steps=steps, gates=gates)
    case = _one(next(iter(replay(office, [row], until=posted + 90 * DAY))))

    assert (case.state, case.reply) == (State.FORWARDED if up else State.PUBLISHED, ANSWER)
    passed = [x for x in gates if x.blocks and not x.act.by_record]
    assert [x.gate for x in case.gates] == [x.id for x in passed]
    # The office's own call stands for the unit's.
    assert [x.unit for x in case.contacts] == ([""] if up else ["housing"])
    assert [x.reached for x in case.calls] == [False, False, True]
    assert [(x.by, x.lapsed) for x in case.commitments] == [("housing", False)]
    assigned = [r.event for r in office.history(case.id) if isinstance(r.event, Assigned)]
    assert [x.principle for x in assigned] == ["职责"]
    clock = case.clock("handle")
    assert clock is not None
    assert (clock.met, clock.breached(posted + 90 * DAY)) == (True, False)


def test_nobody_is_called_back_who_cannot_be_reached() -> None:
    """An export shows no telephone, so no call is made up."""
    posted = datetime(2025, 3, 3, 10, tzinfo=BEIJING)
    case = _one(next(iter(replay(_strict(), [_row(1, posted, posted + DAY)], until=posted + DAY))))

    assert (case.state, case.calls) == (State.PUBLISHED, ())


def test_a_city_without_units(office: Office) -> None:
    """Without a unit, or with one that is not there, nothing can be assigned and nothing is read."""
    rows = iter(_history(3))
    bare = attrs.evolve(office, city=attrs.evolve(office.city, units=Units()))
    with pytest.raises(RefusedError, match="没有承办单位"):
        list(replay(bare, rows, until=UNTIL))
    with pytest.raises(UnknownError, match="nobody"):
        list(replay(office, rows, until=UNTIL, unit="nobody"))

    assert len(list(rows)) == 3


def _one(found: object) -> Case:
    assert isinstance(found, Case)
    return found


POSTED = datetime(2021, 2, 19, 10, tzinfo=BEIJING)  # due with 2021-02-25
RED = datetime(2021, 2, 26, tzinfo=BEIJING)


@pytest.mark.parametrize("url", ["memory://", "sqlite:///{}/wenzheng.db"])
def test_a_later_export_lives_on_what_an_earlier_one_left_open(url: str, tmp_path: Path) -> None:
    """The reply of the second file is published as if there had been one file; again changes nothing."""
    office = open_office(url.format(tmp_path), city="changsha")
    rows = [_row(1, POSTED), _row(2, POSTED)]
    list(replay(office, rows, until=RED - DAY))
    later = [_row(1, POSTED, RED + DAY), _row(2, POSTED)]
    answered, still_open = map(_one, replay(office, later, until=RED + 3 * DAY))

    once = open_office("memory://", city="changsha")
    whole = list(map(_one, replay(once, later, until=RED + 3 * DAY)))
    assert [answered, still_open] == whole
    assert [office.history(case.id) for case in whole] == [once.history(c.id) for c in whole]
    assert (answered.state, answered.reply) == (State.PUBLISHED, ANSWER)
    assert [len(still_open.cards(act)) for act in (Act.YELLOW_CARD, Act.RED_CARD)] == [1, 1]
    assert list(replay(office, later, until=RED + 3 * DAY)) == [answered, still_open]


def test_a_reply_older_than_what_is_recorded_is_left_out(office: Office) -> None:
    """The red card of an earlier run stands, so a reply of before it cannot be put in."""
    list(replay(office, [_row(1, POSTED)], until=RED + DAY))
    (case,) = map(_one, replay(office, [_row(1, POSTED, RED - DAY)], until=RED + DAY))

    assert (case.state, case.reply) == (State.ASSIGNED, "")
    assert office.history(case.id)[-1].at <= RED


def test_what_people_have_in_hand_is_not_touched(office: Office) -> None:
    """A case that was received or signed for by somebody is neither swept nor answered by a replay."""
    received = office.receive(_row(1, POSTED).message, at=POSTED).case
    (signed,) = map(_one, replay(office, [_row(2, POSTED)], until=POSTED + DAY))
    unit = Actor("张", Role.UNIT, unit=signed.lead)
    signed = office.execute(signed.id, Claim(), actor=unit, key="k", at=POSTED + DAY).case
    rows = [_row(1, POSTED, POSTED + 2 * DAY), _row(2, POSTED, POSTED + 2 * DAY)]

    assert list(replay(office, rows, until=RED + DAY)) == [received, signed]


def test_another_text_in_a_later_export_is_a_revision(office: Office) -> None:
    """Of a case that lives on, of one in somebody's hands and of one that is over; no clock moves by it."""
    received = office.receive(_row(1, POSTED).message, at=POSTED).case
    rows = [_row(2, POSTED), _row(3, POSTED, POSTED + DAY)]
    lived, over = map(_one, replay(office, rows, until=POSTED + DAY))
    later = [_row(1, POSTED, title="改了"), _row(2, POSTED, POSTED + 2 * DAY, title="改了")]
    later.append(_row(3, POSTED, POSTED + DAY, title="改了"))

    found = list(map(_one, replay(office, later, until=RED + DAY)))
    for case, before in zip(found, (received, lived, over), strict=True):
        assert [revision.message.title for revision in case.revisions] == ["改了"]
        assert case.message == before.message
        assert case.revisions[0].at == case.updated
    assert (found[0].clocks, found[0].updated) == (received.clocks, received.updated)
    assert (found[1].state, found[1].updated) == (State.PUBLISHED, POSTED + 2 * DAY)
    assert (found[2].clocks, found[2].updated) == (over.clocks, over.updated)
    assert list(replay(office, [*rows, *later], until=RED + DAY)) == [*found[1:], *found]


@pytest.mark.parametrize("batch", [1, 2, 3])
def test_two_rows_of_one_message_are_one_case(office: Office, batch: int) -> None:
    """In one batch or in two, the second row finds the case as the first one left it."""
    rows = [_row(1, POSTED), _row(1, POSTED, RED + DAY), _row(1, POSTED, RED + 2 * DAY)]
    cases = list(map(_one, replay(office, rows, until=RED - DAY, batch=batch)))
    again = list(map(_one, replay(office, rows, until=RED + 3 * DAY, batch=batch)))

    assert cases[0] == cases[2]
    assert again[1] == again[2] == office.case(cases[0].id)
    assert (again[2].reply, again[2].updated) == (ANSWER, RED + DAY)
    assert len(list(office.storage.scan())) == 1


def test_missing_facts_are_known_before_anything_is_lived() -> None:
    """What every message would be refused for is told by the policy and the facts alone."""
    policy = open_office("memory://", city="shantou").city.versions.latest
    with pytest.raises(RefusedError, match="请先确定"):
        require_facts(policy, {})
    require_facts(policy, {"category": "咨询"})
    require_facts(open_office("memory://", city="changsha").city.versions.latest, {})
