"""The properties as tests of a city: they fail where they must, and say so as an officer would."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from typing import Any

import attrs
import pytest

from wenzheng_core import City, FixedClock, PluginError, Unit, Units
from wenzheng_core.cities import Waiver, make_city
from wenzheng_core.domain.limits import CalendarDays
from wenzheng_core.domain.policies import Policy
from wenzheng_core.proofs.reports import Counterexample
from wenzheng_core.proofs.subjects import CI, EXAMPLES, PROFILES, QUICK, THOROUGH, Draw, Subject
from wenzheng_core.proofs.verifying import CATALOGUE, known
from wenzheng_core.testing import policy_suite, summary
from wenzheng_core.testing.builders import sample_calendar, sample_policy
from wenzheng_core.testing.laws import DRAWN, PROFILE, drive, profile

UNITS = Units((Unit("housing", "市住房局"), Unit("police", "市公安局")))
CLOCK = FixedClock(datetime(2025, 6, 1, 1, tzinfo=UTC))
X3 = "test_X03_asked_in_time_granted_by_another"
D3 = "test_D03_no_dead_rule"


def policy(approver: str = "office", **changes: Any) -> Policy:
    """The sample policy by the installed calendar, its extension granted by somebody."""
    rule = attrs.evolve(sample_policy().extensions[0], approver=approver)
    return attrs.evolve(sample_policy(), **{"calendar": "cn", "extensions": (rule,), **changes})


def city(*waivers: Waiver, policies: Sequence[Policy] = ()) -> City:
    """The sample city, in which by default the asker grants the extension."""
    return make_city(policies or [policy("liaison")], UNITS, waivers=waivers)


def waiver(property_id: str, **changes: Any) -> Waiver:
    """A waiver to the end of 2025."""
    plain = Waiver(property=property_id, reason="试行", basis="批文", until=date(2025, 12, 31))
    return attrs.evolve(plain, **changes)


def run(suite: type, name: str, version: str = "2025-1") -> dict[str, object]:
    """What one test of a suite records; raises as the test does."""
    recorded: dict[str, object] = {}
    getattr(suite, name)(suite(), version, recorded.__setitem__)
    return recorded


def failed(suite: type, name: str, version: str = "2025-1") -> str:
    """What one test of a suite says in failing."""
    with pytest.raises(pytest.fail.Exception) as caught:
        run(suite, name, version)
    return str(caught.value)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PROFILE, QUICK)


def test_each_property_is_a_test_for_each_version() -> None:
    """Under its id and slug, with the versions as parameters, and fresh for each suite."""
    later = policy(version="2026-1", valid_from=date(2026, 1, 1), digest="later")
    one, other = (policy_suite(city(policies=[policy(), later])) for _ in range(2))
    tests = {name: test for name, test in vars(one).items() if name.startswith("test_")}
    laws = [name for name in tests if name.removeprefix("test_") in {x.name for x in CATALOGUE}]

    assert laws == [f"test_{x.name}" for x in CATALOGUE]
    assert "test_D07_monotone_in_receipt" in laws
    for name in [*laws, "test_report"]:
        (mark,) = tests[name].pytestmark
        assert mark.args == ("version", ["2025-1", "2026-1"])
        assert tests[name].__doc__
        assert tests[name] is not vars(other)[name]
    assert (one.__name__, one.__qualname__) == ("TestSample", "TestSample")


def test_what_fails_says_all_that_is_needed() -> None:
    """The property, the policy, the place, the example; no trace of the program."""
    said = failed(policy_suite(city()), X3)
    assert "X3 到期前申请,由他人批准(必须成立;自目录第1版)" in said
    assert "sample 2025-1(摘要 sample-digest)" in said
    assert "反例:「handle」的延期由「liaison」批准,那正是提出申请的人" in said
    assert "位置:$.extension[0].approver" in said
    assert "修改:写另一位负责人的职务" in said


def test_what_holds_and_what_does_not_apply_both_pass() -> None:
    """A property of which the policy has nothing is reported with the reason, and is no skip."""
    suite = policy_suite(city(policies=[policy(extensions=())]))
    recorded = run(suite, X3)["wenzheng"]
    assert recorded == "X3 到期前申请,由他人批准:不涉及 本办法没有规定延期"
    assert str(run(suite, D3)["wenzheng"]).startswith("D3 没有空条:成立[PROVED] ")


def test_a_warning_passes_and_speaks(capsys: pytest.CaptureFixture[str]) -> None:
    """What is advisory fails no test; its counterexample is printed."""
    rule = attrs.evolve(sample_policy().extensions[0], at_most=CalendarDays(5))
    suite = policy_suite(city(policies=[attrs.evolve(policy(), extensions=(rule,))]))
    assert "W3 没有空设的步骤:提示" in str(run(suite, "test_W03_no_dead_transition")["wenzheng"])
    assert "W3 没有空设的步骤(提示;" in capsys.readouterr().out


def test_what_the_profile_does_not_reach_is_skipped() -> None:
    """The quick profile sweeps no calendar; the skip says how to run it."""
    with pytest.raises(pytest.skip.Exception, match="D7 在 quick 档不检验;设 WENZHENG_PROFILE=ci"):
        run(policy_suite(city()), "test_D07_monotone_in_receipt")


@pytest.mark.slow
def test_the_profile_ci_sweeps_and_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every day is looked at, and lives are lived, once for all tests of the version."""
    monkeypatch.setenv(PROFILE, CI)
    suite = policy_suite(city(policies=[policy()]))
    swept = str(run(suite, "test_D07_monotone_in_receipt")["wenzheng"])
    assert "成立[PROVED] 2种时限 × 8," in swept
    assert "成立[SAMPLED]" in str(run(suite, "test_P02_pauses_as_union")["wenzheng"])


# --- The profile ----------------------------------------------------------------------------------


@pytest.mark.parametrize("named", PROFILES)
def test_the_environment_names_the_profile(named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of the three; nothing is ``ci``; another word is refused with those there are."""
    monkeypatch.setenv(PROFILE, named)
    assert profile() == named
    monkeypatch.delenv(PROFILE)
    assert profile() in (CI, THOROUGH)
    monkeypatch.setenv(PROFILE, "fast")
    with pytest.raises(ValueError, match="没有这一档;可用:quick、ci、thorough"):
        profile()


def test_the_more_thorough_the_more_is_drawn() -> None:
    """Hypothesis is asked in every profile that draws at all."""
    assert DRAWN[QUICK] == 0 < DRAWN[CI] < DRAWN[THOROUGH] == EXAMPLES[THOROUGH] == 5_000


# --- Waivers --------------------------------------------------------------------------------------


def test_a_waived_property_still_runs() -> None:
    """It fails, and passes as waived, with the reason and the basis."""
    suite = policy_suite(city(waiver("X3")), clock=CLOCK)
    assert str(run(suite, X3)["wenzheng"]).endswith(";豁免:试行;依据:批文")
    run(suite, D3)


def test_a_waiver_of_what_holds_fails() -> None:
    """So does one of what does not apply: neither may hide anything."""
    suite = policy_suite(city(waiver("D3"), waiver("X2"), waiver("R1")), clock=CLOCK)
    assert "已豁免,但这一条成立(或不涉及),请删去豁免:试行" in failed(suite, D3)


@pytest.mark.parametrize(("until", "holds"), [(date(2025, 6, 1), True), (date(2025, 5, 31), False)])
def test_a_waiver_runs_out(until: date, holds: bool) -> None:
    """Its last day is included, by the day in Beijing of the clock that is given."""
    suite = policy_suite(city(waiver("X3", until=until)), clock=CLOCK)
    if holds:
        run(suite, X3)
    else:
        assert "豁免已于 2025-05-31 到期:试行" in failed(suite, X3)


def test_a_waiver_of_one_version() -> None:
    """The other version must keep the property."""
    later = policy(version="2026-1", valid_from=date(2026, 1, 1), digest="later")
    both = [policy("liaison"), later]
    alone = policy_suite(city(waiver("X3", version="2025-1"), policies=both), clock=CLOCK)
    run(alone, X3)
    run(alone, X3, "2026-1")
    everywhere = policy_suite(city(waiver("X3"), policies=both), clock=CLOCK)
    assert "请删去豁免" in failed(everywhere, X3, "2026-1")


# --- The report -----------------------------------------------------------------------------------


class Manager:
    """A pytest without our plugin."""

    def __init__(self) -> None:
        self.registered: list[object] = []
        self.pluginmanager = self.config = self

    def has_plugin(self, name: str) -> bool:
        """Whether it was registered."""
        return bool(self.registered)

    def register(self, plugin: object, name: str) -> None:
        """Register it."""
        self.registered.append(plugin)


def test_the_report_counts(capsys: pytest.CaptureFixture[str]) -> None:
    """Kit, digest, days, and how many were proved, do not apply, are waived; the sum is all."""
    suite: Any = policy_suite(city(waiver("X3"), waiver("W9")), clock=CLOCK)
    recorded: dict[str, object] = {}
    request = Manager()
    for _ in range(2):
        suite.test_report(suite(), "2025-1", recorded.__setitem__, request)
    assert request.registered == [summary]
    said = str(recorded[summary.PROPERTY])
    head, kit, counts, *named = said.splitlines()
    assert head == "sample 2025-1《样例办法》 摘要 sample-digest"
    assert "目录第1版 · quick · 日历 cn(2004-01-01 起," in kit
    assert sum(int(part.split()[-1]) for part in counts.split(" · ")) == len(CATALOGUE)
    assert "FAILS 0" in counts
    assert "  已豁免:X3、W9" in named
    assert said in capsys.readouterr().out


class Terminal:
    """A terminal that keeps what is written to it."""

    def __init__(self, verbosity: int) -> None:
        self.config = self
        self.verbosity = verbosity
        self.lines: list[str] = []

    def get_verbosity(self) -> int:
        """As -v and -q say."""
        return self.verbosity

    def getreports(self, kind: str) -> list[Any]:
        """One that passed and recorded a text, and one that did not."""
        told = [(summary.PROPERTY, "甲"), ("wenzheng", "乙")] if kind == "passed" else []
        return [type("Report", (), {"user_properties": told})(), object()]

    def section(self, title: str) -> None:
        """A title."""
        self.lines.append(title)

    def write_line(self, text: str) -> None:
        """A line."""
        self.lines.append(text)


@pytest.mark.parametrize(("verbosity", "shown"), [(0, ["规则检验", "甲"]), (-1, [])])
def test_the_summary_is_shown_at_the_end(verbosity: int, shown: list[str]) -> None:
    """What was recorded for it, and nothing when quiet."""
    terminal: Any = Terminal(verbosity)
    summary.pytest_terminal_summary(terminal)
    assert terminal.lines == shown


# --- Where a city comes from ----------------------------------------------------------------------


def test_a_folder_is_a_city(tmp_path: Path) -> None:
    """Files that no plugin offers are looked at as well."""
    source = Path(__file__).parents[1] / "plugins/wenzheng-notice/src/wenzheng_notice"
    for name in ("policy.toml", "units.toml", "cases.toml"):
        (tmp_path / name).write_bytes((source / name).read_bytes())
    suite = policy_suite(tmp_path)
    assert suite.__name__ == "TestNotice"
    run(suite, D3, "1")
    with pytest.raises(PluginError, match=r"没有 policy\.toml"):
        policy_suite(tmp_path / "nowhere")


# --- Drawn by Hypothesis --------------------------------------------------------------------------

SUBJECT = Subject(
    city=make_city([sample_policy()], UNITS), policy=sample_policy(), calendar=sample_calendar()
)


def tall(_: Subject, draw: Draw) -> Counterexample | None:
    """A law that fails from seven on, and on the last of four words."""
    n, word = draw.integer(0, 1_000), draw.choice("甲乙丙丁")
    return Counterexample(text=f"{n}{word}") if n >= 7 and word != "甲" else None


def test_hypothesis_makes_the_example_small() -> None:
    """The smallest number and the first word that fail, the same every time."""
    for _ in range(2):
        found = drive(SUBJECT, tall, examples=200, chance=False)
        assert found == Counterexample(text="7乙")


def test_a_law_that_answers_otherwise_is_no_crash() -> None:
    """The last example that failed is shown, though it would not fail again."""
    turns = count()

    def moody(_: Subject, draw: Draw) -> Counterexample | None:
        draw.integer(0, 5)
        return Counterexample(text="一次") if next(turns) % 2 else None

    assert drive(SUBJECT, moody, examples=50, chance=True) == Counterexample(text="一次")


@pytest.mark.slow
@pytest.mark.parametrize("law", [x for x in CATALOGUE if x.law], ids=lambda x: x.id)
def test_hypothesis_drives_every_law_that_draws(law: Any) -> None:
    """Whatever it draws, the sample policy keeps the law."""
    assert drive(SUBJECT, law.law, examples=DRAWN[CI], chance=False) is None
    assert known(law.id) is law
