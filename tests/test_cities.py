"""A city's units and golden cases, and the city made of versions: every fault at once."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import attrs
import pytest

from wenzheng_core.cities import (
    City,
    Examples,
    make_city,
    read_cases,
    read_golden,
    read_units,
)
from wenzheng_core.domain.cadences import parse_cadence
from wenzheng_core.domain.errors import InputFaultsError, RefusedError
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.schedules import ReportKind, Schedule
from wenzheng_core.domain.units import Unit, Units
from wenzheng_core.plugins import read_city
from wenzheng_core.testing.builders import sample_policy

# Units and cases


def _unit_faults(text: str) -> list[tuple[str, str]]:
    with pytest.raises(InputFaultsError) as caught:
        read_units(text)
    return [(fault.path, fault.reason) for fault in caught.value.faults]


def test_units_at_fault() -> None:
    """Duplicates, unknown parents, circles and shared areas come together, each at its unit."""
    units = 'schema = "wenzheng.units/2"\n' + "".join(
        f'[[unit]]\nid = "{name}"\nname = "某局"\nparent = "{parent}"\nareas = ["{area}"]\n'
        for name, parent, area in (
            ("a", "", "东区"),
            ("a", "", "南区"),
            ("b", "zz", "西区"),
            ("c", "d", "北区"),
            ("d", "c", "东区"),
            ("e", "c", "城中"),
        )
    )

    assert _unit_faults(units) == [
        ("$.schema", "不认识的格式 wenzheng.units/2"),
        ("$.unit[1].id", "编号 a 重复"),
        ("$.unit[2].parent", "没有上级单位 zz"),
        ("$.unit[3].parent", "上级关系成环"),
        ("$.unit[4].parent", "上级关系成环"),
        ("$.unit[4].areas[0]", "「东区」已归单位 a"),
    ]


def test_a_unit_above_itself() -> None:
    """A unit that is its own parent is a circle of one."""
    text = 'schema = "wenzheng.units/1"\n[[unit]]\nid = "a"\nname = "甲"\nparent = "a"\n'

    assert _unit_faults(text) == [("$.unit[0].parent", "上级关系成环")]


def test_cases_at_fault() -> None:
    """Golden cases need one due, a basis, an id of their own, and times without a zone."""
    text = """
    schema = "wenzheng.cases/1"
    [[case]]
    id = "A"
    clock = "handle"
    start = 2024-01-02T09:00:00+08:00
    basis = ""
    [[case]]
    id = "A"
    clock = "handle"
    start = 2024-01-02
    due_day = 2024-01-09
    due = 2024-01-09T09:00:00
    rungs = { red = 2024-01-10T00:00:00Z }
    basis = "三"
    """
    with pytest.raises(InputFaultsError) as caught:
        read_golden(text)

    assert {
        "$.case[0]",
        "$.case[0].basis",
        "$.case[0].start",
        "$.case[1].id",
        "$.case[1].start",
        "$.case[1]",
        "$.case[1].rungs.red",
    } == {fault.path for fault in caught.value.faults}


def test_no_limit_stands_for_a_due() -> None:
    """A case without a limit says so, has no ladder, and is no other case as well."""
    head = 'schema = "wenzheng.cases/1"\n[[case]]\nid = "A"\nclock = "c"\nbasis = "b"\n'
    head += "start = 2024-01-02T09:00:00\nno_limit = true\n"
    (case,) = read_golden(head)
    assert (case.no_limit, case.due, case.due_day) == (True, None, None)

    for more, path in (
        ("due_day = 2024-01-09", "$.case[0]"),
        ("rungs = { red = 2024-01-10T00:00:00 }", "$.case[0].rungs"),
    ):
        with pytest.raises(InputFaultsError) as caught:
            read_golden(head + more)
        assert [fault.path for fault in caught.value.faults] == [path]


EXAMPLES = """
schema = "wenzheng.cases/1"
[[run]]
id = "R"
schedule = "daily"
received = 2024-01-02T11:00:00
run = 2024-01-03T11:00:00
handed_over = 2024-01-03T11:20:00
basis = "一"
[[duty]]
id = "D"
schedule = "polls"
day = 2024-01-02
logins = [2024-01-02T09:00:00, 2024-01-02T23:59:00]
missing = 2
basis = "二"
[[rate]]
id = "P"
measure = "done"
counts = { received = 1000, resolved = 920 }
declined = { court = 40 }
value = "95.83%"
basis = "三"
[[belongs]]
id = "B"
campaign = "heat"
posted = 2024-01-02T11:00:00
text = "【清爽度夏】"
belongs = true
basis = "四"
"""


def test_other_examples() -> None:
    """Runs, duties, rates and belongings are read as they stand, their times as Beijing time."""
    golden, examples = read_cases(EXAMPLES)
    (run,), (duty,), (rate,) = examples.runs, examples.duties, examples.rates
    (one,) = examples.belongings

    assert golden == ()
    assert run.received == datetime(2024, 1, 2, 3, tzinfo=UTC)
    assert run.handed_over == datetime(2024, 1, 3, 3, 20, tzinfo=UTC)
    assert (duty.missing, duty.logins[1]) == (2, datetime(2024, 1, 2, 15, 59, tzinfo=UTC))
    assert (rate.counts["resolved"], rate.declined, rate.value) == (920, {"court": 40}, "95.83%")
    assert (one.posted, one.text, one.belongs) == (run.received, "【清爽度夏】", True)
    assert (bool(examples), bool(Examples())) == (True, False)


def test_other_examples_at_fault() -> None:
    """Zones, missing bases, numbers below zero, rates in words and ids used twice come together."""
    text = EXAMPLES.replace("11:20:00", "11:20:00Z").replace("23:59:00", "23:59:00+08:00")
    text = text.replace("missing = 2", "missing = -1").replace("95.83%", "约九成")
    text = text.replace("court = 40", "court = -4").replace('"四"', '""')
    text = text.replace("2024-01-02T11:00:00\ntext", "2024-01-02T11:00:00Z\ntext")
    text += EXAMPLES[EXAMPLES.index("[[run]]") : EXAMPLES.index("[[duty]]")]
    with pytest.raises(InputFaultsError) as caught:
        read_cases(text)

    assert [fault.path for fault in caught.value.faults] == [
        "$.run[0].handed_over",
        "$.duty[0].logins[1]",
        "$.duty[0].missing",
        "$.rate[0].value",
        "$.rate[0].declined.court",
        "$.belongs[0].posted",
        "$.run[1].id",
        "$.belongs[0].basis",
    ]


def test_a_city_with_its_stories() -> None:
    """The files of a city are read together: a story names the units of the same city."""
    policy = (Path(__file__).parents[1] / "plugins/wenzheng-shantou/src/wenzheng_shantou").joinpath
    texts = {name: policy(name).read_text("utf-8") for name in ("policy.toml", "units.toml")}
    story = """
    schema = "wenzheng.stories/1"
    [[story]]
    id = "S"
    title = "来信"
    basis = "样例"
    [[story.step]]
    at = 2024-01-02T09:00:00
    who = "unit:UNIT"
    do = "receive"
    """
    first = next(iter(read_units(texts["units.toml"]))).id
    city = read_city({**texts, "stories.toml": story.replace("UNIT", first)}, "li")

    assert [one.id for one in city.stories] == ["S"]
    assert city.stories[0].steps[0].who.unit == first
    with pytest.raises(InputFaultsError, match=r"li/stories.toml.*\n.*没有单位 UNIT"):
        read_city({**texts, "stories.toml": story}, "li")


# The city


def _version(version: str, first: date, **changes: str) -> Policy:
    return attrs.evolve(sample_policy(), version=version, valid_from=first, **changes)


def _city() -> City:
    return make_city([_version("b", date(2024, 7, 1)), _version("a", date(2024, 1, 1))])


def test_versions_that_do_not_go_together() -> None:
    """Another id, another calendar, a name or a first day used twice: all told at once."""
    first, second = date(2024, 1, 1), date(2024, 2, 1)
    with pytest.raises(InputFaultsError) as caught:
        make_city(
            [
                _version("a", first),
                _version("b", first, id="other"),
                _version("a", second, calendar="other"),
            ]
        )

    assert [fault.path for fault in caught.value.faults] == [
        "b.id",
        "b.valid_from",
        "a.calendar",
        "a.version",
    ]
    with pytest.raises(InputFaultsError, match="至少给出一个版本"):
        make_city([])


def _faulty_offices(to: tuple[str, ...], *policies: Policy, **rung: object) -> list[str]:
    units = Units((Unit("a", "某局", offices=("unit_head",)), Unit("b", "某区")))

    def evolved(policy: Policy) -> Policy:
        first, *others = policy.rungs
        return attrs.evolve(policy, rungs=(attrs.evolve(first, to=to, **rung), *others))

    with pytest.raises(InputFaultsError) as caught:
        make_city([evolved(policy) for policy in policies or (sample_policy(),)], units)
    assert all("liaison" in fault.mend for fault in caught.value.faults)
    return [f"{fault.path} {fault.reason}" for fault in caught.value.faults]


def test_an_office_that_nobody_holds() -> None:
    """A rung to an office held in no unit is told, for all that the office hears as its fallback."""
    strange = "没有单位设有「mayor」这一职务"

    assert _faulty_offices(("mayor",)) == [f"$.rung[0].to[0] {strange}"]
    assert _faulty_offices(("liaison", "mayor"), fallback=()) == [f"$.rung[0].to[1] {strange}"]
    both = _version("a", date(2024, 1, 1)), _version("b", date(2024, 7, 1))
    assert _faulty_offices(("mayor",), *both) == [
        f"a.rung[0].to[0] {strange}",
        f"b.rung[0].to[0] {strange}",
    ]


def test_an_office_that_is_heard() -> None:
    """An office held in one unit, the assigning office, and one with a stand-in are no fault."""
    units = Units((Unit("a", "某局", offices=("unit_head",)),))
    rung = sample_policy().rungs[0]
    for to, fallback, known in (
        (("unit_head", "office"), ("office",), units),
        (("mayor",), ("unit_head",), units),
        (("mayor",), ("office",), Units()),
    ):
        heard = attrs.evolve(rung, to=to, fallback=fallback)
        policy = attrs.evolve(sample_policy(), rungs=(heard,))
        assert make_city([policy], known).versions.latest == policy


def test_whom_a_schedule_goes_to() -> None:
    """Held offices, the assigning one, and bodies outside by their Chinese names; nobody else."""
    units = Units((Unit("a", "某局", offices=("unit_head",)),))
    digest = Schedule(
        id="digest",
        kind=ReportKind.WEEKLY_DIGEST,
        cadence=parse_cadence("每周一9:00"),
        to=("office", "unit_head", "a/unit_head", "市委督查室", "nobody"),
        basis="样例",
    )
    policy = attrs.evolve(sample_policy(), rungs=(), schedules=(digest,))
    with pytest.raises(InputFaultsError) as caught:
        make_city([policy], units)

    (fault,) = caught.value.faults
    assert (fault.path, fault.reason) == (
        "$.schedule[0].to[4]",
        "没有单位设有「nobody」这一职务",
    )
    assert "unit_head、office" in fault.mend
    assert make_city([policy]).id == policy.id


@pytest.mark.parametrize("name", ["", " ", "a b", "a@b", "a/b", "a\\n"])
def test_odd_ids_of_units_and_cases(name: str) -> None:
    """Ids of units and of examples are never blank, nor hold what would part them elsewhere."""
    unit = f'schema = "wenzheng.units/1"\n[[unit]]\nid = "{name}"\nname = "某局"\n'
    ((path, _),) = _unit_faults(unit)
    assert path == "$.unit[0].id"

    rate = f'[[rate]]\nid = "{name}"\nmeasure = "m"\ncounts = {{}}\nvalue = "—"\nbasis = "一"\n'
    with pytest.raises(InputFaultsError) as caught:
        read_cases(f'schema = "wenzheng.cases/1"\n{rate}')
    assert [fault.path for fault in caught.value.faults] == ["$.rate[0].id"]


def test_a_unit_without_a_name() -> None:
    """A blank name would be nobody's."""
    text = 'schema = "wenzheng.units/1"\n[[unit]]\nid = "a"\nname = " "\n'
    assert _unit_faults(text) == [("$.unit[0].name", "name 不能为空白")]


@pytest.mark.parametrize(
    ("at", "version"),
    [
        (datetime(2023, 12, 31, 16, tzinfo=UTC), "a"),
        (datetime(2024, 6, 30, 15, 59, 59, tzinfo=UTC), "a"),
        (datetime(2024, 6, 30, 16, tzinfo=UTC), "b"),
        (datetime(2034, 1, 1, tzinfo=UTC), "b"),
    ],
)
def test_the_version_in_force(at: datetime, version: str) -> None:
    """A version is in force from 0:00 in Beijing of its first day until the next one's."""
    assert version == _city().versions.in_force(at).version


def test_before_the_first_version() -> None:
    """Before the first version nothing is ruled, and the refusal names its first day."""
    with pytest.raises(RefusedError, match="2024-01-01") as caught:
        _city().versions.in_force(datetime(2023, 12, 31, 15, 59, tzinfo=UTC))

    assert caught.value.rule == "policy.not_yet"
