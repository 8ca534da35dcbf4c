"""The diary: log-ins of a polling duty, and cases laid before the leaders out of turn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wenzheng_core import ArgumentError, FixedClock, NaiveTimeError, Office, load_plugins
from wenzheng_core.cities import make_city
from wenzheng_core.diary import polls, stamp
from wenzheng_core.domain.actors import Actor, Role
from wenzheng_core.domain.cadences import parse_cadence
from wenzheng_core.domain.commands import Accept, Decline, Restrict
from wenzheng_core.domain.errors import RefusedError, UnknownError
from wenzheng_core.domain.schedules import ReportKind, Schedule
from wenzheng_core.memory import MemoryChannel, MemoryStorage
from wenzheng_core.ports import Storage
from wenzheng_core.testing.builders import (
    CITIZEN,
    CLERK,
    HOUR,
    HOUSING,
    SUPERVISOR,
    TEXT,
    beijing,
    sample_calendar,
    sample_message,
    sample_policy,
    sample_rules,
)

DAY = date(2025, 3, 3)
MORNING = beijing(3, 3, 9)
SATURDAY = beijing(3, 8, 22)
DUTY = Schedule(
    id="duty", kind=ReportKind.POLL_DUTY, cadence=parse_cadence("每日4次"), basis="样例"
)
SPECIAL = Schedule(
    id="special",
    kind=ReportKind.SPECIAL,
    cadence=parse_cadence("随时"),
    to=("省委办公厅", "office"),
    basis="样例",
)
DIGEST = Schedule(
    id="digest",
    kind=ReportKind.WEEKLY_DIGEST,
    cadence=parse_cadence("每周一9:00"),
    to=("office",),
    basis="样例",
)


def office_with(*schedules: Schedule, storage: Storage | None = None) -> Office:
    """An office under the sample policy with schedules."""
    policy = attrs.evolve(sample_policy(), schedules=schedules)
    return Office(
        city=make_city([policy], sample_rules().units),
        storage=storage or MemoryStorage("sample"),
        calendar=sample_calendar(),
        clock=FixedClock(MORNING),
        channels=[MemoryChannel("report")],
    )


@pytest.fixture(name="office", params=["memory://", "sqlite:///{}/wenzheng.db"])
def _office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    url = request.param.format(tmp_path)
    with closing(load_plugins().open_storage(url, "sample")) as storage:
        yield office_with(DUTY, SPECIAL, DIGEST, storage=storage)


def told(office: Office, at: datetime) -> list[tuple[str, str]]:
    """What has gone out by an instant."""
    office.deliver(at)
    channel = office.channels["report"]
    assert isinstance(channel, MemoryChannel)
    return [(delivery.to, delivery.text) for delivery in channel.sent]


# Polling


def test_a_day_with_three_logins_of_four_is_told_of(office: Office) -> None:
    """PY3: the duty is known to be missed at 24:00, and the office hears of it."""
    office.sweep(MORNING)
    office = attrs.evolve(office, clock=FixedClock(beijing(3, 5)))
    for hour in (9, 12, 23):
        office.log_poll("people", actor=CLERK, at=beijing(3, 3, hour))
    assert office.missing_polls(DAY) == {"duty": 1}
    assert office.sweep(beijing(3, 4) - HOUR).made == ()
    (key,) = office.sweep(beijing(3, 4)).made
    (run,) = office.storage.entries(key)
    assert run.body["counts"] == {"due": 4, "missing": 1}
    text = "【登录查看】2025年3月3日(周一)应登录查看4次,已登录3次,缺1次。"
    assert told(office, beijing(3, 4)) == [("office", text)]


def test_a_duty_that_was_done_is_entered_and_nobody_is_told(office: Office) -> None:
    """Log-ins of any platform count, of that day in Beijing alone, and more make up for nothing."""
    office.sweep(MORNING)
    office = attrs.evolve(office, clock=FixedClock(beijing(3, 5)))
    for n, source in enumerate(("people", "people-2", "hongwang", "people", "people")):
        office.log_poll(source, actor=CLERK, at=MORNING + n * HOUR)
    office.log_poll("people", actor=CLERK, at=beijing(3, 4))
    assert len(office.sweep(beijing(3, 5)).made) == 2
    found = [run.body["counts"] for run in office.storage.entries("run/duty/")]
    assert found == [{"due": 4, "missing": 0}, {"due": 4, "missing": 3}]
    ((_, text),) = told(office, beijing(3, 5))
    assert "3月4日" in text


def test_one_look_is_one_line(office: Office) -> None:
    """The same person at the same instant; another one, or an instant later, is another look."""
    first = office.log_poll("people", actor=CLERK)
    assert office.log_poll("people", actor=CLERK, at=MORNING.astimezone(UTC)) == first
    assert first.key == "poll/people/2025-03-03T01:00:00.000000Z/office-1"
    entered = {"entered": "2025-03-03T01:00:00.000000Z"}
    assert (first.at, first.body) == (MORNING, {"source": "people", "by": "office-1"} | entered)
    office.log_poll("people", actor=SUPERVISOR)
    with pytest.raises(RefusedError) as refused:
        office.log_poll("people", actor=CLERK, at=MORNING + HOUR)
    assert refused.value.rule == "poll.future"
    office = attrs.evolve(office, clock=FixedClock(MORNING + HOUR))
    office.log_poll("people", actor=CLERK, at=MORNING + timedelta(microseconds=1))
    assert office.missing_polls(DAY) == {"duty": 1}


def test_a_log_in_needs_a_platform_an_instant_and_somebody_of_the_office(office: Office) -> None:
    """What is not one is refused, and nothing is entered."""
    with pytest.raises(ArgumentError, match="source"):
        office.log_poll(" ", actor=CLERK)
    with pytest.raises(ArgumentError, match="不能含"):
        office.log_poll("people/board", actor=CLERK)
    with pytest.raises(NaiveTimeError):
        office.log_poll("people", actor=CLERK, at=datetime(2025, 3, 3))  # noqa: DTZ001
    with pytest.raises(RefusedError) as refused:
        office.log_poll("people", actor=CITIZEN)
    assert refused.value.rule == "workflow.role"
    assert office.storage.entries("") == ()


def test_where_no_duty_is_laid_down_none_is_missed() -> None:
    """The policy of the day decides."""
    assert office_with(DIGEST).missing_polls(DAY) == {}


hours = st.integers(-30, 60)


@given(st.lists(st.tuples(st.sampled_from(["a", "a-b", "a_", "b", "微博"]), hours), max_size=12))
def test_the_looks_of_a_day_are_all_found_and_no_others(made: list[tuple[str, int]]) -> None:
    """Whatever the platforms are called, and however many looks other days have."""
    office = attrs.evolve(office_with(DUTY), clock=FixedClock(beijing(3, 10)))
    for source, hour in made:
        office.log_poll(source, actor=CLERK, at=beijing(3, 3) + hour * HOUR)
    found = [(entry.body["source"], entry.at) for entry in polls(office.storage, DAY)]
    wanted = {(s, beijing(3, 3) + n * HOUR) for s, n in made if 0 <= n < 24}
    assert sorted(map(str, found)) == sorted(map(str, wanted))


@given(st.datetimes(), st.datetimes())
def test_instants_in_keys_sort_as_time_goes(one: datetime, other: datetime) -> None:
    """And are of one width, whatever the zone and the fraction of a second."""
    first, second = one.replace(tzinfo=UTC), other.replace(tzinfo=UTC)
    assert (stamp(first) < stamp(second)) == (first < second)
    assert len(stamp(first)) == len("2017-05-12T04:00:00.000000Z")


# Special reports


def test_a_grave_message_on_saturday_night_is_laid_before_the_leaders_at_once(
    office: Office,
) -> None:
    """GS6: it goes out that minute, and the weekly digest of Monday still holds it."""
    office.sweep(MORNING)
    case = office.receive(sample_message("9", posted=SATURDAY), at=SATURDAY).case
    entry = office.special_report(case.id, actor=CLERK, at=SATURDAY)
    assert entry.key == f"special/special/{case.id}/000002"
    assert (entry.at, entry.body["to"]) == (SATURDAY, ("省委办公厅", "office"))
    text = "【专题呈报】留言 sample/9(2025年3月8日22时收到,现「待初审」)情况重大,请即阅处。"
    assert told(office, SATURDAY) == [("office", text), ("省委办公厅", text)]
    assert TEXT not in text
    office.sweep(beijing(3, 10, 9))
    (digest,) = office.storage.entries("run/digest/")
    counts = digest.body["counts"]
    assert isinstance(counts, dict)
    assert counts["new"] == 1
    assert office.case(case.id) == case


def test_a_case_is_laid_before_them_once_for_what_it_is(office: Office) -> None:
    """Again only after something happened in it."""
    case = office.receive(sample_message("9", posted=SATURDAY), at=SATURDAY).case
    first = office.special_report(case.id, actor=CLERK, at=SATURDAY)
    assert office.special_report(case.id, actor=SUPERVISOR, at=SATURDAY + HOUR) == first
    assert len(told(office, SATURDAY + HOUR)) == 2
    office.execute(case.id, Accept(), actor=CLERK, key="accept", at=SATURDAY + HOUR)
    office.special_report(case.id, actor=CLERK, at=SATURDAY + HOUR, schedule="special")
    assert len(told(office, SATURDAY + HOUR)) == 4


def test_a_special_report_needs_a_case_a_provision_and_the_office(office: Office) -> None:
    """Else it is refused by name, and nobody is told."""
    case = office.receive(sample_message("9", posted=SATURDAY), at=SATURDAY).case
    with pytest.raises(UnknownError):
        office.special_report("nobody", actor=CLERK, at=SATURDAY)
    with pytest.raises(RefusedError) as refused:
        office.special_report(case.id, actor=HOUSING, at=SATURDAY)
    assert refused.value.rule == "workflow.role"
    at_once = attrs.evolve(DIGEST, cadence=SPECIAL.cadence)
    bare = office_with(DUTY, at_once, storage=office.storage)
    for other, name in ((office, "digest"), (bare, ""), (bare, "digest")):
        with pytest.raises(RefusedError) as refused:
            other.special_report(case.id, actor=CLERK, at=SATURDAY, schedule=name)
        assert refused.value.rule == "special.none"
    assert office.storage.entries("") == ()


def test_a_restricted_case_is_laid_before_nobody(office: Office) -> None:
    """It is stored and protected, nothing else; neither the diary nor the outbox holds a word of it."""
    case = office.receive(sample_message("9", posted=SATURDAY), at=SATURDAY).case
    for key, command in (("d", Decline(reason="court")), ("r", Restrict(reason="保存期未满"))):
        office.execute(case.id, command, actor=CLERK, key=key, at=SATURDAY)
    with pytest.raises(RefusedError) as refused:
        office.special_report(case.id, actor=CLERK, at=SATURDAY)
    assert refused.value.rule == "personal.restricted"
    assert office.storage.entries("special/") == ()


def test_where_nobody_is_named_the_office_hears() -> None:
    """As of a duty that was missed."""
    office = office_with(attrs.evolve(SPECIAL, to=()))
    case = office.receive(sample_message("9", posted=SATURDAY), at=SATURDAY).case
    clerk = Actor("night-watch", Role.SYSTEM)
    assert office.special_report(case.id, actor=clerk, at=SATURDAY).body["by"] == "night-watch"
    assert [to for to, _ in told(office, SATURDAY)] == ["office"]
