"""The catalogue itself: every property can fail, on what is broken for it and on little else."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from wenzheng_core import load_plugins
from wenzheng_core.domain.timelimits import Deadline
from wenzheng_core.proofs.catalogue import Reach
from wenzheng_core.proofs.reports import Counterexample, Report, Status
from wenzheng_core.proofs.subjects import CI, EXAMPLES, Subject
from wenzheng_core.proofs.verifying import CATALOGUE, examine

IDS = [known.id for known in CATALOGUE]
FAMILIES = {"D": 20, "P": 6, "R": 1, "X": 4, "L": 8, "W": 14, "T": 8, "Y": 2}
ADVISORY = {
    "D10", "D11", "D17", "D18", "P3", "P6", "R1", "L7", "L8", "W3", "W10", "W12", "W13", "T7", "T8",
}  # fmt: skip
MADE_UP = {"D18", "W10"}
"""Advisory, and what a policy made up in a few lines may fail: it comes from no file, and is silent."""
UNREADABLE = {"D1", "D2"}
"""No policy can be read that fails these, so that others cannot even be tried on one."""


@cache
def registry() -> Any:
    """The module beside this one, by its path: test folders are no packages."""
    path = Path(__file__).with_name("broken.py")
    spec = importlib.util.spec_from_file_location("broken", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(name="few")
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(EXAMPLES, CI, 60)


def failing(report: Report) -> set[str]:
    """The ids of what fails, required or not."""
    return {x.property for x in report.lines if x.status in (Status.FAILS, Status.WARNS)}


# --- The catalogue --------------------------------------------------------------------------------


def test_the_ids_are_those_of_the_specification() -> None:
    """63 properties in their families, 48 of them required; no id is there twice."""
    assert [f"{family}{n}" for family, most in FAMILIES.items() for n in range(1, most + 1)] == IDS
    assert len(IDS) == 63
    assert {known.id for known in CATALOGUE if not known.required} == ADVISORY
    assert sum(known.required for known in CATALOGUE) == 48


def test_slugs_are_names_of_their_own() -> None:
    """Each is fit for the name of a test, and no two are alike; a name pads its number."""
    slugs = [known.slug for known in CATALOGUE]
    assert len(set(slugs)) == 63
    assert all(slug.isidentifier() and slug == slug.lower() for slug in slugs)
    assert CATALOGUE[6].name == "D07_monotone_in_receipt"


def test_what_is_drawn_says_how() -> None:
    """Whatever draws its examples can have them drawn by another; each property has words."""
    assert [x.id for x in CATALOGUE if x.reach is Reach.SAMPLED and x.law is None] == []
    assert all(known.title and known.statement and known.since for known in CATALOGUE)


# --- Every property can fail ----------------------------------------------------------------------


def test_everything_has_something_broken_for_it() -> None:
    """No property without what fails it, and nothing broken for none."""
    assert set(registry().BROKEN) == set(registry().ALSO) == set(IDS)


@pytest.mark.slow
@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("property_id", IDS)
def test_what_is_broken_for_a_property_fails_it(
    property_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The property fails, with an example in words; beside it fails what must, and nothing else."""
    subject = registry().BROKEN[property_id](monkeypatch)
    report = examine(subject)
    failures = report.line(property_id).outcome.failures
    assert failures
    assert all(x.text and x.count >= 1 and "检验未能进行" not in x.text for x in failures)
    if property_id not in UNREADABLE:
        known = {property_id} | registry().ALSO[property_id]
        assert failing(report) - MADE_UP == known - MADE_UP


@pytest.mark.slow
def test_what_cannot_be_tried_is_no_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    """A check that breaks down on a policy that no file can give says so, and the rest goes on."""
    report = examine(registry().BROKEN["D1"](monkeypatch))
    assert "D1" in failing(report)
    assert "检验未能进行:RefusedError" in report.line("X4").outcome.failures[0].text


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("city", sorted(load_plugins().cities))
def test_every_city_keeps_what_is_required(city: str) -> None:
    """Every version; the suites of the cities look further, at more examples."""
    plugins = load_plugins()
    found = plugins.cities[city]
    quick = [x.id for x in CATALOGUE if x.reach in (Reach.LOAD, Reach.EXHAUSTIVE)]
    for policy in found.versions.versions:
        calendar = plugins.calendar(policy.calendar)
        report = examine(Subject(city=found, policy=policy, calendar=calendar), only=quick)
        assert [(x.property, x.outcome.failures) for x in report.failed] == []
        assert len(report.lines) == len(quick) > 25


# --- The faults that the issue names --------------------------------------------------------------


def first(property_id: str, patch: pytest.MonkeyPatch) -> Counterexample:
    """The first counterexample on what is broken for a property."""
    subject = registry().BROKEN[property_id](patch)
    (line,) = examine(subject, only=[property_id]).lines
    return line.outcome.failures[0]


def test_the_cut_off_fault_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Received on the first Friday evening of the calendar, due later than received on Saturday."""
    found = first("D7", monkeypatch)
    assert found.text == (
        "「1个工作日」,2025-01-03 23:59 收到的到期为2025年1月7日(周二)24时前,"
        "2025-01-04 00:00 收到的反而到期为2025年1月6日(周一)24时前"
    )
    assert found.count > 45


def test_the_shift_by_summed_pauses_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same pauses told otherwise come to another day."""
    assert "同样的中止" in first("P2", monkeypatch).text


def test_the_count_of_what_remained_on_resumption_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pause split in two comes to another day."""
    module = registry()
    module.asked_of(monkeypatch, module.pause_counting.law_p2, module.p.remaining_on_resume)
    (line,) = examine(module.p.sample(), only=["P2"]).lines
    assert "同样的中止" in line.outcome.failures[0].text


def test_the_guard_that_lets_nothing_archive_without_a_return_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing is stuck and all can be completed; the straight way ends where it would be published."""
    subject = registry().BROKEN["W6"](monkeypatch)
    report = examine(subject, only=["W2", "W4", "W5", "W6"])
    assert failing(report) == {"W6"}
    assert "「已审定」" in report.line("W6").outcome.failures[0].text


def test_the_gap_of_one_cell_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one cell that no rule decides, with its values."""
    found = first("D1", monkeypatch)
    assert "类别为投诉、级别为紧要时,没有任何规则适用" in found.text
    assert (found.count, found.where) == (1, "$.clock[0].limit")


def test_the_two_rules_on_one_cell_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one cell that two rules decide, with both, although they say the same."""
    found = first("D2", monkeypatch)
    assert "类别为咨询、级别为紧要时,规则「ask」与「same」同时适用" in found.text
    assert (found.count, found.where) == (1, "$.clock[0].limit[2]")


def test_the_rung_that_collapses_on_a_one_day_limit_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The warning a working day before the end of one working day comes to nothing, from day one."""
    found = first("L1", monkeypatch)
    assert "1个工作日" in found.text
    assert "落空" in found.text
    assert found.where == "$.rung[0]"


def test_the_extension_that_its_own_requester_approves_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever asked grants it, holding the office that may."""
    found = first("X3", monkeypatch)
    assert "申请人本人" in found.text
    assert found.where == "$.extension[0].approver"


def test_five_working_days_against_seven_days_is_no_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """「5个工作日」 ends after 「7日」 first before Labour Day; both days are told."""
    found = first("D13", monkeypatch)
    assert "2025-04-25 00:00 起算" in found.text
    assert "2025年5月6日(周二)24时前,晚于较轻的「一般」(「7日」)的2025年5月2日" in found.text
    assert 0 < found.count < 365


def test_the_example_shown_comes_again_on_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the cut-off fault says is what the broken engine answers, and the sound one does not."""
    module = registry()
    subject = module.BROKEN["D7"](monkeypatch)
    limit = module.WorkingDays(1)
    evening = module.at_local(module.date(2025, 1, 3), module.time(23, 59))
    morning = module.at_local(module.date(2025, 1, 4))

    def due(count: Any, at: Any) -> Deadline:
        found = count(limit, at, subject.calendar, subject.policy.time)
        assert isinstance(found, Deadline)
        return found

    assert due(subject.count, morning).due < due(subject.count, evening).due
    assert due(module.deadline, morning).due >= due(module.deadline, evening).due
