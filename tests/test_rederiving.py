"""Stored decisions are derived again, and what comes out otherwise is told with its cause."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

import attrs
import pytest

from wenzheng_core import FixedClock, Office, wire
from wenzheng_core.cities import make_city
from wenzheng_core.domain import commands as c
from wenzheng_core.domain import events as e
from wenzheng_core.domain.actors import SYSTEM
from wenzheng_core.domain.calendars import Calendar, Edition, Holiday, Notice, build_calendar
from wenzheng_core.domain.clockrules import Promise
from wenzheng_core.domain.counterfactuals import otherwise
from wenzheng_core.domain.drafts import Rules
from wenzheng_core.domain.events import Event, Record
from wenzheng_core.domain.evolving import fold
from wenzheng_core.domain.limits import CalendarDays, WorkingDays
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.memory import MemoryDatabase
from wenzheng_core.rederiving import Cause, Difference, calendar_of, first_difference, rederive
from wenzheng_core.testing.builders import (
    CLERK,
    HOUSING,
    START,
    Walk,
    beijing,
    sample_calendar,
    sample_clock,
    sample_message,
    sample_policy,
    sample_row,
    sample_rules,
    sample_rules_with,
)

COMPLAINT, QUESTION = ({"category": frozenset({word})} for word in ("投诉", "咨询"))
SHUT = Holiday("临时放假", date(2025, 3, 6), date(2025, 3, 6))
STORM = Edition(Notice("关于临时放假的通知(样例)", date(2025, 3, 4)), None, (SHUT,))


def graded() -> Rules:
    """The sample rules with another limit for complaints."""
    rows = (
        sample_row("simple", WorkingDays(5), QUESTION),
        sample_row("hard", WorkingDays(10), COMPLAINT),
    )
    handle = sample_clock("handle", Milestone.ASSIGNED, Milestone.REPORTED, *rows, unit=True)
    plain = sample_policy()
    handle = attrs.evolve(handle, limits=attrs.evolve(handle.limits, columns=plain.columns))
    return sample_rules_with(clocks=(plain.clocks[0], handle))


def eventful() -> Walk:
    """A walk with every kind of decision: starts, a grade, a pause that lapses, more time, rungs."""
    walk = Walk(graded())
    walk.do(c.Accept(), CLERK)
    walk.do(c.Assign(lead="housing"), CLERK)
    walk.do(c.Classify(facts={"category": "投诉"}, reason="属投诉"), CLERK)
    walk.do(c.Pause(reason="check"), CLERK)
    walk.tick(START + timedelta(days=40))
    by = WorkingDays(3)
    walk.do(c.RequestExtension(clock="handle", by=by, reason="情况复杂"), HOUSING)
    walk.do(c.GrantExtension(clock="handle"), CLERK)
    walk.tick(START + timedelta(days=80))
    return walk


def again(walk: Walk, **rules: Any) -> tuple[Difference, ...]:
    """What comes out otherwise of a walk."""
    return rederive(walk.case, walk.records, attrs.evolve(walk.rules, **rules))


def tampered(
    walk: Walk, kind: type[Event], change: Callable[[Any], Event], place: int = 0
) -> tuple[Difference, ...]:
    """What comes out otherwise once one event of a kind was changed in the store."""
    records: list[Record] = list(walk.records)
    index = [n for n, record in enumerate(records) if isinstance(record.event, kind)][place]
    records[index] = attrs.evolve(records[index], event=change(records[index].event))
    case = fold(records)
    assert case is not None
    return rederive(case, records, walk.rules)


def test_an_eventful_history_rederives() -> None:
    """Starts, a new grade, a lapsed pause, an extension and cards all come out as they are stored."""
    walk = eventful()
    kinds = [type(record.event) for record in walk.records]
    causes = {r.event.cause for r in walk.records if isinstance(r.event, e.ClockMoved)}
    assert kinds.count(e.ClockStarted) == 2
    assert kinds.count(e.RungFired) == 2
    assert causes == {"classified", "pause_lapsed", "extended"}
    assert again(walk) == ()


def test_decisions_keep_what_they_rest_on() -> None:
    """Digests, facts and every row with its verdict stand in the events themselves."""
    walk = eventful()
    rules = walk.rules
    for record in walk.records:
        if isinstance(record.event, e.ClockStarted | e.ClockMoved | e.RungFired):
            assert record.event.policy == rules.policy.digest
            assert record.event.calendar == rules.calendar.digest
    started = [r.event for r in walk.records if isinstance(r.event, e.ClockStarted)]
    moved = [r.event for r in walk.records if isinstance(r.event, e.ClockMoved)]
    handled = [x.candidates for x in (*started, *moved) if x.clock == "handle"]
    assert handled[0] == ("won:simple", "unmatched:hard")
    assert set(handled[1:]) == {("unmatched:simple", "won:hard")}
    lapsed = next(x for x in moved if x.cause == "pause_lapsed")
    assert lapsed.counted is not None
    assert lapsed.counted < next(r.at for r in walk.records if r.event is lapsed)


def test_events_without_the_newer_fields_still_rederive() -> None:
    """What was stored before candidates, digests and ``counted`` were kept is checked as it is."""
    walk = eventful()
    bare = []
    for record in walk.records:
        event = record.event
        if isinstance(event, e.ClockStarted):
            event = attrs.evolve(event, candidates=())
        if isinstance(event, e.ClockMoved):
            event = attrs.evolve(event, candidates=(), policy="", counted=None)
        if isinstance(event, e.RungFired):
            event = attrs.evolve(event, policy="", calendar="")
        data = wire.from_json(wire.to_json(wire.event_to_dict(event)))
        assert "candidates" not in data
        bare.append(attrs.evolve(record, event=wire.event_from_dict(data)))
    case = fold(bare)
    assert case is not None
    assert rederive(case, bare, walk.rules) == ()


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("kind", "change", "field"),
    [
        (e.ClockStarted, lambda x: attrs.evolve(x, due=x.due + HOUR), "due"),
        (e.ClockStarted, lambda x: attrs.evolve(x, started=x.started - 96 * HOUR), "due"),
        (e.ClockStarted, lambda x: attrs.evolve(x, limit=CalendarDays(16)), "due"),
        (e.ClockStarted, lambda x: attrs.evolve(x, row="other"), "row"),
        (e.ClockStarted, lambda x: attrs.evolve(x, candidates=("won:x",)), "candidates"),
        (e.ClockStarted, lambda x: attrs.evolve(x, soft=True), "soft"),
        (e.ClockStarted, lambda x: attrs.evolve(x, stops=Milestone.RESOLVED), "stops"),
        (e.ClockStarted, lambda x: attrs.evolve(x, basis="别的"), "basis"),
        (e.ClockMoved, lambda x: attrs.evolve(x, due=x.due - HOUR), "due"),
        (e.ClockMoved, lambda x: attrs.evolve(x, facts={"category": "咨询"}), "row"),
        (e.ClockMoved, lambda x: attrs.evolve(x, rungs=()), "rungs"),
        (e.RungFired, lambda x: attrs.evolve(x, scheduled=x.scheduled - HOUR), "scheduled"),
        (e.RungFired, lambda x: attrs.evolve(x, due=x.due + HOUR), "due"),
        (e.RungFired, lambda x: attrs.evolve(x, rung="gone"), "scheduled"),
    ],
)
def test_whatever_was_changed_is_found(
    kind: type[Event], change: Callable[[Any], Event], field: str
) -> None:
    """Another due instant, start, limit, row, verdict or rung no longer re-derives."""
    found = tampered(eventful(), kind, change)
    assert field in [difference.field for difference in found]
    assert all(difference.cause is Cause.RESULT for difference in found)
    first = next(difference for difference in found if difference.field == field)
    assert "依据未变而结果不同" in first.text
    assert first.stored != first.found


def test_a_snapshot_that_is_not_the_fold_of_its_records_is_found() -> None:
    """The case itself is compared with its history."""
    walk = eventful()
    (found,) = rederive(attrs.evolve(walk.case, send_backs=9), walk.records, walk.rules)
    assert (found.version, found.field) == (0, "case")
    assert "send_backs" in found.text


def test_rules_under_the_same_digest_that_count_otherwise_are_found() -> None:
    """A file that was changed without a new version shows in every decision that it changes."""
    walk = eventful()
    other = attrs.evolve(
        walk.rules.policy, clocks=sample_policy().clocks
    )  # the same digest, other rows
    found = again(walk, policy=other)
    assert {"row", "candidates"} <= {difference.field for difference in found}


def test_a_policy_that_is_gone_is_said() -> None:
    """Nothing is counted by another version in its stead."""
    walk = eventful()
    found = again(walk, policy=attrs.evolve(walk.rules.policy, digest="another"))
    assert {difference.cause for difference in found} == {Cause.POLICY_GONE}
    assert "未安装" in found[0].text


def later_calendar() -> Calendar:
    """The sample calendar after a day off was given at short notice."""
    return build_calendar(sample_calendar().data.with_editions([STORM]))


def test_a_newer_notice_is_told_apart_from_a_fault() -> None:
    """By the calendar of then all is as stored; the day that a newer notice changed is named."""
    walk = Walk(graded())
    walk.do(c.Accept(), CLERK)
    walk.do(c.Assign(lead="housing"), CLERK)
    (found,) = again(walk, calendar=later_calendar())
    assert (found.cause, found.cause.real) == (Cause.NEWER_CALENDAR, False)
    assert (found.clock, found.field, found.day) == ("handle", "due", SHUT.first)
    assert "2025年3月6日" in found.text


def test_a_decision_that_was_made_again_since_is_not_told_of() -> None:
    """Only what still stands would come out otherwise by the newer notice."""
    walk = Walk(graded())
    walk.do(c.Accept(), CLERK)
    walk.do(c.Assign(lead="housing"), CLERK)
    walk.rules = attrs.evolve(walk.rules, calendar=later_calendar())
    walk.do(c.Settle(), SYSTEM)
    moved = [r.event for r in walk.records if isinstance(r.event, e.ClockMoved)]
    assert [x.cause for x in moved] == ["settled"]
    assert again(walk) == ()


def unknown_calendar(*off: Holiday) -> Calendar:
    """A calendar that cannot be cut back to the sample calendar."""
    whole = sample_calendar().data
    (edition,) = whole.editions
    other = attrs.evolve(edition, off=(*edition.off, *off), work=())
    return build_calendar(attrs.evolve(whole, editions=(other,)))


def test_a_calendar_that_cannot_be_had_is_said() -> None:
    """Counted by the present days instead: another answer is a difference, the same is none."""
    walk = Walk(graded())
    walk.do(c.Accept(), CLERK)
    walk.do(c.Assign(lead="housing"), CLERK)
    assert again(walk, calendar=unknown_calendar()) == ()  # its days differ in April alone
    found = again(walk, calendar=unknown_calendar(SHUT))
    assert {difference.cause for difference in found} == {Cause.CALENDAR_GONE}
    assert "无法由现有放假安排还原" in found[0].text


def test_calendars_are_cut_back_by_their_notices() -> None:
    """The digest of an earlier state of the notices leads back to that state."""
    now, then = later_calendar(), sample_calendar()
    assert now.digest != then.digest
    found = calendar_of(then.digest, now)
    assert found is not None
    assert found.digest == then.digest
    assert calendar_of(now.digest, now) is now
    assert calendar_of("0000", now) is None
    assert first_difference(then, now, date(2025, 1, 1), date(2025, 12, 31)) == SHUT.first
    assert first_difference(then, now, date(2025, 3, 7), date(2025, 12, 31)) is None


def office_of(walks: Sequence[str], rules: Rules) -> Office:
    """An office with cases that were assigned."""
    storage = MemoryDatabase().open("sample")
    city = make_city([rules.policy], rules.units)
    office = Office(city=city, storage=storage, calendar=rules.calendar, clock=FixedClock(START))
    for number in walks:
        case = office.receive(sample_message(number), at=START).case
        office.execute(case.id, c.Accept(), actor=CLERK, key=f"{number}/a")
        office.execute(case.id, c.Assign(lead="housing"), actor=CLERK, key=f"{number}/b")
    return office


def test_the_office_rederives_one_case_and_the_whole_store() -> None:
    """T4 on a real store: nothing while all is as it was, the case's id where it is not."""
    office = office_of(("1", "2"), sample_rules())
    ids = {case.id for case in office.storage.scan()}
    assert all(office.rederive(case_id) == () for case_id in ids)
    assert list(office.rederive_all()) == []
    newer = attrs.evolve(office, calendar=later_calendar())
    assert {case_id for case_id, _ in newer.rederive_all()} == ids


def test_the_nearest_other_fact_is_named() -> None:
    """The first column whose other value gives another due instant, with that instant."""
    walk = Walk(graded())
    walk.do(c.Accept(), CLERK)
    walk.do(c.Assign(lead="housing"), CLERK)
    clock = walk.case.clock("handle")
    assert clock is not None
    other = otherwise(clock, walk.rules)
    assert other is not None
    assert (other.column, other.value, other.other) == ("category", "咨询", "投诉")
    assert (other.row, other.due) == ("hard", beijing(3, 18))
    walk.do(c.Classify(facts={"category": "投诉"}, reason="属投诉"), CLERK)
    changed = walk.case.clock("handle")
    assert changed is not None
    assert changed.due == other.due  # the line came true
    assert "若「类别」为「投诉」(现为「咨询」)" in other.text


def test_no_other_fact_changes_a_clock_of_one_row() -> None:
    """Where the table has one row, and where the day was promised, there is nothing to say."""
    walk = Walk(sample_rules())
    reply = walk.case.clock("reply")
    assert reply is not None
    assert otherwise(reply, walk.rules) is None
    asked = sample_row("ask", None, promise=Promise.DATE, no_limit="限期")
    solve = sample_clock("solve", Milestone.ASSIGNED, Milestone.REPORTED, asked, unit=True)
    promised = Walk(sample_rules_with(clocks=(*sample_policy().clocks, solve)))
    promised.do(c.Accept(), CLERK)
    promised.do(c.Assign(lead="housing"), CLERK)
    due = date(2025, 5, 6)
    promised.do(c.Commit(commitment="a", text="须招标", due=due, clock="solve"), HOUSING)
    made = promised.case.clock("solve")
    assert made is not None
    assert made.due is not None
    assert otherwise(made, promised.rules) is None
    assert again(promised) == ()
