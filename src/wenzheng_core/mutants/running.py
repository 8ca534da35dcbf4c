"""Killing mutants: who notices the slip first, the cheapest that may notice it asked first.

What is only written a second time (``[[expect]]``) is asked after all that says what comes of an
input, and after equivalence: it would notice other words for the same, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from types import MappingProxyType
from typing import Any

import attrs

from wenzheng_core.cities import City, make_city, read_policy
from wenzheng_core.domain.calendars import Calendar, build_calendar
from wenzheng_core.domain.errors import InputFaultsError, WenzhengError
from wenzheng_core.domain.policies import Policy
from wenzheng_core.goldenchecks import EXAMPLES, check_entries, check_golden
from wenzheng_core.goldens import GoldenEntries
from wenzheng_core.mutants.equivalence import is_equivalent
from wenzheng_core.mutants.mutators import Mutant, mutants
from wenzheng_core.mutants.scoring import By, Fate, Score
from wenzheng_core.mutants.suggesting import suggest
from wenzheng_core.plugins import Plugins
from wenzheng_core.proofs.dumping import policy_data, toml_text
from wenzheng_core.proofs.reports import Report, Status
from wenzheng_core.proofs.subjects import CI, QUICK, Subject
from wenzheng_core.proofs.verifying import examine
from wenzheng_core.stories import tell

# Which of the checks that need a calendar can see a slip in which table

_TIMED = ("D7", "D13", "D14", "D15", "D19", "X1", "X2", "L1", "L2")
_CAN_SEE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "clock": _TIMED,
        "time": _TIMED,
        "columns": _TIMED,
        "extension": ("X1", "X2"),
        "pause": ("P1", "X2"),
        "rung": ("L1", "L2"),
        "gate": ("W14",),
        "last_step": ("W14",),
    }
)


_Check = Callable[[City, Any, Calendar], None]


@attrs.frozen(kw_only=True, slots=False)
class Bench:
    """A version of a city's policy, all that is held against its mutants, and the plugins around."""

    plugins: Plugins
    city: City
    policy: Policy

    @cached_property
    def calendar(self) -> Calendar:
        """The calendar by which the policy counts."""
        return self.plugins.calendar(self.policy.calendar)

    @cached_property
    def _known_on(self) -> dict[date, Calendar]:
        return {}

    def run(self, only: Sequence[str] = ()) -> Score:
        """Every mutant, and what becomes of it; ``only`` names operators."""
        return Score(
            policy=self.policy.id,
            version=self.policy.version,
            digest=self.policy.digest,
            fates=tuple(self.fate(mutant) for mutant in mutants(policy_data(self.policy), only)),
        )

    def fate(self, mutant: Mutant) -> Fate:
        """Who notices the mutant first."""
        try:
            policy = read_policy(toml_text(mutant.data), "policy.toml")
            city = self._with(policy)
        except InputFaultsError as error:
            return Fate(mutant=mutant, by=By.LOAD, why=str(error.faults[0]))
        for by, notices in self._notices:
            if why := next(notices(city, policy, mutant), ""):
                return Fate(mutant=mutant, by=by, why=why)
        if is_equivalent(self.policy, policy, self.calendar, self.city.units):
            why = "每一已知日的到期和各级阶梯都与原办法相同"
            return Fate(mutant=mutant, by=By.EQUIVALENT, why=why)
        for one in self._sound_entries:
            if why := next(_raised(check_entries, city, one, self.calendar), ""):
                return Fate(mutant=mutant, by=By.ENTRIES, why=why)
        if why := next(self._by_days(city, policy, mutant), ""):
            return Fate(mutant=mutant, by=By.CI, why=why)
        found = suggest(mutant, (self.policy, policy), self.calendar, self.city)
        return Fate(mutant=mutant, by=By.SURVIVED, why=found.differs, suggestion=found)

    def _with(self, policy: Policy) -> City:
        """The city with the mutant in the place of the version; its units may refuse it."""
        versions = [
            policy if one.version == self.policy.version else one
            for one in self.city.versions.versions
        ]
        city = self.city
        return make_city(versions, city.units, city.golden, city.examples, city.stories)

    @cached_property
    def _notices(self) -> tuple[tuple[By, Callable[[City, Policy, Mutant], Iterator[str]]], ...]:
        return (By.GOLDEN, self._goldens), (By.STORY, self._stories), (By.QUICK, self._at_once)

    def _goldens(self, city: City, policy: Policy, mutant: Mutant) -> Iterator[str]:
        for one, check, calendar in self._sound_examples:
            yield from _raised(check, city, one, calendar)

    @cached_property
    def _sound_examples(self) -> tuple[tuple[Any, _Check, Calendar], ...]:
        """The examples that the policy as it is meets: only these can tell a mutant."""
        city, found = self.city, list[tuple[Any, _Check, Calendar]]()
        found += [(case, check_golden, self._days(case.known_on)) for case in city.golden]
        for kind, check in EXAMPLES.values():
            if check is not check_entries:
                found += [(one, check, self.calendar) for one in getattr(city.examples, kind)]
        return tuple(x for x in found if not any(_raised(x[1], city, x[0], x[2])))

    @cached_property
    def _sound_entries(self) -> tuple[GoldenEntries, ...]:
        entries, city = self.city.examples.entries, self.city
        return tuple(x for x in entries if not any(_raised(check_entries, city, x, self.calendar)))

    def _days(self, known_on: date | None) -> Calendar:
        if known_on is None:
            return self.calendar
        if known_on not in self._known_on:
            self._known_on[known_on] = build_calendar(self.calendar.data.known_on(known_on))
        return self._known_on[known_on]

    def _stories(self, city: City, policy: Policy, mutant: Mutant) -> Iterator[str]:
        for story in city.stories:
            if story.id in self._sound_stories:
                yield from tell(story, self.plugins, city).faults

    @cached_property
    def _sound_stories(self) -> frozenset[str]:
        """Stories that come out under the policy as it is: only these can tell a mutant."""
        city = self.city
        return frozenset(s.id for s in city.stories if not tell(s, self.plugins, city).faults)

    def _at_once(self, city: City, policy: Policy, mutant: Mutant) -> Iterator[str]:
        yield from self._newly_failing(city, policy, QUICK, ())

    def _by_days(self, city: City, policy: Policy, mutant: Mutant) -> Iterator[str]:
        if only := _CAN_SEE.get(str(mutant.place[0]), ()):
            yield from self._newly_failing(city, policy, CI, only)

    def _newly_failing(
        self, city: City, policy: Policy, profile: str, only: Sequence[str]
    ) -> Iterator[str]:
        report = self._report(city, policy, profile, only)
        for line in report.failed:
            if (line.property, Status.FAILS) not in self._failing(profile):
                told = line.outcome.failures[0].text if line.outcome.failures else ""
                yield f"{line.property}:{told}"

    def _report(self, city: City, policy: Policy, profile: str, only: Sequence[str] = ()) -> Report:
        baseline = None
        if policy.baseline in self.plugins.cities:
            baseline = self.plugins.cities[policy.baseline].versions.latest
        subject = Subject(
            city=city,
            policy=policy,
            calendar=self.calendar,
            profile=profile,
            baseline=baseline,
        )
        return examine(subject, only=only)

    def _failing(self, profile: str) -> frozenset[tuple[str, Status]]:
        """What fails of the policy as it is, which can tell no mutant."""
        if profile not in self._failed:
            report = self._report(self.city, self.policy, profile)
            self._failed[profile] = frozenset((x.property, x.status) for x in report.failed)
        return self._failed[profile]

    @cached_property
    def _failed(self) -> dict[str, frozenset[tuple[str, Status]]]:
        return {}


def _raised(check: _Check, city: City, example: Any, calendar: Calendar) -> Iterator[str]:
    """What a check says if it is not met; a refusal of the engine is no less."""
    try:
        check(city, example, calendar)
    except (AssertionError, WenzhengError) as error:
        yield str(error)


def scores(plugins: Plugins, city: City, only: Sequence[str] = ()) -> tuple[Score, ...]:
    """The score of every version of a city's policy."""
    return tuple(
        Bench(plugins=plugins, city=city, policy=policy).run(only)
        for policy in city.versions.versions
    )
