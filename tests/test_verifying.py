"""``verify`` and the gate of registration: what is examined, by which days, and who is let in."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import attrs
import pytest

from wenzheng_core import (
    ArgumentError,
    City,
    InputFaultsError,
    Plugins,
    PolicyReport,
    Status,
    hookimpl,
    load_plugins,
    verify,
)
from wenzheng_core.admission import faults_of
from wenzheng_core.plugins import read_city
from wenzheng_core.proofs.reportdocument import FORM, document
from wenzheng_core.proofs.verifying import CATALOGUE

POLICY = """
schema = "wenzheng.policy/1"
id = "li"
title = "例市网民留言办理办法"
version = "2024"
valid_from = 2024-01-01
basis = "例府办〔2024〕1号"
calendar = "cn"
main_clock = "handle"

[[clock]]
id = "handle"
title = "办结"
starts = "assigned"
stops = "reported"
per = "unit"

[[clock.limit]]
id = "all"
within = "7日"
basis = "第三条"

[[extension]]
clock = "handle"
times = 1
at_most = "7日"
approver = "office"
basis = "第四条"
"""
UNITS = """
schema = "wenzheng.units/1"
basis = "通知抬头"
[[unit]]
id = "dong"
name = "东区人民政府"
offices = ["unit_head"]
"""
OWN = POLICY.replace('approver = "office"', 'approver = "unit_head"')
"""The unit's own head grants what the unit asks for: W9."""
WAIVER = """
schema = "wenzheng.waivers/1"
[[waiver]]
property = "W9"
reason = "原文如此"
basis = "第四条"
until = 2020-12-31
"""


def city_of(policy: str = POLICY, **files: str) -> City:
    """A city of one unit under a policy."""
    texts = {f"{name}.toml": text for name, text in files.items()}
    return read_city({"policy.toml": policy, "units.toml": UNITS, **texts}, "li")


def plugins_with(*cities: City, installed: bool = False) -> Plugins:
    """Plugins of these cities."""

    class Given:
        @hookimpl
        def wenzheng_policies(self) -> list[City]:
            return list(cities)

    return load_plugins([Given()], installed=installed)


def statuses(report: PolicyReport) -> dict[str, Status]:
    """Each property with what became of it."""
    return {line.property: line.status for line in report.lines}


# What is examined


def test_a_city_stands_for_its_newest_version() -> None:
    """The report of a city is that of its latest policy, with the installed calendar."""
    plugins = load_plugins()
    wuhan = plugins.city("wuhan")

    report = verify(wuhan, profile="quick")

    assert (report.policy, report.version) == ("wuhan", wuhan.versions.latest.version)
    assert report.calendar_digest == plugins.calendar("cn").digest
    assert [line.property for line in report.lines] == [known.id for known in CATALOGUE]


def test_a_policy_has_the_units_of_its_installed_city_and_none_if_it_was_changed() -> None:
    """The units come from the city that has this very policy; a draft of it stands alone."""
    shantou = load_plugins().city("shantou")
    policy = shantou.versions.latest
    draft = attrs.evolve(policy, title="草案")

    of_city, of_policy, of_draft = (
        verify(x, profile="quick", only=["L7"]) for x in (shantou, policy, draft)
    )

    assert of_policy == of_city
    assert "8个单位" in of_city.line("L7").outcome.domain
    assert "8个单位" not in of_draft.line("L7").outcome.domain


def test_without_a_calendar_what_needs_days_is_not_run() -> None:
    """No calendar is installed: the rest is examined, and the report says what was not."""
    bare = plugins_with(city_of())

    without = statuses(verify(bare.city("li"), plugins=bare))
    given = verify(
        bare.city("li"), plugins=bare, calendar=load_plugins().calendar("cn"), only=["D1", "D7"]
    )

    assert (without["D1"], without["D7"]) == (Status.HOLDS, Status.NOT_RUN)
    assert statuses(given) == {"D1": Status.HOLDS, "D7": Status.HOLDS}


def test_a_baseline_is_looked_up() -> None:
    """A policy that names a level above is compared with it, and says so if it is not there."""
    stricter = POLICY.replace('id = "li"', 'id = "sheng"').replace("7日", "5日")
    lower = POLICY.replace('calendar = "cn"', 'calendar = "cn"\nbaseline = "sheng"')
    both = plugins_with(city_of(lower), city_of(stricter))
    days = load_plugins().calendar("cn")

    wider = verify(both.city("li"), plugins=both, calendar=days, only=["D15"]).line("D15")
    alone = plugins_with(city_of(lower))
    absent = verify(alone.city("li"), plugins=alone, calendar=days, only=["D15"]).line("D15")

    assert wider.status is Status.FAILS
    assert wider.outcome.failures[0].count > 1_000
    assert "没有拿到" in absent.outcome.failures[0].text


def test_the_same_examination_gives_the_same_report() -> None:
    """Nothing depends on chance, the clock or what was examined before."""
    city = load_plugins().city("notice")
    first, again = (document(verify(city)) for _ in range(2))

    assert first == again
    assert first["form"] == FORM
    assert sum(first["counts"].values()) == len(CATALOGUE)


def test_waivers_run_out_by_the_day_that_is_given() -> None:
    """A waived property does not fail until its last day has passed."""
    plugins = plugins_with(city := city_of(OWN, waivers=WAIVER))

    def status(today: date | None) -> Status:
        return verify(city, plugins=plugins, profile="quick", today=today).line("W9").status

    assert [status(day) for day in (None, date(2020, 12, 31), date(2021, 1, 1))] == [
        Status.WAIVED,
        Status.WAIVED,
        Status.FAILS,
    ]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"profile": "full"}, "quick、ci、thorough"), ({"only": ["D1", "D99"]}, "D99")],
)
def test_a_wrong_argument_is_named(wrong: dict[str, object], said: str) -> None:
    """A profile or a property that there is not, and something that is no policy."""
    with pytest.raises(ArgumentError, match=said):
        verify(city_of(), **wrong)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="policy"):
        verify("li")  # type: ignore[arg-type]


def test_importing_the_core_loads_no_property() -> None:
    """Most command lines examine nothing: neither the import nor a deadline pays for it."""
    code = (
        "import sys, wenzheng_core as w; w.load_plugins(); w.parse_limit('5日');"
        "sys.exit('wenzheng_core.proofs.verifying' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_page_lists_the_catalogue() -> None:
    """docs/prove-a-policy.md has every property in the catalogue's own words."""
    page = (Path(__file__).parents[1] / "docs" / "prove-a-policy.md").read_text("utf-8")
    rows = re.findall(r"^\| ([A-Z]\d+) \| (.*?) \| (.*?) \| (必须|提示) \|$", page, re.MULTILINE)
    assert rows == [
        (k.id, k.title, k.statement.rstrip("。"), "必须" if k.required else "提示")
        for k in CATALOGUE
    ], "run `wenzheng policy properties`"


# Who is let in


def test_a_city_on_whose_rules_a_required_property_fails_is_refused() -> None:
    """Like a fault in a file: property, counterexample, path and mend; other cities work."""
    plugins = plugins_with(city_of(OWN), installed=True)

    with pytest.raises(InputFaultsError) as caught:
        plugins.city("li")

    (fault,) = caught.value.faults
    assert fault.reason.startswith("[W9]各司其职:「批准延期」由承办单位自己的一把手作出")
    assert (fault.path, fault.mend) == ("$.extension[0].approver", "写办公室或上级领导的职务")
    assert "li" not in plugins.cities
    assert plugins.faulty["li"].faults == caught.value.faults
    assert plugins.city("shantou").id == "shantou"
    assert plugins.unchecked("li").id == "li"


def test_the_path_names_the_version_where_there_are_several() -> None:
    """Of two versions the faulty one is named."""
    files = {"policy.toml": POLICY, "units.toml": UNITS}
    later = OWN.replace('"2024"', '"2025"').replace("2024-01-01", "2025-01-01")
    city = read_city({**files, "policy-2025.toml": later}, "li")

    assert {fault.path for fault in faults_of(city)} == {"2025.extension[0].approver"}


def test_a_waived_property_lets_in_whenever_it_ran_out() -> None:
    """No host stops at midnight: that a waiver has expired is for the city's own suite to say."""
    assert faults_of(city_of(OWN, waivers=WAIVER)) == ()
    assert [f.reason[:4] for f in faults_of(city_of(OWN))] == ["[W9]"]


def test_an_advice_stops_nobody() -> None:
    """Sample cities of which an advisory property does not hold are let in."""
    city = load_plugins().city("shantou")
    assert verify(city, profile="quick").line("W10").status is Status.WARNS


def test_every_installed_city_is_let_in_at_once() -> None:
    """Each is looked at in milliseconds, and not again when the plugins are loaded again."""
    read = load_plugins()
    names = sorted(read.cities)
    assert len(names) >= 20
    again = [*map(load_plugins().unchecked, names)]
    began = time.process_time()
    assert all(faults_of(city) == () for city in again)
    assert time.process_time() - began < 0.1
    assert read.faulty == {}
