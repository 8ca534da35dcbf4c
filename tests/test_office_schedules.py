"""Scheduled work of a sweep: each run once, with its own window, as things stood then."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest

from wenzheng_calendar_cn import load
from wenzheng_core import (
    Accept,
    Assign,
    Claim,
    FixedClock,
    Office,
    Policy,
    Report,
    build_calendar,
    load_plugins,
)
from wenzheng_core.cities import make_city
from wenzheng_core.diary import stamp
from wenzheng_core.domain.cadences import parse_cadence
from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.schedules import ReportKind, Schedule
from wenzheng_core.memory import MemoryChannel, MemoryStorage
from wenzheng_core.ports import Entry, Storage
from wenzheng_core.testing.builders import (
    CLERK,
    HOUR,
    HOUSING,
    beijing,
    sample_calendar,
    sample_message,
    sample_policy,
    sample_rules,
)

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
MONDAY = beijing(3, 3, 9)


def schedule(name: str, kind: ReportKind, every: str, **more: Any) -> Schedule:
    """A schedule that goes to the office."""
    fields = {"to": ("office",), "basis": "样例", **more}
    return Schedule(id=name, kind=kind, cadence=parse_cadence(every), **fields)


NOTICE = schedule("notice", ReportKind.NOTICE, "每日12:00、20:00", to=("office", "police/liaison"))
LIST = schedule("list", ReportKind.DAILY_LIST, "每日11:00", handed_over=time(11, 20))
DIGEST = schedule("digest", ReportKind.WEEKLY_DIGEST, "每周一")
DUTY = schedule("duty", ReportKind.POLL_DUTY, "每日4次", to=())
BULLETIN = schedule("bulletin", ReportKind.BULLETIN, "每月1日(顺延)")
WORKDAYS = schedule("workdays", ReportKind.RANKING, "工作日11:00")
SPECIAL = schedule("special", ReportKind.SPECIAL, "随时")


def policy_with(*schedules: Schedule, **more: Any) -> Policy:
    """The sample policy with schedules."""
    return attrs.evolve(sample_policy(), schedules=schedules, **more)


def office_with(*schedules: Schedule, storage: Storage | None = None) -> Office:
    """An office under the sample policy with schedules."""
    return Office(
        city=make_city([policy_with(*schedules)], sample_rules().units),
        storage=storage or MemoryStorage("sample"),
        calendar=sample_calendar(),
        clock=FixedClock(MONDAY),
        channels={"report": MemoryChannel("report"), "sms": MemoryChannel("sms")},
    )


def receive(office: Office, number: str, at: datetime) -> Case:
    """Receive a message at an instant."""
    return office.receive(sample_message(number, posted=at), at=at).case


def assign(office: Office, number: str, at: datetime, lead: str = "housing") -> str:
    """A case that a unit has held from its receipt on."""
    case = receive(office, number, at).id
    office.execute(case, Accept(), actor=CLERK, key=f"{case}/accept", at=at)
    office.execute(case, Assign(lead=lead), actor=CLERK, key=f"{case}/assign", at=at)
    return case


def runs(office: Office, name: str) -> list[Entry]:
    """What was made of a schedule, in order."""
    return list(office.storage.entries(f"run/{name}/"))


def counts(entry: Entry, *names: str) -> tuple[Any, ...]:
    """Some counts of a run."""
    found = entry.body["counts"]
    assert isinstance(found, dict)
    return tuple(found[name] for name in names)


def told(office: Office) -> list[tuple[str, str]]:
    """Addressees and texts that went out by the channel of reports."""
    channel = office.channels["report"]
    assert isinstance(channel, MemoryChannel)
    return [(delivery.to, delivery.text) for delivery in channel.sent]


@pytest.fixture(name="storage", params=["memory://", "sqlite:///{}/wenzheng.db"])
def _storage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Storage]:
    url = request.param.format(tmp_path)
    with closing(load_plugins().open_storage(url, "sample")) as storage:
        yield storage


def test_the_first_sweep_begins_and_makes_nothing(storage: Storage) -> None:
    """What was before it is nobody's to make up; from then on each run is made."""
    office = office_with(NOTICE, DIGEST, SPECIAL, storage=storage)
    first = office.sweep(MONDAY)
    assert first.made == ()
    starts = storage.entries("start/")
    assert [(e.key, e.at) for e in starts] == [("start/digest", MONDAY), ("start/notice", MONDAY)]
    noon = beijing(3, 3, 12)
    assert office.sweep(noon - MINUTE).made == ()
    assert office.sweep(noon).made == ("run/notice/2025-03-03T04:00:00.000000Z",)
    assert storage.entries("start/") == starts


def test_a_run_is_entered_with_its_window_and_told_to_all(storage: Storage) -> None:
    """WK6: what came at 12:00:00 is in the run of 20:00; both addressees have the same text."""
    office = office_with(NOTICE, storage=storage)
    office.sweep(MONDAY)
    assign(office, "1", beijing(3, 3, 11))
    receive(office, "2", beijing(3, 3, 12))
    office.sweep(beijing(3, 3, 12))
    office.sweep(beijing(3, 3, 20))
    noon, evening = runs(office, "notice")
    assert (counts(noon, "new", "unanswered"), counts(evening, "new", "unanswered")) == (
        (1, 2),
        (1, 2),
    )
    assert noon.at == beijing(3, 3, 12)
    assert noon.body == {
        "schedule": "notice",
        "kind": "notice",
        "policy": "2025-1",
        "first": stamp(beijing(3, 2, 20)),
        "until": stamp(beijing(3, 3, 12)),
        "handed_over": stamp(beijing(3, 3, 12)),
        "to": ("office", "police/liaison"),
        "counts": {"new": 1, "unanswered": 2, "due_today": 0, "overdue": 0},
        "units": ({"unit": "housing", "unanswered": 1, "late": 0, "place": 2},),
    }
    office.deliver(beijing(3, 3, 12))
    text = (
        "【群内通报】2025年3月3日12时截:新收1件,今日到期0件,超期0件。"
        "未回应:市住房局1件;未及时办理:无。"
    )
    assert told(office) == [("office", text), ("police/liaison", text)]
    assert "路灯" not in text


def test_what_goes_to_an_office_of_the_units_goes_to_all_of_them() -> None:
    """Each unit's head has the ranking; a unit without one is passed over, a name is left as it is."""
    office = office_with(attrs.evolve(NOTICE, to=("unit_head", "office", "网信办", "unit_head")))
    office.sweep(MONDAY)
    office.sweep(beijing(3, 3, 12))
    office.deliver(beijing(3, 3, 12))
    both = ["housing/unit_head", "office", "police/unit_head", "网信办"]
    assert sorted(to for to, _ in told(office)) == both
    units = attrs.evolve(office.city.units, all=office.city.units.all[:1])
    office = attrs.evolve(office, city=attrs.evolve(office.city, units=units))
    office.sweep(beijing(3, 3, 20))
    assert office.deliver(beijing(3, 3, 20)).sent == 3


def test_an_inclusive_cut_takes_in_the_very_instant() -> None:
    """WK6, as the policy of S05 chooses: 12:00:00 is in the report of 12:00."""
    office = office_with(attrs.evolve(NOTICE, closes_inclusive=True))
    office.sweep(MONDAY)
    receive(office, "1", beijing(3, 3, 12))
    office.sweep(beijing(3, 3, 20))
    assert [counts(run, "new") for run in runs(office, "notice")] == [(1,), (0,)]


def test_a_list_is_handed_over_when_the_policy_says() -> None:
    """JY4: cut before 11:00, with the units at 11:20 and not before."""
    office = office_with(LIST)
    office.sweep(MONDAY)
    receive(office, "1", beijing(3, 3, 10, 59))
    receive(office, "2", beijing(3, 3, 11))
    office.sweep(beijing(3, 3, 11, 1))
    office.sweep(beijing(3, 4, 11))
    assert [counts(run, "new") for run in runs(office, "list")] == [(1,), (1,)]
    assert office.deliver(beijing(3, 3, 11, 19)).sent == 0
    assert office.deliver(beijing(3, 3, 11, 20)).sent == 1


def test_a_sweep_repeated_makes_nothing_again(storage: Storage) -> None:
    """Neither the line nor the text."""
    office = office_with(NOTICE, storage=storage)
    office.sweep(MONDAY)
    assert len(office.sweep(beijing(3, 4, 13)).made) == 3
    assert office.sweep(beijing(3, 4, 13)).made == ()
    assert office.sweep(beijing(3, 3, 13)).made == ()
    assert office.deliver(beijing(3, 5)).sent == 6
    assert office.deliver(beijing(3, 5)).sent == 0


def test_workers_share_the_runs(tmp_path: Path) -> None:
    """Whoever comes second finds the run made: of four sweeps at once each run is one's alone."""
    url = f"sqlite:///{tmp_path / 'wz.db'}"
    stores = [load_plugins().open_storage(url, "sample") for _ in range(4)]
    offices = [office_with(NOTICE, LIST, DUTY, storage=storage) for storage in stores]
    offices[0].sweep(MONDAY)
    at = MONDAY + 4 * DAY
    with ThreadPoolExecutor(len(offices)) as pool:
        reports = list(pool.map(lambda office: office.sweep(at), offices))
    made = sorted(key for report in reports for key in report.made)
    assert made == [entry.key for entry in stores[0].entries("run/")]
    assert len(made) == 8 + 4 + 4
    assert offices[0].deliver(at + DAY, limit=1000).sent == 16 + 4 + 4
    for storage in stores:
        storage.close()


def _week(office: Office, sweeps: list[datetime]) -> list[Entry]:
    """A week of receipts and reports, swept when it is said to be."""
    office.sweep(MONDAY)
    steps: list[tuple[datetime, str]] = [(at, "sweep") for at in sweeps]
    steps += [(MONDAY + n * 7 * HOUR, f"receive {n}") for n in range(20)]
    steps += [(beijing(3, 11, 9, n), f"report {n}") for n in range(2)]
    for at, step in sorted(steps):
        what, _, number = step.partition(" ")
        if what == "sweep":
            office.sweep(at)
        elif what == "receive":
            assign(office, number, at, ("housing", "police")[int(number) % 2])
        else:
            case = office.case_of("sample", str(2 * int(number))).id
            said = Report(findings="已修", proposed_reply="您好,已修。")
            for command in (Claim(), said):
                key = f"{case}/{type(command).__name__}"
                office.execute(case, command, actor=HOUSING, key=key, at=at)
    return list(office.storage.entries("run/"))


def test_after_an_outage_all_is_as_if_there_had_been_none() -> None:
    """One sweep after eleven days makes, run by run, what sweeps of every hour made in time."""
    end = MONDAY + 11 * DAY
    schedules = (NOTICE, LIST, DIGEST, WORKDAYS)
    diligent, idle = office_with(*schedules), office_with(*schedules)
    hours = [MONDAY + n * HOUR for n in range(1, 11 * 24 + 1)]
    in_time, late = _week(diligent, hours), _week(idle, [end])
    assert late == in_time
    assert len(late) == 22 + 11 + 1 + 9
    new = [counts(run, "new")[0] for run in late if run.key.startswith("run/notice/")]
    assert sum(new) == 20
    assert {counts(run, "overdue") for run in late} == {(0,)}
    units = [unit for run in late for unit in run.body["units"]]  # type: ignore[union-attr]
    assert {unit["late"] for unit in units} >= {0, 2}  # type: ignore[index,call-overload]


class _Counting(MemoryStorage):
    """A store that counts how often its cases are gone through."""

    scans = 0

    def scan(self, **wanted: Any) -> Iterator[Case]:
        self.scans += 1
        return super().scan(**wanted)


def test_all_that_is_due_at_once_is_counted_in_one_pass() -> None:
    """Listings and bulletins alike; and a sweep with nothing due looks at no case."""
    storage = _Counting("sample")
    office = office_with(NOTICE, LIST, DIGEST, BULLETIN, DUTY, storage=storage)
    office.sweep(MONDAY)
    assert len(office.sweep(beijing(4, 1, 1)).made) == 58 + 29 + 4 + 1 + 29
    assert storage.scans == 2  # 121 runs, a hundred at most in a pass
    office.sweep(beijing(4, 1, 2))
    assert storage.scans == 2
    office.sweep(beijing(4, 1, 13))
    assert storage.scans == 3


def test_a_year_that_is_not_known_stops_no_other_schedule() -> None:
    """It is reported each time, and made up for when the calendar is there."""
    office = office_with(WORKDAYS, NOTICE)
    start = beijing(12, 30, 9, year=2026)
    office.sweep(start)
    end = beijing(1, 5, 12, year=2027)
    report = office.sweep(end)
    assert {key.split("/")[1] for key in report.made} == {"notice"}
    assert len(report.made) == 13
    (failed,) = report.failed
    assert failed.startswith("workdays:2027-01-01 超出日历")
    assert office.sweep(end).failed == report.failed

    mended = attrs.evolve(office, calendar=build_calendar(load()))
    later = mended.sweep(end)
    assert (later.failed, {key.split("/")[1] for key in later.made}) == ((), {"workdays"})
    assert [run.at for run in runs(office, "workdays")][:2] == [
        beijing(12, 30, 11, year=2026),
        beijing(12, 31, 11, year=2026),
    ]


def test_a_case_that_cannot_be_read_keeps_no_listing_from_being_made(tmp_path: Path) -> None:
    """The office gets its list and reads in it how many are missing; the sweep names the case."""
    file = tmp_path / "wz.db"
    with closing(load_plugins().open_storage(f"sqlite:///{file}", "sample")) as storage:
        office = office_with(NOTICE, DUTY, storage=storage)
        office.sweep(MONDAY)
        broken, _ = assign(office, "1", MONDAY), assign(office, "2", MONDAY)
        with closing(sqlite3.connect(file)) as database, database:
            database.execute("UPDATE wz_case SET snapshot = 'x' WHERE case_id = ?", (broken,))
            database.execute("UPDATE wz_event SET body = 'x' WHERE case_id = ?", (broken,))
        at = MONDAY + DAY
        report = office.sweep(at)
        assert sorted(key.split("/")[1] for key in report.made) == ["duty", "notice", "notice"]
        assert broken in {failure.partition(":")[0] for failure in report.failed}
        assert [counts(run, "unanswered", "unread") for run in runs(office, "notice")] == [
            (1, 1)
        ] * 2
        office.deliver(at)
        assert all(
            "另有1件无法读取,未计入" in text for to, text in told(office) if "群内通报" in text
        )
        assert office.sweep(at).made == ()


def test_a_bulletin_tells_the_figures_of_its_month() -> None:
    """Those that a report of the month gives, as of the run, in the text as in the diary."""
    office = office_with(BULLETIN)
    office.sweep(MONDAY)
    for number in range(3):
        assign(office, str(number), MONDAY + number * DAY)
    receive(office, "april", beijing(4, 1))
    office.sweep(beijing(4, 2))
    (run,) = runs(office, "bulletin")
    assert run.at == beijing(4, 1)
    assert counts(run, "received", "replied") == (3, 0)
    office.deliver(beijing(4, 2))
    ((to, text),) = told(office)
    assert to == "office"
    assert text.startswith(
        "【业务通报】2025年3月1日至2025年3月31日(统计至2025年3月31日24时):收到3件"
    )
    assert "按时回复率0.00%(0/3)" in text
    assert "黄牌3张,红牌3张。排名:第1名:市住房局。" in text


def test_each_version_makes_the_runs_of_its_own_days() -> None:
    """After an outage over a change of the policy; the midnight between belongs to the old one."""
    old = policy_with(DUTY, NOTICE, version="1", digest="1")
    new_notice = attrs.evolve(NOTICE, cadence=parse_cadence("每日9:00"))
    fresh = schedule("fresh", ReportKind.EXPRESS, "每日8:00")
    new = policy_with(new_notice, fresh, version="2", digest="2", valid_from=date(2025, 3, 5))
    office = office_with()
    office = attrs.evolve(office, city=make_city([old, new], sample_rules().units))
    office.sweep(MONDAY)
    office.sweep(beijing(3, 6, 10))
    entries = office.storage.entries("run/")
    made = [(e.body["schedule"], e.body["policy"], e.at) for e in entries]
    assert made == [
        ("duty", "1", beijing(3, 4)),
        ("duty", "1", beijing(3, 5)),
        *(("notice", "1", beijing(3, day, hour)) for day in (3, 4) for hour in (12, 20)),
        *(("notice", "2", beijing(3, day, 9)) for day in (5, 6)),
    ]
    assert [e.key for e in office.storage.entries("start/")] == [
        "start/duty",
        "start/fresh",
        "start/notice",
    ]


def test_an_office_before_its_first_policy_makes_nothing() -> None:
    """A sweep then is no error."""
    late = policy_with(NOTICE, valid_from=date(2025, 4, 1))
    office = attrs.evolve(office_with(), city=make_city([late], sample_rules().units))
    assert office.sweep(MONDAY).failed == ()
    assert office.storage.entries("") == ()


def test_a_schedule_may_speak_of_some_cases_only() -> None:
    """甘肃: the weekly digest is of what is 普遍性、代表性、典型性; the other cases are not in it."""
    some = attrs.evolve(LIST, id="some", conditions=({"category": frozenset({"投诉"})},))
    office = office_with(LIST, some)
    office.sweep(MONDAY)
    for number, category in (("1", "咨询"), ("2", "投诉"), ("3", "咨询")):
        message = sample_message(number, posted=MONDAY)
        office.receive(message, facts={"category": category}, at=MONDAY)

    office.sweep(MONDAY + DAY)

    new = {}
    for name in ("list", "some"):
        counts = office.storage.entries(f"run/{name}/")[-1].body["counts"]
        assert isinstance(counts, dict)
        new[name] = counts["new"]
    assert new == {"list": 3, "some": 1}
