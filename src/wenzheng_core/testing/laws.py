"""The properties of the catalogue as tests of a city, one for each property and version.

A version is examined once, when the first of its tests asks; what is drawn there is drawn from a
seed. What holds there is then put to Hypothesis: to a few examples, the same every time, in the
profile ``ci``, to thousands of others with every run in ``thorough``. What fails is put to it as
well, to find a smaller example.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import attrs
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky

from wenzheng_core.cities import City
from wenzheng_core.clock import SystemClock
from wenzheng_core.domain.calendars import Calendar
from wenzheng_core.domain.instants import local_day
from wenzheng_core.domain.policies import Policy
from wenzheng_core.plugins import Plugins
from wenzheng_core.ports import TimeSource
from wenzheng_core.proofs.catalogue import Law, Property
from wenzheng_core.proofs.reports import Counterexample, Line, Report, Status
from wenzheng_core.proofs.subjects import CI, EXAMPLES, PROFILES, QUICK, THOROUGH, Subject
from wenzheng_core.proofs.verifying import CATALOGUE
from wenzheng_core.testing import summary
from wenzheng_core.verifying import verify

T = TypeVar("T")
Record = Callable[[str, object], None]

PROFILE = "WENZHENG_PROFILE"
"""The environment variable that names the profile."""

DRAWN = {QUICK: 0, CI: 20, THOROUGH: EXAMPLES[THOROUGH]}
"""How many more examples Hypothesis makes of what held in a profile."""

SHOWN = 5
"""How many counterexamples of one property are shown."""


def profile() -> str:
    """The profile that is asked for.

    By the environment; else ``thorough`` where the Hypothesis profile in force asks for as many
    examples as that, and ``ci`` where it does not. Raises ValueError for an unknown one.
    """
    named = os.environ.get(PROFILE, "")
    if named and named not in PROFILES:
        raise ValueError(f"{PROFILE}={named}:没有这一档;可用:{'、'.join(PROFILES)}")
    patient = settings().max_examples >= EXAMPLES[THOROUGH]
    return named or (THOROUGH if patient else CI)


# --- Examining ------------------------------------------------------------------------------------


@attrs.frozen(eq=False)
class Examination:
    """The reports on the versions of a city, each made once for each profile."""

    city: City
    plugins: Plugins
    calendar: Calendar
    clock: TimeSource = SystemClock()
    _reports: dict[tuple[str, str], Report] = attrs.field(factory=dict, init=False)
    _subjects: dict[str, Subject] = attrs.field(factory=dict, init=False)

    @property
    def policies(self) -> Mapping[str, Policy]:
        """The versions by name."""
        return {policy.version: policy for policy in self.city.versions.versions}

    def report(self, version: str) -> Report:
        """What holds for a version today."""
        reach = QUICK if profile() == QUICK else CI
        if (version, reach) not in self._reports:
            self._reports[version, reach] = verify(
                self.policies[version],
                city=self.city,
                calendar=self.calendar,
                plugins=self.plugins,
                profile=reach,
                today=local_day(self.clock.now()),
            )
        return self._reports[version, reach]

    def subject(self, version: str) -> Subject:
        """A version, for what is drawn by Hypothesis."""
        if version not in self._subjects:
            policy = self.policies[version]
            subject = Subject(city=self.city, policy=policy, calendar=self.calendar)
            self._subjects[version] = subject
        return self._subjects[version]


# --- Drawing by Hypothesis ------------------------------------------------------------------------


@attrs.frozen
class Drawn:
    """Choices that Hypothesis makes, and makes smaller where a law fails."""

    data: st.DataObject

    def choice(self, options: Sequence[T]) -> T:
        """One of them."""
        return options[self.data.draw(st.integers(0, len(options) - 1))]

    def integer(self, least: int, most: int) -> int:
        """A whole number, both bounds included."""
        return self.data.draw(st.integers(least, most))


class _BrokenError(Exception):
    """A law fails on what was drawn."""


def drive(subject: Subject, law: Law, *, examples: int, chance: bool) -> Counterexample | None:
    """The smallest counterexample that Hypothesis finds; ``chance``: others with every run."""
    found: list[Counterexample] = []

    @settings(
        max_examples=examples,
        derandomize=not chance,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def holds(data: st.DataObject) -> None:
        if counterexample := law(subject, Drawn(data)):
            found.append(counterexample)
            raise _BrokenError

    try:
        holds()
    except (_BrokenError, Flaky):  # flaky: the same choices came to something else again
        return found[-1]
    return None


# --- One test for each property -------------------------------------------------------------------


def add_law_tests(suite: type, examined: Examination) -> None:
    """A test for every property of the catalogue, and one that says what came of them all."""
    versions = pytest.mark.parametrize("version", list(examined.policies))
    for known in CATALOGUE:
        _add(suite, f"test_{known.name}", known.statement, versions(_law_test(examined, known)))
    _add(suite, "test_report", "What was proved, and what sampled.", versions(_report(examined)))


def _add(suite: type, name: str, meaning: str, test: Any) -> None:
    test.__name__, test.__qualname__ = name, f"{suite.__qualname__}.{name}"
    test.__doc__, test.__module__ = meaning, suite.__module__
    setattr(suite, name, test)


def _law_test(examined: Examination, known: Property) -> Callable[..., None]:
    def test(self: object, version: str, record_property: Record) -> None:
        report = examined.report(version)
        line = report.line(known.id)
        record_property("wenzheng", told(known, line))
        if line.status is Status.NOT_RUN:
            pytest.skip(f"{known.id} 在 {report.profile} 档不检验;设 {PROFILE}=ci 再试")
        if line.status in (Status.FAILS, Status.WARNS):
            smaller = _drawn(examined.subject(version), known.law, EXAMPLES[CI], chance=False)
            text = explained(report, known, line, smaller)
            if line.status is Status.FAILS:
                pytest.fail(text, pytrace=False)
            print(text)  # noqa: T201 - pytest keeps it and shows it with -rP
        elif line.status is Status.HOLDS and DRAWN[profile()]:
            chance = profile() == THOROUGH
            found = _drawn(examined.subject(version), known.law, DRAWN[profile()], chance=chance)
            if found:
                pytest.fail(explained(report, known, line, found), pytrace=False)

    return test


def _drawn(
    subject: Subject, law: Law | None, examples: int, *, chance: bool
) -> Counterexample | None:
    return None if law is None else drive(subject, law, examples=examples, chance=chance)


def _report(examined: Examination) -> Callable[..., None]:
    def test(
        self: object, version: str, record_property: Record, request: pytest.FixtureRequest
    ) -> None:
        manager = request.config.pluginmanager
        if not manager.has_plugin(summary.__name__):
            manager.register(summary, summary.__name__)
        report = examined.report(version)
        text = summed_up(report, examined.calendar)
        record_property(summary.PROPERTY, text)
        print(text)  # noqa: T201 - pytest keeps it and shows it with -rP
        assert [line.property for line in report.lines] == [known.id for known in CATALOGUE]

    return test


# --- In words -------------------------------------------------------------------------------------


def told(known: Property, line: Line) -> str:
    """One line: the property, what became of it, and how far it was looked at."""
    how = line.outcome.absent or line.outcome.domain
    grade = f"[{line.outcome.grade.value}]" if line.status is Status.HOLDS else ""
    waiver = f";豁免:{line.waiver}" if line.waiver else ""
    return f"{known.id} {known.title}:{line.status.label}{grade} {how}{waiver}".strip()


def explained(
    report: Report, known: Property, line: Line, smaller: Counterexample | None = None
) -> str:
    """What fails, where, how often, from which input on, and what to do."""
    rank = "必须成立" if known.required else "提示"
    lines = [
        f"{known.id} {known.title}({rank};自目录第{known.since}版):{known.statement}",
        f"  {report.policy} {report.version}(摘要 {report.digest}),{line.outcome.domain or '规则本身'}",
    ]
    failures = line.outcome.failures
    for failure in failures[:SHOWN]:
        lines += _shown(failure)
    if len(failures) > SHOWN:
        lines.append(f"  ……另有 {len(failures) - SHOWN} 种")
    if smaller is not None:
        lines += ["  Hypothesis 找到的最小反例:", *_shown(smaller)]
    return "\n".join(lines)


def _shown(failure: Counterexample) -> list[str]:
    often = f"(这样的共 {failure.count} 处,此为最早)" if failure.count > 1 else ""
    lines = [f"  反例{often}:{failure.text}"]
    if failure.where:
        lines.append(f"    位置:{failure.where}")
    if failure.inputs:
        inputs = ";".join(f"{name}={value}" for name, value in failure.inputs.items())
        lines.append(f"    输入:{inputs}")
    if failure.mend:
        lines.append(f"    修改:{failure.mend}")
    return lines


def summed_up(report: Report, calendar: Calendar) -> str:
    """Which rules, by which days and kit; how many properties were proved, sampled, and so on."""
    by_status = {status: [x for x in report.lines if x.status is status] for status in Status}
    grades = [line.outcome.grade.value for line in by_status[Status.HOLDS]]
    counts = [f"{grade} {grades.count(grade)}" for grade in ("PROVED", "SAMPLED")]
    counts += [f"{x.value} {len(by_status[x])}" for x in Status if x is not Status.HOLDS]
    days = f"{calendar.first.isoformat()} 起,{calendar.settled_until.isoformat()} 前"
    by = f"日历 {report.calendar}({days},摘要 {report.calendar_digest})"
    named = {status: "、".join(line.property for line in by_status[status]) for status in Status}
    told_by_name = (Status.FAILS, Status.WARNS, Status.NOT_APPLICABLE, Status.WAIVED)
    lines = [
        f"{report.policy} {report.version}《{report.title}》 摘要 {report.digest}",
        f"  目录第{report.kit}版 · {report.profile} · {by}",
        f"  {' · '.join(counts)}",
        *(f"  {status.label}:{named[status]}" for status in told_by_name if named[status]),
    ]
    return "\n".join(lines)
