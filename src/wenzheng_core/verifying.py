"""Examining a policy by every property of the catalogue: one function, no test runner needed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from wenzheng_core.cities import City, make_city
from wenzheng_core.domain.calendars import Calendar
from wenzheng_core.domain.errors import ArgumentError, InputFaultsError, UnknownError, require_kind
from wenzheng_core.domain.policies import Policy
from wenzheng_core.plugins import Plugins, load_plugins
from wenzheng_core.proofs.reports import Report
from wenzheng_core.proofs.subjects import CI, PROFILES, SEED, Subject


def verify(  # noqa: PLR0913 - every choice of an examination
    policy: Policy | City,
    *,
    calendar: Calendar | None = None,
    city: City | None = None,
    profile: str = CI,
    seed: int = SEED,
    only: Collection[str] = (),
    plugins: Plugins | None = None,
    today: date | None = None,
) -> Report:
    """What holds for a policy, property by property; of a city, for its newest version.

    ``city`` brings the units and the other versions; without it they are those of the installed city
    that has this very policy, and else there are none. ``calendar`` is by default the installed one
    that the policy names; without any, what needs days is not run. ``profile`` is ``quick`` (some
    milliseconds), ``ci`` (seconds) or ``thorough``; ``only`` names properties; ``today`` is the day
    by which waivers run out, and without it none does. Raises ArgumentError.
    """
    if not isinstance(policy, City):
        require_kind(policy, Policy, "policy", 'load_plugins().city("changsha")')
    if profile not in PROFILES:
        raise ArgumentError("profile", f"没有「{profile}」;可用:{'、'.join(PROFILES)}")
    from wenzheng_core.proofs.verifying import CATALOGUE, examine  # noqa: PLC0415 - takes a while

    if strange := sorted(set(only) - {known.id for known in CATALOGUE}):
        raise ArgumentError("only", f"没有这样的性质:{'、'.join(strange)}")
    found = plugins or load_plugins()
    if isinstance(policy, City):
        city, policy = policy, policy.versions.latest
    whole = city or _city_of(found, policy)
    subject = Subject(
        city=whole,
        policy=policy,
        calendar=calendar or _calendar(found, policy.calendar),
        profile=profile,
        seed=seed,
        baseline=_baseline(found, policy.baseline),
    )
    return examine(subject, waivers=whole.waivers, today=today, only=tuple(only))


def _city_of(plugins: Plugins, policy: Policy) -> City:
    """The installed city of this very policy, or one of the policy alone."""
    try:
        city = plugins.unchecked(policy.id)
    except (UnknownError, InputFaultsError):
        return make_city([policy])
    return city if policy in city.versions.versions else make_city([policy])


def _calendar(plugins: Plugins, name: str) -> Calendar | None:
    return plugins.calendar(name) if name in plugins.calendars else None


def _baseline(plugins: Plugins, name: str) -> Policy | None:
    """The policy of the level above; None if it is not there, which its property then says."""
    try:
        return plugins.city(name).versions.latest if name else None
    except (UnknownError, InputFaultsError):
        return None
