"""Versions of a policy by their days, and two cases of one matter."""

from __future__ import annotations

from datetime import date

import attrs
import pytest

from wenzheng_core.cities import make_city
from wenzheng_core.clock import FixedClock
from wenzheng_core.domain import commands as c
from wenzheng_core.domain.errors import RefusedError
from wenzheng_core.domain.policies import PolicyVersions
from wenzheng_core.memory import MemoryStorage
from wenzheng_core.office import Office
from wenzheng_core.testing.builders import (
    CLERK,
    START,
    beijing,
    sample_calendar,
    sample_message,
    sample_policy,
)

OLD = attrs.evolve(sample_policy(), version="1", valid_from=date(2025, 1, 1), digest="d1")
NEW = attrs.evolve(sample_policy(), version="2", valid_from=date(2025, 6, 1), digest="d2")
VERSIONS = PolicyVersions("sample", (OLD, NEW))


def test_a_version_is_in_force_from_the_midnight_of_its_day() -> None:
    """Until the next one begins."""
    assert VERSIONS.in_force(beijing(1, 1)) is OLD
    assert VERSIONS.in_force(beijing(5, 31, 23, 59)) is OLD
    assert VERSIONS.in_force(beijing(6, 1)) is NEW
    assert VERSIONS.latest is NEW


def test_before_the_first_version_there_is_no_rule() -> None:
    """The refusal names the first day."""
    with pytest.raises(RefusedError, match="2025-01-01") as refused:
        VERSIONS.in_force(beijing(12, 31, 23, year=2024))
    assert refused.value.rule == "policy.not_yet"


def test_a_case_is_judged_by_the_very_version_that_it_was_opened_under() -> None:
    """A file that was changed after its publication is not that version any more."""
    assert VERSIONS.version("1", "d1") is OLD
    with pytest.raises(RefusedError, match="恢复原文件") as refused:
        VERSIONS.version("1", "d2")
    assert refused.value.rule == "policy.version_gone"


def test_a_case_is_merged_only_into_one_that_stands() -> None:
    """Not into one that does not exist, nor into one that follows another itself."""
    office = Office(
        city=make_city([sample_policy()]),
        storage=MemoryStorage("sample"),
        calendar=sample_calendar(),
        clock=FixedClock(START),
    )
    first, second, third = (office.receive(sample_message(n)).case.id for n in "123")
    office.execute(second, c.Merge(into=first), actor=CLERK, key="k1")
    for target in ("nowhere", second):
        with pytest.raises(RefusedError, match="并入的办件") as refused:
            office.execute(third, c.Merge(into=target), actor=CLERK, key="k2")
        assert refused.value.rule == "merge.target"
