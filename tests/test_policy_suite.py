"""The suite that every city runs on itself fails where it must."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta, timezone
from typing import Any

import attrs
import pytest

from wenzheng_core import City, RefusedError, Unit, Units, UnknownError, hookimpl, load_plugins
from wenzheng_core.cities import Examples, GoldenCase, make_city, read_stories
from wenzheng_core.domain.cadences import parse_cadence
from wenzheng_core.domain.clockrules import Promise
from wenzheng_core.domain.escalation import parse_moment
from wenzheng_core.domain.instants import at_local
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.domain.policies import PolicyVersions
from wenzheng_core.domain.provisions import Campaign, MeasureRule
from wenzheng_core.domain.schedules import ReportKind, Schedule
from wenzheng_core.goldens import GoldenBelonging, GoldenDuty, GoldenRate, GoldenRun
from wenzheng_core.testing.builders import (
    sample_calendar,
    sample_clock,
    sample_policy,
    sample_row,
)
from wenzheng_core.testing.policies import (
    check_belongs,
    check_duty,
    check_golden,
    check_rate,
    check_run,
    check_story,
    has_examples,
    policy_suite,
    silent_rungs,
    uncovered_rows,
    unheard_rungs,
)

BEIJING = timezone(timedelta(hours=8))
REPLY = GoldenCase(
    id="A",
    clock="reply",
    start=datetime(2025, 3, 3, 9, tzinfo=BEIJING),
    basis="样例",
    due_day=date(2025, 3, 18),
    due=None,
    row="",
    facts={},
    rungs={},
    known_on=None,
)
HANDLE = attrs.evolve(
    REPLY,
    id="B",
    clock="handle",
    due_day=date(2025, 3, 10),
    rungs={
        "warn": datetime(2025, 3, 7, tzinfo=BEIJING),
        "late": datetime(2025, 3, 11, tzinfo=BEIJING),
    },
)
HOUSING = Unit("housing", "市住房局")


def _city(*golden: GoldenCase, units: tuple[Unit, ...] = (HOUSING,), **rung: object) -> City:
    policy = sample_policy()
    rungs = tuple(attrs.evolve(r, **rung) for r in policy.rungs)
    return make_city([attrs.evolve(policy, rungs=rungs)], Units(units), golden)


def test_a_sound_city() -> None:
    """A city with an instance for each row and somebody for each rung passes."""
    city = _city(REPLY, HANDLE)

    for case in city.golden:
        check_golden(city, case, sample_calendar())
    assert (uncovered_rows(city), unheard_rungs(city)) == ([], [])


@pytest.mark.parametrize(
    "wrong",
    [
        attrs.evolve(HANDLE, due_day=date(2025, 3, 11)),
        attrs.evolve(HANDLE, due_day=None, due=datetime(2025, 3, 11, 1, tzinfo=BEIJING)),
        attrs.evolve(HANDLE, row="other"),
        attrs.evolve(HANDLE, rungs={"warn": datetime(2025, 3, 8, tzinfo=BEIJING)}),
        attrs.evolve(HANDLE, rungs={"none": datetime(2025, 3, 8, tzinfo=BEIJING)}),
    ],
)
def test_a_wrong_golden_case(wrong: GoldenCase) -> None:
    """Another day, instant, row, or a rung elsewhere or unknown fails the case."""
    with pytest.raises(AssertionError):
        check_golden(_city(wrong), wrong, sample_calendar())


def test_a_golden_case_of_an_unknown_clock() -> None:
    """A case about a clock that the policy lacks says which there are."""
    wrong = attrs.evolve(REPLY, clock="nope")

    with pytest.raises(RefusedError, match="现有:reply、handle"):
        check_golden(_city(wrong), wrong, sample_calendar())


def test_an_uncovered_row() -> None:
    """A row with a limit that no case exercises is named with its version and clock."""
    assert uncovered_rows(_city(REPLY)) == ["2025-1 handle/all"]
    assert uncovered_rows(_city()) == ["2025-1 reply/all", "2025-1 handle/all"]


def test_a_rung_that_reaches_nobody() -> None:
    """A rung without anybody in a unit is named; the office as fallback always hears."""
    empty = Unit("empty", "某局", offices=())
    headless = Unit("police", "市公安局", offices=("liaison",))

    assert unheard_rungs(_city(units=(HOUSING, headless))) == []
    assert unheard_rungs(_city(units=(HOUSING, headless), fallback=())) == ["late@police"]
    assert unheard_rungs(_city(units=(HOUSING, headless), fallback=("liaison",))) == []
    assert unheard_rungs(_city(units=(headless, empty), fallback=("liaison",))) == [
        "warn@empty",
        "late@empty",
        "late→unit_head",
    ]


def test_a_misspelt_office() -> None:
    """An office that nobody holds anywhere is told, though the fallback would always hear."""
    policy = _city(REPLY).versions.latest
    rungs = tuple(attrs.evolve(rung, to=("liason",)) for rung in policy.rungs)
    versions = PolicyVersions("sample", (attrs.evolve(policy, rungs=rungs),))
    city = City(id="sample", versions=versions, units=Units((HOUSING,)))

    assert unheard_rungs(city) == ["warn→liason", "late→liason"]


def test_a_rung_before_any_unit_has_the_case() -> None:
    """A rung that may fire before the assignment needs somebody besides the units."""
    city = _city(clock="reply", fallback=())

    assert unheard_rungs(city) == ["warn@", "late@"]


def _suite(city: City) -> type:
    class Plugin:
        @hookimpl
        def wenzheng_policies(self) -> list[City]:
            return [city]

    found = load_plugins(extra=[Plugin()])
    return policy_suite(city.id, found)


def test_the_suite_of_a_city_without_cases() -> None:
    """A city without a golden case fails its suite by name."""
    policy = attrs.evolve(sample_policy(), calendar="cn")
    suite = _suite(make_city([policy], Units((HOUSING,))))

    assert suite.__name__ == "TestSample"
    with pytest.raises(AssertionError, match="至少要有一个实例"):
        suite().test_has_golden_cases()
    with pytest.raises(AssertionError, match=r"没有实例.*2025-1 reply/all、2025-1 handle/all"):
        suite().test_every_row_has_a_golden_case()
    suite().test_every_rung_reaches_somebody()
    suite().test_every_rung_can_fire()


def test_the_suite_names_what_is_silent() -> None:
    """A rung that reaches nobody or never fires fails the suite in Chinese, with its name."""
    policy = attrs.evolve(_city(fallback=()).versions.latest, calendar="cn")
    early = tuple(attrs.evolve(r, at=parse_moment("到期前30日")) for r in policy.rungs)
    headless = Unit("police", "市公安局", offices=("liaison",))
    suite = _suite(make_city([attrs.evolve(policy, rungs=early)], Units((HOUSING, headless))))

    with pytest.raises(AssertionError, match=r"无人可告知.*late@police"):
        suite().test_every_rung_reaches_somebody()
    with pytest.raises(
        AssertionError, match=r"不会走到.*2025-1 warn@handle/all、2025-1 late@handle"
    ):
        suite().test_every_rung_can_fire()


@pytest.mark.parametrize(
    ("at", "rows"),
    [
        ("到期前4个工作日", []),
        ("到期前5个工作日", ["late", "warn"]),
        ("到期前7日", []),  # where a holiday lies between
        ("到期前11日", ["late", "warn"]),  # the sample year has but one holiday of five days
        ("到期前167小时", []),
    ],
)
def test_rungs_that_never_fire(at: str, rows: list[str]) -> None:
    """Whatever the units, a rung is silent if it lies after no start in the whole calendar."""
    found = silent_rungs(_city(at=parse_moment(at)), sample_calendar())

    assert sorted(found) == [f"2025-1 {name}@handle/all" for name in rows]


def test_a_calendar_that_is_not_installed() -> None:
    """A city whose calendar is missing is told so by name, with the calendars that there are."""
    city = make_city([attrs.evolve(sample_policy(), calendar="mars")], Units((HOUSING,)))

    with pytest.raises(UnknownError, match="没有名为「mars」的日历;现有:cn"):
        _suite(city)


def test_a_wrong_golden_case_speaks() -> None:
    """A golden case that fails says its name, what it wanted and what was found."""
    wrong = attrs.evolve(HANDLE, due_day=date(2025, 3, 11))

    with pytest.raises(AssertionError, match=r"实例 B:.*应为 2025-03-11,算得 2025-03-10"):
        check_golden(_city(wrong), wrong, sample_calendar())


# Other examples

POLICY = attrs.evolve(
    sample_policy(),
    calendar="cn",
    schedules=(
        Schedule(
            id="daily",
            kind=ReportKind.DAILY_LIST,
            cadence=parse_cadence("每日11:00"),
            handed_over=time(11, 20),
            basis="样例",
        ),
        Schedule(
            id="polls", kind=ReportKind.POLL_DUTY, cadence=parse_cadence("每日4次"), basis="样例"
        ),
    ),
    measures=(
        MeasureRule(
            id="done", title="办结率", part="resolved", whole="received", basis="样例", digits=1,
            excluding=("court",),
        ),
    ),
    campaigns=(
        Campaign(
            id="spring", title="春季", column="category", value="投诉", tag="【春】", basis="样例",
            first=at_local(date(2025, 3, 1)), until=at_local(date(2025, 4, 1)),
        ),
    ),
)  # fmt: skip
MORNING = datetime(2025, 3, 3, 11, tzinfo=BEIJING)
RUN = GoldenRun(
    id="R",
    schedule="daily",
    received=MORNING,
    run=MORNING + timedelta(days=1),
    handed_over=MORNING + timedelta(days=1, minutes=20),
    basis="样例",
)
DUTY = GoldenDuty(
    id="D", schedule="polls", day=MORNING.date(), logins=(MORNING,) * 3, missing=1, basis="样例"
)
RATE = GoldenRate(
    id="P",
    measure="done",
    counts={"received": 1000, "resolved": 920},
    declined={"court": 40},
    value="95.8%",
    basis="样例",
)
BELONGING = GoldenBelonging(
    id="B", campaign="spring", posted=MORNING, text="【春】路灯", belongs=True, basis="样例"
)
STORY = """
schema = "wenzheng.stories/1"
[[story]]
id = "S"
title = "路灯"
basis = "样例"
[[story.step]]
at = 2025-03-03T09:00:00
who = "source"
do = "receive"
then = { due = { reply = 2025-03-18 } }
"""
WHOLE = make_city(
    [POLICY],
    Units((HOUSING,)),
    (REPLY, HANDLE),
    Examples(runs=(RUN,), duties=(DUTY,), rates=(RATE,), belongings=(BELONGING,)),
    read_stories(STORY),
)


def test_sound_examples() -> None:
    """Runs, duties, rates and belongings that are as the source says pass."""
    check_run(WHOLE, RUN, sample_calendar())
    check_run(WHOLE, attrs.evolve(RUN, handed_over=None), sample_calendar())
    check_duty(WHOLE, DUTY, sample_calendar())
    check_rate(WHOLE, RATE, sample_calendar())
    check_belongs(WHOLE, BELONGING, sample_calendar())
    before = attrs.evolve(BELONGING, posted=MORNING - timedelta(days=30), belongs=False)
    check_belongs(WHOLE, before, sample_calendar())


def test_rates_of_the_core() -> None:
    """A rate that every city has is named by its id, and shown to as many digits as it is written."""
    counts = {"received": 1100, "merged": 100, "replied": 997}
    own = GoldenRate(id="O", measure="reply_rate", counts=counts, value="99.70%", basis="样例")
    check_rate(WHOLE, own, sample_calendar())
    check_rate(WHOLE, attrs.evolve(own, value="100%"), sample_calendar())
    timely = {"on_time": 3, "late": 1}
    check_rate(
        WHOLE,
        attrs.evolve(own, measure="on_time_rate", counts=timely, value="75.0%"),
        sample_calendar(),
    )
    with pytest.raises(AssertionError, match="没有名为 answered 的件数"):
        check_rate(WHOLE, attrs.evolve(own, counts={"answered": 1}), sample_calendar())


@pytest.mark.parametrize(
    ("check", "wrong", "said"),
    [
        (check_run, attrs.evolve(RUN, run=MORNING), "实例 R:日程 daily 涵盖它的一次应为"),
        (check_run, attrs.evolve(RUN, handed_over=MORNING), "的交办时刻应为"),
        (check_duty, attrs.evolve(DUTY, missing=0), "实例 D:所缺次数应为 0,算得 1"),
        (check_duty, attrs.evolve(DUTY, schedule="daily"), "不是「每日几次」"),
        (check_rate, attrs.evolve(RATE, value="92.0%"), "实例 P:比率 done应为 92.0%,算得 95.8%"),
        (check_rate, attrs.evolve(RATE, measure="x"), "没有比率 x;自带:reply_rate、"),
        (check_belongs, attrs.evolve(BELONGING, text="路灯"), "应为 归入,算得 不归入"),
        (check_belongs, attrs.evolve(BELONGING, campaign="x"), "没有专项 x;现有:spring"),
    ],
)
def test_a_wrong_example(check: Callable[..., None], wrong: Any, said: str) -> None:
    """Another run, count, rate or belonging fails, and says what was wanted and found."""
    with pytest.raises(AssertionError, match=said):
        check(WHOLE, wrong, sample_calendar())


def test_a_schedule_that_is_not_there() -> None:
    """A run or a duty of a schedule that the policy lacks says which there are."""
    for check, example in ((check_run, RUN), (check_duty, DUTY)):
        with pytest.raises(RefusedError, match="现有:daily、polls") as refused:
            check(WHOLE, attrs.evolve(example, schedule="x"), sample_calendar())
        assert refused.value.rule == "schedule.unknown"


def test_a_wrong_story() -> None:
    """A story that does not come out as told fails with its basis and the step."""
    (wrong,) = read_stories(STORY.replace("2025-03-18", "2025-03-19"))
    with pytest.raises(AssertionError, match=r"故事 S.*样例.*\n.*第1步\(receive\).*2025-03-19"):
        check_story(WHOLE, wrong, load_plugins())


def test_the_suite_runs_each_example_under_its_id() -> None:
    """Each example and story is a test of its own; a city without them has no such test."""
    suite = _suite(WHOLE)
    ids = {
        name: [param.id for mark in found.pytestmark for param in mark.args[1]]
        for name, found in vars(suite).items()
        if name.startswith(("test_golden", "test_story"))
    }

    assert ids == {
        "test_golden_case": ["A", "B"],
        "test_golden_run": ["R"],
        "test_golden_duty": ["D"],
        "test_golden_rate": ["P"],
        "test_golden_belonging": ["B"],
        "test_story": ["S"],
    }
    suite.test_golden_rate(suite(), RATE)
    suite.test_story(suite(), WHOLE.stories[0])
    with pytest.raises(AssertionError, match="实例 P"):
        suite.test_golden_rate(suite(), attrs.evolve(RATE, value="1%"))
    bare = _suite(make_city([POLICY], Units((HOUSING,)), (REPLY,)))
    assert not hasattr(bare, "test_story")


def test_a_policy_without_limits_needs_no_golden_case() -> None:
    """A story or an example proves it instead; one with limits needs a golden case all the same."""
    free = sample_row("all", None, no_limit="原文未写")
    clock = sample_clock("reply", Milestone.RECEIVED, Milestone.PUBLISHED, free)
    policy = attrs.evolve(POLICY, clocks=(clock,), rungs=())
    units = Units((HOUSING,))
    stories, examples = WHOLE.stories, Examples(runs=(RUN,))

    assert not has_examples(make_city([policy], units))
    assert has_examples(make_city([policy], units, stories=stories))
    assert has_examples(make_city([policy], units, examples=examples))
    assert has_examples(make_city([POLICY], units, (REPLY,)))
    assert not has_examples(make_city([POLICY], units, (), examples, stories))


def test_a_case_without_a_limit() -> None:
    """A row without a limit gives none, neither a number nor one that a unit must promise."""
    none = attrs.evolve(REPLY, due_day=None, no_limit=True)
    rows = {
        "free": sample_row("all", None, no_limit="原文未写"),
        "promised": sample_row("all", None, promise=Promise.PLAN),
    }
    cities = {}
    for name, row in rows.items():
        clock = sample_clock("reply", Milestone.RECEIVED, Milestone.PUBLISHED, row)
        policy = attrs.evolve(sample_policy(), clocks=(clock,), rungs=())
        cities[name] = make_city([policy], Units((HOUSING,)))

    check_golden(cities["free"], none, sample_calendar())
    for city in (cities["promised"], _city()):
        with pytest.raises(AssertionError, match="reply/all 有时限,应没有"):
            check_golden(city, none, sample_calendar())
    with pytest.raises(AssertionError, match=r"没有时限\(工作方案和时间表\)"):
        check_golden(cities["promised"], REPLY, sample_calendar())


@pytest.mark.parametrize("starts", [Milestone.POSTED, Milestone.ACCEPTED])
def test_a_clock_that_begins_before_any_unit_has_the_case(starts: Milestone) -> None:
    """Its rungs need somebody besides the units, also where one row alone begins so early."""
    late = sample_row("late", None, {"category": frozenset({"咨询"})}, starts=Milestone.ASSIGNED)
    early = sample_row("early", None, {"category": frozenset({"投诉"})}, starts=starts)
    clock = sample_clock("handle", Milestone.ASSIGNED, Milestone.REPORTED, late, early)
    policy = attrs.evolve(_city(fallback=()).versions.latest, clocks=(clock,))
    only_late = attrs.evolve(
        policy,
        clocks=(sample_clock("handle", Milestone.ASSIGNED, Milestone.REPORTED, late),),
    )

    assert unheard_rungs(make_city([policy], Units((HOUSING,)))) == ["warn@", "late@"]
    assert unheard_rungs(make_city([only_late], Units((HOUSING,)))) == []
